"""The classifier that learned from consensus and gold, and what it says of each batch."""

import hashlib
import os
import pickle
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.labels.judging import JudgeOn
from assets.labels.learning import Asked, Learnt, learn
from assets.labels.switches import as_rows
from assets.labels.tagging import tag
from assets.reading.features import StudentInputs, student_inputs
from assets.reading.opinions import as_lists, read_record, sure_of
from assets.reading.votes import Window, read_window
from assets.reading.window_posterior import window_posterior
from labeling.counted import counted
from resources.engines.engine import engine_of
from resources.engines.parts import parts_folder
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import CONSENSUS, STUDENT_OPINIONS, STUDENT_SWITCHES, STUDENT_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scikit-learn takes a second to import
    from labeling.student.others import Judge


def student(task: Task) -> dg.AssetsDefinition:
    """Declare the student of ``task``."""

    @by_batch(task, STUDENT_VOTES, deps=[CONSENSUS], kinds=["scikitlearn"])
    def student(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """What students that have not seen the batch say of it, calibrated; they also tip labels."""
        from labeling.student.vote import covered

        batch = context.partition_key
        if task.kind.marks_text:
            shown = tag(task, warehouse, batch, context.run.run_id)
            if shown is None:
                return _silent(task, warehouse, batch, "none: student.enabled is false, or no span")
            return dg.MaterializeResult(metadata=shown)
        everything = read_window(task, warehouse, batch)
        if not task.spec.student.enabled or not everything.current.any():
            return _silent(task, warehouse, batch, "none: student.enabled is false, or no items")
        believed = window_posterior(task, everything)
        inputs = student_inputs(task, everything.texts, everything.images, everything.current)
        window, posterior = (
            everything.only(inputs.seen),
            believed[inputs.seen[everything.units.item]],
        )
        if not window.current.any():
            why = f"none: no {inputs.on} that it could look at ({_told(inputs.unseen)})"
            return _silent(task, warehouse, batch, why)
        record = read_record(task, warehouse, batch, window, posterior)
        spoken = task.kind.heard(window.units, covered(window.votes))
        questions: list[Asked] = []
        for number, question in enumerate(task.kind.questions(task.classes)):
            here = window.units.question == number
            questions.append(
                Asked(
                    question, window.asked(number), posterior[here], record.of(here), spoken[here]
                )
            )
        with _judge(task, batch, inputs, context.log.warning) as judge:
            learnt = [learn(task, warehouse, batch, asked, inputs, judge) for asked in questions]
        pupils = [one for one in learnt if one.opinion]
        if not pupils:
            why = "none: fewer than two classes, or too few items"
            return _silent(task, warehouse, batch, why)
        rows = [row for one in learnt for row in one.rows]
        said = Said(task, window, learnt)
        votes = said.votes(batch, context.run.run_id)
        warehouse.replace_batch(STUDENT_VOTES, batch, votes)
        warehouse.replace_batch(STUDENT_OPINIONS, batch, said.opinions(batch))
        warehouse.replace_batch(STUDENT_SWITCHES, batch, as_rows(batch, rows))
        save(task, batch, pupils)
        first = pupils[0].formed
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": votes.num_rows,
                "looks_at": inputs.on,
                "no_opinion_of": _told(inputs.unseen),
                "trained_on": first.student.n_trained_,
                "gold_used": first.student.n_gold_,
                "judged": "out of time" if first.out_of_time else "by cross-fitting",
                "labels_tipped": said.tipped,
                **{
                    f"{name}_on_earlier_gold": value
                    for one in pupils
                    for name, value in one.measured.items()
                },
                "switches": dg.MetadataValue.md(
                    "\n".join(f"- {row['switch']}: {row['told']}" for row in rows)
                ),
            }
        )

    return student


