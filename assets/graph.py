"""All assets of a task, in the order data flows."""

import dagster as dg

from assets.labels.consensus import consensus
from assets.labels.released import released
from assets.labels.student import student
from assets.landing.arrivals import arrivals
from assets.landing.items import items
from assets.people.audit import audit_sample
from assets.people.gold import gold
from assets.people.planned import planned
from assets.people.queue import queue
from assets.people.rereviews import rereviews
from assets.people.reviews import reviews
from assets.people.scripted import scripted
from assets.published.files import published
from assets.published.marts import marts
from assets.published.report import report
from assets.published.tracking import tracking
from assets.quality.accuracy import accuracy
from assets.quality.alarms import alarm_list
from assets.quality.canary import canary
from assets.quality.drift import drift
from assets.quality.early import early_warnings
from assets.quality.overall import overall
from assets.quality.queue_gain import queue_gain
from assets.quality.rule_analysis import rule_analysis
from assets.votes.certainty import certainty
from assets.votes.llm import models
from assets.votes.rules import rules
from assets.votes.sources import sources
from resources.task.task import Task


def assets(task: Task) -> list[dg.AssetsDefinition]:
    """Declare every asset of ``task``."""
    return [
        arrivals(task),
        items(task),
        rules(task),
        models(task),
        *sources(task),
        consensus(task),
        student(task),
        certainty(task),
        released(task),
        audit_sample(task),
        queue(task),
        rereviews(task),
        planned(task),
        *scripted(task),
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
