import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from console.dashboard import charts
from console.dashboard.data import ReportData, columns_of
from console.dashboard.page import HERE, render, sections
from console.dashboard.summary import headline
from console.dashboard.versions import few_versions
from labeling.errors import QualityError


def report(batches=24, alarm_from=20, **changes):
    rng = np.random.default_rng(7)
    names = [(date(2024, 1, 1) + timedelta(t)).isoformat() for t in range(batches)]
    late = np.arange(batches) >= alarm_from
    accuracy = np.where(late, 0.85, 0.94) + rng.normal(0, 0.01, batches)
    accuracy[3::17] = np.nan
    quality = pa.table(
        {
            "batch": names,
            "items": np.full(batches, 500),
            "labelled": np.full(batches, 450),
            "coverage": rng.uniform(0.8, 0.9, batches),
            "conflict": rng.uniform(0.05, 0.1, batches),
            "abstain_rate": rng.uniform(0.1, 0.2, batches),
            "reviewed": np.full(batches, 50),
            "accuracy": accuracy,
            "accuracy_low": accuracy - 0.05,
            "accuracy_high": np.minimum(accuracy + 0.04, 1),
            "alarm": late,
            "alarms": np.where(late, "labels", ""),
            "cost_usd": np.full(batches, 0.25),
            "queue_size": np.full(batches, 12),
        }
    )
    shares = pa.table(
        {
            "batch": np.repeat(names, 2),
            "label": ["HAM", "SPAM"] * batches,
            "items": [300, 150] * batches,
            "share": [2 / 3, 1 / 3] * batches,
        }
    )
    voters = pa.table(
        {
            "voter": ["rule/link", "llm/judge", "llm/judge"],
            "version": ["a1b2c3d4e5", "11112222", "33334444"],
            "votes": [100, 400, 420],
            "coverage": [0.2, 0.8, 0.85],
            "overlap": [0.2, 0.2, 0.2],
            "conflict": [0.02, 0.05, 0.06],
            "reviewed": [10, 60, 70],
            "accuracy": [0.9, 0.93, 0.95],
            "accuracy_low": [0.6, 0.84, 0.87],
            "accuracy_high": [0.98, 0.97, 0.98],
            "cost_usd": [0.0, 3.0, 3.0],
        }
    )
    classes = pa.table(
        {
            "class": ["HAM", "SPAM"],
            "reviewed": [80, 40],
            "precision": [0.95, 0.9],
            "precision_low": [0.9, 0.8],
            "precision_high": [0.98, 0.95],
            "recall": [0.96, 0.88],
            "recall_low": [0.9, 0.78],
            "recall_high": [0.99, 0.94],
        }
    )
    evidence = pa.table(
        {
            "batch": names * 2,
            "series": np.repeat(["labels", "class/SPAM"], batches),
            "log_evidence": np.tile(np.where(late, 9.0, 2.0), 2),
            "log_limit": np.repeat([7.6, 8.3], batches),
            "alarm": np.tile(late, 2),
        }
    )
    open_alarm = {"series": "labels", "batch": names[-1], "state": "open"}
    fields = {
        "task": "youtube_spam",
        "title": "Quality of youtube_spam",
        "description": "Comments under videos.",
        "generated_at": datetime(2026, 11, 23, 12, tzinfo=UTC),
        "quality_by_batch": quality,
        "class_shares": shares,
        "voter_scorecard": voters,
        "class_quality": classes,
        "evidence": evidence,
        "alarms": pa.Table.from_pylist([open_alarm]),
        "target_accuracy": 0.92,
    } | changes
    return ReportData(**fields)


def payload(page):
    found = re.search(
        r'<script type="application/json" id="payload">(.*?)</script>', page, re.DOTALL
    )
    return json.loads(found.group(1))


def test_every_chart_is_a_valid_drawing_of_its_table():
    for section in sections(0.92):
        for figure in section.figures:
            spec = figure.draw().to_dict()
            assert f'"name": "{figure.table}"' in json.dumps(spec)
            for row in figure.rows:
                assert row in columns_of(figure.table).names


def test_a_chart_asks_only_for_columns_that_are_published():
    for section in sections(0.92):
        for figure in section.figures:
            text = json.dumps(figure.draw().to_dict())
            asked = set(re.findall(r'"field": "(\w+)"', text))
            made = set(re.findall(r'"as": "(\w+)"', text)) | {"measure", "value", "name"}
            assert asked - made <= set(columns_of(figure.table).names)


