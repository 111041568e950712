"""Answers as providers write them against every promise: each takes a sound one and bends it."""

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]
Bend = Callable[[Body], Body]


def usage(told: Any) -> Bend:
    """Counted otherwise; ``...`` leaves the count out."""

    def bend(body: Body) -> Body:
        rest = {k: v for k, v in body.items() if k != "usage"}
        return rest if told is ... else {**rest, "usage": told}

    return bend


def message(**fields: Any) -> Bend:
    """With other fields in its message; ``...`` leaves one out."""

    def bend(body: Body) -> Body:
        (choice,) = body["choices"]
        said = {k: v for k, v in {**choice["message"], **fields}.items() if v is not ...}
        return {**body, "choices": [{**choice, "message": said}]}

    return bend


def choice(**fields: Any) -> Bend:
    """With other fields in its one choice."""
    return lambda body: {**body, "choices": [{**body["choices"][0], **fields}]}


def top(**fields: Any) -> Bend:
    """With other fields at the top; ``...`` leaves one out."""
    return lambda body: {k: v for k, v in {**body, **fields}.items() if v is not ...}
