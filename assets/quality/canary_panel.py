"""What the canary asks about, and the examples it may show: chosen once, the same ever after."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from assets.votes.examples import as_pool, takes_examples
from resources.store.tables import CANARY_EXAMPLES, REVIEWS
from resources.store.warehouse import Warehouse

if TYPE_CHECKING:
    from labeling.llm.pool import ExamplePool
    from labeling.llm.prompt import Prompt

CHOOSE = """
insert into people.canary_panel
select item_id, batch, label, $batch from people.gold
where batch < $batch order by origin = 'queue', md5(item_id) limit $items
"""
"""Audit gold first: it was drawn at random. An order that favours nothing, and is the same again."""

CHOOSE_EXAMPLES = """
insert into people.canary_examples
select item_id, batch, label from people.gold
where batch < $batch and origin = 'queue'
    and item_id not in (select item_id from people.canary_panel) order by batch, item_id
"""
"""What models may be shown when the panel is chosen: answers of earlier queues."""

PANEL = """
select i.item_id, i.text, i.image, coalesce(g.label, p.label) as label
from people.canary_panel p join raw.items i using (item_id, batch)
left join people.gold g using (item_id, batch)
where p.chosen_for <= $batch and (g.label is not null or (p.item_id, p.batch) not in (
    select (item_id, batch) from people.reviews where aside)) order by i.item_id
"""
"""Judged by gold as it is today; where a review was taken back, by what it was. An item that has
another text than was reviewed is not asked about."""

EXAMPLES = """
select i.item_id, i.text, e.label
from people.canary_examples e join raw.items i using (item_id, batch)
where i.image is null and (e.item_id, e.batch) not in (
    select (item_id, batch) from people.reviews where aside) order by e.batch, e.item_id
"""


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
    from labeling.llm.canary_finding import LEAST_ITEMS

    if not items:
        return pa.table({"item_id": pa.array([], pa.string())})
    warehouse.ensure(CANARY_EXAMPLES, REVIEWS)
    with warehouse.connect() as db:
        chosen, enough = db.execute(
            "select (select count(*) from people.canary_panel),"
            " (select count(*) >= ? from people.gold where batch < ?)",
            [items, batch],
        ).fetchone() or (0, False)
        if not chosen and enough:
            db.execute(CHOOSE, {"batch": batch, "items": items})
            db.execute(CHOOSE_EXAMPLES, {"batch": batch})
        panel = db.execute(PANEL, {"batch": batch}).to_arrow_table()
    return panel if panel.num_rows >= LEAST_ITEMS else panel.slice(0, 0)


def canary_examples(
    warehouse: Warehouse, prompts: "Sequence[Prompt]", redact: Callable[[str], str] | None
) -> "ExamplePool | None":
    """Return what prompts may show in a round: the same in each, however much gold there is by now.

    With other examples it would be another question, and another answer would prove nothing.
    """
    if not takes_examples(prompts):
        return None
    warehouse.ensure(CANARY_EXAMPLES, REVIEWS)
    return as_pool(warehouse, warehouse.read(EXAMPLES), redact)
