"""Rules worth writing: words and phrases that tell a class, beyond how frequent the class is."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.errors import RuleError
from labeling.rules.arrow import pa
from labeling.rules.matching.matching import Matcher
from labeling.rules.reading.fields import term_pattern
from labeling.rules.rule import Patterns

MIN_ITEMS = 5
"""Items that a suggested phrase occurs in at least."""

MAX_KNOWN = 0.8
"""Share of a phrase's items that earlier phrases or rules may already cover."""

LEAST_ODDS = 1.5
"""How much better the odds of the class must surely be among a phrase's items than among all: a
word that stands anywhere is right as often as the class is frequent, and tells nothing."""

WORD = r"(?u)\w+"
"""What counts as a word of a phrase."""

Z95 = 1.959964

SHORTLIST = 10
"""Candidates that are looked at exactly for each suggestion that is asked for."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A keyword rule that might be worth adding.

    Parameters
    ----------
    phrase : str
        One to three words.
    label : str
        The class it speaks for.
    items : int
        Labelled items that hold the phrase.
    correct : float
        How many of them are of the class (with consensus: expected, so not whole).
    new : int
        How many of the items no rule of the class covers yet.
    low : float
        Lower 95 % bound of the precision, 0..1. It was looked for among many phrases, so that
        it flatters: measure the rule on fresh gold.
    lift : float
        ``low`` over the share of the class among all items: how many times as often the class is
        met with the phrase, at least.
    """

    phrase: str
    label: str
    items: int
    correct: float
    new: int
    low: float
    lift: float


def suggest(
    texts: Sequence[str],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    *,
    covered: NDArray[np.bool_] | None = None,
    n: int = 20,
    least: float = 0.0,
) -> list[Suggestion]:
    """Look for the phrases with the best lower bound of lift.

    Parameters
    ----------
    texts : sequence of n_items str
        Labelled texts.
    probabilities : float array of shape (n_items, n_classes)
        Rows of 0 and a 1 where the label is gold; the posterior where it is consensus.
    classes : sequence of n_classes str
        Names of the classes.
    covered : bool array of shape (n_items, n_classes), optional
        Where a rule votes for the class already.
    n : int
        At most so many suggestions.
    least : float
        Lower bound of the precision (0..1) below which nothing is suggested.

    Returns
    -------
    list of Suggestion
        Best first; each phrase brings items that neither the rules nor a better phrase of its
        class have.

    Raises
    ------
    RuleError
        If the shapes do not agree.

    Notes
    -----
    Lift is precision over the share of the class (Brin et al. 1997, SIGMOD), taken at the lower
    bound of Wilson's interval. Precision alone would suggest words that stand anywhere for the most
    frequent class.

    Examples
    --------
    >>> texts = ["subscribe to me"] * 8 + ["a fine song"] * 8
    >>> gold = np.repeat(np.eye(2), 8, axis=0)
    >>> [(one.phrase, one.label) for one in suggest(texts, gold, ["SPAM", "HAM"])]
    [('subscribe', 'SPAM'), ('fine', 'HAM')]
    """
    if probabilities.shape != (len(texts), len(classes)):
        raise RuleError(
            f"there are {len(texts)} texts and {len(classes)} classes, but the labels have the "
            f"shape {probabilities.shape}"
        )
    base = probabilities.mean(axis=0) if len(texts) else np.zeros(len(classes))
    phrases = _shortlist(texts, probabilities, base, least, n * SHORTLIST)
    if not phrases:
        return []
    bodies = [Patterns((term_pattern(one, whole=True),), int(re.IGNORECASE)) for one in phrases]
    rows_of, _ = Matcher(bodies).match(pa.array(texts, pa.string()))
    scored: list[tuple[float, float, int, int]] = []
    for number, rows in enumerate(rows_of):
        if len(rows) >= MIN_ITEMS:
            low = _least_precision(probabilities[rows].sum(axis=0)[None], np.array([len(rows)]))
            lift = _sure_lift(low, base, least)[0]
            best = int(np.argmax(lift))
            if lift[best] > 0:
                scored.append((float(lift[best]), float(low[0, best]), number, best))
    scored.sort(key=lambda one: (-one[0], -len(rows_of[one[2]]), *_plainness(phrases[one[2]])))
    known = np.zeros(probabilities.shape, dtype=bool) if covered is None else covered.copy()
    found: list[Suggestion] = []
    for lift, low, number, best in scored:
        rows = rows_of[number]
        new = int((~known[rows, best]).sum())
        if len(found) == n:
            break
        if new < MIN_ITEMS or new < (1 - MAX_KNOWN) * len(rows):
            continue
        known[rows, best] = True
        correct = float(probabilities[rows, best].sum())
        found.append(Suggestion(phrases[number], classes[best], len(rows), correct, new, low, lift))
    return found


