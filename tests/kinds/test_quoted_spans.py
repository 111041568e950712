"""Spans as models quote them: read, found in the text, or refused with a reason."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.spans.answer import marked, written
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.kinds.spans.mentions import ALIKE, Mentions

SPECS = (ClassSpec("Disease", synonyms=("illness",)), ClassSpec("Drug"))
NAMES = ("Disease", "Drug")
KIND, FREE = SpansOfClasses(), SpansOfClasses(overlap=True)
READER = KIND.reader(SPECS)
TEXT = "Advil helps with gout. For asthma take Ventolin, said Dr. Grün."
ADVIL, GOUT, ASTHMA, VENTOLIN = (
    (0, 5, "Drug"),
    (17, 21, "Disease"),
    (27, 33, "Disease"),
    (39, 47, "Drug"),
)


def read(answer, text=TEXT, kind=KIND, **more):
    return kind.reader(SPECS).read(answer, text=text, **more)


def spans(answer, text=TEXT, kind=KIND):
    label = read(answer, text, kind).label
    return None if label is None else [tuple(one) for one in json.loads(label)]


def quotes(*pairs, **more):
    return json.dumps({"spans": [{"text": text, "label": name} for text, name in pairs], **more})


BOTH = [ADVIL, GOUT]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (quotes(("Advil", "Drug"), ("gout", "Disease")), BOTH),
        (quotes(("gout", "Disease"), ("Advil", "Drug")), BOTH),
        (quotes(("gout", "ILLNESS")), [GOUT]),
        (quotes(), []),
        (quotes(("gout", "Disease"), reasoning="Advil is no disease."), [GOUT]),
        (quotes(("gout", "Disease"), confidence=0.7), [GOUT]),
        (f"```json\n{quotes(('gout', 'Disease'))}\n```", [GOUT]),
        (f"<think>Advil?</think>{quotes(('gout', 'Disease'))}", [GOUT]),
        (f"Here you are:\n{quotes(('gout', 'Disease'))}", [GOUT]),
        (f"{quotes(('gout', 'Disease'))}\n\nThat is all.", [GOUT]),
        (f"{quotes(('gout', 'Disease'))}\n{quotes(('gout', 'Disease'))}", [GOUT]),
        (f"{quotes(('gout', 'Disease'))}<|im_end|>", [GOUT]),
        ('[{"text": "gout", "label": "Disease"}]', [GOUT]),
        ('{"text": "Advil", "label": "Drug"}\n{"text": "gout", "label": "Disease"}', BOTH),
        ('{"entities": [{"word": "gout", "entity": "Disease", "start": 3, "score": 0.9}]}', [GOUT]),
        ('{"entities": [{"entity": "gout", "type": "Disease"}]}', [GOUT]),
        ('{"Disease": ["gout"], "Drug": ["Advil"]}', BOTH),
        ('{"Disease": [], "Drug": []}', []),
        ("[]", []), ('{"spans": [ ]}', []), ("Spans: []", []),
        ("Drug: Advil\nDisease: gout", BOTH),
        ("drug: Advil\nILLNESS: gout", BOTH),
        ('Drug: "Advil"\nDisease: \u201cgout\u201d', BOTH),
        ("- Drug: Advil\n- Disease: gout", BOTH),
        ("1. Drug: Advil\n2. Disease: gout", BOTH),
        ("* **Drug:** Advil\n* **Disease:** gout", BOTH),
        ("**Drug**: Advil\n\n**Disease**: **gout**", BOTH),
        ("Drug -> Advil\nDisease -> gout", BOTH),
        ("Drug | Advil\nDisease | gout", BOTH),
        ("Drug - Advil\nDisease \u2014 gout", BOTH),
        ("Advil: Drug\ngout: Disease", BOTH),
        ("Advil (Drug)\ngout (Disease)", BOTH),
        ("Advil \u2192 Drug\n`gout` \u2192 Disease", BOTH),
        ("```\nDrug: Advil\nDisease: gout\n```", BOTH),
        ("Spans:\nDrug: Advil\nDisease: gout", BOTH),
        ("Here are the spans:\nDrug: Advil\nDisease: gout", BOTH),
        ("It speaks of Advil first.\nSpans:\nDrug: Advil\nDisease: gout", BOTH),
        ("Drug: asthma\nFinal answer:\nDrug: Advil\nDisease: gout", BOTH),
        ("Drug: Advil\nDisease: gout\nConfidence: 0.8", BOTH),
        ("Drug: Advil\nDisease: gout\n\nBoth words stand in the first sentence.", BOTH),
        ("Drug: Advil\nDisease: NONE", [ADVIL]),
        ("Drug: none\nDisease: none", []),
        ("NONE", []), ("None.", []), ("Spans: NONE", []), ("No entities", []), ("N/A", []),
        ("<think>gout?</think>\nNONE", []),
        ("Disease: GOUT", [GOUT]),
        ("Disease: gout  ", [GOUT]),
        ("Disease: gout | helps with gout", [GOUT]),
        ('Disease: "gout" | "with gout. For"', [GOUT]),
        ('{"spans": [{"text": "gout", "label": "Disease", "around": "with gout"}]}', [GOUT]),
        (quotes(("with  gout.\nFor", "Disease")), [(12, 26, "Disease")]),
        (quotes((unicodedata.normalize("NFD", "Dr. Grün"), "Drug")), [(54, 62, "Drug")]),
    ],
)  # fmt: skip
def test_quotes_are_read_however_they_are_written(answer, found):
    assert spans(answer) == found


@pytest.mark.parametrize(
    "answer",
    [
        "", "gout", "The item speaks of gout.", "Disease: gout, asthma", "Disease: gout; Drug: Advil",
        "Disease: gout?", "Disease: perhaps gout", "Illnesses: gout", "Disease: gout (chronic)", "Disease:",
        "Drug: Advil\nNONE", "Disease: gout\nDisease: NONE", "Drug: none", "NONE\nDrug: Advil",
        "Disease: gout\nAdvil is a drug.", "Disease: gout\n\nWait, Advil is a drug.",
        "Disease: gout\n\nAlso asthma is a Disease.", "Disease: gout\n\nNo, that is wrong.",
        "~~Disease: gout~~\nDrug: Advil", "~~\nDisease: gout\n~~\nDrug: Advil", "Drug: Advil\n\n~~Disease: gout~~",
        "<del>\nDisease: gout\n</del>\nDrug: Advil", "- [ ] Disease: gout\n- [x] Drug: Advil", "| Disease | gout |", "!Disease: gout",
        '{"spans": [{"text": "gout"}]}', '{"spans": ["gout"]}', '{"spans": "gout"}', '{"spans": null}', "{}",
        '{"spans": [[17, 21, "Disease"]]}', '[[17, 21, "Disease"]]', '{"gout": "Disease"}', '{"Disease": "gout"}',
        '{"spans": [{"text": "", "label": "Drug"}]}', '{"spans": [{"text": " ", "label": "Drug"}]}',
        '{"spans": [{"text": 1, "label": "Drug"}]}', '{"spans": [{"text": "gout", "label": ["Disease"]}]}',
        quotes(("gout", "Symptom")), quotes(("gout", "not Disease")), quotes(("gout", "")),
        '{"spans": [{"text": "gout", "label": "Disease", "negated": true}]}', '{"spans": [], "uncertain": ["gout"]}',
        '{"spans": [{"text": "Advil", "label": "Drug"}, {"text": "gou',
        f"{quotes(('gout', 'Disease'))} or {quotes(('Advil', 'Drug'))}",
        f"{quotes(('gout', 'Disease'))} Wait, Advil is a drug.", f"{quotes()}\n\nThere is a Drug, though.",
        f"For example {quotes(('gout', 'Disease'))}", '{"Drug": []}', '{"Disease": [], "Symptom": ["gout"]}',
    ],
)  # fmt: skip
def test_what_is_no_list_of_quotes_is_not_read(answer):
    parsed = read(answer)
    assert parsed.label is None
    assert parsed.reason


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("ibuprofen", "Drug")], "'ibuprofen' does not stand in the text"),
        ([("gout", "Disease"), ("arthritis", "Disease")], "'arthritis' does not stand in the text"),
        ([("gouts", "Disease")], "'gouts' does not stand in the text"),
        ([("gout ... asthma", "Disease")], "'gout ... asthma' does not stand in the text"),
        ([("Ventoline", "Drug")], "'Ventoline' does not stand in the text"),
        (
            [("gout", "Disease"), ("gout", "Disease")],
            "'gout' is quoted 2 times and stands in the text 1 time",
        ),
        (
            [("gout. For asthma", "Disease"), ("asthma", "Disease")],
            "'gout. For asthma' and 'asthma' overlap, and this task allows no overlap",
        ),
        ([("x" * 60, "Drug")], f"'{'x' * 39}\u2026' does not stand in the text"),
    ],
)
def test_an_entity_that_a_model_invents_rewrites_or_lays_over_another_makes_no_answer(
    pairs, reason
):
    parsed = read(quotes(*pairs))
    assert parsed.label is None
    if "overlap" in reason:
        assert "overlap" in parsed.reason
        assert "this task allows no overlap" in parsed.reason
    else:
        assert parsed.reason == reason
    assert parsed.reason in READER.again(SPECS, parsed.reason)


TWICE = "Gout hurts: old gout, then asthma, then gout."
"""Mentions of gout at 0 (capital), 16 and 40; asthma at 27."""


@pytest.mark.parametrize(
    ("pairs", "starts"),
    [
        (["gout", "gout"], [16, 40]),
        (["gout", "gout", "gout"], [0, 16, 40]),
        (["Gout", "gout", "gout"], [0, 16, 40]),
        (["Gout"], [0]),
        (["gout", "asthma"], [16, 27, 40]),
        (["asthma", "gout"], [16, 27, 40]),
        (["old gout", "gout"], [12, 40]),
        (["Gout", "old gout", "gout"], [0, 12, 40]),
        (["gout"], [16, 40]),
        (["Gout", "gout"], [0, 16, 40]),
        (["gout", "gout", "gout", "gout"], None),
        (["asthma", "asthma"], None),
        (["asthma", "gout", "Gout"], [0, 16, 27, 40]),
    ],
)
def test_words_quoted_once_are_meant_wherever_they_stand_by_themselves(pairs, starts):
    found = spans(quotes(*((text, "Disease") for text in pairs)), TWICE)
    assert (found and [start for start, _, _ in found]) == starts


def test_words_around_a_quote_say_which_mention_is_meant():
    parsed = read("Disease: gout | gout", TWICE)
    assert "'gout' stands in the text 2 times" in parsed.reason
    assert "a few words around it" in READER.again(SPECS, parsed.reason)
    assert spans("Disease: gout | old gout", TWICE) == [(16, 20, "Disease")]
    assert spans("Disease: gout | then gout", TWICE) == [(40, 44, "Disease")]
    assert spans("Disease: gout | old gout\nDisease: gout | then gout", TWICE) == [
        (16, 20, "Disease"),
        (40, 44, "Disease"),
    ]
    assert read("Disease: gout | new gout", TWICE).reason == "'new gout' does not stand in the text"
    assert "does not stand in 'asthma'" in read("Disease: gout | asthma", TWICE).reason
    assert read("Disease: gout | old gout, then asthma, then gout", TWICE).label is None


def test_who_quotes_some_words_twice_means_the_places_that_the_order_leaves():
    text = "gout, then asthma, asthma and gout"
    twice = [("asthma", "Disease"), ("asthma", "Disease"), ("gout", "Disease")]
    assert spans(quotes(*twice), text) == [
        (11, 17, "Disease"), (19, 25, "Disease"), (30, 34, "Disease"),
    ]  # fmt: skip
    assert (
        len(spans(quotes(("gout", "Disease"), ("asthma", "Disease"), ("gout", "Disease")), text))
        == 4
    )


def test_words_of_two_classes_are_meant_nowhere_that_the_order_does_not_tell():
    both = quotes(("gout", "Drug"), ("gout", "Disease"))
    assert spans(both, "gout, gout") == [(0, 4, "Drug"), (6, 10, "Disease")]
    assert "cannot be told" in read(both, "gout, gout, gout").reason


def test_words_within_longer_quotes_and_within_words_are_not_meant_everywhere():
    assert spans(quotes(("acid", "Drug"), ("folic acid", "Drug")), "acid, folic acid, acid") == [
        (0, 4, "Drug"), (6, 16, "Drug"), (18, 22, "Drug"),
    ]  # fmt: skip
    assert spans(quotes(("art", "Drug")), "party and cart") is None


def test_quotes_by_class_tell_no_order():
    text = "gout, Advil, gout"
    everywhere = [(0, 4, "Disease"), (6, 11, "Drug"), (13, 17, "Disease")]
    assert spans('{"Disease": ["gout"], "Drug": ["Advil"]}', text) == everywhere
    assert spans('{"Drug": ["Advil"], "Disease": ["gout", "gout"]}', text) == everywhere
    text = "New York, then York"
    assert spans('{"Drug": ["York"], "Disease": ["New York"]}', text) == [
        (0, 8, "Disease"), (15, 19, "Drug"),
    ]  # fmt: skip


def test_words_by_themselves_go_before_parts_of_words_which_count_where_there_are_no_others():
    assert spans("Disease: pain", "painful, no pain, painless") == [(12, 16, "Disease")]
    assert spans("Disease: pain", "painful") == [(0, 4, "Disease")]
    assert spans("Drug: mg", "5mg of it") == [(1, 3, "Drug")]
    assert spans("Drug: 5", "15 or 5") == [(6, 7, "Drug")]
    assert spans("Drug: \u5317\u4eac", "\u5728\u5317\u4eac\u7684\u4eba") == [(1, 3, "Drug")]
    two = "\u5728\u5317\u4eac\u7684\u4eba\uff0c\u5317\u4eac\u3002"
    assert spans("Drug: \u5317\u4eac", two) == [(1, 3, "Drug"), (6, 8, "Drug")]


@pytest.mark.parametrize(
    ("quote", "text", "span"),
    [
        ("Parkinson's", "of Parkinson\u2019s disease", (3, 14)),
        ('the "big" one', "see the \u201cbig\u201d one", (4, 17)),
        ("COVID-19", "no covid\u201119 here", (3, 11)),
        ("heart failure", "a heart \n failure", (2, 17)),
        ("heart\nfailure", "a heart failure", (2, 15)),
        ("gr\u00fcn", "ein gru\u0308n.", (4, 9)),
        ("STRASSE 5", "Stra\u00dfe 5", (0, 8)),
        ("hyphenation", "hyphen\u00adation", (0, 12)),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "a \U0001f468\u200d\U0001f469\u200d\U0001f467!", (2, 7)),
        ("Drug: x", "a Drug: x", (2, 9)),
    ],
)  # fmt: skip
def test_changed_case_blanks_signs_and_encoding_are_found(quote, text, span):
    assert spans(quotes((quote, "Drug")), text) == [(*span, "Drug")]


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("gru", "gru\u0308n"),
        ("\u0308n", "gru\u0308n"),
        ("\U0001f468", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("stras", "Stra\u00dfe"),
        ("\U0001f1e9", "\U0001f1e9\U0001f1ea"),
    ],
)
def test_no_character_is_cut(quote, text):
    assert read(quotes((quote, "Drug")), text).label is None


def test_a_model_that_changes_case_is_not_believed_to_tell_mentions_apart_by_it():
    text = "NO is a gas, and no drug; ATP is none."
    assert spans(quotes(("no", "Drug"), ("ATP", "Drug")), text) == [
        (17, 19, "Drug"),
        (26, 29, "Drug"),
    ]
    assert spans(quotes(("no", "Drug"), ("atp", "Drug")), text) is None
    assert spans(quotes(("os", "Drug")), "Toshiba's OS") == [(10, 12, "Drug")]


def test_offsets_count_characters_and_not_what_others_count():
    assert spans("Drug: Advil", "\U0001f600 Advil") == [(2, 7, "Drug")]


def test_spans_overlap_where_the_task_allows_it():
    answer = quotes(("New York Times", "Drug"), ("New York", "Disease"))
    text = "the New York Times"
    assert spans(answer, text, FREE) == [(4, 12, "Disease"), (4, 18, "Drug")]
    assert spans(answer, text) is None
    both = quotes(("gout", "Drug"), ("gout", "Disease"))
    assert spans(both, "gout", FREE) == [(0, 4, "Disease"), (0, 4, "Drug")]
    assert len(spans(both, "gout, gout", FREE)) == 4
    assert spans(quotes(("gout", "Drug"), ("gout", "Drug")), "gout, gout", FREE) is not None
    assert spans(quotes(("gout", "Drug"), ("gout", "Drug")), "gout", FREE) is None
    assert spans(quotes(("gout", "Drug"), ("GOUT", "Drug")), "gout", FREE) is None


def test_mentions_of_one_word_that_share_letters_overlap_too():
    twice = quotes(("aa", "Drug"), ("aa", "Drug"))
    assert read(twice, "aaa").reason == "'aa' and 'aa' overlap, and this task allows no overlap"
    assert spans(twice, "aaa", FREE) == [(0, 2, "Drug"), (1, 3, "Drug")]


def test_a_cut_or_refused_answer_quotes_nothing():
    whole = quotes(("gout", "Disease"))
    assert read(whole, finish_reason="length").cut
    assert read(whole[:-9], finish_reason="length").cut
    assert read("", refusal="I cannot").refused
    assert read("I'm sorry, I can't help with that.").refused
    assert read("<think>Disease: gout").reason == "the answer ended inside its reasoning"


def test_thoughts_that_are_quoted_are_no_thoughts():
    assert spans(quotes(("(plan)", "Drug")), "the (plan) is") == [(4, 10, "Drug")]
    assert spans(quotes(("<think>", "Drug")), "a <think> b") == [(2, 9, "Drug")]


def test_stated_confidence_is_read_from_both_forms():
    assert read(quotes(("gout", "Disease"), confidence=0.7)).confidence == 0.7
    assert read("Spans:\nDisease: gout\nConfidence: 70%").confidence == 0.7
    assert read("Disease: gout").confidence is None


def test_a_none_that_stands_in_the_text_is_not_taken_for_a_word_of_the_model():
    parsed = read("Disease: none\nDrug: none", "none of it")
    assert parsed.reason == "'none' stands in the text, or says that there is nothing"
    assert spans('Disease: "none"', "none of it") == [(0, 4, "Disease")]


def test_a_class_may_be_called_like_a_word_of_the_form():
    specs = (ClassSpec("Answer"), ClassSpec("confidence"), ClassSpec("spans"))
    reader = KIND.reader(specs)
    found = reader.read("Answer: gout\nconfidence: 0.9\nspans: x", text="gout, 0.9, x").label
    assert found == '[[0, 4, "Answer"], [6, 9, "confidence"], [11, 12, "spans"]]'
    answer = '{"spans": [{"text": "x", "label": "spans"}]}'
    assert reader.read(answer, text="gout, 0.9, x").label == '[[11, 12, "spans"]]'


def test_the_schema_lets_only_classes_pass():
    told = KIND.schema(Form(json=True, stated=True), SPECS)
    assert told["required"] == ["spans", "confidence"]
    entry = told["properties"]["spans"]["items"]
    assert entry["properties"]["label"]["enum"] == list(NAMES)
    assert entry["additionalProperties"] is False


FORMS = st.builds(Form, json=st.booleans(), reasoning=st.booleans(), stated=st.booleans())
TEXTS = st.text(
    st.sampled_from("ab \n.\"'|:\u0308\u00e4A\u00df\u2019[{-*\\"), max_size=14
) | st.text(max_size=14)


@st.composite
def marked_texts(draw):
    """A text, and an answer about it that cuts neither characters nor words."""
    text = draw(TEXTS)
    mentions = Mentions(text)
    begins = [at for at, one in enumerate(mentions._begins) if one]
    found, overlap = set(), draw(st.booleans())
    for _ in range(draw(st.integers(0, 3))):
        pair = sorted(draw(st.tuples(st.sampled_from(begins), st.sampled_from(begins))))
        span = (*pair, draw(st.sampled_from(NAMES)))
        free = overlap or all(span[1] <= a or b <= span[0] for a, b, _ in found)
        if pair[0] < pair[1] and free and not mentions._part_of_word(pair):
            found.add(span)
    return text, written(found), SpansOfClasses(overlap=overlap)


@given(marked_texts(), FORMS)
def test_what_an_example_shows_is_read_as_what_it_is_or_said_not_to_be_clear(case, form):
    text, answer, kind = case
    parsed = read(kind.example(form, answer, text), text, kind)
    if parsed.label is None:
        assert parsed.reason
        return
    said, found = set(marked(answer).found), set(marked(parsed.label).found)
    assert said <= found
    # a name that is quoted once stands for all places of its words
    quoted = {(text[a:b], name) for a, b, name in said}
    assert {(text[a:b], name) for a, b, name in found} <= quoted


@given(marked_texts(), FORMS)
def test_what_stands_in_a_text_once_is_always_read_back(case, form):
    text, answer, kind = case
    said = marked(answer).found
    mentions = Mentions(text)
    alone = [mentions.alike(text[a:b], at_least=99) for a, b, _ in said]
    if all(len(places) == 1 for places in alone):
        assert read(kind.example(form, answer, text), text, kind).label == answer


@given(st.text(max_size=40) | st.text('{}[]":,|-ab Drug\n', max_size=40), TEXTS, st.booleans())
def test_no_answer_and_no_text_raises(answer, text, overlap):
    kind = SpansOfClasses(overlap=overlap)
    parsed = read(answer, text, kind)
    if parsed.label is not None:
        assert kind.checked(parsed.label, NAMES) == parsed.label
        assert kind.misfit(parsed.label, text) is None


@given(TEXTS, st.text(st.sampled_from("ab \u0308\u00e4A\u00dfs'"), min_size=1, max_size=3))
def test_mentions_are_all_there_are_and_nothing_else(text, words):
    found = Mentions(text).alike(words, at_least=99)
    begins = Mentions(text)._begins

    def alike(piece):
        bare = unicodedata.normalize("NFD", piece).translate(ALIKE).casefold()
        return " ".join(unicodedata.normalize("NFD", bare).split())

    assert all(begins[a] and begins[b] and alike(text[a:b]) == alike(words) for a, b in found)
    exact = [at for at in range(len(text)) if text.startswith(words, at)]
    whole = [at for at in exact if begins[at] and begins[at + len(words)]]
    assert not words.strip() or words != words.strip() or {a for a, _ in found} >= set(whole)


def test_a_long_answer_about_a_long_text_takes_no_time():
    text = "a " * 20_000
    assert read("\n".join(["Drug: a"] * 500), text).label is not None
    assert read("\n".join(["Drug: A"] * 20), text[:40]).label is not None
