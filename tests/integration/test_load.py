from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text

from evcharge import migrate, sources
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, EvchargeError, GateError, SourceError
from evcharge.load import CONTRADICTIONS, LoadOptions, LoadResult, RejectLimit, load_file, look_alikes, totals
from evcharge.load.transaction import LOAD_LOCK
from evcharge.synth import write_sample
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import (
    CONTENT,
    all_of,
    chunks_of,
    counts,
    dump,
    everything,
    facts,
    load,
    processes,
    query,
    wipe,
)
from tests.support.publishers import all_published

VERSIONED = f"{HEADER},updated_at"


def versioned_csv(path: Path, *rows: tuple[str, str, str]) -> Path:
    """A native CSV of rows given as session id, energy and version."""
    lines = [f"{session_row(session_id=session, energy_kwh=energy)},{version}" for session, energy, version in rows]
    return native_csv(path, *lines, header=VERSIONED)


def day(number: int) -> str:
    return f"2025-05-{number:02d}T12:00:00Z"


def told(result: LoadResult) -> dict[str, Any]:
    """All of a result but what time, chance and the file's name make of it."""
    left_out = {
        "status",
        "seconds",
        "file",
        "first_loaded_at",
        "first_loaded_as",
        "changes",
        "warnings",
        "warning_lines",
    }
    left_out |= {"unknown_columns", "rejected_as"}
    return {name: value for name, value in dataclasses.asdict(result).items() if name not in left_out}


@contextmanager
def unchanged(url: str) -> Iterator[None]:
    """The database holds the same afterwards as before, key for key."""
    before = dump(url)
    yield
    assert dump(url) == before


