"""A project whose one task compares three prompts of known accuracy over a real socket, and people who know."""

import csv
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cli.new.new import create
from resources.reviews.store import ReviewStore
from resources.task.task import Task, load_task
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, Body

SENTENCES = {
    "praise": "Thank you for the lovely {}.",
    "complaint": "The {} is broken and dirty.",
    "question": "When does the {} open?",
}
LABELS = tuple(SENTENCES)
HOW_GOOD = {"careful": 0.95, "plain": 0.8, "hasty": 0.5}
"""How often each prompt is right; its name stands in its text."""

KEY = "sk-pilot"


def truth_of(text: str) -> str:
    """Tell what a text really is."""
    return next(k for k, s in SENTENCES.items() if text.startswith(s.split("{", maxsplit=1)[0]))


def said_by(how_good: Mapping[str, float]) -> Callable[[Body], str]:
    """Answer as well as the prompt is, by a chance that belongs to prompt and text."""

    def answer(body: Body) -> str:
        asked = json.dumps(body["messages"])
        name = next(one for one in how_good if f"[{one}]" in asked)
        text = item_text(body)
        right = truth_of(text)
        chance = hashlib.sha256(f"{name} {text}".encode()).digest()[0] / 256
        return right if chance < how_good[name] else LABELS[LABELS.index(right) - 1]

    return answer


ASKS_FOR_WORDS = "You improve the instructions"
"""What the question for better words of a prompt begins with."""


def suggesting(*answers: str | Answer) -> Callable[[Body], str | Answer]:
    """Answer one after the other, the last again and again, where words are asked for; else as prompts do."""
    left, label = list(answers), said_by(HOW_GOOD)

    def answer(body: Body) -> str | Answer:
        asked = json.dumps(body["messages"])
        if ASKS_FOR_WORDS in asked:
            return left.pop(0) if len(left) > 1 else left[0]
        return (
            json.dumps({"label": LABELS[0]}) if "test of the connection" in asked else label(body)
        )

    return answer


def words(name: str, **more: Any) -> str:
    """Return a suggestion whose instructions make a prompt as good as that of a name."""
    return json.dumps({"instructions": f"[{name}] Look at what they want."} | more)


def write_prompt(folder: Path, name: str, more: str = "") -> Path:
    """Write a prompt file whose text says its name."""
    path = folder / "prompts" / f"{name}.md"
    path.write_text(
        "---\nmodel: any\nprice: {input: 1, output: 2}\n"
        f"output: {{format: text, confidence: none}}\n---\n[{name}] Sort these.{more}",
        encoding="utf-8",
    )
    return path


def make(
    project: Path,
    url: str,
    n_items: int = 400,
    prompts: Sequence[str] = tuple(HOW_GOOD),
    **spec: Any,
) -> Task:
    """Make the project; ``spec`` stands instead of what ``task.yaml`` says."""
    folder = create(project, "letters")
    for path in [*(folder / "items").iterdir(), *folder.glob("rules*"), *folder.glob("prompts/*")]:
        path.unlink()
    for name in prompts:
        write_prompt(folder, name)
    for day, start in (("2026-03-02", 0), ("2026-03-03", n_items // 2)):
        with (folder / "items" / f"{day}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "received_at", "channel", "text"])
            for n in range(start, start + n_items // 2):
                text = SENTENCES[LABELS[n % 3]].format(f"room {n}")
                rows.writerow([f"m{n:04d}", f"{day}T10:00:00", "mail", text])
    told = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    told.pop("rules", None)
    told["models"] = {
        "model": "openai/fake", "api_base": url, "prompts": ["prompts/*.md"],
        "concurrency": 8, "pilot": {"at_a_time": 25},
    }  # fmt: skip
    (folder / "task.yaml").write_text(yaml.safe_dump(told | spec), encoding="utf-8")
    return load_task(folder)


def edit(task: Task, **models: Any) -> Task:
    """Change what ``task.yaml`` says under ``models``."""
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["models"] |= models
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return load_task(task.folder)


def review(task: Task, label: Callable[[str], str] = truth_of, note: str = "") -> int:
    """Let a person answer every open item of the pilot; return how many there were."""
    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        waiting = store.open_items("pilot").to_pylist()
        for one in waiting:
            store.record(
                one["item_id"], one["batch"], "ada", "label", label(one["text"]), "pilot", 1.0,
                note=note, idempotency_key=f"pilot {one['item_id']}",
            )  # fmt: skip
        return len(waiting)
    finally:
        store.close()
