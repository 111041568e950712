"""One command labels several batches, and pays for all of them out of one budget of a run."""

import yaml

from cli.new.new import create
from labeling.llm.ledger.ledger import Ledger
from orchestration.running import run_task
from resources.task.task import load_task
from tests.fakes.provider.server import FakeProvider

CAP_USD = 0.002


def test_the_batches_of_one_command_share_the_budget_of_a_run(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one-budget")
    folder = create(tmp_path, "letters")
    for path in folder.glob("rules*"):
        path.unlink()
    for path in sorted((folder / "items").iterdir())[2:]:
        path.unlink()
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec.pop("rules", None)
    with FakeProvider(lambda _: "praise") as provider:
        budget = {"run_usd": CAP_USD, "day_usd": 1, "task_usd": 1}
        spec["models"] = {"model": "openai/fake", "api_base": provider.url, "budget": budget}
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        (folder / "prompts" / "classify.md").write_text(
            "---\nmodel: any\nprice: {input: 1, output: 2}\n"
            "output: {format: text, confidence: none}\n---\nSort these."
        )
        task = load_task(folder)
        outcome = run_task(task, lambda *_: None)
    assert len(outcome.labelled) > 1
    with Ledger(task.ledger) as ledger:
        ((spent, runs),) = ledger.execute(
            "select sum(cost_usd + exposure_usd), count(distinct run) from calls"
        )
    assert 0 < spent <= CAP_USD
    assert runs == 1
