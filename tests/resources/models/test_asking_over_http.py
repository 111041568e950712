"""Labelling over HTTP: what is sent, what is paid, what is known afterwards."""

import json
import math

import pyarrow as pa
import pytest

from labeling.errors import PromptError
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.cassette import export_cassette, import_cassette
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.price import Price
from labeling.llm.question import Question, ask_question
from labeling.llm.quote import quote_batch
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.postgres import shared_ledger
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider
from tests.labeling.llm.malformed_answers import MAIL, MAIL_ANSWERS
from tests.resources.models.conftest import CLASSES, KEY, prompt, table


def by_item(result) -> dict[str, str]:
    return dict(
        zip(result.votes["item_id"].to_pylist(), result.votes["label"].to_pylist(), strict=True)
    )


def test_the_meter_of_the_provider_and_the_ledger_agree_to_the_call_and_the_cent(bench):
    with FakeProvider(lambda _: "SPAM") as provider:
        result = bench.ask(provider, table(30))
    assert result.summary.calls == len(provider.charged) == 30
    metered = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    assert result.summary.cost_usd == pytest.approx(metered)
    assert bench.ledger.spent("run").task == pytest.approx(metered)


def test_nothing_is_asked_twice_by_a_second_run_or_for_the_same_text(bench):
    items = pa.table({"item_id": ["a", "b", "c"], "text": ["same", "other", "same"]})
    with FakeProvider(lambda b: "SPAM" if "same" in item_text(b) else "HAM") as provider:
        first = bench.ask(provider, items)
        again = bench.ask(provider, items, run="second")
    assert len(provider.meter) == 2
    assert by_item(first) == by_item(again) == {"a": "SPAM", "b": "HAM", "c": "SPAM"}
    assert (again.summary.calls, again.summary.cached, again.summary.cost_usd) == (0, 2, 0)


@pytest.mark.parametrize(
    "change",
    [
        "parameters: {temperature: 0.7}\n",
        "output: {format: text, confidence: none, reasoning: true}\n",
    ],
)
def test_another_prompt_version_is_another_question(bench, change):
    with FakeProvider(lambda _: "Label: SPAM") as provider:
        bench.ask(provider, table(2))
        bench.ask(provider, table(2), [prompt(change if "output" in change else TEXT_ + change)])
    assert len(provider.charged) == 4


TEXT_ = "output: {format: text, confidence: none}\n"


def test_structured_output_is_used_where_the_model_gives_it(bench):
    with FakeProvider(lambda _: "HAM") as provider:
        result = bench.ask(provider, table(3), [prompt("output: {confidence: none}\n")])
    sent = provider.meter[-1].body["response_format"]["json_schema"]
    assert sent["schema"]["properties"]["label"]["enum"] == ["SPAM", "HAM"]
    assert sent["strict"] is True
    assert result.votes.num_rows == 3


def test_a_model_without_structured_output_is_asked_in_words_after_one_probe(bench):
    with FakeProvider(lambda _: "HAM", structured=False) as provider:
        result = bench.ask(provider, table(3), [prompt("output: {confidence: none}\n")])
        bench.ask(provider, table(5), [prompt("output: {confidence: none}\n")])
    refused = [m for m in provider.meter if m.status == 400]
    assert len(refused) == 1
    assert result.votes.num_rows == 3
    assert (
        "Answer with exactly one of these names"
        in provider.meter[-1].body["messages"][0]["content"]
    )


def test_missing_log_probabilities_are_found_out_before_anything_is_spent_on_items(bench):
    insisting = prompt("output: {confidence: logprobs}\n")
    with (
        FakeProvider(lambda _: "HAM", logprobs=False) as provider,
        pytest.raises(PromptError, match="gives no log-probabilities"),
    ):
        bench.ask(provider, table(50), [insisting])
    assert all("test of the connection" in m.question for m in provider.meter)
    assert len(provider.meter) <= 3


def test_a_probe_that_a_content_filter_ended_says_nothing_of_the_model(bench):
    ended = [Answer("", finish_reason="content_filter")]

    def says(body) -> Answer:
        probe = "test of the connection" in str(body["messages"])
        return ended.pop() if probe and ended else Answer('{"label": "HAM"}')

    front = "output: {confidence: none, format: json}\n"
    with FakeProvider(says) as provider:
        with pytest.raises(PromptError):
            bench.ask(provider, table(2), [prompt(front)])
        assert bench.ask(provider, table(2), [prompt(front)], run="later").votes.num_rows == 2


