"""Ours on the whole loop: label model, student, audit and learning queue, as the product has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from student import without_own_gold
from whole_problem import Problem

from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.sampling import narrowing
from labeling.sampling.duplicates import groups, near_duplicates
from labeling.sampling.queue import choose_queue
from labeling.student.calibrate import cooled, temperature
from labeling.student.crossfit import cross_fit
from labeling.student.text import TextStudent
from labeling.student.trust import settle_trust
from labeling.student.vote import covered, with_student

BATCH = 50

UNDECIDED = 0.6
"""Confidence below which an item nobody voted on is asked first; ``student.decides_from``."""


@dataclass(frozen=True)
class Spending:
    """How reviews are spent; the defaults are the product's.

    ``audit``: share of each batch that is drawn at random to measure; the rest is the queue.
    ``asks``: whose doubt the queue goes by, that of what would be published or the student's.
    ``teaches``: what the label model learns from, the audit or all reviews.
    ``strategy``: of the queue.
    ``first_share``: how much of it is for items that nobody voted on and the student is unsure of;
    None: they are items like all others.
    """

    audit: float = 0.5
    asks: Literal["released", "student"] = "released"
    teaches: Literal["audit", "all"] = "audit"
    strategy: str = "auto"
    first_share: float | None = narrowing.FIRST_SHARE


class Reviews:
    """What people settled: the audit, a growing random sample, and what the queue asked for.

    The audit is the beginning of one random order. An item there that the queue has asked for
    already costs nothing more, so each item is in with the same known probability.
    """

    def __init__(self, gold: np.ndarray, seed: int) -> None:
        self.gold = gold.astype(np.int32)
        self.order = np.random.default_rng(seed).permutation(len(gold))
        self.audited = 0
        self.known = np.zeros(len(gold), dtype=bool)

    def audit(self, n: int) -> None:
        """Review ``n`` more items of the random order."""
        while n and self.audited < len(self.order):
            item = self.order[self.audited]
            n -= not self.known[item]
            self.known[item] = True
            self.audited += 1

    @property
    def random(self) -> Gold | None:
        """Gold of the audit, with its probability."""
        item = np.sort(self.order[: self.audited])
        if not len(item):
            return None
        return Gold(item, self.gold[item], np.full(len(item), len(item) / len(self.order)))

    @property
    def all(self) -> Gold | None:
        """Gold of audit and queue, which may only teach."""
        item = np.flatnonzero(self.known)
        return Gold(item, self.gold[item]) if len(item) else None


def campaign(
    problem: Problem, seed: int, most: int, how: Spending
) -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
    """Yield after every batch: reviews so far, published labels, and what they are made of."""
    narrowing.FIRST_SHARE = how.first_share or 0.0
    texts, votes = problem.texts, problem.votes
    pairs = near_duplicates(texts)
    near = groups(pairs)
    student = TextStudent(votes.n_classes)
    spoken = covered(votes)
    reviews = Reviews(problem.gold, seed)
    while True:
        drawn, taught = reviews.random, reviews.all
        given = drawn if how.teaches == "audit" else taught
        consensus = LabelModel(votes.n_classes).fit(votes, given).predict_proba(votes)
        weights = spoken.astype(float)
        unseen = cross_fit(student, texts, consensus, taught, weights, near)
        rest = np.flatnonzero(~spoken & ~reviews.known)
        if len(rest):
            fitted = student.fit(texts, consensus, taught, weights)
            unseen[rest] = fitted.predict_proba([texts[i] for i in rest])
        calm = cooled(unseen, temperature(unseen, consensus, spoken, drawn).value)
        trust, _ = settle_trust(without_own_gold(votes, consensus, drawn), calm, votes, drawn)
        pooled = with_student(consensus, calm, votes, trust)
        label = np.where(reviews.known, reviews.gold, pooled.argmax(axis=1))
        n = int(reviews.known.sum())
        yield (
            n,
            label,
            {
                "consensus": consensus,
                "student": calm,
                "trust": np.array([trust.voters, trust.student, trust.scale]),
            },
        )
        if n >= min(most, len(texts)):
            return
        batch = min(BATCH, len(texts) - n)
        to_queue = batch - round(batch * how.audit)
        reviews.audit(batch - to_queue)
        if to_queue:
            asked = choose_queue(
                texts,
                calm if how.asks == "student" else pooled,
                to_queue,
                strategy=how.strategy,
                labelled=np.flatnonzero(reviews.known),
                seed=1_000 * seed + n,
                consensus=consensus,
                votes=votes,
                pairs=pairs,
                first=None
                if how.first_share is None
                else ~spoken & (pooled.max(axis=1) < UNDECIDED),
            ).item
            reviews.known[asked] = True
        reviews.audit(n + batch - int(reviews.known.sum()))
