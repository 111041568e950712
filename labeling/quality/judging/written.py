"""Answers of people and models as their kind writes them, gathered into a panel."""

from collections.abc import Iterable, Sequence

import numpy as np

from labeling.kinds.several.answer import listed
from labeling.kinds.spans.answer import marked
from labeling.quality.judging.likeness import Part
from labeling.quality.judging.panel import Panel
from labeling.votes import ABSTAIN

Said = tuple[str, str, str]
"""An item, who answered, and the answer."""


def panel_of(kind: str, people: Sequence[Said], models: Sequence[Said]) -> Panel | None:
    """Return the panel of the items that people answered; None if either side is empty.

    Parameters
    ----------
    kind : str
        ``single``, ``several`` or ``spans``.
    people, models : sequences of Said
        The last answer of somebody to an item counts. What is no whole answer is left out.

    Examples
    --------
    >>> panel = panel_of("several", [("1", "ann", '["late"]'), ("1", "bo", "[]")], [("1", "m", "[]")])
    >>> panel.people.tolist(), panel.models.tolist()
    ([[0, 1]], [[1]])
    """
    items = {item: at for at, item in enumerate(dict.fromkeys(item for item, _, _ in people))}
    number: dict[frozenset[Part], int] = {}
    sides: list[tuple[list[str], np.ndarray[tuple[int, ...], np.dtype[np.int32]]]] = []
    for side in (people, models):
        read = [(item, who, _parts(kind, text)) for item, who, text in side if item in items]
        whole = [(item, who, parts) for item, who, parts in read if parts is not None]
        names = sorted({who for _, who, _ in whole})
        place = {name: at for at, name in enumerate(names)}
        said = np.full((len(items), len(names)), ABSTAIN, dtype=np.int32)
        for item, who, parts in whole:
            said[items[item], place[who]] = number.setdefault(frozenset(parts), len(number))
        sides.append((names, said))
    (person_names, persons), (model_names, told) = sides
    if not person_names or not model_names:
        return None
    return Panel(persons, told, person_names, model_names, list(number), kind)


def _parts(kind: str, text: str) -> Iterable[Part] | None:
    if kind == "single":
        return (text,)
    if kind == "several":
        return listed(text)
    said = marked(text)
    return said.found if said is not None and said.whole else None
