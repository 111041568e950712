import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.errors import GoldError
from labeling.gold import Gold
from labeling.llm.pool import ExamplePool
from labeling.quality.firewall import AUDIT, QUEUE, Firewall, GoldRows, fold_of
from labeling.student.student import training_rows
from labeling.votes import Votes

N_MARKED = 200


def planted():
    """200 marked audit rows of the batch that is judged, 50 of the batch before, 100 of the queue."""
    kinds = [("marked", "2026-02", AUDIT, N_MARKED), ("old", "2026-01", AUDIT, 50)]
    kinds.append(("queue", "2026-02", QUEUE, 100))
    rows = [
        (f"{n}-{i:03}", batch, origin) for n, batch, origin, count in kinds for i in range(count)
    ]
    ids, batches, origins = (np.array(column) for column in zip(*rows, strict=True))
    labels = np.array(["SPAM" if i % 2 else "HAM" for i in range(len(rows))])
    probability = np.where(origins == AUDIT, 0.1, np.nan)
    return GoldRows(ids, batches, labels, origins, probability)


def test_marked_audit_gold_reaches_no_example_no_training_matrix_and_no_label_model():
    gold = planted()
    wall = Firewall(gold, judged={"2026-02"})
    teaching = wall.teaching()
    assert teaching.n_gold == 150
    names = teaching.item_id.tolist()
    assert not any(name.startswith("marked") for name in names)

    texts = {name: f"text of {name}" for name in gold.item_id.tolist()}
    pool = ExamplePool(names, [texts[i] for i in names], teaching.label.tolist(), wall.withheld)
    assert not any("marked" in text for text in pool.text)

    order = {name: at for at, name in enumerate(gold.item_id.tolist())}
    rows = np.array([order[name] for name in names])
    codes = np.array([int(label == "SPAM") for label in teaching.label.tolist()], dtype=np.int32)
    _, weights = training_rows(
        gold.n_gold, 2, np.full((gold.n_gold, 2), 0.5), Gold(rows, codes), None, None
    )
    marked = np.array([name.startswith("marked") for name in gold.item_id.tolist()])
    assert (weights[marked] == 1).all()
    assert (weights[~marked] == 3).all()

    # a label model fitted behind the wall gives the same answer whatever the marked gold says
    rng = np.random.default_rng(0)
    votes = Votes.from_matrix(rng.integers(-1, 2, (gold.n_gold, 5)), 2)
    flipped = GoldRows(
        gold.item_id,
        gold.batch,
        np.where(marked, "HAM", gold.label),
        gold.origin,
        gold.probability,
    )
    posteriors = []
    for version in (gold, flipped):
        seen = Firewall(version, judged={"2026-02"}).teaching()
        code = np.array([int(label == "SPAM") for label in seen.label.tolist()], dtype=np.int32)
        posteriors.append(LabelModel(2).fit(votes, Gold(rows, code)).predict_proba(votes))
    assert np.array_equal(posteriors[0], posteriors[1])


def test_a_planted_leak_is_refused_and_named():
    wall = Firewall(planted(), judged={"2026-02"})
    wall.check(["queue-001", "old-003"], "few-shot examples of llm/judge")
    with pytest.raises(GoldError, match=r"llm/judge would learn from 2 audit items .*'marked-003'"):
        wall.check(["queue-001", "marked-007", "marked-003"], "few-shot examples of llm/judge")


def test_an_audit_item_seen_again_in_another_batch_stays_withheld():
    gold = GoldRows(
        np.array(["twin", "twin"]),
        np.array(["1", "2"]),
        np.array(["HAM", "HAM"]),
        np.array([QUEUE, AUDIT]),
        np.array([np.nan, 0.2]),
    )
    assert Firewall(gold, judged={"2"}).teaching().n_gold == 0
    assert Firewall(gold, judged={"1"}).teaching().n_gold == 2


def test_only_audit_gold_measures():
    measuring = Firewall(planted(), judged={"2026-02"}).measuring("2026-02")
    assert measuring.n_gold == N_MARKED
    assert (measuring.origin == AUDIT).all()


def test_cross_fitting_never_teaches_a_fold_its_own_gold():
    gold = planted()
    wall = Firewall(gold, judged={"2026-02"})
    taught = [set(wall.teaching(fold, 4).item_id.tolist()) for fold in range(4)]
    for name in wall.withheld:
        own = fold_of(name, 4)
        assert name not in taught[own]
        assert all(name in taught[fold] for fold in range(4) if fold != own)
    with pytest.raises(GoldError, match="folds run from 0"):
        wall.teaching(4, 4)


@pytest.mark.parametrize(
    ("origin", "probability", "message"),
    [
        ("audit", 0.0, "in \\(0, 1\\]"),
        ("audit", np.nan, "in \\(0, 1\\]"),
        ("found", 0.5, "allowed are"),
    ],
)
def test_malformed_gold_is_refused(origin, probability, message):
    one = [np.array([x]) for x in ("a", "1", "HAM")]
    with pytest.raises(GoldError, match=message):
        GoldRows(*one, np.array([origin]), np.array([probability]))
    with pytest.raises(GoldError, match="stands twice"):
        GoldRows(*[np.repeat(x, 2) for x in one], np.array([QUEUE] * 2), np.full(2, np.nan))
