"""``dagster.yaml`` of a project: what it may say, and in which words it is refused."""

import importlib.util
from pathlib import Path

import pytest
import yaml

from resources.dagster.instance import dagster_home
from resources.dagster.settings import postgres_of, read_settings
from resources.task.errors import TaskError


def written(folder: Path, text: str) -> Path:
    (folder / "dagster.yaml").write_text(text)
    return folder


def test_without_the_file_nothing_is_said(tmp_path):
    assert read_settings(tmp_path) == {}
    assert postgres_of({}) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("concurrency: {runs: {}}", "concurrency is not allowed here; allowed are storage, run_launcher"),
        ("storage: {mysql: {}}", "storage: mysql is not allowed here; allowed are postgres"),
        ("storage: postgres", r"storage: expected keys with values \(postgres\)"),
        ("storage: {postgres: {postgres_uri: x}}", "postgres_uri is not allowed here"),
        ("storage: {postgres: {}}", "say one of postgres_url and postgres_db"),
        ("run_launcher: {modul: x}", "run_launcher: modul is not allowed here"),
        ("storage: [", "is not YAML"),
        ("storage: {postgres: {postgres_url: {env: NOT_SET_ANYWHERE}}}", "NOT_SET_ANYWHERE is not set"),
        ("storage: {postgres: {postgres_url: 'postgresql://me:hush@db/runs'}}", "holds a password"),
        ("storage: {postgres: {postgres_url: 'postgresql://me@db/runs?password=hush'}}", "holds a pass"),
        (
            "storage: {postgres: {postgres_db: {username: me, hostname: db, db_name: runs, password: hush}}}",
            "storage.postgres.postgres_db.password holds a password",
        ),
    ],
)  # fmt: skip
def test_what_is_not_for_it_to_say_is_told_with_its_place_and_no_password(tmp_path, text, told):
    with pytest.raises(TaskError, match=told) as error:
        read_settings(written(tmp_path, text))
    assert str(tmp_path / "dagster.yaml") in str(error.value)
    assert "hush" not in str(error.value)


def test_a_missing_package_is_told_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TaskError, match=r"pip install 'touchstone\[dagster-postgres\]'"):
        read_settings(written(tmp_path, "storage: {postgres: {postgres_url: 'postgresql://db/r'}}"))


def test_what_steps_print_is_written_to_no_path_of_another_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("KEPT_AT", "postgresql://db/runs")
    project = written(tmp_path, "storage: {postgres: {postgres_url: {env: KEPT_AT}}}\n")
    text = (dagster_home(tmp_path / "var", project) / "dagster.yaml").read_text()
    assert str(tmp_path) not in text
    assert yaml.safe_load(text)["compute_logs"]["class"] == "NoOpComputeLogManager"


def test_keys_are_laid_over_ours_and_one_run_a_task_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("KEPT_AT", "postgresql://me:hush@db/runs")
    project = written(
        tmp_path,
        "storage: {postgres: {postgres_url: {env: KEPT_AT}}}\n"
        "compute_logs: {module: dagster_aws.s3.compute_log_manager, class: S3ComputeLogManager}\n",
    )
    text = (dagster_home(tmp_path / "var", project) / "dagster.yaml").read_text()
    said = yaml.safe_load(text)
    assert said["concurrency"]["runs"]["tag_concurrency_limits"][0]["limit"] == 1
    assert said["compute_logs"]["class"] == "S3ComputeLogManager"
    assert said["storage"]["custom"]["config"] == {"postgres_url": {"env": "KEPT_AT"}}
    assert "event_log_storage" not in said
    assert "hush" not in text
