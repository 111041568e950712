"""A task that only models vote in: where they fail the run says why, and the next one goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from cli.everyday.status import status_of
from cli.new.new import create
from labeling.llm import asking
from labeling.llm.ledger.ledger import Ledger
from orchestration.planning import batches_to_label
from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import FakeProvider

DAILY = wire.Fault(
    "rate_limit_exceeded", 429, message="requests per day (RPD). Please try again in 7h12m0s."
)
PASSING = wire.ERROR_503
BAD = wire.Fault("bad_request", 400, message="no such deployment")


@dataclass
class Letters:
    task: Task
    provider: FakeProvider

    def run(self):
        return run_task(self.task, lambda *_: None)


@pytest.fixture(scope="module")
def letters(tmp_path_factory) -> Iterator[Letters]:
    project = tmp_path_factory.mktemp("project")
    with FakeProvider(lambda _: "praise") as provider, pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", "sk-only-voter")
        patch.setattr(asking, "BACKOFF_S", 0.01)
        folder = create(project, "letters")
        for path in sorted((folder / "items").iterdir())[1:]:
            path.unlink()
        for path in folder.glob("rules*"):
            path.unlink()
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec.pop("rules", None)
        spec["models"] = {"model": "openai/fake", "api_base": provider.url, "concurrency": 1}
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        (folder / "prompts" / "classify.md").write_text(
            "---\nmodel: any\nprice: {input: 1, output: 2}\n"
            "output: {format: text, confidence: none}\n---\nSort these."
        )
        yield Letters(load_task(folder), provider)


def test_where_the_only_voters_fail_the_run_says_why_and_the_next_one_goes_on(letters):
    """From a quota of the day, over a provider that is down and rejected questions, to labels."""
    provider, told = letters.provider, {}
    votes = "select count(*) as n from votes.models"
    for name, fault in (("quota", DAILY), ("down", PASSING), ("bad", BAD)):
        provider.script.clear()
        provider.script.extend([None, *[fault] * (3 if name == "bad" else 500)])
        outcome = letters.run()
        assert outcome.labelled, name
        told[name] = "\n".join(outcome.warnings)
        if name == "quota":
            _rests_until_its_time_has_come(letters)
    assert "the_batch_is_complete" in told["quota"]
    assert "takes no more requests until 2" in told["quota"]
    assert "the_batch_is_complete" in told["down"]
    assert "openai/fake failed 12 times in a row, last: unavailable" in told["down"]
    assert "models_answer" in told["bad"]
    assert "3 items have none (rejected: no such deployment)" in told["bad"]
    warehouse = warehouse_of(letters.task)
    (items,) = warehouse.ask("select count(*) as n from raw.items")["n"].to_pylist()
    assert warehouse.ask(votes)["n"].to_pylist() == [items - 3]
    assert batches_to_label(letters.task, warehouse) == {}
    warehouse.close()


def _rests_until_its_time_has_come(letters: Letters) -> None:
    """Nothing asks the model before; status and run say until when; a passed time sets it to work."""
    met, warehouse = len(letters.provider.meter), warehouse_of(letters.task)
    outcome = letters.run()
    assert (len(letters.provider.meter), outcome.labelled) == (met, [])
    assert "not to be asked: openai/fake until 2" in "\n".join(outcome.warnings)
    assert status_of(letters.task)["models_at_rest"].keys() == {"openai/fake"}
    assert batches_to_label(letters.task, warehouse) == {}
    with Ledger(letters.task.ledger) as ledger:
        ledger.execute("update rests set until = said_at")
    assert len(batches_to_label(letters.task, warehouse)) == 1
    assert status_of(letters.task)["models_at_rest"] == {}
    warehouse.close()
