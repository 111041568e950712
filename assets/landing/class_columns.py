"""Where the warehouse names classes: what has to follow when a class changes."""

from resources.store.table import Table
from resources.store.tables import (
    ACCURACY,
    ALARM_EVENTS,
    ALARM_ITEMS,
    ALARM_SLICES,
    ALARMS,
    CANARY,
    CANARY_EXAMPLES,
    CANARY_PANEL,
    CLASS_BALANCE,
    CLASS_REPORT,
    CONFUSION,
    CONSENSUS,
    DRIFT_SERIES,
    EARLY_WARNINGS,
    GOLD,
    MISTAKES,
    MODEL_USE,
    MODEL_VOTES,
    OVERALL,
    RELEASED,
    REREVIEWS,
    REVIEWS,
    RULE_ANALYSIS,
    RULE_CHANGES,
    RULE_SUGGESTIONS,
    RULE_VERSIONS,
    RULE_VOTES,
    SCORES,
    STUDENT_OPINIONS,
    STUDENT_VOTES,
    VOTER_CONFUSIONS,
)

OF_ITEMS: dict[Table, tuple[str, ...]] = {
    RULE_VOTES: ("label",),
    MODEL_VOTES: ("label",),
    STUDENT_VOTES: ("label",),
    RULE_CHANGES: ("label_before", "label_after"),
    GOLD: ("label",),
    REREVIEWS: ("label", "suggested"),
    CANARY_PANEL: ("label",),
    CANARY_EXAMPLES: ("label",),
}
"""What is said of single items: mapped to the new class; without one the row goes."""

KEPT: dict[Table, dict[str, str]] = {
    REVIEWS: {"outcome": "'skip'"},
    CONSENSUS: {"confidence": "null"},
    RELEASED: {"confidence": "null", "decided_by": "'nobody'"},
}
"""The same, but the row stays where its ``label`` has no new class, and says this instead."""

POSTERIORS: dict[Table, tuple[str, ...]] = {
    CONSENSUS: ("posterior",),
    STUDENT_OPINIONS: ("unseen", "calibrated", "pooled"),
}
"""Probabilities by the indices of classes: those of merged classes are summed."""

FIGURES: dict[Table, tuple[str, ...]] = {
    CLASS_BALANCE: ("label",),
    VOTER_CONFUSIONS: ("class", "said"),
    SCORES: ("class",),
    OVERALL: ("class",),
    CLASS_REPORT: ("class",),
    CONFUSION: ("truth", "label"),
    ACCURACY: ("class",),
    RULE_ANALYSIS: ("label",),
    RULE_SUGGESTIONS: ("label",),
    MISTAKES: ("label", "gold"),
    ALARM_ITEMS: ("label", "gold"),
}
"""Figures of a class: they follow a new name; of other changes they are worked out anew."""

SERIES: dict[Table, tuple[str, ...]] = {
    DRIFT_SERIES: ("series",),
    EARLY_WARNINGS: ("signal",),
    ALARMS: ("series", "alarm_id"),
    ALARM_EVENTS: ("series",),
    ALARM_SLICES: ("slice", "alarm_id"),
    ALARM_ITEMS: ("alarm_id",),
}
"""Figures that are named ``class/NAME``, or ``class/NAME@...`` as alarms are."""

VERSIONED: dict[Table, tuple[tuple[str, str], ...]] = {
    RULE_VOTES: (("voter", "version"),),
    RULE_VERSIONS: (("voter", "version"),),
    RULE_CHANGES: (("voter", "version_before"), ("voter", "version_after")),
    MODEL_VOTES: (("voter", "version"),),
    MODEL_USE: (("voter", "version"),),
    CANARY: (("voter", "version"),),
    SCORES: (("series", "version"),),
    OVERALL: (("series", "version"),),
    RULE_ANALYSIS: (("'rule/' || rule", "version"),),
}
"""Where a voter and its version stand: they follow where a voter says the same in new words."""
