"""The page of items whose stretches are marked, in a real browser."""

import json
import random
import re
from contextlib import closing

import pyarrow.parquet as pq
import pytest

from console.settings import ClassInfo
from labeling.kinds.spans.kind import SpansOfClasses
from resources.reviews.aside import bring_up
from resources.reviews.rows import Assignment
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, DATA
from tests.console.test_browser import all_saved, open_page, reviews

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAMES = ("Drug", "Disease", "Gene", "a class of a rather long name")
KEYS = dict(zip(NAMES, "1234", strict=True))
TEXT = "Aspirin for gout, and IL-2 for cancer of the skin."
WORDS = re.compile(r"\w+")


def put_up(tmp_path, *texts, origin="queue", first=0, **more):
    with closing(ReviewStore(tmp_path / "reviews.sqlite", kind=SpansOfClasses())) as store:
        store.plan(
            Assignment(item_id=str(i), batch=BATCH, origin=origin, text=text, **more)
            for i, text in enumerate(texts, first)
        )


def dispute(tmp_path, text, *said):
    with closing(ReviewStore(tmp_path / "reviews.sqlite", kind=SpansOfClasses())) as store:
        store.plan([Assignment(item_id="q", batch=BATCH, origin="queue", text=text)])
        for who, label in zip(("ann", "ben", "eve"), said, strict=False):
            outcome = "unsure" if label is None else "label"
            store.record("q", BATCH, who, outcome, label, "queue", 1.0, idempotency_key=who * 3)


def console(here, overlap=False, names=NAMES, **more):
    classes = [ClassInfo(name, f"About {name}.") for name in names]
    return here(classes=classes, kind=SpansOfClasses(overlap=overlap), **more)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def stored(tmp_path):
    return [json.loads(row["label"]) for row in reviews(tmp_path) if not row["superseded"]]


def drawn(page):
    """What is marked on the screen: words and class of each span."""
    every = page.locator("#item mark.span").all()
    return [(one.evaluate("m => m.textContent"), one.get_attribute("data-name")) for one in every]


def selected(page):
    return page.evaluate("[...CSS.highlights.get('cursor')][0].toString()")


def heard(page):
    return page.text_content("#change")


def word_at(page, word, nth=0):
    """The middle of a word on the screen."""
    return page.evaluate(
        """([word, nth]) => {
          const walk = document.createTreeWalker(document.querySelector("#item .text"), NodeFilter.SHOW_TEXT);
          for (let node; (node = walk.nextNode()); ) {
            const found = node.data.indexOf(word);
            if (found < 0 || nth-- > 0) continue;
            const range = document.createRange();
            range.setStart(node, found);
            range.setEnd(node, found + word.length);
            const box = range.getBoundingClientRect();
            return [box.left, box.top + box.height / 2, box.right];
          }
        }""",
        [word, nth],
    )


def click(page, word, **more):
    left, middle, right = word_at(page, word)
    page.mouse.click((left + right) / 2, middle, **more)


def drag(page, first, last, inside=3.0):
    left, y, _ = word_at(page, first)
    _, below, right = word_at(page, last)
    page.mouse.move(left + inside, y)
    page.mouse.down()
    page.mouse.move(right - inside, below, steps=4)
    page.mouse.up()


def long_text(rng, n_words):
    marks = ("", "", "", ",", ".", "…", "\n")
    vocabulary = (
        "heart",
        "naïve",
        "cafe\u0301",
        "café",
        "👩‍⚕️",
        "🏳️‍🌈",
        "β",
        "zoë",
        "µg",
        "النص",
        "IL",
        "x",
    )
    return " ".join(rng.choice(vocabulary) + rng.choice(marks) for _ in range(n_words))


