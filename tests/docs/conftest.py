"""The pages that people wrote, and the site that is built from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "tasks/*/README.md", "findings/*.md", "bench/**/*.md")
    for path in ROOT.glob(pattern)
    if ".peers" not in path.parts and "node_modules" not in path.parts
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(?:\.venv/bin/)?(touchstone [^`]+)`")


@dataclass(frozen=True)
class Example:
    """A block of a page that shows something to be typed or written."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def examples() -> Iterator[Example]:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Example(path.relative_to(ROOT).as_posix(), line, found[1], found[2])


def mentioned() -> Iterator[tuple[str, str]]:
    """Commands in the middle of a sentence, with their page."""
    for path in PAGES:
        for found in INLINE.finditer(FENCE.sub("", path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), found[1]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, built as `make docs` builds it: a broken link ends it."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder
