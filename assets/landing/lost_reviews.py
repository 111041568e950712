"""Before any work: are people's answers still there? A file that was emptied or deleted is told, not replaced."""

from resources.reviews.arrow_tables import holds_answers
from resources.store.place import stands
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task


def check_lost_reviews(task: Task, warehouse: Warehouse) -> None:
    """Refuse to go on where the warehouse knows answers and the review store holds none.

    Raises
    ------
    TaskError
        Naming the file, how many answers are gone, and both ways out.
    """
    if (told := lost_reviews(task, warehouse)) is not None:
        raise TaskError(told)


def lost_reviews(task: Task, warehouse: Warehouse) -> str | None:
    """Say that the review store lost its answers; None where it did not, or nothing ran yet."""
    if not stands(task) or holds_answers(task.reviews):
        return None
    known = warehouse.value("landing.lost_reviews.how_many")
    if not known:
        return None
    return (
        f"{task.reviews} holds no answer, and the last run knew {known:,}: it was emptied or "
        "deleted. Put a backup in its place; or go on without the answers: "
        f"`touchstone reset {task.name}` and run again"
    )
