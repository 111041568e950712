# ruff: noqa: ARG002  a protocol names its arguments
"""How near to the allowed rate, and how near to bare aiohttp.

Run: python bench/llm/pace.py limited | free | stub
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pyarrow as pa

from labeling.kinds.classes import ClassSpec
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.price import Price
from labeling.llm.providers.transport import Capabilities, Message, Reply, Request, Usage
from resources.models.litellm_module import litellm_module
from resources.models.litellm_transport import LiteLlmTransport
from tests.faults.llm.killing import meter, provider_process

IN_FLIGHT = 64
LATENCY_S = 0.05
(PROMPT,) = parse_prompts(
    "---\nmodel: openai/fake\nprice: {input: 1, output: 2}\n"
    "output: {format: text, confidence: none}\n---\nSort these.",
    "classify",
)
CLASSES = [ClassSpec("SPAM"), ClassSpec("HAM")]
MESSAGES = ({"role": "system", "content": "Sort these."}, {"role": "user", "content": "hello"})


@dataclass
class Nobody:
    """No network and no LiteLLM: an answer after the provider's latency."""

    simulated: bool = False

    async def complete(self, request: Request) -> Reply:
        await asyncio.sleep(LATENCY_S)
        return Reply("HAM", usage=Usage(10, 1))

    def capabilities(self, model: str) -> Capabilities:
        return Capabilities()

    def price(self, model: str) -> Price:
        return Price(1e-6, 1e-6)

    def count_tokens(self, model: str, messages: tuple[Message, ...]) -> int:
        return 1


def touchstone(address: str | None, n: int, pace: Pace) -> float:
    """Label n items; calls a second."""
    items = pa.table(
        {"item_id": [str(k) for k in range(n)], "text": [f"text {k}" for k in range(n)]}
    )
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l.sqlite") as ledger:
        start = time.perf_counter()
        result = label_batch(
            items,
            [PROMPT],
            CLASSES,
            LiteLlmTransport(f"{address}/v1", "k") if address else Nobody(),
            ledger,
            run="r",
            budget=Budget(10, 10, 10),
            pace=pace,
        )
        elapsed = time.perf_counter() - start
    assert result.votes.num_rows == n, result.summary
    return n / elapsed


async def many(one, n: int) -> float:
    queue = iter(range(n))

    async def work() -> None:
        for _ in queue:
            await one()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return n / (time.perf_counter() - start)


def bare_aiohttp(address: str, n: int) -> float:
    async def run() -> float:
        body = {"model": "fake", "messages": list(MESSAGES), "max_tokens": 8}
        async with aiohttp.ClientSession() as session:

            async def one() -> None:
                async with session.post(f"{address}/v1/chat/completions", json=body) as response:
                    await response.json()

            return await many(one, n)

    return asyncio.run(run())


def litellm_alone(address: str, n: int) -> float:
    litellm = litellm_module()

    async def one() -> None:
        await litellm.acompletion(
            model="openai/fake",
            messages=list(MESSAGES),
            max_tokens=8,
            api_base=f"{address}/v1",
            api_key="k",
        )

    async def run() -> float:
        await one()
        return await many(one, n)

    return asyncio.run(run())


def in_processes(address: str, n: int, processes: int) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        pool.starmap(litellm_alone, [(address, 5)] * processes)
        return sum(pool.starmap(litellm_alone, [(address, n)] * processes, chunksize=1))


def limited(rate: int = 600, seconds: int = 90) -> None:
    n = rate * seconds // 60
    with provider_process(LATENCY_S, rate) as address:
        touchstone(address, 1, Pace())
        time.sleep(61)  # let the provider forget the first request
        pace = Pace(requests_per_minute=rate, concurrency=IN_FLIGHT)
        reached = touchstone(address, n, pace) * 60
        refused = sum(row[1] == 429 for row in meter(address))
    print(
        f"allowed {rate} a minute, reached {reached:.0f} ({reached / rate:.1%}), refused {refused}"
    )


def free(n: int = 2000) -> None:
    with provider_process(LATENCY_S) as address:
        touchstone(address, 1, Pace())
        rows = [
            ("bare aiohttp", bare_aiohttp(address, n)),
            ("LiteLLM alone, 1 process", litellm_alone(address, n)),
            ("LiteLLM alone, 2 processes", in_processes(address, n, 2)),
            ("LiteLLM alone, 4 processes", in_processes(address, n, 4)),
            ("Touchstone without LiteLLM", touchstone(None, n, Pace(concurrency=IN_FLIGHT))),
            ("Touchstone on LiteLLM", touchstone(address, n, Pace(concurrency=IN_FLIGHT))),
        ]
    best = rows[0][1]
    for name, rate in rows:
        print(f"{name:28s} {rate:7.0f} calls/s  {rate / best:6.1%} of aiohttp")


def stub(n: int = 1500, rounds: int = 5) -> None:
    """Against a provider that answers at once: in turn, best of some rounds."""
    pace = Pace(concurrency=IN_FLIGHT)
    ways: dict[str, Callable[[str], float]] = {
        "bare aiohttp": lambda address: bare_aiohttp(address, n),
        "LiteLLM alone": lambda address: litellm_alone(address, n // 5),
        "Touchstone": lambda address: touchstone(address, n, pace),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu_ms: dict[str, list[float]] = {name: [] for name in ways}
    with provider_process() as address:
        touchstone(address, 1, pace)
        for _ in range(rounds):
            for name, way in ways.items():
                start = time.process_time()
                rates[name].append(way(address))
                asked = n // 5 if name == "LiteLLM alone" else n
                cpu_ms[name].append((time.process_time() - start) / asked * 1000)
    best = max(rates["bare aiohttp"])
    for name, found in rates.items():
        print(
            f"{name:14s} {max(found):7.0f} calls/s  {max(found) / best:6.1%} of aiohttp"
            f"  {min(cpu_ms[name]):5.2f} ms of CPU a call"
        )


if __name__ == "__main__":
    {"limited": limited, "free": free, "stub": stub}[sys.argv[1]]()
