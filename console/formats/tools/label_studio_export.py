"""Exports of Label Studio: JSON with whole annotations, JSON-MIN and CSV with a row an annotation."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.formats.tools.entries import Empty, Entry
from console.formats.tools.label_studio_spans import LABELS, answer_of, cells_of, marked_in
from labeling.files.cells import as_text
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

ABOUT = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "id")
"""Columns of JSON-MIN and CSV that tell of the annotation; all others are data or controls."""

DOUBT, NONE = "doubt", "none"
"""Our own control for what is no class, and its choice that no class applies."""

CHOICES, NOTES = "choices", "textarea"
"""Types of results that are choices, or notes beside them."""


def is_row(record: Mapping[str, Any]) -> bool:
    """Whether a record is a row of JSON-MIN or CSV.

    Examples
    --------
    >>> is_row({"text": "hi", "sentiment": "good", "annotator": 1, "annotation_id": 7})
    True
    """
    return "annotator" in record and "annotation_id" in record


def read_tasks(
    tasks: Sequence[tuple[int, Mapping[str, Any]]], source: str, kind: Kind = SINGLE
) -> list[Entry]:
    """Read tasks of the JSON export, of any labelling interface with choices, or labels of a text.

    Raises
    ------
    ReviewError
        If a task has no data, or an annotation is not what it should be.
    """
    entries: list[Entry] = []
    for number, task in tasks:
        where = f"{source}, task {task.get('id', number)}"
        data = task.get("data")
        if not isinstance(data, dict):
            raise ReviewError(f"{where}: has no data")
        ours = data.get("touchstone")
        if isinstance(ours, dict):
            data = {**data, "item_id": ours.get("item_id"), "batch": ours.get("batch")}
        tool_id = as_text(task.get("id"))
        annotations = task.get("annotations") or task.get("completions") or []
        if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
            raise ReviewError(f"{where}: annotations is not a list of annotations")
        if not annotations:
            entries.append(Entry(where=where, fields=data, tool_id=tool_id))
        entries += [_annotation(where, data, tool_id, one, kind) for one in annotations]
    return entries


def read_rows(
    records: Sequence[tuple[int, Mapping[str, Any]]], source: str, kind: Kind = SINGLE
) -> list[Entry]:
    """Read rows of JSON-MIN or CSV: data, answers and what tells of the annotation side by side.

    Raises
    ------
    ReviewError
        If a cell holds what is no span of a text beside it.
    """
    entries: list[Entry] = []
    for row, record in records:
        said: dict[str, tuple[str, ...]] = {}
        for name, value in record.items():
            if name in ABOUT:
                continue
            if kind.marks_text:
                cells = cells_of(value)
                if cells is not None:
                    said[name] = (_told(f"{source}, row {row}", answer_of, cells, record),)
                continue
            chosen = _choices(value)
            if chosen:
                said[name] = chosen
        annotation = as_text(record.get("annotation_id"))
        entries.append(
            Entry(
                where=f"{source}, row {row}",
                fields={name: value for name, value in record.items() if name not in ABOUT},
                said=said if annotation else {},
                empty=_empty_row(record, said, kind) if annotation else "unanswered",
                tool_id=as_text(record.get("id")),
                reviewer=f"label-studio/{as_text(record.get('annotator')) or 'unknown'}",
                key=f"label-studio/{annotation}/{record.get('updated_at') or ''}",
                numbered=True,
                at=as_text(record.get("updated_at") or record.get("created_at")),
                seconds=_seconds(record.get("lead_time")),
            )
        )
    return entries


def chosen_of(results: Any) -> dict[str, tuple[str, ...]]:
    """Return what was chosen in each control of choices of an annotation.

    Examples
    --------
    >>> chosen_of([{"from_name": "mood", "type": "choices", "value": {"choices": ["good"]}}])
    {'mood': ('good',)}
    """
    said: dict[str, tuple[str, ...]] = {}
    for result in results or []:
        value = result.get("value") if isinstance(result, dict) else None
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            name = str(result.get("from_name"))
            said[name] = (*said.get(name, ()), *(str(one) for one in value["choices"]))
    return said


def empty_means(said: Mapping[str, tuple[str, ...]], other: Sequence[str] = ()) -> Empty:
    """Tell what it means that nothing was chosen in a control, by what was answered beside it.

    Examples
    --------
    >>> empty_means({}), empty_means({"doubt": ("unsure",)}), empty_means({"mood": ("good",)})
    ('nothing', 'unanswered', 'unclear')
    """
    doubt = said.get(DOUBT)
    if doubt is not None:
        return "nothing" if doubt == (NONE,) else "unanswered"
    return "unclear" if other or said else "nothing"


def who(completed_by: Any) -> str:
    """Name the person of an annotation: an address if there is one, else a number."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("id"))
    return str(completed_by or "unknown")


