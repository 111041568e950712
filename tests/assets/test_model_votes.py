"""What models are shown and how their confidences are read: gold of earlier batches alone."""

from collections import Counter

import pyarrow as pa
import pytest

from assets.votes.calibrated import calibrated
from assets.votes.examples import example_pool
from assets.votes.llm import _why
from labeling.llm.prompts.prompt import load_prompts
from labeling.llm.providers.redaction import redactor
from labeling.llm.providers.tally import Tally
from resources.store.warehouse import Warehouse

PROMPT = """---
model: openai/any
examples: {choose: balanced, count: 2}
---
Classify the item.
"""


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    """Two days: 60 audited items and 20 of the queue on the first, 60 audited on the second."""
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    with warehouse.connect() as db:
        db.execute(
            "insert into people.gold (item_id, batch, label, origin, probability, reviews)"
            " select printf('%s-%03d', batch, n), batch, case when n % 2 = 0 then 'A' else 'B' end,"
            " case when n < 60 then 'audit' else 'queue' end, case when n < 60 then 0.5 end, 1"
            " from (values ('d1'), ('d2')) b(batch), range(80) r(n) where batch = 'd1' or n < 60"
        )
        db.execute(
            "insert into raw.items (item_id, batch, text, metadata)"
            " select item_id, batch, 'mail ann@example.org about ' || item_id, '{}' from people.gold"
        )
        db.execute(
            "insert into people.audit_sample (item_id, batch)"
            " select item_id, batch from people.gold where origin = 'audit'"
        )
        # always sure, right on every second item only
        db.execute(
            "insert into votes.models (item_id, batch, voter, version, label, confidence, stated)"
            " select item_id, batch, 'llm/x', 'v1', 'A', 0.95, 0.95 from people.gold"
            " where origin = 'audit'"
        )
    return warehouse


def said(batch: str, version: str = "v1") -> pa.Table:
    return pa.table(
        {
            "item_id": [f"{batch}-{n:03d}" for n in range(60)],
            "voter": ["llm/x"] * 60,
            "version": [version] * 60,
            "label": ["A"] * 60,
            "confidence": [0.95] * 60,
        }
    )


def test_confidence_follows_the_audits_of_earlier_batches(warehouse):
    votes = calibrated(warehouse, "d2", said("d2"))
    assert set(votes["calibrated"].to_pylist()) == {True}
    assert set(votes["stated"].to_pylist()) == {0.95}
    assert max(votes["confidence"].to_pylist()) < 0.7


def test_a_batch_is_not_calibrated_on_its_own_audit(warehouse):
    votes = calibrated(warehouse, "d1", said("d1"))
    assert set(votes["calibrated"].to_pylist()) == {False}
    assert votes["confidence"].to_pylist() == votes["stated"].to_pylist()


def test_another_prompt_of_the_same_name_starts_uncalibrated(warehouse):
    votes = calibrated(warehouse, "d2", said("d2", version="v2"))
    assert set(votes["calibrated"].to_pylist()) == {False}


def test_no_votes_are_calibrated_to_none(warehouse):
    assert calibrated(warehouse, "d2", said("d2").slice(0, 0)).num_rows == 0


def test_examples_come_redacted_from_earlier_queues_without_audit_and_canary(warehouse, tmp_path):
    (tmp_path / "judge.md").write_text(PROMPT)
    prompts = load_prompts(tmp_path / "judge.md", None)
    with warehouse.connect() as db:
        db.execute(
            "insert into people.canary_panel"
            " select item_id, batch, label, 'd2' from people.gold where item_id = 'd1-060'"
        )
    pool = example_pool(warehouse, "d2", prompts, redactor(["email"]))
    assert pool is not None
    assert list(pool.item_id) == [f"d1-{n:03d}" for n in range(61, 80)]
    assert set(pool.text) == {f"mail [email] about d1-{n:03d}" for n in range(61, 80)}
    before = example_pool(warehouse, "d1", prompts, None)
    assert before is not None
    assert len(before.item_id) == 0


def test_a_prompt_without_examples_reads_no_gold(warehouse, tmp_path):
    (tmp_path / "plain.md").write_text(
        PROMPT.replace("examples: {choose: balanced, count: 2}\n", "")
    )
    assert example_pool(warehouse, "d2", load_prompts(tmp_path / "plain.md", None), None) is None


@pytest.mark.parametrize(
    ("tally", "told"),
    [
        (Tally(), None),
        (Tally(pending=3, waiting=3, why="answers are to come"), None),
        (Tally(pending=3, waiting=2, why="the day's budget is spent"), "the day's budget is spent"),
        (Tally(pending=3, again=Counter(busy=2, cut=1)), "3 items got no answer (busy)"),
    ],
)
def test_why_items_are_still_to_be_asked_is_told_unless_their_answers_are_to_come(tally, told):
    assert _why(tally) == told
