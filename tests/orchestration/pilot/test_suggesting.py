"""Better words for a prompt, asked of a model over a real socket: what it sees, what is written, what it costs."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from labeling.llm.ledger.ledger import Ledger
from orchestration.pilot.figures import place_of
from orchestration.pilot.going_on import go_on, spent_usd
from orchestration.pilot.standing import standing_of
from orchestration.pilot.suggesting import Suggested, suggest
from resources.pilots.store import PilotStore
from resources.reviews.drawn import record_drawn
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.task import Task, load_task
from tests.fakes import piloting
from tests.fakes.provider.odd import message
from tests.fakes.provider.server import Answer, Body, FakeProvider

ROOT = Path(__file__).parents[3]
NOTE = "Write to ada@example.com about the tone."
WORKER = """
import os, signal, sys
from pathlib import Path
from orchestration.pilot import suggesting
from orchestration.pilot.standing import standing_of
from resources.environment import prepare
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.task import load_task

prepare()
suggesting.place_beside = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
task = load_task(Path(sys.argv[1]))
reviews = ReviewStore(task.reviews, kind=task.kind)
suggesting.suggest(
    task, standing_of(task, PilotStore(task.pilots), reviews), 0, "openai/fake", reviews, lambda _: None
)
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(piloting.said_by(piloting.HOW_GOOD)) as running:
        yield running


def go(task: Task, rounds: int = 1) -> None:
    for _ in range(rounds):
        reviews = ReviewStore(task.reviews, kind=task.kind)
        go_on(task, reviews, lambda *_: None)
        reviews.close()
        piloting.review(task, note=NOTE)


