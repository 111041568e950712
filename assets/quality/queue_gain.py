"""What the queue gains over chance, and whether more reviews pay."""

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import once
from assets.reading.audited import answers_in, codes
from assets.reading.features import StudentInputs, new_student, student_inputs
from assets.reading.opinions import as_matrix
from labeling.quality.estimates.labelled import MISSING
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    ACCURACY,
    AUDIT_SAMPLE,
    CONSENSUS,
    GOLD,
    QUEUE,
    QUEUE_GAIN,
    REVIEWS,
)
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.sampling.gain import Learn
    from labeling.sampling.stopping import Advice

MOST_TAUGHT, MOST_JUDGES = 600, 600
"""Items whose consensus both students are taught, and audit items that judge them, the newest."""

MEASURE_AGAIN = 1.25
"""The random share must have grown so many times before the gain is measured again."""

STUDENTS, STOP_SET = 4, 500
"""Newest students that are compared with each other, and items they are compared on."""


def queue_gain(task: Task) -> dg.AssetsDefinition:
    """Declare the gain of the queue of ``task``."""

    @once(
        task,
        QUEUE_GAIN,
        deps=[QUEUE, REVIEWS, GOLD, AUDIT_SAMPLE, ACCURACY, CONSENSUS],
        kinds=["scikitlearn"],
        automatic=True,
    )
    def queue_gain(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Accuracy bought by the strategy over the random share, with an interval; when to stop."""
        with warehouse.connect() as db:
            reviewed = db.read(
                "quality.queue_gain.reviewed",
                classes=len(task.classes),
                judges=MOST_JUDGES,
            )
            before = db.rows("quality.queue_gain.before")
            newest = db.value("quality.queue_gain.newest")
            ((n_reviews, seconds),) = db.tuples("quality.queue_gain.spent")
            curve = db.tuples("quality.queue_gain.curve")
            n_items = db.value("quality.queue_gain.items")
            audited = db.value("quality.queue_gain.audited")
        if newest is None:
            return dg.MaterializeResult(metadata={"dagster/row_count": 0})
        row: dict[str, Any] = {
            "batch": newest,
            "strategy": task.spec.queue.strategy,
            "reviews": n_reviews,
            "audit_reviews": audited,
            **_gain(task, warehouse, reviewed, before[0] if before else None),
        }
        advice = _advice(task, warehouse, curve, n_items, seconds)
        row |= {
            "stop": advice.stop,
            "advice": advice.why,
            "labels_fixed": _finite(advice.labels_fixed),
            "usd": advice.usd,
            "usd_per_fixed": _finite(advice.usd_per_fixed),
        }
        warehouse.replace({QUEUE_GAIN: as_arrow(QUEUE_GAIN, [row])})
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": 1,
                "gain": row["gain"],
                "advice": row["advice"],
                "stop": advice.stop,
            }
        )

    return queue_gain


def _gain(
    task: Task, warehouse: Warehouse, reviewed: pa.Table, before: dict[str, Any] | None
) -> dict[str, Any]:
    """Measure the gain, or keep the last measurement while reviews have hardly grown."""
    from labeling.errors import TooFewSamplesError
    from labeling.gold import Gold
    from labeling.sampling.gain import measure_gain, voters_then_gold
    from labeling.sampling.gain_of_sets import learn_sets

    arm = np.array(reviewed["arm"].to_pylist(), dtype=object)
    counts = {name: int(np.count_nonzero(arm == name)) for name in ("chosen", "random", "audit")}
    found: dict[str, Any] = {
        "queue_reviews": counts["chosen"],
        "random_reviews": counts["random"],
    }
    measured = ("points", "points_low", "points_high", "compared_at", "judged_on", "gain")
    if (
        before is not None
        and before["points"] is not None
        and before["strategy"] == task.spec.queue.strategy
        and before["random_reviews"] <= counts["random"] < MEASURE_AGAIN * before["random_reviews"]
    ):
        kept = ("queue_reviews", "random_reviews", *measured)
        return {name: before[name] for name in kept}
    n_classes = len(task.classes)
    taught = warehouse.read("quality.queue_gain.taught", classes=n_classes, most=MOST_TAUGHT)
    inputs = _student_inputs(task, [reviewed, taught])
    answers = answers_in(task, reviewed["label"])
    said = codes(reviewed["label"], answers).astype(np.int32)
    share = reviewed["probability"].to_numpy(zero_copy_only=False).astype(np.float64)
    gold = {
        name: inputs.gold(Gold(item, said[item], share[item] if name == "audit" else None))
        for name in counts
        for item in [np.flatnonzero((arm == name) & (said != MISSING))]
    }
    by_class = np.vstack(
        [as_matrix(t["posterior"], n_classes) for t in (reviewed, taught) if t.num_rows]
        or [np.empty((0, n_classes))]
    )[inputs.seen]
    weights = np.repeat([0.0, 1.0], [reviewed.num_rows, taught.num_rows])[inputs.seen]
    naming = task.kind.naming(answers, task.classes)
    believed = task.kind.believed(by_class)
    n_questions = len(task.kind.questions(task.classes))

    def of_question(number: int) -> "Learn":
        pupil = new_student(task, inputs.on)
        posterior = believed[number::n_questions]
        return voters_then_gold(pupil, inputs.items, posterior, weights)

    @cache
    def learner() -> "Learn":
        each = [of_question(number) for number in range(n_questions)]
        return each[0] if naming is None else learn_sets(each, naming)

    def learn(some: Gold) -> NDArray[np.float64]:
        return learner()(some)

    try:
        gain = measure_gain(learn, gold["chosen"], gold["random"], gold["audit"])
    except TooFewSamplesError as error:
        return found | dict.fromkeys(measured) | {"gain": f"not measured: {error}"}
    return found | {
        "points": gain.points,
        "points_low": gain.low,
        "points_high": gain.high,
        "compared_at": gain.n_reviews,
        "judged_on": gain.n_judge,
        "gain": str(gain),
    }


def _advice(
    task: Task,
    warehouse: Warehouse,
    curve: list[tuple[int, float, float]],
    n_items: int,
    seconds: float,
) -> "Advice":
    from labeling.sampling.stopping import advise

    people, hour = task.spec.reviewers, 3600.0
    return advise(
        _kappas(task, warehouse),
        [(int(reviews), accuracy) for reviews, accuracy, _ in curve],
        n_items=n_items,
        batch=max(task.spec.queue.per_batch, 1),
        usd_per_review=people.seconds_per_review / hour * people.usd_per_hour,
        usd_spent=seconds / hour * people.usd_per_hour,
        usd_budget=people.budget_usd,
        usd_per_wrong_label=people.usd_per_wrong_label,
        audit_low=curve[-1][2] if curve else None,
        target=people.accuracy_wanted,
    )


def _kappas(task: Task, warehouse: Warehouse) -> list[float]:
    """How far successive students agree on the newest items."""
    from labeling.sampling.stopping import kappa
    from labeling.student.whole import is_whole, read_student

    paths = [path for path in sorted(task.students.glob("*.joblib"))[-STUDENTS:] if is_whole(path)]
    newest = warehouse.read("quality.queue_gain.stop_set", most=STOP_SET)
    if len(paths) < 2 or not newest.num_rows or task.kind.marks_text:
        return []
    inputs = _student_inputs(task, [newest])
    names, students = list(task.classes), [read_student(path) for path in paths]
    said = [
        task.kind.believed(student.predict_proba(inputs.items)).argmax(axis=1)
        for student in students
        if list(student.steps[-1][1].classes_) == names and student.steps[0][0] == inputs.reads
    ]
    return [kappa(a, b) for a, b in pairwise(said)] if inputs.seen.any() else []


def _student_inputs(task: Task, tables: list[pa.Table]) -> StudentInputs:
    rows = [row for table in tables for row in table.select(["text", "image"]).to_pylist()]
    return student_inputs(
        task, [str(row["text"] or "") for row in rows], [row["image"] for row in rows]
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
