"""What mkdocs builds the site from: Markdown of the repository where it stands, and the reference."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.site.commands import command_pages  # noqa: E402
from docs.site.settings import settings_pages  # noqa: E402
from docs.site.tables import table_pages  # noqa: E402

WRITTEN = (
    "*.md",
    "LICENSE",
    "docs/guides/*.md",
    "docs/adr/*.md",
    "docs/site/*.css",
    "bench/RESULTS.md",
    "bench/results/*.md",
    "bench/results/*.png",
    "findings/README.md",
    "tasks/*/README.md",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take the repository's pages in the place of the folder that mkdocs looked through."""
    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for path in sorted(path for pattern in WRITTEN for path in ROOT.glob(pattern)):
        place = path.relative_to(ROOT).as_posix()
        files.append(File(place, str(ROOT), config.site_dir, use_directory_urls=False))
    for place, text in reference().items():
        files.append(File.generated(config, place, content=text))
    pages = [file.src_uri for file in files.documentation_pages()]
    config.nav = list(_expanded(config.nav or [], pages))
    return files


def reference() -> Mapping[str, str]:
    """Return the pages that the code says by itself, by their places in the site."""
    return {**command_pages(), **settings_pages(), **table_pages()}


def _expanded(entries: Iterable[Any], pages: list[str]) -> Iterable[Any]:
    """Put in the place of a folder all pages in it; one that tells of the whole is its overview."""
    for entry in entries:
        if isinstance(entry, dict):
            ((title, inner),) = entry.items()
            if isinstance(inner, list):
                yield {title: list(_expanded(inner, pages))}
            elif inner.endswith("/"):
                inside = [page for page in pages if page.startswith(inner)]
                overview = f"{inner}index.md"
                yield {title: [{"Overview": p} if p == overview else p for p in inside]}
            else:
                yield entry
        else:
            yield entry
