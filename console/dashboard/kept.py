"""Which rows of a published table the page shows, where that takes more than a line to say."""

from collections import Counter
from collections.abc import Sequence

from console.dashboard.cells import Row
from console.dashboard.versions import MOST_VERSIONS
from resources.store.tables import OF_OVERLAP


def measured(rows: Sequence[Row]) -> list[Row]:
    """Keep accuracies of all classes together; of voters with many versions only what stands for all."""
    found = [row for row in rows if row["reviewed"] and row["class"] == "(all)"]
    versions = Counter(row["series"] for row in found if row["version"] is not None)
    return [
        row for row in found if row["version"] is None or versions[row["series"]] <= MOST_VERSIONS
    ]


def of_spans(rows: Sequence[Row]) -> list[Row]:
    """Keep what is told of spans, the overlap beside the strict; nothing of other kinds."""
    whole = [row for row in rows if row["span"] == "all"]
    near = {
        row["class"].removeprefix(OF_OVERLAP)
        for row in whole
        if row["class"].startswith(OF_OVERLAP)
    }
    named = [
        {
            **row,
            "class": row["class"].removeprefix(OF_OVERLAP),
            "right if": "overlap" if row["class"].startswith(OF_OVERLAP) else "strict",
        }
        for row in whole
    ]
    return sorted((row for row in named if row["class"] in near), key=lambda row: row["class"])
