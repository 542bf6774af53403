"""evcharge compare and report --definition all: every definition side by side, and the verdicts that depend on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evcharge.cli import run_command
from evcharge.metrics.definitions import DEFINITIONS
from tests.support.factories import native_csv, session_row


def sessions(station, count, minutes, energy_kwh, success=""):
    end = f"2025-04-01T{8 + minutes // 60:02}:{minutes % 60:02}:00Z"
    return [
        session_row(
            station_id=station,
            session_id=f"{station}/{minutes}/{energy_kwh}/{number}",
            start_time="2025-04-01T08:00:00Z",
            end_time=end,
            energy_kwh=str(energy_kwh),
            success=success,
        )
        for number in range(count)
    ]


@pytest.fixture
def run(url, tmp_path, capsys, monkeypatch):
    """Station A works by every rule; half of B's sessions lie between the rules; C has no energy recorded."""
    monkeypatch.chdir(tmp_path)
    rows = [*sessions("A", 200, 60, 7.5), *sessions("B", 50, 60, 7.5), *sessions("B", 50, 1, 0.3)]
    native_csv(Path("s.csv"), *rows, *sessions("C", 3, 60, ""))
    assert run_command(["load", "s.csv", "--db", url, "-q"]) == 0
    capsys.readouterr()

    def command(*arguments):
        code = run_command([*arguments, "--db", url])
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    return command


def test_the_comparison_names_the_stations_whose_verdict_depends_on_the_rule(run):
    told = json.loads(run("compare", "--json"))
    assert {one["station_id"]: one["verdict_depends_on_definition"] for one in told["stations"]} == {
        "A": False,
        "B": True,
        "C": False,
    }
    station = told["stations"][1]["by_definition"]
    assert {name: one["verdict"] for name, one in station.items()} == {
        "afirev": "below target",
        "afirev_old": "meets target",
        "qualicharge_u11": "below target",
        "ucdavis_1kwh": "below target",
    }
    assert (station["afirev_old"]["gained"], station["afirev_old"]["lost"]) == (50, 0)
    assert (station["afirev"]["rank"], told["stations"][0]["by_definition"]["afirev"]["rank"]) == (1, 2)


def test_definitions_that_lack_their_columns_are_named_not_shown(run):
    told = json.loads(run("compare", "--json"))
    shown = {one["id"] for one in told["definitions"]}
    assert shown | set(told["definitions_without_data"]) == set(DEFINITIONS)
    assert set(told["definitions_without_data"]) == {
        *("recorded", "kwwhat", "chargex_session", "csr_now_p3_provisional"),
    }


def test_every_definition_accounts_for_every_session(run):
    told = json.loads(run("report", "--definition", "all", "--json"))
    for one in told["definitions"]:
        network = one["network"]
        assert network["attempts"] + network["unknown"] + network["excluded"] == 303, one["id"]
        assert network["attempts"] == network["successes"] + network["failures"]
        assert sum(one["stations"].values()) == 3


def test_people_read_what_drives_the_difference(run):
    out = run("compare")
    assert "The verdict depends on the definition at 1 of 3 stations" in out
    assert "● 100.0% +50" in out
    assert "+n: sessions that fail by afirev and succeed by this one" in out


def test_all_definitions_stand_in_one_table(run):
    out = run("report", "--definition", "all")
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(" ")]
    assert rows == ["definition", "afirev", "afirev_old", "qualicharge_u11", "ucdavis_1kwh"]
    assert "The data lacks what these need: recorded, kwwhat, chargex_session, csr_now_p3_provisional." in out


@pytest.mark.thorough
def test_a_definition_of_ones_own_stands_among_them_and_in_the_report(run):
    Path("ours.toml").write_text('id = "ours"\ntitle = "t"\nsource = "s"\nenergy_kwh_above = 0.2\n')
    told = json.loads(run("compare", "--definition", "ours.toml", "--json"))
    assert told["base"].startswith("ours@")
    ours = next(one for one in told["definitions"] if one["id"] == told["base"])
    assert ours["network"]["successes"] == 300
    report = json.loads(run("report", "--definition", "ours.toml", "--json", "--no-png"))
    assert report["definition"] == told["base"]
    assert report["network"]["successes"] == 300


def test_where_no_verdict_differs_it_says_so(run):
    assert "No verdict depends on the definition: 1 station has the same" in run("compare", "--station", "A")


@pytest.mark.parametrize("word", ["csr", "nothing.toml"])
def test_an_unknown_definition_is_refused_with_what_there_is(word, capsys):
    assert run_command(["compare", "--definition", word]) in (1, 2)
    said = capsys.readouterr().err
    assert "afirev" in said or "own-definitions" in said


def test_the_old_name_of_the_command_does_the_same_and_says_the_new_one(run, url, capsys):
    new = run("compare", "--station", "B", "--json")
    assert run_command(["sandwich", "--station", "B", "--json", "--db", url]) == 0
    old = capsys.readouterr()
    assert old.out == new
    assert old.err == "evcharge sandwich is now called evcharge compare.\n"


def test_the_old_name_of_the_command_is_not_listed(run):
    assert "compare" in run("--help")
    assert "sandwich" not in run("--help")
