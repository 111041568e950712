"""The guide on models of one's own machine, followed word by word against servers that speak their HTTP."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.new.new import EXAMPLE
from resources.models.vectors.clip import NEEDED
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.conftest import Said
from tests.docs.conftest import examples
from tests.fakes.ollama import FakeOllama
from tests.fakes.provider.server import FakeProvider

PAGE = "docs/guides/local_models.md"
BLOCKS = [one for one in examples() if one.page == PAGE]
N_ITEMS = sum(
    len(list(csv.DictReader(path.open(encoding="utf-8"))))
    for path in (EXAMPLE / "items").glob("*.csv")
)


def block(language: str, holding: str) -> str:
    (text,) = [one.text for one in BLOCKS if one.language == language and holding in one.text]
    return text


def answer(question: str) -> str:
    return ("question", "complaint")[sum(map(ord, question)) % 2]


@dataclass
class Library:
    """The task that the guide makes, and what is typed at it."""

    at: Path
    run: Callable[..., Said]

    @property
    def folder(self) -> Path:
        return self.at / "tasks" / "library"

    def type(self, *words: str) -> Said:
        return self.run(*words, at=self.at, columns=200)

    def write(self, said: str, address: str) -> None:
        """Put a block of the guide into task.yaml, with the address of a server that is there."""
        (shown,) = re.findall(r"http://127\.0\.0\.1:\d+", said)
        path = self.folder / "task.yaml"
        whole: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        whole |= yaml.safe_load(said.replace(shown, address))
        path.write_text(yaml.safe_dump(whole), encoding="utf-8")

    def votes(self, table: str) -> list[dict[str, Any]]:
        warehouse = warehouse_of(load_task(self.folder))
        found = warehouse.ask(f"select item_id, voter, label, confidence, version from {table}")
        warehouse.close()
        return found.to_pylist()


@pytest.fixture
def library(touchstone, tmp_path) -> Library:
    made = Library(tmp_path, touchstone)
    (line,) = [one for one in block("sh", "ollama pull").splitlines() if "touchstone" in one]
    assert made.type(*line.split()[1:]).code == 0
    return made


def test_ollama_answers_and_compares_once_and_costs_nothing(library):
    with FakeOllama({"llama3.2", "nomic-embed-text"}, answer) as ollama:
        library.write(block("yaml", "ollama_chat/llama3.2"), ollama.url)
        library.write(block("yaml", "ollama/nomic-embed-text"), ollama.url)
        doctor = json.loads(library.type("doctor", "--json").out)
        assert "zero_shot/nomic" in json.dumps(doctor)
        assert "$0.00" in library.type("quote", "library").out
        ran = library.type("run", "library")
        assert ran.code == 0, ran.out + ran.err
        assert {path for path, _ in ollama.asked} >= {"/api/chat", "/api/embed"}
        before = len(ollama.asked)
        assert library.type("run", "library").code == 0
        assert ollama.asked[before:] == [], "nothing is asked twice"
    asked = library.votes("votes.models")
    assert len(asked) == N_ITEMS
    assert {row["label"] for row in asked} == {"question", "complaint"}
    near = library.votes("votes.zero_shot")
    assert len(near) == N_ITEMS
    assert {row["voter"] for row in near} == {"zero_shot/nomic"}
    assert all(0 < row["confidence"] <= 1 for row in near)
    told = json.loads(library.type("explain", near[0]["item_id"], "library", "--json").out)
    assert "zero_shot/nomic" in [vote["voter"] for vote in told["votes"]]


def test_why_a_voter_is_silent_is_told_by_the_run_the_check_and_explain(library):
    with FakeOllama({"nomic-embed-text"}, answer) as ollama:
        sure = block("yaml", "ollama/nomic-embed-text").replace(
            "- name", "- margin: 0.999\n    name"
        )
        library.write(sure, ollama.url)
        ran = library.type("run", "library")
    assert ran.code == 0, ran.out + ran.err
    assert library.votes("votes.zero_shot") == []
    told = " ".join(ran.out.split())
    assert re.search(
        r"zero_shot/nomic votes on none of \d+ items; of \d+ because: its lead is", told
    )
    warehouse = warehouse_of(load_task(library.folder))
    silent = warehouse.ask("select * from votes.zero_shot_abstentions").to_pylist()
    warehouse.close()
    assert len(silent) == N_ITEMS
    said = library.type("explain", silent[0]["item_id"], "library")
    assert "zero_shot/nomic said nothing: its lead is below 0.999" in said.out


def test_a_model_that_was_not_pulled_is_told_and_asked_again_by_the_next_run(library):
    with FakeOllama(set(), answer) as ollama:
        library.write(block("yaml", "ollama_chat/llama3.2"), ollama.url)
        ran = library.type("run", "library")
        assert "try pulling it first" in " ".join((ran.out + ran.err).split())
        assert library.votes("votes.models") == []
        ollama.models.add("llama3.2")
        library.type("run", "library")
    assert len(library.votes("votes.models")) == N_ITEMS


def test_vllm_answers_the_prompt_of_the_guide_and_costs_nothing(library):
    with FakeProvider(lambda body: answer(str(body["messages"][-1]["content"]))) as vllm:
        library.write(block("yaml", "127.0.0.1:8000"), vllm.url.removesuffix("/v1"))
        prompt = library.folder / "prompts" / "classify.md"
        prompt.write_text(block("markdown", "hosted_vllm"), encoding="utf-8")
        assert "$0.00" in library.type("quote", "library").out
        ran = library.type("run", "library")
        assert ran.code == 0, ran.out + ran.err
        assert {asked.model for asked in vllm.meter} == {"Qwen/Qwen3-8B"}
    assert len(library.votes("votes.models")) == N_ITEMS


def test_the_folders_that_the_guide_fills_are_those_that_are_looked_in():
    said = re.findall(r"hf download (\S+) --local-dir (\S+)", block("sh", "hf download"))
    (voter,) = yaml.safe_load(block("yaml", "clip: {weights"))["zero_shot"]
    weights = voter["clip"]["weights"]
    assert said == [
        (f"Qdrant/clip-ViT-B-32-{part}", f"tasks/cracks/{weights}/{part}") for part in NEEDED
    ]
