"""Eight times the rules take about eight times as long, whatever kind they are.

``python -m bench.rules.growth`` from the root of the repository; CPU time of compiling and applying.
"""

import random
import string
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from labeling.rules.engine import RuleSet
from labeling.rules.reading.reading import read_rules

FEW, MANY = 100, 800
TEXTS = 300
KINDS = {
    "words": "keyword: [{}, {}]",
    "phrases": "keyword: ['{} {}', '{} {} {}']",
    "choices": r"regex: '\b(?:{}|{}|{})\b.*\b(?:{}|{})\b'",
    "ends": r"regex: '^\s*{}|{}\s*$'",
    "distances": "regex: '{}.{{0,60}}{}'",
    "lookaheads": "regex: '{}(?!.*{})'",
}


def seconds(path: Path, kind: str, n: int) -> float:
    """Return the CPU seconds that ``n`` rules of a kind take, compiled and applied to some texts."""
    rng = random.Random(n)
    words = ["".join(rng.choices(string.ascii_lowercase, k=8)) for _ in range(6 * n)]
    rules = [
        f"  - name: r{at}\n    label: A\n    " + KINDS[kind].format(*words[6 * at : 6 * at + 6])
        for at in range(n)
    ]
    path.write_text("rules:\n" + "\n".join(rules))
    texts = [" ".join(rng.choices(words, k=20)) for _ in range(TEXTS)]
    batch = pa.table({"item_id": [str(at) for at in range(TEXTS)], "text": texts})
    began = time.process_time()
    RuleSet(read_rules(path, ["A"]), ["A"]).apply(batch)
    return time.process_time() - began


def main() -> None:
    """Print how many times as long eight times the rules take, a row a kind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        for kind in KINDS:
            seconds(path, kind, 20)  # what is loaded once
            few, many = (seconds(path, kind, n) for n in (FEW, MANY))
            print(f"{kind}: {few:.2f} s, {many:.2f} s, {many / few:.1f} times")


if __name__ == "__main__":
    main()
