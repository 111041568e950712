"""Real replays: services switched in mid-stream, and a model that changed under its name.

``python -m bench.quality.real 200`` writes ``bench/out/quality/real.json``; the data are read from
``../shared/data``.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.isotonic import IsotonicRegression

from labeling.quality.alarms.detector import Detector
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.intervals import wilson
from labeling.quality.estimates.labelled import LabelledBatch
from labeling.quality.gain import proven_gain
from labeling.sampling.audits.audit import draw_audit

DATA = Path("../shared/data")
OUT = Path("bench/out/quality/real.json")
SWITCHES = {
    "api_frugalml_imdb": [("Google", "Amazon"), ("Google", "GitHub_Vader")],
    "api_frugalml_shop": [("Baidu", "Google"), ("Baidu", "GitHub_Bixin")],
}
ITEMS, REVIEWS, BEFORE = 500, 50, 20
AFTER = {"api_frugalml_imdb": 30, "api_frugalml_shop": 80}
TOLERANCE = 0.01
"""The promise: one point below the accuracy of the service before the switch."""


def switch(folder, before, after, runs):
    """Replay a stream of batches whose labels come from one service and then from another."""
    table = pq.ParquetFile(DATA / folder / "preds.parquet").read()
    gold = table["gold"].to_numpy()
    answers = {s: table[f"pred_{s}"].to_numpy() for s in (before, after)}
    stated = {s: np.nan_to_num(table[f"conf_{s}"].to_numpy(), nan=0.5) for s in (before, after)}
    right = {s: answers[s] == gold for s in (before, after)}
    target = 1 - right[before].mean() + TOLERANCE
    total = BEFORE + AFTER[folder]
    hits, ratios, used, early, found = [], [], [], 0, []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        order = rng.choice(len(gold), total * ITEMS, replace=False)
        detector, when = Detector(target), None
        seen_stated, seen_right = [], []
        for t in range(total):
            service = before if t < BEFORE else after
            rows = order[t * ITEMS : (t + 1) * ITEMS]
            g = None
            if len(seen_right) >= 200:
                fit = IsotonicRegression(y_min=0.02, y_max=0.98, out_of_bounds="clip")
                fit.fit(seen_stated, seen_right)
                helps = proven_gain(1 - fit.predict(seen_stated), ~np.array(seen_right))
                used.append(helps.proven)
                g = 1 - fit.predict(stated[service][rows]) if helps.proven else None
            sample = draw_audit([f"{i:06}" for i in rows], REVIEWS, seed * 1000 + t, g)
            batch = LabelledBatch(
                str(t),
                answers[service][rows].astype(np.int32),
                sample.design,
                sample.item,
                gold[rows][sample.item].astype(np.int32),
                int(gold.max()) + 1,
            )
            audited = batch.audited()
            interval = accuracy([audited]).interval
            truth = right[service][rows].mean()
            hits.append(interval.low - 1e-12 <= truth <= interval.high + 1e-12)
            if g is not None and t < BEFORE:
                plain = wilson(truth * REVIEWS, REVIEWS, ITEMS).width
                ratios.append(interval.width / plain)
            detector, evidence = detector.update(
                batch.batch, audited.wrong, ITEMS, audited.draw_probability()
            )
            if evidence.fired and when is None:
                when = t * REVIEWS + evidence.fired_after - BEFORE * REVIEWS
            if t < BEFORE:
                seen_stated += stated[service][rows][sample.item].tolist()
                seen_right += right[service][rows][sample.item].tolist()
        early += when is not None and when <= 0
        found.append(np.inf if when is None else when)
    delays = [d for d in found if d > 0]
    return {
        "set": folder,
        "switch": f"{before} to {after}",
        "before": float(right[before].mean()),
        "after": float(right[after].mean()),
        "coverage": float(np.mean(hits)),
        "intervals": len(hits),
        "posterior proven": float(np.mean(used)),
        "width / Wilson": float(np.mean(ratios)) if ratios else None,
        "alarms before the switch": early / runs,
        "median delay, reviews": float(np.median(delays)),
        "never": float(np.mean(np.isinf(delays))),
        "runs": runs,
    }


def chatgpt(runs):
    """Replay GPT-4 of March and then of June 2023 on the same questions about primes."""
    table = pq.ParquetFile(DATA / "llm_drift_chatgpt" / "answers.parquet").read().to_pandas()
    rows = table[(table["task"] == "prime_full")]
    march, june = (
        (rows[rows["model"] == f"openaichat/gpt-4-{v}"]["parsed"].str.lower()
         == rows[rows["model"] == f"openaichat/gpt-4-{v}"]["ref_answer"].str.lower()).to_numpy()
        for v in ("0314", "0613")
    )  # fmt: skip
    target = 1 - march.mean() + TOLERANCE
    early, delays = 0, []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        detector, when = Detector(target), None
        for t in range(20):
            answers = rng.permutation(march if t < 10 else june)
            errors = (~answers[:25]).astype(int)
            detector, evidence = detector.update(str(t), errors, len(answers))
            if evidence.fired and when is None:
                when = (t - 10) * 25 + evidence.fired_after
        early += when is not None and when <= 0
        delays.append(np.inf if when is None else when)
    later = [d for d in delays if d > 0]
    return {
        "set": "llm_drift_chatgpt",
        "switch": "GPT-4 March to June 2023",
        "before": float(march.mean()),
        "after": float(june.mean()),
        "alarms before the switch": early / runs,
        "median delay, reviews": float(np.median(later)),
        "never": float(np.mean(np.isinf(later))),
        "runs": runs,
    }


def main(runs: int) -> None:
    """Run every replay."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    rows = [switch(f, a, b, runs) for f, pairs in SWITCHES.items() for a, b in pairs]
    OUT.write_text(json.dumps([*rows, chatgpt(300)]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
