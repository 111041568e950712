"""``touchstone schema``: editors refuse and accept what reading refuses and accepts."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from cli.new.new import EXAMPLE, EXAMPLE_IMAGES, EXAMPLE_SEVERAL, EXAMPLE_SPANS, create
from labeling.errors import LabelingError
from labeling.rules.reading.keys import rules_schema
from labeling.rules.reading.reading import read_rules
from labeling.rules.spans.keys import span_rules_schema
from resources.task.reading import read_spec
from resources.task.settings.json_schema import prompt_schema, task_schema
from resources.task.task import load_task

ROOT = Path(__file__).parents[2]
TASKS = [
    EXAMPLE,
    EXAMPLE_SEVERAL,
    EXAMPLE_SPANS,
    EXAMPLE_IMAGES,
    *(path.parent for path in sorted(ROOT.glob("tasks/*/task.yaml"))),
]
FIRST_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
EACH = pytest.mark.parametrize("folder", TASKS, ids=[folder.name for folder in TASKS])


@EACH
def test_settings_of_every_task_pass_their_schema(folder):
    of_rules = span_rules_schema() if load_task(folder).kind.marks_text else rules_schema()
    for schema, path in ((task_schema(), "task.yaml"), (of_rules, "rules.yaml")):
        Draft202012Validator(schema).validate(yaml.safe_load((folder / path).read_text()))
    for path in folder.glob("prompts/*.md"):
        front = path.read_text().split("---")[1]
        Draft202012Validator(prompt_schema()).validate(yaml.safe_load(front))


@EACH
def test_the_first_line_names_a_schema_that_new_writes(folder, tmp_path):
    create(tmp_path, "beside")
    for name in ("task.yaml", "rules.yaml"):
        named = FIRST_LINE.match((folder / name).read_text())
        assert named is not None, f"{folder / name} does not begin with its schema"
        schema = json.loads((tmp_path / "tasks" / "beside" / named[1]).read_text())
        assert schema["title"].lower().startswith(name[:4])
        of_spans = name == "rules.yaml" and load_task(folder).kind.marks_text
        assert ("span_rules" in named[1]) == of_spans


RULE = "rules:\n  - {name: a, label: praise, %s}\nclasses: [praise, complaint]\n"


@pytest.mark.parametrize(
    "told",
    [
        "keyword: thanks", "keyword: [a, b], words: part, case: exact", "regex: 'a+', case: ignore",
        "sql: length(text) > 3", "nearest: [good], at_least: 0.3", "metadata: {likes: {min: 3}}",
        "keyword: a, when: {likes: {above: 3}, source: [web]}", "keyword: a, when: 'likes > 3'",
    ],
)  # fmt: skip
def test_what_a_rule_may_say_passes_both(told, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULE % told)
    read_rules(tmp_path / "rules.yaml", ["praise", "complaint"])
    Draft202012Validator(rules_schema()).validate(yaml.safe_load(RULE % told))


@pytest.mark.parametrize(
    "told",
    [
        "keyword: ''", "keyword: []", "keyword: a, regex: b", "description: no kind",
        "regex: a, words: part", "keyword: a, at_least: 0.5", "nearest: [a], at_least: 1.5",
        "keyword: a, case: both", "keyword: a, wehn: x", "metadata: {}",
        "metadata: {likes: {least: 3}}", "keyword: a, when: {likes: {}}",
    ],
)  # fmt: skip
def test_what_a_rule_may_not_say_passes_neither(told, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULE % told)
    with pytest.raises(LabelingError):
        read_rules(tmp_path / "rules.yaml", ["praise", "complaint"])
    assert not Draft202012Validator(rules_schema()).is_valid(yaml.safe_load(RULE % told))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("every: day", "every: fortnight"),
        ("  per_batch: 10", "  per_bach: 10"),
        ("accuracy_at_least: 0.8", "accuracy_at_least: 1.8"),
        ("name: example", "name: Example One"),
        ("  - name: praise\n", "  - nme: praise\n"),
    ],
)
def test_an_editor_marks_what_a_run_refuses(right, wrong, tmp_path):
    text = (EXAMPLE / "task.yaml").read_text()
    assert right in text
    (tmp_path / "task.yaml").write_text(text.replace(right, wrong))
    with pytest.raises(LabelingError):
        read_spec(tmp_path)
    schema = Draft202012Validator(task_schema())
    assert not schema.is_valid(yaml.safe_load(text.replace(right, wrong)))


def test_the_command_prints_and_writes_the_same(touchstone, tmp_path):
    (tmp_path / "tasks").mkdir()
    written = (
        ("task", task_schema()),
        ("rules", rules_schema()),
        ("span_rules", span_rules_schema()),
    )
    for kind, schema in written:
        assert json.loads(touchstone("schema", kind, at=tmp_path).out) == schema
        touchstone("schema", "--write", at=tmp_path)
        assert json.loads((tmp_path / "tasks" / f"{kind}.schema.json").read_text()) == schema
    assert json.loads(touchstone("schema", "prompt", at=tmp_path).out) == prompt_schema()
    said = touchstone("schema", "taks", at=tmp_path, columns=200)
    assert said.code == 2
    assert "'task', 'rules', 'span_rules', 'prompt'" in " ".join(said.err.split())


def test_a_schema_that_cannot_be_written_is_told(touchstone, tmp_path):
    (tmp_path / "tasks").write_text("in the way")
    said = touchstone("schema", "--write", at=tmp_path)
    assert said.code == 2
    assert "cannot be written" in said.err
    assert "Traceback" not in said.err
