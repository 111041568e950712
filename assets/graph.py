"""All assets of a task, in the order data flows."""

import dagster as dg

from assets.accuracy import accuracy
from assets.alarms import alarm_list
from assets.arrivals import arrivals
from assets.audit import audit_sample
from assets.canary import canary
from assets.consensus import consensus
from assets.drift import drift
from assets.early import early_warnings
from assets.gold import gold
from assets.items import items
from assets.llm import models
from assets.marts import marts
from assets.overall import overall
from assets.published import published
from assets.queue import queue
from assets.queue_gain import queue_gain
from assets.released import released
from assets.report import report
from assets.rereviews import rereviews
from assets.reviews import reviews
from assets.rule_analysis import rule_analysis
from assets.rules import rules
from assets.student import student
from assets.tracking import tracking
from orchestration.task.task import Task


def assets(task: Task) -> list[dg.AssetsDefinition]:
    """Declare every asset of ``task``."""
    return [
        arrivals(task),
        items(task),
        rules(task),
        models(task),
        consensus(task),
        student(task),
        released(task),
        audit_sample(task),
        queue(task),
        rereviews(task),
        reviews(task),
        gold(task),
        accuracy(task),
        drift(task),
        early_warnings(task),
        canary(task),
        rule_analysis(task),
        overall(task),
        alarm_list(task),
        queue_gain(task),
        marts(task),
        published(task),
        report(task),
        tracking(task),
    ]
