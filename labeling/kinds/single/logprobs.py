"""How sure a model was of a class, by how its tokens were weighed."""

import math
from collections.abc import Sequence

from labeling.kinds.asking import Token
from labeling.kinds.classes import ClassSpec, fold


def from_logprobs(
    tokens: Sequence[Token], label: str, classes: Sequence[ClassSpec]
) -> float | None:
    """Probability of ``label`` among the classes, from the log-probabilities of the answer.

    Parameters
    ----------
    tokens : sequence of Token
        The whole answer.
    label : str
        The class that was read from it.
    classes : sequence of ClassSpec
        All classes.

    Returns
    -------
    float, optional
        In (0, 1]; ``None`` where the label's tokens cannot be found.

    Notes
    -----
    With ``p`` the product of the probabilities of the tokens that spell the label, and ``q`` the
    mass that, token by token, went to continuations that only another class could have: ``p / (p +
    q)``. Mass on text that is no class counts for neither.

    Examples
    --------
    >>> tokens = [Token("HAM", math.log(0.6), (("HAM", math.log(0.6)), ("SPAM", math.log(0.2))))]
    >>> round(from_logprobs(tokens, "HAM", [ClassSpec("HAM"), ClassSpec("SPAM")]), 3)
    0.75
    """
    ways = {fold(s): c.name for c in classes for s in (c.name, *c.synonyms)}
    span = _span(tokens, {way for way, name in ways.items() if name == label})
    if span is None:
        return None
    mass, others, prefix = 1.0, 0.0, ""
    for token in tokens[span[0] : span[1]]:
        for text, logprob in token.others:
            if text != token.text and _only_another(prefix + text, label, ways):
                others += mass * math.exp(logprob)
        mass *= math.exp(min(0.0, token.logprob))
        prefix += token.text
    total = mass + others
    return min(1.0, mass / total) if total > 0 else None


def _span(tokens: Sequence[Token], ways: set[str]) -> tuple[int, int] | None:
    """Return the last run of tokens that spells one of ``ways``: the answer comes last."""
    for start in range(len(tokens) - 1, -1, -1):
        text = ""
        for end in range(start, min(len(tokens), start + 24)):
            text += tokens[end].text
            if fold(text) in ways and fold(tokens[start].text):
                while end + 1 < len(tokens) and fold(text + tokens[end + 1].text) in ways:
                    end += 1
                    text += tokens[end].text
                return start, end + 1
    return None


def _only_another(text: str, label: str, ways: dict[str, str]) -> bool:
    begun = fold(text)
    if not begun:
        return False
    could_be = {name for way, name in ways.items() if way.startswith(begun) or begun == way}
    return bool(could_be) and label not in could_be
