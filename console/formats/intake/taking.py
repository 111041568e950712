"""From what files of other tools say to assignments and reviews of the task's own items."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo

from console.formats.intake.matching import SHARED, Items, Unknown
from console.formats.intake.placing import UnplacedError, placed
from console.formats.own.bundle import UNNAMED, Bundle, short_key
from console.formats.tools.entries import EmptyMeans, Entry, Names, label_of, text_of
from labeling.counted import counted
from labeling.items.batches import UNDATED
from labeling.items.times import read_time
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import LONGEST_KEY, Assignment, Review, ReviewError

SHOWN = 3
"""Faults that are spelled out."""

QUOTED = re.compile(r"""(['"]).*?\1""", re.DOTALL)
"""Names in a reason: they are left out where reasons are counted."""


@dataclass(slots=True)
class Taken:
    """What will be taken in, and what will not.

    Parameters
    ----------
    bundle : Bundle
        Assignments and reviews.
    faults : list of str
        Why rows are left out, each with its place.
    unanswered : int
        Rows without an answer that are about items the task knows: nothing is to be done.
    shared : int
        Answers that were found by a text which several items have; they go to the first.
    unplaced : list of str
        Answers whose offsets do not tell where in the item's text their spans are, or whose spans cut a
        character, each with its place and why.
    """

    bundle: Bundle
    faults: list[str] = field(default_factory=list)
    unanswered: int = 0
    shared: int = 0
    unplaced: list[str] = field(default_factory=list[str])


def take_entries(
    entries: Sequence[Entry],
    names: Names,
    items: Items,
    unknown: Unknown,
    zone: tzinfo = UTC,
    *,
    kind: Kind = SINGLE,
    empty: EmptyMeans = "refuse",
) -> Taken:
    """Find the item of every entry, and make its answer a review; ``empty`` as :func:`label_of`.

    Raises
    ------
    ReviewError
        If an answer is not what it should be, or ``unknown`` is ``refuse`` and an item is not known.
    """
    places: dict[tuple[str, str], str] = {}
    taken = Taken(Bundle([], [], places))
    unnamed: dict[tuple[str, ...], tuple[str | None, str]] = {}
    planned: dict[tuple[str, str], Assignment] = {}
    for entry in entries:
        label = label_of(entry, names, kind, empty)
        item_id, batch = text_of(entry, names.id), text_of(entry, names.batch)
        text, image = text_of(entry, names.text), text_of(entry, names.image)
        found, why = items.find(item_id, batch, text, entry.tool_id, blanks=entry.blanks)
        if found is None:
            key = item_id or entry.tool_id
            if "another text" in why:
                why += f" than {names.text!r} says (leave that column out if it is no text)"
            if unknown != "keep" or key is None or not (text or image) or "another text" in why:
                taken.faults.append(f"{entry.where}: {why}")
                continue
            place, text = (key, batch or UNDATED), text or ""
            if place in planned and planned[place].text != text:
                taken.faults.append(f"{entry.where}: item {key!r} has another text")
                continue
            stored = text
        else:
            place, stored, image = (found.item_id, found.batch), found.text, found.image
        if label is not None:
            try:
                label = placed(label, text, stored, kind, entry.where)
            except UnplacedError as why_not:
                taken.unplaced.append(f"{entry.where}: {why_not}")
                continue
        text = stored
        answered = label is not None or entry.skipped
        taken.shared += why == SHARED and answered
        if answered:
            taken.bundle.reviews.append(_review(entry, place, label, zone))
            _check_twice(entry, place, label, unnamed, kind)
            last = taken.bundle.reviews[-1]
            if not entry.numbered:
                taken.bundle.unnumbered.add(last.idempotency_key)
            places.setdefault((last.reviewer, last.idempotency_key), entry.where)
        elif found is not None:
            taken.unanswered += 1
            continue
        planned.setdefault(
            place,
            Assignment(item_id=place[0], batch=place[1], origin="queue", text=text, image=image),
        )
    taken.bundle.assignments.extend(planned.values())
    _refuse_unknown(taken, unknown)
    return taken


def _check_twice(
    entry: Entry,
    place: tuple[str, str],
    label: str | None,
    unnamed: dict[tuple[str, ...], tuple[str | None, str]],
    kind: Kind,
) -> None:
    # of a table with a row a class, the last class of an item would be taken for all
    whole = "classes" if kind.many else "spans" if kind.marks_text else ""
    if entry.at or (entry.reviewer and not (whole and not entry.numbered)):
        return
    before, where = unnamed.setdefault((*place, entry.reviewer), (label, entry.where))
    if before != label:
        one = f"one row an item with all its {whole}" if whole else "one label"
        raise ReviewError(
            f"{entry.where}: item {place[0]!r} is {label!r} here and {before!r} in {where}; keep "
            f"{one}, or tell the people apart with a column reviewer, or when by a column at"
        )


def check_bundle(
    bundle: Bundle, items: Items, unknown: Unknown, source: str, kind: Kind = SINGLE
) -> Taken:
    """Compare what our own formats say with the items of the task, and fill texts in.

    A task that has not run has no items to compare with.

    Raises
    ------
    ReviewError
        If ``unknown`` is ``refuse`` and an item is not known, or has another text, or a span lies
        outside its text.
    """
    if not items.complete:
        texts = {(a.item_id, a.batch): (a.text, a.text) for a in bundle.assignments}
        return Taken(bundle, unplaced=_place(bundle, texts, kind, source))
    texts = {}
    taken = Taken(Bundle([], [], bundle.places, bundle.unnumbered))
    left_out: set[tuple[str, str]] = set()
    for one in bundle.assignments:
        item, why = items.find(one.item_id, one.batch, one.text or None)
        keep = unknown == "keep" and "another text" not in why and bool(one.text or one.image)
        if item is not None:
            texts.setdefault((one.item_id, one.batch), (one.text, item.text))
            one = replace(one, text=item.text, image=item.image)
        elif not keep:
            if (one.item_id, one.batch) not in left_out:
                taken.faults.append(f"{bundle.places.get((one.item_id, one.batch), source)}: {why}")
            left_out.add((one.item_id, one.batch))
            continue
        taken.bundle.assignments.append(one)
    taken.bundle.reviews.extend(
        one for one in bundle.reviews if (one.item_id, one.batch) not in left_out
    )
    _refuse_unknown(taken, unknown)
    taken.unplaced += _place(taken.bundle, texts, kind, source)
    return taken


def _place(
    bundle: Bundle, texts: Mapping[tuple[str, str], tuple[str, str]], kind: Kind, source: str
) -> list[str]:
    """Let answers be about the texts that are kept; returns which are left out, and why."""
    if not kind.marks_text:
        return []
    unplaced: list[str] = []
    nowhere = ("", "")

    def at(one: Review | Assignment, key: tuple[str, str], label: str | None) -> str | None:
        if label is None:
            return None
        where = bundle.places.get(key) or bundle.places.get((one.item_id, one.batch), source)
        try:
            return placed(label, *texts.get((one.item_id, one.batch), nowhere), kind, where)
        except UnplacedError as why_not:
            unplaced.append(f"{where}: {why_not}")
            return None

    reviews = [(r, at(r, (r.reviewer, r.idempotency_key), r.label)) for r in bundle.reviews]
    bundle.reviews[:] = [
        replace(r, label=now) for r, now in reviews if (r.label, now) == (None, None) or now
    ]
    bundle.assignments[:] = [
        replace(a, gold=at(a, (a.item_id, a.batch), a.gold)) for a in bundle.assignments
    ]
    return unplaced


def _refuse_unknown(taken: Taken, unknown: Unknown) -> None:
    if not taken.faults or unknown != "refuse":
        return
    n, shown = len(taken.faults), "\n".join(f"  {one}" for one in taken.faults[:SHOWN])
    reasons = Counter(QUOTED.sub("…", one.partition(": ")[2]) for one in taken.faults)
    more = f"\n  and {n - SHOWN:,} more" if n > SHOWN else ""
    raise ReviewError(
        f"{counted(n, 'row is', 'rows are')} about no item of the task, so nothing was taken in "
        f"({'; '.join(f'{count:,} x {reason}' for reason, count in reasons.most_common(SHOWN))}):\n"
        f"{shown}{more}\n--unknown skip leaves such rows out; --unknown keep puts those with a text "
        f"up as items of their own",
        "unknown_item",
    )


def _review(entry: Entry, place: tuple[str, str], label: str | None, zone: tzinfo) -> Review:
    item_id, batch = place
    reviewer = entry.reviewer or UNNAMED
    key = entry.key or f"import/{item_id}/{batch}/{reviewer}/{label}"
    try:
        at = read_time(entry.at, zone)
    except ValueError as error:
        raise ReviewError(f"{entry.where}: {error}") from None
    if not 0 <= entry.seconds < float("inf"):
        raise ReviewError(f"{entry.where}: seconds is {entry.seconds}; it is 0 or more")
    return Review(
        item_id=item_id,
        batch=batch,
        reviewer=reviewer[:LONGEST_KEY],
        outcome="skip" if label is None else "label",
        label=label,
        origin="queue",
        seconds=entry.seconds,
        idempotency_key=short_key(key),
        note=entry.note,
        at=None if at is None else at.replace(tzinfo=UTC),
    )
