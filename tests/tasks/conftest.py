"""The tasks' files read as the product reads them, once for all tests."""

import csv
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from labeling.rules.engine import RuleSet
from labeling.rules.reading.reading import read_rules
from resources.task.reading import read_spec

REPOSITORY = Path(__file__).parents[2]
TASKS = REPOSITORY / "tasks"
COMMENTS = REPOSITORY.parent / "shared" / "data" / "raw_youtube_spam" / "data.parquet"


@dataclass(frozen=True)
class Labelled:
    """All items of a task with the truth and what each rule said.

    ``votes`` has shape (n_items, n_rules), -1 where a rule abstained.
    """

    classes: tuple[str, ...]
    items: list[dict[str, str]]
    batch: NDArray[np.str_]
    truth: NDArray[np.int64]
    rules: tuple[str, ...]
    votes: NDArray[np.int64]
    n_failures: int


def load(path: Path) -> ModuleType:
    """Run a task's Python file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"task_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_inbox(folder: Path) -> list[dict[str, str]]:
    """Every item of ``folder``, with ``batch``, the stem of its file."""
    return [
        {**json.loads(line), "batch": path.stem}
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().decode().split("\n")
        if line
    ]


def read_truth(folder: Path) -> dict[str, str]:
    """Item to class."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found |= {row["item_id"]: row["label"] for row in csv.DictReader(lines)}
    return found


def run_sql(query: str, batch: pa.Table) -> pa.Table:
    """Run SQL as the warehouse does, with ``batch`` in sight."""
    with duckdb.connect() as db:
        db.register("batch", batch)
        return db.execute(query).to_arrow_table()


def label(task: str, inbox: Path, truth: Path) -> Labelled:
    """Let the rules of ``task`` vote on all its items."""
    spec = read_spec(TASKS / task)
    classes = tuple(one.name for one in spec.classes)
    folder = TASKS / task
    rules = RuleSet(read_rules(folder / "rules.yaml", classes, folder / "rules.py"), classes)
    items = read_inbox(inbox)
    columns = ("item_id", "text", *spec.source.metadata)
    batch = pa.table({name: [item[name] for item in items] for name in columns})
    applied = rules.apply(batch, run_sql=run_sql)
    names = tuple(one.name for one in rules.rules)
    row = {item["item_id"]: at for at, item in enumerate(items)}
    votes = np.full((len(items), len(names)), -1)
    for vote in applied.votes.select(["item_id", "voter", "label"]).to_pylist():
        column = names.index(vote["voter"].removeprefix("rule/"))
        votes[row[vote["item_id"]], column] = classes.index(vote["label"])
    answers = read_truth(truth)
    return Labelled(
        classes,
        items,
        np.array([item["batch"] for item in items]),
        np.array([classes.index(answers[item["item_id"]]) for item in items]),
        names,
        votes,
        applied.failures.num_rows,
    )


def majority(votes: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    """The class with most votes, -1 for ties and where nobody voted."""
    counts = np.stack([(votes == k).sum(axis=1) for k in range(n_classes)], axis=1)
    most = counts.max(axis=1)
    tied = (counts == most[:, None]).sum(axis=1) > 1
    return np.where((most == 0) | tied, -1, counts.argmax(axis=1))


@pytest.fixture(scope="session")
def messages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the generated messages and of their truth."""
    folder = tmp_path_factory.mktemp("support_inbox")
    generate = load(TASKS / "support_inbox" / "generate.py").generate
    generate(folder / "inbox", folder / "truth")
    return folder / "inbox", folder / "truth"


@pytest.fixture(scope="session")
def support(messages: tuple[Path, Path]) -> Labelled:
    """The support inbox with the votes of its rules."""
    return label("support_inbox", *messages)


@pytest.fixture(scope="session")
def comments(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """The real comments with the votes of their rules."""
    if not COMMENTS.is_file():
        pytest.skip(f"the real comments are not at {COMMENTS}")
    folder = tmp_path_factory.mktemp("youtube_spam")
    generate = load(TASKS / "youtube_spam" / "bring.py").generate
    generate(folder / "inbox", folder / "truth", folder / "nothing", COMMENTS)
    return label("youtube_spam", folder / "inbox", folder / "truth")
