"""A task of letters that a cheap and a dear model of a fake provider sort, a day a batch; people speak in between."""

import csv
import json
import math
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from typer.testing import CliRunner

from cli.models.quote import quote
from cli.new.new import create
from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from resources.store.table import Table
from resources.store.tables import (
    CONSENSUS,
    ITEMS,
    MODEL_VOTES,
    RELEASED,
    RULE_VOTES,
    STUDENT_VOTES,
)
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider

DAYS, EACH = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"), 60
CLASSES = ("praise", "complaint", "question")
SMALL = "---\nmodel: openai/small\nprice: {input: 1, output: 2}\noutput: {format: text}\n---\nSort these."
NOTHING: dict[str, str] = {}
LARGE = (
    "---\nmodel: openai/large\nprice: {input: 100, output: 200}\noutput: {format: text, confidence: none}\n"
    "ask: {after: small, guarantee: 0.85, against: gold, risk: 0.2}\n---\nSort these with care."
)


def letter(n: int, day: str) -> str:
    """A third of the letters are murky, and do not say what they are; each has words of its own."""
    what = "murky matter" if n % 9 < 3 else f"clear {CLASSES[n % 3]}"
    chance = random.Random(f"{n} {day}")
    words = ["".join(chance.choices("aeioubdfgklmnprst", k=7)) for _ in range(5)]
    return f"A {what} , number {n} of {day} : {' '.join(words)}"


def answer(body: dict[str, Any]) -> Answer:
    """The small model is right where it is sure, and else says praise; another one then says complaint.

    The large one is always right.
    """
    text = item_text(body)
    number = re.search(r"number (\d+)", text)
    true = CLASSES[int(number[1]) % 3] if number else "praise"
    if body["model"] == "large":
        return Answer(true)
    guess = "praise" if body["model"] == "small" else "complaint"
    said, p = (true, 0.97) if "clear" in text else (guess, 0.6)
    other = next(one for one in CLASSES if one != said)
    return Answer(said, tokens=[(said, {said: math.log(p), other: math.log(1 - p)})])


@dataclass
class Letters:
    """The task, each day of it labelled by its assets."""

    task: Task
    provider: FakeProvider
    instance: dg.DagsterInstance

    def label(self, day: str) -> dict[str, Any]:
        """Label a day; return what asking the large model took."""
        self.make(day, ITEMS, RULE_VOTES, MODEL_VOTES, CONSENSUS, STUDENT_VOTES, RELEASED)
        asked = self.rows(
            "select g.*, u.calls, u.cost_usd, u.quoted_usd, u.waiting from votes.guarantees g"
            " join votes.model_use u using (batch, voter)"
            f" where batch = '{day}' and voter = 'llm/large'"
        )
        return asked[0]

    def make(self, day: str, *tables: Table) -> None:
        """Make some of the tables of a day."""
        definitions(self.task).resolve_job_def("letters_label").execute_in_process(
            instance=self.instance,
            partition_key=day,
            run_config=QUIET,
            asset_selection=[table.asset("letters") for table in tables],
        )

    def quoted(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Return what ``touchstone quote`` says of each voter."""
        import typer

        app = typer.Typer()
        app.command()(quote)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.task.folder.parents[1])
            result = CliRunner().invoke(
                app, ["letters", *arguments, "--json"], catch_exceptions=False
            )
        return {row["voter"]: row for row in json.loads(result.output)["voters"]}

    def review(self, day: str, only: str = "") -> None:
        """Let people label the items of a day as an audit would have them."""
        with warehouse_of(self.task).connect() as db:
            db.execute(
                "with told as (select item_id, batch,"
                f" list_extract({list(CLASSES)}, split_part(item_id, '-', 4)::int % 3 + 1) as label"
                f" from raw.items where batch = '{day}')"
                " insert into people.gold (item_id, batch, label, origin, probability, reviews)"
                f" select item_id, batch, label, 'audit', 0.5, 1 from told where label like '%{only}'"
            )

    def forget_reviews(self) -> None:
        with warehouse_of(self.task).connect() as db:
            db.execute("delete from people.gold")

    def right(self, day: str) -> float:
        """Return the share of a day's released labels that people would give."""
        rows = self.rows(
            f"select label, split_part(item_id, '-', 4)::int as n from labels.released where batch = '{day}'"
        )
        return sum(row["label"] == CLASSES[row["n"] % 3] for row in rows) / len(rows)

    def rows(self, query: str) -> list[dict[str, Any]]:
        return warehouse_of(self.task).ask(query).to_pylist()

    def asked(self, model: str, since: int = 0) -> list[str]:
        """Return the texts that a model was asked about."""
        met = [m for m in self.provider.meter[since:] if m.model == model]
        return [item_text(m.body) for m in met if "number" in item_text(m.body)]


@contextmanager
def letters(
    project: Path, large: str = LARGE, files: Mapping[str, str] = NOTHING, **changes: Any
) -> Iterator[Letters]:
    """Make the task with more ``files`` and ``changes`` of its settings, landed and not yet labelled."""
    with FakeProvider(answer) as provider, pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", "sk-cascade")
        folder = create(project, "letters")
        for path in [*(folder / "items").iterdir(), *folder.glob("rules*")]:
            path.unlink()
        for day in DAYS:
            with (folder / "items" / f"{day}.csv").open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                rows.writerow(["item_id", "received_at", "channel", "text"])
                for n in range(EACH):
                    rows.writerow([f"{day}-{n}", f"{day}T09:00:00", "mail", letter(n, day)])
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec.pop("rules", None)
        spec["models"] = {
            "prompts": ["prompts/*.md"],
            "api_base": provider.url,
            **changes.pop("models", {}),
        }
        (folder / "task.yaml").write_text(yaml.safe_dump({**spec, **changes}), encoding="utf-8")
        (folder / "prompts" / "classify.md").unlink()
        (folder / "prompts" / "small.md").write_text(SMALL, encoding="utf-8")
        (folder / "prompts" / "large.md").write_text(large, encoding="utf-8")
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        with dg.DagsterInstance.ephemeral() as instance:
            found = Letters(load_task(folder), provider, instance)
            definitions(found.task).resolve_job_def("letters_land").execute_in_process(
                instance=instance, run_config=QUIET
            )
            yield found
