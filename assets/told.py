"""What a simulated model is told of the truth; a real one is told nothing."""

from collections.abc import Callable

import pyarrow as pa

from assets.scripted import read_labels
from orchestration.task.task import Task


def truth_told(
    task: Task, items: pa.Table, redact: Callable[[str], str] | None = None
) -> dict[str, str]:
    """Return digest of each text, as it is sent, to its class; empty for a real model."""
    from orchestration.simulated_model.behaviour import text_digest

    simulated = task.spec.models.simulated if task.spec.models else None
    if simulated is None:
        return {}
    labels = read_labels(task, simulated.truth, "item_id", "label", {})
    return {
        text_digest(str(text) if redact is None else redact(str(text))): labels[str(item_id)]
        for item_id, text in zip(
            items["item_id"].to_pylist(), items["text"].to_pylist(), strict=True
        )
        if str(item_id) in labels
    }
