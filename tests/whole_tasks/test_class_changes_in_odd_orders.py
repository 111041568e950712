"""Classes changed and changed back: no answer is lost or gets another meaning."""

from tests.whole_tasks.test_class_changes import gold_of_items, project, rerun

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
