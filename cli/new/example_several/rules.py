"""Rules that are easier said in Python: take a text, tell whether the rule votes."""

from labeling.rules.reading.python import rule

MANNERS = ("friendly", "rude", "helpful", "patient", "unfriendly")


@rule(label="staff")
def manners(text: str) -> bool:
    """Somebody was friendly, or was not."""
    return any(word in text.lower() for word in MANNERS)


@rule(against="price")
def free_of_something(text: str) -> bool:
    """What is "free of" something, or a free seat, costs nothing and is no price."""
    return any(words in text.lower() for words in ("free of", "free seat", "feel free"))
