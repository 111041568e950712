"""What voters said of the items of batches: kept vote by vote, laid out over the items when asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labeling.quality.estimates.labelled import MISSING, Codes


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Votes of one voter on a batch.

    Parameters
    ----------
    item, label : int arrays of shape (n_votes,)
        Each item at most once, and what was said of it.
    versions : mapping of version to int array
        Which of the votes it cast.
    """

    item: Codes
    label: Codes
    versions: Mapping[str, NDArray[np.intp]] = field(default_factory=dict[str, NDArray[np.intp]])


class Votes(Mapping[str, Codes]):
    """What each voter said of each item of a batch, int arrays of shape (n_items,); MISSING for nothing.

    A rule speaks of few items: laid out, fifty of them would take more memory than the batch.

    Parameters
    ----------
    n_items : int
    said : mapping of voter to Said

    Examples
    --------
    >>> one = Said(np.array([2, 0]), np.array([1, 0]), {"v1": np.array([0]), "v2": np.array([1])})
    >>> votes = Votes(4, {"rule/link": one})
    >>> votes["rule/link"].tolist(), votes.of("rule/link", "v1").tolist()
    ([0, -1, 1, -1], [-1, -1, 1, -1])
    """

    def __init__(self, n_items: int, said: Mapping[str, Said]) -> None:
        self.n_items = n_items
        self._said = said

    def __getitem__(self, voter: str) -> Codes:
        return self._laid_out(self._said[voter], slice(None))

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def versions(self, voter: str) -> list[str]:
        """Name the versions in which a voter spoke."""
        return [*self._said[voter].versions] if voter in self._said else []

    def of(self, voter: str, version: str | None = None) -> Codes:
        """Return what a voter (in one version) said; MISSING everywhere if it said nothing."""
        nothing = np.zeros(0, dtype=np.intp)
        said = self._said.get(voter)
        if said is None:
            return np.full(self.n_items, MISSING, dtype=np.int32)
        if version is None:
            return self[voter]
        return self._laid_out(said, said.versions.get(version, nothing))

    def _laid_out(self, said: Said, which: slice | NDArray[np.intp]) -> Codes:
        found = np.full(self.n_items, MISSING, dtype=np.int32)
        found[said.item[which]] = said.label[which]
        return found
