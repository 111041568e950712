"""What was answered, paid, told and invited means the same after a move, and goes on."""

import gc
from contextlib import closing
from datetime import UTC, datetime

import pytest
import yaml
from starlette.testclient import TestClient

from cli.new.new import create
from console.app import create_app
from console.settings import ClassInfo, ConsoleSettings
from labeling.errors import BudgetError
from labeling.llm.canary import rounds
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.opening import open_ledger, open_purse
from labeling.llm.ledger.rows import Call
from labeling.llm.ledger.summary import by_voter
from labeling.llm.providers.transport import Fault, Reply
from labeling.quality.alarms.trail import Action, Event
from orchestration.changes.moving_state import move_state
from orchestration.changes.resetting import reset_task
from orchestration.running import run_task
from resources.alerts.ledger import AlertLedger, Sent
from resources.alerts.trail import AlarmTrail
from resources.reviews.reviewers import Reviewers
from resources.reviews.store import ReviewStore
from resources.task.task import load_task
from tests.fakes.provider.server import FakeProvider
from tests.faults.llm.test_many_processes import check_purses


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return create(tmp_path / "project", "letters")


@pytest.fixture(params=["to PostgreSQL", "to PostgreSQL and back"])
def move(request, postgres, folder):
    """Moves the task; what comes after is to be the same."""

    def moved():
        gc.collect()  # commands that ran in this process may have left lines to files
        move_state(load_task(folder), postgres.database())
        if request.param.endswith("back"):
            move_state(load_task(folder), None)
        return load_task(folder)

    return moved


def test_what_is_spent_is_spent_and_a_cap_that_was_reached_is_reached(folder, move):
    call = Call("k", "ask", "llm/a", "v", "m", "digest", {"max_tokens": 10})
    with open_ledger(load_task(folder).ledger) as ledger, ledger.spending():
        for number in range(300):
            row = ledger.open_call(
                Call(f"k{number}", "ask", "llm/a", "v", "m", "digest", {}),
                f"run{number % 3}",
                0.001,
            )
            if number % 7:
                ledger.settle(row, Reply("SPAM"), 0.0001 * number / 3, 0.1 * number)
            else:
                ledger.fail(row, Fault.UNREACHABLE, 0.0007, 2.0)
        ledger.open_call(call, "run0", 0.5)  # nobody will ever settle it
        ledger.open_call(Call("w", *call_fields()), "run0", 0.25, batch="batch_1")
    with open_ledger(load_task(folder).ledger) as ledger:
        with ledger.spending():
            pass
        before = (
            by_voter(ledger),
            [ledger.spent(f"run{n}") for n in range(3)],
            ledger.waiting(["k", "w"]),
        )
    task = move()
    with open_ledger(task.ledger) as ledger, ledger.spending():
        after = (
            by_voter(ledger),
            [ledger.spent(f"run{n}") for n in range(3)],
            ledger.waiting(["k", "w"]),
        )
        assert after[0] == before[0]
        assert after[2] == before[2] == {"w": "batch_1"}
        for one, other in zip(after[1], before[1], strict=True):
            assert [one.run, one.day, one.task] == pytest.approx([other.run, other.day, other.task])
        gone = ledger.spent("run0").task
        for cap, passes in ((gone + 0.01, True), (gone + 0.0099, False)):
            purse = open_purse(Budget(task_usd=cap), ledger, "run0")
            if passes:
                purse.reserve_now(0.01)
            else:
                with pytest.raises(BudgetError, match="task budget"):
                    purse.reserve_now(0.01)
        ((last,),) = ledger.execute("select max(id) from calls")
        assert ledger.open_call(Call("new", *call_fields()), "run0", 0.125) == last + 1
        assert ledger.spent("run0").task == pytest.approx(gone + 0.125)
        if task.ledger.file is None:
            check_purses(ledger)


def call_fields():
    return ("ask", "llm/a", "v", "m", "digest", {})


