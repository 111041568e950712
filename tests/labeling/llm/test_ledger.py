"""What the ledger knows, and what it makes of requests whose process died."""

import asyncio
import json
import multiprocessing
import os
import signal
import sqlite3
import time

import pytest

from labeling.errors import LabelingError
from labeling.kinds.asking import Token
from labeling.llm.ledger.behaviour import ability, remember_ability
from labeling.llm.ledger.cassette import export_cassette, import_cassette
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.ledger.rows import content_key
from labeling.llm.ledger.shared import SharedLedger
from labeling.llm.providers.transport import Fault, Reply, Usage
from labeling.state.place import Place


def call(key: str, kind: str = "ask") -> Call:
    return Call(key, kind, "llm/p", "v1", "m", "digest", {"temperature": 0})


REPLY = Reply(
    "SPAM",
    usage=Usage(10, 2, 4),
    model="m-2026",
    fingerprint="fp",
    tokens=(Token("SPAM", -0.1, (("SPAM", -0.1), ("HAM", -2.0))),),
)


@pytest.fixture
def ledger(kept):
    with open_ledger(kept) as opened:
        yield opened


def test_an_answer_comes_back_as_it_was(ledger):
    ledger.settle(ledger.open_call(call("k"), "r", 0.1), REPLY, 0.02, 0.5)
    stored = ledger.answers(["k", "other"])
    assert list(stored) == ["k"]
    assert stored["k"].reply == REPLY
    assert (stored["k"].cost_usd, stored["k"].latency_s) == (0.02, 0.5)


def test_failed_requests_are_kept_and_are_no_answers(ledger):
    ledger.fail(ledger.open_call(call("k"), "r", 0.1), Fault.TIMED_OUT, 0.1, 1.0)
    assert ledger.answers(["k"]) == {}
    assert ledger.spent("r").task == pytest.approx(0.1)


def test_thousands_of_keys_are_looked_up_at_once(ledger):
    ledger.settle(ledger.open_call(call("k7777"), "r", 0.0), REPLY, 0.0, 0.1)
    assert list(ledger.answers(f"k{n}" for n in range(20_000))) == ["k7777"]


def test_spending_is_summed_by_run_by_day_and_for_ever(ledger):
    ledger.settle(ledger.open_call(call("a"), "one", 0.5), REPLY, 0.2, 0.1)
    ledger.settle(ledger.open_call(call("b"), "two", 0.5), REPLY, 0.3, 0.1)
    ledger.open_call(call("c"), "two", 0.5)
    ledger.execute("update calls set sent_at = sent_at - 200000 where run = 'one'")
    spent = ledger.spent("two")
    assert (spent.run, spent.day, spent.task) == pytest.approx((0.8, 0.8, 1.0))


def test_an_answer_to_a_question_that_was_answered_meanwhile_is_booked_and_spare(ledger):
    late = ledger.open_call(call("late"), "one", 0.5, batch="b1")
    ledger.settle(ledger.open_call(call("a"), "two", 0.5), REPLY, 0.2, 0.1)
    ledger.execute("update calls set key = 'a' where key = 'late'")
    ledger.settle(late, REPLY, 0.1, None)
    rows = ledger.execute("select status, cost_usd from calls order by id")
    assert [tuple(row) for row in rows] == [("spare", 0.1), ("answered", 0.2)]
    assert ledger.answers(["a"])["a"].cost_usd == 0.2
    assert ledger.spent("one").task == pytest.approx(0.3)
    assert ledger.waiting(["a", "late"]) == {}


def test_keys_tell_apart_what_only_looks_the_same():
    assert content_key("a", "b") != content_key("ab", "")
    assert content_key("a", 1) != content_key("a", "1")


def hold(place: Place, ready) -> None:
    ledger = open_ledger(place)
    with ledger.spending():
        ledger.open_call(call("k"), "r", 0.25)
        ready.set()
        time.sleep(60)


