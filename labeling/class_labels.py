"""From labels as they stand in a file to numbers of classes; nothing is shifted, merged or re-cased.

Labels are text. Numbers stand for classes by their place only where that is the one way to read a
file: names come first, and a file that mixes both is refused.
"""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.errors import LabelingError, VotesError
from labeling.look_alikes import difference, quoted, spelling
from labeling.votes import ABSTAIN

MAX_GUESSED_CLASSES = 1_000
"""Classes above which a number is taken for a mistake unless ``--classes`` says otherwise."""

MOST_CLASSES = 2_000
"""Classes that a count may ask for: each voter has tables of classes by classes."""

LONGEST_NAME = 1_000
"""Characters in the name of a class."""

ABSTENTIONS = ("-1", "-1.0")
"""What says nothing, besides nothing, unless a class is called so."""

_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.0)?")
_NEGATIVE = re.compile(r"-[0-9]+(\.0)?")


@dataclass(frozen=True, slots=True)
class Classes:
    """Names of classes, and how a file refers to them.

    Parameters
    ----------
    names : list of str
        At least 2, each once.
    by_place : bool
        Whether a number may stand for the class at its place: their order was given by somebody.
    """

    names: list[str]
    by_place: bool = True

    def __post_init__(self) -> None:
        twice = [name for name, n in Counter(self.names).items() if n > 1]
        if twice:
            raise VotesError(f"class {twice[0]!r} stands twice in {', '.join(self.names)}")


def find_classes(
    path: Path,
    columns: Mapping[str, Any],
    given: int | Sequence[str] | None,
    *,
    any_text: bool,
) -> Classes:
    """Tell the classes of a file of votes.

    Parameters
    ----------
    path : Path
        For the error message.
    columns : mapping of str to text column
        Where labels stand.
    given : int or sequence of str, optional
        How many classes there are, or their names.
    any_text : bool
        Whether a text that nobody gave names a class; else only numbers do.

    Raises
    ------
    LabelingError
        If there would be one class only, or so many that a column cannot be a voter's, or if one
        number is written in two ways.

    Examples
    --------
    >>> votes = {"label": pa.array(["02", "01", "10"])}
    >>> find_classes(Path("v.csv"), votes, None, any_text=True).names
    ['01', '02', '10']
    >>> find_classes(Path("v.csv"), {"lf": pa.array(["2", "0", None])}, None, any_text=False).names
    ['0', '1', '2']
    """
    if given is not None and not isinstance(given, int):
        return _enough(Classes(list(given)), "--classes names")
    if given is not None and given > MOST_CLASSES:
        raise VotesError(
            f"--classes is {given:,}, but a count of classes is at most {MOST_CLASSES:,}; give one "
            f"up to that, or the names of the classes with commas"
        )
    if given is not None and given < 2:
        raise VotesError(f"--classes is {given}, but a consensus needs at least 2 classes")
    found = {text for column in columns.values() for text in _texts(column)} - {*ABSTENTIONS}
    for text in sorted(text for text in found if len(text) > LONGEST_NAME):
        raise VotesError(
            f"{_where(path, columns, text)}: a class has a name of up to {LONGEST_NAME:,} characters"
        )
    texts = sorted(text for text in found if not _NUMBER.fullmatch(text))
    negative = [text for text in texts if _NEGATIVE.fullmatch(text)]
    if negative:
        raise VotesError(
            f"{_where(path, columns, negative[0])}, which is none of the classes 0, 1, ... (-1 or "
            f"nothing is an abstention); if it is a class, name all of them with --classes"
        )
    if texts and not any_text:
        _refuse(path, columns, texts, None)
    if texts:
        return _named(sorted(found), given)
    return _numbered(path, columns, sorted(found, key=float), given)


def class_numbers(
    path: Path,
    columns: Mapping[str, Any],
    classes: Classes,
    abstentions: Sequence[str] = ABSTENTIONS,
) -> dict[str, NDArray[np.int64]]:
    """Turn labels into numbers of classes, -1 where nothing or an abstention stands.

    A label is a name, or else the place of a class.

    Raises
    ------
    LabelingError
        If a label is no class, or one can only be a place and another is both a name and a place,
        so that nobody can tell how the file is meant; with file and row.

    Examples
    --------
    >>> read = lambda *said: class_numbers(Path("v.csv"), {"a": pa.array(said)}, Classes(["1", "2"]))
    >>> read("1", "2", None)["a"].tolist(), read("0")["a"].tolist()
    ([0, 1, -1], [0])
    """
    place = {name: k for k, name in enumerate(classes.names)}
    silent = {"", *abstentions} - set(place)
    found = {text for column in columns.values() for text in _texts(column)} - silent
    rest = sorted(found - set(place))
    if rest:
        numbers = {text: k for k, text in enumerate(map(str, range(len(place)))) if text in found}
        if not classes.by_place or not set(rest) <= set(numbers):
            _refuse(path, columns, [t for t in rest if t not in numbers] or rest, classes.names)
        both = sorted(name for name in numbers if numbers[name] != place.get(name, numbers[name]))
        if both:
            _refuse_mixture(path, columns, rest[0], both[0], classes.names)
        place = {**numbers, **place}
    return {name: _placed(column, place) for name, column in columns.items()}


