"""Rules of the support inbox that look at a message sentence by sentence."""

import re

from labeling.rules.reading.python import rule

SENTENCE = re.compile(r"[.!?:\n]+")
FAILS = re.compile(
    r"\b(can't|cannot|cant|unable|never|doesn't|does not|forgot|expired|invalid|wrong|stopped)\b"
)
ACCESS = re.compile(
    r"\b(password|code arrive\w*|reset|log|login|log-in|sign|verification|mail|2fa|two-factor|pin)\b"
)
DEVICE = re.compile(
    r"\b(lamps?|kettle|fan|thermostat|alarm light|speaker|hub|purifier|humidifier|strip|heater|app)\b"
)
MISDEEDS = re.compile(
    r"\b(stuck|broken|dead|noise|smells?|hot|black|flickers?|blinks?|offline|delay|drops|loses"
    r"|by itself|all night|stopped|empty|reset|update|won't|wont|doesn't|nothing)\b"
)
THANKS = re.compile(
    r"^\W*((hi|hey|hello|hi there|yo|ok|hola|hallo|good morning)\W+)?"
    r"(thanks|thank you|great|love|nice|best|you guys|all sorted|solved|gracias|danke|vielen dank)\b"
)
BRIEF_CHARACTERS = 60
"""Thanks this short are all there is to the message."""


def _sentences(text: str) -> list[str]:
    """Return the writer's own sentences in small letters, without what they quote."""
    own = "\n".join(line for line in text.splitlines() if not line.startswith(">"))
    return SENTENCE.split(own.lower())


@rule(label="account_access")
def cannot_get_in(text: str) -> bool:
    """Find a failure and a way to get in, in one sentence."""
    return any(FAILS.search(s) and ACCESS.search(s) for s in _sentences(text))


@rule(label="technical_fault")
def device_does_something_odd(text: str) -> bool:
    """Find a device and a misdeed in one sentence."""
    return any(DEVICE.search(s) and MISDEEDS.search(s) for s in _sentences(text))


@rule(label="praise_or_other")
def only_thanks(text: str) -> bool:
    """Find messages so short that the thanks are all there is."""
    return len(text) <= BRIEF_CHARACTERS and bool(THANKS.match(text.lower())) and "?" not in text
