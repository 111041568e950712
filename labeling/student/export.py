"""The student as one file that predicts without this product, and its model card."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer

from labeling.errors import LabelingError
from labeling.pictures import SIDE
from labeling.student.learning.selection import SELECTIONS
from labeling.student.learning.soft import as_classifier
from labeling.student.learning.tricks import TRICKS
from labeling.student.student import Student


def portable(student: Student) -> Pipeline:
    """Return the fitted student as a scikit-learn pipeline that answers with class names.

    Raises
    ------
    LabelingError
        If it was not fitted, or embeds texts by a function that only lives where it was made.

    Examples
    --------
    >>> from labeling.student.text import TextStudent
    >>> soft = np.array([[0.1, 0.9], [0.9, 0.1]])
    >>> student = TextStudent(2, classes=["ham", "spam"]).fit(["free prize", "see you"], soft)
    >>> portable(student).predict(["a prize"]).tolist()
    ['spam']
    """
    if not hasattr(student, "pipeline_"):
        raise LabelingError("this student has not learnt anything yet; fit it first")
    features = student.pipeline_.named_steps["features"]
    if isinstance(features, FunctionTransformer):
        raise LabelingError(
            "a student on embeddings cannot be one file: the embedding model is not in it; "
            "export a student on TF-IDF, or ship the embedding model beside it"
        )
    fitted = student.pipeline_.named_steps["classifier"]
    named: Any = as_classifier(fitted.coef_, fitted.intercept_, student.n_classes)
    named.classes_ = student.classes_
    return Pipeline([(student.reads, features), ("classifier", named)])


def portable_sets(students: Mapping[str, Student]) -> Pipeline:
    """Return the fitted students of several classes as one scikit-learn pipeline.

    ``predict_proba`` gives the probability of each class, shape (n_items, n_classes), rows of which need
    not sum to 1; ``predict`` a 0 or 1 for each. ``classes_`` of the last step names the columns.

    Parameters
    ----------
    students : mapping of class to Student
        Each answers no or yes.

    Raises
    ------
    LabelingError
        As :func:`portable` does.

    Examples
    --------
    >>> from labeling.student.text import TextStudent
    >>> soft, texts = np.array([[0.1, 0.9], [0.9, 0.1]]), ["free prize", "see you"]
    >>> student = TextStudent(2, classes=["no", "yes"]).fit(texts, soft)
    >>> found = portable_sets({"win": student, "bye": student})
    >>> found.predict(["a prize"]).tolist(), found.steps[-1][1].classes_.tolist()
    ([[1, 1]], ['win', 'bye'])
    """
    fitted: Any = OneVsRestClassifier(LogisticRegression())
    fitted.estimators_ = [portable(student) for student in students.values()]
    fitted.label_binarizer_ = LabelBinarizer().fit(np.ones((1, len(students)), dtype=int))
    fitted.classes_ = np.array(list(students))
    reads = next(iter(students.values())).reads
    return Pipeline([(reads, "passthrough"), ("classifier", fitted)])


def model_card(
    student: Student,
    task: str,
    metrics: Mapping[str, float],
    notes: Sequence[str] = (),
) -> str:
    """Describe a fitted student for whoever uses it: what it is, learnt from, good for.

    Parameters
    ----------
    student : Student
    task : str
        Its labelling task.
    metrics : mapping of str to float
        By name, as measured on audit gold.
    notes : sequence of str
        One line each: the switches and their gains, the temperature.

    Returns
    -------
    str
        Markdown.
    """
    if not hasattr(student, "pipeline_"):
        raise LabelingError("this student has not learnt anything yet; fit it first")
    on = [trick for trick in TRICKS if getattr(student, trick)]
    chosen = [selection for selection in SELECTIONS if getattr(student, selection)]
    how_to_read = [
        f"It takes an array of shape (n, {SIDE}, {SIDE}, 3) of whole numbers 0..255, made of each file by",
        "",
        "```python",
        "from PIL import Image, ImageOps",
        'image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")',
        f"array = numpy.asarray(image.resize(({SIDE}, {SIDE}), Image.Resampling.BOX))",
        "```",
        "",
    ]
    numbers = [f"| {name} | {value:.4g} |" for name, value in metrics.items()]
    lines = [
        f"# Student of {task}",
        "",
        (
            "Multinomial logistic regression on "
            f"{type(student.pipeline_.named_steps['features']).__name__} features of "
            f"{student.reads}, trained on the consensus of automatic voters (soft labels), then "
            "corrected by reviewed gold."
        ),
        "",
        *(how_to_read if student.reads == "images" else []),
        f"- classes: {', '.join(str(name) for name in student.classes_)}",
        f"- trained on: the consensus of {student.n_trained_} items, gold of {student.n_gold_}",
        f"- which items with a vote teach: {', '.join(chosen) or 'all alike'}",
        f"- also learns from unlabelled items by: {', '.join(on) or 'nothing'}",
        f"- L2 penalty {student.penalty:g}, seed {student.random_state}",
        (
            f"- Python {platform.python_version()}, scikit-learn {sklearn.__version__}, "
            f"numpy {np.__version__}, scipy {scipy.__version__}"
        ),
        "",
        (
            "Good for items like those it was trained on. It inherits mistakes that all voters share; "
            "its accuracy on other data is unknown until audited."
        ),
        "",
        "On reviewed items of batches before it, by students that had not seen them:",
        "",
        "| metric | value |",
        "|---|---|",
        *(numbers or ["| none measured | |"]),
        *(["", *(f"- {note}" for note in notes)] if notes else []),
        "",
    ]
    return "\n".join(lines)
