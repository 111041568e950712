"""What counts for a candidate, and what a pilot may still meet; nobody is asked."""

import pytest

from labeling.pilots.trial import NOT_ASKED
from orchestration.pilot.candidates import written_candidates
from orchestration.pilot.standing import standing_of
from orchestration.pilot.waiting import waiting_items
from resources.pilots.rows import Answer, Draw
from resources.pilots.store import PilotStore
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from resources.store import tables
from resources.store.table import as_arrow
from resources.store.warehouse import warehouse_of
from tests.fakes import piloting

DAY = "2026-03-02"


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return piloting.make(tmp_path / "project", "http://127.0.0.1:9", 40, ("careful", "hasty"))


@pytest.fixture
def reviews(task):
    store = ReviewStore(task.reviews, kind=task.kind)
    yield store
    store.close()


def draw(store, reviews, items):
    """Draw items, put them up, and let both candidates say what is right."""
    first = len(store.draws())
    store.draw([Draw(at, one, DAY, 1.0, True, 40) for at, one in enumerate(items, start=first + 1)])
    reviews.plan([Assignment(item_id=one, batch=DAY, origin="pilot", text=one) for one in items])


def heard(store, task, items):
    store.answered(
        Answer(one.version, item, DAY, "praise")
        for one in written_candidates(task)
        for item in items
    )


def answer(reviews, items):
    for one in items:
        reviews.record(
            one, DAY, "ada", "label", "praise", "pilot", 1.0, idempotency_key=f"about {one}"
        )


def test_draws_before_a_candidate_came_say_nothing_of_it(task, reviews):
    store = PilotStore(task.pilots)
    standing_of(task, store, reviews)
    draw(store, reviews, ["m0000", "m0001"])
    piloting.write_prompt(task.folder, "late")
    standing_of(task, store, reviews)
    draw(store, reviews, ["m0002"])
    heard(store, task, ["m0000", "m0001", "m0002"])
    answer(reviews, ["m0000", "m0001", "m0002"])
    now = standing_of(task, store, reviews)
    items = dict(zip((one.name for one in now.candidates), now.told.items.tolist(), strict=True))
    assert items == {"careful": 3, "hasty": 3, "late": 1}
    assert (now.trial.answers == NOT_ASKED).sum() == 2


def test_what_was_drawn_behind_an_open_item_counts_once_that_is_answered(task, reviews):
    store = PilotStore(task.pilots)
    standing_of(task, store, reviews)
    draw(store, reviews, ["m0000", "m0001", "m0002"])
    heard(store, task, ["m0000", "m0001", "m0002"])
    answer(reviews, ["m0000", "m0002"])
    before = standing_of(task, store, reviews)
    answer(reviews, ["m0001"])
    after = standing_of(task, store, reviews)
    assert (before.waiting, before.reviewed, before.told.items.tolist()) == (1, 2, [1, 1])
    assert (after.waiting, after.reviewed, after.told.items.tolist()) == (0, 3, [3, 3])


def test_no_item_that_measures_is_met(task, reviews):
    store, warehouse = PilotStore(task.pilots), warehouse_of(task)
    items = [{"item_id": f"m{n:04d}", "batch": DAY, "text": f"Thank you {n}"} for n in range(20)]
    warehouse.replace_batch(tables.ITEMS, DAY, as_arrow(tables.ITEMS, items))
    audited = [
        {
            "item_id": one["item_id"], "batch": DAY, "draw": at, "probability": 0.25,
            "draw_probability": 0.05, "stratum": 0, "population": 20, "seed": 1,
        }
        for at, one in enumerate(items[:5], start=1)
    ]  # fmt: skip
    warehouse.replace_batch(tables.AUDIT_SAMPLE, DAY, as_arrow(tables.AUDIT_SAMPLE, audited))
    met = waiting_items(task, store, reviews)["item_id"].to_pylist()
    warehouse.close()
    assert sorted(met) == [one["item_id"] for one in items[5:]]
    assert met != sorted(met), "in an order that chance decided"
