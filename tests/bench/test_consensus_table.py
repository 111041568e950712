"""The table of the accuracy bench tells where ours loses and who has no answer."""

from bench.consensus import sets, table
from bench.consensus.accuracy import Row


def row(name: str, majority: float, ours: float, **peers: float) -> Row:
    one = {"ours": 0.5, "shares": 0.6}
    failed = {} if "glad" in peers else {"glad": "over the time limit"}
    accuracy = {"majority": majority, "ours": ours, **peers}
    return Row(
        name, sets.RULES, "", 10, 3, 2, accuracy, {}, one, one, "ensemble", "", [], 0.1, failed
    )


ROWS = [row("first", 70, 75, glad=80.0), row("second", 60, 58), row("third", 60, 59.6, glad=60.0)]


def test_sets_more_than_half_a_point_under_majority_are_counted_and_named() -> None:
    told = table.summary(ROWS)
    assert "mean gain over majority **+0.87**" in told
    assert "1 of 3 sets more than 0.5 under majority, worst -2.0: second -2.0" in told


def test_a_peer_without_an_answer_is_a_dash_and_its_mean_says_over_how_many_sets() -> None:
    told = table.table(ROWS)
    assert "|   -   |" in told.splitlines()[3]
    assert "70.0 (2)" in told.splitlines()[5]
    assert "GLAD has no answer on second: over the time limit" in table.summary(ROWS)
