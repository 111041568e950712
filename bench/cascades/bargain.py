"""BARGAIN's rule for an accuracy target, written from its paper (Zeighami, Shankar & Parameswaran, arXiv 2509.02896).

The items with the highest scores are left to the cheap model. Twenty cuts are tried, each further down the
order. At each, items above it are drawn without replacement and put to the dear model, until betting has
shown that the cheap answers there agree with it often enough, or that they do not. The first cut that
fails ends the search. Items that the dear model was asked about in the search keep its answers.
"""

import numpy as np

CUTS = 20
STEP = 10
TRIED = 50
"""Items drawn at a cut before it may be given up as not worth it: the mean less the deviation is too low."""

CAP = 0.75
"""Largest share of what a bettor may lose."""


LOOKED = 2_000
"""Items looked at together at first: the search seldom needs more at a cut."""


def shown_at(x: np.ndarray, mean: float, alpha: float, population: int) -> np.ndarray:
    """Tell after each draw whether betting has shown that the population has a greater mean, shape (n,).

    Draws are without replacement. The bets are the predictable plug-in of Waudby-Smith & Ramdas (2024).
    """
    t = np.arange(1, len(x) + 1)
    before = np.concatenate([[0.0], np.cumsum(x)[:-1]])
    squares = np.concatenate([[0.0], np.cumsum(x**2)[:-1]])
    left = (population * mean - before) / (population - (t - 1))
    guess = (0.5 + before) / t
    variance = (0.25 + squares - 2 * guess * before + (t - 1) * guess**2) / t
    stake = np.sqrt(2 * np.log(2 / alpha) / (t * np.log(t + 1) * variance))
    certain = left <= 0
    left = np.where(certain, 1.0, left)
    wealth = np.cumsum(np.log1p(np.minimum(stake, CAP / left) * (x - left)))
    return np.maximum.accumulate(certain | (wealth >= np.log(1 / alpha)))


def bargain(
    score: np.ndarray, agrees: np.ndarray, target: float, risk: float, rng: np.random.Generator
) -> np.ndarray:
    """Return which items the dear model is asked about, shape (n_items,).

    ``agrees`` says of each item whether the two models say the same.
    """
    n = len(score)
    order = np.lexsort((rng.random(n), -score))
    same = agrees[order].astype(float)
    drawn = rng.permutation(n)
    asked, left_alone, step = np.zeros(n, dtype=bool), 0, max(n // CUTS, 1)
    for size in range(step, n + 1, step):
        # what is asked agrees with itself
        wanted = (target * n - (n - size)) / size
        if wanted <= 0:
            left_alone = size
            continue
        if not _holds(same, drawn, size, asked, wanted, risk):
            break
        left_alone = size
    asked[left_alone:] = True
    out = np.empty(n, dtype=bool)
    out[order] = asked
    return out


def _holds(same, drawn, size, asked, wanted, risk) -> bool:
    """Draw of the ``size`` items above a cut until it is shown to hold or not; marks what was asked."""
    for ahead in (LOOKED * len(drawn) // size, len(drawn)):
        items = drawn[:ahead]
        items = items[items < size]
        looked = len(items)
        ends = np.arange(STEP, looked, STEP)
        met = (np.append(ends, looked) if looked == size else ends) - 1
        x = same[items]
        mean = np.cumsum(x) / np.arange(1, looked + 1)
        high = mean >= wanted
        tested = np.where(
            high, shown_at(x, wanted, risk, size), shown_at(1 - x, 1 - wanted, risk, size)
        )
        tested[-1] |= looked == size
        low = mean - np.sqrt(mean * (1 - mean)) < wanted
        in_vain = low & (np.arange(1, looked + 1) >= TRIED)
        told, given_up = _first(tested[met]), _first(in_vain[met])
        if told is None and given_up is None:
            continue
        over = given_up is not None and (told is None or given_up < told)
        last = met[given_up if over else told]
        asked[items[: last + 1]] = True
        return not over and bool(high[last])
    raise AssertionError("all items were drawn and nothing was told")


def _first(found):
    at = int(found.argmax()) if len(found) else 0
    return at if len(found) and found[at] else None
