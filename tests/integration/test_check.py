"""evcharge check tells what a load would do and writes nothing; evcharge formats tells what can be read."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from evcharge.cli import run_command
from evcharge.sources import builtin_profiles

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
GOOD = "S1,A,2024-05-01T08:00:00Z,2024-05-01T09:00:00Z,7.5\nS2,B,2024-05-03T08:00:00Z,,0\n"
BAD = "".join(f"S{n},A,2024-05-01T08:00:00Z,,-{n} kWh\n" for n in range(3, 8))


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text(HEADER + GOOD)
    Path("bad.csv").write_text(HEADER + GOOD + BAD)
    Path("alien.csv").write_text("a,b\n1,2\n")

    def run(*arguments):
        code = run_command(["check", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def document(said):
    return json.loads(said[1])


def test_a_sound_file_passes_with_what_it_holds(check):
    code, out, _ = check("good.csv")
    assert code == 0
    assert "recognised by session_id, station_id, start_time, end_time, energy_kwh" in out
    assert "2 stations, starts from 2024-05-01T08:00:00+00:00 to 2024-05-03T08:00:00+00:00" in out
    assert "read 2 = 2 inserted" in out
    assert out.rstrip().endswith("passes")


def test_a_file_with_rejects_does_not_pass_and_shows_three_of_each(check):
    code, out, _ = check("bad.csv")
    assert code == 3
    assert "5  energy_kwh_not_a_number: not a number in the stated form" in out
    assert [line.strip() for line in out.splitlines() if "line " in line] == [
        "line 4: energy_kwh '-3 kWh'",
        "line 5: energy_kwh '-4 kWh'",
        "line 6: energy_kwh '-5 kWh'",
    ]


@pytest.mark.parametrize(("limit", "code"), [("4", 3), ("5", 0), ("70%", 3), ("72%", 0)])
def test_the_gate_is_the_one_asked_for(check, limit, code):
    assert check("bad.csv", "--max-rejects", limit)[0] == code


def test_a_file_that_cannot_be_read_ends_with_1_and_the_others_are_checked(check):
    code, out, err = check("alien.csv", "good.csv", "--json")
    assert code == 1
    assert "no_profile_fits" in err
    first, second = document((code, out, err))["files"]
    assert (first["passes"], first["error"]["code"]) == (False, "no_profile_fits")
    assert (second["passes"], second["inserted"]) == (True, 2)


def test_nothing_is_written(check):
    check("good.csv")
    assert sorted(path.name for path in Path().iterdir()) == ["alien.csv", "bad.csv", "good.csv"]


def test_what_is_in_the_database_already_is_told_and_stays(check):
    assert run_command(["load", "--create-db", "good.csv", "-q"]) == 0
    before = Path("ev_charging.db").read_bytes()
    code, out, _ = check("good.csv")
    assert code == 0
    assert "loaded before" in out
    found = document(check("bad.csv", "--json"))["files"][0]
    assert (found["unchanged"], found["rejected"], found["loaded_before"]) == (2, 5, None)
    assert Path("ev_charging.db").read_bytes() == before


def test_without_a_database_it_says_that_it_compared_with_an_empty_one(check):
    code, _, err = check("good.csv")
    assert (code, err) == (0, "Compared with an empty database: there is no database at ev_charging.db.\n")
    assert run_command(["load", "--create-db", "good.csv", "-q"]) == 0
    assert check("good.csv")[2] == ""
    with sqlite3.connect("ev_charging.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert "the database is at revision 0001" in check("good.csv")[2]


def test_a_database_that_cannot_be_reached_is_an_error_not_an_empty_one(check):
    Path("no.db").write_text("not a database" * 100)
    for url in ("sqlite:///no.db", "postgresql://127.0.0.1:1/x?connect_timeout=2"):
        code, out, err = check("good.csv", "--db", url)
        assert (code, out) == (1, "")
        assert err.startswith("Error [database_")


def test_a_format_needs_a_word_when_its_zone_is_not_stated(check):
    Path("local.csv").write_text(HEADER + "S1,A,2024-05-01T08:00:00,,1\n")
    code, _, err = check("local.csv")
    assert code == 1
    assert "--tz" in err
    assert check("local.csv", "--tz", "Europe/Oslo")[0] == 0


def test_rows_whose_zone_is_not_stated_are_told_with_the_option_to_state_it(check, capsys):
    Path("mixed.csv").write_text(HEADER + GOOD + "S9,A,2024-05-01T08:00:00,,1\n")
    assert run_command(["load", "mixed.csv", "--create-db"]) == 0
    out = capsys.readouterr().out
    assert "1  start_time_without_zone" in out
    assert "--tz Europe/Paris" in out


def test_every_format_is_listed_with_a_page_that_exists(monkeypatch):
    from evcharge.cli import cli

    document = json.loads(CliRunner().invoke(cli, ["formats", "--json"]).stdout)
    assert [one["profile"] for one in document["formats"]] == list(builtin_profiles())
    assert {one["format"] for one in document["registries"]} == {"ocpi", "irve", "afdc", "ocm"}
    listed = [*document["formats"], *document["registries"]]
    assert all((Path(__file__).parents[2] / one["page"]).is_file() for one in listed)
    told = CliRunner().invoke(cli, ["formats"]).stdout
    assert all(one["title"] in told for one in listed)
