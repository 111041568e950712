"""Every table that Python writes to the warehouse, in the order they are made."""

from resources.store.canary_tables import CANARY, CANARY_EXAMPLES, CANARY_PANEL  # noqa: F401
from resources.store.evidence_tables import (  # noqa: F401
    CLASS_BALANCE,
    CONSENSUS_CALIBRATION,
    LABEL_MODEL,
    QUEUE_GAIN,
    REREVIEWS,
    RULE_SUGGESTIONS,
    STUDENT_OPINIONS,
    STUDENT_SWITCHES,
    VOTER_BELIEFS,
    VOTER_CONFUSIONS,
    VOTER_PAIRS,
)
from resources.store.quality_tables import (  # noqa: F401
    ACCURACY,
    AGREEMENT,
    ALARM_EVENTS,
    ALARM_ITEMS,
    ALARM_SLICES,
    ALARMS,
    AUDIT_DESIGN,
    CLASS_REPORT,
    CONFUSION,
    DRIFT,
    DRIFT_SERIES,
    EARLY_WARNINGS,
    MISTAKES,
    NEW_WORDS,
    OVERALL,
    RELIABILITY,
    RULE_ANALYSIS,
    SCORES,
    SHIFT_EXAMPLES,
)
from resources.store.table import Table

_ITEM = ("varchar", "The item; key together with the batch.")
_BATCH = ("varchar", "The window of time the item belongs to.")
_RUN = ("varchar", "The Dagster run that wrote the row.")

