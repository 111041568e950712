"""SQL that people write sees what it is given, and its faults are told as DuckDB tells them."""

import pyarrow as pa
import pytest

from resources.store.user_sql import UserSqlError, read_source, run_over

ITEMS = pa.table({"item_id": ["1", "2"], "text": ["one", "two"]})


def test_a_rule_reaches_for_no_file_and_a_source_may(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("item_id\n7\n")
    query = f"select item_id from read_csv('{path}')"
    assert read_source(query)["item_id"].to_pylist() == [7]
    with pytest.raises(UserSqlError, match="disabled by configuration"):
        run_over(query, ITEMS)


@pytest.mark.parametrize("run", [read_source, lambda query: run_over(query, ITEMS)])
@pytest.mark.parametrize(
    ("query", "told"),
    [("select nothing from nowhere", "nowhere does not exist"), ("selec 1", "syntax error")],
)
def test_what_cannot_be_run_is_told(run, query, told):
    with pytest.raises(UserSqlError, match=told):
        run(query)


def test_nothing_that_one_query_makes_is_left_for_the_next():
    run_over("create table kept as select 1 as a", ITEMS)
    with pytest.raises(UserSqlError, match="kept does not exist"):
        run_over("from kept", ITEMS)
