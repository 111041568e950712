"""Gold that may be shown to models as examples, and how it is chosen for an item."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labeling.errors import GoldError
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.llm.prompts.rendering import Example
from labeling.llm.prompts.settings import Examples
from labeling.llm.prompts.similarity import TextIndex


@dataclass(frozen=True, eq=False)
class ExamplePool:
    """Examples out of gold that measures nothing.

    Parameters
    ----------
    item_id, text, label : sequence of str
        The gold, text as it may be sent (redacted if the task says so).
    measured : collection of str
        Ids of the audit sample and of the canary. Required, and none of them may be in the pool:
        a model that was shown the answer is not being measured.

    Raises
    ------
    GoldError
        If lengths differ or a measured item is in the pool.

    Examples
    --------
    >>> ExamplePool(["a"], ["win cash"], ["SPAM"], measured={"a"})
    Traceback (most recent call last):
    ...
    labeling.errors.GoldError: item 'a' is in the audit sample or the canary and may not be shown \
to a model; 1 such items; build the pool with ExamplePool.teaching
    """

    item_id: Sequence[str]
    text: Sequence[str]
    label: Sequence[str]
    measured: Collection[str]
    kind: Kind = SINGLE

    def __post_init__(self) -> None:
        if not len(self.item_id) == len(self.text) == len(self.label):
            raise GoldError("item_id, text and label of the pool must be equally long")
        shown = [i for i in self.item_id if i in self.measured]
        if shown:
            raise GoldError(
                f"item {shown[0]!r} is in the audit sample or the canary and may not be shown to "
                f"a model; {len(shown)} such items; build the pool with ExamplePool.teaching"
            )

    @classmethod
    def teaching(
        cls,
        item_id: Sequence[str],
        text: Sequence[str],
        label: Sequence[str],
        measured: Collection[str],
        kind: Kind = SINGLE,
    ) -> "ExamplePool":
        """Keep of the gold what measures nothing; texts of measured items go too."""
        held = frozenset(measured)
        said = {t for i, t in zip(item_id, text, strict=True) if i in held}
        kept = [
            row
            for row in zip(item_id, text, label, strict=True)
            if row[0] not in held and row[1] not in said
        ]
        return cls([r[0] for r in kept], [r[1] for r in kept], [r[2] for r in kept], held, kind)

    def choose(
        self, how: Examples, text: str, item_ids: Collection[str], classes: Sequence[ClassSpec]
    ) -> list[Example]:
        """Choose examples for one item: never the item itself, nor one with the same text.

        Parameters
        ----------
        how : Examples
            The prompt's settings.
        text : str
            The item's text.
        item_ids : collection of str
            Ids of the items with that text.
        classes : sequence of ClassSpec
            The classes in play; examples of others are left out.

        Returns
        -------
        list of Example
            Balanced: classes in turn. Nearest: the most similar one last, next to the item.
        """
        names = {c.name for c in classes}
        usable = [
            at
            for at in self._order(how, text)
            if self.item_id[at] not in item_ids
            and self.text[at] != text
            and set(self.kind.named(self.label[at])) <= names
        ]
        if how.choose == "nearest":
            chosen = usable[: how.count][::-1]
        else:
            chosen = self._in_turn(usable, [c.name for c in classes], how.count)
        return [Example(self.text[at], self.label[at]) for at in chosen]

    def _order(self, how: Examples, text: str) -> list[int]:
        if how.choose != "nearest" or not self.item_id:
            return list(range(len(self.item_id)))
        return np.argsort(-self._index.near(text), kind="stable").tolist()

    def _in_turn(self, usable: list[int], names: list[str], count: int) -> list[int]:
        by_class: dict[str, list[int]] = {name: [] for name in names}
        for at in usable:
            by_class.setdefault(next(iter(self.kind.named(self.label[at])), ""), []).append(at)
        chosen: list[int] = []
        while len(chosen) < count and any(by_class.values()):
            chosen += [rows.pop(0) for rows in by_class.values() if rows]
        return chosen[:count]

    @cached_property
    def _index(self) -> TextIndex:
        return TextIndex(self.text)