def test_a_model_that_is_another_prompts_fallback_still_answers_for_itself(bench):
    both = [
        prompt(f"{TEXT_}fallbacks: [openai/second]\n", name="one", model="openai/first"),
        prompt(f"{TEXT_}fallbacks: [openai/first]\n", name="two", model="openai/second"),
    ]

    def says(body) -> str:
        return "HAM" if body["model"] == "first" else "SPAM"

    with FakeProvider(says) as provider:
        result = bench.ask(provider, table(3), both)
        bench.ask(provider, table(3), both)
    assert [m.model for m in provider.meter].count("second") == 3
    assert len(provider.meter) == 6
    said = {(row["voter"], row["label"]) for row in result.votes.to_pylist()}
    assert said == {("llm/one", "HAM"), ("llm/two", "SPAM")}


def test_a_probe_is_made_once_for_each_model(bench):
    front = "output: {confidence: logprobs, format: text}\n"
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, table(2), [prompt(front)])
        bench.ask(provider, table(4), [prompt(front)])
    assert sum("test of the connection" in m.question for m in provider.meter) == 1


def test_a_probe_that_was_cut_is_asked_once_in_a_run_however_many_prompts_need_it(bench):
    def rambles(body) -> Answer:
        probe = "test of the connection" in str(body["messages"])
        return Answer("Well, let me", finish_reason="length") if probe else Answer("HAM")

    front = "output: {confidence: none, format: auto}\n"
    both = [prompt(front, name="one"), prompt(front, name="two", body="Sort these, please.")]
    with FakeProvider(rambles) as provider:
        result = bench.ask(provider, table(2), both)
        again = bench.ask(provider, table(3, "letter {}"), both)
    assert sum("test of the connection" in m.question for m in provider.meter) == 1
    assert (result.votes.num_rows, again.votes.num_rows) == (4, 6)


def test_log_probabilities_become_the_confidence(bench):
    tokens = [("HAM", {"HAM": math.log(0.6), "SPAM": math.log(0.2), "Hm": math.log(0.2)})]
    with FakeProvider(lambda _: Answer("HAM", tokens=tokens)) as provider:
        result = bench.ask(provider, table(2), [prompt("output: {format: text}\n")])
        again = bench.ask(provider, table(2), [prompt("output: {format: text}\n")])
    assert result.votes["confidence"].to_pylist() == pytest.approx([0.75, 0.75])
    assert again.votes == result.votes


def test_samples_are_asked_apart_and_their_agreement_is_the_confidence(bench):
    said = iter(["SPAM", "HAM", "SPAM", "SPAM"] * 3)
    front = "output: {format: text, confidence: samples, samples: 4}\n"
    with FakeProvider(lambda _: next(said)) as provider:
        result = bench.ask(provider, table(1), [prompt(front)])
        bench.ask(provider, table(1), [prompt(front)])
    assert result.votes.to_pylist()[0]["label"] == "SPAM"
    assert result.votes.to_pylist()[0]["confidence"] == 0.75
    assert len(provider.meter) == 4


def test_a_stated_confidence_is_kept(bench):
    with FakeProvider(lambda _: '{"label": "HAM", "confidence": 0.85}') as provider:
        result = bench.ask(provider, table(1), [prompt("output: {confidence: stated}\n")])
        again = bench.ask(provider, table(1), [prompt("output: {confidence: stated}\n")])
    assert result.votes["confidence"].to_pylist() == again.votes["confidence"].to_pylist() == [0.85]


def test_one_repair_question_and_no_more(bench):
    def answer(body):
        return "SPAM" if len(body["messages"]) > 2 and "3" in item_text(body) else "hm"

    with FakeProvider(answer) as provider:
        result = bench.ask(provider, table(5))
        again = bench.ask(provider, table(5))
    assert len(provider.meter) == 10
    assert by_item(result) == by_item(again) == {"i3": "SPAM"}
    assert result.summary.repairs == 5
    assert result.summary.parse_failures == 4
    assert "could not be read" in provider.meter[-1].question
    assert set(result.abstentions["reason"].to_pylist()) == {
        "no class could be read without guessing"
    }


