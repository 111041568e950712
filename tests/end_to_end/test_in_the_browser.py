"""Everything started by one command, looked at in a real browser, and gone after Ctrl-C."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from orchestration.running import run_task
from orchestration.task.task import Task, load_task

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
SHOTS = ROOT / "tests" / "artifacts"
CHROMIUM = shutil.which("chromium")
READY_S = 240
ITEMS = 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = pytest.mark.browser


@dataclass
class Up:
    """A running ``touchstone up``."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    tasks: list[Task]

    def tree(self) -> list[psutil.Process]:
        """The command and everything it started, whatever session it is in."""
        mine = psutil.Process(self.process.pid)
        return [mine, *mine.children(recursive=True)]


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    if CHROMIUM is None:
        assert os.environ.get("CI") != "true", "CI must have Debian's chromium"
        pytest.skip("chromium is not installed; `make browser` installs it where it may")
    if not (SHARED / "raw_youtube_spam").is_dir():
        pytest.skip("../shared/data/raw_youtube_spam is not here")
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "tasks", project / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "workspace.yaml", project)
    tasks = [small(project, "support_inbox"), small(project, "youtube_spam")]
    for task in tasks:
        run_task(task, lambda *_: None)
    process = subprocess.Popen(
        [Path(sys.executable).with_name("touchstone"), "up", "--json"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Up(process, json.loads(process.stdout.readline()), tasks)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def small(project: Path, name: str) -> Task:
    """The task with two batches of few items, written by its own generator."""
    task = load_task(project / "tasks" / name)
    inbox, truth = project / "full" / name / "inbox", task.var / "truth"
    generator = generator_of(task)
    if name == "youtube_spam":
        generator.generate(inbox, truth, shared=SHARED / "raw_youtube_spam" / "data.parquet")
    else:
        generator.generate(inbox, truth)
    (task.var / "inbox").mkdir(parents=True)
    for path in sorted(inbox.glob("*.jsonl"))[:2]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:ITEMS]
        (task.var / "inbox" / path.name).write_text("".join(lines), encoding="utf-8")
    return task


def generator_of(task: Task) -> ModuleType:
    path = task.folder / str(task.spec.source.generator)
    spec = importlib.util.spec_from_file_location(f"{task.name}_for_the_browser", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def look(browser, url: str, name: str, seconds: float, width: int = 1600, scheme: str = "light"):
    """Open a page, wait until it has settled, keep a picture; return its text and what it asked."""
    context = browser.new_context(viewport={"width": width, "height": 1100}, color_scheme=scheme)
    page = context.new_page()
    errors: list[str] = []
    outside: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: (
            outside.append(r.url)
            if not r.url.startswith(
                ("http://127.0.0.1", "data:", "blob:", "file:", "ws://127.0.0.1")
            )
            else None
        ),
    )
    page.goto(url)
    page.wait_for_timeout(int(seconds * 1000))
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    text = page.inner_text("body")
    context.close()
    return text, errors, outside


def query(address: str, graphql: str) -> dict:
    request = urllib.request.Request(
        f"{address}/graphql",
        json.dumps({"query": graphql}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)["data"]


def test_dagster_knows_every_asset_of_both_tasks_with_its_checks(up):
    nodes = query(
        up.addresses["dagster"],
        "{assetNodes {assetKey {path} description groupName"
        " assetChecksOrError {... on AssetChecks {checks {name}}}}}",
    )["assetNodes"]
    checks = {
        tuple(n["assetKey"]["path"]): len(n["assetChecksOrError"].get("checks", [])) for n in nodes
    }
    for task in up.tasks:
        mine = {key[1:]: count for key, count in checks.items() if key[0] == task.name}
        assert {
            ("raw", "items"), ("votes", "rules"), ("votes", "models"), ("labels", "consensus"),
            ("votes", "student"), ("labels", "released"), ("people", "queue"),
            ("people", "audit_sample"), ("people", "reviews"), ("people", "gold"),
            ("quality", "accuracy"), ("quality", "drift"), ("marts", "labels"),
            ("published", "report"),
        } <= set(mine)  # fmt: skip
        for checked in (("raw", "items"), ("votes", "rules"), ("labels", "consensus"),
                        ("labels", "released"), ("people", "reviews"), ("marts", "labels")):  # fmt: skip
            assert mine[checked] > 0, f"{task.name} {checked} has no check"


def test_the_lineage_shows_the_groups_of_both_tasks(up, browser):
    address = up.addresses["dagster"]
    text, _, _ = look(browser, f"{address}/asset-groups", "dagster-lineage", 6)
    for group in ("items", "votes", "labels", "people", "quality", "marts", "published"):
        assert group in text
    for task in up.tasks:
        url = f"{address}/locations/{task.name}/asset-groups/labels"
        text, _, _ = look(browser, url, f"dagster-lineage-{task.name}", 6)
        assert "consensus" in text
        assert "released" in text


def test_schedule_and_sensors_are_there(up, browser):
    text, _, _ = look(browser, f"{up.addresses['dagster']}/automation", "dagster-automation", 6)
    for task in up.tasks:
        assert f"{task.name}_new_files" in text
        assert f"{task.name}_new_reviews" in text
        assert f"{task.name}_every_{task.spec.batch.every}" in text


def test_one_asset_shows_its_checks_and_columns(up, browser):
    address = up.addresses["dagster"]
    text, _, _ = look(
        browser, f"{address}/assets/support_inbox/labels/released", "dagster-asset", 6
    )
    assert "decided_by" in text


def test_mlflow_shows_a_run_for_each_batch(up, browser):
    from mlflow.tracking import MlflowClient

    for task in up.tasks:
        experiment = MlflowClient(task.tracking_uri).get_experiment_by_name(task.name)
        url = f"{up.addresses['mlflow']}/#/experiments/{experiment.experiment_id}/runs"
        text, _, _ = look(browser, url, f"mlflow-{task.name}", 10)
        runs = MlflowClient(task.tracking_uri).search_runs([experiment.experiment_id])
        assert len(runs) == 2
        for run in runs:
            assert run.info.run_name in text


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_report_opens_without_error_or_network(up, browser, width, scheme):
    for task in up.tasks:
        name = f"report-{task.name}-{width}-{scheme}"
        text, errors, outside = look(browser, task.report.as_uri(), name, 2, width, scheme)
        assert "Accuracy by batch" in text
        assert errors == []
        assert outside == []


def test_the_console_serves_each_task(up, browser):
    for task in up.tasks:
        text, errors, outside = look(
            browser, up.addresses[f"console {task.name}"], f"console-{task.name}", 2
        )
        assert errors == []
        assert outside == []
        assert task.classes[0].lower() in text.lower()


def test_everything_listens_on_loopback_alone(up):
    listening = [
        connection.laddr.ip
        for process in up.tree()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_ctrl_c_leaves_no_process(up):
    family = up.tree()
    assert len(family) >= 5
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(90) == 0
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(alive(process) for process in family):
        time.sleep(0.2)
    assert [process for process in family if alive(process)] == []


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
