"""Statuses, contacts and outages as a load writes them, of files that hold nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evcharge import sources
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, NoDataError, SourceError
from evcharge.evidence import COLUMNS, REFUSED_COLUMNS, CleanEvidence
from evcharge.load import LoadOptions, LoadResult, load_file, totals
from evcharge.load.evidence_file import READERS
from evcharge.load.rebuild import check
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.unload import find_loads, unload
from evcharge.metrics.loads import read_loads
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import reading
from evcharge.report.rates import build_report
from evcharge.sources.profile import Profile
from tests.support.loading import dump_but_hours, query

MINUTE_MS = 60_000
BEGIN_MS = 1_709_280_000_000  # 2024-03-01T08:00:00Z
STATUSES = (
    "SELECT s.station_id, f.port_id, f.word, f.load_key FROM fact_status f JOIN dim_station s USING (station_key) "
    "ORDER BY s.station_id, f.port_id, f.load_key, f.from_time"
)


@dataclass(frozen=True)
class StatusProfile(Profile):
    """A profile of statuses."""

    kind: str = "status"


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads files whose lines are evidence as it is handed over, two rows at a time."""
    monkeypatch.setitem(READERS, "status", f"{__name__}:read_lines")


def read_lines(file: sources.SourceFile, _profile: Profile, *_more: object) -> Iterator[CleanEvidence]:
    lines = b"".join(file.unpacked()).decode().splitlines()[1:]
    for at in range(0, len(lines), 2):
        rows = [json.loads(line.split(",", 1)[1]) for line in lines[at : at + 2]]
        numbered = [{"source_line": at + place, **row} for place, row in enumerate(rows, start=2)]
        for kind in dict.fromkeys(row["of"] for row in rows):
            yield evidence(kind, [row for row in numbered if row["of"] == kind])


def evidence(kind: str, rows: list[dict[str, Any]]) -> CleanEvidence:
    kept = [row for row in rows if "rule" not in row]
    refused = pd.DataFrame([row for row in rows if "rule" in row], columns=list(REFUSED_COLUMNS), dtype="object")
    confirmed = sum(row.get("confirmations", 0) for row in kept)
    frame = pd.DataFrame(kept, columns=list(COLUMNS[kind]), dtype="object")
    return CleanEvidence(kind, frame, refused, len(rows) + confirmed)


def status(word: str, minute: int = 0, port: str = "1", station: str = "S", **more: Any) -> dict[str, Any]:
    ms = BEGIN_MS + minute * MINUTE_MS
    state = "down" if word == "Faulted" else "up"
    said = {"of": "statuses", "station_id": station, "port_id": port, "from_ms": ms, "until_ms": ms, "word": word}
    return {**said, "state": state, "evidence": "poll", "last_line": 9, "confirmations": 0, **more}


def outage(minute: int, until: int, cause: str | None = None, **more: Any) -> dict[str, Any]:
    span = {"from_ms": BEGIN_MS + minute * MINUTE_MS, "until_ms": BEGIN_MS + until * MINUTE_MS}
    kind = "exemption" if cause else "outage"
    return {"of": "outages", "station_id": "S", "port_id": "1", "kind": kind, "cause": cause, **span, **more}


