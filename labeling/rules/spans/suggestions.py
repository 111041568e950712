"""Terms worth a rule: what is marked again and again and no rule marks yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from labeling.kinds.spans.answer import Span, marked
from labeling.quality.estimates.intervals import wilson
from labeling.rules.arrow import pa
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.rule import SpanRule, Terms

LEAST_MARKS = 3
"""Times that a term is marked at least."""

MOST_WORDS = 6
"""Words of a term at most."""

LOOKED_AT = 200
"""Terms that are counted in all texts, those marked most often."""


@dataclass(frozen=True, slots=True)
class TermSuggestion:
    """A keyword rule that might be worth adding.

    Parameters
    ----------
    term, type : str
    places : int
        Where the term stands.
    correct : int
        Places where exactly it is marked as of the type.
    new : int
        Of these, those that no rule marks so.
    low : float
        Lower 95 % bound (Wilson) of the share of the places that are right, 0..1. It was looked for
        among many terms, so that it flatters.
    """

    term: str
    type: str
    places: int
    correct: int
    new: int
    low: float


def suggest_terms(
    texts: Sequence[str],
    given: Sequence[str],
    said: Sequence[Sequence[str]],
    types: Sequence[str],
    *,
    n: int = 10,
    least: float = 0.5,
) -> list[TermSuggestion]:
    """Suggest terms, those that would mark most anew first.

    Parameters
    ----------
    texts : sequence of n_texts str
    given : sequence of n_texts str
        The whole answer of each.
    said : sequence of n_texts sequences of str
        What rules say of each.
    types : sequence of str
    n : int
        Suggestions at most.
    least : float
        Bound from which a term is suggested, 0..1.

    Examples
    --------
    >>> texts = ["a rash", "rash again", "no rash", "the rash went"]
    >>> given = ['[[2, 6, "Sign"]]', '[[0, 4, "Sign"]]', '[[3, 7, "Sign"]]', '[[4, 8, "Sign"]]']
    >>> one = suggest_terms(texts, given, [[]] * 4, ["Sign"])[0]
    >>> one.term, one.type, one.places, one.new, round(one.low, 2)
    ('rash', 'Sign', 4, 4, 0.51)
    """
    spans = [set(_found(answer)) for answer in given]
    known = [{span for answer in rules for span in _found(answer)} for rules in said]
    marks: Counter[tuple[str, str]] = Counter()
    for text, here, there in zip(texts, spans, known, strict=True):
        for span in here - there:
            term = " ".join(text[span.start : span.end].casefold().split())
            if term and span.name in types and len(term.split()) <= MOST_WORDS:
                marks[term, span.name] += 1
    wanted = [one for one, count in marks.most_common(LOOKED_AT) if count >= LEAST_MARKS]
    if not wanted:
        return []
    rules = [
        SpanRule(f"t{at}", kind, "keyword", Terms((term,)))
        for at, (term, kind) in enumerate(wanted)
    ]
    ids = [str(at) for at in range(len(texts))]
    batch = pa.table({"item_id": ids, "text": pa.array(list(texts), pa.string())})
    found = SpanRuleSet(rules, types).apply(batch).marks
    places, correct, new = Counter[int](), Counter[int](), Counter[int]()
    columns = (found.rule, found.item, found.start, found.end)
    for rule, item, start, end in zip(*(one.tolist() for one in columns), strict=True):
        span = Span(start, end, wanted[int(rule)][1])
        places[rule] += 1
        correct[rule] += span in spans[int(item)]
        new[rule] += span in spans[int(item)] - known[int(item)]
    every = [
        TermSuggestion(
            term, kind, places[at], correct[at], new[at], wilson(correct[at], places[at]).low
        )
        for at, (term, kind) in enumerate(wanted)
        if places[at]
    ]
    kept = [one for one in every if one.low >= least and one.new >= LEAST_MARKS]
    return sorted(kept, key=lambda one: (-one.new, one.term))[:n]


def _found(answer: str) -> tuple[Span, ...]:
    one = marked(answer)
    return () if one is None else one.found
