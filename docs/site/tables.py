"""Published tables as a page, from what the tables say of themselves."""

from collections.abc import Iterator, Mapping

from resources.store.published import published
from resources.store.table import Table

INTRODUCTION = """# Published tables

Parquet files in `var/TASK/published/`, for anybody to read at any time: each is replaced as a whole, so a reader sees the old
file or the new one. `labels.parquet` is the result; all others tell how it came about and how far to trust it. No two rows
agree in the columns of the key; shares are 0 to 1, and every interval is of 95 %.

| file | tells |
|---|---|"""


def table_pages() -> Mapping[str, str]:
    """Return the one page of published files and their columns."""
    tables = published()
    index = [f"| [`{name}.parquet`](#{name}) | {one.about} |" for name, one in tables.items()]
    parts = [f"{INTRODUCTION}\n" + "\n".join(index)]
    return {"reference/tables.md": "\n\n".join([*parts, *map(_section, tables.values())]) + "\n"}


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key if name in table.published_columns)
    return "\n".join(
        [
            f"## {table.name}",
            "",
            f"{table.full_description}{f' Key: {key}.' if key else ''}",
            "",
            "| column | type | unit | says |",
            "|---|---|---|---|",
            *_rows(table),
        ]
    )


def _rows(table: Table) -> Iterator[str]:
    for name, column in table.published_columns.items():
        cells = (f"`{name}`", column.type, column.unit, column.description)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
