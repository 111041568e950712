import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from assets.votes.sources import check
from labeling.kinds.registry import SINGLE
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.code_copy import copy_code

SOURCE = '''
import os

import pyarrow as pa

from resources.sources.source import Said


class Greetings:
    """Takes thanks for praise; how sure, it says."""

    name = "greetings"
    about = "Votes of words of thanks."

    def versions(self, task):
        return {"greetings/thanks": f"{task.name} {os.environ['GREETINGS']}"}

    def vote(self, task, items):
        thanks = [row["item_id"] for row in items.to_pylist() if row["text"].startswith("Thank you")]
        said = {"voter": "greetings/thanks", "label": "praise", "confidence": 0.9}
        votes = [{"item_id": one} | said for one in thanks]
        return Said(pa.Table.from_pylist(votes, schema=Said.schema))
'''
LINE = """
from resources.sources.greetings import Greetings

SOURCES = (*SOURCES, Greetings())
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """A copy of the code with a third source: two files, its module and its line."""
    folder = copy_code(tmp_path_factory.mktemp("code"))
    (folder / "resources" / "sources" / "greetings.py").write_text(SOURCE, encoding="utf-8")
    with (folder / "resources" / "sources" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(LINE)
    return folder


@pytest.fixture(scope="module")
def run(warm_touchstone, code):
    """Run the task with the third source in a process of its own, and return what it printed."""

    def run(project: Path, version: str) -> str:
        env = {key: value for key, value in os.environ.items() if key != "TOUCHSTONE_VAR"}
        done = subprocess.run(
            [*warm_touchstone, "run", "letters"],
            cwd=project, env={**env, "GREETINGS": version, "PYTHONPATH": str(code), "COLUMNS": "200"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def project(run, ran_task, tmp_path_factory):
    """A copy of the project, labelled anew with a third source beside rules and models."""
    folder = ran_task.copy_to(tmp_path_factory.mktemp("third") / "project")
    run(folder, "1")
    return folder


def ask(project: Path, sql: str) -> list[tuple]:
    warehouse = warehouse_of(load_task(project / "tasks" / "letters"))
    with warehouse.connect() as db:
        rows = db.db.execute(sql).fetchall()
    warehouse.close()
    return rows


def test_a_third_source_votes_counts_in_the_consensus_and_is_measured_like_any(project):
    votes = ask(project, "select count(*), min(voter), min(stated) from votes.greetings")
    assert votes[0][0] == 20
    assert votes[0][1:] == ("greetings/thanks", 0.9)
    believed = ask(project, "select voter from quality.voter_beliefs group by voter")
    assert ("greetings/thanks",) in believed
    measured = ask(
        project, "select reviewed, accuracy from quality.overall where series = 'voter/greetings/thanks'"
        " and class = '(all)' and version is null",
    )  # fmt: skip
    assert measured[0][0] > 0
    published = ask(
        project, "select distinct family from marts.votes where voter = 'greetings/thanks'"
    )
    assert published == [("greetings",)]


def test_a_source_of_another_version_labels_anew_and_the_same_one_does_not(run, project):
    assert "nothing had changed" in run(project, "1").casefold()
    assert "nothing had changed" not in run(project, "2").casefold()
    assert ask(project, "select distinct version from votes.greetings") == [("letters 2",)]


@pytest.mark.parametrize(
    ("voter", "label", "told"),
    [
        ("rule/x", "praise", "voter 'rule/x'; allowed: greetings/..."),
        ("greetings/x", "thanks", "'thanks' is no class; allowed: praise, complaint"),
    ],
)
def test_votes_that_cannot_be_right_are_refused_by_name(voter, label, told):
    said = pa.table({"voter": [voter], "label": [label]})
    task = SimpleNamespace(kind=SINGLE, classes=("praise", "complaint"))
    with pytest.raises(TaskError, match="source 'greetings'") as error:
        check("greetings", said, task)
    assert told in str(error.value)
