"""Rules for the comments that are easier said in Python."""

import re

from labeling.rules.reading.python import rule

SOLICITS = re.compile(
    r"https?:|www\.|\.(com|net|org|ly|co)\b|\bche?ck\s*(it|this|my|our|me|us)?\s*(out|my|our|this)\b"
    r"|\bsubscrib|\bsub\b|\bplease\b|\bpl[zs]\b|\bshare\b"
    r"|\bvote\b|\bfollow\b|\bvisit\b|\bmoney\b|\bmy (channel|page|video|music|cover)"
    r"|\bguys\b|\bclick\b|\bhelp\b|[\uff41-\uff5a]{3}|/watch|\blike (this|if)\b",
    re.IGNORECASE,
)
"""Signs that a comment wants something from its reader."""

BRIEF_CHARACTERS = 90
"""Below this a comment without any request is talk about the video."""

ORDERS = re.compile(
    r"\b(check|subscribe|visit|click|watch|listen|share|like|follow|give|go|vote)\b"
)

INTRODUCTIONS = re.compile(
    r"\b(my name is|we are|we're|i am an?|i'm an?|im an?|i&#39;m an?|i have a"
    r"|i just (made|started))\b",
    re.IGNORECASE,
)


@rule(label="HAM")
def brief_and_wants_nothing(text: str) -> bool:
    """Short, and asks its reader for nothing."""
    return len(text) <= BRIEF_CHARACTERS and not SOLICITS.search(text)


@rule(label="SPAM")
def gives_several_orders(text: str) -> bool:
    """Tells the reader to do two or more different things."""
    return len(set(ORDERS.findall(text.lower()))) >= 2


@rule(label="SPAM")
def introduces_itself(text: str) -> bool:
    """Begins by telling who is writing, as people do before they ask for something."""
    return bool(INTRODUCTIONS.search(text[:160]))
