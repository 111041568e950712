"""What stands where a section belongs is told with the section's shape."""

import pytest

from cli.new.new import create
from resources.task.errors import TaskError
from resources.task.task import load_task


@pytest.mark.parametrize("written", ["[praise, ask]", "\n  - praise\n  - ask"])
def test_classes_that_are_bare_names_are_told_how_a_class_is_written(tmp_path, written):
    with pytest.raises(TaskError) as told:
        load_task(_with(tmp_path, f"classes: {written}"))
    assert "classes.0: a class is a section with its name: write `- name: praise`" in str(
        told.value
    )
    assert "dictionary" not in str(told.value)


@pytest.mark.parametrize("section", ["source", "batch", "audit", "alarm"])
def test_a_value_where_a_section_belongs_is_told_its_fields(tmp_path, section):
    with pytest.raises(TaskError) as told:
        load_task(_with(tmp_path, f"classes: [{{name: a}}, {{name: b}}]\n{section}: 10"))
    assert f"{section}: here stands a section of fields" in str(told.value)
    assert "found 10" in str(told.value)
    assert "dictionary" not in str(told.value)


def _with(tmp_path, lines):
    folder = create(tmp_path, "letters")
    (folder / "task.yaml").write_text(f"name: letters\n{lines}\n", encoding="utf-8")
    return folder
