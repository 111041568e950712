"""The page of items that may have several classes, in a real browser."""

import json
import random

import pytest

from console.settings import ClassInfo
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, plan
from tests.console.test_browser import all_saved, open_page, reviews

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

NAMES = ("late", "broken", "praise", "refund", "lost, and found", 'the "rest"')
KEYS = dict(zip(NAMES, "123456", strict=True))
LIMITS = Limits(at_most=3, excludes=(("praise", "refund"),))


def console(here, limits=LIMITS, names=NAMES, **more):
    classes = [ClassInfo(name, f"About {name}.") for name in names]
    return here(classes=classes, kind=Several(limits), **more)


def labels(tmp_path):
    return [row["label"] for row in reviews(tmp_path)]


def chosen(page):
    on = page.locator(".class[aria-checked=true]")
    return [one.get_attribute("data-label") for one in on.all()]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_fifty_sets_by_keyboard_are_stored_as_they_were_chosen(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 50)
    page = open_page(browser, console(here, Limits()))
    rng, wanted = random.Random(7), []
    for _ in range(50):
        page.wait_for_selector("#item[data-item]")
        item = page.get_attribute("#item", "data-item")
        names = rng.sample(NAMES, rng.randint(0, len(NAMES)))
        slip = rng.choice(NAMES)
        press(page, KEYS[slip], *(KEYS[name] for name in names), KEYS[slip])
        press(page, "Enter" if names else "0")
        wanted.append((item, sorted(names)))
    all_saved(page)
    rows = reviews(tmp_path)
    assert [(row["item_id"], json.loads(row["label"])) for row in rows] == wanted
    assert page.faults == []


def test_clicks_and_touch_toggle_and_buttons_confirm(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 3)
    page = open_page(browser, console(here), has_touch=True, viewport={"width": 360, "height": 740})
    page.tap(".class[data-label=broken]")
    page.tap(".class[data-label=late]")
    assert page.inner_text("#chosen") == "2 chosen: late, broken"
    page.tap(".class[data-label=late]")
    page.tap("#confirm")
    assert chosen(page) == []
    page.click(".class[data-label=praise]")
    page.keyboard.press("Enter")
    page.click("#none")
    all_saved(page)
    assert labels(tmp_path) == ['["broken"]', '["praise"]', "[]"]


def test_enter_means_the_button_in_focus_and_after_a_toggle_what_is_chosen(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 4)
    page = open_page(browser, console(here))
    page.focus("#none")
    press(page, "Enter", "1", "Enter")
    page.focus(".class[data-label=broken]")
    press(page, "Space", "Enter")
    all_saved(page)
    assert labels(tmp_path) == ["[]", '["late"]', '["broken"]']


def test_nothing_is_stored_where_nothing_is_chosen(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 2)
    page = open_page(browser, console(here))
    press(page, "Enter")
    assert "choose a class, or None of these" in page.inner_text("#change")
    press(page, "2", "2", "Enter", "0")
    all_saved(page)
    assert labels(tmp_path) == ["[]"]


def test_limits_are_shown_and_held_before_the_console_refuses(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 2)
    page = open_page(browser, console(here, Limits(2, False, LIMITS.excludes)))
    limits = page.inner_text("#limits")
    assert limits == "At most 2 classes may apply. At least one does. Only one of praise, refund."
    assert page.is_hidden("#none")
    press(page, "0")
    assert page.inner_text("#change") == "At least one class applies."
    press(page, "1", "3", "4")
    assert page.inner_text("#change") == "refund on, praise off: only one of them may apply."
    press(page, "2")
    assert "At most 2 classes may apply: turn another off before broken." in page.inner_text(
        "#change"
    )
    assert chosen(page) == ["late", "refund"]
    press(page, "Enter")
    all_saved(page)
    assert labels(tmp_path) == ['["late", "refund"]']
    assert page.is_hidden("#alert")


def test_undo_shows_what_was_chosen_and_takes_other_toggles(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 6)
    url = console(here)
    page = open_page(browser, url)
    press(page, "1", "2", "Enter", "0", ",")
    page.keyboard.type("3 of them?")
    press(page, "Enter", "5", "Enter", "?", ".", "Backspace", "Backspace", "Backspace")
    assert "You answered lost, and found." in page.inner_text("#item")
    assert chosen(page) == ["lost, and found"]
    assert page.input_value("#note") == "3 of them?"
    press(page, "Backspace")
    assert "You answered none of these." in page.inner_text("#item")
    press(page, "6", "Enter", "ArrowRight")
    all_saved(page)
    page.goto(url)
    page.wait_for_selector("#item[data-item]")
    press(page, "Backspace")
    assert 'You answered the "rest".' in page.inner_text("#item")
    press(page, "6", "1", "Enter")
    all_saved(page)
    stood = {
        row["item_id"]: (row["outcome"], row["label"])
        for row in reviews(tmp_path)
        if not row["superseded"]
    }
    assert list(stood.values()) == [
        ("label", '["broken", "late"]'), ("label", '["lost, and found"]'), ("unsure", None),
        ("skip", None), ("label", '["late"]'),
    ]  # fmt: skip