def _named(found: list[str], given: int | None) -> Classes:
    if given is not None and len(found) > given:
        raise VotesError(
            f"labels have {len(found)} names ({', '.join(found[:10])}), but --classes is "
            f"{given}; list the names with commas instead"
        )
    more = [f"class {k}" for k in range(len(found), given or 0)]
    return _enough(Classes([*found, *more], by_place=False), "the labels name")


def _numbered(
    path: Path, columns: Mapping[str, Any], found: list[str], given: int | None
) -> Classes:
    n_classes = given or max(int(found[-1].removesuffix(".0")) + 1 if found else 0, 2)
    if given is None and n_classes > MAX_GUESSED_CLASSES:
        so = f", or say --classes {n_classes} if it is so" if n_classes <= MOST_CLASSES else ""
        raise VotesError(
            f"{_where(path, columns, found[-1])}, which would make {n_classes} classes. Name "
            f"columns that are no voters as in --voters '!COLUMN'{so}"
        )
    dotted = [text for text in found if text.endswith(".0")]
    if dotted and len(dotted) < len(found):
        plain = next(text for text in found if text not in dotted)
        raise VotesError(
            f"{_where(path, columns, dotted[0])}, and elsewhere a class is written {plain!r}: are "
            f"these numbers of classes or names? Write all in one way (data frames turn whole "
            f"numbers into {dotted[0]!r} where a cell of the column is empty), or give the names "
            f"with --classes"
        )
    ending = ".0" if dotted else ""
    return _enough(Classes([f"{k}{ending}" for k in range(n_classes)]), "the labels name")


def _enough(classes: Classes, who: str) -> Classes:
    if len(classes.names) < 2:
        raise VotesError(
            f"a consensus needs at least 2 classes, {who} only {', '.join(classes.names) or 'none'}; "
            f"give the names of all with --classes"
        )
    return classes


def _texts(column: Any) -> list[str]:
    return [text for text in pc.unique(column).to_pylist() if text]


def _placed(column: Any, place: Mapping[str, int]) -> NDArray[np.int64]:
    at = pc.index_in(column, value_set=pa.array(list(place), pa.string()))
    number = np.array([*place.values(), ABSTAIN], dtype=np.int64)
    return number[pc.fill_null(at, len(place)).to_numpy(zero_copy_only=False)]


def _where(path: Path, columns: Mapping[str, Any], text: str) -> str:
    for name, column in columns.items():
        row = pc.index(column, pa.scalar(text, pa.string())).as_py()
        if row >= 0:
            return f"{path} row {row + 1}: column {name!r} holds {quoted(text)}"
    raise AssertionError(text)


def _refuse(
    path: Path, columns: Mapping[str, Any], wrong: list[str], names: list[str] | None
) -> None:
    n = sum(int(pc.sum(pc.is_in(one, pa.array(wrong))).as_py() or 0) for one in columns.values())
    known = names or []
    twin = next((name for name in known if spelling(name) == spelling(wrong[0])), None)
    allowed = (
        f"{', '.join(map(quoted, known[:20]))}{' ...' if len(known) > 20 else ''}"
        if names
        else "class numbers from 0, or the names given by --classes"
    )
    hint = (
        f" It differs from {quoted(twin)} only in {difference(twin, wrong[0])}."
        if twin is not None
        else ""
    )
    voter = next(name for name, column in columns.items() if wrong[0] in _texts(column))
    other = (
        ""
        if voter == "label"
        else f", and -1 or nothing for an abstention. If {voter!r} is no voter, leave it "
        f"out with --voters '!{voter}' or choose those that are"
    )
    raise LabelingError(
        f"{_where(path, columns, wrong[0])}, which is no class; allowed are {allowed}{other}."
        f"{hint} {n} such values in all"
    )


def _refuse_mixture(
    path: Path, columns: Mapping[str, Any], number: str, name: str, names: list[str]
) -> None:
    raise LabelingError(
        f"{_where(path, columns, number)} and {_where(path, columns, name).removeprefix(f'{path} ')}"
        f": are these names or numbers of classes? As a number from 0 {number!r} is "
        f"{names[int(number)]!r} and {name!r} is {names[int(name)]!r}; as a name {name!r} is {name!r} "
        f"and {number!r} is no class (there are {', '.join(names[:20])}). Write names throughout, "
        f"or give other names"
    )
