import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import SamplingError
from labeling.sampling.audits.audit import draw_audit
from labeling.sampling.audits.design import AuditDesign, design_audit
from labeling.sampling.audits.draws import next_draw_probability
from labeling.sampling.audits.strata import neyman_counts, stratify


def ids(n):
    return [f"item-{i:05}" for i in range(n)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 0.9), min_size=1, max_size=120), st.integers(0, 150), st.integers(0, 9)
)
def test_a_sample_has_known_positive_probabilities_and_no_repeats(g, n, seed):
    sample = draw_audit(ids(len(g)), n, seed, g)
    assert sample.n_drawn == min(n, len(g))
    assert len(set(sample.item.tolist())) == sample.n_drawn
    for p in (sample.probability, sample.draw_probability):
        assert ((p > 0) & (p <= 1)).all()
    # Horvitz-Thompson gives back the size of every stratum that was reached
    reached = np.unique(sample.stratum)
    back = np.bincount(sample.stratum, 1 / sample.probability, minlength=len(sample.design.sizes))
    assert back[reached] == pytest.approx(sample.design.sizes[reached])


def test_the_draw_follows_ids_and_seed_and_not_the_order_of_the_list():
    rng = np.random.default_rng(0)
    names, g = np.array(ids(200)), rng.random(200) * 0.4
    shuffled = rng.permutation(200)
    one = draw_audit(names, 40, 7, g)
    other = draw_audit(names[shuffled], 40, 7, g[shuffled])
    assert names[one.item].tolist() == names[shuffled][other.item].tolist()
    assert draw_audit(names, 40, 8, g).item.tolist() != one.item.tolist()


def test_asking_for_more_with_the_same_design_continues_the_sample():
    g = np.random.default_rng(1).random(300) * 0.4
    design = design_audit(g, 50)
    few, more = (draw_audit(ids(300), n, 3, design=design) for n in (50, 90))
    assert more.item[:50].tolist() == few.item.tolist()
    assert more.draw_probability[:50] == pytest.approx(few.draw_probability)


def test_draw_probabilities_are_those_of_the_draw():
    """Of 4,000 draws of 2 out of 3 weighted items, the shares are the probabilities told."""
    design = AuditDesign(np.array([0, 0, 1]), np.array([1, 1]))
    pairs = np.zeros((3, 3))
    told = np.zeros((3, 3))
    for seed in range(4000):
        sample = draw_audit(["a", "b", "c"], 2, seed, design=design)
        a, b = sample.item
        pairs[a, b] += 1
        told[a, b] = sample.draw_probability.prod()
    assert pairs / 4000 == pytest.approx(told, abs=0.025)


def test_weighted_errors_estimate_the_error_rate_without_bias():
    rng = np.random.default_rng(2)
    g = rng.beta(0.5, 4, 400)
    wrong = rng.random(400) < g
    design, estimates = design_audit(g, 40), []
    for seed in range(1500):
        sample = draw_audit(ids(400), 40, seed, design=design)
        errors = wrong[sample.item]
        seen = np.concatenate([[0], np.cumsum(errors)[:-1]])
        estimates.append((seen / 400 + errors / (400 * sample.draw_probability)).mean())
    error = np.std(estimates) / np.sqrt(1500)
    assert np.mean(estimates) == pytest.approx(wrong.mean(), abs=3.5 * error)


def test_doubtful_items_are_drawn_more_and_sure_ones_never_left_out():
    g = np.array([0.005] * 900 + [0.4] * 100)
    stratum = stratify(g, 60)
    planned = neyman_counts(g, stratum, 60)
    rate = planned / np.bincount(stratum)
    assert planned.sum() == 60
    assert rate[-1] > 2 * rate[0]
    assert planned.min() >= 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.integers(1, 400))
def test_the_counts_of_the_strata_add_up_and_fit(g, n):
    uncertainty = np.array(g)
    n = min(n, len(g))
    stratum = stratify(uncertainty, n)
    sizes = np.bincount(stratum)
    counts = neyman_counts(uncertainty, stratum, n)
    assert counts.sum() == n
    assert (counts <= sizes).all()
    assert (sizes > 0).all()
    # the surest stratum first
    means = np.bincount(stratum, uncertainty) / sizes
    assert len(set(uncertainty.tolist())) == 1 or means[0] <= means[-1]


def test_restricted_to_a_class_the_draws_are_a_draw_of_that_class():
    design = AuditDesign(np.array([0, 1, 2, 0]), np.array([2, 9, 3]))
    member = np.array([True, False, True, True])
    q = next_draw_probability(design, np.array([1, 2, 0]), member)
    assert q == pytest.approx([3 / 5, 1 / 2])


def test_no_stratum_is_left_thin_by_bad_luck():
    g = np.array([0.005] * 900 + [0.4] * 100)
    for seed in range(50):
        sample = draw_audit(ids(1000), 60, seed, g)
        taken = np.bincount(sample.stratum, minlength=len(sample.design.planned))
        assert (taken >= sample.design.least).all()


def test_class_errors_are_estimated_without_bias_from_the_common_draw():
    rng = np.random.default_rng(4)
    g = rng.beta(0.5, 4, 300)
    wrong, member = rng.random(300) < g, rng.random(300) < 0.4
    design, total, steps = design_audit(g, 40), 0.0, 0
    of_class = int(member.sum())
    for seed in range(1500):
        sample = draw_audit(ids(300), 40, seed, design=design)
        drawn = sample.item[member[sample.item]]
        q = next_draw_probability(design, sample.item, member)
        seen = np.concatenate([[0], np.cumsum(wrong[drawn])[:-1]])
        # the first draw that falls on the class, where strata are all still open
        total += (seen / of_class + wrong[drawn] / (of_class * q))[0]
        steps += 1
    assert total / steps == pytest.approx(wrong[member].mean(), abs=0.035)


def test_everything_reviewed_has_probability_one():
    sample = draw_audit(ids(5), 9, 0, [0.1, 0.2, 0.3, 0.4, 0.5])
    assert sorted(sample.item.tolist()) == [0, 1, 2, 3, 4]
    assert (sample.probability == 1).all()
    assert sample.draw_probability[-1] == 1


def test_an_empty_batch_gives_an_empty_sample():
    assert draw_audit([], 10, 0).n_drawn == 0
    assert draw_audit([], 10, 0, []).n_drawn == 0


@pytest.mark.parametrize(
    ("names", "n", "g", "message"),
    [
        (["a", "a"], 1, None, "'a' stands more than once"),
        (["a", "b"], -1, None, "at least 0"),
        (["a", "b"], 1, [0.1], "2 items, but 1"),
        (["a", "b"], 1, [0.1, 1.5], "item 1 has uncertainty 1.5"),
        (["a", "b"], 1, [float("nan"), 0.5], "item 0 has uncertainty nan"),
    ],
)
def test_what_cannot_be_drawn_is_refused(names, n, g, message):
    with pytest.raises(SamplingError, match=message):
        draw_audit(names, n, 0, g)
