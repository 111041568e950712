"""Whoever opens a room reads at its door what belongs there, and what does not."""

import ast
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT

PACKAGES = ("assets", "cli", "console", "expectations", "labeling", "orchestration", "resources")
ROOMS = sorted(
    path.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.parent.as_posix())
def test_a_room_says_what_belongs_there_and_what_does_not(room: Path) -> None:
    said = ast.get_docstring(ast.parse((ROOT / room).read_text(encoding="utf-8"))) or ""
    belongs, _, elsewhere = said.partition("Not here:")
    assert belongs.strip(), f"{room}: say in a sentence what belongs there"
    assert elsewhere.strip(), f"{room}: say behind 'Not here:' what does not belong there"


def test_every_folder_of_modules_is_a_room() -> None:
    without = {
        module.parent.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for module in (ROOT / name).rglob("*.py")
        if not (module.parent / "__init__.py").is_file() and "example" not in module.parent.name
    }
    assert without == set()
