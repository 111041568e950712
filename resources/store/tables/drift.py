"""Tables of what changes: evidence, alarms and what explains them, early warnings."""

from resources.store.table import table
from resources.store.tables.common import ACCURACY_BY_DESIGN, BATCH, BEGINNING, interval
from resources.store.tables.quality import TELLING

_ALARM_ID = (
    "varchar",
    "The alarm: series@batch#epoch, each escaped; the same at every replay.",
    "series",
)
_SERIES = ("varchar", "labels, precision or recall of spans, class/NAME or voter/NAME.", "series")
_BEGAN = ("varchar", "Where the change most likely began.")
_EVIDENCE = {
    "reviews": ("bigint", "Audit reviews of the batch.", "reviews"),
    "errors": ("bigint", "Of them wrong.", "reviews"),
    "log_evidence": ("double", "Log of the evidence that accuracy fell; null: none.", "nats"),
    "log_limit": ("double", "From here on there is an alarm.", "nats"),
    "fired": ("boolean", "Whether this batch made the alarm go off."),
    "alarm": ("boolean", "Whether the alarm stands."),
}
_STATE = ("varchar", "State of the detector after the batch, as JSON.")

DRIFT = table(
    "quality", "drift", "Evidence that the accuracy of labels has fallen.", "a batch",
    {"batch": BATCH, **_EVIDENCE, "change_batch": _BEGAN, "state": _STATE},
    key=["batch"], group="quality",
)  # fmt: skip
DRIFT_SERIES = table(
    "quality", "drift_series", "Evidence that labels, a class or a voter fell.", "a batch and series",
    {
        "batch": BATCH,
        "series": _SERIES,
        "epoch": ("integer", "How often it was reset before.", "resets"),
        "promised": ("double", "Accuracy that is watched over; null: not known yet.", "0..1"),
        "promised_by": ("varchar", "task.yaml, or reference: its first reviews."),
        **_EVIDENCE,
        "fired_after": ("bigint", "Reviews of the batch after which it went off.", "reviews"),
        "change_batch": _BEGAN,
        "state": _STATE,
        "input": ("varchar", "Hash of all reviews, draws and settings up to the batch."),
    },
    key=["batch", "series"], written_with=DRIFT, published=True, private=("state", "input"),
)  # fmt: skip
EARLY_WARNINGS = table(
    "quality", "early_warnings", "Shifts seen without any review; hints, not accuracy.", "a batch and signal",
    {
        "batch": BATCH,
        "signal": ("varchar", "What moved: coverage, conflict, class/NAME, voter/VOTER/NAME, ...; a slash in NAME is %2F.", "series"),
        "reference": ("double", "Its value over the batches before.", "as the signal"),
        "current": ("double", "Its value in this batch.", "as the signal"),
        "effect": ("double", "Size of the shift.", "Cohen's h of shares, d of means"),
        "limit": ("double", "Effect that is worth a look.", "as the effect"),
        "warned": ("boolean", "Whether the effect is surely above the limit."),
    },
    key=["batch", "signal"], group="quality", published=True,
)  # fmt: skip
NEW_WORDS = table(
    "quality", "new_words", "Words that became frequent.", "a batch and word",
    {
        "batch": BATCH,
        "word": ("varchar", "A word that became frequent."),
        "before": ("double", "Share of the reference's texts that hold it.", "0..1"),
        "now": ("double", "Share of the batch's texts that hold it.", "0..1"),
        "log_odds": ("double", "How much likelier it became; 1 is nearly three times.", "nats"),
    },
    key=["batch", "word"], written_with=EARLY_WARNINGS, published=True,
)  # fmt: skip
SHIFT_EXAMPLES = table(
    "quality", "shift_examples", "Items that show a shift.", "an item",
    {
        "batch": BATCH,
        "rank": ("integer", "Most new words first.", "from 1"),
        "item_id": ("varchar", "An item that shows the shift."),
        "text": BEGINNING,
        "near_item_id": ("varchar", "The most alike item of the reference."),
        "near_text": BEGINNING,
    },
    key=["batch", "rank"], written_with=EARLY_WARNINGS, published=True,
)  # fmt: skip
ALARMS = table(
    "quality", "alarms", "Every alarm that ever fired, and what became of it.", "an alarm",
    {
        "alarm_id": _ALARM_ID,
        "series": _SERIES,
        "batch": ("varchar", "The batch in which it fired."),
        "fired_after": ("bigint", "Reviews of that batch after which it fired.", "reviews"),
        "log_evidence": ("double", "Log of the evidence then.", "nats"),
        "log_limit": ("double", "The limit it passed.", "nats"),
        "change_batch": _BEGAN,
        "promised": ("double", "Accuracy that was watched over.", "0..1"),
        **ACCURACY_BY_DESIGN,
        "state": ("varchar", "open, acknowledged, muted or reset."),
        "by": ("varchar", "Who gave it that state."),
        "note": ("varchar", "What they said."),
        "muted_until": ("timestamp with time zone", "End of the mute, if it is muted.", "UTC"),
        "next_step": ("varchar", "What to do, one step a line."),
    },
    key=["alarm_id"], group="published", published=True,
)  # fmt: skip
ALARM_EVENTS = table(
    "quality", "alarm_events", "What was done about alarms.", "a deed",
    {
        "event_id": ("bigint", "Key, in the order of recording.", "id"),
        "at": ("timestamp with time zone", "When.", "UTC"),
        "who": ("varchar", "Who did it."),
        "action": ("varchar", "acknowledge, mute, unmute or reset."),
        "series": ("varchar", "The series it is about.", "series"),
        "batch": ("varchar", "The batch that is meant."),
        "note": ("varchar", "Why."),
        "until": ("timestamp with time zone", "End of a mute.", "UTC"),
    },
    key=["event_id"], written_with=ALARMS, published=True, stays="step",
)  # fmt: skip
ALARM_SLICES = table(
    "quality", "alarm_slices", "Where alarms come from.", "an alarm and slice of its items",
    {
        "alarm_id": _ALARM_ID,
        "rank": ("integer", "The most suspect first.", "from 1"),
        "slice": ("varchar", "class/NAME, voter/NAME, source=..., length=..., cluster=...", "series"),
        "reviewed": ("bigint", "Audit items of the slice since the change.", "items"),
        "errors": ("bigint", "Of them wrong.", "items"),
        "error": ("double", "Share wrong by the sampling probabilities.", "0..1"),
        **interval("error"),
        "elsewhere": ("double", "Share wrong of all other items; null: there are none.", "0..1"),
        "excess": ("double", "Share of all errors beyond the promise that lie here.", "0..1"),
    },
    key=["alarm_id", "rank"], written_with=ALARMS, published=True,
)  # fmt: skip
ALARM_ITEMS = table(
    "quality", "alarm_items", "Reviewed items that tell of an alarm.", "an alarm and item",
    {"alarm_id": _ALARM_ID, **TELLING},
    key=["alarm_id", "rank"], written_with=ALARMS, published=True,
)  # fmt: skip
