"""Which sets of classes a task allows, and the likeliest of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Limits:
    """What a set of classes may be.

    Parameters
    ----------
    at_most : int, optional
        Classes of one item.
    none_allowed : bool
        Whether no class at all is an answer.
    excludes : tuple of tuple of str
        Groups of classes of which at most one applies.
    """

    at_most: int | None = None
    none_allowed: bool = True
    excludes: tuple[tuple[str, ...], ...] = ()

    def problem(self, names: Iterable[str]) -> str | None:
        """Say why a set of classes is not allowed; None if it is.

        Examples
        --------
        >>> limits = Limits(at_most=2, none_allowed=False, excludes=(("spam", "praise"),))
        >>> limits.problem({"spam", "praise"})
        'praise and spam exclude each other'
        >>> limits.problem(set()), limits.problem({"spam"})
        ('at least one class is needed', None)
        """
        chosen = set(names)
        if not chosen and not self.none_allowed:
            return "at least one class is needed"
        for group in self.excludes:
            if len(both := sorted(chosen.intersection(group))) > 1:
                return f"{' and '.join(both)} exclude each other"
        if self.at_most is not None and len(chosen) > self.at_most:
            return f"{len(chosen)} classes are named, and at most {self.at_most} may be"
        return None

    def likeliest(self, share: NDArray[np.float64], classes: Sequence[str]) -> tuple[str, ...]:
        """Return the likeliest set that is allowed, where classes are independent.

        Parameters
        ----------
        share : float array of shape (n_classes,)
            How likely each class applies, 0..1.
        classes : sequence of str

        Notes
        -----
        The set with the largest sum of log odds; of each group that excludes itself every one of its
        classes is kept in turn.

        Examples
        --------
        >>> limits = Limits(at_most=1, none_allowed=False)
        >>> limits.likeliest(np.array([0.8, 0.9]), ("a", "b"))
        ('b',)
        >>> limits.likeliest(np.array([0.2, 0.1]), ("a", "b"))
        ('a',)
        """
        p = np.clip(share, _TINY, 1 - _TINY)
        worth = dict(zip(classes, (np.log(p) - np.log1p(-p)).tolist(), strict=True))
        best = self._best(frozenset(name for name in classes if worth[name] > 0), worth)
        if not best and not self.none_allowed:
            best = (max(classes, key=lambda name: worth[name]),)
        return tuple(name for name in classes if name in best)

    def _best(self, chosen: frozenset[str], worth: dict[str, float]) -> tuple[str, ...]:
        for group in self.excludes:
            several = sorted(chosen.intersection(group))
            if len(several) > 1:
                ways = [self._best(chosen.difference(several) | {one}, worth) for one in several]
                return max(ways, key=lambda names: sum(worth[name] for name in names))
        ranked = sorted(chosen, key=lambda name: (-worth[name], name))
        return tuple(ranked[: self.at_most])


ANYTHING = Limits()
"""Any set of classes."""
