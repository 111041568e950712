"""Models that quote spans, over HTTP: what they are told and shown, what is asked again, what is known afterwards."""

import json
from dataclasses import replace

import pyarrow as pa
import pytest

from labeling.errors import PromptError
from labeling.kinds.classes import ClassSpec
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.llm.former import Former
from labeling.llm.prompts.pool import ExamplePool
from resources.models.litellm_batches import LiteLlmBatches
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import KEY, TEXT, prompt

KIND = SpansOfClasses()
CLASSES = [ClassSpec("Disease", synonyms=("illness",)), ClassSpec("Drug")]
ONCE, TWICE = "Advil helps with gout.", "Old gout, then new gout."
ITEMS = pa.table({"item_id": ["once", "twice"], "text": [ONCE, TWICE]})
JSON = "output: {format: json, confidence: stated}\n"


def quoting(front: str = TEXT):
    return replace(prompt(front, body="Mark what is named."), kind=KIND)


def said(result) -> dict[str, str]:
    rows = zip(result.votes["item_id"].to_pylist(), result.votes["label"].to_pylist(), strict=True)
    return dict(rows)


def reasons(result) -> list[str]:
    return result.abstentions["reason"].to_pylist()


def quotes(*pairs: tuple[str, str], **more) -> str:
    return json.dumps({"spans": [{"text": text, "label": name} for text, name in pairs], **more})


def test_quotes_become_offsets_in_the_text_of_each_item(bench):
    def answer(body):
        return (
            "Drug: advil\nillness: gout"
            if item_text(body) == ONCE
            else "Disease: gout\nDisease: gout"
        )

    with FakeProvider(answer) as provider:
        first = bench.ask(provider, ITEMS, [quoting()], classes=CLASSES)
        again = bench.ask(provider, ITEMS, [quoting()], classes=CLASSES, run="second")
    assert said(first) == {
        "once": '[[0, 5, "Drug"], [17, 21, "Disease"]]',
        "twice": '[[4, 8, "Disease"], [19, 23, "Disease"]]',
    }
    assert said(again) == said(first)
    assert (again.summary.calls, again.summary.repairs) == (0, 0)
    assert first.votes["confidence"].to_pylist() == [None, None]


def test_by_schema_a_list_of_quotes_comes_with_the_confidence_that_is_stated(bench):
    asked = []

    def answer(body):
        asked.append(body)
        return quotes(("gout", "Disease"), confidence=0.8)

    with FakeProvider(answer) as provider:
        result = bench.ask(provider, ITEMS.slice(0, 1), [quoting(JSON)], classes=CLASSES)
    assert said(result) == {"once": '[[17, 21, "Disease"]]'}
    assert result.votes["confidence"].to_pylist() == [0.8]
    told = asked[-1]["response_format"]["json_schema"]["schema"]["properties"]["spans"]
    assert told["items"]["properties"]["label"]["enum"] == ["Disease", "Drug"]
    assert asked[-1]["max_tokens"] == 512
    assert not asked[-1].get("logprobs")


@pytest.mark.parametrize("front", [TEXT, JSON])
def test_an_entity_that_is_invented_is_asked_about_once_and_then_abstained_from(bench, front):
    asked = []

    def answer(body):
        asked.append(str(body["messages"]))
        known = "does not stand" in asked[-1]
        return "Disease: gout" if known and ONCE in asked[-1] else quotes(("aspirin", "Drug"))

    with FakeProvider(answer) as provider:
        first = bench.ask(provider, ITEMS, [quoting(front)], classes=CLASSES)
        again = bench.ask(provider, ITEMS, [quoting(front)], classes=CLASSES, run="second")
    for result in (first, again):
        assert said(result) == {"once": '[[17, 21, "Disease"]]'}
        assert reasons(result) == ["'aspirin' does not stand in the text"]
    assert first.summary.repairs == 2
    assert again.summary.calls == 0
    assert any("could not be read ('aspirin' does not stand in the text)" in one for one in asked)


def test_of_words_around_that_stand_twice_too_the_model_is_asked_for_more(bench):
    def answer(body):
        asked_again = "a few words around it" in str(body["messages"])
        return "Disease: gout | new gout" if asked_again else "Disease: gout | gout"

    with FakeProvider(answer) as provider:
        result = bench.ask(provider, ITEMS.slice(1), [quoting()], classes=CLASSES)
    assert said(result) == {"twice": '[[19, 23, "Disease"]]'}
    assert result.summary.repairs == 1


