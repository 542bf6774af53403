"""Workbooks of several sheets: which one is read, what a load of it is called, and what names another."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sqlite3
from pathlib import Path

import pytest

from evcharge.sources import read_profile
from tests.support.workbooks import workbook

pytestmark = pytest.mark.thorough

HEADER = ("session_id", "station_id", "start_time", "end_time", "energy_kwh")
OWN_HEADER = ("Session ID", "Charge Point", "Start", "Stop", "kWh")
ABOUT = [("about", "this export")]


def month(number, header=HEADER):
    """A sheet of one session and a row that is refused."""
    begun, ended = (f"2025-0{number}-15T10:{minute}:00Z" for minute in ("00", "30"))
    return [header, (f"{number}-a", "A", begun, ended, 5.5), (f"{number}-b", "A", "never", "", 1)]


def rows_of(query):
    with sqlite3.connect("ev_charging.db") as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return rows


@pytest.fixture
def months():
    Path("months.xlsx").write_bytes(workbook(month(1), month(2), ABOUT))
    return "months.xlsx"


def test_each_sheet_that_is_named_is_a_load_of_its_own(evcharge, months):
    for sheet in ("Sheet 1", "Sheet 2"):
        code, out, _ = evcharge("load", months, "--sheet", sheet, "--create-db")
        assert code == 0
        assert f"months.xlsx/{sheet}: loaded" in out
    assert rows_of("SELECT file_name, inserted, rejected FROM load_ledger ORDER BY load_key") == [
        ("months.xlsx/Sheet 1", 1, 1),
        ("months.xlsx/Sheet 2", 1, 1),
    ]
    assert rows_of("SELECT session_id FROM fact_charging ORDER BY session_id") == [("1-a",), ("2-a",)]


def test_a_sheet_that_is_loaded_already_is_known_in_whatever_case_it_is_typed(evcharge, months):
    evcharge("load", months, "--sheet", "Sheet 2", "--create-db")
    code, out, _ = evcharge("load", months, "--sheet", "SHEET 2")
    assert code == 0
    assert "months.xlsx/Sheet 2: already loaded" in out


def test_a_cited_row_names_its_sheet(evcharge, months):
    evcharge("load", months, "--sheet", "Sheet 2", "--create-db", "--rejects", "r.csv")
    assert '"months.xlsx/Sheet 2",3,"start_time_unreadable"' in Path("r.csv").read_text()
    assert "months.xlsx/Sheet 2:2" in evcharge("explain", "A")[1]


def test_the_hash_that_is_shown_of_a_named_sheet_is_that_of_the_workbook_on_disk(evcharge, months):
    evcharge("load", months, "--sheet", "Sheet 2", "--create-db")
    on_disk = hashlib.sha256(Path(months).read_bytes()).hexdigest()
    told = json.loads(evcharge("explain", "A", "--json")[1])
    shown = [*told["loads"], *told["rows"], *told["rejects"]["found"]]
    assert {one["file_sha256"] for one in shown} == {on_disk}
    assert evcharge("report", "--no-png", "--html", "page.html")[0] == 0
    assert on_disk in Path("page.html").read_text(encoding="utf-8")


def test_the_option_that_an_error_names_loads_the_sheet(evcharge, months):
    code, _, err = evcharge("load", months, "--create-db")
    assert code == 1
    assert "several_sheets_fit" in err
    (option,) = re.findall(r"--sheet '[^']+'", err)
    assert evcharge("load", months, *shlex.split(option))[0] == 0


def test_the_one_sheet_that_fits_is_read_and_named_where_it_is_not_the_first(evcharge):
    Path("b.xlsx").write_bytes(workbook(ABOUT, month(2)))
    Path("a.xlsx").write_bytes(workbook(month(1), ABOUT))
    out = evcharge("check", "b.xlsx")[1]
    assert "b.xlsx/Sheet 2: evcharge's own CSV layout" in out
    assert "energy_kwh, on sheet Sheet 2\n" in out
    assert json.loads(evcharge("check", "b.xlsx", "--json")[1])["files"][0]["sheet"] == "Sheet 2"
    evcharge("load", "a.xlsx", "b.xlsx", "--create-db")
    assert rows_of("SELECT file_name FROM load_ledger ORDER BY load_key") == [("a.xlsx",), ("b.xlsx/Sheet 2",)]


def test_a_table_that_nobody_knows_is_proposed_with_its_sheet_where_there_are_others(evcharge):
    Path("own.xlsx").write_bytes(workbook(month(1, OWN_HEADER)[:2], month(2, OWN_HEADER)[:2]))
    out = evcharge("check", "own.xlsx", "--sheet", "Sheet 2")[1]
    assert "--sheet: the workbook has other sheets, each a load of its own: Sheet 1" in out
    (command,) = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("    evcharge load")]
    assert evcharge(*command)[0] == 0
    assert rows_of("SELECT session_id FROM fact_charging") == [("2-a",)]
    assert evcharge("check", "own.xlsx", "--sheet", "Sheet 2", "--write-profile", "my.toml")[0] == 0
    assert read_profile("my.toml").sheet == "Sheet 2"


def test_a_workbook_of_one_sheet_is_called_by_its_own_name_alone(evcharge):
    Path("one.xlsx").write_bytes(workbook(month(1, OWN_HEADER)[:2]))
    assert "--sheet" not in evcharge("check", "one.xlsx")[1]
    Path("one.xlsx").write_bytes(workbook(month(1)[:2]))
    assert "one.xlsx: loaded" in evcharge("load", "one.xlsx", "--create-db")[1]


def test_what_a_named_sheet_leaves_unread_is_told_of_that_sheet(evcharge):
    header = (*HEADER, "Result")
    failed = [(*row, word) for row, word in zip(month(2)[1:2], ["Failed"], strict=True)]
    passed = [(*row, "fine") for row in month(1)[1:2]]
    Path("r.xlsx").write_bytes(workbook([header, *passed], [header, *failed]))
    assert "outcome_not_read" in evcharge("check", "r.xlsx", "--sheet", "Sheet 2")[1]
    assert "outcome_not_read" not in evcharge("check", "r.xlsx", "--sheet", "Sheet 1")[1]
