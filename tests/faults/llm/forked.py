"""Processes that label the same items, forked off one that has imported all they need."""

import multiprocessing
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

import pyarrow as pa

from labeling.kinds.classes import ClassSpec
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from labeling.state.place import Place
from resources.models.litellm_transport import LiteLlmTransport

PROMPT = (
    "---\nmodel: openai/fake\nprice: {input: 1, output: 2}\n"
    "output: {format: text, confidence: none}\n---\nSort these."
)
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "litellm", "psycopg"])


class Labeller:
    """One process that labels ``items`` items and says what came of it.

    ``said`` is how many votes there are, how many items are left, and why.
    """

    def __init__(self, address: str, place: Place, items: int, cap: float) -> None:
        self._said, end = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=_label, args=(end, address, place, items, cap))
        self.process.start()
        end.close()

    def said(self) -> tuple[int, int, str] | None:
        """Wait until it ends; ``None`` if it was killed."""
        found = None
        with suppress(EOFError):
            found = self._said.recv()
        self.process.join(60)
        return found


def labellers(
    how_many: int,
    address: str,
    place: Place,
    items: int,
    cap: float,
) -> Sequence[Labeller]:
    """Start that many at once."""
    return [Labeller(address, place, items, cap) for _ in range(how_many)]


def _label(
    end: Connection,
    address: str,
    place: Place,
    items: int,
    cap: float,
) -> None:
    texts = [f"message {k}" for k in range(items)]
    table = pa.table({"item_id": [str(k) for k in range(items)], "text": texts})
    with open_ledger(place) as ledger:
        result = label_batch(
            table,
            parse_prompts(PROMPT, "classify"),
            [ClassSpec("SPAM"), ClassSpec("HAM")],
            LiteLlmTransport(f"{address}/v1", "k"),
            ledger,
            run="run",
            budget=Budget(cap, cap, cap),
            pace=Pace(concurrency=64),
        )
    summary = result.summary
    end.send((result.votes.num_rows, summary.pending, summary.why))
