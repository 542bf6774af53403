"""What a table is proposed to be, where its headings alone would lead to wrong numbers."""

from __future__ import annotations

from datetime import date, timedelta

from evcharge.sources.proposal import proposal_of
from evcharge.sources.survey import Survey


def proposed(header, *rows):
    """The proposal for a table whose header and rows are written with commas."""
    names = tuple(header.split(","))
    cells = tuple(tuple(row.split(",")) for row in rows)
    return proposal_of(Survey("csv", "utf-8", ",", 1, True, names, names, cells, 0, True))


def steps_of(proposal):
    return [(step.step, step.fields) for step in proposal.writing.steps]


def swapped(day):
    """The day as a tool writes it that takes the month for the day wherever it can."""
    return f"{day:%Y-%d-%m}" if day.day <= 12 else f"{day:%Y-%m-%d}"


def days(first, count):
    return [date.fromisoformat(first) + timedelta(days=number) for number in range(count)]


def test_starts_that_are_all_of_one_day_take_their_day_from_the_only_column_of_days():
    rows = (f"A,2018/01/{day} 00:00:00+00,2021/01/21 08:{day}:00+00,5" for day in (29, 30, 31))
    proposal = proposed("CP,Exported,Started,kWh", *rows)
    assert proposal.columns["start_time"] == ("Exported", "Started")
    assert steps_of(proposal) == [("date_part", ("Exported",)), ("time_part", ("Started",))]
    assert proposal.writing.time_formats == ("%Y/%m/%d %H:%M:%S",)
    assert proposal.writing.zone is not None
    assert "all times in Started are of 2021/01/21" in proposal.doubts["start_time"]


def test_starts_of_several_days_keep_theirs_beside_a_column_of_days():
    rows = (f"A,2018-02-{day},2018-01-{day} 08:00:00,5" for day in (13, 14, 15))
    proposal = proposed("CP,Exported,Started,kWh", *rows)
    assert proposal.columns["start_time"] == ("Started",)


def test_days_that_a_tool_swapped_with_months_are_proposed_to_be_put_back_and_are_a_doubt():
    for separator in ("-", "/"):
        texts = [swapped(day).replace("-", separator) for day in days("2018-08-01", 31)]
        proposal = proposed("CP,Start date,Start time,kWh", *(f"A,{text}T00:00:00,08:00,5" for text in texts))
        assert ("swap_day_month", ("Start date",)) in steps_of(proposal)
        assert "swap_day_month" in proposal.doubts


def test_days_as_they_are_stay_though_a_month_is_begun():
    for first, count in (("2018-08-01", 31), ("2018-01-13", 365), ("2018-01-10", 6), ("2018-02-01", 12)):
        rows = (f"A,{day} 08:00:00,5" for day in days(first, count))
        assert steps_of(proposed("CP,Start,kWh", *rows)) == []


def test_a_number_of_the_rows_is_no_id_where_others_tell_sessions_apart():
    proposal = proposed("No,CP,Start,kWh", "1,A,2025-06-13 08:00,5", "2,A,2025-06-13 09:00,5", "3,A,2025-06-13 09:00,5")
    assert "session_id" not in proposal.columns
    assert proposal.session_key == ("CP", "Start")  # the third row repeats the second
    assert "session_key" in proposal.doubts


def test_a_number_of_the_rows_is_an_id_in_doubt_where_nothing_else_tells_sessions_apart():
    proposal = proposed("No,CP,Start,kWh,Note", "1,A,2025-06-13 08:00,5,x", "2,A,2025-06-13 08:00,5,y")
    assert proposal.columns["session_id"] == ("No",)
    assert proposal.doubts["session_id"] == "No counts the rows from 1 on: so may the next file"


def test_ids_that_count_are_ids_where_the_heading_says_so():
    assert "session_id" in proposed("Session ID,CP,Start,kWh", "1,A,2025-06-13 08:00,5").columns


