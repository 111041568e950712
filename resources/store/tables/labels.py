"""Tables of what the machine says of an item: consensus, student, release."""

from resources.store.table import table
from resources.store.tables.common import BATCH, ITEM, RUN, interval
from resources.store.tables.votes import STUDENT_VOTES

_OF_ITEM = ("item_id", "batch")
_BY_CLASS = "0..1 by class"

CONSENSUS = table(
    "labels", "consensus", "The label model's posterior.", "an item",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "label": ("varchar", "The most probable answer; null where undecided.", "class"),
        "confidence": ("double", "Its posterior; null where undecided.", "0..1"),
        "posterior": ("double[]", "Probabilities in the task's order; of one class an item they sum to 1.", _BY_CLASS),
        "n_votes": ("integer", "Those of rules and models on the item.", "votes"),
        "version": ("varchar", "Hash of the fitted label model."),
        "run": RUN,
    },
    key=_OF_ITEM, group="labels",
)  # fmt: skip
STUDENT_OPINIONS = table(
    "labels", "student_opinions", "What the student believes.", "an item",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "unseen": ("double[]", "What students that had not seen the item say, not calibrated.", _BY_CLASS),
        "calibrated": ("double[]", "The same, as sure as it has proved to be.", _BY_CLASS),
        "pooled": ("double[]", "Consensus and student together: what labels are released from.", _BY_CLASS),
        "together": ("varchar", "Of spans: what both give; null of other kinds, where pooled tells it."),
        "together_confidence": ("double", "How likely that is right as a whole.", "0..1"),
    },
    key=_OF_ITEM, written_with=STUDENT_VOTES,
)  # fmt: skip
STUDENT_SWITCHES = table(
    "quality", "student_switches", "What the student uses, and on what evidence.",
    "a batch and switch",
    {
        "batch": BATCH,
        "switch": ("varchar", "A trick, a selection, pooling or calibration."),
        "kept": ("boolean", "Whether it was on for the batch."),
        "gain": ("double", "Accuracy with it minus without; null where it was not tried.", "-1..1"),
        **interval("gain", "90 %", "-1..1"),
        "gold": ("bigint", "Audit gold it was judged on.", "items"),
        "asked_in": ("varchar", "The batch in which gold was asked; null if never."),
        "told": ("varchar", "The decision and its reason, in words."),
    },
    key=["batch", "switch"], written_with=STUDENT_VOTES, published=True,
)  # fmt: skip
RELEASED = table(
    "labels", "released", "What the machine says before any review.", "an item",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "label": ("varchar", "What the machine says; null: undecided.", "class"),
        "confidence": ("double", "Its probability.", "0..1"),
        "decided_by": ("varchar", "consensus; student, where it tipped the label; cascade, where its guarantee is proven; or nobody."),
        "stamp": ("varchar", "Hash of the items, voters and settings it was made from."),
        "run": RUN,
    },
    key=_OF_ITEM, group="labels",
)  # fmt: skip
