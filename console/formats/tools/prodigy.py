"""Prodigy's JSON Lines, as ``db-out`` writes them: choices, and accepted or rejected labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.tools.entries import Entry
from labeling.files.cells import as_text
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

ACCEPT, REJECT = "accept", "reject"
ABOUT = ("accept", "answer", "options", "label", "meta", "spans", "tokens", "config", "score",
         "priority")  # fmt: skip


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is an answered task of Prodigy.

    Examples
    --------
    >>> is_record({"text": "hi", "accept": ["ham"], "answer": "accept", "_input_hash": 1})
    True
    """
    return "answer" in record and ("_input_hash" in record or "accept" in record)


def read_records(
    records: Sequence[tuple[int, Mapping[str, Any]]],
    source: str,
    classes: Sequence[str],
    former: Mapping[str, str],
    kind: Kind = SINGLE,
) -> list[Entry]:
    """Read answered tasks: a choice, or one label that was accepted or rejected.

    A rejected label of two classes is the other one; of more it is no answer. Where an item may have
    any number of classes, a choice of nothing that was accepted is an answer (``choice_style:
    multiple``), and a lone label is none: it says nothing of the others.

    Raises
    ------
    ReviewError
        If a task is neither.
    """
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        if kind.many and "accept" not in record and "label" in record:
            raise ReviewError(
                f"{where}: says of {record['label']!r} alone whether it applies, and an answer names "
                f"every class that does; ask for choices (choice_style: multiple)"
            )
        chosen = _chosen(record, classes, former, where)
        meta = record.get("meta") if isinstance(record.get("meta"), dict) else {}
        own = {k: v for k, v in record.items() if not k.startswith("_") and k not in ABOUT}
        who = as_text(record.get("_annotator_id") or record.get("_session_id")) or "unknown"
        stamp = as_text(record.get("_timestamp"))
        entries.append(
            Entry(
                where=where,
                fields={**(meta or {}), **own},
                said={"accept": chosen} if chosen else {},
                empty="nothing" if record.get("answer") == ACCEPT else "unanswered",
                tool_id=as_text(record.get("_input_hash")),
                reviewer=f"prodigy/{who}",
                key=f"prodigy/{record['_task_hash']}/{stamp or '#'.join(chosen)}"
                if "_task_hash" in record
                else "",
                numbered="_task_hash" in record and bool(stamp),
                at=stamp,
                skipped=not chosen and not (kind.many and record.get("answer") == ACCEPT),
            )
        )
    return entries


def _chosen(
    record: Mapping[str, Any], classes: Sequence[str], former: Mapping[str, str], where: str
) -> tuple[str, ...]:
    answer, label = record.get("answer"), record.get("label")
    if "accept" not in record and not isinstance(label, str):
        raise ReviewError(
            f"{where}: neither a choice ('accept') nor a label that was accepted or rejected; only "
            f"classification can be taken in"
        )
    if "accept" in record:
        accepted = [as_text(one) for one in record["accept"] or []]
        shown = {
            as_text(option.get("id")): as_text(option.get("text"))
            for option in record.get("options") or []
            if isinstance(option, dict)
        }
        named = [
            one if one in classes or one in former else shown.get(one) or one for one in accepted
        ]
        return tuple(str(one) for one in named) if answer == ACCEPT else ()
    if answer == ACCEPT:
        return (str(label),)
    label = former.get(label, label) if isinstance(label, str) else label
    others = [name for name in classes if name != label]
    return (others[0],) if answer == REJECT and label in classes and len(others) == 1 else ()
