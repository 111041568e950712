"""All pattern rules of a batch at once."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.rules.hits import Failure
from labeling.rules.rule import Patterns


def match(
    texts: pa.Array, bodies: Sequence[Patterns]
) -> tuple[list[NDArray[np.int64]], list[list[Failure]]]:
    """Find the rows in which one of a rule's patterns is found, rule by rule."""
    values = texts.to_pylist()
    found: list[NDArray[np.int64]] = []
    for body in bodies:
        searches = [re.compile(one, body.flags).search for one in body.patterns]
        rows = [i for i, t in enumerate(values) if t is not None and any(s(t) for s in searches)]
        found.append(np.array(rows, dtype=np.int64))
    return found, [[] for _ in bodies]
