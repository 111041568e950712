"""``touchstone import``: nothing is lost on the way out and in again."""

import shutil

import pytest


@pytest.fixture
def copy(ran_task, tmp_path, state):
    """A project with the same task, in which nobody reviewed anything."""
    project = tmp_path / "other"
    shutil.copytree(ran_task.project / "tasks", project / "tasks")
    with (project / "tasks" / "letters" / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(state)
    return project


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_reviews_go_out_and_in_again_unchanged_and_only_once(
    touchstone, ran_task, copy, tmp_path, ending
):
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    assert touchstone("export", "--reviews", "-o", str(first), at=ran_task.project).code == 0
    told = touchstone("import", str(first), at=copy)
    assert (told.code, told.err) == (0, "")
    assert "0 reviews were there before" in told.out
    assert "0 new assignments and 0 new reviews" in touchstone("import", str(first), at=copy).out
    assert touchstone("export", "--reviews", "-o", str(second), at=copy).code == 0
    assert second.read_text(encoding="utf-8") == first.read_text(encoding="utf-8")


def test_a_formula_cell_is_harmless_in_the_file(touchstone, ran_task, tmp_path):
    file = tmp_path / "reviews.csv"
    touchstone("export", "--reviews", "-o", str(file), at=ran_task.project)
    text = file.read_text(encoding="utf-8")
    assert f"'{ran_task.formula}" in text
    assert f",{ran_task.formula}" not in text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("item_id,batch,label,reviewer\n1,b,nonsense,anna\n", "'nonsense' is no class"),
        ("item_id,text\n1,hello\n", "column 'batch' is missing"),
        ("item_id,batch,origin,gold\n1,b,check,nonsense\n", "'nonsense' is no class"),
    ],
)
def test_a_file_that_is_wrong_is_told_and_nothing_of_it_is_taken_in(
    touchstone, copy, tmp_path, content, told
):
    file = tmp_path / "wrong.csv"
    file.write_text(content, encoding="utf-8")
    said = touchstone("import", str(file), at=copy)
    assert said.code == 2
    assert told in " ".join(said.err.split())
    assert not list((copy).rglob("reviews.sqlite"))