@pytest.fixture
def holder(kept):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(kept, ready))
    process.start()
    assert ready.wait(30)
    yield process
    process.kill()
    process.join()


@pytest.mark.usefixtures("holder")
def test_only_one_process_spends_from_a_file_at_a_time_and_many_from_postgresql(ledger):
    if isinstance(ledger, SharedLedger):
        with ledger.spending(0.2) as lost:
            assert lost == 0
        return
    with pytest.raises(LabelingError, match="another run has been spending"), ledger.spending(0.2):
        pass


def test_what_was_out_when_a_process_was_killed_is_written_off_at_its_worst(holder, ledger):
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with ledger.spending(5) as lost:
        assert lost == 1
    row = ledger.execute("select status, exposure_usd from calls")[0]
    assert tuple(row) == ("lost", 0.25)
    assert ledger.spent("r").task == pytest.approx(0.25)


def test_a_cassette_carries_answers_to_another_ledger(ledger, tmp_path):
    ledger.settle(ledger.open_call(call("k"), "r", 0.1), REPLY, 0.02, 0.5)
    ledger.fail(ledger.open_call(call("bad"), "r", 0.1), Fault.TIMED_OUT, 0.1, 1.0)
    remember_ability("m", ledger, structured=True, logprobs=False)
    assert export_cassette(ledger, tmp_path / "c.jsonl") == 1
    with Ledger(tmp_path / "other.sqlite") as other:
        assert import_cassette(other, tmp_path / "c.jsonl") == 1
        assert import_cassette(other, tmp_path / "c.jsonl") == 0
        assert other.answers(["k"])["k"].reply == REPLY
        assert ability("m", other) == (True, False)
        assert other.spent("r").task == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", "hello", '{"format": "other"}'])
def test_another_file_is_no_cassette(ledger, tmp_path, text):
    (tmp_path / "c.jsonl").write_text(text)
    with pytest.raises(LabelingError, match=r"c\.jsonl:1: not a cassette"):
        import_cassette(ledger, tmp_path / "c.jsonl")


def test_a_damaged_line_of_a_cassette_is_named(ledger, tmp_path):
    head = json.dumps({"format": "touchstone-cassette-1", "abilities": []})
    (tmp_path / "c.jsonl").write_text(f'{head}\n{{"key": 1}}\n')
    with pytest.raises(LabelingError, match=r"c\.jsonl:2"):
        import_cassette(ledger, tmp_path / "c.jsonl")


def test_what_is_committed_after_a_look_at_the_disk_is_forced_onto_it_too(tmp_path, monkeypatch):
    forced: list[int] = []
    monkeypatch.setattr("labeling.llm.ledger.ledger.os.fsync", forced.append)

    async def write(ledger: Ledger) -> None:
        await ledger.together.write(lambda: (ledger.open_call(call("k"), "r", 0.1), ledger.sync()))

    with Ledger(tmp_path / "l.sqlite") as ledger:
        asyncio.run(write(ledger))  # looked while it was written
        ledger.sync()
        ledger.sync()
    assert len(forced) == 2


def test_what_is_written_together_is_committed_before_anybody_goes_on(tmp_path):
    """Another connection, as after a kill, sees each call before it could be sent."""
    seen: list[int] = []

    async def book(ledger: Ledger, other: sqlite3.Connection, n: int) -> None:
        await ledger.together.write(lambda: ledger.open_call(call(f"k{n}"), "r", 0.1))
        rows = other.execute("select count(*) from calls where key = ?", (f"k{n}",)).fetchone()
        seen.append(rows[0])

    async def many(ledger: Ledger, other: sqlite3.Connection) -> None:
        await asyncio.gather(*(book(ledger, other, n) for n in range(20)))

    with Ledger(tmp_path / "l.sqlite") as ledger, sqlite3.connect(ledger.place) as other:
        asyncio.run(many(ledger, other))
    assert seen == [1] * 20