def load(url: str, tmp_path: Path, *rows: dict[str, Any], name: str = "a.csv", **options: Any) -> LoadResult:
    path = tmp_path / name
    path.write_text("status\n" + "".join(f"x,{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    native = sources.builtin_profiles()["native"]
    settings = {field.name: getattr(native, field.name) for field in fields(native)}
    like = {**settings, "kind": "status", "source": "net", "columns": {"session_id": ("status",)}, "session_key": ()}
    return load_file(path, url, [StatusProfile(**like)], LoadOptions(**options))


def law(result: LoadResult, kind: str = "statuses") -> dict[str, int]:
    counts = result.evidence[kind]
    assert counts["read"] == sum(count for name, count in counts.items() if name != "read")
    return {name: count for name, count in counts.items() if count}


def test_a_file_of_statuses_alone_is_loaded_and_counts_no_sessions(url, tmp_path):
    result = load(url, tmp_path, status("Available", confirmations=3), outage(0, 30), outage(0, 30, "grid"))
    assert (result.has_sessions, result.read) == (False, 0)
    assert law(result) == {"read": 4, "inserted": 1, "unchanged": 3}
    assert law(result, "outages") == {"read": 2, "inserted": 2}
    assert query(url, "SELECT kind, rows_read FROM load_count ORDER BY kind") == [("outages", 2), ("statuses", 4)]
    assert totals([result])["read"] == 0
    check(url)
    with reading(url) as session:
        assert read_loads(session, Selection()).empty
    alone = "no session is in the database, but statuses, contacts, outages or uptime of ports"
    with pytest.raises(NoDataError, match=alone):
        build_report(url, target=0.97, definition=None, selection=Selection())


def test_what_another_load_says_is_compared_and_stays(url, tmp_path):
    load(url, tmp_path, status("Available"), status("Available", 1), status("Faulted", 2, updated_ms=BEGIN_MS))
    result = load(
        *(url, tmp_path, status("Available"), status("Faulted", 1)),
        *(status("Available", 2, updated_ms=BEGIN_MS - 1), status("Faulted", 3)),
        name="b.csv",
    )
    assert law(result) == {"read": 4, "inserted": 1, "updated": 1, "unchanged": 1, "superseded": 1}
    assert [row[2:] for row in query(url, STATUSES)] == [
        *(("Available", 1), ("Available", 1), ("Faulted", 1)),
        *(("Available", 2), ("Faulted", 2), ("Available", 2), ("Faulted", 2)),
    ]


def test_of_loads_the_later_stands_also_where_the_earlier_is_loaded_again(url, tmp_path):
    load(url, tmp_path, status("Available"))
    load(url, tmp_path, status("Faulted"), name="b.csv")
    assert law(load(url, tmp_path, status("Available"), replace=True)) == {"read": 1, "superseded": 1}


def test_within_a_load_a_later_row_of_another_chunk_takes_the_place_of_an_earlier(url, tmp_path):
    rows = [status("Available"), status("Available", 1), status("Faulted"), status("Available", 1)]
    assert law(load(url, tmp_path, *rows)) == {"read": 4, "inserted": 2, "unchanged": 1, "superseded": 1}
    assert [row[2] for row in query(url, STATUSES)] == ["Faulted", "Available"]


def test_claims_that_differ_are_all_kept_and_the_same_once(url, tmp_path):
    rows = [outage(0, 30, "grid"), outage(0, 40, "grid"), outage(0, 30, "grid"), outage(0, 30, "vandalism")]
    assert law(load(url, tmp_path, *rows), "outages") == {"read": 4, "inserted": 3, "unchanged": 1}
    later = load(url, tmp_path, outage(0, 40, "grid"), outage(0, 50, "vandalism"), name="b.csv")
    assert law(later, "outages") == {"read": 2, "updated": 1, "unchanged": 1}


def test_a_refused_row_keeps_where_and_when_it_was(url, tmp_path):
    refused = {"of": "statuses", "rule": "status_word_unknown", "column": "word", "value": "Odd\0", "raw": "S\0;Odd"}
    result = load(url, tmp_path, {**refused, "station_id": "S", "port_id": "1", "at_ms": BEGIN_MS}, status("Faulted"))
    assert law(result) == {"read": 2, "inserted": 1, "rejected": 1}
    row = query(url, "SELECT value, raw, station_id, port_id, at_time FROM rejected_evidence")[0]
    assert row[:4] == ("Odd\\u0000", "S\\u0000;Odd", "S", "1")
    assert str(row[4])[:10] == "2024-03-01"


def test_a_file_whose_times_have_no_zone_is_refused_whole(url, tmp_path):
    refused = {"of": "statuses", "rule": "time_without_zone", "column": "time", "value": "2024-03-01 08:00", "raw": ""}
    before = dump_but_hours(url)
    with pytest.raises(SourceError, match=r"line 2: time '2024-03-01 08:00' does not say in which zone") as caught:
        load(url, tmp_path, refused)
    assert caught.value.code == "time_zone_unstated"
    assert dump_but_hours(url) == before


def test_a_file_of_which_one_rule_refuses_most_is_refused_whole(sqlite_url, tmp_path):
    refused = {"of": "statuses", "rule": "status_word_unknown", "column": "word", "value": "Odd", "raw": ""}
    rows = [{**refused, "source_line": line} for line in range(10)]
    with pytest.raises(SourceError, match="status_word_unknown in 10 of 10 statuses"):
        load(sqlite_url, tmp_path, *rows)


def test_a_load_of_statuses_alone_is_found_and_taken_out(url, tmp_path):
    load(url, tmp_path, status("Faulted"), outage(0, 30))
    found = find_loads(url, source="net")
    assert [(one.sessions, one.evidence) for one in found] == [(0, 2)]
    result = unload(url, [found[0].load])
    assert (result.incomplete, result.stations_removed) == ([], 1)
    for table in ("fact_status", "fact_outage", "dim_station"):
        assert query(url, f"SELECT * FROM {table}") == []
    check(url)
    assert law(load(url, tmp_path, status("Faulted"), outage(0, 30))) == {"read": 1, "inserted": 1}


def registry(url: str, tmp_path: Path, station: str, **options: Any) -> Any:
    path = tmp_path / f"{station}.json"
    path.write_text(json.dumps({"data": [{"id": station, "evses": [{"uid": "E1"}]}]}), encoding="utf-8")
    return load_registry(path, url, RegistryOptions(source="net", **options))


def test_a_port_that_a_registry_places_elsewhere_moves_with_its_statuses_and_outages(url, tmp_path):
    rows = [status("Faulted", port="E1", station="E1"), status("Available", port="1", station="S")]
    load(url, tmp_path, *rows, outage(0, 30, station_id="E1", port_id="E1"))
    shown = registry(url, tmp_path, "L1")
    assert (shown.status, shown.evidence_moved) == ("not applied", 2)
    done = registry(url, tmp_path, "L1", apply=True)
    assert (done.status, done.evidence_moved, done.stations_removed) == ("loaded", 2, 1)
    assert [row[:2] for row in query(url, STATUSES)] == [("L1", "E1"), ("S", "1")]

    load(url, tmp_path, status("Available", 5, port="E1", station="E1"), name="b.csv")
    assert [row[:2] for row in query(url, STATUSES)] == [("L1", "E1"), ("L1", "E1"), ("S", "1")]
    assert registry(url, tmp_path, "L2", apply=True).evidence_moved == 3
    assert [row[0] for row in query(url, STATUSES)] == ["L2", "L2", "S"]


def test_a_check_finds_rows_that_no_count_tells(url, tmp_path):
    load(url, tmp_path, status("Faulted"))
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM fact_status")
    with pytest.raises(DatabaseError) as caught:
        check(url)
    assert (caught.value.code, "such as 1." in caught.value.reason) == ("rows_unaccounted", True)


def test_rows_that_are_unaccounted_for_undo_the_load(url, tmp_path, monkeypatch):
    monkeypatch.setitem(READERS, "status", f"{__name__}:read_too_many")
    before = dump_but_hours(url)
    with pytest.raises(DatabaseError, match="2 statuses were read but 1 accounted for"):
        load(url, tmp_path, status("Faulted"))
    assert dump_but_hours(url) == before


def read_too_many(*arguments: Any) -> Iterator[CleanEvidence]:
    for one in read_lines(*arguments):
        one.read += 1
        yield one
