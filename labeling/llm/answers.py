"""Read a model's answer into one class of a closed set, or say why it cannot be read.

Tolerant of form (case, quotes, fences, politeness, reasoning first), strict in substance: where
an answer names two classes, hedges or negates, it is not read. A wrong class costs more than one
repair question.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from labeling.llm.classes import ClassSpec, fold, spellings
from labeling.llm.stated import objects_in, share, stated
from labeling.llm.thoughts import spoken

LABEL_FIELDS = ("label", "answer", "class", "category", "classification", "prediction", "result")
CONFIDENCE_FIELDS = ("confidence", "probability", "certainty", "score")

HEDGE = re.compile(
    r"\b(?:not|no|nor|never|neither|none|cannot|can|could|may|might|maybe|perhaps|possibly|unsure|"
    r"uncertain|unclear|unable|if|whether|either|or|instead|rather|unlike|without|would|should|"
    r"between|than|except|but|however|ignore|previous|instructions?|says?|said|claims?|wants?|told|tells?|\w+n't)\b|\?",
    re.IGNORECASE,
)
"""Words beside a class that make a free sentence no answer."""

BREAK = re.compile(r"\s+[-\u2013\u2014]\s+|[.,](?!\d)|[:;()\n]")
"""What may stand between a class and its explanation."""

LISTED = re.compile(r"[,;/&|()]|\bor\b|\band\b", re.IGNORECASE)
RETRACTS = re.compile(
    r"\b(?:wait|actually|correction|second thoughts?|scratch|on reflection|reconsider\w*|rather|"
    r"instead|changed? my mind|my mistake|i was wrong)\b",
    re.IGNORECASE,
)
"""An explanation that takes the answer back."""

FENCED = re.compile(r"```[\w-]*\n?(.*?)```", re.DOTALL)
MARKED = re.compile(
    r"^\W*(?:the\s+|my\s+|final\s+|correct\s+|predicted\s+|best\s+)*"
    r"(?:label|answer|class|category|classification|prediction)\b[*_`]*\s*"
    r"(?:\bis\b\s*:?|:|=|->|\u2192|\u2014|-)\s*(?P<rest>\S.*?)\s*$",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"\b(?:label|answer|class|category|classification)\b(?:\s+\w+){0,4}?\s*(?:\bis\b\s*:?|:|=)\s*"
    r"(?P<rest>[^\n]+?)\s*$",
    re.IGNORECASE,
)
EMPHASIS = re.compile(
    r"""\*\*(.+?)\*\*|\[(.+?)\]|`(.+?)`|\\boxed\{(.+?)\}|["“](.+?)["”]|<label>(.+?)</label>"""
)
REFUSAL = re.compile(
    r"^\W*(?:i'?m (?:very |really |so )?sorry|sorry|i apologi[sz]e|i (?:can(?:not|'t)|won't|am unable|"
    r"must decline)|as an ai|i'?m (?:not able|unable))",
    re.IGNORECASE,
)
CUT = "the answer was cut at max_tokens"
FINAL = re.compile(r"\b(?:final|correct|label|answer|class|category)\b", re.IGNORECASE)
REVISED = re.compile(
    r"(?:final|revised|corrected|updated|new)[ _-]?(?:label|answer|class|category|classification|prediction)"
)
"""Names of fields that have the last word in an object."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says.

    Parameters
    ----------
    label : str, optional
        The class; ``None`` where the answer could not be read.
    reason : str
        Why not; empty where it could.
    confidence : float, optional
        The number that the model stated, in (0, 1].
    refused : bool
        The model declined to answer.
    cut : bool
        The answer ended at its limit before it said a class.
    """

    label: str | None
    reason: str = ""
    confidence: float | None = None
    refused: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Reader:
    """Reads answers into ``classes``.

    Examples
    --------
    >>> reader = Reader((ClassSpec("SPAM", synonyms=("junk",)), ClassSpec("HAM")))
    >>> reader.read('Sure! The label is "spam".').label
    'SPAM'
    >>> reader.read("This is not spam.").reason
    'no class could be read without guessing'
    """

    classes: tuple[ClassSpec, ...]
    _spellings: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spellings", spellings(self.classes))

    def read(self, answer: str, refusal: str | None = None, finish_reason: str = "stop") -> Parsed:
        """Read one answer; never raises, never invents a class."""
        if refusal:
            return Parsed(None, "refused", refused=True)
        text = unicodedata.normalize("NFKC", answer).replace("\u2019", "'").strip()
        cut = finish_reason == "length"
        if self.exactly(text) is None:
            said = spoken(text)
            if said is None:
                return Parsed(None, "the answer ended inside its reasoning", cut=cut)
            text = said.strip()
        parsed = self._read(text, cut)
        if cut and parsed.label is None and not parsed.refused:
            return Parsed(None, CUT, cut=True)
        return parsed

    def _read(self, text: str, cut: bool) -> Parsed:
        if not text:
            return Parsed(None, "empty answer")
        confidence = stated(text)
        whole = self.exactly(text)
        if whole:
            longer = cut and any(
                s.startswith(fold(text)) and s != fold(text) for s in self._spellings
            )
            return Parsed(None, CUT) if longer else Parsed(whole, "", confidence)
        objects, after = objects_in(text)
        if objects:
            return self._last_word(self._from_objects(objects, confidence), after, cut)
        if text.startswith(("{", "[{", "```json")):
            return Parsed(None, "broken JSON")
        if cut:
            # what is missing may take back all that was said on the way, save a class said first
            first = self._said_first(text.splitlines()[0])
            settled = len(first) == 1 and self._spelled(text) <= first and not RETRACTS.search(text)
            return Parsed(first.pop(), "", confidence) if settled else Parsed(None, CUT)
        label, reason = self._from_prose(text)
        if label is None and REFUSAL.match(text) and not self._spelled(text):
            return Parsed(None, "refused", refused=True)
        return Parsed(label, reason, confidence if label else None)

    def _last_word(self, parsed: Parsed, after: str, cut: bool) -> Parsed:
        """Let what follows a JSON answer take it back, or say another class instead."""
        if not after or parsed.label is None:
            return parsed
        others = self._spelled(after) - {parsed.label}
        retracts = RETRACTS.search(after) is not None
        if cut or (retracts and not others):
            return Parsed(None, CUT if cut else "the answer is taken back")
        if not others:
            return parsed
        said, _ = self._from_prose(after)
        if said in others and (retracts or FINAL.search(after)):
            return Parsed(said)
        return Parsed(None, "names more than one class")

    def exactly(self, text: str) -> str | None:
        """Return the class whose spelling ``text`` is, apart from case and punctuation."""
        return self._spellings.get(fold(text))

    def _from_objects(self, objects: list[dict[str, Any]], confidence: float | None) -> Parsed:
        found: set[str] = set()
        stranger: str | None = None
        for fields in objects:
            folded = {str(k).casefold(): v for k, v in fields.items()}
            for name in (*filter(REVISED.fullmatch, folded), *LABEL_FIELDS):
                if name not in folded:
                    continue
                value = folded[name]
                values = cast("list[object]", value) if isinstance(value, list) else [value]
                for one in values:
                    label = self.exactly(str(one)) if isinstance(one, str | int | float) else None
                    if label is None:
                        stranger = str(one)[:40]
                    else:
                        found.add(label)
                break
            for name in CONFIDENCE_FIELDS:
                confidence = share(folded.get(name)) or confidence
        if len(found) == 1 and stranger is None:
            return Parsed(found.pop(), "", confidence)
        if len(found) > 1:
            return Parsed(None, "names more than one class")
        if stranger is not None:
            return Parsed(None, "the label is not one of the classes")
        return Parsed(None, "the JSON has no label")

    def _from_prose(self, text: str) -> tuple[str | None, str]:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fenced: set[str] = {
            label for block in FENCED.findall(text) if (label := self.exactly(block))
        }
        marked = [m["rest"] for line in lines if (m := MARKED.match(line))]
        if marked:
            label = self._said(marked[-1])
            return (label, "") if label else (None, "the label is not one of the classes")
        first, last = self._said_first(lines[0]), self._said_first(lines[-1])
        if first and first != last and self._spelled("\n".join(lines[1:])) - first:
            return None, "names more than one class"
        candidates: set[str] = fenced | first | last
        if not candidates:
            inline = [m["rest"] for line in lines if (m := INLINE.search(line))]
            said: set[str] = {label for rest in inline[-1:] if (label := self._said(rest))}
            candidates = said if inline and not _hedged(lines[-1], inline[-1]) else set()
        if not candidates:
            candidates = self._mentioned(text)
        if len(candidates) == 1:
            return candidates.pop(), ""
        if candidates:
            return None, "names more than one class"
        return None, "no class could be read without guessing"

    def _said(self, rest: str) -> str | None:
        """Read what follows "the label is"."""
        found = self._said_first(rest) or self._emphasised(rest) or self._mentioned(rest)
        return found.pop() if len(found) == 1 else None

    def _said_first(self, line: str) -> set[str]:
        """Read a line that is a class, or begins with one and then explains.

        Returns the class, together with others that the explanation names.
        """
        label = self.exactly(line)
        if label:
            return {label}
        marked = EMPHASIS.match(line)
        if marked:
            head, tail = next(g for g in marked.groups() if g is not None), line[marked.end() :]
        else:
            head, _, tail = BREAK.sub("\0", line).partition("\0")
        label = self.exactly(head)
        if not label or RETRACTS.search(tail) or "?" in tail:
            return set()
        listed = {other for part in LISTED.split(tail) if (other := self.exactly(part))}
        return {label} | self._spelled(tail) | listed

    def _emphasised(self, text: str) -> set[str]:
        parts = [next(g for g in groups if g) for groups in EMPHASIS.findall(text) if any(groups)]
        return {label for part in parts if (label := self.exactly(part))}

    def _mentioned(self, text: str) -> set[str]:
        """Read a short free sentence that names one class and does not waver."""
        spelled = self._spelled(text)
        if len(spelled) != 1:
            return spelled
        bare = text
        for spelling in sorted(self._spellings, key=len, reverse=True):
            bare = re.sub(rf"(?<!\w){_loose(spelling)}(?!\w)", " ", bare, flags=re.IGNORECASE)
        return set() if bare == text or HEDGE.search(bare) else spelled

    def _spelled(self, text: str) -> set[str]:
        """Return the classes spelled out in ``text``, longest spelling first, none inside another."""
        folded = f" {fold(text)} "
        found: set[str] = set()
        for spelling in sorted(self._spellings, key=len, reverse=True):
            if len(spelling) > 2 and f" {spelling} " in folded:
                found.add(self._spellings[spelling])
                folded = folded.replace(f" {spelling} ", " \0 ")
        return found


def _loose(spelling: str) -> str:
    return r"[\W_]+".join(re.escape(word) for word in spelling.split())


def _hedged(line: str, rest: str) -> bool:
    return bool(HEDGE.search(line.removesuffix(rest)))


def reader(classes: Sequence[ClassSpec]) -> Reader:
    """Return a reader of answers into ``classes``."""
    return Reader(tuple(classes))
