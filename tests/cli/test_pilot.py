"""``touchstone pilot``: what cannot be done is told in words, and so is what a task does before it promotes."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from mlflow.tracking import MlflowClient

from orchestration.simulating import simulate_inbox
from resources.reviews.store import ReviewStore
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes import piloting
from tests.fakes.provider.server import Answer, FakeProvider

TASKS = Path(__file__).parents[2] / "tasks"
NEXT = "no prompt is promoted, so no model is asked"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(piloting.said_by(piloting.HOW_GOOD)) as running:
        yield running


@pytest.fixture(scope="module")
def made(tmp_path_factory, provider):
    """A project of 60 items that nobody has run."""
    return piloting.make(
        tmp_path_factory.mktemp("made") / "project", provider.url, 60
    ).folder.parents[1]


@pytest.fixture
def task(made, tmp_path, monkeypatch, provider):
    """A copy of its task."""
    provider.answer_with(piloting.said_by(piloting.HOW_GOOD))
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    shutil.copytree(made, tmp_path / "project")
    return load_task(tmp_path / "project" / "tasks" / "letters")


@pytest.fixture
def at(task, touchstone) -> Callable:
    return lambda *words: touchstone(*words, at=task.folder.parents[1], columns=200)


def refused(said) -> str:
    """What a user's mistake is told by."""
    assert said.code == 2, said
    assert "Traceback" not in said.err
    return said.err


def test_words_that_mean_nothing_are_told(at):
    assert "no candidate 'nosuch'; it has careful, hasty, plain" in refused(
        at("pilot", "promote", "nosuch")
    )
    assert "promote needs the name of a candidate" in refused(at("pilot", "promote"))
    assert "promot careful: not understood" in refused(at("pilot", "promot", "careful"))
    assert "no task 'careful'" in refused(at("pilot", "careful"))
    assert "a: not understood" in refused(at("pilot", "rollback", "a", "letters"))
    assert "nothing is promoted" in refused(at("pilot", "rollback"))
    said = at("pilot")
    assert "nothing was asked: nobody is here" in refused(said)
    assert "`touchstone pilot letters --yes` asks the models" in said.err
    assert said.err.index("This round asks 3 candidates: at most") < said.err.index("nothing was")
    assert "nothing was promoted yet" in at("pilot", "history").out


def test_a_task_that_cannot_have_a_pilot_says_what_to_write(task, at):
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    pilot = told["models"].pop("pilot")
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    assert "models.pilot: the task has no pilot; write" in refused(at("pilot", "--look"))
    del told["models"]
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    assert "the task asks no model" in refused(at("pilot", "--look"))
    assert pilot


def test_prompts_that_cannot_be_compared_are_told(task, at):
    careful = piloting.write_prompt(task.folder, "careful")
    (task.folder / "prompts" / "twin.md").write_text(careful.read_text("utf-8"), encoding="utf-8")
    assert "careful and twin are the same prompt" in refused(at("pilot", "--yes"))
    for path in (task.folder / "prompts").iterdir():
        path.unlink()
    assert "no file matches 'prompts/*.md'" in refused(at("pilot", "--yes"))


def test_a_model_that_refuses_everything_is_told_as_silent_and_never_promoted(task, at, provider):
    piloting.edit(task, pilot={"at_a_time": 5, "reviews": 10})
    provider.answer_with(lambda _: Answer("", refusal="I cannot help with that."))
    for _ in range(3):
        told = json.loads(at("pilot", "--yes", "--json").out)
        piloting.review(task)
    assert {row["silent"] for row in told["candidates"]} == {1.0}
    assert {row["accuracy"] for row in told["candidates"]} == {0.0}
    assert told["say"] != "promote", told["verdict"]


def test_a_round_that_is_stopped_before_anything_was_asked_could_not_be_done(task, at, provider):
    piloting.edit(task, pilot={"budget_usd": 0.0001})
    met = len(provider.charged)
    for words in (("pilot", "--yes"), ("pilot", "--yes", "--json")):
        said = at(*words)
        assert "letters: nothing was asked: the pilot's budget of $0.0001 is reached" in refused(
            said
        )
        assert "raise it, or try fewer prompts" in said.err
    assert json.loads(said.out)["in_vain"] is True
    assert len(provider.charged) == met
    piloting.edit(task, pilot={"at_a_time": 5})
    assert at("pilot", "--yes").code == 0
    assert at("pilot", "--yes").code == 0, "people are to review now, and that is said"
    assert at("pilot", "--look").code == 0


def test_the_verdict_stands_last_and_what_accuracy_is_worth_is_told_in_points(task, at):
    piloting.edit(task, pilot={"at_a_time": 5, "margin": 0.9})
    said = at("pilot", "--yes")
    assert said.out.splitlines()[-1].startswith("5 items of the pilot wait for people")
    piloting.review(task)
    for words in (("pilot", "--yes"), ("pilot", "--look")):
        lines = at(*words).out.splitlines()
        assert lines[-1].startswith("Promote "), lines
        assert lines[-1].endswith("no other is better by more than 90 points."), lines
        assert lines[-2].startswith("Page: "), lines


