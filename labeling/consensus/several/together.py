"""What the label models of all questions say together: of voters, of pairs of them, of themselves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.vote_counts import count_votes
from labeling.consensus.selection import BALANCE_PRIOR, Comparison
from labeling.consensus.several.verdict import Reviewed
from labeling.consensus.trust import Correlated
from labeling.consensus.voters import Voter, believed_voters, measured_voters
from labeling.gold import Gold
from labeling.quality.estimates.calibration import Calibration, calibration
from labeling.votes import Votes

TIED = 0.5
"""A label that is neither yes nor no."""


def voters_over_questions(
    votes: Votes, posterior: NDArray[np.float64], gold: Gold | None
) -> list[Voter]:
    """Describe every voter over all questions, given the posteriors, shape (n_units, 2)."""
    events = Events.of(votes)
    counts, of_unit = count_votes(votes, events, gold)
    mean = np.stack(
        [np.bincount(of_unit, p, counts.patterns.n_patterns) for p in posterior.T], axis=1
    )
    mean /= np.maximum(counts.patterns.count, 1.0)[:, None]
    return believed_voters(counts.patterns, events, mean, measured_voters(counts))


def repeated(pairs: Sequence[Sequence[Correlated]]) -> list[Correlated]:
    """List the pairs of voters that repeat each other in any question, the most alike first.

    Examples
    --------
    >>> repeated([[Correlated(0, 1, 0.4)], [Correlated(0, 1, 0.7), Correlated(1, 2, 0.5)]])
    [Correlated(first=0, second=1, share=0.7), Correlated(first=1, second=2, share=0.5)]
    """
    most: dict[tuple[int, int], float] = {}
    for pair in (one for found in pairs for one in found):
        key = pair.first, pair.second
        most[key] = max(most.get(key, 0.0), pair.share)
    found = [Correlated(*key, share) for key, share in most.items()]
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def compared(gold: Reviewed, given: NDArray[np.float64], chance: NDArray[np.float64]) -> Comparison:
    """Compare labels with the majority over all questions; those of one item count as one.

    Parameters
    ----------
    gold : Reviewed
    given, chance : float arrays of shape (n_items, n_questions)
        Labels, 0.5 for a tie, and probabilities of yes, neither taught these items.
    """
    weight = gold.weight
    total = float(weight.sum())
    if total <= 0:
        return Comparison(0, float("nan"), float("nan"), 0.0, float("nan"))
    majority = (1 + np.sign(gold.share - 0.5)) / 2
    ours, theirs = (1 - np.abs(one - gold.yes) for one in (given, majority))
    gap = (weight * (ours - theirs)).sum(axis=1)
    spread = float(np.sqrt(gap @ gap))
    stated = np.maximum(np.where(gold.yes, chance, 1 - chance), 1e-12)
    return Comparison(
        int(gold.seen.sum()),
        float(np.sum(weight * ours)) / total,
        float(np.sum(weight * theirs)) / total,
        float(gap.sum()) / spread if spread > 0 else 0.0,
        float(np.sum(weight * -np.log(stated))) / total,
    )


def calibrated(
    gold: Reviewed, given: NDArray[np.float64], chance: NDArray[np.float64]
) -> Calibration:
    """Compare how sure labels are with gold; see :func:`compared`."""
    at = gold.seen & (given != TIED)
    sure = np.where(given > TIED, chance, 1 - chance)[at]
    return calibration(sure, (given == gold.yes)[at], gold.weight[at])


def by_question(texts: Sequence[str], names: Sequence[str]) -> str:
    """Say one thing of all questions: once where it is the same, else by question.

    Examples
    --------
    >>> by_question(["ensemble", "ensemble"], ["spam", "praise"])
    'ensemble'
    >>> by_question(["ensemble", "majority", "ensemble"], ["spam", "praise", "order"])
    'spam, order: ensemble; praise: majority'
    """
    by_text: dict[str, list[str]] = {}
    for text, name in zip(texts, names, strict=True):
        by_text.setdefault(text, []).append(name)
    if len(by_text) == 1:
        return texts[0]
    return "; ".join(f"{', '.join(of)}: {text}" for text, of in by_text.items())


def each_once(texts: Sequence[Sequence[str]], names: Sequence[str]) -> list[str]:
    """List what is said of the questions, each thing once, with the questions it is said of.

    Examples
    --------
    >>> each_once([["nobody voted"], ["nobody voted", "two repeat each other"]], ["spam", "praise"])
    ['nobody voted', 'praise: two repeat each other']
    """
    by_text: dict[str, list[str]] = {}
    for said, name in zip(texts, names, strict=True):
        for text in said:
            by_text.setdefault(text, []).append(name)
    return [
        text if len(of) == len(names) else f"{', '.join(of)}: {text}"
        for text, of in by_text.items()
    ]


def balance_of(balance: NDArray[np.float64], gold: Reviewed) -> NDArray[np.float64]:
    """Return shares of yes, the votes' idea of them corrected by gold that was drawn at random."""
    total = float(gold.weight.sum())
    weight = gold.weight * (int(gold.seen.sum()) / total) if total else gold.weight
    return ((weight * gold.yes).sum(axis=0) + BALANCE_PRIOR * balance) / (
        weight.sum(axis=0) + BALANCE_PRIOR
    )
