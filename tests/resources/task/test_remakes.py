"""Every setting of task.yaml remakes what the one place says of it: no more, and no less."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from assets.reading.evidence import input_chain
from assets.reading.stamp import publication_stamp, reading_hash, settings_hash
from cli.new.new import create
from resources.store.table import as_arrow
from resources.store.tables import (
    AUDIT_SAMPLE,
    DRIFT,
    DRIFT_SERIES,
    GOLD,
    ITEMS,
    MODEL_VOTES,
    RELEASED,
    RULE_VOTES,
    STUDENT_VOTES,
)
from resources.store.warehouse import Warehouse
from resources.task.remakes import SETTINGS, Remakes, remakes
from resources.task.schema import TaskSpec
from resources.task.task import Task, load_task

EVERYTHING = yaml.safe_load("""
name: letters
description: d
guidelines: guidelines.md
owner: team
classes:
  - {name: praise, description: a, synonyms: [b], key: p}
  - {name: complaint, description: c, synonyms: [d], key: c}
class_balance: {praise: 0.5, complaint: 0.5}
source:
  files: items/*.csv
  generator: g.py
  image: photo
  image_folder: photos
  time: received_at
  time_format: '%d.%m.%Y'
  metadata: [channel]
  redact: [email]
  redact_patterns: {a: b}
batch: {every: day, cron: 0 3 * * *, timezone: UTC}
rules: {files: [rules.yaml, rules.py]}
models:
  prompts: [prompts/a.md]
  model: gpt-a
  api_base: http://127.0.0.1:1
  api_key_variable: KEY
  ask: all
  per_batch: 5
  pace: {gpt-a: {requests_per_minute: 5, tokens_per_minute: 5, concurrency: 2}}
  simulated: {truth: truth.csv, changes_at: '2026-03-02', confusions: {praise: complaint}}
  budget: {run_usd: 1, day_usd: 2, task_usd: 3}
  canary: {items: 30, every: 1, cron: 0 6 * * *}
  redact: [email]
  redact_patterns: {a: b}
student:
  embeddings: {model: e, api_base: http://127.0.0.1:1, api_key_variable: KEY}
  sentence_transformers: {model: s, device: cpu}
quality: {unchecked: [rules_say_something]}
alarm: {classes: {praise: 0.8}, voters: {rule/a: 0.8}}
alerts:
  link: https://example.org
  slack: {url_variable: A}
  webhooks: [{url_variable: B}]
  email: {host: h, port: 25, sender: a@example.org, to: [b@example.org], user_variable: U, password_variable: P}
reviewers:
  scripted: {truth: truth.csv, names: {a: praise}}
  budget_usd: 5
  usd_per_wrong_label: 5
  accuracy_wanted: 0.9
label_studio: {url: 'http://127.0.0.1:1', project: p, token_variable: T}
""")
OTHER: dict[str, Any] = {
    "name": "mails",
    "class_balance": {"praise": 0.4, "complaint": 0.6},
    "source.files": "other/*.csv",
    "source.redact": ["phone"],
    "source.redact_patterns": {"a": "c"},
    "source.metadata": ["topic"],
    "batch.every": "week",
    "batch.timezone": "Europe/Berlin",
    "batch.cron": "0 4 * * *",
    "models.ask": "undecided",
    "models.canary.cron": "0 7 * * *",
    "models.redact": ["phone"],
    "models.redact_patterns": {"a": "c"},
    "models.simulated.confusions": {"complaint": "praise"},
    "student.looks_at": "text",
    "student.features": "embeddings",
    "audit.design": "uniform",
    "queue.strategy": "random",
    "quality.unchecked": ["answers_take_time"],
    "alarm.severity": "error",
    "alarm.classes": {"praise": 0.7},
    "alarm.voters": {"rule/a": 0.7},
    "reviewers.scripted.names": {"b": "praise"},
}
"""Other values of settings that do not take just any."""

HASHED = (Remakes.READ, Remakes.LABELS, Remakes.MEASURES, Remakes.RESULTS)


def settings(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Every path of the schema that ends in a value."""
    for name, field in model.model_fields.items():
        inner = section_in(field.annotation)
        if inner is None:
            yield before + name
        else:
            yield from settings(inner, f"{before}{name}.")


def section_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (section_in(one) for one in getattr(annotation, "__args__", ()))
    return next((one for one in found if one is not None), None)


ALL = sorted(set(settings(TaskSpec)))


def another(path: str, value: Any) -> Any:
    if path in OTHER:
        return OTHER[path]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9 if value else 0.01
    if isinstance(value, str):
        return value[:-1] + "z" if path.endswith("key") else value + "Z"
    return [*value, "z"]


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    return TaskSpec.model_validate(EVERYTHING).model_dump(mode="json")


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory):
    """What the hashes of a task are, with some settings."""
    folder = create(tmp_path_factory.mktemp("project"), "letters")
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    warehouse.ensure(
        ITEMS,
        RULE_VOTES,
        MODEL_VOTES,
        STUDENT_VOTES,
        AUDIT_SAMPLE,
        GOLD,
        DRIFT,
        DRIFT_SERIES,
        RELEASED,
    )
    row = {"item_id": "i", "batch": "2026-03-02", "label": "praise", "stamp": "s"}
    warehouse.replace_batch(RELEASED, "2026-03-02", as_arrow(RELEASED, [row]))

    def of(spec: dict[str, Any]) -> dict[Remakes, object]:
        changed = Task(folder=folder, spec=TaskSpec.model_validate(spec), var=task.var)
        with warehouse.connect() as db:
            return {
                Remakes.READ: reading_hash(changed),
                Remakes.LABELS: settings_hash(changed),
                Remakes.MEASURES: input_chain(changed, db),
                Remakes.RESULTS: publication_stamp(changed, db),
            }

    yield of
    warehouse.close()


def changed(spec: dict[str, Any], path: str) -> dict[str, Any]:
    """The same settings with another value at one path; of lists the first part is changed."""
    new = deepcopy(spec)
    *above, last = path.split(".")
    at: Any = new
    for name in above:
        at = at[name]
        at = at[0] if isinstance(at, list) else at
        at = at["gpt-a"] if name == "pace" else at
    assert at[last] is not None, f"give {path} a value above"
    at[last] = another(path, at[last])
    if path == "classes.name":  # what names the class follows it
        new["class_balance"] = {at[last]: 0.5, "complaint": 0.5}
        new["alarm"]["classes"] = {at[last]: 0.8}
    return new


def test_every_setting_says_what_it_remakes_and_nothing_else_does():
    for path in ALL:
        assert remakes(path) in Remakes
    for path in SETTINGS:
        assert any(one == path or one.startswith(f"{path}.") for one in ALL), path


@pytest.mark.parametrize("path", ALL)
def test_a_changed_setting_remakes_what_is_said_of_it(path, everything, hashes):
    given = deepcopy(everything)
    if path == "source.query":  # in the place of files
        given["source"] |= {"files": None, "generator": None, "query": "select 1"}
    if path == "models.batch":
        given["models"]["simulated"] = None  # which has no batch endpoint
    before, after = hashes(given), hashes(changed(given, path))
    moved = {level for level in HASHED if before[level] != after[level]}
    expected = {remakes(path)} & set(HASHED)
    if path == "classes.name":
        expected |= {Remakes.MEASURES}  # evidence is kept by class
    assert moved == expected


def test_the_guide_lists_every_setting_under_what_it_remakes():
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "settings.md").read_text(
        encoding="utf-8"
    )
    parts = {level: guide.split(f"## {level.name}\n")[1].split("\n## ")[0] for level in Remakes}
    for path, level in SETTINGS.items():
        assert f"`{path}`" in parts[level], path
        assert all(f"`{path}`" not in parts[other] for other in Remakes if other is not level)
    assert all(level.value in parts[level] for level in Remakes)


def test_another_order_of_classes_remakes_nothing(everything, hashes):
    turned = deepcopy(everything)
    turned["classes"].reverse()
    before, after = hashes(everything), hashes(turned)
    assert {level for level in HASHED if before[level] != after[level]} <= {Remakes.MEASURES}