ARRIVALS = Table(
    "raw",
    "arrivals",
    {
        "file": ("varchar", "Name of the file the row came in."),
        "row": ("bigint", "Row in that file, from 1."),
        "item_id": ("varchar", "The item's id."),
        "batch": _BATCH,
        "text": ("varchar", "What is to be labelled."),
        "image": ("varchar", "Path or address of the image, if there is one."),
        "time": ("timestamp", "When the item came to be, in UTC."),
        "metadata": ("varchar", "Further columns, as a JSON object."),
    },
)
FILES = Table(
    "raw",
    "files",
    {
        "file": ("varchar", "Name of the file; key."),
        "size_bytes": ("bigint", "Its size when it was read."),
        "modified_ns": ("bigint", "When it was changed last, in ns since 1970."),
        "reading": ("varchar", "Hash of the settings it was read with."),
    },
)
QUARANTINE = Table(
    "raw",
    "quarantine",
    {
        "file": ("varchar", "Name of the file."),
        "row": ("bigint", "Row in that file, from 1; null where the whole file is set aside."),
        "batch": ("varchar", "The batch most rows of the file belong to, or the row's own."),
        "field": ("varchar", "The column at fault, where there is one."),
        "reason": ("varchar", "Why the row was set aside."),
        "content": ("varchar", "What stood there."),
        "kind": ("varchar", "file, row, or duplicate: its id came before."),
    },
)
ITEMS = Table(
    "raw",
    "items",
    {
        "item_id": ("varchar", "Key of the item."),
        "batch": _BATCH,
        "text": ("varchar", "What is to be labelled."),
        "image": ("varchar", "Path or address of the image, if there is one."),
        "time": ("timestamp", "When the item came to be, in UTC."),
        "metadata": ("varchar", "Further columns, as a JSON object."),
    },
)
_VOTE = {
    "item_id": ("varchar", "The item voted on."),
    "batch": _BATCH,
    "voter": ("varchar", "Who voted: rule/NAME, llm/NAME, simulated/NAME or student."),
    "version": ("varchar", "Hash of what the voter was when it voted."),
    "label": ("varchar", "The class voted for; an abstention is no row."),
    "confidence": ("double", "How sure the voter was, in (0, 1]; null where it does not say."),
    "run": _RUN,
}
RULE_VOTES = Table("votes", "rules", _VOTE)
RULE_FAILURES = Table(
    "votes",
    "rule_failures",
    {
        "item_id": ("varchar", "The item the rule failed on, and abstained."),
        "batch": _BATCH,
        "voter": ("varchar", "The rule."),
        "message": ("varchar", "What it raised."),
    },
)
RULE_VERSIONS = Table(
    "votes",
    "rule_versions",
    {
        "batch": _BATCH,
        "voter": ("varchar", "The rule."),
        "version": ("varchar", "Hash of its meaning when it was applied to the batch."),
        "items_hash": ("varchar", "Hash of the items it was applied to."),
    },
)
RULE_CHANGES = Table(
    "votes",
    "rule_changes",
    {
        "batch": _BATCH,
        "voter": ("varchar", "The rule."),
        "version_before": ("varchar", "Its version before."),
        "version_after": ("varchar", "Its version now."),
        "item_id": ("varchar", "The item on which it now says something else."),
        "label_before": ("varchar", "What it said; null if nothing."),
        "label_after": ("varchar", "What it says; null if nothing."),
    },
)
MODEL_VOTES = Table(
    "votes",
    "models",
    {
        **_VOTE,
        "stated": ("double", "Confidence as the model gave it; null where it gave none."),
        "calibrated": ("boolean", "Whether confidence was calibrated on gold of earlier batches."),
    },
)
MODEL_ABSTENTIONS = Table(
    "votes",
    "model_abstentions",
    {
        "item_id": ("varchar", "The item a model was asked about in vain."),
        "batch": _BATCH,
        "voter": ("varchar", "The prompt."),
        "reason": ("varchar", "Why there is no vote."),
    },
)
MODEL_USE = Table(
    "votes",
    "model_use",
    {
        "batch": _BATCH,
        "voter": ("varchar", "The prompt."),
        "version": ("varchar", "Hash of prompt, model and parameters."),
        "calls": ("bigint", "Requests sent, in all runs of the batch."),
        "cached": ("bigint", "Answers taken from the ledger."),
        "cost_usd": ("double", "What the answers cost, in US dollars."),
        "parse_failures": ("bigint", "Answers that named no class."),
        "refusals": ("bigint", "Answers refused by the model or held back by a filter."),
        "p95_s": ("double", "Latency that 95 % of the answers keep to, in seconds; null: none."),
        "quoted_usd": ("double", "What the answers were to cost at worst; null: no known price."),
        "partial": ("boolean", "Whether items are still to be asked: a run stopped before them."),
        "why": ("varchar", "Why it stopped; null where it did not."),
        "failed": ("bigint", "Items that got no answer and are not asked about again."),
        "failure": ("varchar", "What most of them ended with; null where none did."),
        "advice": ("varchar", "What to change about model or prompt, line by line; null: nothing."),
        "waiting": ("bigint", "Items that a provider's batch is still to answer."),
        "waits_for": ("varchar", "Names of those batches, with blanks between; null: none."),
    },
)
STUDENT_VOTES = Table("votes", "student", _VOTE)
CONSENSUS = Table(
    "labels",
    "consensus",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "label": ("varchar", "The most probable class; null where undecided."),
        "confidence": ("double", "Its posterior, 0..1; null where undecided."),
        "posterior": ("double[]", "Probability of each class, in the task's order; sums to 1."),
        "n_votes": ("integer", "Votes of rules and models on the item."),
        "version": ("varchar", "Hash of the fitted label model."),
        "run": _RUN,
    },
)
RELEASED = Table(
    "labels",
    "released",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "label": ("varchar", "What the machine says, before anybody reviewed; null: undecided."),
        "confidence": ("double", "Its probability, 0..1."),
        "decided_by": ("varchar", "consensus; student, where it tipped the label; or nobody."),
        "stamp": ("varchar", "Hash of the items, voters and settings it was made from."),
        "run": _RUN,
    },
)
AUDIT_SAMPLE = Table(
    "people",
    "audit_sample",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "draw": ("integer", "Place in the order of the draw, from 1."),
        "probability": ("double", "Probability of being in the sample, (0, 1]."),
        "draw_probability": ("double", "Probability of coming next, given those before, (0, 1]."),
        "stratum": ("integer", "Stratum it was drawn from, from 0."),
        "population": ("bigint", "Labelled items of the batch it was drawn from."),
        "seed": ("bigint", "Seed that repeats the draw."),
    },
)
QUEUE = Table(
    "people",
    "queue",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "rank": ("integer", "Place in the queue, from 1."),
        "strategy": ("varchar", "What chose it."),
        "why": ("varchar", "Why it was chosen, in words."),
        "score": ("double", "How much it is expected to teach; higher first."),
        "probability": ("double", "Chance of being chosen, where chance chose; else null."),
    },
)
REVIEWS = Table(
    "people",
    "reviews",
    {
        "review_id": ("bigint", "Key of the review."),
        "item_id": ("varchar", "The item reviewed."),
        "batch": _BATCH,
        "reviewer": ("varchar", "Who answered; scripted/... is no person."),
        "outcome": ("varchar", "label, skip or unsure."),
        "label": ("varchar", "The class given, where the outcome is label."),
        "origin": ("varchar", "Why the item was shown: audit, queue, ..."),
        "seconds": ("double", "Time the answer took, in seconds."),
        "at": ("timestamp with time zone", "When it was given."),
        "superseded": ("boolean", "Whether the same person answered again later."),
        "aside": (
            "boolean",
            "Whether the item has another text or picture now; then it counts not.",
        ),
    },
)
GOLD = Table(
    "people",
    "gold",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "label": ("varchar", "What the reviews settle on."),
        "origin": ("varchar", "audit (measures) or queue (teaches)."),
        "probability": ("double", "Inclusion probability of audit gold, (0, 1]; else null."),
        "reviews": ("integer", "Reviews it rests on."),
    },
)
TRACKED = Table(
    "quality",
    "tracked",
    {
        "batch": _BATCH,
        "mlflow_run": ("varchar", "The MLflow run that holds its figures."),
        "fingerprint": ("varchar", "Hash of what was logged."),
    },
)
