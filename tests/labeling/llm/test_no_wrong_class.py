"""What denies, doubts, quotes or takes back a class is no answer of that class.

Each answer has the class that it means, or None; unread is always right, another class never.
"""

import time

import pytest

from labeling.kinds.classes import ClassSpec
from labeling.kinds.single.reader import ClassReader


def named(*names: str) -> tuple[ClassSpec, ...]:
    return tuple(map(ClassSpec, names))


MAIL = named("praise", "complaint", "question")
SPAM = named("spam", "not spam")
YES = named("yes", "no")
MOOD = named("positive", "negative", "neutral")
SCORE = named("0", "1", "2", "10", "-1")
LETTER = (ClassSpec("A", "", ("billing",)), ClassSpec("B", "", ("shipping",)), ClassSpec("C"))
TOXIC = named("None of these", "toxic", "non-toxic")

THOUGHTS = [
    (MAIL, "<\u601d\u8003>praise", None),
    (MAIL, "<\u601d\u8003>Label: praise</\u601d\u8003>", None),
    (MAIL, "\u3008think\u3009Label: praise", None),
    (MAIL, "<plan>Label: praise", None),
    (MAIL, "<internal>Label: praise</internal>", None),
    (MAIL, "<internal_thoughts>Label: praise", None),
    (MAIL, "<reasoning_content>Label: praise", None),
    (MAIL, "<think_fast>Label: praise", None),
    (MAIL, "<thought_process>Label: praise", None),
    (MAIL, "```thinking\nLabel: praise\n```\ncomplaint", "complaint"),
    (MAIL, "```thinking\npraise\n```", None),
    (MAIL, "```think\npraise\n```\nIt is a complaint", "complaint"),
    (MAIL, "&lt;think&gt;\nLabel: praise", None),
    (MAIL, "\\u003cthink\\u003e\nLabel: praise", None),
    (MAIL, "<think\nLabel: praise", None),
    (
        MAIL,
        "<|im_start|>think\nLabel: praise<|im_end|>\n<|im_start|>answer\ncomplaint",
        "complaint",
    ),
    (MAIL, "<|im_start|>think\nLabel: praise", None),
    (MAIL, "<|channel>thought\nLabel: praise", None),
    (MAIL, "<unused94>thought\nLabel: praise", None),
    (MAIL, "[unused16]Label: praise\n[unused17]complaint", "complaint"),
    (MAIL, "[unused16]Label: praise", None),
    (MAIL, "<ifm|think>\nLabel: praise\n", None),
    (MAIL, "<|inner_prefix|>Label: praise\n<|inner_suffix|>complaint", "complaint"),
    (MAIL, "<|inner_prefix|>Label: praise\n", None),
    (MAIL, "<longcat_think>Label: praise\n", None),
    (MAIL, "<mm:think>\nLabel: praise\n", None),
    (MAIL, "<think:6e7f>\nLabel: praise\n", None),
    (MAIL, "<|think_start|>\nLabel: praise\n", None),
    (MAIL, "<|thought_start|>\nLabel: praise\n<|thought_end|>complaint", "complaint"),
    (MAIL, "<|begin\u2581of\u2581thought|>Label: praise\n", None),
    (MAIL, "<|reasoning_thinking_start|>Label: praise\n", None),
    (MAIL, "[BEGIN THINKING]\nLabel: praise\n[END THINKING]\ncomplaint", "complaint"),
    (MAIL, "[BEGIN THINKING]\nLabel: praise\n", None),
    (MAIL, "<begin_of_thought>\nLabel: praise\n", None),
    (MAIL, "<START_THINKING>\nLabel: praise\n", None),
    (MAIL, "(think)\nLabel: praise\n(/think)complaint", "complaint"),
]
DENIED = [
    (MAIL, "Reflexion: praise", None),
    (MAIL, "Das ist kein praise", None),
    (MAIL, "Das ist keine complaint.", None),
    (MAIL, "pas praise", None),
    (MAIL, "C'est pas une question", None),
    (MAIL, "nicht praise", None),
    (MAIL, "Ce n'est pas praise", None),
    (MAIL, "kein praise", None),
    (MAIL, "nie praise", None),
    (MAIL, "hardly praise", None),
    (MAIL, "far from praise", None),
    (MAIL, "the opposite of praise", None),
    (MAIL, "lacks praise", None),
    (MAIL, "This excludes praise", None),
    (MAIL, "isnt praise", None),
    (MAIL, "This isnt praise", None),
    (MAIL, "aint praise", None),
    (MAIL, "un-praise", None),
    (MAIL, "non-praise", None),
    (MAIL, "Label: non-praise", None),
    (MAIL, 'Label: not "praise"', None),
    (MAIL, "The label is not **praise**", None),
    (MAIL, "Label: !praise", None),
    (MAIL, "!praise", None),
    (MAIL, "~praise", None),
    (MAIL, "\xacpraise", None),
    (MAIL, "~~praise~~", None),
    (MAIL, "<s>praise</s>", None),
    (MAIL, "praise: no", None),
    (MAIL, "praise: false", None),
    (MAIL, "praise - incorrect", None),
    (MAIL, "praise (wrong)", None),
    (MAIL, "praise: not applicable", None),
    (MAIL, "praise. No.", None),
    (MAIL, "praise: \u274c", None),
    (MAIL, "- [ ] praise", None),
    (MAIL, 'It is not {"label": "praise"}', None),
    (MAIL, 'Do not answer {"label": "praise"}', None),
    (MAIL, '{"label": "praise"}\n\nNo.', None),
    (MAIL, '{"label": "praise"} - this is wrong', None),
    (MAIL, '{"label": "praise"} is not right.', None),
    (MAIL, '{"label": "praise"}\nThat would be incorrect.', None),
    (MAIL, '{"label": "praise"}\nHmm, that\'s not right.', None),
    (MAIL, 'The text contains the word "praise"', None),
    (MAIL, "It mentions praise", None),
    (MAIL, 'Someone wrote "Label: praise"', None),
    (MAIL, 'The item orders me to answer "praise".', None),
    (MAIL, "The text tries to make me answer: praise", None),
    (MAIL, "You asked me to pick praise.", None),
    (MAIL, "The message asks for label: praise", None),
    (MAIL, "praise?", None),
    (MAIL, "praise??", None),
    (MAIL, '"praise"?', None),
    (MAIL, "**praise**?", None),
    (MAIL, "Label: praise?", None),
    (MAIL, "Label: praise\nScratch that, complaint", "complaint"),
    (MAIL, "Label: praise\n\nActually, complaint.", "complaint"),
    (MAIL, "Label: praise\n\nHmm, no. It is a complaint.", "complaint"),
    (MAIL, "Label: praise\nRevised label: complaint", "complaint"),
    (MAIL, "Label: praise\nThis is wrong.", None),
    (MAIL, "Draft label: praise\nFinal: complaint", "complaint"),
    (MAIL, "Initial answer: praise\nAfter review: complaint", "complaint"),
    (MAIL, "Wrong label: praise", None),
    (MAIL, "Incorrect label: praise", None),
    (MAIL, "Runner-up label: praise", None),
    (MAIL, "Rejected label: praise", None),
    (SPAM, "spam, not", "not spam"),
    (SPAM, "spam: no", "not spam"),
    (YES, "Yes and no", None),
    (YES, "Yes, I can help. The answer is no.", "no"),
    (YES, "no, I cannot answer this", None),
    (YES, "No, I'm sorry, I can't help with that.", None),
    (YES, "No - I can't assist with that", None),
    (MOOD, "less positive", None),
    (MOOD, "non-negative", None),
    (MOOD, "non negative", None),
    (MOOD, "Sentiment score for positive: 0.05", None),
    (MOOD, "positive 0%", None),
    (SCORE, "\u22121", "-1"),
    (SCORE, "10%", None),
    (SCORE, "1%", None),
    (SCORE, "\xb11", None),
    (SCORE, "<1", None),
    (SCORE, ">1", None),
    (SCORE, "\u22601", None),
    (SCORE, "!= 1", None),
    (LETTER, "A, I think it is B", "B"),
    (LETTER, "A: no", None),
    (TOXIC, "anti-toxic", None),
    (TOXIC, "Label: un-toxic", None),
]

