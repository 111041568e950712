"""Take batches out of everything that was made of them; what people and models said stays.

Reviews, alarms that were dealt with, model answers and vectors stand in files of their own and are
never taken out: made again, a batch finds them there. Nor are the rounds of the canary, which were
paid for and tell of the models.
"""

from collections.abc import Sequence

from resources.reviews.store import ReviewStore
from resources.store.session import Session
from resources.store.warehouse import Warehouse, transaction
from resources.task.task import Task

KEPT = (
    "raw.arrivals", "raw.quarantine", "quality.tracked", "quality.alarm_events", "quality.canary",
    "people.canary_panel", "people.canary_examples",
)  # fmt: skip
"""Tables by batch that are left alone: what landed follows the files, MLflow its own step."""

OF_BATCHES = """
select distinct schema_name || '.' || table_name from duckdb_columns()
join duckdb_tables() using (schema_name, table_name)
where column_name = 'batch' and schema_name in ('raw', 'votes', 'labels', 'people', 'quality')
order by 1
"""


def made(warehouse: Warehouse) -> list[str]:
    """Name the batches of which anything was made, in the order of time."""
    with warehouse.connect() as db:
        tables = _tables(db)
        if not tables:
            return []
        union = " union ".join(f"select batch from {table}" for table in tables)
        return [row[0] for row in db.execute(f"select batch from ({union}) order by 1").fetchall()]


def forget(task: Task, warehouse: Warehouse, batches: Sequence[str]) -> None:
    """Take out every row and student made of ``batches``, and what is still to be reviewed of them."""
    with warehouse.connect() as db, transaction(db):
        for table in _tables(db):
            db.execute(f"delete from {table} where list_contains(?, batch)", [list(batches)])
    for batch in batches:
        for path in (task.students / f"{batch}.joblib", task.students / f"{batch}.md"):
            path.unlink(missing_ok=True)
    if task.reviews.is_file():
        ReviewStore(task.reviews).withdraw(batches)


def _tables(db: Session) -> list[str]:
    return [name for (name,) in db.execute(OF_BATCHES).fetchall() if name not in KEPT]
