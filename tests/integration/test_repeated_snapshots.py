"""A feed that comes back to an earlier state is saved in the same bytes: the time in a file's name tells it apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.loading import query

Run = Callable[..., tuple[int, str, str]]

DOWN, UP = "OUTOFORDER", "AVAILABLE"


@pytest.fixture
def db(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database that every command finds by itself."""
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return sqlite_url


def save(hour: int, status: str, folder: str = "feed") -> None:
    Path(folder).mkdir(exist_ok=True)
    place = {"name": "Depot", "address": "Quay 1", "coordinates": {"latitude": "52.1", "longitude": "5.1"}}
    feed = {"data": [{"id": "L1", **place, "evses": [{"uid": "E1", "status": status}]}]}
    Path(folder, f"2024-05-01T{hour:02}-00-00Z.json").write_text(json.dumps(feed))


def loaded(evcharge: Run, *arguments: str) -> list[str]:
    """What became of each file."""
    code, out, err = evcharge("load", *arguments, "--source", "acme", "--json")
    assert code == 0, err
    return [one["status"] for one in json.loads(out)["files"]]


def hours(url: str) -> list[tuple[int, str]]:
    """From which hour the port is what."""
    told = query(url, "SELECT from_time, state FROM fact_status ORDER BY from_time")
    return [(int(str(instant)[11:13]), state) for instant, state in told]


def test_a_file_of_known_bytes_is_loaded_where_its_name_has_another_time(evcharge: Run, db: str) -> None:
    save(0, DOWN)
    save(1, DOWN)
    assert loaded(evcharge, "feed/2024-05-01T00-00-00Z.json") == ["loaded"]
    assert loaded(evcharge, "feed") == ["already loaded", "loaded"]


@pytest.mark.thorough
def test_a_port_is_down_again_where_a_later_file_has_the_bytes_of_an_earlier_one(evcharge: Run, db: str) -> None:
    for hour in range(13):
        save(hour, UP if hour == 1 else DOWN)
    assert loaded(evcharge, "feed") == ["loaded"] * 13
    assert hours(db) == [(hour, "up" if hour == 1 else "down") for hour in range(13)]

    code, out, err = evcharge("uptime", "--rulebook", "status-only", "--evidence", "status", "--json")
    assert code == 0, err
    (port,) = json.loads(out)["ports"]
    assert (port["up_minutes"], port["down_minutes"]) == (60, 11 * 60)

    assert loaded(evcharge, "feed") == ["already loaded"] * 13
    assert loaded(evcharge, "feed/2024-05-01T02-00-00Z.json") == ["already loaded"]
    assert len(query(db, "SELECT 1 FROM load_ledger")) == 13


@pytest.mark.thorough
def test_a_day_that_repeats_the_last_one_is_loaded_though_all_of_its_bytes_are_known(evcharge: Run, db: str) -> None:
    save(0, DOWN)
    save(1, UP)
    loaded(evcharge, "feed")
    save(2, DOWN)
    save(3, UP)
    assert loaded(evcharge, "feed") == ["already loaded"] * 2 + ["loaded"] * 2
    assert hours(db) == [(0, "down"), (1, "up"), (2, "down"), (3, "up")]


@pytest.mark.thorough
def test_the_members_of_an_archive_are_told_apart_by_their_own_names(evcharge: Run, db: str) -> None:
    for hour, status in enumerate((DOWN, UP, DOWN)):
        save(hour, status)
    shutil.make_archive("feed", "zip", "feed")
    assert loaded(evcharge, "feed.zip") == ["loaded"] * 3
    assert loaded(evcharge, "feed.zip") == loaded(evcharge, "feed") == ["already loaded"] * 3


@pytest.mark.thorough
def test_a_replaced_snapshot_takes_the_place_of_its_own_hour_and_an_unload_takes_one(evcharge: Run, db: str) -> None:
    for hour, status in enumerate((DOWN, UP, DOWN)):
        save(hour, status)
    loaded(evcharge, "feed")
    assert loaded(evcharge, "feed", "--replace") == ["loaded"] * 3
    assert hours(db) == [(0, "down"), (1, "up"), (2, "down")]

    told = "SELECT load_key, workbook_sha256, file_sha256 FROM load_ledger ORDER BY file_name"
    (first, bytes_of_first, known_by), _, (_, bytes_of_last, _) = query(db, told)
    assert bytes_of_first == bytes_of_last != known_by
    assert evcharge("unload", "--load", str(first), "--yes")[0] == 0
    assert hours(db) == [(1, "up"), (2, "down")]
    assert loaded(evcharge, "feed") == ["loaded"] + ["already loaded"] * 2


def test_a_table_of_statuses_is_known_under_any_name(evcharge: Run, db: str) -> None:
    table = "station_id,port_id,time,status\nA,1,2024-05-01T08:00:00Z,Available\n"
    for name in ("2024-05-01T08-00-00Z.csv", "2024-05-01T09-00-00Z.csv"):
        Path(name).write_text(table)
    assert loaded(evcharge, "2024-05-01T08-00-00Z.csv") == ["loaded"]
    assert loaded(evcharge, "2024-05-01T09-00-00Z.csv", "2024-05-01T08-00-00Z.csv") == ["already loaded"] * 2
