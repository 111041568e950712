"""Eight times the rules take about eight times as long, whatever kind they are."""

import random
import string
import time

import pyarrow as pa
import pytest

from labeling.rules.engine import RuleSet
from labeling.rules.reading import read_rules

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


def seconds(path, kind, n):
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
    found = RuleSet(read_rules(path, ["A"]), ["A"]).apply(batch)
    spent = time.process_time() - began
    if kind == "words":
        assert found.votes.num_rows > TEXTS
    return spent


@pytest.mark.parametrize("kind", KINDS)
def test_time_grows_with_the_rules_and_not_with_their_square(tmp_path, kind):
    seconds(tmp_path / "warm.yaml", kind, 20)
    few, many = (seconds(tmp_path / f"{n}.yaml", kind, n) for n in (FEW, MANY))
    assert many < 2.5 * MANY / FEW * max(few, 0.05)