def as_yaml(suggestions: Sequence[Suggestion], source: str, taken: Sequence[str] = ()) -> str:
    """Write suggestions as rules to paste under ``rules:``.

    Parameters
    ----------
    suggestions : sequence of Suggestion
        See :func:`suggest`.
    source : str
        What the labels were: ``gold`` or ``consensus``.
    taken : sequence of str
        Names that rules have already.

    Examples
    --------
    >>> print(as_yaml([Suggestion("check out", "SPAM", 40, 39, 12, 0.871, 1.7)], "gold"))
      # 40 gold items hold it, 39 of them SPAM: precision at least 87.1 %, 1.7 times the share of
      # SPAM among all; 12 items are new
      - name: says_check_out
        label: "SPAM"
        keyword: ["check out"]
    """
    names = set(taken)
    lines: list[str] = []
    for one in suggestions:
        stem = "says_" + "_".join(re.findall(r"\w+", one.phrase))
        name = stem
        while name in names:
            name = f"{stem}_{len(names)}"
        names.add(name)
        correct = f"{one.correct:.0f}" if math.isclose(one.correct % 1, 0) else f"{one.correct:.1f}"
        lines += [
            f"  # {one.items} {source} items hold it, {correct} of them {one.label}: precision at "
            f"least {one.low:.1%}, {one.lift:.1f} times the share of".replace("%", " %"),
            f"  # {one.label} among all; {counted(one.new, 'item is', 'items are')} new",
            f"  - name: {name}",
            f"    label: {json.dumps(one.label, ensure_ascii=False)}",
            f"    keyword: [{json.dumps(one.phrase, ensure_ascii=False)}]",
        ]
    return "\n".join(lines)


def _plainness(phrase: str) -> tuple[int, int, str]:
    """Order phrases that are equally good: few words first, then long ones."""
    return phrase.count(" "), -len(phrase), phrase


def _least_precision(sums: NDArray[np.float64], items: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Wilson's lower bound for each phrase (row) and class (column)."""
    n = items[:, None]
    share = np.minimum(sums / n, 1.0)
    spread = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return (share + Z95**2 / (2 * n) - spread) / (1 + Z95**2 / n)


def _sure_lift(
    low: NDArray[np.float64], base: NDArray[np.float64], least: float
) -> NDArray[np.float64]:
    """Return lift at the lower bound; 0 where the odds or the precision do not suffice."""
    odds = low * (1 - base) >= LEAST_ODDS * base * (1 - low)
    sure = odds & (low >= least) & (base > 0)
    return np.where(sure, low / np.maximum(base, 1e-12), 0.0)


def _shortlist(
    texts: Sequence[str],
    probabilities: NDArray[np.float64],
    base: NDArray[np.float64],
    least: float,
    n: int,
) -> list[str]:
    """Return the phrases that look best when counted roughly, without regard to white space."""
    text: Any = import_module("sklearn.feature_extraction.text")
    counter = text.CountVectorizer(
        binary=True, ngram_range=(1, 3), token_pattern=WORD, min_df=MIN_ITEMS, dtype=np.int32
    )
    try:
        table = counter.fit_transform(texts)
    except ValueError:  # no phrase occurs in enough texts
        return []
    names = counter.get_feature_names_out()
    items = np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    sums = np.asarray(table.T @ probabilities, dtype=np.float64)
    lift = _sure_lift(_least_precision(sums, items), base, least).max(axis=1)
    order = np.lexsort((np.arange(len(names)), -items, -lift))
    return [str(names[i]) for i in order[:n] if lift[i] > 0]
