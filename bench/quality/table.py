"""Write ``bench/results/quality.md`` out of what the benches left in ``bench/out/quality``."""

import json
from pathlib import Path

import numpy as np

IN, OUT = Path("bench/out/quality"), Path("bench/results/quality.md")
NS, ACCURACIES = (30, 50, 100, 300), (0.80, 0.90, 0.95, 0.99)
OURS = ("uniform Wilson", "stratified score", "stratified score, if proven")


def main() -> None:
    """Read the three results and write the tables."""
    coverage, alarms, real = (
        json.loads((IN / f"{name}.json").read_text()) for name in ("coverage", "alarms", "real")
    )
    lines = ["# Quality: intervals and alarms", "", *HOW, ""]
    lines += [*_methods(coverage), "", *_cells(coverage), "", *_widths(coverage), ""]
    lines += [*_false_alarms(alarms), "", *_delays(alarms), "", *_real(real), ""]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines))


HOW = [
    "Run again with `python -m bench.quality.coverage 2000`, `python -m bench.quality.alarms 1000`,",
    "`python -m bench.quality.real 60`, then `python -m bench.quality.table`. All are seeded. River",
    "0.26.1 runs in its own environment on the same streams. Batches are simulated anew in every",
    "run (2,000 items; `bench/quality/populations.py`), so accuracy varies around its nominal value.",
]


def _methods(found):
    lines = [
        "## Coverage of 95 % intervals",
        "",
        (
            f"{found['runs']:,} simulations in each of {len(found['cells'])} cells: n = 30, 50, 100, "
            "300; accuracy 0.80, 0.90, 0.95, 0.99; posteriors calibrated, over-confident and useless "
            'with 2 classes, calibrated with 5. "If proven" uses the posterior only where 200 '
            'reviews of an earlier batch showed that it ranks errors. "Unequal weights only" knows '
            "nothing but the probability of each drawn item, one for every item: wide, and not quite safe at 30 reviews and accuracy 0.99."
        ),
        "",
        "| method | lowest | mean | cells under 93 % | cells over 97 % |",
        "|---|---|---|---|---|",
    ]
    for name in found["cells"][0]["methods"]:
        c = np.array([cell["methods"][name]["coverage"] for cell in found["cells"]])
        lines.append(
            f"| {name} | {c.min():.3f} | {c.mean():.3f} | {(c < 0.93).sum()} | {(c > 0.97).sum()} |"
        )
    return lines


def _cells(found):
    lines = [
        "Coverage of our intervals, cell by cell (uniform / stratified / if proven):",
        "",
        "| posterior, classes | n | " + " | ".join(f"{a:.2f}" for a in ACCURACIES) + " |",
        "|---|---|" + "---|" * len(ACCURACIES),
    ]
    groups = list(dict.fromkeys((c["kind"], c["classes"]) for c in found["cells"]))
    for kind, classes in groups:
        for n in NS:
            row = [_cell(found, kind, classes, n, a) for a in ACCURACIES]
            cells = [" / ".join(f"{c['methods'][m]['coverage']:.3f}" for m in OURS) for c in row]
            lines.append(f"| {kind}, {classes} | {n} | " + " | ".join(cells) + " |")
    return lines


def _widths(found):
    lines = [
        "## Width against uniform Wilson at the same number of reviews",
        "",
        (
            "Each cell: stratified always / if proven (share of runs in which it was). AUC tells "
            "how well the posterior ranks errors. At 0.99 a sample holds an error or none, which "
            "no posterior narrows below 300 reviews, and hardly ever proves anything."
        ),
        "",
        "| posterior | AUC | n | " + " | ".join(f"{a:.2f}" for a in ACCURACIES) + " | PPI++ Wald |",
        "|---|---|---|" + "---|" * (len(ACCURACIES) + 1),
    ]
    for kind in ("calibrated", "over-confident", "useless"):
        for n in NS:
            row = [_cell(found, kind, 2, n, a) for a in ACCURACIES]
            cells = [
                f"{_ratio(c, OURS[1]):.3f} / {_ratio(c, OURS[2]):.3f} ({c['proven']:.0%})"
                for c in row
            ]
            area = np.mean([c["auc"] for c in row])
            wald = np.mean([_ratio(c, "uniform PPI++ Wald") for c in row])
            lines.append(f"| {kind} | {area:.2f} | {n} | " + " | ".join(cells) + f" | {wald:.2f} |")
    return lines


def _ratio(cell, name):
    return cell["methods"][name]["width"] / cell["methods"]["uniform Wilson"]["width"]


def _cell(found, kind, classes, n, accuracy):
    return next(
        c
        for c in found["cells"]
        if (c["kind"], c["classes"], c["n"], c["accuracy"]) == (kind, classes, n, accuracy)
    )


def _false_alarms(found):
    lines = [
        "## False alarms in healthy years",
        "",
        (
            f"{found['years']:,} years of 52 batches, 50 reviews each, 12 independent series whose "
            "accuracy is exactly the promised 0.92: the worst case that is still healthy. Budget: 5 %."
        ),
        "",
        "| detector | years with any alarm in the family | one series |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['family']:.1%} | {row['one series']:.2%} |"
        for name, row in found["false alarms"].items()
    ]
    return lines


def _delays(found):
    lines = [
        "## Reviews from a drop to its alarm",
        "",
        (
            "Accuracy falls from 0.92 after 20 healthy batches of 50 reviews; median (mean of those "
            "found; share that alarmed before the drop)."
        ),
        "",
        "| detector | 2 points | 5 points | 10 points |",
        "|---|---|---|---|",
    ]
    for name in found["delays"]["0.02"]:
        cells = [_delay(found["delays"][drop][name]) for drop in ("0.02", "0.05", "0.1")]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _delay(row):
    median = "not found" if row["median"] == float("inf") else f"{row['median']:,.0f}"
    mean = row["mean of those found"]
    told = "none" if mean is None else f"{mean:,.0f}"
    return f"{median} ({told}; {row['before the drop']:.1%})"


def _real(found):
    lines = [
        "## Real streams",
        "",
        (
            "Batches of 500 items, 50 reviews, the service switched after 20 batches, the promise one "
            "point below the first service; GPT-4 of March and June 2023 on the same 500 questions, 25 "
            "reviews a batch, switched after 10. Posteriors are the service's confidence, calibrated "
            "on earlier audits only."
        ),
        "",
        (
            "| stream | accuracy | intervals that cover | width / Wilson | early alarms | median delay "
            "in reviews | replays |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        cover = f"{row['coverage']:.1%} of {row['intervals']:,}" if "coverage" in row else ""
        width = f"{row['width / Wilson']:.2f}" if row.get("width / Wilson") else ""
        lines.append(
            f"| {row['set']}: {row['switch']} | {row['before']:.1%} to {row['after']:.1%} | {cover} "
            f"| {width} | {row['alarms before the switch']:.1%} | "
            f"{row['median delay, reviews']:,.0f} | {row['runs']} |"
        )
    return lines


if __name__ == "__main__":
    main()