def test_what_is_suggested_is_marked_and_taken_whole(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 1, suggestion='["broken", "lost, and found"]')
    plan(tmp_path / "reviews.sqlite", 1, first=1, suggestion="[]")
    plan(tmp_path / "reviews.sqlite", 1, first=2, suggestion='["praise", "refund"]')
    page = open_page(browser, console(here, blind=False, hint_share=1.0))
    assert "Suggested by machine: broken, lost, and found" in page.inner_text("#item")
    assert page.locator(".class.suggested").count() == 2
    assert chosen(page) == []
    press(page, "=")
    assert "Suggested by machine: none of these" in page.inner_text("#item")
    page.click("#take")
    press(page, "=")
    assert "Only one of praise, refund may apply" in page.inner_text("#change")
    all_saved(page)
    assert labels(tmp_path) == ['["broken", "lost, and found"]', "[]"]


def test_no_suggestion_is_taken_where_none_is_shown(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 2, suggestion='["broken"]')
    page = open_page(browser, console(here))
    assert page.is_hidden("#take")
    assert page.locator(".class.suggested").count() == 0
    press(page, "=", "1", "Enter")
    all_saved(page)
    assert labels(tmp_path) == ['["late"]']


def dispute(tmp_path, *said):
    store = ReviewStore(tmp_path / "reviews.sqlite", kind=Several())
    store.plan([Assignment(item_id="q", batch=BATCH, origin="queue", text="It broke.")])
    for who, (outcome, label) in zip(("ann", "ben", "eve"), said, strict=False):
        store.record("q", BATCH, who, outcome, label, "queue", 1.0, idempotency_key=who * 3)
    store.close()


def test_a_judge_sees_each_set_with_what_differs_and_settles_it(browser, here, tmp_path):
    dispute(tmp_path, ("label", '["broken", "late"]'), ("label", '["late", "refund"]'))
    page = open_page(browser, console(here) + "/adjudicate")
    opinions = page.locator(".opinions li")
    assert sorted(opinions.all_inner_texts()) == ["broken, late", "late, refund"]
    assert page.locator(".opinions .torn").all_inner_texts() == ["broken", "refund"]
    counts = {
        name: page.locator(f".class[data-label={name}] .count")
        for name in ("late", "broken", "praise")
    }
    assert counts["late"].inner_text() == "2 of 2"
    assert counts["broken"].inner_text() == "1 of 2"
    assert counts["praise"].is_hidden()
    assert chosen(page) == []
    press(page, "1", "4", "Enter")
    all_saved(page)
    settled = reviews(tmp_path)[-1]
    assert (settled["origin"], settled["label"]) == ("adjudicate", '["late", "refund"]')


def test_a_judge_sees_who_named_nothing_and_who_was_not_sure(browser, here, tmp_path):
    dispute(tmp_path, ("label", "[]"), ("unsure", None), ("label", '["late"]'))
    page = open_page(browser, console(here) + "/adjudicate")
    said = sorted(page.locator(".opinions li").all_inner_texts())
    assert said == ["late", "none of these", "not sure"]
    assert page.locator(".class[data-label=late] .count").inner_text() == "1 of 2"


def test_hidden_gold_is_right_where_the_whole_set_is(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 1, "check", gold='["broken", "late"]')
    plan(tmp_path / "reviews.sqlite", 1, "check", 1, gold='["broken", "late"]')
    url = console(here, check_rate=1.0)
    page = open_page(browser, url)
    press(page, "2", "1", "Enter", "1", "Enter")
    all_saved(page)
    page.goto(f"{url}/people")
    assert "50 %" in page.inner_text("tbody tr")
    assert "of 2" in page.inner_text("tbody tr")


def test_sixty_long_names_are_toggled_by_their_keys_and_by_search_and_fit_into_an_answer(
    browser, here, tmp_path
):
    plan(tmp_path / "reviews.sqlite", 2)
    names = [f"topic {i} ".ljust(80, "é") for i in range(70)]
    page = open_page(browser, console(here, Limits(), names))
    with_key = page.locator(".class:not([data-key=''])")
    assert with_key.count() == 61
    for at in range(61):
        press(page, with_key.nth(at).get_attribute("data-key"))
    for at in range(61, 70):
        press(page, "/")
        page.keyboard.type(f"topic {at}")
        press(page, "Enter")
    assert page.inner_text("#chosen").startswith("70 chosen")
    press(page, "Enter")
    all_saved(page)
    assert [sorted(json.loads(one)) for one in labels(tmp_path)] == [sorted(names)]


def test_a_screen_reader_hears_what_a_key_does(browser, here, tmp_path):
    plan(tmp_path / "reviews.sqlite", 1)
    page = open_page(browser, console(here))
    late = page.get_by_role("checkbox", name="late", exact=True)
    assert late.get_attribute("aria-keyshortcuts") == "1"
    press(page, "1")
    assert late.is_checked()
    status = page.locator(".choice[role=status]")
    assert status.text_content() == "late on. 1 chosen: late"
    press(page, "1")
    assert status.text_content().strip() == "late off."


@pytest.mark.parametrize(
    "context",
    [{}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}, "has_touch": True}],
)
@pytest.mark.parametrize(("path", "many"), [("/", False), ("/", True), ("/adjudicate", False)])
def test_axe_finds_no_serious_fault(browser, here, tmp_path, context, path, many):
    from axe_playwright_python.sync_playwright import Axe

    plan(tmp_path / "reviews.sqlite", 3, suggestion='["broken"]')
    dispute(tmp_path, ("label", '["broken", "late"]'), ("label", '["late"]'))
    names = (*NAMES, *(f"a topic of a rather long name, number {i}" for i in range(54 * many)))
    page = open_page(
        browser, console(here, names=names, blind=False, hint_share=1.0) + path, **context
    )
    press(page, "1", "3", "4")
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
