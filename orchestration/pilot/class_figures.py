"""What a pilot shows of each class: how much of it candidates find, and how much they call so rightly."""

from typing import Any

import numpy as np

from labeling.pilots.by_class import by_class
from orchestration.pilot.standing import Standing
from resources.task.task import Task


def class_rows(task: Task, standing: Standing) -> list[dict[str, Any]]:
    """Return the figures of each class and candidate, as the task and the pilot name them.

    Returns
    -------
    list of dict
        ``class``, ``name`` and ``version`` of the candidate; ``named`` and ``called``, reviewed items that
        people and the candidate named the class of; ``recall`` and ``precision``, shares with ``_low`` and
        ``_high``, None where there is none of such items. Nothing for a kind that marks text, where an
        answer is right or wrong as a whole.
    """
    if task.kind.marks_text:
        return []
    n, trial = len(standing.trial.gold), standing.trial
    named = [_names(task, one) for one in standing.gold[:n]]
    called = [
        {who: _names(task, answer) for who, answer in said.items()} for said in standing.said[:n]
    ]
    found: list[dict[str, Any]] = []
    for one in task.spec.classes:
        is_named = np.array([one.name in of for of in named], dtype=np.bool_)
        is_called = np.zeros(trial.answers.shape, dtype=np.bool_)
        for at, said in enumerate(called):
            for who, names in said.items():
                is_called[at, who] = one.name in names
        told = by_class(trial, is_named, is_called)
        for at, candidate in enumerate(standing.candidates):
            row: dict[str, Any] = {"class": one.name, "name": candidate.name}
            row |= {"version": candidate.version}
            row |= {"named": int(told.named[at]), "called": int(told.called[at])}
            for figure, bounds, of in (
                ("recall", told.recall, told.named),
                ("precision", told.precision, told.called),
            ):
                for end, values in (
                    ("", bounds.value),
                    ("_low", bounds.low),
                    ("_high", bounds.high),
                ):
                    row[figure + end] = float(values[at]) if of[at] else None
            found.append(row)
    return found


def _names(task: Task, answer: str | None) -> tuple[str, ...]:
    return () if answer is None else task.kind.named(answer)
