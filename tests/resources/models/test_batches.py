"""Questions that can wait, over HTTP: handed in, fetched, and never paid for twice."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labeling.llm import waiting
from labeling.llm.collecting import collect_batches, open_batches
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.summary import booked_on
from labeling.llm.quote import quote_batch
from labeling.llm.voters import price_of
from resources.models.litellm_batches import LiteLlmBatches
from tests.fakes.provider import odd
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import CLASSES, KEY, TEXT, prompt, table


class Later:
    """A provider that is asked by batch, and the ledger of who asks."""

    def __init__(self, provider: FakeProvider, bench) -> None:
        self.provider, self.bench = provider, bench
        self.transport = LiteLlmBatches(provider.url, KEY)

    def ask(self, items, prompts=None, **more):
        return self.bench.ask(
            self.provider,
            items,
            prompts,
            transport=self.transport,
            later=self.transport,
            **more,
        )

    def collect(self):
        prices = {"openai/fake": price_of(prompt(), self.transport, Budget())}
        return collect_batches(self.bench.ledger, self.transport, prices)

    @property
    def at_once(self) -> int:
        """Questions that were not asked by batch."""
        return len(self.provider.meter) - self.provider.batches.answered


@pytest.fixture
def later(bench):
    with FakeProvider(lambda b: "SPAM" if "1" in item_text(b) else "HAM") as provider:
        yield Later(provider, bench)


def test_a_batch_is_handed_in_fetched_at_half_price_and_never_asked_again(later, ledger):
    later.provider.batches.polls_until_done = 2
    handed = later.ask(table(12))
    again = later.ask(table(12))
    first, second = later.collect(), later.collect()
    result = later.ask(table(12))
    assert (handed.summary.calls, again.summary.calls, result.summary.calls) == (12, 0, 0)
    assert handed.partial
    assert handed.summary.waiting == again.summary.waiting == handed.summary.pending == 12
    assert len(handed.summary.waits_for) == len(later.provider.batches) == 1
    assert (first.running, second.running, second.answered) == (1, 0, 12)
    full = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in later.provider.charged)
    assert second.cost_usd == pytest.approx(full / 2)
    assert ledger.spent("run").task == pytest.approx(full / 2)
    assert len(later.provider.charged) == result.votes.num_rows == 12
    assert not result.partial


def test_partial_results_of_an_expired_batch_are_kept_and_only_the_rest_is_handed_in_again(later):
    later.provider.batches.finishes = [7]
    later.ask(table(12))
    first = later.collect()
    again = later.ask(table(12))
    second = later.collect()
    result = later.ask(table(12))
    assert (first.answered, first.unanswered) == (7, 5)
    assert again.summary.calls == second.answered == again.summary.waiting == 5
    assert again.votes.num_rows == 7
    assert len(later.provider.charged) == result.votes.num_rows == 12


def test_of_several_samples_only_the_missing_ones_are_handed_in_again(later):
    front = "output: {format: text, confidence: samples, samples: 3}\n"
    later.provider.batches.finishes = [4]
    later.ask(table(3), [prompt(front)])
    later.collect()
    again = later.ask(table(3), [prompt(front)])
    later.collect()
    result = later.ask(table(3), [prompt(front)])
    assert again.summary.calls == 5
    assert len(later.provider.charged) == 9
    assert result.votes.num_rows == 3


def test_a_batch_that_would_pass_the_cap_is_handed_in_only_as_far_as_it_goes(later, ledger):
    cap = Budget(run_usd=0.004)
    handed = later.ask(table(50), budget=cap)
    assert 0 < handed.summary.calls < 50
    assert handed.summary.calls == handed.summary.waiting
    assert ledger.spent("run").run <= 0.004
    reasons = handed.abstentions["reason"].to_pylist()
    assert sum("run budget" in reason for reason in reasons) > 0
    later.collect()
    later.ask(table(50), budget=Budget(run_usd=1))
    later.collect()
    assert later.ask(table(50)).votes.num_rows == 50
    assert len(later.provider.charged) == 50


def test_a_repair_next_to_a_full_batch_stops_at_the_cap_instead_of_waiting_for_ever(later):
    later.provider._answer = lambda b: "who knows" if "message 0" in item_text(b) else "HAM"
    later.ask(table(1))
    later.collect()
    stopped = later.ask(table(40), budget=Budget(run_usd=0.003))
    assert "run budget" in stopped.summary.why


def test_what_a_batch_refuses_is_asked_at_once_and_ends_with_its_reason(later):
    later.provider.batches.refuses = lambda b: (
        (400, "context_length_exceeded") if "message 3" in item_text(b) else None
    )
    later.ask(table(6))
    first = later.collect()
    result = later.ask(table(6))
    assert (first.answered, first.unanswered) == (5, 1)
    assert result.summary.calls == later.at_once == 1
    assert result.votes.num_rows == 6
    assert not result.partial


def test_what_the_content_filter_of_a_batch_holds_back_is_an_abstention(later):
    later.provider.batches.refuses = lambda b: (
        (400, "content_filter") if "message 3" in item_text(b) else None
    )
    later.ask(table(6))
    later.collect()
    result = later.ask(table(6))
    assert (later.at_once, result.summary.filtered) == (0, 1)
    assert "content filter" in result.abstentions["reason"].to_pylist()[0]


def test_a_batch_that_fails_as_a_whole_is_told_and_handed_in_again_after_an_hour(
    later, monkeypatch
):
    later.provider.batches.fails = ["token_limit_exceeded"]
    later.ask(table(6))
    failed = later.collect()
    at_once = later.ask(table(6))
    assert failed.notes[0].endswith(": failed: token_limit_exceeded")
    assert (at_once.summary.calls, len(later.provider.batches)) == (0, 1)
    assert "handed in again in an hour" in at_once.summary.why
    monkeypatch.setattr(waiting, "PAUSE_S", 0.0)
    later.ask(table(6))
    later.collect()
    assert later.ask(table(6)).votes.num_rows == 6
    assert later.at_once == 0


def test_a_provider_that_takes_no_batch_stops_the_run_with_its_words_and_costs_nothing(
    later, ledger
):
    later.transport = LiteLlmBatches("http://127.0.0.1:9/v1", KEY)
    refused = later.ask(table(3))
    assert refused.partial
    assert refused.summary.why.startswith("the provider did not take a batch")
    assert KEY not in refused.summary.why
    assert open_batches(ledger) == set()


def test_no_message_of_a_batch_endpoint_brings_item_text_into_the_ledger_or_a_note(later, ledger):
    later.provider.batches.quotes = True
    later.provider.batches.fails = ["invalid_json_line"]
    later.ask(table(3, "my secret diary {}"))
    notes = later.collect().notes
    later.provider.batches.upload_status = 400
    later.ask(table(3, "another secret diary {}"))
    whole = "\n".join(str(tuple(row)) for row in ledger.execute("select * from calls"))
    reasons = later.ask(table(3, "a third secret diary {}")).abstentions["reason"].to_pylist()
    assert "the file of questions was not taken" in reasons[0]
    assert "diary" not in whole + "".join(notes) + "".join(reasons)


def test_a_provider_that_knows_nothing_of_a_batch_gives_its_questions_free_again(later):
    later.ask(table(3))
    later.provider.batches._batches.clear()
    lost = later.collect()
    assert (lost.running, lost.unanswered) == (0, 3)
    assert "No batch" in lost.notes[0]


def test_a_provider_that_cannot_be_reached_is_asked_again_later(later, ledger):
    later.ask(table(3))
    away = LiteLlmBatches("http://127.0.0.1:9/v1", KEY)
    got = collect_batches(ledger, away)
    assert (got.running, got.unanswered, len(got.notes)) == (1, 0, 1)
    assert later.collect().answered == 3


def test_large_jobs_go_out_as_several_batches(later, monkeypatch):
    monkeypatch.setattr(waiting, "LARGEST", 5)
    handed = later.ask(table(12))
    assert len(later.provider.batches) == len(handed.summary.waits_for) == 3
    assert later.collect().answered == 12


def test_pictures_are_not_piled_up_into_one_file_that_is_too_large(later, monkeypatch):
    monkeypatch.setattr(waiting, "LARGEST_BYTES", 1000)
    later.ask(table(12, "message {} " + 600 * "x"))
    assert len(later.provider.batches) == 6


def test_the_dear_step_of_a_cascade_is_handed_in_once_the_cheap_one_has_answered(later):
    cheap = prompt("output: {format: text, confidence: stated}\n", "cheap")
    dear = prompt(f"{TEXT}ask: {{after: cheap, below: 0.9}}\n", "dear")
    later.provider._answer = lambda b: (
        ("SPAM\nConfidence: 0.95" if "1" in item_text(b) else "HAM\nConfidence: 0.55")
        if "onfidence" in str(b["messages"])
        else "HAM"
    )
    first = later.ask(table(4), [cheap, dear])
    later.collect()
    second = later.ask(table(4), [cheap, dear])
    later.collect()
    third = later.ask(table(4), [cheap, dear])
    assert [t.calls for t in first.by_voter.values()] == [4, 0]
    assert [t.calls for t in second.by_voter.values()] == [0, 3]
    assert [t.spared for t in third.by_voter.values()] == [0, 1]
    assert third.votes.num_rows == 7


def test_a_quote_takes_half_the_price_and_leaves_out_what_is_on_its_way(later, ledger):
    arguments = (table(12), [prompt()], CLASSES, later.transport, ledger)
    (now,) = quote_batch(*arguments)
    (half,) = quote_batch(*arguments, by_batch=True)
    assert now.cost_usd is not None
    assert half.cost_usd == pytest.approx(now.cost_usd / 2)
    later.ask(table(8))
    (rest,) = quote_batch(*arguments, by_batch=True)
    assert (rest.calls, rest.waiting, rest.known) == (4, 8, 0)
    later.collect()
    (rest,) = quote_batch(*arguments, by_batch=True)
    assert (rest.calls, rest.waiting, rest.known) == (4, 0, 8)


def test_what_is_fetched_long_after_the_run_is_booked_on_the_work_it_was_for(later, ledger):
    later.ask(table(4), account="monday")
    later.ask(table(9), account="tuesday")
    got = later.collect()
    booked = {day: booked_on(ledger, day)["llm/classify"] for day in ("monday", "tuesday")}
    assert (booked["monday"].calls, booked["tuesday"].calls) == (4, 5)
    assert sum(one.cost_usd for one in booked.values()) == pytest.approx(got.cost_usd)
    assert booked["monday"].p95_s is None


@pytest.mark.parametrize("lost", ["drop", "html", 500, 502, 504])
def test_a_batch_whose_acknowledgement_is_lost_is_found_again_and_paid_once(later, lost):
    later.provider.batches.losing = [lost]
    handed = later.ask(table(12))
    again = later.ask(table(12))
    later.collect()
    result = later.ask(table(12))
    assert handed.summary.waiting == again.summary.waiting == 12
    assert any("nobody knows yet" in note for note in handed.summary.advice)
    assert len(later.provider.batches) == 1
    assert len(later.provider.charged) == result.votes.num_rows == 12


def test_what_is_out_under_a_mark_counts_against_the_cap(later, ledger):
    later.provider.batches.losing = ["drop"]
    later.ask(table(12))
    held = ledger.execute("select sum(reserved_usd) from calls")[0][0]
    assert ledger.spent("run").task == pytest.approx(held)


def test_a_batch_that_was_never_taken_is_handed_in_again_once_a_provider_would_list_it(
    later, monkeypatch
):
    later.provider.batches.losing = ["before"]
    later.ask(table(12))
    later.ask(table(12))
    assert len(later.provider.batches) == 0
    monkeypatch.setattr(waiting, "LISTED_S", 0.0)
    later.ask(table(12))
    later.collect()
    result = later.ask(table(12))
    assert len(later.provider.batches) == 1
    assert result.votes.num_rows == 12


def test_a_file_that_did_not_get_through_owes_nothing(later, ledger):
    gone = LiteLlmBatches("http://127.0.0.1:9/v1", KEY)
    result = later.bench.ask(later.provider, table(3), transport=gone, later=gone)
    assert "did not take a batch" in result.summary.why
    assert ledger.spent("run").task == 0


@pytest.mark.parametrize("line", ["{broken", "[]", "{}", '{"custom_id": null}'])
def test_a_line_of_answers_that_cannot_be_read_is_booked_at_its_worst_case(later, ledger, line):
    lines = iter([line])
    later.provider.batches.bend_line = lambda sound: next(lines, sound)
    later.ask(table(3))
    got = later.collect()
    assert (got.answered, got.unanswered) == (2, 1)
    (owed,) = ledger.execute("select exposure_usd, reserved_usd from calls where status = 'failed'")
    assert owed[0] == owed[1] > 0


@pytest.mark.parametrize("custom_id", ["999999", None], ids=["of a stranger", "said twice"])
def test_lines_that_nobody_asked_for_neither_count_nor_hide_the_others(later, ledger, custom_id):
    def also(sound: str) -> str:
        other = json.loads(sound)
        other["custom_id"] = custom_id or other["custom_id"]
        return f"{json.dumps(other)}\n{sound}"

    later.provider.batches.bend_line = also
    later.ask(table(3))
    got = later.collect()
    assert (got.answered, got.unanswered) == (3, 0)
    assert ledger.spent("run").task == pytest.approx(got.cost_usd)


@pytest.mark.parametrize("told", [..., {"prompt_tokens": -5, "completion_tokens": -5}])
def test_answers_of_a_batch_without_a_true_count_are_booked_at_their_worst_case(
    later, ledger, told
):
    later.provider.answer_with(lambda _: Answer("HAM", bend=odd.usage(told)))
    later.ask(table(3))
    later.collect()
    rows = ledger.execute("select cost_usd, reserved_usd from calls")
    assert all(cost == held > 0 for cost, held in rows)


HAND_IN = """
import pickle
import sys
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.opening import open_ledger
from resources.models.litellm_batches import LiteLlmBatches
from tests.resources.models.conftest import CLASSES, KEY, prompt, table
transport = LiteLlmBatches(sys.argv[1], KEY)
with open_ledger(pickle.loads(bytes.fromhex(sys.argv[2]))) as ledger:
    label_batch(table(12), [prompt()], CLASSES, transport, ledger, run="killed", later=transport)
