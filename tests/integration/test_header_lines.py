"""Headers of two lines: groups above the names, and units or other halves of names below them."""

from __future__ import annotations

import csv
import shlex
import sqlite3
from pathlib import Path

import pytest

from evcharge.sources import read_profile
from tests.support.workbooks import as_csv, workbook

pytestmark = pytest.mark.thorough

NAMES = ("session_id", "station_id", "start_time", "end_time", "energy_kwh")
GROUPS = ("Session", "", "Charging", "", "Energy")
FULL_GROUPS = ("Session", "Place", "Begin", "Finish", "Energy")
SESSIONS = [(f"s{n}", "A", f"2025-01-0{n}T10:00:00Z", f"2025-01-0{n}T10:30:00Z", "5") for n in range(1, 5)]
OWN_NAMES = ("Session ID", "Charge Point", "Start", "Stop", "Energy", "Duration", "Status")
OWN_UNITS = ("", "", "[UTC]", "[UTC]", "Wh", "min", "")
OWN_SESSIONS = [
    (f"s{n}", "A", f"1{n + 2}.06.2025 08:12", f"1{n + 2}.06.2025 08:55", "5400", "43", "OK") for n in range(1, 5)
]


def write(path, rows):
    Path(path).write_bytes(as_csv(rows) if path.endswith("csv") else workbook(rows))
    return path


def command_of(out):
    return next(shlex.split(line)[1:] for line in out.splitlines() if line.startswith("    evcharge load"))


def energies():
    with sqlite3.connect("ev_charging.db") as connection:
        rows = connection.execute("SELECT energy_kwh FROM fact_charging").fetchall()
    connection.close()
    return [energy for (energy,) in rows]


both_carriers = pytest.mark.parametrize("path", ["t.csv", "t.xlsx"])


@both_carriers
def test_names_below_a_line_of_groups_are_found(evcharge, path):
    out = evcharge("load", write(path, [GROUPS, NAMES, *SESSIONS]), "--create-db")[1]
    assert "read 4 = 4 inserted" in out


@both_carriers
def test_names_below_a_line_as_full_are_not_guessed_but_the_error_names_option_and_profile(evcharge, path):
    write(path, [FULL_GROUPS, NAMES, *SESSIONS])
    code, _, err = evcharge("load", path, "--create-db")
    assert code == 1
    assert "The header may be further down: line 2, which fits profile native." in err
    code, out, _ = evcharge("load", path, "--header-line", "2")
    assert (code, "read 4 = 4 inserted" in out) == (0, True)


@both_carriers
def test_a_line_of_units_below_the_names_is_one_reject(evcharge, path):
    write(path, [NAMES, ("", "", "", "", "kWh"), *SESSIONS])
    out = evcharge("load", path, "--create-db", "--rejects", "r.csv")[1]
    assert "read 5 = 4 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected" in out
    rejects = list(csv.DictReader(Path("r.csv").read_text().splitlines()))
    assert {(row["line"], row["raw"]) for row in rejects} == {("2", ",,,,kWh")}


@both_carriers
@pytest.mark.parametrize("above", [[], [("Charging", *[""] * 3, "Energy", "", "")]])
def test_units_in_a_line_of_their_own_are_those_of_the_command_that_check_prints(evcharge, path, above):
    write(path, [*above, OWN_NAMES, OWN_UNITS, *OWN_SESSIONS])
    out = evcharge("check", path)[1]
    assert "4 rows looked at; 1 more seem to be no sessions" in out
    command = command_of(out)
    assert command[command.index("--energy-unit") + 1] == "Wh"
    assert command[command.index("--tz") + 1] == "UTC"
    code, out, _ = evcharge(*command)
    assert (code, "4 inserted" in out, "1 rejected" in out) == (0, True, True)
    assert energies() == [5.4] * 4
    assert evcharge("check", path, "--write-profile", "my.toml")[0] == 0
    assert read_profile("my.toml").conventions.energy_unit == "Wh"


def test_the_unit_of_a_length_may_stand_in_a_line_of_its_own(evcharge):
    places = (0, 1, 2, 5, 4, 6)
    rows = [[row[place] for place in places] for row in (OWN_NAMES, OWN_UNITS, *OWN_SESSIONS)]
    rows[1][3] = "hours"
    command = command_of(evcharge("check", write("t.csv", rows))[1])
    assert command[command.index("--duration-format") + 1] == "hours"


@pytest.mark.parametrize("unit", ["kg CO2", "[UTC+1]", "Decimal(8,2)", "dd.mm.yyyy"])
def test_a_digit_in_a_line_of_units_makes_no_column_a_text(evcharge, unit):
    units = ("", "", unit, unit, "kWh", "min", "")
    out = evcharge("check", write("t.csv", [OWN_NAMES, units, *OWN_SESSIONS]))[1]
    assert "4 rows looked at; 1 more seem to be no sessions" in out
    assert [line.split()[1] for line in out.splitlines() if line.startswith(("  Start ", "  Energy "))] == [
        "times",
        "numbers",
    ]


def test_a_clock_with_an_offset_is_not_proposed_as_that_of_utc(evcharge):
    units = ("", "", "[UTC+1]", "[UTC+1]", "kWh", "min", "")
    command = command_of(evcharge("check", write("t.csv", [OWN_NAMES, units, *OWN_SESSIONS]))[1])
    assert command[command.index("--tz") + 1] != "UTC"


def test_a_name_in_two_lines_is_understood_whole_and_mapped_by_its_first(evcharge):
    first, second = ("Charge", "Session", "Start", "End", "Energy"), ("Point", "ID", "time", "time", "Wh")
    rows = [("CP-1", *row[:1], *row[2:5]) for row in OWN_SESSIONS]
    command = command_of(evcharge("check", write("t.csv", [first, second, *rows]))[1])
    assert "station_id=Charge" in command
    code, out, _ = evcharge(*command, "--max-rejects", "1")
    assert (code, "1 rejected" in out) == (0, True)
