"""What a pipeline of spaCy marks in texts: part after part, in bounded memory, on one core."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.letters.letters import Places
from labeling.rules.hits import Failure
from labeling.rules.spans.rule import Pipeline

PART = 1 << 15
"""Characters of texts that are at work together, about; a network takes some 7 kB for each of them."""

Found = list[tuple[int, int, int, int]]


def call_pipeline(
    pipeline: Any, body: Pipeline, values: Sequence[str], rows: Places, types: Sequence[str]
) -> tuple[NDArray[np.int64], list[Failure]]:
    """Let a pipeline mark some texts of a batch.

    Parameters
    ----------
    pipeline : spacy.Language
        See :func:`labeling.rules.spans.pipelines.loading.pipeline_of`.
    body : Pipeline
        Which labels are wanted, and where they stand.
    values : sequence of n_rows str
        The texts of the batch.
    rows : int array
        Where it looks.
    types : sequence of str
        All types, among them those of ``body.labels``.

    Returns
    -------
    int64 array of shape (n_spans, 4)
        Row, start, end (code points, half-open) and type of each span.
    list of Failure
        Texts that it refuses or fails on; nothing is marked there.
    """
    into = {label: types.index(kind) for label, kind in body.labels}
    found: Found = []
    failures: list[Failure] = []
    for part in _parts(values, rows.tolist()):
        with pipeline.memory_zone():
            _mark(pipeline, body, part, into, found, failures)
    return np.array(found, dtype=np.int64).reshape(-1, 4), failures


def _parts(values: Sequence[str], rows: list[int]) -> Iterator[list[tuple[str, int]]]:
    part: list[tuple[str, int]] = []
    size = 0
    for row in rows:
        if not values[row]:
            continue
        part.append((values[row], row))
        size += len(values[row])
        if size >= PART:
            yield part
            part, size = [], 0
    if part:
        yield part


def _mark(
    pipeline: Any,
    body: Pipeline,
    part: list[tuple[str, int]],
    into: dict[str, int],
    found: Found,
    failures: list[Failure],
) -> None:
    """Mark the texts of a part together; where that fails, those that are left one by one."""
    left = dict.fromkeys(row for _, row in part)
    fitting = [one for one in part if len(one[0]) <= pipeline.max_length]
    with suppress(Exception):  # it comes up again below, with the text that it is about
        for doc, row in pipeline.pipe(fitting, as_tuples=True, batch_size=body.batch_size):
            found += _spans(doc, row, body, into)
            del left[row]
    for text, row in part:
        if row in left:
            try:
                found += _spans(pipeline(text), row, body, into)
            except Exception as error:  # noqa: BLE001 - a component may raise anything
                told = str(error).partition("\n")[0]
                failures.append(Failure(row, f"{type(error).__name__}: {told}"))


def _spans(doc: Any, row: int, body: Pipeline, into: dict[str, int]) -> Found:
    spans = doc.ents if body.spans_key is None else doc.spans.get(body.spans_key, ())
    return [
        (row, span.start_char, span.end_char, into[span.label_])
        for span in spans
        if span.label_ in into and span.end_char > span.start_char
    ]
