"""How a model is told to answer with a list of classes, and how such an answer is written."""

import json
from collections.abc import Sequence
from typing import Any

from labeling.kinds.asking import Form, schema_of
from labeling.kinds.classes import ClassSpec
from labeling.kinds.several.answer import listed
from labeling.kinds.several.limits import Limits

NONE = "NONE"
"""How a model says in words that no class applies."""


def instruction(form: Form, classes: Sequence[ClassSpec], limits: Limits) -> str:
    """Tell the model how to answer.

    Examples
    --------
    >>> print(instruction(Form(), [ClassSpec("late"), ClassSpec("broken")], Limits()))
    Any number of these names may apply: late | broken
    Answer with one line: the names that apply, with commas between them, or NONE if none of them does.
    """
    names = " | ".join(c.name for c in classes)
    parts = [f"{_how_many(limits)} of these names may apply: {names}"]
    parts += [f"Of {', '.join(group)} only one may apply." for group in limits.excludes]
    if form.json:
        fields = ['"reasoning" (your thoughts, briefly)'] if form.reasoning else []
        none = ", [] if none does" if limits.none_allowed else ""
        fields.append(f'"labels" (a list of the names that apply{none})')
        if form.stated:
            fields.append('"confidence" (from 0 to 1, how likely the list is right)')
        parts.append(f"Answer with one JSON object with the fields {', then '.join(fields)}.")
        return "\n".join(parts)
    none = f", or {NONE} if none of them does" if limits.none_allowed else ""
    told = f"the names that apply, with commas between them{none}."
    if form.reasoning:
        parts.append(f"Think step by step first. Then end with one line: Labels: {told}")
    elif form.stated:
        parts.append(f"First one line: Labels: {told}")
    else:
        parts.append(f"Answer with one line: {told}")
    if form.stated:
        parts.append("Then one more line: Confidence: <from 0 to 1, how likely it is right>")
    return "\n".join(parts)


def schema(form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
    """Return the JSON schema of an answer; only names of classes pass in its list.

    Lengths are not in it: providers refuse schemas that limit them, and the reader looks anyway.
    """
    names = [c.name for c in classes]
    several = {"type": "array", "items": {"type": "string", "enum": names}}
    return schema_of(form, "labels", several)


def example(form: Form, answer: str) -> str:
    """Write an example's answer."""
    names = listed(answer)
    names = [answer] if names is None else names
    if form.json:
        return json.dumps({"labels": names}, ensure_ascii=False)
    line = ", ".join(names) or NONE
    return f"Labels: {line}" if form.reasoning or form.stated else line


def _how_many(limits: Limits) -> str:
    if limits.at_most is None:
        return "Any number" if limits.none_allowed else "One or more"
    return ("At most" if limits.none_allowed else "At least one and at most") + f" {limits.at_most}"
