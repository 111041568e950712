"""The kinds there are: a new one is a folder beside ``single/`` and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from labeling.kinds.kind import Kind
from labeling.kinds.single.kind import Single

SINGLE: Kind = Single()

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (SINGLE,)})
"""Each kind by its name in ``task.yaml``."""