@pytest.fixture(scope="module")
def made(tmp_path_factory, provider) -> Path:
    """A project whose one prompt, a hasty one, was reviewed on ten items."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", piloting.KEY)
        project = tmp_path_factory.mktemp("made") / "project"
        task = piloting.make(project, provider.url, 160, ["hasty"])
        go(piloting.edit(task, pilot={"at_a_time": 10}))
    return project


@pytest.fixture
def task(made, tmp_path, monkeypatch, provider) -> Task:
    provider.answer_with(piloting.suggesting(piloting.words("careful")))
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    shutil.copytree(made, tmp_path / "project")
    return load_task(tmp_path / "project" / "tasks" / "letters")


def ask(task: Task, model: str = "openai/fake", told: Callable = lambda _: None) -> Suggested:
    reviews = ReviewStore(task.reviews, kind=task.kind)
    try:
        standing = standing_of(task, PilotStore(task.pilots), reviews)
        return suggest(task, standing, place_of(standing, "hasty", task), model, reviews, told)
    finally:
        reviews.close()


def asked_for_words(provider: FakeProvider, since: int = 0) -> list[Body]:
    return [
        m.body
        for m in provider.meter[since:]
        if piloting.ASKS_FOR_WORDS in json.dumps(m.body["messages"])
    ]


def prompts(task: Task) -> set[str]:
    return {path.name for path in (task.folder / "prompts").iterdir()}


def test_a_suggestion_is_another_candidate_and_is_judged_by_later_items_alone(task, provider):
    provider.answer_with(
        piloting.suggesting(
            piloting.words(
                "careful",
                descriptions=[{"name": "praise", "description": "Thanks."}],
                examples=[2, 1],
            )
        )
    )
    before = PilotStore(task.pilots).draws()
    quoted = []
    done = ask(task, told=quoted.append)
    assert (done.path.name, done.taken_in, done.described, done.examples) == (
        "hasty-suggested.md", True, ("praise",), 2,
    )  # fmt: skip
    assert 0 < done.cost_usd <= quoted[0].worst_usd * 2
    assert quoted[0].cost_usd <= quoted[0].worst_usd
    text = done.path.read_text(encoding="utf-8")
    assert "# Suggested by openai/fake on " in text
    assert "from hasty (version " in text
    go(task)
    store, reviews = PilotStore(task.pilots), ReviewStore(task.reviews, kind=task.kind)
    standing = standing_of(task, store, reviews)
    reviews.close()
    (new,) = [c for c in standing.candidates if c.name == "hasty-suggested"]
    place = standing.candidates.index(new)
    assert new.entered == len(before)
    assert not any(place in said for said in standing.said[: len(before)])
    assert all(place in said for said in standing.said[len(before) :])
    first = standing.told.accuracy
    assert first.value[place] > first.value[1 - place]


@pytest.mark.parametrize("links", [True, False])
def test_a_task_that_does_not_glob_its_prompts_is_told_and_no_file_is_written_over(
    links, task, monkeypatch
):
    if not links:
        refuse = PermissionError(1, "Operation not permitted")
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(refuse))
    task = piloting.edit(task, prompts=["prompts/hasty.md"])
    taken = task.folder / "prompts" / "hasty-suggested.md"
    taken.write_text("mine", encoding="utf-8")
    done = ask(task)
    assert (done.path.name, done.taken_in) == ("hasty-suggested-2.md", False)
    assert taken.read_text(encoding="utf-8") == "mine"
    assert "Suggested by" in done.path.read_text(encoding="utf-8")
    assert prompts(task) == {"hasty.md", "hasty-suggested.md", "hasty-suggested-2.md"}


def test_what_measures_is_never_shown_nor_a_text_like_it_and_what_is_redacted_is_not_sent(
    task, provider
):
    task = piloting.edit(task, redact=["email"])
    chosen = [one for one in PilotStore(task.pilots).draws() if one.chosen]
    texts = {}
    for path in sorted((task.folder / "items").iterdir()):
        rows = path.read_text(encoding="utf-8").splitlines()
        texts |= {row.split(",")[0]: row.split(",")[-1] for row in rows[1:]}
    held, like, *shown = [one.item_id for one in chosen]
    for path in (task.folder / "items").iterdir():
        told = path.read_text(encoding="utf-8").replace(texts[like], texts[held])
        path.write_text(told, encoding="utf-8")
    reviews = ReviewStore(task.reviews, kind=task.kind)
    record_drawn(reviews, [(chosen[0].item_id, chosen[0].batch)], 0.1)
    reviews.close()
    since = len(provider.meter)
    ask(task)
    (body,) = asked_for_words(provider, since)
    sent = body["messages"][1]["content"]
    assert texts[held] not in sent
    assert texts[like] not in sent
    assert all(texts[one] in sent for one in shown)
    assert "ada@example.com" not in sent
    assert "about the tone." in sent


def test_the_answer_is_asked_for_by_a_closed_schema_and_read_where_a_model_keeps_to_none(
    task, provider
):
    ask(task)
    schema = asked_for_words(provider)[-1]["response_format"]["json_schema"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["descriptions"]["items"]["properties"]["name"]["enum"] == list(
        task.classes
    )
    with FakeProvider(piloting.suggesting(piloting.words("careful")), structured=False) as plain:
        other = piloting.edit(task, api_base=plain.url, model="openai/other")
        (task.folder / "prompts" / "hasty-suggested.md").unlink()
        go(other)
        done = ask(other, "openai/other")
        assert "response_format" not in asked_for_words(plain)[-1]
    assert done.path.name == "hasty-suggested.md"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer("", bend=message(content="I would rather not.")),
            "no JSON object: 'I would rather not.'",
        ),
        (
            piloting.words("careful", descriptions=[{"name": "eggs", "description": "x"}]),
            "'eggs' is no class; allowed:",
        ),
        (json.dumps({"instructions": "{{ self.__init__ }}"}), "the code of a template ({{)"),
        (
            Answer("", refusal="I cannot help with that."),
            "openai/fake declines: I cannot help with that.",
        ),
        (
            Answer("", finish_reason="content_filter"),
            "openai/fake declines: the provider's content filter held it back",
        ),
        (json.dumps({"instructions": "[hasty] Sort these."}), "it is the same prompt as hasty"),
    ],
    ids=["no json", "unknown class", "code", "refused", "filtered", "same"],
)
def test_what_cannot_be_used_is_told_with_its_cost_and_nothing_is_written_or_paid_twice(
    task, provider, answer, told
):
    provider.answer_with(piloting.suggesting(answer))
    files, spent, since = prompts(task), spent_usd(task), len(provider.meter)
    with pytest.raises(TaskError) as error:
        ask(task)
    paid = spent_usd(task) - spent
    assert told in str(error.value)
    assert f"Nothing was written; it cost ${paid:.4f}" in str(error.value)
    assert prompts(task) == files
    asked = len(asked_for_words(provider, since))
    assert asked == (1 if "declin" in told or "same" in told else 2)
    with pytest.raises(TaskError, match="nothing was paid now") as again:
        ask(task)
    assert told in str(again.value)
    assert len(asked_for_words(provider, since)) == asked


def test_an_answer_that_cannot_be_used_or_was_cut_is_asked_for_once_more(task, provider):
    for first, question, name in (
        (
            Answer("", bend=message(content="Hm.")),
            "That cannot be used: the answer is no JSON",
            "plain",
        ),
        (Answer('{"instructions": "[care', "length"), "", "careful"),
    ):
        provider.answer_with(piloting.suggesting(first, piloting.words(name)))
        since = len(provider.meter)
        done = ask(task)
        one, two = asked_for_words(provider, since)
        assert question in two["messages"][-1]["content"]
        assert (two["max_tokens"] > one["max_tokens"]) == (not question)
        assert done.path.name in prompts(task)


def test_a_suggestion_is_held_by_the_budget_of_pilots(task, provider):
    spent, since = spent_usd(task), len(provider.meter)
    task = piloting.edit(task, pilot={"at_a_time": 10, "budget_usd": spent + 0.001})
    with pytest.raises(TaskError, match=r"models\.pilot\.budget_usd") as error:
        ask(task)
    assert "openai/fake was not asked" in str(error.value)
    assert asked_for_words(provider, since) == []
    assert spent_usd(task) <= spent + 0.001
    assert prompts(task) == {"hasty.md"}


def test_after_kill_9_the_answer_that_was_paid_is_used_and_nobody_is_asked_again(task, provider):
    since = len(provider.meter)
    worker = subprocess.run(
        [sys.executable, "-c", WORKER, str(task.folder)], cwd=ROOT, env=os.environ
    )
    assert worker.returncode == -signal.SIGKILL
    assert len(asked_for_words(provider, since)) == 1
    assert prompts(task) == {"hasty.md"}
    quoted = []
    done = ask(task, told=quoted.append)
    assert len(asked_for_words(provider, since)) == 1
    assert (quoted[0].known, quoted[0].worst_usd, done.cost_usd) == (True, 0.0, 0.0)
    assert prompts(task) == {"hasty.md", "hasty-suggested.md"}


def test_who_does_not_agree_to_the_price_asks_nobody(task, provider):
    def no(_: object) -> None:
        raise TaskError("no")

    since = len(provider.meter)
    with pytest.raises(TaskError, match="no"):
        ask(task, told=no)
    assert len(provider.meter) == since


def test_nothing_to_learn_from_is_told_before_anybody_is_asked(tmp_path, provider, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    provider.answer_with(piloting.suggesting(piloting.words("careful")))
    task = piloting.make(tmp_path / "project", provider.url, 60, ["hasty"])
    task = piloting.edit(task, pilot={"at_a_time": 5})
    with pytest.raises(
        TaskError, match=r"answered no item with a text that may teach.*touchstone review letters"
    ):
        ask(task)
    reviews = ReviewStore(task.reviews, kind=task.kind)
    go_on(task, reviews, lambda *_: None)
    reviews.close()
    piloting.review(task, lambda _: "praise")
    since = len(provider.meter)
    with pytest.raises(
        TaskError, match=r"gave the same answer to all 5 items that may teach \(praise\)"
    ):
        ask(task)
    assert asked_for_words(provider, since) == []


def test_a_model_of_unknown_price_and_a_simulated_one_are_not_asked(task, provider):
    since = len(provider.meter)
    with pytest.raises(
        TaskError,
        match=r"what openai/unheard costs.*under models in .*task.yaml: `prices: \{openai",
    ):
        ask(task, "openai/unheard")
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["demo"] = {"simulated": {"truth": "truth.csv"}}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(TaskError, match="its models are simulated"):
        ask(load_task(task.folder))
    assert len(provider.meter) == since


def test_the_price_of_a_model_that_no_prompt_names_stands_in_the_task(task, provider):
    provider.answer_with(piloting.suggesting(piloting.words("careful")))
    before, since = spent_usd(task), len(provider.meter)
    ask(piloting.edit(task, prices={"openai/unheard": {"input": 3, "output": 5}}), "openai/unheard")
    paid = provider.meter[since:]
    assert asked_for_words(provider, since)
    usd = sum(3 * one.prompt_tokens + 5 * one.completion_tokens for one in paid) / 1e6
    assert spent_usd(task) - before == pytest.approx(usd)


def test_a_prompt_that_is_right_everywhere_has_nothing_to_mend(task, provider):
    provider.answer_with(lambda body: piloting.truth_of(piloting.item_text(body)))
    piloting.write_prompt(task.folder, "hasty", " Take your time.")
    go(task)
    with pytest.raises(TaskError, match="hasty: nothing is known that it got wrong"):
        ask(task)
    with Ledger(task.ledger) as ledger:
        assert ledger.execute("select count(*) from calls where kind = 'suggest'")[0][0] == 0
