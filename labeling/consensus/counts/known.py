"""Posteriors that are kept by pattern, so that what was read once is not read again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.counts.patterns import Patterns


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Posteriors of the patterns that a model was fitted on.

    An item then has the same bytes in whatever part of the votes it is asked about.

    Parameters
    ----------
    key : uint64 array of shape (n_patterns,)
        Hashes of the patterns, in rising order.
    posterior : float array of shape (n_patterns, n_classes)
    """

    key: NDArray[np.uint64]
    posterior: NDArray[np.float64]

    def read(
        self, patterns: Patterns, model: Callable[[Patterns], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return posteriors of ``patterns``, shape (n, n_classes); ``model`` reads the unknown ones."""
        known = np.isin(patterns.key, self.key, assume_unique=True)
        found = np.empty((patterns.n_patterns, self.posterior.shape[1]))
        found[known] = self.posterior[np.searchsorted(self.key, patterns.key[known])]
        if not known.all():
            found[~known] = model(patterns.rows(~known))
        return found
