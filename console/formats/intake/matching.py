"""Which item of the task an answer is about: by id *and* text, never by one against the other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from resources.reviews.reading.exchange import items
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from resources.store.warehouse import Warehouse

Unknown = Literal["refuse", "skip", "keep"]

SHARED = "several items have this text"
"""Then an answer goes to the first of them, whatever file it comes in."""


@dataclass(slots=True)
class Items:
    """The items of a task that a file may be about.

    Parameters
    ----------
    known : list of CurrentItem
        Of the warehouse, and those that were put up for review.
    complete : bool
        Whether the task has run, so that what is not among them does not exist.
    redact : callable
        What the task takes out of texts before it keeps them.
    """

    known: list[CurrentItem]
    complete: bool
    redact: Callable[[str], str] = str
    _by_id: dict[str, list[CurrentItem]] = field(init=False)
    _by_text: dict[str, list[CurrentItem]] = field(init=False)
    _by_letters: dict[str, list[CurrentItem]] = field(init=False)
    sizes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._by_id, self._by_text = defaultdict(list), defaultdict(list)
        self._by_letters = defaultdict(list)
        for item in self.known:
            self._by_id[item.item_id].append(item)
            if item.text.strip():
                self._by_text[_same(item.text)].append(item)
                self._by_letters[letters_of(item.text)].append(item)

    def find(
        self,
        item_id: str | None,
        batch: str | None,
        text: str | None,
        tool_id: str | None = None,
        *,
        blanks: bool = True,
    ) -> tuple[CurrentItem | None, str]:
        """Return the item, or why there is none; :data:`SHARED` beside it if it is one of several.

        Parameters
        ----------
        item_id, batch, text : str or None
            What the file says; an id that it says must be right.
        tool_id : str, optional
            Another program's number: good only together with the text.
        blanks : bool
            Whether blanks within the text count: a file of tokens does not tell them.

        Examples
        --------
        >>> items = Items([CurrentItem("7", "may", "hi", None), CurrentItem("8", "may", "oh", None)], complete=True)
        >>> items.find("7", None, None)[0].batch, items.find(None, None, "oh")[0].item_id
        ('may', '8')
        >>> items.find("7", None, "oh")[1], items.find("7", "june", None)[1]
        ("item '7' has another text", "item '7' is in batch 'may', not in 'june'")
        """
        text = None if text is None else self.redact(text)
        if item_id is not None:
            return self._by_key(item_id, batch, text, _same if blanks else letters_of)
        if text is None or not text.strip():
            return None, "there is neither an id of the task nor a text to find the item by"
        same = (
            self._by_text.get(_same(text), [])
            if blanks
            else self._by_letters.get(letters_of(text), [])
        )
        exact = [item for item in same if item.item_id == tool_id] or same
        exact = [item for item in exact if batch in (None, item.batch)] or exact
        if not exact:
            return None, "no item of the task has this text"
        return exact[0], SHARED if len(exact) > 1 else ""

    def has_text(self, text: object) -> bool:
        """Whether an item has this text."""
        return isinstance(text, str) and _same(self.redact(text)) in self._by_text

    def _by_key(
        self, item_id: str, batch: str | None, text: str | None, same: Callable[[str], str]
    ) -> tuple[CurrentItem | None, str]:
        found = self._by_id.get(item_id, [])
        if not found:
            return None, f"the task has no item {item_id!r}"
        here = [item for item in found if batch in (None, item.batch)]
        if not here:
            batches = " and ".join(repr(item.batch) for item in found)
            return None, f"item {item_id!r} is in batch {batches}, not in {batch!r}"
        if len(here) > 1:
            return None, f"item {item_id!r} is in {len(here)} batches; say which"
        item = here[0]
        if text and item.text and same(text) != same(item.text):
            return None, f"item {item_id!r} has another text"
        return item, ""


def load_items(
    warehouse: Warehouse | None,
    store: ReviewStore | None,
    wanted: Iterable[tuple[str | None, str | None]],
    redact: Callable[[str], str] = str,
    *,
    blanks: bool = True,
) -> Items:
    """Read the items that have one of the ids or texts.

    Parameters
    ----------
    warehouse, store : Warehouse, ReviewStore or None
        Where they are; None where there is none yet.
    wanted : iterable of (id, text)
        What a file names.
    redact : callable
        What the task takes out of texts before it keeps them.
    blanks : bool
        Whether blanks within texts count, as :meth:`Items.find`.
    """
    ids, texts = zip(*wanted, strict=True) if (wanted := list(wanted)) else ((), ())
    names = pa.table(
        {
            "item_id": pa.array(ids, pa.string()),
            "text": pa.array([None if t is None else _same(redact(t)) for t in texts], pa.string()),
            "letters": pa.array(
                [None if t is None or blanks else letters_of(redact(t)) for t in texts], pa.string()
            ),
        }
    )
    rows: list[dict[str, Any]] = []
    sizes: Counter[str] = Counter()
    if warehouse is not None:
        with warehouse.connect() as db, db.lend(wanted=names):
            rows = db.rows("console.matching.candidates")
            if not blanks:
                rows += db.rows("console.matching.of_letters")
            sizes.update(dict(db.tuples("console.matching.sizes")))
    known = {(row["item_id"], row["batch"]): CurrentItem(**row) for row in rows}
    if store is not None:
        for item in items(store):
            known.setdefault((item.item_id, item.batch), item)
    return Items(list(known.values()), warehouse is not None, redact, sizes=sizes)


def _same(text: str) -> str:
    """Texts count as one if only line ends and blanks around them differ: tools change those."""
    return text.replace("\r\n", "\n").strip()


def letters_of(text: str) -> str:
    """Return a text without its blanks, as ``console.matching.of_letters`` takes them out."""
    return "".join(text.split())