def test_of_all_malformed_answers_none_is_lost_and_none_is_wrong(bench):
    means = {f"i{k}": label for k, (_, label) in enumerate(MAIL_ANSWERS)}
    said = {f"message {k}": text for k, (text, _) in enumerate(MAIL_ANSWERS)}
    with FakeProvider(lambda b: said[item_text(b)]) as provider:
        result = bench.ask(provider, table(len(said)), classes=list(MAIL))
    votes = by_item(result)
    silent = dict(
        zip(
            result.abstentions["item_id"].to_pylist(),
            result.abstentions["reason"].to_pylist(),
            strict=True,
        )
    )
    assert set(votes) | set(silent) == set(means)
    assert not set(votes) & set(silent)
    assert all(label == means[item] for item, label in votes.items())
    assert all(silent.values())


def test_a_refusal_is_an_abstention_that_says_so_and_is_not_argued_with(bench):
    with FakeProvider(lambda _: Answer("", refusal="I cannot")) as provider:
        result = bench.ask(provider, table(2))
    assert result.abstentions["reason"].to_pylist() == ["refused", "refused"]
    assert (result.summary.refusals, len(provider.meter)) == (2, 2)


def test_examples_are_shown_and_never_the_item_itself(bench):
    pool = ExamplePool.teaching(
        ["i0", "i1", "x", "y"],
        ["message 0", "message 1", "win", "song"],
        ["HAM", "HAM", "SPAM", "HAM"],
        {"i1"},
    )
    front = TEXT_ + "examples: {choose: balanced, count: 4}\n"
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, table(2), [prompt(front)], examples=pool)
    for metered in provider.meter:
        *shown, asked = [m["content"] for m in metered.body["messages"] if m["role"] == "user"]
        assert asked not in shown
        assert not any("message 1" in text for text in shown)


def test_a_panel_votes_and_a_cascade_asks_the_dear_model_only_where_the_cheap_one_is_unsure(bench):
    def answer(body):
        unsure = item_text(body).endswith(("0", "1"))
        p = 0.55 if unsure else 0.99
        return Answer("SPAM", tokens=[("SPAM", {"SPAM": math.log(p), "HAM": math.log(1 - p)})])

    cheap = prompt("output: {format: text}\n", "cheap")
    (dear,) = parse_prompts(
        "---\nmodel: openai/dear\nprice: {input: 10, output: 20}\noutput: {format: text}\n"
        "ask: {after: cheap, below: 0.8}\n---\nSort these well.",
        "dear",
    )
    with FakeProvider(answer) as provider:
        result = bench.ask(provider, table(20), [dear, cheap])
    asked = [m for m in provider.meter if m.model == "dear" and "test of" not in m.question]
    assert len(asked) == 4
    tally = result.by_voter["llm/dear"]
    assert tally.spared == 16
    assert tally.saved_usd == pytest.approx(16 * tally.cost_usd / 5, rel=0.3)
    assert set(result.votes["voter"].to_pylist()) == {"llm/cheap", "llm/dear"}


def test_prompts_asked_of_undecided_items_ask_only_those(bench):
    with FakeProvider(lambda _: "HAM") as provider:
        result = bench.ask(
            provider, table(9), [prompt(TEXT_ + "ask: undecided\n")], undecided={"i3", "i7"}
        )
    assert sorted(by_item(result)) == ["i3", "i7"]
    assert len(provider.meter) == 2


def test_the_same_question_twice_is_no_panel(bench):
    with FakeProvider(lambda _: "HAM") as provider:
        with pytest.raises(PromptError, match="would count as two voters"):
            bench.ask(provider, table(1), [prompt(name="a"), prompt(name="b")])
        with pytest.raises(PromptError, match="is asked after 'gone'"):
            bench.ask(provider, table(1), [prompt(TEXT_ + "ask: {after: gone}\n")])
    assert provider.meter == []


