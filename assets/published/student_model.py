"""A student as a model of MLflow's: what it takes, what it gives, and three items as an example."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.reading.features import StudentInputs
from labeling.student.whole import is_whole, read_student

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

    from labeling.student.tagger.tagger import Tagger

NAME = "student"
CHECK = "_check_requirement_satisfied"
"""What MLflow asks about each package that a model requires."""


def student_for(path: Path, inputs: StudentInputs) -> Any:
    """Read the student of a file; None where it is not whole, or reads other things than ``inputs``."""
    if not (is_whole(path) and inputs.seen.any()):
        return None
    student = read_student(path)
    reads = "texts" if _marks(student) else student.steps[0][0]
    return student if reads == inputs.reads else None


def log_student(student: Any, path: Path, inputs: StudentInputs) -> "ModelInfo":
    """Log a student, and the file it was read of, as a model of the run that is active."""
    with _requirements_unchecked():
        if _marks(student):
            return _log_tagger(student, path, list(inputs.items))
        return _log_pipeline(student, np.array(inputs.items))


@contextmanager
def _requirements_unchecked() -> Iterator[None]:
    """Have MLflow not hold what a model requires against what is installed.

    It would look up every file of every installed package, a fifth of a small task's first run, to
    warn of other versions. We name packages that are in use here, and no versions.
    """
    from mlflow.utils import requirements_utils

    check = getattr(requirements_utils, CHECK)
    setattr(requirements_utils, CHECK, lambda _: None)
    try:
        yield
    finally:
        setattr(requirements_utils, CHECK, check)


def _marks(student: Any) -> bool:
    from labeling.student.tagger.tagger import Tagger

    return isinstance(student, Tagger)


def _log_pipeline(student: Any, example: Any) -> "ModelInfo":
    import mlflow.sklearn
    from mlflow.models import infer_signature

    return mlflow.sklearn.log_model(
        student,
        name=NAME,
        signature=infer_signature(example, student.predict_proba(example)),
        input_example=example,
        pyfunc_predict_fn="predict_proba",
        pip_requirements=["scikit-learn", "numpy", "scipy"],
        serialization_format="cloudpickle",
    )


def _log_tagger(tagger: "Tagger", path: Path, example: list[str]) -> "ModelInfo":
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array, Object, Property

    from resources.tracking import spans_model

    span = Object(
        [
            Property("start", DataType.long),
            Property("end", DataType.long),
            Property("label", DataType.string),
            Property("probability", DataType.double),
        ]
    )
    return mlflow.pyfunc.log_model(
        name=NAME,
        loader_module=spans_model.__name__,
        data_path=str(path),
        signature=ModelSignature(
            Schema([ColSpec(DataType.string)]), Schema([ColSpec(Array(span))])
        ),
        input_example=example,
        pip_requirements=["joblib", "numpy", "scipy", "threadpoolctl"],
        metadata={"classes": list(tagger.types)},
    )
