import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from labeling.errors import RuleError
from labeling.rules.reading.fields import term_pattern
from labeling.rules.reading.reading import read_rules
from labeling.rules.suggestions import as_yaml, suggest

DATA = Path(__file__).parents[3].parent / "shared" / "data"
CLASSES = ["HAM", "SPAM"]


def one_hot(labels):
    return np.eye(2)[np.array(labels)]


def test_counts_are_those_of_the_rule_itself():
    texts = ["Check out this"] * 6 + ["check, out"] * 3 + ["nice one"] * 9
    labels = one_hot([1] * 9 + [0] * 9)
    for one in suggest(texts, labels, CLASSES, n=50):
        found = [
            i
            for i, t in enumerate(texts)
            if re.search(term_pattern(one.phrase, whole=True), t, re.IGNORECASE)
        ]
        assert one.items == len(found)
        assert one.correct == labels[found, CLASSES.index(one.label)].sum()


def test_a_phrase_that_brings_no_new_item_is_not_suggested():
    texts = ["alpha beta"] * 10 + ["gamma"] * 10
    labels = one_hot([1] * 10 + [0] * 10)
    assert sorted(one.label for one in suggest(texts, labels, CLASSES)) == CLASSES
    covered = np.zeros((20, 2), dtype=bool)
    covered[:10, 1] = True
    assert [one.phrase for one in suggest(texts, labels, CLASSES, covered=covered)] == ["gamma"]


def test_consensus_weighs_by_its_posterior():
    texts = ["alpha"] * 20 + ["beta"] * 20 + ["gamma"] * 40
    posterior = np.repeat([[0.02, 0.98], [0.4, 0.6], [1.0, 0.0]], [20, 20, 40], axis=0)
    found = {one.phrase: one for one in suggest(texts, posterior, CLASSES)}
    assert found["alpha"].correct == pytest.approx(19.6)
    assert "beta" not in found


@pytest.mark.parametrize("frequent", [0.6, 0.9])
def test_words_that_stand_anywhere_are_not_suggested_for_the_most_frequent_class(frequent):
    rng = np.random.default_rng(0)
    labels = (rng.random(3000) > frequent).astype(int)
    filler = rng.choice(["on", "no", "my", "the", "so"], (3000, 2))
    telling = np.where(labels == 1, "refund", "delay")
    heard = rng.random(3000) < 0.3
    texts = [
        " ".join([*words, word]) if said else " ".join(words)
        for words, word, said in zip(filler, telling, heard, strict=True)
    ]
    found = suggest(texts, one_hot(labels), CLASSES)
    assert {one.phrase for one in found if " " not in one.phrase} == {"refund", "delay"}
    assert found[0].label == "SPAM"  # rarer, so that its phrase tells more
    assert found[0].lift == pytest.approx(found[0].low / labels.mean())
    assert all(one.lift > 1 for one in found)


def test_a_phrase_surely_wrong_more_often_than_right_takes_no_place_of_one_that_is_right():
    labels = np.array([1] * 3 + [0] * 17 + [1] * 30 + [0] * 950)
    texts = ["maybe"] * 20 + ["surely"] * 30 + ["nothing"] * 950
    assert [one.phrase for one in suggest(texts, one_hot(labels), CLASSES)][:1] == ["surely"]
    kept = suggest(texts, one_hot(labels), CLASSES, least=0.5)
    assert "maybe" not in {one.phrase for one in kept if one.label == "SPAM"}


def test_rare_phrases_and_no_texts_give_nothing():
    assert suggest(["a", "b"], one_hot([0, 1]), CLASSES) == []
    assert suggest([], np.zeros((0, 2)), CLASSES) == []


def test_labels_of_another_shape_are_refused():
    with pytest.raises(RuleError, match="2 texts and 2 classes"):
        suggest(["a", "b"], np.zeros((3, 2)), CLASSES)


def test_suggestions_on_real_comments_are_rules_that_can_be_pasted(tmp_path):
    path = DATA / "raw_youtube_spam" / "data.parquet"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    table = pq.read_table(path)
    found = suggest(table["text"].to_pylist(), one_hot(table["label"].to_pylist()), CLASSES, n=15)
    assert len(found) == 15
    assert all(one.low > 0.7 for one in found)
    assert [one.lift for one in found] == sorted((one.lift for one in found), reverse=True)
    pasted = tmp_path / "rules.yaml"
    text = as_yaml(found, "gold", taken=["says_subscribe"])
    pasted.write_text(f"rules:\n  - {{name: says_subscribe, label: SPAM, keyword: sub}}\n{text}\n")
    assert len(read_rules(pasted, CLASSES)) == 16


def test_awkward_phrases_survive_yaml(tmp_path):
    from labeling.rules.suggestions import Suggestion

    awkward = [Suggestion(p, "SPAM", 9, 8.5, 3, 0.5, 1.0) for p in ("no", "12", 'é "q"', "a: b #c")]
    path = tmp_path / "rules.yaml"
    path.write_text(f"rules:\n{as_yaml(awkward, 'consensus')}\n", encoding="utf-8")
    rules = read_rules(path, CLASSES)
    assert [one.body.patterns[0] for one in rules] == [
        term_pattern(one.phrase, whole=True) for one in awkward
    ]
