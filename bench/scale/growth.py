"""How the map grows with texts, as one picture: here, on one worker of Dask, on two.

    python -m bench.scale.growth --items 100000,300000,1000000,5000000
    python -m bench.scale.growth

Sizes that are given are measured as ``bench.scale.map`` does, in parts of 50,000 texts under 500 rules, and
each takes the place of what ``bench/results/map_growth.jsonl`` held of it. Then that file is drawn.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from bench.scale import map as parts_of
from bench.speed.growth import COLOURS, Figures, panel, points, save

RESULTS = Path(__file__).parents[1] / "results"
FIGURES = Figures(RESULTS / "map_growth.jsonl")
PICTURE = RESULTS / "map_growth.png"
A_PART, RULES, WORKERS = 50_000, 500, 2
NAMES = ("one process", "one worker", "two workers")


def measure(items: int) -> dict[str, float]:
    """Map so many texts here, on one worker and on two; the posteriors must be the same."""
    project = Path(tempfile.mkdtemp(prefix="growth"))
    try:
        parts_of.make(project, items, max(1, items // A_PART), RULES)
        ways = [f"--one {project} --workers {n}" for n in range(WORKERS + 1)]
        found = list(parts_of.apart(ways))
    finally:
        shutil.rmtree(project)
    if len({one["digest"] for one in found}) != 1:
        raise SystemExit(f"{items} texts: the posteriors are not the same")
    row: dict[str, float] = {"items": items}
    for name, one in zip(NAMES, found, strict=True):
        row |= {
            f"{name}, CPU s": one["cpu_s"],
            f"{name}, clock s": one["clock_s"],
            f"{name}, MB": one["peak_worker_mb"],
        }
    return row


def draw() -> None:
    """Write the picture of all that was measured."""
    rows, over = FIGURES.rows(), ("items", "texts")
    hues = [COLOURS["run"], COLOURS["batch"], COLOURS["memory"]]

    def series(unit: str, names: tuple[str, ...]) -> list[tuple[str, str, list[dict[str, float]]]]:
        return [
            (name, hue, points(rows, "items", f"{name}, {unit}"))
            for name, hue in zip(NAMES, hues, strict=True)
            if name in names
        ]

    save(
        PICTURE,
        panel("The map of rules to posteriors", over, "CPU seconds", series("CPU s", NAMES[:2])),
        panel("How long it takes", over, "seconds by the clock", series("clock s", NAMES[::2])),
        panel("Memory of who works on parts", over, "peak, MB", series("MB", NAMES[:2])),
    )


def main() -> None:
    """Measure what is asked for, then draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", default="", help="such as 100000,1000000")
    given = parser.parse_args()
    for items in filter(None, given.items.split(",")):
        FIGURES.remember(measure(int(items)))
    draw()


if __name__ == "__main__":
    main()
