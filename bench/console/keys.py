"""Two reviewers press 500 keys each, 20 a second, at once, in Chromium; then things are killed.

``python bench/console/keys.py`` prints what was pressed, what was stored, on which items, and how
long the next item took to appear. ``--out FILE`` keeps the numbers as JSON.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from playwright.async_api import Page, async_playwright

from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
KEYS_A_SECOND = 20
LABELS = {"1": "HAM", "2": "SPAM"}

# Remembers what was on the screen when each key went down, and when the next item was painted.
WATCH = """
window.pressed = [];
window.painted_ms = [];
addEventListener("keydown", (event) => {
  const box = document.getElementById("item");
  if (!box?.dataset.item || !"12".includes(event.key)) return;
  const was = box.dataset.item;
  window.pressed.push([was, event.key]);
  const began = event.timeStamp;
  const look = () => requestAnimationFrame(() => {
    if (box.dataset.item && box.dataset.item !== was) {
      // One task after the frame callback, the frame is on its way to the screen.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.painted_ms.push(performance.now() - began);
      channel.port2.postMessage(0);
    } else look();
  });
  look();
}, true);
"""

SERVER = """
import sys
from pathlib import Path
from console.app import create_app, serve
from console.settings import ClassInfo, ConsoleSettings
serve(create_app(ConsoleSettings(task="bench", classes=[ClassInfo("HAM"), ClassInfo("SPAM")],
      store_path=Path(sys.argv[1]), overlap_share=0.0, sign_in=True, lease_s=float(sys.argv[3]))),
      port=int(sys.argv[2]))
"""


async def start(path: Path, port: int, lease_s: float = 600) -> asyncio.subprocess.Process:
    """Start a console and wait until it answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(path), str(port), str(lease_s),
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return process
    raise RuntimeError("the console did not start")


async def sign_in(browser, port: int, token: str) -> Page:
    """Open a page of its own context and sign in."""
    context = await browser.new_context()
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{port}")
    await page.fill("#token", token)
    await page.press("#token", "Enter")
    await page.wait_for_selector("#item[data-item]")
    return page


async def press(page: Page, count: int, rng: np.random.Generator) -> None:
    """Press ``count`` keys on a fixed beat, without waiting for anything on the page."""
    began = time.monotonic()
    for i in range(count):
        await asyncio.sleep(max(0.0, began + i / KEYS_A_SECOND - time.monotonic()))
        await page.keyboard.press(str(rng.integers(1, 3)))


async def pressed(page: Page) -> list[tuple[str, str]]:
    """Return (item on the screen, label) of each key press."""
    return [(item, LABELS[key]) for item, key in await page.evaluate("window.pressed")]


def compare(path: Path, by_name: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    """Compare key presses with the store."""
    rows = ReviewStore(path).reviews().to_pylist()
    wrong = sum(
        said != stored
        for name, keys in by_name.items()
        for said, stored in zip(
            keys, [(r["item_id"], r["label"]) for r in rows if r["reviewer"] == name], strict=False
        )
    )
    return {
        "pressed": sum(map(len, by_name.values())),
        "stored": len(rows),
        "double": len(rows) - len({r["item_id"] for r in rows}),
        "wrong_item_or_class": wrong,
    }


async def race(browser, folder: Path, count: int, kills: int) -> dict[str, object]:
    """Let two reviewers press at once; kill and restart the server ``kills`` times meanwhile."""
    path, port = folder / f"race{kills}.sqlite", 9310 + kills
    store = ReviewStore(path)
    store.plan(
        Assignment(item_id=str(i), batch="b", origin="audit" if i % 5 == 0 else "queue",
                   text=f"item {i} " + "lorem ipsum " * (i % 40), probability=0.2)
        for i in range(3 * count)
    )  # fmt: skip
    tokens = {name: Reviewers(store).invite(name, "reviewer") for name in ("anna", "ben")}
    store.close()
    process = await start(path, port)
    pages = {name: await sign_in(browser, port, token) for name, token in tokens.items()}
    rng = np.random.default_rng(0)
    pressing = asyncio.gather(*(press(page, count, rng) for page in pages.values()))
    for _ in range(kills):
        await asyncio.sleep(count / KEYS_A_SECOND / (kills + 1))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        process = await start(path, port)
    await pressing
    for page in pages.values():
        await page.wait_for_selector("#saved[data-state=saved]", timeout=60_000)
    result: dict[str, object] = dict(
        compare(path, {name: await pressed(page) for name, page in pages.items()})
    )
    painted = np.concatenate([await page.evaluate("window.painted_ms") for page in pages.values()])
    result |= {
        "next_item_ms_p50": round(float(np.quantile(painted, 0.5)), 1),
        "next_item_ms_p95": round(float(np.quantile(painted, 0.95)), 1),
        "next_item_ms_max": round(float(painted.max()), 1),
        "timed": len(painted),
    }
    for page in pages.values():
        await page.context.close()
    process.kill()
    await process.wait()
    return result


async def killed_tab(browser, folder: Path) -> dict[str, object]:
    """Kill the renderer (SIGKILL) in full swing, sign on again, and count."""
    path, port = folder / "tab.sqlite", 9320
    store = ReviewStore(path)
    store.plan(
        Assignment(item_id=str(i), batch="b", origin="queue", text=f"item {i}") for i in range(400)
    )
    token = Reviewers(store).invite("anna", "reviewer")
    store.close()
    process = await start(path, port, lease_s=5)
    page = await sign_in(browser, port, token)
    await press(page, 100, np.random.default_rng(1))
    keys = await pressed(page)
    async with page.expect_event("crash"):
        for child in psutil.Process().children(recursive=True):
            if "--type=renderer" in child.cmdline():
                os.kill(child.pid, signal.SIGKILL)
    context = page.context
    await page.close()
    again = await context.new_page()
    await again.goto(f"http://127.0.0.1:{port}")
    await again.wait_for_selector("#item[data-item]")
    await again.wait_for_selector("#saved[data-state=saved]", timeout=30_000)
    result: dict[str, object] = dict(compare(path, {"anna": keys}))
    await context.close()
    await asyncio.sleep(6)
    result["items_back_after_the_lease"] = len(
        {h.item_id for _ in range(7) for h in ReviewStore(path).hand_out("ben", 50)}
    ) == 400 - int(str(result["stored"]))  # fmt: skip
    process.kill()
    await process.wait()
    return result


async def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            told = {
                "two reviewers at once": await race(browser, Path(folder), asked.keys, 0),
                "server killed twice meanwhile": await race(browser, Path(folder), asked.keys, 2),
                "tab killed": await killed_tab(browser, Path(folder)),
            }
            await browser.close()
    print(json.dumps(told, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