def test_of_two_names_of_stations_the_one_that_tells_more_of_them_apart_is_taken():
    rows = [f"Depot,SN{number % 2},2025-06-13 0{number}:00,5" for number in range(4)]
    proposal = proposed("Charger name,Charger serial,Start,kWh", *rows)
    assert proposal.columns["station_id"] == ("Charger serial",)
    assert proposal.columns["station_name"] == ("Charger name",)
    assert proposal.doubts["station_id"] == (
        "Charger name may name the stations too; Charger serial tells more of them apart"
    )


def test_of_two_names_of_stations_the_first_is_kept_where_neither_is_a_part_of_the_other():
    rows = ["X,S1,2025-06-13 01:00,5", "Y,S1,2025-06-13 02:00,5", "Y,S2,2025-06-13 03:00,5", "Y,S3,2025-06-13 04:00,5"]
    proposal = proposed("Charger,Charger serial,Start,kWh", *rows, *(row.replace("13", "14") for row in rows))
    assert proposal.columns["station_id"] == ("Charger",)


def test_the_only_column_of_times_is_the_start_in_doubt_unless_its_heading_says_otherwise():
    row = "A,2025-06-13 08:00,5"
    assert proposed("CP,Moment,kWh", row).columns["start_time"] == ("Moment",)
    assert "start_time" in proposed("CP,Moment,kWh", row).doubts
    assert "start_time" not in proposed("CP,Paid on,kWh", row).columns


def test_signs_at_thousands_of_wh_are_told_from_decimals_by_their_size():
    for heading, thousands in (("Energy (Wh)", ","), ("Energy (kWh)", "none")):
        names = ("CP", "Start", heading)
        rows = tuple(("A", f"2025-06-13 0{number}:00", "12,345") for number in range(3))
        proposal = proposal_of(Survey("csv", "utf-8", ";", 1, True, names, names, rows, 0, True))
        assert proposal.writing.thousands == thousands
        assert "decimal" in proposal.doubts


def test_an_end_that_is_a_day_without_a_clock_makes_no_length():
    rows = (f"A,2025-06-{day},2025-06-{day},5" for day in (13, 14, 15))
    proposal = proposed("CP,Start date,End date,kWh", *rows)
    assert proposal.columns["start_time"] == ("Start date",)
    assert "end_time" not in proposal.columns
    assert proposal.doubts["start_time"] == "Start date is a day without a clock time"


def test_a_start_that_no_known_format_reads_is_named_with_what_stands_there():
    proposal = proposed("CP,Start,kWh", "A,45413.4,5")
    assert "start_time" not in proposal.columns
    assert proposal.doubts["start_time"] == "Start seems to be the start, but no known format reads '45413.4'"


def test_the_zone_in_a_heading_changes_nothing_of_what_it_means_and_is_a_hint():
    proposal = proposed("CP,START [UTC],End (local),kWh", "A,2025-06-13 08:00,2025-06-13 09:00,5")
    assert {"start_time", "end_time"}.isdisjoint(proposal.doubts)
    assert proposal.writing.zone == "UTC"


def test_energy_in_mwh_is_not_proposed_as_kwh():
    proposal = proposed("CP,Start,End,Energy MWh", "A,2025-06-13 08:00,2025-06-13 09:00,0.005")
    assert "energy_kwh" not in proposal.columns
    assert proposal.doubts["energy_kwh"] == "Energy MWh is in MWh, which no convention reads: write it in kWh"


def test_yes_and_no_are_told_apart_in_norwegian_dutch_and_korean():
    for heading, yes, no in (("Vellykket", "Ja", "Nei"), ("Geslaagd", "Ja", "Nee"), ("성공여부", "예", "아니오")):
        rows = (f"A,2025-06-13 08:00,{yes}", f"A,2025-06-13 09:00,{no}")
        writing = proposed(f"CP,Start,{heading}", *rows).writing
        assert (writing.true_words, writing.false_words, writing.other_words) == ((yes,), (no,), ())
