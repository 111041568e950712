"""CoNLL columns: a token a line, its tag in the last column, an empty line behind each text.

Tags are read as IOB1, IOB2 or BIOES, and written as IOB2 (L. Ramshaw and M. Marcus, "Text Chunking
using Transformation-Based Learning", 1995). A grid of tokens has no blanks: offsets are found on the
text that the task keeps.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from console.formats.spans.document import Carried, Document, codes, names_of
from console.formats.spans.tokens import words
from console.formats.tools.entries import Entry
from labeling.kinds.spans.answer import Span, written
from resources.reviews.rows import ReviewError

ENDINGS = (".conll", ".iob", ".iob2", ".bio", ".bioes")

OUTSIDE = "O"
NEW_TEXT = "-DOCSTART-"
COMMENT = re.compile(r"# (\w+) = (.*)|# (id) (\S+).*")
TAG = re.compile(r"([BIOESLU])-(.+)")
BEGINS, ENDS = "BSU", "ESLU"

CUT, OVERLAP, BLANK = "cuts a token", "overlaps a longer span", "begins or ends with a blank"


def read(path: Path, classes: Sequence[str]) -> list[Entry]:
    """Read texts of tokens; every one of them is an answer.

    Parameters
    ----------
    path : Path
    classes : sequence of str
        Names that classes have or had; a tag has ``_`` where a name has blanks.

    Raises
    ------
    ReviewError
        If a line has no tag, or one that is none; names file and line.
    """
    known = names_of(classes)
    entries: list[Entry] = []
    for at, comments, rows in _texts(path):
        text = " ".join(token for _, token, _ in rows)
        spans = _decoded(path, rows, known)
        ids = {name: comments[name] for name in ("item_id", "batch") if name in comments}
        entries.append(
            Entry(
                where=f"{path}, line {at}",
                fields={**ids, "text": text},
                said={"tag": (written(spans),)},
                tool_id=comments.get("id"),
                blanks=False,
            )
        )
    return entries


Row = tuple[int, str, str]
"""Number of a line, its token and its tag."""


def _texts(path: Path) -> Iterator[tuple[int, dict[str, str], list[Row]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    whole = any(line.split()[:1] == [NEW_TEXT] for line in lines)
    first, comments, rows = 0, dict[str, str](), list[Row]()
    for number, line in enumerate(lines, start=1):
        columns = [one for one in line.rstrip("\r").split("\t" if "\t" in line else None) if one]
        comment = None if rows else COMMENT.fullmatch(line.rstrip("\r"))
        ended = columns[:1] == [NEW_TEXT] if whole else not columns
        if ended and (rows or comments):
            yield first, comments, rows
            comments, rows = {}, []
        if comment:
            first = number if not comments else first
            comments[comment[1] or comment[3]] = comment[2] or comment[4] or ""
        elif columns and columns[0] != NEW_TEXT:
            if len(columns) < 2:
                raise ReviewError(
                    f"{path}, line {number}: {line.strip()[:60]!r} has no tag; a line is a token, a "
                    f"blank or tab, and its tag last"
                )
            first = first if rows or comments else number
            rows.append((number, columns[0], columns[-1]))
    if rows or comments:
        yield first, comments, rows


def _decoded(path: Path, rows: Sequence[Row], known: Mapping[str, str]) -> list[Span]:
    """Return the spans of tags, in the text of the tokens with one blank between."""
    spans: list[Span] = []
    at, open_ = 0, False
    for number, token, tag in rows:
        end = at + len(token)
        if tag == OUTSIDE:
            open_ = False
        else:
            found = TAG.fullmatch(tag)
            if found is None or found[1] == OUTSIDE:
                raise ReviewError(
                    f"{path}, line {number}: {tag!r} is no tag; allowed: O, and B-, I-, E- or S- with a "
                    f"class behind it"
                )
            prefix, name = found[1], known.get(found[2], found[2])
            if open_ and prefix not in BEGINS and spans[-1].name == name:
                spans[-1] = spans[-1]._replace(end=end)
            else:
                spans.append(Span(at, end, name))
            open_ = prefix not in ENDS
        at = end + 1
    return spans


def write(documents: Sequence[Document], path: Path, classes: Sequence[str]) -> Carried:
    """Write texts with their ids; what a grid of tokens cannot carry is left out and counted.

    Raises
    ------
    ReviewError
        If two classes have one tag.
    """
    named = codes(classes, "CoNLL")
    carried = Carried()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for one in documents:
            grid = words(one.text)
            tags = _tags(one, grid, carried)
            for name, value in (("item_id", one.item_id), ("batch", one.batch)):
                if value.isprintable():
                    file.write(f"# {name} = {value}\n")
            for (start, end), (prefix, name) in zip(grid, tags, strict=True):
                tag = f"{prefix}-{named.get(name, name)}" if name else OUTSIDE
                file.write(f"{one.text[start:end]}\t{tag}\n")
            file.write("\n")
            carried.documents += 1
    return carried


def _tags(
    one: Document, grid: Sequence[tuple[int, int]], carried: Carried
) -> list[tuple[str, str]]:
    starts = {start: number for number, (start, _) in enumerate(grid)}
    ends = {end: number for number, (_, end) in enumerate(grid)}
    tags = [("", "")] * len(grid)
    for span in sorted(one.spans, key=lambda span: (span.start - span.end, span)):
        first, last = starts.get(span.start), ends.get(span.end)
        covered = one.text[span.start : span.end]
        if first is None or last is None:
            carried.left_out[CUT if covered == covered.strip() else BLANK] += 1
        elif any(name for _, name in tags[first : last + 1]):
            carried.left_out[OVERLAP] += 1
        else:
            tags[first] = ("B", span.name)
            tags[first + 1 : last + 1] = [("I", span.name)] * (last - first)
            carried.spans += 1
    return tags
