"""Label Studio as a task names it: by sensor and by hand, against a fake on a socket."""

import dagster as dg
import pytest

from orchestration.definitions import definitions
from resources.reviews.store import ReviewStore
from resources.task.task import load_task
from tests.fakes.label_studio import TOKEN, FakeStudio


@pytest.fixture
def studio():
    fake = FakeStudio()
    yield fake
    fake.shutdown()
    fake.server_close()


@pytest.fixture
def task(ran_task, tmp_path, monkeypatch, studio):
    """A copy of a task that was run, whose reviewers sit in Label Studio."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("STUDIO_TOKEN", TOKEN)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    file = project / "tasks" / "letters" / "task.yaml"
    section = f"\nlabel_studio: {{url: '{studio.url}', token_variable: STUDIO_TOKEN, keep: 4}}\n"
    file.write_text(file.read_text(encoding="utf-8") + section, encoding="utf-8")
    task = load_task(file.parent)
    store = ReviewStore(task.reviews)
    with store.database.read() as db:
        wanted = db.execute("select item_id, batch, text from items limit 6").fetchall()
    store.plan(
        {**dict(row), "item_id": f"new-{row['item_id']}", "origin": "queue"} for row in wanted
    )
    store.close()
    return task


def tick(task) -> str:
    sensor = definitions(task).get_repository_def().get_sensor_def("letters_label_studio")
    said = sensor(dg.build_sensor_context())
    assert isinstance(said, dg.SkipReason)
    return said.skip_message


def test_the_sensor_pushes_what_waits_and_pulls_what_was_annotated(task, studio):
    assert "pushed 4 items; 4 wait there" in tick(task)
    assert studio.projects[0]["title"] == "letters"
    assert all(f'value="{name}"' in studio.projects[0]["label_config"] for name in task.classes)
    studio.annotate(studio.tasks[0], "praise")
    assert "pulled 1 new answer from Label Studio and pushed 1 item; 4 wait there" in tick(task)
    store = ReviewStore(task.reviews)
    newest = store.reviews().to_pylist()[-1]
    store.close()
    ours = studio.tasks[0]["data"]["touchstone"]
    assert (newest["item_id"], newest["label"]) == (ours["item_id"], "praise")
    assert newest["reviewer"] == "label-studio/eve@example.org"


def test_a_command_does_it_by_hand(task, studio, touchstone):
    told = touchstone("review", "--label-studio", at=task.folder.parents[1])
    assert (told.code, told.err) == (0, "")
    assert "pushed 4 items" in " ".join(told.out.split())
    assert len(studio.tasks) == 4


def test_a_token_that_is_not_set_is_told_with_file_and_field(task, touchstone, monkeypatch):
    monkeypatch.delenv("STUDIO_TOKEN")
    told = touchstone("review", "--label-studio", at=task.folder.parents[1])
    assert told.code == 2
    assert "label_studio.token_variable" in told.err
    assert "STUDIO_TOKEN" in told.err


def test_a_task_without_the_section_has_no_such_sensor(ran_task, touchstone):
    names = [s.name for s in definitions(ran_task.task).get_repository_def().sensor_defs]
    assert "letters_label_studio" not in names
    told = touchstone("review", "--label-studio", at=ran_task.project)
    assert "has no section label_studio" in " ".join(told.err.split())
