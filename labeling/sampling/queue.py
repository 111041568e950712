"""The learning queue: which items people should review because that teaches most.

Never for measuring: queue labels carry no inclusion probability, and whatever measures refuses gold
without. The audit sample is drawn apart, in ``labeling.sampling.audits.audit``.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from labeling.errors import SamplingError
from labeling.gold import Gold
from labeling.sampling.diversity import dense, unsure_of_clusters
from labeling.sampling.duplicates import collapse, near_duplicates
from labeling.sampling.narrowing import candidates, in_turn, look_up, narrowed
from labeling.sampling.strategies import STRATEGIES, Pool, Ranking, Strategy, rank, settle
from labeling.votes import Votes

RANDOM_SHARE = 0.1
"""Share of a queue drawn at random: it shows what the strategy gains over chance."""

SAME_IMAGE = 0.995
"""Cosine similarity from which items given as features are near-duplicates."""


Pairs = Callable[[NDArray[np.int64]], sparse.csr_matrix]
"""Finds the near-duplicates among the items at some places."""


@dataclass(frozen=True, slots=True, eq=False)
class Queue:
    """Items to review, in order, and why each is there.

    Attributes
    ----------
    item : int array of shape (n,)
        Item indices, in the order to hand out.
    strategy : list of str
        ``random`` for the random share, else the strategy that chose the item.
    why : list of str
        The reason in words, for the reviewer's page and the record.
    score : float array of shape (n,)
        The strategy's score; 0 for the random share.
    probability : float array of shape (n,)
        Chance of the item to be drawn by the random share, in (0, 1]; NaN where the strategy
        chose it, which is not a draw.
    """

    item: NDArray[np.int64]
    strategy: list[str]
    why: list[str]
    score: NDArray[np.float64]
    probability: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.item)


def choose_queue(
    items: Sequence[str] | NDArray[Any],
    proba: NDArray[np.float64] | None,
    n: int,
    *,
    strategy: Strategy | str = "auto",
    labelled: Gold | NDArray[np.int64] | None = None,
    seed: int = 0,
    consensus: NDArray[np.float64] | None = None,
    votes: Votes | None = None,
    features: Any = None,
    classes: Sequence[str] | None = None,
    random_share: float = RANDOM_SHARE,
    pairs: sparse.csr_matrix | Pairs | None = None,
    first: NDArray[np.bool_] | None = None,
) -> Queue:
    """Choose the items to review next; near-duplicates collapse to one.

    Of very many items the most doubtful and some at random are looked at, see
    :data:`labeling.sampling.narrowing.MOST_CANDIDATES`; the random share's probability is that of both draws.

    Parameters
    ----------
    items : sequence of str, or float array of shape (n_items, d)
        Texts, or features of anything else.
    proba : float array of shape (n_items, K), optional
        Of the labels as they would be published: the student's pooled with the voters', or
        whatever there is. For ``disagreement`` the student's alone.
    n : int
        Entries wanted, at least 1; fewer come back when fewer are left.
    strategy : str
        One of :data:`~labeling.sampling.strategies.STRATEGIES`. ``auto`` is ``typical`` for the
        cold start and ``margin-cluster`` after it.
    labelled : Gold or int array, optional
        What is reviewed already; it is not asked again, nor are its near-duplicates.
    seed : int
        Of the random share, the clusters and ties.
    consensus, votes : optional
        The label model's posterior and its votes, for ``disagreement`` and ``teaching``.
    features : matrix of shape (n_items, d), or a callable that returns it, optional
        Where similarity is looked up; TF-IDF of the texts if not given.
    classes : sequence of str, optional
        Names for the reasons.
    random_share : float
        In 0..1.
    pairs : csr_matrix of bool, or a callable, optional
        Near-duplicates, to spare finding them again each round; or what finds them among the items
        at some places. See :func:`labeling.sampling.duplicates.near_duplicates`.
    first : bool array of shape (n_items,), optional
        Items that the strategy chooses half of its part from before all others: those nobody could
        label. The random share is drawn from all.

    Raises
    ------
    SamplingError
        If the strategy is unknown, lacks what it needs, or sizes do not fit.

    Examples
    --------
    >>> texts = ["free prize", "FREE prize!", "lunch?", "call me", "see you there"]
    >>> proba = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1], [0.8, 0.2], [0.95, 0.05]])
    >>> queue = choose_queue(texts, proba, 2, strategy="margin", random_share=0)
    >>> [texts[i] for i in queue.item][1], queue.why[1]
    ('call me', 'class 0 80% against class 1 20%')
    """
    n_items = len(items)
    _check(n_items, proba, consensus, votes, n, strategy, random_share)
    gold = labelled if isinstance(labelled, Gold) else None
    done = gold.item if gold is not None else labelled
    done = np.empty(0, dtype=np.int64) if done is None else np.asarray(done, dtype=np.int64)
    if len(done) and not 0 <= int(done.min()) <= int(done.max()) < n_items:
        raise SamplingError(f"labelled has item {int(done.max())}, but there are {n_items} items")
    open_items = np.setdiff1d(np.arange(n_items), done)
    if not len(open_items) and strategy != "re-review":
        return _queue([], [])

    pool = Pool(
        n_items, open_items, done, proba, consensus, votes, gold,
        look_up(items, features), tuple(classes) if classes else None, n, seed,
    )  # fmt: skip
    chosen = settle(strategy, pool)
    if chosen == "re-review":
        ranking = rank(chosen, pool)
        return _queue([(chosen, i, ranking) for i in ranking.item[:n].tolist()], [])

    place, by_chance = candidates(pool, chosen, first)
    if len(place) < n_items:
        pool, items, first = narrowed(pool, items, features, first, place)
    near = _near(items if pairs is None else pairs, place)
    rng = np.random.default_rng(seed)
    frame = collapse(rng.permutation(by_chance), near, pool.labelled)
    n_random = min(n if chosen == "random" else int(np.ceil(random_share * n)), len(frame))
    drawn = frame[:n_random]
    picks: list[tuple[str, int, Ranking]] = []
    if n > n_random and chosen != "random":
        seen = np.concatenate([pool.labelled, drawn])
        for some, upto in in_turn(pool.open, first, n - n_random):
            left = upto - len(picks)
            if left <= 0 or not len(some):
                continue
            ranking = rank(chosen, replace(pool, open=some))
            kept = collapse(ranking.item, near, seen)
            if chosen == "margin-cluster" and len(kept) > left > 0:
                space = dense(pool.features(), seed)
                kept = unsure_of_clusters(space, ranking.score, kept, left, seed)
            picks += [(chosen, i, ranking) for i in kept[:left].tolist()]
            seen = np.concatenate([seen, kept[:left]])
    looked = len(by_chance) / max(len(open_items), 1)
    at_random = [(i, looked * n_random / len(frame)) for i in drawn.tolist()]
    queue = _queue(picks, at_random, rng)
    return replace(queue, item=place[queue.item])


def _near(
    known: "sparse.csr_matrix | Pairs | Sequence[str] | NDArray[Any]", place: NDArray[np.int64]
) -> sparse.csr_matrix:
    """Return the near-duplicates among the items at some places."""
    if callable(known):
        return known(place)
    if sparse.issparse(known):
        return sparse.csr_matrix(known[place][:, place])
    return _pairs(known)


def _queue(
    picks: list[tuple[str, int, Ranking]],
    at_random: list[tuple[int, float]],
    rng: np.random.Generator | None = None,
) -> Queue:
    """Mix the random share in at random places, so that half a queue has half of it too."""
    total = len(picks) + len(at_random)
    places = np.zeros(total, dtype=bool)
    if rng is not None:
        places[rng.permutation(total)[: len(at_random)]] = True
    next_pick, next_random = iter(picks), iter(at_random)
    rows: list[tuple[int, str, str, float, float]] = []
    for random_here in places.tolist():
        if random_here:
            item, p = next(next_random)
            rows.append((item, "random", f"drawn at random, probability {p:.3g}", 0.0, p))
        else:
            name, item, ranking = next(next_pick)
            score = float(ranking.score[item])
            rows.append((item, name, ranking.why(item), score, float("nan")))
    return Queue(
        np.array([row[0] for row in rows], dtype=np.int64),
        [row[1] for row in rows],
        [row[2] for row in rows],
        np.array([row[3] for row in rows], dtype=np.float64),
        np.array([row[4] for row in rows], dtype=np.float64),
    )


def _pairs(items: Sequence[str] | NDArray[Any]) -> sparse.csr_matrix:
    if not isinstance(items, np.ndarray):
        return near_duplicates(items)
    flat = normalize(items.reshape(len(items), -1).astype(np.float64))
    radius = float(np.sqrt(2 - 2 * SAME_IMAGE))
    near = NearestNeighbors(radius=radius).fit(flat).radius_neighbors_graph()
    return sparse.csr_matrix(near.astype(bool))


def _check(
    n_items: int,
    proba: NDArray[np.float64] | None,
    consensus: NDArray[np.float64] | None,
    votes: Votes | None,
    n: int,
    strategy: str,
    random_share: float,
) -> None:
    if strategy not in STRATEGIES:
        raise SamplingError(f"no strategy {strategy!r}; there are {', '.join(STRATEGIES)}")
    if n < 1:
        raise SamplingError(f"a queue has at least 1 entry, but {n} were asked for")
    if not 0 <= random_share <= 1:
        raise SamplingError(f"the random share lies in 0..1, got {random_share}")
    for name, value in (("proba", proba), ("consensus", consensus)):
        if value is not None and (value.ndim != 2 or len(value) != n_items):
            raise SamplingError(
                f"{name} has shape {value.shape}, but there are {n_items} items: one row for each"
            )
    if votes is not None and votes.n_items != n_items:
        raise SamplingError(f"votes are about {votes.n_items} items, but there are {n_items}")
