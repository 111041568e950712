"""Another kind is a commit of five files: grades, asked for by number, of which a neighbour is not wrong."""

import csv
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from tests.code_copy import copy_code
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import FakeProvider

REGISTRY = Path("labeling/kinds/registry.py")
AT_MOST = 10
"""Files that a kind may touch."""

GRADES = ("bad", "poor", "fair", "good", "great")
WORDS = ("awful", "weak", "so-so", "nice", "superb")
DAYS = ("2026-03-02", "2026-03-03")


@dataclass
class Graded:
    """A project whose task ``letters`` asks for grades, and what its model was asked."""

    code: Path
    project: Path
    truth: dict[str, str]
    asked: list[str]
    touchstone: list[str]

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command with the code that knows the kind."""
        done = self.start(*arguments)
        told, _ = done.communicate()
        assert done.returncode == code, told
        return told

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that goes on until it is ended."""
        env = {key: value for key, value in os.environ.items() if key != "TOUCHSTONE_VAR"}
        env |= {"PYTHONPATH": str(self.code), "COLUMNS": "200", "OPENAI_API_KEY": "sk-grades"}
        return subprocess.Popen(
            [*self.touchstone, *arguments],
            cwd=self.project, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def published(self, name: str) -> list[dict[str, object]]:
        """Read a published file."""
        folder = self.project / "var" / "letters" / "published"
        return pq.ParquetFile(folder / f"{name}.parquet").read().to_pylist()


@pytest.fixture(scope="module")
def commit(tmp_path_factory) -> tuple[Path, list[str]]:
    """A copy of the code with the kind, and the files that it took."""
    folder = copy_code(tmp_path_factory.mktemp("code"))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "Before"]):
        subprocess.run([*git, *step], cwd=folder, check=True)
    shutil.copytree(
        Path(__file__).parent / "scale", folder, dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    registry = (folder / REGISTRY).read_text(encoding="utf-8")
    registry = registry.replace(
        "\nSINGLE: Kind", "from labeling.kinds.scale.kind import Scale\n\nSINGLE: Kind"
    ).replace("(SINGLE, ", "(SINGLE, Scale(), ")
    (folder / REGISTRY).write_text(registry, encoding="utf-8")
    for step in (["add", "."], ["commit", "-qm", "Add grades"]):
        subprocess.run([*git, *step], cwd=folder, check=True)
    shown = [*git, "show", "--name-only", "--format="]
    files = subprocess.run(shown, cwd=folder, check=True, capture_output=True, text=True)
    return folder, files.stdout.split()


@pytest.fixture(scope="module")
def graded(commit, warm_touchstone, tmp_path_factory) -> Iterator[Graded]:
    asked: list[str] = []

    def grade(body) -> str:
        asked.append(str(body["messages"][0]["content"]))
        text = item_text(body) if "<item-" in str(body) else ""
        return str(next((at for at, word in enumerate(WORDS, start=1) if word in text), 3))

    with FakeProvider(grade) as provider:
        made = Graded(commit[0], tmp_path_factory.mktemp("graded"), {}, asked, warm_touchstone)
        made.command("new", "letters")
        write_task(made, provider.url)
        made.command("run", "letters")
        yield made


def write_task(made: Graded, url: str) -> None:
    """Make the task ask for grades; people find some a neighbour of what is said, a few far off."""
    folder = made.project / "tasks" / "letters"
    for file in (folder / "items").iterdir():
        file.unlink()
    for day in DAYS:
        with (folder / "items" / f"{day}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "received_at", "channel", "text"])
            for at in range(60):
                grade, item = at % 5, f"{day}-{at:02}"
                text = f"The {WORDS[grade]} reading room, visit {at} of {day}."
                rows.writerow([item, f"{day}T10:00:00", "mail", text])
                off = 2 if at % 12 == 0 else 1 if at % 3 == 0 else 0
                made.truth[item] = GRADES[grade + off if grade + off < 5 else grade - off]
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["item_id", "label"], *made.truth.items()])
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec |= {
        "kind": "scale",
        "classes": [{"name": name} for name in GRADES],
        "rules": {"files": ["rules.yaml"]},
        "models": {"model": "openai/fake", "api_base": url, "prompts": ["prompts/classify.md"]},
        "audit": {"per_batch": 30},
        "reviewers": {"scripted": {"truth": "truth.csv", "error_rate": 0}},
    }
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    rules = [
        {"name": f"says_{word.replace('-', '_')}", "label": grade, "keyword": [word]}
        for word, grade in zip(WORDS, GRADES, strict=True)
    ]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
    (folder / "prompts" / "classify.md").write_text(
        "---\nmodel: any\nprice: {input: 0, output: 0}\n"
        "output: {format: text, confidence: none}\n---\nHow good was the visit?\n",
        encoding="utf-8",
    )


