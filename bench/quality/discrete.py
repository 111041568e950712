"""How near to 95 % an interval of few mistakes can come: shares of parts that were drawn one by one.

``python -m bench.quality.discrete`` writes ``bench/results/discrete_intervals.md``. Coverage is computed, not
simulated: of each true share the binomial probabilities of the counts whose interval holds it.
"""

from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, binomtest

from labeling.quality.estimates.intervals import wilson

OUT = Path("bench/results/discrete_intervals.md")
CELLS = ((60, 0.05), (160, 0.05), (90, 0.02), (240, 0.02), (250, 0.03), (120, 0.2))
"""Parts that are reviewed, and the share that is wrong: as in the simulations of spans and several labels."""

AROUND = np.linspace(0.8, 1.2, 81)
"""True shares that coverage is computed at, as multiples of the share: one alone would tell of chance."""

LEAST = 0.93


def mid_p(k: int, n: int) -> tuple[float, float]:
    """Return the bounds at which the count, half of its own probability left out, is in the outer 2.5 %."""

    def above(p: float) -> float:
        return binom.sf(k, n, p) + binom.pmf(k, n, p) / 2 - 0.025

    def below(p: float) -> float:
        return binom.cdf(k, n, p) - binom.pmf(k, n, p) / 2 - 0.025

    low = brentq(above, 1e-12, 1 - 1e-12) if k else 0.0
    return low, brentq(below, 1e-12, 1 - 1e-12) if k < n else 1.0


def exact(k: int, n: int) -> tuple[float, float]:
    """Return Clopper and Pearson's bounds."""
    found = binomtest(k, n).proportion_ci(0.95)
    return found.low, found.high


def score(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's bounds."""
    found = wilson(k, n)
    return found.low, found.high


def covered(interval, n: int, shares: np.ndarray) -> np.ndarray:
    """Return the coverage of an interval at each true share."""
    low, high = np.array([interval(k, n) for k in range(n + 1)]).T
    chance = binom.pmf(np.arange(n + 1), n, shares[:, None])
    inside = (low <= shares[:, None]) & (shares[:, None] <= high)
    return (chance * inside).sum(axis=1)


def nearest(n: int, shares: np.ndarray) -> np.ndarray:
    """Return the least coverage of at least 93 % that any run of counts has, at each true share."""
    found = np.ones(len(shares))
    for at, share in enumerate(shares):
        reached = np.concatenate([[0.0], binom.cdf(np.arange(n + 1), n, share)])
        runs = reached[None, :] - reached[:, None]
        found[at] = runs[runs >= LEAST].min()
    return found


def main() -> None:
    """Compute, and write the table."""
    methods = {"Wilson": score, "mid-p": mid_p, "Clopper and Pearson": exact}
    lines = [
        "# Intervals of few mistakes",
        "",
        "Run again with `python -m bench.quality.discrete`. Parts are drawn one by one, so that nothing but the",
        "counts themselves, which are whole, keeps coverage from 95 %. Mean over true shares from 0.8 to 1.2",
        "times the one named, in brackets the least and the most. Last: the least coverage that any interval",
        "can have there whose coverage is at least 93 %, each true share by itself.",
        "",
        "| parts | share wrong | " + " | ".join(methods) + " | least possible |",
        "|---|---|" + "---|" * (len(methods) + 1),
    ]
    for n, share in CELLS:
        shares = share * AROUND
        rows = [*(covered(one, n, shares) for one in methods.values()), nearest(n, shares)]
        cells = " | ".join(f"{row.mean():.3f} ({row.min():.3f} to {row.max():.3f})" for row in rows)
        lines.append(f"| {n} | {share:g} | {cells} |")
    lines += [
        "",
        "Half of the probability of the count left out (mid-p) is no mend: at two mistakes it covers more than",
        "Wilson's interval, and elsewhere less at its worst. Whole counts alone lead above 97 % at some true",
        "shares, but not on the mean over them. What the intervals of spans and of several labels cover beyond",
        "that comes of their caution: few mistakes do not show how they go together in an item, so that a",
        "correlation is assumed, and a quantile of Student's t is taken. How much each adds was not measured apart.",
    ]
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
