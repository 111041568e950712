"""Find out of a provider's refusal which parameter it does not take, and what it would take."""

import re
from collections.abc import Collection

from labeling.llm.providers.room import LIMITS
from labeling.llm.providers.transport import Refused

LIMIT_WORDS = re.compile(
    r"max_?(?:completion_|output_|new_)?tokens|maxOutputTokens|num_predict|output limit",
    re.IGNORECASE,
)
"""What providers call the limit of an answer, whatever name it was sent under."""

REFUSES = re.compile(
    r"unsupported|not support|n't support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|"
    r"not allowed|not available|deprecated|invalid|illegal|must be|must not|cannot|can't|only|"
    r"minimum|maximum|at least|at most|less than|greater|too (?:small|large|low|high)|exceed|"
    r"out of range|not compatible|incompatible|removed|not valid",
    re.IGNORECASE,
)
NUMBER = r"\D{0,20}?(\d[\d,]*)"
LEAST = re.compile(
    rf"(?:at least|minimum(?: value)?(?: of| is)?|>=|greater than or equal to|no less than){NUMBER}",
    re.IGNORECASE,
)
MORE = re.compile(
    r"limit was reached|higher|too (?:small|low)|below|increase|greater", re.IGNORECASE
)
MOST = re.compile(
    rf"(?:at most|maximum(?: value)?(?: of| is)?|<=|less than or equal to|no more than|up to){NUMBER}",
    re.IGNORECASE,
)


def refused_parameter(text: str, named: str | None, sent: Collection[str]) -> Refused | None:
    """Return which of the parameters that were sent a refusal is about.

    Parameters
    ----------
    text : str
        The provider's words.
    named : str, optional
        The parameter that the provider names in a field of its own.
    sent : collection of str
        Names of the parameters that were sent.

    Returns
    -------
    Refused, optional
        ``None`` where the refusal is about something else.

    Examples
    --------
    >>> refused_parameter("'temperature' does not support 0", None, {"temperature", "max_tokens"})
    Refused(parameter='temperature', at_least=None, at_most=None)
    >>> refused_parameter("max_output_tokens: expected a value >= 16", None, {"max_tokens"})
    Refused(parameter='max_tokens', at_least=16, at_most=None)
    """
    limit = next((name for name in LIMITS[::-1] if name in sent), None)
    if limit is not None and LIMIT_WORDS.search(named or text):
        return _limit(limit, text)
    if named is not None:
        return Refused(named) if named in sent else None
    if not REFUSES.search(text):
        return None
    found = [name for name in sent if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)]
    return Refused(found[0]) if len(found) == 1 else None


def _limit(name: str, text: str) -> Refused | None:
    least, most = LEAST.search(text), MOST.search(text)
    if least is not None:
        return Refused(name, at_least=_number(least[1]))
    if most is not None:
        return Refused(name, at_most=_number(most[1]))
    if MORE.search(text):
        return Refused(name, at_least=0)
    return Refused(name) if REFUSES.search(text) else None


def _number(text: str) -> int:
    return int(text.replace(",", ""))
