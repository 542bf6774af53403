"""Parsing: a text fits the stated convention or is marked."""

from __future__ import annotations

import ast
import math
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import evcharge.clean
import evcharge.fixed_times
import evcharge.ids
import evcharge.instants
import evcharge.limits
import evcharge.offsets
import evcharge.parse
import evcharge.parsed
import evcharge.rules
import evcharge.texts
import evcharge.thousands
import evcharge.times
from evcharge.frames import Conventions
from evcharge.instants import local_hours, parse_instants
from evcharge.parse import parse_durations, parse_numbers, parse_words
from evcharge.times import Times

MARKS = ("unreadable", "without_zone", "nonexistent", "ambiguous", "beyond_calendar")
IMPORTED = {
    "__future__",
    "collections.abc",
    "dataclasses",
    "datetime",
    "evcharge.arrays",
    "evcharge.fixed_times",
    "evcharge.frames",
    "evcharge.ids",
    "evcharge.instants",
    "evcharge.limits",
    "evcharge.offsets",
    "evcharge.parse",
    "evcharge.parsed",
    "evcharge.rules",
    "evcharge.texts",
    "evcharge.thousands",
    "evcharge.times",
    "itertools",
    "functools",
    "numpy",
    "numpy.typing",
    "pandas",
    "re",
    "typing",
    "zoneinfo",
}


def series(*texts: str | None) -> pd.Series:
    return pd.Series(texts, dtype="object")


def parsed(text: str | None, **conventions: str) -> Times:
    return parse_instants(series(text), Conventions(**conventions))


def instant(text: str, **conventions: str) -> str:
    times = parsed(text, **conventions)
    assert not marks(times)
    return times.instants[0].isoformat(timespec="milliseconds").removesuffix("+00:00")


def marks(times: Times) -> list[str]:
    return [mark for mark in MARKS if getattr(times, mark)[0]]


def number(text: str | None, decimal: str = ".") -> float | str:
    numbers = parse_numbers(series(text), decimal, 1)
    assert not numbers.unreadable[0] or math.isnan(numbers.amounts[0])
    return "unreadable" if numbers.unreadable[0] else numbers.amounts[0]


def duration(text: str | None, duration_format: str, decimal: str = ".") -> float | str:
    minutes = parse_durations(series(text), Conventions(duration_format=duration_format, decimal=decimal))
    assert not minutes.unreadable[0] or math.isnan(minutes.amounts[0])
    return "unreadable" if minutes.unreadable[0] else minutes.amounts[0]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("7.5", 7.5),
        (".5", 0.5),
        ("5.", 5),
        ("+7", 7),
        ("1e3", 1000),
        ("1E-3", 0.001),
        ("007", 7),
        ("-1", -1),
        (" 7\u00a0", 7),
        ("\x1c7\x1f", 7),
        ("1e309", math.inf),
        ("-1e309", -math.inf),
        ("9" * 400, math.inf),
        ("1e-400", 0),
    ],
)
def test_a_number_is_read_as_it_is_written(text, amount):
    assert number(text) == amount


@pytest.mark.parametrize("text", ["-0", "-0.0", "-1e-400"])
def test_minus_zero_is_zero(text):
    assert math.copysign(1, number(text)) == 1


