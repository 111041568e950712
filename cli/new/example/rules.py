"""Rules that are easier said in Python: take a text, tell whether the rule votes for its class."""

from labeling.rules.reading.python import rule

BRIEF_CHARACTERS = 60
"""Below this a message that ends in an exclamation mark is hardly ever a complaint."""


@rule(label="praise")
def brief_and_glad(text: str) -> bool:
    """Short, no question, and ends in an exclamation mark."""
    return len(text) < BRIEF_CHARACTERS and text.rstrip().endswith("!") and "?" not in text


@rule(label="question")
def ends_in_a_question(text: str) -> bool:
    """The last sentence asks something."""
    return text.rstrip().endswith("?")
