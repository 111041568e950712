"""What follows an alarm: people are told, and what they did about it is measured and published."""

import dagster as dg

from orchestration.task.task import Task


def alert_sensor(task: Task) -> dg.SensorDefinition:
    """Build the sensor that tells people of each alarm once on each channel."""

    @dg.sensor(
        name=f"{task.name}_alerts",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tell Slack, webhooks and mail of each open alarm, once.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from orchestration.alerting import send_alerts

        told = send_alerts(task)
        for line in told:
            context.log.info(line)
        return dg.SkipReason("; ".join(told) or "nobody has to be told of anything")

    return sensor
