"""A class renamed, and one merged, in a task whose votes are paid for: nothing is paid for twice."""

import pytest
import yaml

from orchestration.planning import batches_to_label
from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.faults.warehouse.test_kill import small_task

CALLS = "select sum(calls) as calls, count(distinct version) as versions from votes.model_use"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two days of the support inbox, labelled by rules and a simulated model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = tmp_path_factory.mktemp("models") / "project"
        run_task(small_task(folder), lambda *_: None)
        yield folder


def task_of(project):
    return load_task(project / "tasks" / "support_inbox")


def test_what_models_said_counts_under_new_names_even_if_all_is_labelled_again(project, touchstone):
    before = warehouse_of(task_of(project)).ask(CALLS).to_pylist()
    assert before[0]["calls"] > 20
    taken = touchstone("classes", "rename", "billing", "parcel", "--yes", at=project, columns=300)
    assert taken.code == 2
    assert "'parcel' stands for both" in taken.err
    said = [
        touchstone("classes", "rename", "billing", "money", "--yes", at=project, columns=200),
        touchstone("classes", "merge", "returns", "--into", "delivery", "--yes", at=project),
    ]
    assert [one.code for one in said] == [0, 0], [one.err for one in said]
    task = task_of(project)
    warehouse = warehouse_of(task)
    assert batches_to_label(task, warehouse) == {}
    rules = task.folder / "rules.yaml"
    told = yaml.safe_load(rules.read_text("utf-8"))
    told["rules"].append({"name": "another", "label": "money", "keyword": ["another word"]})
    rules.write_text(yaml.safe_dump(told), "utf-8")
    outcome = run_task(task_of(project), lambda *_: None)
    assert len(outcome.labelled) == 2
    assert not [w for w in outcome.warnings if "blocking" in w]
    after = warehouse.ask(CALLS).to_pylist()
    assert after == before
    labels = warehouse.ask("select distinct label from votes.models")["label"].to_pylist()
    assert "money" in labels
    assert not {"billing", "returns"} & set(labels)
    told = touchstone("quote", "support_inbox", "--json", at=project)
    assert '"calls": 0' in told.out
