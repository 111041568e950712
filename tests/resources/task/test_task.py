"""Where a task is found, and where what it makes lives."""

from pathlib import Path

import pytest

from cli.new.new import create
from resources.task.errors import TaskError
from resources.task.locate import all_tasks, find_task
from resources.task.task import load_task


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with two tasks, which is the working directory."""
    create(tmp_path, "letters")
    create(tmp_path, "mails")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return tmp_path


@pytest.mark.parametrize("given", ["letters", "tasks/letters", "tasks/letters/"])
def test_a_task_is_found_by_name_and_by_folder(project, given):
    assert find_task(Path(given)).folder == project / "tasks" / "letters"


def test_without_a_name_the_only_task_is_meant(project):
    import shutil

    shutil.rmtree(project / "tasks" / "mails")
    assert find_task(None).name == "letters"


@pytest.mark.usefixtures("project")
def test_without_a_name_several_tasks_are_listed():
    with pytest.raises(TaskError, match="say which task: letters, mails"):
        find_task(None)


@pytest.mark.usefixtures("project")
def test_a_name_that_does_not_stand_is_met_with_those_that_do():
    with pytest.raises(TaskError, match=r"no task 'post'.*letters, mails"):
        find_task(Path("post"))


def test_where_there_is_no_task_that_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TaskError, match="there is none under"):
        find_task(None)


def test_all_tasks_come_by_name(project):
    assert [task.name for task in all_tasks(project)] == ["letters", "mails"]


def test_the_name_in_the_file_is_the_name_of_the_folder(project):
    (project / "tasks" / "mails").rename(project / "tasks" / "posts")
    with pytest.raises(TaskError, match=r"name is 'mails' but the folder is 'posts'"):
        load_task(project / "tasks" / "posts")


def test_what_is_made_lives_in_var_of_the_project_or_where_the_environment_says(
    project, tmp_path, monkeypatch
):
    assert find_task(Path("letters")).var == project / "var" / "letters"
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "elsewhere"))
    assert find_task(Path("letters")).var == tmp_path / "elsewhere" / "letters"


@pytest.mark.usefixtures("project")
def test_paths_of_task_yaml_are_beside_it_or_under_var():
    task = find_task(Path("letters"))
    assert task.path("items/*.csv") == task.folder / "items" / "*.csv"
    assert task.path("{var}/inbox/*.csv") == task.var / "inbox" / "*.csv"


def test_a_file_where_what_is_made_is_to_lie_is_told(tmp_path, monkeypatch):
    folder = create(tmp_path, "letters")
    (tmp_path / "afile").touch()
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "afile"))
    with pytest.raises(TaskError, match=r"afile is a file, .* name a folder in TOUCHSTONE_VAR"):
        load_task(folder)
