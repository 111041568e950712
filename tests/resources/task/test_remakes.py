"""Every setting of task.yaml remakes what its field says: no more, and no less."""

from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml

from assets.reading.evidence import input_chain
from assets.reading.stamp import publication_stamp, reading_hash, settings_hash
from cli.new.new import create
from labeling.kinds.registry import KINDS
from labeling.kinds.single.kind import Single
from labeling.state.postgres import PostgresSchema
from resources.models.task_models import voter_versions
from resources.pilots.rows import Candidate
from resources.pilots.store import PilotStore
from resources.store.table import as_arrow
from resources.store.tables import (
    RELEASED,
)
from resources.store.warehouse import Warehouse
from resources.task.settings.models import Pilot
from resources.task.settings.remakes import hash_of, settings
from resources.task.settings.schema import TaskSpec
from resources.task.settings.section import Remakes, Section
from resources.task.settings.zero_shot import ZeroShot
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
  prompts: [prompts/classify.md]
  model: gpt-a
  api_base: http://127.0.0.1:1
  api_key_variable: KEY
  ask: all
  per_batch: 5
  pace: {gpt-a: {requests_per_minute: 5, tokens_per_minute: 5, concurrency: 2}}
  prices: {gpt-a: {input: 1, output: 2}}
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
  budget_usd: 5
  usd_per_wrong_label: 5
  accuracy_wanted: 0.9
label_studio: {url: 'http://127.0.0.1:1', project: p, token_variable: T}
store: {lake: {catalog: a.ducklake, data: folder}}
demo:
  generator: g.py
  simulated: {truth: truth.csv, changes_at: '2026-03-02', confusions: {praise: complaint}}
  scripted: {truth: truth.csv, names: {a: praise}}
