"""evcharge chargex from a log to what is printed, in both ways of counting; and a database from before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from evcharge.db import open_engine
from evcharge.migrate import alembic_config
from tests.support.factories import native_csv, session_row
from tests.support.schema import reflected
from tests.support.star import MIXED, write_sessions

ROOT = Path(__file__).parents[2]
INL_LOG = ROOT / "tests" / "data" / "ocpp" / "inl_worked_example.log"
DAY = "2024-03-05T"
NEW = {
    *("authorisation_mode", "authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds"),
    *("authorize_lead_seconds", "trigger_reasons"),
}


def bench_profile(path):
    """The profile that docs/sources/ocpp.md has for a log that names no station."""
    page = (ROOT / "docs" / "sources" / "ocpp.md").read_text(encoding="utf-8")
    path.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    return path


@pytest.fixture
def inl_example(evcharge, url, tmp_path):
    """Runs a command on a database that holds INL's worked example."""
    profile = bench_profile(tmp_path / "bench.toml")
    code, _, err = evcharge("load", INL_LOG, "--profile", profile, "--db", url, "-q")
    assert code == 0, err

    def run(*arguments):
        return evcharge("chargex", *arguments, "--db", url)

    return run


def document(run, *arguments):
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def fractions(told, kpi):
    return {mode: (row["numerator"], row["denominator"]) for mode, row in told[kpi].items() if row["denominator"]}


@pytest.mark.thorough
def test_inl_worked_example_counted_right_is_one_success_of_one_attempt(inl_example):
    told = document(inl_example)
    assert told["inl_compatible"] is False
    assert fractions(told, "session_success") == {"cached_auth": (1, 1), "total": (1, 1)}
    assert fractions(told, "charge_start_success") == {"cached_auth": (1, 1), "total": (1, 1)}
    assert fractions(told, "charge_end_success") == {"total": (1, 1)}
    assert (told["session_success"]["cached_auth"]["equation"], told["charge_end_success"]["total"]["equation"]) == (
        16,
        10,
    )
    assert (told["attempts"]["attempts"], told["attempts"]["false_orphans"]) == (1, 0)
    assert told["charge_start_time"]["samples"] == 1


def test_inl_worked_example_in_inl_s_way_is_what_its_calculator_prints(inl_example):
    told = document(inl_example, "--inl-compatible")
    session, start = told["session_success"], told["charge_start_success"]
    assert fractions(told, "session_success") == {"cached_auth": (1, 1), "pre_plugin": (0, 1), "total": (1, 2)}
    assert (session["pre_plugin"]["equation"], start["pre_plugin"]["equation"]) == (14, 3)
    assert (session["total"]["ratio"], session["total"]["inl_weighted_average"]) == (0.5, 1.0)
    assert fractions(told, "charge_start_success") == {"cached_auth": (1, 1), "pre_plugin": (0, 1), "total": (1, 2)}
    assert (start["total"]["ratio"], start["total"]["inl_weighted_average"]) == (0.5, 1.0)
    assert fractions(told, "charge_end_success") == {"total": (1, 1)}
    percentiles = {f"p{number}_seconds": 0.0 for number in (10, 25, 50, 75)}
    assert told["charge_start_time"] == {"equation": 9, "samples": 1, **percentiles}
    assert told["attempts"]["false_orphans"] == 1
    assert "biased upward" in " ".join(told["notes"])


def test_people_read_each_equation_with_its_count_and_what_the_figures_are(inl_example):
    code, out, _ = inl_example("--inl-compatible")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert "1 attempt of message logs, 1 false orphan" in out
    assert ["pre_plugin", "14", "0.0%", "0.0%–79.3%", "0", "of", "1"] in lines
    assert ["total", "50.0%", "9.5%–90.5%", "1", "of", "2", "100.0%"] in lines
    assert "Charge Start Time (eq. 9), 1 sample: P10 0.0 s, P25 0.0 s, P50 0.0 s, P75 0.0 s" in out
    assert "INL-compatible: with the faults of INL's calculator" in out
    assert "INL-compatible" not in inl_example()[1]


