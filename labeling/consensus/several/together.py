"""What the label models of all questions say together: of voters, of pairs of them, of themselves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.events import Events
from labeling.consensus.selection import Comparison
from labeling.consensus.trust import Correlated
from labeling.consensus.vote_counts import count_votes
from labeling.consensus.voters import Voter, believed_voters, measured_voters
from labeling.gold import Gold
from labeling.votes import Votes


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


def compared(comparisons: Sequence[Comparison | None]) -> Comparison | None:
    """Return the comparisons of all questions as one, each counted by its gold.

    ``deviations`` add up as those of independent questions do (Stouffer).

    Examples
    --------
    >>> compared([Comparison(10, 0.9, 0.8, 1.0, 0.2), Comparison(30, 0.7, 0.8, -1.0, 0.6), None])
    Comparison(n=40, model=0.75, majority=0.8, deviations=0.0, log_loss=0.5)
    """
    found = [one for one in comparisons if one is not None and one.n]
    if not found:
        return None
    n = np.array([one.n for one in found])
    model, majority, log_loss = (
        round(float(n @ [getattr(one, part) for one in found]) / float(n.sum()), 12)
        for part in ("model", "majority", "log_loss")
    )
    together = float(sum(one.deviations for one in found)) / float(np.sqrt(len(found)))
    return Comparison(int(n.sum()), model, majority, together, log_loss)


def told(texts: Sequence[str], names: Sequence[str]) -> str:
    """Say one thing of all questions: once where it is the same, else by question.

    Examples
    --------
    >>> told(["ensemble", "ensemble"], ["spam", "praise"])
    'ensemble'
    >>> told(["ensemble", "majority", "ensemble"], ["spam", "praise", "order"])
    'spam, order: ensemble; praise: majority'
    """
    by_text: dict[str, list[str]] = {}
    for text, name in zip(texts, names, strict=True):
        by_text.setdefault(text, []).append(name)
    if len(by_text) == 1:
        return texts[0]
    return "; ".join(f"{', '.join(of)}: {text}" for text, of in by_text.items())
