"""Every command takes its task behind the other words, and by ``--task`` where it did before."""

import json

import pytest
import yaml

from cli.new.new import create
from resources.task.task import load_task


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two tasks that never ran, so that a command has to be told which is meant."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    for name in ("letters", "invoices"):
        create(tmp_path, name)
    return tmp_path


def without_models(folder):
    path = folder / "task.yaml"
    settings = yaml.safe_load(path.read_text())
    settings.pop("models", None)
    path.write_text(yaml.safe_dump(settings, sort_keys=False))


@pytest.mark.parametrize("form", [["letters"], ["--task", "letters"]], ids=["last", "--task"])
def test_explain_and_alarm_take_their_task(project, touchstone, form):
    said = touchstone("explain", "nobody", *form, at=project, columns=300)
    assert said.code == 2
    assert "`touchstone run letters` does" in said.err
    for command in (["alarm", "list"], ["alarm", "send"]):
        listed = touchstone(*command, *form, "--json", at=project)
        assert listed.code == 0, listed.err
        assert json.loads(listed.out)["task"] == "letters"


LOOKS = [
    "alarm list",
    "alarm send",
    "quarantine",
    "ledger",
    "canary",
    "people list",
    "classes list",
]


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_without_a_task_shows_each_under_its_name(project, touchstone, look):
    said = touchstone(*look.split(), at=project, columns=300)
    assert said.code == 0, said.err
    assert "letters" in said.out
    assert "invoices" in said.out
    if look.split()[0] in ("people", "classes"):
        return
    told = json.loads(touchstone(*look.split(), "--json", at=project).out)
    assert [one["task"] for one in told["tasks"]] == ["invoices", "letters"]
    assert told["broken"] == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_task_that_cannot_be_read_does_not_hide_the_others(project, touchstone, look):
    (project / "tasks" / "invoices" / "task.yaml").write_text("classes: [")
    said = touchstone(*look.split(), at=project, columns=300)
    assert said.code == 2
    assert "letters" in said.out
    assert "invoices" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "change",
    [
        "alarm acknowledge labels", "alarm reset labels", "quarantine -o a.csv",
        "ledger --export a.jsonl.gz", "ledger --ask-again", "canary --now", "canary --accept llm/x",
        "people invite ada", "classes retire praise",
    ],
)  # fmt: skip
def test_what_changes_or_writes_something_needs_its_task(project, touchstone, change):
    said = touchstone(*change.split(), at=project, columns=300)
    assert said.code == 2
    assert "say which task: invoices, letters" in said.err


@pytest.mark.parametrize("form", [["letters"], ["--task", "letters"]], ids=["last", "--task"])
def test_every_change_of_classes_takes_its_task(project, touchstone, form):
    one, two = load_task(project / "tasks" / "letters").classes[:2]
    for change in (
        ["list"],
        ["rename", one, "first"],
        ["merge", one, two, "--into", "both"],
        ["split", one, "first", "second"],
        ["retire", one],
    ):
        said = touchstone("classes", *change, *form, at=project, columns=300)
        assert said.code == 0, (change, said.err)
        assert said.out.startswith("letters: ")


def test_a_new_class_that_is_called_like_a_task_is_a_class_where_the_option_says_so(
    project, touchstone
):
    one = load_task(project / "tasks" / "letters").classes[0]
    given = ["split", one, "first", "second", "invoices", "--task", "letters"]
    said = touchstone("classes", *given, at=project, columns=300)
    assert f"{one} becomes first, second, invoices" in said.out
    said = touchstone("classes", "split", one, "first", "letters", at=project, columns=300)
    assert said.code == 2  # two classes that it becomes are needed, so this is no task


def test_two_names_for_the_task_are_refused(project, touchstone):
    said = touchstone("explain", "x", "letters", "--task", "invoices", at=project, columns=300)
    assert said.code == 2
    assert "two tasks are named" in said.err


@pytest.mark.parametrize("command", ["quote", "injections"])
def test_a_task_without_models_has_nothing_to_quote_or_attack(project, touchstone, command):
    without_models(project / "tasks" / "letters")
    said = touchstone(command, "letters", at=project, columns=300)
    assert (said.code, said.err) == (0, "")
    assert "letters asks no language model" in said.out
    told = json.loads(touchstone(command, "letters", "--json", at=project).out)
    assert (told["voters"], told["cost_usd"]) == ([], 0.0)
