"""The tasks' files agree with each other."""

import pytest

from labeling.llm.prompts.prompt import load_prompts
from labeling.rules.reading.reading import read_rules
from resources.task.reading import read_spec
from tests.tasks.conftest import TASKS

OF_TEXT = pytest.mark.parametrize("name", ["support_inbox", "youtube_spam"])
ALL = pytest.mark.parametrize(
    "name", ["support_inbox", "youtube_spam", "road_cracks", "hotel_reviews", "bike_repairs"]
)


@ALL
def test_task_yaml_is_valid_and_named_like_its_folder(name: str) -> None:
    spec = read_spec(TASKS / name)
    assert spec.name == name
    assert all(one.description and one.key for one in spec.classes)
    assert len({one.key for one in spec.classes}) == len(spec.classes)


@ALL
def test_every_file_that_task_yaml_names_is_there(name: str) -> None:
    spec = read_spec(TASKS / name)
    named = [*spec.rules.files, spec.demo.generator, spec.guidelines]
    named += spec.models.prompts if spec.models else ()
    assert [file for file in named if file and not (TASKS / name / file).is_file()] == []


@OF_TEXT
def test_every_rule_says_what_it_is_for_or_shows_it_in_its_words(name: str) -> None:
    folder = TASKS / name
    classes = [one.name for one in read_spec(folder).classes]
    rules = read_rules(folder / "rules.yaml", classes, folder / "rules.py")
    assert {one.label for one in rules} == set(classes)
    kinds = {one.kind for one in rules}
    assert {"regex", "dictionary", "sql", "nearest", "python"} <= kinds
    assert all(one.description for one in rules if one.kind in {"sql", "python"})


def test_the_simulated_model_confuses_classes_that_exist() -> None:
    spec = read_spec(TASKS / "support_inbox")
    names = {one.name for one in spec.classes}
    assert spec.models is not None
    assert spec.demo.simulated is not None
    confusions = spec.demo.simulated.confusions
    assert set(confusions) == names
    assert set(confusions.values()) <= names
    assert all(true != said for true, said in confusions.items())


def test_the_prompt_of_the_support_inbox_shows_the_classes_and_the_form_of_the_answer() -> None:
    (prompt,) = load_prompts(TASKS / "support_inbox" / "prompts" / "classify.md")
    assert prompt.uses() == {"classes", "answer_format"}
    assert prompt.model.startswith("simulated/")
