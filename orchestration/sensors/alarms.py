"""What follows an alarm: people are told, and what they did about it is measured and published."""

import dagster as dg

from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.task import Task


def alert_sensor(task: Task) -> dg.SensorDefinition:
    """Build the sensor that tells people of each alarm once on each channel."""

    @dg.sensor(
        name=f"{task.name}_alerts",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tell Slack, webhooks and mail of each open alarm, once.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from orchestration.sensors.alerting import send_alerts

        told = send_alerts(task)
        for line in told:
            context.log.info(line)
        return dg.SkipReason("; ".join(told) or "nobody has to be told of anything")

    return sensor


def trail_sensor(task: Task) -> dg.SensorDefinition:
    """Build the sensor that measures and publishes anew when people dealt with an alarm.

    Its cursor counts the events of the audit trail that were taken in.
    """
    job = f"{task.name}_measure"

    @dg.sensor(
        name=f"{task.name}_alarm_trail",
        job_name=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Restart detectors that were reset, and publish what people did about alarms.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from orchestration.planning import batches_with_new_reviews
        from orchestration.sensors import run_requests as requests
        from resources.alerts.trail import AlarmTrail

        n_events = len(AlarmTrail(task.alarm_trail, task.changes).events())
        if n_events <= int(context.cursor or 0) or not stands(task):
            return dg.SkipReason("nobody has dealt with an alarm since")
        try:
            warehouse = requests.patient(task)
            stale = batches_with_new_reviews(task, warehouse)
            newest = warehouse.value("orchestration.planning.newest")
        except TaskError as error:
            return dg.SkipReason(str(error))
        # where no detector starts anew, measuring the newest batch lets what follows it be made
        wanted = stale or [str(newest)]
        asked = requests.ask(
            context, task, job, dict.fromkeys(wanted, f"alarm events up to {n_events}")
        )
        if isinstance(asked, dg.SkipReason) or len(stale) > requests.AT_ONCE:
            return asked
        return dg.SensorResult(run_requests=asked.run_requests, cursor=str(n_events))

    return sensor
