"""Which model to publish: never one that is known to be worse than the majority."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.events import Events
from labeling.consensus.gold_head import GoldHead
from labeling.consensus.linear import LinearModel, count_gold, own_class, vote_shares
from labeling.consensus.one_coin import OneCoin
from labeling.consensus.pattern_ds import PatternDS
from labeling.consensus.patterns import Patterns
from labeling.consensus.posterior import TIE, normalised
from labeling.consensus.redundancy import event_weights
from labeling.gold import Gold
from labeling.quality.calibration import Calibration, calibration

CLEARLY_BETTER = 0.11
"""Share of the (penalised) log likelihood by which confusion matrices must beat one coin a voter."""

MANY_COPIES = 0.2
"""Share of the votes that are echoes of others, above which one coin a voter is not considered."""

MIN_HEAD = 10
"""Reviewed items below which the gold head is not fitted."""

FOLDS = 5
"""Parts that gold is cut into, to see how a model does on gold that it was not taught."""

WORSE = -1.0
"""Standard errors under the majority, on gold it was not taught, at which a model is dropped."""

ALMOST = 1 - 1e-9
"""Stands for certainty where a weighted mean of certainties might round above 1."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A fitted model and why it was taken."""

    model: LinearModel
    method: str
    why: str


def by_likelihood(
    patterns: Patterns,
    events: Events,
    taught: NDArray[np.float64],
    class_balance: ArrayLike | None,
) -> Choice:
    """Choose between confusion matrices and one coin a voter by penalised likelihood.

    Only where every voter answers when asked: for rules the choice to speak is the evidence, and
    one coin has no place for it. Schwarz's penalty, ``log(n) / 2`` a parameter. Items that are hard
    for everybody make confusion matrices fit better than they are, hence
    :data:`CLEARLY_BETTER`.
    """
    full = PatternDS(events.n_classes, class_balance=class_balance)
    full.fit_patterns(patterns, events, taught)
    if events.n_levels > 1:
        return Choice(full, "pattern_ds", "it is the model that listens to confidences")
    if not full.asked_.all():
        why = "the voters are rules, and when a rule speaks is part of what it says"
        return Choice(full, "pattern_ds", why)
    votes = np.asarray(patterns.fired.T @ patterns.count).sum()
    shared = event_weights(patterns.fired, full.redundancy_)
    echoes = 1 - float(np.asarray(shared.T @ patterns.count).sum()) / max(float(votes), 1.0)
    if echoes > MANY_COPIES:
        why = f"{echoes:.0%} of the votes are echoes of others, which this model discounts"
        return Choice(full, "pattern_ds", why)
    coin = OneCoin(events.n_classes, class_balance=class_balance)
    coin.fit_patterns(patterns, events, taught)
    n_covered = float(patterns.count[patterns.covered].sum())
    penalty = np.log(max(n_covered, 1.0)) / 2
    spoke = len(np.unique(events.voter[patterns.fired.indices]))
    cells = events.n_classes * (events.n_classes - 1)
    full_score = full.log_likelihood_ - penalty * spoke * cells
    coin_score = coin.log_likelihood_ - penalty * spoke
    gain = (full_score - coin_score) / max(abs(coin_score), 1e-12)
    if gain > CLEARLY_BETTER:
        why = (
            f"a confusion matrix for each voter explains the votes {gain:.0%} better than one coin"
        )
        return Choice(full, "pattern_ds", why)
    why = f"confusion matrices explain the votes only {gain:+.0%} better than one coin a voter"
    return Choice(coin, "one_coin", why)


def refitted(
    choice: Choice,
    patterns: Patterns,
    taught: NDArray[np.float64],
    class_balance: ArrayLike | None,
) -> LinearModel:
    """Fit the chosen kind of model again, on other gold."""
    kind = OneCoin if choice.method == "one_coin" else PatternDS
    model = kind(choice.model.n_classes, class_balance=class_balance)
    return model.fit_patterns(patterns, choice.model.events_, taught)


