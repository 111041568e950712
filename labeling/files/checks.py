"""What a file of votes must hold, told in the file's own names."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.errors import LabelingError, VotesError
from labeling.files.records import PARQUET


def are_numbers(path: Path, columns: Sequence[str]) -> bool:
    """Whether the file itself says that columns hold numbers: a Parquet file may, no other can.

    Examples
    --------
    >>> are_numbers(Path("votes.csv"), ["label"])
    False
    """
    if not path.name.lower().endswith(PARQUET):
        return False
    kinds = [pq.read_schema(path).field(name).type for name in columns]
    return all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds)


def check_repeats(
    path: Path,
    item: NDArray[np.int64],
    voter: NDArray[np.int32],
    items: Any,
    voters: list[str],
) -> None:
    """Refuse two votes of one voter on one item, naming both."""
    cell = item * max(len(voters), 1) + voter
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(cell[order][1:] == cell[order][:-1])
    if len(again):
        at = int(order[again[0] + 1])
        raise VotesError(
            f"{path}: voter {voters[voter[at]]!r} votes more than once on item "
            f"{items[int(item[at])].as_py()!r}; keep one vote ({counted(len(again), 'vote')} too many in all)"
        )


def check_unique(path: Path, name: str, ids: Any, kind: type[LabelingError]) -> None:
    """Refuse an id that stands on two rows."""
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise kind(
            f"{path}: {name} {twice[0]['values'].as_py()!r} stands on {twice[0]['counts'].as_py()} "
            f"rows, {len(twice)} ids stand more than once; every item needs one row"
        )