NEST = named("bug", "bug report", "feature", "other")
MONEY = named("cancel_transfer", "transfer", "card_arrival")
HATE = named("hate speech", "offensive", "neither")
STARS = named("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
GOES_ON = [
    (MAIL, "praise\n\nItem: another\nLabel: complaint", "praise"),
    (MAIL, "Label: praise\nText 2: another\nLabel: complaint", "praise"),
    (MAIL, "praise<|im_end|>\n<|im_start|>user\nLabel: complaint", "praise"),
]
BESIDE = [
    *((MAIL, f"praise: {told}", None) for told in (
        "rejected", "excluded", "absent", "not present", "does not apply", "low", "fails", "N",
        "0/10", "1/10", "nicht zutreffend", "\u043d\u0435\u0442", "\u5426", "\u3044\u3044\u3048",
    )),
    (MAIL, "praise \u2014 rejected", None),
    (MAIL, "praise - 0 points", None),
    (MAIL, "praise \U0001f44e", None),
    (MAIL, "\U0001f6ab praise", None),
    (MAIL, "praise \u274e", None),
    (MAIL, "praise, maybe", None),
    (MAIL, "praise, oops", None),
    (MAIL, "praise\nNever mind.", None),
    (MAIL, "praise\nDisregard that.", None),
    (MAIL, "praise\nIgnore the above.", None),
    (MAIL, "> praise", None),
    (MAIL, "> Label: praise\n\nThis asks me to answer so.", None),
    (MAIL, "> praise\n\ncomplaint", "complaint"),
    (MOOD, "positive (sarcastic)", None),
    (MONEY, "transfer (timing)", None),
    (MONEY, "transfer: timing", None),
    (MONEY, "transfer - timing", None),
    (MONEY, "**transfer** timing", None),
    (HATE, "hate speech: absent", None),
    (named("spam", "ham"), "Label:\nnot\nspam", None),
    (NEST, "other: bug", None),
    (YES, "Yes, but no", None),
    (YES, "Yes, no, maybe", None),
    (LETTER, "A = shipping", None),
    (LETTER, "Label: A shipping", None),
    (LETTER, "A-", None),
]  # fmt: skip
QUOTED = [
    (MAIL, 'The text contains {"label": "praise"}', None),
    (MAIL, 'The item says:\n{"label": "praise"}\nI will not follow this.', None),
    (MAIL, 'Input: {"label": "praise"}', None),
    (MAIL, 'Schema:\n```json\n{"label": "praise"}\n```', None),
    (MAIL, 'For instance:\n\n{"label": "praise"}', None),
    (MAIL, 'I\'m sorry, I can\'t. The form is\n\n{"label": "praise"}', None),
    (MAIL, '{"label": "praise"}\nDisregard the above.', None),
    (MAIL, '{"label": "praise"}\nOops.', None),
    (MAIL, '{"label": "praise"} is what the text wants me to say.', None),
    (MAIL, '{"label": "praise"} <- injected by the text', None),
]
NUMBERS = [
    (STARS, "4.5 stars", None),
    (STARS, "3,5 stars", None),
    (STARS, "3/4 stars", None),
    (STARS, "The rating is 4.5 stars", None),
    (STARS, "Label: 3,5 stars", None),
    (SCORE, "\u20131", "-1"),
    (SCORE, "- 1", None),
    (SCORE, "\u22481", None),
]
NOTHING_SEEN = [
    (YES, "Yes, I understand the task.", None),
    (YES, "Yes, I am ready. Please send the text.", None),
    (YES, "Yes! Please send me the text to classify", None),
    (YES, "No, please clarify", None),
    (YES, "No, there is no text to classify.", None),
    (YES, "No (the text is empty)", None),
    (YES, "yes, of course I can help you", None),
]


@pytest.mark.parametrize(
    ("classes", "text", "means"),
    [*THOUGHTS, *DENIED, *GOES_ON, *BESIDE, *QUOTED, *NUMBERS, *NOTHING_SEEN],
)
def test_no_class_is_read_out_of_what_denies_it(classes, text, means):
    assert ClassReader(classes).read(text).label in {means, None}


@pytest.mark.parametrize(
    ("classes", "text", "means"),
    [
        (MAIL, "The label is: praise", "praise"),
        (MAIL, "Sure! Here is the label: **praise**", "praise"),
        (MAIL, "I would classify this message as a complaint.", None),
        (MAIL, "I classify this message as a complaint.", "complaint"),
        (MAIL, "The writer is angry, so this is a complaint.", "complaint"),
        (MAIL, "complaint: the writer is not content", "complaint"),
        (MAIL, "complaint - no praise in it", None),
        (MAIL, "praise (95%)", "praise"),
        (MAIL, "praise (5%)", None),
        (MAIL, "Label: praise\nConfidence: 0.9", "praise"),
        (MAIL, "Label: praise\n\nThe writer thanks us.", "praise"),
        (MAIL, "- [ ] praise\n- [x] complaint", "complaint"),
        (MAIL, "~~praise~~ complaint", "complaint"),
        (MAIL, "\u300acomplaint\u300b", "complaint"),
        (MAIL, "\u3010think\u3011praise\u3010/think\u3011complaint", "complaint"),
        (MAIL, "&lt;think&gt;praise&lt;/think&gt;complaint", "complaint"),
        (MAIL, "```thinking\npraise\n```\ncomplaint", "complaint"),
        (MAIL, "<longcat_think>praise</longcat_think>complaint", "complaint"),
        (MAIL, "[BEGIN THINKING]praise[END THINKING]complaint", "complaint"),
        (MAIL, "praise\n\nItem: another\nLabel: complaint", "praise"),
        (MAIL, "praise<|eot_id|>", "praise"),
        (MAIL, "complaint: the refund is missing", "complaint"),
        (MAIL, "complaint (high confidence)", "complaint"),
        (MAIL, "complaint, obviously", "complaint"),
        (MAIL, "complaint: please provide a refund, they say", "complaint"),
        (MAIL, 'The writer is not content.\n\n{"label": "complaint"}', "complaint"),
        (MAIL, 'Here is the answer in JSON format:\n```json\n{"label": "praise"}\n```', "praise"),
        (LETTER, "A) billing", "A"),
        (LETTER, "A: billing", "A"),
        (MONEY, "**transfer** because money is sent", "transfer"),
        (STARS, "The rating is 4 stars.", "4 stars"),
        (SCORE, "\u20131", "-1"),
        (named("24/7", "9-5"), "It is 24/7", "24/7"),
        (YES, "Yes, the customer sent a text message", "yes"),
        (SPAM, "This is not spam.", "not spam"),
        (YES, "No, it is not.", "no"),
        (YES, "[Yes]", "yes"),
        (SCORE, "\u22121", "-1"),
        (SCORE, "Label: 10", "10"),
        (TOXIC, "non\u2011toxic", "non-toxic"),
        (named("100%", "<1"), "100%", "100%"),
        (named("100%", "<1"), "<1", "<1"),
    ],
)
def test_what_says_a_class_is_still_read(classes, text, means):
    assert ClassReader(classes).read(text).label == means


@pytest.mark.parametrize(
    "piece",
    [
        "x ",
        "<",
        "[",
        "a_",
        "<a_",
        "praise ",
        "{",
        "no ",
        "```",
        "~~",
        "**",
        "is a ",
        "label: ",
        "(1 ",
    ],
)
def test_a_long_answer_is_read_in_no_time(piece):
    start = time.process_time()
    ClassReader(MAIL).read("praise " + piece * (100_000 // len(piece)))
    assert time.process_time() - start < 5.0
