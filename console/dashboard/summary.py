"""The few numbers at the top of the dashboard."""

from dataclasses import dataclass

from console.dashboard.data import ReportData, series_name
from labeling.counted import counted


@dataclass(frozen=True, slots=True)
class Headline:
    """One number: what it is, its value, a remark, and whether it asks for attention."""

    name: str
    value: str
    remark: str
    attention: bool = False


def headline(report: ReportData) -> list[Headline]:
    """Return the headline numbers; what was not measured says so and is no zero."""
    rows = report.rows("quality_by_batch")
    if not rows:
        return [Headline("Batches", "none", "nothing has been labelled yet")]
    measured = [row for row in rows if row["accuracy"] is not None]
    alarmed = [str(row["batch"]) for row in rows if row["alarm"]]
    standing = [
        series_name(row["series"]) for row in report.rows("alarms") if row["state"] == "open"
    ]
    numbers: list[Headline] = []
    if measured:
        last = measured[-1]
        numbers.append(
            Headline(
                "Accuracy, last measured batch",
                _percent(last["accuracy"]),
                f"{_percent(last['accuracy_low'])} to {_percent(last['accuracy_high'])} on "
                f"{counted(int(str(last['reviewed'])), 'review')}, batch {last['batch']}",
            )
        )
    else:
        numbers.append(Headline("Accuracy", "not measured", "no audit review yet"))
    numbers.append(
        Headline(
            "Alarm",
            f"{len(standing)} open" if standing else "none",
            "; ".join(
                [
                    *([", ".join(dict.fromkeys(standing))] if standing else []),
                    f"{len(alarmed)} of {len(rows)} batches under alarm"
                    + (f", first {alarmed[0]}" if alarmed else ""),
                ]
            ),
            attention=bool(standing),
        )
    )
    items, labelled = _total(rows, "items"), _total(rows, "labelled")
    numbers.append(
        Headline(
            "Items labelled",
            f"{labelled:,.0f}",
            f"of {items:,.0f} in {counted(len(rows), 'batch')}"
            if items
            else f"in {counted(len(rows), 'batch')}",
        )
    )
    owed = _total(rows, "queue_size")
    numbers.append(
        Headline("Reviews", f"{_total(rows, 'reviewed'):,.0f}", f"{owed:,.0f} waiting in the queue")
    )
    cost = _total(rows, "cost_usd")
    numbers.append(Headline("Model calls", f"${cost:,.2f}", "over all batches shown"))
    return numbers


def _total(rows: list[dict[str, object]], column: str) -> float:
    return sum(float(value) for row in rows if isinstance(value := row[column], int | float))


def _percent(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "unknown"
