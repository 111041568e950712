"""Independent ways of reading one panel of voters, and which of them fell for a single class."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import leaders, normalised
from labeling.consensus.models.agreement import AgreementWeighted
from labeling.consensus.models.ibcc import IBCC
from labeling.consensus.models.one_coin import OneCoin
from labeling.consensus.models.panel import ALWAYS
from labeling.consensus.models.pattern_ds import PatternDS
from labeling.consensus.models.redundancy import event_weights

MEMBERS = ("ibcc", "ibcc_balance", "one_coin", "pattern_ds", "agreement")
"""What is fitted, in order: confusion matrices with a uniform class prior and with an estimated one,
one coin a voter, PatternDS, and weights by agreement with the others."""

COPY = 0.95
"""Redundancy from which on a person or model is a copy of another."""

COMMON = 0.02
"""Share of the votes above which a class is missed when a member hardly gives it."""

LOST = 0.2
"""A member that gives a common class less than this share of what the votes give it has collapsed."""


@dataclass(frozen=True)
class Members:
    """The members, fitted on the same patterns.

    Parameters
    ----------
    models : dict of LinearModel
        By name, see :data:`MEMBERS`.
    patterns : Patterns
        What they were fitted on, items without a vote left out.
    events : Events
        Numbering of the events.
    echoes : sparse array of shape (n_events, n_events)
        How far two events are one vote to the members, 0..1.
    told : bool
        Whether they were told the shares of the classes.
    """

    models: dict[str, LinearModel]
    patterns: Patterns
    events: Events
    echoes: sparse.csr_array
    told: bool = False

    @classmethod
    def fit(
        cls,
        patterns: Patterns,
        events: Events,
        taught: NDArray[np.float64],
        class_balance: ArrayLike | None = None,
    ) -> "Members":
        """Fit every member; ``taught`` counts gold by (pattern, class).

        PatternDS finds the votes that are echoes of others; to the rest they are one vote.
        """
        k = events.n_classes
        pattern_ds = PatternDS(k, class_balance=class_balance)
        pattern_ds.fit_patterns(patterns, events, taught)
        models: dict[str, LinearModel] = {
            "ibcc": IBCC(k, class_balance=class_balance),
            "ibcc_balance": IBCC(
                k, class_balance=class_balance, estimate_balance=class_balance is None
            ),
            "one_coin": OneCoin(k, class_balance=class_balance),
            "agreement": AgreementWeighted(k),
        }
        echoes = _echoes(pattern_ds, events)
        shared = replace(patterns, fired=event_weights(patterns.fired, echoes))
        for model in models.values():
            model.fit_patterns(shared, events, taught)
        models["pattern_ds"] = pattern_ds
        return cls(models, patterns.with_votes(), events, echoes, class_balance is not None)

    @property
    def agreement(self) -> AgreementWeighted:
        """The member that weighs voters by their agreement with the others."""
        return cast("AgreementWeighted", self.models["agreement"])

    @property
    def pattern_ds(self) -> PatternDS:
        """The member that knows which votes are echoes of others."""
        return cast("PatternDS", self.models["pattern_ds"])

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Share of each pattern's votes by class, echoes counted once, (n_patterns, n_classes)."""
        return majority_shares(self.heard(self.patterns.fired), self.events)

    @cached_property
    def posteriors(self) -> dict[str, NDArray[np.float64]]:
        """What each member says of the patterns it was fitted on."""
        return self.read(self.patterns.fired)

    def read(self, fired: sparse.csr_array) -> dict[str, NDArray[np.float64]]:
        """Return what each member says of some patterns, (n_patterns, n_classes) each."""
        shared = self.heard(fired)
        return {
            name: normalised(model.terms(fired if name == "pattern_ds" else shared).logit())
            for name, model in self.models.items()
        }

    def counted(self, fired: sparse.csr_array) -> sparse.csr_array:
        """Return patterns as the majority counts them: echoes once, but of models all in full.

        Models that answer everything and mostly alike may well be right alike.
        """
        return event_weights(fired, self._part_time_echoes)

    @cached_property
    def _part_time_echoes(self) -> sparse.csr_array:
        cast = np.bincount(
            self.events.voter,
            np.asarray(self.patterns.fired.T @ self.patterns.count),
            self.events.n_voters,
        )
        part_time = (cast < ALWAYS * float(self.patterns.count.sum()))[self.events.voter]
        pairs = sparse.coo_array(self.echoes)
        one = part_time[pairs.row] & part_time[pairs.col]
        place = (pairs.row[one], pairs.col[one])
        return sparse.csr_array((pairs.data[one], place), shape=pairs.shape)

    def heard(self, fired: sparse.csr_array) -> sparse.csr_array:
        """Return patterns in which votes that are echoes of each other count as one together."""
        return event_weights(fired, self.echoes)

    @cached_property
    def given(self) -> dict[str, NDArray[np.float64]]:
        """Share of the items that each member gives each class, and the majority's shares."""
        count = self.patterns.count
        total = max(float(count.sum()), 1.0)
        labels = {name: count @ leaders(said) / total for name, said in self.posteriors.items()}
        return {"majority": count @ self.shares / total, **labels}

    def kept_share(self, name: str) -> float:
        """Return the least part of a common class's votes that a member's labels keep; 1 for all.

        0 where a member never gives a class that the votes often name.
        """
        common = self.given["majority"] > COMMON
        kept = self.given[name][common] / self.given["majority"][common]
        return float(kept.min(initial=np.inf)) if common.any() else 1.0

    def collapsed(self, name: str) -> bool:
        """Tell whether a member hardly gives a class that the votes often name.

        Members that were told the shares of the classes may well do so.
        """
        return not self.told and self.kept_share(name) < LOST


def _echoes(pattern_ds: PatternDS, events: Events) -> sparse.csr_array:
    """Return which events are one vote: of rules that fire together, and of copies of any voter.

    People and models that err alike are no copies: what it means is the members' to find out.
    """
    pairs = sparse.coo_array(pattern_ds.redundancy_)
    rule = ~pattern_ds.asked_[events.voter]
    one = (rule[pairs.row] & rule[pairs.col]) | (pairs.data >= COPY)
    place = (pairs.row[one], pairs.col[one])
    return sparse.csr_array((pairs.data[one], place), shape=pairs.shape)


def majority_shares(fired: sparse.csr_array, events: Events) -> NDArray[np.float64]:
    """Return the share of each pattern's votes by class; equal shares where nobody voted."""
    equal = np.full(events.n_classes, 1.0 / events.n_classes)
    return vote_shares(fired, own_class(events), equal)
