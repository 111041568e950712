"""The page in a real browser. The full-size run is ``bench/console``."""

import time
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError

from console.settings import ClassInfo
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, plan

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WATCH = """
window.pressed = [];
addEventListener("keydown", (event) => {
  const item = document.getElementById("item")?.dataset.item;
  if (item && "12".includes(event.key)) window.pressed.push([item, event.key]);
}, true);
"""
LABELS = {"1": "HAM", "2": "SPAM"}


def reviews(tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite")
    rows = store.reviews().to_pylist()
    store.close()
    return rows


def open_page(browser, url, **context):
    opened = browser.new_context(**context)
    opened.add_init_script(WATCH)
    page = opened.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#item[data-item]")
    return page


def all_saved(page):
    page.wait_for_selector("#saved[data-state=saved]", timeout=60_000)


def wait_stored(tmp_path, n, seconds=10):
    until = time.monotonic() + seconds
    while len(reviews(tmp_path)) < n and time.monotonic() < until:
        time.sleep(0.1)
    return reviews(tmp_path)


def test_what_is_pressed_at_twenty_keys_a_second_is_what_is_stored(browser, server, tmp_path):
    plan(tmp_path / "reviews.sqlite", 300)
    store = ReviewStore(tmp_path / "reviews.sqlite")
    tokens = {n: Reviewers(store).invite(n, "reviewer") for n in ("anna", "ben")}
    store.close()
    running = server(sign_in=True)
    pages = {}
    for name, token in tokens.items():
        page = browser.new_context().new_page()
        page.add_init_script(WATCH)
        page.goto(running.url)
        page.fill("#token", token)
        page.press("#token", "Enter")
        page.wait_for_selector("#item[data-item]")
        pages[name] = page

    for i in range(40):
        for page in pages.values():
            page.keyboard.press("12"[i % 2])
        time.sleep(0.04)
    for page in pages.values():
        all_saved(page)

    rows = reviews(tmp_path)
    for name, page in pages.items():
        pressed = [(item, LABELS[key]) for item, key in page.evaluate("window.pressed")]
        assert len(pressed) == 40
        assert [(r["item_id"], r["label"]) for r in rows if r["reviewer"] == name] == pressed
    assert len({r["item_id"] for r in rows}) == len(rows) == 80


def test_a_killed_and_restarted_server_loses_nothing(browser, server, tmp_path):
    plan(tmp_path / "reviews.sqlite", 100)
    running = server()
    page = open_page(browser, running.url)
    for i in range(18):
        if i == 6:
            running.kill()
        page.keyboard.press("12"[i % 2])
        time.sleep(0.03)
    page.wait_for_selector("#saved[data-state=waiting]")
    assert "on this device" in page.inner_text("#saved")
    running.start()
    all_saved(page)
    pressed = page.evaluate("window.pressed")
    assert len(pressed) == 18
    assert [
        [r["item_id"], {"HAM": "1", "SPAM": "2"}[r["label"]]] for r in reviews(tmp_path)
    ] == pressed


def test_a_killed_tab_loses_no_answer_and_its_items_come_back(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 12)
    url = here(lease_s=3.0)
    page = open_page(browser, url)
    page.evaluate("() => { window.fetch = async () => { throw new Error('no network') } }")
    for _ in range(5):
        page.keyboard.press("1")
    pressed = [item for item, _ in page.evaluate("window.pressed")]
    again = page.context.new_page()
    with page.expect_event("crash"), suppress(PlaywrightError):
        page.goto("chrome://crash")
    page.close()

    again.goto(url)
    assert [r["item_id"] for r in wait_stored(tmp_path, 5)] == pressed
    again.wait_for_selector("#item[data-item]", timeout=60_000)
    for i in range(7):
        again.keyboard.press("2")
        again.wait_for_timeout(30)
        if i == 0:
            again.wait_for_selector("#item[data-item]", timeout=60_000)
    rows = wait_stored(tmp_path, 12)
    assert sorted(r["item_id"] for r in rows) == sorted(str(i) for i in range(12))


def test_closing_the_tab_returns_its_items_at_once(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 10)
    url = here()
    page = open_page(browser, url)
    page.keyboard.press("1")
    all_saved(page)
    page.close(run_before_unload=True)
    store = ReviewStore(tmp_path / "reviews.sqlite")
    until, handed = time.monotonic() + 5, []
    while len(handed) < 9 and time.monotonic() < until:
        handed += store.hand_out("ben", 10)
        time.sleep(0.1)
    assert len(handed) == 9


def test_keys_buttons_undo_notes_skip_and_not_sure_do_what_they_say(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 10)
    page = open_page(browser, here())
    page.keyboard.press(",")
    page.keyboard.type("hm, 1 or 2?")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    page.click(".class[data-label=SPAM]")
    page.keyboard.press("?")
    page.keyboard.press(".")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert "You answered not sure" in page.inner_text("#item")
    page.keyboard.press("2")
    assert "You answered skipped" in page.inner_text("#item")
    page.keyboard.press("ArrowRight")
    page.keyboard.down("1")
    for _ in range(3):
        page.keyboard.down("1")  # a key held down repeats, and answers once
    page.keyboard.up("1")
    all_saved(page)
    rows = reviews(tmp_path)
    assert [(r["outcome"], r["label"], r["superseded"]) for r in rows] == [
        ("label", "HAM", False), ("label", "SPAM", False), ("unsure", None, True),
        ("skip", None, False), ("label", "SPAM", False), ("label", "HAM", False),
    ]  # fmt: skip
    assert rows[0]["note"] == "hm, 1 or 2?"
    assert rows[4]["item_id"] == rows[2]["item_id"]
    assert page.faults == []


def test_one_class_of_many_is_found_by_typing(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 10)
    classes = [
        ClassInfo(f"topic {i} {'card' if i % 7 == 0 else 'cash'} payment") for i in range(77)
    ]
    page = open_page(browser, here(classes=classes))
    page.keyboard.press("/")
    page.keyboard.type("pay card 70")
    assert "1 found" in page.inner_text("#found")
    page.keyboard.press("Enter")
    assert page.inner_text("#found") == ""
    page.keyboard.press("b")
    all_saved(page)
    assert [r["label"] for r in reviews(tmp_path)] == [
        "topic 70 card payment",
        "topic 11 cash payment",
    ]


def test_text_is_never_html_and_rule_matches_are_marked_by_characters(browser, here, tmp_path):
    text = "🎵🎵 <img src=x onerror='window.hacked = 1'> <script>window.hacked = 1</script> שלום"
    store = ReviewStore(tmp_path / "reviews.sqlite")
    at = text.index("<script>")
    store.plan(
        [
            Assignment(
                item_id="<b>7", batch=BATCH, origin="queue", text=text, suggestion="HAM",
                context={"<i>who": "<i>me", "highlights": [
                    {"start": at, "end": at + 8, "rule": "<u>script"}, {"start": "x", "end": None}]},
            )
        ]
    )  # fmt: skip
    store.close()
    page = open_page(browser, here(blind=False, hint_share=1.0))
    assert page.inner_text("#item .text") == text
    assert page.inner_text("#item mark") == "<script>"
    assert page.get_attribute("#item mark", "title") == "<u>script"
    assert page.evaluate("window.hacked") is None
    assert page.locator("#item img, #item script, #item i").count() == 0
    assert "<i>me" in page.inner_text("#item .fields")


def test_an_answer_typed_while_offline_is_sent_later(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 20)
    page = open_page(browser, here())
    page.context.set_offline(True)
    for key in "1212":
        page.keyboard.press(key)
    page.wait_for_selector("#saved[data-state=waiting]")
    assert "4 answers wait on this device" in page.inner_text("#saved")
    assert reviews(tmp_path) == []
    page.context.set_offline(False)
    all_saved(page)
    assert [r["label"] for r in reviews(tmp_path)] == ["HAM", "SPAM", "HAM", "SPAM"]


def test_an_empty_queue_says_so_and_new_items_appear_by_themselves(browser, here, tmp_path):
    page = browser.new_context().new_page()
    page.goto(here())
    page.wait_for_selector(".nothing")
    assert "Nothing to review" in page.inner_text("#item")
    plan(tmp_path / "reviews.sqlite", 1)
    page.wait_for_selector("#item[data-item]", timeout=60_000)
    page.keyboard.press(".")
    page.wait_for_selector(".nothing button")
    page.click(".nothing button")
    page.wait_for_selector("#item[data-item]")
    page.keyboard.press("2")
    wait_stored(tmp_path, 2)
    assert [r["outcome"] for r in reviews(tmp_path)] == ["skip", "label"]


def test_right_to_left_text_reads_from_the_right(browser, here, tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.plan(
        [Assignment(item_id="1", batch=BATCH, origin="queue", text="هذا خبر عن (Touchstone).")]
    )
    store.close()
    page = open_page(browser, here())
    direction = "getComputedStyle(document.querySelector('#item .text')).direction"
    assert page.evaluate(direction) == "rtl"


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("/", {}),
        ("/", {"color_scheme": "dark"}),
        ("/", {"viewport": {"width": 360, "height": 740}, "has_touch": True}),
        ("/people", {"color_scheme": "dark"}),
        ("/sign-in", {}),
    ],
)
def test_axe_finds_no_serious_fault(browser, here, tmp_path, path, context):
    from axe_playwright_python.sync_playwright import Axe

    plan(tmp_path / "reviews.sqlite", 30, context={"author": "x"}, suggestion="HAM")
    plan(tmp_path / "reviews.sqlite", 2, "check", 100, gold="HAM")
    page = browser.new_context(**context).new_page()
    page.goto(here(blind=False, hint_share=1.0, guidelines="# Rules\n\n- one") + path)
    if path == "/":
        page.wait_for_selector("#item[data-item]")
        page.keyboard.press("1")
        page.keyboard.press("Backspace")
    found = Axe().run(page).response["violations"]
    grave = [
        (v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert grave == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
