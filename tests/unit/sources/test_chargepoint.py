"""ChargePoint's summary, and Palo Alto's older layout of it: defects seen in the field, as CSV and as a workbook."""

from __future__ import annotations

import pandas as pd
import pytest

from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.workbooks import ERROR, as_csv, date, number, outcome, workbook

SUMMARY = {
    "Station Name": "MILL CREEK / NORTH 1",
    "MAC Address": "0024:B100:0000:1234",
    "Org Name": "Mill Creek ",
    "Start Date": "7/5/2018 8:09",
    "Start Time Zone": "MDT",
    "End Date": "7/5/2018 10:39",
    "End Time Zone": "MDT",
    "Transaction Date (Pacific Time)": "7/5/2018 9:40",
    "Total Duration (hh:mm:ss)": "2:30:10",
    "Charging Time (hh:mm:ss)": "2:20:00",
    "Energy (kWh)": "12.345",
    "GHG Savings (kg)": "5.2",
    "Gasoline Savings (gallons)": "1.5",
    "Port Type": "Level 2",
    "Port Number": "1",
    "Plug Type": "J1772",
    "EVSE ID": "104717",
    "Address 1": "1 Mill Road",
    "Address 2": "",
    "City": "Salt Lake City",
    "State/Province": "Utah",
    "Postal Code": "84101",
    "Country": "United States",
    "Latitude": "40.75",
    "Longitude": "-111.9",
    "Currency": "USD",
    "Fee": "0",
    "Ended By": "Plug Out at Vehicle",
    "Plug In Event Id": "315",
    "Driver Postal Code": "99991",
    "User ID": "770077",
    "Start SOC": "",
    "End SOC": "",
    "County": "Salt Lake County",
    "System S/N": "172041000123",
    "Model Number": "CT4021",
}
PALO_ALTO = {name: value for name, value in SUMMARY.items() if name not in ("Address 2", "Start SOC", "End SOC")} | {
    "Start Time Zone": "PDT",
    "End Time Zone": "PDT",
}
SECRETS = ("0024:B100", "99991", "770077")


@pytest.fixture(params=["csv", "xlsx"])
def carried(request, tmp_path):
    """What becomes of rows of a layout in either carrier."""

    def carry(layout, *changes, **options):
        rows = [[*layout], *([*(layout | change).values()] for change in changes)]
        data = as_csv(rows) if request.param == "csv" else workbook(rows)
        return outcome(tmp_path / "export", data, **options)

    return carry


def utc(text):
    return pd.Timestamp(text, tz="UTC")


