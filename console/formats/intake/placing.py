"""Spans of a file on the text that the task keeps: in its own offsets, and within it."""

from labeling.kinds.kind import Kind
from labeling.kinds.spans.answer import marked, written
from labeling.kinds.spans.offsets import cut, moved
from resources.reviews.rows import ReviewError

NO_PLACE = (
    "the text is not the one that the task keeps (it takes something out, or a span holds blanks "
    "alone), so that offsets do not tell where; mark the text as `touchstone export --text` writes it"
)


class UnplacedError(ValueError):
    """An answer that is left out: its message says why."""


def placed(answer: str, text: str | None, stored: str, kind: Kind, where: str) -> str:
    """Return an answer as it is about the stored text.

    Parameters
    ----------
    answer : str
    text : str or None
        The text that the file counts in; None if that is the stored one.
    stored : str
        The text of the item; empty if nobody knows it.
    kind : Kind
        What an answer of the task is; only those about stretches of a text change.
    where : str
        File and row.

    Raises
    ------
    ReviewError
        If a span lies outside its text.
    UnplacedError
        If its offsets do not tell where, or a span cuts a character: no mark that people make does.
    """
    said = marked(answer) if kind.marks_text else None
    if said is None or not said.whole:
        return answer
    text = text or stored
    problem = kind.misfit(answer, text) if text else None
    if problem:
        raise ReviewError(
            f"{where}: {problem}; offsets count characters from 0, and the end is the first "
            f"character behind the span"
        )
    spans = moved(said.found, text, stored) if stored else said.found
    if spans is None:
        raise UnplacedError(NO_PLACE)
    if problem := cut(spans, stored or text):
        raise UnplacedError(f"{problem}; mark the whole of it or nothing of it")
    return written(spans)
