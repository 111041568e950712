"""Times as files write them, and the batches that they fall into."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from labeling.files.cells import Written
from labeling.items.batches import batch_of
from labeling.items.times import read_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T08:15:00", "2026-03-02 08:15:00"),
        ("2026-03-02 08:15:00 UTC", "2026-03-02 08:15:00"),
        ("2026-03-02 08:15:00UTC", "2026-03-02 08:15:00"),
        ("2026-03-02 08:15:00 GMT", "2026-03-02 08:15:00"),
        ("2026-03-02 08:15:00 Z", "2026-03-02 08:15:00"),
        ("2026-03-02 08:15:00 +0100", "2026-03-02 07:15:00"),
        ("2026-03-02 08:15:00.5 -05:00", "2026-03-02 13:15:00.500000"),
        ("2026-07-02 08:15:00 Europe/Berlin", "2026-07-02 06:15:00"),
        ("2026-03-02T08:15:00+01:00[Europe/Berlin]", "2026-03-02 07:15:00"),
        ("2026/03/02 08:15", "2026-03-02 08:15:00"),
        ("20260302", "2026-03-02 00:00:00"),
        ("20260302081500", "2026-03-02 08:15:00"),
        ("20260302T081500Z", "2026-03-02 08:15:00"),
        ("2026-W10-1", "2026-03-02 00:00:00"),
        ("Mon, 02 Mar 2026 08:15:00 +0100", "2026-03-02 07:15:00"),
        ("1611021112", "2021-01-19 01:51:52"),
        ("1611021112.25", "2021-01-19 01:51:52.250000"),
        ("1611021112233", "2021-01-19 01:51:52.233000"),
        ("1611021112233444", "2021-01-19 01:51:52.233444"),
        ("1611021112233444555", "2021-01-19 01:51:52.233444"),
        (1611021112, "2021-01-19 01:51:52"),
        (1611021112233, "2021-01-19 01:51:52.233000"),
        (1611021112.25, "2021-01-19 01:51:52.250000"),
        (Written("1611021112.25"), "2021-01-19 01:51:52.250000"),
        (date(2026, 3, 2), "2026-03-02 00:00:00"),
        (datetime(2026, 3, 2, 8, 15, tzinfo=BERLIN), "2026-03-02 07:15:00"),
    ],
)
def test_a_time_is_read_alike_whatever_way_it_is_written(written, meant):
    assert str(read_time(written)) == meant


@pytest.mark.parametrize(
    "written",
    ["03/02/2026", "2026-03-02 08:15:00 PST8", "2026-03-02 08:15 PM", "12345", "161102111223344",
     "2026", "soon", True, [1], "2026-03-02 08:15:00 ../UTC", "99999999"],
)  # fmt: skip
def test_what_could_be_read_in_several_ways_or_in_none_is_refused(written):
    with pytest.raises(ValueError, match="is not a time that can be read"):
        read_time(written)


def test_a_form_of_ones_own_is_the_only_one():
    assert str(read_time("2.3.26", form="%d.%m.%y")) == "2026-03-02 00:00:00"
    with pytest.raises(ValueError, match=r"source.time_format says, '%d.%m.%y'"):
        read_time("2026-03-02", form="%d.%m.%y")


def test_a_time_without_a_zone_is_from_the_zone_of_the_batches():
    assert str(read_time("2026-07-02 00:30", BERLIN)) == "2026-07-01 22:30:00"
    assert str(read_time("2026-07-02 00:30Z", BERLIN)) == "2026-07-02 00:30:00"


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_have_the_hours_that_clocks_give_them(day, hours):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    times = [(start + timedelta(hours=h)).replace(tzinfo=None) for h in range(96)]
    assert Counter(batch_of(time, "day", BERLIN) for time in times)[str(day)] == hours
    each = [batch_of(time, "hour", BERLIN) for time in times]
    assert len(set(each)) == len(each)
    assert sorted(each) == each
