"""Tables of what arrived: files, their rows, what was set aside, items."""

from resources.store.table import table
from resources.store.tables.common import BATCH, IMAGE

_CONTENT = {
    "text": ("varchar", "What is to be labelled."),
    "image": IMAGE,
    "time": ("timestamp", "When the item came to be.", "UTC"),
    "metadata": ("varchar", "Further columns, as a JSON object."),
}
ARRIVALS = table(
    "raw", "arrivals", "What files hold, good rows only.", "a row of a file",
    {
        "file": ("varchar", "Name of the file the row came in."),
        "row": ("bigint", "Row in that file.", "from 1"),
        "item_id": ("varchar", "The item's id."),
        "batch": BATCH,
        **_CONTENT,
    },
    key=["file", "row"], group="items", stays="file",
)  # fmt: skip
FILES = table(
    "raw", "files", "Files as they were when they were read.", "a file",
    {
        "file": ("varchar", "Name of the file."),
        "size_bytes": ("bigint", "Its size when it was read.", "bytes"),
        "modified_ns": ("bigint", "When it was changed last.", "ns since 1970"),
        "reading": ("varchar", "Hash of the settings it was read with."),
    },
    key=["file"], written_with=ARRIVALS, stays="file",
)  # fmt: skip
QUARANTINE = table(
    "raw", "quarantine", "What was set aside.", "a row of a file and reason",
    {
        "file": ("varchar", "Name of the file."),
        "row": ("bigint", "Row in that file; null where the whole file is set aside.", "from 1"),
        "batch": ("varchar", "The batch most rows of the file belong to, or the row's own."),
        "field": ("varchar", "The column at fault, where there is one."),
        "reason": ("varchar", "Why the row was set aside."),
        "content": ("varchar", "What stood there."),
        "kind": ("varchar", "file, row, or duplicate: its id came before."),
    },
    key=["file", "row", "field", "reason"], written_with=ARRIVALS, stays="file",
)  # fmt: skip
SET_ASIDE = table(
    "raw", "set_aside", "What was set aside, by reason.", "a reason",
    {
        "field": ("varchar", "The column at fault; empty where there is none."),
        "kind": ("varchar", "file, row, or duplicate: its id came before."),
        "rows": ("bigint", "Rows set aside for it.", "rows"),
        "files": ("bigint", "Files they stand in.", "files"),
        "first_file": ("varchar", "The file of the first of them."),
        "first_row": ("bigint", "Its row there; null where it is the whole file.", "from 1"),
        "reason": ("varchar", "Why it was set aside; others differ in what they quote and count."),
    },
    key=["field", "kind", "reason"], written_with=ARRIVALS, published=True, stored=False,
)  # fmt: skip
CLASS_CHANGES = table(
    "quality", "class_changes", "How far the warehouse follows changed classes.", "in all",
    {
        "carried": ("bigint", "Changes of classes that the other tables are carried over to.", "changes"),
    },
    key=["carried"], written_with=ARRIVALS, stays="step",
)  # fmt: skip
ITEMS = table(
    "raw", "items", "What is to be labelled.", "an item",
    {"item_id": ("varchar", "Key of the item."), "batch": BATCH, **_CONTENT},
    key=["item_id", "batch"], group="items",
)  # fmt: skip
