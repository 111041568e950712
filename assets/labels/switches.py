"""Which tricks the student of a batch uses, and the evidence for that."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.votes import Window
from resources.store.table import as_arrow
from resources.store.tables import STUDENT_SWITCHES
from resources.store.warehouse import Warehouse

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only the student needs it
    from labeling.student.calibrate import Temperature
    from labeling.student.paired import Paired
    from labeling.student.student import Student
    from labeling.student.vote import Trust

ASK_AGAIN = 3.0
"""Gold must have grown so many times before it is asked again: asking takes twenty fits."""

FEW, MANY = (600, 400), (6_000, 1_000)
"""Items with a label and without, at most, that the question is put on: of a small window, where
each item costs more, and of one that is learnt from in steps."""


@dataclass(frozen=True)
class Decision:
    """The student with its tricks set, and one row for each of them."""

    student: "Student"
    rows: list[dict[str, Any]]

    @property
    def any_kept(self) -> bool:
        """Whether the student learns from unlabelled items."""
        from labeling.student.learning.tricks import TRICKS

        return any(row["kept"] for row in self.rows if row["switch"] in TRICKS)


def decide(
    warehouse: Warehouse,
    batch: str,
    student: "Student",
    window: Window,
    items: Any,
    posterior: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    *,
    question: str = "",
) -> Decision:
    """Ask audit gold which tricks help, or take the last answer while gold has hardly grown.

    ``items`` are those of the window, as the student takes them. ``question`` names what is
    asked, where there are several.
    Only earlier batches are looked at, so that labelling a batch again decides the same.
    """
    from labeling.gold import Gold
    from labeling.student.learning.selection import SELECTIONS
    from labeling.student.learning.tricks import TRICKS
    from labeling.student.opinion import material
    from labeling.student.others import take
    from labeling.student.student import MANY as IN_STEPS
    from labeling.student.switches import MIN_GOLD, SWITCHES, choose

    named = {name_of(question, name): name for name in SWITCHES}
    asked = warehouse.rows("labels.switches.last_asked", batch=batch, switches=list(named))
    last = [{**row, "switch": named[str(row["switch"])]} for row in asked]
    asked_with = max((row["gold"] or 0 for row in last if row["asked_in"]), default=0)
    earlier = ~window.current
    n_gold = window.audit.n_gold
    silent = int(np.count_nonzero(earlier & ~spoken))
    if n_gold < max(MIN_GOLD, ASK_AGAIN * asked_with):
        if asked_with:
            on = {str(row["switch"]): bool(row["kept"]) for row in last}
            return Decision(student.set_params(**on), last)
        why = f"off, not tried: it takes {MIN_GOLD} audit gold items to tell, there are {n_gold}"
        return Decision(student, [row_of(name, False, why) for name in SWITCHES])
    names = SWITCHES if silent else tuple(SELECTIONS)
    many = np.count_nonzero(earlier & spoken) > IN_STEPS
    labelled, unlabelled = MANY if many else FEW
    item = material(spoken, window.audit, earlier, most=labelled, unlabelled=unlabelled)
    place = np.full(len(spoken), -1)
    place[item] = np.arange(len(item))
    kept = place[window.audit.item] >= 0
    gold = Gold(
        place[window.audit.item][kept],
        window.audit.label[kept],
        None if window.audit.probability is None else window.audit.probability[kept],
    )
    some = take(items, item)
    chosen, report = choose(
        student, some, posterior[item], gold, spoken[item].astype(np.float64), names=names
    )
    why = "off, not tried: voters spoke on every item, so nothing is left to learn from"
    return Decision(
        chosen,
        [
            *(
                row_of(s.name, s.kept, str(s).partition(": ")[2], s.gain, n_gold, batch)
                for s in report
            ),
            *(row_of(trick, False, why) for trick in TRICKS if trick not in names),
        ],
    )


def name_of(question: str, switch: str) -> str:
    """Return the name of a switch as the table has it: with its question, where it has a name.

    Examples
    --------
    >>> name_of("", "pooling"), name_of("late", "pooling")
    ('pooling', 'late: pooling')
    """
    return f"{question}: {switch}" if question else switch


def row_of(
    switch: str,
    kept: bool,
    told: str,
    gain: "Paired | None" = None,
    gold: int = 0,
    asked_in: str | None = None,
) -> dict[str, Any]:
    """Write one decision as a row of :data:`STUDENT_SWITCHES`."""
    return {
        "switch": switch,
        "kept": kept,
        "gain": gain.gain if gain else None,
        "gain_low": gain.low if gain else None,
        "gain_high": gain.high if gain else None,
        "gold": gold,
        "asked_in": asked_in,
        "told": told,
    }


def pooling_row(trust: "Trust", gain: "Paired | None", n_gold: int, batch: str) -> dict[str, Any]:
    """Tell how much the student is counted beside the voters."""
    on = trust.student > 0
    if gain is None:
        from labeling.student.trust import MIN_GOLD

        told = f"on by default: it takes {MIN_GOLD} audit gold items to tell, there are {n_gold}"
        return row_of("pooling", on, told, None, n_gold)
    told = f"on, {gain}; {trust}" if on else f"off, {gain}"
    return row_of("pooling", on, told, gain, gain.n, batch)


def calibration_row(heat: "Temperature", silent: "Temperature", batch: str) -> dict[str, Any]:
    """Tell how sure the student may be."""
    told = (
        f"logits divided by {heat.value:.2f}, as learnt from {heat.n} items of {heat.learnt_from}"
    )
    if silent.value != heat.value:
        told += f"; by {silent.value:.2f} where nobody voted"
    return row_of("calibration", heat.learnt_from != "nothing", told, None, heat.n, batch)


def as_rows(batch: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Write decisions as rows of the table."""
    return as_arrow(STUDENT_SWITCHES, [{"batch": batch, **row} for row in rows])
