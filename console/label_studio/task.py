"""The Label Studio that a task names: its address, project and token out of task.yaml."""

from contextlib import closing

from console.label_studio.client import LabelStudio
from console.label_studio.sync import Synced, sync
from resources.environment import secret
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore
from resources.task.task import Task


def sync_task(task: Task) -> Synced:
    """Pull what was annotated and push what waits; the project is made if there is none.

    Raises
    ------
    ReviewError
        If task.yaml names no Label Studio, the token is not set, or Label Studio refuses.
    """
    studio = task.spec.label_studio
    where = task.folder / "task.yaml"
    if studio is None:
        raise ReviewError(
            f"{where} has no section label_studio; it needs url and token_variable", "label_studio"
        )
    token = secret(studio.token_variable)
    if token is None:
        raise ReviewError(
            f"{where}: label_studio.token_variable: the environment variable "
            f"{studio.token_variable} is not set; it must hold an access token of {studio.url}",
            "label_studio",
        )
    reviewers = task.spec.reviewers
    store = ReviewStore(task.reviews, overlap_share=reviewers.overlap, kind=task.kind)
    with closing(store), LabelStudio(studio.url, token) as client:
        project = client.project(
            studio.project or task.name,
            list(task.classes),
            image=task.spec.source.image is not None,
            kind=task.kind,
        )
        return sync(
            store,
            client,
            project,
            keep=studio.keep,
            audit_rate=reviewers.audits,
            suggestions=reviewers.suggestions,
            images=task.image_folder if task.spec.source.image is not None else None,
            classes=task.classes,
        )
