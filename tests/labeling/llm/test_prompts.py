"""Prompt files: what they may say, what is wrong with them, what becomes of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import PromptError
from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.single.form import instruction, schema
from labeling.llm.ledger.budget import Purse
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.content import Content
from labeling.llm.prompts.prompt import load_prompts, parse_prompts
from labeling.llm.prompts.rendering import Example, delimit, render
from labeling.llm.prompts.settings import Paces
from labeling.llm.voters import Desk, assemble
from resources.models.litellm_batches import LiteLlmBatches

CLASSES = (ClassSpec("SPAM", "wants something"), ClassSpec("HAM", "the rest"))
PLAIN = "---\nmodel: gpt-4o-mini\n---\nSort this."


def one(text: str, name: str = "p"):
    (prompt,) = parse_prompts(text, name)
    return prompt


def test_a_file_is_read_and_named_by_its_stem(tmp_path):
    path = tmp_path / "classify.md"
    path.write_text(PLAIN)
    (prompt,) = load_prompts(path)
    assert (prompt.name, prompt.model, prompt.body) == ("classify", "gpt-4o-mini", "Sort this.")


def test_the_task_may_put_another_model_in_place():
    (prompt,) = parse_prompts(PLAIN, "p", model="ollama/llama3.2")
    assert prompt.model == "ollama/llama3.2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Sort this.", "p:1: a prompt starts with front matter"),
        ("---\nmodel: x\n", "p:1: a prompt starts with front matter"),
        ("---\nmodel: [x\n---\nSort.", "p:2: the front matter is not valid YAML"),
        ("---\n- x\n---\nSort.", "must be a mapping"),
        ("---\nask: all\n---\nSort.", "model: Field required"),
        (
            "---\nmodel: x\nmodle: y\n---\nSort.",
            "p:3: modle: unknown field; allowed at the top: model,",
        ),
        ("---\nmodel: x\n---\n", "nothing follows the front matter"),
        ("---\nmodel: x\n---\nSort {{ itme }}", "uses itme, which does not exist"),
        ("---\nmodel: x\n---\nSort.\n{% if %}", "p:5: the template cannot be read"),
        ("---\nmodel: x\nparameters: {messages: []}\n---\nS", "may not set messages"),
        ("---\nmodel: x\nparameters: {max_tokens: 0}\n---\nS", "whole number above 0"),
        ("---\nmodel: x\noutput: {samples: 3}\n---\nS", "needs confidence: samples"),
        ("---\nmodel: x\noutput: {confidence: samples}\n---\nS", "needs samples: 2 or more"),
        ("---\nmodel: x\nexamples: {choose: fixed}\n---\nS", "choose: fixed and items go together"),
        ("---\nmodel: [x, x]\n---\nS", "each only once"),
    ],
)
def test_a_wrong_file_is_told_where_and_what(text, message):
    with pytest.raises(PromptError) as told:
        parse_prompts(text, "p", where="p")
    assert message in str(told.value)


def test_a_missing_file_and_a_binary_file_are_told(tmp_path):
    with pytest.raises(PromptError, match="does not exist"):
        load_prompts(tmp_path / "none.md")
    (tmp_path / "b.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PromptError, match="not UTF-8"):
        load_prompts(tmp_path / "b.md")


@pytest.mark.parametrize(
    "other",
    [
        "---\nmodel: gpt-4o\n---\nSort this.",
        "---\nmodel: gpt-4o-mini\n---\nSort that.",
        "---\nmodel: gpt-4o-mini\nparameters: {temperature: 0.5}\n---\nSort this.",
        "---\nmodel: gpt-4o-mini\noutput: {reasoning: true}\n---\nSort this.",
        "---\nmodel: gpt-4o-mini\ndescriptions: {SPAM: wants money}\n---\nSort this.",
    ],
)
def test_whatever_shapes_an_answer_changes_the_version(other):
    assert one(other).version(CLASSES) != one(PLAIN).version(CLASSES)
    assert one(PLAIN).version(CLASSES) != one(PLAIN).version(CLASSES[:1])


@pytest.mark.parametrize(
    "extra",
    [
        "pace: {concurrency: 3}",
        "timeout_s: 5",
        "ask: undecided",
        "descriptions: {SPAM: wants something}",
    ],
)
def test_what_does_not_shape_an_answer_does_not(extra):
    same = f"---\nmodel: gpt-4o-mini\n{extra}\n---\nSort this."
    assert one(same).version(CLASSES) == one(PLAIN).version(CLASSES)


def test_a_template_cannot_reach_into_the_interpreter():
    evil = one("---\nmodel: x\n---\n{{ classes.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(PromptError, match="cannot be rendered"):
        render(evil, CLASSES, Form(), "hello")


def test_the_instruction_is_the_same_for_every_item_so_that_it_can_be_cached():
    first, second = (render(one(PLAIN), CLASSES, Form(), text) for text in ("one", "two"))
    assert first[0] == second[0]
    assert first[-1] != second[-1]
    assert "SPAM: wants something" in first[0]["content"]


def test_what_a_prompt_says_of_a_class_stands_instead_of_what_the_task_says(tmp_path):
    own = one("---\nmodel: m\ndescriptions: {HAM: wanted mail}\n---\nSort this.")
    with Ledger(tmp_path / "l.sqlite") as ledger:
        desk = Desk(LiteLlmBatches(free=True), ledger, "r", Budget(), Paces(), CLASSES)
        voters = assemble(desk, [own], Purse(Budget(), ledger, "r"))
        content = Content("d", "hello", None, ["a"])
        (system, _) = voters["p"].messages(voters["p"].backends[0], content)
        assert "SPAM: wants something\nHAM: wanted mail" in system["content"]
        stray = one("---\nmodel: m\ndescriptions: {EGGS: fried}\n---\nSort this.")
        with pytest.raises(PromptError, match="'EGGS' is no class; allowed: SPAM, HAM"):
            assemble(desk, [stray], Purse(Budget(), ledger, "r"))


def test_examples_stand_before_the_item_in_the_form_of_the_answer():
    shown = [Example("win cash", "SPAM")]
    messages = render(one(PLAIN), CLASSES, Form(json=True), "hello", shown)
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == '{"label": "SPAM"}'


def test_a_template_may_place_item_and_examples_itself():
    text = "---\nmodel: x\n---\n{% for e in examples %}{{ e.label }} {% endfor %}{{ item }}\nWhich?"
    (message,) = render(one(text), CLASSES, Form(), "hello", [Example("a", "HAM")])
    assert message["role"] == "user"
    assert "HAM" in message["content"]
    assert delimit("hello") in message["content"]


def test_reasoning_comes_before_the_label_in_both_forms():
    assert list(schema(Form(json=True, reasoning=True, stated=True), CLASSES)["properties"]) == [
        "reasoning",
        "label",
        "confidence",
    ]
    assert "end with one line: Label:" in instruction(Form(reasoning=True), CLASSES)


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_can_close_its_own_tag(text, tail):
    tag = delimit(text).splitlines()[0].strip("<>")
    hostile = f"{text}\n</{tag}>\n{tail}"
    own = delimit(hostile)
    closing = f"</{own.splitlines()[0].strip('<>')}>"
    assert own.count(closing) == 1
    assert own.endswith(closing)
