"""Great Expectations is not asked twice about the same, and what it then says is never assumed."""

from dataclasses import replace

import dagster as dg
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import held, suite
from expectations.expected import Expected

KEY = dg.AssetKey(["t", "labels", "released"])


def expected(kind: str, **kwargs) -> Expected:
    return Expected("it_holds", "why", True, None, kind, kwargs)


KINDS = [
    expected(
        "expect_column_values_to_be_in_set", column="label", value_set=["HAM", "SPAM", "EGGS"]
    ),
    expected("expect_column_values_to_be_between", column="share", min_value=0, max_value=0.5),
    expected("expect_column_values_to_be_null", column="label"),
    expected("expect_column_values_to_not_be_null", column="label"),
    expected("expect_column_values_to_be_unique", column="item_id"),
    expected("expect_compound_columns_to_be_unique", column_list=["item_id", "label"]),
    expected("expect_table_row_count_to_be_between", min_value=1),
]
FRAMES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["HAM", "SPAM", "BACON", None]),
        st.sampled_from([0.0, 0.5, 0.7, None]),
    ),
    max_size=4,
).map(
    lambda rows: pd.DataFrame(rows, columns=["item_id", "label", "share"]).astype(
        {"item_id": str, "share": float}
    )
)


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch):
    monkeypatch.setattr(held, "_held", {})


@pytest.fixture
def evaluated(monkeypatch) -> list[str]:
    asked: list[str] = []
    whole = suite._evaluate

    def counted(chosen, frame, index):
        asked.extend(one.check for one in chosen)
        return whole(chosen, frame, index)

    monkeypatch.setattr(suite, "_evaluate", counted)
    return asked


def judged(one: Expected, frame: pd.DataFrame) -> dg.AssetCheckResult:
    (result,) = suite.judge(KEY, [one], [frame])
    return result


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.type)
@settings(max_examples=5, deadline=None)
@given(frames=st.lists(FRAMES, min_size=2, max_size=4))
def test_what_is_told_is_what_an_evaluation_tells(one, frames):
    remembered = [judged(one, frame) for frame in frames]
    for frame, told in zip(frames, remembered, strict=True):
        held._held.clear()
        assert told == judged(one, frame)


def test_the_same_values_in_other_rows_are_judged_once(evaluated):
    of_class = KINDS[0]
    assert judged(of_class, pd.DataFrame({"label": ["HAM", "SPAM"]})).passed
    again = judged(of_class, pd.DataFrame({"label": ["SPAM", "HAM", "HAM"]}))
    assert again.passed
    assert again.metadata["rows"].value == 3
    assert evaluated == ["it_holds"]


def test_another_limit_is_another_question(evaluated):
    frame = pd.DataFrame({"share": [0.3]})
    assert judged(KINDS[1], frame).passed
    assert not judged(replace(KINDS[1], kwargs={"column": "share", "max_value": 0.2}), frame).passed
    assert len(evaluated) == 2


def test_what_fails_is_judged_each_time_and_names_its_own_rows(evaluated):
    for item in ("a", "b"):
        found = judged(KINDS[0], pd.DataFrame({"item_id": [item], "label": ["BACON"]}))
        assert not found.passed
        assert f"`{item}`" in found.metadata["which"].value
    assert len(evaluated) == 2


def test_a_share_of_values_is_judged_each_time(evaluated):
    mostly = replace(KINDS[0], kwargs={**KINDS[0].kwargs, "mostly": 0.5})
    assert judged(mostly, pd.DataFrame({"label": ["HAM", "HAM", "BACON"]})).passed
    assert not judged(mostly, pd.DataFrame({"label": ["HAM", "BACON", "BACON"]})).passed
    assert len(evaluated) == 2
