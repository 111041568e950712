"""The site holds every page, command and setting, and asks nobody else for anything."""

import html
import re
from pathlib import Path

import pytest

from cli.app import command, commands
from labeling.llm.prompts.settings import Settings
from labeling.rules.reading.keys import COMMON, KINDS, OPTIONS
from resources.store.published import published
from resources.task.settings.json_schema import sections_of, task_schema
from resources.task.settings.remakes import settings
from resources.task.settings.schema import TaskSpec
from tests.docs.conftest import PAGES, ROOT


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_every_page_that_somebody_wrote_is_in_the_site(site: Path) -> None:
    left_out = [
        page.relative_to(ROOT).as_posix()
        for page in PAGES
        if not (site / page.relative_to(ROOT).with_suffix(".html")).is_file()
        and page.name != "README.md"
    ]
    assert left_out == []
    for readme in (page for page in PAGES if page.name == "README.md"):
        assert (site / readme.relative_to(ROOT).parent / "index.html").is_file()


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_and_option_has_its_place(name: str, site: Path) -> None:
    said = text_of(site / "reference" / "commands" / f"{name}.html")
    told = command(name)
    assert told.help.splitlines()[0] in said
    for one in (one for one in told.params if not one.hidden):
        assert one.help, f"{name}: {one.name} says nothing"
        assert all(option in said for option in one.opts if option.startswith("-"))


@pytest.mark.parametrize("name", list(TaskSpec.model_fields))
def test_every_setting_has_its_place(name: str, site: Path) -> None:
    schema = task_schema()
    folder = site / "reference" / "settings"

    def said_of(field: dict) -> list[str]:
        return [
            inner
            for section in sections_of(field)
            for key, told in schema["$defs"][section]["properties"].items()
            for inner in (key, told["description"], *said_of(told))
        ]

    field = schema["properties"][name]
    page = text_of(folder / (f"{name}.html" if sections_of(field) else "index.html"))
    wanted = [name, field["description"], *said_of(field)]
    assert [one for one in wanted if one not in page] == []


def test_every_setting_says_in_its_place_what_it_remakes(site: Path) -> None:
    for path, level in settings(TaskSpec):
        section, _, rest = path.rpartition(".")
        page = site / "reference" / "settings" / f"{section.split('.')[0] or 'index'}.html"
        rows = re.findall(r"<tr>(.*?)</tr>", page.read_text(encoding="utf-8"), re.DOTALL)
        mine = [row for row in rows if f"<td><code>{rest}</code></td>" in row]
        assert any(f"<td>{level.name.lower()}</td>" in row for row in mine), path


def test_every_key_of_a_rule_and_of_a_prompt_has_its_place(site: Path) -> None:
    rules = text_of(site / "reference" / "rules.html")
    assert [key for key in (*COMMON, *KINDS, *OPTIONS) if key not in rules] == []
    prompts = text_of(site / "reference" / "prompts.html")
    assert [key for key in Settings.model_fields if key not in prompts] == []


def test_every_published_table_and_column_has_its_place(site: Path) -> None:
    page = (site / "reference" / "tables.html").read_text(encoding="utf-8")
    tables = published()
    assert {"labels", "quality_by_batch", "alarms", "set_aside"} <= tables.keys()
    for name, table in tables.items():
        section = page.partition(f'<h2 id="{name}">')[2].partition("<h2 ")[0]
        said = html.unescape(re.sub(r"<[^>]+>", "", section))
        assert table.full_description in said
        wanted = {column: one.description for column, one in table.published_columns.items()}
        assert all(wanted.values())
        assert [c for c, told in wanted.items() if f"{c}\n" not in said or told not in said] == []


def test_pages_ask_no_other_host(site: Path) -> None:
    asks = re.compile(
        r"""<(?:link|script|img|iframe|source)[^>]+(?:src|href)=["']?(?:https?:)?//[^"' >]+"""
    )
    styles = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")
    pages, sheets = list(site.rglob("*.html")), list(site.rglob("*.css"))
    assert len(pages) > 60
    assert sheets
    assert [p.name for p in pages if asks.search(p.read_text(encoding="utf-8"))] == []
    assert [p.name for p in sheets if styles.search(p.read_text(encoding="utf-8"))] == []
