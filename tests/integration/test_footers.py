"""What stands below the last session: each line is a reject with a plain reason, and check says what it looks like."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from evcharge.load import load_file
from evcharge.sources import builtin_profiles
from tests.support.workbooks import as_csv, date, workbook

HEADER = ("session_id", "station_id", "start_time", "end_time", "energy_kwh")
SESSIONS = [(f"s{n}", "A", f"2025-01-0{n}T10:00:00Z", f"2025-01-0{n}T10:30:00Z", "5") for n in range(1, 4)]
APT_HEADER = (
    *("Charging event", "CP ID", "Connector", "Start Date", "Start Time", "End Date", "End Time", "Total kWh", "Site"),
)
APT_SESSIONS = [
    (f"{n}", "501", "1", f"1{n + 2}/01/2025", "08:00", f"1{n + 2}/01/2025", "09:00", "7.5", "Town") for n in range(1, 4)
]
CHARGEPOINT_HEADER = (
    *("Station Name", "Port Number", "Start Date", "Start Time Zone", "End Date", "End Time Zone", "Energy (kWh)"),
    *("Ended By", "MAC Address", "Plug In Event Id", "Start SOC", "EVSE ID"),
)
CHARGEPOINT_SESSIONS = [
    ("S", "1", f"1/{n}/2020 8:00", "PST", f"1/{n}/2020 9:00", "PST", "5.5", "Customer", "AA", f"{n}", "", "77")
    for n in range(1, 4)
]
OWN_PROFILE = """name = "own"
source = "own"
format = "csv"
failures_included = "unknown"
session_key = ["Place", "Begun"]
[columns]
station_id = "Place"
start_time = "Begun"
energy_kwh = "kWh"
"""
LAYOUTS = {
    "native": (HEADER, SESSIONS, ("Total", "", "", "", "15")),
    "uk-apt": (APT_HEADER, APT_SESSIONS, ("Total", *[""] * 6, "22.5", "")),
    "chargepoint": (CHARGEPOINT_HEADER, CHARGEPOINT_SESSIONS, ("Total", *[""] * 5, "16.5", *[""] * 5)),
    "own.toml": (
        ("Place", "Begun", "kWh"),
        [("A", f"2025-01-0{n}T10:00:00Z", "5") for n in range(1, 4)],
        ("Grand total", "", "15"),
    ),
}


def ledger():
    with sqlite3.connect("ev_charging.db") as connection:
        counts = connection.execute("SELECT rows_read, inserted, rejected FROM load_ledger").fetchall()
        rules = connection.execute("SELECT source_line, rule, raw FROM rejected_row ORDER BY 1, 2").fetchall()
    connection.close()
    return counts, rules


@pytest.mark.thorough
@pytest.mark.parametrize("carrier", ["csv", "xlsx"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_total_and_a_note_are_rejects_and_no_sessions_in_every_layout(evcharge, name, carrier):
    header, sessions, total = LAYOUTS[name]
    Path("own.toml").write_text(OWN_PROFILE)
    rows = [header, *sessions, total, (), ("Exported on 2025-02-01",)]
    Path(f"t.{carrier}").write_bytes(as_csv(rows) if carrier == "csv" else workbook(rows))
    assert evcharge("load", f"t.{carrier}", "--profile", name, "--create-db")[0] == 0
    counts, rejects = ledger()
    assert counts == [(5, 3, 2)]
    assert rejects[0] == (5, "total_row", ",".join(total))
    assert {line for line, _, _ in rejects} == {5, 7}
    out = evcharge("check", f"t.{carrier}", "--profile", name)[1]
    assert "  the last 2 rows look like a footer, from line 5 on: no sessions\n" in out


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("footer", "lines"),
    [
        ("Total,,,,15\n", [5]),
        ("Sum of 3 stations\n", [5]),
        ("Total,,,15\n,,,,\n\nMade by: the back office\n", [5, 6, 8]),
        (",,,,15\n", [5]),
        ("Grand total,3,2025-01-01T00:00:00Z,2025-01-31T00:00:00Z,15\n", [5]),
    ],
)
def test_check_tells_the_lines_that_look_like_a_footer(evcharge, footer, lines):
    Path("t.csv").write_bytes(as_csv([HEADER, *SESSIONS]) + footer.encode())
    (found,) = json.loads(evcharge("check", "t.csv", "--json")[1])["files"]
    assert found["footer_lines"] == lines
    assert (found["inserted"], found["rejected"]) == (3, len(lines))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "end",
    [
        "s4,A,2025-01-04T1",
        "s4,A Street",
        "s4",
        "s4,A,never,,5\n",
        "Total,,,,15\ns4,A,2025-01-04T10:00:00Z,,5\n",
        "s4,A,,,0\n",
    ],
)
def test_a_row_that_is_cut_off_or_wrong_or_not_at_the_end_is_no_footer(evcharge, end):
    Path("t.csv").write_bytes(as_csv([HEADER, *SESSIONS]) + end.encode())
    (found,) = json.loads(evcharge("check", "t.csv", "--json")[1])["files"]
    assert found["rejected"] == 1
    assert found["footer_lines"] == []


def test_a_note_with_a_date_below_dates_of_excel_refuses_no_workbook(evcharge):
    sessions = [(f"s{n}", "A", date(2025, 1, n, 10), date(2025, 1, n, 11), 5.5) for n in range(1, 4)]
    footer = [("Total", None, "2025-01", None, 16.5), ("Exported on", None, "2025-02-01")]
    Path("t.xlsx").write_bytes(workbook([HEADER, *sessions, *footer]))
    code, out, _ = evcharge("load", "t.xlsx", "--tz", "UTC", "--create-db")
    assert (code, "3 inserted" in out, "2 rejected" in out) == (0, True, True)


def test_a_footer_hides_no_convention_that_was_not_stated(evcharge):
    rows = [(session, station, start[:-1], "", energy) for session, station, start, _, energy in SESSIONS]
    Path("t.csv").write_bytes(as_csv([HEADER, *rows, ("Total", "", "", "", "15")]))
    code, _, err = evcharge("load", "t.csv", "--create-db")
    assert code == 1
    assert "time_zone_unstated" in err


def test_a_total_of_nothing_is_counted_as_no_failure(evcharge):
    Path("t.csv").write_bytes(as_csv([HEADER, *SESSIONS, ("Total", "", "", "", "0")]))
    out = evcharge("load", "t.csv", "--create-db")[1]
    assert "0 would have counted as failures" in out


def test_a_total_with_dates_and_all_else_is_no_row_of_a_table_that_nobody_knows(evcharge):
    rows = [(f"{n}", "A", f"1{n + 2}.06.2025 08:12", "12,4", "OK") for n in range(1, 4)]
    total = ("Summe", "3", "Juni", "37,2", "alle")
    Path("t.csv").write_bytes(as_csv([("Session ID", "Charge Point", "Start", "kWh", "Status"), *rows, total]))
    out = evcharge("check", "t.csv")[1]
    assert "3 rows looked at; 1 more seem to be no sessions" in out


def test_a_failure_without_a_start_still_counts_as_one_at_a_station_that_is_called_total(url, tmp_path):
    header = "session_id,station_id,start_time,end_time,energy_kwh,success,station_name"
    rows = ["1,A,2025-01-01T08:00:00Z,2025-01-01T09:00:00Z,5,true,Total", "2,A,,,0,false,Total"]
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    result = load_file(tmp_path / "a.csv", url, [builtin_profiles()["native"]])
    assert (result.inserted, result.rejects_by_rule) == (1, {"start_time_missing": 1})
    assert result.rejected_as == {"failure": 1}
