"""A column that is not read though it tells what a rate needs is warned of, by load and by check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

HEADER = "session_id,station_id,start_time,end_time,energy_kwh"
ROW = "{},A,2025-01-0{}T08:00:00Z,2025-01-0{}T09:00:00Z,20"


def table(name, values, header=HEADER):
    rows = [f"{ROW.format(n, n, n)},{value}" for n, value in enumerate(values, 1)]
    Path("f.csv").write_text("\n".join([f"{header},{name}", *rows, ""]), encoding="utf-8")


def warnings(evcharge, *options):
    """The warnings of a load of the table, and the columns that each is about."""
    result = json.loads(evcharge("load", "f.csv", "--create-db", "--json", *options)[1])["files"][0]
    return {code: count for code, count in result["warnings"].items() if code.endswith("_not_read")}, result["unread"]


@pytest.mark.parametrize(
    "words",
    [
        ["Completed", "Failed"],
        ["beendet", "Abgebrochen"],
        ["완료", "오류"],
        ["", "FAULTED "],
        ["Pass", "FAIL"],
        ["OK", "NOK"],
    ],
)
def test_a_column_with_a_word_of_failure_is_warned_of(evcharge, words):
    table("Outcome note", words)
    assert warnings(evcharge) == (
        {"outcome_not_read": 1},
        {"outcome_not_read": [f"Outcome note ({words[1].strip()})"]},
    )


@pytest.mark.parametrize("words", [["Completed", "Paid"], ["yes", "no"], ["cancelled", ""]])
def test_a_column_whose_words_say_nothing_by_themselves_is_not(evcharge, words):
    table("Outcome note", words)
    assert warnings(evcharge) == ({}, {})


@pytest.mark.parametrize(
    ("heading", "values", "told"),
    [
        ("failed", ["0", "1"], "0, 1"),
        ("is_failed", ["true", "false"], "false, true"),
        ("Result", ["1", "0"], "0, 1"),
        ("erfolgreich", ["true"], "true"),
        ("Test", ["Pass", "Passed"], "Pass, Passed"),
    ],
)
def test_a_flag_below_a_heading_of_outcomes_is_warned_of_and_a_test_that_passed(evcharge, heading, values, told):
    table(heading, values)
    assert warnings(evcharge)[1] == {"outcome_not_read": [f"{heading} ({told})"]}


@pytest.mark.parametrize(("heading", "values"), [("Tariff", ["Pass", "Ad hoc"]), ("Paid", ["0", "1"])])
def test_a_pass_that_is_a_ticket_and_a_flag_of_something_else_are_not(evcharge, heading, values):
    table(heading, values)
    assert warnings(evcharge) == ({}, {})


def test_a_column_of_many_texts_is_not_one_of_words(evcharge):
    rows = [f"{n},A,2025-01-01T{n:02}:00:00Z,,1,{'Failed' if n == 1 else f'note {n}'}" for n in range(1, 20)]
    Path("f.csv").write_text("\n".join([f"{HEADER},note", *rows, ""]))
    assert warnings(evcharge) == ({}, {})


def test_a_column_that_is_read_is_not_warned_of(evcharge):
    table("Status", ["Completed", "Failed"])
    words = ("--true-words", "Completed", "--false-words", "Failed")
    assert warnings(evcharge, "--map", "success=Status", *words) == ({}, {})


def test_ends_that_are_not_read_are_warned_of_where_no_other_is(evcharge):
    table("length", ["60"], HEADER.replace("end_time", "Finished"))
    columns = {"end_not_read": ["Finished (2025-01-01T09:00:00Z)"]}
    assert warnings(evcharge, "--map", "duration_minutes=length")[1] == columns
    table("Finished", ["2025-01-01T09:00:00Z"])
    assert warnings(evcharge)[1] == {}


def test_energy_in_another_unit_that_is_not_read_is_warned_of(evcharge):
    table("Energy (Wh)", ["20000"])
    assert warnings(evcharge)[1] == {"energy_not_read": ["Energy (Wh) (Wh)"]}
    table("Meter start (Wh)", ["20000"])
    assert warnings(evcharge)[1] == {}


def test_load_and_check_print_the_column_its_words_and_the_options(evcharge):
    table("Status", ["Completed", "Failed"])
    for command in (("load", "--create-db"), ("check", "--replace")):
        out = evcharge(command[0], "f.csv", command[1])[1]
        assert "warning: 1 outcome_not_read: a column that is not read seems to hold outcomes: --map success=" in out
        assert "Status (Failed)\n" in out