@pytest.mark.parametrize("text", [None, "", " ", "\u00a0"])
def test_nothing_written_is_no_number_and_no_fault(text):
    assert math.isnan(number(text))
    assert math.isnan(parse_numbers(series(text, "1"), ".", 1).amounts[0])


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "NaN", "inf", "-Infinity", "null", "None"),
        *("7,5", "1,234.5", "1 234.5", "1\u00a0234", "1\u202f234", "1'234"),
        *("1_000", "١٢", "１２", "²", "0x1F", "1e00001"),
        *("12kWh", "5%", "--5", "+-5", "1e", "1e+", "1.2.3", ".", "-", "=1+1", "TRUE", "−5", "7\x00"),
    ],
)
def test_what_only_resembles_a_number_is_unreadable(text):
    assert number(text) == "unreadable"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("7,5", 7.5),
        ("-7,5", -7.5),
        (",5", 0.5),
        ("7", 7),
        ("7.5", "unreadable"),
        ("1.234,5", "unreadable"),
        ("1,234,5", "unreadable"),
    ],
)
def test_a_decimal_comma_is_the_only_sign_where_it_is_stated(text, amount):
    assert number(text, ",") == amount


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "amount"),
    [
        ("1.234,5", ",", ".", 1234.5),
        ("-1.234.567", ",", ".", -1234567),
        ("1.234", ",", ".", 1234),
        ("12,5", ",", ".", 12.5),
        ("1234,5", ",", ".", 1234.5),
        ("1,234.5", ".", ",", 1234.5),
        ("1,234", ".", ",", 1234),
        ("1 234,5", ",", "space", 1234.5),
        ("1\u00a0234", ".", "space", 1234),
        ("1\u202f234,", ",", "space", 1234),
        ("1'234.5", ".", "apostrophe", 1234.5),
        ("1\u2019234", ".", "apostrophe", 1234),
    ],
)
def test_the_stated_sign_may_stand_at_thousands(text, decimal, thousands, amount):
    assert parse_numbers(series(text), decimal, 1, thousands).amounts[0] == amount


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("12.34", ",", "."),
        ("0.125", ",", "."),
        ("01.234", ",", "."),
        ("1.23.456", ",", "."),
        ("1234.567", ",", "."),
        ("1.2345", ",", "."),
        ("1.234.", ",", "."),
        (".234", ",", "."),
        ("1,234.5", ",", "."),
        ("12,5", ".", ","),
        ("1 234", ".", ","),
        ("1 23", ".", "space"),
        ("1  234", ".", "space"),
        ("1'234", ".", "space"),
    ],
)
def test_a_sign_that_does_not_stand_at_thousands_makes_no_number(text, decimal, thousands):
    assert parse_numbers(series(text), decimal, 1, thousands).unreadable[0]


def test_a_length_may_have_a_sign_at_thousands():
    minutes = parse_durations(series("2.418"), Conventions(duration_format="minutes", decimal=",", thousands="."))
    assert minutes.amounts[0] == 2418


def test_numbers_are_divided_into_the_unit():
    assert parse_numbers(series("7500", "0,5"), ",", 1000).amounts.tolist() == [7.5, 0.0005]


@pytest.mark.parametrize(
    ("text", "duration_format", "minutes"),
    [
        ("1:30", "h:m:s", 90),
        ("01:30:30", "h:m:s", 90.5),
        ("0:00:01", "h:m:s", 1 / 60),
        (" 0:00 ", "h:m:s", 0),
        ("100:00:00", "h:m:s", 6000),
        ("1:60", "h:m:s", "unreadable"),
        ("1:00:60", "h:m:s", "unreadable"),
        ("1:5", "h:m:s", "unreadable"),
        ("90", "h:m:s", "unreadable"),
        ("-1:00", "h:m:s", "unreadable"),
        ("１:30", "h:m:s", "unreadable"),
        ("1:30:00.5", "h:m:s", "unreadable"),
        ("1 day, 1:30:00", "h:m:s", 1530),
        ("1.5", "hours", 90),
        ("90", "minutes", 90),
        ("-0", "minutes", 0),
        ("-1", "minutes", "unreadable"),
        ("-1e309", "minutes", "unreadable"),
        ("1:30", "minutes", "unreadable"),
        ("30", "seconds", 0.5),
        ("1e309", "seconds", math.inf),
    ],
)
def test_a_duration_is_read_in_the_stated_form_only(text, duration_format, minutes):
    assert duration(text, duration_format) == minutes


@pytest.mark.parametrize("duration_format", ["h:m:s", "hours", "minutes", "seconds"])
@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT2H15M", 135),
        ("PT45M", 45),
        ("P1DT30S", 1440.5),
        ("PT1.5H", 90),
        ("PT0S", 0),
        ("2.01:00:30", 2940.5),
        ("3 days 00:06:00", 4326),
        ("1 day 0:00:30.5", 1440 + 30.5 / 60),
        ("0 days 00:20:00", 20),
        ("2h 10m", 130),
        ("2h10m", 130),
        ("1 hour 5 minutes 30 seconds", 65.5),
        (" 90 min ", 90),
        ("1d 1h", 1500),
        ("30s", 0.5),
        ("1 day", 1440),
        ("26:03:04", 1563 + 4 / 60),
        ("0:30:00", 30),
    ],
)
def test_a_duration_that_states_its_own_units_is_read_whatever_the_form(text, duration_format, minutes):
    assert duration(text, duration_format) == pytest.approx(minutes, abs=1e-9)


