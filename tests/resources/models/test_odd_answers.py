"""How gateways and local servers write the end of an answer, and its parts; over HTTP."""

import pytest

from labeling.llm.providers.transport import Fault
from tests.fakes.provider import odd
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import table

CUT = "max_token max_output_reached token_limit context_length incomplete TIME_LIMIT pause_turn repetition"
HELD = "IMAGE_SAFETY LANGUAGE ERROR_TOXIC content-filter contentFilter GUARDRAIL_INTERVENED"
BROKEN = (
    "abort cancelled timeout insufficient_system_resource interrupted preempted server_error "
    "MALFORMED_RESPONSE UNEXPECTED_TOOL_CALL load"
)
PROPER = "STOP end_turn stop_sequence eos_token COMPLETE tool_calls unknown"


def asked(bench, **fields):
    with FakeProvider(lambda _: Answer("It is HAM", bend=odd.choice(**fields))) as provider:
        return bench.ask(provider, table(1), attempts=2), len(provider.meter)


@pytest.mark.parametrize("reason", [*CUT.split(), {"type": "length"}], ids=str)
def test_a_sentence_that_was_cut_by_any_name_is_no_answer(bench, reason):
    result, calls = asked(bench, finish_reason=reason)
    assert result.abstentions["reason"].to_pylist() == ["the answer was cut at max_tokens"]
    assert calls == 2


@pytest.mark.parametrize("reason", HELD.split())
def test_what_a_filter_of_any_name_held_back_is_no_answer(bench, reason):
    result, calls = asked(bench, finish_reason=reason)
    assert result.summary.filtered == 1
    assert calls == 1


@pytest.mark.parametrize("reason", BROKEN.split())
def test_an_answer_that_broke_off_is_asked_again(bench, reason):
    result, calls = asked(bench, finish_reason=reason)
    assert result.votes.num_rows == 0
    assert result.summary.faults == {Fault.GARBLED: 2}
    assert "asked again in the next run" in result.abstentions["reason"][0].as_py()
    assert result.summary.exposure_usd > 0
    assert calls == 2


@pytest.mark.parametrize("reason", [*PROPER.split(), None, "", 0, ["stop"]], ids=str)
def test_a_proper_end_of_any_name_is_one(bench, reason):
    result, calls = asked(bench, finish_reason=reason)
    assert result.votes["label"].to_pylist() == ["HAM"]
    assert calls == 1


def test_an_end_that_a_gateway_smooths_over_is_seen_in_the_models_own_words(bench):
    result, _ = asked(bench, finish_reason="stop", native_finish_reason="MAX_TOKENS")
    assert result.votes.num_rows == 0


THOUGHT_BEFORE = {
    "a flag": [{"type": "text", "text": "SPAM", "thought": True}, {"type": "text", "text": "HAM"}],
    "another type": [{"type": "reasoning_text", "text": "SPAM"}, {"type": "text", "text": "HAM"}],
    "a summary": [{"type": "summary_text", "text": "SPAM"}, {"type": "text", "text": "HAM"}],
    "a key": [{"reasoningContent": {"reasoningText": {"text": "SPAM"}}}, {"text": "HAM"}],
    "parts": {"role": "model", "parts": [{"text": "SPAM", "thought": True}, {"text": "HAM"}]},
    "a value": [{"type": "text", "text": {"value": "HAM", "annotations": []}}],
    "a tool to think with": [
        {"type": "tool_use", "name": "think", "input": {"label": "SPAM"}},
        {"type": "tool_use", "name": "answer", "input": {"label": "HAM"}},
    ],
}


def tool(name, arguments):
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


TOOLS = {
    "beside a thought": {"content": "HAM", "tool_calls": [tool("think", '{"label": "SPAM"}')]},
    "after a thought": {
        "content": None,
        "tool_calls": [tool("sequential_thinking", {"label": "SPAM"}), tool("answer", {"label": "HAM"})],
    },
    "without a function": {"content": "", "tool_calls": [{"name": "a", "arguments": {"label": "HAM"}}]},
    "not in a list": {"content": "", "tool_calls": tool("answer", '{"label": "HAM"}')},
    "spoken": {"content": None, "audio": {"id": "a", "data": "AAAA", "transcript": "HAM"}},
}  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [*({"content": parts} for parts in THOUGHT_BEFORE.values()), *TOOLS.values()],
    ids=[*THOUGHT_BEFORE, *TOOLS],
)
def test_what_was_said_is_read_at_once_and_what_was_thought_is_not(bench, fields):
    with FakeProvider(lambda _: Answer("", bend=odd.message(**fields))) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes["label"].to_pylist() == ["HAM"]
    assert len(provider.meter) == 1


def test_an_answer_that_only_thinks_with_a_tool_is_none(bench):
    bend = odd.message(content=None, tool_calls=[tool("think", '{"label": "SPAM"}')])
    with FakeProvider(lambda _: Answer("", bend=bend)) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes.num_rows == 0
