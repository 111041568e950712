"""A copy of the product's code, for tests that add to it or replace a folder of it."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = (
    "cli", "orchestration", "expectations", "assets", "console", "resources", "labeling", "transforms",
)  # fmt: skip
MADE = shutil.ignore_patterns("__pycache__", "target", "logs")
MANIFEST = Path("transforms") / "target" / "manifest.json"


def copy_code(folder: Path) -> Path:
    """Copy every room of the product into ``folder``, with dbt's manifest, and return it."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=MADE)
    if (ROOT / MANIFEST).is_file():
        (folder / MANIFEST).parent.mkdir()
        shutil.copy2(ROOT / MANIFEST, folder / MANIFEST)
    return folder
