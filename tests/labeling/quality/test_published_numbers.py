"""Small seeded versions of the numbers that the methods were chosen for; the bench has the rest."""

import math
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from labeling.quality.alarms.betting import BETS, accrue
from labeling.quality.alarms.detector import Detector
from labeling.quality.estimates.classes import class_report
from labeling.quality.estimates.intervals import merge_thin, score_bounds, wilson
from labeling.quality.estimates.labelled import LabelledBatch
from labeling.sampling.audits.audit import draw_audit

DATA = Path(__file__).parents[3].parent / "shared" / "data"
ITEMS, Z = 2000, 1.959964
IDS = [f"{i:04}" for i in range(ITEMS)]


def needs(name):
    if not (DATA / name).is_dir():
        pytest.skip(f"needs the data set {name} beside the repository")
    return DATA / name


def population(rng, accuracy):
    rate = 1 - accuracy
    doubtful = rng.random(ITEMS) < rate * 0.8 / 0.45
    g = np.where(doubtful, rng.beta(4.5, 5.5, ITEMS), rng.beta(0.3, 60, ITEMS))
    g = np.clip(g * rate / g.mean(), 0, 0.5)
    return g, rng.random(ITEMS) < g


def stratified(rng, g, wrong, n):
    sample = draw_audit(IDS, n, int(rng.integers(1 << 31)), g)
    strata = len(sample.design.planned)
    return merge_thin(
        np.bincount(sample.stratum[~wrong[sample.item]], minlength=strata).astype(float),
        np.bincount(sample.stratum, minlength=strata).astype(float),
        sample.design.sizes.astype(float),
    )


@pytest.mark.parametrize("kind", ["calibrated", "over-confident", "useless"])
@pytest.mark.parametrize(("n", "accuracy"), [(50, 0.95), (100, 0.99), (300, 0.9)])
def test_stratified_intervals_cover_whatever_the_posterior_is_worth(kind, n, accuracy):
    rng, runs, rows, truth = np.random.default_rng(n), 200, [], []
    for _ in range(runs):
        g, wrong = population(rng, accuracy)
        told = {"calibrated": g, "over-confident": 0.6 * g**1.6}.get(kind, rng.permutation(g))
        rows.append(stratified(rng, told, wrong, n))
        truth.append(1 - wrong.mean())
    hits = []
    for row, share in zip(rows, truth, strict=True):
        _, low, high = score_bounds(*(np.asarray(part)[None] for part in row), 0.95)
        hits.append(low[0] - 1e-9 <= share <= high[0] + 1e-9)
    assert np.mean(hits) >= 0.93 - 3 * math.sqrt(0.93 * 0.07 / runs)


def test_informative_posteriors_save_a_quarter_of_the_width_at_300_reviews():
    rng, ours, plain = np.random.default_rng(7), [], []
    for _ in range(150):
        g, wrong = population(rng, 0.95)
        row = stratified(rng, g, wrong, 300)
        _, low, high = score_bounds(*(np.asarray(part)[None] for part in row), 0.95)
        ours.append(high[0] - low[0])
        k = 300 - wrong[rng.permutation(ITEMS)[:300]].sum()
        plain.append(wilson(k, 300, ITEMS).width)
    assert np.mean(ours) / np.mean(plain) <= 0.75


def test_the_usual_prediction_powered_interval_fails_where_errors_are_rare():
    """Why none of the published central-limit intervals is used: coverage below 70 %."""
    rng, n, hits = np.random.default_rng(8), 100, []
    for _ in range(600):
        g, wrong = population(rng, 0.99)
        drawn = rng.permutation(ITEMS)[:n]
        right, told = (~wrong[drawn]).astype(float), 1 - g[drawn]
        gain = np.clip(np.cov(right, told)[0, 1] / (1 + n / ITEMS) / g.var(), 0, 1)
        point = right.mean() + gain * ((1 - g).mean() - told.mean())
        variance = (right - gain * told).var(ddof=1) / n * (
            1 - n / ITEMS
        ) + gain**2 * g.var() / ITEMS
        hits.append(abs(point - (1 - wrong.mean())) <= Z * math.sqrt(variance))
    assert np.mean(hits) < 0.70


