"""What the canary asks about, and the examples it may show: chosen once, the same ever after."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from assets.votes.examples import as_pool, takes_examples
from resources.store.warehouse import Warehouse

if TYPE_CHECKING:
    from labeling.llm.prompts.pool import ExamplePool
    from labeling.llm.prompts.prompt import Prompt


def canary_panel(warehouse: Warehouse, batch: str, items: int) -> pa.Table:
    """Return the panel, chosen now if there is none and gold enough; empty before that.

    Parameters
    ----------
    warehouse : Warehouse
    batch : str
        The batch with which it is asked; gold of earlier ones is taken.
    items : int
        How many to choose; 0 if there is to be no canary.

    Returns
    -------
    Arrow table
        item_id, text, image, label; empty too if all but a few of its items are gone from the source.
    """
    from labeling.llm.canary.finding import LEAST_ITEMS

    if not items:
        return pa.table({"item_id": pa.array([], pa.string())})
    with warehouse.connect() as db:
        enough = db.value("quality.canary_panel.gold_before", batch=batch) >= items
        if enough and not db.value("quality.canary_panel.chosen"):
            db.run("quality.canary_panel.choose", batch=batch, items=items)
            db.run("quality.canary_panel.choose_examples", batch=batch)
        panel = db.read("quality.canary_panel.panel", batch=batch)
    return panel if panel.num_rows >= LEAST_ITEMS else panel.slice(0, 0)


def canary_examples(
    warehouse: Warehouse, prompts: "Sequence[Prompt]", redact: Callable[[str], str] | None
) -> "ExamplePool | None":
    """Return what prompts may show in a round: the same in each, however much gold there is by now.

    With other examples it would be another question, and another answer would prove nothing.
    """
    if not takes_examples(prompts):
        return None
    examples = warehouse.read("quality.canary_panel.examples")
    return as_pool(warehouse, examples, redact, prompts[0].kind)
