"""Alerts and canary rounds after a class was renamed: told once, compared as before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.landing.class_stores import carry_stores
from cli.new.new import create
from labeling.class_changes import ClassChange
from labeling.llm.canary_rounds import Answers, read, store
from labeling.llm.ledger import Ledger
from resources.alerts.ledger import AlertLedger, Sent
from resources.task.task import load_task

NOW = datetime.now(UTC)


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return load_task(create(tmp_path, "letters"))


def changed(task, *moves):
    """The task after renames, an hour apart from each other and from now."""
    changes = [
        ClassChange(
            "rename", {old: new}, (), at=(NOW + timedelta(hours=n)).isoformat(),
            detail={"versions": {"llm/p": [f"v{n - 1}", f"v{n}"]}},
        )
        for n, (old, new) in enumerate(moves, start=1)
    ]  # fmt: skip
    task = replace(task)
    task.__dict__["changes"] = changes
    return task


def test_nobody_is_told_again_of_an_alarm_whose_class_has_another_name(task):
    alerts = AlertLedger(task.alerts)
    assert alerts.claim("class/praise@b#0", "slack", NOW)
    alerts.note("class/praise@b#0", "slack", Sent.SENT)
    alerts.claim("class/praiseworthy@b#0", "slack", NOW)
    later = changed(task, ("praise", "kudos"))
    for _ in range(2):
        carry_stores(later)
    assert not alerts.claim("class/kudos@b#0", "slack")
    assert {row["alarm_id"] for row in alerts.rows()} == {
        "class/kudos@b#0",
        "class/praiseworthy@b#0",
    }


def test_names_that_changed_places_are_followed_once(task):
    alerts = AlertLedger(task.alerts)
    alerts.claim("class/a@b#0", "slack", NOW)
    swap = changed(task, ("a", "x"), ("b", "a"), ("x", "b"))
    for _ in range(2):
        carry_stores(swap)
    assert [row["alarm_id"] for row in alerts.rows()] == ["class/b@b#0"]


def test_rounds_of_the_canary_go_on_under_the_new_version_and_names(task):
    with Ledger(task.ledger) as ledger:
        store(
            ledger,
            "llm/p",
            "v0",
            "canary 1",
            Answers({"i1": "praise", "i2": "complaint", "i3": None}),
        )
    carry_stores(changed(task, ("praise", "kudos")))
    with Ledger(task.ledger) as ledger:
        assert read(ledger, "llm/p", "v1", "canary 1").label == {
            "i1": "kudos", "i2": "complaint", "i3": None,
        }  # fmt: skip
        assert not read(ledger, "llm/p", "v0", "canary 1").label
