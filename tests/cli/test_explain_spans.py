"""``touchstone explain`` tells spans by their words."""

from cli.everyday.explain import in_words
from labeling.kinds.registry import SINGLE
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.kinds.spans.readable import MOST

HISTORY = {
    "text": "aspirin\nfor gout 👩‍⚕️ today",
    "label": '[[0, 7, "Drug"]]',
    "gold": {"label": '[[12, 16, "Disease"]]', "reviews": 2},
    "released": None,
    "votes": [
        {"voter": "rule/a", "label": '{"found": [[0, 11, "Drug"]], "denied": [[12, 16, "Drug"]]}'}
    ],
    "reviews": [{"label": "[]"}, {"label": None}],
}


def test_answers_are_told_by_their_words():
    told = in_words(HISTORY, SpansOfClasses())
    assert told["label"] == "Drug: aspirin"
    assert told["gold"] == {"label": "Disease: gout", "reviews": 2}
    assert told["votes"][0]["label"] == "Drug: aspirin for; no Drug in: gout"
    assert [row["label"] for row in told["reviews"]] == ["nothing marked", None]


def test_answers_of_one_class_stay_as_they_are():
    assert in_words(HISTORY, SINGLE) == HISTORY


def test_long_and_many_spans_are_cut():
    kind = SpansOfClasses()
    many = str([[i, i + 1, "Drug"] for i in range(2000)]).replace("'", '"')
    assert kind.readable(many, "x" * 2000).endswith(f"and {2000 - MOST:,} more")
    assert len(kind.readable('[[0, 2000, "Drug"]]', "x" * 2000)) < 80


def test_characters_of_a_whole_letter_stay_together_and_blanks_are_named():
    kind = SpansOfClasses()
    assert kind.readable('[[17, 21, "Who"]]', HISTORY["text"]) == "Who: 👩‍⚕️"
    assert kind.readable('[[7, 8, "Who"]]', HISTORY["text"]) == "Who: characters 7 to 8"
    assert kind.readable('[[0, 9, "Who"]]', "gout") == "Who: characters 0 to 9"
