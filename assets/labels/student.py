"""The classifier that learned from consensus and gold, and what it says of each batch."""

import hashlib
import os
import pickle
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.labels.switches import Decision, as_rows, calibration_row, decide, pooling_row
from assets.reading.features import new_student, student_inputs, twins
from assets.reading.opinions import Record, as_lists, gold_on, read_record
from assets.reading.votes import Window, read_window
from assets.reading.window_posterior import window_posterior
from labeling.counted import counted
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import CONSENSUS, STUDENT_OPINIONS, STUDENT_SWITCHES, STUDENT_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only this step trains
    from labeling.student.calibrate import Temperature
    from labeling.student.opinion import Opinion


def student(task: Task) -> dg.AssetsDefinition:
    """Declare the student of ``task``."""

    @by_batch(task, STUDENT_VOTES, deps=[CONSENSUS], kinds=["scikitlearn"])
    def student(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """What students that have not seen the batch say of it, calibrated; they also tip labels."""
        from labeling.quality.scores import scores
        from labeling.student.calibrate import cooled, temperature
        from labeling.student.trust import settle_trust
        from labeling.student.vote import covered, with_student

        batch = context.partition_key
        everything = read_window(task, warehouse, batch)
        if not task.spec.student.enabled or not everything.current.any():
            return _silent(task, warehouse, batch, "none: student.enabled is false, or no items")
        believed = window_posterior(task, everything)
        inputs = student_inputs(task, everything.texts, everything.images, everything.current)
        window, posterior = everything.only(inputs.seen), believed[inputs.seen]
        if not window.current.any():
            why = f"none: no {inputs.on} that it could look at ({_told(inputs.unseen)})"
            return _silent(task, warehouse, batch, why)
        spoken = covered(window.votes)
        pupil = new_student(task, inputs.on)
        decision = decide(warehouse, batch, pupil, window, inputs.items, posterior, spoken)
        opinion = _form(task, decision, window, inputs.items, posterior, spoken)
        if opinion is None:
            return _silent(task, warehouse, batch, "none: fewer than two classes, or too few items")
        record = read_record(warehouse, batch, window, posterior)
        now = posterior[window.current]
        heard = spoken[window.current]
        heat = (
            temperature(
                record.unseen,
                record.consensus,
                record.known & spoken,
                gold_on(record.audit, spoken),
            )
            if record.known.any()
            else temperature(opinion.unseen, now, heard)
        )
        silent = silent_heat(record, spoken, heat, opinion, now, heard)
        trust, gain = settle_trust(
            record.consensus, cooled(record.unseen, heat.value), window.votes, record.audit
        )
        calibrated = np.where(
            heard[:, None],
            cooled(opinion.unseen, heat.value),
            cooled(opinion.unseen, silent.value),
        )
        pooled = with_student(now, calibrated, window.votes_of_batch(), trust)
        rows = [
            *decision.rows,
            pooling_row(trust, gain, record.audit.n_gold, batch),
            calibration_row(heat, silent, batch),
        ]
        votes = _votes(task, batch, context.run.run_id, window, calibrated)
        warehouse.replace_batch(STUDENT_VOTES, batch, votes)
        warehouse.replace_batch(
            STUDENT_OPINIONS, batch, _opinions(batch, window, opinion, calibrated, pooled)
        )
        warehouse.replace_batch(STUDENT_SWITCHES, batch, as_rows(batch, rows))
        before = np.where(
            spoken[:, None], cooled(record.unseen, heat.value), cooled(record.unseen, silent.value)
        )
        measured = scores(before, record.audit)
        notes = [f"{row['switch']}: {row['told']}" for row in rows]
        save(task, batch, opinion, heat, measured, notes)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": votes.num_rows,
                "looks_at": inputs.on,
                "no_opinion_of": _told(inputs.unseen),
                "trained_on": opinion.student.n_trained_,
                "gold_used": opinion.student.n_gold_,
                "judged": "out of time" if opinion.out_of_time else "by cross-fitting",
                "labels_tipped": int(np.sum(pooled.argmax(axis=1) != now.argmax(axis=1))),
                **{f"{name}_on_earlier_gold": value for name, value in measured.items()},
                "switches": dg.MetadataValue.md(
                    "\n".join(f"- {row['switch']}: {row['told']}" for row in rows)
                ),
            }
        )

    return student


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
) -> "Opinion | None":
    from labeling.student.opinion import MOST_UNLABELLED, form

    def same(at: NDArray[np.int64]) -> NDArray[np.int64]:
        some = at.tolist()
        return twins(task, [window.texts[i] for i in some], [window.images[i] for i in some])

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
    )


def save(
    task: Task,
    batch: str,
    opinion: "Opinion",
    heat: "Temperature",
    measured: dict[str, float],
    notes: list[str],
) -> None:
    """Write the calibrated student as one file that predicts without this product, and its card.

    Both get a temporary name first. ``joblib.load`` reads a plain pickle, which is quicker to write.
    A student on embeddings has a card alone: the embedding model cannot be put into a file.
    """
    from labeling.student.export import model_card, portable

    task.students.mkdir(parents=True, exist_ok=True)
    calibrated = opinion.student.cool(heat.value)
    files = {".md": model_card(calibrated, task.name, measured, notes).encode()}
    if task.spec.student.reads_vectors:
        (task.students / f"{batch}.joblib").unlink(missing_ok=True)
    else:
        files[".joblib"] = pickle.dumps(portable(calibrated), protocol=pickle.HIGHEST_PROTOCOL)
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


def _votes(
    task: Task, batch: str, run: str, window: Window, calibrated: NDArray[np.float64]
) -> pa.Table:
    n = len(calibrated)
    names = np.array(task.classes, dtype=object)
    version = hashlib.sha256(np.round(calibrated, 6).tobytes()).hexdigest()[:16]
    return pa.Table.from_pydict(
        {
            "item_id": pa.array(window.item_ids[window.current], pa.string()),
            "batch": pa.array([batch] * n, pa.string()),
            "voter": pa.array(["student"] * n, pa.string()),
            "version": pa.array([version] * n, pa.string()),
            "label": pa.array(names[calibrated.argmax(axis=1)], pa.string()),
            "confidence": calibrated.max(axis=1),
            "run": pa.array([run] * n, pa.string()),
        }
    )


def _opinions(
    batch: str,
    window: Window,
    opinion: "Opinion",
    calibrated: NDArray[np.float64],
    pooled: NDArray[np.float64],
) -> pa.Table:
    return pa.Table.from_pydict(
        {
            "item_id": pa.array(window.item_ids[window.current], pa.string()),
            "batch": pa.array([batch] * len(pooled), pa.string()),
            "unseen": as_lists(opinion.unseen),
            "calibrated": as_lists(calibrated),
            "pooled": as_lists(pooled),
        }
    )


def _silent(task: Task, warehouse: Warehouse, batch: str, why: str) -> dg.MaterializeResult:
    """Take back what an earlier student of the batch said."""
    said = (STUDENT_VOTES, STUDENT_OPINIONS, STUDENT_SWITCHES)
    warehouse.replace({table: as_arrow(table, []) for table in said}, batch=batch)
    for suffix in (".joblib", ".md"):
        (task.students / f"{batch}{suffix}").unlink(missing_ok=True)
    return dg.MaterializeResult(metadata={"dagster/partition_row_count": 0, "student": why})