@pytest.mark.parametrize("duration_format", ["h:m:s", "hours", "minutes", "seconds"])
@pytest.mark.parametrize(
    "text",
    [
        "0:60:00",
        "0:30:00.5",
        "P",
        "PT",
        "P1Y",
        "P1M",
        "-PT5M",
        "-2h",
        "-00:05:00",
        "1.24:00:00",
        "h",
        "5 m 2 h",
        "1.5.01:00",
        "３h",
    ],
)
def test_a_duration_whose_units_are_broken_or_have_no_one_length_is_unreadable(text, duration_format):
    assert duration(text, duration_format) == "unreadable"


def test_a_duration_follows_the_decimal_sign():
    assert duration("1,5", "hours", ",") == 90
    assert duration("1.5", "hours", ",") == "unreadable"


@pytest.mark.parametrize("duration_format", ["h:m:s", "hours", "minutes", "seconds"])
@pytest.mark.parametrize("text", [None, "", " "])
def test_nothing_written_is_no_duration_and_no_fault(text, duration_format):
    assert math.isnan(duration(text, duration_format))


@pytest.mark.parametrize("text", ["1", "yes", "Y", "true", "TRUE", "True", "t", "T", " true ", "\u00a0true"])
def test_the_stated_words_for_success_are_read_whatever_their_case(text):
    assert parse_words(series(text), Conventions()).tolist() == [True]


SPELT = [
    *((text, True) for text in ("1.0", "1.00", "1,00", "WAHR", "Ja", "oui", "SI", "s\u00ed", "TRUE\u200b", "\ufeff1")),
    *((text, False) for text in ("0,0", "0.00", "Faux", "nein", "non", "NO", "\u00a0false", "\u3000n\u200b")),
]


@pytest.mark.parametrize(("text", "meaning"), SPELT)
def test_a_stated_word_is_read_in_the_spellings_of_spreadsheets_and_pandas(text, meaning):
    assert parse_words(series(text), Conventions()).tolist() == [meaning]
    assert parse_words(series(text), Conventions(true_words=("ok",), false_words=("bad",))).isna().all()


@pytest.mark.parametrize("text", ["0", "no", "N", "false", "FALSE", "f"])
def test_the_stated_words_for_failure_are_read_whatever_their_case(text):
    assert parse_words(series(text), Conventions()).tolist() == [False]


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "off",
        "x",
        "2",
        "1.5",
        "10",
        "10.0",
        "1.",
        "1.000",
        "0.01",
        "-1",
        "\u200b",
        "truee",
        "ｔｒｕｅ",
        "",
        " ",
        None,
    ],
)
def test_other_words_are_not_taken_for_true_or_false(text):
    assert parse_words(series(text), Conventions()).isna().all()


def test_a_stated_word_means_what_is_stated_whatever_it_is_in_another_language():
    words = Conventions(true_words=("no", "yes"), false_words=("ja", "0"))
    read = parse_words(series("NO", "Ja", "oui", "nein", "0.0", "1.0"), words)
    assert read.tolist() == [True, False, True, True, False, pd.NA]