def test_the_page_carries_its_tables_and_loads_nothing():
    page = render(report())
    data = payload(page)
    assert len(data["tables"]["quality_by_batch"]) == 24
    assert data["tables"]["quality_by_batch"][3]["accuracy"] is None
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "@import" not in page


def test_of_spans_the_page_says_what_is_counted():
    shares = {"coverage": 0.2, "overlaps": 0.5, "conflicts": 0.1}
    rule = {"rule": "placebo", "label": "Drug", "by_class": "not Drug 3", "votes": 3, "gold": 0}
    rules = pa.Table.from_pylist([rule | shares])
    items, spans = (render(report(rules=rules, marks_text=marks)) for marks in (False, True))
    for said in ("how many items labelled so are so", "Shares of all items."):
        assert said in items
        assert said not in spans
    for said in ("how many of the spans given are right", "of the rule's marks", "what is none"):
        assert said in spans
        assert said not in items


def test_no_two_landmarks_go_by_one_name():
    rule = dict.fromkeys(("votes", "coverage", "overlaps", "conflicts"), 0) | {"rule": "thanks"}
    page = render(report(rules=pa.Table.from_pylist([rule])))
    names = re.findall(r'<(?:section|div)[^>]*aria-label(?:ledby)?="([^"]+)"', page)
    names = [name for name in names if not name.startswith("Download ")]
    assert "rules-title" in names
    assert "alarms-title" in names
    assert len(names) == len(set(names))


def test_the_page_holds_no_end_of_script_in_its_own_script():
    assert "</" not in (HERE / "page.js").read_text()


def test_markup_in_names_stays_text():
    nasty = "</script><b>x"
    page = render(report(title=nasty, notes=(nasty,), description=nasty))
    assert nasty not in page


def test_simulated_voters_are_told_at_the_top():
    assert "Simulated voters." in render(report(simulated_voters=True))
    assert "Simulated voters." not in render(report())


def test_headlines_tell_what_was_not_measured():
    empty = columns_of("quality_by_batch").empty_table()
    assert headline(report(quality_by_batch=empty))[0].value == "none"
    unmeasured = pa.table({"batch": ["a"], "items": [10], "labelled": [9]})
    assert headline(report(quality_by_batch=unmeasured))[0].value == "not measured"
    numbers = {number.name: number for number in headline(report())}
    assert numbers["Alarm"].attention
    assert numbers["Alarm"].value == "1 open"
    healed = report(alarms=pa.Table.from_pylist([{"series": "labels", "state": "reset"}]))
    assert not {n.name: n for n in headline(healed)}["Alarm"].attention


def test_the_tile_speaks_of_every_open_alarm_not_of_the_labels_alone():
    rows = [
        {"series": "class/SPAM", "batch": "2024-01-20", "state": "open"},
        {"series": "voter/rule/link", "batch": "2024-01-21", "state": "open"},
        {"series": "labels", "batch": "2024-01-02", "state": "acknowledged"},
    ]
    tile = {n.name: n for n in headline(report(alarms=pa.Table.from_pylist(rows)))}["Alarm"]
    assert (tile.value, tile.attention) == ("2 open", True)
    assert "class/SPAM, voter/rule/link" in tile.remark


