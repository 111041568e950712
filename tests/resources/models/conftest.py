"""A provider over HTTP, a ledger, and a short way to ask."""

import pyarrow as pa
import pytest

from labeling.kinds.classes import ClassSpec
from labeling.llm.labelling import ModelVotes, label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.prompt import Prompt, parse_prompts
from labeling.state.place import SqliteFile
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.postgres import shared_ledger
from tests.fakes.provider.server import FakeProvider

KEY = "sk-canary-0123456789abcdef"
CLASSES = [ClassSpec("SPAM", "wants something", ("junk",)), ClassSpec("HAM", "the rest")]
PRICE = "price: {input: 1, output: 2}\n"
TEXT = "output: {format: text, confidence: none}\n"


def prompt(
    front: str = TEXT,
    name: str = "classify",
    body: str = "Sort these.",
    model: str = "openai/fake",
    price: str = PRICE,
) -> Prompt:
    """A prompt on the fake model; without front matter of its own it needs no probe."""
    (one,) = parse_prompts(f"---\nmodel: {model}\n{price}{front}---\n{body}", name)
    return one


def table(n: int, text: str = "message {}") -> pa.Table:
    return pa.table(
        {"item_id": [f"i{k}" for k in range(n)], "text": [text.format(k) for k in range(n)]}
    )


class Bench:
    """Asks a provider, with everything else as a run has it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def ask(self, provider: FakeProvider, items: pa.Table, prompts=None, **more) -> ModelVotes:
        arguments = {
            "run": "run",
            "budget": Budget(10, 10, 10),
            "classes": CLASSES,
            "transport": LiteLlmTransport(provider.url, KEY),
            "ledger": self.ledger,
            **more,
        }
        return label_batch(items, prompts or [prompt()], **arguments)


IN_BOTH = ("test_asking_over_http", "test_batches", "test_canary_over_http")
"""Modules whose tests run with a ledger in a file and with one in PostgreSQL."""


def pytest_generate_tests(metafunc):
    if "ledger" in metafunc.fixturenames and metafunc.module.__name__.endswith(IN_BOTH):
        metafunc.parametrize("ledger", ["a file", "PostgreSQL"], indirect=True)


@pytest.fixture
def ledger(tmp_path, request):
    file = SqliteFile(tmp_path / "var" / "ledger.sqlite")
    shared = getattr(request, "param", "") == "PostgreSQL"
    place = shared_ledger(request.getfixturevalue("postgres")) if shared else file
    with open_ledger(place) as opened:
        yield opened


@pytest.fixture
def bench(ledger) -> Bench:
    return Bench(ledger)
