"""Tables of what is measured: accuracy, drift, alarms, shifts, rules."""

from resources.store.table import Table

_BATCH = ("varchar", "The window of time the items belong to.")
_ALARM_ID = ("varchar", "Key of the alarm: series@batch#epoch, the same at every replay.")
_SHARE = {
    "accuracy": ("double", "Share right, 0..1, by the sampling probabilities; null: no review."),
    "accuracy_low": ("double", "Lower end of the 95 % interval."),
    "accuracy_high": ("double", "Upper end of the 95 % interval."),
}
_SCORE = {
    "series": ("varchar", "labels, consensus or voter/NAME."),
    "version": ("varchar", "The voter's version; null for all of them together."),
    "class": ("varchar", "The class that was said, or all."),
    "items": ("bigint", "Items spoken for."),
    "reviewed": ("bigint", "Audit items judged."),
    "errors": ("bigint", "Of them wrong."),
    "missing": ("bigint", "Audit items drawn and not judged; the interval holds either way."),
    "batches": ("bigint", "Batches measured."),
    **_SHARE,
}
AUDIT_DESIGN = Table(
    "people",
    "audit_design",
    {
        "item_id": ("varchar", "An item that could have been drawn; key together with the batch."),
        "batch": _BATCH,
        "stratum": ("integer", "Its stratum, 0 the surest."),
        "planned": ("bigint", "Reviews planned for the stratum when the batch was drawn."),
        "predicted_error": ("double", "1 - confidence of its label when the batch was drawn."),
        "design": ("varchar", "stratified or uniform."),
    },
)
SCORES = Table(
    "quality",
    "scores",
    {
        "batch": _BATCH,
        "span": ("varchar", "batch, or window: the batch and those just before it."),
        **_SCORE,
    },
)
OVERALL = Table("quality", "overall", _SCORE)
CLASS_REPORT = Table(
    "quality",
    "class_report",
    {
        "span": ("varchar", "window: the newest batches; all: every batch."),
        "class": ("varchar", "The class, or (macro): the mean F1 over classes."),
        "reviewed": ("bigint", "Audit items labelled so or found to be so."),
        **{
            f"{name}{end}": ("double", f"{said}{told}")
            for name, said in (
                ("precision", "Share right of the labels that say the class"),
                ("recall", "Share found of the items that are of the class"),
                ("f1", "Harmonic mean of both"),
                ("share", "Share of all items that are of the class"),
            )
            for end, told in (
                ("", ", 0..1; null where it cannot be said."),
                ("_low", ": lower end of the 95 % interval."),
                ("_high", ": upper end of the 95 % interval."),
            )
        },
    },
)
CONFUSION = Table(
    "quality",
    "confusion",
    {
        "span": ("varchar", "window: the newest batches; all: every batch."),
        "truth": ("varchar", "What the items are."),
        "label": ("varchar", "What they are labelled."),
        "share": ("double", "Estimated share of all items, 0..1."),
    },
)
RELIABILITY = Table(
    "quality",
    "reliability",
    {
        "series": ("varchar", "labels or consensus."),
        "bin": ("integer", "Bin of confidence, from 0."),
        "confidence_low": ("double", "Least confidence in the bin."),
        "confidence_high": ("double", "Greatest confidence in the bin."),
        "reviewed": ("bigint", "Audit items in the bin."),
        "confidence": ("double", "Mean confidence said."),
        **_SHARE,
        "ece": ("double", "Expected calibration error of the series, 0..1."),
        "ece_by_chance": ("double", "What a perfect series would show with so few reviews."),
    },
)
AGREEMENT = Table(
    "quality",
    "agreement",
    {
        "first": ("varchar", "A reviewer, or (all)."),
        "second": ("varchar", "Another reviewer, or (all)."),
        "measure": ("varchar", "cohen_kappa or krippendorff_alpha."),
        "items": ("bigint", "Items judged by both, or by at least two."),
        "value": ("double", "1 perfect, 0 as by chance; null where nothing can be said."),
    },
)
ACCURACY = Table(
    "quality",
    "accuracy",
    {
        "batch": _BATCH,
        "class": ("varchar", "The released class measured, or all."),
        "labelled": ("bigint", "Released labels that the sample stands for."),
        "reviewed": ("bigint", "Of them reviewed in the audit."),
        "correct": ("bigint", "Of the reviewed, right."),
        "accuracy": ("double", "Share of right labels, 0..1; null without a review."),
        "accuracy_low": ("double", "Lower end of the 95 % interval."),
        "accuracy_high": ("double", "Upper end of the 95 % interval."),
    },
)
RULE_ANALYSIS = Table(
    "quality",
    "rule_analysis",
    {
        "rule": ("varchar", "Name of the rule; key."),
        "kind": ("varchar", "keyword, regex, sql, ..."),
        "label": ("varchar", "The class it votes for; null where it chooses."),
        "version": ("varchar", "Hash of its meaning."),
        "votes": ("bigint", "Votes over all batches."),
        "coverage": ("double", "Share of all items it votes on, 0..1."),
        "overlaps": ("double", "Share of all items on which another rule votes too, 0..1."),
        "conflicts": ("double", "Share of all items on which another rule says otherwise, 0..1."),
        "by_class": ("varchar", "Votes by class."),
        "failures": ("bigint", "Items on which it raised, and abstained."),
        "gold": ("bigint", "Audit gold it voted on."),
        "correct": ("bigint", "Of them right."),
        "accuracy": ("double", "Share right, 0..1; null without gold."),
        "accuracy_low": ("double", "Lower end of the 95 % interval."),
        "accuracy_high": ("double", "Upper end of the 95 % interval."),
        "never_fires": ("boolean", "Whether it has not voted once."),
        "near_duplicate_of": ("varchar", "An earlier rule that votes on nearly the same items."),
        "likeness": ("double", "How nearly: Jaccard similarity, 0..1."),
        "changed_items": ("bigint", "Items on which its last change made it say something else."),
    },
)
DRIFT = Table(
    "quality",
    "drift",
    {
        "batch": _BATCH,
        "reviews": ("bigint", "Audit reviews of the batch."),
        "errors": ("bigint", "Of them wrong."),
        "log_evidence": ("double", "Natural log of the evidence that accuracy fell."),
        "log_limit": ("double", "From here on there is an alarm."),
        "fired": ("boolean", "Whether this batch made the alarm go off."),
        "alarm": ("boolean", "Whether the alarm stands."),
        "change_batch": ("varchar", "Where the change most likely began."),
        "state": ("varchar", "State of the detector after the batch, as JSON."),
    },
)
EARLY_WARNINGS = Table(
    "quality",
    "early_warnings",
    {
        "batch": _BATCH,
        "signal": ("varchar", "What moved: coverage, conflict, class shares, length, ..."),
        "reference": ("double", "Its value over the batches before."),
        "current": ("double", "Its value in this batch."),
        "effect": ("double", "Size of the shift: Cohen's h of shares, d of means."),
        "limit": ("double", "Effect that is worth a look."),
        "warned": ("boolean", "Whether the effect is surely above the limit."),
    },
)
DRIFT_SERIES = Table(
    "quality",
    "drift_series",
    {
        "batch": _BATCH,
        "series": ("varchar", "labels, class/NAME or voter/NAME."),
        "epoch": ("integer", "How often it was reset before."),
        "promised": ("double", "Accuracy that is watched over, 0..1; null: not known yet."),
        "promised_by": ("varchar", "task.yaml, or reference: its first reviews."),
        "reviews": ("bigint", "Audit reviews of the batch."),
        "errors": ("bigint", "Of them wrong."),
        "log_evidence": ("double", "Natural log of the evidence that accuracy fell; null: none."),
        "log_limit": ("double", "From here on there is an alarm."),
        "fired": ("boolean", "Whether this batch made the alarm go off."),
        "alarm": ("boolean", "Whether the alarm stands."),
        "fired_after": ("bigint", "Reviews of the batch after which it went off."),
        "change_batch": ("varchar", "Where the change most likely began."),
        "state": ("varchar", "State of the detector after the batch, as JSON."),
        "input": ("varchar", "Hash of all reviews, draws and settings up to the batch."),
    },
)
ALARMS = Table(
    "quality",
    "alarms",
    {
        "alarm_id": _ALARM_ID,
        "series": ("varchar", "labels, class/NAME or voter/NAME."),
        "batch": ("varchar", "The batch in which it fired."),
        "fired_after": ("bigint", "Reviews of that batch after which it fired."),
        "log_evidence": ("double", "Natural log of the evidence then."),
        "log_limit": ("double", "The limit it passed."),
        "change_batch": ("varchar", "Where the change most likely began."),
        "promised": ("double", "Accuracy that was watched over, 0..1."),
        **_SHARE,
        "state": ("varchar", "open, acknowledged, muted or reset."),
        "by": ("varchar", "Who gave it that state."),
        "note": ("varchar", "What they said."),
        "muted_until": ("timestamp with time zone", "End of the mute, if it is muted."),
        "next_step": ("varchar", "What to do, one step a line."),
    },
)
ALARM_EVENTS = Table(
    "quality",
    "alarm_events",
    {
        "event_id": ("bigint", "Key, in the order of recording."),
        "at": ("timestamp with time zone", "When."),
        "who": ("varchar", "Who did it."),
        "action": ("varchar", "acknowledge, mute, unmute or reset."),
        "series": ("varchar", "The series it is about."),
        "batch": ("varchar", "The batch that is meant."),
        "note": ("varchar", "Why."),
        "until": ("timestamp with time zone", "End of a mute."),
    },
)
ALARM_SLICES = Table(
    "quality",
    "alarm_slices",
    {
        "alarm_id": _ALARM_ID,
        "rank": ("integer", "From 1, the most suspect first."),
        "slice": ("varchar", "class/NAME, voter/NAME, source=..., length=..., cluster=..."),
        "reviewed": ("bigint", "Audit items of the slice since the change."),
        "errors": ("bigint", "Of them wrong."),
        "error": ("double", "Share wrong, 0..1, by the sampling probabilities."),
        "error_low": ("double", "Lower end of the 95 % interval."),
        "error_high": ("double", "Upper end of the 95 % interval."),
        "elsewhere": ("double", "Share wrong of all other items, 0..1; null: there are none."),
        "excess": ("double", "Share of all errors beyond the promise that lie here, 0..1."),
    },
)
_TELLING = {
    "rank": ("integer", "From 1, the most telling first."),
    "batch": _BATCH,
    "item_id": ("varchar", "The item that was labelled wrongly."),
    "text": ("varchar", "Its beginning."),
    "image": ("varchar", "Path or address of its image, if there is one."),
    "label": ("varchar", "What it was labelled, or what the voter said."),
    "gold": ("varchar", "What people settled on."),
    "confidence": ("double", "How sure the machine was, 0..1."),
    "misled_by": ("varchar", "Voters that said the same."),
}
ALARM_ITEMS = Table("quality", "alarm_items", {"alarm_id": _ALARM_ID, **_TELLING})
MISTAKES = Table("quality", "mistakes", _TELLING)
NEW_WORDS = Table(
    "quality",
    "new_words",
    {
        "batch": _BATCH,
        "word": ("varchar", "A word that became frequent."),
        "before": ("double", "Share of the reference's texts that hold it, 0..1."),
        "now": ("double", "Share of the batch's texts that hold it, 0..1."),
        "log_odds": ("double", "How much likelier it became; 1 is nearly three times."),
    },
)
SHIFT_EXAMPLES = Table(
    "quality",
    "shift_examples",
    {
        "batch": _BATCH,
        "rank": ("integer", "From 1, most new words first."),
        "item_id": ("varchar", "An item that shows the shift."),
        "text": ("varchar", "Its beginning."),
        "near_item_id": ("varchar", "The most alike item of the reference."),
        "near_text": ("varchar", "Its beginning."),
    },
)
