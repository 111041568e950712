"""Voters that change often, such as the student, told once instead of once a version."""

from typing import Any

import pyarrow as pa

MOST_VERSIONS = 3
"""Versions of a voter up to which each is told by itself."""

ADDED = ("calls", "cached", "cost_usd", "parse_failures", "refusals")
MEASURED = ("reviewed", "accuracy", "accuracy_low", "accuracy_high")


def few_versions(scorecard: pa.Table, overall: pa.Table) -> pa.Table:
    """Tell a voter of more than :data:`MOST_VERSIONS` versions once, over all of them.

    The student is a new version in every batch. Counts and costs add up; shares of votes are
    weighed with the votes; accuracy is that of the whole series.
    """
    whole = {
        row["series"].removeprefix("voter/"): row
        for row in overall.to_pylist()
        if row["version"] is None and row["class"] == "(all)"
    }
    versions: dict[str, list[dict[str, Any]]] = {}
    for row in scorecard.to_pylist():
        versions.setdefault(row["voter"], []).append(row)
    rows: list[dict[str, Any]] = []
    for voter, mine in versions.items():
        if len(mine) <= MOST_VERSIONS:
            rows += mine
            continue
        votes = sum(row["votes"] for row in mine)
        told = whole.get(voter, {})
        rows.append(
            {
                **mine[-1],
                "version": None,
                "votes": votes,
                "coverage": sum(row["coverage"] for row in mine),
                **{
                    name: sum(row[name] * row["votes"] for row in mine) / votes
                    for name in ("overlap", "conflict")
                },
                **{
                    name: sum(row[name] or 0 for row in mine)
                    for name in ADDED
                    if mine[-1][name] is not None
                },
                **{name: told.get(name) for name in MEASURED},
            }
        )
    return pa.Table.from_pylist(rows, schema=scorecard.schema)
