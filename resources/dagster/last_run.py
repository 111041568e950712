"""The last run of a task; asked of Dagster's file where there is one: importing Dagster takes longer."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from resources.dagster.settings import HISTORY, postgres_of, read_settings
from resources.dagster.tags import LAUNCHED_TAG, PARTITION_NAME_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import is_alive
from resources.task.task import Task

ASKED = """
select r.pipeline_name, p.value, r.status, coalesce(r.end_time, r.start_time), w.value, l.value
from runs as r join run_tags as t on t.run_id = r.run_id and t.key = ? and t.value = ?
left join run_tags as p on p.run_id = r.run_id and p.key = ?
left join run_tags as w on w.run_id = r.run_id and w.key = ?
left join run_tags as l on l.run_id = r.run_id and l.key = ?
order by r.id desc limit 1
"""

INTERRUPTED = "interrupted"
"""State of a run whose process is gone; Dagster takes it for one that goes on."""

UNDER_WAY = ("starting", "started", "canceling")


class LastRun(NamedTuple):
    """A run; ``batch`` is ``None`` for one of all batches, ``seconds`` (since 1970) before it starts."""

    job: str
    batch: str | None
    state: str
    seconds: float | None


def last_run_of(task: Task) -> LastRun | None:
    """Return the newest run of a task, wherever its instance lies; ``None`` where there is none."""
    if postgres_of(read_settings(task.project)) is None:
        return last_run(task.var.parent, task.name)
    import dagster as dg

    from resources.dagster.instance import instance_of
    from resources.dagster.living import living_runs

    with instance_of(task) as instance:
        newest = instance.get_run_records(dg.RunsFilter(tags={TASK_TAG: task.name}), limit=1)
        if not newest:
            return None
        run, ended, began = newest[0].dagster_run, newest[0].end_time, newest[0].start_time
        state = run.status.value.lower()
        if state in UNDER_WAY and run.run_id not in living_runs(instance, task.name):
            state = INTERRUPTED
    return LastRun(
        _job(run.job_name, task.name), run.tags.get(PARTITION_NAME_TAG), state, ended or began
    )


def last_run(var: Path, task: str) -> LastRun | None:
    """Return the newest run of ``task`` from the file under ``var``; ``None`` where there is none."""
    path = var / "dagster" / HISTORY / "runs.db"
    if not path.is_file():
        return None
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    ) as db:
        tags = (TASK_TAG, task, PARTITION_NAME_TAG, PROCESS_TAG, LAUNCHED_TAG)
        row = db.execute(ASKED, tags).fetchone()
    if row is None:
        return None
    job, batch, state, seconds, process, launched = row
    state = str(state).lower()
    of_command = process is not None and launched is None  # the daemon's repeats carry both
    if state in UNDER_WAY and of_command and not is_alive(process):
        state = INTERRUPTED
    return LastRun(_job(str(job), task), batch, state, seconds)


def _job(name: str, task: str) -> str:
    """Name a job as people do; those of single assets, which automation starts, have a name of Dagster's own."""
    return "assets" if name.startswith("__") else name.removeprefix(f"{task}_")
