"""What a student learns of one question about the items, and how far it is believed."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.labels.switches import Decision, calibration_row, decide, name_of, pooling_row
from assets.reading.features import StudentInputs, new_student, twins
from assets.reading.opinions import Record, gold_on
from assets.reading.votes import Window
from labeling.errors import LabelingError
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only this step trains
    from labeling.student.calibrate import Temperature
    from labeling.student.opinion import Opinion
    from labeling.student.others import Judge
    from labeling.student.student import Student


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question about the items of a window.

    Parameters
    ----------
    question : str
        Its name; empty where it is the only one.
    window : Window
        Of the items that are inputs at; a unit is an item.
    posterior : float array of shape (n_items, n_answers)
        What the voters believe.
    record : Record
        What students said of earlier batches.
    spoken : bool array of shape (n_items,)
        Where the voters' belief teaches: they voted, or their silence says something.
    """

    question: str
    window: Window
    posterior: NDArray[np.float64]
    record: Record
    spoken: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What the student of a question says of the batch, shapes (n_items_of_the_batch, n_answers).

    Parameters
    ----------
    question : str
    unseen, calibrated, pooled : float arrays
        Out of sample; how sure it may be; together with the voters.
    tipped : int
        Labels that it changes.
    rows : list of dict
        Which tricks it uses, and why.
    opinion : Opinion, optional
        None where there was too little to learn from: the voters' belief stands in its place.
    heat : Temperature, optional
    measured : dict of str to float
        On gold of earlier batches.
    """

    question: str
    unseen: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    pooled: NDArray[np.float64]
    tipped: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    opinion: "Opinion | None" = None
    heat: "Temperature | None" = None
    measured: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def formed(self) -> "Opinion":
        """The opinion, where there is one."""
        if self.opinion is None:
            raise LabelingError(f"no student has learnt {self.question!r}")
        return self.opinion

    @property
    def cooled(self) -> "Student":
        """The student, as sure as it may be."""
        return self.formed.student.cool(self.heat.value if self.heat else 1.0)

    @property
    def notes(self) -> list[str]:
        """What is told of its tricks."""
        return [f"{row['switch']}: {row['told']}" for row in self.rows]


def learn(
    task: Task,
    warehouse: Warehouse,
    batch: str,
    asked: Asked,
    inputs: StudentInputs,
    judge: "Judge | None" = None,
) -> Learnt:
    """Teach a student of the question, and say how far it is believed beside the voters.

    ``judge`` asks it about many items; see :func:`labeling.student.opinion.form`.
    """
    from labeling.quality.estimates.scores import scores
    from labeling.student.calibrate import cooled, temperature
    from labeling.student.trust import settle_trust
    from labeling.student.vote import with_student

    window, posterior, record, spoken = asked.window, asked.posterior, asked.record, asked.spoken
    pupil = new_student(task, inputs.on)
    decision = decide(
        warehouse, batch, pupil, window, inputs.items, posterior, spoken, question=asked.question
    )
    opinion = _form(task, decision, window, inputs.items, posterior, spoken, judge)
    now = posterior[window.current]
    if opinion is None:
        return Learnt(asked.question, now, now, now)
    heard = spoken[window.current]
    heat = (
        temperature(
            record.unseen, record.consensus, record.known & spoken, gold_on(record.audit, spoken)
        )
        if record.known.any()
        else temperature(opinion.unseen, now, heard)
    )
    silent = silent_heat(record, spoken, heat, opinion, now, heard)
    trust, gain = settle_trust(
        record.consensus, cooled(record.unseen, heat.value), window.votes, record.audit, spoken
    )
    calibrated = np.where(
        heard[:, None], cooled(opinion.unseen, heat.value), cooled(opinion.unseen, silent.value)
    )
    pooled = with_student(now, calibrated, window.votes_of_batch(), trust, heard)
    before = np.where(
        spoken[:, None], cooled(record.unseen, heat.value), cooled(record.unseen, silent.value)
    )
    rows = [
        *decision.rows,
        pooling_row(trust, gain, record.audit.n_gold, batch),
        calibration_row(heat, silent, batch),
    ]
    return Learnt(
        asked.question,
        opinion.unseen,
        calibrated,
        pooled,
        int(np.sum(pooled.argmax(axis=1) != now.argmax(axis=1))),
        [{**row, "switch": name_of(asked.question, row["switch"])} for row in rows],
        opinion,
        heat,
        scores(before, record.audit),
    )


def silent_heat(
    record: Record,
    spoken: NDArray[np.bool_],
    heat: "Temperature",
    opinion: "Opinion",
    now: NDArray[np.float64],
    heard: NDArray[np.bool_],
) -> "Temperature":
    """Say how sure it may be where nobody voted: by gold of such items, else by hidden words."""
    from labeling.student.calibrate import MIN_GOLD, temperature, where_silent

    own = gold_on(record.audit, ~spoken)
    if own.n_gold >= MIN_GOLD:
        return temperature(record.unseen, record.consensus, spoken, own)
    return where_silent(heat, opinion.unseen, opinion.hidden, now, heard)


def _form(
    task: Task,
    decision: Decision,
    window: Window,
    items: Any,
    posterior: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    judge: "Judge | None",
) -> "Opinion | None":
    from labeling.student.opinion import MOST_UNLABELLED, form

    def same(at: NDArray[np.int64]) -> NDArray[np.int64]:
        some = at.tolist()
        return twins(task, window.texts.take(at), [window.images[i] for i in some])

    return form(
        decision.student,
        items,
        posterior,
        spoken,
        window.gold,
        window.current,
        twins=same,
        unlabelled=MOST_UNLABELLED if decision.any_kept else 0,
        votes=window.votes,
        judge=judge,
    )
