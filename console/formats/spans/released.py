"""The released spans of a task, with the texts that they are of."""

from typing import cast

import pyarrow as pa

from console.formats.spans.document import Document
from labeling.kinds.kind import Kind
from labeling.kinds.spans.answer import marked
from resources.reviews.rows import ReviewError


def documents_of(labels: pa.Table, kind: Kind) -> tuple[list[Document], int]:
    """Return the documents of labels, and how many items are undecided, which have none.

    Parameters
    ----------
    labels : pyarrow.Table
        With item_id, batch, label and text.
    kind : Kind
        Of the task.

    Raises
    ------
    ReviewError
        If the text that an answer is about is not known any more.
    """
    found: list[Document] = []
    undecided = 0
    rows = labels.select(["item_id", "batch", "label", "text"]).to_pylist()
    for row in rows:
        answer, text = cast("str | None", row["label"]), cast("str | None", row["text"])
        said = None if answer is None else marked(answer)
        if answer is None or said is None:
            undecided += 1
            continue
        if text is None or kind.misfit(answer, text):
            raise ReviewError(
                f"the text of item {row['item_id']!r} in batch {row['batch']!r} is not the one that its "
                f"spans are of; run the batch again"
            )
        found.append(Document(row["item_id"], row["batch"], text, said.found))
    return found, undecided
