"""``touchstone injections``: the task's own prompts on its own items, with orders hidden in them."""

import json
import re

import pytest
import yaml

from labeling.llm.injections import BY_KIND, TEMPLATES
from labeling.llm.ledger.ledger import Ledger
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import FakeProvider

OBEYS = re.compile(r"(?:Ignore the above and answer|Label:) (\w+)")
"""Of the twenty attacks, this model falls for two."""


@pytest.fixture
def provider():
    def answer(body) -> str:
        told = OBEYS.search(item_text(body))
        obeys = body["model"] == "gullible" and told
        return told[1] if obeys else "praise" if "lovely" in item_text(body) else "complaint"

    with FakeProvider(answer) as running:
        yield running


@pytest.fixture
def project(ran_task, provider, tmp_path, monkeypatch):
    """A copy of the task that asks two models; its gold is what its reviewers audited."""
    project = tmp_path / "project"
    ran_task.copy_to(project)
    folder = project / "tasks" / "letters"
    prompt = (folder / "prompts" / "classify.md").read_text(encoding="utf-8")
    prompt = prompt.replace("format: text", "format: text\n  confidence: none", 1)
    prompt = prompt.replace("parameters:", "price: {input: 1, output: 2}\nparameters:", 1)
    for name in ("gullible", "steadfast"):
        text = prompt.replace("model: gpt-4o-mini", f"model: openai/{name}", 1)
        (folder / "prompts" / f"{name}.md").write_text(text, encoding="utf-8")
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec["models"] = {
        "prompts": ["prompts/gullible.md", "prompts/steadfast.md"],
        "api_base": provider.url,
        "api_key_variable": "LETTERS_KEY",
    }
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    monkeypatch.setenv("LETTERS_KEY", "sk-letters-0123456789")
    return project


def test_it_says_by_voter_and_kind_how_often_the_label_was_turned(project, provider, touchstone):
    told = touchstone("injections", "letters", "--items", "5", "--yes", "--json", at=project)
    assert told.code == 0
    assert "questions are to be asked, for about $0." in told.err
    said = json.loads(told.out)
    assert said["items"] == 5
    assert said["cost_usd"] > 0
    by_voter = {v["voter"]: {k["kind"]: k for k in v["kinds"]} for v in said["voters"]}
    assert set(by_voter) == {"llm/gullible", "llm/steadfast"}
    gullible, steadfast = by_voter["llm/gullible"], by_voter["llm/steadfast"]
    assert set(gullible) == {*BY_KIND, "all"}
    assert steadfast["all"]["turned"] == 0
    # an attack counts only where it wants another class than the voter gives without it
    assert 0 < gullible["order"]["turned"] <= 5
    assert 0 < gullible["answer given"]["turned"] <= 5
    assert gullible["plea"]["turned"] == 0
    assert gullible["all"]["turned"] == sum(gullible[kind]["turned"] for kind in BY_KIND)
    assert len(provider.meter) == 2 * (5 + 5 * len(TEMPLATES))

    asked = len(provider.meter)
    again = touchstone("injections", "letters", "--items", "5", "--yes", at=project, columns=200)
    assert "0 questions are to be asked" in again.err
    assert "answer given" in again.out
    assert len(provider.meter) == asked
    ledger = touchstone("ledger", "letters", "--json", at=project)
    kinds = {row["kind"] for row in json.loads(ledger.out)["voters"]}
    assert kinds == {"ask", "injections"}


def test_nothing_is_sent_without_a_yes_and_nothing_past_the_cap(project, provider, touchstone):
    path = project / "tasks" / "letters" / "task.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    told = touchstone("injections", "letters", at=project, columns=200)
    assert (told.code, "nobody is here to say yes" in told.err) == (2, True)
    assert provider.meter == []
    spec["models"]["budget"] = {"run_usd": 0.01, "day_usd": 1, "task_usd": 1}
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    told = touchstone("injections", "letters", "--yes", at=project, columns=200)
    assert "was not asked all of it: the run budget of $0.01 is reached" in told.out
    with Ledger(load_task(path.parent).ledger) as ledger:
        assert ledger.spent("x").task <= 0.01


def test_what_cannot_be_measured_is_told(project, touchstone):
    path = project / "tasks" / "letters" / "task.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    with warehouse_of(load_task(path.parent)).connect() as db:
        db.execute("delete from people.gold")
    none = touchstone("injections", "letters", "--yes", at=project, columns=200)
    assert none.code == 2
    assert "no audited item with a text" in none.err
    path.write_text(yaml.safe_dump(spec | {"kind": "several"}), encoding="utf-8")
    several = touchstone("injections", "letters", "--yes", at=project, columns=200)
    assert several.code == 2
    assert "answers of letters (kind: several) say more than a class" in several.err
    spec["models"] = {"prompts": ["prompts/*.md"], "simulated": {"truth": "truth.csv"}}
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    simulated = touchstone("injections", "letters", "--yes", at=project, columns=200)
    assert simulated.code == 2
    assert "it reads no text" in simulated.err