def test_three_hundred_spans_by_keyboard_in_mid_text_are_stored_as_they_were_made(
    browser, here, tmp_path
):
    rng = random.Random(11)
    text = long_text(rng, 900)
    put_up(tmp_path, text)
    page = open_page(browser, console(here))
    # Steps as the page takes them: words of letters, digits and symbols.
    steps = page.evaluate(
        """text => [...new Intl.Segmenter("en", {granularity: "word"}).segment(text)]
          .filter((s) => /[\\p{L}\\p{N}\\p{S}\\p{M}]/u.test(s.segment)).map((s) => [s.index, s.index + s.segment.length])""",
        text,
    )
    units = text.encode("utf-16-le")

    def character(unit):
        return len(units[: 2 * unit].decode("utf-16-le"))

    at, wanted = 100, []
    press(page, *["ArrowRight"] * at)
    for _ in range(300):
        more = rng.choice((0, 0, 1))
        name = rng.choice(NAMES)
        press(page, *["Shift+ArrowRight"] * more, KEYS[name])
        wanted.append([character(steps[at][0]), character(steps[at + more][1]), name])
        gap = rng.choice((1, 1, 2))
        press(page, *["ArrowRight"] * gap)
        at += more + gap
    assert page.inner_text("#chosen") == "300 marked"
    assert page.locator("#item .text").evaluate("t => t.textContent") == text
    press(page, "Enter")
    all_saved(page)
    assert stored(tmp_path) == [wanted]
    assert page.faults == []


