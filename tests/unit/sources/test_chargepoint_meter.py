"""ChargePoint's report with meter values: a session's own row is told from the meter's, as CSV and as a workbook."""

from __future__ import annotations

import pandas as pd
import pytest

from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles
from tests.support.workbooks import as_csv, date, number, outcome, workbook

SESSION = {
    "EVSE ID": "104717",
    "User Id": "770077",
    "Plug In Event Id": "315",
    "Firmware Ver.": "4.2.0.7",
    "Plug Connect Time": "7/5/2018 8:08",
    "Plug Connect Time Zone": "MDT",
    "Plug Disconnect Time": "7/5/2018 10:40",
    "Plug Disconnect Time Zone": "MDT",
    "Power Start Time": "",
    "Power Start Time Zone": "",
    "Power End Time": "",
    "Power End Time Zone": "",
    "Peak Power (AC kW)": "",
    "Rolling Avg. Power (AC kW)": "",
    "Energy Consumed (AC kWh)": "",
    "Port": "1",
    "Station Name": "MILL CREEK / NORTH 1",
    "MAC Address": "0024:B100:0000:1234",
    "Org Name": "Mill Creek",
    "Start Time": "7/5/2018 8:09",
    "Start Time Zone": "MDT",
    "End Time": "7/5/2018 10:39",
    "End Time Zone": "MDT",
    "Total Duration (hh:mm:ss)": "2:30:10",
    "Charging Time (hh:mm:ss)": "2:20:00",
    "Energy (kWh)": "12.345",
    "Port Type": "Level 2",
    "Address 1": "1 Mill Road",
    "City": "Salt Lake City",
    "State/Province": "Utah",
    "Postal Code": "84101",
    "Country": "United States",
    "Latitude": "40.75",
    "Longitude": "-111.9",
    "Ended By": "Plug Out at Vehicle",
    "Driver Postal Code": "99991",
}
NOTHING = dict.fromkeys(SESSION, "")
INTERVAL = NOTHING | {
    "EVSE ID": "104717",
    "Plug In Event Id": "315",
    "Port": "1",
    "Power Start Time": "7/5/2018 8:15",
    "Power Start Time Zone": "MDT",
    "Power End Time": "7/5/2018 8:30",
    "Power End Time Zone": "MDT",
    "Peak Power (AC kW)": "6.6",
    "Energy Consumed (AC kWh)": "1.6",
}
NEITHER = NOTHING | {"EVSE ID": "104717", "Plug In Event Id": "315", "Port": "1"}
SECRETS = ("0024:B100", "99991", "770077")


def utc(text):
    return pd.Timestamp(text, tz="UTC")


@pytest.fixture(params=["csv", "xlsx"])
def carried(request, tmp_path):
    """What becomes of rows in either carrier."""

    def carry(*rows, **options):
        table = [[*rows[0]], *([*row.values()] for row in rows)]
        data = as_csv(table) if request.param == "csv" else workbook(table)
        return outcome(tmp_path / "export", data, **options)

    return carry


def test_only_a_sessions_own_row_is_a_session_and_the_others_are_counted(carried):
    second = SESSION | {"Plug In Event Id": "316", "Energy (kWh)": "0", "Ended By": "Timeout"}
    done = carried(SESSION, INTERVAL, INTERVAL, NEITHER, second, NEITHER)
    assert done.profile == "chargepoint-meter"
    assert (len(done.rows), len(done.rejects), done.skipped) == (2, 0, 4)
    assert done.rows["line"].tolist() == [2, 6]
    assert done.rows["energy_kwh"].tolist() == [12.345, 0.0]
    assert done.rows["stop_reason"].tolist() == ["Plug Out at Vehicle", "Timeout"]


def test_interval_rows_alone_are_no_sessions(carried):
    done = carried(INTERVAL, NEITHER)
    assert (len(done.rows), len(done.rejects), done.skipped) == (0, 0, 2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"session_id": "104717|1|315", "duration_minutes": 150.0, "start_time": utc("2018-07-05 14:09")}),
        ({"Start Time Zone": "UTC", "End Time": "7/5/2018 4:00"}, {"duration_minutes": 111.0}),
        ({"End Time": "11/8/2018 1:00", "End Time Zone": "MST"}, {"end_time": utc("2018-11-08 08:00")}),
        ({"Energy (kWh)": "0", "Ended By": "Timeout"}, {"energy_kwh": 0.0, "stop_reason": "Timeout"}),
        ({"Energy (kWh)": "0", "Ended By": "Outlet Offline"}, {"stop_reason": "Outlet Offline"}),
        ({"Ended By": "Final GFCI Tripped"}, {"stop_reason": "Final GFCI Tripped"}),
        ({"Ended By": ""}, {"stop_reason": None}),
        ({"Port": "0", "Energy (kWh)": "0"}, {"port_id": "0", "session_id": "104717|0|315"}),
        ({"Port": "1B"}, {"port_id": "1B"}),
        ({"Plug In Event Id": "1530800940"}, {"session_id": "104717|1|1530800940"}),
        ({"Total Duration (hh:mm:ss)": "500:22:20"}, {"duration_minutes": 150.0}),
        ({"Total Duration (hh:mm:ss)": "541 days 18:50:55"}, {"duration_minutes": 150.0}),
        ({"End Time": "7/5/2018 8:09"}, {"duration_minutes": 0.0}),
        ({"Power Start Time": "7/5/2018 8:15"}, {"energy_kwh": 12.345}),
        ({"Peak Power (AC kW)": "6600"}, {"energy_kwh": 12.345}),
        ({"Plug Disconnect Time": ""}, {"duration_minutes": 150.0}),
    ],
)
def test_a_session_is_kept(carried, change, expected):
    done = carried(SESSION | change)
    assert len(done.rejects) == 0
    (row,) = done.rows.to_dict("records")
    assert {column: row[column] for column in expected} == expected


