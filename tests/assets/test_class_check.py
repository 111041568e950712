"""Classes that vanished from task.yaml by hand: each is named, with what still names it."""

from dataclasses import replace

import pyarrow as pa
import pytest

from assets.landing.class_check import check_classes
from resources.store.table import as_arrow
from resources.store.tables import RELEASED
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["stone", "stone"], "'stone' is not there any more, but 2 labels name it"),
        (
            ["wood", "stone", "iron", "stone"],
            "'iron' is not there any more (stone, wood too), but 1 labels name it",
        ),
    ],
)
def test_every_class_that_vanished_is_named_and_counted(tmp_path, monkeypatch, names, told):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    task = load_task(ROOT / "tasks" / "support_inbox")
    warehouse = Warehouse(path=str(task.warehouse))
    rows = [{"item_id": str(at), "batch": "b", "label": name} for at, name in enumerate(names)]
    with warehouse.connect() as db:
        db.db.register("rows", pa.Table.from_pylist(rows))
        db.execute(f"insert into {RELEASED.sql_name} by name from rows")
    with pytest.raises(TaskError) as error:
        check_classes(task, warehouse)
    assert told in str(error.value)


def test_a_task_that_has_answers_of_one_kind_cannot_become_of_another(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    inbox = load_task(ROOT / "tasks" / "support_inbox")
    several = replace(inbox, spec=inbox.spec.model_copy(update={"kind": "several"}))
    warehouse = Warehouse(path=str(inbox.warehouse))
    check_classes(inbox, warehouse)
    check_classes(several, warehouse)  # nothing was answered yet
    row = {"item_id": "1", "batch": "b", "label": '["billing", "returns"]'}
    warehouse.replace_batch(RELEASED, "b", as_arrow(RELEASED, [row]))
    check_classes(several, warehouse)
    with pytest.raises(
        TaskError, match="kind: single, but 1 labels of task 'support_inbox'"
    ) as error:
        check_classes(inbox, warehouse)
    assert "Put `kind: several` back" in str(error.value)
