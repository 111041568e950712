"""How computing and memory grow with items and with batches, as one picture.

    python -m bench.speed.growth --items 1000:1,10000:1,100000:1,1000000:10
    python -m bench.speed.growth --batches 10,100,1000
    python -m bench.speed.growth

Sizes that are given are measured (``items:batches`` of ``bench.speed.scale``, batches of
``bench.speed.batches``), and each takes the place of what ``bench/results/growth.jsonl`` held of it.
Then that file is drawn. Seconds are CPU seconds of everything that was started.
"""

import argparse
import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import altair as alt

from bench.speed import batches, scale

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "bench" / "results" / "growth.png"

INK, GREY = "#24292f", "#8c959f"
COLOURS = {"run": "#0969da", "memory": "#8250df", "batch": "#1a7f37"}


def of_items(items: int, in_batches: int) -> dict[str, float]:
    """Label so many new texts, in a process of its own."""
    project = Path(tempfile.mkdtemp(prefix="growth"))
    try:
        scale.make(project, items, in_batches)
        took = scale.measure(ROOT, project)
    finally:
        shutil.rmtree(project)
    return {"items": items, "in": in_batches, "cpu": took["cpu"], "gb": took["mb"] / 1024}


def of_batches(numbers: list[int], runs: int) -> Iterator[dict[str, float]]:
    """Grow one task to so many batches of 30 texts, and time what one more takes at each size."""
    project = Path(tempfile.mkdtemp(prefix="growth"))
    batches.make(project)
    stands = 0
    try:
        for number in sorted(numbers):
            took = batches.measure(ROOT, project, number, runs, first=stands)
            each = (took["backfill"] - took["nothing new"]) / (number - stands)
            stands = number + runs
            more = {name: took[name] for name in ("nothing new", "one more", "status")}
            yield {"batches": number, "in a backfill": each, **more}
    finally:
        shutil.rmtree(project)


@dataclass(frozen=True)
class Figures:
    """What was measured, a line of JSON each, by its first column."""

    path: Path

    def rows(self) -> list[dict[str, float]]:
        """Return what was measured so far."""
        if not self.path.is_file():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def remember(self, row: dict[str, float]) -> None:
        """Put a line in the place of the one of the same size, after it was measured."""
        key = next(iter(row))
        rows = [one for one in self.rows() if one.get(key) != row[key]]
        rows = sorted([*rows, row], key=lambda one: (next(iter(one)) != "items", *one.values()))
        text = "".join(
            json.dumps({name: round(value, 3) for name, value in one.items()}) + "\n"
            for one in rows
        )
        self.path.write_text(text, encoding="utf-8")
        print(json.dumps(row), flush=True)


FIGURES = Figures(PICTURE.with_suffix(".jsonl"))


