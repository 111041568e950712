"""What gold decides over all questions: what to correct, and where the majority is better."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.selection import FEW_REVIEWS, FOLDS, MIN_HEAD, WORSE
from labeling.consensus.several.head import Head, Reading
from labeling.thresholds import threshold

BETTER = 1.0
"""Standard errors by which knowing how classes go together has to be better to be used."""

FAR_WORSE = -1.645
"""Standard errors of F1 under the majority at which a question is left to it. Of many questions some
look worse by chance: one in twenty at this, one in six at one standard error."""

ITEMS_BELIEVED = 20_000
"""Items whose posteriors thresholds are chosen by, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """Reviewed items, a row each and a column a question.

    Parameters
    ----------
    row : int array of shape (n_items,)
        Their rows among all items.
    yes, seen : bool arrays of shape (n_items, n_questions)
        What people said, and whether they said anything where there are votes.
    weight : float array of shape (n_items, n_questions)
        Inverse inclusion probabilities; 0 where nothing was seen.
    share : float array of shape (n_items, n_questions)
        Share of the votes that say yes, half a vote for each answer added.
    """

    row: NDArray[np.int64]
    yes: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    weight: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What gold says.

    Parameters
    ----------
    head : Head or None
        The correction, unless it was too little or did worse than none.
    thresholds : float array of shape (n_questions,)
        Of the share of yes where the majority does better, of the probability elsewhere.
    majority : bool array of shape (n_questions,)
        Questions in which the majority does better.
    chance : float array of shape (n_reviewed, n_questions)
        Probabilities of yes of the reviewed items, by corrections that were not taught them.
    given : float array of shape (n_reviewed, n_questions)
        Labels by these: 1 for yes, 0 for no, 0.5 for a tie.
    why : str
        In plain words.
    """

    head: Head | None
    thresholds: NDArray[np.float64]
    majority: NDArray[np.bool_]
    chance: NDArray[np.float64]
    given: NDArray[np.float64]
    why: str


def judge(said: Reading, spoken: NDArray[np.bool_], gold: Reviewed, random_state: int) -> Verdict:
    """Let gold that was drawn at random correct the consensus, or choose beside it.

    The correction is dropped where its log loss is worse than that of the consensus on items that it
    was not taught; how classes go together is left out unless that lowers the log loss; and a
    question whose F1 is worse than the majority's is left to the majority. That has one threshold for
    all classes, from the same gold: where each vote names one class of many, few classes have half of them.

    Parameters
    ----------
    said : Reading
        Of all items.
    spoken : bool array of shape (n_items, n_questions)
        Where there are votes.
    gold : Reviewed
    random_state : int
    """
    n = len(gold.row)
    fold = np.random.default_rng(random_state).permutation(n) % FOLDS
    without = said.chance[gold.row]
    if n < MIN_HEAD:
        thresholds = choose(said.chance, spoken)
        given = np.asarray(without > thresholds, dtype=np.float64)
        nobody = np.zeros(said.base.shape[1], dtype=np.bool_)
        return Verdict(None, thresholds, nobody, without, given, f"{n} reviewed items are too few")
    alone, together = (_unseen(said, gold, fold, together=t) for t in (False, True))
    kept, unseen = False, alone
    if _better(together, alone, gold) > BETTER:
        kept, unseen = True, together
    gain = _better(unseen, without, gold)
    used = gain > (0.0 if n < FEW_REVIEWS else WORSE)
    head = _taught(said, gold, np.arange(n), together=kept) if used else None
    unseen = unseen if used else without
    chance = said.chance if head is None else head.chance(said)
    thresholds = choose(chance, spoken, gold, unseen)
    given, votes = np.empty(unseen.shape), np.empty(unseen.shape)
    for part in range(FOLDS):
        out, rest = fold == part, fold != part
        given[out] = unseen[out] > choose(chance, spoken, gold, unseen, rest)
        votes[out] = _majority(gold.share[out], _cut(gold, rest))
    majority = np.array(
        [_worse(given[:, q], votes[:, q], gold, q) < FAR_WORSE for q in range(said.base.shape[1])],
        dtype=np.bool_,
    )
    given[:, majority] = votes[:, majority]
    thresholds[majority] = _cut(gold, np.ones(n, dtype=np.bool_))
    return Verdict(head, thresholds, majority, unseen, given, _why(n, head))


def choose(
    chance: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    gold: Reviewed | None = None,
    unseen: NDArray[np.float64] | None = None,
    rows: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return a threshold for F1 by class, shape (n_questions,), by posteriors and by gold if any."""
    found = np.full(chance.shape[1], 0.5)
    every = max(len(chance) // ITEMS_BELIEVED, 1)
    for q in range(len(found)):
        believed = chance[spoken[:, q], q][::every]
        none = np.zeros(0)
        reviewed = none, none.astype(np.bool_), none
        if gold is not None and unseen is not None:
            at = gold.seen[:, q] if rows is None else gold.seen[:, q] & rows
            reviewed = unseen[at, q], gold.yes[at, q], gold.weight[at, q]
        if len(believed):
            found[q] = threshold(*reviewed, believed=believed)
    return found


def _taught(said: Reading, gold: Reviewed, at: NDArray[np.int64], *, together: bool) -> Head:
    head = Head(together=together)
    return head.fit(said.rows(gold.row[at]), gold.yes[at], gold.weight[at])


def _unseen(
    said: Reading, gold: Reviewed, fold: NDArray[np.int64], *, together: bool
) -> NDArray[np.float64]:
    """Return probabilities of the reviewed items by heads that were not taught them."""
    found = np.empty(gold.yes.shape)
    for part in range(FOLDS):
        head = _taught(said, gold, np.flatnonzero(fold != part), together=together)
        out = fold == part
        found[out] = head.chance(said.rows(gold.row[out]))
    return found


def _better(one: NDArray[np.float64], other: NDArray[np.float64], gold: Reviewed) -> float:
    """Return by how much less log loss ``one`` has, in standard errors; an item's questions are one."""
    gap = np.log(_stated(one, gold)) - np.log(_stated(other, gold))
    by_item = (gold.weight * gap).sum(axis=1)
    spread = float(np.sqrt(np.sum(by_item**2)))
    return float(by_item.sum()) / spread if spread > 0 else 0.0


def _stated(chance: NDArray[np.float64], gold: Reviewed) -> NDArray[np.float64]:
    return np.maximum(np.where(gold.yes, chance, 1 - chance), 1e-6)


def _worse(given: NDArray[np.float64], other: NDArray[np.float64], gold: Reviewed, q: int) -> float:
    """Return F1 less that of the other, in standard errors of their linearised difference."""
    weight, yes = gold.weight[:, q], gold.yes[:, q]
    ours, theirs = (_f1(one, yes, weight) for one in (given, other))
    spread = float(np.sqrt(np.sum((ours[1] - theirs[1]) ** 2)))
    return (ours[0] - theirs[0]) / spread if spread > 0 else 0.0


def _f1(
    given: NDArray[np.float64], yes: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return F1 and what each item moves it by."""
    union = float(weight @ (given + yes))
    if union <= 0:
        return 0.0, np.zeros(len(given))
    score = float(2 * weight @ (given * yes)) / union
    return score, weight * (2 * given * yes - score * (given + yes)) / union


def _cut(gold: Reviewed, rows: NDArray[np.bool_]) -> float:
    """Return the share of yes from which on the majority gives a class, the same for all classes."""
    seen = gold.seen & rows[:, None]
    return threshold(gold.share[seen], gold.yes[seen], gold.weight[seen])


def _majority(share: NDArray[np.float64], cut: float) -> NDArray[np.float64]:
    """Return 1 where the share of yes is above the cut, 0 where it is below, 0.5 for a tie."""
    return (1 + np.sign(share - cut)) / 2


def _why(n: int, head: Head | None) -> str:
    if head is None:
        return f"{n} reviewed items show that what voters agree on is better left alone"
    also = ", and how classes go together" if head.together else ""
    return f"what voters agree on, corrected by {n} reviewed items over all classes{also}"
