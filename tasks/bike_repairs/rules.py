"""Rules of the workshop that look at a whole report."""

import re

from labeling.rules.spans.python import span_rule

SPENT = re.compile(
    r"(?:took|done in|work:) ([^,;.]*(?:\d\.\d)?[^,;.]*(?:min|minutes|h|hours|hour))\b"
)


@span_rule(type="Time")
def spent(text: str):
    """Mark what stands behind "took" and the like, up to its unit."""
    for found in SPENT.finditer(text):
        yield found.span(1)
