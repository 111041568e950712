"""A pilot over a real socket, from its first round to the run of the prompt that won."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import yaml

from orchestration.pilot.going_on import go_on, quote_round
from orchestration.pilot.standing import standing_of
from orchestration.running import run_task
from resources.pilots.store import PilotStore
from resources.reviews.drawn import record_drawn
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task
from tests.fakes import piloting
from tests.fakes.provider.server import FakeProvider

DRAWN = ("m0004", "2026-03-02")
ANSWERED = ("m0005", "2026-03-02")


@dataclass
class Ended:
    """A task whose pilot said what to promote; of each round the calls that were quoted and metered."""

    task: Task
    provider: FakeProvider
    calls: list[tuple[int, int]] = field(default_factory=list)
    usd: list[tuple[float, float]] = field(default_factory=list)


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Iterator[Ended]:
    with (
        FakeProvider(piloting.said_by(piloting.HOW_GOOD)) as provider,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", piloting.KEY)
        task = piloting.make(tmp_path_factory.mktemp("project"), provider.url, 800)
        it = Ended(task, provider)
        reviews = ReviewStore(task.reviews, kind=task.kind)
        record_drawn(reviews, [DRAWN], 0.1)
        item, batch = ANSWERED
        reviews.plan([Assignment(item_id=item, batch=batch, origin="queue", text="Thanks.")])
        reviews.record(item, batch, "bob", "skip", None, "queue", 1.0, idempotency_key="once")
        for _ in range(8):
            before = standing_of(task, PilotStore(task.pilots), reviews)
            if before.told.verdict.say.value == "promote":
                break
            quotes = quote_round(task, before, reviews)
            met = len(provider.meter)
            go_on(task, reviews, lambda *_: None)
            paid = provider.meter[met:]
            it.calls.append((sum(q.calls for q in quotes), len(paid)))
            usd = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in paid)
            it.usd.append((sum(q.worst_usd or 0.0 for q in quotes), usd))
            piloting.review(task, note="" if it.calls[1:] else "The room is not the matter.")
        reviews.close()
        yield it


@pytest.fixture
def at(ended, touchstone, monkeypatch) -> Callable:
    monkeypatch.setenv("OPENAI_API_KEY", piloting.KEY)
    return lambda *words: touchstone(*words, at=ended.task.folder.parents[1])


def test_reviews_go_to_nobody_who_was_seen_and_end_in_the_better_prompt(ended):
    store, reviews = PilotStore(ended.task.pilots), ReviewStore(ended.task.reviews)
    told = standing_of(ended.task, store, reviews)
    drawn = {(one.item_id, one.batch) for one in store.draws()}
    reviews.close()
    assert told.told.verdict.say.value == "promote"
    assert told.candidates[told.told.verdict.best].name == "careful"
    assert {DRAWN, ANSWERED}.isdisjoint(drawn)
    assert len(drawn) == len(store.draws())


def test_a_round_asks_no_more_than_it_quoted(ended):
    assert all(metered <= quoted for quoted, metered in ended.calls), ended.calls
    assert all(metered <= quoted for quoted, metered in ended.usd), ended.usd


def test_what_a_candidate_got_wrong_is_told_with_notes(at):
    said = at("pilot", "errors", "hasty")
    assert said.code == 0
    assert "The room is not the matter." in said.out
    assert re.search(r"^  praise instead of complaint: \d+ times?$", said.out, re.MULTILINE)
    (one, *_) = [
        row for row in json.loads(at("pilot", "errors", "hasty", "--json").out) if row["notes"]
    ]
    assert one["said"] != one["gold"] == piloting.truth_of(one["text"])


def test_recall_and_precision_of_each_class_are_told_in_the_console_on_the_page_and_as_json(
    ended, at
):
    told = json.loads(at("pilot", "--look", "--json").out)
    rows = {(row["class"], row["name"]): row for row in told["classes"]}
    assert len(rows) == 9
    reviewed = {row["name"]: row["reviewed"] for row in told["candidates"]}
    for name, n in reviewed.items():
        assert sum(rows[of, name]["named"] for of in piloting.LABELS) == n
    for (_, name), row in rows.items():
        assert row["recall_low"] <= piloting.HOW_GOOD[name] <= row["recall_high"]
    assert "careful, class by class" in at("pilot", "--look").out
    page = (ended.task.var / "pilot.html").read_text(encoding="utf-8")
    assert "Recall of question by careful" in page


def test_the_promoted_prompt_alone_is_asked_as_it_was_promoted_and_can_be_taken_back(ended, at):
    task, provider = ended.task, ended.provider
    assert at("pilot", "promote", "careful").code == 0
    again = at("pilot", "promote", "careful")
    assert (again.code, "promoted already" in again.err) == (2, True)
    path = piloting.write_prompt(task.folder, "careful", " Now with other words.")
    met = len(provider.meter)
    run_task(task, lambda *_: None)
    asked = {json.dumps(m.body["messages"]) for m in provider.meter[met:]}
    assert asked
    assert all("[careful] Sort these." in one and "other words" not in one for one in asked)
    warehouse = warehouse_of(task)
    assert warehouse.ask("select distinct voter from votes.models")["voter"].to_pylist() == [
        "llm/careful"
    ]
    reviews = ReviewStore(task.reviews)
    tried = {(one.item_id, one.batch) for one in PilotStore(task.pilots).draws() if one.chosen}
    audited = warehouse.ask("select item_id, batch from people.audit_sample").to_pylist()
    gold = warehouse.ask(
        "select item_id, batch from people.gold where origin = 'queue'"
    ).to_pylist()
    assert DRAWN in {tuple(row.values()) for row in audited}
    assert tried.isdisjoint(tuple(row.values()) for row in audited)
    assert tried <= {tuple(row.values()) for row in gold}
    warehouse.close()
    reviews.close()
    path.unlink()
    assert at("pilot", "--look").code == 0
    assert at("quote").code == 0
    back = at("pilot", "rollback")
    assert (back.code, "no prompt" in back.out) == (0, True)
    history = at("pilot", "history")
    assert "promoted careful" in history.out
    assert "taken back" in history.out
    nothing = at("pilot", "rollback")
    assert (nothing.code, "nothing is promoted" in nothing.err) == (2, True)
    piloting.write_prompt(task.folder, "careful")


def test_classes_told_in_new_words_do_not_make_two_of_a_promoted_prompt(ended, at):
    if not PilotStore(ended.task.pilots).promoted():
        assert at("pilot", "promote", "plain").code == 0
    path = ended.task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["classes"][0]["description"] = "Other words."
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    task = load_task(ended.task.folder)
    reviews = ReviewStore(task.reviews)
    standing = standing_of(task, PilotStore(task.pilots), reviews)
    reviews.close()
    assert sorted(one.name for one in standing.candidates) == ["careful", "hasty", "plain"]
