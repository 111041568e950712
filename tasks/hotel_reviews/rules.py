"""Rules of the hotel reviews that look at a sentence."""

import re

from labeling.rules.reading.python import rule

NIGHT = re.compile(r"\b(night|midnight|sleep|slept|asleep|awake|bed)\b")
SOUND = re.compile(
    r"\b(tram|trams|lift|music|bar|door|doors|snor\w+|pipes|voices|party|dog|sound)\b"
)


@rule(label="noise")
def sound_and_sleep(text: str) -> bool:
    """Find what makes a sound and somebody who wants to sleep, in one sentence."""
    return any(NIGHT.search(s) and SOUND.search(s) for s in re.split(r"[.!?]+", text.lower()))
