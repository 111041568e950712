"""A ledger in PostgreSQL: who may send, who has to wait, and what is left of those who died."""

import asyncio
import random
from contextlib import closing, suppress

import psycopg
import pytest

from labeling.errors import BudgetError
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.elsewhere import AskedElsewhereError, CapWaitError
from labeling.llm.ledger.opening import open_ledger, open_pacer, open_purse
from labeling.llm.ledger.rows import Call
from labeling.llm.ledger.shared import SharedLedger
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.transport import Fault, Reply, Usage
from labeling.state.faults import StateGoneError
from labeling.state.postgres import PostgresSchema
from tests.fakes.postgres import shared_ledger

REPLY = Reply("SPAM", usage=Usage(10, 2, 4))


class EndError(Exception):
    """The end of a process that has no time to clear up."""


def call(key: str) -> Call:
    return Call(key, "ask", "llm/p", "v1", "m", "digest", {"max_tokens": 8})


@pytest.fixture
def place(postgres):
    return shared_ledger(postgres)


@pytest.fixture
def two(place):
    """The ledger as two processes have it open, both spending."""
    with open_ledger(place) as one, open_ledger(place) as other:
        assert isinstance(one, SharedLedger)
        assert isinstance(other, SharedLedger)
        with one.spending(), other.spending():
            yield one, other


def gone_usd(ledger: SharedLedger) -> tuple[str, str]:
    """What the purses hold and what the calls took, as PostgreSQL writes it."""
    ((held, taken),) = ledger.execute(
        "select (select trim_scale(gone)::text from purses where kind = 'task'),"
        " (select trim_scale(sum(gone(calls)))::text from calls)"
    )
    return held, taken


def test_what_somebody_asks_nobody_else_asks_until_it_failed(two):
    one, other = two
    row = one.open_call(call("k"), "r", 0.1)
    with pytest.raises(AskedElsewhereError) as asked:
        other.open_call(call("k"), "r", 0.1)
    assert not asked.value.by_batch
    one.fail(row, Fault.TIMED_OUT, 0.0, 1.0)
    row = other.open_call(call("k"), "r", 0.1)
    other.settle(row, REPLY, 0.01, 0.1)
    with pytest.raises(AskedElsewhereError):
        one.open_call(call("k"), "r", 0.1)


def test_what_a_providers_batch_is_to_answer_is_told_apart(two):
    one, other = two
    one.open_call(call("k"), "r", 0.1, batch="b1")
    with pytest.raises(AskedElsewhereError) as asked:
        other.open_call(call("k"), "r", 0.1)
    assert asked.value.by_batch


def test_who_waits_gets_the_answer_that_another_asked_for_and_none_where_it_failed(two):
    one, other = two
    good, bad = one.open_call(call("good"), "r", 0.1), one.open_call(call("bad"), "r", 0.1)

    async def both():
        waiting = [asyncio.create_task(other.elsewhere(key)) for key in ("good", "bad", "good")]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in waiting)
        one.settle(good, REPLY, 0.01, 0.1)
        one.fail(bad, Fault.TIMED_OUT, 0.1, 1.0)
        return await asyncio.gather(*waiting)

    answer, none, again = asyncio.run(both())
    assert answer is not None
    assert answer == again
    assert answer.reply.text == "SPAM"
    assert none is None


def test_a_cap_is_held_over_all_who_spend_and_asks_for_patience_while_something_is_out(two):
    one, other = two
    budget = Budget(task_usd=1.0)
    row = one.open_call(call("a"), "r", 0.7, budget=budget)
    with pytest.raises(
        CapWaitError, match=r"task budget of \$1 is reached: \$0.000000 spent, \$0.7"
    ):
        other.open_call(call("b"), "s", 0.4, budget=budget)
    one.settle(row, REPLY, 0.65, 0.1)
    with pytest.raises(BudgetError, match=r"\$0.650000 spent, \$0.000000 held") as refused:
        other.open_call(call("b"), "s", 0.4, budget=budget)
    assert not isinstance(refused.value, CapWaitError)
    other.open_call(call("b"), "s", 0.35, budget=budget)


def test_caps_of_a_run_and_of_a_day_are_held_each_for_itself(two):
    one, other = two
    one.settle(one.open_call(call("a"), "r", 0.7), REPLY, 0.6, 0.1)
    one.execute("update calls set sent_at = sent_at - 86400")
    other.open_call(call("b"), "s", 0.9, budget=Budget(run_usd=1.0, day_usd=1.0))
    with pytest.raises(BudgetError, match="run budget"):
        one.open_call(call("c"), "r", 0.5, budget=Budget(run_usd=1.0, task_usd=9.0))
    with pytest.raises(BudgetError, match="day budget"):
        one.open_call(call("c"), "q", 0.2, budget=Budget(day_usd=1.0, task_usd=9.0))
    assert one.spent("r").day == pytest.approx(0.9)
    assert one.spent("r").task == pytest.approx(1.5)


