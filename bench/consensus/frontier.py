"""What carefulness costs: regret on simulated panels against gain on recorded sets, setting by setting.

``python -m bench.consensus.frontier [--panels N]`` from the root of the repository writes its section of
``bench/results/consensus_left_out.md``. Fresh panels, seeds apart from those of training and of the table
of regret. Nothing is chosen here: the table shows what could be had if regret alone mattered.
"""

import argparse
import time

import numpy as np

from bench.consensus import page, sets
from bench.consensus.accuracy import load_all
from bench.consensus.panels import FAMILIES
from bench.consensus.prepared import Prepared
from bench.consensus.regret import TARGET, fresh
from bench.consensus.sets import VoteSet
from bench.consensus.settings import GRID, SHIPPED, SHIPPED_SCALES, Setting
from labeling.consensus.ensemble.seats import Seats

FIRST_SEED = 5_000_000

ALONE = ("upside down", "one voice")
"""Panels that are left to the majority whoever sits."""

HOW = """\
{n_panels} panels of each family, {n_sets} recorded sets, {n_grid:,} settings of who sits and how many must
agree. Each row is the setting with the largest mean gain on the recorded sets among those whose worst
family loses no more than is said; gains and regrets in points.
"""


def gains(one: Prepared, grid: tuple[Setting, ...]) -> list[float]:
    """Return the gain over the majority on one panel, for each setting."""
    if one.ensemble.seats.kind in ALONE:
        return [0.0] * len(grid)
    found: dict[Seats, float] = {}
    for setting in grid:
        seated = one.seats(setting, SHIPPED_SCALES)
        if seated not in found:
            found[seated] = one.without_gold(seated).gain
    return [found[one.seats(setting, SHIPPED_SCALES)] for setting in grid]


def report(
    recorded: np.ndarray, regret: np.ndarray, grid: tuple[Setting, ...], n_panels: int
) -> str:
    """Return the section; ``recorded`` is (n_sets, n_settings), ``regret`` (n_families, n_settings)."""
    worst, gain = regret.max(axis=0), recorded.mean(axis=0)
    shipped, careful = grid.index(SHIPPED), int(np.argmin(worst))
    rows = [_row("as shipped", shipped, recorded, regret, grid)]
    for most in sorted({float(worst.min()), *np.quantile(worst, (0.1, 0.5, 1.0)).tolist()}):
        best = int(np.argmax(np.where(worst <= most + 1e-12, gain, -np.inf)))
        rows.append(_row(f"at most {most:.2f}", best, recorded, regret, grid))
    met = int((worst <= TARGET).sum())
    head = ["worst family", "setting", *FAMILIES, "recorded: gain", "worst set"]
    told = (
        f"{met} of {len(grid):,} settings keep every family's regret within {TARGET}; the most careful "
        f"one loses {worst[careful]:.2f} on its worst family and gives up "
        f"{gain[shipped] - gain[careful]:.2f} points on the recorded sets."
    )
    how = HOW.format(n_panels=n_panels, n_sets=len(recorded), n_grid=len(grid))
    return "\n".join([how, page.table(head, rows), told])


def _row(
    name: str, at: int, recorded: np.ndarray, regret: np.ndarray, grid: tuple[Setting, ...]
) -> list[str]:
    by_family = [f"{one:.2f}" for one in regret[:, at]]
    own = recorded[:, at]
    return [name, grid[at].differences(), *by_family, f"{own.mean():+.2f}", f"{own.min():+.1f}"]


def main() -> None:
    """Measure every setting on simulated and recorded panels, then write the section."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--panels", type=int, default=60, help="panels of each family")
    wanted = asked.parse_args()
    began = time.perf_counter()
    recorded = np.array([gains(Prepared(one), GRID) for one in load_all(sets.DATA)])
    regret = []
    for i, family in enumerate(FAMILIES):
        rows = [
            gains(
                Prepared(VoteSet(str(seed), family, "", panel.votes, panel.truth, None)),
                GRID,
            )
            for panel, seed in fresh(family, wanted.panels, FIRST_SEED + 10_000 * i)
        ]
        regret.append(np.maximum(0.0, -np.array(rows)).mean(axis=0))
        print(f"{family}: {time.perf_counter() - began:.0f} s", flush=True)
    text = report(recorded, np.array(regret), GRID, wanted.panels)
    page.write_section(page.LEFT_OUT, "What carefulness costs", text)


if __name__ == "__main__":
    main()
