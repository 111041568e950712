"""Read a model's answer into a set of classes, or say why it cannot be read.

Tolerant of form (JSON, a line, bullets, case, quotes, reasoning first), strict in substance: every
word of a list has to be a class, or the answer is not read and one repair question follows.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from labeling.kinds.asking import Parsed, legible
from labeling.kinds.classes import ClassSpec, fold
from labeling.kinds.several.answer import written
from labeling.kinds.several.limits import Limits
from labeling.kinds.single.phrases import (
    ENDS,
    HEDGE,
    INTRODUCES,
    NEGATES,
    REFUSAL,
    STRUCK,
    plain,
    taken_back,
)
from labeling.kinds.single.reader import CONFIDENCE_FIELDS, TAKEN_BACK
from labeling.kinds.spelled import Spelled
from labeling.kinds.stated import CONFIDENCE, objects_in, share, stated
from labeling.kinds.thoughts import spoken

FIELDS = (
    "labels",
    "label",
    "answer",
    "answers",
    "classes",
    "class",
    "categories",
    "category",
    "tags",
)
NONES = frozenset(
    {
        "none", "none of these", "none of them", "none of the above", "none of these names", "no label",
        "no labels", "no labels apply", "no label applies", "no class", "no classes", "nothing", "n a", "none applies", "none apply",
    }
)  # fmt: skip
"""Folded ways of saying that no class applies."""

LABELS = re.compile(
    r"^\W*(?:the\s+|my\s+|final\s+)*(?:labels?|answers?|classes|categories|tags)\b[*_`]*\s*"
    r"(?:\bare\b\s*:?|\bis\b\s*:?|:|=)[*_`]*\s*(?P<rest>.*?)\s*$",
    re.IGNORECASE,
)
BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])\s+")
BETWEEN = re.compile(r"\s*[,;|\n]\s*(?:and\s+)?|\s+\+\s+")
JOINED = re.compile(r"\s+(?:and|&)\s+|\s*/\s*", re.IGNORECASE)
BESIDE = frozenset(
    {"reasoning", "reason", "explanation", "rationale", "thoughts", "analysis", "notes", "comment"}
)
"""Fields beside the list that change nothing of it."""

DENIED = re.compile(rf"\b(?:{NEGATES})\b", re.IGNORECASE)
STRANGER = "{!r} in the list is not one of the classes"
UNREAD = "no list of classes could be read without guessing"


@dataclass(frozen=True)
class SetReader:
    """Reads answers into sets of ``classes``.

    Examples
    --------
    >>> reader = SetReader((ClassSpec("late"), ClassSpec("broken", synonyms=("damaged",))), Limits())
    >>> reader.read('{"labels": ["Damaged", "late"]}').label
    '["broken", "late"]'
    >>> reader.read("NONE").label, reader.read("late, perhaps broken").label
    ('[]', None)
    """

    classes: tuple[ClassSpec, ...]
    limits: Limits
    _spelled: Spelled = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spelled", Spelled(self.classes))

    def read(
        self,
        answer: str,
        refusal: str | None = None,
        finish_reason: str = "stop",
        text: str = "",
    ) -> Parsed:
        """Read one answer; never raises, never invents a class."""
        del text
        if refusal:
            return Parsed(None, "refused", refused=True)
        said = spoken(ENDS.sub("", STRUCK.sub(" ", plain(answer))).strip())
        told = legible(said, cut=finish_reason == "length")
        if isinstance(told, Parsed):
            return told
        found, reason, confidence = self._read(told)
        if found is None:
            if REFUSAL.match(told):
                return Parsed(None, "refused", refused=True)
            return Parsed(None, reason)
        problem = self.limits.problem(found)
        return Parsed(None, problem) if problem else Parsed(written(found), "", confidence)

    def again(self, classes: Sequence[ClassSpec], reason: str) -> str:
        """Ask for the list alone, after an answer that could not be read for ``reason``."""
        names = " | ".join(c.name for c in classes)
        none = " If none of them applies, answer NONE." if self.limits.none_allowed else ""
        return (
            f"Your answer could not be read ({reason}). Answer with one line and nothing else: "
            f"those of these names that apply, with commas between them: {names}.{none}"
        )

    def _read(self, text: str) -> tuple[set[str] | None, str, float | None]:
        objects, after = objects_in(text)
        if objects:
            before = text.partition("{")[0]
            if INTRODUCES.search(before) or HEDGE.search(before.rpartition("\n")[2]):
                return None, UNREAD, None
            return self._from_objects(objects, after)
        if text.startswith(("[", "```")):
            bare = re.sub(r"^```\w*\s*|\s*```$", "", text)
            if bare.startswith(('["', "[]", "['")):
                return (*self._from_json(bare), None)
            text = bare
        confidence = stated(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        lines = [line for line in lines if not CONFIDENCE.match(line)]
        marked = [at for at, line in enumerate(lines) if LABELS.match(line)]
        if marked:
            head = LABELS.match(lines[marked[-1]])
            lines = lines[marked[-1] + 1 :]
            lines = [head["rest"], *lines] if head and head["rest"] else lines
        found, reason = self._from_words(BULLET.sub("", line) for line in lines)
        if found is None and len(lines) > 1:
            found, reason = self._explained(lines[0], "\n".join(lines[1:]))
        return found, reason, confidence if found is not None else None

    def _explained(self, line: str, why: str) -> tuple[set[str] | None, str]:
        """Read a list of one line that is explained below, by words that name no other class."""
        found, reason = self._from_words([BULLET.sub("", line)])
        if found is None or taken_back(why):
            return None, TAKEN_BACK if found is not None else reason
        named = self._spelled.named(why)
        return (None, UNREAD) if named - found or (named and DENIED.search(why)) else (found, "")

    def _from_json(self, text: str) -> tuple[set[str] | None, str]:
        try:
            value, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            return None, "broken JSON"
        after = text[end:].strip()
        if after and (taken_back(after) or self._spelled.named(after)):
            return None, TAKEN_BACK
        return self._from_value(value)

    def _from_objects(
        self, objects: list[dict[str, Any]], after: str
    ) -> tuple[set[str] | None, str, float | None]:
        sets: list[set[str]] = []
        confidence: float | None = None
        for fields in objects:
            folded = {str(k).casefold(): v for k, v in fields.items()}
            name = next((name for name in FIELDS if name in folded), None)
            if name and set(folded) - {name} - BESIDE - set(CONFIDENCE_FIELDS):
                return None, "the JSON says more than a list", None
            found, reason = self._from_value(folded[name]) if name else self._from_switches(fields)
            if found is None:
                return None, reason, None
            sets.append(found)
            for key in CONFIDENCE_FIELDS:
                confidence = share(folded.get(key)) or confidence
        if any(one != sets[0] for one in sets):
            return None, "names more than one list", None
        if after and (taken_back(after) or self._spelled.named(after) - sets[0]):
            return None, TAKEN_BACK, None
        return sets[0], "", confidence

    def _from_value(self, value: object) -> tuple[set[str] | None, str]:
        if isinstance(value, str):
            return self._from_words([value]) if value.strip() else (None, "the JSON has no labels")
        if not isinstance(value, list):
            return None, "the JSON has no labels"
        found: set[str] = set()
        for one in cast("list[object]", value):
            name = self._spelled.exactly(one) if isinstance(one, str) else None
            if name is None and not (len(value) == 1 and self._is_none(one)):  # pyright: ignore[reportUnknownArgumentType]
                return None, STRANGER.format(str(one)[:40])
            found |= {name} if name else set()
        return found, ""

    def _from_switches(self, fields: dict[str, Any]) -> tuple[set[str] | None, str]:
        """Read ``{"late": true, "broken": false}``, which has to name every class."""
        named = {self._spelled.exactly(str(key)): value for key, value in fields.items()}
        whole = set(named) == {one.name for one in self.classes}
        if not whole or not all(isinstance(value, bool) for value in named.values()):
            return None, "the JSON has no labels"
        return {str(name) for name, value in named.items() if value}, ""

    def _from_words(self, lines: Iterable[str]) -> tuple[set[str] | None, str]:
        found: set[str] = set()
        none = False
        for line in lines:
            if line.startswith("|"):  # a table may say no beside a class
                return None, UNREAD
            whole = self._spelled.exactly(line)
            bare = line.strip(" .[]")
            if not bare and "[]" in line:
                none = True
            for piece in [line] if whole else filter(None, BETWEEN.split(bare)):
                whole = self._spelled.exactly(piece) or self._is_none(piece)
                parts = [piece] if whole else JOINED.split(piece)
                for part in parts:
                    if name := self._spelled.exactly(part):
                        found.add(name)
                    elif self._is_none(part):
                        none = True
                    else:
                        return None, UNREAD
        if none == bool(found):
            return None, UNREAD
        return found, ""

    def _is_none(self, value: object) -> bool:
        return isinstance(value, str) and fold(value) in NONES
