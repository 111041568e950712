"""What a file of votes must hold, told in the file's own names."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.errors import LabelingError, VotesError

MAX_GUESSED_CLASSES = 1_000
"""Classes above which a number is taken for a mistake unless ``--classes`` says otherwise."""


def class_names(classes: int | Sequence[str] | None, said: Any | None) -> list[str]:
    """Return the names that labels may have: those given, else those found in a text column.

    Found names stand in alphabetical order. Text that is all numbers has no names.
    """
    if classes is not None and not isinstance(classes, int):
        names = list(classes)
        if len(set(names)) != len(names):
            raise VotesError(f"a class stands twice in --classes: {', '.join(names)}")
        return names
    text = said is not None and (
        pa.types.is_string(said.type) or pa.types.is_large_string(said.type)
    )
    if said is None or not text:
        return []
    trimmed = pc.unique(pc.drop_null(pc.utf8_trim_whitespace(said))).to_pylist()
    named = sorted(name for name in trimmed if name and not _is_number(name))
    if classes is not None and named:
        if len(named) > classes:
            raise VotesError(
                f"labels have {len(named)} names ({', '.join(named[:10])}), but --classes is "
                f"{classes}; list the names with commas instead"
            )
        named += [f"class {k}" for k in range(len(named), classes)]
    return named


def all_classes(
    path: Path, known: list[str], classes: int | Sequence[str] | None, label: NDArray[np.int64]
) -> list[str]:
    """Return the names of all classes; their numbers where there are no names.

    Raises
    ------
    VotesError
        If there would be one class only, or so many that a column cannot be a voter's.
    """
    if known:
        n_classes = len(known)
    elif isinstance(classes, int):
        n_classes = classes
    else:
        n_classes = max(int(label.max(initial=0)) + 1, 2)
        if n_classes > MAX_GUESSED_CLASSES:
            raise VotesError(
                f"{path} has a label {n_classes - 1}, which would make {n_classes} classes. Name "
                f"columns that are no voters with --ignore, or say --classes {n_classes} if it is so"
            )
    if n_classes < 2:
        raise VotesError(f"a consensus needs at least 2 classes, --classes says {n_classes}")
    return known or [str(k) for k in range(n_classes)]


def check_range(
    path: Path, label: NDArray[np.int64], classes: list[str], where: Callable[[int], str]
) -> None:
    """Refuse labels that are no class, naming the first of them."""
    wrong = (label < 0) | (label >= len(classes))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise VotesError(
            f"{path}, {where(at)}: label {label[at]} is none of the classes 0..{len(classes) - 1} "
            f"(-1 or nothing is an abstention); {int(wrong.sum())} such votes in all"
        )


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
            f"{items[int(item[at])].as_py()!r}; keep one vote ({len(again)} votes too many in all)"
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


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()
