"""Reviewing in a running Label Studio: push what waits, pull what was annotated.

What is pushed is leased to Label Studio like to a person, so that the console does not hand it out
at the same time, audits come mixed in, and nothing in a task tells one from another.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from console.formats.tools.label_studio import image_data, read_annotation
from console.formats.tools.label_studio_answers import OURS, predictions
from console.label_studio.client import LabelStudio
from labeling.class_changes import class_today
from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.kinds.kind import Kind
from resources.reviews.reading.exchange import class_changes, held, lease_of
from resources.reviews.rows import Review, ReviewError
from resources.reviews.store import ReviewStore
from resources.reviews.writing.leases import HandOut, Mix

HOLDER = "label-studio"
"""Who holds the leases of pushed items."""

LEASE_S = 14 * 86_400.0
"""How long Label Studio may keep an item, in seconds."""

LARGEST_REQUEST = 20_000_000
"""Characters of texts and images in one request."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What one synchronisation did."""

    pushed: int
    pulled: int
    waiting: int
    note: str = ""

    def __str__(self) -> str:
        """Tell it in a sentence."""
        return (
            f"pulled {counted(self.pulled, 'new answer')} from Label Studio and pushed {counted(self.pushed, 'item')}; "
            f"{self.waiting} wait there{self.note and '; '}{self.note}"
        )


def sync(
    store: ReviewStore,
    studio: LabelStudio,
    project: int,
    *,
    keep: int = 50,
    audit_rate: float = 0.2,
    suggestions: bool = False,
    images: Path | None = None,
    classes: Sequence[str] = (),
) -> Synced:
    """Pull what was annotated, then push until ``keep`` items wait in Label Studio.

    Running it again, or after it broke off, stores nothing twice.

    Parameters
    ----------
    suggestions : bool
        Whether queue items carry the machine's label as a pre-annotation; audits never do.
    images : Path, optional
        The task's image folder, if its items may have images: they are sent along, for Label Studio
        can open nothing there.
    classes : sequence of str
        Of the task: answers that they do not allow stay in Label Studio, and are told. Label Studio
        itself lets people choose any classes together.
    """
    pulled, refused = pull(store, studio, project, classes)
    waiting = held(store, HOLDER)
    pushed = 0
    if waiting < keep:
        pushed = push(
            store,
            studio,
            project,
            keep - waiting,
            audit_rate=audit_rate,
            suggestions=suggestions,
            images=images,
        )
    if refused:
        told = f"{counted(len(refused), 'answer is', 'answers are')} not taken in, correct what they say there: {refused[0]}"
        studio.note = "; ".join(filter(None, (studio.note, told)))
    return Synced(pushed, pulled, waiting + pushed, studio.note)


def push(
    store: ReviewStore,
    studio: LabelStudio,
    project: int,
    count: int,
    *,
    audit_rate: float = 0.2,
    suggestions: bool = False,
    images: Path | None = None,
) -> int:
    """Lease up to ``count`` items to Label Studio and import them there; returns how many."""
    # Hidden gold and overlaps need to know the person; here they are one holder.
    mix = Mix(audit=audit_rate, check=0, overlap=0, hints=0.5 if suggestions else 0)
    handed = store.hand_out(HOLDER, count, mix=mix, lease_s=LEASE_S)
    if not handed:
        return 0
    sent = 0
    try:
        for part in _parcels([_task(item, images, store.kind) for item in handed]):
            studio.add(project, part)
            sent += len(part)
    except ReviewError:
        store.give_back(HOLDER, [item.lease for item in handed[sent:]])
        raise
    return len(handed)


def pull(
    store: ReviewStore, studio: LabelStudio, project: int, classes: Sequence[str] = ()
) -> tuple[int, list[str]]:
    """Store the annotations of pushed items as reviews.

    Returns
    -------
    new : int
        How many are new.
    refused : list of str
        Which are not taken in, and why.
    """
    before = store.reviews().num_rows
    refused: list[str] = []
    today = partial(class_today, class_changes(store))
    for task in studio.annotated(project):
        data = task.get("data") or {}
        ours, text = data.get(OURS), str(data.get("text") or "")
        if not ours:
            continue
        lease = lease_of(store, HOLDER, ours.get("lease"))
        if lease is None:
            continue
        origin, shown = lease
        where = f"Label Studio, project {project}, task {task.get('id')}"
        said: list[Review] = []
        for annotation in task.get("annotations") or []:
            item = (annotation, ours["item_id"], ours["batch"], origin, where, store.kind, text)
            try:
                _, review = read_annotation(*item)
                _check(store.kind, classes, today, review.label)
            except LabelingError as error:
                told = f"{where}, annotation {annotation.get('id')}"
                refused.append(str(error) if where in str(error) else f"{told}: {error}")
            else:
                said.append(review)
        store.record_many(replace(review, lease=ours["lease"], shown=shown) for review in said)
        if said:
            store.give_back(HOLDER, [ours["lease"]])
    return store.reviews().num_rows - before, refused


def _check(
    kind: Kind, classes: Sequence[str], today: Callable[[str], str | None], label: str | None
) -> None:
    """Refuse classes or spans that may not stand together, whatever they were called when they were chosen."""
    now = None if label is None else kind.carried(label, today)
    if (kind.many or kind.marks_text) and classes and now is not None:
        kind.checked(now, classes)


def _parcels(tasks: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut tasks into requests that are not too large: images stand in them."""
    part: list[dict[str, Any]] = []
    size = 0
    for task in tasks:
        own = len(task["data"].get("image", "")) + len(task["data"]["text"])
        if part and size + own > LARGEST_REQUEST:
            yield part
            part, size = [], 0
        part.append(task)
        size += own
    if part:
        yield part


def _task(item: HandOut, images: Path | None, kind: Kind) -> dict[str, Any]:
    data: dict[str, Any] = {
        "text": item.text,
        OURS: {"item_id": item.item_id, "batch": item.batch, "lease": item.lease},
    }
    if item.image is not None or images is not None:
        data |= image_data(item.image, images)
    task: dict[str, Any] = {"data": data}
    if item.suggestion is not None:
        task["predictions"] = predictions(item.suggestion, kind, item.text)
    return task
