"""A project whose texts two classes share, people who know, and a model that writes rules for it."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cli.new.new import create
from resources.task.task import Task, load_task

KEY = "sk-rules-0123456789"
RULES = {
    "rules": [
        {"name": "broken", "label": "complaint", "keyword": ["broken", "dirty"]},
        {"name": "names_a_room", "label": "praise", "keyword": ["room"]},
    ]
}


def make(
    project: Path,
    url: str | None,
    rules: Mapping[str, Any] = RULES,
    classes: Sequence[str] = ("praise", "complaint"),
    **spec: Any,
) -> Task:
    """Make the project, without items; ``spec`` stands instead of what ``task.yaml`` says."""
    folder = create(project, "letters")
    for path in [*(folder / "items").iterdir(), *folder.glob("rules*"), *folder.glob("prompts/*")]:
        path.unlink()
    (folder / "rules.yaml").write_text(yaml.safe_dump(dict(rules)), encoding="utf-8")
    (folder / "prompts" / "classify.md").write_text(
        "---\nmodel: openai/fake\nprice: {input: 1, output: 2}\n---\nSort these.", encoding="utf-8"
    )
    write_truth(folder, [])
    told = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    told["source"].pop("metadata")
    told |= {
        "classes": [{"name": name, "description": f"It is {name}."} for name in classes],
        "rules": {"files": ["rules.yaml"]},
        "batch": {"every": "day"},
        "audit": {"per_batch": 60},
        "queue": {"per_batch": 20},
        "demo": {"scripted": {"truth": "truth.csv", "audit_share": 1.0, "queue_share": 1.0, "error_rate": 0.0}},
    }  # fmt: skip
    if url is not None:
        # prompts that nobody promotes: the model is asked for rules alone
        told["models"] = {"api_base": url, "api_key_variable": "LETTERS_KEY", "pilot": {}}
    (folder / "task.yaml").write_text(yaml.safe_dump(told | spec), encoding="utf-8")
    return load_task(folder)


def write_truth(folder: Path, rows: Iterable[tuple[str, str]]) -> None:
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("item_id", "label"), *rows])


def land(task: Task, day: str, rows: Sequence[tuple[str, str]]) -> None:
    """Bring one batch: texts, each with what it really is."""
    with (task.folder / "truth.csv").open("a", encoding="utf-8", newline="") as truth:
        csv.writer(truth).writerows((f"{day}-{n:03d}", label) for n, (_, label) in enumerate(rows))
    with (task.folder / "items" / f"{day}.csv").open("w", encoding="utf-8", newline="") as items:
        out = csv.writer(items)
        out.writerow(["item_id", "received_at", "text"])
        out.writerows(
            (f"{day}-{n:03d}", f"{day}T10:00:00", text) for n, (text, _) in enumerate(rows)
        )


def letters(n: int, lovely: str = "praise") -> list[tuple[str, str]]:
    """Return texts: what is broken is a complaint, and what is lovely is ``lovely``."""
    made: list[tuple[str, str]] = []
    for at in range(n):
        kind = at % 4
        text = (
            f"The lamp of room {at} is broken.",
            f"A lovely evening in room {at}.",
            f"Room {at} was dirty, as ever.",
            f"Thank you all for room {at}.",
        )[kind]
        made.append((text, ("complaint", lovely, "complaint", "praise")[kind]))
    return made


def rule(
    name: str, label: str, *keywords: str, regex: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """Return a rule as a model says it."""
    said = {
        "name": name,
        "label": label,
        "keyword": list(keywords),
        "regex": list(regex),
        "texts": ["t1"],
    }
    return said | more


def says(*rules: dict[str, Any]) -> str:
    """Return an answer."""
    return json.dumps({"rules": list(rules)})


def list_file(task: Task, name: str = "suggested.yaml") -> Task:
    """Name a file of rules in task.yaml."""
    path = task.folder / "task.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["rules"]["files"].append(name)
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return load_task(task.folder)
