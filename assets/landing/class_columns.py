"""Where the warehouse names classes, as its columns say: what has to follow when a class changes."""

from resources.store.table import Table
from resources.store.tables import CONSENSUS, EVERY, RELEASED, REVIEWS, RULE_ANALYSIS

KEPT: dict[Table, dict[str, str | None]] = {
    REVIEWS: {"outcome": "skip"},
    CONSENSUS: {"confidence": None},
    RELEASED: {"confidence": None, "decided_by": "nobody"},
}
"""A row of these stays where its ``label`` has no new class, and says this instead."""

_BY_CLASS = {table: named for table in EVERY if (named := table.given_in("class"))}

FIGURES = {table: named for table, named in _BY_CLASS.items() if table.schema == "quality"}
"""Figures of a class: they follow a new name; of other changes they are worked out anew."""

OF_ITEMS = {t: named for t, named in _BY_CLASS.items() if t not in FIGURES and t not in KEPT}
"""What is said of single items: mapped to the new class; without one the row goes."""

POSTERIORS = {table: held for table in EVERY if (held := table.given_in("0..1 by class"))}
"""Probabilities by the indices of classes: those of merged classes are summed."""

SERIES = {table: named for table in EVERY if (named := table.given_in("series"))}
"""Figures that are named ``class/NAME``, and keys of its alarms."""

VERSIONED = {
    table: pairs
    for table in EVERY
    if (
        pairs := tuple(
            (who, version)
            for who in ("voter", "series")
            for version in table.columns
            if who in table.columns and version.startswith("version")
        )
    )
} | {RULE_ANALYSIS: (("rule", "version"),)}
"""Where a voter and its version stand: they follow where a voter says the same in new words."""
