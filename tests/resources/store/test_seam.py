"""SQL stands in the store that owns the file, and in transforms; nowhere else."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("assets", "expectations", "orchestration", "cli", "console")
ENGINES = {"duckdb", "sqlite3", "sqlalchemy"}
ASKS = re.compile(
    r"\s*(select\s.*\sfrom|with\s.*\sas\s*\(|insert\s+(or\s+\w+\s+)?into|delete\s+from|update\s.*\sset"
    r"|create\s+(table|view|index)|alter\s+table|pragma|from\s+\w+\.\w+)\s",
    re.IGNORECASE | re.DOTALL,
)
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_and_no_engine_outside_the_stores(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {one.name for one in node.names} | {getattr(node, "module", None)}
            assert not names & ENGINES, f"line {node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not ASKS.match(node.value), f"line {node.lineno}: {node.value[:60]}"
        if isinstance(node, ast.Attribute):
            asked = node.attr in ("ask", "execute") and "warehouse" in ast.unparse(node)
            assert not asked, f"line {node.lineno}: SQL of one's own"
            assert node.attr != "database", f"line {node.lineno}: the connection of a review store"
