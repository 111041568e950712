"""A pilot that is killed pays for nothing twice and loses no item; its caps are never passed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeling.llm.ledger.ledger import Ledger
from orchestration.pilot.going_on import go_on, spent_usd
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.task import Task
from tests.fakes import piloting
from tests.fakes.provider.server import FakeProvider

ROOT = Path(__file__).parents[3]
WORKER = """
import os, signal, sys
from pathlib import Path
from orchestration.pilot.going_on import go_on
from resources.environment import prepare
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.task import load_task

prepare()
if sys.argv[2] == "drawn":
    draw = PilotStore.draw
    def draw_and_die(self, draws):
        draw(self, draws)
        os.kill(os.getpid(), signal.SIGKILL)
    PilotStore.draw = draw_and_die
task = load_task(Path(sys.argv[1]))
go_on(task, ReviewStore(task.reviews, kind=task.kind), lambda *_: None)
"""


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(piloting.said_by(piloting.HOW_GOOD)) as running:
        yield running


@pytest.fixture
def task(provider, tmp_path, monkeypatch) -> Task:
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    return piloting.make(tmp_path / "project", provider.url, 120)


def charged_usd(provider: FakeProvider) -> float:
    return sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)


def go(task: Task):
    reviews = ReviewStore(task.reviews, kind=task.kind)
    try:
        return go_on(task, reviews, lambda *_: None)
    finally:
        reviews.close()


def test_no_cap_is_passed_and_what_stopped_the_pilot_is_said(task, provider):
    capped = piloting.edit(task, pilot={"budget_usd": 0.004})
    for more in ({}, {"pilot": {}, "budget": {"day_usd": 0.008}}, {"budget": {"task_usd": 0.012}}):
        capped = piloting.edit(task, **more) if more else capped
        cap = 0.004 if not more else next(iter(more["budget"].values()))
        met = len(provider.charged)
        done = go(capped)
        assert len(provider.charged) > met, cap
        assert charged_usd(provider) <= spent_usd(capped) <= cap
        assert f"budget of ${cap:g} is reached" in done.why
        assert ("models.pilot.budget_usd" in done.why) == (not more)
        piloting.review(task)
    done = go(piloting.edit(task, budget={}))
    assert (done.why, done.put_up) == ("", 25)
    asked = Counter(str(m.body["messages"]) for m in provider.charged)
    assert set(asked.values()) == {1}


def test_whatever_a_cap_lets_through_compares_all_candidates(task, provider):
    done = go(piloting.edit(task, pilot={"budget_usd": 0.009}))
    by_item = Counter(one.item_id for one in PilotStore(task.pilots).answers())
    assert "budget of $0.009 is reached" in done.why
    assert done.put_up
    assert set(by_item.values()) == {3}
    assert len(provider.charged) == 3 * len(by_item)


def killed(task: Task, when: str, provider: FakeProvider) -> None:
    met = len(provider.charged)
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(task.folder), when], cwd=ROOT)
    while worker.poll() is None and not (when == "asking" and len(provider.charged) > met + 20):
        time.sleep(0.01)
    if when == "asking":
        os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def test_after_kill_9_nothing_is_paid_or_drawn_twice_and_all_that_was_drawn_is_put_up(
    task, provider
):
    provider.latency_s = 0.05
    killed(task, "asking", provider)
    assert PilotStore(task.pilots).draws() == []
    killed(task, "drawn", provider)
    store = PilotStore(task.pilots)
    before = store.draws()
    met = len(provider.charged)
    assert before
    done = go(task)
    assert len(provider.charged) == met, "everything that was drawn had been asked"
    assert (store.draws(), done.put_up) == (before, sum(one.chosen for one in before))
    reviews = ReviewStore(task.reviews, kind=task.kind)
    waiting = reviews.open_items("pilot").to_pylist()
    reviews.close()
    assert {(one["item_id"], one["batch"]) for one in waiting} == {
        (one.item_id, one.batch) for one in before if one.chosen
    }
    with Ledger(task.ledger) as ledger:
        counts = dict(
            tuple(row)
            for row in ledger.execute("select status, count(*) from calls group by status")
        )
        ((distinct,),) = ledger.execute(
            "select count(distinct key) from calls where status = 'answered'"
        )
    assert distinct == counts["answered"]
    assert len(provider.charged) <= counts["answered"] + counts.get("lost", 0)
    assert charged_usd(provider) <= spent_usd(task)
