"""Tables of what people are asked, what they answered and what it settles on."""

from resources.store.table import table
from resources.store.tables.common import BATCH, ITEM

_OF_ITEM = ("item_id", "batch")

AUDIT_SAMPLE = table(
    "people", "audit_sample", "The audit sample, which measures.", "an item of the sample",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "draw": ("integer", "Place in the order of the draw.", "from 1"),
        "probability": ("double", "Probability of being in the sample.", "(0, 1]"),
        "draw_probability": ("double", "Probability of coming next, given those before.", "(0, 1]"),
        "stratum": ("integer", "Stratum it was drawn from.", "from 0"),
        "population": ("bigint", "Labelled items of the batch it was drawn from.", "items"),
        "seed": ("bigint", "Seed that repeats the draw.", "seed"),
    },
    key=_OF_ITEM, group="people",
)  # fmt: skip
AUDIT_DESIGN = table(
    "people", "audit_design", "How the audit sample was planned.",
    "an item that could have been drawn",
    {
        "item_id": ("varchar", "An item that could have been drawn; key together with the batch."),
        "batch": BATCH,
        "stratum": ("integer", "Its stratum, 0 the surest.", "from 0"),
        "planned": ("bigint", "Those planned for the stratum when the batch was drawn.", "reviews"),
        "predicted_error": ("double", "1 - confidence of its label when the batch was drawn.", "0..1"),
        "design": ("varchar", "stratified or uniform."),
    },
    key=_OF_ITEM, written_with=AUDIT_SAMPLE,
)  # fmt: skip
QUEUE = table(
    "people", "queue", "The learning queue, which teaches.", "an item of the queue",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "rank": ("integer", "Place in the queue.", "from 1"),
        "strategy": ("varchar", "What chose it."),
        "why": ("varchar", "Why it was chosen, in words."),
        "score": ("double", "How much it is expected to teach; higher first.", "score"),
        "probability": ("double", "Chance of being chosen, where chance chose; else null.", "(0, 1]"),
    },
    key=_OF_ITEM, group="people",
)  # fmt: skip
REREVIEWS = table(
    "people", "rereviews", "Labels and answers in doubt.", "an item",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "found_in": ("varchar", "The batch with which the doubt came up."),
        "kind": ("varchar", "gold: people's answer is doubted; label: the machine's."),
        "label": ("varchar", "The label in doubt.", "class"),
        "suggested": ("varchar", "What the student says instead.", "class"),
        "score": ("double", "How suspicious it is.", "0..1"),
        "why": ("varchar", "The doubt in words."),
    },
    key=_OF_ITEM, group="people", published=True,
)  # fmt: skip
PLANNED = table(
    "people", "planned", "What people are asked.", "an item and why it is shown",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "origin": ("varchar", "Why it is shown: audit, queue or rereview."),
        "planned_in": ("varchar", "The batch with which it was put up."),
    },
    key=(*_OF_ITEM, "origin"), group="people",
)  # fmt: skip
SCRIPTED = table(
    "people", "scripted", "What the scripted reviewer, who is no person, answered.",
    "an item and why it was shown",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "origin": ("varchar", "Why it was shown: audit, queue or rereview."),
        "planned_in": ("varchar", "The batch with which it was put up."),
    },
    key=(*_OF_ITEM, "origin"), group="people",
)  # fmt: skip
REVIEWS = table(
    "people", "reviews", "Answers of people as they were given.", "an answer",
    {
        "review_id": ("bigint", "Key of the review.", "id"),
        "item_id": ("varchar", "The item reviewed."),
        "batch": BATCH,
        "reviewer": ("varchar", "Who answered; scripted/... is no person."),
        "outcome": ("varchar", "label, skip or unsure."),
        "label": ("varchar", "The class given, where the outcome is label.", "class"),
        "origin": ("varchar", "Why the item was shown: audit, queue, ..."),
        "seconds": ("double", "Time the answer took.", "s"),
        "at": ("timestamp with time zone", "When it was given.", "UTC"),
        "superseded": ("boolean", "Whether the same person answered again later."),
        "aside": ("boolean", "Whether the item has another text or picture now; then it counts not."),
    },
    key=["review_id"], group="people",
)  # fmt: skip
ANSWERS_ASIDE = table(
    "people", "answers_aside", "Answers whose item has another text or picture now.", "a batch",
    {
        "batch": BATCH,
        "answers": ("bigint", "Those set aside.", "answers"),
        "items": ("bigint", "What they are about.", "items"),
    },
    key=["batch"], written_with=REVIEWS, published=True, stored=False,
)  # fmt: skip
GOLD = table(
    "people", "gold", "What reviews settle on.", "an item that reviews settled on",
    {
        "item_id": ITEM,
        "batch": BATCH,
        "label": ("varchar", "What the reviews settle on.", "class"),
        "origin": ("varchar", "audit (measures) or queue (teaches)."),
        "probability": ("double", "Inclusion probability of audit gold; else null.", "(0, 1]"),
        "reviews": ("integer", "Those it rests on.", "reviews"),
    },
    key=_OF_ITEM, group="people",
)  # fmt: skip
