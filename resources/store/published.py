"""What is published: the marts, which dbt describes, and the tables that say so of themselves."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from resources.store.manifest import manifest
from resources.store.table import DECLARED, Column, Table


@cache
def marts() -> tuple[Table, ...]:
    """Return the marts as dbt's manifest describes them, each by the key that its tests hold it to."""
    nodes = json.loads(manifest().read_text(encoding="utf-8"))["nodes"].values()
    keys = {mart: key for node in nodes for mart, key in _keys(node)}
    return tuple(
        Table(
            node["config"]["schema"],
            node["name"],
            *node["description"].removesuffix(".").split(" One row ", 1),
            key=keys[node["unique_id"]],
            columns={
                name: Column(said["data_type"], said["description"], said["meta"].get("unit", ""))
                for name, said in node["columns"].items()
            },
            group="marts",
            published=node["config"]["meta"].get("published", True),
            stored=False,
        )
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["schema"] == "marts"
    )


@cache
def published() -> dict[str, Table]:
    """Return all that is published, by the name of its Parquet file: marts first."""
    return {one.name: one for one in (*marts(), *DECLARED.values()) if one.published}


def _keys(node: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    test: dict[str, Any] = node.get("test_metadata") or {"name": ""}
    if test["name"] == "one_row_each":
        yield node["attached_node"], tuple(test["kwargs"]["columns"])
    elif test["name"] == "unique":
        yield node["attached_node"], (test["kwargs"]["column_name"],)
