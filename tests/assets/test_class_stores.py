"""Alerts and canary rounds after a class was renamed: told once, compared as before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.landing.class_changes import carry_over
from assets.landing.class_stores import carry_stores
from cli.new.new import create
from labeling.class_changes import ClassChange
from labeling.llm.canary.rounds import Answers, read, store
from labeling.llm.ledger.ledger import Ledger
from labeling.quality.alarms.keys import alarm_key, former_key
from labeling.quality.alarms.signal_names import voter_signal
from resources.alerts.ledger import AlertLedger, Sent
from resources.store.columns import rename_series
from resources.store.tables import ALARMS, DRIFT_SERIES
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

NOW = datetime.now(UTC)


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return load_task(create(tmp_path, "letters"))


@pytest.fixture
def told(task, state):
    """The task, whose alerts are kept in a file or in PostgreSQL."""
    with (task.folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{state}")
    return load_task(task.folder)


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


def test_nobody_is_told_again_of_an_alarm_whose_class_has_another_name(told):
    alerts = AlertLedger(told.alerts)
    assert alerts.claim("class/praise@b#0", "slack", NOW)
    alerts.note("class/praise@b#0", "slack", Sent.SENT)
    alerts.claim("class/praiseworthy@b#0", "slack", NOW)
    later = changed(told, ("praise", "kudos"))
    for _ in range(2):
        carry_stores(later)
    assert not alerts.claim("class/kudos@b#0", "slack")
    assert {row["alarm_id"] for row in alerts.rows()} == {
        "class/kudos@b#0",
        "class/praiseworthy@b#0",
    }


@pytest.mark.parametrize("moves", [[], [("a@b", "y")]], ids=["it stays", "it follows"])
@pytest.mark.parametrize("written", ["today", "before keys were escaped"])
def test_a_class_whose_name_begins_with_anothers_and_an_at_keeps_its_alarms(told, written, moves):
    alerts = AlertLedger(told.alerts)
    mine, other = alarm_key("class/a", "b", 0), alarm_key("class/a@b", "b", 0)
    alerts.claim(mine, "slack", NOW)
    alerts.claim(other if written == "today" else former_key(other), "slack", NOW)
    carry_stores(changed(told, ("a", "x"), *moves))
    after = alarm_key(f"class/{moves[0][1]}", "b", 0) if moves else other
    assert not alerts.claim(after, "slack", NOW)
    assert {row["alarm_id"] for row in alerts.rows()} == {alarm_key("class/x", "b", 0), after}


def test_figures_of_a_class_whose_name_begins_with_anothers_and_an_at_stay_its_own(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    rows = [(f"class/{name}", alarm_key(f"class/{name}", "d", 0)) for name in ("a", "a@b", "ab")]
    with warehouse.connect() as db:
        for series, key in rows:
            db.execute("insert into quality.alarms (alarm_id, series) values (?, ?)", [key, series])
            db.execute("insert into quality.drift_series (batch, series) values ('d', ?)", [series])
        for table, column in ((ALARMS, "alarm_id"), (ALARMS, "series"), (DRIFT_SERIES, "series")):
            rename_series(db, table, column, {"a": "x"})
        renamed = {
            one[0] for one in db.execute("select series from quality.drift_series").fetchall()
        }
        keys = {one[0] for one in db.execute("select alarm_id from quality.alarms").fetchall()}
        rename_series(db, ALARMS, "alarm_id", {"x": None})
        left = {one[0] for one in db.execute("select alarm_id from quality.alarms").fetchall()}
    warehouse.close()
    assert renamed == {"class/x", "class/a@b", "class/ab"}
    assert keys == {alarm_key(f"class/{name}", "d", 0) for name in ("x", "a@b", "ab")}
    assert left == keys - {alarm_key("class/x", "d", 0)}


def test_signals_of_an_earlier_version_go_on_under_todays_names(task):
    task.__dict__["classes"] = ("praise", "praise/warm")
    warehouse = Warehouse(path=str(task.warehouse))
    with warehouse.connect() as db:
        db.execute("insert into votes.rules (batch, voter) values ('d', 'rule/thanks')")
        for batch, name in (("d", "praise/warm"), ("e", "praise")):
            db.execute(
                "insert into quality.early_warnings (batch, signal) values (?, ?)",
                [batch, f"voter/rule/thanks/{name}"],
            )
    carry_over(task, warehouse)
    with warehouse.connect() as db:
        told = db.execute("select signal from quality.early_warnings order by batch").fetchall()
    warehouse.close()
    assert [one[0] for one in told] == [
        voter_signal("rule/thanks", "praise/warm"),
        voter_signal("rule/thanks", "praise"),
    ]


@given(*[st.tuples(st.text(), st.text(), st.integers(0, 9))] * 2)
def test_two_alarms_never_have_one_key(one, other):
    assert (alarm_key(*one) == alarm_key(*other)) == (one == other)


def test_names_that_changed_places_are_followed_once(told):
    alerts = AlertLedger(told.alerts)
    alerts.claim("class/a@b#0", "slack", NOW)
    swap = changed(told, ("a", "x"), ("b", "a"), ("x", "b"))
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
