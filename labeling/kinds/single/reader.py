"""Read a model's answer into one class of a closed set, or say why it cannot be read.

Tolerant of form (case, quotes, fences, politeness, reasoning first), strict in substance: where
an answer names two classes, hedges or negates, it is not read. A wrong class costs more than one
repair question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from labeling.kinds.asking import CUT, Parsed
from labeling.kinds.classes import ClassSpec, fold, spellings
from labeling.kinds.single.phrases import (
    BECAUSE,
    BESIDE,
    BREAK,
    CHAT,
    CLAUSE,
    EMPHASIS,
    ENDS,
    FENCED,
    FINAL,
    FRAMED,
    HEDGE,
    INLINE,
    INTRODUCES,
    LISTED,
    MARKED,
    NEXT,
    QUOTED,
    REFUSAL,
    RETRACTS,
    REVISED,
    STRUCK,
    TORN,
    UNLIKE,
    UNSEEN,
    explains,
    introduced,
    joined,
    loose,
    names,
    only_names,
    plain,
    taken_back,
)
from labeling.kinds.stated import objects_in, share, stated
from labeling.kinds.thoughts import spoken

LABEL_FIELDS = ("label", "answer", "class", "category", "classification", "prediction", "result")
CONFIDENCE_FIELDS = ("confidence", "probability", "certainty", "score")

HALF = 0.5
NONES = ("NONE", "NO CLASS", "NOTHING FITS", "-----")
"""Ways for a model to say that no class fits; the first that is no class itself is offered."""

TAKEN_BACK = "the answer is taken back"
UNREAD = "no class could be read without guessing"
SEVERAL = "names more than one class"


@dataclass(frozen=True)
class ClassReader:
    """Reads answers into ``classes``.

    Examples
    --------
    >>> reader = ClassReader((ClassSpec("SPAM", synonyms=("junk",)), ClassSpec("HAM")))
    >>> reader.read('Sure! The label is "spam".').label
    'SPAM'
    >>> reader.read("This is not spam.").reason
    'no class could be read without guessing'
    """

    classes: tuple[ClassSpec, ...]
    _spellings: dict[str, str] = field(init=False)
    _signs: bool = field(init=False)

    def __post_init__(self) -> None:
        written = [s for spec in self.classes for s in (spec.name, *spec.synonyms)]
        object.__setattr__(self, "_spellings", spellings(self.classes))
        object.__setattr__(self, "_signs", any(UNLIKE.search(s) for s in written))

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
        told = ENDS.sub("", STRUCK.sub(" ", plain(answer)))
        told = (told if self._signs else QUOTED.sub("", told)).strip()
        cut = finish_reason == "length"
        if self.exactly(told) is None:
            said = spoken(told)
            if said is None:
                return Parsed(None, "the answer ended inside its reasoning", cut=cut)
            told = TORN.sub(r"\1 ", said.strip())
        own = NEXT.search(told)
        parsed = self._read(told[: own.start()], cut=False) if own and own.start() else Parsed(None)
        parsed = parsed if parsed.label else self._read(told, cut)
        if cut and parsed.label is None and not parsed.refused:
            return Parsed(None, CUT, cut=True)
        return parsed

    def again(self, classes: Sequence[ClassSpec], reason: str) -> str:
        """Ask for the label alone, after an answer that could not be read for ``reason``.

        ``classes`` are those in play; a word that is none of all classes stands for none of them.
        """
        none = next(word for word in NONES if self.exactly(word) is None)
        names = " | ".join(c.name for c in classes)
        return (
            f"Your answer could not be read ({reason}). Answer with exactly one of "
            f"these names and nothing else: {names}. If none fits, answer {none}."
        )

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
            front = introduced(text.partition("{")[0])
            hedged = HEDGE.search(text.partition("{")[0].rpartition("\n")[2])
            if hedged or INTRODUCES.search(front) or REFUSAL.match(text):
                return Parsed(None, UNREAD)
            return self._last_word(self._from_objects(objects, confidence), after, cut)
        if text.startswith(("{", "[{", "```json")):
            return Parsed(None, "broken JSON")
        if cut:
            # what is missing may take back all that was said on the way, save a class said first
            first = self._said_first(text.splitlines()[0])
            settled = len(first) == 1 and self._spelled(text) <= first and not taken_back(text)
            return Parsed(first.pop(), "", confidence) if settled else Parsed(None, CUT)
        label, reason = self._from_prose(text)
        if label is None and REFUSAL.match(text) and not self._spelled(text):
            return Parsed(None, "refused", refused=True)
        return Parsed(label, reason, confidence if label else None)

    def _last_word(self, parsed: Parsed, after: str, cut: bool) -> Parsed:
        """Let what follows an answer take it back, or say another class instead."""
        if not after or parsed.label is None:
            return parsed
        others = self._spelled(after) - {parsed.label}
        retracts = taken_back(after)
        if cut or (retracts and not others):
            return Parsed(None, CUT if cut else TAKEN_BACK)
        if not others:
            return parsed
        said, _ = self._from_prose(RETRACTS.sub(" ", after))
        if said in others and (retracts or FINAL.search(after)):
            return Parsed(said)
        return Parsed(None, SEVERAL)

    def exactly(self, text: str) -> str | None:
        """Return the class whose spelling ``text`` is, apart from case and punctuation."""
        found = self._spellings.get(fold(text))
        if "-" in text and f"-{fold(text)}" in self._spellings:
            return None  # a dash before a number, or a number below zero?
        return None if found and not self._signs and UNLIKE.search(text) else found

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
            return Parsed(None, SEVERAL)
        if stranger is not None:
            return Parsed(None, "the label is not one of the classes")
        return Parsed(None, "the JSON has no label")

    def _from_prose(self, text: str) -> tuple[str | None, str]:
        if UNSEEN.search(text) and CHAT & self._spellings.keys():
            return None, UNREAD
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fenced: set[str] = {
            label for block in FENCED.findall(text) if (label := self.exactly(block))
        }
        for at, line in reversed(list(enumerate(lines))):
            if marked := MARKED.match(line):
                label = self._said(marked["rest"])
                if label is None:
                    return None, "the label is not one of the classes"
                return self._unless_revoked(label, lines[at + 1 :])
        first, last = self._said_first(lines[0]), self._said_first(lines[-1])
        rest = "\n".join(lines[1:])
        if first and first != last and (self._spelled(rest) - first or taken_back(rest)):
            return None, SEVERAL if self._spelled(rest) - first else TAKEN_BACK
        candidates: set[str] = fenced | first | last
        if not candidates:
            for at, line in reversed(list(enumerate(lines))):
                if inline := INLINE.search(line):
                    label = self._said(inline["rest"])
                    if label is not None and names(line.removesuffix(inline["rest"])):
                        return self._unless_revoked(label, lines[at + 1 :])
                    break
        if not candidates:
            candidates = self._mentioned(text)
        if len(candidates) == 1:
            return candidates.pop(), ""
        if candidates:
            return None, SEVERAL
        return None, UNREAD

    def _unless_revoked(self, label: str, after: list[str]) -> tuple[str | None, str]:
        parsed = self._last_word(Parsed(label), "\n".join(after), cut=False)
        return parsed.label, parsed.reason

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
            broken = BREAK.search(line)
            head, tail = (line[: broken.start()], line[broken.end() :]) if broken else (line, "")
        label = self.exactly(head)
        clauses = CLAUSE.split(tail)
        unsure = (share(tail.strip(" []().:")) or 1.0) < HALF or "?" in tail
        if not label or unsure or taken_back(tail) or any(map(REFUSAL.match, clauses)):
            return set()
        if marked and not BECAUSE.match(tail) and not only_names(tail):
            return set()
        framed = [m["said"] for clause in clauses if (m := FRAMED.search(clause))]
        listed = {other for p in (*LISTED.split(tail), *framed) if (other := self.exactly(p))}
        told = self._spelled(tail) | listed
        return {label} | told if told or explains(tail) else set()

    def _emphasised(self, text: str) -> set[str]:
        if not names(EMPHASIS.sub(" ", text)):
            return set()
        parts = [next(g for g in groups if g) for groups in EMPHASIS.findall(text) if any(groups)]
        return {label for part in parts if (label := self.exactly(part))}

    def _mentioned(self, text: str) -> set[str]:
        """Read a short free sentence that names one class and does not waver."""
        spelled = self._spelled(text)
        if len(spelled) == 1 and (short := self.exactly(text.split()[0])):
            spelled |= {short}
        if len(spelled) != 1:
            return spelled
        bare = text
        own = [s for s, label in self._spellings.items() if label in spelled]
        for spelling in sorted(own, key=len, reverse=True):
            bare = re.sub(rf"(?<!\w){loose(spelling)}(?!\w)", "\0", bare, flags=re.IGNORECASE)
        clauses = [clause for clause in CLAUSE.split(bare) if "\0" in clause]
        wavers = HEDGE.search(bare) or taken_back(bare) or BESIDE.search(bare)
        return spelled if clauses and not wavers and all(map(only_names, clauses)) else set()

    def _spelled(self, text: str) -> set[str]:
        """Return the classes spelled out in ``text``, longest spelling first, none inside another."""
        apart = any(re.search(r"\d \d", spelling) for spelling in self._spellings)
        folded = f" {fold(text if apart else joined(text))} "
        found: set[str] = set()
        for spelling in sorted(self._spellings, key=len, reverse=True):
            if len(spelling) > 2 and f" {spelling} " in folded:
                found.add(self._spellings[spelling])
                folded = folded.replace(f" {spelling} ", " \0 ")
        return found
