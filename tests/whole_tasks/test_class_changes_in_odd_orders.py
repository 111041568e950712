"""Classes changed and changed back: no answer is lost or gets another meaning."""

import pytest

from resources.task.errors import TaskError
from tests.whole_tasks.test_class_changes import by_hand, gold_of_items, project, rerun, task_of

__all__ = ["project"]


def test_parts_of_a_class_that_are_made_one_again_have_its_old_answers(project, touchstone):
    (project / "tasks" / "letters" / "truth.csv").write_text("item_id,label\n", "utf-8")
    before = gold_of_items(project)
    touchstone("classes", "split", "question", "question", "request", "--yes", at=project)
    rerun(project)
    assert "question" not in gold_of_items(project).values()
    said = touchstone(
        "classes", "merge", "question", "request", "--into", "question", "--yes", at=project
    )
    assert said.code == 0
    rerun(project)
    assert gold_of_items(project) == before


def test_two_classes_that_were_renamed_by_hand_are_told_and_carried_one_after_the_other(
    project, touchstone
):
    before = gold_of_items(project)
    names = {"praise": "kudos", "complaint": "grumble"}
    by_hand(project, *names.items())
    for old, new in names.items():
        with pytest.raises(TaskError, match=f"`touchstone classes rename {old} {new}`"):
            rerun(project)
        assert touchstone("classes", "rename", old, new, "--yes", at=project).code == 0
    rerun(project)
    assert task_of(project).classes == ("kudos", "grumble", "question")
    assert gold_of_items(project) == {k: names.get(v, v) for k, v in before.items()}
