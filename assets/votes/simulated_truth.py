"""What a simulated model is told of the truth; a real one is told nothing."""

from collections.abc import Callable

import pyarrow as pa

from assets.reading.truth import read_labels
from resources.task.task import Task


def simulated_truth(
    task: Task, items: pa.Table, redact: Callable[[str], str] | None = None
) -> dict[str, str]:
    """Return digest of each text and picture, as sent, to its class; empty for a real model."""
    from labeling.llm.prompts.images import load_picture
    from labeling.pictures import ImageError
    from resources.models.simulated.behaviour import content_digest

    simulated = task.spec.demo.simulated
    if simulated is None:
        return {}
    ids = [str(item_id) for item_id in items["item_id"].to_pylist()]
    labels = read_labels(task, simulated.truth, "item_id", "label", {}, ids)
    told: dict[str, str] = {}
    for item in items.to_pylist():
        label, text, image = labels.get(str(item["item_id"])), item["text"] or "", item.get("image")
        if label is None:
            continue
        try:
            picture = load_picture(image, task.image_folder).digest if image else ""
        except ImageError:  # it is not sent either
            continue
        told[content_digest(text if redact is None else redact(text), picture)] = label
    return told