def test_a_session_whose_meter_ran_backwards_is_kept_without_its_energy(carried):
    done = carried(SESSION, SESSION | {"Energy (kWh)": "-1"})
    assert (len(done.rows), len(done.rejects)) == (2, 0)
    assert done.rows["energy_kwh"].isna().tolist() == [False, True]
    assert done.warnings == {"meter_ran_backwards": 1}


def test_a_session_without_an_end_is_kept(carried):
    done = carried(SESSION | {"End Time": "", "End Time Zone": ""})
    assert done.rows["end_time"].isna().all()
    assert len(done.rows) == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"EVSE ID": ""}, "station_id_missing"),
        ({"Start Time Zone": ""}, "start_time_without_zone"),
        ({"Start Time Zone": "BST"}, "start_time_zone_unknown"),
        ({"End Time Zone": "BST"}, "end_time_zone_unknown"),
        ({"Start Time": "5.7.2018 8:09"}, "start_time_unreadable"),
        ({"Start Time": "7/5/18 8:09"}, "start_time_unreadable"),
        ({"End Time": "7/5/2018 8:00"}, "end_before_start"),
        ({"Energy (kWh)": "12.3.4"}, "energy_kwh_not_a_number"),
    ],
)
def test_a_row_is_refused_by_name_and_tells_nothing_private(carried, change, rule):
    done = carried(SESSION, SESSION | change)
    assert done.rejects["rule"].tolist() == [rule]
    assert len(done.rows) == 1
    assert "[private]" in done.rejects["raw"][0]
    assert not any(secret in done.rejects["raw"][0] for secret in SECRETS)


def test_a_blank_start_of_blanks_alone_is_an_interval_row(carried):
    assert carried(SESSION, SESSION | {"Start Time": "  "}).skipped == 1


def test_a_broken_interval_row_stays_a_reject(tmp_path):
    data = as_csv([[*SESSION], [*SESSION.values()]]) + b"104717,,315\n"
    done = outcome(tmp_path / "export", data)
    assert done.rejects["rule"].tolist() == ["row_too_short"]
    assert done.skipped == 0


def test_a_repeated_header_is_a_reject(carried):
    assert carried(SESSION, dict(zip(SESSION, SESSION, strict=True))).rejects["rule"].tolist() == ["repeated_header"]


def test_what_excel_made_of_the_text_is_read_as_what_it_was(tmp_path):
    made = {
        "EVSE ID": 104717,
        "Plug In Event Id": number("3.15E+02"),
        "Port": 1,
        "Start Time": date(2018, 7, 5, 8, 9),
        "End Time": date(2018, 7, 5, 10, 39),
        "Total Duration (hh:mm:ss)": number("0.104282407", "length"),
        "Energy (kWh)": 12.345,
    }
    rows = [[*SESSION], [*(SESSION | made).values()], None, [value or None for value in INTERVAL.values()]]
    done = outcome(tmp_path / "export.xlsx", workbook(rows))
    assert (done.rows["session_id"].tolist(), done.rows["duration_minutes"].tolist()) == (["104717|1|315"], [150.0])
    assert done.skipped == 1


def test_the_same_session_has_one_station_and_id_in_both_reports():
    meter, summary = (builtin_profiles()[name] for name in ("chargepoint-meter", "chargepoint"))
    assert meter.source == summary.source
    assert [name.replace("Port Number", "Port") for name in summary.session_key] == [*meter.session_key]
    assert meter.columns["station_id"] == summary.columns["station_id"]


@pytest.mark.parametrize("column", ["Start Time", "Port", "EVSE ID", "Ended By"])
def test_a_report_without_a_column_that_it_needs_is_refused(carried, column):
    with pytest.raises(SourceError) as caught:
        carried({name: value for name, value in SESSION.items() if name != column})
    assert caught.value.code == "no_profile_fits"


def test_a_driver_is_a_hash_or_nothing(carried):
    assert carried(SESSION).rows["driver_ref"].tolist() == [None]
    (ref,) = carried(SESSION, salt="s").rows["driver_ref"]
    assert len(ref) == 32
