"""The schedule of a task: when it ticks and what it asks for."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.schedules import CRON, schedules
from resources.task.task import Task, load_task

ROOT = Path(__file__).parents[2]


def with_batches(every: str, cron: str | None = None) -> Task:
    task = load_task(ROOT / "tasks" / "support_inbox")
    batch = task.spec.batch.model_copy(update={"every": every, "cron": cron})
    return Task(task.folder, task.spec.model_copy(update={"batch": batch}), task.var)


@pytest.mark.parametrize("every", sorted(CRON))
def test_a_schedule_asks_for_one_reading_of_the_files_a_tick(every):
    (schedule,) = schedules(with_batches(every))
    assert schedule.name == f"support_inbox_every_{every}"
    assert schedule.job_name == "support_inbox_land"
    at = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    said = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at))
    (request,) = said.run_requests
    again = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at))
    assert again.run_requests[0].run_key == request.run_key


def test_task_yaml_may_say_when():
    (schedule,) = schedules(with_batches("day", cron="30 5 * * *"))
    assert schedule.cron_schedule == "30 5 * * *"
    assert schedules(with_batches("day"))[0].cron_schedule == CRON["day"]
