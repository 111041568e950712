"""Tasks of Label Studio with spans as annotations, in the interface that our own projects have."""

import json
from collections.abc import Sequence
from pathlib import Path

from console.formats.spans.document import Carried, Document
from console.formats.tools.label_studio_answers import results_of
from labeling.kinds.kind import Kind
from labeling.kinds.spans.answer import written


def write(documents: Sequence[Document], path: Path, kind: Kind) -> Carried:
    """Write tasks that Label Studio imports, annotated."""
    tasks = [
        {
            "data": {"text": one.text, "item_id": one.item_id, "batch": one.batch},
            "annotations": [{"result": results_of(written(one.spans), kind, one.text)}],
        }
        for one in documents
    ]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    return Carried(len(documents), sum(len(one.spans) for one in documents))
