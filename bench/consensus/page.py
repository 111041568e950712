"""A page of results of which each section is written by its own script."""

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"
LEFT_OUT = RESULTS / "consensus_left_out.md"


def write_section(page: Path, heading: str, text: str) -> None:
    """Put ``text`` under ``## heading``, in place of what stood there, else at the end."""
    parts = page.read_text(encoding="utf-8").split("\n## ") if page.exists() else ["# Results\n"]
    section = f"{heading}\n\n{text.strip()}\n"
    at = [i for i, part in enumerate(parts) if i and part.split("\n", 1)[0] == heading]
    if at:
        parts[at[0]] = section
    else:
        parts.append(section)
    page.write_text("\n## ".join(part.rstrip() + "\n" for part in parts), encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