def test_words_are_those_of_the_profile_and_no_others():
    words = Conventions(true_words=("ja", "strasse"), false_words=("nein",))
    read = parse_words(series("JA", "Nein", "true", "0", "STRAẞE"), words)
    assert read.fillna(False).tolist() == [True, False, False, False, True]
    assert read.isna().tolist() == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-01T08:00:00-04:00", "2025-04-01T12:00:00.000"),
        ("2025-04-01 08:00:00+0530", "2025-04-01T02:30:00.000"),
        ("2025-04-01T08:00+02", "2025-04-01T06:00:00.000"),
        ("2025-04-01T08:00:00Z", "2025-04-01T08:00:00.000"),
        ("2025-04-01T08:00:00-00:00", "2025-04-01T08:00:00.000"),
        ("2025-04-01T08:00:00.9Z", "2025-04-01T08:00:00.900"),
        ("2025-04-01T08:00:00.999999Z", "2025-04-01T08:00:00.999"),
        ("2025-04-01T08:00:00.1234567Z", "2025-04-01T08:00:00.123"),
        ("2025-04-01T08:00:00.123456789+02:00", "2025-04-01T06:00:00.123"),
        ("2025-04-01t08:00:00,5z", "2025-04-01T08:00:00.500"),
        ("2024-02-29T23:59:59+14:00", "2024-02-29T09:59:59.000"),
        (" 2025-04-01T08:00:00Z\x1c", "2025-04-01T08:00:00.000"),
    ],
)
def test_an_iso_time_with_an_offset_is_that_instant_whatever_the_zone(text, expected):
    assert instant(text) == expected
    assert instant(text, timezone="Asia/Kathmandu") == expected


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
@pytest.mark.parametrize(
    "text",
    [
        *("2025-04-01T08:00:60Z", "2016-12-31T23:59:60Z", "2025-04-01T24:00:00Z", "2025-04-01T25:00:00Z"),
        *("2025-02-30T08:00:00Z", "2025-02-29T08:00:00Z", "2025-13-01T08:00:00Z", "2025-00-01T08:00:00Z"),
        *("0000-01-01T00:00:00Z", "01/02/2024", "13/02/2024", "01/02/2024 10:00", "20250401T080000Z"),
        *("now", "NOW", "today", "Today", "tomorrow", "NaT", "nan", "None", "null"),
        *("2025-04-01T08:00:00 EST", "2025-04-01T08:00:00+25:00", "2025-04-01T08:00:00+02:60"),
        *("２０２５-04-01T08:00:00Z", "2025-04-01T08:00:0٠Z", "2025-04-01T08:00:00.Z"),
        *("2024-W09-5", "2024-061", "2025-04-01", "2025-04", "2025-04-01T08Z", "1743508800", "45352.4"),
        *("2025-04-01T08:00:00−04:00", "Wed, 25 Apr 2018 11:08:04 GMT", "\x00", "\ud800"),
    ],
)
def test_what_is_not_an_iso_time_of_the_calendar_is_unreadable(text, zone):
    assert marks(parsed(text, timezone=zone)) == ["unreadable"]


@pytest.mark.parametrize("time_format", ["iso8601", "%Y-%m-%dT%H:%M:%SZ"])
@pytest.mark.parametrize("year", ["0001", "1800", "1899", "2200", "2300", "9999"])
def test_a_year_beyond_the_calendar_is_marked_so_in_every_format(year, time_format):
    assert marks(parsed(f"{year}-12-31T23:59:59Z", time_format=time_format, timezone="UTC")) == ["beyond_calendar"]


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("year", ["1800", "2204", "9999"])
def test_a_year_beyond_the_calendar_is_marked_so_without_a_zone_too(year, zone):
    assert marks(parsed(f"{year}-12-31T23:59:59", timezone=zone)) == ["beyond_calendar"]


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_the_calendar_includes_its_first_and_last_second(text):
    assert instant(text) == text.replace("Z", ".000")


@pytest.mark.parametrize("text", ["1", "0", "-1", "-2208988801", "7258118400", "9" * 15])
def test_epochs_are_seconds_and_those_beyond_the_calendar_are_marked(text):
    beyond = int(text) < -2208988800 or int(text) >= 7258118400
    assert marks(parsed(text, time_format="epoch_s")) == (["beyond_calendar"] if beyond else [])


@pytest.mark.parametrize(
    ("text", "time_format", "expected"),
    [
        ("1743508800", "epoch_s", "2025-04-01T12:00:00.000"),
        ("1743508800.1239", "epoch_s", "2025-04-01T12:00:00.123"),
        ("1743508800.123456789", "epoch_s", "2025-04-01T12:00:00.123"),
        ("1743508800123", "epoch_ms", "2025-04-01T12:00:00.123"),
        ("1743508800123.456", "epoch_ms", "2025-04-01T12:00:00.123"),
        ("1743508800123.9999999", "epoch_ms", "2025-04-01T12:00:00.123"),
        ("-0.5", "epoch_s", "1969-12-31T23:59:59.500"),
    ],
)
def test_an_epoch_keeps_its_milliseconds(text, time_format, expected):
    assert instant(text, time_format=time_format) == expected


