import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import build
from cli.everyday import review as command
from resources.reviews.reviewers import Person, Reviewers
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore

TASKS = Path(__file__).parents[2] / "tasks"


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    folder = tmp_path / "tasks" / "support_inbox"
    shutil.copytree(TASKS / "support_inbox", folder)
    return folder


def store(tmp_path):
    return ReviewStore(tmp_path / "var" / "support_inbox" / "reviews.sqlite")


def run(*arguments):
    return CliRunner().invoke(build(), ["review", *map(str, arguments)])


def test_an_invited_person_can_sign_in_until_revoked(task, tmp_path):
    told = run(task, "--invite", "anna", "--role", "adjudicator")
    assert told.exit_code == 0, told.output
    token = told.output.split()[-1]
    people = Reviewers(store(tmp_path))
    assert people.who(people.sign_in(token)) == Person("anna", "adjudicator")
    assert run(task, "--revoke", "anna").exit_code == 0
    assert people.sign_in(token) is None
    assert isinstance(run(task, "--revoke", "anna").exception, ReviewError)


def test_the_console_of_a_task_has_its_classes_guidelines_and_report(task, tmp_path, monkeypatch):
    served = {}
    monkeypatch.setattr(command, "serve", lambda app, *to, **_: served.update(app=app, to=to))
    assert run(task, "--as", "anna", "--port", 9999).exit_code == 0
    said = served["app"].state.settings
    assert served["to"] == ("127.0.0.1", 9999)
    assert said.local_reviewer == "anna"
    assert not said.sign_in
    assert said.blind
    assert len(said.classes) >= 2
    assert said.guidelines == (task / "guidelines.md").read_text()
    assert Path(said.store_path) == tmp_path / "var" / "support_inbox" / "reviews.sqlite"


def test_listening_to_others_turns_sign_in_on_and_warns_without_https(task, monkeypatch):
    served = {}
    monkeypatch.setattr(command, "serve", lambda app, *_, **__: served.update(app=app))
    told = run(task, "--host", "0.0.0.0", "--name", "reviews.example.org")
    assert served["app"].state.settings.sign_in
    assert "reviews.example.org" in served["app"].state.settings.hosts
    assert "in the clear" in told.output


def test_guidelines_that_are_not_there_are_told(task):
    (task / "guidelines.md").unlink()
    assert "guidelines.md cannot be read" in str(run(task).exception)
