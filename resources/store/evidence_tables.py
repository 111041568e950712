"""Tables of what is believed and on what evidence: label model, student, queue, rules."""

from resources.store.table import Table

_ITEM = ("varchar", "The item; key together with the batch.")
_BATCH = ("varchar", "The window of time the item belongs to.")

LABEL_MODEL = Table(
    "quality",
    "label_model",
    {
        "batch": _BATCH,
        "version": ("varchar", "Hash of the fitted label model."),
        "method": ("varchar", "The algorithm that is used."),
        "why": ("varchar", "Why that one, in words."),
        "gold": ("bigint", "Audit gold of earlier batches that it was shown."),
        "judged_on": ("bigint", "Of it with votes; null where it was not judged."),
        "model_accuracy": ("double", "Share right on gold it was not taught, 0..1."),
        "majority_accuracy": ("double", "The same of the plain majority."),
        "log_loss": ("double", "Of the model on that gold, in nats an item."),
        "calibration_error": ("double", "How far confidence is from accuracy there, 0..1."),
        "chance_error": ("double", "What that would be by chance, were it calibrated."),
        "warnings": ("varchar", "Reasons not to trust it, a line each; empty: none."),
    },
)
CLASS_BALANCE = Table(
    "quality",
    "class_balance",
    {
        "batch": _BATCH,
        "label": ("varchar", "The class."),
        "share": ("double", "What is believed of an item without votes, 0..1."),
    },
)
VOTER_BELIEFS = Table(
    "quality",
    "voter_beliefs",
    {
        "batch": _BATCH,
        "voter": ("varchar", "The rule or the prompt."),
        "votes": ("bigint", "Votes in the batch and those it was fitted with."),
        "coverage": ("double", "Share of those items it voted on, 0..1."),
        "accuracy": ("double", "Share of its votes that the model believes right, 0..1."),
        "accuracy_low": ("double", "Lower end of the 95 % interval, given the model."),
        "accuracy_high": ("double", "Upper end of the 95 % interval, given the model."),
        "gold_accuracy": ("double", "The same measured on audit gold; null without any."),
        "gold_low": ("double", "Lower end of the 95 % interval."),
        "gold_high": ("double", "Upper end of the 95 % interval."),
    },
)
VOTER_CONFUSIONS = Table(
    "quality",
    "voter_confusions",
    {
        "batch": _BATCH,
        "voter": ("varchar", "The rule or the prompt."),
        "class": ("varchar", "What the items are, as the model believes."),
        "said": ("varchar", "What the voter says of them."),
        "share": ("double", "Share of its votes on items of the class, 0..1."),
        "share_low": ("double", "Lower end of the 95 % interval, given the model."),
        "share_high": ("double", "Upper end of the 95 % interval, given the model."),
    },
)
VOTER_PAIRS = Table(
    "quality",
    "voter_pairs",
    {
        "batch": _BATCH,
        "first": ("varchar", "A voter."),
        "second": ("varchar", "A voter that repeats it."),
        "share": ("double", "How far, of what is possible beyond the class, 0..1."),
    },
)
CONSENSUS_CALIBRATION = Table(
    "quality",
    "consensus_calibration",
    {
        "batch": _BATCH,
        "confidence_low": ("double", "Least confidence of the bin, 0..1."),
        "confidence_high": ("double", "Greatest confidence of the bin, 0..1."),
        "reviewed": ("bigint", "Audit gold in it, that the model was not taught."),
        "stated": ("double", "Mean confidence, 0..1."),
        "correct": ("double", "Share right, 0..1."),
        "correct_low": ("double", "Lower end of the 95 % interval."),
        "correct_high": ("double", "Upper end of the 95 % interval."),
    },
)
STUDENT_OPINIONS = Table(
    "labels",
    "student_opinions",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "unseen": ("double[]", "What students that had not seen the item say, not calibrated."),
        "calibrated": ("double[]", "The same, as sure as it has proved to be."),
        "pooled": ("double[]", "Consensus and student together: what labels are released from."),
    },
)
STUDENT_SWITCHES = Table(
    "quality",
    "student_switches",
    {
        "batch": _BATCH,
        "switch": ("varchar", "A trick, a selection, pooling or calibration."),
        "kept": ("boolean", "Whether it was on for the batch."),
        "gain": ("double", "Accuracy with it minus without, -1..1; null where it was not tried."),
        "gain_low": ("double", "Lower end of the 90 % interval."),
        "gain_high": ("double", "Upper end of the 90 % interval."),
        "gold": ("bigint", "Audit gold it was judged on."),
        "asked_in": ("varchar", "The batch in which gold was asked; null if never."),
        "told": ("varchar", "The decision and its reason, in words."),
    },
)
REREVIEWS = Table(
    "people",
    "rereviews",
    {
        "item_id": _ITEM,
        "batch": _BATCH,
        "found_in": ("varchar", "The batch with which the doubt came up."),
        "kind": ("varchar", "gold: people's answer is doubted; label: the machine's."),
        "label": ("varchar", "The label in doubt."),
        "suggested": ("varchar", "What the student says instead."),
        "score": ("double", "How suspicious it is, 0..1."),
        "why": ("varchar", "The doubt in words."),
    },
)
QUEUE_GAIN = Table(
    "quality",
    "queue_gain",
    {
        "batch": ("varchar", "The newest batch that was labelled."),
        "strategy": ("varchar", "How the queue is chosen."),
        "reviews": ("bigint", "Answers of people so far."),
        "queue_reviews": ("bigint", "Of them chosen by the strategy."),
        "random_reviews": ("bigint", "Of them from the queue's random share."),
        "audit_reviews": ("bigint", "Of them in the audit sample, which judges."),
        "points": ("double", "Accuracy by strategy minus by chance; null: too few to tell."),
        "points_low": ("double", "Lower end of the 95 % interval."),
        "points_high": ("double", "Upper end of the 95 % interval."),
        "compared_at": ("bigint", "Reviews that either student was taught by."),
        "judged_on": ("bigint", "Audit items both were judged on."),
        "gain": ("varchar", "The gain in words, or why it cannot be told."),
        "stop": ("boolean", "Whether more reviews stopped paying."),
        "advice": ("varchar", "Why, in words."),
        "labels_fixed": ("double", "Labels that the next batch of reviews should put right."),
        "usd": ("double", "What those reviews cost, in US dollars."),
        "usd_per_fixed": ("double", "Cost of one label put right; null where none is expected."),
    },
)
RULE_SUGGESTIONS = Table(
    "quality",
    "rule_suggestions",
    {
        "rank": ("integer", "Place, from 1; the best lower bound first."),
        "phrase": ("varchar", "What to look for."),
        "label": ("varchar", "The class it speaks for."),
        "items": ("bigint", "Items that hold it."),
        "correct": ("double", "How many of them are of the class, as expected by the source."),
        "new_items": ("bigint", "How many of them no rule of the class covers yet."),
        "precision_low": ("double", "Lower 95 % bound of the precision, 0..1."),
        "lift_low": ("double", "That bound over the share of the class among all items."),
        "source": ("varchar", "gold or consensus."),
        "yaml": ("varchar", "The rule, ready to paste under rules:."),
    },
)
