"""Which quantity stands in which column of which published table: for comparing all places of it.

A figure is (place, quantity, scope, value). Scopes say of what and over what: series, version, class
and span of a share; batch, voter or alarm of a count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
Figure = tuple[str, str, tuple[Any, ...], Any]
Scope = Callable[[Row], tuple[Any, ...] | None]

ALL = "(all)"
SHARE = ("reviewed", "accuracy", "accuracy_low", "accuracy_high")
COUNTED = ("errors", "items", "missing", "batches")


def same(*names: str, **renamed: str) -> dict[str, str]:
    """Columns to quantities: by their own names, or by another."""
    return {**{name: name for name in names}, **renamed}


def of_watched(row: Row) -> tuple[Any, ...]:
    kind, _, name = row["series"].partition("/")
    if kind == "class":
        return ("labels", None, name, f"batch {row['batch']}")
    return (row["series"], None, ALL, f"batch {row['batch']}")


def of_class(row: Row) -> tuple[Any, ...] | None:
    return None if row["class"] == "(macro)" else (row["class"], row["span"])


def of_signal(*names: str) -> Scope:
    def scope(row: Row) -> tuple[Any, ...] | None:
        kind, _, name = row["signal"].partition("/")
        if kind not in names:
            return None
        return (row["batch"], *((name,) if name else ()))

    return scope


def of_rule(row: Row) -> tuple[Any, ...]:
    return (f"voter/rule/{row['rule']}", None, ALL, "all")


STANDS: dict[str, list[tuple[Scope, dict[str, str]]]] = {
    "overall": [
        (lambda r: (r["series"], r["version"], r["class"], "all"), same(*SHARE, *COUNTED)),
    ],
    "scores": [
        (
            lambda r: (r["series"], r["version"], r["class"], f"{r['span']} {r['batch']}"),
            same(*SHARE, *COUNTED),
        ),
    ],
    "quality_by_batch": [
        (lambda r: ("labels", None, ALL, f"batch {r['batch']}"), same(*SHARE)),
        (
            lambda r: ("labels", r["batch"]),
            same("log_evidence", evidence_limit="log_limit"),
        ),
        (
            lambda r: (r["batch"],),
            same("coverage", "conflict", "cost_usd", "queue_size", items="n_items", labelled="n_labelled"),
        ),
    ],
    "voter_scorecard": [
        (lambda r: (f"voter/{r['voter']}", r["version"], ALL, "all"), same(*SHARE)),
        (lambda r: (r["voter"], r["version"]), same("votes")),
    ],
    "rule_analysis": [
        (of_rule, same("accuracy", "accuracy_low", "accuracy_high", gold="reviewed")),
        (lambda r: (f"rule/{r['rule']}", None), same("votes")),
    ],
    "class_report": [
        (
            lambda r: of_class(r) and ("labels", None, r["class"], r["span"]),
            same(precision="accuracy", precision_low="accuracy_low", precision_high="accuracy_high"),
        ),
        (of_class, same("recall", share="share_of_class")),
    ],
    "drift_series": [
        (of_watched, same("errors", reviews="reviewed")),
        (
            lambda r: (r["series"], r["batch"]),
            same("promised", "log_evidence", "log_limit", "fired_after"),
        ),
    ],
    "alarms": [
        (
            lambda r: (r["series"], r["batch"]),
            same("promised", "log_evidence", "log_limit", "fired_after"),
        ),
    ],
    "label_distribution": [
        (lambda r: (r["batch"], r["label"]), same(share="released_share")),
    ],
    "early_warnings": [
        (of_signal("class"), same(current="released_share")),
        (of_signal("conflict"), same(current="conflict")),
        (lambda r: (r["batch"], "(undecided)") if r["signal"] == "undecided" else None,
         same(current="released_share")),
    ],
    "queue_gain": [(lambda _: ("labels", None, ALL, "all"), same(audit_reviews="reviewed"))],
}  # fmt: skip
"""Figures that stand in another place too."""

ALONE: dict[str, str] = {
    "alarm_events": "event_id",
    "alarm_items": "rank confidence",
    "alarm_slices": "rank reviewed errors error error_low error_high elsewhere excess",
    "alarms": "accuracy accuracy_low accuracy_high",
    "agreement": "items value",
    "answers_aside": "answers items",
    "canary": "items accuracy accuracy_before flips evidence needed calls cost_usd",
    "class_balance": "share",
    "class_report": "reviewed recall_low recall_high f1 f1_low f1_high share_low share_high",
    "confusion": "share",
    "consensus_calibration": "confidence_low confidence_high reviewed stated correct correct_low correct_high",
    "drift_series": "epoch",
    "early_warnings": "reference effect limit",
    "label_distribution": "items",
    "label_model": (
        "gold judged_on model_accuracy majority_accuracy log_loss calibration_error chance_error"
    ),
    "labels": "confidence",
    "mistakes": "rank confidence",
    "new_words": "before now log_odds",
    "quality_by_batch": "abstain_rate",
    "guarantees": "target risk gold asked spared saved_usd",
    "queue_gain": (
        "reviews queue_reviews random_reviews points points_low points_high compared_at judged_on"
        " labels_fixed usd usd_per_fixed"
    ),
    "reliability": (
        "bin confidence_low confidence_high reviewed confidence accuracy accuracy_low"
        " accuracy_high ece ece_by_chance"
    ),
    "replacement": (
        "people items agreement agreement_low agreement_high people_agreement people_agreement_low"
        " people_agreement_high epsilon winning_rate advantage advantage_low advantage_high"
    ),
    "rereviews": "score",
    "rule_analysis": (
        "coverage overlaps conflicts failures correct marks_judged marks_right marks_accuracy"
        " marks_accuracy_low marks_accuracy_high likeness changed_items"
    ),
    "rule_suggestions": "rank items correct new_items precision_low lift_low",
    "set_aside": "rows files first_row",
    "shift_examples": "rank",
    "student_switches": "gain gain_low gain_high gold",
    "voter_beliefs": (
        "votes coverage accuracy accuracy_low accuracy_high gold_accuracy gold_low gold_high"
    ),
    "voter_confusions": "share share_low share_high",
    "voter_pairs": "share",
    "voter_scorecard": (
        "coverage overlap conflict calls cached cost_usd parse_failures refusals p95_s"
    ),
    "votes": "confidence",
}
"""Numbers that stand nowhere else, or over other items: columns of each table."""


def classified(table: str) -> set[str]:
    """Columns of a table that are known to hold a number."""
    known = {column for _, columns in STANDS.get(table, ()) for column in columns}
    return known | set(ALONE.get(table, "").split())


def of_tables(tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Figure]:
    """All figures of published tables that stand in more than one place."""
    newest = max(row["batch"] for row in tables["quality_by_batch"])
    for table, places in STANDS.items():
        for row in tables[table]:
            for scope, columns in places:
                at = scope(row)
                if at is None:
                    continue
                at = tuple(f"window {newest}" if part == "window" else part for part in at)
                for column, quantity in columns.items():
                    yield table, quantity, at, row[column]
    yield from _recounted(tables, newest)


def _recounted(tables: Mapping[str, list[dict[str, Any]]], newest: str) -> Iterator[Figure]:
    """What follows from other rows: sums over a confusion, and votes counted one by one."""
    votes: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in tables["votes"]:
        votes[row["voter"], row["version"]] += 1
        votes[row["voter"], None] += 1
    for key, count in votes.items():
        yield "votes", "votes", key, count
    labels: dict[str, list[Any]] = defaultdict(list)
    for row in tables["labels"]:
        labels[row["batch"]].append(row["label"])
    for batch, said in labels.items():
        yield "labels", "n_items", (batch,), len(said)
    cells: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for row in tables["confusion"]:
        span = "all" if row["span"] == "all" else f"window {newest}"
        cells[span][row["truth"], row["label"]] = row["share"]
    for span, share in cells.items():
        names = {truth for truth, _ in share}
        hits = sum(share[name, name] for name in names)
        yield "confusion", "accuracy", ("labels", None, ALL, span), hits
        for name in names:
            found = sum(share[name, other] for other in names)
            said = sum(share[other, name] for other in names)
            yield "confusion", "share_of_class", (name, span), found
            if found:
                yield "confusion", "recall", (name, span), share[name, name] / found
            if said:
                at = ("labels", None, name, span)
                yield "confusion", "accuracy", at, share[name, name] / said


def differences(figures: Iterator[Figure] | list[Figure], rel: float = 1e-9) -> list[str]:
    """Say where two places tell one quantity differently."""
    told: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = defaultdict(dict)
    for place, quantity, scope, value in figures:
        told[quantity, scope][place] = value
    return [
        f"{quantity} of {scope}: {places}"
        for (quantity, scope), places in told.items()
        if not _alike(list(places.values()), rel)
    ]


def _alike(values: list[Any], rel: float) -> bool:
    first = values[0]
    return all(
        one == first
        or (
            isinstance(one, int | float)
            and isinstance(first, int | float)
            and abs(one - first) <= rel * max(abs(one), abs(first)) + 1e-12
        )
        for one in values
    )


def pairs(figures: list[Figure]) -> set[tuple[str, str]]:
    """Places that tell at least one quantity in common."""
    told: dict[tuple[str, tuple[Any, ...]], set[str]] = defaultdict(set)
    for place, quantity, scope, _ in figures:
        told[quantity, scope].add(place)
    return {(a, b) for places in told.values() for a in places for b in places if a < b}
