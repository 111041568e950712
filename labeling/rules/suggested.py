"""What a rule file says of a rule that a model wrote: who, why, how sure, and since when it votes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from labeling.errors import RuleError

KEYS = ("by", "day", "texts", "at_least", "after")


@dataclass(frozen=True, slots=True)
class Suggested:
    """Where a rule comes from that no person wrote.

    Parameters
    ----------
    by : str
        The model.
    day : str
        The day, as ``2026-11-29``.
    texts : tuple of str
        Ids of the items that made it.
    at_least : float
        Lower bound of its precision, in (0, 1); what its series is held to.
    after : str
        The newest batch whose reviews admitted it. It votes on later ones alone: what measures a
        batch never changes that batch's labels. Empty where it votes on all: what admitted it
        measures no batch.

    Examples
    --------
    >>> one = Suggested("m", "2026-11-29", ("a",), 0.8, "2026-03")
    >>> one.votes_on("2026-03"), one.votes_on("2026-04")
    (False, True)
    """

    by: str
    day: str
    texts: tuple[str, ...]
    at_least: float
    after: str

    def votes_on(self, batch: str) -> bool:
        """Whether a batch came after what admitted the rule."""
        return batch > self.after


def parse_suggested(value: object) -> Suggested:
    """Read what stands under ``suggested:``.

    Raises
    ------
    RuleError
        If a key is missing, unknown or says something else than it may; the message begins with a
        verb.

    Examples
    --------
    >>> told = {"by": "m", "day": "2026-11-29", "texts": ["a"], "at_least": 0.8, "after": "2026-03"}
    >>> parse_suggested(told).after
    '2026-03'
    """
    if not isinstance(value, dict) or set(cast("dict[Any, Any]", value)) != set(KEYS):
        raise RuleError(
            f"must say {', '.join(KEYS)} and nothing else, as `touchstone rules suggest` writes it; "
            "take it out, and the rule is one of your own"
        )
    told = cast("dict[str, Any]", value)
    for name in ("by", "day", "after"):
        if not isinstance(told[name], str) or not (told[name] or name == "after"):
            raise RuleError(f"has '{name}: {told[name]}', but that must be a text in quotes")
    texts: Any = told["texts"]
    if not isinstance(texts, list) or not all(
        isinstance(one, str) for one in cast("list[Any]", texts)
    ):
        raise RuleError("has no list of ids of items, each a text in quotes, under 'texts'")
    low: Any = told["at_least"]
    if isinstance(low, bool) or not isinstance(low, int | float) or not 0 < low < 1:
        raise RuleError(f"has 'at_least: {low}'; allowed: a number between 0 and 1")
    return Suggested(
        told["by"], told["day"], tuple(cast("list[str]", texts)), float(low), told["after"]
    )


def heard(suggested: Suggested | None, voter: str, batch: str, retired: Collection[str]) -> bool:
    """Tell whether a rule votes on a batch: a person's always does.

    Parameters
    ----------
    suggested : Suggested, optional
        None for a rule that a person wrote.
    voter : str
        ``rule/NAME``.
    batch : str
    retired : collection of str
        Voters whose alarm stood before the batch.
    """
    return suggested is None or (suggested.votes_on(batch) and voter not in retired)