@pytest.mark.parametrize("time_format", ["epoch_s", "epoch_ms"])
@pytest.mark.parametrize(
    "text", ["2025-04-01T12:00:00Z", "1.7e9", "１７４３５０８８００", "1_743_508_800", "1743508800,5", "x"]
)
def test_what_is_not_an_epoch_is_unreadable(text, time_format):
    assert marks(parsed(text, time_format=time_format)) == ["unreadable"]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("13/02/2025 10:00", "%d/%m/%Y %H:%M", "2025-02-13T10:00:00.000"),
        ("01/02/2025 10:00", "%d/%m/%Y %H:%M", "2025-02-01T10:00:00.000"),
        ("01/02/2025 10:00", "%m/%d/%Y %H:%M", "2025-01-02T10:00:00.000"),
        ("02/13/2025 10:00 PM", "%m/%d/%Y %I:%M %p", "2025-02-13T22:00:00.000"),
        ("Wed, 25 Apr 2018 11:08:04 GMT", "%a, %d %b %Y %H:%M:%S GMT", "2018-04-25T11:08:04.000"),
        ("2025-04-01 10:00:00.1234567+02:00", "%Y-%m-%d %H:%M:%S.%f%z", "2025-04-01T08:00:00.123"),
        ("2025/04/01 10:00:00+02", "%Y/%m/%d %H:%M:%S%z", "2025-04-01T08:00:00.000"),
        ("01.04.2025 10:00 PM -03", "%d.%m.%Y %I:%M %p %z", "2025-04-02T01:00:00.000"),
        ("2025-04-01 10:00:00.1234560", "%Y-%m-%d %H:%M:%S.%f", "2025-04-01T10:00:00.123"),
        ("2060-06-01 10:00", "%Y-%m-%d %H:%M", "2060-06-01T10:00:00.000"),
    ],
)
def test_a_pattern_reads_what_it_says(text, pattern, expected):
    assert instant(text, time_format=pattern, timezone="UTC") == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("13/02/2025", "%m/%d/%Y"),
        ("30/02/2025", "%d/%m/%Y"),
        ("now", "%d/%m/%Y"),
        ("Today", "%d/%m/%Y"),
        ("NaT", "%d/%m/%Y"),
        ("１３/02/2025", "%d/%m/%Y"),
        ("13/02/２０２５", "%d/%m/%Y"),
        ("13/02/2025 10:0٥ +0000", "%d/%m/%Y %H:%M %z"),
        ("13/02/2025 10:00", "%d/%m/%Y"),
        ("2025-04-01T08:00:00Z", "%d/%m/%Y"),
        ("2025-04-01 08:00:60", "%Y-%m-%d %H:%M:%S"),
        ("2025-04-01 08:00:61", "%Y-%m-%d %H:%M:%S"),
        ("2016-12-31 23:59:60Z", "%Y-%m-%d %H:%M:%S%z"),
        ("2025-04-01 24:00", "%Y-%m-%d %H:%M"),
        ("2025-04-01 08:00 +25:00", "%Y-%m-%d %H:%M %z"),
        ("2025-04-01 08:00", "%Y-%m-%d %H:%M %z"),
        ("2025-04-01 08:00 +25", "%Y-%m-%d %H:%M %z"),
        ("08:00 01-04-25", "%H:%M %d-%m-%y %z"),
        ("0000-01-01", "%Y-%m-%d"),
    ],
)
def test_a_text_that_does_not_fit_the_pattern_is_unreadable(text, pattern):
    assert marks(parsed(text, time_format=pattern, timezone="UTC")) == ["unreadable"]


def test_one_row_of_another_form_does_not_spoil_its_neighbours():
    times = parse_instants(
        series("2025-04-01T08:00:00Z", "x", "2025-04-01T08:00:00", None, "2025-04-01T08:00:00+02:00", " "),
        Conventions(timezone="Europe/Paris"),
    )
    assert times.instants.notna().tolist() == [True, False, True, False, True, False]
    assert times.unreadable.tolist() == [False, True, False, False, False, False]
    assert times.present.tolist() == [True, True, True, False, True, False]
    assert times.instants[2] == times.instants[4]


