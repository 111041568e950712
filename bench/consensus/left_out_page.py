"""The page on what is left out: gains by kind beside those in sample, choices by fold, every set."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.consensus import page
from bench.consensus.prepared import Outcome
from bench.consensus.sets import KINDS

if TYPE_CHECKING:
    from bench.consensus.left_out import Choice, Fold, LeftOut

HOW = """\
Sets over one text, by one panel or with rules of one hand are one family (`families.py`). A family is
left out; on all sets of the others one of {n_grid:,} settings is chosen by the mean gain over the majority
less 3 times the mean of max(0, -gain - 0.3), the most careful of equals; then the two scales of the
confidence from {n_scales} each, by log loss; with gold the prior spreads of the gold head from
{n_spreads}. The family is scored with what was chosen without it. "Shipped" is the code as it is, whose
constants were chosen with all these sets in sight. Gains over the majority and calibration error (10
bins of equal mass) in points, log loss in nats; scored as in `bench/consensus/accuracy.py`; {n_sets}
sets, {n_families} families.

What this cannot leave out: the network saw no recorded votes, but whoever wrote its simulator knew
these sets; and which constants there are to choose, the members, the features, the rule that the
aggregator must not prefer the majority's class, and the grid itself, were thought of in their sight.
"""


def report(
    run: "LeftOut",
    folds: Sequence["Fold"],
    everything: "Choice",
    gold: Sequence[int],
    seconds: float,
) -> str:
    """Return the section as Markdown."""
    from bench.consensus import left_out, settings

    shipped = left_out.SHIPPED_CHOICE
    n = len(run.prepared)
    left = {i: outcome for fold in folds for i, outcome in fold.outcomes.items()}
    own = {i: run.without_gold(i, shipped) for i in range(n)}
    best = {i: run.without_gold(i, everything) for i in range(n)}
    parts = [
        f"`.venv/bin/python -m bench.consensus.left_out` ({seconds:.0f} s)\n",
        HOW.format(
            n_grid=len(run.grid),
            n_scales=len(settings.SCALES),
            n_spreads=len(settings.SPREADS),
            n_sets=n,
            n_families=len(folds),
        ),
        "### Without gold\n",
        _by_kind(run, {"left out": left, "shipped, in sample": own, "best, in sample": best}),
    ]
    for size in gold:
        both = {
            "left out": {i: f.gold[i, size] for f in folds for i in f.sets},
            "left out, shipped spreads": {
                i: f.shipped_spread[i, size] for f in folds for i in f.sets
            },
            "shipped, in sample": {i: run.with_gold(i, shipped, size) for i in range(n)},
        }
        parts += [f"### With {size} gold, {left_out.DRAWS} draws\n", _by_kind(run, both)]
    told = Counter(
        (
            f.choice.setting.told(),
            f"{f.choice.scales[0]:g} / {f.choice.scales[1]:g}",
            f.choice.spread,
        )
        for f in folds
    )
    rows = [[*(what if gold else what[:2]), str(times)] for what, times in told.most_common()]
    rules, dense = everything.scales
    on_all = f"{everything.setting.told()}; scales of rules and dense panels {rules:g} / {dense:g}"
    parts += [
        "### What was chosen\n",
        f"On all sets: {on_all} (shipped: {shipped.scales[0]:g} / {shipped.scales[1]:g}).\n",
        page.table(["setting", "scales", *(["spreads"] if gold else []), "folds"], rows),
        "### Every set, without gold\n",
        _every_set(run, folds, own),
    ]
    return "\n".join(parts)


def _by_kind(run: "LeftOut", found: dict[str, dict[int, Outcome]]) -> str:
    kinds: dict[str, Callable[[str], bool]] = {"all": lambda _: True}
    kinds |= {kind: lambda own, kind=kind: own == kind for kind in KINDS}
    rows = []
    for kind, belongs in kinds.items():
        some = [i for i, one in enumerate(run.prepared) if belongs(one.one.kind)]
        if not some:
            continue
        cells = [kind, str(len(some))]
        for outcomes in found.values():
            gain = np.array([outcomes[i].gain for i in some])
            sure = np.mean([[outcomes[i].calibration, outcomes[i].log_loss] for i in some], axis=0)
            text = f"{gain.mean():+.2f} / {gain.min():+.1f} / {(gain < -0.5).sum()}"
            cells += [text, f"{sure[0]:.1f} / {sure[1]:.2f}"]
        rows.append(cells)
    head = ["kind", "sets"]
    for name in found:
        head += [f"{name}: gain / worst / sets under -0.5", "calibration error / log loss"]
    return page.table(head, rows)


def _every_set(run: "LeftOut", folds: Sequence["Fold"], own: dict[int, Outcome]) -> str:
    rows = [
        [
            run.prepared[i].one.name,
            str(number),
            f"{fold.outcomes[i].gain:+.2f}",
            f"{own[i].gain:+.2f}",
            fold.choice.setting.told(),
        ]
        for number, fold in enumerate(folds, 1)
        for i in fold.sets
    ]
    return page.table(["set", "family", "gain, left out", "gain, shipped", "chosen"], rows)
