"""A task of kind ``several`` from rules and a model to published sets, figures, explanations and renames."""

import csv
import json
import os
import random
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import FakeProvider

ROOT = Path(__file__).parents[2]
DAYS = ("2026-03-02", "2026-03-03")
PHRASES = {
    "late": (
        "arrived late",
        "two weeks too late",
        "still waiting",
        "took ages",
        "never came on time",
    ),
    "broken": (
        "it was broken",
        "arrived damaged",
        "a crack in it",
        "does not switch on",
        "fell apart",
    ),
    "praise": (
        "love it",
        "great quality",
        "very happy",
        "works like a charm",
        "warmly recommended",
    ),
}
SHARE = {"late": 0.35, "broken": 0.3, "praise": 0.25}
FILLERS = (
    "the blue one",
    "for my sister",
    "ordered in May",
    "from your shop",
    "as a gift",
    "hello there",
)
RULES = """
rules:
  - {name: late_words, label: late, keyword: [late, waiting]}
  - {name: time, label: late, regex: 'took ages|on time'}
  - {name: broken_words, label: broken, keyword: [broken, damaged, crack]}
  - {name: fond, label: praise, keyword: [love, great, happy]}
  - {name: charm, label: praise, keyword: [charm, recommended]}
  - {name: no_praise, against: praise, keyword: [broken, late]}
"""
TASK = """
name: box
kind: several
description: What is a message about?
excludes: [[broken, praise]]
classes:
  - {{name: late, description: It came late.}}
  - {{name: broken, description: It is damaged.}}
  - {{name: praise, description: The writer is happy.}}
source: {{files: items/*.csv, id: item_id, text: text, time: received_at}}
models:
  prompts: [prompts/ask.md]
  model: openai/gpt-fake
  api_base: {url}
  api_key_variable: OPENAI_API_KEY
  budget: {{run_usd: 5}}
audit: {{per_batch: 50}}
queue: {{per_batch: 20}}
demo:
  scripted: {{truth: truth.csv, id: item_id, label: labels}}
"""


