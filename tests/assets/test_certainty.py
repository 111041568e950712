"""How likely models' votes are right: from audits of earlier batches, with or without a number of theirs."""

import pytest
import yaml

from assets.votes.certainty import certainty_rows, own_sources
from resources.store.warehouse import Warehouse
from resources.task.task import load_task
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


def test_a_model_that_abstains_always_gets_no_row_and_disturbs_nobody(task, warehouse):
    with warehouse.connect() as db:
        db.execute(
            "insert into votes.model_abstentions select item_id, batch, 'llm/shy', 'no class' from votes.models"
        )
    assert {row["voter"] for row in certainty_rows(task, warehouse, "d2")} == {"llm/careful"}
    with warehouse.connect() as db:
        db.execute("delete from votes.models")
    assert certainty_rows(task, warehouse, "d2") == []


def test_gold_of_one_class_and_one_reviewed_item_are_read_as_they_are(task, warehouse):
    with warehouse.connect() as db:
        db.execute("update people.gold set label = 'praise'")
    assert min(row["probability"] for row in certainty_rows(task, warehouse, "d2")) > 0.9
    with warehouse.connect() as db:
        db.execute("delete from people.gold where item_id <> 'd1-000'")
    assert certainty_rows(task, warehouse, "d2") == []


def near(task):
    """The task with a zero-shot voter, and no model that is asked."""
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told.pop("models")
    told["zero_shot"] = [
        {"name": "near", "embeddings": {"model": "hosted_vllm/v", "api_base": "http://127.0.0.1:9"}}
    ]
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return load_task(task.folder)


@pytest.mark.parametrize(
    ("knows", "source"), [("similarity", "similarity"), ("student", "student")]
)
def test_votes_of_a_zero_shot_voter_are_told_by_its_similarities_or_the_student(
    task, warehouse, knows, source
):
    with warehouse.connect() as db:
        db.execute(
            "insert into votes.zero_shot (item_id, batch, voter, version, label, confidence, stated)"
            " select item_id, batch, 'zero_shot/near', 'v1', label,"
            " .7, case when right(item_id, 1)::int < 6 then .9 else .3 end from votes.models"
        )
        db.execute("delete from votes.models")
        if knows == "similarity":
            db.execute("delete from labels.student_opinions")
        else:
            db.execute("update votes.zero_shot set stated = .99")
    rows = certainty_rows(near(task), warehouse, "d2")
    assert {(row["voter"], row["source"]) for row in rows} == {("zero_shot/near", source)}
    by_digit = {row["item_id"][-1]: row["probability"] for row in rows}
    assert by_digit["0"] > 0.9
    assert by_digit["9"] < 0.1


def test_repeats_are_told_as_samples(task):
    path = task.folder / "prompts" / "careful.md"
    said = path.read_text(encoding="utf-8").replace(
        "confidence: none", "confidence: samples, samples: 3"
    )
    path.write_text(said, encoding="utf-8")
    assert own_sources(task) == {"llm/careful": "samples"}
