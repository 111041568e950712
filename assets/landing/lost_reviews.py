"""Before any work: are people's answers still there? A file that was emptied or deleted is told, not replaced."""

import sqlite3
from contextlib import closing
from pathlib import Path

from resources.store.standing import stands
from resources.store.tables import REVIEWS
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
    if not stands(task) or _holds_answers(task.reviews):
        return None
    warehouse.ensure(REVIEWS)
    known = warehouse.read(f"select count(*) as n from {REVIEWS.sql_name}")["n"][0].as_py()
    if not known:
        return None
    return (
        f"{task.reviews} holds no answer, and the last run knew {known:,}: it was emptied or "
        "deleted. Put a backup in its place; or go on without the answers: "
        f"`touchstone reset {task.name}` and run again"
    )


def _holds_answers(path: Path) -> bool:
    """Tell whether there is an answer; a damaged file may hold some, and is told elsewhere."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("select exists (select 1 from reviews)").fetchone()[0])
    except sqlite3.OperationalError as error:
        return "no such table" not in str(error)
    except sqlite3.DatabaseError:
        return True
