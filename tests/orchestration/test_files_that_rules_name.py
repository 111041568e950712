"""Classes change, and what rules name outside of the task's folder is found all the same."""

import yaml

from orchestration.changes.class_changes import plan_change
from resources.store.warehouse import warehouse_of
from resources.task.classes.asked import Asked
from resources.task.task import load_task

TASK = """
name: notes
kind: spans
description: What is named?
classes: [{name: Drug}, {name: Illness}]
source: {files: "items/*.csv"}
rules: {files: [rules.yaml]}
"""
RULES = """
rules:
  - {name: listed, type: Drug, dictionary: [../../lists/drugs.txt, own.txt]}
  - {name: web, spacy: ../../models/web, labels: {CHEM: Drug}}
"""


def test_dictionaries_and_pipelines_outside_are_in_no_ones_way(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    for name, text in {
        "tasks/notes/task.yaml": TASK, "tasks/notes/rules.yaml": RULES,
        "tasks/notes/own.txt": "salsalate\n", "lists/drugs.txt": "aspirin\n",
        "models/web/config.cfg": "", "models/web/meta.json": '{"pipeline": ["ner"]}',
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    task = load_task(tmp_path / "tasks" / "notes")
    asked = Asked("rename", ("Drug",), ("Remedy",))
    plan = plan_change(task, warehouse_of(task), asked, "ann")
    rules = yaml.safe_load(plan.edits.after["rules.yaml"])["rules"]
    assert (rules[0]["type"], rules[1]["labels"]) == ("Remedy", {"CHEM": "Remedy"})
    assert (tmp_path / "lists" / "drugs.txt").read_text() == "aspirin\n"
