"""Spans as people read them: the words of each, after its class."""

from collections.abc import Sequence

from labeling.kinds.spans.answer import Marked, Span

LONGEST_QUOTE = 60
"""Characters of one span that are told."""

MOST = 20
"""Spans that are told; of more it is told how many there are."""


def readable(said: Marked, text: str) -> str:
    """Tell what an answer marks in a text.

    Examples
    --------
    >>> readable(Marked((Span(0, 7, "Drug"), Span(12, 16, "Disease")), whole=True), "aspirin for gout")
    'Drug: aspirin; Disease: gout'
    >>> readable(Marked(denied=(Span(12, 16, "Drug"),)), "aspirin for gout"), readable(Marked(), "gout")
    ('no Drug in: gout', 'nothing marked')
    """
    parts = [
        *_parts(said.found, text, "{name}: {quote}"),
        *_parts(said.denied, text, "no {name} in: {quote}"),
    ]
    return "; ".join(parts) or "nothing marked"


def _parts(spans: Sequence[Span], text: str, form: str) -> list[str]:
    parts = [form.format(name=span.name, quote=_quote(span, text)) for span in spans[:MOST]]
    more = len(spans) - len(parts)
    return [*parts, f"and {more:,} more"] if more else parts


def _quote(span: Span, text: str) -> str:
    # Where only the beginning of a text is shown, a span may lie behind it.
    quote = " ".join(text[span.start : span.end].split())
    if not quote or span.end > len(text):
        return f"characters {span.start} to {span.end}"
    half = LONGEST_QUOTE // 2
    return quote if len(quote) <= LONGEST_QUOTE else f"{quote[:half]} … {quote[-half:]}"
