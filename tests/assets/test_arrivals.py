"""Landing files: what arrives is in arrivals or in quarantine, and landing it twice changes nothing."""

import csv

import pytest

from assets.landing import arrivals
from assets.landing.arrivals import land
from cli.new.new import create
from orchestration.planning import batches_to_label
from resources.store.session import Session
from resources.store.tables import FILES
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import load_task

HEADER = ["item_id", "received_at", "channel", "text"]


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    """An empty task: a function that puts a file of rows there, and one that lands and looks."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = create(tmp_path, "letters")
    for path in (folder / "items").iterdir():
        path.unlink()
    task = load_task(folder)

    class Inbox:
        def __init__(self):
            self.warehouse = warehouse_of(task)
            self.task = task

        def settings(self, old, new):
            path = folder / "task.yaml"
            path.write_text(path.read_text().replace(old, new, 1))
            self.task = load_task(folder)

        def link(self, name, target):
            (folder / "items" / name).symlink_to(target)

        def put(self, name, rows, header=HEADER):
            (folder / "items" / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / "items" / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header, *rows])

        def put_bytes(self, name, data):
            (folder / "items" / name).write_bytes(data)

        def remove(self, name):
            (folder / "items" / name).unlink()

        def land(self):
            return land(self.task, self.warehouse)

        def arrived(self):
            return self._rows(
                "select item_id, text, file, row, batch from raw.arrivals order by file, row"
            )

        def quarantined(self):
            return self._rows(
                "select kind, file, row, batch, field, reason, content from raw.quarantine"
                " order by kind, file, row"
            )

        def _rows(self, sql):
            return self.warehouse.ask(sql).to_pylist()

    return Inbox()


def row(item, text, day="2026-03-02"):
    return [item, f"{day}T10:00:00", "mail", text]


def test_every_row_stands_where_it_came_from(inbox):
    inbox.put("a.csv", [row("1", "one"), row("2", "two", "2026-03-03")])
    assert inbox.land() == {
        "files": 1,
        "rows": 2,
        "quarantined": 0,
        "files_gone": 0,
        "other_texts": 0,
    }
    assert inbox.arrived() == [
        {"item_id": "1", "text": "one", "file": "a.csv", "row": 1, "batch": "2026-03-02"},
        {"item_id": "2", "text": "two", "file": "a.csv", "row": 2, "batch": "2026-03-03"},
    ]


def test_landing_the_same_files_again_reads_nothing_and_changes_nothing(inbox):
    inbox.put("a.csv", [row("1", "one"), row("", "no id")])
    inbox.land()
    before = inbox.arrived(), inbox.quarantined()
    assert inbox.land() == {
        "files": 0,
        "rows": 0,
        "quarantined": 0,
        "files_gone": 0,
        "other_texts": 0,
    }
    assert (inbox.arrived(), inbox.quarantined()) == before


def test_a_changed_file_replaces_what_it_brought_before(inbox):
    inbox.put("a.csv", [row("1", "one"), row("", "no id")])
    inbox.put("b.csv", [row("9", "nine")])
    inbox.land()
    inbox.put("a.csv", [row("1", "one, corrected"), row("2", "two")])
    assert inbox.land()["files"] == 1
    assert [r["text"] for r in inbox.arrived()] == ["one, corrected", "two", "nine"]
    assert inbox.quarantined() == []


def test_rows_kept_and_rows_set_aside_add_up(inbox):
    rows = [
        row("1", "one"),
        row("", "no id"),
        row("3", ""),
        row("4", "four", "someday"),
        row("5", "5"),
    ]
    inbox.put("a.csv", rows)
    counts = inbox.land()
    assert counts["rows"] + counts["quarantined"] == len(rows)
    assert [(r["row"], r["field"]) for r in inbox.quarantined()] == [
        (2, "item_id"),
        (3, "text"),
        (4, "received_at"),
    ]
    assert all(r["content"] and r["reason"] for r in inbox.quarantined())


def test_the_same_id_with_another_text_is_told_with_both_places(inbox):
    inbox.put("a.csv", [row("1", "one"), row("2", "two")])
    inbox.put("b.csv", [row("3", "three"), row("1", "one, otherwise", "2026-03-05")])
    inbox.land()
    (told,) = inbox.quarantined()
    assert (told["kind"], told["file"], told["row"]) == ("duplicate", "b.csv", 2)
    assert told["reason"] == (
        "the same id with another text stands in a.csv, row 1, and counts in batch 2026-03-02"
    )
    assert told["content"] == "one, otherwise"
    assert told["field"] == "item_id"


def test_the_same_text_on_another_day_is_told_and_counts_once(inbox):
    inbox.put("a.csv", [row("1", "one")])
    inbox.put("b.csv", [row("1", "one", "2026-03-05"), row("2", "two", "2026-03-05")])
    inbox.land()
    (told,) = inbox.quarantined()
    assert (told["kind"], told["file"], told["row"]) == ("duplicate", "b.csv", 1)
    assert told["reason"] == "the same id stands in a.csv, row 1, and counts in batch 2026-03-02"


def test_the_same_row_twice_is_no_fault(inbox):
    inbox.put("a.csv", [row("1", "one"), row("1", "one")])
    inbox.put("b.csv", [row("1", "one")])
    inbox.land()
    assert inbox.quarantined() == []


def test_a_duplicate_that_was_mended_leaves_quarantine(inbox):
    inbox.put("a.csv", [row("1", "one")])
    inbox.put("b.csv", [row("1", "one, otherwise")])
    inbox.land()
    inbox.put("b.csv", [row("2", "one, otherwise")])
    inbox.land()
    assert inbox.quarantined() == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"id,received_at,channel,text\n1,,mail,a\n", "column 'item_id' is missing"),
        (b"item_id,received_at,channel,text\n", "no row below its header"),
    ],
)
def test_a_file_that_cannot_be_used_stops_no_other(inbox, data, reason):
    inbox.put("a.csv", [row("1", "one")])
    inbox.put_bytes("b.csv", data)
    inbox.land()
    assert [r["item_id"] for r in inbox.arrived()] == ["1"]
    (told,) = inbox.quarantined()
    assert (told["kind"], told["file"], told["row"]) == ("file", "b.csv", None)
    assert reason in told["reason"]


def test_nothing_that_can_be_used_at_all_is_an_error_that_names_files_and_rows(inbox):
    inbox.put("a.csv", [row("", "no id")])
    inbox.put_bytes("b.csv", b"")
    with pytest.raises(TaskError) as caught:
        inbox.land()
    told = str(caught.value)
    assert "task 'letters' has no row that can be used" in told
    assert "a.csv, row 1, item_id: the id is empty" in told
    assert "b.csv: the file is empty" in told


def test_no_file_at_all_names_field_and_pattern(inbox):
    with pytest.raises(
        TaskError, match=r"task\.yaml: source\.files: no file matches .*items/\*\.csv"
    ):
        inbox.land()


def test_a_row_set_aside_belongs_to_the_batch_of_its_file(inbox):
    inbox.put("a.csv", [row("1", "one"), row("2", "two"), row("", "no id", "2026-03-09")])
    inbox.land()
    assert [r["batch"] for r in inbox.quarantined()] == ["2026-03-02"]


def test_html_emoji_and_markup_arrive_as_they_are(inbox):
    text = "<b>[bold]</b> \N{SNOWMAN} 'quoted' \"twice\" -- ; drop table"
    inbox.put("a.csv", [row("1", text)])
    inbox.land()
    assert inbox.arrived()[0]["text"] == text


def test_files_in_folders_are_told_apart_by_their_folders(inbox):
    inbox.settings("items/*.csv", "items/**/part-*.csv")
    for day in ("1", "2"):
        inbox.put(f"day/{day}/part-0.csv", [row(f"i{day}", day)])
    inbox.put("part-0.csv", [row("i0", "0")])
    inbox.land()
    assert [(one["file"], one["item_id"]) for one in inbox.arrived()] == [
        ("day/1/part-0.csv", "i1"),
        ("day/2/part-0.csv", "i2"),
        ("part-0.csv", "i0"),
    ]
    inbox.settings("every: day", "every: file")
    inbox.put("day/1/part-0.csv", [row("i1", "one")])
    inbox.land()
    assert inbox.arrived()[0]["batch"] == "day-1-part-0"


def test_days_begin_where_the_batches_live(inbox):
    inbox.settings("every: day", "every: day\n  timezone: Asia/Tokyo")
    inbox.put("a.csv", [["1", "2026-03-02T15:30:00Z", "mail", "one"], row("2", "two")])
    inbox.land()
    assert [one["batch"] for one in inbox.arrived()] == ["2026-03-03", "2026-03-02"]


def test_a_link_to_nothing_and_an_id_that_cannot_be_answered_are_set_aside(inbox):
    inbox.put("a.csv", [row("1", "one"), row("x" * 1_000, "y"), row("x" * 1_001, "z")])
    inbox.link("b.csv", "nowhere.csv")
    inbox.land()
    assert [len(one["item_id"]) for one in inbox.arrived()] == [1, 1_000]
    assert [(one["file"], one["reason"]) for one in inbox.quarantined()] == [
        ("b.csv", "cannot be opened: No such file or directory"),
        ("a.csv", "the id is longer than 1,000 characters"),
    ]


def test_another_query_takes_the_place_of_the_rows_of_the_one_before(inbox):
    query = "select 'q{0}' as item_id, timestamp '2026-03-02' as received_at, 'mail' as channel, 'hi {0}' as text"
    inbox.put("a.csv", [row("1", "one")])
    inbox.land()
    inbox.settings('  files: "items/*.csv"', f'  query: "{query.format(1)}"')
    assert inbox.land() == {
        "files": 1,
        "rows": 1,
        "quarantined": 0,
        "files_gone": 1,
        "other_texts": 0,
    }
    assert [(r["item_id"], r["file"]) for r in inbox.arrived()] == [("q1", "query")]
    inbox.settings(query.format(1), query.format(2))
    inbox.land()
    assert [(r["item_id"], r["text"]) for r in inbox.arrived()] == [("q2", "hi 2")]
    inbox.settings(query.format(2), f"{query.format(2)} where false")
    with pytest.raises(TaskError, match=r"source\.query gives none"):
        inbox.land()


def test_a_batch_is_labelled_anew_where_the_query_gives_another_text(inbox):
    query = "select 'q' as item_id, timestamp '2026-03-02' as received_at, 'mail' as channel, '{0}' as text"
    inbox.settings('  files: "items/*.csv"', f'  query: "{query.format("one")}"')
    inbox.land()
    (before,) = batches_to_label(inbox.task, inbox.warehouse).values()
    inbox.land()
    assert [*batches_to_label(inbox.task, inbox.warehouse).values()] == [before]
    inbox.settings(query.format("one"), query.format("two"))
    inbox.land()
    assert [*batches_to_label(inbox.task, inbox.warehouse).values()] != [before]


def test_reasons_that_are_not_shown_are_counted_where_no_row_can_be_used(inbox):
    for name in "abcde":
        inbox.put(f"{name}.csv", [])
    with pytest.raises(TaskError) as raised:
        inbox.land()
    told = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in told[1:4]] == ["  a.csv", "  b.csv", "  c.csv"]
    assert told[4] == "  and 2 more: touchstone quarantine letters"


@pytest.mark.parametrize("rows_together", [1, 4, 20_000])
def test_files_written_together_are_what_each_brought_and_one_transaction(
    inbox, monkeypatch, rows_together
):
    monkeypatch.setattr("assets.landing.arrivals.ROWS_TOGETHER", rows_together)
    for day in range(1, 6):
        of_day = [[f"{day}-{n}", f"2026-03-0{day} 09:00", "mail", f"text {n}"] for n in (1, 2)]
        inbox.put(f"{day}.csv", [*of_day, ["", f"2026-03-0{day} 09:00", "mail", "no id"]])
    written = []
    whole = arrivals._write

    def counted(db, files):
        written.append([name for one in files for name in one[FILES]["file"].to_pylist()])
        whole(db, files)

    monkeypatch.setattr(arrivals, "_write", counted)
    assert inbox.land()["files"] == 5
    assert [name for names in written for name in names] == [f"{day}.csv" for day in range(1, 6)]
    assert len(written) == {1: 5, 4: 3, 20_000: 1}[rows_together]
    brought = [(row["file"], row["item_id"]) for row in inbox.arrived()]
    assert brought == [(f"{day}.csv", f"{day}-{n}") for day in range(1, 6) for n in (1, 2)]
    assert [row["file"] for row in inbox.quarantined()] == [f"{day}.csv" for day in range(1, 6)]


def test_a_landing_ended_before_its_duplicates_were_set_aside_sets_them_aside_the_next_time(
    inbox, monkeypatch
):
    inbox.put("a.csv", [["m1", "2026-03-02 09:00", "mail", "one"]])
    inbox.land()
    inbox.put("b.csv", [["m1", "2026-03-02 10:00", "mail", "another"]])
    run = Session.run

    def ended(self, query, **given):
        if query == "landing.arrivals.set_duplicates_aside":
            raise KeyboardInterrupt
        return run(self, query, **given)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "run", ended)
        with pytest.raises(KeyboardInterrupt):
            inbox.land()
    assert not arrivals.has_landed(inbox.task, inbox.warehouse)
    inbox.land()
    assert [row["kind"] for row in inbox.quarantined()] == ["duplicate"]
