"""Read a model's quotes into spans, or say why they cannot be read.

Tolerant of form (JSON, lines, bullets, fences, names of fields, reasoning first), strict in substance:
every quote has to be of a class and in the text, or the answer is not read and one repair question
follows.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from labeling.kinds.asking import Parsed, legible
from labeling.kinds.classes import ClassSpec
from labeling.kinds.single.phrases import ENDS, HEDGE, INTRODUCES, REFUSAL, taken_back
from labeling.kinds.single.reader import CONFIDENCE_FIELDS, TAKEN_BACK
from labeling.kinds.spans.answer import written
from labeling.kinds.spans.form import SPANS, question
from labeling.kinds.spans.lines import Lines
from labeling.kinds.spans.mentions import Mentions
from labeling.kinds.spans.quotes import Quote, UnreadError, located, shortened
from labeling.kinds.spelled import Spelled
from labeling.kinds.stated import share
from labeling.kinds.thoughts import spoken

LISTS = ("spans", "entities", "mentions", "annotations", "labels", "answer", "results", "output")
TEXTS = ("text", "quote", "span", "mention", "word", "value", "entity")
LABELS = ("label", "type", "class", "category", "tag", "entity_type", "entity_group", "entity")
AROUNDS = ("around", "context")
BESIDE = frozenset(
    {"reasoning", "reason", "explanation", "rationale", "thoughts", "notes", "comment"}
)
"""Fields that change nothing of what is quoted."""

OFFSETS = frozenset({"start", "end", "offset", "offsets", "begin", "index", "id", "position"})
"""Fields of a quote that are not believed: models miscount."""

OPENS = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\]]")
"""Where JSON begins."""

BETWEEN = re.compile(r"[\s,]*")
UNREAD = "no list of quotes could be read without guessing"
NO_LIST = "the JSON has no spans"


@dataclass(frozen=True)
class QuoteReader:
    """Reads answers into spans of ``classes``.

    Examples
    --------
    >>> reader = QuoteReader((ClassSpec("Drug"), ClassSpec("Disease", synonyms=("illness",))))
    >>> text = "Advil helps with gout."
    >>> reader.read('{"spans": [{"text": "gout", "label": "illness"}]}', text=text).label
    '[[17, 21, "Disease"]]'
    >>> reader.read("Drug: advil", text=text).label, reader.read("NONE", text=text).label
    ('[[0, 5, "Drug"]]', '[]')
    >>> reader.read("Drug: aspirin", text=text).reason
    "'aspirin' does not stand in the text"
    """

    classes: tuple[ClassSpec, ...]
    overlap: bool = False
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
        """Read one answer about ``text``; never raises, never invents a span."""
        if refusal:
            return Parsed(None, "refused", refused=True)
        # thoughts stand outside of JSON: what is quoted may look like their marks
        said = answer.strip() if _is_json(answer) else spoken(ENDS.sub("", answer).strip())
        told = legible(said, cut=finish_reason == "length")
        if isinstance(told, Parsed):
            return told
        try:
            return self._read(told, Mentions(text))
        except UnreadError as error:
            if REFUSAL.match(told):
                return Parsed(None, "refused", refused=True)
            return Parsed(None, str(error))

    def again(self, classes: Sequence[ClassSpec], reason: str) -> str:
        """Ask for the quotes alone, after an answer that could not be read for ``reason``."""
        return question(classes, reason)

    def _read(self, told: str, mentions: Mentions) -> Parsed:
        lines = Lines(self._spelled, mentions)
        opens = OPENS.search(told)
        if opens is None or lines.begins_a_quote(told[: opens.start()].rpartition("\n")[2]):
            quotes, confidence = lines.read(told)
            return self._parsed(quotes, confidence, mentions)
        before = told[: opens.start()]
        if INTRODUCES.search(before) or HEDGE.search(before.rpartition("\n")[2]):
            raise UnreadError(UNREAD)
        values, after = _values(told, opens.start())
        answers = self._answers(values)
        quotes, confidence, in_order = answers[0]
        if any(one[0] != quotes for one in answers):
            raise UnreadError("names more than one list")
        if after and (taken_back(after) or self._spelled.named(after)):
            raise UnreadError(TAKEN_BACK)
        return self._parsed(quotes, confidence, mentions, in_order=in_order)

    def _parsed(
        self,
        quotes: Sequence[Quote],
        confidence: float | None,
        mentions: Mentions,
        *,
        in_order: bool = True,
    ) -> Parsed:
        spans = located(quotes, mentions, overlap=self.overlap, in_order=in_order)
        return Parsed(written(spans), "", confidence)

    def _answers(self, values: Sequence[object]) -> list[tuple[list[Quote], float | None, bool]]:
        """Return the list of quotes that each value is, or the one that all are together."""
        if any(_is_quote(value) for value in values):
            return [([self._quote(value) for value in values], None, True)]
        return [self._answer(value) for value in values]

    def _answer(self, value: object) -> tuple[list[Quote], float | None, bool]:
        if isinstance(value, list):
            return self._listed(cast("object", value)), None, True
        fields = _fields(value)
        name = next((name for name in LISTS if name in fields), None)
        if name is None or (name != SPANS and self._spelled.exactly(name)):
            return self._by_class(fields), None, False
        if set(fields) - {name} - BESIDE - set(CONFIDENCE_FIELDS):
            raise UnreadError("the JSON says more than a list")
        sure = [share(fields[key]) for key in CONFIDENCE_FIELDS if key in fields]
        return self._listed(fields[name]), next(iter(sure), None), True

    def _listed(self, value: object) -> list[Quote]:
        if not isinstance(value, list):
            raise UnreadError(NO_LIST)
        return [self._quote(one) for one in cast("list[object]", value)]

    def _by_class(self, fields: dict[str, Any]) -> list[Quote]:
        """Read ``{"Drug": ["Advil"], "Disease": []}``, which tells no order across classes."""
        quotes: list[Quote] = []
        if (
            not any(fields.values())
            and {*map(self._spelled.exactly, fields)} != self._spelled.names
        ):
            raise UnreadError(NO_LIST)
        for key, value in fields.items():
            name = self._spelled.exactly(key)
            if name is None or not isinstance(value, list):
                raise UnreadError(NO_LIST)
            for one in cast("list[object]", value):
                if not isinstance(one, str):
                    raise UnreadError(NO_LIST)
                quotes.append(Quote(one, name))
        return quotes

    def _quote(self, value: object) -> Quote:
        if not _is_quote(value):
            raise UnreadError("an entry of the list is no quote with a text and a label")
        fields = _fields(value)
        label = next(key for key in LABELS if key in fields)
        text = next(key for key in TEXTS if key in fields and key != label)
        around = next((key for key in AROUNDS if key in fields), None)
        if set(fields) - {label, text, around} - BESIDE - OFFSETS - set(CONFIDENCE_FIELDS):
            raise UnreadError("the JSON says more of a quote than its text and label")
        words, said, beside = fields[text], fields[label], fields[around] if around else ""
        if not (isinstance(words, str) and isinstance(said, str) and isinstance(beside, str)):
            raise UnreadError("the text and the label of a quote must be strings")
        name = self._spelled.exactly(said)
        if name is None:
            raise UnreadError(f"the label {shortened(said)} is not one of the classes")
        return Quote(words, name, beside)


def _is_json(answer: str) -> bool:
    try:
        return isinstance(json.loads(answer), dict | list)
    except (ValueError, RecursionError):
        return False


def _values(text: str, at: int) -> tuple[list[object], str]:
    """Return the JSON values that begin at a place, and what follows the last."""
    values: list[object] = []
    while OPENS.match(text, at):
        try:
            value, at = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            raise UnreadError("broken JSON") from None
        values.append(value)
        between = BETWEEN.match(text, at)
        at = between.end() if between else at
    return values, text[at:].strip().removeprefix("```").strip()


def _fields(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadError(NO_LIST)
    return {key.casefold(): one for key, one in cast("dict[str, Any]", value).items()}


def _is_quote(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    keys = {key.casefold() for key in cast("dict[str, Any]", value)}
    texts, labels = keys.intersection(TEXTS), keys.intersection(LABELS)
    return len(texts | labels) > 1 and bool(texts) and bool(labels)
