"""What span rules mark, as votes: one text an item and rule."""

from itertools import groupby

from labeling.kinds.spans.answer import Span, finds
from labeling.rules.arrow import Array, Table, pa
from labeling.rules.hits import Failure
from labeling.rules.spans.marks import SpanRuleVotes


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


def _failures(failed: list[tuple[str, Failure]], ids: Array) -> Table:
    return pa.table(
        {
            "rule": pa.array([name for name, _ in failed], pa.string()),
            "item_id": ids.take(pa.array([one.row for _, one in failed], pa.int64())),
            "message": pa.array([one.message for _, one in failed], pa.string()),
        }
    )