@dataclass
class Box:
    """A project of one task, what is true of its items, and what its model was asked."""

    project: Path
    truth: dict[str, list[str]]
    asked: list[str]
    touchstone: list[str]

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command."""
        env = {key: value for key, value in os.environ.items() if key != "TOUCHSTONE_VAR"}
        env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "OPENAI_API_KEY": "sk-box"}
        done = subprocess.run(
            [*self.touchstone, *arguments],
            cwd=self.project, env=env, text=True, capture_output=True,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def published(self, name: str) -> list[dict[str, object]]:
        """Read a published file."""
        folder = self.project / "var" / "box" / "published"
        return pq.ParquetFile(folder / f"{name}.parquet").read().to_pylist()


def write(project: Path, url: str) -> dict[str, list[str]]:
    """Write the task, and return what is true of each item."""
    folder, rng = project / "tasks" / "box", random.Random(5)
    for part in ("items", "prompts"):
        (folder / part).mkdir(parents=True)
    truth: dict[str, list[str]] = {}
    for day in DAYS:
        with (folder / "items" / f"{day}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "received_at", "text"])
            for at in range(150):
                names = [name for name in PHRASES if rng.random() < SHARE[name]]
                if "broken" in names and "praise" in names:
                    names.remove("praise")
                parts = [rng.choice(PHRASES[name]) for name in names]
                parts += rng.sample(FILLERS, rng.randint(1, 3))
                rng.shuffle(parts)
                truth[f"{day}-{at:03}"] = sorted(names)
                rows.writerow([f"{day}-{at:03}", f"{day}T10:00:00", ", ".join(parts)])
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "labels"])
        rows.writerows((item, json.dumps(names)) for item, names in truth.items())
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "task.yaml").write_text(TASK.format(url=url), encoding="utf-8")
    (folder / "prompts" / "ask.md").write_text(
        "---\noutput: {confidence: none}\nprice: {input: 0, output: 0}\n---\nWhat is it about?\n\n{{ answer_format }}\n\n{{ item }}\n",
        encoding="utf-8",
    )
    return truth


@pytest.fixture(scope="module")
def box(warm_touchstone, tmp_path_factory):
    asked: list[str] = []

    def answer(body) -> str:
        asked.append(str(body["messages"]))
        text = item_text(body) if "<item-" in str(body) else ""
        names = [name for name, said in PHRASES.items() if any(one in text for one in said[:4])]
        return json.dumps({"labels": names})

    with FakeProvider(answer) as provider:
        project = tmp_path_factory.mktemp("box")
        made = Box(project, write(project, provider.url), asked, warm_touchstone)
        made.command("run", "box")
        yield made


def test_models_are_asked_for_lists_and_told_what_excludes_what(box):
    assert any("Of broken, praise only one may apply" in one for one in box.asked)
    votes = [row for row in box.published("votes") if row["family"] == "models"]
    assert {'["late", "praise"]', "[]"} <= {row["label"] for row in votes}


def test_rules_vote_for_a_class_or_against_it(box):
    votes = [row for row in box.published("votes") if row["family"] == "rules"]
    assert {row["label"] for row in votes} == {*PHRASES, "not praise"}
    (mended,) = [
        row for row in box.published("rule_analysis") if row["rule"] == "no_praise"
    ]  # fmt: skip
    assert mended["accuracy"] is not None


def test_published_sets_are_allowed_and_mostly_true(box):
    labels = box.published("labels")
    sets = {row["item_id"]: json.loads(str(row["label"] or "null")) for row in labels}
    assert all(not {"broken", "praise"} <= set(names) for names in sets.values() if names)
    right = Counter(sets[item] == names for item, names in box.truth.items())
    assert right[True] / len(labels) > 0.85
    assert [] in sets.values()


def test_accuracy_is_of_whole_sets_and_precision_of_each_class(box):
    measured = {
        row["class"]: row
        for row in box.published("overall")
        if row["series"] == "labels" and row["version"] is None
    }
    assert set(measured) == {"(all)", *PHRASES}
    assert measured["(all)"]["reviewed"] == 100
    report = {row["class"]: row for row in box.published("class_report") if row["span"] == "all"}
    assert set(report) == {*PHRASES, "(macro)", "(micro)", "(hamming loss)"}
    assert report["(hamming loss)"]["share"] < 1 - measured["(all)"]["accuracy"]
    assert report["(macro)"]["f1_low"] < report["(macro)"]["f1"] < report["(macro)"]["f1_high"]
    for name in PHRASES:
        assert 0 < report[name]["f1_low"] <= report[name]["f1"] <= report[name]["f1_high"] <= 1
        assert report[name]["precision"] == pytest.approx(measured[name]["accuracy"])
    assert box.published("confusion") == []


def test_an_item_counts_for_each_of_its_classes(box):
    rows = {
        row["label"]: row for row in box.published("label_distribution") if row["batch"] == DAYS[0]
    }
    assert set(rows) <= {*PHRASES, "(none)", "(undecided)"}
    assert sum(float(str(row["share"])) for row in rows.values()) > 1
    assert all(float(str(row["share"])) <= 1 for row in rows.values())


def test_an_item_is_explained_by_class(box):
    item = next(item for item, names in box.truth.items() if names == ["late", "praise"])
    told = box.command("explain", item, "box")
    assert '["late", "praise"]' in told
    assert "broken" in told
    assert not re.search(r"alone:\s+(late|broken|praise)", told)


def test_the_student_is_one_file_that_answers_every_class(box, tmp_path):
    import joblib

    box.command("export", "box", "--model", "-o", str(tmp_path / "student.joblib"))
    student = joblib.load(tmp_path / "student.joblib")
    assert list(student.steps[-1][1].classes_) == list(PHRASES)
    share = student.predict_proba(["it was broken and arrived late", "I love it"])
    assert (share > 0.5).tolist() == [[True, True, False], [False, False, True]]


def test_the_queue_says_of_which_class_it_doubts(box):
    with duckdb.connect(box.project / "var" / "box" / "warehouse.duckdb", read_only=True) as db:
        why = [
            row[0]
            for row in db.execute(
                "select why from people.queue where strategy <> 'random'"
            ).fetchall()
        ]
    assert why
    assert all(one.partition(":")[0] in PHRASES for one in why)


def test_a_second_run_changes_nothing(box):
    before = box.published("labels")
    assert "nothing had changed" in box.command("run", "box").casefold()
    assert box.published("labels") == before


def test_a_renamed_class_is_renamed_within_sets_and_labels_nothing_anew(box):
    before = {row["item_id"]: row["label"] for row in box.published("labels")}
    asked = len(box.asked)
    box.command("classes", "rename", "late", "delayed", "--yes")
    box.command("run", "box")
    assert len(box.asked) == asked
    after = {row["item_id"]: row["label"] for row in box.published("labels")}
    for item, label in before.items():
        names = [
            {"late": "delayed"}.get(name, name) for name in json.loads(str(label or "null")) or []
        ]
        assert after[item] == (None if label is None else json.dumps(sorted(names)))
