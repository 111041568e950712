"""What the dashboard shows: plain published tables, checked once, here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pyarrow as pa

from labeling.errors import QualityError

_BATCH = pa.field("batch", pa.string())

QUALITY_BY_BATCH = pa.schema(
    [
        _BATCH,
        pa.field("items", pa.int64()),
        pa.field("labelled", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("conflict", pa.float64()),
        pa.field("abstain_rate", pa.float64()),
        pa.field("reviewed", pa.int64()),
        pa.field("accuracy", pa.float64()),
        pa.field("accuracy_low", pa.float64()),
        pa.field("accuracy_high", pa.float64()),
        pa.field("alarm", pa.bool_()),
        pa.field("alarms", pa.string()),
        pa.field("cost_usd", pa.float64()),
        pa.field("queue_size", pa.int64()),
    ]
)
"""One row a batch, in time order; shares in 0..1; ``alarms`` names the series whose alarm stands."""

EVIDENCE = pa.schema(
    [
        _BATCH,
        pa.field("series", pa.string()),
        pa.field("log_evidence", pa.float64()),
        pa.field("log_limit", pa.float64()),
        pa.field("alarm", pa.bool_()),
    ]
)
"""One row a batch and watched series."""

CLASS_SHARES = pa.schema(
    [
        _BATCH,
        pa.field("label", pa.string()),
        pa.field("items", pa.int64()),
        pa.field("share", pa.float64()),
    ]
)
"""One row a batch and class."""

VOTER_SCORECARD = pa.schema(
    [
        pa.field("voter", pa.string()),
        pa.field("version", pa.string()),
        pa.field("votes", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("overlap", pa.float64()),
        pa.field("conflict", pa.float64()),
        pa.field("gold", pa.int64()),
        pa.field("accuracy", pa.float64()),
        pa.field("accuracy_low", pa.float64()),
        pa.field("accuracy_high", pa.float64()),
        pa.field("cost_usd", pa.float64()),
    ]
)
"""One row a voter and version."""

CLASS_QUALITY = pa.schema(
    [
        pa.field("label", pa.string()),
        pa.field("reviewed", pa.int64()),
        pa.field("precision", pa.float64()),
        pa.field("precision_low", pa.float64()),
        pa.field("precision_high", pa.float64()),
        pa.field("recall", pa.float64()),
        pa.field("recall_low", pa.float64()),
        pa.field("recall_high", pa.float64()),
    ]
)
"""One row a class."""

ALARMS = pa.schema(
    [
        pa.field("series", pa.string()),
        _BATCH,
        pa.field("change_batch", pa.string()),
        pa.field("state", pa.string()),
        pa.field("next_step", pa.string()),
    ]
)
"""One row an alarm: what is watched, when it fired, since when, and what became of it."""

WARNINGS = pa.schema(
    [
        _BATCH,
        pa.field("signal", pa.string()),
        pa.field("effect", pa.float64()),
        pa.field("limit", pa.float64()),
        pa.field("warned", pa.bool_()),
        pa.field("detail", pa.string()),
    ]
)
"""One row a batch and signal: early warnings, which are never accuracy."""

RULES = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("label", pa.string()),
        pa.field("votes", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("overlaps", pa.float64()),
        pa.field("conflicts", pa.float64()),
        pa.field("accuracy", pa.float64()),
        pa.field("accuracy_low", pa.float64()),
        pa.field("accuracy_high", pa.float64()),
        pa.field("gold", pa.int64()),
        pa.field("near_duplicate_of", pa.string()),
        pa.field("changed_items", pa.int64()),
    ]
)
"""One row a rule; shares of all items, accuracy on audit gold."""

SCHEMAS: Mapping[str, pa.Schema] = {
    "quality_by_batch": QUALITY_BY_BATCH,
    "class_shares": CLASS_SHARES,
    "voter_scorecard": VOTER_SCORECARD,
    "class_quality": CLASS_QUALITY,
    "alarms": ALARMS,
    "early_warnings": WARNINGS,
    "evidence": EVIDENCE,
    "rules": RULES,
}


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
        Columns of :data:`SCHEMAS`; further columns are ignored, missing ones are filled with
        nulls, castable types are cast.
    alarms, early_warnings, evidence, rules : pyarrow Tables, optional
    target_accuracy : float, optional
        The promised accuracy (0..1), drawn as a line.
    simulated_voters : bool
        Whether any voter stands in for a language model; the page says so at its top.
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
    alarms: pa.Table = field(default_factory=ALARMS.empty_table)
    early_warnings: pa.Table = field(default_factory=WARNINGS.empty_table)
    evidence: pa.Table = field(default_factory=EVIDENCE.empty_table)
    rules: pa.Table = field(default_factory=RULES.empty_table)
    target_accuracy: float | None = None
    simulated_voters: bool = False
    notes: tuple[str, ...] = ()
    published: Mapping[str, pa.Table] = field(default_factory=dict[str, pa.Table])

    def __post_init__(self) -> None:
        for name, schema in SCHEMAS.items():
            object.__setattr__(self, name, _conform(name, getattr(self, name), schema))
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
