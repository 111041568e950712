"""A small task that was really run, the command line and one browser, for whoever needs them."""

import asyncio
import csv
import os
import pickle
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from filelock import FileLock

from resources.environment import prepare
from tests.warm_dbt import WarmDbt

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from labeling.state.place import Place
    from orchestration.running import Outcome
    from resources.task.task import Task
    from tests.fakes.postgres import Postgres

# how long an example takes is the machine's affair
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

prepare()

ROOT = Path(__file__).parents[1]
THINGS = (
    "reading room", "music desk", "printer", "lift", "children's corner",
    "map collection", "café", "courtyard", "late desk", "study room",
)  # fmt: skip
SENTENCES = {
    "praise": "Thank you for the lovely {}.",
    "complaint": "The {} is broken and dirty.",
    "question": "When does the {} open?",
}
DAYS = ("2026-03-02", "2026-03-03")
MARKUP = "[bold red]Thank you[/] for the <b>lovely</b> \N{BOOKS} [/nonsense]."
FORMULA = "=HYPERLINK(1)"
COLUMNS = ["item_id", "received_at", "channel", "text"]
CHROMIUM = shutil.which("chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


LONGEST_FIRST = (
    "tests/whole_tasks/test_youtube_spam.py",
    "tests/whole_tasks/test_support_inbox.py",
    "tests/whole_tasks/test_hotel_reviews.py",
    "tests/whole_tasks/test_bike_repairs.py",
    "tests/whole_tasks/test_class_changes.py",
    "tests/assets/test_landing_follows.py",
    "tests/assets/test_never_stuck.py",
    "tests/faults/warehouse/test_kill.py",
    "tests/orchestration/test_damage.py",
    "tests/orchestration/test_model_answers.py",
    "tests/orchestration/test_up.py",
    "tests/orchestration/test_machines.py",
    "tests/orchestration/test_run_workers.py",
    "tests/resources/store/lake/test_a_task_on_a_lake.py",
    "tests/resources/store/lake/test_versions.py",
    "tests/resources/store/lake/test_cut_in_mid_run.py",
    "tests/orchestration/test_state_in_postgres.py",
    "tests/orchestration/test_state_moves.py",
    "tests/orchestration/test_state_after_a_move.py",
    "tests/faults/llm/test_many_processes.py",
    "tests/cli/test_import_of_other_tools.py",
    "tests/cli/test_reset.py",
    "tests/assets/test_sources.py",
    "tests/faults/llm/test_nothing_leaks.py",
    "tests/orchestration/test_canary_by_the_clock.py",
    "tests/kinds/test_another_kind.py",
    "tests/cli/test_labels_and_ids_through_a_task.py",
    "tests/assets/test_labelled.py",
    "tests/whole_tasks/test_recorded_models.py",
    "tests/cli/test_run.py",
    "tests/expectations/test_honest_inputs.py",
    "tests/whole_tasks/test_class_changes_in_odd_orders.py",
    "tests/whole_tasks/test_class_changes_with_models.py",
    "tests/labeling/quality/test_published_intervals.py",
    "tests/assets/test_pictures.py",
    "tests/orchestration/test_models_are_the_only_voters.py",
    "tests/orchestration/test_sensors.py",
    "tests/cli/test_new.py",
    "tests/faults/llm/test_killed_runs.py",
    "tests/faults/llm/test_waiting_for_quotas.py",
    "tests/cli/test_imported_again.py",
)
"""Files that take longest, so that no worker is left alone with one at the end. The two that begin
need nothing of :func:`ran_task`: its maker would keep the other worker waiting."""


def pytest_configure(config: pytest.Config) -> None:
    """Take a warm dbt, before anything is imported that asks where dbt is."""
    from resources.store import manifest

    warm = WarmDbt(manifest.DBT)
    manifest.DBT = warm  # type: ignore[assignment]
    config.add_cleanup(warm.end)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the longest files first; see --no-loadscope-reorder in the Makefile."""
    place = {ROOT / name: at for at, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture(scope="session", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Copy MLflow's and Dagster's empty files, where any test that was collected may need them."""
    with pytest.MonkeyPatch.context() as patch:
        if "dagster" in sys.modules:
            from tests import made_once

            made_once.install(of_all_workers(tmp_path_factory) / "made_once", patch)
        yield


def of_all_workers(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder that the workers of this session share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@dataclass(frozen=True)
class Ran:
    """A project with one task of 62 items in two batches, labelled, reviewed and published."""

    project: Path
    task: "Task"
    outcome: "Outcome"
    truth: dict[str, str]
    markup: str = MARKUP
    formula: str = FORMULA

    def copy_to(self, folder: Path) -> Path:
        """A copy of the project to write to, from one that nobody opens: while a test reads the
        project itself, SQLite's side files come and go in it."""
        return shutil.copytree(untouched(self.project), folder)


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def ran_task(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """For reading only: every test of the session, in every worker, looks at the same run."""
    from resources.task.task import load_task

    project = of_all_workers(tmp_path_factory) / "ran_task"
    done = project / "done.pickle"
    with FileLock(f"{project}.lock"), pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        if not done.is_file():
            project.mkdir()
            ran = run_letters(project)
            shutil.copytree(project, untouched(project))
            done.write_bytes(pickle.dumps(ran))
        truth, outcome = pickle.loads(done.read_bytes())
        return Ran(project, load_task(project / "tasks" / "letters"), outcome, truth)


def untouched(project: Path) -> Path:
    """Where the copy of a project lies that nobody opens."""
    return project.with_name(f"{project.name}_untouched")


def run_letters(project: Path) -> "tuple[dict[str, str], Outcome]":
    """Make the project, and run its task."""
    from cli.new.new import create
    from orchestration.running import run_task
    from resources.task.task import load_task

    folder = create(project, "letters")
    for path in (folder / "items").iterdir():
        path.unlink()
    truth = write_items(folder / "items")
    write(folder / "truth.csv", [["item_id", "label"], *truth.items()])
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    text = text.replace("# bad_rows_at_most: 0.05", "bad_rows_at_most: 0.2")
    text += "\nreviewers:\n  scripted: {truth: truth.csv}\n"
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    return truth, run_task(load_task(folder), lambda *_: None)


def write_items(folder: Path) -> dict[str, str]:
    """Two files of 31 items; the second also holds a row without id and an id for the second time."""
    truth: dict[str, str] = {}
    for day, strange in zip(DAYS, (MARKUP, FORMULA), strict=True):
        rows = [COLUMNS]
        for thing in THINGS:
            for label, sentence in SENTENCES.items():
                item = f"m{len(truth) + 1:03d}"
                truth[item] = label
                rows.append([item, f"{day}T10:00:00", "mail", sentence.format(thing)])
        truth[f"odd-{day}"] = "praise"
        rows.append([f"odd-{day}", f"{day}T11:00:00", "mail", strange])
        if day == DAYS[1]:
            rows.append(["", f"{day}T12:00:00", "mail", "I have no id."])
            rows.append(["m001", f"{day}T12:00:00", "mail", "I came before, with other words."])
            rows.append(["m900", "yesterday", "mail", "I came at no time that can be read."])
        write(folder / f"{day}.csv", rows)
    return truth


def write(path: Path, rows: Sequence[list[str] | tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def touchstone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Call the command line in a folder, as the console script does."""
    from cli.app import main

    def call(*arguments: str, at: Path, columns: int = 100) -> Said:
        monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.chdir(at)
        monkeypatch.setattr(sys, "argv", ["touchstone", *arguments])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """One server for all tests; whoever stops it starts it again."""
    from tests.fakes.postgres import Postgres, folder_of_programs

    programs = folder_of_programs()
    if programs is None:
        assert os.environ.get("CI") != "true", "CI must have Debian's postgresql"
        pytest.skip("PostgreSQL is not installed; `make postgres` installs it where it may")
    server = Postgres(programs)
    yield server
    server.end()


@pytest.fixture(params=["files", "PostgreSQL"])
def state(request: pytest.FixtureRequest) -> str:
    """What task.yaml says of where its state is kept: each test that asks runs with both."""
    if request.param == "files":
        return ""
    return f"state: {{postgres: '{request.getfixturevalue('postgres').database()}'}}\n"


@pytest.fixture(params=["a file", "PostgreSQL"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> "Place":
    """Where a state may be kept: each test that asks runs with both."""
    from labeling.state.place import SqliteFile
    from labeling.state.postgres import PostgresSchema

    if request.param == "a file":
        return SqliteFile(tmp_path / "reviews.sqlite")
    address = request.getfixturevalue("postgres").address
    return PostgresSchema(address, f"kept_{secrets.token_hex(8)}", "reviews")


@pytest.fixture(scope="session")
def warm_touchstone() -> Iterator[list[str]]:
    """Give what runs a command in another process, ``PYTHONPATH`` saying of which code."""
    from resources.store import manifest
    from tests.warm_touchstone import DBT, WarmTouchstone

    warm = WarmTouchstone(manifest.DBT)
    yield ["env", f"{DBT}={manifest.DBT}", str(warm)]
    warm.end()


@dataclass
class Chromium:
    """The browser of this process, and the event loop that Playwright leaves running in it."""

    browser: "Browser"
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def one_chromium() -> Iterator[Chromium]:
    """Chromium, started once a process: Playwright cannot be started a second time in it."""
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "CI must have Debian's chromium"
        pytest.skip("chromium is not installed; `make browser` installs it where it may")
    from playwright.sync_api import sync_playwright

    playwright = sync_playwright().start()
    loop = asyncio.get_running_loop()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    asyncio._set_running_loop(None)
    yield Chromium(browser, loop)
    asyncio._set_running_loop(loop)
    browser.close()
    playwright.stop()


@pytest.fixture
def browser(one_chromium: Chromium) -> "Iterator[Browser]":
    """Chromium with no page open; between its tests no loop runs, so that others may start one."""
    asyncio._set_running_loop(one_chromium.loop)
    yield one_chromium.browser
    for context in one_chromium.browser.contexts:
        context.close()
    asyncio._set_running_loop(None)