def test_a_purse_that_is_asked_before_sees_what_others_spent(two):
    one, other = two
    one.settle(one.open_call(call("a"), "r", 0.7), REPLY, 0.7, 0.1)
    purse = open_purse(Budget(task_usd=1.0), other, "s")
    purse.reserve_now(0.3)
    with pytest.raises(BudgetError):
        purse.reserve_now(0.31)


def test_only_what_the_dead_had_out_is_written_off(place):
    with open_ledger(place) as living, living.spending():
        dead = open_ledger(place)
        with suppress(EndError), dead.spending():
            dead.open_call(call("lost"), "r", 0.2)
            dead.open_call(call("in a batch"), "r", 0.1, batch="b1")
            living.open_call(call("out"), "r", 0.3)
            with open_ledger(place) as third, third.spending() as lost:
                assert lost == 0
            dead.close()  # as the end of its process does
            raise EndError
        with open_ledger(place) as third, third.spending() as lost:
            assert lost == 1
            rows = third.execute("select key, status, exposure_usd from calls order by id")
            assert [tuple(row) for row in rows] == [
                ("lost", "lost", 0.2), ("in a batch", "sent", 0.0), ("out", "sent", 0.0)
            ]  # fmt: skip
            assert third.spent("r").task == pytest.approx(0.6)
            third.open_call(call("lost"), "r", 0.2)


def test_a_batch_that_a_living_process_is_about_to_hand_in_is_not_looked_for(two):
    one, other = two
    one.open_call(call("a"), "r", 0.1, batch="unsent:1")
    other.open_call(call("b"), "r", 0.1, batch="unsent:2")
    assert [row[0] for row in one.unsent()] == ["unsent:1"]
    assert [row[0] for row in other.unsent()] == ["unsent:2"]


def test_batches_that_the_dead_were_about_to_hand_in_are_looked_for(place):
    dead = open_ledger(place)
    with suppress(EndError), dead.spending():
        dead.open_call(call("a"), "r", 0.1, batch="unsent:1")
        dead.close()
        raise EndError
    with open_ledger(place) as ledger, ledger.spending():
        assert [row[0] for row in ledger.unsent()] == ["unsent:1"]


@pytest.mark.parametrize("seed", range(5))
def test_the_purses_hold_what_the_calls_took_whatever_became_of_them(two, seed):
    rng = random.Random(seed)
    rows: list[int] = []
    for n in range(60):
        ledger = rng.choice(two)
        usd = rng.choice([0.0, 0.1, 1 / 3, 1e-7, rng.random()])
        what = rng.choice(["open", "open", "open", "settle", "fail", "again", "lost", "later"])
        if what == "open" or not rows:
            rows.append(ledger.open_call(call(f"k{n}"), rng.choice("rs"), usd))
            continue
        row = rng.choice(rows)
        if what in ("settle", "again"):
            ledger.settle(row, REPLY, usd, 0.1)
        elif what == "fail":
            ledger.fail(row, Fault.TIMED_OUT, usd, 0.1)
        elif what == "lost":
            ledger.execute(
                "update calls set status = 'lost', exposure_usd = reserved_usd where id = ?", (row,)
            )
        else:
            ledger.execute(
                "update calls set sent_at = sent_at + 50000, run = 'q' where id = ?", (row,)
            )
        held, taken = gone_usd(ledger)
        assert held == taken
    one = two[0]
    kinds = one.execute("select kind, trim_scale(sum(gone))::text from purses group by kind")
    assert {total for _, total in kinds} == {gone_usd(one)[1]}


def test_a_line_that_was_cut_is_laid_anew_and_its_owner_is_known_again(place, postgres):
    with open_ledger(place) as ledger, ledger.spending():
        row = ledger.open_call(call("k"), "r", 0.1)
        postgres.stop()
        with pytest.raises(ValueError, match="does not answer"):
            ledger.settle(row, REPLY, 0.01, 0.1)
        postgres.start()
        ledger.settle(row, REPLY, 0.01, 0.1)
        ledger.open_call(call("other"), "r", 0.1)
        with open_ledger(place) as second, second.spending() as lost:
            assert lost == 0
            assert second.answers(["k"])["k"].cost_usd == 0.01


def test_turns_of_all_processes_are_spread_over_one_pace(two):
    pacers = [open_pacer(ledger, "m", Pace(requests_per_minute=600)) for ledger in two]
    slots = []

    async def take(pacer):
        async def sleep(seconds: float) -> None:
            slots.append(seconds)

        pacer._sleep = sleep
        await pacer.turn(0)

    async def many():
        await asyncio.gather(*(take(pacer) for _ in range(20) for pacer in pacers))

    asyncio.run(many())
    assert len(slots) >= 38  # the first needs no wait, and a slow machine spares another
    assert max(slots) == pytest.approx(39 * 60 / (600 * 0.98), abs=0.5)


