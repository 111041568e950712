"""MLflow's registry of prompts: each version that a pilot tried, with its figures, and which are asked.

What stands there already is read from MLflow's file, so that nothing new costs no import of MLflow.
"""

import hashlib
import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resources.pilots.rows import Candidate
from resources.task.errors import TaskError
from resources.task.task import Task
from resources.tracking.opened import open_tracking

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "promoted"
"""The alias of what the full run asks."""

VERSION = "touchstone.version"
"""The tag by which a version is known again."""

BUSY_S = 2.0
"""Seconds that somebody else may hold MLflow's file before it is left for the next time."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A prompt on a model as it is registered: what it is, its figures, and whether it is asked."""

    candidate: Candidate
    figures: Mapping[str, str] = field(default_factory=dict[str, str])
    promoted: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """What stands beside its text."""
        one = self.candidate
        return {**self.figures, "model": one.model, "candidate": one.name, VERSION: one.version}


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is registered: tags by prompt and number, and numbers that bear the alias by prompt."""

    tags: Mapping[str, Mapping[int, Mapping[str, str]]]
    aliases: Mapping[str, int]

    def number(self, name: str, version: str) -> int | None:
        """Return the number of a version; the newest, where somebody registered it twice."""
        found = [n for n, tags in self.tags.get(name, {}).items() if tags.get(VERSION) == version]
        return max(found, default=None)


def register_prompts(task: Task, tried: Sequence[Tried]) -> None:
    """Register what is not there yet, bring figures up to date, and let the alias stand where it should.

    The same version is registered once, however often it is tried.

    Raises
    ------
    TaskError
        If MLflow's file cannot be written; nothing of the pilot hangs on it.
    """
    try:
        wanted = {registered_name(task, one.candidate): one for one in tried if one.promoted}
        if not _missing(task, tried, wanted):
            return
        _write(task, tried, wanted)
    except TaskError:
        raise
    except (OSError, sqlite3.Error, *_of_mlflow()) as error:
        raise TaskError(f"{task.mlflow_store}: {str(error).splitlines()[0]}") from error


def registered_name(task: Task, one: Candidate) -> str:
    """Return under which name a candidate is registered: MLflow takes letters, digits and ``_.-``.

    What has other signs gets a few of a hash behind it, so that two stay two.
    """
    name = re.sub(r"[^a-zA-Z0-9_.-]", "-", one.name)
    if name != one.name:
        name = f"{name}-{hashlib.sha256(one.name.encode()).hexdigest()[:6]}"
    return f"{_prefix(task)}{name}"


def _prefix(task: Task) -> str:
    return f"{task.name}."


def _missing(task: Task, tried: Sequence[Tried], wanted: Mapping[str, Tried]) -> bool:
    if not task.mlflow_store.is_file():
        return bool(tried)
    there = _standing(task, {registered_name(task, one.candidate) for one in tried})
    for one in tried:
        name = registered_name(task, one.candidate)
        number = there.number(name, one.candidate.version)
        if number is None or not one.tags.items() <= there.tags[name][number].items():
            return True
    told = {name: there.number(name, one.candidate.version) for name, one in wanted.items()}
    return told != dict(there.aliases)


def _standing(task: Task, names: Collection[str]) -> _Standing:
    """Read what is registered, or say that somebody else holds the file."""
    marks = ", ".join("?" * len(names))
    tags: dict[str, dict[int, dict[str, str]]] = {}
    with closing(sqlite3.connect(task.mlflow_store, timeout=BUSY_S, isolation_level=None)) as db:
        try:
            db.execute("begin immediate")
            rows = db.execute(
                "select t.name, t.version, t.key, t.value from model_version_tags t"
                " join model_versions v on v.name = t.name and v.version = t.version"
                f" where v.current_stage <> 'Deleted_Internal' and t.name in ({marks})",
                tuple(names),
            ).fetchall()
            aliases = db.execute(
                "select name, version from registered_model_aliases"
                " where alias = ? and substr(name, 1, ?) = ?",
                (ALIAS, len(_prefix(task)), _prefix(task)),
            ).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return _Standing({}, {})  # of nobody yet
        finally:
            if db.in_transaction:
                db.execute("rollback")
    for name, number, key, value in rows:
        tags.setdefault(str(name), {}).setdefault(int(number), {})[str(key)] = str(value)
    return _Standing(tags, {str(name): int(number) for name, number in aliases})


def _write(task: Task, tried: Sequence[Tried], wanted: Mapping[str, Tried]) -> None:
    client, experiment = open_tracking(task)
    there = _standing(task, {registered_name(task, one.candidate) for one in tried})
    for one in tried:
        name = registered_name(task, one.candidate)
        number = there.number(name, one.candidate.version)
        if number is None:
            number = _add(client, name, one, experiment)
        else:
            known = there.tags[name][number]
            for key, value in one.tags.items() - known.items():
                client.set_prompt_version_tag(name, number, key, value)
        if wanted.get(name) is one and there.aliases.get(name) != number:
            client.set_prompt_alias(name, ALIAS, number)
    for name in there.aliases.keys() - wanted.keys():
        client.delete_prompt_alias(name, ALIAS)


def _add(client: "MlflowClient", name: str, one: Tried, experiment: str) -> int:
    """Register a version, and its prompt with the first; return its number."""
    from mlflow.prompt.constants import PROMPT_EXPERIMENT_IDS_TAG_KEY

    if client.get_prompt(name) is None:
        # the tag is what MLflow's page of the experiment finds its prompts by
        client.create_prompt(name, tags={PROMPT_EXPERIMENT_IDS_TAG_KEY: f",{experiment},"})
    made = client.create_prompt_version(
        name,
        one.candidate.text,
        description=f"{one.candidate.name} as it was tried",
        tags=one.tags,
        model_config={"model_name": one.candidate.model},
    )
    return int(made.version)


def _of_mlflow() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError
