"""Before any work: is what models answered still there? Lost, it would be asked and paid for again in silence."""

from collections.abc import Iterator

from labeling.llm.ledger.rows import kept_answers
from resources.models.vectors.store import holds_vectors
from resources.store.place import stands
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task

OUT = (
    "it was emptied or deleted. Put a backup in its place; or ask again and pay again: "
    "`touchstone reset {task}` and run again"
)


def check_lost_answers(task: Task, warehouse: Warehouse) -> None:
    """Refuse to go on where votes or students stand, and what they were made of is gone.

    Raises
    ------
    TaskError
        Naming the file and both ways out.
    sqlite3.DatabaseError
        If a file is damaged.
    """
    for told in lost_answers(task, warehouse):
        raise TaskError(told)


def lost_answers(task: Task, warehouse: Warehouse) -> Iterator[str]:
    """Say which file lost what was paid for; a simulated model and one of this machine cost nothing."""
    models, student = task.spec.models, task.spec.student
    if models is not None and task.spec.demo.simulated is None and stands(task):
        # asked first: a damaged ledger is told whatever was voted
        kept = kept_answers(task.ledger, at_most=1)
        votes = warehouse.value("landing.lost_answers.how_many")
        if votes and not kept:
            yield (
                f"{task.ledger} holds no answer, and the last run knew {votes:,} votes of models: "
                f"{OUT.format(task=task.name)}"
            )
    # a student on vectors has a card alone
    cards = [
        card for card in task.students.glob("*.md") if not card.with_suffix(".joblib").exists()
    ]
    if student.features == "embeddings" and cards and not holds_vectors(task.embeddings):
        yield (
            f"{task.embeddings} holds no vector, and students were made of some: "
            f"{OUT.format(task=task.name)}"
        )
