"""``touchstone run``, and the command line around it."""

import io
import json
import re
import resource
import subprocess
import sys

import pytest
import typer
from rich.console import Console

from cli import app
from cli.everyday import run
from cli.everyday.run import quality_table
from cli.new.new import create


@pytest.fixture(scope="module")
def project(ran_task, tmp_path_factory):
    """A copy of the project that was run, to be run again."""
    folder = tmp_path_factory.mktemp("again") / "project"
    ran_task.copy_to(folder)
    return folder


def test_a_second_run_has_nothing_to_do_at_all(project, touchstone):
    told = json.loads(touchstone("run", "letters", "--json", at=project).out)
    assert (told["labelled"], told["measured"], told["published"]) == ([], [], False)


def test_a_further_run_labels_nothing_and_says_so(project, touchstone):
    said = touchstone("run", "letters", at=project, columns=120)
    assert said.code == 0
    assert "nothing had changed" in said.out
    assert str(project / "var/letters/published/report.html") in said.out.replace("\n", "")


@pytest.mark.parametrize("columns", [80, 120])
def test_the_summary_fits_the_terminal_and_cuts_no_batch(project, touchstone, columns):
    said = touchstone("run", "letters", at=project, columns=columns)
    table = [line for line in said.out.splitlines() if "┃" in line or "│" in line]
    assert max(map(len, table)) <= columns
    assert "2026-03-02" in said.out


@pytest.mark.parametrize("batch", ["2026-03-02", "letters-of-the-second-week-of-march.csv"])
def test_eighty_columns_cut_no_figure_and_no_alarm(ran_task, batch):
    row = {"batch": batch, "items": 1464, "labelled": 1464, "coverage": 1.0, "accuracy": 1.0}
    row |= {"accuracy_low": 1.0, "accuracy_high": 1.0, "fired": False, "alarm": True}
    console = Console(file=io.StringIO(), width=80)
    console.print(quality_table(ran_task.task, [row]))
    told = console.file.getvalue()
    assert "100.0% (100.0% to 100.0%)" in told
    assert "stands" in told
    assert "\N{HORIZONTAL ELLIPSIS}" not in told


def test_json_tells_what_the_table_tells(project, touchstone):
    said = touchstone("run", "letters", "--json", at=project)
    told = json.loads(said.out)
    assert told["labelled"] == []
    assert told["alarm"] is False
    assert [row["batch"] for row in told["batches"]] == ["2026-03-02", "2026-03-03"]
    assert [row["items"] for row in told["batches"]] == [31, 31]


@pytest.mark.parametrize("series", ["labels", "class/praise", "voter/rule/a"])
def test_any_open_alarm_is_told_and_ends_with_three_if_asked_for(
    project, touchstone, monkeypatch, series
):
    alarm = {"series": series, "batch": "2026-03-03", "change_batch": "2026-03-02"}
    alarm |= {"state": "open", "promised": 0.8, "next_step": "Look."}
    for state, code, word in (("open", 3, "ALARM"), ("acknowledged", 0, "acknowledged")):
        rows = [{**alarm, "state": state}]
        monkeypatch.setattr(run, "published_alarms", lambda _, rows=rows: rows)
        assert touchstone("run", "letters", at=project).code == 0
        said = touchstone("run", "letters", "--fail-on-alarm", at=project, columns=120)
        assert said.code == code
        assert word in said.out
        assert series in said.out or series == "labels"
        told = json.loads(touchstone("run", "letters", "--json", at=project).out)
        assert told["alarm"] is (state == "open")


def test_a_batch_that_is_not_there_is_refused_with_those_that_are(project, touchstone):
    said = touchstone("run", "letters", "--batch", "2026-03-09", at=project, columns=200)
    assert said.code == 2
    assert "no batch '2026-03-09'; it has 2026-03-02, 2026-03-03" in said.err


def test_the_table_has_a_row_for_each_batch(ran_task):
    table = quality_table(ran_task.task, ran_task.outcome.rows)
    assert table.row_count == 2
    assert table.columns[0].header == "batch"


def test_a_task_that_is_not_there_is_refused_with_those_that_are(tmp_path, touchstone):
    create(tmp_path, "letters")
    said = touchstone("run", "leters", at=tmp_path, columns=200)
    assert said.code == 2
    assert "'leters'" in said.err
    assert "letters" in said.err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("task.yaml", "  text: text", "  txt: text"), r"task.yaml:\d+: source.txt: unknown field"),
        (("task.yaml", "every: day", "every: dai"), r"task.yaml:\d+: batch.every: .*'day'"),
        (("rules.yaml", "label: praise", "label: prays"), r"rules.yaml.*prays.*praise"),
        (("rules.py", 'label="praise"', 'label="prays"'), r"rules.py.*prays.*praise"),
        (("items/2026-03-02.csv", "item_id", "id"), r"column 'item_id' is missing"),
        (
            ("task.yaml", "metadata: [channel]", "metadata: []"),
            r"rule '\w+' asks for column 'channel'",
        ),
    ],
)
def test_mistakes_of_a_user_end_with_one_message_and_no_traceback(
    tmp_path, touchstone, change, told
):
    folder = create(tmp_path, "letters")
    for path in sorted((folder / "items").glob("*.csv"))[1:]:
        path.unlink()
    name, old, new = change
    path = folder / name
    assert old in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    said = touchstone("run", "letters", at=tmp_path, columns=300)
    assert said.code == 2
    assert re.search(told, said.err.replace("\n", " ")), said.err
    assert "Traceback" not in said.err + said.out


def listed(touchstone, at, *group):
    out = touchstone(*group, "--help", at=at, columns=250).out
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())


def test_every_command_is_listed_once_with_the_help_of_its_function(touchstone, tmp_path):
    helps = {(): listed(touchstone, tmp_path)} | {
        (group,): listed(touchstone, tmp_path, group) for group in app.GROUPS
    }
    for name, path in app.commands().items():
        first = (app.command(name).help or "").strip().partition("\n")[0]
        assert first
        home = (path.parent.name,) if path.parent.name in app.GROUPS else ()
        assert [group for group, text in helps.items() if first in text] == [home]


def test_every_command_shows_its_own_options_also_under_its_bare_name(touchstone, tmp_path):
    for name, path in app.commands().items():
        group = [path.parent.name] if path.parent.name in app.GROUPS else []
        for words in [[name], [*group, name]] if group else [[name]]:
            said = touchstone(*words, "--help", at=tmp_path)
            assert said.code == 0
            assert f"touchstone {' '.join(words)}" in said.out


def test_the_help_imports_nothing_heavy_and_comes_at_once():
    code = (
        "import sys, contextlib, io; from cli.app import main\n"
        "sys.argv = ['touchstone', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()\n"
        "print([m for m in ('dagster', 'duckdb', 'numpy', 'pyarrow', 'litellm') if m in sys.modules])"
    )
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
    ended_at = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended_at.ru_utime - begun.ru_utime < 1, "seconds of processor time"


def test_a_mistyped_command_is_met_with_the_one_that_was_meant(touchstone, tmp_path):
    said = touchstone("statsu", at=tmp_path)
    assert said.code == 2
    assert "'status'" in said.err


def test_the_application_can_be_built_without_running():
    assert isinstance(app.build(), typer.Typer)
