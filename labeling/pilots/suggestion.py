"""What a model suggests for a prompt: read out of its answer, and nothing believed that it may not say.

A suggestion is words: no template, no name of a class that is none. What it shows as examples is
chosen among answers of people.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labeling.errors import SuggestionError
from labeling.kinds.stated import objects_in
from labeling.kinds.thoughts import spoken

LONGEST = 12_000
"""Characters of instructions, at most."""

LONGEST_DESCRIPTION = 1_000
"""Characters that are said of one class, at most."""

MOST_EXAMPLES = 8
"""Examples in a prompt: each is paid for with every item."""

SIGNS = ("{{", "{%", "{#")
"""How code begins in a template."""

QUOTED = 80


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Other words for a prompt.

    Parameters
    ----------
    instructions : str
        What the model is told.
    descriptions : mapping of str to str
        Of classes by name; those that are not named keep theirs.
    examples : tuple of int
        Numbers of the answered items that are shown as examples; empty to leave that as it is.
    """

    instructions: str
    descriptions: Mapping[str, str]
    examples: tuple[int, ...]


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    description: Annotated[str, Field(min_length=1, max_length=LONGEST_DESCRIPTION)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    instructions: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    descriptions: list[_Described] = Field(default_factory=list[_Described])
    examples: Annotated[list[int], Field(max_length=MOST_EXAMPLES)] = Field(
        default_factory=list[int]
    )


def schema_of(classes: Sequence[str], numbers: Sequence[int]) -> dict[str, Any]:
    """Return the JSON schema of a suggestion: no other class and no other item passes.

    Examples
    --------
    >>> schema_of(["HAM", "SPAM"], [1, 2])["required"]
    ['instructions', 'descriptions', 'examples']
    """
    described = {"name": {"type": "string", "enum": [*classes]}, "description": {"type": "string"}}
    number = {"type": "integer", "enum": [*numbers]} if numbers else {"type": "integer"}
    fields = {
        "instructions": {"type": "string"},
        "descriptions": {"type": "array", "items": _closed(described)},
        "examples": {"type": "array", "items": number},
    }
    return _closed(fields)


def read_suggestion(
    text: str, classes: Collection[str], numbers: Collection[int], longer: Collection[int] = ()
) -> Suggestion:
    r"""Read a model's answer.

    Parameters
    ----------
    text : str
        The answer; thoughts before it and marks around it are left out.
    classes : collection of str
        All classes.
    numbers : collection of int
        Items that may be shown as examples.
    longer : collection of int
        Items that were shown and are too long for an example: left out of those that it names.

    Raises
    ------
    SuggestionError
        If it holds no such object, names what is not there, or holds code or signs that no file takes.

    Examples
    --------
    >>> read_suggestion('{"instructions": "Sort.", "examples": [2]}', ["HAM", "SPAM"], [1, 2])
    Suggestion(instructions='Sort.', descriptions={}, examples=(2,))
    >>> read_suggestion('{"instructions": "Sort {{ item }}."}', ["HAM", "SPAM"], [1, 2])
    Traceback (most recent call last):
    ...
    labeling.errors.SuggestionError: instructions hold the code of a template ({{), and only words are taken
    """
    told = spoken(text)
    found, _ = objects_in(told or "")
    if told is None or not found:
        short = " ".join((told or text).split())[:QUOTED]
        raise SuggestionError(f"the answer is no JSON object: {short!r}")
    try:
        answer = _Answer.model_validate(_listed(found[-1]))
    except ValidationError as error:
        raise SuggestionError(_in_words(error)) from None
    described: dict[str, str] = {}
    for one in answer.descriptions:
        if one.name not in classes:
            raise SuggestionError(f"{one.name!r} is no class; allowed: {', '.join(classes)}")
        if one.name in described:
            raise SuggestionError(f"{one.name!r} is described twice")
        described[one.name] = _words(one.description, f"the description of {one.name!r}").strip()
    strangers = sorted(set(answer.examples) - set(numbers) - set(longer))
    if strangers:
        raise SuggestionError(f"there is no answered item {strangers[0]} among those it was shown")
    shown = tuple(n for n in dict.fromkeys(answer.examples) if n in numbers)
    return Suggestion(_words(answer.instructions, "instructions").strip(), described, shown)


def _listed(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer whose descriptions are a list, where it maps classes to them, as many do."""
    said = answer.get("descriptions")
    if not isinstance(said, dict):
        return answer
    pairs = [
        {"name": name, "description": told} for name, told in cast("dict[str, Any]", said).items()
    ]
    return {**answer, "descriptions": pairs}


def _words(text: str, where: str) -> str:
    """Return a text that holds words alone."""
    hold = "holds" if where != "instructions" else "hold"
    sign = next((sign for sign in SIGNS if sign in text), None)
    if sign is not None:
        raise SuggestionError(
            f"{where} {hold} the code of a template ({sign}), and only words are taken"
        )
    odd = next((c for c in text if c not in "\n\r\t" and unicodedata.category(c) == "Cc"), "")
    if odd:
        raise SuggestionError(f"{where} {hold} a sign that no text has (U+{ord(odd):04X})")
    if not text.strip():
        raise SuggestionError(f"{where} {hold} no words")
    return text


def _closed(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _in_words(error: ValidationError) -> str:
    faults: list[str] = []
    for fault in error.errors():
        field = ".".join(str(part) for part in fault["loc"]).encode("ascii", "replace").decode()
        unknown = fault["type"] == "extra_forbidden"
        allowed = f"unknown field; allowed: {', '.join(_Answer.model_fields)}"
        faults.append(f"{field}: {allowed if unknown and len(fault['loc']) == 1 else fault['msg']}")
    return "; ".join(faults)
