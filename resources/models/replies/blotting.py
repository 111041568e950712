"""Blot out keys in what others say: those that are known, and whatever looks like one."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

BLOT = "[key]"
SHORTEST = 6
"""Characters of the shortest value that is looked for as it stands."""

NAMES = (
    r"(?:[\w-]*[_-])?(?:api[-_ ]?key|apikey|key|token|secret|passwd|password|passphrase|pwd|sig|"
    r"signature|credential|credentials|authorization|auth)"
)
NAMED = re.compile(
    rf"(?P<name>(?<![A-Za-z0-9]){NAMES}[\"']?\s*(?:=|:(?!//))\s*[\"']?(?:(?:Bearer|Basic|Token)\s+)?)"
    r"(?P<value>(?!\[key\])[^\s\"'&,;)}\]<>]{4,})",
    re.IGNORECASE,
)
IN_URL = re.compile(r"(?<=://)[^/\s@\"'<>]+(?=@)")
PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:sk|pk|rk|gsk|xai|AIza|hf|key|r8|ghp|gho|ghs|glpat|pplx|nvapi|fw|csk|tgp)"
    r"[-_][\w*.-]{6,}|AIza[\w-]{20,}|AKIA[0-9A-Z]{12,}|(?:Bearer|Basic)\s+[^\s\"']+",
    re.IGNORECASE,
)
TOKEN = re.compile(r"[A-Za-z0-9+/=]{16,}")
LEAST_BITS = 3.0
"""Shannon entropy of a character from which a long mix of letters and digits is no word."""


def blot(text: str, known: Iterable[str] = ()) -> str:
    """Blot out keys in ``text``.

    Parameters
    ----------
    text : str
        What somebody said.
    known : iterable of str
        Keys to look for as they stand, and as they stand in an address.

    Examples
    --------
    >>> blot("GET https://ann:pw@host/v1?key=abc123def", ["zzzzzzzz"])
    'GET https://[key]@host/v1?key=[key]'
    >>> blot("gpt-4o-mini-2024-07-18 refused d41d8cd98f00b204e9800998ecf8427e")
    'gpt-4o-mini-2024-07-18 refused [key]'
    """
    for value in sorted(set(known), key=len, reverse=True):
        if len(value) >= SHORTEST:
            for form in {value, quote(value, safe=""), quote(value)}:
                text = text.replace(form, BLOT)
    text = IN_URL.sub(BLOT, text)
    text = PREFIXED.sub(BLOT, text)
    text = NAMED.sub(lambda match: match["name"] + BLOT, text)
    return TOKEN.sub(lambda match: BLOT if _is_random(match[0]) else match[0], text)


def _is_random(text: str) -> bool:
    """Whether a run of characters is a mix of letters and digits as only machines write it."""
    if not (re.search(r"\d", text) and re.search(r"[A-Za-z]", text)):
        return False
    parts = [part for part in text.split("/") if len(part) >= 16]
    return any(_bits(part) >= LEAST_BITS and re.search(r"\d", part) for part in parts)


def _bits(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
