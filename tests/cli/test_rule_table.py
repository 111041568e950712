"""What each rule does, on a terminal of any width."""

import io

import pytest
from rich.console import Console

from cli.file.rule_table import WIDE, print_rules

ROW = {
    "rule": "device_does_something_odd", "label": "technical_fault", "by_class": "technical_fault 401",
    "coverage": 0.067, "overlaps": 0.061, "conflicts": 0.023, "accuracy": 0.837, "gold": 72,
    "accuracy_low": 0.748, "accuracy_high": 0.897, "never_fires": False, "near_duplicate_of": "odd",
    "likeness": 0.9, "failures": 2, "changed_items": 1,
}  # fmt: skip


def printed(width: int, *rows: dict, gold: str | None = "audit gold") -> list[str]:
    written = io.StringIO()
    print_rules(Console(file=written, width=width), "rules", rows, gold)
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_too_long_and_no_word_of_a_name_or_head_is_cut(width):
    lines = printed(width, ROW)
    table, (note,) = lines[:-1], lines[-1:]
    assert max(map(len, table)) <= width
    words = " ".join(table).split()
    assert {"coverage", "overlaps", "conflicts", "6.7%", "6.1%", "2.3%", "(74.8%"} <= set(words)
    name = {"device_does_something_odd"} if width >= WIDE else {"device_does_", "something_odd"}
    assert name < set(words)
    assert note == (
        "device_does_something_odd: votes like odd on 90% of their items, failed on 2 items, "
        "its last edit changed 1 item"
    )


def test_a_rule_of_which_nothing_is_to_be_said_has_no_line_below():
    plain = ROW | {"near_duplicate_of": None, "failures": 0, "changed_items": 0}
    assert len(printed(140, plain, gold=None)) == 3
    assert "none reviewed" in " ".join(printed(140, plain | {"accuracy": None}))
