"""Tables of the canary: whom it asks about, what it may show, and each round's findings."""

from resources.store.table import table
from resources.store.tables.common import BATCH, SHOWS_CLASS

CANARY = table(
    "quality", "canary", "Rounds of the canary and what each proves.", "a round, voter and version",
    {
        "round": ("varchar", "canary BATCH or clock TIME."),
        "asked_at": ("timestamp with time zone", "When the round was first complete, or tried.", "UTC"),
        "batch": ("varchar", "The batch it was asked with; by the clock, the newest one."),
        "voter": ("varchar", "The prompt asked."),
        "version": ("varchar", "Hash of prompt, model and parameters."),
        "why": ("varchar", "Why the round tells nothing: cut short, say; null where it tells."),
        "items": ("bigint", "Answered in this round and in the reference, alike in both.", "items"),
        "accuracy": ("double", "Share of right answers on those; null: not complete.", "0..1"),
        "accuracy_before": ("double", "The same in the reference; null in the reference itself.", "0..1"),
        "flips": ("bigint", "Those answered otherwise than in the reference.", "items"),
        "evidence": ("double", "Evidence that the model changed.", "e-value"),
        "needed": ("double", "Evidence that proves it.", "e-value"),
        "changed": ("boolean", "Whether the answers prove that the model changed."),
        "fingerprint_changed": ("boolean", "Whether the provider names another model."),
        "verdict": ("varchar", "The finding in words."),
        "calls": ("bigint", "Those sent.", "requests"),
        "cost_usd": ("double", "What they cost.", "US dollars"),
    },
    key=["round", "voter", "version"], group="quality", published=True, stays="good",
)  # fmt: skip
CANARY_PANEL = table(
    "people", "canary_panel", "What every prompt is asked again and again.", "an item of the panel",
    {
        "item_id": ("varchar", "A reviewed item that every prompt answers again and again."),
        "batch": BATCH,
        "label": SHOWS_CLASS,
        "chosen_for": ("varchar", "The batch with which the panel was first asked."),
    },
    key=["item_id", "batch"], written_with=CANARY, stays="good",
)  # fmt: skip
CANARY_EXAMPLES = table(
    "people", "canary_examples", "What prompts may show when they are asked the panel.", "an item",
    {
        "item_id": ("varchar", "Gold that prompts may show when they are asked the panel."),
        "batch": BATCH,
        "label": SHOWS_CLASS,
    },
    key=["item_id", "batch"], written_with=CANARY, stays="good",
)  # fmt: skip
