"""What each rule does on a batch: how often it votes, with whom, against whom, and how well."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from labeling.errors import RuleError
from labeling.kinds.several.answer import NOT
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import weighted_shares
from labeling.rules.arrow import Table, pa, pc
from labeling.rules.hits import RuleVotes

NEAR_DUPLICATE = 0.9
"""Share of items in common (Jaccard, 0..1) from which two rules of a class are near-duplicates."""

MIN_SHARED = 5
"""Items that near-duplicates have in common at least."""

COLUMNS = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("label", pa.string()),
        pa.field("version", pa.string()),
        pa.field("votes", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("overlaps", pa.float64()),
        pa.field("conflicts", pa.float64()),
        pa.field("by_class", pa.string()),
        pa.field("failures", pa.int64()),
        pa.field("gold", pa.int64()),
        pa.field("correct", pa.int64()),
        pa.field("accuracy", pa.float64()),
        pa.field("accuracy_low", pa.float64()),
        pa.field("accuracy_high", pa.float64()),
        pa.field("never_fires", pa.bool_()),
        pa.field("near_duplicate_of", pa.string()),
        pa.field("likeness", pa.float64()),
    ]
)
"""Columns of the table that :func:`analyse` returns."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Votes as index arrays of shape (n_votes,): item, rule and class of each; what these are called."""

    item: NDArray[np.int64]
    rule: NDArray[np.int64]
    label: NDArray[np.int64]
    ids: Any
    classes: list[str]


