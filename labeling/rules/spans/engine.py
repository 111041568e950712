"""Applying span rules to a batch."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.letters.letters import Places, letters, whole_characters
from labeling.rules.arrow import Table, pa, pc
from labeling.rules.conditions import passes
from labeling.rules.cores import usable_cores
from labeling.rules.engine import check_batch
from labeling.rules.hits import Failure
from labeling.rules.rule import Function
from labeling.rules.spans.functions import call_function
from labeling.rules.spans.marks import Marks, SpanRuleVotes, joined, leftmost_longest
from labeling.rules.spans.patterns import find_groups
from labeling.rules.spans.pipelines.loading import pipeline_of
from labeling.rules.spans.pipelines.marking import call_pipeline
from labeling.rules.spans.reading import check_span_rules
from labeling.rules.spans.rule import Group, Pipeline, SpanRule, Terms
from labeling.rules.spans.vocabulary import Vocabulary

CHUNK = 1 << 20
"""Code points that are looked at together, about."""

_Masks = list[NDArray[np.bool_] | None]


class SpanRuleSet:
    """The span rules of a task, checked together and applied together.

    Parameters
    ----------
    rules : sequence of SpanRule
        See :func:`labeling.rules.spans.reading.read_span_rules`.
    types : sequence of str
        Names of the types.

    Raises
    ------
    RuleError
        If a type is none, two rules have one name or one meaning, or a pipeline cannot be loaded.

    Examples
    --------
    >>> rules = SpanRuleSet([SpanRule("city", "Place", "keyword", Terms(("new york",)))], ["Place"])
    >>> batch = pa.table({"item_id": ["a", "b"], "text": ["To New  York!", "newyork"]})
    >>> rules.apply(batch).table(["a", "b"]).select(["item_id", "start", "end", "type"]).to_pylist()
    [{'item_id': 'a', 'start': 3, 'end': 12, 'type': 'Place'}]
    """

    def __init__(self, rules: Sequence[SpanRule], types: Sequence[str]) -> None:
        self.rules, self.types = tuple(rules), tuple(types)
        check_span_rules(self.rules, self.types)
        self._number = {name: i for i, name in enumerate(self.types)}
        self._vocabulary = Vocabulary(self.rules, self.types)
        self._with_terms = [i for i, one in enumerate(self.rules) if isinstance(one.body, Terms)]
        self._pipelines = [pipeline_of(one) for one in self.rules]

    def apply(self, batch: Table) -> SpanRuleVotes:
        """Let the rules mark every item of a batch.

        Parameters
        ----------
        batch : pa.Table
            ``item_id`` and ``text`` (text), and any columns that conditions and functions name. A
            text may be null: nothing is marked in it.

        Returns
        -------
        SpanRuleVotes
            What is marked. No span cuts a character (an emoji, a letter with its marks): where a
            pattern or a function would, its span is widened.

        Raises
        ------
        RuleError
            If a column is missing or cannot be compared.
        """
        check_batch(batch)
        texts = batch["text"].combine_chunks().cast(pa.large_string())
        values: list[str] = pc.fill_null(texts, "").to_pylist()
        masks = [self._mask(batch, one) for one in self.rules]
        failures: list[list[Failure]] = [[] for _ in self.rules]
        others = joined(
            [
                self._patterns(texts, values, masks, failures),
                *self._called(batch, values, masks, failures),
            ]
        )
        others = others.take(np.argsort(others.item, kind="stable"))
        cuts = _cuts(values)
        parts = list(itertools.pairwise(cuts))

        def one(part: tuple[int, int]) -> Marks:
            return self._chunk(values, part[0], part[1], others, masks)

        if len(parts) > 1 and usable_cores() > 1:
            with ThreadPoolExecutor(usable_cores()) as pool:
                marks = list(pool.map(one, parts))
        else:
            marks = [one(part) for part in parts]
        whole = joined(marks)
        whole = whole.take(np.argsort(whole.rule, kind="stable"))
        return SpanRuleVotes(whole, failures, batch.num_rows, self.rules, self.types)

    def _mask(self, batch: Table, rule: SpanRule) -> NDArray[np.bool_] | None:
        if rule.when is None:
            return None
        try:
            return passes(batch, rule.when)
        except RuleError as error:
            raise RuleError(f"{rule.origin}, rule {rule.name!r} {error}") from error

    def _patterns(
        self, texts: object, values: list[str], masks: _Masks, failures: list[list[Failure]]
    ) -> Marks:
        which = [i for i, one in enumerate(self.rules) if isinstance(one.body, Group)]
        bodies = [body for one in self.rules if isinstance(body := one.body, Group)]
        found, late = find_groups(texts, values, bodies)
        parts: list[Marks] = []
        for at, i in enumerate(which):
            rows, starts, ends = found[at]
            mask, same = masks[i], np.zeros(len(rows), dtype=np.int64)
            kind = self._number[str(self.rules[i].type)]
            marks = Marks.of(rows, starts, ends, same + kind, same + i)
            parts.append(marks if mask is None else marks.take(np.flatnonzero(mask[rows])))
            failures[i] = [one for one in late[at] if mask is None or mask[one.row]]
        return joined(parts)

    def _called(
        self, batch: Table, values: list[str], masks: _Masks, failures: list[list[Failure]]
    ) -> list[Marks]:
        """Ask functions and pipelines, rule by rule."""
        parts: list[Marks] = []
        everywhere = np.ones(batch.num_rows, dtype=np.bool_)
        for i, rule in enumerate(self.rules):
            mask, body = masks[i], rule.body
            rows: Places = np.flatnonzero(everywhere if mask is None else mask)
            if isinstance(body, Function):
                found, failures[i] = call_function(batch, rule, body, rows, self.types)
            elif isinstance(body, Pipeline):
                pipeline = self._pipelines[i]
                found, failures[i] = call_pipeline(pipeline, body, values, rows, self.types)
            else:
                continue
            number = np.full(len(found), i, dtype=np.int64)
            row, start, end, kind = (found[:, column] for column in range(4))
            parts.append(Marks.of(row, start, end, kind, number))
        return parts

    def _chunk(
        self, values: list[str], first: int, last: int, others: Marks, masks: _Masks
    ) -> Marks:
        """Find the terms in some of the texts, and settle what overlaps there."""
        some = letters(values[first:last])
        low = int(np.searchsorted(others.item, first))
        here = others.take(np.arange(low, int(np.searchsorted(others.item, last))))
        begins = some.begins[here.item - first]
        starts, ends = whole_characters(some, here.start + begins, here.end + begins)
        here = Marks.of(here.item, starts - begins, ends - begins, here.type, here.rule)
        found = self._vocabulary.find(some)
        text = some.text_of(found.starts)
        begins = some.begins[text]
        marks = Marks.of(
            text + first, found.starts - begins, found.ends - begins, found.types, found.rules
        )
        if any(masks[i] is not None for i in self._with_terms):
            allowed = np.ones(len(marks), dtype=np.bool_)
            for i in self._with_terms:
                mask = masks[i]
                if mask is not None:
                    mine = marks.rule == i
                    allowed[mine] = mask[marks.item[mine]]
            marks = marks.take(np.flatnonzero(allowed))
        return leftmost_longest(joined([marks, here]))


def _cuts(values: list[str]) -> list[int]:
    """Return where to cut texts into chunks of about :data:`CHUNK` code points."""
    ends: Places = np.cumsum(np.fromiter(map(len, values), dtype=np.int64, count=len(values)) + 1)
    total = int(ends[-1]) if len(ends) else 0
    marks = np.arange(CHUNK, total, CHUNK)
    return sorted({0, *np.searchsorted(ends, marks).tolist(), len(values)})
