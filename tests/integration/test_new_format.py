"""A made-up format needs one TOML file and no other change: the one of docs/how-to/add-a-format.md."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evcharge.cli import run_command
from evcharge.sources.steps import STEPS

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = DOCS / "how-to" / "add-a-format.md"
TABLE = (
    "Point;Day;Clock;Minutes;Energy;Card;Phone\n"
    "P1;31/01/2024;08:15;1,418;11.5;CARD-1;0700\n"
    ";;;;;;\n"
    "P1;01/02/2024;23:50;;0;CARD-1;0700\n"
    "P2;01/02/2024;09:00;12;x;CARD-2;0700\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVCHARGE_DRIVER_SALT", "salt")
    profile = MANUAL.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    Path("my.toml").write_text("\n".join(line.removeprefix("   ") for line in profile.splitlines()))
    Path("river.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def run(folder, capsys):
    """Runs a command line; returns what it prints."""

    def command(*arguments):
        run_command([*arguments])
        return capsys.readouterr().out

    return command


def test_a_made_up_format_needs_one_toml_file(run):
    out = run("load", "river.csv", "--profile", "my.toml", "--create-db", "--json")
    found = json.loads(out)["files"][0]
    counts = (found["read"], found["inserted"], found["rejected"], found["skipped"])
    assert counts == (3, 2, 1, 1)
    assert found["time_format"] == "%d/%m/%Y %H:%M"
    assert found["repaired"] == {}
    with closing(sqlite3.connect("ev_charging.db")) as database:
        facts = database.execute(
            "SELECT session_id, start_time, duration_minutes, energy_kwh, driver_ref FROM fact_charging ORDER BY 1 DESC"
        ).fetchall()
    assert [row[:4] for row in facts] == [
        ("P1|31/01/2024|08:15", "2024-01-31T08:15:00.000Z", 1418.0, 11.5),
        ("P1|01/02/2024|23:50", "2024-02-01T23:50:00.000Z", None, 0.0),
    ]
    assert facts[0][4] == facts[1][4]


def test_nothing_private_of_it_is_stored(run):
    run("load", "river.csv", "--profile", "my.toml", "--create-db", "--rejects", "rejects.csv")
    stored = Path("ev_charging.db").read_bytes() + Path("rejects.csv").read_bytes()
    assert b"[private]" in stored
    assert b"0700" not in stored
    assert b"CARD" not in stored


def test_without_a_salt_no_driver_is_stored_and_the_load_says_so(run, monkeypatch):
    monkeypatch.delenv("EVCHARGE_DRIVER_SALT")
    out = run("load", "river.csv", "--profile", "my.toml", "--create-db")
    assert "3 drivers_left_out" in out
    assert "EVCHARGE_DRIVER_SALT" in out
    with closing(sqlite3.connect("ev_charging.db")) as database:
        assert database.execute("SELECT DISTINCT driver_ref FROM fact_charging").fetchall() == [(None,)]


def test_it_can_be_checked_before_it_is_loaded(run):
    out = run("check", "river.csv", "--profile", "my.toml")
    assert "River City, charging sessions" in out
    assert "energy_kwh 'x'" in out
    assert not Path("ev_charging.db").exists()


def test_the_list_of_steps_names_every_step():
    table = (DOCS / "sources" / "README.md").read_text(encoding="utf-8").split("| step |")[1]
    assert all(f"`{step}`" in table for step in STEPS)
