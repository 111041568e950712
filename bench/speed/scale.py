"""Many short texts through one task: items a second and memory; where it goes: ``bench.speed.profile``.

    python -m bench.speed.scale --items 100000 --batches 5
    python -m bench.speed.scale --items 1000000 --batches 10 --code ../an/older/checkout

Texts are invented: eight subjects, each with words that are common in it, words of everybody, and
fifty keyword rules of which each is right three times in four. The student is on, there is no
model, and a scripted reviewer answers the audit.
"""

import argparse
import json
import resource
import shutil
import tempfile
from pathlib import Path

import numpy as np

from bench.speed.command import command

CLASSES, RULES, WORDS, LENGTH = 8, 50, 30_000, (6, 22)
OWN = 120
"""Words that are common in one subject."""

TASK = """name: many
classes: [{classes}]
source: {{files: "{{var}}/inbox/*.jsonl", id: item_id, text: text, time: at}}
batch: {{every: day}}
rules: {{files: [rules.yaml]}}
audit: {{per_batch: 100}}
queue: {{per_batch: 20}}
reviewers: {{scripted: {{truth: "{{var}}/truth/*.csv", audit_share: 1.0, queue_share: 0.0, error_rate: 0.0}}}}
"""


def make(project: Path, items: int, batches: int, seed: int = 0) -> Path:
    """Write a project with one task; return the task's folder."""
    rng = np.random.default_rng(seed)
    names = [f"subject_{k}" for k in range(CLASSES)]
    words = np.array([_word(n) for n in range(WORDS)])
    folder = project / "tasks" / "many"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(
        TASK.format(classes=", ".join(f"{{name: {name}}}" for name in names)), encoding="utf-8"
    )
    own = rng.permutation(WORDS // 2)[: CLASSES * OWN].reshape(CLASSES, OWN)
    with (folder / "rules.yaml").open("w", encoding="utf-8") as rules:
        rules.write("rules:\n")
        for n in range(RULES):
            kind = n % CLASSES
            told = ", ".join(words[rng.choice(own[kind], 4, replace=False)])
            rules.write(f"  - {{name: rule_{n}, label: {names[kind]}, keyword: [{told}]}}\n")
    inbox, truth = project / "var" / "many" / "inbox", project / "var" / "many" / "truth"
    inbox.mkdir(parents=True)
    truth.mkdir()
    share = 1 / np.arange(1, WORDS + 1)
    common = np.cumsum(share / share.sum())
    for batch in range(batches):
        n = items // batches
        kind = rng.integers(0, CLASSES, n)
        day = f"2026-{1 + batch // 28:02d}-{1 + batch % 28:02d}"
        with (
            (inbox / f"{day}.jsonl").open("w", encoding="utf-8") as texts,
            (truth / f"{day}.csv").open("w", encoding="utf-8") as labels,
        ):
            labels.write("item_id,label\n")
            for i in range(n):
                length = int(rng.integers(*LENGTH))
                at = np.searchsorted(common, rng.random(length))
                other = kind[i] if rng.random() < 0.75 else rng.integers(0, CLASSES)
                at[:2] = rng.choice(own[other], 2)
                line = {
                    "item_id": f"{batch}-{i}",
                    "text": " ".join(words[at]),
                    "at": f"{day}T09:00:00Z",
                }
                texts.write(json.dumps(line) + "\n")
                labels.write(f"{batch}-{i},{names[kind[i]]}\n")
    return folder


def _word(n: int) -> str:
    letters = "etaonisrhldcumfpgwybvkxjqz"
    found = ""
    n += 26
    while n:
        n, at = divmod(n, 26)
        found += letters[at]
    return found


def measure(code: Path, project: Path) -> dict[str, float]:
    """Run the task once with the code of a checkout; seconds, CPU seconds, peak memory in MB."""
    took = command(code, project, "run", "many")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {**took._asdict(), "mb": most / 1024}


def main() -> None:
    """Print the figures of one size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--code", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    project = given.keep or Path(tempfile.mkdtemp(prefix="scale"))
    make(project, given.items, given.batches)
    found = measure(given.code.absolute(), project)
    print(f"{given.items:,} items, {given.batches} batches: {found['seconds']:.1f} s, "
          f"{given.items / found['seconds']:,.0f} items/s, CPU {found['cpu']:.0f} s, {found['mb']:,.0f} MB")  # fmt: skip
    if given.keep is None:
        shutil.rmtree(project)


if __name__ == "__main__":
    main()
