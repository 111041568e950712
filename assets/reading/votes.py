"""Votes and gold read back from the warehouse as the engine's arrays."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.coded import answers_in, index_of
from assets.reading.firewall import may_teach
from assets.reading.marks import Marks, marks_in
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.texts import Texts
from labeling.votes import Votes
from resources.store.warehouse import Warehouse
from resources.task.task import Task

WINDOW_ITEMS = 20_000
"""The label model and the student look back over as many items as the batch has, and over so many
at least, newest batches first."""

OLD_GOLD = 2_000
"""Gold of items before these that is kept in sight, the newest: people's answers stay worth reading."""


@dataclass(frozen=True)
class Window:
    """The items of a batch and of those before it, with their votes and gold.

    Parameters
    ----------
    item_ids, batches : object arrays of shape (n_items,)
        In the order of the engine's item indices.
    texts : Texts
        Their texts.
    images : list of str or None
        Their pictures: paths, addresses or ``data:`` URLs.
    voters : list of str
        Names, in the order of the engine's voter indices.
    votes : Votes
        Of rules and models.
    gold, audit : Gold
        Of *earlier* batches alone: what this batch is judged on is never learnt from. ``gold`` is
        all of it and may teach; ``audit`` was drawn at random, and may calibrate too.
    current : bool array of shape (n_items,)
        Which items are of the batch itself.
    units : Units
        What votes and gold are of, numbered over the items.
    marks : Marks, optional
        Which stretches of the texts they are about, where answers are about such.
    """

    item_ids: NDArray[np.object_]
    batches: NDArray[np.object_]
    texts: Texts
    images: list[str | None]
    voters: list[str]
    votes: Votes
    gold: Gold
    audit: Gold
    current: NDArray[np.bool_]
    units: Units
    marks: Marks | None = None

    def votes_of_batch(self) -> Votes:
        """Return the votes on the units of the batch's own items, renumbered from 0."""
        return self.votes.of(self.current[self.units.item])

    def asked(self, question: int) -> "Window":
        """Return the window as one of the questions sees it: a unit an item."""
        here = self.units.question == question
        if here.all():
            return self
        return replace(
            self,
            votes=self.votes.of(here),
            gold=self.gold.of(here),
            audit=self.audit.of(here),
            units=Units.each(self.units.n_items),
        )

    def only(self, kept: NDArray[np.bool_]) -> "Window":
        """Return the window of some of its items, renumbered from 0."""
        if kept.all():
            return self
        place, here = np.flatnonzero(kept).tolist(), kept[self.units.item]
        return Window(
            item_ids=self.item_ids[kept],
            batches=self.batches[kept],
            texts=self.texts.of(kept),
            images=[self.images[i] for i in place],
            voters=self.voters,
            votes=self.votes.of(here),
            gold=self.gold.of(here),
            audit=self.audit.of(here),
            current=self.current[kept],
            units=self.units.only(kept),
            marks=None if self.marks is None else self.marks.of_items(kept),
        )


def read_window(task: Task, warehouse: Warehouse, batch: str, old_gold: int = OLD_GOLD) -> Window:
    """Read the batch, what came before it (query ``reading.votes.make_window``), and older gold."""
    with warehouse.connect() as db:
        db.run("reading.votes.make_window", batch=batch, least=WINDOW_ITEMS, old_gold=old_gold)
        items = db.read("reading.votes.items")
        votes = db.read("reading.votes.votes")
        known = db.read("reading.votes.gold", batch=batch)
        gold = may_teach(db, batch, known, "the label model and the student")
        audit = gold.filter(
            pa.array([o == "audit" for o in gold["origin"].to_pylist()], pa.bool_())
        )
    both = ["item", "label"]
    units = units_of(task, items.num_rows, votes.select(both), gold.select(both))
    voters = sorted(str(voter) for voter in votes["voter"].unique().to_pylist())
    batches = items["batch"].to_numpy(zero_copy_only=False)
    return Window(
        item_ids=items["item_id"].to_numpy(zero_copy_only=False),
        batches=batches,
        texts=Texts(items["text"]),
        images=items["image"].to_pylist(),
        voters=voters,
        votes=as_votes(task, units, votes, voters),
        gold=as_gold(task, units, gold),
        audit=as_gold(task, units, audit, weighed=True),
        current=batches == batch,
        units=units,
        marks=marks_in(task, items.num_rows, votes, voters, gold, audit),
    )


def units_of(task: Task, n_items: int, *answers: pa.Table) -> Units:
    """Number the questions about items, given the answers (item, label) that there are."""
    rows = pa.concat_tables(answers, promote_options="permissive")
    return task.kind.units(n_items, answers_in(rows), task.classes)


def as_votes(task: Task, units: Units, rows: pa.Table, voters: list[str]) -> Votes:
    """Turn rows (item, voter, label, confidence) into votes on units."""
    cast = task.kind.cast(units, answers_in(rows), task.classes)
    confidence = rows["confidence"].to_numpy(zero_copy_only=False).astype(np.float64)[cast.row]
    return Votes(
        cast.unit,
        index_of(rows["voter"], voters)[cast.row],
        cast.label,
        units.n_units,
        max(len(voters), 1),
        len(task.kind.answers(task.classes)),
        None if np.isnan(confidence).all() else confidence,
    )


def as_gold(task: Task, units: Units, rows: pa.Table, *, weighed: bool = False) -> Gold:
    """Turn rows (item, label, probability) into gold of units; only ``weighed`` gold may measure."""
    cast = task.kind.cast(units, answers_in(rows), task.classes)
    probability = rows["probability"].to_numpy(zero_copy_only=False).astype(np.float64)
    return Gold(cast.unit, cast.label, probability[cast.row] if weighed else None)