@pytest.mark.parametrize("selection", [("--from", "2024-05-18"), ("--to", "2024-05-16")])
def test_a_selection_without_an_attempt_of_a_message_log_is_no_data(inl_example, selection):
    code, out, err = inl_example(*selection)
    assert (code, out) == (4, "")
    assert "Error [no_message_log]: no attempt of a message log matches" in err
    assert "docs/sources/ocpp.md" in err


def test_a_selection_that_holds_the_attempt_has_it(inl_example):
    told = document(inl_example, "--from", "2024-05-17", "--to", "2024-05-17", "--station", "BENCH-1")
    assert told["attempts"]["attempts"] == 1


def test_sessions_of_another_source_are_no_message_log(evcharge, url):
    native_csv(Path("s.csv"), session_row())
    assert evcharge("load", "s.csv", "--db", url, "-q")[0] == 0
    code, _, err = evcharge("chargex", "--db", url)
    assert code == 4
    assert "no attempt of a message log is in the database" in err


def said(at, number, kind, *rest):
    return f"{DAY}{at}Z station=CP-1 {json.dumps([kind, number, *rest])}\n"


def authorize(at, tag):
    asked = {"idToken": {"idToken": tag, "type": "ISO14443"}}
    return said(at, f"a{at}", 2, "Authorize", asked) + said(at, f"a{at}", 3, {"idTokenInfo": {"status": "Accepted"}})


def remote(at, tag, number):
    asked = {"idToken": {"idToken": tag, "type": "Central"}, "remoteStartId": number, "evseId": 1}
    return said(at, f"r{at}", 2, "RequestStartTransaction", asked) + said(at, f"r{at}", 3, {"status": "Accepted"})


def transaction(name, at, trigger, tag="", remote_id=None, end="Local"):
    """A transaction of 50 seconds that begins on the minute and charges after 20."""
    hour, minute = at.split(":")
    base = {"transactionId": name} | ({"remoteStartId": remote_id} if remote_id else {})
    token = {"idToken": {"idToken": tag, "type": "ISO14443"}} if tag else {}
    text = ""
    for seconds, kind, why, info in (
        ("00", "Started", trigger, {}),
        ("20", "Updated", "ChargingStateChanged", {"chargingState": "Charging"}),
        ("50", "Ended", "EVDeparted", {"stoppedReason": end}),
    ):
        when = f"{hour}:{minute}:{seconds}"
        payload = {
            "eventType": kind,
            "timestamp": f"{DAY}{when}Z",
            "triggerReason": why,
            "transactionInfo": base | info,
        }
        payload |= token if kind == "Started" else {}
        answer = {"idTokenInfo": {"status": "Accepted"}} if kind == "Started" and tag else {}
        number = f"{name}{kind}"
        text += said(when, number, 2, "TransactionEvent", payload) + said(when, number, 3, answer)
    return text


