"""The charts, one function each: an Altair chart over a named table, without colours of a theme.

Each takes no data: the page puts the (filtered) rows behind the table's name, so one drawing
serves every filter. Colours, fonts and the dark theme come from the page's style sheet.
"""

import altair as alt

HEIGHT = 240
"""Height of a chart over time, in pixels; widths follow the page."""

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
"""What a chart function returns."""

_PERCENT = alt.Axis(format=".0%")
_LEGEND = alt.Legend(orient="top", title=None, columns=3, symbolSize=160)
_ROWS = alt.AutoSizeParams(type="fit-x", contains="padding")


def _batches() -> alt.X:
    return alt.X(
        "batch:O",
        sort=None,
        title="batch",
        axis=alt.Axis(labelOverlap="greedy", labelAngle=-45, labelLimit=90),
    )


def _tooltips(*fields: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(field) for field in fields]


def accuracy_over_time(target: float | None = None) -> Drawing:
    """Draw accuracy with its interval by batch, alarms marked, and the promise as a line.

    Parameters
    ----------
    target : float, optional
        Promised accuracy, 0..1.
    """
    base = alt.Chart(alt.NamedData("quality_by_batch")).encode(x=_batches())
    measured = base.transform_filter("isValid(datum.accuracy)")
    percent = alt.Axis(format=".0%", title="accuracy (95 % interval)")
    scale = alt.Scale(zero=False, nice=True)
    layers: list[alt.Chart] = [
        measured.mark_rule(strokeWidth=2, opacity=0.45).encode(
            y=alt.Y("accuracy_low:Q", axis=percent, scale=scale), y2="accuracy_high:Q"
        ),
        measured.mark_point(filled=True, size=36).encode(
            y="accuracy:Q",
            tooltip=[
                *_tooltips("batch:N", "reviewed:Q"),
                *(
                    alt.Tooltip(f"{f}:Q", format=".1%")
                    for f in ("accuracy", "accuracy_low", "accuracy_high")
                ),
            ],
        ),
        measured.transform_filter("datum.alarm")
        .mark_point(shape="triangle-down", filled=True, size=90, yOffset=-12, style="alarm")
        .encode(y="accuracy_high:Q", tooltip=_tooltips("batch:N", "alarms:N")),
    ]
    if target is not None:
        layers.append(
            alt.Chart()
            .mark_rule(strokeDash=[6, 4], style="target")
            .encode(y=alt.Y(datum=target, title=None))
        )
    return alt.layer(*layers).properties(width="container", height=HEIGHT)


def evidence_over_time() -> Drawing:
    """Draw the detectors' evidence by batch, as a part of the limit that raises each alarm."""
    base = (
        alt.Chart(alt.NamedData("evidence"))
        .transform_filter("isValid(datum.log_evidence)")
        .transform_calculate(part="datum.log_evidence / datum.log_limit")
        .encode(x=_batches())
    )
    axis = alt.Axis(title="log evidence / log limit")
    colour = alt.Color("series:N", legend=_LEGEND, sort=None)
    return alt.layer(
        base.mark_line(strokeWidth=2).encode(
            y=alt.Y("part:Q", axis=axis),
            color=colour,
            strokeDash=alt.StrokeDash("series:N", legend=_LEGEND, sort=None),
        ),
        alt.Chart()
        .mark_rule(strokeDash=[6, 4], style="alarm")
        .encode(y=alt.Y(datum=1, title=None)),
        base.transform_filter("datum.alarm")
        .mark_point(filled=True, size=60, style="alarm")
        .encode(
            y="part:Q",
            tooltip=_tooltips("batch:N", "series:N", "log_evidence:Q", "log_limit:Q"),
        ),
    ).properties(width="container", height=HEIGHT)


def class_quality() -> Drawing:
    """Draw precision and recall of each class with their intervals."""
    base = (
        alt.Chart(alt.NamedData("class_quality"))
        .transform_fold(["precision", "recall"], as_=["measure", "value"])
        .transform_calculate(
            low="datum[datum.measure + '_low']", high="datum[datum.measure + '_high']"
        )
        .encode(
            y=alt.Y("class:N", sort=None, title=None),
            yOffset=alt.YOffset("measure:N"),
            color=alt.Color("measure:N", legend=_LEGEND),
        )
    )
    return alt.layer(
        base.mark_rule(strokeWidth=3, opacity=0.55).encode(
            x=alt.X("low:Q", axis=_PERCENT, title="precision and recall (95 % interval)"),
            x2="high:Q",
        ),
        base.mark_point(filled=True, size=60).encode(
            x="value:Q",
            tooltip=[
                *_tooltips("class:N", "measure:N", "reviewed:Q"),
                *(alt.Tooltip(f"{f}:Q", format=".1%") for f in ("value", "low", "high")),
            ],
        ),
    ).properties(width="container", height=alt.Step(44), autosize=_ROWS)


def _voter_rows() -> alt.Y:
    return alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=180))