def test_a_promoted_prompt_and_its_edited_file_are_priced_side_by_side(task, at):
    piloting.edit(task, pilot={"at_a_time": 5})
    at("pilot", "--yes")
    piloting.review(task)
    at("pilot", "promote", "careful")
    piloting.write_prompt(task.folder, "careful", " Take your time.")
    assert "This round asks 4 candidates" in at("pilot").err


def test_the_page_shows_what_pilots_have_cost_and_may_cost(task, at):
    piloting.edit(task, pilot={"at_a_time": 5})
    told = json.loads(at("pilot", "--yes", "--json").out)
    page = (task.var / "pilot.html").read_text(encoding="utf-8")
    assert told["spent_usd"] > 0
    assert f"<b>${told['spent_usd']:.4f}</b><span>of $1 that they may cost" in page


def test_gold_of_one_class_is_compared_like_any_other(task, at):
    piloting.edit(task, pilot={"at_a_time": 5})
    assert at("pilot", "--yes").code == 0
    piloting.review(task, lambda _: "praise")
    said = at("pilot", "--yes")
    assert said.code == 0
    assert "put up for review" in said.out


def test_a_candidate_behind_the_promoted_one_is_not_said_to_lead(task, at):
    piloting.edit(task, pilot={"at_a_time": 10})
    at("pilot", "--yes")
    piloting.review(task)
    at("pilot", "promote", "careful")
    told = json.loads(at("pilot", "--look", "--json").out)
    assert max(row["ahead"] or 0 for row in told["candidates"]) <= 0, told
    assert told["verdict"].startswith("careful leads, and nothing is proven yet"), told


def test_an_edited_candidate_is_judged_by_later_reviews_and_gets_its_own(task, at):
    piloting.edit(task, pilot={"at_a_time": 5, "reviews": 10})
    for _ in range(2):
        at("pilot", "--yes")
        piloting.review(task)
    spent = json.loads(at("pilot", "--yes", "--json").out)
    assert (spent["open"], spent["put_up"]) == (0, 0)
    piloting.write_prompt(task.folder, "hasty", " Take your time.")
    fresh = json.loads(at("pilot", "--look", "--json").out)["candidates"]
    assert {row["name"]: row["reviewed"] > 0 for row in fresh} == {
        "careful": True, "plain": True, "hasty": False,
    }  # fmt: skip
    assert json.loads(at("pilot", "--yes", "--json").out)["put_up"] > 0
    piloting.review(task)
    (hasty,) = [
        row
        for row in json.loads(at("pilot", "--look", "--json").out)["candidates"]
        if row["name"] == "hasty"
    ]
    assert 0 < hasty["reviewed"] <= 5


def test_better_words_are_asked_for_once_somebody_agreed_and_written_beside_the_prompt(
    task, at, provider
):
    piloting.edit(task, pilot={"at_a_time": 10})
    assert "--suggest goes with errors" in refused(at("pilot", "--suggest", "openai/fake"))
    assert "--suggest goes with errors" in refused(at("pilot", "errors", "hasty", "--suggest", " "))
    assert "answered no item" in refused(at("pilot", "errors", "hasty", "--suggest", "openai/fake"))
    at("pilot", "--yes")
    piloting.review(task, note="The tone is all.")
    provider.answer_with(piloting.suggesting(piloting.words("careful", examples=[1])))
    for form in ((), ("--json",)):
        told = refused(at("pilot", "errors", "hasty", "--suggest", "openai/fake", *form))
        assert "nobody is here to say yes. One question to openai/fake: about $0.00" in told
        assert told.rstrip().endswith(
            "To go on: `touchstone pilot errors hasty letters --suggest openai/fake --yes`"
        )
    said = at("pilot", "errors", "hasty", "--suggest", "openai/fake", "--yes")
    assert (said.code, "prompts/hasty-suggested.md (instructions; 1 example)" in said.out) == (
        0,
        True,
    )
    assert "`touchstone pilot letters` tries it from then on" in said.out
    looked = json.loads(at("pilot", "--look", "--json").out)
    assert "hasty-suggested" in {row["name"] for row in looked["candidates"]}
    piloting.edit(task, prompts=["prompts/hasty.md"])
    provider.answer_with(piloting.suggesting(piloting.words("plain")))
    said = at("pilot", "errors", "hasty", "--suggest", "openai/fake", "--yes")
    assert "add prompts/hasty-suggested-2.md to models.prompts" in said.out
    said = at("pilot", "errors", "hasty", "--suggest", "openai/fake", "--yes")
    assert "the same prompt as hasty-suggested-2. Nothing was written; nothing was paid" in refused(
        said
    )
    provider.answer_with(piloting.suggesting(piloting.words("hasty")))
    piloting.write_prompt(task.folder, "hasty", " Take your time.")
    at("pilot", "--yes")
    piloting.review(task)
    told = json.loads(
        at("pilot", "errors", "hasty", "--suggest", "openai/fake", "--yes", "--json").out
    )
    assert (Path(told["path"]).name, told["taken_in"]) == ("hasty-suggested-3.md", False)
    assert told["cost_usd"] > 0


