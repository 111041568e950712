"""A task's models: its prompts, its caps, its key, and what they will cost."""

import json
import re

import pytest
from typer.testing import CliRunner

from cli.models.quote import quote
from labeling.errors import PromptError
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.settings import Pace
from resources.models.task_models import budget_of, classes_of, pace_of, prompts_of, transport_of
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import CLASSES, KEY, Bench, table

TASK = """
name: mail
classes: [{name: SPAM, description: wants something, synonyms: [junk]}, {name: HAM}]
source: {files: "inbox/*.jsonl", time: at}
models:
  prompts: ["prompts/*.md"]
  concurrency: 7
  pace: {openai/dear: {requests_per_minute: 60}}
  budget: {run_usd: 1, day_usd: 2, task_usd: 3}
"""
PROMPT = "---\nmodel: openai/fake\nprice: {input: 1, output: 2}\noutput: {format: text, confidence: none}\n---\nSort these."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = tmp_path / "tasks" / "mail"
    (made / "prompts").mkdir(parents=True)
    (made / "inbox").mkdir()
    (made / "task.yaml").write_text(TASK)
    (made / "prompts" / "classify.md").write_text(PROMPT)
    rows = [
        {"item_id": f"i{k}", "text": f"message {k}", "at": f"2026-03-0{1 + k // 20}T10:00:00Z"}
        for k in range(40)
    ]
    (made / "inbox" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    return made


def test_a_task_tells_prompts_classes_caps_and_pace(folder):
    task = load_task(folder)
    assert [p.name for p in prompts_of(task)] == ["classify"]
    assert classes_of(task)[0].synonyms == ("junk",)
    assert budget_of(task).day_usd == 2
    assert pace_of(task).of("openai/any").concurrency == 7
    assert pace_of(task).of("openai/dear") == Pace(requests_per_minute=60, concurrency=7)


def test_a_pattern_without_a_file_is_told(folder):
    (folder / "prompts" / "classify.md").unlink()
    with pytest.raises(TaskError, match=r"models.prompts: no file matches 'prompts/\*.md'"):
        prompts_of(load_task(folder))


def test_a_wrong_prompt_names_its_file(folder):
    (folder / "prompts" / "classify.md").write_text("Sort these.")
    with pytest.raises(PromptError, match=re.escape(str(folder / "prompts" / "classify.md:1"))):
        prompts_of(load_task(folder))


def test_the_key_comes_out_of_the_environment_by_name(folder, monkeypatch):
    text = TASK.replace("concurrency: 7", "api_key_variable: MAIL_KEY")
    (folder / "task.yaml").write_text(text)
    task = load_task(folder)
    with pytest.raises(TaskError, match="MAIL_KEY is not set"), transport_of(task):
        pass
    monkeypatch.setenv("MAIL_KEY", KEY)
    with transport_of(task) as transport:
        assert transport.api_key == KEY
        assert KEY not in repr(transport)


def ask_for(*arguments: str) -> dict:
    import typer

    app = typer.Typer()
    app.command()(quote)
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    return json.loads(result.output)


@pytest.mark.usefixtures("folder")
def test_quote_reads_the_files_before_the_first_run_and_sends_nothing():
    told = ask_for("mail")
    assert told["voters"][0]["calls"] == 40
    assert 0 < told["cost_usd"] < told["voters"][0]["worst_usd"]
    assert told["notes"] == ["Items are those of the source files."]
    assert ask_for("mail", "--batch", "2026-03-02")["voters"][0]["calls"] == 20


def test_quote_takes_off_what_is_paid_and_warns_of_the_cap(folder):
    task = load_task(folder)
    with FakeProvider(lambda _: "HAM") as provider, Ledger(task.ledger) as ledger:
        Bench(ledger).ask(provider, table(10), prompts_of(task), classes=list(classes_of(task)))
        Bench(ledger).ask(provider, table(3), classes=CLASSES, salt="other")
    told = ask_for("mail")
    assert (told["voters"][0]["known"], told["voters"][0]["calls"]) == (10, 30)
    assert told["spent_usd"] > 0
    (folder / "task.yaml").write_text(TASK.replace("run_usd: 1", "run_usd: 0.00001"))
    assert "more than the run budget of $1e-05" in " ".join(ask_for("mail")["notes"])