def test_an_unknown_price_is_an_error_where_a_budget_has_to_be_held(bench):
    (unpriced,) = parse_prompts(f"---\nmodel: openai/nobody-knows\n{TEXT_}---\nSort.", "p")
    with FakeProvider(lambda _: "HAM") as provider:
        with pytest.raises(PromptError, match="nobody knows what openai/nobody-knows costs"):
            bench.ask(provider, table(1), [unpriced])
        with pytest.raises(PromptError, match=r"`prices: \{openai/nobody-knows: .* in task.yaml"):
            bench.ask(provider, table(1), [unpriced])
        assert bench.ask(provider, table(1), [unpriced], budget=Budget()).votes.num_rows == 1


def test_at_the_cap_it_stops_cleanly_and_the_next_run_goes_on(bench):
    with FakeProvider(lambda _: "HAM") as provider:
        one = bench.ask(provider, table(1, "first {}")).summary.cost_usd
        cap = 10.5 * one
        first = bench.ask(provider, table(40), budget=Budget(run_usd=cap), run="capped")
        paid = len(provider.charged) - 1
        assert bench.ledger.spent("capped").run <= cap
        second = bench.ask(provider, table(40), budget=Budget(run_usd=10.0), run="next")
    assert first.partial
    assert 3 <= paid < 40
    assert first.votes.num_rows == paid
    assert first.summary.pending == first.abstentions.num_rows == 40 - paid
    assert "not asked: the run budget of" in first.abstentions["reason"][0].as_py()
    assert not second.partial
    assert second.votes.num_rows == 40
    assert second.summary.cached == paid
    assert len(provider.charged) == 41


def test_a_quote_agrees_with_what_is_then_paid_and_takes_off_what_is_known(bench):
    items = table(60, "message {} with a few more words in it")
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, items.slice(0, 20))
        transport = LiteLlmTransport(provider.url, KEY)
        (quote,) = quote_batch(items, [prompt()], CLASSES, transport, bench.ledger)
        sent = len(provider.meter)
        paid = bench.ask(provider, items, run="rest").summary
    assert sent == 20
    assert (quote.known, quote.calls) == (20, paid.calls)
    assert quote.cost_usd == pytest.approx(paid.cost_usd, rel=0.35)
    assert quote.worst_usd >= paid.cost_usd


def test_answers_are_replayed_from_a_cassette_and_not_asked_again(bench, tmp_path):
    with FakeProvider(lambda b: "SPAM" if "1" in item_text(b) else "hm") as provider:
        live = bench.ask(provider, table(8))
        sent = len(provider.meter)
        export_cassette(bench.ledger, tmp_path / "tape.jsonl")
        assert "message" not in (tmp_path / "tape.jsonl").read_text()
        with Ledger(tmp_path / "other.sqlite") as other:
            import_cassette(other, tmp_path / "tape.jsonl")
            replayed = bench.ask(provider, table(8), ledger=other, run="replay")
            assert len(provider.meter) == sent
            more = bench.ask(provider, table(9), ledger=other, run="replay")
        assert "message 8" in provider.meter[sent].question, "what no tape holds is asked"
    assert replayed.votes == live.votes
    assert replayed.abstentions == live.abstentions
    assert more.summary.cached == live.votes.num_rows + live.abstentions.num_rows


def test_nothing_of_an_item_is_sent_that_the_task_redacts(bench):
    from labeling.llm.providers.redaction import redactor

    items = pa.table({"item_id": ["a"], "text": ["write to ann@example.org"]})
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, items, redact=redactor())
    sent = json.dumps(provider.meter[0].body)
    assert "ann@example.org" not in sent
    assert "[email]" in sent


def test_a_question_about_no_item_takes_its_turn_at_the_pace_of_all(postgres):
    one = Question("rules", "openai/fake", ({"role": "user", "content": "Which?"},), {})
    with (
        FakeProvider(lambda _: "this one") as provider,
        open_ledger(shared_ledger(postgres)) as ledger,
    ):
        answered = ask_question(
            one, LiteLlmTransport(provider.url, KEY), ledger, Price(1e-6, 2e-6),
            run="r", pace=Pace(requests_per_minute=60),
        )  # fmt: skip
        assert answered.text == "this one"
        assert [row[0] for row in ledger.execute("select model from paces")] == ["openai/fake"]
