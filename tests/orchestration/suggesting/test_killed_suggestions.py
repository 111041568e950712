"""A suggestion that is killed pays for nothing twice and leaves a whole file or none; two at once are as one."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assets.reading.evidence import promises
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.settings import Prices
from labeling.rules.candidates.admission import ERROR, error_of
from labeling.rules.reading.reading import written_rules
from orchestration.planning import batches_to_label
from orchestration.running import run_task
from orchestration.suggesting.deciding import Decided, ask_for_rules, decide
from orchestration.suggesting.judged import By
from orchestration.suggesting.preparing import prepare
from resources.store.tables import ITEMS, RULE_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task, load_task
from tests.fakes import asking, rule_writing
from tests.fakes.provider.server import FakeProvider
from tests.fakes.rule_writing import land, letters, rule, says

ROOT = Path(__file__).parents[3]
LOVELY = rule("says_lovely", "praise", "lovely")
RULES = {
    "rules": [
        {"name": "complains", "label": "complaint", "keyword": ["broken", "dirty"]},
        {"name": "glad", "label": "praise", "keyword": ["evening", "thank you"]},
    ]
}
ANSWER = says(LOVELY, rule("rare", "praise", "zyzzyva"))

WORKER = """
import os, signal, sys
from pathlib import Path
from cli.models.rules_suggest import rules_suggest
from orchestration.suggesting import deciding, judged
from labeling.llm.asking import Asker
from resources.environment import prepare

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

prepare()
when = sys.argv[2]
if when == "before":
    Asker.ask = die
if when == "after":
    deciding.decide = sys.modules["cli.models.rules_suggest"].decide = die
if when == "writing":
    os.fsync = die
rules_suggest(Path(sys.argv[1]), "openai/fake", 10, 0.7, judged.By.AUDIT, "1,2", True, len(sys.argv) > 3, True)
"""


@pytest.fixture(scope="module")
def provider():
    with FakeProvider(lambda _: ANSWER, key=rule_writing.KEY) as running:
        yield running


@pytest.fixture(scope="module")
def made(tmp_path_factory, provider) -> Path:
    """A project that ran, with enough reviews to admit a rule that is always right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("LETTERS_KEY", rule_writing.KEY)
        project = tmp_path_factory.mktemp("made") / "project"
        task = rule_writing.make(project, provider.url, RULES, audit={"per_batch": 90})
        opened = [(f"Well, {n}.", "praise") for n in range(12)]
        land(task, "2026-03-02", [*letters(120), *opened])
        run_task(task, lambda *_: None)
    return project


@pytest.fixture
def task(made, provider, tmp_path, monkeypatch) -> Task:
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("LETTERS_KEY", rule_writing.KEY)
    shutil.copytree(made, tmp_path / "project")
    provider.answer_with(lambda _: ANSWER)
    provider.latency_s = 0.0
    provider.meter.clear()
    return load_task(tmp_path / "project" / "tasks" / "letters")


def suggest(task: Task, by: By = By.AUDIT, at_least: float = 0.7, **how) -> Decided:
    prepared = prepare(task, "openai/fake", 10, Prices(input=1, output=2), by, **how)
    return decide(task, prepared, ask_for_rules(task, prepared), at_least)


def killed(task: Task, *words: str, provider: FakeProvider | None = None) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(task.folder), *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    while provider is not None and not provider.in_flight:
        assert worker.poll() is None
    if provider is not None:
        os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def names(task: Task) -> list[str]:
    return [one.name for one in written_rules(task.folder / "suggested.yaml")]


def litter(task: Task) -> set[str]:
    return {one.name for one in task.folder.iterdir() if "suggested" in one.name}


@pytest.mark.parametrize(("when", "paid"), [("before", 0), ("after", 1), ("writing", 1)])
def test_after_kill_9_the_answer_that_was_paid_is_used_and_the_file_is_whole(
    when, paid, task, provider
):
    killed(task, when)
    assert len(provider.charged) == paid
    assert not (task.folder / "suggested.yaml").exists()
    assert suggest(task).answered.known == bool(paid)
    assert len(provider.charged) == 1
    assert names(task) == ["says_lovely"]
    assert litter(task) == {"suggested.yaml"}


def test_a_question_that_was_out_when_it_was_killed_is_booked_at_its_worst(task, provider):
    provider.latency_s = 30
    killed(task, "during", provider=provider)
    provider.latency_s = 0
    done = suggest(task)
    with Ledger(task.ledger) as ledger:
        spent = ledger.spent("x").task
    assert spent > 2 * done.answered.cost_usd, "nobody knows whether the first was charged"
    assert names(task) == ["says_lovely"]


