"""The guide ``docs/guides/settings.md``, written from the fields that declare the settings.

``python -m resources.task.settings_page`` in the project's folder writes it anew.
"""

from pathlib import Path

from resources.task.remakes import settings
from resources.task.schema import TaskSpec
from resources.task.section import Remakes

PAGE = Path("docs/guides/settings.md")

HEAD = """# What a changed setting remakes

Change `task.yaml` and run again: what is to be made anew is, with all that follows from it, and nothing else. Rules, prompts
and pictures are settings too: the next run compares them by what stands in them. This page is written from the fields
themselves; `python -m resources.task.settings_page` writes it anew.
"""


def page() -> str:
    """Return the guide as Markdown: what may be remade, and every setting in the order of task.yaml."""
    levels = [f"| {level.name.lower()} | {level.value} |" for level in Remakes]
    rows = [f"| `{path}` | {level.name.lower()} |" for path, level in settings(TaskSpec)]
    return "\n".join(
        [HEAD, "| it remakes | which means |", "|---|---|", *levels, "",
         "| setting | remakes |", "|---|---|", *rows, ""]
    )  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