def test_every_mode_and_its_orphans_come_from_one_log_to_their_equations(evcharge, url):
    log = transaction("T-1", "08:00", "Authorized", "TAG-1")
    log += remote("09:00:00", "APP-2", 2) + transaction("T-2", "09:01", "RemoteStart", remote_id=2)
    log += remote("10:00:00", "APP-3", 3)
    log += authorize("11:00:00", "TAG-4") + transaction("T-4", "11:01", "CablePluggedIn", "TAG-4", end="Other")
    log += authorize("12:00:00", "TAG-5")
    log += transaction("T-6", "13:00", "CablePluggedIn") + transaction("T-7", "14:00", "EVDetected")
    log += said("23:00:00", "h", 2, "Heartbeat", {}) + authorize("23:01:00", "TAG-8")
    Path("day.log").write_text(log, encoding="utf-8")
    assert evcharge("load", "day.log", "--source", "bench", "--db", url, "-q")[0] == 0

    told = document(lambda *arguments: evcharge("chargex", *arguments, "--db", url))
    assert told["attempts"] == {
        **{"attempts": 8, "cached_auth": 1, "request_start": 2, "pre_plugin": 2, "post_plugin": 1},
        **{"mode_unknown": 1, "undecided": 1, "false_orphans": 0},
    }
    assert fractions(told, "charge_start_success") == {
        **{"cached_auth": (1, 1), "request_start": (1, 2), "pre_plugin": (1, 2), "post_plugin": (1, 1)},
        **{"unknown": (1, 1), "total": (4, 6)},
    }
    assert fractions(told, "session_success") == {
        **{"cached_auth": (1, 1), "request_start": (1, 2), "pre_plugin": (0, 2), "post_plugin": (1, 1)},
        **{"unknown": (1, 1), "total": (3, 6)},
    }
    assert fractions(told, "charge_end_success") == {"unknown": (1, 1), "total": (3, 4)}
    times = told["charge_start_time"]
    assert (times["samples"], times["p25_seconds"], times["p50_seconds"]) == (4, 20.0, 50.0)  # of 20, 80, 80 and 20
    notes = " ".join(told["notes"])
    assert "1 attempt of unknown mode" in notes
    assert "1 request came too near the log's end" in notes
    assert "Charge Start Time is known for 4 of 5 charges" in notes


def test_a_log_loaded_before_is_of_unknown_mode_until_it_is_loaded_again(evcharge, url, tmp_path, inl_example):
    with open_engine(url, writes=True).begin() as connection:
        connection.execute(text("UPDATE fact_charging SET " + ", ".join(f"{name} = NULL" for name in sorted(NEW))))
    before = document(inl_example)
    assert (before["attempts"]["mode_unknown"], before["session_success"]["total"]["denominator"]) == (1, 0)
    assert "--replace" in " ".join(before["notes"])
    profile = bench_profile(tmp_path / "bench.toml")
    assert evcharge("load", INL_LOG, "--profile", profile, "--db", url, "-q", "--replace")[0] == 0
    assert document(inl_example)["attempts"]["cached_auth"] == 1


def columns(url):
    return {column["name"] for column in inspect(open_engine(url)).get_columns("fact_charging")}


def rows_of(url, table):
    with open_engine(url).connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()
        return sorted(({name: row[name] for name in row if name not in NEW} for row in rows), key=repr)


@pytest.mark.thorough
def test_a_database_with_sessions_goes_up_and_down_and_keeps_them(url):
    write_sessions(open_engine(url, writes=True), *MIXED)
    command.downgrade(alembic_config(url), "0002")
    whole = reflected(open_engine(url))
    tables = ("fact_charging", "v_charging", "v_station_reliability")
    before = {table: rows_of(url, table) for table in tables}
    command.downgrade(alembic_config(url), "0001")
    assert not columns(url) & NEW
    assert {table: rows_of(url, table) for table in tables} == before
    checks = {name for name, _ in reflected(open_engine(url))["fact_charging"]["checks"]}
    assert checks == {name for name, _ in whole["fact_charging"]["checks"] if not any(one in name for one in NEW)}

    command.upgrade(alembic_config(url), "0002")
    assert columns(url) >= NEW
    assert {table: rows_of(url, table) for table in tables} == before
    assert reflected(open_engine(url)) == whole
    with open_engine(url).connect() as connection:
        told = connection.execute(text(f"SELECT {', '.join(sorted(NEW))} FROM v_charging")).all()
    assert len(told) == len(MIXED)
    assert {value for row in told for value in row} == {None}


def test_the_view_shows_how_an_attempt_was_authorised(inl_example, url):
    with open_engine(url).connect() as connection:
        row = connection.execute(text("SELECT * FROM v_charging")).mappings().one()
    assert (row["authorisation_mode"], row["authorize_lead_seconds"]) == ("cached_auth", 0)
    assert row["trigger_reasons"] == "Authorized, CablePluggedIn, ChargingStateChanged"
    assert set(row) >= NEW