@pytest.mark.parametrize("text", ["2025-04-01T08:00:00", "2025-04-01 08:00"])
def test_a_time_without_offset_or_stated_zone_is_not_placed(text):
    times = parsed(text)
    assert marks(times) == ["without_zone"]
    assert times.instants.isna().all()


@pytest.mark.parametrize(
    ("zone", "gap", "overlap", "length"),
    [
        ("America/New_York", "2025-03-09T02:30:00", "2025-11-02T01:30:00", 60),
        ("Australia/Lord_Howe", "2024-10-06T02:15:00", "2025-04-06T01:45:00", 30),
        ("Europe/Dublin", "2025-03-30T01:30:00", "2025-10-26T01:30:00", 60),
        ("Antarctica/Troll", "2025-03-30T01:30:00", "2025-10-26T02:30:00", 120),
        ("Africa/Casablanca", "2025-04-06T02:30:00", "2025-02-23T02:30:00", 60),
    ],
)
def test_a_skipped_hour_is_no_time_and_a_repeated_one_is_two(zone, gap, overlap, length):
    assert marks(parsed(gap, timezone=zone)) == ["nonexistent"]
    assert marks(parsed(overlap, timezone=zone)) == ["ambiguous"]
    first, second = (parsed(overlap, timezone=zone, ambiguous_time=choice) for choice in ("first", "second"))
    assert second.instants[0] - first.instants[0] == pd.Timedelta(minutes=length)
    for times, fold in ((first, 0), (second, 1)):
        wall = datetime.fromisoformat(overlap).replace(tzinfo=ZoneInfo(zone), fold=fold)
        assert times.instants[0] == wall.astimezone(timezone.utc)
    for choice in ("first", "second"):
        assert marks(parsed(gap, timezone=zone, ambiguous_time=choice)) == ["nonexistent"]


def test_apia_had_no_30_december_2011():
    assert marks(parsed("2011-12-30T12:00:00", timezone="Pacific/Apia")) == ["nonexistent"]
    assert instant("2011-12-29T23:59:59", timezone="Pacific/Apia") == "2011-12-30T09:59:59.000"
    assert instant("2011-12-31T00:00:00", timezone="Pacific/Apia") == "2011-12-30T10:00:00.000"


@pytest.mark.parametrize(
    ("text", "time_format", "zone", "hour"),
    [
        ("2025-04-01T23:59:59-04:00", "iso8601", None, 2025040123),
        ("2025-04-01T23:59:59-04:00", "iso8601", "America/New_York", 2025040123),
        ("2025-04-01T23:59:59-04:00", "iso8601", "Europe/Paris", 2025040205),
        ("2025-01-01T00:15:00+05:45", "iso8601", None, 2025010100),
        ("2024-12-31T23:30:00Z", "iso8601", None, 2024123123),
        ("2025-04-01T23:59:59", "iso8601", "Europe/Paris", 2025040123),
        ("1743508800", "epoch_s", None, 2025040112),
        ("1743508800000", "epoch_ms", "America/New_York", 2025040108),
        ("01/04/2025 23:30 -0930", "%d/%m/%Y %H:%M %z", None, 2025040123),
        ("01/04/2025 23:30 Z", "%d/%m/%Y %H:%M %z", None, 2025040123),
        ("01/04/2025 23:30 -0930", "%d/%m/%Y %H:%M %z", "UTC", 2025040209),
        ("2025-11-02T01:30:00-05:00", "iso8601", "America/New_York", 2025110201),
        ("x", "iso8601", None, 0),
        ("x", "iso8601", "Europe/Paris", 0),
        (None, "epoch_s", None, 0),
    ],
)
def test_the_local_hour_is_the_zone_s_else_the_written_offset_s_else_utc_s(text, time_format, zone, hour):
    times = parsed(text, time_format=time_format, timezone=zone)
    assert local_hours(times, zone).tolist() == [hour]


