"""Many small batches of one task: what one more costs, and how that grows with their number.

    python -m bench.speed.batches --batches 10,100,1000
    python -m bench.speed.batches --batches 120 --code ../an/older/checkout

Each line is a task of that many batches of 30 invented texts, six keyword rules and no model, filled
from nothing in one command. Then one more batch lands, and ``touchstone run`` labels it; the median
of a few such runs is told, the start of the process aside, which is that of a run that finds nothing
to do. Seconds are CPU seconds of everything that was started.
"""

import argparse
import datetime as dt
import json
import random
import shutil
import statistics
import tempfile
from pathlib import Path

from bench.speed.command import command

ITEMS = 30
SUBJECTS = {
    "invoice": ("invoice", "refund"),
    "delivery": ("parcel", "courier"),
    "account": ("password", "login"),
}
"""Class to its words; each is the keyword of one rule."""

COMMON = ("please", "the", "my", "is", "not", "today", "again", "help", "with", "order", "hello")
FIRST = dt.date(2000, 1, 1)

TASK = """name: small
classes: [{classes}]
source: {{files: "{{var}}/inbox/*.jsonl", id: item_id, text: text, time: at}}
batch: {{every: day}}
rules: {{files: [rules.yaml]}}
student: {{enabled: {student}}}
audit: {{per_batch: 5}}
queue: {{per_batch: 5}}
reviewers: {{scripted: {{truth: "{{var}}/truth/*.csv", audit_share: 1.0, queue_share: 0.0, error_rate: 0.0}}}}
"""


def make(project: Path, *, student: bool = False) -> None:
    """Write a project with one task and no batch."""
    folder = project / "tasks" / "small"
    folder.mkdir(parents=True)
    classes = ", ".join(f"{{name: {name}}}" for name in SUBJECTS)
    (folder / "task.yaml").write_text(
        TASK.format(classes=classes, student=str(student).lower()), encoding="utf-8"
    )
    rules = [
        f"  - {{name: {word}, label: {name}, keyword: [{word}]}}\n"
        for name, words in SUBJECTS.items()
        for word in words
    ]
    (folder / "rules.yaml").write_text("rules:\n" + "".join(rules), encoding="utf-8")
    for name in ("inbox", "truth"):
        (project / "var" / "small" / name).mkdir(parents=True)


def land(project: Path, first: int, last: int) -> None:
    """Write the files of batches ``first`` to ``last``, the last one not included."""
    var = project / "var" / "small"
    for batch in range(first, last):
        drawn = random.Random(batch)
        day = FIRST + dt.timedelta(days=batch)
        texts, labels = [], ["item_id,label"]
        for n in range(ITEMS):
            name = drawn.choice(list(SUBJECTS))
            of = name if drawn.random() < 0.85 else drawn.choice(list(SUBJECTS))
            words = [drawn.choice(SUBJECTS[of]), *drawn.choices(COMMON, k=8)]
            drawn.shuffle(words)
            one = {"item_id": f"{batch}-{n}", "text": " ".join(words), "at": f"{day}T09:00:00Z"}
            texts.append(json.dumps(one))
            labels.append(f"{batch}-{n},{name}")
        (var / "inbox" / f"{day}.jsonl").write_text("\n".join(texts), encoding="utf-8")
        (var / "truth" / f"{day}.csv").write_text("\n".join(labels), encoding="utf-8")


def measure(code: Path, project: Path, batches: int, runs: int, first: int = 0) -> dict[str, float]:
    """Fill a project, then add one batch ``runs`` times; CPU seconds of each kind of command.

    ``first`` batches stand already.
    """
    land(project, first, batches)
    found = {"backfill": command(code, project, "run", "small").cpu}
    found["nothing new"] = command(code, project, "run", "small").cpu
    more = []
    for n in range(batches, batches + runs):
        land(project, n, n + 1)
        more.append(command(code, project, "run", "small").cpu)
    found["one more"] = statistics.median(more)
    found["status"] = command(code, project, "status", "small").cpu
    return found


def main() -> None:
    """Print one line a number of batches."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--batches", default="10,100,1000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--student", action="store_true")
    parser.add_argument("--code", type=Path, default=Path(__file__).parents[2])
    given = parser.parse_args()
    print(
        "| batches | backfill | of it a batch | nothing new | one more | of it the batch | status |"
    )
    print("|---|---|---|---|---|---|---|")
    for batches in (int(n) for n in given.batches.split(",")):
        project = Path(tempfile.mkdtemp(prefix="batches"))
        try:
            make(project, student=given.student)
            found = measure(given.code.absolute(), project, batches, given.runs)
        finally:
            shutil.rmtree(project)
        start = found["nothing new"]
        print(f"| {batches:,} | {found['backfill']:.1f} | {(found['backfill'] - start) / batches:.3f} "
              f"| {start:.1f} | {found['one more']:.1f} | {found['one more'] - start:.2f} "
              f"| {found['status']:.2f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
