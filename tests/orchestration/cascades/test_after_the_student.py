"""The task's own student answers before a dear prompt with a guarantee, over a provider's socket."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from assets.votes.cascade import check_guarantee
from assets.votes.cheap_side import cheap_side
from labeling.cascades.threshold import SILENT
from labeling.errors import PromptError
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.voters import in_order
from labeling.student.whole import read_student
from resources.models.task_models import prompts_of
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task
from tests.fakes.letters import DAYS, EACH, LARGE, Letters, letters

STUDENT = LARGE.replace("after: small", "after: student")


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Iterator[Letters]:
    with letters(tmp_path_factory.mktemp("project"), STUDENT) as found:
        yield found


def test_from_no_student_to_one_of_an_earlier_batch_that_spares_calls(library):
    first, second, third, fourth = DAYS
    asked = library.label(first)
    assert asked["told"].startswith("asked everywhere: no student of an earlier batch stands yet")
    assert (asked["spared"], asked["gold"]) == (0, 0)

    library.review(first)
    asked = library.label(second)
    assert f"no audited item of batches after {first} is reviewed" in asked["told"]
    assert (asked["spared"], asked["gold"]) == (0, 0)

    library.review(second)
    met = len(library.provider.meter)
    asked = library.label(third)
    assert f"asked where the student of {first} is less sure than" in asked["told"], asked
    assert asked["gold"] == EACH
    texts = library.asked("large", met)
    assert 0 < len(texts) == EACH - asked["spared"] < EACH / 2
    assert sum("murky" in text for text in texts) > len(texts) / 2
    assert not any(first in text or second in text for text in texts)
    assert library.right(third) >= 0.85
    known = read_student(library.task.students / f"{first}.joblib")
    said = library.rows(
        "select text, c.label, c.confidence from votes.cascade c join raw.items using (item_id, batch)"
        f" where batch = '{third}' and not asked"
    )
    sure = known.predict_proba([row["text"] for row in said])
    assert [row["label"] for row in said] == [known.classes_[at] for at in sure.argmax(axis=1)]
    assert [row["confidence"] for row in said] == pytest.approx(sure.max(axis=1).tolist())

    library.review(third)
    asked = library.label(fourth)
    assert f"the student of {first}" in asked["told"]  # that of the second leaves less than half
    assert asked["gold"] == 2 * EACH


def side_of(library, batch):
    dear = next(one for one in prompts_of(library.task) if one.name == "large")
    warehouse = warehouse_of(library.task)
    return cheap_side(library.task, warehouse, batch, EACH, ([], dear)), warehouse


def test_gold_that_a_student_may_have_learnt_from_sets_no_threshold_of_it(library):
    side, _ = side_of(library, DAYS[3])
    assert side.taught_by is not None
    assert side.voices == ()
    assert set(side.gold.items["batch"].to_pylist()) == {
        day for day in DAYS[:3] if day > side.taught_by
    }


def test_what_the_student_says_is_the_same_whatever_people_said_of_the_gold(library):
    items = pa.table({"item_id": ["x"], "text": ["A clear question , number 900"]})
    side, warehouse = side_of(library, DAYS[3])
    before = side.says(warehouse, items, [], library.task.classes)
    with warehouse.connect() as db:
        db.execute("update people.gold set label = 'praise'")
    side, _ = side_of(library, DAYS[3])
    after = side.says(warehouse, items, [], library.task.classes)
    assert before.label == after.label
    assert np.array_equal(before.score, after.score)


def test_a_student_is_silent_where_it_names_what_is_no_class_any_more(library):
    items = pa.table({"item_id": ["x"], "text": ["A clear question , number 900"]})
    side, warehouse = side_of(library, DAYS[3])
    spec = library.task.spec
    fewer = [one for one in spec.classes if one.name != "question"]
    task = Task(
        folder=library.task.folder,
        spec=spec.model_copy(update={"classes": fewer}),
        var=library.task.var,
    )
    said = replace(side, task=task).says(warehouse, items, [], ["praise", "complaint"])
    assert (said.label[-1], said.score[-1]) == (None, SILENT)


def prompt(ask, name="large"):
    (found,) = parse_prompts(f"---\nmodel: m-{name}\nask: {ask}\n---\nSort these.", name)
    return found


def test_a_prompt_that_is_called_student_is_no_student():
    dear, own = prompt("{guarantee: 0.9, after: student}"), prompt("all", "student")
    assert [one.name for one in in_order([dear])] == ["large"]
    with pytest.raises(PromptError, match="a prompt is called 'student', too; rename the file"):
        in_order([dear, own])
    unsure = prompt("{after: student, below: 0.9}")
    assert [one.name for one in in_order([unsure, own])] == ["student", "large"]
    with pytest.raises(PromptError, match="answers before a prompt with a `guarantee` alone"):
        in_order([unsure, prompt("all", "small")])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"enabled": False}, r"student\.enabled: the guarantee of prompt 'large' has the student"),
        ({"features": "embeddings"}, r"student\.features: .* is kept in no file; set it to tfidf"),
    ],
)
def test_a_student_that_is_not_kept_cannot_answer_first(library, changes, says):
    spec = library.task.spec
    student = spec.student.model_copy(update=changes)
    task = Task(
        folder=library.task.folder,
        spec=spec.model_copy(update={"student": student}),
        var=library.task.var,
    )
    with pytest.raises(TaskError, match=says):
        check_guarantee(task, prompt("{guarantee: 0.9, after: student}"))
