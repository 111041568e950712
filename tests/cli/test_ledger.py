"""``touchstone ledger``: calls and cost by voter; answers carried to another machine."""

import json
from pathlib import Path

import pytest
import yaml

from cli.new.new import create
from labeling.llm.ledger.ledger import Ledger
from resources.task.task import Task, load_task
from tests.fakes.asking import ask_models
from tests.fakes.provider.server import FakeProvider

NOBODY = "http://127.0.0.1:9/v1"


def project_at(folder: Path, url: str) -> Path:
    """The example task with its first file, asking the model at ``url``."""
    folder.mkdir()
    task = create(folder, "letters")
    for path in sorted((task / "items").iterdir())[1:]:
        path.unlink()
    spec = yaml.safe_load((task / "task.yaml").read_text(encoding="utf-8"))
    spec["models"] = {"model": "openai/fake", "ask": "all", "api_base": url}
    (task / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    prompt = task / "prompts" / "classify.md"
    text = prompt.read_text(encoding="utf-8")
    prompt.write_text(text.replace("parameters:", "price: {input: 1, output: 2}\nparameters:", 1))
    return folder


def task_in(project: Path) -> Task:
    return load_task(project / "tasks" / "letters")


def test_a_run_replays_the_answers_of_another_machine_without_a_network(
    tmp_path, monkeypatch, touchstone
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    with FakeProvider(lambda _: "praise") as provider:
        first = project_at(tmp_path / "first", provider.url)
        said = ask_models(task_in(first))
        asked = len(provider.meter)
        paid = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    tape = tmp_path / "answers.jsonl"
    told = json.loads(touchstone("ledger", "--export", str(tape), "--json", at=first).out)
    assert sum(row["calls"] for row in told["voters"]) == asked > 0
    assert told["task_usd"] == pytest.approx(paid)
    assert sum(row["cost_usd"] for row in told["voters"]) == pytest.approx(paid)
    second = project_at(tmp_path / "second", NOBODY)
    taken = json.loads(touchstone("ledger", "--import", str(tape), "--json", at=second).out)
    assert taken["imported"] == told["exported"] > 0
    assert ask_models(task_in(second)) == said != []
    replayed = json.loads(touchstone("ledger", "letters", "--json", at=second).out)
    assert replayed["task_usd"] == sum(row["calls"] for row in replayed["voters"]) == 0
    again = json.loads(touchstone("ledger", "--import", str(tape), "--json", at=second).out)
    assert again["imported"] == 0
    shown = touchstone("ledger", "letters", at=first, columns=200).out
    assert "llm/classify" in shown
    assert f"${paid:.4f} spent" in shown


def test_without_a_ledger_and_with_a_wrong_file_it_says_what_is_wrong(tmp_path, touchstone):
    project = project_at(tmp_path / "project", NOBODY)
    none = touchstone("ledger", "letters", at=project, columns=200)
    assert none.code == 2
    assert "no model was asked" in none.err
    missing = touchstone("ledger", "--import", "tape.jsonl", at=project, columns=200)
    assert missing.code == 2
    assert "tape.jsonl: no such file" in missing.err
    (project / "tape.jsonl").write_text("hello\n", encoding="utf-8")
    wrong = touchstone("ledger", "--import", "tape.jsonl", at=project, columns=200)
    assert wrong.code == 2
    assert "not a cassette" in wrong.err
    with Ledger(task_in(project).ledger) as book:
        assert book.spent("").task == 0
