"""Reviewed items that models may be shown as examples: gold that measures nothing."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from assets.reading.firewall import teaching_gold
from resources.store.warehouse import Warehouse

if TYPE_CHECKING:
    from labeling.kinds.kind import Kind
    from labeling.llm.prompts.pool import ExamplePool
    from labeling.llm.prompts.prompt import Prompt

CHOSEN = ("balanced", "nearest")
"""Ways of choosing that take examples from gold."""


def example_pool(
    warehouse: Warehouse,
    batch: str,
    prompts: "Sequence[Prompt]",
    redact: Callable[[str], str] | None,
) -> "ExamplePool | None":
    """Return what prompts may show: answers of earlier queues, never an audit or canary item.

    ``None`` if no prompt takes examples from gold or shortlists its classes by likeness to it.
    """
    if not takes_examples(prompts):
        return None
    used_by = "few-shot examples of " + ", ".join(prompt.name for prompt in prompts)
    gold = teaching_gold(warehouse, batch, used_by)
    gold = gold.filter(pc.equal(gold["origin"], pa.scalar("queue")))
    # an example is shown as a text: without its picture it would teach nothing, or the wrong thing
    return as_pool(warehouse, gold.filter(pc.is_null(gold["image"])), redact, prompts[0].kind)


def takes_examples(prompts: "Sequence[Prompt]") -> bool:
    """Whether any prompt shows gold or shortlists its classes by likeness to it."""
    return any(p.settings.examples.choose in CHOSEN or p.settings.shortlist for p in prompts)


def as_pool(
    warehouse: Warehouse, gold: pa.Table, redact: Callable[[str], str] | None, kind: "Kind"
) -> "ExamplePool":
    """Return gold (item_id, text, label) as a pool, without what is audited or on the canary."""
    from labeling.llm.prompts.pool import ExamplePool

    texts = [str(text) for text in gold["text"].to_pylist()]
    return ExamplePool.teaching(
        [str(item) for item in gold["item_id"].to_pylist()],
        texts if redact is None else [redact(text) for text in texts],
        [str(label) for label in gold["label"].to_pylist()],
        {str(item) for item in warehouse.column("votes.examples.measuring")},
        kind,
    )
