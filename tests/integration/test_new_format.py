"""A made-up format is added as docs/how-to/add-a-format.md says: a table by a TOML file, any other by a module too."""

from __future__ import annotations

import ast
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

import evcharge.sources
from evcharge.cli import run_command
from evcharge.sources import formats
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
LOG = (
    "PLUG 1 2024-01-31T08:00Z\n"
    "PLUG 2 2024-01-31T08:05Z\n"
    "\n"
    "UNPLUG 1 2024-01-31T09:30Z 11.5\n"
    "UNPLUG 7 2024-01-31T09:31Z 2\n"
    "PLUG\n"
)


def code_blocks(language):
    """The manual's blocks of code in that language, in order."""
    return [
        dedent("   " + part.split("```")[0])
        for part in MANUAL.read_text(encoding="utf-8").split(f"```{language}\n   ")[1:]
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVCHARGE_DRIVER_SALT", "salt")
    Path("my.toml").write_text(code_blocks("toml")[0])
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


@pytest.mark.thorough
def test_nothing_private_of_it_is_stored(run):
    run("load", "river.csv", "--profile", "my.toml", "--create-db", "--rejects", "rejects.csv")
    stored = Path("ev_charging.db").read_bytes() + Path("rejects.csv").read_bytes()
    assert b"[private]" in stored
    assert b"0700" not in stored
    assert b"CARD" not in stored


@pytest.mark.thorough
def test_of_several_files_without_a_salt_the_load_says_once_how_many_drivers_were_left_out(run, monkeypatch):
    monkeypatch.delenv("EVCHARGE_DRIVER_SALT")
    again = Path("river.csv").read_bytes().replace(b"P1", b"P3").replace(b"CARD-2", b"")
    Path("other.csv").write_bytes(again)
    out = run("load", "river.csv", "other.csv", "--profile", "my.toml", "--create-db")
    assert [line for line in out.splitlines() if "drivers_left_out" in line] == [
        "warning: 5 drivers_left_out: drivers are stored as salted hashes only; state a salt: EVCHARGE_DRIVER_SALT"
    ]


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


@pytest.fixture
def plug_log(run, tmp_path, monkeypatch):
    """Adds the manual's reader: its module to the package, its line to the list, its profile beside the log."""
    module, line = code_blocks("python")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "plug_log.py").write_text(module)
    monkeypatch.setattr(evcharge.sources, "__path__", [*evcharge.sources.__path__, str(tmp_path / "more")])
    for name, place in ast.literal_eval("{" + line + "}").items():
        monkeypatch.setitem(formats.STRUCTURED, name, place)
    Path("plug.toml").write_text(code_blocks("toml")[1])
    Path("depot.log").write_text(LOG)
    yield run
    sys.modules.pop("evcharge.sources.plug_log", None)
    vars(evcharge.sources).pop("plug_log", None)


def test_a_made_up_structured_format_needs_a_module_a_line_and_a_profile(plug_log):
    out = plug_log("load", "depot.log", "--profile", "plug.toml", "--create-db", "--rejects", "rejects.csv", "--json")
    counts = json.loads(out)["files"][0]
    assert [counts[name] for name in ("read", "inserted", "rejected", "skipped")] == [4, 2, 2, 0]
    with closing(sqlite3.connect("ev_charging.db")) as database:
        facts = database.execute(
            "SELECT session_id, start_time, end_time, energy_kwh FROM fact_charging ORDER BY start_time"
        ).fetchall()
    assert facts == [
        ("1|2024-01-31T08:00Z", "2024-01-31T08:00:00.000Z", "2024-01-31T09:30:00.000Z", 11.5),
        ("2|2024-01-31T08:05Z", "2024-01-31T08:05:00.000Z", None, None),
    ]
    rejects = Path("rejects.csv").read_text(encoding="utf-8")
    assert all(code in rejects for code in ("stop_without_start", "malformed_row"))


@pytest.mark.usefixtures("plug_log")
def test_its_refusals_are_those_of_every_format(capsys):
    run_command(["check", "depot.log", "--profile", "plug.toml", "--map", "station_id=stall"])
    assert "Fields of this format: plug, start, end, kwh." in capsys.readouterr().err
    Path("river.log").write_text("river\n")
    run_command(["check", "river.log", "--profile", "plug.toml"])
    assert "does not look like Plug log of the depot" in capsys.readouterr().err


def test_the_reader_in_the_manual_says_what_does_not_belong_in_it():
    module, _ = code_blocks("python")
    tree = ast.parse(module)
    assert "What does not belong here" in (ast.get_docstring(tree) or "")
    assert max(map(len, module.splitlines())) <= 120
