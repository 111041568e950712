"""Dagster with both tasks, started by one command and looked at in a real browser."""

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from orchestration.running import run_task
from resources.task.task import Task, load_task

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
SHOTS = ROOT / "tests" / "artifacts"
ITEMS = 60

pytestmark = pytest.mark.browser


@dataclass
class Up:
    """A running ``touchstone up``."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    tasks: list[Task]


@pytest.fixture(scope="module")
def up(tmp_path_factory, one_chromium) -> Iterator[Up]:
    del one_chromium  # where there is no browser, nothing needs to run
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
    path = task.folder / str(task.spec.demo.generator)
    spec = importlib.util.spec_from_file_location(f"{task.name}_for_the_browser", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def look(browser, url, name, seconds, width=1600, scheme="light", height=1100):
    """Open a page, wait until it has settled, keep a picture; return its text and what it asked."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
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
    text, _, _ = look(browser, f"{address}/asset-groups", "dagster-lineage", 15)
    for group in ("items", "votes", "labels", "people", "quality", "marts", "published"):
        assert group in text


def test_schedule_and_sensors_are_there(up, browser):
    address = f"{up.addresses['dagster']}/automation"
    places = ROOT.joinpath("workspace.yaml").read_text(encoding="utf-8").count("location_name:")
    # rows below the window's edge are not drawn
    text, _, _ = look(browser, address, "dagster-automation", 6, height=500 * places + 500)
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
