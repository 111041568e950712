"""How many answers of a file will measure, and how many only teach."""

from collections.abc import Collection
from dataclasses import dataclass

from console.formats.own.bundle import Bundle
from resources.store.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Use:
    """What the answers of a file are good for.

    Parameters
    ----------
    measure : int
        Answers to items of the audit sample, and to those that were declared to be drawn at random.
    teach : int
        Answers to other items of batches whose sample is drawn.
    open : int
        Answers to items of batches whose sample is drawn by their first run.
    """

    measure: int = 0
    teach: int = 0
    open: int = 0


def use_of(
    bundle: Bundle, warehouse: Warehouse | None, declared: Collection[tuple[str, str]]
) -> Use:
    """Tell what the answers with a label will be used for.

    Parameters
    ----------
    bundle : Bundle
        What a file says.
    warehouse : Warehouse or None
        Where the samples are; None where nothing ran yet.
    declared : collection of (item_id, batch)
        Items that were drawn at random elsewhere.
    """
    answers = [(one.item_id, one.batch) for one in bundle.reviews if one.label is not None]
    even, sample, released = _samples(warehouse)
    measure = sum(
        one in sample or (one in declared and even.get(one[1], False) and one in released)
        for one in answers
    )
    later = sum(batch not in even for _, batch in answers)
    return Use(measure, len(answers) - measure - later, later)


def _samples(
    warehouse: Warehouse | None,
) -> tuple[dict[str, bool], set[tuple[str, str]], set[tuple[str, str]]]:
    if warehouse is None:
        return {}, set(), set()
    with warehouse.connect() as db:
        return (
            dict(db.tuples("console.measuring.drawn_evenly")),
            set(db.tuples("console.measuring.sample")),
            set(db.tuples("console.measuring.released")),
        )
