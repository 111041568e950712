"""How long an answer may become: under which name the limit is sent, and what counts against it."""

from collections.abc import Mapping
from typing import Any, cast

LIMITS = ("max_tokens", "max_completion_tokens")
"""Names that providers know the limit under, older first."""


def limit_name(parameters: Mapping[str, Any]) -> str:
    """Return the name that ``parameters`` set the limit under; the usual one if they set none."""
    return next((name for name in LIMITS[::-1] if name in parameters), LIMITS[0])


def with_room(parameters: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    """Return ``parameters`` with room for an answer of so many tokens.

    Examples
    --------
    >>> with_room({"max_completion_tokens": 64, "seed": 1}, 256)
    {'max_completion_tokens': 256, 'seed': 1}
    """
    return {**parameters, limit_name(parameters): tokens}


def room_of(parameters: Mapping[str, Any]) -> int:
    """Return the tokens that may be written at most, thoughts with a budget of their own included.

    Examples
    --------
    >>> room_of({"max_tokens": 64, "thinking": {"type": "enabled", "budget_tokens": 1024}})
    1088
    """
    thinking = parameters.get("thinking")
    budget: object = None
    if isinstance(thinking, Mapping):
        budget = cast("Mapping[str, object]", thinking).get("budget_tokens")
    thoughts = budget if isinstance(budget, int) and budget > 0 else 0
    return max(int(parameters.get(name) or 0) for name in LIMITS) + thoughts
