"""The strategies of the learning queue: each ranks the open items and says why.

The scores live in :mod:`labeling.sampling.uncertainty`, ``diversity``, ``teaching`` and
``rereview``; putting a queue together is :mod:`labeling.sampling.queue`.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from labeling.errors import SamplingError
from labeling.gold import Gold
from labeling.sampling import uncertainty
from labeling.sampling.diversity import dense, typical_first, typicality
from labeling.sampling.rereview import suspicious_gold
from labeling.sampling.teaching import most_teaching
from labeling.votes import Votes

Strategy = Literal[
    "auto",
    "random",
    "least-confidence",
    "margin",
    "entropy",
    "disagreement",
    "density",
    "typical",
    "margin-cluster",
    "teaching",
    "re-review",
]
STRATEGIES: tuple[str, ...] = get_args(Strategy)

COLD_REVIEWS = 100
"""Reviews below which a classifier's opinion is worth less than the shape of the data."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a strategy may look at. ``open`` are the items without a label."""

    n_items: int
    open: NDArray[np.int64]
    labelled: NDArray[np.int64]
    proba: NDArray[np.float64] | None
    consensus: NDArray[np.float64] | None
    votes: Votes | None
    gold: Gold | None
    features: Callable[[], Any]
    classes: tuple[str, ...] | None
    n: int
    seed: int

    def believed(self, strategy: str) -> NDArray[np.float64]:
        """Return the classifier's probabilities, or say that they are missing."""
        if self.proba is None:
            raise SamplingError(f"{_NEEDS.format(strategy)} proba, the student's probabilities")
        return self.proba

    def agreed(self, strategy: str) -> NDArray[np.float64]:
        """Return the consensus, or say that it is missing."""
        if self.consensus is None:
            raise SamplingError(f"{_NEEDS.format(strategy)} consensus, the label model's posterior")
        return self.consensus

    def name(self, index: int) -> str:
        """Return the name of a class."""
        return self.classes[index] if self.classes else f"class {index}"


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Open items, best first, a score for every item, and the reason in words."""

    item: NDArray[np.int64]
    score: NDArray[np.float64]
    why: Callable[[int], str]


_NEEDS = "strategy {!r} needs"


def settle(strategy: str, pool: Pool) -> str:
    """Return the strategy that ``auto`` stands for here, or the strategy itself.

    With neither votes nor enough reviews, what is typical; then what is unsure, spread over
    clusters. Measured in ``bench/people``.
    """
    if strategy != "auto":
        return strategy
    weak = pool.consensus is not None or pool.votes is not None
    if pool.proba is None or (not weak and len(pool.labelled) < COLD_REVIEWS):
        return "typical"
    return "margin-cluster"


def rank(strategy: str, pool: Pool) -> Ranking:
    """Rank the open items by a strategy other than ``auto`` and ``random``.

    Raises
    ------
    SamplingError
        If the strategy needs what was not given.
    """
    if strategy == "typical":
        space = dense(pool.features(), pool.seed)
        item, score = typical_first(space, pool.n, pool.labelled, pool.seed)
        item = item[np.isin(item, pool.open)]
        return Ranking(item, score, lambda _: "typical of a group of items nobody has reviewed")
    if strategy == "teaching":
        if pool.votes is None:
            raise SamplingError(f"{_NEEDS.format(strategy)} votes")
        item, score = most_teaching(pool.votes, pool.agreed(strategy), pool.gold)
        item = item[np.isin(item, pool.open)]
        return Ranking(item, score, lambda _: "its votes are shared by many items: teaches most")
    if strategy == "re-review":
        if pool.gold is None:
            raise SamplingError(f"{_NEEDS.format(strategy)} labelled to be a Gold")
        item, score = suspicious_gold(pool.gold, pool.believed(strategy))
        whole = np.zeros(pool.n_items)
        whole[item] = score
        return Ranking(item, whole, lambda i: f"gold disputed: {_top(pool, i)} without it")
    if strategy == "disagreement":
        agreed, believed = pool.agreed(strategy), pool.believed(strategy)
        score = uncertainty.disagreement(agreed, believed)

        def contested(i: int) -> str:
            voters, student = int(agreed[i].argmax()), int(believed[i].argmax())
            return f"voters say {pool.name(voters)}, student says {pool.name(student)}"

        return _by_score(pool, score, contested)
    proba = pool.believed(strategy)
    if strategy == "least-confidence":
        return _by_score(pool, uncertainty.least_confidence(proba), lambda i: _top(pool, i))
    if strategy == "entropy":
        return _by_score(pool, uncertainty.entropy(proba), lambda i: _top(pool, i))
    score = uncertainty.margin(proba)
    if strategy == "density":
        score = score * typicality(dense(pool.features(), pool.seed))
        return _by_score(pool, score, lambda i: f"{_tie(pool, i)}, and typical")
    return _by_score(pool, score, lambda i: _tie(pool, i))


def _by_score(pool: Pool, score: NDArray[np.float64], why: Callable[[int], str]) -> Ranking:
    # Ties fall at random: by position they would favour the oldest items.
    chance = np.random.default_rng(pool.seed).random(pool.n_items)
    order = np.lexsort((chance[pool.open], -score[pool.open]))
    return Ranking(pool.open[order], score, why)


def _top(pool: Pool, item: int) -> str:
    row = pool.believed("")[item]
    return f"{pool.name(int(row.argmax()))} at only {row.max():.0%}"


def _tie(pool: Pool, item: int) -> str:
    row = pool.believed("")[item]
    first, second = (int(k) for k in np.argsort(-row)[:2])
    return f"{pool.name(first)} {row[first]:.0%} against {pool.name(second)} {row[second]:.0%}"
