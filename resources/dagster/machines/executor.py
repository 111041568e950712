"""The executor of runs that a daemon launches: a run gives a sign of life wherever its process is."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor

from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import RUN, Sign


class SigningExecutor(InProcessExecutor):
    """Makes the steps of a run in its process, which holds the run's lock until it ends."""

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        """Take the lock, and go on as Dagster does."""
        database = Database.of(plan_context.instance)
        if database is not None:
            Sign(database, RUN, plan_context.run_id).take()
        yield from super().execute(plan_context, execution_plan)


@dg.executor(name="in_process")
def signing_executor(_: dg.InitExecutorContext) -> SigningExecutor:
    """Make the executor; it has nothing to set."""
    return SigningExecutor(RetryMode.ENABLED)