@pytest.fixture(scope="module")
def dirty_sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A file of two thousand rows with every defect there is, and the truth about it."""
    folder = tmp_path_factory.mktemp("dirty")
    write_sample(folder / "dirty.csv", rows=2000, seed=7, dirty=True, truth=folder / "truth.json")
    return folder / "dirty.csv", json.loads((folder / "truth.json").read_text(encoding="utf-8"))


# Same bytes, one effect.


@pytest.mark.thorough
def test_the_same_bytes_twice_have_one_effect_and_the_first_result_is_repeated(
    url: str, dirty_sample: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    path, _ = dirty_sample
    first = load(path, url)
    assert first.status == "loaded"
    renamed = shutil.copyfile(path, tmp_path / "other name.csv")
    with unchanged(url):
        for again in (load(path, url), load(renamed, url), load(path, url, LoadOptions(dry_run=True))):
            assert again.status == "already loaded"
            assert told(again) == told(first)
            assert again.first_loaded_at is not None
            assert again.first_loaded_as == path.name
    assert totals([first, again])["read"] == first.read
    assert totals([first, again])["files_already_loaded"] == 1


@pytest.mark.thorough
def test_the_same_rows_in_other_bytes_are_all_unchanged(url: str, tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", rows=300)
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes(), mtime=0))
    load(tmp_path / "a.csv", url)
    before = dump(url)["fact_charging"]
    result = load(packed, url)
    assert counts(result) == {"read": 300, "unchanged": 300}
    assert result.changes == []
    assert dump(url)["fact_charging"] == before
    assert query(url, "SELECT count(*) FROM load_ledger") == [(2,)]


@pytest.mark.parametrize(
    ("settings", "then", "now"),
    [
        ({"timezone": "Europe/Paris"}, "offset", "Europe/Paris"),
        ({"failures_included": "no"}, "then yes", "now no"),
        ({"energy_unit": "Wh"}, "then native@", "now native@"),
    ],
)
def test_the_same_bytes_with_other_settings_are_refused_and_both_are_shown(
    url: str, tmp_path: Path, settings: dict[str, str], then: str, now: str
) -> None:
    path = native_csv(tmp_path / "a.csv", session_row())
    load(path, url)
    with unchanged(url), pytest.raises(SourceError) as refusal:
        load(path, url, **settings)
    assert refusal.value.code == "loaded_with_other_settings"
    assert then in refusal.value.reason
    assert now in refusal.value.reason
    assert "--replace" in refusal.value.hint


def test_two_sources_may_use_the_same_bytes_and_the_same_station_id(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row())
    assert counts(load(path, url)) == counts(load(path, url, source="other")) == {"read": 1, "inserted": 1}
    assert query(url, "SELECT source, station_id FROM dim_station ORDER BY source") == [
        ("native", "ST-1"),
        ("other", "ST-1"),
    ]
    assert len(facts(url)) == 2


def test_one_session_id_at_two_stations_is_two_sessions(url: str, tmp_path: Path) -> None:
    rows = (session_row(), session_row(station_id="ST-2"), session_row(station_id="st-1"))
    result = load(native_csv(tmp_path / "a.csv", *rows), url)
    assert counts(result) == {"read": 3, "inserted": 3}
    assert result.warnings["look_alike_station_ids"] == 2
    assert [row[1] for row in facts(url)] == ["ST-1", "ST-2", "st-1"]


def test_ids_that_only_look_alike_are_told_and_kept_apart() -> None:
    floats = ["7", "7.0", "8.0", "9.5", "v.0"]
    assert look_alikes(["ST-1", "st-1", "Caf\u00e9", "Cafe\u0301", "ST-2", "ST-3", "\uff33T-2", *floats]) == [
        ["7", "7.0"],
        ["Cafe\u0301", "Caf\u00e9"],
        ["ST-1", "st-1"],
        ["ST-2", "\uff33T-2"],
    ]


# Replace.


@pytest.mark.thorough
def test_replace_redoes_a_file_and_leaves_the_others(url: str, tmp_path: Path) -> None:
    other = native_csv(tmp_path / "other.csv", session_row(session_id="O1"), session_row(session_id="", energy_kwh="0"))
    file = native_csv(
        tmp_path / "a.csv",
        session_row(),
        session_row(session_id="S2", start_time="2025-04-01T08:00:00", end_time=""),
        session_row(session_id="S3", energy_kwh="x"),
    )
    load(other, url)
    assert counts(load(file, url)) == {"read": 3, "inserted": 1, "rejected": 2}
    kept = {name: [row for row in rows if "other.csv" in row] for name, rows in everything(url).items()}

    result = load(file, url, LoadOptions(replace=True), timezone="Europe/Paris")

    assert result.status == "loaded"
    assert counts(result) == {"read": 3, "inserted": 2, "rejected": 1}
    after = everything(url)
    assert {name: [row for row in rows if "other.csv" in row] for name, rows in after.items()} == kept
    assert [row[2] for row in facts(url)] == ["O1", "S1", "S2"]
    assert [row[1:3] for row in after["rejects"] if row[0] == "a.csv"] == [(4, "energy_kwh_not_a_number")]
    assert query(url, "SELECT file_name, timezone, inserted, rejected FROM load_ledger ORDER BY file_name") == [
        ("a.csv", "Europe/Paris", 2, 1),
        ("other.csv", "offset", 1, 1),
    ]
    assert load(file, url, timezone="Europe/Paris").status == "already loaded"


def test_replace_of_a_file_that_was_never_loaded_loads_it(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row())
    assert counts(load(path, url, LoadOptions(replace=True))) == {"read": 1, "inserted": 1}


@pytest.mark.thorough
def test_a_replace_that_is_refused_leaves_the_first_load(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row(), session_row(session_id="S2", energy_kwh="x"))
    load(path, url)
    with unchanged(url), pytest.raises(GateError):
        load(path, url, LoadOptions(replace=True, max_rejects=RejectLimit(0, False)))
    with unchanged(url):
        assert load(path, url, LoadOptions(replace=True, dry_run=True)).status == "dry run"


# Every row accounted for.


def test_a_document_on_one_line_is_accounted_for_object_by_object(url: str, tmp_path: Path) -> None:
    path = tmp_path / "cdrs.json"
    start, place = "2025-04-01T08:00:00Z", {"id": "L", "connector_id": "1"}
    cdr = {"start_date_time": start, "end_date_time": start, "cdr_location": place}
    path.write_text(json.dumps([{**cdr, "id": str(i), "total_energy": "x" if i % 2 else 3} for i in range(6)]))
    result = load_file(path, url, all_published())
    assert (result.read, result.inserted, result.rejected) == (6, 3, 3)
    assert sorted(query(url, "SELECT source_line FROM rejected_row")) == [(2,), (4,), (6,)]
    assert sorted(query(url, "SELECT source_line FROM fact_charging")) == [(1,), (3,), (5,)]


def test_a_file_of_nothing_but_skipped_objects_is_loaded_with_their_count(url: str, tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_text(json.dumps([{"id": "1", "start_date_time": "x", "location_id": "L", "status": "RESERVATION"}]))
    result = load_file(path, url, all_published())
    assert (result.status, result.read, result.skipped) == ("loaded", 0, 1)


def test_every_planted_defect_is_found_at_its_line_and_nothing_else_is_refused(
    url: str, dirty_sample: tuple[Path, dict[str, Any]]
) -> None:
    path, truth = dirty_sample
    expected = truth["expected"]
    seen: list[tuple[int, str]] = []
    options = LoadOptions(on_cleaned=lambda _, c: seen.extend(zip(c.rejects["line"], c.rejects["rule"], strict=True)))
    result = load(path, url, options)

    planted = {(defect["line"], defect["code"]) for defect in truth["defects"] if defect["refused"]}
    assert len(planted) > 20
    stored = query(url, "SELECT source_line, rule FROM rejected_row")
    assert sorted(stored) == sorted(planted) == sorted(seen)
    for name in ("read", "inserted", "updated", "unchanged", "rejected", "rejects_by_rule"):
        assert getattr(result, name) == expected[name], name
    assert result.superseded == 0
    assert result.read == result.inserted + result.updated + result.unchanged + result.superseded + result.rejected
    would_have_been = Counter(defect["would_have_been"] for defect in truth["defects"] if defect["refused"])
    assert result.rejected_as == dict(would_have_been)
    kept = Counter(defect["code"] for defect in truth["defects"] if not defect["refused"])
    warned = ("meter_ran_backwards", "padded_id", "success_unreadable")
    of_rows = {code: count for code, count in result.warnings.items() if code not in CONTRADICTIONS}
    assert of_rows == {code: kept[code] for code in warned}
    lines = {code: [d["line"] for d in truth["defects"] if d["code"] == code and not d["refused"]] for code in warned}
    assert {code: result.warning_lines[code] for code in warned} == {code: sorted(lines[code]) for code in warned}
    assert query(url, "SELECT rows_read, inserted, updated, unchanged, superseded, rejected FROM load_ledger") == [
        tuple(expected.get(name, 0) for name in ("read", "inserted", "updated", "unchanged", "superseded", "rejected"))
    ]
    assert len(facts(url)) == expected["inserted"]


def test_rejects_keep_line_rule_column_value_and_the_row_as_it_stands(url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [
        HEADER,
        session_row(),
        session_row(session_id="", energy_kwh="7;5", success="maybe"),
        "S3,ST-1\0,2025-04-01T08:00:00Z,,1,true",
        "",
        "S4,ST-1,2025-04-01T08:00:00Z",
        session_row(session_id="S5\x07 🔌"),
    ]
    path.write_bytes("\r\n".join(lines).encode())
    result = load(path, url)
    assert counts(result) == {"read": 5, "inserted": 1, "rejected": 4}
    rows = query(url, 'SELECT source_line, rule, "column", value, raw FROM rejected_row ORDER BY source_line, rule')
    assert rows == [
        (3, "energy_kwh_not_a_number", "energy_kwh", "7;5", lines[2]),
        (3, "session_id_missing", "session_id", None, lines[2]),
        (4, "nul_character", None, None, lines[3].replace("\0", "\\u0000")),
        (6, "row_too_short", None, None, lines[5]),
        (7, "session_id_unusable", "session_id", "S5\x07 🔌", lines[6]),
    ]
    assert result.rejects_by_rule == dict.fromkeys((row[1] for row in rows), 1)
    told = query(
        url, "SELECT source_line, would_have_been, station_id, time_key FROM rejected_row ORDER BY source_line"
    )
    assert sorted(set(told)) == [
        (3, "unknown", "ST-1", 2025040108),
        (4, "unknown", None, None),
        (6, "unknown", None, None),
        (7, "success", "ST-1", 2025040108),
    ]


def test_a_lone_surrogate_is_rejected_and_kept_as_it_was_written(url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = {"station_id": "ST-1", "start_time": "2025-04-01T08:00:00Z", "end_time": None, "energy_kwh": 1}
    path.write_text("".join(json.dumps({"session_id": s, **row}) + "\n" for s in ("a\ud800", "b\0", "c")))
    native = sources.builtin_profiles()["native"]
    result = load_file(path, url, [dataclasses.replace(native, format="jsonl")])
    assert counts(result) == {"read": 3, "inserted": 1, "rejected": 2}
    stored = query(url, "SELECT source_line, raw FROM rejected_row ORDER BY source_line")
    assert stored == list(enumerate(path.read_text().splitlines()[:2], start=1))


def test_a_file_of_a_header_alone_loads_no_row(url: str, tmp_path: Path) -> None:
    result = load(native_csv(tmp_path / "a.csv"), url, LoadOptions(max_rejects=RejectLimit(0, True)))
    assert result.status == "loaded"
    assert counts(result) == {}
    assert query(url, "SELECT rows_read, file_name FROM load_ledger") == [(0, "a.csv")]
    assert load(tmp_path / "a.csv", url).status == "already loaded"


@pytest.mark.thorough
def test_a_file_of_rejects_alone_loads_no_session(url: str, tmp_path: Path) -> None:
    result = load(native_csv(tmp_path / "a.csv", session_row(station_id=""), session_row(energy_kwh="x")), url)
    assert counts(result) == {"read": 2, "rejected": 2}
    assert facts(url) == []
    assert query(url, "SELECT count(*) FROM dim_station") == [(0,)]


# Corrections.


def test_without_versions_the_later_load_wins_and_says_what_it_changed(url: str, tmp_path: Path) -> None:
    load(native_csv(tmp_path / "a.csv", session_row(), session_row(session_id="S2")), url)
    corrected = session_row(energy_kwh="8.25", success="", end_time="2025-04-01T09:30:00-04:00")
    result = load(native_csv(tmp_path / "b.csv", session_row(session_id="S2"), corrected), url)
    assert counts(result) == {"read": 2, "updated": 1, "unchanged": 1}
    (change,) = result.changes
    assert (change["session_id"], change["line"]) == ("S1", 3)
    assert change["columns"] == {
        "end_time": ["2025-04-01T13:00:00.000Z", "2025-04-01T13:30:00.000Z"],
        "duration_minutes": [60.0, 90.0],
        "energy_kwh": [7.5, 8.25],
        "success": [True, None],
    }
    assert type(change["columns"]["success"][0]) is bool
    json.dumps(result.changes)
    assert query(url, "SELECT session_id, energy_kwh, source_line FROM fact_charging ORDER BY session_id") == [
        ("S1", 8.25, 3),
        ("S2", 7.5, 3),
    ]


def test_within_a_file_without_versions_the_first_line_stays_and_those_of_other_content_are_refused(
    url: str, tmp_path: Path
) -> None:
    rows = [session_row(energy_kwh=energy) for energy in ("1", "2", "2", "1", "3")]
    result = load(native_csv(tmp_path / "a.csv", *rows), url)
    assert counts(result) == {"read": 5, "inserted": 1, "unchanged": 1, "rejected": 3}
    assert result.rejects_by_rule == {"session_id_repeated": 3}
    assert result.changes == []
    assert query(url, "SELECT energy_kwh, source_line FROM fact_charging") == [(1.0, 2)]
    assert query(url, "SELECT source_line, rule FROM rejected_row ORDER BY source_line") == [
        (line, "session_id_repeated") for line in (3, 4, 6)
    ]


def test_changes_beyond_the_list_are_counted(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evcharge.load.writer.CHANGES_LISTED", 3)
    load(native_csv(tmp_path / "a.csv", *(session_row(session_id=f"S{n}") for n in range(5))), url)
    result = load(
        native_csv(tmp_path / "b.csv", *(session_row(session_id=f"S{n}", energy_kwh="1") for n in range(5))), url
    )
    assert (result.updated, len(result.changes)) == (5, 3)


@pytest.mark.thorough
def test_the_newest_version_wins_whatever_the_order_of_the_files(url: str, tmp_path: Path) -> None:
    versions = [("S1", "3", day(2)), ("S1", "5", day(1)), ("S1", "9", "")]
    files = [versioned_csv(tmp_path / f"{number}.csv", row) for number, row in enumerate(versions)]
    newest = files[0]
    for number, order in enumerate(itertools.permutations(files)):
        results = [load(path, url, source=f"order {number}") for path in order]
        assert [result.inserted for result in results] == [1, 0, 0]
        after_newest = results[order.index(newest) + 1 :]
        assert [result.superseded for result in after_newest] == [1] * len(after_newest)
        (fact,) = facts(url, f"order {number}")
        assert fact[CONTENT.index("energy_kwh") + 3] == 3.0


EQUAL_VERSIONS = [("S1", "10", day(1)), ("S1", "", day(1)), ("S1", "9", day(1))]


@pytest.mark.thorough
def test_equal_versions_end_the_same_whatever_the_order_of_their_files(url: str, tmp_path: Path) -> None:
    ends = set()
    for number, order in enumerate(itertools.permutations(EQUAL_VERSIONS)):
        for row in order:
            path = versioned_csv(tmp_path / f"{row[1] or 'none'}.csv", row)
            load(path, url, source=f"files {number}")
        (fact,) = facts(url, f"files {number}")
        ends.add(fact[1:])
    assert len(ends) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_rows", [1, 2, 500])
def test_of_equal_versions_in_one_file_the_first_that_tells_an_energy_stays(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    for number, order in enumerate(itertools.permutations(EQUAL_VERSIONS)):
        with chunks_of(chunk_rows):
            result = load(versioned_csv(tmp_path / "one.csv", *order), url, source=f"order {number}")
        assert counts(result) == {"read": 3, "inserted": 1, "superseded": 1, "rejected": 1}
        assert result.rejects_by_rule == {"session_id_repeated": 1}
        (fact,) = facts(url, f"order {number}")
        assert fact[CONTENT.index("energy_kwh") + 3] == float(next(energy for _, energy, _ in order if energy))


def test_in_one_file_an_older_version_is_superseded_an_exact_repeat_unchanged_and_one_of_no_version_refused(
    url: str, tmp_path: Path
) -> None:
    rows = (("S1", "2", day(2)), ("S1", "1", day(1)), ("S1", "2", day(2)), ("S1", "2", day(3)), ("S1", "5", ""))
    result = load(versioned_csv(tmp_path / "a.csv", *rows), url)
    assert counts(result) == {"read": 5, "inserted": 1, "updated": 1, "unchanged": 1, "superseded": 1, "rejected": 1}
    assert query(url, "SELECT energy_kwh, source_line FROM fact_charging") == [(2.0, 5)]
    assert [set(change["columns"]) for change in result.changes] == [{"source_updated_at"}]
    assert query(url, "SELECT source_line, rule, value FROM rejected_row") == [
        (6, "session_id_repeated", "S1 (also line 5)")
    ]


# Gates, dry runs, conventions.


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("limit", "passes"),
    [
        (RejectLimit(2, False), True),
        (RejectLimit(1, False), False),
        (RejectLimit(0, False), False),
        (RejectLimit(50, True), True),
        (RejectLimit(49.9, True), False),
    ],
    ids=str,
)
def test_a_file_with_more_rejects_than_allowed_is_refused_whole(
    url: str, tmp_path: Path, limit: RejectLimit, passes: bool
) -> None:
    bad = session_row(session_id="", energy_kwh="x")  # two rules, one row
    path = native_csv(tmp_path / "a.csv", session_row(), bad, session_row(session_id="S2"), bad)
    with chunks_of(3):
        if passes:
            assert load(path, url, LoadOptions(max_rejects=limit)).rejected == 2
            return
        with unchanged(url), pytest.raises(GateError, match="2 of 4 rows") as refusal:
            load(path, url, LoadOptions(max_rejects=limit))
    assert refusal.value.code == "too_many_rejects"
    assert str(limit) in refusal.value.reason
    assert refusal.value.exit_code == 3


def under(header: str, path: Path, *lines: str) -> Path:
    """A file of these lines under a header of their own."""
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.thorough
@pytest.mark.parametrize("replace", [False, True])
def test_a_dry_run_tells_what_the_load_would_and_leaves_the_database_as_it_was(
    url: str, dirty_sample: tuple[Path, dict[str, Any]], tmp_path: Path, replace: bool
) -> None:
    path, _ = dirty_sample
    lines = path.read_text(encoding="utf-8").splitlines()
    load(under(lines[0], tmp_path / "part.csv", *lines[1:300:2]), url)
    if replace:
        load(path, url)
    with unchanged(url):
        dry = load(path, url, LoadOptions(dry_run=True, replace=replace))
    real = load(path, url, LoadOptions(replace=replace))
    assert (dry.status, real.status) == ("dry run", "loaded")
    assert told(dry) == told(real)
    assert (dry.warnings, dry.rejected_as) == (real.warnings, real.rejected_as)
    assert [change["columns"] for change in dry.changes] == [change["columns"] for change in real.changes]


def test_times_without_a_zone_are_refused_until_one_is_stated(url: str, tmp_path: Path) -> None:
    times = ("2025-07-01 00:30:00", "2025-01-01T00:30:00")
    rows = (session_row(session_id=f"S{n}", start_time=time, end_time="") for n, time in enumerate(times))
    path = native_csv(tmp_path / "a.csv", *rows)
    with unchanged(url), pytest.raises(SourceError) as refusal:
        load(path, url)
    assert refusal.value.code == "time_zone_unstated"
    assert times[0] in refusal.value.reason
    assert "--tz" in refusal.value.hint
    result = load(path, url, timezone="Europe/Paris")
    assert (result.timezone, result.inserted) == ("Europe/Paris", 2)
    stored = query(url, "SELECT time_key, start_time FROM fact_charging ORDER BY time_key")
    assert [(key, str(start)[:16].replace("T", " ")) for key, start in stored] == [
        (2025010100, "2024-12-31 23:30"),
        (2025070100, "2025-06-30 22:30"),
    ]
    assert query(url, "SELECT DISTINCT timezone FROM dim_station") == [("Europe/Paris",)]


def test_the_local_hour_is_told_by_the_offset_where_no_zone_is_stated(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row(start_time="2025-03-31T23:30:00-04:00"))
    load(path, url)
    load(path, url, timezone="Asia/Kolkata", source="stated")
    keys = query(url, "SELECT s.source, f.time_key FROM fact_charging f JOIN dim_station s USING (station_key)")
    assert sorted(keys) == [("native", 2025033123), ("stated", 2025040109)]


def test_times_in_another_format_are_refused_until_it_is_stated(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row(start_time="01/07/2025 10:00", end_time=""))
    with unchanged(url), pytest.raises(SourceError) as refusal:
        load(path, url)
    assert refusal.value.code == "time_format_unstated"
    assert "01/07/2025 10:00" in refusal.value.reason
    assert "--time-format" in refusal.value.hint
    assert "iso8601" not in refusal.value.hint
    with pytest.raises(SourceError, match="01/07/2025") as refusal:
        load(path, url, time_format="epoch_s", timezone="UTC")
    assert ("iso8601" in refusal.value.hint, "epoch_s" in refusal.value.hint) == (True, False)
    load(path, url, time_format="%d/%m/%Y %H:%M", timezone="UTC")
    assert query(url, "SELECT time_key FROM fact_charging") == [(2025070110,)]


# The schema.


def test_a_database_without_tables_is_refused_and_nothing_is_made(empty_url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row())
    for code in ("database_missing", "schema_missing"):
        if code == "database_missing" and not empty_url.startswith("sqlite"):
            continue
        with pytest.raises(DatabaseError) as refusal:
            load(path, empty_url)
        assert refusal.value.code == code
        assert "alembic upgrade head" in refusal.value.hint
        if empty_url.startswith("sqlite"):
            file = Path(empty_url.removeprefix("sqlite:///"))
            assert file.exists() == (code == "schema_missing")
            file.touch()
    assert inspect(open_engine(empty_url)).get_table_names() == []


@pytest.mark.parametrize("code", ["schema_behind", "schema_ahead"])
def test_a_database_at_another_revision_is_refused_with_the_command(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    if code == "schema_behind":
        scripts = shutil.copytree(migrate.script_location(), tmp_path / "migrations")
        next_one = f"revision = 'next'\ndown_revision = {migrate.head()!r}\nbranch_labels = depends_on = None\n"
        (scripts / "versions" / "9999_next.py").write_text(next_one, encoding="utf-8")
        monkeypatch.setattr(migrate, "script_location", lambda: scripts)
    else:
        with open_engine(url, writes=True).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with unchanged(url), pytest.raises(DatabaseError) as refusal:
        load(native_csv(tmp_path / "a.csv", session_row()), url)
    assert refusal.value.code == code
    assert ("alembic upgrade head" in refusal.value.hint) == (code == "schema_behind")


def test_a_row_that_is_not_accounted_for_undoes_the_load(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evcharge.load.tally.Tally.add", lambda self, raw, _: setattr(self, "read", len(raw.frame) + 1))
    with unchanged(url), pytest.raises(DatabaseError, match="3 rows were read but 2 accounted for") as refusal:
        load(native_csv(tmp_path / "a.csv", session_row(), session_row(session_id="S2")), url)
    assert refusal.value.code == "rows_unaccounted"


# Memory and cost.


@pytest.mark.thorough
@pytest.mark.parametrize("rows", [1, 7])
def test_the_size_of_a_chunk_makes_no_difference(
    url: str, dirty_sample: tuple[Path, dict[str, Any]], tmp_path: Path, rows: int
) -> None:
    lines = dirty_sample[0].read_text(encoding="utf-8").splitlines()
    repeats = (lines[2], lines[3].replace("true", "false"), lines[2])
    path = under(lines[0], tmp_path / "a.csv", *(lines[1:60] if rows == 1 else lines[1:250]), *repeats)
    whole = load(path, url)
    assert whole.inserted > whole.rejected > 0
    expected = everything(url)
    wipe(url)
    with chunks_of(rows):
        assert told(load(path, url)) == told(whole)
    assert everything(url) == expected


def statements(work: Callable[[], object]) -> Counter[str]:
    """How many statements of each kind the work sends."""
    sent: Counter[str] = Counter()

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent[statement.split()[0].upper()] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return sent


@pytest.mark.thorough
def test_the_statements_of_a_chunk_do_not_grow_with_its_rows(url: str, tmp_path: Path) -> None:
    def file(name: str, rows: int, **over: str) -> Path:
        return native_csv(tmp_path / name, *(session_row(session_id=f"S{n}", **over) for n in range(rows)))

    load(file("first.csv", 1), url)
    for over in ({}, {"energy_kwh": "1"}):  # new rows and known ones, then changed ones
        few = statements(lambda over=over: load(file("few.csv", 10, **over), url))
        many = statements(lambda over=over: load(file("many.csv", 1000, **over), url))
        assert many == few
        assert few["SELECT"] < 20


# Many loaders.


@pytest.mark.thorough
def test_loaders_at_once_queue_and_end_as_one_after_the_other(url: str, tmp_path: Path) -> None:
    files = [
        versioned_csv(
            tmp_path / f"{number}.csv",
            *(
                (f"S{n}", f"{(n * 7 + number) % 40}", day(1 + (n + number) % 3))
                for n in range(number * 50, number * 50 + 400)
            ),
        )
        for number in range(4)
    ]
    assert all_of(files, url) == ["loaded"] * 4
    serial = facts(url)
    wipe(url)
    orders = [files[start:] + files[:start] for start in (0, 1, 2, 3, 0, 2)]
    with ProcessPoolExecutor(6, mp_context=processes()) as pool:
        statuses = Counter(itertools.chain(*pool.map(all_of, orders, [url] * 6)))
    assert statuses == {"loaded": 4, "already loaded": 20}
    assert facts(url) == serial
    assert query(url, "SELECT count(*), sum(rows_read) FROM load_ledger") == [(4, 1600)]


@contextmanager
def lock_held(url: str) -> Iterator[None]:
    """Another writer holds the only place there is."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.close()
    else:
        with open_engine(url, writes=True).begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOAD_LOCK})"))
            yield


def test_a_loader_that_waits_too_long_says_busy_and_changes_nothing(url: str, tmp_path: Path) -> None:
    path = native_csv(tmp_path / "a.csv", session_row())
    with unchanged(url):
        with lock_held(url), pytest.raises(EvchargeError) as refusal:
            load(path, url, LoadOptions(lock_wait_seconds=0.2))
        assert refusal.value.code == "database_busy"
        assert "Nothing was changed" in refusal.value.reason
    assert load(path, url).inserted == 1