def test_mlflows_registry_is_told_of_what_was_reviewed_and_promoted_and_nothing_hangs_on_it(
    task, at
):
    def registered() -> dict[str, list[str]]:
        client = MlflowClient(task.tracking_uri)
        return {
            prompt.name: [
                alias
                for version in client.search_prompt_versions(prompt.name)
                for alias in client.get_prompt_version(prompt.name, version.version).aliases
            ]
            for prompt in client.search_prompts()
        }

    piloting.edit(task, pilot={"at_a_time": 5})
    assert at("pilot", "--yes").code == 0
    piloting.review(task)
    assert at("pilot", "--look").code == 0
    assert not task.mlflow_store.exists(), "nothing was reviewed, or a look was all that was asked"
    assert at("pilot", "--yes").code == 0
    assert registered() == {"letters.careful": [], "letters.hasty": [], "letters.plain": []}
    (told,) = MlflowClient(task.tracking_uri).search_prompt_versions("letters.careful")
    assert (told.tags["pilot.reviewed"], 0 < float(told.tags["pilot.accuracy"]) <= 1) == ("5", True)
    assert told.tags["pilot"].endswith("), 5 reviews")
    with closing(sqlite3.connect(task.mlflow_store, isolation_level=None)) as db:
        db.execute("begin exclusive")
        said = at("pilot", "promote", "careful")
        db.execute("rollback")
    assert (said.code, "Promoted: careful." in said.out) == (0, True), said
    assert "MLflow's prompts are as they were: " in said.out
    assert "database is locked. `touchstone pilot letters` tells them anew" in said.out
    assert registered()["letters.careful"] == []
    assert at("pilot", "--yes").code == 0
    assert registered() == {
        "letters.careful": ["promoted"],
        "letters.hasty": [],
        "letters.plain": [],
    }
    assert at("pilot", "rollback").code == 0
    assert set(map(str, registered().values())) == {"[]"}


@pytest.mark.parametrize("name", ["road_cracks", "bike_repairs", "hotel_reviews"])
def test_pictures_marks_and_lists_are_tried_like_classes_before_the_first_run(
    name, tmp_path, touchstone, provider, monkeypatch
):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    provider.answer_with(lambda _: "I would rather not say.")
    shared = TASKS.parents[1] / "shared"
    if name == "road_cracks" and not (shared / "data" / "img_crackforest").is_dir():
        pytest.skip("../shared/data/img_crackforest is not here")
    project = tmp_path / "project"
    (tmp_path / "shared").symlink_to(shared)
    folder = shutil.copytree(TASKS / name, project / "tasks" / name)
    told = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    told["models"] |= {
        "prompts": ["tried/*.md"], "model": "openai/fake", "api_base": provider.url,
        "pilot": {"at_a_time": 5},
    }  # fmt: skip
    told["demo"].pop("simulated", None)
    (folder / "task.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    (folder / "tried").mkdir()
    for words in ("one", "two"):
        (folder / "tried" / f"{words}.md").write_text(
            f"---\nmodel: any\nprice: {{input: 0, output: 0}}\n---\nSay {words}.", encoding="utf-8"
        )
    task = load_task(folder)
    assert "the first run writes them" in refused(touchstone("pilot", "--yes", at=project))
    simulate_inbox(task)
    said = touchstone("pilot", "--yes", at=project, columns=200)
    assert (said.code, "put up for review" in said.out) == (0, True), said
    answer = {
        "road_cracks": "crack",
        "bike_repairs": '[[0, 3, "Part"]]',
        "hotel_reviews": '["price"]',
    }
    piloting.review(task, lambda _: answer[name])
    said = touchstone("pilot", "errors", "one", at=project, columns=200)
    assert (said.code, "no answer instead of" in said.out) == (0, True), said
    assert "[[" not in said.out
    if name == "road_cracks":
        assert ".jpg" in said.out
        words = ("pilot", "errors", "one", "--suggest", "openai/fake", "--yes")
        assert "a model is shown no picture" in refused(touchstone(*words, at=project, columns=200))


@pytest.fixture(scope="module")
def ran(made, tmp_path_factory):
    """The task, after its first run: nothing was promoted by then."""
    from orchestration.running import run_task

    project = shutil.copytree(made, tmp_path_factory.mktemp("ran") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", piloting.KEY)
        return project, run_task(load_task(project / "tasks" / "letters"), lambda *_: None)


def test_before_anything_is_promoted_every_command_says_that_no_model_is_asked(ran, touchstone):
    project, outcome = ran
    assert any(NEXT in line and "touchstone pilot letters" in line for line in outcome.warnings)
    for words in (["status"], ["quote"], ["doctor"], ["injections"], ["canary"], ["run"]):
        said = touchstone(*words, at=project, columns=200)
        assert (said.code, NEXT in said.out) == (0, True), (words, said)
        assert "touchstone pilot letters" in said.out
    task = load_task(project / "tasks" / "letters")
    assert warehouse_of(task).ask("select count(*) as n from votes.models")["n"].to_pylist() == [0]
    assert not ReviewStore(task.reviews).open_count("pilot")
