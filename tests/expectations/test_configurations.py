"""Great Expectations judges the same whether a configuration is worked out once or a hundred times."""

from contextlib import nullcontext

import pandas as pd
from great_expectations.execution_engine import pandas_execution_engine
from great_expectations.expectations.expectation import Expectation

from expectations import suite
from expectations.expected import Expected

ROWS = pd.DataFrame({"item_id": ["a", "b", "b"], "label": ["HAM", None, "EGGS"]})
CHECKS = [
    Expected("unique", "", True, None, "expect_column_values_to_be_unique", {"column": "item_id"}),
    Expected(
        "a_class", "", True, None, "expect_column_values_to_be_in_set",
        {"column": "label", "value_set": ["HAM", "SPAM"]},
    ),
    Expected("rows", "", True, None, "expect_table_row_count_to_be_between", {"max_value": 2}),
]  # fmt: skip


def judged() -> list[dict]:
    return [one.to_json_dict() for one in suite._evaluate(CHECKS, ROWS, ["item_id"])]


def test_what_is_found_is_the_same_and_configurations_are_hardly_ever_worked_out(monkeypatch):
    asked: list[int] = []
    whole = Expectation.configuration

    def counted(self):
        asked.append(id(self))
        return whole.__get__(self)

    monkeypatch.setattr(Expectation, "configuration", property(counted))
    kept = judged()
    assert len(asked) < 20 * len(CHECKS)
    assert [one["success"] for one in kept] == [False, False, False]
    monkeypatch.setattr(suite, "configurations_kept", nullcontext)
    assert judged() == kept
    assert len(asked) > 100 * len(CHECKS)


def test_what_is_found_is_the_same_and_no_row_is_hashed_for_a_mark(monkeypatch):
    hashed: list[int] = []
    mark = pandas_execution_engine.hash_pandas_dataframe
    monkeypatch.setattr(
        pandas_execution_engine,
        "hash_pandas_dataframe",
        lambda frame: hashed.append(len(frame)) or mark(frame),
    )
    unmarked = judged()
    assert hashed == []
    monkeypatch.setattr(suite, "rows_unmarked", nullcontext)
    assert judged() == unmarked
    assert hashed == [3, 3]