def test_a_kind_touches_no_more_files_than_it_may(commit):
    _, files = commit
    assert REGISTRY.as_posix() in files
    assert len(files) == 5 <= AT_MOST


def test_models_are_asked_and_read_as_the_kind_has_it(graded):
    assert any("number of one grade and nothing else: 1 bad, 2 poor" in one for one in graded.asked)
    votes = [row for row in graded.published("votes") if row["voter"] == "llm/classify"]
    assert {row["label"] for row in votes} == set(GRADES)
    assert len(votes) == 120


def test_a_neighbour_is_not_wrong_where_accuracy_is_measured(graded):
    (measured,) = [
        row for row in graded.published("overall")
        if (row["series"], row["class"], row["version"]) == ("labels", "(all)", None)
    ]  # fmt: skip
    off = [0.0] * len(GRADES)
    for cell in graded.published("confusion"):
        if cell["span"] == "all":
            by = abs(GRADES.index(cell["truth"]) - GRADES.index(cell["label"]))
            off[by] += cell["share"]
    assert off[1] > 0
    assert off[2] > 0
    assert measured["errors"] > 0
    assert measured["accuracy"] == pytest.approx(off[0] + off[1])


def test_what_is_published_are_grades_and_each_is_explained(graded):
    labels = graded.published("labels")
    assert len(labels) == 120
    assert {row["label"] for row in labels} <= set(GRADES)
    assert all(
        row["label"] == graded.truth[row["item_id"]]
        for row in labels
        if row["decided_by"] == "people"
    )
    assert "poor" in graded.command("explain", f"{DAYS[0]}-01")


def test_the_review_page_takes_the_keys_of_the_kind(graded, browser):
    store = ReviewStore(graded.project / "var" / "letters" / "reviews.sqlite")
    store.plan([Assignment(item_id="new", batch=DAYS[0], origin="queue", text="A new visit.")])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = graded.start("review", "letters", "--port", str(port), "--as", "ann")
    try:
        page = browser.new_page()
        for _ in range(120):
            with suppress(Exception):
                page.goto(f"http://127.0.0.1:{port}")
                break
            time.sleep(0.5)
        page.wait_for_selector("#item[data-item]")
        with page.expect_response("**/api/answers") as stored:
            page.keyboard.press("End")
        (reply,) = stored.value.json()["replies"]
        assert reply["status"] == "stored"
        assert page.locator("#classes button").count() == len(GRADES)
    finally:
        server.terminate()
        server.wait(30)
    said = store.reviews().to_pylist()[-1]
    store.close()
    assert (said["reviewer"], said["label"]) == ("ann", "great")


def test_answers_of_people_are_taken_by_the_kind(graded, tmp_path):
    file = tmp_path / "reviews.csv"
    file.write_text(f"item_id,label\n{DAYS[0]}-01,excellent\n", encoding="utf-8")
    told = graded.command("import", str(file), "letters", code=2)
    assert "excellent" in told
    assert "bad, poor, fair, good, great" in told
