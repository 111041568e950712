"""Every table that Python writes to the warehouse; a module holds what belongs together.

Not here: queries and marts, which stand in ``queries/`` and in ``transforms/``.
"""

# ruff: noqa: F403
from resources.store.table import DECLARED, Table
from resources.store.tables.beliefs import *
from resources.store.tables.canary import *
from resources.store.tables.drift import *
from resources.store.tables.labels import *
from resources.store.tables.people import *
from resources.store.tables.quality import *
from resources.store.tables.raw import *
from resources.store.tables.votes import *

EVERY = tuple(declared for declared in DECLARED.values() if declared.stored)
"""What stands in the warehouse, but for the marts, which dbt makes."""


def written_along(table: Table) -> list[Table]:
    """Return the tables that the asset of ``table`` writes besides it."""
    return [one for one in EVERY if one.written_with is table]
