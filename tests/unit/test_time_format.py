"""Which of a profile's time formats a file is written in: told from the whole file, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

import evcharge.load.time_format
from evcharge.errors import SourceError
from evcharge.frames import Conventions
from evcharge.load.time_format import settled
from evcharge.sources import builtin_profiles, open_file, with_overrides

DAYS, MONTHS = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"
NATIVE = builtin_profiles()["native"]
PROFILE = replace(NATIVE, conventions=Conventions(time_formats=(DAYS, MONTHS), timezone="Europe/London"))
HEADER = "session_id,station_id,start_time,end_time,energy_kwh"


@pytest.fixture
def settle(tmp_path):
    def settle_it(*rows, profile=PROFILE):
        """The time format of a file of these starts and ends."""
        lines = [f"{n},X,{start},{end},1" for n, (start, end) in enumerate(rows)]
        (tmp_path / "sessions.csv").write_text("\n".join([HEADER, *lines, ""]))
        with open_file(tmp_path / "sessions.csv") as file:
            found = settled(file, profile)
        assert found.profile.conventions.time_formats == ()
        assert found.mixed == {}
        return found.profile.conventions.time_format

    return settle_it


@pytest.fixture
def settle_mixed(tmp_path):
    def settle_it(*rows, profile):
        """The conventions of a file of these starts and ends, and its times by format."""
        lines = [f"{n},X,{start},{end},1" for n, (start, end) in enumerate(rows)]
        (tmp_path / "sessions.csv").write_text("\n".join([HEADER, *lines, ""]))
        with open_file(tmp_path / "sessions.csv") as file:
            found = settled(file, profile)
        return found.profile.conventions, found.mixed

    return settle_it


@pytest.fixture
def refusal(settle):
    def refuse(*rows, profile=PROFILE):
        with pytest.raises(SourceError) as caught:
            settle(*rows, profile=profile)
        return caught.value

    return refuse


def test_a_profile_of_one_format_is_left_as_it_is(tmp_path):
    (tmp_path / "sessions.csv").write_text(f"{HEADER}\n1,X,whenever,,1\n")
    with open_file(tmp_path / "sessions.csv") as file:
        assert settled(file, NATIVE) == (NATIVE, {})


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([("23/02/2018 09:14", "")], DAYS),
        ([("02/23/2018 09:14", "")], MONTHS),
        ([("03/02/2018 09:14", ""), ("23/02/2018 09:14", "")], DAYS),
        ([("03/02/2018 09:14", "23/02/2018 09:14")], DAYS),
        ([("", "02/23/2018 09:14")], MONTHS),
        ([("02/02/2018 09:14", ""), ("12/31/2018 23:59", "12/31/2018 23:59")], MONTHS),
    ],
)
def test_the_one_format_that_fits_every_time_is_taken(settle, rows, chosen):
    assert settle(*rows) == chosen


@pytest.mark.parametrize("rows", [[("02/02/2018 09:14", "02/02/2018 10:00")], [("12/12/2018 09:14", "")]])
def test_where_both_fit_and_agree_either_will_do(settle, rows):
    assert settle(*rows) == DAYS


@pytest.mark.parametrize("rows", [[], [("", "")], [("soon", "later")]])
def test_a_file_without_a_time_that_can_be_read_is_left_to_cleaning(settle, rows):
    assert settle(*rows) == DAYS


def test_where_both_fit_and_differ_both_readings_are_shown(refusal):
    error = refusal(("02/02/2018 09:14", "02/02/2018 10:00"), ("03/02/2018 09:14", ""))
    assert error.code == "time_format_ambiguous"
    assert "'03/02/2018 09:14'" in error.reason
    assert f"03 February 2018 09:14 by {DAYS}" in error.reason
    assert f"02 March 2018 09:14 by {MONTHS}" in error.reason
    assert error.hint.count("--time-format") == 2


def test_readings_that_differ_by_the_hour_are_told_apart(refusal):
    clock = ("%Y-%m-%d %H.%M", "%Y-%m-%d %M.%H")
    profile = replace(PROFILE, conventions=replace(PROFILE.conventions, time_formats=clock))
    assert "03 February 2018 10:11" in (reason := refusal(("2018-02-03 10.11", ""), profile=profile).reason)
    assert "03 February 2018 11:10" in reason


def test_where_none_fits_all_and_one_time_fits_two_both_its_readings_are_shown(refusal):
    error = refusal(("23/02/2018 09:14", ""), ("02/23/2018 09:14", ""), ("03/02/2018 09:14", ""))
    assert error.code == "time_formats_mixed"
    assert f"'02/23/2018 09:14' fits only {MONTHS}" in error.reason
    assert f"'23/02/2018 09:14' fits only {DAYS}" in error.reason
    assert f"'03/02/2018 09:14' is 03 February 2018 09:14 by {DAYS}, 02 March 2018 09:14 by {MONTHS}" in error.reason
    assert "--time-format" in error.hint


POINTS = "%m.%d.%y %H:%M"


def profile_of(*formats):
    return replace(PROFILE, conventions=replace(PROFILE.conventions, time_formats=formats))


def test_a_file_mixes_formats_where_each_of_its_times_fits_one(settle_mixed):
    rows = [("01.12.17 10:30", "01.12.17 10:32"), ("01/13/2017 14:50", ""), ("01.12.17 10:30", "")]
    conventions, counts = settle_mixed(*rows, profile=profile_of(MONTHS, POINTS))
    assert conventions.time_formats == (MONTHS, POINTS)
    assert counts == {MONTHS: 1, POINTS: 3}
    assert list(counts) == [MONTHS, POINTS]


def test_a_format_that_no_time_needs_is_out_of_the_mix(settle_mixed):
    rows = [("01.12.17 10:30", ""), ("01/13/2017 14:50", ""), ("03/02/2017 14:50", "")]
    conventions, counts = settle_mixed(*rows, profile=profile_of(DAYS, MONTHS, POINTS))
    assert conventions.time_formats == (MONTHS, POINTS)
    assert counts == {MONTHS: 2, POINTS: 1}


def test_a_time_that_two_formats_of_the_mix_read_alike_is_counted_once(settle_mixed):
    rows = [("13/01/2017 14:50", ""), ("01/13/2017 14:50", ""), ("02/02/2017 14:50", "")]
    assert settle_mixed(*rows, profile=profile_of(DAYS, MONTHS)) == (
        replace(PROFILE.conventions, time_format=DAYS, time_formats=(DAYS, MONTHS)),
        {DAYS: 2, MONTHS: 1},
    )


def test_a_mixed_file_of_many_chunks_is_counted_whole(settle_mixed, monkeypatch):
    read = evcharge.load.time_format.read
    monkeypatch.setattr(evcharge.load.time_format, "read", lambda file, profile: read(file, profile, 1))
    rows = [("01.12.17 10:30", "01.12.17 10:32"), ("01/13/2017 14:50", ""), ("01.12.17 10:30", "")]
    assert settle_mixed(*rows, profile=profile_of(MONTHS, POINTS))[1] == {MONTHS: 1, POINTS: 3}


@pytest.mark.parametrize("value", ["soon", "2018-02-23T09:14", "31/02/2018 09:14", "23/02/2018", "41/41/2018 09:14"])
def test_a_value_that_nobody_reads_is_no_evidence(settle, value):
    assert settle((value, value), ("02/23/2018 09:14", "")) == MONTHS


def test_a_broken_row_is_no_evidence(settle, tmp_path):
    assert settle(("23/02/2018 09:14", ""), ("02/23/2018 09:14,,,,", "")) == DAYS


@pytest.mark.parametrize("stated", [DAYS, MONTHS, "iso8601"])
def test_a_stated_format_overrides_and_nothing_is_settled(tmp_path, stated):
    profile = with_overrides(PROFILE, time_format=stated)
    (tmp_path / "sessions.csv").write_text(f"{HEADER}\n1,X,03/02/2018 09:14,,1\n")
    with open_file(tmp_path / "sessions.csv") as file:
        assert settled(file, profile).profile.conventions.time_format == stated


def test_the_evidence_of_every_chunk_counts(settle, refusal, monkeypatch):
    read = evcharge.load.time_format.read
    monkeypatch.setattr(evcharge.load.time_format, "read", lambda file, profile: read(file, profile, 1))
    either, day, month = ("03/02/2018 09:14", ""), ("23/02/2018 09:14", ""), ("02/23/2018 09:14", "")
    assert settle(either, either, day) == DAYS
    assert refusal(day, either, month).code == "time_formats_mixed"
    assert refusal(either, either).code == "time_format_ambiguous"


def test_an_hour_that_the_clocks_skip_is_still_read(settle):
    assert settle(("25/03/2018 01:30", "")) == DAYS


def test_with_three_formats_only_those_that_are_left_can_differ(settle, refusal):
    three = replace(PROFILE, conventions=replace(PROFILE.conventions, time_formats=(DAYS, MONTHS, "iso8601")))
    assert settle(("2018-02-03 09:14", ""), profile=three) == "iso8601"
    assert settle(("03/02/2018 09:14", ""), ("02/23/2018 09:14", ""), profile=three) == MONTHS
    assert refusal(("03/02/2018 09:14", ""), ("2018-02-03 09:14", ""), profile=three).code == "time_formats_mixed"


def test_the_settled_profile_keeps_all_other_settings(tmp_path):
    (tmp_path / "sessions.csv").write_text(f"{HEADER}\n1,X,23/02/2018 09:14,,1\n")
    with open_file(tmp_path / "sessions.csv") as file:
        found = settled(file, PROFILE).profile
    assert found == replace(PROFILE, conventions=replace(PROFILE.conventions, time_format=DAYS, time_formats=()))
