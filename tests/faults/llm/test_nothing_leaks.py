"""No key and nothing redacted is in any file or log, whatever the provider does and says.

One small task goes through everything that asks models: `quote`, a whole `run` against a provider
that fails and quotes what it was sent, attacks on items, the canary, a refused key and the batch
endpoint.
"""

import csv
import logging
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from cli.new.new import create
from labeling.llm import asking
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.providers.transport import Fault
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from resources.dagster.instance import open_instance
from resources.dagster.tags import ROUND_TAG
from resources.models.task_models import collect_answers
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import Answer, Body, FakeProvider, last_text

KEY = "sk-live-CANARYKEY0123456789abcdef"
REFUSED_KEY = "sk-live-REFUSEDKEY0123456789abcdef"
STORED = "canary.person@example.org"
"""Redacted at the source: never stored."""
REJECTED = "rejected.person@example.org"
"""The same, in a row that is set aside."""
SENT = "ghp_CANARYTOKEN0123456789abcdef"
"""Redacted before sending alone: where texts are stored it stands, and nowhere else."""
QUOTED = "my PIN is 4711"
"""Not redacted: models see it, and providers quote it in their errors."""

FIRST, SECOND = "2026-03-02", "2026-03-03"
TEXTS = "warehouse.duckdb", "warehouse.duckdb.wal", "reviews.sqlite", "report.html"
"""Files that hold texts on purpose; published Parquet and the student's examples do as well."""


@dataclass(frozen=True)
class Echo(wire.Fault):
    """An error that quotes the request and the key, as the worst of providers do."""

    cut: bool = False
    whole: bool = True

    async def respond(self, request: web.Request) -> web.StreamResponse:
        said = last_text(await request.json())
        said = said if self.whole else next(x for x in said.splitlines() if QUOTED in x)
        message = f"cannot process {said!r} with {request.headers['Authorization']}"
        if self.cut:
            return web.Response(text=f'{{"choices": [{{"message": "{message}', status=self.status)
        fields = {"message": message, "type": "x", "param": None, "code": self.kind}
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return web.json_response({"error": fields}, status=self.status, headers=headers)


FAULTS = (
    Echo("bad", 400), Echo("bad", 400, whole=False), Echo("server_error", 500), Echo("cut", 200, cut=True),
 wire.DROP, wire.TRUNCATE, wire.HTML_502, wire.HANG,
    Echo("rate_limit_exceeded", 429, retry_after="0.05"),
)  # fmt: skip


@dataclass
class Left:
    """What all of it left behind."""

    task: Task
    project: Path
    said: str = ""
    asked: list[Body] = field(default_factory=list)

    def holding(self, needle: str) -> set[str]:
        """Name the files that hold ``needle``, in bytes or in UTF-16."""
        needles = (needle.encode(), needle.encode("utf-16-le"))
        return {
            str(path.relative_to(self.project))
            for path in self.project.rglob("*")
            if path.is_file() and any(n in path.read_bytes() for n in needles)
        }


