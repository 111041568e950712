"""Rules that are easier said in Python: take a text, yield where something begins and ends."""

import re

from labeling.rules.spans.python import span_rule

HOURS = re.compile(r"\b\w+ to (?:five|six|eight|noon)\b")


@span_rule(type="Time")
def from_to(text: str):
    """Mark the time from one hour to another."""
    for found in HOURS.finditer(text):
        yield found.span()