@pytest.mark.parametrize(
    "module",
    [
        *(evcharge.clean, evcharge.fixed_times, evcharge.ids, evcharge.instants, evcharge.limits, evcharge.offsets),
        *(evcharge.parse, evcharge.parsed, evcharge.rules, evcharge.texts, evcharge.times),
    ],
)
def test_cleaning_reads_no_clock_file_database_or_environment(module):
    tree = list(ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))))
    imported = {name.name for node in tree if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in tree if isinstance(node, ast.ImportFrom)}
    assert imported <= IMPORTED
    used = {node.attr for node in tree if isinstance(node, ast.Attribute)}
    assert not used & {"now", "utcnow", "today", "read_csv", "read_sql", "to_sql"}
    assert not {node.id for node in tree if isinstance(node, ast.Name)} & {"open", "print", "input", "eval", "exec"}


LABELS = {"MST": "-07:00", "MDT": "-06:00", "UTC": "+00:00", "NPT": "+05:45"}


def labelled(text: str | None, label: str | None, **conventions: object) -> Times:
    return parse_instants(series(text), Conventions(**{"zone_labels": LABELS, **conventions}), series(label))


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("2019-07-01T12:00", "MDT", "2019-07-01T18:00"),
        ("2019-01-01T12:00", "MST", "2019-01-01T19:00"),
        ("2019-01-01T12:00", "MDT", "2019-01-01T18:00"),
        ("2019-01-01T12:00", " mst ", "2019-01-01T19:00"),
        ("2019-01-01T12:00", "UTC", "2019-01-01T12:00"),
        ("2019-01-01T12:00", "NPT", "2019-01-01T06:15"),
        ("2019-01-01T12:00+02:00", "MST", "2019-01-01T10:00"),
        ("2019-01-01T12:00Z", "XYZ", "2019-01-01T12:00"),
    ],
)
@pytest.mark.parametrize("zone", [None, "Europe/Oslo"])
def test_a_time_is_read_by_its_own_offset_else_by_the_label_of_its_row(text, label, expected, zone):
    times = labelled(text, label, timezone=zone)
    assert not marks(times)
    assert not times.unknown_label[0]
    assert times.instants[0].isoformat() == f"{expected}:00+00:00"


@pytest.mark.parametrize(("label", "hour"), [("MDT", 7), ("MST", 8)])
def test_a_label_settles_the_hour_that_a_clock_change_repeats(label, hour):
    times = labelled("2019-11-03T01:30", label, timezone="America/Denver")
    assert not marks(times)
    assert times.instants[0].hour == hour


def test_a_label_needs_no_zone_and_an_hour_that_the_zone_skips_is_one_by_the_label():
    assert not marks(labelled("2019-03-10T02:30", "MST"))
    assert not marks(labelled("2019-03-10T02:30", "MST", timezone="America/Denver"))
    assert marks(labelled("2019-03-10T02:30", None, timezone="America/Denver")) == ["nonexistent"]


@pytest.mark.parametrize("label", ["XST", "M", "-07:00", "America/Denver"])
def test_a_label_that_nobody_explained_is_marked_and_places_nothing(label):
    times = labelled("2019-07-01T12:00", label)
    assert times.unknown_label[0]
    assert not times.label_left_aside[0]
    assert not marks(times)
    assert times.instants.isna().all()


@pytest.mark.parametrize("label", ["XST", "M", "-07:00", "America/Denver"])
def test_a_label_that_nobody_explained_is_left_aside_where_a_zone_is_stated(label):
    times = labelled("2019-07-01T12:00", label, timezone="America/Denver")
    assert times.instants[0].isoformat() == "2019-07-01T18:00:00+00:00"
    assert (times.label_left_aside[0], times.unknown_label[0]) == (True, False)
    assert not marks(times)
    assert marks(labelled("2019-03-10T02:30", label, timezone="America/Denver")) == ["nonexistent"]
    assert not labelled("2019-07-01T12:00", "MST", timezone="America/Denver").label_left_aside[0]


@pytest.mark.parametrize(("choice", "hour"), [("reject", 0), ("first", 0), ("second", 1)])
def test_a_repeated_hour_is_both_readings_and_the_chosen_one(choice, hour):
    times = parse_instants(series("2025-10-26T02:30"), Conventions(timezone="Europe/Berlin", ambiguous_time=choice))
    assert times.instants[0].hour == hour
    assert (times.earlier[0].hour, times.later[0].hour) == (0, 1)
    assert (times.repeated[0], times.ambiguous[0]) == (True, choice == "reject")


