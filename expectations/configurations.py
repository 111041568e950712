"""Great Expectations works out once a validation what it would a hundred times, and no mark of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def configurations_kept() -> Iterator[None]:
    """Keep what an expectation says its configuration is for as long as this lasts.

    Great Expectations 1.x asks it 170 times in one validation, and copies all fields each time: a third
    of what a check of a few rows costs. Nothing changes an expectation meanwhile.
    """
    from great_expectations.expectations.expectation import Expectation

    kind: Any = Expectation
    worked_out = kind.configuration
    kept: dict[int, tuple[Any, Any]] = {}  # with the expectation, so that no other gets its number

    def configuration(self: Any) -> Any:
        if id(self) not in kept:
            kept[id(self)] = (self, worked_out.__get__(self))
        return kept[id(self)][1]

    kind.configuration = property(configuration)
    try:
        yield
    finally:
        kind.configuration = worked_out


@contextmanager
def rows_unmarked() -> Iterator[None]:
    """Have Great Expectations not hash every row of a frame, twice a validation, for a mark that nobody reads."""
    from great_expectations.execution_engine import pandas_execution_engine as engine

    mark = engine.hash_pandas_dataframe
    engine.hash_pandas_dataframe = lambda _: ""
    try:
        yield
    finally:
        engine.hash_pandas_dataframe = mark
