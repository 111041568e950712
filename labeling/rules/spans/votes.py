"""What span rules mark, as votes: one text an item and rule."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from labeling.kinds.spans.answer import Span, finds, marked
from labeling.rules.arrow import Array, Table, pa
from labeling.rules.hits import Failure
from labeling.rules.spans.marks import Marks, SpanRuleVotes
from labeling.rules.spans.rule import SpanRule


def as_votes(result: SpanRuleVotes, batch: Table) -> tuple[Table, Table]:
    """Return a vote for each item that a rule marked anything in, and failures; as of other rules.

    Parameters
    ----------
    result : SpanRuleVotes
    batch : pa.Table
        What the rules were applied to, with the column ``item_id``.

    Examples
    --------
    >>> from labeling.rules.spans.engine import SpanRuleSet
    >>> from labeling.rules.spans.rule import SpanRule, Terms
    >>> rules = SpanRuleSet([SpanRule("sweet", "Food", "keyword", Terms(("nougat",)))], ["Food"])
    >>> batch = pa.table({"item_id": ["a"], "text": ["nougat, more nougat"]})
    >>> as_votes(rules.apply(batch), batch)[0]["label"].to_pylist()
    ['{"found": [[0, 6, "Food"], [13, 19, "Food"]]}']
    """
    marks = result.marks
    ids = batch["item_id"].cast(pa.string()).combine_chunks()
    columns: list[list[int]] = [
        one.tolist() for one in (marks.rule, marks.item, marks.start, marks.end, marks.type)
    ]
    rows = zip(*columns, strict=True)
    rule: list[int] = []
    item: list[int] = []
    labels: list[str] = []
    for (which, of), found in groupby(rows, key=lambda row: row[:2]):
        spans = [Span(start, end, result.types[kind]) for *_, start, end, kind in found]
        rule.append(which)
        item.append(of)
        labels.append(finds((), spans) if result.rules[int(which)].against else finds(spans))
    chosen = pa.array(rule, pa.int64())
    votes = pa.table(
        {
            "item_id": ids.take(pa.array(item, pa.int64())),
            "voter": pa.array([one.voter for one in result.rules], pa.string()).take(chosen),
            "version": pa.array([one.version for one in result.rules], pa.string()).take(chosen),
            "label": pa.array(labels, pa.string()),
        }
    )
    failed = [
        (one.name, failure)
        for one, many in zip(result.rules, result.failures, strict=True)
        for failure in many
    ]
    return votes, _failures(failed, ids)


def marks_in(
    votes: Table, failures: Table, rules: Sequence[SpanRule], types: Sequence[str], n_items: int
) -> SpanRuleVotes:
    """Return what votes of rules mark, the way back from :func:`as_votes`; items in the order they come.

    Parameters
    ----------
    votes, failures : pa.Table
        As of :class:`labeling.rules.hits.RuleVotes`; of rules that are not given, nothing is read.
    rules : sequence of SpanRule
    types : sequence of str
    n_items : int
        Items that the rules looked at, those without a vote too.
    """
    number = {rule.voter: at for at, rule in enumerate(rules)}
    kind = {name: at for at, name in enumerate(types)}
    place: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    columns: list[list[str]] = [votes[name].to_pylist() for name in ("item_id", "voter", "label")]
    for item, voter, label in zip(*columns, strict=True):
        one = marked(str(label))
        if voter not in number or one is None:
            continue
        at = place.setdefault(str(item), len(place))
        rows += [
            (at, span.start, span.end, kind[span.name], number[str(voter)])
            for span in (*one.found, *one.denied)
            if span.name in kind
        ]
    table = np.array(sorted(rows, key=lambda row: (row[4], row[0], row[1])), dtype=np.int64)
    own = [str(name) for name in failures["rule"].to_pylist()]
    failed = [[Failure(0, "")] * own.count(rule.name) for rule in rules]
    marks = Marks.of(*table.reshape(-1, 5).T)
    return SpanRuleVotes(marks, failed, n_items, tuple(rules), tuple(types))


def _failures(failed: list[tuple[str, Failure]], ids: Array) -> Table:
    return pa.table(
        {
            "rule": pa.array([name for name, _ in failed], pa.string()),
            "item_id": ids.take(pa.array([one.row for _, one in failed], pa.int64())),
            "message": pa.array([one.message for _, one in failed], pa.string()),
        }
    )
