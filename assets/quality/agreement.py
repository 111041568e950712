"""How far reviewers agree, as rows of quality.agreement."""

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.audited import answers_in
from labeling.quality.estimates.labelled import MISSING, Codes
from labeling.quality.spans.mistakes import SpanMistakes
from resources.task.task import Task

MASI = "krippendorff_alpha_masi"
"""Agreement where sets that share classes agree in part."""

PAIRWISE_F1 = "pairwise_f1"
"""Agreement on exact spans, of which nobody knows how many could have been marked."""

MOST_REVIEWERS = 12
"""Reviewers compared in pairs, those with the most reviews."""

Rows = list[dict[str, Any]]


def agreement_rows(task: Task, answers: Rows) -> Rows:
    """Return rows of quality.agreement; ``answers`` are (item, reviewer, label)."""
    from labeling.quality.agreement import krippendorff_alpha
    from labeling.quality.several.agreement import masi_alpha
    from labeling.votes import Votes

    said = pa.chunked_array([pa.array([r["label"] for r in answers], pa.string())])
    known = {name: at for at, name in enumerate(answers_in(task, said))}
    given = {(r["item"], r["reviewer"]): known[r["label"]] for r in answers if r["label"] in known}
    count: dict[str, int] = {}
    for _, reviewer in given:
        count[reviewer] = count.get(reviewer, 0) + 1
    if len(count) < 2:
        return []
    items = {item: at for at, item in enumerate(dict.fromkeys(item for item, _ in given))}
    people = sorted(count, key=lambda name: (-count[name], name))
    matrix = np.full((len(items), len(people)), MISSING, dtype=np.int32)
    for (item, reviewer), label in given.items():
        matrix[items[item], people.index(reviewer)] = label
    twice = int(((matrix != MISSING).sum(axis=1) > 1).sum())
    if task.kind.marks_text:
        return _pairs_of_spans(people, matrix, SpanMistakes.of(tuple(known), task.classes))
    naming = task.kind.naming(tuple(known), task.classes)
    if naming is None:
        alpha = krippendorff_alpha(Votes.from_matrix(matrix, n_classes=len(known)))
    else:
        item, person = np.nonzero(matrix != MISSING)
        alpha = masi_alpha(item, naming[matrix[item, person]])
    rows: Rows = [
        {
            "first": "(all)",
            "second": "(all)",
            "measure": "krippendorff_alpha" if naming is None else MASI,
            "items": twice,
            "value": None if np.isnan(alpha) else alpha,
        }
    ]
    for a, b in combinations(range(min(len(people), MOST_REVIEWERS)), 2):
        both = int(((matrix[:, a] != MISSING) & (matrix[:, b] != MISSING)).sum())
        if both:
            kappa = _cohen_kappa(matrix[:, a], matrix[:, b], len(known))
            rows.append(
                {
                    "first": people[a],
                    "second": people[b],
                    "measure": "cohen_kappa",
                    "items": both,
                    "value": None if np.isnan(kappa) else kappa,
                }
            )
    return rows


def _pairs_of_spans(people: list[str], matrix: Codes, told: SpanMistakes) -> Rows:
    """Compare exact spans of all reviewers, and of each two of them."""
    from labeling.quality.spans.agreement import pairwise_f1

    shown = range(min(len(people), MOST_REVIEWERS))
    groups = {("(all)", "(all)"): list(range(len(people)))}
    groups |= {(people[a], people[b]): [a, b] for a, b in combinations(shown, 2)}
    rows: Rows = []
    for (first, second), columns in groups.items():
        codes = [[c for c in one if c != MISSING] for one in matrix[:, columns].tolist()]
        said = [[told.spans(code) for code in one] for one in codes if len(one) > 1]
        if said or first == "(all)":
            found = pairwise_f1(said)
            value = found.point if found.measured else None
            named = {"first": first, "second": second, "measure": PAIRWISE_F1}
            rows.append({**named, "items": len(said), "value": value})
    return rows


def _cohen_kappa(first: NDArray[np.int32], second: NDArray[np.int32], n_classes: int) -> float:
    """Return the kappa of two people where both answered; NaN where both only ever said one class."""
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import cohen_kappa_score

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return float(cohen_kappa_score(first, second, labels=range(n_classes)))
