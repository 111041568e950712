"""Caps that are never passed, and rates that are kept without wasting them."""

import asyncio
import base64
import heapq
import itertools
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labeling.errors import BudgetError
from labeling.kinds.classes import ClassSpec
from labeling.llm.ledger.budget import Purse
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace, Paces
from labeling.llm.providers.pace import HEADROOM, Pacer
from labeling.llm.providers.price import Price, Usage
from labeling.llm.providers.transport import Reply, Request
from labeling.llm.providers.worst_case import Seen, most_tokens, worst_case_usd
from labeling.llm.voters import Desk, assemble
from resources.models.litellm_module import litellm_module
from resources.models.litellm_transport import LiteLlmTransport

NOON = 1_800_000_000.0


def purse(tmp_path, budget: Budget, clock=lambda: NOON) -> Purse:
    return Purse(budget, Ledger(tmp_path / "l.sqlite"), "run", clock)


@given(
    cap=st.floats(0.0, 1.0),
    costs=st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(0.0, 1.0)), max_size=40),
    width=st.integers(1, 8),
)
@settings(max_examples=40, deadline=None)
def test_spent_and_held_never_pass_the_cap(tmp_path_factory, cap, costs, width):
    kept = purse(tmp_path_factory.mktemp("p"), Budget(run_usd=cap))
    state = {"spent": 0.0, "held": 0.0, "stopped": 0}

    async def work(queue):
        while queue:
            worst, share = queue.pop()
            try:
                await kept.reserve(worst)
            except BudgetError:
                state["stopped"] += 1
                continue
            state["held"] += worst
            assert state["spent"] + state["held"] <= cap + 1e-6 or worst == 0
            await asyncio.sleep(0)
            state["held"] -= worst
            state["spent"] += worst * share
            kept.settle(worst, worst * share)

    async def run():
        queue = list(costs)
        await asyncio.gather(*(work(queue) for _ in range(width)))

    asyncio.run(run())
    assert state["spent"] <= cap + 1e-6


def test_a_request_waits_for_others_to_settle_before_it_is_refused(tmp_path):
    kept = purse(tmp_path, Budget(run_usd=1.0))

    async def run():
        await kept.reserve(0.8)
        second = asyncio.create_task(kept.reserve(0.8))
        await asyncio.sleep(0.01)
        assert not second.done()
        kept.settle(0.8, 0.1)
        await second
        kept.settle(0.8, 0.8)
        with pytest.raises(BudgetError, match=r"run budget of \$1 is reached: \$0.900000 spent"):
            await kept.reserve(0.2)

    asyncio.run(run())


def test_what_earlier_runs_spent_counts_for_the_day_and_the_task(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as ledger:
        row = ledger.open_call(Call("k", "ask", "v", "1", "m", "i", {}), "earlier", 0.5)
        ledger.settle(row, Reply("x"), 0.5, 0.1)
        now = ledger.execute("select sent_at from calls")[0][0]
        for budget, name in ((Budget(day_usd=0.6), "day"), (Budget(task_usd=0.6), "task")):
            with pytest.raises(BudgetError, match=f"the {name} budget"):
                Purse(budget, ledger, "run", lambda: now).reserve_now(0.2)
        Purse(Budget(run_usd=0.6), ledger, "run", lambda: now).reserve_now(0.2)


def test_a_new_day_has_a_new_budget(tmp_path):
    time = [NOON]
    kept = purse(tmp_path, Budget(day_usd=1.0), lambda: time[0])
    kept.reserve_now(1.0)
    kept.settle(1.0, 1.0)
    with pytest.raises(BudgetError, match="day"):
        kept.reserve_now(0.1)
    time[0] += 86_400
    kept.reserve_now(0.1)


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=60)
def test_no_tokenizer_makes_more_tokens_than_the_worst_case(text):
    encoding = litellm_module().encoding
    assert most_tokens(({"role": "user", "content": text},)) >= len(
        encoding.encode(text, disallowed_special=())
    )


def test_the_worst_case_counts_prompt_and_the_longest_answer():
    request = Request("m", ({"role": "user", "content": "x" * 100},), {"max_tokens": 50})
    price = Price(input_usd=0.01, output_usd=1.0)
    assert worst_case_usd(request, price) == pytest.approx(0.01 * 132 + 50)


def test_a_model_that_counts_more_than_it_was_sent_is_held_for_as_much_again():
    price = Price(input_usd=0.01, output_usd=1.0)
    request = Request("m", ({"role": "user", "content": "x" * 68},), {"max_tokens": 50})
    seen = Seen()
    seen.saw(request, Usage(prompt=150, completion=10))
    assert worst_case_usd(request, price, seen) == pytest.approx(0.01 * 150 + 50)
    seen.saw(request, Usage(prompt=90, completion=80))
    assert worst_case_usd(request, price, seen) == pytest.approx(0.01 * 150 + 80)