def test_a_voter_of_many_versions_is_told_once():
    names = ("overlap", "conflict", "cost_usd", "calls", "cached", "parse_failures", "refusals")
    one = {"voter": "student", "votes": 100, "coverage": 0.1, **dict.fromkeys(names, None)}
    one |= {"overlap": 0.5, "conflict": 0.2, "reviewed": 5, "accuracy": 0.6}
    one |= {"accuracy_low": 0.2, "accuracy_high": 0.9}
    many = [{**one, "version": f"v{at}"} for at in range(5)]
    few = [{**one, "voter": "rule/a", "version": f"v{at}"} for at in range(2)]
    whole = {**one, "series": "voter/student", "class": "(all)", "version": None, "reviewed": 25}
    told = few_versions(pa.Table.from_pylist([*few, *many]), pa.Table.from_pylist([whole]))
    assert told["voter"].to_pylist() == ["rule/a", "rule/a", "student"]
    row = told.to_pylist()[-1]
    assert (row["version"], row["votes"], row["reviewed"]) == (None, 500, 25)
    assert (row["coverage"], row["overlap"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_an_empty_report_is_a_page_and_no_error():
    nothing = {
        name: columns_of(name).empty_table()
        for name in (
            "quality_by_batch",
            "class_shares",
            "voter_scorecard",
            "class_quality",
            "evidence",
        )
    }
    assert "nothing to draw yet" in render(report(**nothing))


def test_a_chart_with_nothing_but_zeros_is_left_out():
    table = report().quality_by_batch
    free = table.set_column(
        table.column_names.index("cost_usd"), "cost_usd", pa.array([0.0] * table.num_rows)
    )
    assert "cost-over-time" in payload(render(report()))["figures"]
    assert "cost-over-time" not in payload(render(report(quality_by_batch=free)))["figures"]


def test_a_column_of_the_wrong_type_is_named():
    wrong = pa.table({"batch": ["a"], "items": ["many"]})
    with pytest.raises(QualityError, match="quality_by_batch, column items"):
        report(quality_by_batch=wrong)


def test_a_chart_over_time_leaves_the_order_of_batches_alone():
    spec = json.dumps(charts.accuracy_over_time(None).to_dict())
    assert '"sort": null' in spec


def opened(browser, tmp_path, data, script="", **context):
    """Open the page as a file; return it with its console messages and outside requests."""
    file = tmp_path / "report.html"
    file.write_text(render(data))
    page = browser.new_context(accept_downloads=True, **context).new_page()
    page.add_init_script(script)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda request: (
            asked.append(request.url)
            if not request.url.startswith(("file:", "data:", "blob:"))
            else None
        ),
    )
    page.goto(file.as_uri())
    return page, said, asked


def see_everything(page, figures):
    for key in figures:
        page.locator(f"#{key}").scroll_into_view_if_needed()
        page.locator(f"#{key} .chart svg").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_filter_and_download_works_in_a_browser(browser, tmp_path, scheme):
    data = report()
    page, said, asked = opened(browser, tmp_path, data, color_scheme=scheme)
    figures = payload(render(data))["figures"]
    see_everything(page, figures)

    page.locator("#from").select_option("2024-01-20")
    page.locator("#voter").select_option("rule/link")
    page.locator("#class").select_option("SPAM")
    assert page.locator("#state").inner_text() == "5 of 24 batches shown"
    for key, rows in (
        ("accuracy-over-time", 5),
        ("class-shares", 5),
        ("voter-accuracy", 1),
        ("class-quality", 1),
    ):
        page.locator(f"#{key} summary").click()
        page.locator(f"#{key} tbody tr").first.wait_for()
        assert page.locator(f"#{key} tbody tr").count() == rows
        with page.expect_download() as download:
            page.locator(f"#{key} [data-download=csv]").click()
        text = Path(download.value.path()).read_text()
        assert len(list(csv.DictReader(io.StringIO(text)))) == rows
    with page.expect_download() as download:
        page.locator("#accuracy-over-time [data-download=png]").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")

    page.get_by_role("button", name="Show everything").click()
    page.wait_for_function("document.querySelector('#state').textContent.startsWith('24 of 24')")
    see_everything(page, figures)
    assert (said, asked) == ([], [])


@pytest.mark.browser
def test_a_phone_shows_it_without_sideways_scrolling_and_keys_reach_everything(browser, tmp_path):
    page, said, _ = opened(
        browser, tmp_path, report(), viewport={"width": 360, "height": 740}, is_mobile=True
    )
    see_everything(page, ["accuracy-over-time", "voter-reach", "reviews-over-time"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("window.scrollTo(0, 0)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert {"from", "to", "voter", "class", "PNG", "CSV"} <= reached
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend(browser, tmp_path, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = opened(browser, tmp_path, report(simulated_voters=True), color_scheme=scheme)
    see_everything(page, ["accuracy-over-time"])
    page.locator("#accuracy-over-time summary").click()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []


FIRST_CHART = """
new MutationObserver(() => { if (document.querySelector(".chart svg")) window.drawn ??= performance.now(); })
  .observe(document, {childList: true, subtree: true});
"""
"""Notes when the first chart stands."""


@pytest.mark.browser
def test_three_years_of_daily_batches_are_painted_before_any_chart_and_charts_as_they_are_seen(
    browser, tmp_path
):
    page, said, _ = opened(
        browser, tmp_path, report(batches=1095, alarm_from=1000), script=FIRST_CHART
    )
    page.locator(".chart svg").first.wait_for()
    paints = page.evaluate("performance.getEntriesByType('paint').map((entry) => entry.startTime)")
    assert max(paints) < page.evaluate("window.drawn")
    assert page.locator(".chart svg").count() < page.locator(".chart").count()
    assert said == []
