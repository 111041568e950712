"""The states of a task: what must never be lost, with the tables that each is made of."""

from labeling.llm.canary import rounds
from labeling.llm.ledger.ledger import SCHEMA as LEDGER
from labeling.llm.ledger.shared import SHARED
from labeling.state.moving.kept import State
from resources.alerts import ledger as alerts
from resources.alerts import trail
from resources.reviews import schema as reviews
from resources.task.classes import record
from resources.task.task import Task


def states_of(task: Task) -> tuple[State, ...]:
    """Return the states of a task as they are kept where task.yaml says."""
    of_trail, of_trail_in_postgres = trail.tables_at(task.alarm_trail)
    return (
        State(task.reviews, (record.SCHEMA + reviews.TABLES,), reviews.IN_POSTGRES),
        State(task.ledger, (LEDGER, rounds.SCHEMA), SHARED, counted="select count_anew()"),
        State(task.alerts, (alerts.SCHEMA,)),
        State(task.alarm_trail, (of_trail,), of_trail_in_postgres),
    )
