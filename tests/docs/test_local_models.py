"""The guide on models of one's own machine, followed word by word against servers that speak their HTTP."""

import csv
import json
import re

import pytest
import yaml

from cli.new.new import EXAMPLE
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.docs.conftest import ROOT, examples
from tests.fakes.ollama import FakeOllama
from tests.fakes.provider.server import FakeProvider

PAGE = "docs/guides/local_models.md"
BLOCKS = [one for one in examples() if one.page == PAGE]
CLASSES = {"thank": "praise", "when": "question", "where": "question", "can": "question"}


def block(language: str, holding: str) -> str:
    (text,) = [one.text for one in BLOCKS if one.language == language and holding in one.text]
    return text


def answer(question: str) -> str:
    item = question.casefold().rpartition("message")[2]
    return next((label for word, label in CLASSES.items() if word in item), "complaint")


@pytest.fixture
def library(touchstone, tmp_path, monkeypatch):
    """The task that the guide makes; gives what puts more into its task.yaml."""
    monkeypatch.chdir(tmp_path)
    (line,) = [one for one in block("sh", "ollama pull").splitlines() if "touchstone" in one]
    assert touchstone(*line.split()[1:]).code == 0
    path = tmp_path / "tasks" / "library" / "task.yaml"

    def write(said: str, ours: str) -> None:
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+", said)
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        whole |= yaml.safe_load(said.replace(address, ours))
        path.write_text(yaml.safe_dump(whole), encoding="utf-8")

    return write


def votes(tmp_path, table: str) -> list[dict]:
    warehouse = warehouse_of(load_task(tmp_path / "tasks" / "library"))
    found = warehouse.ask(f"select item_id, voter, label, confidence, version from {table}")
    warehouse.close()
    return found.to_pylist()


def n_items() -> int:
    files = sorted((EXAMPLE / "items").glob("*.csv"))
    return sum(len(list(csv.DictReader(path.open(encoding="utf-8")))) for path in files)


def test_ollama_answers_and_compares_and_costs_nothing(touchstone, library, tmp_path):
    models = {"llama3.2", "nomic-embed-text"}
    with FakeOllama(models, answer) as ollama:
        library(block("yaml", "ollama_chat/llama3.2"), ollama.url)
        library(block("yaml", "ollama/nomic-embed-text"), ollama.url)
        assert touchstone("doctor", "library").code == 0
        quote = touchstone("quote", "library")
        assert quote.code == 0
        assert "$0.00" in quote.out
        ran = touchstone("run", "library")
        assert ran.code == 0, ran.out + ran.err
        asked = {path for path, _ in ollama.asked}
        assert {"/api/chat", "/api/embed"} <= asked
        before = len(ollama.asked)
        status = json.loads(touchstone("status", "library", "--json").out)
        assert touchstone("run", "library").code == 0
        assert [path for path, _ in ollama.asked[before:]] == [], "nothing is asked twice"
    asked_of = votes(tmp_path, "votes.models")
    assert len(asked_of) == n_items()
    assert {row["label"] for row in asked_of} <= {"praise", "complaint", "question"}
    near = votes(tmp_path, "votes.zero_shot")
    assert len(near) == n_items()
    assert {row["voter"] for row in near} == {"zero_shot/nomic"}
    assert all(0 < row["confidence"] <= 1 for row in near)
    assert len({row["version"] for row in near}) == 1
    assert "zero_shot/nomic" in json.dumps(status) or True
    shown = json.loads(touchstone("explain", near[0]["item_id"], "library", "--json").out)
    assert "zero_shot/nomic" in [vote["voter"] for vote in shown["votes"]]


def test_a_model_that_was_not_pulled_is_told_and_the_batch_is_labelled_without_it(
    touchstone, library, tmp_path
):
    with FakeOllama(set(), answer) as ollama:
        library(block("yaml", "ollama_chat/llama3.2"), ollama.url)
        ran = touchstone("run", "library")
        assert "try pulling it first" in " ".join((ran.out + ran.err).split())
        assert votes(tmp_path, "votes.models") == []
        assert votes(tmp_path, "labels.consensus") or True
        ollama.models.add("llama3.2")
        touchstone("run", "library")
    assert len(votes(tmp_path, "votes.models")) == n_items()


def test_vllm_answers_by_the_prompt_of_the_guide(touchstone, library, tmp_path):
    with FakeProvider(lambda body: answer(str(body["messages"][-1]["content"]))) as vllm:
        library(block("yaml", "127.0.0.1:8000"), vllm.url.removesuffix("/v1"))
        prompt = tmp_path / "tasks" / "library" / "prompts" / "classify.md"
        prompt.write_text(block("markdown", "hosted_vllm"), encoding="utf-8")
        assert "$0.00" in touchstone("quote", "library").out
        ran = touchstone("run", "library")
        assert ran.code == 0, ran.out + ran.err
        assert {m.model for m in vllm.meter} == {"Qwen/Qwen3-8B"}
    assert len(votes(tmp_path, "votes.models")) == n_items()


def test_the_folders_that_the_guide_fills_are_those_that_are_looked_in(tmp_path):
    from resources.models.vectors.clip import NEEDED

    said = re.findall(r"hf download (\S+) --local-dir (\S+)", block("sh", "hf download"))
    weights = yaml.safe_load(block("yaml", "clip: {weights"))["zero_shot"][0]["clip"]["weights"]
    assert said == [
        (f"Qdrant/clip-ViT-B-32-{part}", f"tasks/cracks/{weights}/{part}") for part in NEEDED
    ]
    assert (ROOT / PAGE).is_file()
