"""Sets whose items may have several classes: recorded ones, and sets of one class an item made into such.

Sets of K classes become K yes-or-no questions: a vote for a class says yes to it and no to all others.
That is honest as votes go, and easier than life in one way, which every method here profits from or
not: exactly one class is true of each item.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.consensus import sets
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes

SEVERAL, DERIVED = "several labels", "one label, made several"

MADE = (
    "crowd_dog",
    "crowd_face_sentiment",
    "crowd_music_genre",
    "crowd_web_search",
    "llm_css_discourse",
    "llm_css_emotion",
    "llm_css_flute",
    "llm_css_media_ideology",
    "llm_css_semeval_stance",
    "llm_css_wiki_politeness",
    "wrench_agnews",
    "wrench_chemprot",
    "wrench_semeval",
    "wrench_trec",
    "ws_hausa",
    "ws_yoruba",
)
"""Recorded sets of three classes or more that are read as yes-or-no questions."""

RELATIONS = {"cause": "causes", "treat": "treats"}
"""Relations with gold, and what people call them."""


@dataclass(frozen=True, eq=False)
class SeveralSet:
    """Votes on units with gold; ``gold`` is of each unit, -1 where unknown; ``pool`` may be given as gold.

    ``scored`` are units that count unless their item was given; all are of items with a vote.
    """

    name: str
    kind: str
    votes: Votes
    units: Units
    gold: np.ndarray
    pool: np.ndarray
    scored: np.ndarray

    @property
    def n_questions(self) -> int:
        """Classes that are asked about."""
        return int(self.units.question.max()) + 1

    def known(self, items: np.ndarray) -> np.ndarray:
        """Return which units are of these items, have gold and a vote, (n_units,)."""
        spoken = np.bincount(self.votes.item, minlength=self.votes.n_items) > 0
        return np.isin(self.units.item, items) & (self.gold >= 0) & spoken

    def draw(self, n: int, seed: int) -> tuple[Gold, np.ndarray]:
        """Draw ``n`` items for gold; return it, and the units that are scored then."""
        n = min(n, len(self.pool) // 2)
        items = np.sort(np.random.default_rng(seed).choice(self.pool, n, replace=False))
        given = np.isin(self.units.item, items)
        at = np.flatnonzero(given & (self.gold >= 0))
        chance = np.full(len(at), n / len(self.pool))
        return Gold(at, self.gold[at].astype(np.int32), chance), self.scored & ~given


def load_all() -> Iterator[SeveralSet]:
    """Yield every set: those of several labels, then those made so."""
    yield relations()
    yield made(sets.load("ml_ct_medical_cause"), SEVERAL)
    for name in MADE:
        yield made(sets.load(name), DERIVED)


def relations() -> SeveralSet:
    """Return what people said of the relations in medical sentences; two relations have gold.

    Of several judgements of one sentence by one person the first counts; ``none`` says no to all.
    """
    folder = sets.DATA / "ml_ct_medical_raw"
    said = pd.read_csv(folder / "labels.csv.gz").drop_duplicates(["Sent_id", "Work_id"])
    named = [set(re.findall(r"\[([^\]]+)\]", one)) for one in said["judgement"].fillna("")]
    classes = sorted(set().union(*named) - {"none"})
    sentences, item = np.unique(said["Sent_id"], return_inverse=True)
    workers, voter = np.unique(said["Work_id"], return_inverse=True)
    k = len(classes)
    yes = np.array([[name in one for name in classes] for one in named], dtype=np.int32)
    units = Units.each(len(sentences), questions=k)
    votes = Votes(
        (item[:, None] * k + np.arange(k)).ravel(),
        np.repeat(voter, k).astype(np.int32),
        yes.ravel(),
        units.n_units,
        len(workers),
        2,
    )
    truth = pd.read_csv(folder / "gold.csv.gz")
    truth = truth[truth["Unit_Id"].isin(sentences)]
    gold = np.full((len(sentences), k), -1)
    column = [classes.index(RELATIONS[name]) for name in truth["Annotation"]]
    gold[np.searchsorted(sentences, truth["Unit_Id"]), column] = truth["Trusted_Judgment"]
    return _set("ml_ct_medical_raw", SEVERAL, votes, units, gold, None)


def made(one: sets.VoteSet, kind: str) -> SeveralSet:
    """Return a set of one class an item as questions: one a class, or its second class alone of two."""
    votes, classes = one.votes, np.arange(one.votes.n_classes)
    classes = classes[1:] if len(classes) == 2 else classes
    k = len(classes)
    cast = Votes(
        (votes.item[:, None] * k + np.arange(k)).ravel(),
        np.repeat(votes.voter, k),
        (votes.label[:, None] == classes).ravel().astype(np.int32),
        votes.n_items * k,
        votes.n_voters,
        2,
    )
    gold = np.where(one.gold[:, None] < 0, -1, one.gold[:, None] == classes)
    return _set(one.name, kind, cast, Units.each(votes.n_items, questions=k), gold, one.test)


def _set(
    name: str,
    kind: str,
    votes: Votes,
    units: Units,
    gold: np.ndarray,
    test: np.ndarray | None,
) -> SeveralSet:
    known = (gold >= 0).any(axis=1)
    spoken = np.bincount(votes.item, minlength=votes.n_items) > 0
    inside = known if test is None else known & test
    pool = known if test is None else known & ~test
    scored = (gold.ravel() >= 0) & spoken & inside[units.item]
    return SeveralSet(name, kind, votes, units, gold.ravel(), np.flatnonzero(pool), scored)
