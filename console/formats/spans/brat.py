"""brat's standoff files: ``NAME.txt`` with a text, ``NAME.ann`` with its spans as lines T1, T2, ...

brat counts characters; a span over line ends is written in pieces, since a line holds one annotation.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote

from console.formats.spans.document import Carried, Document, codes, names_of
from console.formats.tools.entries import Entry
from labeling.counted import counted
from labeling.kinds.spans.answer import Span, written
from labeling.kinds.spans.offsets import CHARACTERS, read_checked
from resources.reviews.rows import ReviewError

SPAN = re.compile(r"T\S*\t(\S+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)\t(.*)")
LINE = re.compile(r"[^\r\n]+")
LINE_END = "begins or ends at a line end"

OTHERS = {"R": "relation", "*": "relation", "E": "event", "A": "attribute", "M": "attribute",
          "N": "normalization", "#": "note"}  # fmt: skip
"""Annotations that are no spans, by the sign that their lines begin with."""


class _PiecesError(Exception):
    """A span of several pieces with more than blanks between them."""


def read(folder: Path, classes: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """Read a folder, and the folders in it.

    Parameters
    ----------
    folder : Path
    classes : sequence of str
        Names that classes have or had; brat writes ``_`` for blanks in them.

    Returns
    -------
    entries : list of Entry
    told : list of str
        What of the files is not taken in.

    Raises
    ------
    ReviewError
        If there is no text, or a line is no annotation or does not fit its text; names file and line.
    """
    known = names_of(classes)
    entries: list[Entry] = []
    others: Counter[str] = Counter()
    pieces: list[str] = []
    texts = sorted(folder.rglob("*.txt"))
    if not texts:
        raise ReviewError(f"{folder}: there is no .txt in it; brat has one beside each .ann")
    for path in texts:
        text = _content(path)
        notes = path.with_suffix(".ann")
        fields = {"text": text, "batch": unquote(path.parent.name)}
        if path.parent == folder:
            del fields["batch"]
        where, name = str(notes), unquote(path.stem)
        try:
            spans = _spans(notes, text, known, others) if notes.is_file() else None
        except _PiecesError as error:
            pieces.append(str(error))
            continue
        entries.append(
            Entry(
                where=where,
                fields=fields,
                said={"span": (written(spans),)} if spans else {},
                empty="unanswered" if spans is None else "unclear",
                tool_id=name,
            )
        )
    told = [
        f"{counted(n, what)} not taken in: an answer is spans" for what, n in sorted(others.items())
    ]
    if pieces:
        told.append(
            f"{counted(len(pieces), 'text is', 'texts are')} left out, because a span stands in pieces "
            f"there, which a span here cannot: {'; '.join(pieces[:3])}"
        )
    return entries, told


def _spans(path: Path, text: str, known: Mapping[str, str], others: Counter[str]) -> list[Span]:
    spans: list[Span] = []
    pieces = ""
    for number, line in enumerate(_content(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        if line[0] in OTHERS:
            others[OTHERS[line[0]]] += 1
            continue
        where = f"{path}, line {number}"
        found = SPAN.fullmatch(line)
        if found is None:
            raise ReviewError(
                f"{where}: {line[:60]!r} is no annotation of brat; a span is written T1, a tab, its "
                f"class and offsets, a tab, and its text"
            )
        name = known.get(found[1], found[1])
        bounds = [tuple(map(int, one.split())) for one in found[2].split(";")]
        whole = Span(bounds[0][0], bounds[-1][1], name)
        parts = [Span(start, end, name) for start, end in bounds]
        covered = [found[3] if len(parts) == 1 else None]
        try:
            [span] = read_checked([whole], covered, text, (CHARACTERS,))
            there = CHARACTERS.read(parts, text)
        except ValueError as error:
            raise ReviewError(f"{where}: {error}") from None
        between = "".join(text[a.end : b.start] for a, b in pairwise(there))
        if between.strip():
            pieces = pieces or where
        spans.append(span)
    if pieces:
        raise _PiecesError(pieces)
    return spans


def write(documents: Sequence[Document], folder: Path, classes: Sequence[str]) -> Carried:
    """Write a folder with a folder for each batch, and two files for each item.

    Raises
    ------
    ReviewError
        If two classes would be written alike.
    """
    named = codes(classes, "brat")
    carried = Carried()
    for one in documents:
        place = folder / _safe(one.batch)
        place.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        for span in one.spans:
            covered = one.text[span.start : span.end]
            if covered[0] in "\r\n" or covered[-1] in "\r\n":
                carried.left_out[LINE_END] += 1
                continue
            found = [
                (span.start + piece.start(), span.start + piece.end(), piece[0])
                for piece in LINE.finditer(covered)
            ]
            bounds = ";".join(f"{start} {end}" for start, end, _ in found)
            shown = " ".join(piece for _, _, piece in found)
            lines.append(
                f"T{len(lines) + 1}\t{named.get(span.name, span.name)} {bounds}\t{shown}\n"
            )
        (place / f"{_safe(one.item_id)}.txt").write_bytes(one.text.encode())
        (place / f"{_safe(one.item_id)}.ann").write_bytes("".join(lines).encode())
        carried.documents += 1
        carried.spans += len(lines)
    return carried


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None


def _safe(name: str) -> str:
    """Return a name as a file may have it; ``unquote`` gives it back."""
    return re.sub(r"^\.", "%2E", quote(name, safe=""))
