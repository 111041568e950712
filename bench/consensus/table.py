"""The rows of the accuracy bench as Markdown: a line a set, means by kind, and where ours loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.consensus.peers import NAMES
from bench.consensus.sets import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.consensus.accuracy import Row

UNDER = 0.5
"""Points under majority from which on a set counts as lost."""


def peers_of(row: Row) -> list[str]:
    """Return the peers that a row was measured with, in the order of the columns."""
    return [peer for peer in NAMES if peer in row.accuracy or peer in row.failed]


def header(first: Row) -> str:
    """Return the two lines above a table whose first row is ``first``."""
    cells = [f"{'set':26}", f"{'kind':15}", "items", "majority"]
    cells += [NAMES[peer] for peer in peers_of(first)]
    cells += ["**ours**", "gain"]
    if first.gold:
        cells += ["majority*", f"**ours, {first.gold.n} gold**", "gain", "worst draw"]
    cells += ["log loss", "calibration error", "model"]
    return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}"


def line(first: Row, row: Row) -> str:
    """Return one set's line in a table whose first row is ``first``."""
    a, gold = row.accuracy, row.gold
    cells = [f"{row.name:26}", f"{row.kind:15}", str(row.items), f"{a['majority']:5.1f}"]
    cells += [f"{a[peer]:5.1f}" if peer in a else "  -  " for peer in peers_of(first)]
    cells += [f"{a['ours']:5.1f}", f"{row.gain:+5.1f}"]
    losses = [row.log_loss["shares"], row.log_loss["ours"]]
    errors = [row.calibration["shares"], row.calibration["ours"]]
    if gold:
        cells += [
            f"{gold.majority:5.1f}",
            f"{gold.ours:5.1f}",
            f"{gold.ours - gold.majority:+5.1f}",
        ]
        cells.append(f"{min(gold.gains):+5.1f}")
        losses.append(gold.log_loss)
        errors.append(gold.calibration)
    cells.append(" / ".join(f"{loss:.2f}" for loss in losses))
    cells.append(" / ".join(f"{error:4.1f}" for error in errors))
    return f"| {' | '.join([*cells, row.method])} |"


def means(rows: Sequence[Row]) -> str:
    """Return the lines of means: overall, then by kind."""
    groups = [(f"**all {len(rows)}**", list(rows))]
    groups += [(kind, [r for r in rows if r.kind == kind]) for kind in KINDS]
    return "\n".join(_mean(rows[0], name, group) for name, group in groups if group)


def _mean(first: Row, name: str, rows: list[Row]) -> str:
    def mean(of: Callable[[Row], float]) -> float:
        return float(np.mean([of(r) for r in rows]))

    cells = [f"{name:26}", f"{len(rows)} sets".ljust(15), ""]
    cells.append(f"{mean(lambda r: r.accuracy['majority']):5.1f}")
    for peer in peers_of(first):
        those = [r.accuracy[peer] for r in rows if peer in r.accuracy]
        short = f" ({len(those)})" if len(those) < len(rows) else ""
        cells.append(f"{np.mean(those):5.1f}{short}" if those else "-")
    cells += [f"{mean(lambda r: r.accuracy['ours']):5.1f}", f"{mean(lambda r: r.gain):+5.1f}"]
    losses = [mean(lambda r, who=who: r.log_loss[who]) for who in ("shares", "ours")]
    errors = [mean(lambda r, who=who: r.calibration[who]) for who in ("shares", "ours")]
    gold = [r.gold for r in rows if r.gold]
    if gold:
        same, ours = np.mean([g.majority for g in gold]), np.mean([g.ours for g in gold])
        cells += [f"{same:5.1f}", f"{ours:5.1f}", f"{ours - same:+5.1f}"]
        cells.append(f"{min(min(g.gains) for g in gold):+5.1f}")
        losses.append(float(np.mean([g.log_loss for g in gold])))
        errors.append(float(np.mean([g.calibration for g in gold])))
    cells.append(" / ".join(f"{loss:.2f}" for loss in losses))
    cells.append(" / ".join(f"{error:4.1f}" for error in errors))
    return f"| {' | '.join(cells)} | |"


def table(rows: Sequence[Row]) -> str:
    """Return the whole table."""
    lines = [line(rows[0], row) for row in rows]
    return "\n".join([header(rows[0]), *lines, means(rows)])


def summary(rows: Sequence[Row]) -> str:
    """Say the gain by kind, which sets are lost and by how much, and which peers did not finish."""
    lines = ["", _lost("no gold", [(r.name, r.kind, r.gain) for r in rows])]
    gold = [(r.name, r.kind, r.gold.ours - r.gold.majority) for r in rows if r.gold]
    if gold:
        lines.append(_lost("with gold", gold))
    for r in rows:
        lines += [
            f"- {NAMES[peer]} has no answer on {r.name}: {why}" for peer, why in r.failed.items()
        ]
    return "\n".join(lines)


def _lost(what: str, gains: list[tuple[str, str, float]]) -> str:
    by_kind = [
        f"{kind} {np.mean([g for _, k, g in gains if k == kind]):+.2f}"
        for kind in KINDS
        if any(k == kind for _, k, _ in gains)
    ]
    under = sorted(((gain, name) for name, _, gain in gains if gain < -UNDER))
    named = ", ".join(f"{name} {gain:+.1f}" for gain, name in under)
    worst = min(gain for _, _, gain in gains)
    return (
        f"- {what}: mean gain over majority **{np.mean([g for *_, g in gains]):+.2f}** "
        f"({', '.join(by_kind)}); {len(under)} of {len(gains)} sets more than {UNDER} under majority, "
        f"worst {worst:+.1f}" + (f": {named}" if named else "")
    )


def f1_table(rows: Sequence[Row]) -> str:
    """Return the F1 of class 1 of the binary sets as Markdown."""
    peers = peers_of(rows[0])
    titles = ["majority", *(NAMES[peer] for peer in peers), "ours"]
    if rows[0].gold:
        titles.append(f"ours, {rows[0].gold.n} gold")
    lines = [f"| set | {' | '.join(titles)} |", "|---|" + "---|" * len(titles)]
    for r in rows:
        if not r.f1:
            continue
        cells = [f"{r.f1[who]:.1f}" if who in r.f1 else "-" for who in ("majority", *peers, "ours")]
        if r.gold and r.gold.f1 is not None:
            cells.append(f"{r.gold.f1:.1f}")
        lines.append(f"| {r.name} | {' | '.join(cells)} |")
    return "\n".join(lines)