def test_comparing_each_batch_with_the_promise_cries_wolf():
    rng, runs, alarmed = np.random.default_rng(9), 200, 0
    high = [wilson(50 - errors, 50, 1000).high for errors in range(51)]
    for _ in range(runs):
        errors = rng.hypergeometric(80, 920, 50, size=100)
        alarmed += any(high[e] < 0.92 for e in errors)
    assert alarmed / runs > 0.95


def test_weighted_draws_find_a_drop_of_five_points_within_380_reviews_on_average():
    rng, runs, before, found = np.random.default_rng(10), 40, 5, []
    limit = math.log(2000)
    for _ in range(runs):
        mass, reviews = np.full((1, len(BETS)), -np.inf), 0
        for t in range(60):
            g, wrong = population(rng, 0.92)
            if t >= before:
                broken = rng.choice(np.flatnonzero(~wrong), ITEMS // 20, replace=False)
                wrong[broken] = True
                g[broken] = np.maximum(g[broken], rng.beta(4.5, 5.5, len(broken)))
            sample = draw_audit(IDS, 50, int(rng.integers(1 << 31)), g)
            path, gain = accrue(
                mass,
                wrong[sample.item].astype(float)[None],
                sample.draw_probability[None],
                np.array([ITEMS]),
                0.08,
            )
            mass = np.logaddexp(mass, 0.0) + gain
            if t >= before and (path >= limit).any():
                reviews = (t - before) * 50 + int(np.argmax(path[0] >= limit)) + 1
                break
        found.append(reviews or 60 * 50)
    assert np.mean(found) <= 380 + 3 * np.std(found) / math.sqrt(runs)


def test_gpt_4_is_caught_within_fifty_reviews_and_never_before_it_changed():
    table = parquet.ParquetFile(needs("llm_drift_chatgpt") / "answers.parquet").read().to_pandas()
    rows = table[table["task"] == "prime_full"]
    wrong = {}
    for version in ("0314", "0613"):
        mine = rows[rows["model"] == f"openaichat/gpt-4-{version}"]
        wrong[version] = (mine["parsed"].str.lower() != mine["ref_answer"].str.lower()).to_numpy()
    assert wrong["0314"].mean() == pytest.approx(0.16, abs=0.001)
    delays, early = [], 0
    for seed in range(100):
        rng, detector = np.random.default_rng(seed), Detector(0.17)
        for t in range(20):
            answers = rng.permutation(wrong["0314" if t < 10 else "0613"])
            detector, evidence = detector.update(str(t), answers[:25].astype(int), len(answers))
            if evidence.fired:
                early += t < 10
                delays.append((t - 10) * 25 + (evidence.fired_after or 0))
                break
    assert early == 0
    assert np.median(delays) <= 50


def test_macro_f1_of_real_answers_is_covered():
    folder = needs("llm_css_semeval_stance")
    table = parquet.ParquetFile(folder / "votes.parquet").read().to_pandas()
    gold = table["gold"].to_numpy().astype(np.int32)
    votes = table[[c for c in table.columns if c.startswith("lf_")]].to_numpy()
    counts = np.stack([(votes == c).sum(1) for c in range(3)], axis=1) + 0.1
    posterior = counts / counts.sum(1, keepdims=True)
    label = posterior.argmax(1).astype(np.int32)
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (gold, label), 1)
    f1 = 2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))
    hits = []
    for seed in range(100):
        sample = draw_audit([str(i) for i in range(len(gold))], 100, seed, 1 - posterior.max(1))
        batch = LabelledBatch("a", label, sample.design, sample.item, gold[sample.item], 3)
        found = class_report([batch], ["A", "B", "C"]).macro_f1
        hits.append(found.low <= f1.mean() <= found.high)
    assert np.mean(hits) >= 0.92 - 3 * math.sqrt(0.92 * 0.08 / 100)
