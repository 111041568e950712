"""The fake provider as a process of its own: says its port, then serves until it is ended."""

import argparse
import asyncio

from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import FakeProvider


async def serve(latency_s: float, limit: int | None) -> None:
    provider = FakeProvider(
        lambda body: "SPAM" if len(item_text(body)) % 2 else "HAM",
        latency_s=latency_s,
        requests_per_minute=limit,
    )
    await provider.start()
    print(provider.port, flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=None)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.latency_s, arguments.limit))
