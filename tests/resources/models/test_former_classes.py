"""Answers that were paid for when the classes were others, over HTTP: known again, never paid twice."""

import math

import pyarrow as pa
import pytest

from labeling.kinds.classes import ClassSpec
from labeling.llm.collecting import collect_batches
from labeling.llm.former import Former
from labeling.llm.ledger.caps import Budget
from labeling.llm.quote import quote_batch
from resources.models.litellm_batches import LiteLlmBatches
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import CLASSES, KEY, prompt, table

SPAM, HAM = CLASSES


def before(today) -> Former:
    return Former(tuple(CLASSES), {}, today)


def answers(body) -> str:
    return "SPAM" if "1" in item_text(body) else "HAM"


def labels(result) -> list[str]:
    rows = zip(result.votes["item_id"].to_pylist(), result.votes["label"].to_pylist(), strict=True)
    return [label for _, label in sorted(rows)]


@pytest.mark.parametrize(
    ("classes", "today", "asked", "said"),
    [
        ([ClassSpec("AD", "wants something", ("junk",)), HAM], {"SPAM": "AD"}, 0, ["HAM", "AD"]),
        ([ClassSpec("HAM", "swapped"), ClassSpec("SPAM")], {"SPAM": "HAM", "HAM": "SPAM"}, 0, ["SPAM", "HAM"]),
        ([ClassSpec("ANY"), ClassSpec("NEW")], {"SPAM": "ANY", "HAM": "ANY"}, 0, ["ANY", "ANY"]),
        ([HAM, ClassSpec("AD"), ClassSpec("FRAUD")], {"SPAM": None}, 1, ["HAM", "FRAUD"]),
    ],
    ids=["renamed", "swapped", "merged", "split"],
)  # fmt: skip
def test_only_what_an_old_answer_does_not_say_is_asked_again(bench, classes, today, asked, said):
    with FakeProvider(answers) as provider:
        bench.ask(provider, table(2))
        provider.answer_with(lambda _: "FRAUD")
        former = {"former": [before(today)], "classes": classes}
        (quote,) = quote_batch(
            table(2), [prompt()], classes, LiteLlmTransport(provider.url, KEY), bench.ledger,
            former=former["former"],
        )  # fmt: skip
        again = bench.ask(provider, table(2), **former)
        unheard = bench.ask(provider, table(2), classes=classes)
    assert labels(again) == said
    assert (again.summary.calls, again.summary.cached) == (asked, 2 - asked)
    assert quote.calls == asked
    assert unheard.summary.calls >= 2 - asked  # without the record all of it is another question
    assert set(again.votes["version"].to_pylist()) == {prompt().version(classes)}


def test_the_confidence_of_an_old_answer_is_that_of_its_tokens(bench):
    tokens = [("HAM", {"HAM": math.log(0.6), "SPAM": math.log(0.2)})]
    measured = prompt("output: {format: text, confidence: logprobs}\n")
    with FakeProvider(lambda _: Answer("HAM", tokens=tokens)) as provider:
        first = bench.ask(provider, table(2), [measured])
        classes = [ClassSpec("GOOD", HAM.description), SPAM]
        again = bench.ask(
            provider, table(2), [measured], classes=classes, former=[before({"HAM": "GOOD"})]
        )
    assert again.summary.calls == 0
    sure = first.votes["confidence"].to_pylist()
    assert None not in sure
    assert again.votes["confidence"].to_pylist() == sure


def test_an_answer_that_named_no_class_is_not_paid_for_again_under_new_names(bench):
    with FakeProvider(lambda _: "perhaps") as provider:
        first = bench.ask(provider, table(1))
        classes = [ClassSpec("AD"), HAM]
        again = bench.ask(provider, table(1), classes=classes, former=[before({"SPAM": "AD"})])
    assert first.votes.num_rows == again.votes.num_rows == 0
    assert again.summary.calls == 0


def test_a_batch_that_a_provider_has_is_waited_for_under_new_names(bench, ledger):
    classes, former = [ClassSpec("AD"), HAM], [before({"SPAM": "AD"})]
    with FakeProvider(answers) as provider:
        transport = LiteLlmBatches(provider.url, KEY)
        way = {"transport": transport, "later": transport}
        bench.ask(provider, table(2), **way)
        waits = bench.ask(provider, table(2), classes=classes, former=former, **way)
        assert waits.votes.num_rows == 0
        collect_batches(ledger, transport, {})
        again = bench.ask(provider, table(2), classes=classes, former=former, **way)
    assert labels(again) == ["HAM", "AD"]
    assert len(provider.charged) == 2


def test_changes_one_after_another_are_followed(bench):
    middle = [ClassSpec("AD"), HAM]
    last = [ClassSpec("ADVERT"), HAM]
    first = Former(tuple(CLASSES), {}, {"SPAM": "ADVERT"})
    second = Former(tuple(middle), {}, {"AD": "ADVERT"})
    with FakeProvider(answers) as provider:
        bench.ask(provider, table(2))
        provider.answer_with(lambda _: "AD")
        items = pa.table({"item_id": ["x"], "text": ["message 7"]})
        bench.ask(provider, items, classes=middle, former=[first])
        both = pa.concat_tables([table(2), items])
        again = bench.ask(provider, both, classes=last, former=[first, second])
    assert again.summary.calls == 0
    assert labels(again) == ["HAM", "ADVERT", "ADVERT"]


def test_a_budget_of_nothing_is_enough_for_a_rename(bench):
    with FakeProvider(answers) as provider:
        bench.ask(provider, table(3))
        again = bench.ask(
            provider, table(3), run="second", budget=Budget(0, 0, 0),
            classes=[ClassSpec("AD"), HAM], former=[before({"SPAM": "AD"})],
        )  # fmt: skip
    assert labels(again) == ["HAM", "AD", "HAM"]
