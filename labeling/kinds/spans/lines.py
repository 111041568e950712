"""Quotes a line each, as models write them without JSON: ``class: quoted words``."""

import json
import re
from collections.abc import Iterator, Sequence

from labeling.kinds.classes import fold
from labeling.kinds.single.phrases import HEDGE, taken_back
from labeling.kinds.spans.form import BESIDE, NONES
from labeling.kinds.spans.mentions import Mentions
from labeling.kinds.spans.quotes import Quote, UnreadError
from labeling.kinds.spelled import Spelled
from labeling.kinds.stated import CONFIDENCE, stated

HEADER = re.compile(
    r"^\W*(?:(?:here\s+(?:are|is)|these\s+are|the|my|final|all)\s+)*"
    r"(?:spans?|entities|mentions|stretches|quotes|labels|answer|annotations)\b[^:\n]{0,40}:[*_]*\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
"""What introduces the lines that count."""

BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])\s+")
FENCE = re.compile(r"^\s*```\w*\s*$")
BREAK = re.compile(r"\s*(?::|=>|->|\u2192|\|)\s*|\s+[-\u2013\u2014=]\s+")
"""What may stand between a class and a quote."""

BRACKETED = re.compile(r"^(?P<words>.*\S)\s*[(\[](?P<name>[^()\[\]]+)[)\]]$")
PAIRED = dict(
    zip("\"'`\u201c\u2018\u201e\u00ab\u300c*", "\"'`\u201d\u2019\u201c\u00bb\u300d*", strict=True)
)
"""Marks that a model puts around a quote."""

ALL = ""
"""Stands for every class."""

UNREAD = "no line of a class, a colon and a quote could be read without guessing"


class Lines:
    r"""Reads lines about one text.

    Examples
    --------
    >>> from labeling.kinds.classes import ClassSpec
    >>> lines = Lines(Spelled([ClassSpec("Drug"), ClassSpec("Disease")]), Mentions("Advil for gout"))
    >>> [one.text for one in lines.read("- **Drug**: Advil\n- Disease: gout")[0]]
    ['Advil', 'gout']
    """

    def __init__(self, spelled: Spelled, mentions: Mentions) -> None:
        self._spelled = spelled
        self._mentions = mentions

    def begins_a_quote(self, line: str) -> bool:
        """Tell whether the beginning of a line says a class whose quote is to follow."""
        return any(self._spelled.exactly(head) for head, _ in _broken(BULLET.sub("", line)))

    def read(self, told: str) -> tuple[list[Quote], float | None]:
        """Return the quotes and the confidence that is stated beside them.

        Raises
        ------
        UnreadError
            If a line says something else.
        """
        every = [line.strip() for line in told.split("\n") if not FENCE.match(line)]
        kept = [line for line in every if self.begins_a_quote(line) or not CONFIDENCE.match(line)]
        sure = stated("\n".join(line for line in every if line not in kept))
        kept = [BULLET.sub("", line) for line in self._after_header(kept)]
        quotes, denied = list[Quote](), set[str]()
        for at, line in enumerate(kept):
            if not line:
                if (quotes or denied) and self._explains(kept[at:]):
                    break
            elif found := self._pair(line):
                quotes.append(found)
            elif (none := self._denied(line)) is not None:
                denied.add(none)
            else:
                raise UnreadError(UNREAD)
        if quotes:
            whole = not denied & {ALL, *(one.name for one in quotes)}
        else:
            whole = ALL in denied or denied == self._spelled.names
        if not whole:
            raise UnreadError(UNREAD)
        return quotes, sure

    def _after_header(self, lines: list[str]) -> list[str]:
        headers = [
            (at, found["rest"].strip())
            for at, line in enumerate(lines)
            if (found := HEADER.match(line)) and not self.begins_a_quote(line)
        ]
        if not headers:
            return [*lines]
        at, rest = headers[-1]
        return [*([rest] if rest else []), *lines[at + 1 :]]

    def _explains(self, rest: Sequence[str]) -> bool:
        """Tell whether lines after the quotes leave them what they are."""
        why = "\n".join(rest)
        if self._spelled.named(why) or taken_back(why) or HEDGE.search(why):
            return False
        return all(self._denied(line) is None for line in rest)

    def _denied(self, line: str) -> str | None:
        """Return the class of which a line says that there is nothing, :data:`ALL`, or None."""
        said = {name: rest for head, rest in _broken(line) if (name := self._spelled.exactly(head))}
        name, words = next(iter(said.items()), (ALL, line))
        if fold(words) not in NONES and words.strip(" .*") != "[]":
            return None
        if said and self._mentions.alike(words):
            raise UnreadError(f"{words!r} stands in the text, or says that there is nothing")
        return name

    def _pair(self, line: str) -> Quote | None:
        if line.startswith("|"):  # a table may say no beside a quote
            return None
        pairs = {
            (rest, name) for head, rest in _broken(line) if (name := self._spelled.exactly(head))
        }
        if not pairs:
            pairs = {
                (head, name)
                for head, rest in _broken(line)
                if (name := self._spelled.exactly(rest))
            }
            last = BRACKETED.match(line)
            if last and (name := self._spelled.exactly(last["name"])):
                pairs.add((last["words"], name))
        if len(pairs) != 1:
            return None
        words, name = pairs.pop()
        if not words or (fold(words) in NONES and not words.startswith('"')):
            return None
        return Quote(*self._quoted(words, name))

    def _quoted(self, words: str, name: str) -> tuple[str, str, str]:
        """Take a quote out of its marks, and the words around it from behind it."""
        if words.startswith('"'):
            try:
                value, end = json.JSONDecoder().raw_decode(words)
            except ValueError:
                value, end = "", 0
            after = words[end:].strip(" \t,;.")
            if isinstance(value, str) and end and (not after or after.startswith(BESIDE)):
                return value, name, _bare(after.removeprefix(BESIDE))
        if BESIDE in words and not self._mentions.alike(_bare(words)):
            words, _, around = words.rpartition(BESIDE)
            return _bare(words), name, _bare(around)
        return _bare(words), name, ""


def _broken(line: str) -> Iterator[tuple[str, str]]:
    """Yield every way of parting a line in two."""
    for found in BREAK.finditer(line):
        head, rest = line[: found.start()], line[found.end() :].strip()
        if head.count("**") % 2:
            rest = rest.removeprefix("**").lstrip()
        yield head, rest


def _bare(words: str) -> str:
    """Return words without marks around them."""
    words = words.strip()
    while len(words) > 2 and PAIRED.get(words[0]) == words[-1]:
        words = words[1:-1].strip()
    return words
