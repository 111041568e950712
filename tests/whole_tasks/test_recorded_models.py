"""A task whose three voters are real models out of a recording, from its file to its labels."""

import numpy as np
import pytest
import yaml

from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes.provider.recorded import SHARED, RecordedPanel
from tests.fakes.provider.server import FakeProvider

NAME = "llm_css_emotion"
MODELS = ("chatgpt", "flan-t5-xxl", "flan-t5-base")
PROMPT = """---
model: [{}]
price: {{input: 1, output: 2}}
output: {{format: text, confidence: none}}
---
Which emotion?
"""


@pytest.fixture(scope="module")
def emotion(tmp_path_factory):
    """The task after a run, the provider that answered, and the recording."""
    if not (SHARED / NAME).exists():
        pytest.skip(f"{SHARED / NAME} is missing")
    panel = RecordedPanel(NAME)
    project = tmp_path_factory.mktemp("emotion")
    folder = project / "tasks" / "emotion"
    (folder / "items").mkdir(parents=True)
    (folder / "prompts").mkdir()
    table = panel.votes[["id", "text"]].rename(columns={"id": "item_id"})
    table.to_parquet(folder / "items" / "all.parquet")
    models = ", ".join(f"openai/{model}" for model in MODELS)
    (folder / "prompts" / "emotion.md").write_text(PROMPT.format(models))
    with FakeProvider(panel, key="sk-recorded") as provider, pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("RECORDED_KEY", "sk-recorded")
        spec = {
            "name": "emotion",
            "classes": [{"name": c.name, "synonyms": list(c.synonyms)} for c in panel.classes],
            "source": {"files": "items/*.parquet"},
            "batch": {"every": "file"},
            "models": {
                "prompts": ["prompts/emotion.md"],
                "api_base": provider.url,
                "api_key_variable": "RECORDED_KEY",
                "concurrency": 32,
            },
        }
        (folder / "task.yaml").write_text(yaml.safe_dump(spec))
        task = load_task(folder)
        run_task(task, lambda *_: None)
        yield task, provider, panel


def accuracy(found: list[dict], panel: RecordedPanel) -> float:
    """Share of all items that got their class; one without a label counts as wrong."""
    classes = panel.meta["classes"]
    gold = {item: classes[k] for item, k in zip(panel.votes.id, panel.votes.gold, strict=True)}
    return sum(row["label"] == gold[row["item_id"]] for row in found) / len(gold)


def test_each_voter_is_as_right_as_published(emotion):
    task, _, panel = emotion
    for model in MODELS:
        votes = warehouse_of(task).ask(
            "select item_id, label from votes.models where voter = ?",
            [f"llm/emotion@openai/{model}"],
        )
        said = accuracy(votes.to_pylist(), panel)
        assert round(100 * said, 2) == panel.meta["llm_acc"][model]


def test_consensus_is_right_more_often_than_the_median_voter(emotion):
    task, _, panel = emotion
    found = warehouse_of(task).ask("select item_id, label from labels.consensus").to_pylist()
    median = np.median([panel.meta["llm_acc"][model] for model in MODELS])
    assert 100 * accuracy(found, panel) > median


def test_each_text_is_asked_once_of_each_model_and_booked_to_the_last_cent(emotion):
    task, provider, panel = emotion
    use = warehouse_of(task).ask("from votes.model_use").to_pylist()
    assert len(provider.charged) == sum(row["calls"] for row in use)
    assert len(provider.charged) == len(MODELS) * panel.votes.text.nunique()
    paid = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    assert sum(row["cost_usd"] for row in use) == pytest.approx(paid)
    assert all(row["parse_failures"] == 0 and not row["partial"] for row in use)
