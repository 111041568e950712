"""Reading answers into a closed set of classes."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import PromptError
from labeling.kinds.classes import ClassSpec, spellings
from labeling.kinds.single.reader import ClassReader
from tests.labeling.llm.malformed_answers import ANSWERS, MAIL, MOOD

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RECORDED = ("llm_css_emotion", "llm_css_semeval_stance", "llm_css_mrf", "llm_css_flute")


def test_there_are_two_hundred_malformed_answers():
    assert len({(classes, text) for classes, text, _ in ANSWERS}) >= 200


@pytest.mark.parametrize(("classes", "text", "means"), ANSWERS)
def test_no_malformed_answer_becomes_a_wrong_class_and_none_goes_without_a_reason(
    classes, text, means
):
    parsed = ClassReader(classes).read(text)
    assert parsed.label in {means, None}
    assert bool(parsed.label) != bool(parsed.reason)


def test_nearly_every_answer_that_means_a_class_is_read_without_a_repair_question():
    meaningful = [(c, t, m) for c, t, m in ANSWERS if m is not None]
    read = sum(ClassReader(c).read(t).label == m for c, t, m in meaningful)
    assert read / len(meaningful) >= 0.97


@settings(deadline=None)
@given(st.text(), st.sampled_from(["stop", "length"]))
def test_any_text_is_read_into_the_classes_or_not_at_all(text, finish):
    parsed = ClassReader(MAIL).read(text, finish_reason=finish)
    assert parsed.label in {"SPAM", "HAM", None}


@settings(deadline=None)
@given(
    st.sampled_from(["", "Sure! ", "The label is ", "Label: ", '{"label": "', "```\n", "**"]),
    st.sampled_from(MOOD),
    st.booleans(),
)
def test_an_answer_of_one_class_in_any_wrapping_is_never_another(before, spec, lower):
    name = spec.name.lower() if lower else spec.name
    assert ClassReader(MOOD).read(f"{before}{name}").label in {spec.name, None}


def test_a_refusal_is_told_apart_from_an_answer_that_cannot_be_read():
    reader = ClassReader(MAIL)
    assert reader.read("", refusal="I cannot help with that.").refused
    assert reader.read("I'm sorry, but I can't help with that.").refused
    assert not reader.read("blah").refused


def test_an_answer_that_was_cut_says_so():
    parsed = ClassReader(MAIL).read("I think that this message", finish_reason="length")
    assert parsed.reason == "the answer was cut at max_tokens"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ('{"label": "HAM", "confidence": 0.85}', 0.85),
        ('{"label": "HAM", "confidence": "85%"}', 0.85),
        ('{"label": "HAM", "confidence": 85}', 0.85),
        ("Label: HAM\nConfidence: 0.7", 0.7),
        ("Label: HAM\nConfidence: 70 %", 0.7),
        ('{"label": "HAM", "confidence": 0}', None),
        ('{"label": "HAM", "confidence": 700}', None),
        ('{"label": "HAM", "confidence": true}', None),
        ("HAM", None),
    ],
)
def test_a_stated_confidence_is_a_share_between_zero_and_one(text, stated):
    parsed = ClassReader(MAIL).read(text)
    assert parsed.label == "HAM"
    assert parsed.confidence == stated


def test_a_spelling_of_two_classes_is_refused():
    with pytest.raises(PromptError, match="'Junk' stands for both 'SPAM' and 'AD'"):
        spellings([ClassSpec("SPAM", synonyms=("junk",)), ClassSpec("AD", synonyms=("Junk",))])


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers_of_a_real_model_are_read_as_published(name):
    folder = SHARED / name
    if not folder.exists():
        pytest.skip(f"{folder} is missing")
    meta = pd.read_json(folder / "meta.json", typ="series")
    votes = pd.read_parquet(folder / "votes.parquet")
    classes = [ClassSpec(c, synonyms=(c[:1], c[3:])) for c in meta["classes"]]
    reader = ClassReader(tuple(classes))
    column = f"lf_{meta['lf_names'].index('chatgpt'):03d}"
    read = [reader.read(answer).label for answer in votes["raw_chatgpt"]]
    assert read == [meta["classes"][vote] for vote in votes[column]]
