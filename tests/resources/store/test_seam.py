"""SQL of the warehouse stands in the store and in transforms, and nowhere else."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("assets", "expectations", "orchestration", "cli", "console")
ASKS = re.compile(r"\s*(select|with|insert|delete|update|create|alter|from)\s", re.IGNORECASE)
OF_WAREHOUSE = re.compile(
    r"\b(raw|votes|labels|people|quality|published|marts|staging)\.[a-z_]+\b", re.IGNORECASE
)
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_of_the_warehouse_and_no_duckdb_outside_the_store(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names]
            assert "duckdb" not in [*names, getattr(node, "module", None)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            asks = ASKS.match(node.value) and OF_WAREHOUSE.search(node.value)
            assert not asks, f"line {node.lineno}: {node.value[:60]}"
        if isinstance(node, ast.Attribute) and node.attr in ("ask", "execute"):
            assert "warehouse" not in ast.unparse(node), f"line {node.lineno}: SQL of one's own"
