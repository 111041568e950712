"""The kinds there are: a new one is a folder beside ``single/`` and a line here."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from labeling.kinds.kind import Kind
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits
from labeling.kinds.single.kind import Single
from labeling.kinds.spans.kind import SpansOfClasses

SINGLE: Kind = Single()

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (SINGLE, Several(), SpansOfClasses())}
)
"""Each kind by its name in ``task.yaml``."""


def kind_of(name: str, limits: Limits, *, overlap: bool = False) -> Kind:
    """Return a kind as a task has it; limits are for sets of classes, overlap is of spans.

    Examples
    --------
    >>> kind_of("several", Limits(at_most=2)).meaning()
    ('several', 2, True)
    """
    kind = KINDS[name]
    if isinstance(kind, SpansOfClasses):
        return replace(kind, overlap=overlap)
    return replace(kind, limits=limits) if isinstance(kind, Several) else kind
