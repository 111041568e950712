"""Rules worth writing: words and phrases that a class has almost to itself."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.quality.intervals import wilson
from labeling.rules.arrow import pa
from labeling.rules.fields import term_pattern
from labeling.rules.matching import Matcher
from labeling.rules.rule import Patterns

MIN_ITEMS = 5
"""Items that a suggested phrase occurs in at least."""

MAX_KNOWN = 0.8
"""Share of a phrase's items that earlier phrases or rules may already cover."""

WORD = r"(?u)\w+"
"""What counts as a word of a phrase."""

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
    """

    phrase: str
    label: str
    items: int
    correct: float
    new: int
    low: float


def suggest(
    texts: Sequence[str],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    *,
    covered: NDArray[np.bool_] | None = None,
    n: int = 20,
) -> list[Suggestion]:
    """Look for the phrases with the best lower bound of precision.

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

    Returns
    -------
    list of Suggestion
        Best first; the precision bound is Wilson's, and each phrase brings items that neither the
        rules nor a better phrase of its class have.

    Raises
    ------
    RuleError
        If the shapes do not agree.

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
    phrases = _shortlist(texts, probabilities, n * SHORTLIST)
    if not phrases:
        return []
    bodies = [Patterns((term_pattern(one, whole=True),), int(re.IGNORECASE)) for one in phrases]
    rows_of, _ = Matcher(bodies).match(pa.array(texts, pa.string()))
    scored: list[tuple[float, int, int]] = []
    for number, rows in enumerate(rows_of):
        if len(rows) >= MIN_ITEMS:
            sums = probabilities[rows].sum(axis=0)
            best = int(np.argmax(sums))
            scored.append((wilson(float(sums[best]), len(rows)).low, number, best))
    scored.sort(key=lambda one: (-one[0], -len(rows_of[one[1]]), *_plainness(phrases[one[1]])))
    base = probabilities.mean(axis=0)
    known = np.zeros(probabilities.shape, dtype=bool) if covered is None else covered.copy()
    found: list[Suggestion] = []
    for low, number, best in scored:
        rows = rows_of[number]
        new = int((~known[rows, best]).sum())
        if len(found) == n:
            break
        if low <= base[best] or new < MIN_ITEMS or new < (1 - MAX_KNOWN) * len(rows):
            continue
        known[rows, best] = True
        correct = float(probabilities[rows, best].sum())
        found.append(Suggestion(phrases[number], classes[best], len(rows), correct, new, low))
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
    >>> print(as_yaml([Suggestion("check out", "SPAM", 40, 39, 12, 0.871)], "gold"))
      # 40 gold items hold it, 39 of them SPAM: precision at least 87.1 %; 12 items are new
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
            f"least {one.low:.1%}; {one.new} items are new".replace("%", " %"),
            f"  - name: {name}",
            f"    label: {json.dumps(one.label, ensure_ascii=False)}",
            f"    keyword: [{json.dumps(one.phrase, ensure_ascii=False)}]",
        ]
    return "\n".join(lines)


def _plainness(phrase: str) -> tuple[int, int, str]:
    """Order phrases that are equally good: few words first, then long ones."""
    return phrase.count(" "), -len(phrase), phrase


def _shortlist(texts: Sequence[str], probabilities: NDArray[np.float64], n: int) -> list[str]:
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
    share = sums.max(axis=1) / items
    z = 1.96
    spread = z * np.sqrt(share * (1 - share) / items + z**2 / (4 * items**2))
    low = (share + z**2 / (2 * items) - spread) / (1 + z**2 / items)
    order = np.lexsort((np.arange(len(names)), -items, -low))
    return [str(names[i]) for i in order[:n]]