def test_a_count_that_cannot_hold_what_was_sent_is_not_believed():
    request = Request("m", ({"role": "user", "content": "x" * 2560},), {"max_tokens": 50})
    assert Seen().believed(request, Reply("", usage=Usage(prompt=10))).counted
    assert not Seen().believed(request, Reply("", usage=Usage(prompt=9))).counted
    long = Reply("x" * 2561, usage=Usage(prompt=10, completion=10))
    assert not Seen().believed(request, long).counted
    assert Seen().believed(request, replace(long, text="x" * 2560)).counted


@pytest.mark.parametrize(
    ("width", "height", "tiles"), [(512, 512, 1), (513, 512, 2), (900, 900, 4)]
)
def test_a_picture_costs_a_base_and_each_tile_that_it_begins(width, height, tiles):
    kept = BytesIO()
    Image.new("1", (width, height)).save(kept, "PNG")
    url = "data:image/png;base64," + base64.b64encode(kept.getvalue()).decode()
    part = {"type": "image_url", "image_url": {"url": url}}
    none = most_tokens(({"role": "user", "content": []},))
    assert most_tokens(({"role": "user", "content": [part]},)) - none == 2833 + 5667 * tiles


def test_a_picture_that_is_not_at_hand_is_held_for_as_the_largest():
    part = {"type": "image_url", "image_url": {"url": "s3://bucket/a.png"}}
    none = most_tokens(({"role": "user", "content": []},))
    assert most_tokens(({"role": "user", "content": [part]},)) - none == 2833 + 5667 * 16


class Clock:
    """Virtual time: sleepers wake in order, and nothing else passes the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.count = 0

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self.count += 1
        heapq.heappush(self.sleepers, (self.now + seconds, self.count, future))
        await future

    async def drive(self, work) -> None:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(50):
                await asyncio.sleep(0)
            if self.sleepers and not task.done():
                at, _, future = heapq.heappop(self.sleepers)
                self.now = max(self.now, at)
                future.set_result(None)
        task.result()


def sent_at(limit=None, tokens=None, n=200, width=16, size=100, hook=None) -> list[float]:
    clock = Clock()
    pacer = Pacer(limit, tokens, lambda: clock.now, clock.sleep)
    times: list[float] = []

    async def work(queue):
        while queue:
            queue.pop()
            await pacer.turn(size)
            times.append(clock.now)
            if hook:
                hook(pacer, len(times))

    async def run():
        queue = list(range(n))
        await asyncio.gather(*(work(queue) for _ in range(width)))

    asyncio.run(clock.drive(run()))
    return times


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(t <= u < t + 60 for u in times) for t in times)


@pytest.mark.parametrize("limit", [60, 600])
def test_no_window_of_a_minute_holds_more_than_allowed_and_hardly_less(limit):
    times = sent_at(limit, n=3 * limit)
    assert most_in_a_minute(times) <= limit
    assert len(times) / (times[-1] / 60) >= 0.95 * limit


def test_tokens_a_minute_are_kept_too():
    times = sent_at(tokens=6000, size=100, n=180)
    assert most_in_a_minute(times) <= 60


def test_tokens_that_were_not_used_are_given_back():
    def give_back(pacer, _):
        pacer.correct(100, 50)

    slow = sent_at(tokens=6000, size=100, n=100, width=1)
    quick = sent_at(tokens=6000, size=100, n=100, width=1, hook=give_back)
    assert quick[-1] == pytest.approx(slow[-1] / 2, rel=0.05)


def test_after_a_pause_nobody_is_early_and_all_are_spread_again():
    def pause(pacer, done):
        if done == 10:
            pacer.pause(30)

    times = sent_at(600, n=60, hook=pause)
    before, after = times[:10], times[10:]
    assert after[0] >= before[-1] + 30
    gaps = [b - a for a, b in itertools.pairwise(after)]
    assert min(gaps) >= 0.09


def test_without_limits_nobody_waits():
    assert sent_at(n=50)[-1] == 0


def test_a_fallback_keeps_its_own_pace_and_prompts_on_one_model_share_the_strictest(tmp_path):
    front = "---\nmodel: first\nfallbacks: [second, third]\npace: {{requests_per_minute: {}}}\n---\nSort {}."
    prompts = [
        prompt
        for rate, name in ((600, "a"), (60, "b"))
        for prompt in parse_prompts(front.format(rate, name), name)
    ]
    paces = Paces(Pace(concurrency=3), {"second": Pace(requests_per_minute=30, concurrency=2)})
    classes = (ClassSpec("SPAM"), ClassSpec("HAM"))
    with Ledger(tmp_path / "l.sqlite") as ledger:
        nobody = LiteLlmTransport("http://127.0.0.1:9", "key")
        desk = Desk(nobody, ledger, "r", Budget(), paces, classes)
        voters = assemble(desk, prompts, Purse(Budget(), ledger, "r"))
        intervals = {
            backend.prompt.model: backend.asker.pacer._interval_s[0]
            for voter in voters.values()
            for backend in voter.backends
        }
    assert intervals["first"] == pytest.approx(1 / HEADROOM)
    assert intervals["second"] == pytest.approx(2 / HEADROOM)
    assert intervals["third"] == 0
    assert {voter.concurrency for voter in voters.values()} == {3}
