"""What a file of another tool says, before anybody knows which items of the task it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from labeling.files.cells import as_text
from labeling.kinds.kind import AnswerError, Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

ITEM_ID, BATCH = "item_id", "batch"
IDS = (ITEM_ID,)
TEXTS = ("text", "content", "body", "sentence", "document", "message", "title")
IMAGES = ("image", "img", "photo", "picture", "filename")
NUMBERING = re.compile(r"Unnamed: \d+|level_\d+|__index_level_\d+__", re.IGNORECASE)
"""What pandas calls a column that had no name: numbers of rows, no text."""

LABELS = ("label", "labels", "class", "category", "choice", "sentiment", "annotation")


Empty = Literal["nothing", "unanswered", "unclear"]
"""What it says of an item that may have any number of classes where nothing was chosen: that no class
applies, nothing, or that the file does not tell one from the other."""

EmptyMeans = Literal["refuse", "nothing", "unanswered"]
"""What the user lets an unclear one mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a file and, if there is one, one answer to it.

    Parameters
    ----------
    where : str
        File and row, for messages.
    fields : dict of str to Any
        What the item is, under the names of the file.
    said : dict of str to tuple of str
        What was chosen, by question (control, column); empty where nobody answered. A question
        without a choice was answered in so many words with nothing. Spans are one text, as their
        kind writes them, counted in the text of ``fields``.
    empty : str
        What it says that a question is not in ``said``; one of :data:`Empty`.
    tool_id : str, optional
        The tool's own number of the item, which another file may give to another text.
    reviewer, key : str
        Who answered, and what tells this answer from the same person's others.
    numbered : bool
        Whether ``key`` is a number of the answer's own: else it is made from the label.
    at : str, optional
        When, as the file writes it.
    skipped : bool
        Whether the person looked and gave no answer.
    other : tuple of str
        What else was answered that is no choice (a rating, a span), as the tool calls it.
    blanks : bool
        Whether the file has the blanks of the text: one of tokens does not.
    """

    where: str
    fields: dict[str, Any]
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    empty: Empty = "unanswered"
    tool_id: str | None = None
    reviewer: str = ""
    key: str = ""
    numbered: bool = False
    at: str | None = None
    seconds: float = 0.0
    note: str = ""
    skipped: bool = False
    other: tuple[str, ...] = ()
    blanks: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """Which names of a file stand for what; None where nothing does.

    Parameters
    ----------
    id, batch, text, image : str or None
        Names of fields.
    label : str or None
        Name of the question whose answers are the labels.
    """

    id: str | None
    batch: str | None
    text: str | None
    image: str | None
    label: str | None


def name_fields(
    entries: Sequence[Entry],
    classes: Sequence[str],
    *,
    wanted: str | None = None,
    ids: Sequence[str] = (),
    texts: Sequence[str] = (),
    images: Sequence[str] = (),
    others: Sequence[str] = (),
    kind: Kind = SINGLE,
) -> Names:
    """Tell which fields hold ids, texts and labels.

    Parameters
    ----------
    entries : sequence of Entry
        At least one.
    classes : sequence of str
        Of the task: of several questions the one whose answers are classes is meant.
    wanted : str, optional
        The question to take, as the user said.
    ids, texts, images : sequences of str
        Names that the task itself gives them, before the usual ones.
    others : sequence of str
        Names that the task gives to its other columns: they hold no text.
    kind : Kind
        What an answer of the task is.

    Raises
    ------
    ReviewError
        If no question, or more than one, could hold the labels, or answers are no choices; names
        what there is.
    """
    fields = list(dict.fromkeys(name for entry in entries for name in entry.fields))
    own = _first([*ids, *IDS], fields)
    shared = [name for name in fields if own is not None and _shared(entries, own, name)]
    no_text = [*ids, *images, *others, *shared]
    return Names(
        own,
        _first([BATCH], fields),
        _first([*texts, *TEXTS], fields) or _longest(entries, fields, no_text),
        _first([*images, *IMAGES], fields),
        _question(entries, classes, wanted, kind),
    )


def text_of(entry: Entry, name: str | None) -> str | None:
    """Return a field as text; None where nothing stands.

    Raises
    ------
    ReviewError
        If something else than a value stands there.
    """
    try:
        return None if name is None else as_text(entry.fields.get(name)) or None
    except TypeError as error:
        raise ReviewError(f"{entry.where}: {name}: {error}") from None


def label_of(
    entry: Entry, names: Names, kind: Kind = SINGLE, empty: EmptyMeans = "refuse"
) -> str | None:
    """Return the label of an answer, as its kind writes it; None where none was given.

    Raises
    ------
    ReviewError
        If several were chosen and a task takes one label an item, or if it takes any number and
        the file does not tell whether nothing is an answer.
    """
    chosen = None if names.label is None else entry.said.get(names.label)
    if chosen is None and (kind.many or kind.marks_text) and not entry.skipped:
        means = entry.empty
        if means == "unclear" and empty == "refuse":
            what, none = (
                ("span", "there is nothing to mark")
                if kind.marks_text
                else ("class", "no class applies")
            )
            raise ReviewError(
                f"{entry.where}: no {what} is given, and the file does not tell whether nobody "
                f"answered or {none}; --empty nothing says that {none} in such items, --empty "
                f"unanswered that nobody answered"
            )
        chosen = () if (empty if means == "unclear" else means) == "nothing" else None
    if chosen is None:
        return None
    if kind.marks_text and not chosen:
        return kind.nothing
    try:
        return kind.chosen(chosen)
    except AnswerError as error:
        raise ReviewError(f"{entry.where}: {names.label} {error}") from None


def _question(
    entries: Sequence[Entry], classes: Sequence[str], wanted: str | None, kind: Kind
) -> str | None:
    answers: dict[str, set[str]] = {}
    for entry in entries:
        for name, chosen in entry.said.items():
            named = [one for text in chosen for one in kind.named(text)]
            answers.setdefault(name, set()).update(named if kind.marks_text else chosen)
    odd = next((entry for entry in entries if entry.other), None)
    if odd is not None and not answers:
        no, taken = (
            ("marks no spans", "spans, and nobody marked any")
            if kind.marks_text
            else ("is no class of an item", "choices, and nobody chose anything")
        )
        raise ReviewError(
            f"{odd.where}: the answer is {', '.join(odd.other)}, which {no}; what can be taken in are "
            f"{taken} in this file"
        )
    if wanted is not None:
        if answers and wanted not in answers:
            raise ReviewError(f"nothing is called {wanted!r}; answers are in {', '.join(answers)}")
        return wanted
    fits = [name for name, said in answers.items() if said and said <= set(classes)]
    if len(fits) == 1:
        return fits[0]
    usual = [name for name in LABELS if name in (fits or answers)]
    if len(answers) <= 1 or usual:
        return usual[0] if usual else next(iter(answers), None)
    raise ReviewError(
        f"which of {', '.join(answers)} holds the labels? Say so with --label; the classes of the "
        f"task are {', '.join(classes)}"
    )


def _first(names: Sequence[str], known: Sequence[str]) -> str | None:
    return next((name for name in names if name in known), None)


def _shared(entries: Sequence[Entry], own: str, name: str) -> bool:
    """Whether items share the values of a field, two or more each: a team, a source, no text."""
    said = {(str(one.fields.get(own)), str(one.fields.get(name))) for one in entries}
    return len({value for _, value in said}) * 2 <= len({item for item, _ in said})


def _longest(entries: Sequence[Entry], names: Sequence[str], no_text: Sequence[str]) -> str | None:
    """Tell the field with the longest texts: a text may stand under any name."""
    taken = {*IDS, BATCH, *IMAGES, *no_text}
    sizes = {
        name: sum(len(v) for e in entries if isinstance(v := e.fields.get(name), str))
        for name in names
        if name not in taken and name.strip() and not NUMBERING.fullmatch(name)
    }
    best = max(sizes, key=lambda name: sizes[name], default=None)
    return best if best is not None and sizes[best] else None
