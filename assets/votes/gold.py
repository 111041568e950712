"""Gold that the guarantee of a cascade is proven on: audits of earlier batches, as voters of today see them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assets.reading.firewall import may_teach
from assets.votes.rule_sets import apply_rules, load_rules, seen_by_rules
from labeling.llm.prompts.content import strings
from resources.store.warehouse import Warehouse
from resources.task.task import Task

MOST_GOLD = 1_000
"""Audited items, the newest, that a guarantee is proven on; the dear prompt answers each of them once."""

SAID = ("item_id", "voter", "label")


@dataclass(frozen=True, slots=True)
class Gold:
    """Audited items of earlier batches, and what the rules of today say of them.

    ``admitted`` are the rules, as voters, that audits admitted: on those audits they are better than elsewhere.
    """

    items: pa.Table
    rule_votes: pa.Table
    admitted: frozenset[str] = frozenset()

    @property
    def undecided(self) -> list[str]:
        """Ids on which the rules say nothing, or not the same."""
        said: dict[str, set[str]] = {}
        for row in self.rule_votes.to_pylist():
            said.setdefault(row["item_id"], set()).add(row["label"])
        ids = strings(self.items, "item_id")
        return [one for one in ids if len(said.get(one, ())) != 1]

    def after(self, batch: str) -> "Gold":
        """Return gold of later batches than this one."""
        return self._of([of > batch for of in strings(self.items, "batch")])

    def none(self) -> "Gold":
        """Return no gold."""
        return self._of([False] * self.items.num_rows)

    def _of(self, kept: list[bool]) -> "Gold":
        items = self.items.filter(pa.array(kept, pa.bool_()))
        ids = set(strings(items, "item_id"))
        said = [item in ids for item in strings(self.rule_votes, "item_id")]
        return Gold(items, self.rule_votes.filter(pa.array(said, pa.bool_())), self.admitted)


def gold_of(task: Task, warehouse: Warehouse, batch: str) -> Gold:
    """Return gold of earlier audits, thinned so that the items of a batch had equal chances.

    Ids begin with the batch, since an item may come again.
    """
    from labeling.cascades.cheap import drawn_alike

    with warehouse.connect() as db:
        rows = db.read("votes.cascade.gold", batch=batch, most=MOST_GOLD)
        rows = may_teach(db, batch, rows, "the guarantee of a cascade")
    pairs = zip(strings(rows, "batch"), strings(rows, "item_id"), strict=True)
    ids = [f"{of}/{item}" for of, item in pairs]
    rows = rows.append_column("own_id", rows["item_id"])
    rows = rows.set_column(0, "item_id", pa.array(ids, pa.string()))
    chance = rows["probability"].to_numpy(zero_copy_only=False).astype(np.float64)
    rows = rows.filter(pa.array(drawn_alike(ids, strings(rows, "batch"), chance), pa.bool_()))
    rules = load_rules(task)
    columns = ["item_id", "text", "image", "time", "metadata"]
    seen = seen_by_rules(task, rows.select(columns))
    votes, _ = apply_rules(task, rules, seen, [rule.name for rule in rules])
    admitted = (rule.voter for rule in rules if rule.suggested and rule.suggested.after)
    return Gold(rows, votes.select(SAID), frozenset(admitted))
