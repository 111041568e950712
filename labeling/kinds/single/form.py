"""How a model is told to answer with one class, and how such an answer is written."""

import json
from collections.abc import Sequence
from typing import Any

from labeling.kinds.asking import Form, schema_of
from labeling.kinds.classes import ClassSpec


def instruction(form: Form, classes: Sequence[ClassSpec]) -> str:
    """Tell the model how to answer.

    Examples
    --------
    >>> instruction(Form(), [ClassSpec("SPAM"), ClassSpec("HAM")])
    'Answer with exactly one of these names and nothing else: SPAM | HAM'
    """
    names = " | ".join(c.name for c in classes)
    if form.json:
        parts = ['"reasoning" (your thoughts, briefly)'] if form.reasoning else []
        parts.append(f'"label" (exactly one of: {names})')
        if form.stated:
            parts.append('"confidence" (from 0 to 1, how likely the label is right)')
        return "Answer with one JSON object with the fields " + ", then ".join(parts) + "."
    told: list[str] = []
    if form.reasoning:
        told.append("Think step by step first. Then end with one line: Label: <name>")
    if form.stated:
        told.append("Then one more line: Confidence: <from 0 to 1, how likely it is right>")
    if form.reasoning:
        return "\n".join([*told, f"The name is exactly one of: {names}"])
    if form.stated:
        return "\n".join([f"First one line: Label: <exactly one of: {names}>", *told])
    return f"Answer with exactly one of these names and nothing else: {names}"


def schema(form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
    """Return the JSON schema of an answer; only the names of classes pass as label."""
    names = [c.name for c in classes]
    return schema_of(form, "label", {"type": "string", "enum": names})


def example(form: Form, label: str) -> str:
    """Write an example's answer."""
    if form.json:
        return json.dumps({"label": label}, ensure_ascii=False)
    return f"Label: {label}" if form.reasoning or form.stated else label
