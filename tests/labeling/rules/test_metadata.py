"""Metadata of a batch that is read in parts: the columns that the whole would have."""

import json

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from labeling.rules.metadata import spread, whole

SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.just(2**62 + 1), st.just(2**70),
    st.floats(-5, 5), st.sampled_from(["", "x", "1"]),
)  # fmt: skip
VALUES = st.one_of(
    SIMPLE, st.lists(SIMPLE, max_size=2), st.dictionaries(st.sampled_from("ab"), SIMPLE)
)
OBJECTS = st.dictionaries(st.sampled_from(["likes", "channel"]), VALUES)


def in_parts(parts):
    """Read parts again and again until each has the columns of all, as the rules' votes do."""
    types = None
    while True:
        read = [spread(part, types) for part in parts]
        found = whole([{name: column.type for name, column in one.items()} for one in read])
        if all({n: c.type for n, c in one.items()} == found for one in read):
            return {name: pa.chunked_array([one[name] for one in read]) for name in found}
        types = found


@example([[{"likes": 0.5}], [{"likes": True}]])
@example([[{"likes": [0.5, True]}], [{"likes": [0.5]}]])
@example([[{"likes": {"a": True}}], [{"likes": {"a": 0.5}}]])
@given(st.lists(st.lists(OBJECTS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_parts_have_the_columns_that_the_whole_batch_has(parts):
    said = [[json.dumps(one) for one in part] for part in parts]
    together = spread([one for part in said for one in part])
    found = in_parts(said)
    assert {n: c.type for n, c in found.items()} == {n: c.type for n, c in together.items()}
    assert {n: c.to_pylist() for n, c in found.items()} == {
        n: c.to_pylist() for n, c in together.items()
    }
