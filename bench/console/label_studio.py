"""The sync and the file format against a real Label Studio 1.23, started here.

``python bench/console/label_studio.py`` makes ``bench/.peers/label_studio`` (first time only),
starts Label Studio on loopback with its data in a temporary folder, and checks what comes back.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from console.formats.own.bundle import Bundle
from console.formats.tools.label_studio import from_tasks, to_tasks
from console.label_studio.client import LabelStudio
from console.label_studio.sync import sync
from resources.reviews.rows import Assignment, Review
from resources.reviews.store import ReviewStore, now

HERE = Path(__file__).parent
PEER = HERE.parent / ".peers" / "label_studio"
TOKEN = "bench" + "0" * 35
"""Of a server that lives for a minute on loopback."""


def make_environment() -> Path:
    """Install Label Studio into its own environment and return its command."""
    command = PEER / "bin" / "label-studio"
    if not command.is_file():
        requirements = str(HERE / "label_studio.txt")
        if shutil.which("uv"):
            subprocess.run(["uv", "venv", str(PEER), "--python", "3.11"], check=True)
            subprocess.run(
                ["uv", "pip", "install", "--python", str(PEER / "bin" / "python"), "-r", requirements],
                check=True,
            )  # fmt: skip
        else:
            subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
            subprocess.run([str(PEER / "bin" / "pip"), "install", "-r", requirements], check=True)
    return command


def start(command: Path, data: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start Label Studio and wait until it answers; returns the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    person = ["--username", "bench@example.org", "--password", "only-for-this-bench"]
    process = subprocess.Popen(
        [str(command), "start", "--port", str(port), "--internal-host", "127.0.0.1", "--no-browser",
         "--init", "bench", *person, "--user-token", TOKEN],
        env={
            **os.environ, "LABEL_STUDIO_BASE_DATA_DIR": data, "COLLECT_ANALYTICS": "false",
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true", "LATEST_VERSION_CHECK": "false",
            "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
        },
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            if httpx.get(f"{url}/api/version", timeout=2).is_success:
                return process, url
        except httpx.HTTPError:
            time.sleep(0.5)
    process.kill()
    raise RuntimeError("Label Studio did not answer within two minutes")


def check_files(studio: LabelStudio) -> dict[str, object]:
    """Import our JSON, export it again, and compare everything."""
    classes = ["HAM", "SPAM & co"]
    assignments = [
        Assignment(item_id=f"<{i}>", batch="b", origin=("audit", "queue")[i % 2], text=f"ünï {i} שלום",
                   suggestion=classes[i % 2], probability=0.1, priority=i / 3,
                   context={"author": "=x"}) for i in range(60)
    ]  # fmt: skip
    reviews = [
        Review(item_id=f"<{i % 60}>", batch="b", reviewer=("anna", "ben")[i % 2],
               outcome=("label", "unsure", "skip")[i % 3], label=classes[i % 2] if i % 3 == 0 else None,
               origin="overlap", seconds=i / 7, note="line\nbreak" * (i % 2), idempotency_key=f"k{i}",
               at=now(), shown={"suggestion": None}) for i in range(120)
    ]  # fmt: skip
    project = studio.project("files", classes)
    studio.add(project, to_tasks(Bundle(assignments, reviews)))
    back = from_tasks(studio.annotated(project))
    return {
        "assignments": len(assignments),
        "reviews": len(reviews),
        "assignments came back equal": sorted(map(repr, back.assignments))
        == sorted(map(repr, assignments)),
        "reviews came back equal": back.reviews == reviews,
    }


def check_sync(studio: LabelStudio, url: str, folder: Path) -> dict[str, object]:
    """Push a queue, annotate it by the API as a browser does, pull, and count."""
    store = ReviewStore(folder / "reviews.sqlite", seed=0)
    store.plan(
        Assignment(item_id=str(i), batch="b", origin="audit" if i % 4 == 0 else "queue",
                   text=f"text {i}", suggestion="SPAM", probability=0.2) for i in range(80)
    )  # fmt: skip
    project = studio.project("sync", ["HAM", "SPAM"])
    first = sync(store, studio, project, keep=40, suggestions=True)
    person = httpx.Client(base_url=url, headers={"authorization": f"Token {TOKEN}"}, timeout=30)
    listed = person.get("/api/tasks", params={"project": project, "page_size": 100}).json()["tasks"]
    said = {}
    for n, task in enumerate(listed[:30]):
        label = ("HAM", "SPAM", None)[n % 3]
        value = {"choices": [label]}
        region = {"from_name": "label", "to_name": "item", "type": "choices", "value": value}
        person.post(
            f"/api/tasks/{task['id']}/annotations/",
            json={
                "result": [region] if label else [],
                "was_cancelled": label is None,
                "lead_time": 2,
            },
        ).raise_for_status()
        said[task["data"]["touchstone"]["item_id"]] = label
    second, third = (sync(store, studio, project, keep=40) for _ in range(2))
    stored = {r["item_id"]: r["label"] for r in store.reviews().to_pylist()}
    return {
        "pushed first": first.pushed,
        "annotated": len(said),
        "pulled": second.pulled,
        "pulled again": third.pulled,
        "labels equal": stored == said,
        "audits with a suggestion": sum(
            bool(t["total_predictions"]) and int(t["data"]["text"].split()[1]) % 4 == 0
            for t in listed
        ),
        "queue items with a suggestion": sum(bool(t["total_predictions"]) for t in listed),
    }


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    command = make_environment()
    with tempfile.TemporaryDirectory() as data:
        process, url = start(command, data)
        try:
            version = httpx.get(f"{url}/api/version").json()["release"]
            with LabelStudio(url, TOKEN) as studio:
                told = {
                    "label studio": version,
                    "files": check_files(studio),
                    "sync": check_sync(studio, url, Path(data)),
                }
        finally:
            process.terminate()
            process.wait()
    print(json.dumps(told, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
