"""Page-Hinkley and ADWIN of river on saved 0/1 streams; runs in river's own environment."""

import json
import sys

import numpy as np
from river.drift import ADWIN, PageHinkley

MAKE = {
    "river Page-Hinkley (default)": PageHinkley,
    "river Page-Hinkley (threshold 20)": lambda: PageHinkley(threshold=20),
    "river ADWIN (default)": ADWIN,
}


def higher(stream, i, rate):
    """Whether the last 100 reviews hold more errors than ``rate``."""
    recent = stream[max(0, i - 100) : i]
    return sum(recent) / len(recent) > rate


streams = np.load(sys.argv[1]).tolist()
found = {}
for name, make in MAKE.items():
    when = []
    for stream in streams:
        detector, at, seen, wrong = make(), 0, 0, 0
        for i, x in enumerate(stream, start=1):
            detector.update(x)
            # it looks both ways, and a fall in errors is no alarm
            if detector.drift_detected and higher(stream, i, wrong / max(seen, 1)):
                at = i
                break
            seen, wrong = seen + 1, wrong + x
        when.append(at)
    found[name] = when
print(json.dumps(found))
