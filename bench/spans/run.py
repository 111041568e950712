"""Spans: F1 of exact spans on the test split, by majorities, skweak and ours. ``python -m bench.spans.run``.

Every method reads the votes of all splits and no gold, or the gold of some items of the training
split. Writes ``bench/results/spans.md``.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.special import expit

from bench.spans import sets
from labeling.consensus.spans import gold_head
from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.decoding import best_set
from labeling.consensus.spans.gold_head import GoldHead
from labeling.consensus.spans.label_model import SpanLabelModel
from labeling.consensus.spans.majority import by_span, by_token
from labeling.consensus.spans.pieces import Pieces
from labeling.consensus.spans.proposals import ProposalModel
from labeling.consensus.spans.said import BelievedSpans
from labeling.span_votes import ReviewedSpans
from labeling.spans import Spans
from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.tagger import Tagger

HERE = Path(__file__).parent
PEERS = HERE.parent / ".peers"
PAGE = HERE.parent / "results" / "spans.md"
REVIEWED = {50: 10, 200: 5}
"""Reviewed items, and how many draws of them."""

THRESHOLDS = range(1, 6)

PUBLISHED = 3
"""Draws of reviewed items of which what is published is measured: a tagger learns for minutes."""

LEAST = 0.6
"""Probability from which a span that only the tagger finds is published, as in ``assets/labels/tagging.py``."""


def f1(one: sets.SpanSet, found: Spans, split: str = "test") -> float:
    """Return F1 of exact spans on a split, 0..100."""
    here = one.split == split
    return 100 * Counts.of(found.of_items(here), one.gold.of_items(here)).f1()


def thresholded(one: sets.SpanSet, n: int, seed: int) -> Spans:
    """Return the majority by span with the threshold that is best on reviewed items."""
    reviewed, candidates = one.reviewed(n, seed), Candidates.of(one.votes)
    mask = reviewed.mask
    truth = reviewed.spans.of_items(mask)
    every = [candidates.spans.take(by_span(candidates, least)) for least in THRESHOLDS]
    scores = [Counts.of(each.of_items(mask), truth).f1() for each in every]
    return every[int(np.argmax(scores))]


def single(one: sets.SpanSet) -> float:
    """Return F1 of the voter that is best on the test split itself."""
    pro = ~one.votes.is_against
    voters = (one.votes.spans.take(pro & (one.votes.voter == j)) for j in range(one.votes.n_voters))
    return max(f1(one, each) for each in voters)


def ceiling(one: sets.SpanSet) -> float:
    """Return F1 of the spans of gold that some voter marked."""
    proposed, gold = Candidates.of(one.votes).spans, one.gold
    stretch = max(proposed.stretch, gold.stretch)
    return f1(one, gold.take(np.isin(gold.key(stretch), proposed.key(stretch))))


def skweak(one: sets.SpanSet) -> dict[str, tuple[Spans, float]]:
    """Return what skweak's majority and HMM find, and their seconds."""
    home = PEERS / "skweak"
    if not (home / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pins = str(HERE / "requirements-skweak.txt")
        subprocess.run([home / "bin" / "pip", "install", "-q", "-r", pins], check=True)
        (home / ".installed").touch()
    place = [one.offsets(item) for item in range(len(one.texts))]
    at = [{int(start): token for token, start in enumerate(each)} for each in place]
    marks = [
        (item, at[item][start], at[item][end + 1], kind, int(voter))
        for (item, start, end, kind), voter in zip(
            one.votes.spans.rows(), one.votes.voter, strict=True
        )
    ]
    given = {"tokens": one.tokens, "types": one.types, "voters": one.voters, "marks": marks}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.json"
        file.write_text(json.dumps(given))
        command = [home / "bin" / "python", HERE / "peer_skweak.py", file]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(answer.stdout.strip().splitlines()[-1])
    sizes = len(one.texts), len(one.types)
    return {
        name: (
            Spans.of(
                [(i, int(place[i][a]), int(place[i][b]) - 1, t) for i, a, b, t in said["spans"]],
                *sizes,
            ),
            said["seconds"],
        )
        for name, said in told.items()
    }


def published(one: sets.SpanSet, reviewed: ReviewedSpans | None = None) -> tuple[Spans, Spans]:
    """Return the consensus, and what is published: with the spans of a tagger that the other half taught."""
    found = SpanLabelModel().fit(one.votes, one.texts, reviewed).predict(one.votes, one.texts)
    consensus = BelievedSpans(found.spans, found.probability)
    spans, sure = found.spans, found.probability
    if reviewed is not None:
        own = ~reviewed.mask[spans.item]
        spans = spans.take(own).joined(reviewed.spans)
        sure = np.concatenate([sure[own], np.ones(reviewed.spans.n_spans)])
    half = np.random.default_rng(0).permutation(len(one.texts)) % 2 == 0
    rows, certain = list[tuple[int, int, int, int]](), list[float]()
    for learns in (half, ~half):
        here, taught = learns[spans.item], spans.of_items(learns)
        soft = SoftSpans.of(taught.item, taught.start, taught.end, taught.type, sure[here])
        tagger = Tagger(one.types).fit([one.texts[at] for at in np.flatnonzero(learns)], soft)
        at = np.flatnonzero(~learns)
        said = tagger.predict([one.texts[each] for each in at])
        columns = (at[said.item], said.start, said.end, said.type)
        rows += zip(*(each.tolist() for each in columns), strict=True)
        certain += said.probability.tolist()
    more = BelievedSpans(Spans.of(rows, len(one.texts), len(one.types)), np.array(certain))
    return found.spans, consensus.joined(more, LEAST).spans


def together(one: sets.SpanSet) -> dict[str, float]:
    """Return F1 of the consensus and of what is published, without gold and with 50 reviewed items."""
    row: dict[str, float] = {}
    for name, every in (
        ("no gold", [None]),
        ("50 reviewed items", [one.reviewed(50, seed) for seed in range(PUBLISHED)]),
    ):
        both = np.array([[f1(one, each) for each in published(one, given)] for given in every])
        row[f"{name}: the consensus"], row[f"{name}: published"] = both.mean(axis=0).tolist()
    return row


def yardsticks(one: sets.SpanSet) -> dict[str, float]:
    """Return F1 of what reviews could teach at most, by how much is reviewed."""
    candidates = Candidates.of(one.votes)
    row = {"majority by span": f1(one, candidates.spans.take(by_span(candidates)))}
    item = np.flatnonzero(one.split == "train")
    every = ReviewedSpans(one.gold.take((one.split == "train")[one.gold.item]), item)
    model = SpanLabelModel().fit(one.votes, one.texts, every)
    found = model.predict(one.votes, one.texts).spans
    row["ours, every item of the training split reviewed"] = f1(one, found)
    log_odds = ProposalModel().fit(candidates).log_odds(candidates)
    stretch = max(candidates.spans.stretch, one.gold.stretch)
    right = np.isin(candidates.spans.key(stretch), one.gold.key(stretch)).astype(np.float64)
    here = one.split[candidates.spans.item] == "test"
    for name, texts in (("votes", None), ("votes and words", one.texts)):
        head = GoldHead().fit(candidates, log_odds, texts, right, here)
        chance = expit(head.log_odds(candidates, log_odds, texts))
        taken = best_set(candidates.spans, chance - gold_head.LEAST)
        row[f"{name} weighted by the gold of the test split itself"] = f1(
            one, candidates.spans.take(taken)
        )
    row["the best choice among what was marked"] = ceiling(one)
    return row


def without_gold(one: sets.SpanSet) -> dict[str, float | str]:
    """Return F1 by method, and seconds."""
    candidates = Candidates.of(one.votes)
    row: dict[str, float | str] = {
        f"majority by span, at least {least}": f1(
            one, candidates.spans.take(by_span(candidates, least))
        )
        for least in (1, 2)
    }
    row["majority by token"] = f1(one, by_token(Pieces.of(one.votes)))
    row["best single function (chosen on the test split)"] = single(one)
    peers = skweak(one)
    row["skweak 0.3.3, majority"] = f1(one, peers["majority"][0])
    row["skweak 0.3.3, HMM"] = f1(one, peers["hmm"][0])
    began = time.perf_counter()
    model = SpanLabelModel().fit(one.votes)
    found = model.predict(one.votes).spans
    seconds = time.perf_counter() - began
    row["ours, votes alone"] = f1(one, found)
    model = SpanLabelModel().fit(one.votes, one.texts)
    row["**ours, votes and texts**"] = f1(one, model.predict(one.votes, one.texts).spans)
    row["the best choice among what was marked"] = ceiling(one)
    row["seconds: skweak's HMM / ours, votes alone"] = f"{peers['hmm'][1]:.0f} / {seconds:.1f}"
    return row


def with_gold(one: sets.SpanSet, n: int) -> dict[str, float]:
    """Return mean F1 over draws of reviewed items, and how often the head was taken."""
    found: dict[str, list[float]] = {"majority": [], "votes": [], "texts": [], "head": []}
    for seed in range(REVIEWED[n]):
        found["majority"].append(f1(one, thresholded(one, n, seed)))
        reviewed = one.reviewed(n, seed)
        model = SpanLabelModel().fit(one.votes, None, reviewed)
        found["votes"].append(f1(one, model.predict(one.votes).spans))
        model = SpanLabelModel().fit(one.votes, one.texts, reviewed)
        found["texts"].append(f1(one, model.predict(one.votes, one.texts).spans))
        found["head"].append(100 * model.method_.startswith("gold head"))
    gain = np.array(found["texts"]) - np.array(found["majority"])
    return {
        "majority by span, threshold set on them": float(np.mean(found["majority"])),
        "ours, votes alone": float(np.mean(found["votes"])),
        "**ours, votes and texts**": float(np.mean(found["texts"])),
        "gain of the worst draw": float(gain.min()),
        "head taken, % of draws": float(np.mean(found["head"])),
    }


def table(rows: dict[str, dict[str, float | str]]) -> str:
    """Return a Markdown table with a column for each set, and their mean."""
    names = list(rows)
    lines = [
        "| | " + " | ".join(names) + " | mean |",
        "|---|" + "---|" * (len(names) + 1),
    ]
    for method in rows[names[0]]:
        cells = [rows[name][method] for name in names]
        figures = [each for each in cells if not isinstance(each, str)]
        mean = f"{np.mean(figures):.1f}" if figures else ""
        shown = [each if isinstance(each, str) else f"{each:.1f}" for each in cells]
        lines.append(f"| {method} | " + " | ".join(shown) + f" | {mean} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write the page."""
    every = [sets.load(name) for name in sets.names()]
    parts = [f"## Without gold\n\n{table({one.name: without_gold(one) for one in every})}"]
    for n, draws in REVIEWED.items():
        rows = table({one.name: dict(with_gold(one, n)) for one in every})
        parts.append(
            f"## With {n} reviewed items\n\nMean of {draws} draws from the training split.\n\n{rows}"
        )
    rows = table({one.name: dict(together(one)) for one in every})
    parts.append(
        "## What is published\n\nThe consensus, and with it spans that only the student finds, a tagger that learns from the other half "
        f"of the items. Mean of {PUBLISHED} draws where items are reviewed.\n\n{rows}"
    )
    rows = table({one.name: dict(yardsticks(one)) for one in every})
    parts.append(f"## What could be reached\n\n{rows}")
    words = PAGE.read_text().split("<!-- figures -->") if PAGE.exists() else ["", "", ""]
    load = os.getloadavg()[0]
    stand = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.0f}."
    body = f"\n\n{stand}\n\n" + "\n\n".join(parts) + "\n\n"
    PAGE.write_text("<!-- figures -->".join([words[0], body, words[2]]))


if __name__ == "__main__":
    main()