def test_people_their_answers_and_the_order_of_the_queue_come_along(folder, move):
    task = load_task(folder)
    ids = [f"i{n}" for n in (5, 3, 9, 1, 7, 2)]
    with closing(ReviewStore(task.reviews, seed=1)) as store:
        token = Reviewers(store).invite("anna", "admin")
        store.plan({"item_id": i, "batch": "a", "origin": "queue", "text": i} for i in ids)
        assert [one.item_id for one in store.hand_out("bert", 6, lease_s=0)] == ids
        store.record("i5", "a", "bert", "label", "praise", "queue", 1.0, idempotency_key="k")
    task = move()
    settings = ConsoleSettings(
        task="letters", classes=[ClassInfo(name) for name in task.classes], store_path=task.reviews,
        sign_in=True,
    )  # fmt: skip
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8765") as client:
        assert client.post("/api/sign-in", json={"token": token}).status_code == 200
    with closing(ReviewStore(task.reviews, seed=1)) as store:
        assert [one.item_id for one in store.hand_out("carl", 6)] == ids[1:]
        again = ("i5", "a", "bert", "label", "praise", "queue", 1.0)
        assert store.record(*again, idempotency_key="k") == 1
        assert store.record(*again, idempotency_key="k2") == 2


def test_numbers_that_were_given_to_rows_that_are_gone_are_not_given_again(folder, postgres):
    task = load_task(folder)
    with closing(ReviewStore(task.reviews)) as store, store.database.write() as db:
        db.execute("insert into items (item_id, batch, text) values ('1', 'a', 't')")
        db.execute("update sqlite_sequence set seq = 41 where name = 'reviews'")
        db.execute("insert into sqlite_sequence values ('reviews', 41)")

    def answer(key):
        said = ("1", "a", "bert", "label", "praise", "queue", 1.0)
        with closing(ReviewStore(load_task(folder).reviews)) as store:
            return store.record(*said, idempotency_key=key)

    move_state(task, postgres.database())
    assert answer("k") == 42
    move_state(load_task(folder), None)
    assert answer("l") == 43


def test_alarms_alerts_rounds_and_changes_of_classes_come_along(folder, move, touchstone):
    project, task = folder.parents[1], load_task(folder)
    now = datetime(2026, 1, 5, tzinfo=UTC)
    AlarmTrail(task.alarm_trail).record(Event(now, "ada", Action.ACKNOWLEDGE, "labels", "2026-01"))
    AlertLedger(task.alerts).claim("labels@a#0", "slack")
    AlertLedger(task.alerts).note("labels@a#0", "slack", Sent.SENT)
    with open_ledger(task.ledger) as ledger:
        rounds.store(ledger, "v", "1", "r1", rounds.Answers({"i": "praise"}), now=5.0)
        rounds.accept(ledger, "v", "1", now=6.0)
    assert touchstone("classes", "rename", "praise", "kudos", "--yes", at=project).code == 0
    classes = load_task(folder).classes
    task = move()
    (event,) = AlarmTrail(task.alarm_trail, task.changes).events()
    assert (event.at, event.who, event.action) == (now, "ada", Action.ACKNOWLEDGE)
    assert not AlertLedger(task.alerts).claim("labels@a#0", "slack")
    with open_ledger(task.ledger) as ledger:
        assert rounds.read(ledger, "v", "1", "r1").label == {"i": "kudos"}
        assert rounds.last_asked(ledger) == 5.0
    assert task.classes == classes
    assert "kudos" in classes
    assert touchstone("classes", "rename", "kudos", "praise", "--yes", at=project).code == 0
    task = load_task(folder)
    assert "praise" in task.classes
    with open_ledger(task.ledger) as ledger:
        assert rounds.read(ledger, "v", "1", "r1").label == {"i": "praise"}
        assert ledger.execute("select count(*) from canary_accepted")[0][0] == 1


def test_nothing_is_asked_again_after_a_move_and_labels_are_the_same(
    folder, postgres, monkeypatch, touchstone
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-moved")
    for path in sorted((folder / "items").iterdir())[1:]:
        path.unlink()
    with FakeProvider(lambda _: "praise") as provider:
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec["models"] = {"model": "openai/fake", "api_base": provider.url}
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        (folder / "prompts" / "classify.md").write_text(
            "---\nmodel: any\nprice: {input: 1, output: 2}\n"
            "output: {format: text, confidence: none}\n---\nSort these."
        )
        run_task(load_task(folder), lambda *_: None)
        asked = len(provider.charged)
        said = touchstone("ledger", "letters", at=folder.parents[1], columns=200)
        labels = (load_task(folder).published / "labels.parquet").read_bytes()
        gc.collect()  # the command that ran in this process may have left a line to the file
        move_state(load_task(folder), postgres.database())
        reset_task(load_task(folder))
        run_task(load_task(folder), lambda *_: None)
        assert len(provider.charged) == asked > 0
    task = load_task(folder)
    assert (task.published / "labels.parquet").read_bytes() == labels
    assert not (task.var / "ledger.sqlite").exists()
    again = touchstone("ledger", "letters", at=folder.parents[1], columns=200)
    assert again.out == said.out
