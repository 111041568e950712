"""Constants are judged on families they were not chosen on, and panels are simulated from seeds."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest

from bench.consensus import page, sets
from bench.consensus.families import families
from bench.consensus.panels import FAMILIES, draw
from bench.consensus.prepared import Outcome, Prepared
from bench.consensus.protocol import LeftOut, worth
from bench.consensus.regret import Regret, fresh, measure
from bench.consensus.settings import (
    GRID,
    SHIPPED,
    SHIPPED_SCALES,
    SMALL_GRID,
    Setting,
    laid_over,
)
from labeling.consensus.ensemble import seats
from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.votes import Votes

needs_data = pytest.mark.skipif(
    not sets.DATA.is_dir(), reason="the shared data folder is not beside the repository"
)

SMALL_SETS = (
    "wrench_youtube",
    "wrench_trec",
    "wrench_sms",
    "ws_hausa",
    "ws_yoruba",
    "crowd_bluebird",
    "crowd_rte",
    "crowd_dog",
    "crowd_zencrowd_us",
    "llm_css_flute",
    "llm_css_mrf",
    "llm_css_tempowic",
    "llm_vaccine_tweets",
)


@needs_data
def test_what_is_shipped_is_no_more_than_a_point_better_in_sample_than_left_out() -> None:
    shipped, left_out = LeftOut(
        [Prepared(sets.load(name)) for name in SMALL_SETS], SMALL_GRID
    ).gap()
    assert left_out > 0
    assert shipped - left_out <= 1.0


@needs_data
@pytest.mark.parametrize("name", ["wrench_youtube", "crowd_rte", "llm_css_flute"])
def test_a_set_read_once_says_what_the_label_model_says_with_and_without_gold(name: str) -> None:
    one = sets.load(name)
    prepared, k = Prepared(one), one.votes.n_classes
    posterior = prepared.posterior(prepared.seats(SHIPPED, SHIPPED_SCALES))
    at = np.flatnonzero(one.scored())
    public = LabelModel(k).fit(one.votes).predict_proba(one.votes)
    np.testing.assert_allclose(posterior[prepared.row[at]], public[at], atol=1e-9)
    given = one.draw_gold(40, seed=3)
    chance = np.full(len(given), len(given) / len(one.pool()))
    gold = Gold(given, one.gold[given].astype(np.int32), chance)
    public = LabelModel(k).fit(one.votes, gold).predict_proba(one.votes)
    at = np.flatnonzero(one.scored(given))
    corrected = prepared.corrected(posterior, given)
    np.testing.assert_allclose(corrected[prepared.row[at]], public[at], atol=1e-6)


def test_the_grid_holds_what_is_shipped() -> None:
    assert SHIPPED in GRID
    assert SHIPPED in SMALL_GRID
    assert SHIPPED.differences() == "as shipped"
    assert replace(SHIPPED, quorum=1.0).differences() == "quorum 1.0"


def a_set(name: str, kind: str, source: str) -> sets.VoteSet:
    votes = Votes.from_matrix([[0]], n_classes=2)
    return sets.VoteSet(name, kind, source, votes, np.array([0]), None)


def test_sets_over_one_text_or_by_one_panel_are_one_family() -> None:
    collection = "yuan-li/truth-inference-at-scale"
    some = [
        a_set("crowd_zencrowd_us", sets.PEOPLE, collection),
        a_set("crowd_rte", sets.PEOPLE, collection),
        a_set("llm_css_mrf", sets.MODELS, "a/models"),
        a_set("crowd_zencrowd_all", sets.PEOPLE, collection),
        a_set("llm_css_flute", sets.MODELS, "a/models"),
        a_set("wrench_imdb", sets.RULES, "a/rules"),
        a_set("api_frugalml_imdb", sets.SERVICES, "a/services"),
        a_set("wrench_yelp", sets.RULES, "a/rules"),
    ]
    found = families(some)
    assert sorted(map(sorted, found)) == [[0, 3], [1], [2, 4], [5, 6, 7]]


@dataclass
class GainByQuorum:
    """A set whose gain depends on the quorum alone, as given."""

    one: sets.VoteSet
    gain: dict[float, float]

    def seats(self, setting: Setting, _scales: tuple[float, float]) -> float:
        return setting.quorum

    def without_gold(self, quorum: float) -> Outcome:
        return Outcome(self.gain[quorum], 0.0, 0.0)


def test_a_family_has_no_say_in_the_setting_that_it_is_scored_with() -> None:
    grid = [Setting(quorum=q) for q in (1.0, 0.75)]
    likes_unanimity = [
        GainByQuorum(a_set(f"r{i}", sets.RULES, f"a/{i}"), {1.0: 2.0, 0.75: 0.0}) for i in range(3)
    ]
    odd = GainByQuorum(a_set("odd", sets.PEOPLE, "b/b"), {1.0: -1.0, 0.75: 50.0})
    run = LeftOut([*likes_unanimity, odd], grid)  # type: ignore[arg-type]
    assert run.fold([3]).choice.setting.quorum == 1.0
    assert run.fold([3]).outcomes[3].gain == -1.0
    assert run.fold([0]).choice.setting.quorum == 0.75


def test_of_settings_that_do_equally_well_the_most_careful_is_taken() -> None:
    grid = [Setting(quorum=q) for q in (1.0, 0.75)]
    run = LeftOut([GainByQuorum(a_set("a", sets.RULES, "a/a"), {1.0: 1.0, 0.75: 1.0})], grid)  # type: ignore[list-item]
    assert run.choose([0]).setting.quorum == 1.0


def test_three_tenths_under_the_majority_cost_nothing_more_and_a_point_below_costs_three() -> None:
    assert worth(np.array([1.0, -0.3])) == pytest.approx(0.35)
    assert worth(np.array([1.0, -1.3])) == pytest.approx(-0.15 - 1.5)


def failing_under_another_quorum() -> None:
    with laid_over(seats, {"QUORUM": 0.1}):
        assert seats.QUORUM == 0.1
        raise RuntimeError


def test_constants_laid_over_a_module_come_back_even_after_an_error() -> None:
    with pytest.raises(RuntimeError):
        failing_under_another_quorum()
    assert SHIPPED.quorum == seats.QUORUM


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_draws_the_same_panel(family: str) -> None:
    one, again, other = draw(7, family), draw(7, family), draw(8, family)
    assert np.array_equal(one.matrix, again.matrix)
    assert np.array_equal(one.truth, again.truth)
    assert one.matrix.shape != other.matrix.shape or not np.array_equal(one.matrix, other.matrix)


def test_families_of_panels_differ() -> None:
    drawn = [draw(7, family) for family in FAMILIES]
    for one, other in product(drawn, drawn):
        same = one.matrix.shape == other.matrix.shape and np.array_equal(one.matrix, other.matrix)
        assert same == (one is other)
    by_family = {panel.family: panel.matrix for panel in drawn}
    assert (by_family["rules"] < 0).mean() > (by_family["models"] < 0).mean()


@pytest.mark.parametrize("family", ["rules", "people"])
def test_little_is_lost_against_the_majority_on_simulated_panels(family: str) -> None:
    rows = [measure(panel, seed, ["ours"]) for panel, seed in fresh(family, 100)]
    assert len(rows) == 100
    assert Regret.of(rows, "ours").regret < 0.5


def test_a_section_is_written_in_place_of_the_one_before(tmp_path) -> None:
    at = tmp_path / "page.md"
    page.write_section(at, "One", "first")
    page.write_section(at, "Two", "### a part\n\nsecond")
    page.write_section(at, "One", "third")
    assert at.read_text() == "# Results\n\n## One\n\nthird\n\n## Two\n\n### a part\n\nsecond\n"
