"""Whoever votes besides rules, models and the student: each a module here, and a line in SOURCES.

A source that is registered gets a table ``votes.<name>``, a step in the lineage, and a say in the
consensus; its confidence is calibrated, its accuracy is measured and its voters are watched like any
other's.

Not here: what needs the warehouse, or looks at what others said.
"""

from resources.sources.source import Source
from resources.sources.zero_shot import ZeroShotVoters

SOURCES: tuple[Source, ...] = (ZeroShotVoters(),)
"""The sources there are, in the order of the lineage."""
