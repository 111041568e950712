"""Whether a model may replace a person, as rows of quality.replacement."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.quality.estimates.intervals import Interval

EPSILON = 0.15
"""What a model's price is worth beside skilled people."""

Rows = list[dict[str, Any]]


def replacement_rows(task: Task, answers: Rows, votes: Rows) -> Rows:
    """Return a row a model that can be compared with three people, and none where there are none.

    ``answers`` are (item, reviewer, label), ``votes`` (item, voter, label) of models.
    """
    from labeling.quality.judging.agreement import agreements
    from labeling.quality.judging.alternative import LEAST_PEOPLE, alternative_test
    from labeling.quality.judging.verdict import verdict
    from labeling.quality.judging.written import panel_of

    if len({row["reviewer"] for row in answers}) < LEAST_PEOPLE:
        return []
    panel = panel_of(task.kind.name, _said(answers, "reviewer"), _said(votes, "voter"))
    if panel is None:
        return []
    agreed = agreements(panel)
    rows: Rows = []
    for found, with_people in zip(alternative_test(panel, EPSILON), agreed.models, strict=True):
        if len(found.tested) < LEAST_PEOPLE:
            continue
        told = verdict(found)
        rows.append(
            {
                "voter": found.model,
                "people": len(found.tested),
                "items": with_people.items,
                **_with_bounds("agreement", with_people.share),
                **_with_bounds("people_agreement", agreed.together.share),
                "epsilon": EPSILON,
                "winning_rate": found.winning_rate,
                **_with_bounds("advantage", found.advantage),
                "may_replace": told.answer,
                "told": told.told,
            }
        )
    return rows


def _said(rows: Rows, who: str) -> Sequence[tuple[str, str, str]]:
    return [(row["item"], row[who], row["label"]) for row in rows]


def _with_bounds(name: str, share: "Interval") -> dict[str, float | None]:
    point = share.point if share.measured else None
    return {name: point, f"{name}_low": share.low, f"{name}_high": share.high}
