"""A rule that a model wrote, from the question to its retirement, over a real socket."""

import json

import pytest

from orchestration.planning import batches_to_label
from orchestration.running import run_task
from resources.store.tables import ITEMS, RULE_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes import asking, rule_writing
from tests.fakes.provider.server import FakeProvider
from tests.fakes.rule_writing import land, letters, rule, says

LOVELY = rule("says_lovely", "praise", "lovely")
ALARM = {"accuracy_at_least": 0.5, "false_alarms": 0.5, "horizon_batches": 2}


@pytest.fixture
def provider():
    with FakeProvider(lambda _: says(LOVELY), key=rule_writing.KEY) as running:
        yield running


@pytest.fixture
def task(tmp_path, provider, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("LETTERS_KEY", rule_writing.KEY)
    task = rule_writing.make(tmp_path / "project", provider.url, alarm=ALARM)
    for day in ("2026-03-02", "2026-03-03"):
        land(task, day, letters(120))
    return task


def run(task) -> None:
    run_task(load_task(task.folder), lambda *_: None)


def voted(task) -> dict[str, int]:
    rows = warehouse_of(task).ask(
        "select batch, count(*) as n from votes.rules where voter = 'rule/says_lovely' group by 1"
    )
    return dict(zip(rows["batch"].to_pylist(), rows["n"].to_pylist(), strict=True))


def released(task) -> dict[str, str]:
    rows = warehouse_of(task).ask("select batch, item_id, label from labels.released").to_pylist()
    return {f"{row['batch']} {row['item_id']}": row["label"] for row in rows}


def test_a_rule_votes_after_what_admitted_it_until_its_alarm_and_again_after_a_reset(
    task, provider, touchstone
):
    project = task.folder.parents[1]
    run(task)
    before = released(task)
    said = touchstone("rules", "suggest", "letters", "--with", "openai/fake", "--price", "1,2",
                      "--yes", "--json", at=project)  # fmt: skip
    assert said.code == 0, said.err
    told = json.loads(said.out)
    (admitted,) = told["admitted"]
    assert admitted["correct"] == admitted["reviewed"] >= 20
    assert admitted["precision_low"] > 0.7
    assert admitted["after"] == "2026-03-03"
    task = rule_writing.list_file(task)
    assert batches_to_label(task, warehouse_of(task)) == {}, "what measured is left as it was"

    land(task, "2026-03-04", letters(120))
    land(task, "2026-03-05", letters(160, lovely="complaint"))
    run(task)
    assert voted(task) == {"2026-03-04": 30, "2026-03-05": 40}
    assert before.items() <= released(task).items()
    fired = touchstone("alarm", "list", "--task", "letters", "--json", at=project)
    rows = {row["series"]: row for row in json.loads(fired.out)["alarms"]}
    assert rows["voter/rule/says_lovely"]["batch"] == "2026-03-05"

    shown = touchstone("rules", "letters", at=project, columns=200).out
    assert "says_lovely: openai/fake wrote it and votes on batches after 2026-03-03" in shown
    assert "retired after 2026-03-05, in which its alarm went off" in shown
    assert (
        "A model wrote this rule: it is retired"
        in touchstone("status", "letters", at=project, columns=300).out
    )
    assert "openai/fake wrote it; retired after 2026-03-05" in task.report.read_text("utf-8")
    land(task, "2026-03-06", letters(120))
    asking.make(task, ITEMS, RULE_VOTES, since="2026-03-06")
    assert voted(task) == {"2026-03-04": 30, "2026-03-05": 40}

    back = touchstone("alarm", "reset", "voter/rule/says_lovely", "--note", "irony is over",
                      "--task", "letters", at=project)  # fmt: skip
    assert back.code == 0, back.err
    asking.make(task, ITEMS, RULE_VOTES, since="2026-03-06")
    assert voted(task) == {"2026-03-04": 30, "2026-03-05": 40, "2026-03-06": 30}
    assert len(provider.charged) == 1
