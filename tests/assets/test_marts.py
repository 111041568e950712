"""What dbt says reaches Dagster whole, and keeps nobody from the warehouse."""

from contextlib import contextmanager

import pytest

from assets.published.marts import to_the_end


def test_the_warehouse_is_free_before_the_first_event_is_handed_on():
    held = []

    @contextmanager
    def turn():
        held.append(True)
        yield
        held.clear()

    taken = to_the_end(iter("abc"), turn())
    assert next(taken) == "a"
    assert not held
    assert list(taken) == ["b", "c"]


def test_what_dbt_said_before_it_failed_is_handed_on():
    @contextmanager
    def turn():
        yield

    def said():
        yield "built"
        raise RuntimeError("one test failed")

    taken = to_the_end(said(), turn())
    assert next(taken) == "built"
    with pytest.raises(RuntimeError, match="one test failed"):
        next(taken)
