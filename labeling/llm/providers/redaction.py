"""Take secrets and personal data out of a text before it is sent."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from labeling.errors import PromptError

PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "private_key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        "token": (
            r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}"
            r"|\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abpr]|hf|npm|pypi)[-_][A-Za-z0-9_-]{16,}"
            r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b"
            r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
        ),
        "password": (
            r"(?i)(?<=password: )\S+|(?<=password=)\S+|(?<=password is )\S+|(?<=passwd=)\S+"
            r"|(?<=secret=)\S+|(?<=api_key=)\S+|(?<=token=)\S+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
        ),
        "email": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b",
        "iban": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
        "card": r"\b\d(?:[ -]?\d){12,18}\b",
        "us_ssn": r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b",
        "phone": r"(?<![\w.])(?:\+\d{1,3}[ .-]?|00\d{1,3}[ .-]?|\(\d{2,5}\)[ .-]?)(?:\d[ .-]?){6,12}\d\b"
        r"|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b",
        "ip_address": r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
    }
)
"""What is looked for, in this order; each becomes ``[NAME]``."""


def redactor(
    kinds: Iterable[str] = tuple(PATTERNS), own: Mapping[str, str] | None = None
) -> Callable[[str], str]:
    """Return a function that takes ``kinds`` and ``own`` patterns out of a text.

    Parameters
    ----------
    kinds : iterable of str
        Names in :data:`PATTERNS`.
    own : mapping of str to str, optional
        Further patterns of the task: name to regular expression.

    Raises
    ------
    PromptError
        If a kind is unknown or a pattern cannot be compiled.

    Examples
    --------
    >>> redact = redactor(own={"order": r"FL-[0-9]+"})
    >>> redact("Mail ann@example.org about FL-1234, card 4111 1111 1111 1111")
    'Mail [email] about [order], card [card]'
    >>> redact("model 1234 5678 9012 3456 is no card: its check digit is wrong")
    'model 1234 5678 9012 3456 is no card: its check digit is wrong'
    """
    compiled: list[tuple[str, re.Pattern[str]]] = []
    for name, pattern in (own or {}).items():
        try:
            compiled.append((name, re.compile(pattern)))
        except re.error as error:
            raise PromptError(f"redaction pattern {name!r} cannot be read: {error}") from None
    wanted = list(kinds)
    strangers = sorted(set(wanted) - set(PATTERNS))
    if strangers:
        raise PromptError(
            f"redaction knows no kind {strangers[0]!r}; it knows {', '.join(PATTERNS)}"
        )
    compiled += [(k, re.compile(p, re.DOTALL)) for k, p in PATTERNS.items() if k in wanted]

    def redact(text: str) -> str:
        for name, pattern in compiled:
            if name == "card":
                text = pattern.sub(_blot_card, text)
            else:
                text = pattern.sub(f"[{name}]", text)
        return text

    return redact


def _blot_card(match: re.Match[str]) -> str:
    """Blot out numbers whose check digit is right (Luhn); others are most likely no card."""
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = [d if n % 2 == 0 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits[::-1])]
    return "[card]" if sum(doubled) % 10 == 0 else match[0]