def write_task(project: Path, url: str) -> Task:
    folder = create(project, "letters")
    shutil.rmtree(folder / "items")
    (folder / "items").mkdir()
    rows = [
        {"item_id": f"{day}-{n:02d}", "text": f"{QUOTED}, thank you for room {day} {n}",
         "received_at": f"{day}T10:00:00", "channel": "mail"}
        for day, many in ((FIRST, 22), (SECOND, 6)) for n in range(many)
    ]  # fmt: skip
    rows[0]["text"] = f"{QUOTED}, write to {STORED} please"
    rows[-1]["text"] = f"{QUOTED} and my password {SENT}"
    rows.append({**rows[-1], "item_id": "", "text": f"No id, but {REJECTED}"})
    with (folder / "items" / "all.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec["source"] |= {"redact": ["email"], "bad_rows_at_most": 0.5}
    spec["models"] = {
        "prompts": ["prompts/classify.md"],
        "model": "openai/fake",
        "api_base": url,
        "api_key_variable": "CANARY_KEY",
        "concurrency": 1,
        "canary": {"items": 22, "cron": "0 6 * * *"},
        "redact": ["email", "token"],
    }
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    prompt = folder / "prompts" / "classify.md"
    text = prompt.read_text(encoding="utf-8")
    more = "timeout_s: 0.5\nprice: {input: 1, output: 2}\nparameters:"
    prompt.write_text(text.replace("parameters:", more, 1), encoding="utf-8")
    return load_task(folder)


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> Left:
    project = tmp_path_factory.mktemp("leaks")
    records: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: records.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("CANARY_KEY", KEY)
        patch.chdir(project)
        patch.setattr(asking, "BACKOFF_S", 0.01)
        capture = pytest.importorskip("_pytest.capture").MultiCapture(
            in_=None,
            out=pytest.importorskip("_pytest.capture").FDCapture(1),
            err=pytest.importorskip("_pytest.capture").FDCapture(2),
        )
        capture.start_capturing()
        try:
            with FakeProvider(lambda _: Answer("praise"), key=KEY) as provider:
                task = write_task(project, provider.url)
                everything(task, provider, patch)
                asked = [one.body for one in provider.meter]
        finally:
            out, err = capture.readouterr()
            capture.stop_capturing()
            logging.getLogger().removeHandler(handler)
    shutil.rmtree(task.folder / "items")  # what people wrote themselves
    return Left(task, project, "\n".join([out, err, *records]), asked)


def everything(task: Task, provider: FakeProvider, patch: pytest.MonkeyPatch) -> None:
    """Go through all that asks models, with faults; each step must end without a bug."""
    command(patch, "quote", "letters")
    gone = Echo("model_not_found", 404, whole=False)  # ends the batch
    # the first answer tells what the model can do: without one, no item is asked
    provider.script.extend([None, *FAULTS, *[None] * 6, gone, *FAULTS])
    command(patch, "run", "letters")
    provider.script.clear()
    with warehouse_of(task).connect() as db:
        db.execute(
            "insert into people.gold (item_id, batch, label, origin, probability, reviews)"
            f" select item_id, batch, 'praise', 'audit', 0.5, 1 from raw.items where batch = '{FIRST}'"
        )
    provider.script.extend([Echo("bad", 400), None, Echo("server_error", 500)])
    command(patch, "injections", "letters", "--items", "2", "--yes")
    with open_instance(task.var.parent) as instance:

        def job(these: Task, name: str, **tags: str) -> None:
            run_job(definitions(these), instance, f"letters_{name}", SECOND, tags)

        provider.script.extend([Echo("bad", 400), Echo("server_error", 500)])
        job(task, "ask_canary", **{ROUND_TAG: "clock 1"})
        patch.setenv("CANARY_KEY", REFUSED_KEY)
        job(task, "ask_canary", **{ROUND_TAG: "clock 2"})
        # another prompt each time, so that nothing is known: by the batch endpoint
        prompt = task.folder / "prompts" / "classify.md"
        prompt.write_text(prompt.read_text(encoding="utf-8") + "\nBe strict.\n", encoding="utf-8")
        patch.setenv("CANARY_KEY", KEY)
        models = task.spec.models.model_copy(update={"batch": True})
        batched = replace(task, spec=task.spec.model_copy(update={"models": models}))
        provider.batches.fails, provider.batches.quotes = ["invalid_json_line", None], True
        job(batched, "label")
        sys.stdout.write(repr(collect_answers(batched)))
        prompt.write_text(prompt.read_text(encoding="utf-8") + "\nVery.\n", encoding="utf-8")
        job(batched, "label")
        sys.stdout.write(repr(collect_answers(batched)))
    command(patch, "status", "letters")
    command(patch, "canary", "letters")
    command(patch, "ledger", "letters")


def command(patch: pytest.MonkeyPatch, *arguments: str) -> None:
    from cli.app import main

    patch.setattr("sys.argv", ["touchstone", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (0, None), arguments


def test_it_went_through_everything(left):
    task = left.task
    read = warehouse_of(task).ask
    assert read("select sum(calls) as n from votes.model_use")["n"].to_pylist()[0] > 0
    whys = read("select round, why from quality.canary order by round").to_pylist()
    assert [row["round"] for row in whys] == ["clock 1", "clock 2"]
    assert whys[0]["why"] is None
    assert "unauthorized" in whys[1]["why"]
    sent = str(left.asked)
    assert "[email]" in sent
    assert "[token]" in sent
    assert QUOTED in sent
    assert task.report.is_file()
    assert read("select count(*) as n from votes.models where batch = ?", [FIRST])["n"][0].as_py()
    with Ledger(task.ledger) as ledger:
        faults = {row[0] for row in ledger.execute("select distinct fault from calls")}
        batches = ledger.execute("select count(distinct batch) from calls where batch is not null")
    wanted = {
        Fault.REJECTED, Fault.UNAVAILABLE, Fault.UNAUTHORIZED, Fault.DROPPED, Fault.GARBLED,
        Fault.TIMED_OUT, Fault.UNKNOWN_MODEL, Fault.RATE_LIMITED,
    }  # fmt: skip
    assert {fault.value for fault in wanted} <= faults
    assert batches[0][0] == 2


@pytest.mark.parametrize("needle", [KEY, REFUSED_KEY, STORED, REJECTED])
def test_no_key_and_nothing_that_is_redacted_at_the_source_is_anywhere(left, needle):
    assert left.holding(needle) == set()
    assert needle not in left.said


def test_what_is_redacted_before_sending_stands_only_where_texts_are_stored(left):
    assert SENT not in str(left.asked)
    assert SENT not in left.said
    # what SQLite has not written into its file yet stands beside it
    assert {Path(name).name.removesuffix("-wal") for name in left.holding(SENT)} <= {*TEXTS}


def test_texts_that_models_see_are_in_no_log_and_no_ledger(left):
    """Error messages that quote a request are left out, whole or a line of it."""
    assert QUOTED not in left.said
    names = left.holding(QUOTED)
    assert f"var/letters/{TEXTS[0]}" in names
    for name in names:
        path = Path(name)
        assert path.parts[:2] != ("var", "dagster"), name
        assert path.name not in ("ledger.sqlite", "ledger.sqlite-wal", "run.log", "mlflow.db"), name


def test_texts_are_stored_redacted_where_the_source_says_so(left):
    read = warehouse_of(left.task).ask
    stored = read("select text from raw.items where item_id = ?", [f"{FIRST}-00"])
    assert stored["text"].to_pylist() == [f"{QUOTED}, write to [email] please"]
    aside = read("select content from raw.quarantine where kind = 'row'")
    assert "[email]" in aside["content"].to_pylist()[0]
