"""``touchstone rules suggest``: a model's rules on a task that ran, over a real socket; what cannot be done is told."""

import json
from collections.abc import Callable

import pytest
import yaml

from labeling.llm.ledger.ledger import Ledger
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes.provider.faults import (
    CONTEXT,
    DROP,
    ERROR_500,
    FILTER,
    RATE_LIMIT,
    UNKNOWN_MODEL,
)
from tests.fakes.provider.server import Answer, FakeProvider
from tests.fakes.rule_writing import rule, says

FAKE = ("--with", "openai/fake", "--price", "1,2")
LOVELY = says(rule("says_lovely", "praise", "lovely"))


@pytest.fixture
def provider():
    with FakeProvider(lambda _: LOVELY) as running:
        yield running


@pytest.fixture
def task(ran_task, provider, tmp_path, monkeypatch):
    project = tmp_path / "project"
    ran_task.copy_to(project)
    monkeypatch.setenv("LETTERS_KEY", "sk-letters-0123456789")
    task = load_task(project / "tasks" / "letters")
    say(task, models={"api_base": provider.url, "api_key_variable": "LETTERS_KEY"})
    return task


@pytest.fixture
def suggest(task, touchstone) -> Callable:
    return lambda *words: touchstone(
        "rules", "suggest", "letters", *words, at=task.folder.parents[1], columns=200
    )


def say(task, **more) -> None:
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(told | more), encoding="utf-8")


def refused(said) -> str:
    assert said.code == 2, said
    assert "Traceback" not in said.err
    return said.err


def change_gold(task, sql: str) -> None:
    with warehouse_of(task).connect() as db:
        db.execute(sql)


def test_words_that_mean_nothing_are_told_and_nothing_is_sent(suggest, provider, task):
    assert "which model is to write rules?" in refused(suggest())
    assert "say two numbers with a comma between" in refused(suggest("--with", "m", "--price", "1"))
    assert "nobody knows what openai/fake costs" in refused(suggest("--with", "openai/fake"))
    assert "or `prices: {openai/fake: {input: 0.15, output: 0.60}}` under" in refused(
        suggest("--with", "openai/fake")
    )
    assert "nobody is here to say yes" in refused(suggest(*FAKE))
    say(task, models={"prices": {"openai/fake": {"input": 1, "output": 2}}})
    assert "nobody is here to say yes" in refused(suggest("--with", "openai/fake"))
    assert provider.meter == []


def test_without_gold_of_two_classes_nothing_is_asked(suggest, provider, task):
    change_gold(task, "update people.gold set label = 'praise'")
    for by in ("audit", "queue"):
        told = refused(suggest(*FAKE, "--yes", "--by", by))
        assert "letters are praise: a rule that votes on anything would look right" in told
    change_gold(task, "delete from people.gold")
    assert "has no reviewed item of the audit in a batch with a date" in refused(
        suggest(*FAKE, "--yes")
    )
    assert "has no reviewed item of the queue that is not shown" in refused(
        suggest(*FAKE, "--yes", "--by", "queue")
    )
    assert provider.meter == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer("", refusal="I cannot help with that."),
            "wrote no rules: I cannot help with that.",
        ),
        (Answer("[1,", finish_reason="length"), "did not come to an end within 6,000 tokens"),
        (Answer("Here you are: {rules", finish_reason="stop"), "answered, but it is no YAML"),
        (Answer("{rules: !!python/name:os.system ''}"), "answered, but it holds a tag"),
        (Answer("{}"), "answered, but it holds no list under 'rules:'"),
        (Answer("x" * 200_000), "characters; allowed: 100,000"),
        (Answer("no\x1b[2J", refusal="no\x1b[2J\nnever"), "wrote no rules: no [2J never"),
    ],
)
def test_an_answer_that_is_none_is_told_with_its_cost_and_paid_for_once(
    answer, told, suggest, provider, task
):
    provider.answer_with(lambda _: answer)
    first = refused(suggest(*FAKE, "--yes"))
    assert told in first
    assert "It cost $0." in first
    assert "It cost $0.0000" not in first
    asked = len(provider.charged)
    assert "It cost $0.0000" in refused(suggest(*FAKE, "--yes"))
    assert len(provider.charged) == asked == 1
    assert not (task.folder / "suggested.yaml").exists()


def test_what_is_no_rule_is_refused_and_the_rest_is_measured(suggest, provider):
    provider.answer_with(
        lambda _: says(
            rule("stranger", "spam", "win"),
            rule("code", "praise", "x", python="import os"),
            rule("rare", "praise", "zyzzyva"),
        )
    )
    told = json.loads(suggest(*FAKE, "--yes", "--json").out)
    assert told["admitted"] == []
    why = {one["name"]: one["why"] for one in told["refused"]}
    assert "'spam', which is no class" in why["stranger"]
    assert "never code" in why["code"]
    assert "votes on 0 reviewed items" in why["rare"]
    assert told["cost_usd"] > 0
    again = suggest(*FAKE, "--yes")
    assert "No rule is admitted; nothing is written." in again.out
    assert "Cost: $0.0000. The answer was paid for before." in again.out
    assert suggest(*FAKE, "--yes", "--afresh").code == 0
    assert len(provider.charged) == 2


def test_what_is_shown_is_never_what_measures(suggest, provider, task):
    suggest(*FAKE, "--yes")
    asked = provider.meter[0].body["messages"][-1]["content"]
    with warehouse_of(task).connect() as db:
        audited = db.execute(
            "select distinct i.text from raw.items i join people.audit_sample a using (item_id, batch)"
        ).fetchall()
    assert "<item-" in asked
    assert [text for (text,) in audited if f"\n{text}\n" in asked] == []


def test_the_budget_holds_before_anything_is_sent(suggest, provider, task):
    say(task, models={"api_base": provider.url, "api_key_variable": "LETTERS_KEY",
                      "budget": {"run_usd": 0.001, "day_usd": 1, "task_usd": 1}})  # fmt: skip
    assert "the run budget of $0.001 is reached" in refused(suggest(*FAKE, "--yes"))
    assert provider.meter == []
    with Ledger(task.ledger) as ledger:
        assert ledger.spent("x").task == 0


def test_a_model_that_takes_no_schema_is_asked_in_words(suggest, provider):
    provider.structured = False
    assert suggest(*FAKE, "--yes").code == 0
    assert [m.status for m in provider.meter] == [400, 200]


def test_a_provider_that_is_busy_or_down_for_a_while_is_asked_again_and_paid_once(
    suggest, provider
):
    provider.script.extend([RATE_LIMIT, ERROR_500, DROP])
    assert "Cost: $0.0" in suggest(*FAKE, "--yes").out
    assert [one.status for one in provider.meter] == [429, 500, 499, 200]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (UNKNOWN_MODEL, "check the key, the quota and the model's name"),
        (CONTEXT, "cannot be asked"),
        (FILTER, "wrote no rules: the provider's content filter held it back"),
    ],
)
def test_what_a_provider_refuses_is_told_in_its_words(fault, told, suggest, provider, task):
    provider.script.extend([fault] * 9)
    assert told in refused(suggest(*FAKE, "--yes"))
    assert provider.charged == []
    assert not (task.folder / "suggested.yaml").exists()


def test_a_task_that_says_more_than_a_class_is_told(suggest, task, provider):
    say(task, kind="several")
    assert "answers of letters (kind: several) say more than a class" in refused(
        suggest(*FAKE, "--yes")
    )
    assert provider.meter == []
