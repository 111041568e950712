"""Thoughts are no answers: the last word counts, and a thought that was cut is an abstention."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds.classes import ClassSpec
from labeling.kinds.single.reader import ClassReader
from labeling.kinds.thoughts import spoken

MAIL = (ClassSpec("praise"), ClassSpec("complaint"), ClassSpec("question"))

NAMES = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "analysis",
    "scratchpad",
    "deliberation",
    "inner_monologue",
    "chain_of_thought",
    "seed:think",
    "antThinking",
    "THINK",
    "Reasoning",
]
MARKS = [
    *((f"<{name}>", f"</{name}>") for name in NAMES),
    *((f"[{name}]", f"[/{name}]") for name in ("THINK", "think", "REASONING")),
    *((f"◁{name}▷", f"◁/{name}▷") for name in ("think", "thinking")),
    ("<think lang='en'>", "</think>"),
    ("<|think|>", "<|/think|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("＜think＞", "＜/think＞"),  # noqa: RUF001  the wide brackets are the point
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("analysisThe mail: ", "assistantfinal"),
    ("Here is my thought process:", "Here is my response:"),
]
ANSWERS = ["complaint", "Label: complaint", '{"label": "complaint"}', "**complaint**",
           '```json\n{"label": "complaint"}\n```']  # fmt: skip


def read(text: str, finish: str = "stop"):
    return ClassReader(MAIL).read(text, finish_reason=finish)


@pytest.mark.parametrize(("opens", "closes"), MARKS, ids=[m[0] for m in MARKS])
@pytest.mark.parametrize("draft", ["praise", '{"label": "praise"}', "Label: praise\n"])
def test_only_what_follows_a_thought_is_the_answer(opens, closes, draft):
    for answer in ANSWERS:
        assert read(f"{opens}{draft}{closes}{answer}").label == "complaint"
        assert read(f"{opens}{draft}\n{closes}\n\n{answer}\n").label == "complaint"


@pytest.mark.parametrize(("opens", "closes"), MARKS[:-3], ids=[m[0] for m in MARKS[:-3]])
def test_an_end_without_a_beginning_ends_a_thought_all_the_same(opens, closes):
    del opens
    assert read(f"It could be praise.\nLabel: praise\n{closes}\ncomplaint").label == "complaint"
    assert read(f'{{"label": "praise"}}{closes}{{"label": "complaint"}}').label == "complaint"
    assert read(f"praise{closes}").label is None


@pytest.mark.parametrize(("opens", "closes"), MARKS, ids=[m[0] for m in MARKS])
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_thought_that_never_ends_is_an_abstention(opens, closes, finish):
    del closes
    for draft in ("praise", "Label: praise", '{"label": "praise"}', "praise\n"):
        parsed = read(f"{opens}{draft}", finish)
        assert parsed.label is None
        assert "inside its reasoning" in parsed.reason
        assert parsed.cut == (finish == "length")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("<think>praise<think>praise</think></think>complaint", "complaint"),
        ("<think>praise</think>praise?</think>complaint", "complaint"),
        ("<think>praise</think><think>question</think>complaint", "complaint"),
        ("<think>a</think>praise<think>no</think>complaint", "complaint"),
        ("<think>praise</thinking>complaint", "complaint"),
        ("<think>praise<think>praise</think>praise", None),
        ("<think>a</think>praise<think>or rather", None),
        ("complaint<think>it is angry</think>", "complaint"),
        ("praise<think>wait, it is a complaint</think>", None),
        ("<think>praise</think>", None),
        ("<think></think>complaint", "complaint"),
        ("<think>praise</think>\n<answer>complaint</answer>", "complaint"),
        ("<answer>praise</answer>\nNo.\n<answer>complaint</answer>", "complaint"),
        ("<answer>complaint", "complaint"),
        ("<final_answer>complaint</final_answer>", "complaint"),
        ("<|begin_of_box|>complaint<|end_of_box|>", "complaint"),
        ("<|channel|>final<|message|>complaint<|return|>", "complaint"),
        ("<|channel|>analysis<|message|>praise<|end|>", None),
        (
            '<|channel|>commentary to=f <|constrain|>json<|message|>{"label":"complaint"}<|call|>',
            "complaint",
        ),
        ("analysisIt is praise. assistantcommentarypraise", None),
    ],
)
def test_nested_repeated_and_stray_marks_never_give_a_draft(text, means):
    assert read(text).label == means


DRAFT = '```json\n{"label": "praise"}\n```\n'


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (f"{DRAFT}On reflection: complaint", "complaint"),
        (f"{DRAFT}Wait, actually it is a complaint.", "complaint"),
        (f"{DRAFT}Final answer: complaint", "complaint"),
        (f"{DRAFT}Correction:\ncomplaint", "complaint"),
        (f"{DRAFT}On reflection, that is wrong.", None),
        (f"{DRAFT}I also considered complaint.", None),
        (f"{DRAFT}On reflection it is a complaint or a question.", None),
        (f"{DRAFT}It is not a complaint.", None),
        (f"{DRAFT}I hope this helps! Anything else?", "praise"),
        (f"{DRAFT}It is praise because the writer is happy.", "praise"),
        (f'{DRAFT}On reflection:\n{{"label": "complaint"}}', None),
        ('{"label": "praise", "label": "complaint"}', "complaint"),
        ('{"label": "praise", "revised_label": "complaint"}', "complaint"),
        ('{"label": "praise", "final label": "complaint"}', "complaint"),
        ('{"draft": {"label": "praise"}, "label": "complaint"}', "complaint"),
        ('{"thoughts": "it is praise", "label": "complaint"}', "complaint"),
        ('Perhaps praise.\n{"label": "complaint"}', "complaint"),
        ("praise\n\nOn reflection, complaint.", None),
    ],
)
def test_what_follows_a_draft_in_json_is_heard(text, means):
    assert read(text).label == means


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("The writer is happy, so praise would be", None),
        ("Label: praise\nBut the last sentence", None),
        ("First thought: praise.\npraise", None),
        (f"{DRAFT}On refl", None),
        ('{"label": "praise", "why": "the writ', None),
        ("praise. Wait, the", None),
        ("praise", "praise"),
        ('{"label": "praise"}', "praise"),
        (DRAFT, "praise"),
        ("praise. The writer thanks us for", "praise"),
        ("praise\n\nThe writer", "praise"),
        ("praise. It is no complaint", None),
    ],
)
def test_an_answer_that_was_cut_says_only_what_it_said_first_or_whole(text, means):
    parsed = read(text, "length")
    assert parsed.label == means
    assert parsed.cut == (means is None)


def test_a_class_that_another_goes_on_from_may_have_been_cut():
    reader = ClassReader((ClassSpec("card"), ClassSpec("card lost"), ClassSpec("other")))
    assert reader.read("card", finish_reason="length").label is None
    assert reader.read("card", finish_reason="stop").label == "card"
    assert reader.read("card lost", finish_reason="length").label == "card lost"


def test_a_class_that_is_called_like_a_mark_can_be_answered():
    reader = ClassReader((ClassSpec("analysis"), ClassSpec("thought")))
    assert reader.read("[analysis]").label == "analysis"
    assert reader.read("<thought>").label == "thought"


@settings(deadline=None)
@given(
    st.sampled_from(MARKS),
    st.text(alphabet="ab <>/[]|{}\n", max_size=30),
    st.sampled_from(["praise", "question"]),
)
def test_no_draft_between_marks_is_ever_the_answer(mark, noise, draft):
    opens, closes = mark
    assert read(f"{opens}{noise}\n{draft}\n{closes}\ncomplaint").label in {"complaint", None}


@settings(deadline=None)
@given(st.text())
def test_any_text_ends_inside_a_thought_or_says_a_part_of_itself(text):
    said = spoken(text)
    assert said is None or said.replace("\n", "") in text.replace("\n", "") or said == ""
