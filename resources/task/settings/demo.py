"""What ``task.yaml`` may say to try things with no people, models or files of one's own around."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from resources.task.settings.section import Remakes, Section, Share


class SimulatedModel(Section):
    """A model that is simulated on loopback: honest about it in its name and in the report."""

    truth: Annotated[str, Remakes.VOTES] = Field(
        description="Files with columns item_id and label: what it would answer if it never erred."
    )
    error_rate: Annotated[Share, Remakes.VOTES] = Field(
        default=0.15, description="Share of its answers that are wrong."
    )
    changes_at: Annotated[str | None, Remakes.VOTES] = Field(
        default=None, description="The batch from which it is worse."
    )
    error_rate_after: Annotated[Share, Remakes.VOTES] = Field(
        default=0.4, description="Share that is wrong from that batch on."
    )
    confusions: Annotated[dict[str, str], Remakes.VOTES] = Field(
        default_factory=dict, description="Class to the one that it is mostly taken for by mistake."
    )
    seed: Annotated[int, Remakes.VOTES] = Field(
        default=0, description="Another number makes other mistakes."
    )


class ScriptedReviewer(Section):
    """A stand-in for people: answers from a truth file, with errors. Never a real person."""

    truth: Annotated[str, Remakes.NOTHING] = Field(
        description="Files with the right answers: csv, jsonl or parquet."
    )
    id: Annotated[str, Remakes.NOTHING] = Field(
        default="item_id", description="Its column with the item's id."
    )
    label: Annotated[str, Remakes.NOTHING] = Field(
        default="label", description="Its column with the right class."
    )
    names: Annotated[dict[str, str], Remakes.NOTHING] = Field(
        default_factory=dict, description="Value in the file to class."
    )
    audit_share: Annotated[Share, Remakes.NOTHING] = Field(
        default=1.0, description="Share of the audit sample that it answers."
    )
    queue_share: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.8, description="Share of the queue that it answers."
    )
    rereview_share: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.0, description="Share of the second looks that it answers."
    )
    error_rate: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.01, description="Share of its answers that are wrong."
    )
    seed: Annotated[int, Remakes.NOTHING] = Field(
        default=0, description="Another number makes other mistakes."
    )


class Seeds(Section):
    """Numbers that chance starts from; there is no better one."""

    audit: Annotated[int, Remakes.LABELS] = Field(
        default=0, description="Another number draws another sample."
    )
    queue: Annotated[int, Remakes.LABELS] = Field(
        default=0, description="Another number breaks ties and draws the random share otherwise."
    )


class Demo(Section):
    """Stand-ins for files, models and people, and what chance starts from; a real task needs none."""

    generator: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="A Python file whose generate(inbox, truth) simulates the files."
    )
    simulated: SimulatedModel | None = Field(
        default=None, description="A model that is simulated, instead of the one that is named."
    )
    scripted: ScriptedReviewer | None = Field(
        default=None,
        description="A stand-in that answers from a file, to try things with no people around.",
    )
    seeds: Seeds = Seeds()


Place = tuple[str, ...]
FORMER: Mapping[Place, Place] = {
    ("demo", "generator"): ("source", "generator"),
    ("demo", "simulated"): ("models", "simulated"),
    ("demo", "scripted"): ("reviewers", "scripted"),
    ("demo", "seeds", "audit"): ("audit", "seed"),
    ("demo", "seeds", "queue"): ("queue", "seed"),
}
"""Where each of these stood before, by where it stands. Files may still say it there, and stamps do."""


def at_former(data: Any) -> Iterator[tuple[Place, Place]]:
    """Yield what a file says at its former place: that place, and today's.

    Examples
    --------
    >>> list(at_former({"audit": {"seed": 7}}))
    [(('audit', 'seed'), ('demo', 'seeds', 'audit'))]
    """
    for now, before in FORMER.items():
        inside = data.get(before[0]) if isinstance(data, Mapping) else None
        if isinstance(inside, Mapping) and before[1] in inside:
            yield before, now


def at_todays(data: Any) -> Any:
    """Return what a file says, with all of it at today's places.

    Raises
    ------
    ValueError
        If something stands at both.

    Examples
    --------
    >>> at_todays({"audit": {"seed": 7, "per_batch": 5}})
    {'audit': {'per_batch': 5}, 'demo': {'seeds': {'audit': 7}}}
    """
    for before, now in list(at_former(data)):
        value = data[before[0]][before[1]]
        data = _without(data, before)
        inside = data.get("demo") or {}
        if not isinstance(inside, Mapping):
            continue
        for part in now[1:-1]:
            inside = inside.get(part) or {}
        if isinstance(inside, Mapping) and now[-1] in inside:
            raise ValueError(f"{'.'.join(before)} and {'.'.join(now)} are the same; say it once")
        data = _with(data, now, value)
    return data


def at_formers(chosen: dict[str, Any]) -> dict[str, Any]:
    """Return values with all of them at the former places, for stamps to stay as they were."""
    for now, before in FORMER.items():
        inside: Any = chosen
        for part in now[:-1]:
            inside = (inside or {}).get(part)
        if inside and inside.get(now[-1]) is not None:
            chosen = _with(_without(chosen, now), before, inside[now[-1]])
    return chosen


def _without(data: Mapping[str, Any], place: Place) -> dict[str, Any]:
    first, *rest = place
    if not rest:
        return {key: value for key, value in data.items() if key != first}
    return {**data, first: _without(data[first], tuple(rest))}


def _with(data: Mapping[str, Any] | None, place: Place, value: Any) -> dict[str, Any]:
    first, *rest = place
    inside = value if not rest else _with((data or {}).get(first), tuple(rest), value)
    return {**(data or {}), first: inside}