def panel(
    title: str, x: tuple[str, str], y: str, series: list[tuple[str, str, list[dict[str, float]]]]
) -> alt.LayerChart:
    """Draw series over ``x``, both axes logarithmic, with a line of slope 1 through the last point.

    Parameters
    ----------
    x : pair of str
        Column and title of the axis.
    y : str
        Title of the axis, with the unit.
    series : list of (name, colour, rows)
        Rows have the column of ``x`` and ``y``, in the order of ``x``.
    """
    column, told = x
    values = [row["y"] for _, _, rows in series for row in rows]
    across = [row[column] for _, _, rows in series for row in rows]
    last = series[0][2][-1]
    low, high = 10 ** _below(min(values)), max(10 ** (_below(max(values)) + 1), max(values) * 1.6)
    slope = last["y"] / last[column]
    begin = max(min(across), low / slope)
    line = [{column: at, "y": at * slope} for at in (begin, last[column])]
    middle = {name: math.sqrt(line[0][name] * line[1][name]) for name in line[0]}
    x_axis = alt.X(
        f"{column}:Q",
        title=told,
        scale=alt.Scale(type="log", domain=[min(across) / 1.5, max(across) * 2.2], nice=False),
        axis=alt.Axis(values=sorted(set(across)), format="~s", gridColor="#eaeef2"),
    )
    y_axis = alt.Y(
        "y:Q",
        title=y,
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(
            values=[10.0**n for n in range(_below(low), _below(high) + 1)],
            format=",~g",
            gridColor="#eaeef2",
        ),
    )
    straight = (
        alt.Chart(alt.Data(values=line))
        .mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x_axis, y_axis)
    )
    layers: list[alt.Chart] = [
        straight,
        alt.Chart(alt.Data(values=[middle]))
        .mark_text(text="slope 1", color=GREY, align="left", dx=10, dy=8, fontSize=12)
        .encode(x_axis, y_axis),
    ]

    def top(row: dict[str, float]) -> float:
        return max(one["y"] for _, _, rows in series for one in rows if one[column] == row[column])

    for at, (name, colour, rows) in enumerate(series):
        base = alt.Chart(alt.Data(values=rows)).encode(x_axis, y_axis)
        layers += [
            base.mark_line(color=colour, strokeWidth=2.5),
            base.mark_point(color=colour, filled=True, opacity=1, size=70),
            *(
                alt.Chart(alt.Data(values=[row for row in rows if (row["y"] >= top(row)) == above]))
                .mark_text(color=colour, dy=-14 if above else 17, fontSize=12)
                .encode(x_axis, y_axis, text="shown:N")
                for above in (True, False)
            ),
            alt.Chart(alt.Data(values=[{}]))
            .mark_text(color=colour, text=name, align="left", fontSize=12, fontWeight="bold")
            .encode(x=alt.value(12), y=alt.value(14 + 17 * at)),
        ]
    return alt.layer(*layers).properties(width=330, height=330, title=title)


def _below(value: float) -> int:
    """Return the power of ten at or below."""
    return int(f"{value:e}".partition("e")[2])


def points(rows: list[dict[str, float]], column: str, of: str) -> list[dict[str, float]]:
    return [
        {column: row[column], "y": row[of], "shown": f"{row[of]:,.{0 if row[of] >= 10 else 1}f}"}
        for row in rows
    ]


def draw() -> None:
    """Write the picture of all that was measured."""
    rows = FIGURES.rows()
    items = [row for row in rows if "items" in row]
    many = [row for row in rows if "batches" in row]
    over, of = ("items", "items"), ("batches", "batches of 30 items before it")
    save(
        PICTURE,
        panel("A run of new items", over, "CPU seconds",
              [("whole run", COLOURS["run"], points(items, "items", "cpu"))]),
        panel("Its memory", over, "peak, GB", [("peak", COLOURS["memory"], points(items, "items", "gb"))]),
        panel("One more batch", of, "CPU seconds",
              [("a run of its own", COLOURS["run"], points(many, "batches", "one more")),
               ("within a backfill", COLOURS["batch"], points(many, "batches", "in a backfill"))]),
    )  # fmt: skip


def save(path: Path, *panels: alt.LayerChart) -> None:
    """Write panels beside each other into one picture."""
    chart = (
        alt.hconcat(*panels, spacing=40)
        .configure(background="white", padding=24, font="DejaVu Sans")
        .configure_title(fontSize=16, anchor="start", color=INK, offset=12)
        .configure_axis(
            titleFontSize=13, labelFontSize=12, titleColor=INK, labelColor=INK,
            domainColor=GREY, tickColor=GREY, titlePadding=10,
        )
        .configure_view(stroke=None)
    )  # fmt: skip
    chart.save(str(path), scale_factor=2)


def main() -> None:
    """Measure what is asked for, then draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", default="", help="such as 1000:1,1000000:10")
    parser.add_argument("--batches", default="", help="such as 10,100")
    parser.add_argument("--runs", type=int, default=3, help="batches that are added one by one")
    given = parser.parse_args()
    for size in filter(None, given.items.split(",")):
        items, _, in_batches = size.partition(":")
        FIGURES.remember(of_items(int(items), int(in_batches or 1)))
    for row in of_batches([int(n) for n in given.batches.split(",") if n], given.runs):
        FIGURES.remember(row)
    draw()


if __name__ == "__main__":
    main()