def test_a_pause_that_one_process_was_told_of_holds_for_all(two):
    one, other = (open_pacer(ledger, "m", Pace(requests_per_minute=60_000)) for ledger in two)
    slept: list[float] = []

    async def go() -> None:
        await other.turn(0)
        one.pause(30.0)
        await asyncio.sleep(0.3)

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        other._sleep = sleep
        await other.turn(0)

    asyncio.run(go())
    assert slept == [pytest.approx(29.7, abs=0.7)]


def test_who_waits_for_its_turn_when_a_pause_is_told_takes_a_later_one(two):
    one, other = (open_pacer(ledger, "m", Pace(requests_per_minute=600)) for ledger in two)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            await one._tell(30.0)

    async def go() -> None:
        await other.turn(0)
        other._sleep = sleep
        await other.turn(0)

    asyncio.run(go())
    assert len(slept) == 2
    assert slept[1] == pytest.approx(30.0, abs=0.7)


def test_who_waits_for_one_that_died_is_told_that_nobody_asks_any_more(place):
    with open_ledger(place) as living, living.spending():
        dead = open_ledger(place)
        with suppress(EndError), dead.spending():
            dead.open_call(call("k"), "r", 0.2)
            dead.close()
            raise EndError
        assert asyncio.run(asyncio.wait_for(living.elsewhere("k"), 20)) is None
        assert living.spent("r").task == pytest.approx(0.2)


def test_what_the_dead_had_out_is_no_reason_to_wait_for_a_cap(place):
    budget = Budget(task_usd=1.0)
    with open_ledger(place) as living, living.spending():
        dead = open_ledger(place)
        with suppress(EndError), dead.spending():
            dead.open_call(call("k"), "r", 0.8)
            dead.close()
            raise EndError
        purse = open_purse(budget, living, "r")

        async def once_more():
            return living.open_call(call("other"), "r", 0.5, budget=budget)

        with pytest.raises(CapWaitError):
            asyncio.run(once_more())
        with pytest.raises(BudgetError, match=r"0\.000000 held") as refused:
            asyncio.run(asyncio.wait_for(purse.once_there_is_room(once_more), 20))
        assert not isinstance(refused.value, CapWaitError)


def test_what_a_batch_has_answered_meanwhile_is_not_waited_for(two):
    one, other = two
    one.settle(one.open_call(call("k"), "r", 0.1, batch="b1"), REPLY, 0.01, None)
    with pytest.raises(AskedElsewhereError) as asked:
        other.open_call(call("k"), "r", 0.1)
    assert not asked.value.by_batch


def test_a_run_named_like_anything_is_no_day(two):
    one, other = two
    one.open_call(call("k"), "not a number", 0.1)
    assert other.spent("not a number").run == pytest.approx(0.1)


def test_who_writes_in_one_state_of_a_task_does_not_hold_up_another(two, place):
    other = PostgresSchema(place.address, place.schema, "reviews")
    with (
        two[0].at_once(),
        closing(other.open("create table if not exists reviews (n integer)")) as db,
    ):
        db.execute("begin immediate")
        db.execute("insert into reviews values (1)")
        db.execute("commit")
    assert other.count("from reviews") == 1


def test_a_database_that_takes_nothing_says_so_in_a_sentence(postgres):
    address = postgres.database()
    name = address.rpartition("/")[2]
    with open_ledger(PostgresSchema(address, "touchstone_state_a", "calls")):
        pass
    with psycopg.connect(postgres.address.replace("postgres:", "postgresql:")) as db:
        db.execute(f'alter database "{name}" set default_transaction_read_only = on')
    with (
        open_ledger(PostgresSchema(address, "touchstone_state_a", "calls")) as ledger,
        pytest.raises(StateGoneError, match="takes nothing: cannot execute") as told,
    ):
        ledger.open_call(call("k"), "r", 0.1)
    assert "\n" not in str(told.value)


def test_a_write_that_is_refused_leaves_the_others_of_its_group_alone(two):
    one, other = two
    other.open_call(call("k1"), "r", 0.1)

    async def group():
        writes = [
            one.together.write(lambda n=n: one.open_call(call(f"k{n}"), "r", 0.1)) for n in range(3)
        ]
        return await asyncio.gather(*writes, return_exceptions=True)

    first, refused, last = asyncio.run(group())
    assert isinstance(refused, AskedElsewhereError)
    assert {first, last} <= {row[0] for row in other.execute("select id from calls")}