"""


@pytest.mark.parametrize("taken", [True, False], ids=["after", "before"])
def test_a_process_killed_around_the_moment_a_batch_is_taken_neither_loses_nor_doubles_it(
    later, ledger, taken
):
    """kill -9 when the provider has the batch and has not said so, and when it has it not yet."""
    batches = later.provider.batches
    batches.stall_s, batches.upload_stall_s = (30.0, 0.0) if taken else (0.0, 30.0)
    root = Path(__file__).parents[3]
    place = pickle.dumps(ledger.place).hex()
    child = subprocess.Popen([sys.executable, "-c", HAND_IN, later.provider.url, place], cwd=root)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (batches if taken else batches.uploads):
        assert child.poll() is None
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    batches.stall_s = batches.upload_stall_s = 0.0
    assert {name[:7] for name in open_batches(ledger)} == {"unsent:"}
    later.collect()
    result = later.ask(table(12))
    later.collect()
    result = later.ask(table(12))
    assert result.votes.num_rows == 12
    assert len(batches) == 1
    assert len(later.provider.charged) == 12
    lost = ledger.execute("select count(*), sum(exposure_usd) from calls where status = 'lost'")[0]
    assert (lost[0], lost[1] is None) == ((0, True) if taken else (12, False))


def test_a_ledger_of_an_earlier_version_keeps_its_answers_and_gains_the_new_column(tmp_path):
    import sqlite3

    from labeling.llm.ledger import ledger as module
    from labeling.llm.ledger.rows import Call
    from labeling.llm.providers.transport import Reply

    path = tmp_path / "old.sqlite"
    older = "\n".join(line for line in module.SCHEMA.splitlines() if "account" not in line)
    with sqlite3.connect(path) as db:
        db.executescript(older)
        db.execute(
            "insert into calls (key, run, kind, voter, version, model, item, parameters, status,"
            " answer, reserved_usd, cost_usd, sent_at) values"
            " ('old', 'r', 'ask', 'v', '1', 'm', 'i', '{}', 'answered', 'HAM', 0, 0.5, 0)"
        )
    for _ in range(2):
        with Ledger(path) as opened:
            assert opened.answers(["old"])["old"].reply.text == "HAM"
    with Ledger(path) as opened:
        call = Call("new", "ask", "v", "1", "m", "i", {})
        opened.settle(opened.open_call(call, "r", 0.1, account="may"), Reply("HAM"), 0.25, 0.1)
        assert booked_on(opened, "may")["v"].cost_usd == 0.25
        assert opened.spent("r").task == 0.75


@pytest.mark.parametrize("status", ["queued", "paused", "pending", "running"])
def test_a_batch_that_stands_otherwise_than_we_know_is_at_work_and_not_paid_again(later, status):
    stands = [status]
    later.provider.batches.bend_batch = lambda b: b.update(
        status=stands.pop() if stands else "completed"
    )
    later.ask(table(3))
    assert later.collect().running == 1
    assert later.ask(table(3), run="next").summary.waiting == 3
    for batch in later.provider.batches._batches.values():
        batch["status"] = "completed"
    assert later.collect().answered == 3
    assert len(later.provider.batches) == 1


def test_results_that_are_not_there_yet_are_waited_for(later):
    held = {}

    def late(batch):
        held["file"] = batch.pop("output_file_id")

    later.provider.batches.bend_batch = late
    later.ask(table(3))
    assert later.collect().running == 1
    for batch in later.provider.batches._batches.values():
        batch["output_file_id"] = held["file"]
    assert later.collect().answered == 3
    assert len(later.provider.meter) == 3


@pytest.mark.parametrize("lines", [0, 2])
def test_results_that_never_come_are_owed_and_told(later, ledger, lines):
    def cut(batch):
        batch["completed_at"] -= 7200
        files = later.provider.batches._files
        content = files[batch["output_file_id"]].splitlines()
        files[batch["output_file_id"]] = b"\n".join(content[:lines])

    later.provider.batches.bend_batch = cut
    later.ask(table(3))
    got = later.collect()
    assert (got.answered, got.unanswered) == (lines, 3 - lines)
    owed = ledger.execute("select exposure_usd, reserved_usd from calls where status = 'failed'")
    assert len(owed) == 3 - lines
    assert all(row["exposure_usd"] == row["reserved_usd"] > 0 for row in owed)


def test_a_batch_is_found_again_on_short_pages(later):
    later.provider.batches.page = 2
    later.provider.batches.losing = ["drop"]
    later.ask(table(3))
    for n in range(5):
        later.provider.batches._batches[f"other{n}"] = {
            **next(iter(later.provider.batches._batches.values())),
            "id": f"other{n}",
            "metadata": {},
        }
    later.ask(table(3), run="next")
    ours = [b for b in later.provider.batches._batches if not b.startswith("other")]
    assert len(ours) == 1
    assert later.collect().answered == 3


def test_of_a_batch_that_its_provider_cancelled_the_answers_are_kept_and_the_rest_is_told(later):
    later.provider.batches.finishes = [2]
    later.provider.batches.bend_batch = lambda b: b.update(status="cancelled")
    later.ask(table(3))
    got = later.collect()
    assert (got.answered, got.unanswered, got.running) == (2, 1, 0)
    assert any("cancel" in note.casefold() for note in got.notes)


@pytest.mark.parametrize("told", ["200", 200.0, None, 201, ...], ids=str)
def test_an_answer_is_read_whatever_status_its_line_has(later, ledger, told):
    def bend(sound: str) -> str:
        line = json.loads(sound)
        response = line["response"]
        response.pop("status_code") if told is ... else response.update(status_code=told)
        return json.dumps(line)

    later.provider.batches.bend_line = bend
    later.ask(table(3))
    got = later.collect()
    assert (got.answered, got.unanswered) == (3, 0)
    assert ledger.spent("run").task == pytest.approx(got.cost_usd)
    assert got.cost_usd > 0


@pytest.mark.parametrize("status", [500, 400])
def test_a_line_that_failed_after_something_was_written_is_owed(later, ledger, status):
    def bend(sound: str) -> str:
        line = json.loads(sound)
        body = {"error": {"code": "x"}, "usage": line["response"]["body"]["usage"]}
        line["response"] |= {"status_code": status, "body": body}
        return json.dumps(line)

    later.provider.batches.bend_line = bend
    later.ask(table(1))
    assert later.collect().unanswered == 1
    (owed,) = ledger.execute("select exposure_usd, reserved_usd from calls where status = 'failed'")
    assert owed[0] == owed[1] > 0


@pytest.mark.parametrize(
    "told",
    [
        {"status": "COMPLETED"},
        {"status": "SUCCESS", "created_at": "2026-03-02T08:15:00Z"},
        {"status": "ended", "object": "job", "completion_window": None},
        {"status": "Succeeded", "endpoint": None, "metadata": [], "request_counts": "3 of 3"},
        {"status": "completed", "completed_at": "2026-03-02T08:15:00Z", "errors": "none"},
    ],
)
def test_answers_arrive_whatever_words_and_fields_a_provider_has_for_the_end(later, told):
    later.provider.batches.bend_batch = lambda b: b.update(told)
    later.ask(table(3))
    assert later.collect().answered == 3
    assert len(later.provider.batches) == 1


@pytest.mark.parametrize("status", ["IN_PROGRESS", "VALIDATING", "CANCELLATION_REQUESTED"])
def test_a_batch_at_work_in_capitals_is_waited_for_without_a_word(later, status):
    later.provider.batches.bend_batch = lambda b: b.update(status=status)
    later.ask(table(3))
    got = later.collect()
    assert (got.running, got.notes) == (1, ())


def test_a_word_that_nobody_knows_is_told_and_not_waited_for_for_ever(later):
    later.provider.batches.bend_batch = lambda b: b.update(status="ON_THE_MOON")
    later.ask(table(3))
    got = later.collect()
    assert got.running == 1
    assert "stands at 'ON_THE_MOON', which is not known here" in got.notes[0]
    for batch in later.provider.batches._batches.values():
        batch["created_at"] -= 2 * 86_400
    assert later.collect().answered == 3


def test_a_batch_that_failed_in_capitals_is_told_and_gives_its_questions_free(later):
    failed = {"status": "FAILED", "output_file_id": None, "request_counts": None}
    later.provider.batches.bend_batch = lambda b: b.update(failed)
    later.ask(table(3))
    got = later.collect()
    assert (got.running, got.answered) == (0, 0)
    assert "FAILED" in got.notes[0]
