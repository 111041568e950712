import numpy as np

from labeling.quality.alarms.diagnosis import diagnose
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.sampling.audits.audit import draw_audit


def broken(seed, stratified=False):
    """A rule that labels texts of one source as SPAM began to fail; all else stays at 4 %."""
    rng = np.random.default_rng(seed)
    items = 600
    source = rng.choice(["blog", "mail", "video"], items)
    rule = np.where((source == "blog") & (rng.random(items) < 0.7), 1, MISSING).astype(np.int32)
    judge = rng.integers(0, 2, items).astype(np.int32)
    label = np.where(rule != MISSING, rule, judge).astype(np.int32)
    rate = np.where(rule != MISSING, 0.5, 0.04)
    truth = np.where(rng.random(items) < rate, 1 - label, label).astype(np.int32)
    g = np.where(rule != MISSING, 0.2, 0.05) if stratified else None
    sample = draw_audit([f"{i:03}" for i in range(items)], 80, seed, g)
    batch = LabelledBatch("b", label, sample.design, sample.item, truth[sample.item])
    confidence = np.where(rule != MISSING, 0.95, 0.8)
    return diagnose(
        [batch],
        0.08,
        ["HAM", "SPAM"],
        {"rule/blog": [rule], "llm/judge": [np.where(rule == MISSING, judge, MISSING)]},
        {"source": [source]},
        [confidence],
    )


def test_the_failing_voter_or_its_slice_comes_first():
    for stratified in (False, True):
        first = [broken(seed, stratified).slices[0].name for seed in range(30)]
        assert sum(name in ("voter/rule/blog", "source=blog") for name in first) >= 27


def test_next_steps_name_the_rule_and_how_many_reviews_to_add():
    steps = broken(3).next_steps
    assert any(step.startswith("Mend rule/blog:") for step in steps)
    assert any(step.startswith("Add ") and "reviews of" in step for step in steps)


def test_the_most_telling_items_are_wrong_confident_and_say_who_misled():
    items = broken(4).items
    assert 0 < len(items) <= 10
    assert all(item.label != item.gold for item in items)
    assert [i.confidence for i in items] == sorted((i.confidence for i in items), reverse=True)
    assert items[0].misled_by == ("rule/blog",)


def test_the_shares_of_the_excess_are_bounded_and_thin_slices_are_left_out():
    found = broken(5)
    assert all(0 <= s.excess <= 1 and s.reviewed >= 5 for s in found.slices)


def test_without_reviews_the_advice_is_to_review():
    empty = LabelledBatch.uniform("e", [0, 1], [0], [MISSING])
    for batches in ([], [empty]):
        found = diagnose(batches, 0.1, ["HAM", "SPAM"])
        assert found.slices == []
        assert "review" in found.next_steps[0]


def test_healthy_labels_suspect_nobody():
    batch = LabelledBatch.uniform("h", [0, 1] * 100, range(60), [0, 1] * 30)
    found = diagnose([batch], 0.08, ["HAM", "SPAM"])
    assert found.items == []
    assert not any(step.startswith(("Mend", "Check", "Look")) for step in found.next_steps)