def analyse(result: RuleVotes, gold: Table | None = None, *, several: bool = False) -> Table:
    """Describe every rule of a batch, also those that never fire.

    Parameters
    ----------
    result : RuleVotes
        The votes of one or more batches (concatenated) and the rules that cast them.
    gold : pa.Table, optional
        ``item_id`` and ``label`` (name of the class) of reviewed items, drawn at random: accuracy
        on items that were chosen for learning means nothing. ``probability`` of having been drawn,
        in (0, 1], if it was not the same for all.
    several : bool
        Whether an item may have several classes: votes for two of them do not conflict, a vote for
        one and a vote against it do.

    Returns
    -------
    pa.Table
        :data:`COLUMNS`, a row a rule. ``coverage``, ``overlaps`` (another rule voted too) and
        ``conflicts`` (another rule voted for another class) are shares of all items, 0..1;
        ``by_class`` reads ``SPAM 12, HAM 3``; ``accuracy`` is on gold items with a vote of the
        rule, weighed by one over its probability, with a 95 % Wilson interval on the effective
        sample size, and null without any; ``near_duplicate_of`` names the
        earlier rule of the same class with the largest Jaccard ``likeness`` over
        :data:`NEAR_DUPLICATE`.

    Raises
    ------
    RuleError
        If gold lacks a column or settles an item twice.
    """
    cells = _index(result)
    n_rules, n_items = len(result.rules), max(result.n_items, 1)
    votes = np.bincount(cells.rule, minlength=n_rules)
    others, against = _company(cells, several=several)
    overlaps = np.bincount(cells.rule, weights=others, minlength=n_rules)
    conflicts = np.bincount(cells.rule, weights=against, minlength=n_rules)
    by_class = np.zeros((n_rules, len(cells.classes)), dtype=np.int64)
    np.add.at(by_class, (cells.rule, cells.label), 1)
    failures = pc.value_counts(result.failures["rule"].combine_chunks())
    failed = {one["values"]: one["counts"] for one in failures.to_pylist()}
    seen, correct, shares = _on_gold(cells, gold, n_rules)
    twins = near_duplicates(cells, votes)
    rows: list[dict[str, Any]] = []
    for i, one in enumerate(result.rules):
        share = shares.get(i)
        twin = twins.get(i)
        rows.append(
            {
                "rule": one.name,
                "kind": one.kind,
                "label": one.label,
                "version": one.version,
                "votes": int(votes[i]),
                "coverage": votes[i] / n_items,
                "overlaps": overlaps[i] / n_items,
                "conflicts": conflicts[i] / n_items,
                "by_class": ", ".join(
                    f"{name} {count}"
                    for name, count in zip(cells.classes, by_class[i].tolist(), strict=True)
                    if count
                ),
                "failures": failed.get(one.name, 0),
                "gold": int(seen[i]),
                "correct": int(correct[i]),
                "accuracy": share.point if share else None,
                "accuracy_low": share.low if share else None,
                "accuracy_high": share.high if share else None,
                "never_fires": votes[i] == 0,
                "near_duplicate_of": result.rules[twin[0]].name if twin else None,
                "likeness": twin[1] if twin else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def _index(result: RuleVotes) -> Cells:
    items = result.votes["item_id"].combine_chunks().dictionary_encode()
    labels = result.votes["label"].combine_chunks().dictionary_encode()
    voters = pa.array([one.voter for one in result.rules], pa.string())
    return Cells(
        _integers(items.indices),
        _integers(pc.index_in(result.votes["voter"].combine_chunks(), value_set=voters)),
        _integers(labels.indices),
        items.dictionary,
        labels.dictionary.to_pylist(),
    )


def _integers(values: Any) -> NDArray[np.int64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.int64)


def _company(cells: Cells, *, several: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tell for each vote whether another rule voted on its item, and whether otherwise."""
    n_items, n_classes = len(cells.ids), max(len(cells.classes), 1)
    in_all = np.bincount(cells.item, minlength=n_items)[cells.item]
    alike = _of_a_kind(cells.item * n_classes + cells.label)
    on_it = in_all
    if several:
        names = [name.removeprefix(NOT) for name in cells.classes]
        question = np.array([names.index(name) for name in names] or [0])[cells.label]
        on_it = _of_a_kind(cells.item * n_classes + question)
    return (in_all > 1).astype(np.float64), (on_it > alike).astype(np.float64)


def _of_a_kind(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count how often each key stands, at its places."""
    _, back, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[back]


def _on_gold(
    cells: Cells, gold: Table | None, n_rules: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[int, Interval]]:
    """Count gold seen and got right by each rule, and estimate its accuracy."""
    if gold is None:
        zeros = np.zeros(n_rules, dtype=np.int64)
        return zeros, zeros, {}
    for column in ("item_id", "label"):
        if column not in gold.column_names:
            raise RuleError(
                f"gold needs the columns item_id and label; it has {', '.join(gold.column_names)}"
            )
    ids = gold["item_id"].cast(pa.string()).combine_chunks()
    if pc.count_distinct(ids).as_py() != len(ids):
        raise RuleError("an item stands more than once in gold; settle its reviews first")
    at = pc.index_in(cells.ids, value_set=ids)
    names = pa.array(cells.classes, pa.string())
    truth = pc.index_in(gold["label"].cast(pa.string()).combine_chunks(), value_set=names)
    truth_of = _integers(pc.fill_null(truth.take(at), -1))
    known = _integers(pc.is_valid(at)).astype(bool)[cells.item]
    right = known & (truth_of[cells.item] == cells.label)
    drawn = "probability" in gold.column_names
    weight = np.ones(len(ids))
    if drawn:
        chance = pc.fill_null(gold["probability"].combine_chunks(), 1.0)
        weight = 1 / chance.to_numpy(zero_copy_only=False)
    row = _integers(pc.fill_null(pc.index_in(cells.ids, value_set=ids), -1))[cells.item]
    hit, inside = np.zeros((2, n_rules, len(ids)), dtype=np.bool_)
    inside[cells.rule[known], row[known]] = True
    hit[cells.rule[right], row[right]] = True
    found = weighted_shares(hit, weight, inside, finite=drawn)
    shares = {i: one for i, one in enumerate(found) if one.measured}
    return (
        np.bincount(cells.rule[known], minlength=n_rules),
        np.bincount(cells.rule[right], minlength=n_rules),
        shares,
    )


def near_duplicates(cells: Cells, votes: NDArray[np.int64]) -> dict[int, tuple[int, float]]:
    """Return for each rule the most alike earlier one of its class, with the likeness.

    ``votes`` counts those of each rule, shape (n_rules,).
    """
    n_rules, n_classes = len(votes), max(len(cells.classes), 1)
    column = cells.item * n_classes + cells.label
    used, column = np.unique(column, return_inverse=True)
    ones = np.ones(len(column), dtype=np.int64)
    shape = (n_rules, max(len(used), 1))
    table: Any = csr_matrix((ones, (cells.rule, column)), shape=shape)
    shared: Any = (table @ table.T).tocoo()
    likeness = shared.data / (votes[shared.row] + votes[shared.col] - shared.data)
    alike = (shared.col < shared.row) & (shared.data >= MIN_SHARED) & (likeness >= NEAR_DUPLICATE)
    pairs = zip(
        shared.row[alike].tolist(), shared.col[alike].tolist(), likeness[alike], strict=True
    )
    found: dict[int, tuple[int, float]] = {}
    for one, other, how_alike in pairs:
        found[one] = max(found.get(one, (other, 0.0)), (other, how_alike), key=lambda t: t[1])
    return {one: (other, float(likeness)) for one, (other, likeness) in found.items()}
