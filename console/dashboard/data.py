"""What the dashboard shows: published tables, with the columns that they declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pyarrow as pa

from labeling.errors import QualityError
from resources.store.published import published

TABLES: Mapping[str, str] = {
    "quality_by_batch": "quality_by_batch",
    "class_shares": "label_distribution",
    "voter_scorecard": "voter_scorecard",
    "class_quality": "class_report",
    "alarms": "alarms",
    "early_warnings": "early_warnings",
    "evidence": "drift_series",
    "rules": "rule_analysis",
}
"""What the page draws, and the published file whose columns it has."""


def columns_of(name: str) -> pa.Schema:
    """Return the columns of one of :data:`TABLES`, as its file declares them."""
    return published()[TABLES[name]].arrow_published


def series_name(series: object) -> str:
    """Name a watched series for people."""
    return "released labels" if series == "labels" else str(series)


def _nothing() -> pa.Table:
    return pa.table({})


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """Everything one page is made from.

    Parameters
    ----------
    task : str
        Name of the task.
    title, description : str
        Heading, and what the task labels.
    generated_at : datetime
        When the tables were published, with a time zone.
    quality_by_batch, class_shares, voter_scorecard, class_quality : pyarrow Tables
        Columns as :func:`columns_of`; further columns are ignored, missing ones are filled with
        nulls, castable types are cast.
    alarms, early_warnings, evidence, rules : pyarrow Tables, optional
    target_accuracy : float, optional
        The promised accuracy (0..1), drawn as a line.
    simulated_voters : bool
        Whether any voter stands in for a language model; the page says so at its top.
    marks_text : bool
        Whether answers are spans of a text.
    notes : tuple of str
        Further remarks for the reader.
    published : mapping of str to pyarrow Table
        Further published tables, for :mod:`console.dashboard.findings`.

    Raises
    ------
    QualityError
        If a column cannot be read as its type; table, column and both types are named.
    """

    task: str
    title: str
    description: str
    generated_at: datetime
    quality_by_batch: pa.Table
    class_shares: pa.Table
    voter_scorecard: pa.Table
    class_quality: pa.Table
    alarms: pa.Table = field(default_factory=_nothing)
    early_warnings: pa.Table = field(default_factory=_nothing)
    evidence: pa.Table = field(default_factory=_nothing)
    rules: pa.Table = field(default_factory=_nothing)
    target_accuracy: float | None = None
    simulated_voters: bool = False
    marks_text: bool = False
    notes: tuple[str, ...] = ()
    published: Mapping[str, pa.Table] = field(default_factory=dict[str, pa.Table])

    def __post_init__(self) -> None:
        for name in TABLES:
            object.__setattr__(self, name, _conform(name, getattr(self, name), columns_of(name)))
        if self.generated_at.tzinfo is None:
            object.__setattr__(self, "generated_at", self.generated_at.replace(tzinfo=UTC))

    def rows(self, name: str) -> list[dict[str, object]]:
        """Return a table as rows that JSON can hold: NaN and infinity become null."""
        return [
            {column: _plain(value) for column, value in row.items()}
            for row in getattr(self, name).to_pylist()
        ]


def _conform(name: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for column in schema:
        if column.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, column.type))
            continue
        values = table[column.name]
        try:
            columns.append(values.cast(column.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as wrong:
            raise QualityError(
                f"table {name}, column {column.name}: {values.type} cannot be read as "
                f"{column.type} ({wrong})"
            ) from wrong
    return pa.table(columns, schema=schema)


def _plain(value: object) -> object:
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value.isoformat() if isinstance(value, date | datetime) else value
