"""Odd but honest days never stop a task: what they lack is told, and every day is labelled."""

import random

import pytest

from cli.new.new import create
from expectations import suite
from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.errors import BlockedError
from resources.task.task import load_task
from tests.conftest import write

RULES = r"""rules:
  - {name: late, label: bad, regex: late}
  - {name: rude, label: bad, regex: rude}
  - {name: asks, label: ask, regex: '\?'}
"""
FRAGILE = """from labeling.rules.reading.python import rule

@rule(label="bad")
def fragile(text: str) -> bool:
    return 1 / ("zero" not in text) > 2
"""
TASK = """name: tweets
classes: [{name: bad}, {name: ask}]
source: {files: "items/*.csv", time: at}
rules: {files: [rules.yaml, rules.py]}
audit: {per_batch: 40}
reviewers: {scripted: {truth: truth.csv}}
"""


@pytest.fixture
def tweets(tmp_path, monkeypatch):
    """Make a task of dated items, each with its truth."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)

    def make(days: dict[str, list[tuple[str, str]]], python: str = ""):
        folder = create(tmp_path, "tweets")
        for path in (folder / "items").iterdir():
            path.unlink()
        truth = []
        for day, said in days.items():
            rows = [
                [f"{day}-{at:03d}", f"{day}T10:00:00", text] for at, (text, _) in enumerate(said)
            ]
            truth += [[row[0], label] for row, (_, label) in zip(rows, said, strict=True)]
            write(folder / "items" / f"{day}.csv", [["item_id", "at", "text"], *rows])
        write(folder / "truth.csv", [["item_id", "label"], *truth])
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        (folder / "rules.py").write_text(python, encoding="utf-8")
        files = "[rules.yaml, rules.py]" if python else "[rules.yaml]"
        text = TASK.replace("[rules.yaml, rules.py]", files)
        (folder / "task.yaml").write_text(text, encoding="utf-8")
        return folder

    return make


def complaints(n: int, seed: int) -> list[tuple[str, str]]:
    """Nine in ten rude or late, and questions that are complaints in truth."""
    chance = random.Random(seed)
    said = []
    for at in range(n):
        kind = chance.random()
        if kind < 0.6:
            said.append((f"my plane {at} was {'late' if kind < 0.3 else 'rude'}", "bad"))
        elif kind < 0.97:
            said.append((f"why is nobody here at gate {at}?", "bad"))
        else:
            said.append((f"where is gate {at}?", "ask"))
    return said


def run(folder):
    return run_task(load_task(folder), lambda *_: None)


def test_gold_may_overrule_a_rule_that_speaks_alone(tweets):
    folder = tweets({"2026-03-02": complaints(120, 1), "2026-03-03": complaints(120, 2)})
    outcome = run(folder)
    assert outcome.labelled == ["2026-03-02", "2026-03-03"]
    assert outcome.published
    overruled = warehouse_of(load_task(folder)).ask(
        "select count(*) as n from votes.rules v join labels.consensus c using (item_id, batch)"
        " where n_votes = 1 and v.label <> c.label"
    )
    assert overruled["n"].to_pylist()[0] > 20
    assert outcome.rows[1]["accuracy"] > outcome.rows[0]["accuracy"] + 0.2


def test_days_of_any_kind_are_labelled_one_after_the_other(tweets):
    days = {
        "2026-03-02": [
            ("my plane was late", "bad"),
            ("zero", "ask"),
            ("nothing", "ask"),
            ("?", "ask"),
        ],
        "2026-03-03": complaints(30, 1),
        "2026-03-04": [("nobody's rule speaks", "ask")],
        "2026-03-05": [("the very same words", "ask")] * 12,
        "2026-03-06": [("late?", "bad"), ("rude, late", "bad"), ("late rude ?", "ask")],
        "2026-03-07": [("\U0001f600", "bad"), ("   late   ", "bad"), ("zero " * 3000, "ask")],
        "2026-03-08": [(f"silent {at}", "ask") for at in range(40)],
        "2026-03-09": complaints(30, 2),
    }
    folder = tweets(days, FRAGILE)
    path = folder / "items" / "2026-03-02.csv"
    path.write_text(path.read_text(encoding="utf-8") + ",2026-03-02T10:00:00,no id\n")
    write(folder / "items" / "2026-03-10.csv", [
        ["item_id", "at", "text"], ["2026-03-09-000", "2026-03-10T10:00:00", "sent again, other words"],
    ])  # fmt: skip
    outcome = run(folder)
    assert outcome.labelled == list(days)
    assert outcome.published
    warned = {warning.split(": ")[2] for warning in outcome.warnings}
    assert {"few_rows_are_set_aside", "rules_rarely_fail", "rules_say_something"} <= warned
    again = run(folder)
    assert (again.labelled, again.published) == ([], False)


def test_days_on_which_no_rule_ever_speaks_are_told_and_end_no_run(tweets):
    days = {
        day: [(f"{day} silent {at}", "ask") for at in range(12)]
        for day in ("2026-03-02", "2026-03-03")
    }
    outcome = run(tweets(days))
    assert outcome.labelled == list(days)
    assert outcome.published
    assert sum("rules_say_something: Rules vote on some" in w for w in outcome.warnings) == 2


def test_a_blocked_day_holds_no_other_back_and_is_told_at_the_end(tweets, monkeypatch):
    days = {f"2026-03-0{day}": complaints(12, day) for day in (2, 3, 4)}
    folder = tweets(days)
    judged = suite.check_batch

    def second_is_blocked(asset, of, chosen, warehouse, batch):
        for found in judged(asset, of, chosen, warehouse, batch):
            fails = {"2026-03-03": "item_id_is_unique", "2026-03-02": "few_rows_are_set_aside"}
            if found.check_name == fails.get(batch):
                found = found._replace(passed=False, description="as told\n| item |")
            yield found

    monkeypatch.setattr(suite, "check_batch", second_is_blocked)
    with pytest.raises(BlockedError, match="2026-03-03: items: item_id_is_unique") as caught:
        run(folder)
    assert "Every other batch is labelled and published" in str(caught.value)
    assert "also: 2026-03-02: items: few_rows_are_set_aside: as told\n" in str(caught.value)
    task = load_task(folder)
    labelled = warehouse_of(task).ask("select distinct batch from labels.released order by 1")
    assert labelled["batch"].to_pylist() == ["2026-03-02", "2026-03-04"]
    assert task.report.is_file()
