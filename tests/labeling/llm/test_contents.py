"""What a batch shows to models: grouped as a plain loop would, and never in memory as a whole."""

# ruff: noqa: ARG002  what the protocol gives

from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.kinds.classes import ClassSpec
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.outcome import Outcome, Outcomes
from labeling.llm.prompts import content
from labeling.llm.prompts.content import Content, contents
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.price import Price
from labeling.llm.providers.transport import Capabilities, Message, Reply, Request, Usage
from labeling.llm.quote import SAMPLE, quote_batch
from labeling.llm.waiting import BatchState

CLASSES = [ClassSpec("SPAM"), ClassSpec("HAM")]
(PROMPT,) = parse_prompts(
    "---\nmodel: openai/fake\nprice: {input: 1, output: 2}\n"
    "output: {format: text, confidence: none}\n---\nSort these.",
    "classify",
)
SMALL = 20

texts = st.lists(st.sampled_from(["one", "two", "three", "Two", "", None]), max_size=40)


@given(texts, st.booleans(), st.data())
def test_items_are_grouped_by_what_is_shown_of_them_in_the_order_they_come(
    said: list[str | None], folded: bool, data: st.DataObject
) -> None:
    ids = [f"i{n}" for n in range(len(said))]
    table = pa.table({"item_id": ids, "text": pa.array(said, pa.string())})
    shown = contents(table, str.lower if folded else None)
    groups: dict[str, list[str]] = {}
    for item, text in zip(ids, said, strict=True):
        groups.setdefault((text or "").lower() if folded else text or "", []).append(item)
    read = [one for chunk in shown.chunks(shown.all) for one in chunk]
    assert [(one.text, one.items) for one in read] == list(groups.items())
    assert [one.at for one in read] == list(range(len(shown)))
    assert all(bool(one.flaw) == (not one.text) for one in read)
    named = data.draw(st.sets(st.sampled_from(ids))) if ids else set[str]()
    wanted = [at for at, one in enumerate(read) if named & set(one.items)]
    assert shown.of(named).tolist() == wanted
    some = np.array(wanted, np.int64)
    assert [one.items for one in shown.read(some)] == [read[at].items for at in wanted]
    assert shown.ids_of(some)["item_id"].to_pylist() == [i for at in wanted for i in read[at].items]


def test_items_without_any_text_are_told_as_such_also_where_texts_are_redacted():
    for redact in (None, str.lower):
        shown = contents(pa.table({"item_id": ["a", "b"], "text": [None, None]}), redact)
        (one,) = shown.read(shown.all)
        assert one.items == ["a", "b"]
        assert one.flaw == "the item has neither text nor image"


outcomes = st.builds(
    Outcome,
    st.sampled_from(["SPAM", "HAM", None]),
    st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]),
    st.sampled_from(["", "no"]),
)


@given(st.lists(st.none() | outcomes, max_size=30), st.sampled_from([0.0, 0.5, 1.0]))
def test_outcomes_in_columns_say_what_was_put_in(put: list[Outcome | None], below: float) -> None:
    said = Outcomes(len(put))
    for at, one in enumerate(put):
        if one is not None:
            said.put(at, one)
    every = np.arange(len(put))
    assert said.n_known == sum(one is not None for one in put)
    assert said.unsure(every, below).tolist() == [
        at
        for at, one in enumerate(put)
        if one is not None and (one.label is None or (one.confidence or 0.0) < below)
    ]
    counted = dict(said.counts(every, np.full(len(put), 3)))
    assert sum(counted.values()) == 3 * len(put)
    assert counted.get(None, 0) == 3 * put.count(None)


LIVE: WeakSet[Content] = WeakSet()


class Watched(Content):
    """A content that is counted while it lives."""

    __hash__ = object.__hash__

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        LIVE.add(self)


class Watching:
    """Answers at once, and counts how many contents are in memory meanwhile."""

    simulated = False

    def __init__(self) -> None:
        self.most = 0

    def look(self) -> None:
        self.most = max(self.most, len(LIVE))

    async def complete(self, request: Request) -> Reply:
        self.look()
        return Reply("HAM", usage=Usage(10, 1))

    async def submit(self, requests: list[tuple[str, Request]], mark: str) -> str:
        self.look()
        return f"batch {requests[0][0]}"

    async def poll(self, batch: str, model: str) -> BatchState:
        return BatchState(running=True)

    async def find(self, mark: str, model: str) -> str | None:
        return None

    def capabilities(self, model: str) -> Capabilities:
        return Capabilities()

    def price(self, model: str) -> Price:
        return Price(1e-6, 1e-6)

    def count_tokens(self, model: str, messages: tuple[Message, ...]) -> int:
        self.look()
        return 1


@pytest.mark.parametrize("later", [False, True], ids=["at once", "by batches"])
def test_a_batch_is_asked_about_while_a_chunk_of_it_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: bool
) -> None:
    monkeypatch.setattr(content, "CHUNK", SMALL)
    monkeypatch.setattr(content, "Content", Watched)
    monkeypatch.setattr("labeling.llm.waiting.LARGEST", SMALL)
    items = pa.table(
        {"item_id": [str(n) for n in range(300)], "text": [f"text {n}" for n in range(300)]}
    )
    watching = Watching()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        (quote,) = quote_batch(items, [PROMPT], CLASSES, watching, ledger)
        assert quote.calls == 300
        assert 0 < watching.most <= SAMPLE + SMALL, "those whose tokens are counted, and a chunk"
        watching.most = 0
        votes = label_batch(
            items,
            [PROMPT],
            CLASSES,
            watching,
            ledger,
            run="r",
            later=watching if later else None,
            pace=Pace(concurrency=8),
        )
    assert votes.by_voter["llm/classify"].calls >= 300
    assert 0 < watching.most <= 3 * SMALL