def test_an_answer_that_was_asked_for_afresh_is_left_to_the_next_process(task, provider):
    provider.answer_with(lambda _: says(rule("rare", "praise", "zyzzyva")))
    assert suggest(task).admitted == []
    provider.answer_with(lambda _: ANSWER)
    killed(task, "after", "afresh")
    assert [one.candidate.rule.name for one in suggest(task).admitted] == ["says_lovely"]
    assert len(provider.charged) == 2


def test_two_at_once_pay_once_and_write_each_rule_once(task, provider):
    provider.latency_s = 0.5
    made: list[Decided] = []
    both = [threading.Thread(target=lambda: made.append(suggest(task))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(provider.charged) == 1
    assert names(task) == ["says_lovely"]
    late = next(one for one in made if not one.admitted)
    assert "has the name of another rule" in {one.why for one in late.refused}


def test_a_rule_like_one_that_was_admitted_before_is_a_twin_though_that_never_voted(task, provider):
    suggest(task)
    provider.answer_with(lambda _: says(rule("lovely_things", "praise", regex=["lovel[y]"])))
    (why,) = [one.why for one in suggest(task).refused]
    assert why == "votes on nearly the same items as says_lovely"


def test_asking_often_does_not_add_up_the_chance_of_admitting_a_poor_rule(task, provider):
    lows: list[float] = []
    for name in ("one", "two", "three"):
        provider.answer_with(lambda _, name=name: says(rule(name, "complaint", "dirty"), LOVELY))
        done = suggest(task, afresh=True)
        lows.append(done.verdicts[name].low)
        (task.folder / "suggested.yaml").unlink()
    assert lows[0] > lows[1] > lows[2]
    assert sum(error_of(k) for k in range(1, 10_000)) < ERROR
    provider.answer_with(lambda _: "I would rather not.")
    with pytest.raises(TaskError, match="no list under"):
        suggest(task, afresh=True)
    provider.answer_with(lambda _: ANSWER)
    assert suggest(task, afresh=True).number == 4, "an answer without rules measures nothing"


def test_a_rule_with_the_name_of_one_whose_alarm_stands_is_not_admitted(task):
    with warehouse_of(task).connect() as db:
        db.execute(
            "insert into quality.drift_series by name (select * replace ('voter/rule/says_lovely' as series, "
            "true as alarm, true as fired) from quality.drift_series where series = 'labels')"
        )
    done = suggest(task)
    assert done.admitted == []
    assert "touchstone alarm reset voter/rule/says_lovely" in done.refused[0].why


def test_rules_that_half_of_the_queue_admits_vote_on_every_batch_and_are_held_to_nothing(
    task, provider
):
    with warehouse_of(
        task
    ).connect() as db:  # as if all that was reviewed had been asked by the queue
        db.execute("update people.gold set origin = 'queue'")
        db.execute("delete from people.audit_sample")
    done = suggest(task, By.QUEUE, 0.5)
    asked = provider.meter[0].body["messages"][-1]["content"]
    assert "praise:\n<item-" in asked, "the other half is shown"
    (one,) = done.admitted
    verdict = done.verdicts["says_lovely"]
    assert one.suggested.after == ""
    assert 7 <= verdict.reviewed == verdict.correct < 23
    task = rule_writing.list_file(task)
    assert set(batches_to_label(task, warehouse_of(task))) == {"2026-03-02"}
    assert "voter/rule/says_lovely" not in promises(task).accuracy
    asking.make(task, ITEMS, RULE_VOTES, since="2026-03-02")
    votes = warehouse_of(task).ask(
        "select count(*) as n from votes.rules where voter = 'rule/says_lovely'"
    )
    assert votes["n"].to_pylist() == [30]


@pytest.mark.parametrize("what", ["damaged", "a folder", "cannot grow"])
def test_a_file_that_cannot_take_rules_is_told_and_the_answer_stays_paid(what, task, provider):
    path = task.folder / "suggested.yaml"
    prepared = prepare(task, "openai/fake", 10, Prices(input=1, output=2), By.AUDIT)
    answered = ask_for_rules(task, prepared)
    if what == "a folder":
        path.mkdir()
    else:
        path.write_text({"damaged": "rules:\n  - name: [", "cannot grow": "rules: []\n"}[what])
    with pytest.raises(ValueError, match=r"suggested\.yaml"):
        decide(task, prepared, answered, 0.7)
    path.rmdir() if path.is_dir() else path.unlink()
    assert len(suggest(task).admitted) == 1
    assert len(provider.charged) == 1
