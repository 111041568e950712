"""A task of kind ``spans`` from rules to published spans, figures, explanations, exports and renames."""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from labeling.student.whole import read_student

ROOT = Path(__file__).parents[2]
DAYS = ("2026-03-02", "2026-03-03")
DRUGS = ("aspirin", "ibuprofen", "folic acid", "acetic acid", "Zolvane")
ILLS = ("gout", "fever", "a dry cough", "migraine")
RULES = """
rules:
  - {name: drugs, type: Drug, keyword: [aspirin, ibuprofen, folic acid, acetic acid]}
  - {name: takes, type: Drug, regex: 'takes (\\w+(?: acid)?)', group: 1}
  - {name: ills, type: Illness, keyword: [gout, fever, a dry cough, migraine]}
  - {name: against_what, type: Illness, regex: 'for (a dry \\w+|\\w+)', group: 1}
  - {name: years, against: Illness, keyword: [years]}
"""
PYTHON = '''
from labeling.rules.spans.python import span_rule


@span_rule(type="Drug")
def dose(text):
    """What stands in front of a dose."""
    at = text.find(" 50 mg")
    if at > 0:
        yield text.rfind(" ", 0, at) + 1, at
'''
TASK = """
name: ward
kind: spans
description: What does a note name?
classes:
  - {name: Drug, description: A drug.}
  - {name: Illness, description: An illness.}
overlap: OVERLAP
rules: {files: [rules.yaml, rules.py]}
source: {files: items/*.csv, id: item_id, text: text, time: received_at}
audit: {per_batch: 25}
queue: {per_batch: 10}
demo:
  scripted: {truth: truth.csv, id: item_id, label: label}
"""