KEPT = {
    "an ordinary session": ({}, {"start_time": utc("2018-07-05 14:09"), "duration_minutes": 150.0}),
    "a start in UTC and an end in MST": (
        {
            "Start Date": "11/20/2018 20:00",
            "Start Time Zone": "UTC",
            "End Date": "11/20/2018 14:30",
            "End Time Zone": "MST",
        },
        {"start_time": utc("2018-11-20 20:00"), "end_time": utc("2018-11-20 21:30"), "time_key": 2018112020},
    ),
    "summer time that ends during the session": (
        {"Start Date": "11/4/2018 1:30", "End Date": "11/4/2018 1:10", "End Time Zone": "MST"},
        {"duration_minutes": 40.0, "time_key": 2018110401},
    ),
    "a label in small letters with blanks": ({"Start Time Zone": " mdt "}, {"start_time": utc("2018-07-05 14:09")}),
    "a start on the Atlantic coast": ({"Start Time Zone": "EST", "End Time Zone": "CST"}, {"duration_minutes": 210.0}),
    "midnight": ({"Start Date": "7/5/2018 0:00"}, {"start_time": utc("2018-07-05 06:00"), "time_key": 2018070500}),
    "times with leading zeros": ({"Start Date": "07/05/2018 08:09"}, {"duration_minutes": 150.0}),
    "no length": ({"End Date": "7/5/2018 8:09", "Energy (kWh)": "0"}, {"duration_minutes": 0.0, "energy_kwh": 0.0}),
    "no end": ({"End Date": "", "End Time Zone": ""}, {"end_time": pd.NaT}),
    "no energy, Timeout": ({"Energy (kWh)": "0", "Ended By": "Timeout"}, {"energy_kwh": 0.0, "stop_reason": "Timeout"}),
    "Outlet Offline": ({"Energy (kWh)": "0.0", "Ended By": "Outlet Offline"}, {"stop_reason": "Outlet Offline"}),
    "blank Ended By": ({"Ended By": ""}, {"stop_reason": None}),
    "blank energy": ({"Energy (kWh)": ""}, {"energy_kwh": pd.NA}),
    "port 0 with a blank plug": (
        {"Port Number": "0", "Plug Type": "", "Energy (kWh)": "0"},
        {"port_id": "0", "session_id": "104717|0|315"},
    ),
    "port 1A of a fast charger": ({"Port Number": "1A"}, {"port_id": "1A"}),
    "an event id that is an epoch": (
        {"Plug In Event Id": "1530800940"},
        {"session_id": "104717|1|1530800940"},
    ),
    "state of charge": ({"Start SOC": "30%", "End SOC": "100%"}, {"start_soc_percent": 30.0, "end_soc_percent": 100.0}),
    "a charge of 0%": ({"Start SOC": "0%", "End SOC": "0%"}, {"start_soc_percent": 0.0}),
    "over 24 hours": (
        {"End Date": "7/26/2018 4:31", "Total Duration (hh:mm:ss)": "500:22:20"},
        {"duration_minutes": 30022.0},
    ),
    "541 days as pandas writes them": (
        {"End Date": "12/29/2019 2:00", "End Time Zone": "MST", "Total Duration (hh:mm:ss)": "541 days 18:50:55"},
        {"end_time": utc("2019-12-29 09:00")},
    ),
    "a serial number that Excel spoiled": ({"System S/N": "1.72E+11"}, {"station_id": "104717"}),
    "blanks around ids": ({"EVSE ID": " 104717 "}, {"station_id": "104717"}),
    "a field with the delimiter, a quote and a line end": ({"Address 1": '1 "Mill", Road\nrear'}, {"port_id": "1"}),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_session_is_kept(carried, name):
    change, expected = KEPT[name]
    done = carried(SUMMARY, change)
    assert done.profile == "chargepoint"
    assert len(done.rejects) == 0
    (row,) = done.rows.to_dict("records")
    for column, value in expected.items():
        assert pd.isna(row[column]) if pd.isna(value) else row[column] == value, (column, row[column])


REJECTED = {
    "an unknown label": ({"Start Time Zone": "AEDT"}, {"start_time_zone_unknown"}),
    "two unknown labels": (
        {"Start Time Zone": "LMT", "End Time Zone": "LMT"},
        {"start_time_zone_unknown", "end_time_zone_unknown"},
    ),
    "no label": ({"Start Time Zone": ""}, {"start_time_without_zone"}),
    "no label at the end": ({"End Time Zone": " "}, {"end_time_without_zone"}),
    "no start": ({"Start Date": ""}, {"start_time_missing"}),
    "a day that isn't": ({"Start Date": "2/29/2018 8:00"}, {"start_time_unreadable"}),
    "day before month": ({"Start Date": "13/7/2018 8:00"}, {"start_time_unreadable"}),
    "an ISO time": ({"Start Date": "2018-07-05 08:09"}, {"start_time_unreadable"}),
    "seconds": ({"Start Date": "7/5/2018 8:09:30"}, {"start_time_unreadable"}),
    "an end before the start": ({"End Date": "7/5/2018 8:08"}, {"end_before_start"}),
    "a start before charging began": ({"Start Date": "1/1/1970 0:00"}, {"start_time_out_of_range"}),
    "an end in the future": ({"End Date": "1/5/2026 8:00", "End Time Zone": "MST"}, {"end_time_in_the_future"}),
    "no station": ({"EVSE ID": ""}, {"station_id_missing"}),
    "energy with a comma": ({"Energy (kWh)": "12,345"}, {"energy_kwh_not_a_number"}),
    "Wh as kWh": ({"Energy (kWh)": "12345"}, {"energy_kwh_out_of_range"}),
    "a tab in an id": ({"EVSE ID": "104\t717"}, {"station_id_unusable", "session_id_unusable"}),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_row_is_refused_by_name_and_tells_nothing_private(carried, name):
    change, rules = REJECTED[name]
    done = carried(SUMMARY, {}, change)
    assert set(done.rejects["rule"]) == rules
    assert len(done.rows) == 1
    assert set(done.rejects["line"]) == {3}
    told = done.rejects.astype(str).to_string()
    assert "[private]" in told
    assert not any(secret in told for secret in SECRETS)


LEFT_OUT = {
    "energy below zero": ({"Energy (kWh)": "-0.1"}, "energy_kwh", "meter_ran_backwards"),
    "a battery fuller than full": ({"End SOC": "130%"}, "end_soc_percent", "end_soc_percent_out_of_range"),
    "a charge in words": ({"Start SOC": "low"}, "start_soc_percent", "start_soc_percent_not_a_number"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_value_that_only_tells_of_a_session_is_left_out_and_its_row_kept(carried, name):
    change, column, warning = LEFT_OUT[name]
    done = carried(SUMMARY | {"Start SOC": "30%", "End SOC": "80%"}, {}, change)
    assert (len(done.rows), len(done.rejects)) == (2, 0)
    assert done.rows[column].isna().tolist() == [False, True]
    assert done.warnings == {warning: 1}


def test_a_repeated_header_is_a_reject(carried):
    done = carried(SUMMARY, {}, dict(zip(SUMMARY, SUMMARY, strict=True)))
    assert done.rejects[["line", "rule"]].to_numpy().tolist() == [[3, "repeated_header"]]


def test_more_than_a_week_is_told(carried):
    assert carried(SUMMARY, {"End Date": "7/26/2018 4:31"}).warnings == {"longer_than_a_week": 1}


def test_a_stated_zone_reads_what_has_no_label(carried):
    profile = with_overrides(builtin_profiles()["chargepoint"], timezone="America/Denver")
    done = carried(SUMMARY, {"Start Time Zone": "", "End Time Zone": ""}, profile=profile)
    assert done.rows["start_time"].tolist() == [utc("2018-07-05 14:09")]


def test_a_driver_is_a_hash_or_nothing(carried):
    assert carried(SUMMARY, {}).rows["driver_ref"].tolist() == [None]
    (first, second, none) = carried(SUMMARY, {}, {"Port Number": "2"}, {"User ID": ""}, salt="s").rows["driver_ref"]
    assert first == second != "770077"
    assert len(first) == 32
    assert none is None


def test_the_station_has_what_the_report_says_of_it(carried):
    (station,) = carried(SUMMARY, {}).stations.to_dict("records")
    told = [station[name] for name in ("name", "operator", "network", "address", "city", "region", "latitude")]
    assert told == ["MILL CREEK / NORTH 1", "Mill Creek", "ChargePoint", "1 Mill Road", "Salt Lake City", "Utah", 40.75]


def test_newer_names_of_private_columns_are_withheld_too(carried):
    newer = {"Driver Zip/Postal Code": "99991", "Plug In Event ID": "9", "Transaction ID": "5"}
    layout = {k: v for k, v in SUMMARY.items() if k not in ("Driver Postal Code", "Plug In Event Id")} | newer
    done = carried(layout, {"Energy (kWh)": "x"})
    assert done.profile == "chargepoint"
    assert "99991" not in done.rejects["raw"][0]


def test_a_header_alone_is_no_sessions(carried):
    assert len(carried(SUMMARY).rows) == 0


@pytest.mark.parametrize("column", ["EVSE ID", "Start Date", "Energy (kWh)", "Plug In Event Id", "Start Time Zone"])
def test_a_summary_without_a_column_that_it_needs_is_refused(carried, column):
    layout = {name: value for name, value in SUMMARY.items() if name != column}
    with pytest.raises(SourceError) as caught:
        carried(layout, {}, profile=builtin_profiles()["chargepoint"])
    assert caught.value.code == "missing_columns"
    assert column in caught.value.reason


def test_a_byte_order_mark_hides_no_column(tmp_path):
    data = b"\xef\xbb\xbf" + as_csv([[*SUMMARY], [*SUMMARY.values()]])
    assert len(outcome(tmp_path / "export", data).rows) == 1


def test_a_row_of_csv_that_is_cut_is_withheld_whole(tmp_path):
    data = as_csv([[*SUMMARY], [*SUMMARY.values()]]) + b"MILL CREEK,0024:B100:0000:1234,770077\n"
    (reject,) = outcome(tmp_path / "export", data).rejects.to_dict("records")
    assert reject["rule"] == "row_too_short"
    assert reject["raw"].startswith("[row withheld")


# What Excel makes of the text


EXCEL = {
    "dates": ({}, {"start_time": utc("2018-07-05 14:09"), "duration_minutes": 150.0, "time_key": 2018070508}),
    "a date with seconds": ({"End Date": date(2018, 7, 5, 10, 39, 30)}, {"duration_minutes": 150.5}),
    "a date at midnight": ({"End Date": date(2018, 7, 6)}, {"end_time": utc("2018-07-06 06:00")}),
    "numbers": (
        {"EVSE ID": 104717, "Port Number": 1, "Plug In Event Id": number("1.530800940E9"), "Energy (kWh)": 12.5},
        {"session_id": "104717|1|1530800940", "station_id": "104717", "energy_kwh": 12.5},
    ),
    "zero": ({"Energy (kWh)": 0}, {"energy_kwh": 0.0}),
    "tiny energy": ({"Energy (kWh)": number("1E-05")}, {"energy_kwh": 0.00001}),
    "percentages": (
        {"Start SOC": number("0.3", "percent"), "End SOC": number("1", "percent")},
        {"start_soc_percent": 30.0, "end_soc_percent": 100.0},
    ),
    "29 percent": ({"Start SOC": number("0.29", "percent")}, {"start_soc_percent": 29.0}),
    "durations": ({"Total Duration (hh:mm:ss)": number("20.8488425", "length")}, {"duration_minutes": 150.0}),
    "a serial number": ({"System S/N": number("1.72E+11")}, {"station_id": "104717"}),
    "an error for an end": ({"End Date": ERROR}, {"end_time": pd.NaT}),
    "an error for energy": ({"Energy (kWh)": ERROR}, {"energy_kwh": pd.NA}),
}
DATED = SUMMARY | {"Start Date": date(2018, 7, 5, 8, 9), "End Date": date(2018, 7, 5, 10, 39)}


@pytest.mark.parametrize("name", EXCEL)
def test_what_excel_made_of_the_text_is_read_as_what_it_was(tmp_path, name):
    change, expected = EXCEL[name]
    done = outcome(tmp_path / "export.xlsx", workbook([[*SUMMARY], [*(DATED | change).values()]]))
    assert len(done.rejects) == 0
    (row,) = done.rows.to_dict("records")
    for column, value in expected.items():
        assert pd.isna(row[column]) if pd.isna(value) else row[column] == value, (column, row[column])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"EVSE ID": ERROR}, "station_id_missing"),
        ({"EVSE ID": number("1.04717E+15")}, "value_not_scalar"),
        ({"EVSE ID": number("104717.5")}, "value_not_scalar"),
        ({"EVSE ID": True}, "value_not_scalar"),
        ({"Port Number": date(2018, 1, 2)}, "value_not_scalar"),
        ({"Start Date": ERROR}, "start_time_missing"),
        ({"Start Date": number("43286.3396")}, "start_time_unreadable"),
        ({"Start Date": number("0.5", "clock")}, "start_time_unreadable"),
        ({"Energy (kWh)": True}, "energy_kwh_not_a_number"),
        ({"Energy (kWh)": date(2018, 1, 2)}, "energy_kwh_not_a_number"),
    ],
)
def test_what_excel_spoiled_is_refused_by_name(tmp_path, change, rule):
    rows = [[*SUMMARY], [*DATED.values()], [*(DATED | change).values()]]
    done = outcome(tmp_path / "export.xlsx", workbook(rows))
    assert done.rejects["rule"].tolist() == [rule]
    assert not any(secret in done.rejects["raw"][0] for secret in SECRETS)


