"""Of many classes, the few that an item may plausibly belong to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.classes import ClassSpec
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.similarity import TextIndex


class Shortlist:
    """Ranks classes by the similarity of an item to what is known of them.

    Parameters
    ----------
    classes : sequence of ClassSpec
        Name, description and synonyms describe a class; so do its examples.
    size : int
        How many to keep.
    pool : ExamplePool, optional
        Gold that may be shown.

    Notes
    -----
    A class is as near as the nearer of its description and its nearest example
    (:class:`labeling.llm.prompts.similarity.TextIndex`).

    Examples
    --------
    >>> classes = [ClassSpec(n) for n in ("lost card", "exchange rate", "top up failed")]
    >>> [c.name for c in Shortlist(classes, 2).of("my top up has failed, is it the card?")]
    ['lost card', 'top up failed']
    """

    def __init__(
        self, classes: Sequence[ClassSpec], size: int, pool: ExamplePool | None = None
    ) -> None:
        self._classes = tuple(classes)
        self._size = size
        at = {c.name: i for i, c in enumerate(self._classes)}
        told = [" ".join((c.name.replace("_", " "), c.description, *c.synonyms)) for c in classes]
        shown = (
            []
            if pool is None
            else [
                (text, at[name])
                for text, label in zip(pool.text, pool.label, strict=True)
                for name in pool.kind.named(label)
                if name in at
            ]
        )
        self._owner: NDArray[np.int64] = np.array(
            [*range(len(told)), *(owner for _, owner in shown)]
        )
        self._index = TextIndex([*told, *(text for text, _ in shown)])

    def of(self, text: str) -> tuple[ClassSpec, ...]:
        """Return the classes for one item, in the order of task.yaml."""
        best = np.full(len(self._classes), -1.0)
        np.maximum.at(best, self._owner, self._index.near(text))
        kept: list[int] = sorted(np.argsort(-best, kind="stable")[: self._size].tolist())
        return tuple(self._classes[i] for i in kept)