def voter_accuracy() -> Drawing:
    """Draw the accuracy of every voter and version with its interval."""
    base = (
        alt.Chart(alt.NamedData("voter_scorecard"))
        .transform_calculate(
            name="datum.voter + (datum.version ? ' · ' + slice(datum.version, 0, 7) : '')"
        )
        .transform_filter("isValid(datum.accuracy)")
        .encode(y=_voter_rows())
    )
    return alt.layer(
        base.mark_rule(strokeWidth=3, opacity=0.55).encode(
            x=alt.X("accuracy_low:Q", axis=_PERCENT, title="accuracy where it voted (95 %)"),
            x2="accuracy_high:Q",
        ),
        base.mark_point(filled=True, size=60).encode(
            x="accuracy:Q",
            tooltip=[
                *_tooltips("voter:N", "version:N", "reviewed:Q", "votes:Q"),
                *(
                    alt.Tooltip(f"{f}:Q", format=".1%")
                    for f in ("accuracy", "accuracy_low", "accuracy_high")
                ),
            ],
        ),
    ).properties(width="container", height=alt.Step(22), autosize=_ROWS)


def voter_reach() -> Drawing:
    """Draw the share of items it votes on, and of its votes that meet another or a contradicting one."""
    return (
        alt.Chart(alt.NamedData("voter_scorecard"))
        .transform_calculate(
            name="datum.voter + (datum.version ? ' · ' + slice(datum.version, 0, 7) : '')"
        )
        .transform_fold(["coverage", "overlap", "conflict"], as_=["measure", "value"])
        .mark_point(filled=True, size=60)
        .encode(
            y=_voter_rows(),
            x=alt.X("value:Q", axis=_PERCENT, title="share of items, or of its votes"),
            color=alt.Color("measure:N", legend=_LEGEND),
            shape=alt.Shape("measure:N", legend=_LEGEND),
            tooltip=[
                *_tooltips("voter:N", "version:N", "measure:N"),
                alt.Tooltip("value:Q", format=".1%"),
            ],
        )
        .properties(width="container", height=alt.Step(22), autosize=_ROWS)
    )


def class_shares() -> Drawing:
    """Draw the share of each class among the released labels, by batch."""
    return (
        alt.Chart(alt.NamedData("class_shares"))
        .mark_line(point=False, strokeWidth=2)
        .encode(
            x=_batches(),
            y=alt.Y("share:Q", axis=alt.Axis(format=".0%", title="share of items")),
            color=alt.Color("label:N", legend=_LEGEND),
            strokeDash=alt.StrokeDash("label:N", legend=_LEGEND),
            tooltip=[
                *_tooltips("batch:N", "label:N", "items:Q"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(width="container", height=HEIGHT)
    )


def votes_over_time() -> Drawing:
    """Draw shares of items with votes, with conflict and undecided by batch: early warnings."""
    return (
        alt.Chart(alt.NamedData("quality_by_batch"))
        .transform_calculate(undecided="1 - datum.labelled / datum.items")
        .transform_fold(["coverage", "conflict", "undecided"], as_=["measure", "value"])
        .mark_line(strokeWidth=2)
        .encode(
            x=_batches(),
            y=alt.Y("value:Q", axis=alt.Axis(format=".0%", title="share of items")),
            color=alt.Color("measure:N", legend=_LEGEND),
            strokeDash=alt.StrokeDash("measure:N", legend=_LEGEND),
            tooltip=[
                *_tooltips("batch:N", "measure:N", "items:Q"),
                alt.Tooltip("value:Q", format=".1%"),
            ],
        )
        .properties(width="container", height=HEIGHT)
    )


def warning_effects() -> Drawing:
    """Draw each early warning's effect by batch; those over their limit stand out."""
    base = alt.Chart(alt.NamedData("early_warnings")).encode(
        x=_batches(), y=alt.Y("signal:N", title=None, axis=alt.Axis(labelLimit=150))
    )
    return alt.layer(
        base.mark_circle().encode(
            size=alt.Size("effect:Q", legend=None, scale=alt.Scale(range=[6, 260])),
            tooltip=[
                *_tooltips("batch:N", "signal:N", "effect:Q", "limit:Q"),
                *(alt.Tooltip(f"{f}:Q", format=".3g") for f in ("reference", "current")),
            ],
        ),
        base.transform_filter("datum.warned").mark_point(size=200, strokeWidth=2, style="alarm"),
    ).properties(width="container", height=alt.Step(26), autosize=_ROWS)


def cost_over_time() -> Drawing:
    """Draw what the model calls of each batch cost."""
    return (
        alt.Chart(alt.NamedData("quality_by_batch"))
        .mark_bar()
        .encode(
            x=_batches(),
            y=alt.Y("cost_usd:Q", axis=alt.Axis(title="US dollars", format="$.2f")),
            tooltip=_tooltips("batch:N", "cost_usd:Q", "items:Q"),
        )
        .properties(width="container", height=HEIGHT)
    )


def reviews_over_time() -> Drawing:
    """Draw reviews done and owed by batch."""
    return (
        alt.Chart(alt.NamedData("quality_by_batch"))
        .transform_calculate(done="datum.reviewed", owed="datum.queue_size")
        .transform_fold(["done", "owed"], as_=["measure", "value"])
        .mark_bar()
        .encode(
            x=_batches(),
            y=alt.Y("value:Q", axis=alt.Axis(title="items")),
            color=alt.Color("measure:N", legend=_LEGEND),
            tooltip=_tooltips("batch:N", "measure:N", "value:Q"),
        )
        .properties(width="container", height=HEIGHT)
    )
