"""Items that are pictures, in a real browser."""

import time

import pytest

from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH
from tests.console.test_browser import all_saved, open_page, reviews
from tests.fakes.pictures import data_url, wall

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 800}},
        {"viewport": {"width": 360, "height": 740}, "has_touch": True},
    ],
)
def test_a_picture_is_seen_whole_beside_what_is_known_of_it(browser, here, tmp_path, context):
    picture = data_url(wall(0, cracked=True).resize((600, 400)))
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.plan(
        [Assignment(item_id="a", batch=BATCH, origin="queue", image=picture, context={"road": "7"})]
    )
    store.close()
    page = open_page(browser, here(), **context)
    drawn = "document.querySelector('.picture').naturalWidth"
    until = time.monotonic() + 30
    while not page.evaluate(drawn) and time.monotonic() < until:  # the page forbids to poll by eval
        page.wait_for_timeout(50)
    assert page.evaluate(drawn) == 600
    card, image = (page.locator(name).bounding_box() for name in ("#item", ".picture"))
    assert image["height"] > 200
    assert image["y"] + image["height"] <= card["y"] + card["height"]
    assert page.locator("#item .fields").is_visible()
    buttons = page.locator(".class").first.bounding_box()
    assert buttons["y"] + buttons["height"] < context["viewport"]["height"]


def test_an_image_that_is_none_is_told_and_can_be_skipped(browser, here, tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.plan(
        [Assignment(item_id=str(i), batch=BATCH, origin="queue", image="no.png") for i in range(2)]
    )
    store.close()
    page = open_page(browser, here())
    page.wait_for_selector(".broken")
    page.keyboard.press(".")
    all_saved(page)
    assert reviews(tmp_path)[0]["outcome"] == "skip"
