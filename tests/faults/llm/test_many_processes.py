"""Many processes spend from one ledger in PostgreSQL: nothing is paid twice, and no cap is passed."""

import random
import time

import pytest

from labeling.llm.ledger.opening import open_ledger
from tests.fakes.postgres import shared_ledger
from tests.faults.llm.forked import labellers
from tests.faults.llm.killing import meter, provider_process

PROCESSES = 8
ITEMS = 200
GENEROUS = 1.0
LEAST_USD = 1e-6


@pytest.fixture
def place(postgres):
    return shared_ledger(postgres)


def billed_usd(address: str) -> tuple[int, float]:
    """How many answers the provider charges for, and how much."""
    charged = [m for m in meter(address) if m[1] in (0, 200)]
    return len(charged), sum(m[2] * 1e-6 + m[3] * 2e-6 for m in charged)


def counted(ledger) -> dict[str, int]:
    return dict(ledger.execute("select status, count(*) from calls group by status"))


def check_purses(ledger) -> None:
    """What the purses hold is what the calls took, to the last digit."""
    ((held,),) = ledger.execute("select gone::text from purses where kind = 'task'")
    ((taken,),) = ledger.execute("select sum(gone(calls))::text from calls")
    assert held.rstrip("0") == taken.rstrip("0")


def test_eight_processes_that_ask_the_same_pay_for_each_answer_once(place):
    with provider_process(latency_s=0.02) as address:
        said = [one.said() for one in labellers(PROCESSES, address, place, ITEMS, GENEROUS)]
        answers, usd = billed_usd(address)
    assert said == [(ITEMS, 0, "")] * PROCESSES
    assert answers == ITEMS
    with open_ledger(place) as ledger:
        assert counted(ledger) == {"answered": ITEMS}
        assert ledger.spent("run").task == pytest.approx(usd, abs=LEAST_USD)
        check_purses(ledger)
        assert ledger.execute("select * from owners") == []


def test_eight_processes_do_not_pass_a_cap_and_the_bill_is_what_the_ledger_says(place):
    cap = 0.006
    with provider_process(latency_s=0.02) as address:
        said = [one.said() for one in labellers(PROCESSES, address, place, ITEMS, cap)]
        answers, usd = billed_usd(address)
    assert all("budget of $0.006 is reached" in one[2] for one in said)
    with open_ledger(place) as ledger:
        assert counted(ledger) == {"answered": answers}
        spent = ledger.spent("run").task
        check_purses(ledger)
    assert usd == pytest.approx(spent, abs=LEAST_USD)
    assert cap / 2 < spent <= cap


def test_the_answers_of_processes_that_were_killed_are_asked_for_by_those_that_live(place):
    rng = random.Random(3)
    with provider_process(latency_s=0.05) as address:
        workers = labellers(PROCESSES, address, place, ITEMS, GENEROUS)
        while len(meter(address)) < ITEMS // 4:
            time.sleep(0.01)
        for worker in workers[:3]:
            worker.process.kill()
            time.sleep(rng.uniform(0, 0.1))
        said = [worker.said() for worker in workers]
        answers, usd = billed_usd(address)
    assert said == [None] * 3 + [(ITEMS, 0, "")] * (PROCESSES - 3)
    with open_ledger(place) as ledger:
        counts = counted(ledger)
        assert counts["answered"] == ITEMS
        lost = counts.get("lost", 0)
        assert set(counts) <= {"answered", "lost"}
        assert ITEMS <= answers <= ITEMS + lost
        assert usd - LEAST_USD <= ledger.spent("run").task <= GENEROUS
        check_purses(ledger)