def test_a_word_is_marked_with_one_key_after_it_is_reached(browser, here, tmp_path):
    put_up(tmp_path, TEXT, "gout")
    page = open_page(browser, console(here))
    press(page, "1", "ArrowRight", "ArrowRight", "2", "Enter", "2", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [[[0, 7, "Drug"], [12, 16, "Disease"]], [[0, 4, "Disease"]]]


def test_letters_words_and_ends_of_a_text_are_selected_by_keys(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    seen = []
    for keys in (
        ["ArrowRight"], ["Shift+ArrowRight"], ["Shift+ArrowLeft"], ["Shift+ArrowLeft"],
        ["Escape"], ["Control+Shift+ArrowLeft"], ["Control+Shift+ArrowLeft"], ["Alt+Shift+ArrowRight"],
        ["End"], ["Control+ArrowLeft"], ["Control+ArrowLeft"], ["Shift+ArrowRight"],
        ["Home"], ["ArrowLeft"], ["Control+ArrowRight"], ["ArrowRight"],
        ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight"],
    ):  # fmt: skip
        press(page, *keys)
        seen.append(selected(page))
    assert seen == [
        "for", "for gout", "for", "Aspirin for",
        "Aspirin", "Aspiri", "Aspir", "Aspiri",
        "skin", "n", "i", "in",
        "Aspirin", "Aspirin", "A", "Aspirin",
        "IL-2",
    ]  # fmt: skip


def test_letters_are_never_cut(browser, here, tmp_path):
    text = "cafe\u0301 👩‍⚕️👍🏽 नमस्ते 한국"
    put_up(tmp_path, text)
    page = open_page(browser, console(here))
    press(page, "End", "Control+Shift+ArrowLeft", "1")
    press(page, "Home", *["Control+ArrowRight"] * 4, "1")
    press(page, *["Control+ArrowRight"] * 2, "2", "Control+ArrowRight", "3")
    letters = [mark for mark, _ in drawn(page)]
    assert letters == ["e\u0301", "👩‍⚕️", "👍🏽", "한"]
    click(page, "नम")
    press(page, "Control+Shift+ArrowLeft", "1", "Enter")
    all_saved(page)
    spans = stored(tmp_path)[0]
    assert [text[start:end] for start, end, _ in spans] == [
        "e\u0301", "👩‍⚕️", "👍🏽", "नम", "한",
    ]  # fmt: skip


def test_the_mouse_takes_whole_words_and_with_alt_letters(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    drag(page, "Aspirin", "gout", inside=9)
    assert selected(page) == "Aspirin for gout"
    page.click(".class[data-label=Disease]")
    click(page, "IL")
    assert selected(page) == "IL"
    page.keyboard.down("Alt")
    drag(page, "can", "can", inside=0.5)
    page.keyboard.up("Alt")
    assert selected(page) == "can"
    press(page, "1")
    page.click("#confirm")
    all_saved(page)
    assert stored(tmp_path) == [[[0, 16, "Disease"], [31, 34, "Drug"]]]


def test_a_finger_selects_words_and_marks_them(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here), has_touch=True, viewport={"width": 360, "height": 740})
    left, middle, right = word_at(page, "gout")
    page.touchscreen.tap((left + right) / 2, middle)
    assert selected(page) == "gout"
    page.tap(".class[data-label=Disease]")
    page.evaluate(  # as the handles of a selection do
        """() => {
          const node = [...document.querySelector("#item .text").childNodes].at(-1);
          const at = node.data.indexOf("cancer");
          getSelection().setBaseAndExtent(node, at, node, at + 11);
        }"""
    )
    page.wait_for_function("[...CSS.highlights.get('cursor')][0].toString() === 'cancer of t'")
    page.tap(".class[data-label=Gene]")
    page.tap("#confirm")
    all_saved(page)
    assert stored(tmp_path) == [[[12, 16, "Disease"], [31, 42, "Gene"]]]


def test_fingers_move_the_edges_of_a_selection_and_of_a_mark_by_letters(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here), has_touch=True, viewport={"width": 360, "height": 740})

    def tap(edge, by, times=1):
        for _ in range(times):
            page.tap(f"#edges [data-edge={edge}][data-by='{by}']")

    left, middle, right = word_at(page, "gout")
    page.touchscreen.tap((left + right) / 2, middle)
    tap("end", -1)
    tap("start", 1)
    assert (selected(page), drawn(page)) == ("ou", [])
    page.tap(".class[data-label=Disease]")
    tap("start", -1)
    tap("end", 1, 2)
    assert (selected(page), drawn(page)) == ("gout,", [("gout,", "Disease")])
    tap("end", -1)
    tap("start", -1)  # over the blank, onto the last letter of the word before
    assert drawn(page) == [("r gout", "Disease")]
    page.tap("#undo")
    assert drawn(page) == [("gout", "Disease")]
    left, middle, right = word_at(page, "for")
    page.touchscreen.tap((left + right) / 2, middle)
    page.tap(".class[data-label=Drug]")
    tap("end", 1)
    assert drawn(page) == [("for", "Drug"), ("gout", "Disease")]
    assert heard(page) == "gout, Disease is there."
    tap("end", -1, 5)
    assert drawn(page)[0] == ("f", "Drug")
    page.tap("#confirm")
    all_saved(page)
    assert stored(tmp_path) == [[[8, 9, "Drug"], [12, 16, "Disease"]]]


def test_a_mark_changes_its_class_goes_and_comes_back(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    press(page, "Shift+ArrowRight", "Shift+ArrowRight", "1", "Home", "2")
    assert drawn(page) == [("Aspirin for gout", "Disease")]
    press(page, "2")
    assert heard(page) == "Disease already."
    press(page, "-")
    assert drawn(page) == []
    press(page, "-")
    assert heard(page) == "Nothing is marked here."
    press(page, "Backspace")
    assert drawn(page) == [("Aspirin for gout", "Disease")]
    press(page, "Control+z")
    assert drawn(page) == [("Aspirin for gout", "Drug")]
    press(page, "End")
    click(page, "gout")
    assert selected(page) == "Aspirin for gout"
    click(page, "gout")
    assert selected(page) == "gout"
    press(page, "Delete", "3", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [[[12, 16, "Gene"]]]


def test_marks_do_not_overlap_and_what_goes_is_said(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    press(page, "1", "ArrowRight", "Shift+ArrowLeft", "2")
    assert drawn(page) == [("Aspirin for", "Disease")]
    assert heard(page) == "Disease: Aspirin for, in place of Aspirin, Drug."
    press(page, "Home", "Control+ArrowRight", "Shift+ArrowRight", "3")
    assert drawn(page) == [("Aspirin", "Gene")]
    press(page, "Enter")
    all_saved(page)
    assert stored(tmp_path) == [[[0, 7, "Gene"]]]


def test_marks_overlap_where_the_task_says_so(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here, overlap=True))
    press(page, "Shift+ArrowRight", "Shift+ArrowRight", "1")
    press(page, "End", "Home", "2", "+", "3", "ArrowRight", "4", "1")
    page.click("#beside")
    press(page, "2", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [
        [[0, 7, "Disease"], [0, 7, "Gene"], [0, 16, "Drug"], [8, 11, "Disease"], [8, 11, "Drug"]]
    ]


def test_nothing_is_an_answer_of_its_own(browser, here, tmp_path):
    put_up(tmp_path, TEXT, TEXT)
    page = open_page(browser, console(here))
    press(page, "Enter")
    assert "Nothing is marked yet" in page.inner_text("#change")
    press(page, "1", "0")
    assert "Something is marked: unmark it first" in page.inner_text("#change")
    press(page, "-", "0")
    page.click("#none")
    all_saved(page)
    assert stored(tmp_path) == [[], []]


def test_undo_reaches_from_marks_to_the_answers_before(browser, here, tmp_path):
    put_up(tmp_path, TEXT, "gout or not", "none")
    url = console(here)
    page = open_page(browser, url)
    press(page, "1", "Enter", "2", "Enter", "1", "Backspace", "Backspace")
    assert "You answered gout Disease." in page.inner_text("#item")
    assert drawn(page) == [("gout", "Disease")]
    assert page.locator(".class.chosen").get_attribute("data-label") == "Disease"
    press(page, "Escape", "Backspace", "End", "3", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [[[0, 7, "Drug"]], [[0, 4, "Disease"], [8, 11, "Gene"]]]
    page.goto(url)
    page.wait_for_selector("#item[data-item]")
    press(page, "Backspace")
    assert drawn(page) == [("gout", "Disease"), ("not", "Gene")]


def test_what_is_suggested_is_shown_in_the_text_and_taken_at_once_or_one_by_one(
    browser, here, tmp_path
):
    said = '[[0, 7, "Drug"], [12, 16, "Disease"], [31, 99, "Disease"]]'
    put_up(tmp_path, TEXT, TEXT, suggestion=said)
    page = open_page(browser, console(here, blind=False, hint_share=1.0))
    assert "Suggested by machine: Aspirin Drug, gout Disease" in page.inner_text("#item")
    assert page.locator("#item mark.proposed").count() == 2
    assert drawn(page) == []
    press(page, "ArrowRight", "Shift+ArrowRight", "3", "=")
    assert "1 overlaps what is marked" in page.inner_text("#change")
    press(page, "Enter")
    press(page, "Control+ArrowDown")
    assert heard(page) == "gout, Disease proposed"
    press(page, "2", "Control+ArrowUp", "-", "=", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [
        [[0, 7, "Drug"], [8, 16, "Gene"]],
        [[0, 7, "Drug"], [12, 16, "Disease"]],
    ]


def test_nothing_of_a_suggestion_is_shown_on_audits(browser, here, tmp_path):
    put_up(
        tmp_path, TEXT, origin="audit", probability=0.5, suggestion='[[0, 7, "Drug"]]',
        context={"highlights": [{"start": 0, "end": 7, "rule": "r"}]},
    )  # fmt: skip
    page = open_page(browser, console(here, blind=False, hint_share=1.0))
    assert page.locator("#item mark").count() == 0
    assert page.is_hidden("#take")
    press(page, "=", "0")
    all_saved(page)
    assert stored(tmp_path) == [[]]


def test_a_judge_sees_what_differs_and_keeps_what_all_marked(browser, here, tmp_path):
    dispute(
        tmp_path, TEXT,
        '[[0, 7, "Drug"], [12, 16, "Disease"]]', '[[0, 7, "Drug"], [31, 49, "Disease"]]', None,
    )  # fmt: skip
    page = open_page(browser, console(here) + "/adjudicate")
    assert sorted(page.locator(".opinions li").all_inner_texts()) == [
        "cancer of the skin Disease, 1 that all marked",
        "gout Disease, 1 that all marked",
        "not sure",
    ]
    assert drawn(page) == [("Aspirin", "Drug")]
    assert page.locator("#item mark.proposed").count() == 2
    press(page, "Control+ArrowDown", "Control+ArrowDown", "2", "Enter")
    all_saved(page)
    settled = reviews(tmp_path)[-1]
    assert settled["origin"] == "adjudicate"
    assert json.loads(settled["label"]) == [[0, 7, "Drug"], [31, 49, "Disease"]]


def test_two_thousand_marks_are_drawn_once_and_moving_changes_none(browser, here, tmp_path):
    spans = [[5 * i, 5 * i + 4, NAMES[i % 4]] for i in range(2000)]
    put_up(tmp_path, "gout " * 2100, suggestion=json.dumps(spans))
    page = open_page(browser, console(here, blind=False, hint_share=1.0))
    press(page, "=")
    assert page.locator("#item mark.span").count() == 2000
    page.evaluate(
        """() => {
          window.changed = 0;
          new MutationObserver((all) => { for (const one of all) window.changed += 1 + one.addedNodes.length; })
            .observe(document.querySelector("#item .text"), { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    press(page, *["ArrowRight"] * 5, *["PageDown"] * 5, "Shift+ArrowRight", "Control+ArrowDown")
    assert page.evaluate("window.changed") == 0
    press(page, "End", "1")
    assert 0 < page.evaluate("window.changed") < 10  # what is around the new mark
    assert page.inner_text("#chosen") == "2,001 marked"
    press(page, "Enter")
    all_saved(page)
    assert len(stored(tmp_path)[0]) == 2001


def test_a_long_text_follows_the_cursor(browser, here, tmp_path):
    text = " ".join(f"word{i}" for i in range(3000))
    put_up(tmp_path, text)
    page = open_page(browser, console(here))

    def in_sight():
        return page.evaluate(
            """() => {
              const box = document.getElementById("item").getBoundingClientRect();
              const here = [...CSS.highlights.get("cursor")][0].getBoundingClientRect();
              return here.top >= box.top && here.bottom <= box.bottom;
            }"""
        )

    places = []
    for key in (
        "PageDown",
        "PageDown",
        "ArrowDown",
        "ArrowDown",
        "ArrowUp",
        "PageUp",
        "End",
        "Home",
    ):
        press(page, key)
        assert in_sight(), key
        places.append(int(selected(page)[4:]))
    assert 0 < places[0] < places[1] < places[2] < places[3]
    assert places[4] == places[2]
    assert places[5] < places[4]
    assert places[6:] == [2999, 0]


def test_arrows_go_the_way_of_the_writing(browser, here, tmp_path):
    text = "الأسبرين علاج النقرس عند Bayer"
    put_up(tmp_path, text)
    page = open_page(browser, console(here))
    press(page, "ArrowLeft")
    assert selected(page) == "علاج"
    press(page, "Shift+ArrowLeft", "2", "ArrowRight", "1", "Enter")
    all_saved(page)
    (spans,) = stored(tmp_path)
    assert [(text[a:b], name) for a, b, name in spans] == [
        ("الأسبرين", "Drug"), ("علاج النقرس", "Disease"),
    ]  # fmt: skip


def test_text_that_looks_like_markup_is_text(browser, here, tmp_path):
    text = '<img src=x onerror="window.hurt=1"> & <b>gout</b>'
    put_up(tmp_path, text)
    page = open_page(browser, console(here))
    press(page, "1", "End", "2")
    assert page.locator("#item .text").evaluate("t => t.textContent") == text
    assert page.locator("#item img").count() == 0
    assert page.evaluate("window.hurt") is None


def test_an_answer_to_an_edited_text_is_told_and_the_item_comes_with_its_new_text(
    browser, here, tmp_path
):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    press(page, "1")
    with closing(ReviewStore(tmp_path / "reviews.sqlite", kind=SpansOfClasses())) as store:
        bring_up(store, [CurrentItem("0", BATCH, f"Now: {TEXT}", None)])
    press(page, "Enter")
    page.wait_for_selector("#alert:not([hidden])")
    assert "the text was edited while it was open" in page.inner_text("#alert")
    page.wait_for_selector("#item[data-item='0']")
    assert page.inner_text("#item .text").startswith("Now: Aspirin")
    press(page, "ArrowRight", "1", "Enter")
    all_saved(page)
    assert stored(tmp_path) == [[[5, 12, "Drug"]]]


def test_a_screen_reader_hears_where_it_is_and_what_a_key_did(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    status = page.locator("#change[role=status]")
    press(page, "ArrowRight", "ArrowRight")
    assert status.text_content() == "gout"
    press(page, "2")
    assert status.text_content() == "Disease: gout."
    press(page, "ArrowLeft", "ArrowRight")
    assert status.text_content() == "gout, Disease"
    press(page, "-")
    assert status.text_content() == "Unmarked: gout, Disease."
    press(page, "Backspace")
    assert status.text_content() == "Undone. 1 marked."
    assert page.get_attribute("#item .text", "aria-live") == "off"
    disease = page.get_by_role("button", name="Disease")
    assert disease.get_attribute("aria-keyshortcuts") == "2"


def test_keys_go_on_where_single_keys_are_off_and_the_item_is_in_focus(browser, here, tmp_path):
    put_up(tmp_path, TEXT)
    page = open_page(browser, console(here))
    page.uncheck("#keys-on")
    page.focus("#item")
    press(page, "ArrowRight", "1")
    assert (selected(page), drawn(page)) == ("for", [])
    page.focus(".class[data-label=Drug]")
    press(page, "Enter")
    assert drawn(page) == [("for", "Drug")]


@pytest.mark.parametrize(
    "context",
    [{}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}, "has_touch": True}],
)
@pytest.mark.parametrize("path", ["/", "/adjudicate"])
def test_axe_finds_no_serious_fault(browser, here, tmp_path, context, path):
    from axe_playwright_python.sync_playwright import Axe

    put_up(tmp_path, TEXT, suggestion='[[0, 7, "Drug"], [31, 37, "Disease"]]')
    dispute(tmp_path, TEXT, '[[0, 7, "Drug"], [12, 16, "Disease"]]', '[[0, 7, "Drug"]]')
    page = open_page(
        browser, console(here, blind=False, hint_share=1.0, overlap=True) + path, **context
    )
    press(page, "1", "ArrowRight", "Shift+ArrowRight", "2", "Shift+ArrowRight", "3", "Enter", "4")
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


@pytest.mark.skipif(not (DATA / "span_bc5cdr").is_dir(), reason="the set is not here")
def test_marks_of_real_abstracts_are_made_by_keyboard_as_they_were_recorded(
    browser, here, tmp_path
):
    items = list(recorded(6))
    put_up(tmp_path, *(text for text, _ in items))
    page = open_page(browser, console(here, names=("Chemical", "Disease")))
    for text, spans in items:
        page.wait_for_function(
            "t => document.querySelector('#item .text').textContent === t", arg=text
        )
        words = page.evaluate(
            """t => [...new Intl.Segmenter("en", {granularity: "word"}).segment(t)]
              .filter((s) => /[\\p{L}\\p{N}\\p{S}\\p{M}]/u.test(s.segment)).map((s) => [s.index, s.index + s.segment.length])""",
            text,
        )
        at = 0
        for start, end, name in spans:
            first = next(i for i, (_, to) in enumerate(words) if to > start)
            press(page, *["ArrowRight"] * (first - at))
            last = next((i for i, (_, to) in enumerate(words) if to >= end), len(words) - 1)
            if words[first][0] == start and words[last][1] == end:
                press(page, *["Shift+ArrowRight"] * (last - first))
            else:  # within a word, or punctuation at an end
                press(page, *["Control+ArrowRight"] * (1 + start - words[first][0]))
                press(
                    page,
                    *["Control+ArrowLeft"] * (words[first][1] - start) * (start < words[first][0]),
                )
                press(page, *["Control+Shift+ArrowRight"] * (end - start - 1))
            press(page, "1" if name == "Chemical" else "2")
            at = sum(to <= end for _, to in words) - 1
        press(page, "Enter" if spans else "0")
    all_saved(page)
    assert stored(tmp_path) == [spans for _, spans in items]


def recorded(n):
    """Abstracts of BC5CDR with the chemicals and diseases that its annotators marked."""
    rows = pq.read_table(DATA / "span_bc5cdr" / "spans.parquet").slice(0, n).to_pylist()
    for row in rows:
        tokens = json.loads(row["tokens"])
        begins = [sum(len(one) + 1 for one in tokens[:at]) for at in range(len(tokens))]
        spans = [
            [begins[a], begins[b - 1] + len(tokens[b - 1]), name]
            for a, b, name in json.loads(row["gold"])
        ]
        yield " ".join(tokens), sorted(spans)
