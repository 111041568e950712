"""Records of Argilla: JSON of version 2, its flat form, and text classification of version 1."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.tools.entries import Entry
from labeling.files.cells import as_text

SUBMITTED = (None, "submitted")
"""States of a response that count; drafts and discarded ones do not."""

FLAT = ".responses"
ABOUT = ("id", "status", "_server_id", "inserted_at", "updated_at", "vectors", "suggestions",
         "responses", "fields", "metadata", "external_id")  # fmt: skip


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is one of Argilla's.

    Examples
    --------
    >>> is_record({"id": "a", "fields": {"text": "hi"}, "responses": {}})
    True
    """
    nested = "fields" in record and "responses" in record
    old = "annotation" in record and ("inputs" in record or "prediction" in record)
    return nested or old or any(str(name).endswith(FLAT) for name in record)


def read_records(records: Sequence[tuple[int, Mapping[str, Any]]], source: str) -> list[Entry]:
    """Read records: an entry for each person who answered, one without answer for the others."""
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        tool_id = as_text(record.get("id") or record.get("external_id"))
        fields = _fields(record)
        people, other = _answers(record)
        if not people:
            entries.append(Entry(where=where, fields=fields, tool_id=tool_id, other=other))
        for who, said in people.items():
            entries.append(
                Entry(
                    where=where,
                    fields=fields,
                    said=said,
                    empty="unclear",
                    tool_id=tool_id,
                    reviewer=f"argilla/{who}",
                    key=f"argilla/{tool_id}/{'#'.join(v for one in said.values() for v in one)}"
                    if tool_id
                    else "",
                )
            )
    return entries


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name in ("metadata", "inputs", "fields"):
        part = record.get(name)
        nested |= part if isinstance(part, dict) else {}
    flat = {
        name.removeprefix("metadata."): value
        for name, value in record.items()
        if name not in (*ABOUT, "inputs") and FLAT not in name and ".suggestion" not in name
    }
    return {**{k: v for k, v in flat.items() if v is not None}, **nested}


def _answers(
    record: Mapping[str, Any],
) -> tuple[dict[str, dict[str, tuple[str, ...]]], tuple[str, ...]]:
    """Return the choices of each person, and the questions whose answers are spans or rankings."""
    people: dict[str, dict[str, tuple[str, ...]]] = {}
    other: dict[str, None] = {}

    def note(who: Any, question: str, value: Any, state: Any = None) -> None:
        if state not in SUBMITTED:
            return
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in values):
            other[f"spans or a ranking ({question})"] = None
            return
        chosen = tuple(text for one in values if (text := as_text(one)))
        if chosen or isinstance(value, list):  # an empty list was handed in: none of them applies
            people.setdefault(as_text(who) or "unknown", {})[question] = chosen

    responses = record.get("responses")
    if isinstance(responses, dict):
        for question, given in responses.items():
            for one in given or []:
                note(one.get("user_id"), question, one.get("value"), one.get("status"))
    for one in responses if isinstance(responses, list) else []:
        for question, given in (one.get("values") or {}).items():
            note(one.get("user_id"), question, given.get("value"), one.get("status"))
    for name, given in record.items():
        if name.endswith(FLAT) and isinstance(given, list):
            users = record.get(f"{name}.users") or [None] * len(given)
            states = record.get(f"{name}.status") or [None] * len(given)
            for value, who, state in zip(given, users, states, strict=False):
                note(who, name.removesuffix(FLAT), value, state)
    if "annotation" in record and record.get("status") in (None, "Validated"):
        note(record.get("annotation_agent"), "annotation", record["annotation"])
    return people, tuple(other)
