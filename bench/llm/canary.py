"""Does the canary find recorded models that changed, and only those?

Run: python bench/llm/canary.py            (compares recorded answers, some seconds)
     python bench/llm/canary.py http       (the same rounds over HTTP, some minutes)

GPT-3.5 and GPT-4 on primes, March and June 2023 (`llm_drift_chatgpt`, 1,000 questions each), as one
model name that changes between two rounds. Recorded models do not waver, so rounds are asked of a
panel that wavers too: each answer is replaced by the other class at a given rate, by chance.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from labeling.kinds.classes import ClassSpec
from labeling.llm.canary.canary import ask_canary, record
from labeling.llm.canary.rounds import AGAIN, Answers, store
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider.recorded import DriftingModel
from tests.fakes.provider.server import FakeProvider

MODELS = ("gpt-3.5-turbo", "gpt-4")
ROUNDS = 200
"""Rounds without a change before the change."""

PANELS = 200
"""Panels drawn at random, to say how often the first round after the change is enough."""

CLASSES = [ClassSpec("yes"), ClassSpec("no")]
FRONT = "price: {input: 0, output: 0}\noutput: {format: text, confidence: none}\n"


def said(model: DriftingModel, month: str, question: str) -> str | None:
    """Read a recorded answer: yes, no, or nothing."""
    answer = model.said[month, question].strip("[]").lower()
    return answer if answer in ("yes", "no") else None


def answers_at(
    model: DriftingModel, panel: list[str], rng: np.random.Generator, wavers: float
) -> Callable[[str], Answers]:
    """Return what the model says of the panel in a month, each answer wavering by chance."""

    def at(month: str) -> Answers:
        flips = rng.random(len(panel)) < wavers
        return Answers(
            {
                q: {"yes": "no", "no": "yes"}.get(label or "", label) if flip else label
                for q, flip in zip(panel, flips, strict=True)
                for label in (said(model, month, q),)
            }
        )

    return at


def trial(
    model: DriftingModel, panel: list[str], seed: int, wavers: float, before: int
) -> list[bool]:
    """Ask ``before`` rounds in March and one in June; say of each whether it raised the alarm."""
    rng = np.random.default_rng(seed)
    gold = {q: model.gold[q] for q in panel}
    at = answers_at(model, panel, rng, wavers)
    with Ledger(Path(":memory:")) as ledger:
        store(ledger, "llm/x", "v", f"r000{AGAIN}", at("03"), now=1.5)
        return [
            record(ledger, "llm/x", "v", f"r{n:03d}", at(month), gold, now=float(n + 1)).changed
            for n, month in enumerate(["03"] * before + ["06"])
        ]


def offline() -> None:
    """Print, for each model, panel and wavering, the alarms before and after the change."""
    print(f"{ROUNDS} rounds in March, one in June")
    for name in MODELS:
        model = DriftingModel(name)
        questions = sorted(model.gold)
        for size in (60, 200):
            for wavers in (0.0, 0.02, 0.1):
                panel = list(np.random.default_rng(size).permutation(questions)[:size])
                *quiet, loud = trial(model, panel, 1, wavers, ROUNDS)
                print(
                    f"{name}, {size} questions, {wavers:.0%} waver: "
                    f"{sum(quiet)} alarms in {len(quiet)} rounds, then {'ALARM' if loud else 'none'}"
                )
    print(f"\n{PANELS} panels drawn at random: alarms on the first round in June")
    for name in MODELS:
        model = DriftingModel(name)
        questions = sorted(model.gold)
        for size in (60, 200):
            for before in (1, 30):
                found = early = 0
                for seed in range(PANELS):
                    panel = list(np.random.default_rng(seed).permutation(questions)[:size])
                    *quiet, loud = trial(model, panel, seed, 0.02, before)
                    found, early = found + loud, early + any(quiet)
                print(
                    f"{name}, {size} questions, {before} rounds before, 2% waver: "
                    f"{found} of {PANELS} found at once, {early} with an alarm before"
                )


def over_http() -> None:
    """Ask the same through LiteLLM, with the default panel of 60 and one of 200."""
    for name in MODELS:
        for size in (60, 200):
            model = DriftingModel(name)
            chosen = list(np.random.default_rng(size).permutation(sorted(model.gold))[:size])
            panel = pa.table(
                {
                    "item_id": [f"q{n}" for n in range(size)],
                    "text": chosen,
                    "label": [model.gold[q] for q in chosen],
                }
            )
            (prompt,) = parse_prompts(f"---\nmodel: openai/{name}\n{FRONT}---\nAnswer.", "prime")
            rounds = ROUNDS if size == 60 else 20
            start = time.monotonic()
            with (
                tempfile.TemporaryDirectory() as folder,
                Ledger(Path(folder) / "l.sqlite") as ledger,
                FakeProvider(model) as provider,
            ):
                ask = partial(
                    ask_canary, panel, [prompt], CLASSES, LiteLlmTransport(provider.url, "sk-none"),
                    ledger, pace=Pace(concurrency=32),
                )  # fmt: skip
                found = [ask(round_id=f"r{n:03d}")[0][0].changed for n in range(rounds)]
                model.month = "06"
                loud = ask(round_id=f"r{rounds:03d}")[0][0].changed
            print(
                f"{name}, {size} questions over HTTP: {sum(found)} alarms in {rounds} rounds, then "
                f"{'ALARM' if loud else 'none'} ({time.monotonic() - start:.0f} s)"
            )


if __name__ == "__main__":
    over_http() if "http" in sys.argv[1:] else offline()
