"""Which items of a large batch a queue is chosen from: comparing each with its like costs most."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from labeling.sampling.strategies import Pool, rank
from labeling.student.text import WORDS

MOST_CANDIDATES = 5_000
"""Items that are looked at beside those reviewed; of more, half the most doubtful and half drawn at
random."""

FIRST_SHARE = 0.5
"""Share of what a strategy chooses that urgent items may take before all others."""


def candidates(
    pool: Pool, strategy: str, first: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the items to look at, and which of these the random share is drawn from."""
    most = max(MOST_CANDIDATES, 4 * pool.n)
    if len(pool.open) <= most:
        return np.arange(pool.n_items), pool.open
    rng = np.random.default_rng([pool.seed, 1])
    drawn = np.sort(rng.permutation(pool.open)[: most // 2])
    chosen = np.empty(0, dtype=np.int64)
    for some, upto in in_turn(pool.open, first, most // 2):
        left = np.setdiff1d(some, chosen)
        if upto <= len(chosen) or not len(left):
            continue
        if strategy in ("random", "typical", "density"):  # they compare every item with every other
            ranked = rng.permutation(left)
        else:
            ranked = rank(strategy, replace(pool, open=left)).item
        chosen = np.concatenate([chosen, ranked[: upto - len(chosen)]])
    place = np.unique(np.concatenate([pool.labelled, drawn, chosen]))
    return place, np.searchsorted(place, drawn)


def narrowed(
    pool: Pool,
    items: Sequence[str] | NDArray[Any],
    features: Any,
    first: NDArray[np.bool_] | None,
    place: NDArray[np.int64],
) -> tuple[Pool, Sequence[str] | NDArray[Any], NDArray[np.bool_] | None]:
    """Return the pool, the items and the urgent ones of some places, renumbered from 0."""
    kept = np.zeros(pool.n_items, dtype=np.bool_)
    kept[place] = True
    some: Any = (
        items[place] if isinstance(items, np.ndarray) else [items[i] for i in place.tolist()]
    )
    own = features
    if features is not None and not callable(features):
        own = features[place]
    elif callable(features):
        own = partial(_rows, features, place)
    labelled = np.searchsorted(place, pool.labelled)
    narrow = replace(
        pool,
        n_items=len(place),
        open=np.setdiff1d(np.arange(len(place)), labelled),
        labelled=labelled,
        proba=None if pool.proba is None else pool.proba[place],
        consensus=None if pool.consensus is None else pool.consensus[place],
        votes=None if pool.votes is None else pool.votes.of(kept),
        gold=None if pool.gold is None else pool.gold.of(kept),
        features=look_up(some, own),
    )
    return narrow, some, None if first is None else first[place]


def _rows(features: Callable[[], Any], place: NDArray[np.int64]) -> Any:
    return features()[place]


def in_turn(
    items: NDArray[np.int64], first: NDArray[np.bool_] | None, n: int
) -> list[tuple[NDArray[np.int64], int]]:
    """Part items into those that ``n`` are chosen from in turn, and how many there may then be in all.

    The urgent ones up to :data:`FIRST_SHARE`, then the others, then the urgent ones again if these are
    too few.

    Examples
    --------
    >>> urgent = np.array([True, True, False])
    >>> [(some.tolist(), upto) for some, upto in in_turn(np.arange(3), urgent, 2)]
    [([0, 1], 1), ([2], 2), ([0, 1], 2)]
    """
    if first is None or not first[items].any():
        return [(items, n)]
    urgent, others = items[first[items]], items[~first[items]]
    return [(urgent, int(np.ceil(FIRST_SHARE * n))), (others, n), (urgent, n)]


def look_up(items: Sequence[str] | NDArray[Any], features: Any) -> Callable[[], Any]:
    """Return features on demand: most strategies never look at them."""
    found: list[Any] = []

    def look_up() -> Any:
        if features is not None:
            return features() if callable(features) else features
        if isinstance(items, np.ndarray):
            return items.reshape(len(items), -1)
        if not found:
            words = TfidfVectorizer(token_pattern=WORDS, sublinear_tf=True)
            blank = not any(text.strip() for text in items)
            found.append(np.zeros((len(items), 1)) if blank else words.fit_transform(items))
        return found[0]

    return look_up