def _empty_row(record: Mapping[str, Any], said: dict[str, tuple[str, ...]], kind: Kind) -> Empty:
    if not kind.marks_text:
        return empty_means(said)
    doubt = _choices(record.get(DOUBT))
    return empty_means({DOUBT: doubt}) if doubt else "unclear"


def _told(where: str, read: Callable[[Any, Mapping[str, Any]], Any], *of: Any) -> Any:
    try:
        return read(*of)
    except ValueError as error:
        raise ReviewError(f"{where}: {error}") from None


def _annotation(
    where: str, data: dict[str, Any], tool_id: str | None, annotation: dict[str, Any], kind: Kind
) -> Entry:
    identity = annotation.get("unique_id") or annotation.get("id") or tool_id
    skipped = bool(annotation.get("was_cancelled") or annotation.get("skipped"))
    results = annotation.get("result")
    said = chosen = {} if skipped else chosen_of(results)
    other = () if skipped else _other(results, kind)
    if kind.marks_text:
        place = f"{where}, annotation {annotation.get('id')}"
        marks = {} if skipped else _told(place, marked_in, results, data)
        said = {control: (answer,) for control, answer in marks.items()}
        chosen = {name: names for name, names in chosen.items() if name == DOUBT}
    return Entry(
        where=f"{where}, annotation {annotation.get('id')}",
        fields=data,
        said=said,
        empty="unanswered" if skipped else empty_means(chosen, other),
        other=other,
        tool_id=tool_id,
        reviewer=f"label-studio/{who(annotation.get('completed_by'))}",
        # what was written for Label Studio, and never went through it, has no numbers
        key=f"label-studio/{identity}/{annotation.get('updated_at') or ''}" if identity else "",
        numbered=bool(identity),
        at=annotation.get("updated_at") or annotation.get("created_at"),
        seconds=_seconds(annotation.get("lead_time")),
        skipped=skipped,
    )


def _other(results: Any, kind: Kind) -> tuple[str, ...]:
    """Name the kinds of answers of an annotation that the task does not ask for; notes are none."""
    asked = (LABELS, NOTES) if kind.marks_text else (CHOICES, NOTES)
    kinds = [
        r.get("type") for r in results or [] if isinstance(r, dict) and r.get("from_name") != DOUBT
    ]
    return tuple(dict.fromkeys(str(one) for one in kinds if one not in (None, *asked)))


def _choices(value: Any) -> tuple[str, ...]:
    """Return the choices of a cell: one as it is, several as an object, in CSV as its JSON."""
    if isinstance(value, str) and value.startswith('{"choices"'):
        try:
            value = json.loads(value)
        except ValueError:
            return (str(value),)
    if isinstance(value, dict):
        return tuple(str(one) for one in value.get("choices") or ())
    if isinstance(value, list):
        return tuple(text for one in value for text in _choices(one))
    text = as_text(value)
    return (text,) if text else ()


def _seconds(value: Any) -> float:
    try:
        return max(0.0, float(value or 0.0))
    except (TypeError, ValueError):
        return 0.0
