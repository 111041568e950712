"""The sensor that fetches what providers' batches have answered."""

import dagster as dg

from labeling.counted import counted
from labeling.errors import LabelingError
from orchestration.planning import answers_to_come
from resources.task.errors import TaskError
from resources.task.task import Task

EVERY_S = 60
"""How often a provider is asked, in seconds; a batch takes minutes to a day."""

PATIENCE_S = 5.0
"""A sensor that cannot get at the ledger within this time tries again at its next turn."""


def model_answer_sensors(task: Task) -> list[dg.SensorDefinition]:
    """Build the sensor of a task that asks real models; else none.

    What it fetches goes into the ledger. The sensor of new batches sees that answers are there,
    and has those batches labelled again.
    """
    models = task.spec.models
    if models is None or task.spec.demo.simulated is not None:
        return []

    @dg.sensor(
        name=f"{task.name}_model_answers",
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Fetch what providers' batches have answered, partial results too.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not answers_to_come(task):
            return dg.SkipReason("no provider's batch is out")
        from resources.models.task_models import collect_answers

        try:
            got = collect_answers(task, wait_s=PATIENCE_S)
        except (TaskError, LabelingError) as error:
            return dg.SkipReason(str(error))
        for note in got.notes:
            context.log.warning(note)
        return dg.SkipReason(
            f"{counted(got.answered, 'answer')} came for ${got.cost_usd:.4f}, {got.unanswered} did not, "
            f"{counted(got.running, 'batch is', 'batches are')} at work"
            + "".join(f"; {note}" for note in got.notes)
        )

    return [sensor]
