"""The student in MLflow: what it takes, what it gives, how good it is, what to know of it."""

import shutil
from typing import Any

from assets.published.tracking import Runs
from assets.reading.features import student_inputs
from resources.task.task import load_task
from tests.conftest import DAYS


def test_the_newest_student_is_registered_with_signature_real_texts_and_card(ran_task):
    from mlflow.models import Model
    from mlflow.tracking import MlflowClient

    task = ran_task.task
    client = MlflowClient(task.tracking_uri)
    (version,) = client.search_model_versions("name='letters_student'")
    card = str(version.description)
    assert "# Student of letters" in card
    assert "| accuracy |" in card
    assert "pooling: on" in card
    logged = str(version.source).rpartition("/")[2]
    (folder,) = [p.parent for p in task.mlflow_artifacts.rglob("MLmodel") if logged in p.parts]
    model = Model.load(folder)
    assert model.signature.inputs is not None
    assert model.signature.outputs is not None
    example: Any = model.load_input_example(str(folder))
    texts = {str(text) for text in example.ravel()}
    assert len(texts) == 3
    assert all(any(word in text for word in ("Thank", "broken", "open")) for text in texts)


def test_each_batch_has_the_accuracy_of_its_student_and_the_card(ran_task):
    from mlflow.tracking import MlflowClient

    task = ran_task.task
    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name(task.name)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    runs = [run for run in found if run.info.run_name in DAYS]
    assert len(runs) == 2
    for run in runs:
        assert 0 <= run.data.metrics["student_accuracy"] <= 1
        assert run.data.metrics["student_judged_on"] > 0
        (accuracy,) = client.get_metric_history(run.info.run_id, "student_accuracy")
        assert run.info.end_time is not None
        assert run.info.start_time <= accuracy.timestamp <= run.info.end_time
        kept = {item.path for item in client.list_artifacts(run.info.run_id)}
        assert f"{run.info.run_name}.md" in kept


def test_registering_a_student_again_is_a_new_version_and_prints_nothing(
    ran_task, tmp_path, capfd, monkeypatch
):
    from mlflow.utils import requirements_utils

    monkeypatch.setattr(requirements_utils, "_MODULES_TO_PACKAGES", None)
    shutil.copytree(ran_task.task.folder, tmp_path / "tasks" / "letters")
    shutil.copytree(ran_task.task.students, tmp_path / "var" / "letters" / "students")
    task = load_task(tmp_path / "tasks" / "letters")
    runs = Runs(task)
    inputs = student_inputs(task, ["Thank you for the lamp", "It is broken"], [None, None])
    capfd.readouterr()
    for _ in range(2):
        run = runs.client.create_run(runs.experiment).info.run_id
        runs.register_student(run, DAYS[1], inputs)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    versions = runs.client.search_model_versions("name='letters_student'")
    assert {int(found.version) for found in versions} == {1, 2}
    assert all("# Student of letters" in str(found.description) for found in versions)
    assert requirements_utils._MODULES_TO_PACKAGES is None, "nor looks up all that is installed"
