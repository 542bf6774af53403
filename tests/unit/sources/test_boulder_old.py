"""Profile boulder-old: a date in one field, a clock in another, dashes for nothing, commas at thousands."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import common_variants

LAYOUT = layouts.BOULDER_OLD
MINUTES, ENERGY, DATE, TIME = "Charging_Time__minutes_", "Energy__kWh_", "Transaction_Date", "Transaction_Start_Time"
VARIANTS = {
    **common_variants(LAYOUT),
    "dashes for minutes": (LAYOUT.file({MINUTES: "     -       ", ENERGY: ""}), "kept 1 warned padded_id"),
    "other dashes for minutes": (LAYOUT.file({MINUTES: " -   "}), "kept 1 warned padded_id"),
    "a dash for energy": (LAYOUT.file({ENERGY: "-"}), "kept 1"),
    "two dashes for minutes": (LAYOUT.file({MINUTES: "--"}), "rejected duration_minutes_unreadable"),
    "thousands of minutes": (LAYOUT.file({MINUTES: "2,418"}), "kept 1"),
    "commas not at thousands": (LAYOUT.file({MINUTES: "24,18"}), "rejected duration_minutes_unreadable"),
    "minutes with a fraction": (LAYOUT.file({MINUTES: "207.67"}), "kept 1"),
    "no minutes passed": (LAYOUT.file({MINUTES: "0"}), "kept 1"),
    "minutes below zero": (LAYOUT.file({MINUTES: "-5"}), "rejected duration_minutes_unreadable"),
    "longer than a week": (LAYOUT.file({MINUTES: "10,081"}), "kept 1 warned longer_than_a_week"),
    "a date with hyphens": (LAYOUT.file({DATE: "2018-01-31 00:00:00+00"}), "rejected start_time_unreadable"),
    "no date": (LAYOUT.file({DATE: ""}), "rejected start_time_unreadable"),
    "no clock time": (LAYOUT.file({TIME: ""}), "rejected start_time_unreadable"),
    "an hour that March skips": (
        LAYOUT.file({DATE: "2018/03/11 00:00:00+00", TIME: "2021/01/21 02:30:00+00"}),
        "rejected start_time_nonexistent",
    ),
    "an hour that November repeats": (
        LAYOUT.file({DATE: "2018/11/04 00:00:00+00", TIME: "2021/01/21 01:30:00+00"}),
        "kept 1 warned hour_is_ambiguous",
    ),
    "a month that is none": (LAYOUT.file({DATE: "2018/13/01 00:00:00+00"}), "rejected start_time_unreadable"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def test_the_start_is_the_date_of_one_field_and_the_local_clock_of_the_other(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.start_time[0].isoformat() == "2018-02-01T00:43:00+00:00"
    assert rows.time_key[0] == 2018013117
    assert rows.duration_minutes[0] == 128


def test_thousands_are_thousands(tmp_path):
    assert LAYOUT.cleaned(tmp_path, LAYOUT.file({MINUTES: "2,418"})).rows.duration_minutes[0] == 2418


def test_a_repeat_but_for_its_number_and_export_day_is_the_same_session(tmp_path):
    again = {"ObjectId": "2", TIME: "2021/02/22 17:43:00+00"}
    ids = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, again, {ENERGY: "2.85"}, {MINUTES: "127"})).rows.session_id
    assert ids.tolist() == [f"2018/01/31|17:43:00|{key}" for key in ("128|2.84", "128|2.84", "128|2.85", "127|2.84")]


def test_nothing_written_is_missing_and_not_zero(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({MINUTES: " - ", ENERGY: ""})).rows
    assert rows[["end_time", "duration_minutes", "energy_kwh"]].isna().all(axis=None)
