"""What answers state in so many words: JSON objects, and how sure the model says it is."""

import json
import re
from typing import Any, cast

CONFIDENCE = re.compile(
    r"^\W*(?:confidence|certainty|probability)\W{0,6}(\d+(?:\.\d+)?|\.\d+)\s*(%?)",
    re.IGNORECASE | re.MULTILINE,
)
PERCENT = 100.0


def objects_in(text: str) -> tuple[list[dict[str, Any]], str]:
    """Return the JSON objects in ``text``, outermost ones only, and what follows the last."""
    decoder, at, end = json.JSONDecoder(), 0, 0
    found: list[dict[str, Any]] = []
    while (at := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if isinstance(value, dict):
            found.append(cast("dict[str, Any]", value))
            end = at
    return found, text[end:].lstrip("]} \n\t").removeprefix("```").strip()


def stated(text: str) -> float | None:
    """Return the confidence that a line of ``text`` states, in (0, 1]; ``None`` if none does."""
    found = CONFIDENCE.search(text)
    return share(found[1] + found[2]) if found else None


def share(value: object) -> float | None:
    """Read a stated confidence: 0.85, 85, "85%", "0.85"; ``None`` if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    if text.endswith("%") or number > 1:
        number /= PERCENT
    return number if 0 < number <= 1 else None
