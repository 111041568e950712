"""Spans as Label Studio has them: regions of a control of labels, each with the text that it covers.

Current versions count Unicode code points in a text, older ones UTF-16 code units, and some take a
line end of two characters for one; the covered text tells which.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.tools.entries import TEXTS
from labeling.files.cells import as_text
from labeling.kinds.spans.answer import Span, marked, written
from labeling.kinds.spans.cells import span_in
from labeling.kinds.spans.offsets import read_checked

LABELS = "labels"
"""The type of regions, and the field with their classes."""


def marked_in(results: Any, data: Mapping[str, Any]) -> dict[str, str]:
    """Return the answer that each control of labels of an annotation holds.

    Parameters
    ----------
    results : list of dict
        Of an annotation; those of other controls are passed over.
    data : mapping
        Of the task; the text is the field that the regions fit.

    Raises
    ------
    ValueError
        If a region is no span of a text in the data, or a result is damaged: what cannot be read
        does not say that nothing is marked.

    Examples
    --------
    >>> value = {"start": 0, "end": 4, "text": "gout", "labels": ["Disease"]}
    >>> marked_in([{"from_name": "ner", "type": "labels", "value": value}], {"text": "gout"})
    {'ner': '[[0, 4, "Disease"]]'}
    """
    regions: dict[str, list[Mapping[str, Any]]] = {}
    for result in results if isinstance(results, list) else [results] if results else []:
        if not isinstance(result, dict):
            told = json.dumps(result)[:80]
            raise ValueError(f"its result holds {told}, which is no region")  # noqa: TRY004 - of the file
        value = result.get("value")
        if isinstance(value, dict) and isinstance(value.get(LABELS), list) and "start" in value:
            regions.setdefault(str(result.get("from_name")), []).append(value)
        elif result.get("type", LABELS) == LABELS:
            raise ValueError(
                f"a region has {json.dumps(value)[:80]} for its value; needed are start, end and a list of labels"
            )
    return {control: answer_of(values, data) for control, values in regions.items()}


def answer_of(regions: Sequence[Mapping[str, Any]], data: Mapping[str, Any]) -> str:
    """Return the answer that the values of regions are.

    Raises
    ------
    ValueError
        As :func:`marked_in`.
    """
    spans: list[Span] = []
    covered: list[str | None] = []
    for value in regions:
        for name in value[LABELS]:
            spans.append(
                span_in({"start": value.get("start"), "end": value.get("end"), "label": name})
            )
            covered.append(as_text(value.get("text")))
    if not spans:
        return written([])
    texts = {name: text for name, text in data.items() if isinstance(text, str)}
    order = sorted(texts, key=lambda name: (name not in TEXTS, -len(texts[name])))
    problems: list[ValueError] = []
    for name in order:
        try:
            return written(read_checked(spans, covered, texts[name]))
        except ValueError as error:
            problems.append(error)
    raise problems[0] if problems else ValueError("there is no text in its data")


def cells_of(value: Any) -> list[Mapping[str, Any]] | None:
    """Return the values of regions in a cell of JSON-MIN or CSV; None if it holds none.

    Examples
    --------
    >>> cells_of('[{"start": 0, "end": 4, "text": "gout", "labels": ["Disease"]}]')[0]["end"]
    4
    >>> cells_of("gout") is None
    True
    """
    if isinstance(value, str) and value.startswith('[{"'):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, list) or not value:
        return None
    fits = all(isinstance(one, dict) and LABELS in one and "start" in one for one in value)
    return value if fits else None


def regions_of(answer: str, text: str, control: str) -> list[dict[str, Any]]:
    """Return the regions that show an answer.

    Examples
    --------
    >>> regions_of('[[0, 4, "Disease"]]', "gout", "label")[0]["value"]
    {'start': 0, 'end': 4, 'text': 'gout', 'labels': ['Disease']}
    """
    said = marked(answer)
    return [
        {
            "id": f"span-{at}",
            "from_name": control,
            "to_name": "item",
            "type": LABELS,
            "value": {
                "start": one.start,
                "end": one.end,
                "text": text[one.start : one.end],
                LABELS: [one.name],
            },
        }
        for at, one in enumerate(said.found if said else ())
    ]
