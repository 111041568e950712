"""What each setting of ``task.yaml`` remakes when it is changed: said here, and nowhere else."""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from resources.task.schema import TaskSpec


class Remakes(Enum):
    """What is made anew by the next run, because a setting is another one."""

    READ = "files are read anew, and what another reading changes is labelled anew"
    LABELS = "every batch is labelled anew; answers that the ledger holds are not paid again"
    MEASURES = "accuracy, evidence and alarms of every batch are worked out anew"
    RESULTS = "published files and the report are made anew"
    LOOKED_UP = (
        "nothing by itself: what it names is compared in every run, and counts if it changed"
    )
    NOTHING = "nothing: it counts from the next run, question or page on"


SETTINGS: Mapping[str, Remakes] = {
    "name": Remakes.NOTHING,  # another name is another task
    "description": Remakes.RESULTS,
    "guidelines": Remakes.NOTHING,
    "owner": Remakes.NOTHING,
    "classes": Remakes.LABELS,
    "classes.key": Remakes.NOTHING,
    "class_balance": Remakes.LABELS,
    "source": Remakes.READ,
    "source.files": Remakes.LOOKED_UP,
    "source.query": Remakes.LOOKED_UP,
    "source.generator": Remakes.NOTHING,
    "source.image_folder": Remakes.LOOKED_UP,
    "source.bad_rows_at_most": Remakes.NOTHING,
    "batch": Remakes.READ,
    "batch.cron": Remakes.NOTHING,
    "rules.files": Remakes.LOOKED_UP,
    "rules.failures_at_most": Remakes.NOTHING,
    "models": Remakes.LABELS,
    "models.api_key_variable": Remakes.NOTHING,
    "models.concurrency": Remakes.NOTHING,
    "models.pace": Remakes.NOTHING,
    "models.batch": Remakes.NOTHING,
    "models.budget": Remakes.NOTHING,  # a batch that it cut short goes on by itself
    "models.canary": Remakes.NOTHING,
    "student": Remakes.LABELS,
    "student.embeddings.api_key_variable": Remakes.NOTHING,
    "student.embeddings.at_once": Remakes.NOTHING,
    "student.embeddings.retries": Remakes.NOTHING,
    "student.embeddings.budget_usd": Remakes.NOTHING,
    "student.sentence_transformers.device": Remakes.NOTHING,
    "student.sentence_transformers.at_once": Remakes.NOTHING,
    "audit": Remakes.LABELS,
    "queue": Remakes.LABELS,
    "quality": Remakes.NOTHING,  # limits of checks
    "quality.window_batches": Remakes.MEASURES,
    "alarm": Remakes.MEASURES,
    "alarm.holds_publication": Remakes.RESULTS,
    "alarm.severity": Remakes.NOTHING,
    "alerts": Remakes.NOTHING,
    "reviewers": Remakes.RESULTS,  # what reviews cost, and when they no longer pay
    "reviewers.scripted": Remakes.NOTHING,
    "reviewers.suggestions": Remakes.NOTHING,
    "reviewers.audits": Remakes.NOTHING,
    "reviewers.checks": Remakes.NOTHING,
    "reviewers.overlap": Remakes.NOTHING,
    "label_studio": Remakes.NOTHING,
}
"""A section stands for all of it but what is named below it. Every setting is in one of them."""


def remakes(setting: str) -> Remakes:
    """Return what a setting remakes, by its path in task.yaml.

    Raises
    ------
    KeyError
        If it stands nowhere in :data:`SETTINGS`.

    Examples
    --------
    >>> remakes("source.redact"), remakes("source.bad_rows_at_most")
    (<Remakes.READ: ...>, <Remakes.NOTHING: ...>)
    """
    parts = setting.split(".")
    for length in range(len(parts), 0, -1):
        found = SETTINGS.get(".".join(parts[:length]))
        if found is not None:
            return found
    raise KeyError(setting)


def hash_of(spec: TaskSpec, level: Remakes) -> str:
    """Hash all settings that remake the same; the order of the classes is none of them."""
    chosen = cast("dict[str, Any]", _chosen(spec.model_dump(mode="json"), "", level))
    if "classes" in chosen:
        chosen["classes"] = sorted(chosen["classes"], key=lambda one: str(one["name"]))
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def _chosen(value: Any, path: str, level: Remakes) -> Any:
    """Keep of nested settings those that remake ``level``; the parts of a list share its path."""
    if isinstance(value, dict):
        inside = {
            key: _chosen(inner, f"{path}.{key}" if path else str(key), level)
            for key, inner in cast("dict[str, Any]", value).items()
        }
        return {key: inner for key, inner in inside.items() if inner not in ({}, None)} or None
    if isinstance(value, list):
        parts = [_chosen(inner, path, level) for inner in cast("list[Any]", value)]
        return [part for part in parts if part is not None] or None
    return value if remakes(path) is level else None
