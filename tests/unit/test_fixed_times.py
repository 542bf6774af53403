"""Times that are written digit under digit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.fixed_times import read_fixed
from evcharge.frames import Conventions
from evcharge.instants import parse_instants
from tests.support.strategies import laws

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock without a zone

parts = st.tuples(
    st.integers(1899, 2201),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 61),
    st.integers(0, 999_999),
)
forms = st.sampled_from(
    [
        ("{0:04}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}{7}", 0),
        ("{0:04}-{1:02}-{2:02} {3:02}:{4:02}:{5:02}.{6:06}{7}", 1),
        ("{0:04}-{1:02}-{2:02}T{3:02}:{4:02}{7}", None),
    ]
)
offsets = st.sampled_from([("", None), ("Z", 0), ("+05:30", 330), ("-0400", -240), ("+00", 0), ("-15:00", 99)])


def milliseconds(told: tuple[int, ...], *, seconds: int, microseconds: int) -> int | None:
    """What a clock shows, in milliseconds since 1970; None where no clock shows it."""
    try:
        clock = datetime(*told[:5], seconds, microseconds)  # noqa: DTZ001
    except ValueError:
        return None
    return (clock - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.thorough
@laws(100)
@given(st.lists(parts, min_size=1, max_size=6), forms, offsets)
def test_a_time_is_read_as_the_calendar_has_it_or_left_to_the_other_way(rows, form, offset):
    pattern, fraction = form
    text, minutes = offset
    texts = [pattern.format(*row, text) for row in rows]
    read = read_fixed(texts, "iso8601")
    for at, row in enumerate(rows):
        second = 0 if fraction is None else row[5]
        expected = milliseconds(row, seconds=second, microseconds=row[6] if fraction else 0)
        if read.is_read[at]:
            assert read.clock_ms[at] == expected
            assert bool(read.has_offset[at]) == bool(text)
            assert read.offset_minutes[at] == (minutes or 0)
        else:
            assert expected is None or minutes == 99 or row[0] in (1899, 1900, 2200, 2201) or at > 0


@pytest.mark.thorough
@laws(60)
@given(
    st.lists(parts.map(lambda row: "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*row)), min_size=1, max_size=5),
    st.sampled_from(["Z", "-04:00", "+0530", ""]),
    st.sampled_from([None, "America/New_York", "Australia/Lord_Howe"]),
    st.sampled_from(["reject", "first", "second"]),
)
def test_a_column_says_what_it_says_when_it_is_written_so_that_each_time_is_read_by_itself(texts, offset, zone, choice):
    conventions = Conventions(timezone=zone, ambiguous_time=choice)
    together = parse_instants(pd.Series([text + offset for text in texts], dtype=object), conventions)
    alone = parse_instants(pd.Series([text.replace("T", "t") + offset for text in texts], dtype=object), conventions)
    for name in vars(together):
        assert list(getattr(together, name).astype(object)) == list(getattr(alone, name).astype(object)) or pd.Series(
            getattr(together, name)
        ).equals(pd.Series(getattr(alone, name)))


@pytest.mark.parametrize("hours", [1, 2])
def test_both_hours_of_a_clock_change_are_told_however_the_time_is_read(hours):
    conventions = Conventions(timezone="America/New_York")
    times = parse_instants(pd.Series([f"2025-11-02T0{hours}:30:00", "2025-07-01T12:00:00"], dtype=object), conventions)
    assert times.repeated.tolist() == [hours == 1, False]
    assert times.instants[1] == pd.Timestamp("2025-07-01T16:00:00Z")


def test_a_pattern_whose_parts_have_fixed_places_is_read_at_once_and_others_are_not():
    assert read_fixed(["09/03/2024 08:07:06"], "%d/%m/%Y %H:%M:%S").clock_ms.tolist() == [
        int(datetime(2024, 3, 9, 8, 7, 6, tzinfo=timezone.utc).timestamp() * 1000)
    ]
    assert not read_fixed(["9/3/2024 08:07"], "%d/%m/%Y %H:%M").is_read.any()
    assert not read_fixed(["09.03.24"], "%d.%m.%y").is_read.any()
    assert not read_fixed(["03/09/2024 08:07 PM"], "%m/%d/%Y %I:%M %p").is_read.any()


def test_a_time_unlike_the_others_takes_none_of_them_along():
    read = read_fixed(["2024-03-09T08:07:06Z", "2024-03-09T08:07:xxZ", None, "2024-03-09T08:07:07Z", "x"], "iso8601")
    assert read.is_read.tolist() == [True, False, False, True, False]
    assert not read_fixed(["２024-03-09T08:07:06Z"], "iso8601").is_read.any()
