"""What goes into the review store and what comes out of it: the rows, checked once, here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import pyarrow as pa

from labeling.errors import LabelingError

Origin = Literal["audit", "queue", "pilot", "rereview", "adjudicate", "overlap", "check"]
"""Why an item is in front of a person.

``pilot`` compares prompts before they are asked of everything and never measures labels, ``audit``
was drawn at random with a known probability, ``queue`` was chosen because it teaches,
``rereview`` doubts an earlier answer, ``overlap`` asks a second person, ``adjudicate`` settles a
disagreement, and ``check`` is hidden gold that measures the reviewer and never becomes gold.
"""

Outcome = Literal["label", "skip", "unsure"]

ORIGINS: tuple[str, ...] = get_args(Origin)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
LONGEST_KEY = 200
"""Characters allowed in an idempotency key, a reviewer's name and a lease."""


class ReviewError(LabelingError):
    """A plan, a review, a lease or a reviewer is not what it claims to be.

    Parameters
    ----------
    message : str
        What was found, what is allowed, what to do.
    code : str
        One word for programs: ``invalid``, ``unplanned``, ``forged``, ``foreign``, ``used``,
        ``conflict``, ``unknown_class``.
    """

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One item put up for review, for one reason.

    Parameters
    ----------
    item_id, batch : str
        Which item.
    origin : str
        One of :data:`ORIGINS`.
    text : str
        What the reviewer reads; empty where there is only an image.
    priority : float
        Higher is handed out first; ties go in the order they were planned.
    probability : float, optional
        Inclusion probability, in (0, 1]. An audit without one cannot be used for measuring.
    image : str, optional
        File under the image folder of the console.
    context : mapping
        CurrentItem beside the item. ``highlights`` (``[{"start", "end", "rule"}]``, in characters) and
        ``votes`` come from machines and are hidden whenever the review is blind.
    suggestion : str, optional
        The machine's label; never shown for audits.
    gold : str, optional
        The known answer; needed for ``check``, forbidden elsewhere, never sent to a browser.

    Raises
    ------
    ReviewError
        If a field is outside what is allowed.

    Examples
    --------
    >>> Assignment(item_id="7", batch="2015-06", origin="audit", text="hi", probability=0.2).origin
    'audit'
    """

    item_id: str
    batch: str
    origin: str
    text: str = ""
    priority: float = 0.0
    probability: float | None = None
    image: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    gold: str | None = None

    def __post_init__(self) -> None:
        where = f"assignment of item {self.item_id!r} in batch {self.batch!r}"
        for name in ("item_id", "batch", "text"):
            _check_text(getattr(self, name), f"{where}: {name}")
        if not self.item_id:
            raise ReviewError(f"{where}: item_id is empty; every item needs one")
        if self.origin not in ORIGINS:
            raise ReviewError(f"{where}: origin {self.origin!r} is not one of {', '.join(ORIGINS)}")
        if self.probability is not None and not 0 < self.probability <= 1:
            raise ReviewError(f"{where}: probability {self.probability} is not in (0, 1]")
        if (self.gold is not None) != (self.origin == "check"):
            raise ReviewError(
                f"{where}: gold {self.gold!r} with origin {self.origin!r}; a known answer belongs "
                "to 'check' and only there"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One person's answer about one item, as it is written down.

    Parameters
    ----------
    outcome : str
        ``label``, ``skip`` (not me, or not now) or ``unsure`` (nobody can tell; goes on to the
        adjudicator).
    label : str, optional
        Class name; given if and only if the outcome is ``label``.
    seconds : float
        From the item's appearance to the answer, at least 0.
    idempotency_key : str
        The same key twice by the same reviewer is the same answer, and is stored once.
    at : datetime, optional
        When it was given; the store's clock if not said. Needs a time zone.
    lease : str, optional
        The hand-out that it answers, for the record.
    shown : mapping, optional
        What the reviewer saw besides the item; a review is blind if neither ``suggestion`` nor
        ``highlights`` in it says anything.

    Raises
    ------
    ReviewError
        If a field is outside what is allowed.
    """

    item_id: str
    batch: str
    reviewer: str
    outcome: str
    label: str | None
    origin: str
    seconds: float
    idempotency_key: str
    note: str = ""
    at: datetime | None = None
    lease: str | None = None
    shown: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        where = f"review of item {self.item_id!r} in batch {self.batch!r} by {self.reviewer!r}"
        for name in ("item_id", "batch", "reviewer", "note", "idempotency_key"):
            _check_text(getattr(self, name), f"{where}: {name}")
        for name in ("reviewer", "idempotency_key"):
            if not 0 < len(getattr(self, name)) <= LONGEST_KEY:
                raise ReviewError(f"{where}: {name} needs 1 to {LONGEST_KEY} characters")
        if self.outcome not in OUTCOMES:
            raise ReviewError(
                f"{where}: outcome {self.outcome!r} is not one of {', '.join(OUTCOMES)}"
            )
        if self.origin not in ORIGINS:
            raise ReviewError(f"{where}: origin {self.origin!r} is not one of {', '.join(ORIGINS)}")
        if (self.label is not None) != (self.outcome == "label"):
            raise ReviewError(
                f"{where}: outcome {self.outcome!r} came with label {self.label!r}; a label belongs "
                "to outcome 'label' and only there"
            )
        if self.label is not None:
            _check_text(self.label, f"{where}: label")
        if not 0 <= self.seconds < float("inf"):
            raise ReviewError(f"{where}: seconds is {self.seconds}; it cannot be negative")
        if self.at is not None and self.at.tzinfo is None:
            raise ReviewError(f"{where}: the time {self.at} has no time zone")

    @property
    def blind(self) -> bool:
        """Whether no machine's opinion was on the screen."""
        shown = self.shown or {}
        return not shown.get("suggestion") and not shown.get("highlights")


REVIEW_COLUMNS = pa.schema(
    [
        ("review_id", pa.int64()),
        ("item_id", pa.string()),
        ("batch", pa.string()),
        ("reviewer", pa.string()),
        ("outcome", pa.string()),
        ("label", pa.string()),
        ("origin", pa.string()),
        ("seconds", pa.float64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("note", pa.string()),
        ("superseded", pa.bool_()),
        ("blind", pa.bool_()),
        ("aside", pa.bool_()),
        ("sight", pa.string()),
        ("idempotency_key", pa.string()),
        ("shown", pa.string()),
    ]
)
"""What :meth:`resources.reviews.store.ReviewStore.reviews` returns."""


def read_context(context: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Read a context given as a mapping or as the text of a JSON object.

    Raises
    ------
    ReviewError
        If the text is not a JSON object.
    """
    if not context:
        return {}
    if isinstance(context, str):
        try:
            context = json.loads(context)
        except json.JSONDecodeError as error:
            raise ReviewError(f"context is not JSON ({error}): {context[:80]!r}") from error
    if not isinstance(context, Mapping):
        raise ReviewError(f"context must be a JSON object, got {type(context).__name__}")
    return dict(context)


def _check_text(value: object, where: str) -> None:
    if not isinstance(value, str):
        raise ReviewError(f"{where} must be text, got {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ReviewError(
            f"{where} holds half a surrogate pair at character {error.start}; "
            "repair the encoding of the source"
        ) from error
