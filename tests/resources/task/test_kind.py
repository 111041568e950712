"""What task.yaml may say of the kind."""

import pytest

from assets.reading.stamp import settings_hash
from cli.new.new import create
from labeling.kinds.registry import KINDS, SINGLE
from resources.task.errors import TaskError
from resources.task.task import load_task


def test_a_task_that_names_no_kind_is_single_and_saying_so_changes_nothing(tmp_path):
    folder = create(tmp_path, "letters")
    before = load_task(folder)
    file = folder / "task.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nkind: single\n", encoding="utf-8")
    after = load_task(folder)
    assert before.kind is after.kind is SINGLE
    assert settings_hash(after) == settings_hash(before)


def test_a_kind_that_there_is_not_is_told_with_its_line_and_what_is_allowed(tmp_path):
    folder = create(tmp_path, "letters")
    file = folder / "task.yaml"
    line = len(file.read_text(encoding="utf-8").splitlines()) + 1
    file.write_text(file.read_text(encoding="utf-8") + "kind: plural\n", encoding="utf-8")
    with pytest.raises(TaskError) as error:
        load_task(folder)
    assert f"task.yaml:{line}: kind: there is no such kind; allowed: {', '.join(KINDS)}" in str(
        error.value
    )
    assert "(found 'plural')" in str(error.value)