def fitted_head(model: LinearModel, patterns: Patterns, gold: Gold) -> GoldHead | None:
    """Fit the gold head, if the gold was drawn at random and is enough."""
    seen = patterns.covered[patterns.of_item[gold.item]]
    if gold.probability is None or seen.sum() < MIN_HEAD:
        return None
    row = patterns.of_item[gold.item[seen]]
    terms = model.sobered_terms(patterns.fired[row])
    return GoldHead(model.events_).fit(terms, gold.label[seen], 1 / gold.probability[seen])


def cross_fitted(
    choice: Choice,
    patterns: Patterns,
    gold: Gold,
    class_balance: ArrayLike | None,
    random_state: int,
) -> NDArray[np.float64]:
    """Return posteriors of the gold items by models that were not taught them.

    Returns
    -------
    float array of shape (n_gold, n_classes)
    """
    n_classes = choice.model.n_classes
    fold = np.random.default_rng(random_state).permutation(gold.n_gold) % FOLDS
    posterior = np.empty((gold.n_gold, n_classes))
    for part in range(min(FOLDS, gold.n_gold)):
        out = fold == part
        rest = Gold(
            gold.item[~out],
            gold.label[~out],
            None if gold.probability is None else gold.probability[~out],
        )
        taught = count_gold(patterns, rest, n_classes)
        model = refitted(choice, patterns, taught, class_balance)
        head = fitted_head(model, patterns, rest)
        terms = model.sobered_terms(patterns.fired[patterns.of_item[gold.item[out]]])
        posterior[out] = normalised(terms.logit() if head is None else head.logit(terms))
    return posterior


@dataclass(frozen=True, slots=True)
class Comparison:
    """Model against majority on gold that the model was not taught.

    Parameters
    ----------
    n : int
        Gold items with votes.
    model, majority : float
        Accuracy of each, 0..1, ties at their expectation, weighted to the population.
    deviations : float
        Their difference, in standard errors of the paired differences.
    log_loss : float
        Of the model, in nats an item.
    """

    n: int
    model: float
    majority: float
    deviations: float
    log_loss: float


def against_majority(
    posterior: NDArray[np.float64], patterns: Patterns, events: Events, gold: Gold
) -> Comparison:
    """Compare cross-fitted posteriors with the majority, on gold items that have votes."""
    row = patterns.of_item[gold.item]
    seen = patterns.covered[row]
    prior = np.full(events.n_classes, 1.0 / events.n_classes)
    share = vote_shares(patterns.fired[row], own_class(events), prior)
    weight = (np.ones(gold.n_gold) if gold.probability is None else 1 / gold.probability)[seen]
    ours = hits(posterior, gold.label)[seen]
    theirs = hits(share, gold.label)[seen]
    if not seen.any():
        return Comparison(0, float("nan"), float("nan"), 0.0, float("nan"))
    given = posterior[np.arange(gold.n_gold), gold.label][seen]
    gap = weight * (ours - theirs)
    spread = float(np.sqrt(np.sum(gap**2)))
    total = float(weight.sum())
    return Comparison(
        int(seen.sum()),
        float(weight @ ours) / total,
        float(weight @ theirs) / total,
        float(gap.sum()) / spread if spread > 0 else 0.0,
        float(weight @ -np.log(np.maximum(given, 1e-12))) / total,
    )


def calibrated(posterior: NDArray[np.float64], patterns: Patterns, gold: Gold) -> Calibration:
    """Compare the confidence of cross-fitted posteriors with gold, on items that have votes."""
    seen = patterns.covered[patterns.of_item[gold.item]]
    sure = np.minimum(posterior[seen].max(axis=1, initial=0.0), ALMOST)
    weight = None if gold.probability is None else 1 / gold.probability[seen]
    return calibration(sure, hits(posterior[seen], gold.label[seen]), weight)


def hits(score: NDArray[np.float64], label: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how right each row is: 1 over the number of leaders if the truth leads, else 0."""
    leads = score >= score.max(axis=1, keepdims=True) - TIE
    return leads[np.arange(len(label)), label] / np.maximum(leads.sum(axis=1), 1)
