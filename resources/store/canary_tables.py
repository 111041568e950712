"""Tables of the canary: whom it asks about, what it may show, and each round's findings."""

from resources.store.table import Table

_BATCH = ("varchar", "The window of time the item belongs to.")

CANARY_PANEL = Table(
    "people",
    "canary_panel",
    {
        "item_id": ("varchar", "A reviewed item that every prompt answers again and again."),
        "batch": _BATCH,
        "label": ("varchar", "Its gold when the panel was chosen."),
        "chosen_for": ("varchar", "The batch with which the panel was first asked."),
    },
)
CANARY_EXAMPLES = Table(
    "people",
    "canary_examples",
    {
        "item_id": ("varchar", "Gold that prompts may show when they are asked the panel."),
        "batch": _BATCH,
        "label": ("varchar", "Its gold when the panel was chosen."),
    },
)
CANARY = Table(
    "quality",
    "canary",
    {
        "round": ("varchar", "canary BATCH or clock TIME; key together with voter and version."),
        "asked_at": ("timestamp with time zone", "When the round was first complete, or tried."),
        "batch": ("varchar", "The batch it was asked with; by the clock, the newest one."),
        "voter": ("varchar", "The prompt asked."),
        "version": ("varchar", "Hash of prompt, model and parameters."),
        "why": ("varchar", "Why the round tells nothing: cut short, say; null where it tells."),
        "items": (
            "bigint",
            "Items answered in this round and in the reference, and alike in both.",
        ),
        "accuracy": ("double", "Share of right answers on those, 0..1; null: not complete."),
        "accuracy_before": ("double", "The same in the reference; null in the reference itself."),
        "flips": ("bigint", "Items answered otherwise than in the reference."),
        "evidence": ("double", "e-value that the model changed."),
        "needed": ("double", "Evidence that proves it."),
        "changed": ("boolean", "Whether the answers prove that the model changed."),
        "fingerprint_changed": ("boolean", "Whether the provider names another model."),
        "verdict": ("varchar", "The finding in words."),
        "calls": ("bigint", "Requests sent."),
        "cost_usd": ("double", "What they cost, in US dollars."),
    },
)