scale: {engine: dask, address: "tcp://127.0.0.1:8786"}
""")
OTHER: dict[str, Any] = {
    "name": "mails",
    "zero_shot.name": "far",
    "kind": "otherwise",
    "class_balance": {"praise": 0.4, "complaint": 0.6},
    "excludes": [["complaint", "praise"]],
    "source.files": "other/*.csv",
    "source.redact": ["phone"],
    "source.redact_patterns": {"a": "c"},
    "source.metadata": ["topic"],
    "batch.every": "week",
    "batch.timezone": "Europe/Berlin",
    "batch.cron": "0 4 * * *",
    "models.ask": "undecided",
    "models.pace": {"gpt-a": {"requests_per_minute": 6}},
    "models.prices": {"gpt-a": {"input": 2, "output": 3}},
    "models.canary.cron": "0 7 * * *",
    "models.redact": ["phone"],
    "models.redact_patterns": {"a": "c"},
    "demo.simulated.confusions": {"complaint": "praise"},
    "student.looks_at": "text",
    "student.thresholds": 0.9,
    "student.features": "embeddings",
    "audit.design": "uniform",
    "queue.strategy": "random",
    "quality.unchecked": ["answers_take_time"],
    "alarm.severity": "error",
    "alarm.classes": {"praise": 0.7},
    "alarm.voters": {"rule/a": 0.7},
    "alarm.precision_at_least": 0.7,
    "alarm.recall_at_least": 0.7,
    "demo.scripted.names": {"b": "praise"},
    "overlap": "allowed",
    "unit": None,  # there is but one
    "scale.engine": "here",
}
"""Other values of settings that do not take just any."""

SETS = {"at_most": 1, "none_allowed": False, "excludes": [["praise", "complaint"]]}
"""Settings of items that may have several classes."""

ZERO_SHOT = {
    "clip": {"weights": "w", "threads": 1},
    "sentence_transformers": {"model": "s", "device": "cpu"},
    "embeddings": {"model": "e", "api_base": "http://127.0.0.1:1", "api_key_variable": "KEY"},
}
"""Models of zero-shot voters, of which one has exactly one."""

PARTS_OF_F1 = ("alarm.precision_at_least", "alarm.recall_at_least")

HASHED = (Remakes.LANDING, Remakes.LABELS, Remakes.QUALITY, Remakes.PUBLISHED)
SETTINGS = dict(settings(TaskSpec))
del SETTINGS["zero_shot.clip.model"]  # there is but one


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


class Otherwise(Single):
    """A kind that only these tests know."""

    name = "otherwise"


@pytest.fixture(scope="module", autouse=True)
def two_kinds():
    with pytest.MonkeyPatch.context() as patch:
        for module in ("resources.task.settings.schema", "labeling.kinds.registry"):
            patch.setattr(f"{module}.KINDS", {**KINDS, "otherwise": Otherwise()})
        for said in ("look", "exists"):  # a database in which nothing is kept
            patch.setattr(PostgresSchema, said, lambda _: None)
        yield


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    return TaskSpec.model_validate(EVERYTHING).model_dump(mode="json")


@pytest.fixture(scope="module")
def task_with(tmp_path_factory: pytest.TempPathFactory):
    """One task, with some settings."""
    task = load_task(create(tmp_path_factory.mktemp("project"), "letters"))
    return lambda spec: Task(task.folder, TaskSpec.model_validate(spec), task.var)


@pytest.fixture(scope="module")
def hashes(task_with, everything):
    """What the hashes of a task are, with some settings."""
    task = task_with(everything)
    warehouse = Warehouse(path=str(task.warehouse))
    row = {"item_id": "i", "batch": "2026-03-02", "label": "praise", "stamp": "s"}
    warehouse.replace_batch(RELEASED, "2026-03-02", as_arrow(RELEASED, [row]))

    def of(spec: dict[str, Any]) -> dict[Remakes, object]:
        changed = task_with(spec)
        with warehouse.connect() as db:
            return {
                Remakes.LANDING: reading_hash(changed),
                Remakes.LABELS: settings_hash(changed),
                Remakes.QUALITY: input_chain(changed, db),
                Remakes.PUBLISHED: publication_stamp(changed, db),
            }

    yield of
    warehouse.close()


def fit(spec: dict[str, Any], path: str) -> dict[str, Any]:
    """The settings without what excludes the one at a path."""
    given = deepcopy(spec)
    if path == "source.query":  # in the place of files
        given["source"] |= {"files": None, "query": "select 1"}
        given["demo"]["generator"] = None
    if path in SETS:
        given |= {"kind": "several"} | SETS
    if path in PARTS_OF_F1:
        given["alarm"] |= {"precision_at_least": 0.8, "recall_at_least": 0.8}
    if path in ("overlap", "unit", *PARTS_OF_F1):
        given |= {"kind": "spans", "overlap": "none", "unit": "character"}
        given["source"]["image"] = None
        given["models"] |= {"redact": [], "redact_patterns": {}}
        given["student"]["looks_at"] = "text"
    if path == "student.thresholds":
        given["kind"], given["student"]["thresholds"] = "several", "f1"
    if path.startswith("models.pilot"):
        given["models"]["pilot"] = Pilot().model_dump(mode="json")
    if path.startswith("zero_shot."):
        model = path.split(".")[1] if path.count(".") > 1 else "clip"
        voter = {"name": "near", "template": "{class}", "scale": 10, "margin": 0.1}
        voter |= {model: ZERO_SHOT[model]}
        given["zero_shot"] = [ZeroShot.model_validate(voter).model_dump(mode="json")]
    if path == "state.postgres":
        given["state"]["postgres"] = "postgres://touchstone@127.0.0.1:1/kept"
    if path == "scale.engine":
        given["scale"]["address"] = None
    if path == "models.batch":
        given["demo"]["simulated"] = None  # which has no batch endpoint
    return given


def changed(spec: dict[str, Any], path: str) -> dict[str, Any]:
    """The same settings with another value at one path; of lists the first part is changed."""
    new = deepcopy(spec)
    *above, last = path.split(".")
    at: Any = new
    for name in above:
        at = at[name]
        at = at[0] if isinstance(at, list) else at
    assert at[last] is not None, f"give {path} a value above"
    at[last] = another(path, at[last])
    if path == "classes.name":  # what names the class follows it
        new["class_balance"] = {at[last]: 0.5, "complaint": 0.5}
        new["alarm"]["classes"] = {at[last]: 0.8}
    return new


@pytest.mark.parametrize(("path", "level"), SETTINGS.items())
def test_a_changed_setting_remakes_what_its_field_says(path, level, everything, hashes):
    given = fit(everything, path)
    before, after = hashes(given), hashes(changed(given, path))
    moved = {one for one in HASHED if before[one] != after[one]}
    expected = {Remakes.LABELS if level is Remakes.VOTES else level} & set(HASHED)
    if path == "classes.name":
        expected |= {Remakes.QUALITY}  # evidence is kept by class
    assert moved == expected


@pytest.mark.parametrize(
    "path",
    [path for path, level in SETTINGS.items() if level is not Remakes.VOTES and path != "name"],
)
def test_votes_stand_where_a_setting_does_not_remake_them(path, everything, task_with):
    given = fit(everything, path)
    before = voter_versions(task_with(given))
    assert before or path.startswith("models.pilot"), "before a promotion nobody votes"
    assert voter_versions(task_with(changed(given, path))) == before


def test_with_a_pilot_a_promotion_remakes_labels_and_a_prompt_file_does_not(
    everything, task_with, hashes
):
    given = deepcopy(everything)
    given["models"]["pilot"] = {}
    task = task_with(given)
    prompt = task.folder / "prompts" / "classify.md"
    assert hashes(everything)[Remakes.LABELS] != hashes(given)[Remakes.LABELS]
    before, text = hashes(given)[Remakes.LABELS], prompt.read_text(encoding="utf-8")
    prompt.write_text(text + " Look twice.\n", encoding="utf-8")
    try:
        assert hashes(given)[Remakes.LABELS] == before
        PilotStore(task.pilots).promote([Candidate("a", "a", "m", "v", text)], "ada", {})
        assert hashes(given)[Remakes.LABELS] != before
        assert voter_versions(task)
    finally:
        prompt.write_text(text, encoding="utf-8")
        task.pilots.unlink(missing_ok=True)


def test_a_project_of_before_is_not_labelled_anew(everything):
    """These stood in warehouses when what a setting remakes was still listed apart from the fields."""
    before = everything | {"models": everything["models"] | {"prompts": ["prompts/a.md"]}}
    small = yaml.safe_load(
        "{name: letters, classes: [{name: praise}, {name: complaint}], source: {files: '*.csv'}}"
    )
    stamps = {
        "everything": ["556553e0ae22cfc9", "dbc8df16716fdc35", "10e0f55a2a17b9c4", "98f94e07569ce47c"],
        "small": ["cf03d1678f9473e7", "d24c0478a70344e8", "2f09bb626be2a687", "00d7236e1f84c42d"],
    }  # fmt: skip
    for name, given in {"everything": before, "small": small}.items():
        spec = TaskSpec.model_validate(given)
        assert [
            hash_of(spec, Remakes.LANDING),
            hash_of(spec, Remakes.VOTES, Remakes.LABELS),
            hash_of(spec, Remakes.QUALITY),
            hash_of(spec, Remakes.PUBLISHED),
        ] == stamps[name]


def test_a_new_setting_that_is_empty_leaves_stamps_as_they_are():
    class Before(Section):
        known: Annotated[int, Remakes.LABELS] = 1

    class After(Before):
        new: Annotated[str | None, Remakes.LABELS] = None
        words: Annotated[tuple[str, ...], Remakes.LABELS] = ()

    assert hash_of(Before(), Remakes.LABELS) == hash_of(After(), Remakes.LABELS)
    assert hash_of(After(), Remakes.LABELS) != hash_of(After(words=("a",)), Remakes.LABELS)


def test_a_field_that_does_not_say_what_it_remakes_cannot_be_declared():
    with pytest.raises(TypeError, match=r"Silent\.per_batch: say what another value remakes"):

        class Silent(Section):
            per_batch: int = 50

    with pytest.raises(TypeError, match=r"Twice\.per_batch"):

        class Twice(Section):
            per_batch: Annotated[int, Remakes.LABELS, Remakes.VOTES] = 50

    with pytest.raises(TypeError, match=r"Above\.inside: the fields of Section say it"):

        class Above(Section):
            inside: Annotated[Section | None, Remakes.LABELS] = None


def test_the_guide_tells_what_may_be_remade():
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "settings.md").read_text("utf-8")
    told = [line for line in guide.splitlines() if line.startswith("| **")]
    assert told == [f"| **{level.name.lower()}** | {level.value} |" for level in Remakes]


def test_another_order_of_classes_remakes_nothing(everything, hashes):
    turned = deepcopy(everything)
    turned["classes"].reverse()
    before, after = hashes(everything), hashes(turned)
    assert {level for level in HASHED if before[level] != after[level]} <= {Remakes.QUALITY}
