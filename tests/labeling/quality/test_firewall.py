import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.errors import GoldError
from labeling.gold import Gold
from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.rendering import render
from labeling.llm.prompts.settings import Examples, Settings
from labeling.quality.firewall import AUDIT, QUEUE, Firewall, GoldRows
from labeling.rules.suggestions import suggest
from labeling.student.text import TextStudent
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


def may_teach(wall):
    return ~np.isin(wall.gold.item_id, sorted(wall.withheld))


def codes(labels):
    return np.array([int(label == "SPAM") for label in labels.tolist()], dtype=np.int32)


def test_marked_audit_gold_reaches_no_prompt_and_no_suggested_rule():
    gold = planted()
    wall = Firewall(gold, judged={"2026-02"})
    seen = may_teach(wall)
    names, labels = gold.item_id[seen].tolist(), gold.label[seen]
    assert len(names) == 150
    assert not any(name.startswith("marked") for name in names)

    # each marked text holds a word of its own and one that would make the best rule of all
    def text(name, label):
        return f"{label.lower()}word about {name}" + (" markedtoken" if "marked" in name else "")

    texts = [text(*row) for row in zip(names, labels.tolist(), strict=True)]
    found = suggest(texts, np.eye(2)[codes(labels)], ["HAM", "SPAM"])
    assert found
    assert not any("marked" in one.phrase for one in found)

    pool = ExamplePool(names, texts, labels.tolist(), wall.withheld)
    classes = [ClassSpec("HAM"), ClassSpec("SPAM")]
    prompt = Prompt("p", "m", Settings(model="m"), "Which? {{ examples }} {{ item }}")
    for choose in ("balanced", "nearest"):
        shown = pool.choose(Examples(choose=choose, count=8), "markedtoken spamword", [], classes)
        assert len(shown) == 8
        messages = render(prompt, classes, Form(), "an item", shown)
        assert "marked" not in str(messages)


def test_marked_audit_gold_changes_no_label_model_and_no_student():
    """Fitted behind the wall they answer the same, whatever the marked gold says."""
    gold = planted()
    marked = np.array([name.startswith("marked") for name in gold.item_id.tolist()])
    assert marked.sum() == N_MARKED
    flipped = GoldRows(
        gold.item_id,
        gold.batch,
        np.where(marked & (gold.label == "SPAM"), "HAM", gold.label),
        gold.origin,
        gold.probability,
    )
    rng = np.random.default_rng(0)
    votes = Votes.from_matrix(rng.integers(-1, 2, (len(gold.item_id), 5)), 2)
    texts = [f"word{i % 7} and {name}" for i, name in enumerate(gold.item_id.tolist())]
    answers = []
    for version in (gold, flipped):
        wall = Firewall(version, judged={"2026-02"})
        taught = Gold(np.flatnonzero(may_teach(wall)), codes(version.label[may_teach(wall)]))
        assert not marked[taught.item].any()
        posterior = LabelModel(2).fit(votes, taught).predict_proba(votes)
        student = TextStudent(2).fit(texts, posterior, taught)
        answers.append((posterior, student.predict_proba(texts)))
    for one, other in zip(*answers, strict=True):
        assert np.array_equal(one, other)


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
    assert Firewall(gold, judged={"2"}).withheld == {"twin"}
    assert not Firewall(gold, judged={"1"}).withheld


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
