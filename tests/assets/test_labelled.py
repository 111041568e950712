"""Batches of which few items get a label: told, published and asked about; so is a breakdown."""

import pytest

from cli.new.new import create
from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.conftest import COLUMNS, SENTENCES, THINGS, write

STRANGE = [f"{a}{b}{c}" for a in "bdgklmprst" for b in "aeiou" for c in ("nt", "rk", "sh", "ll")]
"""Made-up words: no rule matches them, and no student has met them."""


def silent(n: int, start: int) -> list[str]:
    return [
        " ".join(STRANGE[(start + 7 * i + j) % len(STRANGE)] for j in range(4)) for i in range(n)
    ]


def spoken(n: int) -> list[str]:
    kinds = list(SENTENCES.values())
    return [kinds[i % 3].format(THINGS[i % len(THINGS)]) + f" {i}" for i in range(n)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make a task whose rules speak of some items of each day only."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)

    def make(days: dict[str, list[str]], more: str = ""):
        folder = create(tmp_path, "letters")
        for path in (folder / "items").iterdir():
            path.unlink()
        for day, texts in days.items():
            rows = [
                [f"{day}-{i:03d}", f"{day}T10:00:00", "mail", text] for i, text in enumerate(texts)
            ]
            write(folder / "items" / f"{day}.csv", [COLUMNS, *rows])
        settings = folder / "task.yaml"
        settings.write_text(settings.read_text(encoding="utf-8") + more, encoding="utf-8")
        return folder

    return make


def run(folder):
    return run_task(load_task(folder), lambda *_: None)


def read(folder, sql: str):
    return warehouse_of(load_task(folder)).ask(sql).to_pylist()


def test_rules_that_speak_of_a_third_label_a_third_and_the_rest_is_asked_about(project):
    days = {
        "2026-03-02": silent(4, 0),
        "2026-03-03": spoken(20) + silent(40, 50),
        "2026-03-04": spoken(15) + silent(45, 90),
    }
    folder = project(days)
    outcome = run(folder)
    assert outcome.labelled == list(days)
    assert outcome.published
    told = [w for w in outcome.warnings if "most_items_are_labelled" in w]
    assert [w.partition(":")[0] for w in told] == list(days)
    undecided = {
        row["batch"]: int(row["n"])
        for row in read(
            folder,
            "select batch, count(*) - count(label) as n from labels.released group by batch",
        )
    }
    assert undecided["2026-03-02"] == 4
    assert f"{undecided['2026-03-04']} of 60 items" in told[2]
    for remedy in ("touchstone review letters", "touchstone rules letters", "student.decides_from"):
        assert remedy in told[2]
    assert "- `2026-03-04-0" in told[2]
    decided = read(folder, "from labels.released where label is not null")
    assert {f"2026-03-03-{i:03d}" for i in range(20)} <= {row["item_id"] for row in decided}
    assert all(0 < row["confidence"] <= 1 for row in decided)
    chosen = read(
        folder,
        "select count(*) as n, count(*) - count(r.label) as undecided"
        " from people.queue q join labels.released r using (item_id, batch)"
        " where q.strategy <> 'random' and batch > '2026-03-02' group by batch",
    )
    assert sum(row["n"] for row in chosen) >= 6
    assert all(2 * row["undecided"] >= row["n"] for row in chosen)


def test_a_batch_that_breaks_down_after_a_good_history_is_told_and_holds_nothing_back(project):
    days = {
        "2026-03-02": spoken(40),
        "2026-03-03": spoken(40) + silent(4, 0),
        "2026-03-04": spoken(2) + silent(60, 90),
        "2026-03-05": spoken(40),
    }
    folder = project(days)
    outcome = run(folder)
    assert outcome.labelled == list(days)
    assert outcome.published
    (told,) = [w for w in outcome.warnings if "as_many_are_labelled_as_before" in w]
    assert told.startswith("2026-03-04")
    assert "of 62 items" in told
    assert "in earlier batches" in told
    assert "quality.labelled_falls_at_most" in told
    assert read(folder, "from people.audit_sample where batch = '2026-03-04'")
