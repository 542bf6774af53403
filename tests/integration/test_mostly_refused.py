"""A file of which one rule refuses most rows is refused whole, with the setting that would cure it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from evcharge.cli import run_command
from tests.support.factories import native_csv, session_row


@pytest.fixture
def load(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def command(*rows, options=()):
        native_csv(tmp_path / "a.csv", *rows)
        code = run_command(["load", "--create-db", "a.csv", *options])
        return code, capsys.readouterr()

    return command


def rows(count, bad, **over):
    return [session_row(session_id=f"S{n}", **(over if n < bad else {})) for n in range(count)]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("over", "code", "cure"),
    [
        ({"energy_kwh": "7,5 "}, "energy_kwh_not_a_number", "--decimal ,"),
        ({"energy_kwh": "45000"}, "energy_kwh_out_of_range", "--energy-unit Wh"),
        ({"success": "OK"}, "success_unreadable", "--true-words"),
        ({"start_time": "01.02.2025 10:00"}, "start_time_unreadable", "--time-format"),
    ],
)
def test_a_rule_that_takes_over_half_of_a_file_refuses_it_and_names_the_cure(load, over, code, cure):
    over = {name: f'"{value}"' for name, value in over.items()}
    status, printed = load(*rows(20, 11, **over))
    assert status == 1
    assert "[one_rule_refuses_most]" in printed.err
    assert f"{code} in 11 of 20 rows" in printed.err
    assert cure in printed.err
    with closing(sqlite3.connect("ev_charging.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM fact_charging").fetchone() == (0,)


@pytest.mark.thorough
def test_half_of_a_file_and_a_short_file_are_loaded_all_the_same(load):
    assert load(*rows(20, 10, energy_kwh="x"))[0] == 0
    assert load(*rows(9, 9, energy_kwh="x"))[0] == 0


def test_a_limit_that_is_asked_for_allows_it(load):
    status, printed = load(*rows(20, 19, energy_kwh="x"), options=["--max-rejects", "100%", "--json"])
    assert status == 0
    assert json.loads(printed.out)["files"][0]["inserted"] == 1
