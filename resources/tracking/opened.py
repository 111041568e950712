"""MLflow opened for a task: a client, and the experiment of that name."""

from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from resources.task.task import Task
from resources.tracking.tracking_store import ready_tracking_store

if TYPE_CHECKING:
    from mlflow import MlflowClient


def import_ahead() -> None:
    """Begin to import MLflow, 3 s of computing, for whoever is about to wait for another process."""
    Thread(target=_imported, name="import of MLflow").start()


def _imported() -> None:
    with suppress(Exception):  # whoever opens it meets the same, and tells it
        import_module("mlflow.tracking")


def open_tracking(task: Task) -> tuple["MlflowClient", str]:
    """Return a client of the task's store, made if need be, and the id of its experiment.

    Raises
    ------
    TaskError
        If the store cannot be brought to today's tables.
    """
    import mlflow
    from mlflow.tracking import MlflowClient

    ready_tracking_store(task.var.parent)
    mlflow.set_tracking_uri(task.tracking_uri)
    client = MlflowClient()
    found = client.get_experiment_by_name(task.name)
    if found:
        return client, found.experiment_id
    where = task.mlflow_artifacts.as_uri()
    return client, client.create_experiment(task.name, artifact_location=where)