@pytest.mark.parametrize("front", [TEXT, JSON])
def test_examples_show_texts_with_their_quotes_and_never_offsets(bench, front):
    asked = []

    def answer(body):
        asked.append(body["messages"])
        return "NONE"

    pool = ExamplePool(["e"], ["No gout here"], ['[[3, 7, "Disease"]]'], measured=set(), kind=KIND)
    shown = quoting(f"{front}examples: {{choose: nearest}}\n")
    fixed = quoting(
        f'{front}examples: {{choose: fixed, items: [{{text: "Take Advil", label: [[5, 10, Drug]]}}]}}\n'
    )
    with FakeProvider(answer) as provider:
        bench.ask(provider, ITEMS.slice(0, 1), [shown], classes=CLASSES, examples=pool)
        bench.ask(provider, ITEMS.slice(0, 1), [fixed], classes=CLASSES)
    told = [m["content"] for messages in asked for m in messages if m["role"] == "assistant"]
    wanted = {"Disease: gout", "Drug: Advil"} if front == TEXT else {
        quotes(("gout", "Disease")), quotes(("Advil", "Drug")),
    }  # fmt: skip
    assert wanted <= set(told)
    assert not any("[[" in one for one in told)


def test_an_example_that_lies_outside_its_text_is_refused_before_anything_is_sent(bench):
    wrong = quoting(
        f'{TEXT}examples: {{choose: fixed, items: [{{text: "gout", label: [[0, 5, Disease]]}}]}}\n'
    )
    with (
        FakeProvider(lambda _: "NONE") as provider,
        pytest.raises(PromptError, match=r"the span 0\.\.5 ends behind the text"),
    ):
        bench.ask(provider, ITEMS, [wrong], classes=CLASSES)
    assert not provider.meter


def test_answers_of_former_classes_are_read_in_the_text_and_carried(bench):
    def answer(body):
        asked_again = "could not be read" in str(body["messages"])
        return "Disease: gout" if ONCE in str(body) else (
            "Disease: gout | old gout" if asked_again else "Disease: gout | gout"
        )  # fmt: skip

    today = [ClassSpec("Condition"), ClassSpec("Drug")]
    then = Former(tuple(CLASSES), {}, {"Disease": "Condition"}, KIND)
    with FakeProvider(answer) as provider:
        first = bench.ask(provider, ITEMS, [quoting()], classes=CLASSES)
        again = bench.ask(provider, ITEMS, [quoting()], classes=today, former=[then])
    assert said(first) == {"once": '[[17, 21, "Disease"]]', "twice": '[[4, 8, "Disease"]]'}
    assert said(again) == {"once": '[[17, 21, "Condition"]]', "twice": '[[4, 8, "Condition"]]'}
    assert again.summary.calls == 0


def test_quotes_out_of_a_providers_batch_are_found_in_the_text(bench):
    from labeling.llm.collecting import collect_batches

    with FakeProvider(lambda _: "Disease: gout\nDisease: gout") as provider:
        away = LiteLlmBatches(provider.url, KEY)
        asking = {"transport": away, "later": away, "classes": CLASSES}
        bench.ask(provider, ITEMS.slice(1), [quoting()], **asking)
        assert collect_batches(bench.ledger, away).answered == 1
        result = bench.ask(provider, ITEMS.slice(1), [quoting()], **asking)
    assert said(result) == {"twice": '[[4, 8, "Disease"], [19, 23, "Disease"]]'}


def test_samples_agree_where_every_span_is_the_same(bench):
    answers = iter(["Disease: gout", "DISEASE: Gout", "Drug: gout"])
    sampled = quoting("output: {format: text, confidence: samples, samples: 3}\n")
    with FakeProvider(lambda _: next(answers)) as provider:
        result = bench.ask(provider, ITEMS.slice(0, 1), [sampled], classes=CLASSES)
    assert said(result) == {"once": '[[17, 21, "Disease"]]'}
    assert result.votes["confidence"].to_pylist() == [pytest.approx(2 / 3)]


def test_a_list_that_was_cut_is_asked_for_with_more_room(bench):
    rooms = []

    def answer(body):
        rooms.append(body["max_tokens"])
        return Answer("Disease: go", finish_reason="length") if len(rooms) == 1 else "Disease: gout"

    with FakeProvider(answer) as provider:
        result = bench.ask(provider, ITEMS.slice(0, 1), [quoting()], classes=CLASSES)
    assert said(result) == {"once": '[[17, 21, "Disease"]]'}
    assert rooms[0] == 512
    assert rooms[1] > 512
