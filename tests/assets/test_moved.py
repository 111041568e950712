"""A project that was moved or copied: MLflow reads and writes where it stands now."""

import shutil
from pathlib import Path

from mlflow.tracking import MlflowClient

from cli.new.new import create
from resources.task.task import Task, load_task
from resources.tracking.mlflow_file import follow_move


def with_one_artifact(project: Path) -> tuple[Task, str]:
    task = load_task(create(project, "letters"))
    task.var.mkdir(parents=True)
    client = MlflowClient(task.tracking_uri)
    place = client.create_experiment("letters", artifact_location=task.mlflow_artifacts.as_uri())
    client.create_experiment(
        "letters_too", artifact_location=f"{task.mlflow_artifacts.as_uri()}_too"
    )
    run = client.create_run(place).info.run_id
    (project / "report.html").write_text("first")
    client.log_artifact(run, str(project / "report.html"))
    return task, run


def test_artifacts_of_a_copy_are_read_and_written_in_the_copy(tmp_path: Path) -> None:
    original, run = with_one_artifact(tmp_path / "original of ann")
    shutil.copytree(tmp_path / "original of ann", tmp_path / "copy")
    task = load_task(tmp_path / "copy" / "tasks" / "letters")
    follow_move(task)
    client = MlflowClient(task.tracking_uri)
    known = client.get_run(run).info
    assert known.artifact_uri.startswith(task.mlflow_artifacts.as_uri())
    later = client.create_run(known.experiment_id).info.run_id
    client.log_artifact(later, str(tmp_path / "copy" / "report.html"))
    assert len(list(original.mlflow_artifacts.rglob("*.html"))) == 1
    assert len(list(task.mlflow_artifacts.rglob("*.html"))) == 2
    other = client.get_experiment_by_name("letters_too")
    assert "original%20of%20ann" in other.artifact_location


def test_what_was_not_moved_is_left_alone(tmp_path: Path) -> None:
    task, run = with_one_artifact(tmp_path / "original")
    before = MlflowClient(task.tracking_uri).get_run(run).info.artifact_uri
    follow_move(task)
    assert MlflowClient(task.tracking_uri).get_run(run).info.artifact_uri == before
    (task.var.parent / "mlflow.db").unlink()
    follow_move(task)
    assert not (task.var.parent / "mlflow.db").exists()