@contextmanager
def _judge(
    task: Task, batch: str, inputs: StudentInputs, tell: Callable[[str], object]
) -> "Generator[Judge | None]":
    """Yield what asks a student about many texts on the task's engine; None where it would not pay."""
    from labeling.student.others import PART

    away = task.spec.scale.engine != "here" and not task.spec.student.reads_vectors
    if not away or inputs.on != "text" or len(inputs.items) <= PART:
        yield None  # vectors are kept, and paid for, by this process
        return
    with parts_folder(task, batch) as folder, engine_of(task, tell=tell) as engine:
        yield JudgeOn(engine, folder)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What the students of all questions say of the batch, put together as the task's kind has it."""

    task: Task
    window: Window
    learnt: Sequence[Learnt]

    @property
    def tipped(self) -> int:
        """Labels that they change."""
        return sum(one.tipped for one in self.learnt)

    def votes(self, batch: str, run: str) -> pa.Table:
        """Return their vote on each item."""
        task, units = self.task, self.window.units.only(self.window.current)
        calibrated = _units([one.calibrated for one in self.learnt])
        n = units.n_items
        label = task.kind.assemble(units, calibrated.argmax(axis=1), calibrated, task.classes)
        version = hashlib.sha256(np.round(calibrated, 6).tobytes()).hexdigest()[:16]
        return pa.Table.from_pydict(
            {
                "item_id": pa.array(self.window.item_ids[self.window.current], pa.string()),
                "batch": pa.array([batch] * n, pa.string()),
                "voter": pa.array(["student"] * n, pa.string()),
                "version": pa.array([version] * n, pa.string()),
                "label": pa.array(label, pa.string()),
                "confidence": sure_of(task, units, label, calibrated),
                "run": pa.array([run] * n, pa.string()),
            }
        )

    def opinions(self, batch: str) -> pa.Table:
        """Return how likely they and everybody together find each class."""
        ids = self.window.item_ids[self.window.current]
        return pa.Table.from_pydict(
            {
                "item_id": pa.array(ids, pa.string()),
                "batch": pa.array([batch] * len(ids), pa.string()),
                "unseen": self._lists([one.unseen for one in self.learnt]),
                "calibrated": self._lists([one.calibrated for one in self.learnt]),
                "pooled": self._lists([one.pooled for one in self.learnt]),
                "together": pa.nulls(len(ids), pa.string()),
                "together_confidence": pa.nulls(len(ids), pa.float64()),
            }
        )

    def _lists(self, by_question: list[NDArray[np.float64]]) -> pa.Array:
        return as_lists(self.task.kind.by_class(_units(by_question), len(self.task.classes)))


def _units(by_question: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Put what is said of each question, shape (n_items, n_answers), in the order of the units."""
    return np.stack(by_question, axis=1).reshape(-1, by_question[0].shape[1])


def save(task: Task, batch: str, learnt: Sequence[Learnt]) -> None:
    """Write the calibrated student as one file that predicts without this product, and its card.

    Both get a temporary name first. ``joblib.load`` reads a plain pickle, which is quicker to write.
    A student on embeddings has a card alone: the embedding model cannot be put into a file. Of several
    questions they are one file.
    """
    from labeling.student.export import model_card, portable, portable_sets

    task.students.mkdir(parents=True, exist_ok=True)
    students = {one.question: one.cooled for one in learnt}
    cards = [
        model_card(
            one.cooled, " ".join(filter(None, (task.name, one.question))), one.measured, one.notes
        )
        for one in learnt
    ]
    files = {".md": "\n".join(cards).encode()}
    if task.spec.student.reads_vectors:
        (task.students / f"{batch}.joblib").unlink(missing_ok=True)
    else:
        whole = portable(students[""]) if "" in students else portable_sets(students)
        files[".joblib"] = pickle.dumps(whole, protocol=pickle.HIGHEST_PROTOCOL)
    for suffix, content in files.items():
        path = task.students / f"{batch}{suffix}"
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_bytes(content)
        unfinished.replace(path)


def _told(unseen: dict[str, int]) -> str:
    """Say of which items it thinks nothing, and why."""
    return (
        "; ".join(f"{counted(n, 'item')}: {why}" for why, n in sorted(unseen.items())) or "no item"
    )


def _silent(task: Task, warehouse: Warehouse, batch: str, why: str) -> dg.MaterializeResult:
    """Take back what an earlier student of the batch said."""
    said = (STUDENT_VOTES, STUDENT_OPINIONS, STUDENT_SWITCHES)
    warehouse.replace({table: as_arrow(table, []) for table in said}, batch=batch)
    for suffix in (".joblib", ".md"):
        (task.students / f"{batch}{suffix}").unlink(missing_ok=True)
    return dg.MaterializeResult(metadata={"dagster/partition_row_count": 0, "student": why})