def test_a_charge_that_excel_made_a_share_of_a_hundred_is_left_out_by_name(tmp_path):
    rows = [[*SUMMARY], [*DATED.values()], [*(DATED | {"Start SOC": 30}).values()]]
    done = outcome(tmp_path / "export.xlsx", workbook(rows))
    assert (len(done.rows), len(done.rejects)) == (2, 0)
    assert pd.isna(done.rows["start_soc_percent"][1])
    assert done.warnings == {"start_soc_percent_out_of_range": 1}


def test_a_session_has_one_id_in_both_carriers(tmp_path):
    told = outcome(tmp_path / "a", as_csv([[*SUMMARY], [*SUMMARY.values()]])).rows["session_id"]
    numbers = DATED | {"EVSE ID": 104717, "Port Number": 1, "Plug In Event Id": 315}
    assert outcome(tmp_path / "b", workbook([[*SUMMARY], [*numbers.values()]])).rows["session_id"].equals(told)


# Palo Alto


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"EVSE ID": "", "System S/N": "", "Model Number": ""}, {"station_id": "MILL CREEK / NORTH 1"}),
        ({"MAC Address": "0024:B100:0000:5678"}, {"station_id": "MILL CREEK / NORTH 1"}),
        ({"Port Number": "2"}, {"port_id": "2", "station_id": "MILL CREEK / NORTH 1"}),
        ({}, {"session_id": "MILL CREEK / NORTH 1|1|315|7/5/2018 8:09"}),
        ({"User ID": "", "County": ""}, {"driver_ref": None}),
        ({"Ended By": ""}, {"stop_reason": None}),
        ({"Transaction Date (Pacific Time)": ""}, {"duration_minutes": 150.0}),
        ({"Energy (kWh)": "0.01"}, {"energy_kwh": 0.01}),
        ({"Energy (kWh)": "0"}, {"energy_kwh": 0.0}),
        ({"Start Time Zone": "UTC", "End Time Zone": "UTC"}, {"time_key": 2018070508}),
        ({"Start Date": "12/5/2018 8:09", "End Date": "12/5/2018 9:09"}, {"start_time": utc("2018-12-05 15:09")}),
        (
            {"Start Date": "11/4/2018 1:50", "End Date": "11/4/2018 1:10", "End Time Zone": "PST"},
            {"duration_minutes": 20.0},
        ),
        ({"Start Date": "7/29/2011 20:17", "End Date": "7/29/2011 23:20"}, {"start_time": utc("2011-07-30 03:17")}),
        ({"Total Duration (hh:mm:ss)": "541 days 18:50:55"}, {"duration_minutes": 150.0}),
        ({"Plug In Event Id": ""}, {"session_id": "MILL CREEK / NORTH 1|1||7/5/2018 8:09"}),
        ({"Station Name": "A | B"}, {"session_id": "A %7C B|1|315|7/5/2018 8:09"}),
    ],
)
def test_a_session_of_palo_alto_is_kept(carried, change, expected):
    done = carried(PALO_ALTO, change)
    assert (done.profile, len(done.rejects)) == ("palo-alto", 0)
    (row,) = done.rows.to_dict("records")
    assert {column: row[column] for column in expected} == expected


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"Station Name": ""}, "station_id_missing"),
        ({"Start Time Zone": "MDT"}, "start_time_zone_unknown"),
        ({"Start Time Zone": ""}, "start_time_without_zone"),
        ({"End Date": "7/5/2018 25:00"}, "end_time_unreadable"),
        ({"End Date": "7/4/2018 8:00"}, "end_before_start"),
        ({"Energy (kWh)": "n/a"}, "energy_kwh_not_a_number"),
    ],
)
def test_a_row_of_palo_alto_is_refused_by_name(carried, change, rule):
    done = carried(PALO_ALTO, change)
    assert done.rejects["rule"].tolist() == [rule]
    assert not any(secret in done.rejects["raw"][0] for secret in SECRETS)


def test_new_hardware_under_an_old_name_may_count_its_events_anew(carried):
    later = {"Start Date": "7/5/2019 8:09", "End Date": "7/5/2019 9:09", "MAC Address": "0024:B100:0000:5678"}
    done = carried(PALO_ALTO, {}, later)
    assert done.rows["session_id"].is_unique
    assert len(done.stations) == 1


def test_palo_alto_says_that_failures_were_removed():
    profiles = builtin_profiles()
    assert [profiles[name].failures_included for name in ("palo-alto", "chargepoint")] == ["no", "yes"]


def test_another_operator_of_the_older_layout_can_be_told_by_its_stations(carried):
    profile = with_overrides(builtin_profiles()["palo-alto"], columns={"station_id": "EVSE ID"}, source="mill-creek")
    assert carried(PALO_ALTO, {}, profile=profile).rows["station_id"].tolist() == ["104717"]
