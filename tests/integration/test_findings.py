"""What stations do now, visits and reasons, and the frames of the same for Python."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import evcharge
from evcharge.cli import run_command
from evcharge.report.losses import MONEY
from evcharge.report.now import PRESENT
from tests.support.factories import native_csv, session_row

START = datetime(2025, 4, 1, 8, tzinfo=timezone.utc)
DAYS = 70


def station(name, works, last_day=DAYS):
    """Eight attempts a day; ``works`` tells from the day's and the attempt's number whether one succeeds."""
    rows = []
    for day in range(last_day):
        for number in range(8):
            start = START + timedelta(days=day, hours=number)
            good = works(day, number)
            end = start + timedelta(minutes=40 if good else 1)
            rows.append(
                session_row(
                    station_id=name,
                    session_id=f"{name}/{day}/{number}",
                    start_time=start.isoformat(),
                    end_time=end.isoformat(),
                    energy_kwh="10" if good else "0",
                    success=str(good).lower(),
                )
            )
    return rows


@pytest.fixture
def run(url, tmp_path, capsys, monkeypatch):
    """One sound station, one that broke on day 56 (27 May), one that went silent after day 48 (18 May)."""
    monkeypatch.chdir(tmp_path)
    rows = [
        *station("sound", lambda day, number: (day + number) % 40 != 0),
        *station("broken", lambda day, number: (day + number) % 40 != 0 if day < 56 else number % 2 == 1),
        *station("silent", lambda day, number: True, last_day=48),
    ]
    native_csv(Path("s.csv"), *rows)
    assert run_command(["load", "s.csv", "--db", url, "-q"]) == 0
    capsys.readouterr()

    def command(*arguments):
        code = run_command([*arguments, "--db", url])
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    command.url = url
    return command


@pytest.mark.thorough
def test_the_document_tells_what_each_station_does_now_since_when_and_what_it_costs(run):
    told = json.loads(run("report", "--json", "--no-png"))
    assert told["title"] == (
        "Two of 3 stations need attention; about 25 (20 to 30) charges a week are lost, and about 56 more if silent is "
        "really down"
    )
    assert told["attention"]["stations"] == 2
    below, down = (told["attention"][name] for name in ("below_target", "if_silent_are_down"))
    assert (below["charges_lost_per_week"], down["charges_lost_per_week"]) == (pytest.approx(0.45 * 56), 56)
    broken, silent, sound = (station["now"] for station in told["stations"])
    assert (silent["verdict"], silent["silent"], silent["last_session"]) == ("silent", True, "2025-05-18")
    assert (silent["charges_lost_per_week"], silent["first_step"]) == (56, "check power and comms")
    assert (broken["verdict"], broken["since"]) == ("below target", "2025-05-27")
    assert (broken["success_ratio"], broken["attempts"]) == (0.5, 112)
    assert broken["ratio_before"] == pytest.approx(0.975, abs=0.01)
    assert (broken["visits"], broken["failed_visits"], broken["visits_per_week"]) == (112, 56, 56)
    assert broken["charges_lost_per_week"] == pytest.approx(0.45 * 56)
    assert broken["charges_lost_per_week_low"] == pytest.approx((0.4089 - 0.05) * 56, abs=0.05)
    assert broken["kwh_lost_per_week"] == pytest.approx(0.45 * 56 * 10)
    assert (sound["verdict"], sound["changed"], sound["first_step"]) == ("meets target", False, None)
    assert (sound["visits"], sound["charges_lost_per_week"]) == (None, None)
    assert [station["verdict"] for station in told["stations"]] == ["below target", "meets target", "meets target"]


def test_people_read_the_stations_that_need_attention_first(run):
    lines = [line.split() for line in run("report", "--no-png").splitlines()]
    rows = [words for words in lines if words and words[0] in "▼×○●"]
    assert [row[:2] for row in rows] == [["×", "silent"], ["▼", "broken"], ["●", "sound"]]
    assert rows[0][4:] == ["silent", "18", "May", "56", "power", "and", "comms"]
    assert rows[1][4:] == ["50.0%", "40–60", "76.8%", "27", "May", "25", "review"]


@pytest.mark.thorough
def test_where_nothing_needs_attention_it_says_so(run):
    assert "The station meets the target" in run("report", "--no-png", "--station", "sound")


@pytest.mark.thorough
def test_visits_are_the_same_however_many_sessions_are_held_at_a_time(run, monkeypatch):
    whole = json.loads(run("report", "--json", "--no-png", "--target", "0.999"))
    assert [one["now"]["visits"] for one in whole["stations"]] == [112, None, 560]
    monkeypatch.setattr("evcharge.metrics.lost_visits.SESSIONS_AT_ONCE", 1)
    assert json.loads(run("report", "--json", "--no-png", "--target", "0.999")) == whole


@pytest.mark.thorough
def test_visits_are_those_of_the_days_and_stations_asked_for(run):
    chosen = ("--from", "2025-05-28", "--to", "2025-06-03", "--station", "broken")
    (broken,) = json.loads(run("report", "--json", "--no-png", *chosen))["stations"]
    now = broken["now"]
    assert (now["visits"], now["failed_visits"], now["visits_per_week"], now["joined_by_chance"]) == (56, 28, 56, 0)


@pytest.mark.thorough
def test_a_price_turns_what_is_lost_into_money_on_every_output(run):
    told = json.loads(run("report", "--json", "--no-png", "--price", "0.5 EUR"))
    assert told["price"] == {"per_kwh": 0.5, "currency": "EUR"}
    assert told["attention"]["if_silent_are_down"]["money_lost_per_week"] == pytest.approx(56 * 10 * 0.5)
    assert "EUR" not in run("report", "--no-png")
    assert "280 EUR more" in " ".join(run("report", "--no-png", "--price", "0.5 EUR", "--html", "p.html").split())
    page = Path("p.html").read_text(encoding="utf-8")
    assert "560 kWh · 280 EUR" in page
    assert "--price &#39;0.5 EUR&#39;" in page
    assert run("report", "--no-png", "--csv", "-", "--price", "0.5EUR").count(",EUR,") == 3


@pytest.mark.thorough
def test_what_one_station_loses_is_told_with_it_as_the_report_has_it(run):
    told = json.loads(run("report", "--json", "--no-png", "--price", "0.5 EUR"))
    for station in told["stations"]:
        alone = json.loads(run("explain", station["station_id"], "--json", "--price", "0.5 EUR"))
        assert alone["price"] == told["price"]
        assert alone["spell"].items() >= {name: station["now"][name] for name in (*PRESENT, *MONEY)}.items()
    broken, silent, sound = (
        " ".join(run("explain", name, "--price", "0.5 EUR").split()) for name in ("broken", "silent", "sound")
    )
    lost = "it loses about 25 (20 to 30) charges, 252 kWh (201 to 303) and 126 EUR (101 to 151) in a usual week"
    assert f"{lost} 56 of its 112 visits since then ended without a charge" in broken
    assert "if it is really down, it loses about 56 charges, 560 kWh and 280 EUR in a usual week" in silent
    assert "in a usual week" not in sound
    assert "EUR" not in run("explain", "broken")


@pytest.mark.thorough
def test_the_settings_have_the_price_and_the_option_alone_needs_a_currency(run, capsys, monkeypatch):
    Path("evcharge.toml").write_text('price_per_kwh = 0.25\ncurrency = "NOK"\n', encoding="utf-8")
    assert json.loads(run("report", "--json", "--no-png"))["price"] == {"per_kwh": 0.25, "currency": "NOK"}
    assert json.loads(run("report", "--json", "--no-png", "--price", "2"))["price"] == {"per_kwh": 2, "currency": "NOK"}
    Path("evcharge.toml").unlink()
    assert run_command(["report", "--no-png", "--price", "0.59", "--db", run.url]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "Error [no_currency]: 0.59 a kWh has no currency; it must be three capital letters, such as EUR.",
        "  Say it with the price: --price '0.59 EUR'",
    ]
    monkeypatch.setenv("EVCHARGE_CURRENCY", "euro")
    assert run_command(["report", "--no-png", "--price", "0.59", "--db", run.url]) == 1
    assert "currency from environment EVCHARGE_CURRENCY is 'euro'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "0 EUR", "-1 EUR", "0,59 EUR", "EUR", "0.59 eur", "0.59 EURO", "nan EUR", ""])
def test_what_is_no_price_is_refused(text, capsys):
    assert run_command(["report", "--price", text]) == 2
    assert "write it like '0.59 EUR'" in capsys.readouterr().err


def test_a_price_that_would_have_no_effect_is_refused(capsys):
    assert run_command(["report", "--by", "month", "--price", "1 EUR"]) == 2
    assert "--price" in capsys.readouterr().err


@pytest.mark.thorough
def test_visits_add_up_and_name_their_rule(run):
    told = json.loads(run("visits", "--json", "--rule", "kwwhat"))
    network = told["network"]
    assert (told["rule"], told["definition"]) == ("kwwhat", "recorded")
    assert network["visits"] == sum(network[name] for name in ("first_time", "troubled", "failed", "unknown"))
    assert network["attempts"] == 8 * (DAYS + DAYS + 48)
    assert [row["gap_minutes"] for row in told["sensitivity"]] == [2, 5, 10, 15, 30, 60]
    assert sum(row["visits"] for row in told["stations"]) == network["visits"]


def test_people_read_the_visits_and_the_band(run):
    out = run("visits")
    assert "visit = voltra_site_5" in out
    assert "With another longest gap:" in out


@pytest.mark.thorough
def test_reasons_that_are_not_recorded_are_a_row(run):
    told = json.loads(run("reasons", "--json"))
    (row,) = told["network"]
    failures = json.loads(run("report", "--json", "--no-png"))["network"]["failures"]
    assert (row["title"], row["sessions"], row["share"]) == ("no reason was recorded", failures, 1)
    assert "no reason was recorded" in run("reasons")


def test_without_a_session_there_are_no_reasons_but_without_a_failure_there_is_a_table(run, capsys):
    assert run_command(["reasons", "--from", "2030-01-01", "--db", run.url]) == 4
    assert "Error [no_sessions]: no session matches: from 2030-01-01." in capsys.readouterr().err
    assert "0 failures" in run("reasons", "--station", "silent")


def test_an_unknown_visit_rule_is_refused_with_the_known_ones(capsys):
    assert run_command(["visits", "--rule", "mine"]) == 2
    assert "voltra_site_5" in capsys.readouterr().err


@pytest.mark.thorough
def test_python_gets_the_same_as_frames(run):
    found = evcharge.reliability(run.url)
    assert found.spells["station_id"].tolist() == ["silent", "broken", "sound"]
    assert found.visits["visits"].sum() == json.loads(run("visits", "--json"))["network"]["visits"]
    assert found.reasons["sessions"].sum() == found.network["failures"].item()
    evidence = found.evidence.set_index("station_id")
    assert evidence["worse_than_network"].to_dict() == {"broken": True, "silent": False, "sound": False}
    assert (evidence["jeffreys_low"] < evidence["success_ratio"]).all()
    assert evidence["shrunk_fallback"].eq("fewer than 10 stations with attempts").all()
    assert (evidence["if_unknown_failed"] == evidence["success_ratio"]).all()
