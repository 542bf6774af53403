"""What sessions of one load say against each other: counted with their lines, and never left out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from evcharge.load import contradictions
from tests.support.loading import chunks_of, load, query

START = datetime(2025, 1, 1, 8, tzinfo=timezone.utc)


def session(number, begins, lasts, energy, **over):
    """A session at station A, port 1, that begins and lasts so many minutes."""
    start = START + timedelta(minutes=begins)
    row = {
        "session_id": f"S{number}",
        "station_id": "A",
        "port_id": "1",
        "start_time": start.isoformat(),
        "end_time": "" if lasts is None else (start + timedelta(minutes=lasts)).isoformat(),
        "energy_kwh": energy,
    }
    return row | over


def written(path, rows):
    """A file of these sessions in the layout of evcharge's own CSV."""
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows), ""]))
    return path


def many(count, energy, lasts=30, **over):
    return [session(number, 60 * number, lasts, energy, **over) for number in range(count)]


FILES = {
    "two ids of one session": ([session(1, 0, 30, "15.18"), session(2, 0, 30, "15.18")], {"twin_sessions": [3]}),
    "three ids of one session": ([session(n, 0, 30, "15.18") for n in (1, 2, 3)], {"twin_sessions": [3, 4]}),
    "twins apart in the file": (
        [session(1, 0, 30, "15"), session(2, 60, 30, "9"), session(3, 0, 30, "15")],
        {"twin_sessions": [4]},
    ),
    "twins that failed": ([session(1, 0, 1, "0"), session(2, 0, 1, "0")], {"twin_sessions": [3]}),
    "twins of no known port": (
        [session(1, 0, 30, "15", port_id=""), session(2, 0, 30, "15", port_id="")],
        {"twin_sessions": [3]},
    ),
    "two failures at once of no known port": (
        [session(1, 0, 1, "0", port_id=""), session(2, 0, 1, "0", port_id="")],
        {},
    ),
    "two ports at once": ([session(1, 0, 30, "15"), session(2, 0, 30, "15", port_id="2")], {}),
    "two stations at once": ([session(1, 0, 30, "15"), session(2, 0, 30, "15", station_id="B")], {}),
    "another energy": ([session(1, 0, 30, "15"), session(2, 0, 30, "15.1")], {"overlapping_sessions": [3]}),
    "no end": ([session(1, 0, None, "15"), session(2, 0, None, "15")], {}),
    "the same row twice": ([session(1, 0, 30, "15"), session(1, 0, 30, "15")], {}),
    "one in the other": ([session(1, 0, 120, "10"), session(2, 60, 10, "1")], {"overlapping_sessions": [3]}),
    "two in a long one": (
        [session(1, 0, 300, "10"), session(2, 60, 10, "1"), session(3, 120, 10, "2")],
        {"overlapping_sessions": [3, 4]},
    ),
    "the later one first in the file": (
        [session(1, 60, 60, "10"), session(2, 0, 90, "9")],
        {"overlapping_sessions": [2]},
    ),
    "less than a minute": ([session(1, 0, 60.9, "10"), session(2, 60, 60, "9")], {}),
    "one after the other": ([session(1, 0, 60, "10"), session(2, 60, 60, "9")], {}),
    "at once at no known port": ([session(1, 0, 60, "10", port_id=""), session(2, 30, 60, "9", port_id="")], {}),
    "an energy that goes on counting": (
        [session(1, 0, 376, "26.911"), session(2, 376.1, 9.5, "26.935"), session(3, 385.7, 3.9, "26.937")],
        {"implausible_power": [4], "cumulative_energy": [3, 4]},
    ),
    "a vehicle that takes as much in as long": ([session(1, 0, 60, "20"), session(2, 61, 55, "20.5")], {}),
    "a vehicle that takes as much long after": ([session(1, 0, 60, "20"), session(2, 75, 15, "20.5")], {}),
    "a vehicle that takes much more": ([session(1, 0, 60, "20"), session(2, 61, 10, "25")], {}),
    "a vehicle that takes less": ([session(1, 0, 60, "20"), session(2, 61, 10, "19.9")], {}),
    "amounts that are alike by being small": ([session(1, 0, 60, "0.1"), session(2, 61, 5, "0.1")], {}),
    "kWh as Wh": (many(10, "0.008"), {"station_energy_tiny": list(range(2, 12))}),
    "kWh as Wh, some of them short": (
        [*many(10, "0.008"), session(10, 600, 3, "0.001")],
        {"station_energy_tiny": list(range(2, 12))},
    ),
    "too few to tell": (many(9, "0.008"), {}),
    "one that delivered": ([*many(12, "0.008"), session(12, 720, 30, "7")], {}),
    "one that delivered first": ([session(12, 720, 30, "7"), *many(12, "0.008")], {}),
    "a station where nothing flows": (many(12, "0"), {}),
    "short ones": (many(12, "0.05", lasts=9), {}),
}


