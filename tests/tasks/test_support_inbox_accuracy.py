"""What the rules and a simulated model make of the support inbox, batch by batch."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from labeling.consensus.label_model import LabelModel
from labeling.quality.alarms.detector import Detector
from labeling.votes import Votes
from resources.task.reading import read_spec
from resources.task.settings.demo import SimulatedModel
from tests.tasks.conftest import TASKS, Labelled, majority

SPEC = read_spec(TASKS / "support_inbox")
N_AUDIT_SEEDS = 100


def simulated_answers(support: Labelled, model: SimulatedModel) -> NDArray[np.int64]:
    """Answers at the error rates of task.yaml, each error the class it is confused with."""
    rng = np.random.default_rng(model.seed)
    rate = np.where(
        support.batch >= str(model.changes_at), model.error_rate_after, model.error_rate
    )
    confused = [support.classes.index(model.confusions[name]) for name in support.classes]
    wrong = rng.random(len(rate)) < rate
    return np.where(wrong, np.array(confused)[support.truth], support.truth)


@pytest.fixture(scope="module")
def labels(support: Labelled) -> NDArray[np.int64]:
    """Consensus of each batch: the model is asked where the rules do not decide."""
    assert SPEC.models is not None
    assert SPEC.demo.simulated is not None
    n_classes = len(support.classes)
    answers = simulated_answers(support, SPEC.demo.simulated)
    undecided = majority(support.votes, n_classes) < 0
    votes = np.column_stack([support.votes, np.where(undecided, answers, -1)])
    decided = np.full(len(answers), -1)
    for batch in np.unique(support.batch):
        rows = support.batch == batch
        of_batch = Votes.from_matrix(votes[rows], n_classes)
        decided[rows] = LabelModel(n_classes).fit(of_batch).predict_proba(of_batch).argmax(axis=1)
    return decided


def test_no_rule_fails_on_an_item_and_none_fires_never(support: Labelled) -> None:
    fired = (support.votes >= 0).sum(axis=0)
    assert support.n_failures == 0
    assert len(support.rules) >= 20
    assert {name: int(n) for name, n in zip(support.rules, fired, strict=True) if n < 30} == {}


def test_each_rule_is_better_than_chance_and_few_are_perfect(support: Labelled) -> None:
    old = support.batch < "2026-03-10"
    accuracy: dict[str, float] = {}
    for at, name in enumerate(support.rules):
        fired = old & (support.votes[:, at] >= 0)
        accuracy[name] = float(np.mean(support.votes[fired, at] == support.truth[fired]))
    assert min(accuracy.values()) > 0.55, accuracy
    assert sum(value > 0.98 for value in accuracy.values()) <= 5, accuracy
    assert 0.70 < np.median(list(accuracy.values())) < 0.90, accuracy


def test_rules_speak_on_most_items_and_decide_three_quarters(support: Labelled) -> None:
    for batch in np.unique(support.batch):
        votes = support.votes[support.batch == batch]
        assert 0.80 < np.mean((votes >= 0).any(axis=1)) < 0.95
        assert 0.65 < np.mean(majority(votes, len(support.classes)) >= 0) < 0.85


def test_every_class_has_rules_and_every_rule_a_class(support: Labelled) -> None:
    voted = {support.classes[k] for k in np.unique(support.votes) if k >= 0}
    assert voted == set(support.classes)


def test_accuracy_is_steady_until_batch_eight_and_falls_with_the_new_product(
    support: Labelled, labels: NDArray[np.int64]
) -> None:
    accuracy = [
        float(np.mean((labels == support.truth)[support.batch == batch]))
        for batch in np.unique(support.batch)
    ]
    before, after = accuracy[:8], accuracy[8:]
    assert 0.90 < np.mean(before) < 0.94, accuracy
    assert min(before) > 0.89, accuracy
    assert max(after) < 0.82, accuracy
    assert np.mean(before) - np.mean(after) > 0.10, accuracy


def test_rules_call_the_new_product_a_billing_matter(support: Labelled) -> None:
    new = np.array(["tally" in item["text"].lower() for item in support.items])
    said = majority(support.votes, len(support.classes))[new]
    assert np.mean(said == support.classes.index("billing")) > 0.6
    assert np.mean(said == support.classes.index("technical_fault")) < 0.05


def test_the_alarm_goes_off_in_batches_nine_to_eleven_and_never_before(
    support: Labelled, labels: NDArray[np.int64]
) -> None:
    reviewers = SPEC.demo.scripted
    assert reviewers is not None
    limit = SPEC.alarm.horizon_batches / SPEC.alarm.false_alarms
    first: list[int] = []
    for seed in range(N_AUDIT_SEEDS):
        rng = np.random.default_rng(seed)
        detector = Detector(1 - SPEC.alarm.accuracy_at_least, limit)
        alarms: list[int] = []
        for number, batch in enumerate(np.unique(support.batch), start=1):
            rows = np.flatnonzero(support.batch == batch)
            drawn = rng.permutation(rows)[: SPEC.audit.per_batch]
            slip = rng.random(len(drawn)) < reviewers.error_rate
            errors = (labels[drawn] != support.truth[drawn]) | slip
            detector, evidence = detector.update(str(batch), errors.astype(int), len(rows))
            alarms += [number] if evidence.alarm else []
        first.append(min(alarms, default=99))
    assert min(first) >= 9, first
    assert np.mean([number <= 11 for number in first]) >= 0.97


def test_a_rule_for_the_new_product_brings_accuracy_back(
    support: Labelled, labels: NDArray[np.int64]
) -> None:
    later = support.batch >= "2026-03-10"
    new = np.array(["tally" in item["text"].lower() for item in support.items])
    mended = np.where(new, support.classes.index("technical_fault"), labels)
    gain = np.mean(mended[later] == support.truth[later]) - np.mean(
        labels[later] == support.truth[later]
    )
    assert gain > 0.10


def test_readme_shows_the_rule_that_mends_the_task() -> None:
    readme = Path(TASKS / "support_inbox" / "README.md").read_text(encoding="utf-8")
    assert "keyword: [tally]" in readme
