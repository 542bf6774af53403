"""The made-up answers of ports hold what the truth says is planted in them, and else what the sessions say."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta

import pytest

from evcharge.synth import write_sample


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Sessions and answers as rows, and the truth about both."""
    folder = tmp_path_factory.mktemp("made")
    paths = [folder / name for name in ("sessions.csv", "statuses.csv", "truth.json")]
    write_sample(paths[0], statuses=paths[1], truth=paths[2])
    return (*map(rows_of, paths[:2]), json.loads(paths[2].read_text()))


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def at(row):
    return datetime.fromisoformat(row["time"])


def of_port(rows, planted):
    return [row for row in rows if row["port_id"] == planted["port_id"]]


def test_the_same_seed_gives_the_same_bytes_and_the_sessions_are_those_without_statuses(tmp_path):
    for name in ("a", "b"):
        write_sample(tmp_path / f"{name}.csv", rows=50, seed=7, statuses=tmp_path / f"{name}-statuses.csv")
    write_sample(tmp_path / "alone.csv", rows=50, seed=7)
    assert (tmp_path / "a-statuses.csv").read_bytes() == (tmp_path / "b-statuses.csv").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_a_port_is_faulted_from_the_first_poll_of_its_outage_up_to_the_first_after_it_and_never_else(made):
    _, rows, truth = made
    outages = truth["statuses"]["outages"]
    assert len(outages) >= 3
    for planted in outages:
        faulted = [at(row) for row in of_port(rows, planted) if row["status"] == "Faulted"]
        assert faulted[0] == datetime.fromisoformat(planted["from"])
        assert faulted[-1] + timedelta(hours=1) == datetime.fromisoformat(planted["until"])
    ports = {planted["port_id"] for planted in outages}
    assert {row["port_id"] for row in rows if row["status"] == "Faulted"} == ports


def test_no_session_runs_in_an_outage(made):
    sessions, _, truth = made
    for planted in truth["statuses"]["outages"]:
        began, ended = (datetime.fromisoformat(planted[name]) for name in ("from", "until"))
        for session in of_port(sessions, planted):
            start, end = (datetime.fromisoformat(session[name]) for name in ("start_time", "end_time"))
            assert end <= began or start >= ended


def test_a_silent_station_answers_nothing_meanwhile_and_all_others_each_hour(made):
    _, rows, truth = made
    silent = truth["statuses"]["silent"]
    assert [planted["until"] is None for planted in silent] == [True, False]
    last = max(map(at, rows))
    for planted in silent:
        began = datetime.fromisoformat(planted["from"])
        ended = datetime.fromisoformat(planted["until"]) if planted["until"] else last + timedelta(hours=1)
        answered = {at(row) for row in rows if row["station_id"] == planted["station_id"]}
        assert not [moment for moment in answered if began <= moment < ended]
        assert len(answered) == 91 * 24 - (ended - began) / timedelta(hours=1)


def test_a_port_is_charging_at_the_polls_in_its_sessions_but_for_the_one_that_always_says_available(made):
    sessions, rows, truth = made
    (liar,) = truth["statuses"]["always_available"]
    running = set()
    for session in sessions:
        moment, end = (datetime.fromisoformat(session[name]) for name in ("start_time", "end_time"))
        moment = moment.replace(minute=0, second=0) + timedelta(hours=(moment.minute, moment.second) != (0, 0))
        while moment < end:
            running.add((session["port_id"], moment))
            moment += timedelta(hours=1)
    charging = {(row["port_id"], at(row)) for row in rows if row["status"] == "Charging"}
    assert {one for one in charging if one not in running} == set()
    answered = {(row["port_id"], at(row)) for row in rows}
    missing = {port for port, moment in (running & answered) - charging}
    assert missing == {liar["port_id"]}


@pytest.mark.parametrize("stations", [1, 2, 3])
def test_the_smallest_fleets_have_answers_too(tmp_path, stations):
    path = tmp_path / "statuses.csv"
    write_sample(tmp_path / "sessions.csv", rows=20, stations=stations, statuses=path)
    assert len({row["station_id"] for row in rows_of(path)}) == stations
