"""Models are asked about the parts of a batch by workers that spend from one ledger."""

import csv
from pathlib import Path

import pytest
import yaml

from cli.new.new import create
from labeling.llm.ledger.opening import open_ledger
from resources.store.tables import ITEMS, MODEL_VOTES, RULE_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task
from tests.fakes.asking import ask_models, make
from tests.fakes.provider.server import FakeProvider, last_text

N = 2_100
"""Items, in three parts."""

EVERYWHERE, OWN = 120, 16
"""Texts that stand in all parts; and how many items follow each other with a text of their own."""

CAP_USD = 0.004


def sorted_by_words(body) -> str:
    text = last_text(body)
    return "praise" if "glad" in text else "complaint" if "broken" in text else "question"


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-workers")
    with FakeProvider(sorted_by_words) as provider:
        yield provider


def letters(project: Path, provider: FakeProvider, **settings: object) -> Task:
    folder = create(project, "letters")
    for path in [*(folder / "items").iterdir(), *folder.glob("rules*")]:
        path.unlink()
    with (folder / "items" / "2026-03-02.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "received_at", "channel", "text"])
        for n in range(N):
            text = n // 2 % EVERYWHERE if n % 2 else EVERYWHERE + n // OWN
            said = ("I am glad", "it is broken", "when")[text % 3]
            rows.writerow([f"m{n:05d}", "2026-03-02T09:00:00", "mail", f"{text} {said}"])
    change(folder, **settings)
    change(folder, models={"model": "openai/fake", "api_base": provider.url}, rules=None)
    (folder / "prompts" / "classify.md").write_text(
        "---\nmodel: any\nprice: {input: 1, output: 2}\n"
        "output: {format: text, confidence: none}\n---\nSort these."
    )
    return load_task(folder)


def change(folder: Path, **settings: object) -> Task:
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    for name, value in settings.items():
        spec.pop(name, None)
        if value is not None:
            spec[name] = value
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return load_task(folder)


def test_workers_ask_what_one_process_asks_pay_once_and_keep_the_cap(provider, tmp_path, postgres):
    pytest.importorskip("distributed", reason="touchstone[dask] is not installed")
    alone = ask_models(letters(tmp_path / "alone", provider))
    assert len(alone) == N
    asked_alone = len(provider.charged)
    assert asked_alone >= EVERYWHERE + N // OWN

    task = letters(
        tmp_path / "workers",
        provider,
        scale={"engine": "dask", "items_a_part": 1000},
        state={"postgres": postgres.database()},
    )
    models = {"model": "openai/fake", "api_base": provider.url}
    task = change(task.folder, models={**models, "budget": {"task_usd": CAP_USD}})
    some = ask_models(task)
    assert 0 < len(some) < N
    paid = provider.charged[asked_alone:]
    bill = sum(one.prompt_tokens + 2 * one.completion_tokens for one in paid) / 1e6
    with open_ledger(task.ledger) as ledger:
        spent = ledger.spent("any").task
    assert spent == pytest.approx(bill)
    assert spent <= CAP_USD

    task = change(task.folder, models=models)
    make(task, ITEMS, RULE_VOTES, MODEL_VOTES)
    votes = warehouse_of(task).ask(
        "select item_id, voter, label from votes.models order by item_id, voter"
    )
    assert votes.to_pylist() == alone
    with open_ledger(task.ledger) as ledger:
        ((owners,),) = ledger.execute(
            "select count(distinct owner) from calls where run = "
            "(select run from calls order by id desc limit 1)"
        )
    assert owners >= 2, "the workers share one ledger"
    assert len(provider.charged) - asked_alone == asked_alone, "no text is paid for twice"
