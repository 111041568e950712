"""Independent ways of reading one panel of voters, and which of them fell for a single class."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.agreement import AgreementWeighted
from labeling.consensus.events import Events
from labeling.consensus.ibcc import IBCC
from labeling.consensus.linear import LinearModel, own_class, vote_shares
from labeling.consensus.one_coin import OneCoin
from labeling.consensus.pattern_ds import PatternDS
from labeling.consensus.patterns import Patterns
from labeling.consensus.posterior import normalised

MEMBERS = ("ibcc", "ibcc_balance", "one_coin", "pattern_ds", "agreement")
"""What is fitted, in order: confusion matrices with a uniform class prior and with an estimated one,
one coin a voter, PatternDS, and weights by agreement with the others."""

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
    """

    models: dict[str, LinearModel]
    patterns: Patterns
    events: Events

    @classmethod
    def fit(
        cls,
        patterns: Patterns,
        events: Events,
        taught: NDArray[np.float64],
        class_balance: ArrayLike | None = None,
    ) -> "Members":
        """Fit every member; ``taught`` counts gold by (pattern, class)."""
        k = events.n_classes
        models: dict[str, LinearModel] = {
            "ibcc": IBCC(k, class_balance=class_balance),
            "ibcc_balance": IBCC(
                k, class_balance=class_balance, estimate_balance=class_balance is None
            ),
            "one_coin": OneCoin(k, class_balance=class_balance),
            "pattern_ds": PatternDS(k, class_balance=class_balance),
            "agreement": AgreementWeighted(k),
        }
        for model in models.values():
            model.fit_patterns(patterns, events, taught)
        return cls(models, patterns.with_votes(), events)

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
        """Share of each pattern's votes by class, shape (n_patterns, n_classes)."""
        return majority_shares(self.patterns.fired, self.events)

    @cached_property
    def posteriors(self) -> dict[str, NDArray[np.float64]]:
        """What each member says of the patterns it was fitted on."""
        return self.read(self.patterns.fired)

    def read(self, fired: sparse.csr_array) -> dict[str, NDArray[np.float64]]:
        """Return what each member says of some patterns, (n_patterns, n_classes) each."""
        return {name: normalised(model.terms(fired).logit()) for name, model in self.models.items()}

    @cached_property
    def given(self) -> dict[str, NDArray[np.float64]]:
        """Share of the items that each member gives each class, and the majority's shares."""
        count = self.patterns.count
        total = max(float(count.sum()), 1.0)
        k = self.events.n_classes
        labels = {
            name: np.bincount(said.argmax(axis=1), count, k) / total
            for name, said in self.posteriors.items()
        }
        return {"majority": count @ self.shares / total, **labels}

    def kept_share(self, name: str) -> float:
        """Return the least part of a common class's votes that a member's labels keep; 1 for all.

        0 where a member never gives a class that the votes often name.
        """
        common = self.given["majority"] > COMMON
        kept = self.given[name][common] / self.given["majority"][common]
        return float(kept.min(initial=np.inf)) if common.any() else 1.0

    def collapsed(self, name: str) -> bool:
        """Tell whether a member hardly gives a class that the votes often name."""
        return self.kept_share(name) < LOST


def majority_shares(fired: sparse.csr_array, events: Events) -> NDArray[np.float64]:
    """Return the share of each pattern's votes by class; equal shares where nobody voted."""
    equal = np.full(events.n_classes, 1.0 / events.n_classes)
    return vote_shares(fired, own_class(events), equal)
