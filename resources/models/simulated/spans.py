"""How the simulated model marks spans: right, or wrong by a span left out, misnamed, cut, grown or invented."""

import re
from collections.abc import Callable, Sequence

from labeling.kinds.spans.answer import Span, marked, overlapping, written

Draws = tuple[float, float, float, float]
WORD = re.compile(r"\w+")

LEFT_OUT, MISNAMED = 0.4, 0.7
"""Mistakes below the first share leave a span out, below the second they name it otherwise; above, it ends
elsewhere."""


def simulated_spans(
    truth: str | None,
    text: str,
    classes: Sequence[str],
    draws: Callable[[str], Draws],
    error: Callable[[str, Draws], tuple[float, bool]],
    confused: Callable[[str], str | None],
) -> tuple[str, float]:
    """Return the spans that the model marks, and how sure it says it is (0..1].

    Each span is mistaken on its own, and once a text a word may be marked that is nothing.

    Parameters
    ----------
    truth : str, optional
        What is so, as answers are written.
    text : str
    classes : sequence of str
    draws : callable
        Uniforms that depend on their key alone.
    error : callable
        Takes a class and draws; returns the chance of error that the model admits, and whether it errs.
    confused : callable
        Returns what a class is mostly taken for, if anything.
    """
    said = marked(truth or "")
    true = said.found if said else ()
    found: list[Span] = []
    sure = 1.0
    for span in true:
        of = draws(f"{span.start}/{span.end}/{span.name}")
        claimed, wrong = error(span.name, of)
        sure *= 1 - claimed
        one = _mistaken(span, text, classes, of[2:], confused(span.name)) if wrong else span
        if one is not None:
            found.append(one)
    of = draws("invented")
    name = classes[int(of[3] * len(classes))]
    claimed, wrong = error(name, of)
    sure *= 1 - claimed
    words = [m.span() for m in WORD.finditer(text)]
    free = [at for at in words if not any(at[0] < one.end and one.start < at[1] for one in true)]
    if wrong and free:
        found.append(Span(*free[int(of[2] * len(free))], name))
    apart = not overlapping(true)
    kept: list[Span] = []
    for one in sorted(found):
        if not (apart and kept and one.start < kept[-1].end):  # else it grew into another
            kept.append(one)
    return written(kept), max(sure, 1 / 2 ** len(classes))


def _mistaken(
    span: Span, text: str, classes: Sequence[str], draws: Sequence[float], likely: str | None
) -> Span | None:
    kind, other = draws
    others = [name for name in classes if name != span.name]
    if kind < LEFT_OUT:
        return None
    if kind < MISNAMED and others:
        return span._replace(name=likely or others[int(other * len(others))])
    words = [m.span() for m in WORD.finditer(text)]
    inside = [at for at in words if span.start <= at[0] and at[1] <= span.end]
    after = next((at for at in words if at[0] >= span.end), None)
    if len(inside) > 1:
        return span._replace(end=inside[-2][1])
    return None if after is None else span._replace(end=after[1])
