"""Nothing that is redacted at the source, and no key, is found in any file that a run leaves."""

import shutil
from pathlib import Path

import pytest
import yaml

from orchestration.commands.new import create
from orchestration.running import run_task
from orchestration.schedules import warehouse_of
from orchestration.task.task import Task, load_task
from tests.fakes.provider.server import FakeProvider

KEY = "sk-live-CANARYKEY0123456789abcdef"
SECRET = "canary.person@example.org"
REJECTED = "rejected.person@example.org"


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """The example task, asking the fake provider; an address in a text and in a row set aside."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("CANARY_KEY", KEY)
    folder = create(tmp_path, "letters")
    for path in sorted((folder / "items").iterdir())[1:]:
        path.unlink()
    (path,) = (folder / "items").iterdir()
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    rows = {
        "item_id": "secret",
        "text": f"Write to {SECRET} please",
        "received_at": "2026-03-02T10:00:00",
    }
    bad = {"item_id": "", "text": f"No id, but {REJECTED}", "received_at": "2026-03-02T10:00:00"}
    with path.open("a", encoding="utf-8") as file:
        for row in (rows, bad):
            file.write(",".join(row.get(name, "mail") for name in header) + "\n")
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec["source"] |= {"redact": ["email"], "bad_rows_at_most": 0.5}
    spec["models"] = {
        "prompts": ["prompts/classify.md"],
        "model": "openai/fake",
        "api_key_variable": "CANARY_KEY",
        "ask": "all",
        "redact": ["email"],
    }
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    prompt = folder / "prompts" / "classify.md"
    text = prompt.read_text(encoding="utf-8")
    prompt.write_text(text.replace("parameters:", "price: {input: 1, output: 2}\nparameters:", 1))
    return load_task(folder)


def holding(folder: Path, needle: str) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and needle.encode() in path.read_bytes()
    ]


def test_no_key_and_nothing_redacted_is_in_any_file_of_a_run(task, capfd, caplog):
    with FakeProvider(lambda _: task.classes[0], key=KEY) as provider:
        models = task.spec.models.model_copy(update={"api_base": provider.url})
        spec = task.spec.model_copy(update={"models": models})
        told = Task(folder=task.folder, spec=spec, var=task.var)
        run_task(told, lambda *_: None)
        asked = warehouse_of(told).read("select sum(calls) as n from votes.model_use")
        assert asked["n"].to_pylist()[0] > 0
        assert any("[email]" in str(one.body) for one in provider.meter)
    project = task.folder.parents[1]
    shutil.rmtree(task.folder / "items")  # what people wrote themselves
    said = capfd.readouterr()
    for needle in (KEY, SECRET, REJECTED):
        assert needle not in said.out + said.err + caplog.text
        assert holding(project, needle) == []
    stored = warehouse_of(told).read("select text from raw.items where item_id = 'secret'")
    assert stored["text"].to_pylist() == ["Write to [email] please"]
    aside = warehouse_of(told).read("select content from raw.quarantine where kind = 'row'")
    assert "[email]" in aside["content"].to_pylist()[0]
