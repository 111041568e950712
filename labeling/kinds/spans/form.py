"""How a model is told to quote, and how such an answer is written."""

import json
import re
from collections.abc import Sequence
from typing import Any

from labeling.kinds.asking import Form, schema_of
from labeling.kinds.classes import ClassSpec, fold
from labeling.kinds.spans.answer import marked

SPANS, TEXT, LABEL, AROUND = "spans", "text", "label", "around"
"""Fields of an answer and of a quote."""

NONE = "NONE"
"""How a model says in words that there is nothing."""

NONES = frozenset(
    {
        "none", "none of these", "none of them", "none found", "none of the above", "nothing", "nothing found",
        "n a", "no spans", "no span", "no entities", "no entity", "no mentions", "no stretches", "no stretch",
    }
)  # fmt: skip
"""Folded ways of saying so."""

BESIDE = "|"
"""Stands between a quote and the words around it."""

BARE = re.compile(r"\w(?:[^\n\r\t\"|]*[\w.)%])?")


def instruction(form: Form, classes: Sequence[ClassSpec], *, overlap: bool) -> str:
    """Tell the model how to answer.

    Examples
    --------
    >>> print(instruction(Form(), [ClassSpec("Disease"), ClassSpec("Drug")], overlap=False))
    Find every stretch of the item that is one of these: Disease | Drug
    Every mention counts, also of what stands there before. No two stretches share a character.
    Answer with one line a stretch and nothing else, in the order of the item: one of the names, \
a colon, and the stretch copied letter for letter. If there is none, answer NONE.
    """
    names = " | ".join(c.name for c in classes)
    apart = "" if overlap else " No two stretches share a character."
    parts = [
        f"Find every stretch of the item that is one of these: {names}",
        f"Every mention counts, also of what stands there before.{apart}",
    ]
    if form.json:
        fields = ['"reasoning" (your thoughts, briefly)'] if form.reasoning else []
        fields.append(
            f'"{SPANS}" (a list in the order of the item, [] if there is none; of each stretch "{TEXT}", '
            f'copied letter for letter, and "{LABEL}", one of the names)'
        )
        if form.stated:
            fields.append('"confidence" (from 0 to 1, how likely the list is right)')
        parts.append(f"Answer with one JSON object with the fields {', then '.join(fields)}.")
        return "\n".join(parts)
    line = (
        "in the order of the item: one of the names, a colon, and the stretch copied letter for letter. "
        f"If there is none, answer {NONE}."
    )
    if form.reasoning:
        parts.append(
            f"Think step by step first. Then end with a line Spans: and one line a stretch, {line}"
        )
    elif form.stated:
        parts.append(f"Answer with a line Spans: and one line a stretch, {line}")
    else:
        parts.append(f"Answer with one line a stretch and nothing else, {line}")
    if form.stated:
        parts.append("Then one more line: Confidence: <from 0 to 1, how likely it is right>")
    return "\n".join(parts)


def schema(form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
    """Return the JSON schema of an answer; only names of classes pass as labels."""
    fields = {
        TEXT: {"type": "string"},
        LABEL: {"type": "string", "enum": [c.name for c in classes]},
    }
    quote = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return schema_of(form, SPANS, {"type": "array", "items": quote})


def example(form: Form, answer: str, text: str) -> str:
    r"""Write the quotes of an answer about a text.

    Examples
    --------
    >>> example(Form(), '[[0, 5, "Drug"], [10, 14, "Disease"]]', "Advil for gout")
    'Drug: Advil\nDisease: gout'
    """
    said = marked(answer)
    quotes = [(text[a:b], name) for a, b, name in said.found] if said else []
    if form.json:
        spans = [{TEXT: quote, LABEL: name} for quote, name in quotes]
        return json.dumps({SPANS: spans}, ensure_ascii=False)
    lines = [f"{name}: {_in_a_line(quote)}" for quote, name in quotes] or [NONE]
    return "\n".join(["Spans:", *lines] if form.reasoning or form.stated else lines)


def question(classes: Sequence[ClassSpec], reason: str) -> str:
    """Ask for the quotes alone, after an answer that could not be read for ``reason``."""
    names = " | ".join(c.name for c in classes)
    return (
        f"Your answer could not be read ({reason}). Answer with one line a stretch and nothing else, in "
        f"the order of the item: one of these names, a colon, and the stretch copied letter for letter: {names}. "
        f"Quote every mention on its own. Where the same words also stand elsewhere and are not meant there, "
        f"add {BESIDE} and the stretch with a few words around it, copied too. If there is none, answer {NONE}."
    )


def _in_a_line(quote: str) -> str:
    """Write a quote, as a JSON string where a line would not keep it as it is."""
    plain = BARE.fullmatch(quote) and "  " not in quote and fold(quote) not in NONES
    return quote if plain else json.dumps(quote, ensure_ascii=False)
