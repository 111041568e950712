"""Each batch as one MLflow run: versions, figures, the report and the student."""

import hashlib
import json
import math
import time
from typing import Any

import dagster as dg

from assets.published.history import (
    HISTORY,
    MORE,
    delete_runs,
    mark_of,
    marks_of,
    note_run,
    write_history,
)
from assets.reading.features import StudentInputs, student_inputs
from assets.reading.stamp import files_hash, publication_stamp
from resources.dagster.conditions import when_batches_settle
from resources.store.given import GivenWarehouse
from resources.store.session import Session
from resources.store.tables import TRACKED
from resources.store.warehouse import Warehouse
from resources.task.task import Task
from resources.tracking.mlflow_file import follow_move, runs_that_stand
from resources.tracking.opened import open_tracking

METRICS = (
    "items",
    "labelled",
    "coverage",
    "conflict",
    "abstain_rate",
    "reviewed",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "log_evidence",
    "evidence_limit",
    "alarm",
    "cost_usd",
    "queue_size",
    "student_accuracy",
    "student_judged_on",
    "canary_accuracy",
    "canary_changed",
)


def tracking(task: Task) -> dg.AssetsDefinition:
    """Declare the MLflow runs of ``task``."""

    @dg.asset(
        key=TRACKED.asset(task.name),
        group_name="published",
        kinds={"mlflow"},
        owners=[f"team:{task.spec.owner}"],
        deps=[
            dg.AssetKey([task.name, "marts", "batch_counts"]),
            dg.AssetKey([task.name, "published", "report"]),
        ],
        metadata={"dagster/column_schema": TRACKED.dagster_schema},
        automation_condition=when_batches_settle(task.name),
    )
    def tracking(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """One MLflow run a batch, and one that holds all batches as steps; the newest student."""
        follow_move(task)
        with warehouse.connect() as db:
            figures = figures_of(db)
            db.run("published.tracking.forget_gone", standing=sorted(runs_that_stand(task)))
            known = {
                batch: (run, mark) for batch, run, mark in db.tuples("published.tracking.runs")
            }
        marks = {row["batch"]: _fingerprint(row) for row in figures}
        todo = [
            row for row in figures if known.get(row["batch"], ("", ""))[1] != marks[row["batch"]]
        ]
        gone = known.keys() - marks.keys() - {HISTORY}
        told = marks_of(figures, marks)
        if not todo and not gone and known.get(HISTORY, ("", ""))[1] == mark_of(told):
            _note_publication(task, warehouse)
            return dg.MaterializeResult(metadata={"runs_written": 0})
        newest = max((row["batch"] for row in figures if row["reviewed"]), default=None)
        runs = Runs(task)
        for batch in sorted(gone):
            runs.client.delete_run(known[batch][0])
            with warehouse.connect() as db:
                db.delete(TRACKED, batch=batch)
        for row in todo:
            batch = str(row["batch"])
            run = runs.write(row, replaces=known.get(batch, (None,))[0])
            if batch == newest:
                rows = warehouse.read("published.tracking.examples", batch=batch)
                texts = [str(text or "") for text in rows["text"].to_pylist()]
                inputs = student_inputs(task, texts, rows["image"].to_pylist())
                runs.register_student(run, batch, inputs)
            note_run(warehouse, batch, run, marks[batch])
        write_history(runs.client, runs.experiment, task, warehouse, figures, METRICS, told)
        written = warehouse.column("published.tracking.run_ids")
        delete_runs(runs.client, runs.experiment, keep=set(written))
        _note_publication(task, warehouse)
        return dg.MaterializeResult(
            metadata={
                "runs_written": len(todo),
                "experiment": task.name,
                "store": task.tracking_uri,
            }
        )

    return tracking


def figures_of(db: Session) -> list[dict[str, Any]]:
    """Return a row a batch: what is published of it, and what its run and the history hold besides."""
    beside = {row["batch"]: row for row in db.rows("published.figures.of_a_run")}
    more: dict[str, dict[str, float]] = {}
    for row in db.rows("published.figures.more_metrics"):
        if row["value"] is not None:
            more.setdefault(str(row["batch"]), {})[str(row["name"])] = float(row["value"])
    return [
        {**row, **beside[row["batch"]], MORE: more.get(row["batch"], {})}
        for row in db.rows("published.figures.quality_by_batch")
    ]


def _note_publication(task: Task, warehouse: Warehouse) -> None:
    """Write down what is published now; this is the last step, so it speaks for all before it."""
    with warehouse.connect() as db:
        stamp = publication_stamp(task, db)
    task.publication.write_text(f"{stamp} {files_hash(task)}", encoding="utf-8")


class Runs:
    """Writes the runs of one task to MLflow's store."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.client, self.experiment = open_tracking(task)

    def write(self, row: dict[str, Any], replaces: str | None) -> str:
        """Write one batch's run in place of an older one, and return its id."""
        from mlflow.entities import Metric, Param, RunTag

        if replaces is not None:
            self.client.delete_run(replaces)
        batch = str(row["batch"])
        run = self.client.create_run(
            self.experiment, run_name=batch, tags={"batch": batch, "task": self.task.name}
        ).info.run_id
        now_ms = int(time.time() * 1000)
        measured = {name: row[name] for name in METRICS if row[name] is not None}
        self.client.log_batch(
            run,
            metrics=[Metric(name, float(value), now_ms, 0) for name, value in measured.items()],
            params=[
                Param(name, str(row[name] or "none")[:500])
                for name in ("rules", "prompts", "label_model", "student")
            ],
            tags=[RunTag("change_batch", str(row["change_batch"] or ""))],
        )
        student = self.task.students / f"{batch}.joblib"
        for path in (self.task.report, student, student.with_suffix(".md")):
            if path.is_file():
                self.client.log_artifact(run, str(path))
        self.client.set_terminated(run)
        return run

    def register_student(self, run: str, batch: str, inputs: StudentInputs) -> None:
        """Register the batch's student as a model: signature, real items as example, model card."""
        import mlflow

        from assets.published.student_model import log_student, student_for

        path = self.task.students / f"{batch}.joblib"
        student = student_for(path, inputs)
        if student is None:
            return
        with mlflow.start_run(run_id=run):
            logged = log_student(student, path, inputs)
            # registered here and not by ``registered_model_name``, which prints to the user's terminal
            name = f"{self.task.name}_student"
            if not self.client.search_registered_models(f"name = '{name}'"):
                self.client.create_registered_model(name)
            card = path.with_suffix(".md")
            version = self.client.create_model_version(
                name,
                logged.model_uri,
                run_id=run,
                model_id=logged.model_id,
                description=card.read_text(encoding="utf-8") if card.is_file() else None,
            )
            versions = [{"name": name, "version": version.version}]
            self.client.set_logged_model_tags(
                logged.model_id, {"mlflow.modelVersions": json.dumps(versions)}
            )  # so that MLflow's page of the run links to it


def _fingerprint(row: dict[str, Any]) -> str:
    shown = {
        k: None if isinstance(v, float) and math.isnan(v) else v
        for k, v in row.items()
        if k != MORE
    }
    text = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
