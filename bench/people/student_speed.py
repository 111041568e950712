"""Seconds and memory of a student that learns from very many texts and judges them all.

``python student_speed.py`` measures this tree and writes ``bench/results/student.md``; given OUT.json
and the FOLDER of another checkout it measures that one, for the column beside.
Each figure is one process: a first batch, which is judged by cross-fitting, and a batch after as
many earlier items. News texts are taken again and again with their words shuffled and some left out.
"""

import json
import resource
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[3] / "shared" / "data"
OUT = Path(__file__).parents[1] / "out" / "people"
RESULT = Path(__file__).parents[1] / "results" / "student.md"
SIZES = (20_000, 100_000, 200_000)
LIMIT_S = 40.0
"""Of 100,000 texts in a first batch."""


def news(n: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return n texts, votes of shape (n, voters) and gold."""
    frame = pd.read_parquet(DATA / "wrench_agnews" / "votes.parquet")
    voters = [column for column in frame if column.startswith("lf_")]
    words = [text.split() for text in frame["text"].astype(str)]
    rng = np.random.default_rng(0)
    picked = rng.integers(len(words), size=n)
    texts = []
    for at in picked.tolist():
        order = rng.permutation(len(words[at]))
        texts.append(" ".join(words[at][i] for i in order[: max(3, int(0.85 * len(order)))]))
    return texts, frame[voters].to_numpy(int)[picked], frame["gold"].to_numpy(int)[picked]


def measure(n: int, batch: str) -> dict[str, float | int | str]:
    """Time the student as ``assets/labels/student.py`` runs it, without the warehouse."""
    from labeling.gold import Gold
    from labeling.student.calibrate import cooled, temperature
    from labeling.student.opinion import form
    from labeling.student.text import TextStudent
    from labeling.votes import Votes

    try:
        from labeling.sampling.duplicates import same_words as twins
    except ImportError:  # a checkout from before
        from labeling.sampling.duplicates import groups, near_duplicates

        def twins(texts: list[str]) -> np.ndarray:
            return groups(near_duplicates(texts))

    texts, matrix, gold = news(n)
    rng = np.random.default_rng(1)
    said = np.where(rng.random(n) < 0.2, rng.integers(0, 4, n), gold)
    posterior = np.full((n, 4), 0.1)
    posterior[np.arange(n), said] = 0.7
    spoken = np.ones(n, dtype=bool)
    current = np.arange(n) >= (0 if batch == "first" else n // 2)
    nothing = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))
    more = (
        {} if "votes" not in signature(form).parameters else {"votes": Votes.from_matrix(matrix, 4)}
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    started = time.perf_counter()
    opinion = form(
        TextStudent(4), texts, posterior, spoken, nothing, current,
        twins=lambda at: twins([texts[i] for i in at.tolist()]), **more,
    )  # fmt: skip
    assert opinion is not None
    heat = temperature(opinion.unseen, posterior[current], spoken[current])
    calm = cooled(opinion.unseen, heat.value)
    return {
        "texts": n,
        "batch": batch,
        "seconds": time.perf_counter() - started,
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "memory_before_gb": before,
        "learnt_from": opinion.student.n_trained_,
        "accuracy": float(np.mean(calm.argmax(axis=1) == gold[current])),
    }


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(measure(int(sys.argv[2]), sys.argv[3])))
        return
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT / "student_speed.json"
    folder = sys.argv[2] if len(sys.argv) > 2 else str(Path(__file__).parents[2])
    rows = []
    for n in SIZES:
        for batch in ("first", "later"):
            command = [sys.executable, __file__, "one", str(n), batch]
            done = subprocess.run(
                command, cwd=folder, env={"PYTHONPATH": folder, "OMP_NUM_THREADS": "1"},
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            rows.append(json.loads(done.stdout))
            print(rows[-1], flush=True)
            out.write_text(json.dumps(rows))
    if folder == str(Path(__file__).parents[2]):
        RESULT.write_text(page(rows))


def page(rows: list[dict]) -> str:
    """Return the page, with the target and whether it is met."""
    before = OUT / "student_speed_before.json"
    known = json.loads(before.read_text()) if before.exists() else []
    old = {(row["texts"], row["batch"]): row for row in known}
    lines = [
        "# The student on many texts",
        "",
        (
            "News texts of 25 words, their words shuffled and 15 % left out, voters right in 85 % of the "
            "cases; one thread. *First*: all are one batch, learnt from and judged by cross-fitting. "
            "*Later*: half of them came before. Accuracy is that of the student on the batch; texts come "
            "from 24,000 that repeat, so that it says how much was learnt and nothing of new texts. "
            "`python bench/people/student_speed.py`"
        ),
        "",
        "| texts | batch | learnt from | seconds | GB at most | accuracy | with a cap of 1,500 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        other = old.get((row["texts"], row["batch"]))
        told = f"{other['seconds']:.0f} s, {other['accuracy']:.1%}" if other else ""
        lines.append(
            f"| {row['texts']:,} | {row['batch']} | {row['learnt_from']:,} | {row['seconds']:.1f} "
            f"| {row['memory_gb']:.2f} | {row['accuracy']:.1%} | {told} |"
        )
    first = next(r for r in rows if r["texts"] == 100_000 and r["batch"] == "first")
    verdict = "met" if first["seconds"] < LIMIT_S else "**missed**"
    target = f"- 100,000 texts of a first batch in under {LIMIT_S:.0f} s: {first['seconds']:.1f}"
    return "\n".join([*lines, "", f"{target} — {verdict}", ""])


if __name__ == "__main__":
    main()