@pytest.fixture
def loaded(url, tmp_path):
    def load_rows(rows):
        return load(written(tmp_path / "sessions.csv", rows), url)

    return load_rows


@pytest.mark.thorough
@pytest.mark.parametrize("name", FILES)
def test_what_is_warned_of_has_its_lines_and_every_row_is_kept(loaded, url, name):
    rows, lines = FILES[name]
    result = loaded(rows)
    assert result.warning_lines == lines
    assert result.warnings == {code: len(where) for code, where in lines.items()}
    ids = {row["session_id"] for row in rows}
    assert query(url, "SELECT count(*) FROM fact_charging") == [(len(ids),)]
    assert (result.rejected, result.superseded) == (0, 0)


@pytest.mark.thorough
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("rows_held", [1, 3])
def test_however_few_rows_are_held_the_last_of_each_port_is_compared(loaded, monkeypatch, name, rows_held):
    rows, lines = FILES[name]
    monkeypatch.setattr(contradictions, "MOST_ROWS", rows_held)
    result = loaded(sorted(rows, key=lambda row: row["start_time"]))
    found = {code: count for code, count in result.warnings.items() if code != "overlapping_sessions"}
    assert found == {code: len(where) for code, where in lines.items() if code != "overlapping_sessions"}


@pytest.mark.thorough
def test_the_edge_of_a_chunk_hides_nothing(loaded):
    with chunks_of(3):
        result = loaded([session(n, 60 * (n // 2), 30, f"{n // 2 + 5}") for n in range(12)])
    assert result.warning_lines == {"twin_sessions": [3, 5, 7, 9, 11, 13]}


def test_only_the_first_lines_are_kept_and_the_count_is_of_all(loaded):
    result = loaded([session(n, 60 * (n // 2), 30, "7") for n in range(60)])
    assert result.warnings == {"twin_sessions": 30}
    assert result.warning_lines == {"twin_sessions": [*range(3, 23, 2)]}


@pytest.mark.thorough
def test_check_and_load_tell_counts_and_lines(evcharge, url):
    written(Path("sessions.csv"), [session(1, 0, 30, "15"), session(2, 0, 30, "15"), session(3, 15, 30, "9")])
    code, out, _ = evcharge("check", "sessions.csv", "--db", url)
    assert code == 0
    assert "warning: 1 twin_sessions: another session of the same station" in out
    assert "  line 3\n" in out
    assert "warning: 1 overlapping_sessions: began while another session of the same port went on\n" in out
    assert query(url, "SELECT * FROM fact_charging") == []
    checked = json.loads(evcharge("check", "sessions.csv", "--json", "--db", url)[1])["files"][0]
    done = json.loads(evcharge("load", "sessions.csv", "--json", "--db", url)[1])["files"][0]
    for told in (checked, done):
        assert told["warnings"] == {"twin_sessions": 1, "overlapping_sessions": 1}
        assert told["warning_lines"] == {"twin_sessions": [3], "overlapping_sessions": [4]}


def test_a_log_of_messages_is_looked_through_like_a_table(evcharge, url):
    lines = []
    for number in range(12):
        start = START + timedelta(hours=number)
        for suffix, action, moment, meter in (
            ("a", "StartTransaction", start, {"connectorId": 1, "idTag": "T", "meterStart": 8 * number}),
            ("b", "StopTransaction", start + timedelta(minutes=50), {"meterStop": 8 * number + 8}),
        ):
            payload = meter | {"timestamp": moment.isoformat()}
            if action == "StopTransaction":
                payload["transactionId"] = number + 1
            stamp = moment.isoformat()
            call = [2, f"{number}{suffix}", action, payload]
            answer = {"idTagInfo": {"status": "Accepted"}} | ({"transactionId": number + 1} if suffix == "a" else {})
            for message in (call, [3, f"{number}{suffix}", answer]):
                lines.append(json.dumps({"station": "CP1", "time": stamp, "message": message}))
    Path("day.jsonl").write_text("\n".join(lines) + "\n")
    code, out, err = evcharge("check", "day.jsonl", "--profile", "ocpp", "--source", "bench", "--db", url)
    assert (code, err) == (0, "")
    assert "warning: 12 station_energy_tiny: no session of its station delivered 0.1 kWh" in out
    assert "lines 1, 5, 9, 13, 17, 21, 25, 29, 33, 37 and more" in out
