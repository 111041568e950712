"""What MLflow loads a tagger of spans with: texts in, spans out.

MLflow knows this module by its name and calls ``_load_pyfunc``, so a model that was registered needs
this product where it is loaded.
"""

from pathlib import Path
from typing import Any

import numpy as np

from labeling.student.tagger.tagger import Tagger
from labeling.student.whole import read_student


class SpansOfTexts:
    """A tagger that answers as exports do.

    Parameters
    ----------
    tagger : Tagger
        What marks texts.

    Examples
    --------
    >>> from labeling.student.tagger.soft_spans import SoftSpans
    >>> texts = ["take aspirin now", "take lithium daily", "a daily walk", "now walk"]
    >>> spans = SoftSpans.of([0, 1], [5, 5], [12, 12], [0, 0], [0.9, 0.9])
    >>> model = SpansOfTexts(Tagger(["Drug"], penalty=0.01).fit(texts, spans))
    >>> [[span["start"], span["label"]] for span in model.predict(["take iron now"])[0]]
    [[5, 'Drug']]
    """

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    def predict(
        self, texts: Any, params: dict[str, Any] | None = None
    ) -> list[list[dict[str, Any]]]:
        """Mark texts.

        Parameters
        ----------
        texts : sequence of n_texts str
            Also a frame with one column, or an array, as MLflow hands them over.
        params : dict, optional
            Not read; MLflow hands it over.

        Returns
        -------
        list of n_texts lists
            Of ``{"start", "end", "label", "probability"}``, ordered by start: code points, half-open, and
            how likely exactly this span is, 0..1.
        """
        del params
        given = [str(text) for text in np.asarray(texts, dtype=object).ravel().tolist()]
        found = self.tagger.predict(given)
        spans: list[list[dict[str, Any]]] = [[] for _ in given]
        columns = (found.item, found.start, found.end, found.type, found.probability)
        for item, start, end, kind, sure in zip(*(one.tolist() for one in columns), strict=True):
            spans[item].append(
                {"start": start, "end": end, "label": self.tagger.types[kind], "probability": sure}
            )
        return spans


def _load_pyfunc(path: str) -> SpansOfTexts:
    return SpansOfTexts(read_student(Path(path)))