@pytest.mark.parametrize("label", [None, "", "  "])
def test_a_row_without_a_label_is_read_in_the_stated_zone(label):
    assert labelled("2019-07-01T12:00", label, timezone="America/Denver").instants[0].hour == 18
    assert marks(labelled("2019-07-01T12:00", label)) == ["without_zone"]


@pytest.mark.parametrize(("text", "mark"), [("soon", ["unreadable"]), (None, [])])
def test_a_label_beside_no_time_says_nothing(text, mark):
    for label in ("MST", "XST"):
        times = labelled(text, label)
        assert marks(times) == mark
        assert not times.unknown_label[0]


def test_each_row_goes_by_its_own_label():
    texts = series("2019-07-01T12:00", "2019-07-01T12:00", "2019-07-01T12:00", "2019-07-01T12:00")
    conventions = Conventions(zone_labels=LABELS, timezone="Europe/Oslo")
    times = parse_instants(texts, conventions, series("MDT", None, "UTC", "XST"))
    assert times.instants.dt.hour.tolist() == [18, 10, 12, 10]
    assert times.label_left_aside.tolist() == [False, False, False, True]
    nowhere = parse_instants(texts, Conventions(zone_labels=LABELS), series("MDT", None, "UTC", "XST"))
    assert nowhere.instants.dt.hour.tolist()[::2] == [18, 12]
    assert nowhere.unknown_label.tolist() == [False, False, False, True]


def test_the_local_hour_is_by_the_label_where_no_zone_is_stated():
    text, label = "2019-07-01T20:00", "MDT"
    assert local_hours(labelled(text, label), None)[0] == 2019070120
    assert local_hours(labelled(text, label), "UTC")[0] == 2019070202
    assert local_hours(labelled(text, label), "America/Denver")[0] == 2019070120


def test_a_pattern_takes_labels_as_iso_does():
    times = labelled("7/1/2019 12:00", "MDT", time_format="%m/%d/%Y %H:%M")
    assert times.instants[0].hour == 18


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("01.12.17 10:30", "2017-01-12T10:30:00.000"),
        ("01/13/2017 14:50", "2017-01-13T14:50:00.000"),
        ("2017-01-13T14:50:07-05:00", "2017-01-13T19:50:07.000"),
        ("1484316000", "2017-01-13T14:00:00.000"),
    ],
)
def test_of_several_formats_each_time_is_read_by_the_one_that_fits_it(text, start):
    formats = ("%m.%d.%y %H:%M", "%m/%d/%Y %H:%M", "iso8601", "epoch_s")
    times = parse_instants(
        series("01.12.17 10:30", text, "soon", None), Conventions(time_formats=formats, timezone="UTC")
    )
    assert times.instants[1].isoformat(timespec="milliseconds") == f"{start}+00:00"
    assert times.instants.notna().tolist() == [True, True, False, False]
    assert times.unreadable.tolist() == [False, False, True, False]
    assert times.present.tolist() == [True, True, True, False]


@pytest.mark.parametrize("formats", [("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%Y")])
def test_a_time_that_two_of_several_formats_read_differently_is_unreadable(formats):
    texts = series("03/02/2018", "23/02/2018", "02/23/2018", "02/02/2018")
    times = parse_instants(texts, Conventions(time_formats=formats, timezone="Europe/Berlin"))
    assert times.unreadable.tolist() == [True, False, False, False]
    for instants in (times.instants, times.earlier, times.later):
        assert instants.isna().tolist() == [True, False, False, False]


def test_what_each_format_marks_stays_marked_in_a_mix():
    formats = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M")
    texts = series("28/10/2018 02:30", "2018-10-28 02:30", "2018-03-25 02:30")
    times = parse_instants(texts, Conventions(time_formats=formats, timezone="Europe/Berlin"))
    assert times.ambiguous.tolist() == [True, True, False]
    assert times.nonexistent.tolist() == [False, False, True]
    assert parse_instants(texts, Conventions(time_formats=formats)).without_zone.all()
