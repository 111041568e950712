"""Tables on the page: made of what is published, filtered and downloaded in a browser."""

from dataclasses import replace

import pyarrow as pa
from playwright.sync_api import expect

from console.dashboard.findings import findings
from console.dashboard.page import render
from console.dashboard.recipes import RECIPES
from resources.store.published import published
from tests.console.dashboard.test_page import report
from tests.fakes.pictures import data_url, wall

OVERALL = pa.table(
    {
        "series": ["labels", "voter/rule/link", "class/spam"],
        "version": [None, "v1", None],
        "class": ["(all)", "(all)", "spam"],
        "items": [1200, 300, 40],
        "reviewed": [60, 20, 5],
        "errors": [6, 1, 0],
        "accuracy": [0.9, 0.95, 1.0],
        "accuracy_low": [0.8, 0.76, 0.5],
        "accuracy_high": [0.95, 0.99, 1.0],
    }
)
WORDS = pa.table(
    {
        "batch": ["2026-03-02", "2026-03-03"],
        "word": ["<script>alert(1)</script>", "=cmd()"],
        "before": [0.0, 0.01],
        "now": [0.1, 0.2],
    }
)


def test_what_is_not_published_or_empty_is_not_told_of():
    assert findings({}) == []
    assert findings({"new_words": WORDS.slice(0, 0)}) == []


def test_numbers_are_shown_as_people_read_them():
    (told,) = findings({"overall": OVERALL})
    assert told.columns[:3] == ("Series", "Version", "Items")
    assert [line.cells for line in told.lines] == [
        ("labels", "", "1,200", "60", "6", "90.0 %", "80.0 to 95.0 %"),
        ("voter/rule/link", "v1", "300", "20", "1", "95.0 %", "76.0 to 99.0 %"),
    ]
    assert [line.voter for line in told.lines] == ["", "rule/link"]


def test_pictures_stand_in_the_page_and_nothing_is_loaded_from_elsewhere():
    wrong = pa.table(
        {
            "item_id": ["a", "b", "c"],
            "image": [data_url(wall(0, cracked=True)), "https://example.org/a.png", None],
            "text": ["", "", ""],
        }
    )
    (told,) = findings({"mistakes": wrong})
    assert "Picture" in told.columns
    assert "Text" not in told.columns
    html = render(replace(report(), published={"mistakes": wrong}))
    assert html.count('<img src="data:image/png;base64,') == 1
    assert "example.org/a.png" not in html
    (words,) = findings({"mistakes": wrong.drop_columns(["image"])})
    assert "Picture" not in words.columns


def test_every_recipe_reads_the_columns_of_its_table():
    for recipe in RECIPES:
        row = dict.fromkeys(published()[recipe.table].published_columns)
        for show in recipe.columns.values():
            show(row)


def test_published_text_stays_text_and_filters_and_csv_work(browser, tmp_path):
    page_file = tmp_path / "page.html"
    page_file.write_text(render(report(published={"new_words": WORDS, "overall": OVERALL})))
    page = browser.new_context(accept_downloads=True).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto(page_file.as_uri())
    page.click("#new-words-finding summary")
    page.wait_for_selector("#filters output:not(:empty)", state="attached")
    rows = page.locator("#new-words-finding tbody tr:visible")
    expect(rows).to_have_count(2)
    batches = page.locator("#from option").all_inner_texts()
    page.select_option("#from", batches[-1])
    expected = sum(
        batch not in batches or batch == batches[-1] for batch in WORDS["batch"].to_pylist()
    )
    expect(rows).to_have_count(expected)
    page.click("#filters button[type=reset]")
    expect(rows).to_have_count(2)
    with page.expect_download() as download:
        page.click("[data-save=new-words]")
    text = download.value.path().read_bytes().decode("utf-8")
    assert text.splitlines()[0] == "Batch,Word,Before,Now"
    assert "'=cmd()" in text
    assert errors == []


def test_marked_spans_are_shown_strict_beside_overlap_and_other_kinds_not_at_all():
    figures = dict.fromkeys(("precision", "recall", "f1"), 0.8)
    bounds = {f"{name}_{end}": 0.8 for name in figures for end in ("low", "high")}
    names = ("Drug", "(micro)", "(overlap) Drug", "(overlap) (micro)")
    rows = [{"span": "all", "class": n, "reviewed": 5, **figures, **bounds} for n in names]
    (shown,) = findings({"class_report": pa.Table.from_pylist(rows)})
    told = [line.cells[:2] for line in shown.lines]
    assert told == [(name, how) for name in ("(micro)", "Drug") for how in ("strict", "overlap")]
    assert findings({"class_report": pa.Table.from_pylist(rows[:2])}) == []