@dataclass
class Ward:
    """A project of one task, and what is true of its items."""

    project: Path
    truth: dict[str, list[list[object]]]
    touchstone: list[str]

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command."""
        env = {key: value for key, value in os.environ.items() if key != "TOUCHSTONE_VAR"}
        env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        done = subprocess.run(
            [*self.touchstone, *arguments],
            cwd=self.project, env=env, text=True, capture_output=True,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def published(self, name: str) -> list[dict[str, object]]:
        """Read a published file."""
        folder = self.project / "var" / "ward" / "published"
        return pq.ParquetFile(folder / f"{name}.parquet").read().to_pylist()

    def labels(self) -> dict[str, list[list[Any]]]:
        """Return the published spans of each item."""
        return {
            str(row["item_id"]): json.loads(str(row["label"] or "[]"))
            for row in self.published("labels")
        }


def note(rng: random.Random) -> tuple[str, list[list[object]]]:
    """Write a note and its spans; the thumb is one character for readers, and two code points."""
    text, spans = rng.choice(("👍🏽 ", "", "Ms Ö. ")), []
    if rng.random() < 0.8:
        for link, words, name in (("takes ", DRUGS, "Drug"), (" for ", ILLS, "Illness")):
            text += link
            word = rng.choice(words)
            spans.append([len(text), len(text) + len(word), name])
            text += word
    return text + rng.choice((" since May", ", well", " for years", "")), spans


def write(project: Path, overlap: str = "none") -> dict[str, list[list[object]]]:
    """Write the task, and return what is true of each item."""
    folder, rng = project / "tasks" / "ward", random.Random(5)
    (folder / "items").mkdir(parents=True)
    truth: dict[str, list[list[object]]] = {}
    for day in DAYS:
        with (folder / "items" / f"{day}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "received_at", "text"])
            for at in range(60):
                text, truth[f"{day}-{at:03}"] = note(rng)
                rows.writerow([f"{day}-{at:03}", f"{day}T10:00:00", f"{text} ({at})"])
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "label"])
        rows.writerows((item, json.dumps(spans)) for item, spans in truth.items())
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "rules.py").write_text(PYTHON, encoding="utf-8")
    (folder / "task.yaml").write_text(TASK.replace("OVERLAP", overlap), encoding="utf-8")
    return truth


@pytest.fixture(scope="module")
def ward(warm_touchstone, tmp_path_factory):
    project = tmp_path_factory.mktemp("ward")
    made = Ward(project, write(project), warm_touchstone)
    made.command("run", "ward")
    return made


def test_published_spans_are_mostly_those_that_are_true(ward):
    labels = ward.labels()
    assert set(labels) == set(ward.truth)
    assert sum(labels[item] == spans for item, spans in ward.truth.items()) > 0.9 * len(labels)
    assert [] in labels.values()


def test_status_tells_how_good_spans_are(ward):
    (micro,) = (
        row
        for row in ward.published("class_report")
        if (row["span"], row["class"]) == ("all", "(micro)")
    )
    said = ward.command("status", "ward")
    assert f"precision {micro['precision']:.1%} (" in said
    assert f", on {micro['reviewed']} texts" in said


def test_a_posterior_tells_of_each_class_how_likely_the_item_holds_any(ward):
    database = ward.project / "var" / "ward" / "warehouse.duckdb"
    with duckdb.connect(database, read_only=True) as db:
        rows = db.execute("select label, confidence, posterior from labels.consensus").fetchall()
    assert len(rows) == 120
    for label, confidence, posterior in rows:
        assert 0 < confidence < 1
        assert len(posterior) == 2
        held = {name for _, _, name in json.loads(label)}
        assert [of > 0.5 for of in posterior] == ["Drug" in held, "Illness" in held]


def test_rules_are_analysed_and_say_what_they_find_and_deny(ward):
    votes = [str(row["label"]) for row in ward.published("votes") if row["family"] == "rules"]
    assert {next(iter(json.loads(one))) for one in votes} == {"found", "denied"}
    analysed = {row["rule"]: row for row in ward.published("rule_analysis")}
    assert set(analysed) == {"drugs", "takes", "ills", "against_what", "years", "dose"}


def test_a_rule_is_told_by_its_marks_and_not_by_whole_texts(ward):
    said: dict[str, dict[str, dict[str, list]]] = {}
    for row in ward.published("votes"):
        if row["family"] == "rules":
            said.setdefault(str(row["voter"]).removeprefix("rule/"), {})[row["item_id"]] = (
                json.loads(str(row["label"]))
            )
    database = ward.project / "var" / "ward" / "warehouse.duckdb"
    with duckdb.connect(database, read_only=True) as db:
        gold = dict(
            db.execute("select item_id, label from people.gold where origin = 'audit'").fetchall()
        )
    analysed = {row["rule"]: row for row in ward.published("rule_analysis")}
    for rule in ("drugs", "takes", "ills"):
        marks = [
            mark in json.loads(gold[item])
            for item, one in said[rule].items()
            if item in gold
            for mark in one["found"]
        ]
        assert (analysed[rule]["marks_judged"], analysed[rule]["marks_right"]) == (
            len(marks),
            sum(marks),
        )
        assert analysed[rule]["marks_judged"] >= analysed[rule]["gold"]
        low, of, high = (analysed[rule][f"marks_accuracy{end}"] for end in ("_low", "", "_high"))
        assert low <= of + 1e-9
        assert of <= high + 1e-9
    assert analysed["against_what"]["marks_right"] <= analysed["against_what"]["marks_judged"]
    assert f"of {analysed['drugs']['marks_judged']} marks" in " ".join(
        ward.command("rules", "ward").split()
    )


def test_a_class_counts_where_an_item_holds_any_of_it(ward):
    rows = {
        row["label"]: row["share"]
        for row in ward.published("label_distribution")
        if row["batch"] == DAYS[0]
    }
    of_the_day = [spans for item, spans in ward.truth.items() if item.startswith(DAYS[0])]
    drugs = sum(any(name == "Drug" for *_, name in spans) for spans in of_the_day)
    assert rows["Drug"] == pytest.approx(drugs / len(of_the_day), abs=0.05)


def test_accuracy_is_of_whole_lists(ward):
    (overall,) = [
        row
        for row in ward.published("overall")
        if row["series"] == "labels" and row["version"] is None and row["class"] == "(all)"
    ]
    assert overall["reviewed"] == 50
    assert float(str(overall["accuracy"])) > 0.85
    assert "ward" in ward.command("status", "ward")


MODEL = """
import json, sys
import mlflow.pyfunc
from mlflow.tracking import MlflowClient
mlflow.set_tracking_uri(sys.argv[1])
(version,) = MlflowClient().search_model_versions("name='ward_student'")
model = mlflow.pyfunc.load_model(version.source)
outputs = model.metadata.signature.outputs
print(json.dumps([version.description, str(outputs), model.predict(["takes Zolvane for gout", "none"])]))
"""


def test_the_tagger_is_registered_and_a_fresh_process_marks_texts_with_it(ward):
    store = f"sqlite:///{ward.project / 'var' / 'mlflow.db'}"
    done = subprocess.run(
        [sys.executable, "-c", MODEL, store],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}, text=True, capture_output=True,
        cwd=ward.project,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    card, outputs, (found, nothing) = json.loads(done.stdout.splitlines()[-1])
    assert "# Student of ward" in card
    assert "probability: double" in outputs
    assert [(one["start"], one["end"], one["label"]) for one in found] == [
        (6, 13, "Drug"), (18, 22, "Illness"),
    ]  # fmt: skip
    assert all(0.5 < one["probability"] <= 1 for one in found)
    assert nothing == []


def test_the_queue_and_the_explanation_speak_of_classes_and_words(ward):
    database = ward.project / "var" / "ward" / "warehouse.duckdb"
    with duckdb.connect(database, read_only=True) as db:
        why = db.execute("select why from people.queue where strategy <> 'random'").fetchall()
    assert why
    item = next(item for item, spans in ward.truth.items() if spans)
    assert "Drug: " in ward.command("explain", item, "ward")


def test_exports_hold_the_lists(ward, tmp_path):
    lines, table = tmp_path / "out.jsonl", tmp_path / "out.csv"
    for path in (lines, table):
        ward.command("export", "ward", "-o", str(path))
    ward.command("export", "ward", "--model", "-o", str(tmp_path / "tagger.joblib"))
    assert read_student(tmp_path / "tagger.joblib").types == ("Drug", "Illness")
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    spans = {
        row["item_id"]: [[one["start"], one["end"], one["label"]] for one in row["label"]]
        for row in rows
    }
    assert spans == ward.labels()
    with table.open(encoding="utf-8", newline="") as file:
        written = {row["item_id"]: json.loads(row["label"]) for row in csv.DictReader(file)}
    assert written == ward.labels()


def test_a_second_run_changes_nothing(ward):
    before = ward.published("labels")
    assert "nothing had changed" in ward.command("run", "ward").casefold()
    assert ward.published("labels") == before


def test_a_renamed_class_is_renamed_within_lists_and_labels_nothing_anew(ward):
    before = ward.labels()
    ward.command("classes", "rename", "Illness", "Disease", "--yes")
    ward.command("run", "ward")
    newest = ward.project / "var" / "ward" / "students" / f"{DAYS[1]}.joblib"
    assert read_student(newest).types == ("Drug", "Disease")
    assert "Marks Drug, Disease in texts" in newest.with_suffix(".md").read_text()
    for item, spans in ward.labels().items():
        now = [[a, b, {"Illness": "Disease"}.get(str(name), name)] for a, b, name in before[item]]
        assert spans == now


def test_merged_classes_are_one_within_lists_and_label_nothing_anew(ward, tmp_path):
    project = tmp_path / "merged"
    shutil.copytree(ward.project, project)
    merged = Ward(project, ward.truth, ward.touchstone)
    said = merged.command("classes", "merge", "Drug", "Disease", "--into", "Named", "--yes")
    assert "no item is labelled again" in said
    assert "rules.py: dose: Named instead of Drug" in said
    assert "  - {name: years, against: Named, keyword: [years]}" in (
        project / "tasks" / "ward" / "rules.yaml"
    ).read_text(encoding="utf-8")
    merged.command("run", "ward")
    for item, spans in merged.labels().items():
        assert spans == [[a, b, "Named"] for a, b, _ in ward.labels()[item]]
    rows = {row["class"]: row for row in merged.published("class_report") if row["span"] == "all"}
    assert {"Named", "(micro)"} <= set(rows)
    assert not {"Drug", "Disease"} & set(rows)
    assert rows["Named"]["f1"] == pytest.approx(rows["(micro)"]["f1"])


def test_a_retired_class_is_marked_nowhere_and_the_other_stays(ward):
    ward.command("classes", "retire", "Disease", "--yes")
    ward.command("run", "ward")
    names = {name for spans in ward.labels().values() for *_, name in spans}
    assert names == {"Drug"}


def test_classes_may_share_characters_where_overlap_is_allowed(warm_touchstone, tmp_path):
    box = Ward(tmp_path, write(tmp_path, "allowed"), warm_touchstone)
    rules = tmp_path / "tasks" / "ward" / "rules.yaml"
    more = "  - {name: whole, type: Illness, regex: 'takes \\w+ acid'}\n"
    more += "  - {name: whole_too, type: Illness, regex: '\\w+ \\w+ic acid'}\n"
    rules.write_text(RULES + more, encoding="utf-8")
    task = tmp_path / "tasks" / "ward" / "task.yaml"
    text = task.read_text(encoding="utf-8").partition("demo:")[0]
    task.write_text(text, encoding="utf-8")
    box.command("run", "ward")
    both = [
        spans
        for spans in box.labels().values()
        if any(a < d and c < b and n != m for a, b, n in spans for c, d, m in spans)
    ]
    assert both
