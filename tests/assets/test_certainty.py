"""How likely models' votes are right: from audits of earlier batches, with or without a number of theirs."""

import pytest

from assets.votes.certainty import certainty_rows, own_sources
from resources.store.warehouse import Warehouse
from tests.fakes import piloting


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    task = piloting.make(tmp_path / "project", "http://127.0.0.1:9", 40, ("careful",))
    return piloting.edit(task, pilot=None)


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    """Two days of 100 votes for praise: right where the student thinks so, and no confidence."""
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    with warehouse.connect() as db:
        db.execute(
            "insert into votes.models (item_id, batch, voter, version, label)"
            " select printf('%s-%03d', batch, n), batch, 'llm/careful', 'v1', 'praise'"
            " from (values ('d1'), ('d2')) b(batch), range(100) r(n)"
        )
        db.execute(
            "insert into labels.student_opinions (item_id, batch, calibrated)"
            " select item_id, batch, case when right(item_id, 1)::int < 6 then [.9, .05, .05]"
            " else [.1, .8, .1] end from votes.models"
        )
        db.execute(
            "insert into people.gold (item_id, batch, label, origin, probability, reviews)"
            " select item_id, batch, case when right(item_id, 1)::int < 6 then 'praise'"
            " else 'complaint' end, 'audit', .5, 1 from votes.models"
        )
    return warehouse


def test_votes_without_a_confidence_get_one_from_the_student_where_audits_bear_it_out(
    task, warehouse
):
    rows = certainty_rows(task, warehouse, "d2")
    assert len(rows) == 100
    assert {row["source"] for row in rows} == {"student"}
    by_digit = {row["item_id"][-1]: row["probability"] for row in rows}
    assert by_digit["0"] > 0.9
    assert by_digit["9"] < 0.1


def test_the_audit_of_the_batch_itself_is_never_read(task, warehouse):
    assert certainty_rows(task, warehouse, "d1") == []


def test_votes_of_another_prompt_of_the_name_tell_nothing(task, warehouse):
    with warehouse.connect() as db:
        db.execute("update votes.models set version = 'v2' where batch = 'd2'")
    assert certainty_rows(task, warehouse, "d2") == []


def test_a_prompt_says_where_its_own_confidence_comes_from(task):
    assert own_sources(task) == {"llm/careful": "logprobs"}
    path = task.folder / "prompts" / "careful.md"
    path.write_text(path.read_text(encoding="utf-8").replace("none", "stated"), encoding="utf-8")
    assert own_sources(task) == {"llm/careful": "stated"}
