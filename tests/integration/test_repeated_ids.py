"""Rows of one file that have the same session id: which one stays, and what becomes of the others."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from evcharge.load import LoadOptions, LoadResult, load_file
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import chunks_of, counts, everything, load, query, wipe
from tests.support.publishers import published

OPEN = {"end_time": "", "energy_kwh": ""}
LATER = {"start_time": "2025-04-01T10:00:00-04:00", "end_time": "2025-04-01T11:00:00-04:00"}
TOLD = "r.source_line, r.rule, r.value, r.would_have_been, r.station_id, r.time_key"


@pytest.fixture(params=[1, 2, 500], ids="chunks of {}".format)
def chunk_rows(request: pytest.FixtureRequest) -> int:
    """The two rows stand in different chunks, at the edge of one, and in the same."""
    return int(request.param)


def written(path: Path, *overs: dict[str, Any]) -> Path:
    """A file of these rows of the session S1, each with its version where it has one, and one more session."""
    rows = [session_row(**{name: text for name, text in over.items() if name != "version"}) for over in overs]
    lines = [f"{row},{over.get('version', '')}" for row, over in zip(rows, overs, strict=True)]
    return native_csv(path, *lines, f"{session_row(session_id='S2')},", header=f"{HEADER},updated_at")


def stored(url: str) -> list[tuple[Any, ...]]:
    """Line, energy and whether it ended of S1."""
    rows = query(url, "SELECT source_line, energy_kwh, end_time FROM fact_charging WHERE session_id = 'S1'")
    return [(line, energy, end is not None) for line, energy, end in rows]


def rejects(url: str) -> list[tuple[Any, ...]]:
    return query(url, f"SELECT {TOLD} FROM rejected_row r ORDER BY r.source_line")


def both(one: dict[str, Any], other: dict[str, Any], url: str, folder: Path, chunk_rows: int) -> LoadResult:
    with chunks_of(chunk_rows):
        return load(written(folder / "a.csv", one, other), url)


def test_an_identical_row_is_unchanged(url: str, tmp_path: Path, chunk_rows: int) -> None:
    result = both({}, {}, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "unchanged": 1}
    assert (stored(url), rejects(url)) == ([(2, 7.5, True)], [])


def test_a_row_that_only_says_more_takes_the_place_of_the_one_before(url: str, tmp_path: Path, chunk_rows: int) -> None:
    result = both(OPEN, {}, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "superseded": 1}
    assert (stored(url), rejects(url), result.changes) == ([(3, 7.5, True)], [], [])


def test_a_row_that_only_says_less_is_superseded(url: str, tmp_path: Path, chunk_rows: int) -> None:
    result = both({}, OPEN, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "superseded": 1}
    assert (stored(url), rejects(url), result.warnings) == ([(2, 7.5, True)], [], {"twin_sessions": 1})


@pytest.mark.thorough
@pytest.mark.parametrize("open_first", [True, False])
@pytest.mark.parametrize("energy", ["0.2", "7.5"])
def test_of_an_open_row_and_an_ended_one_with_no_less_energy_the_ended_stays(
    url: str, tmp_path: Path, chunk_rows: int, open_first: bool, energy: str
) -> None:
    rows = [{**OPEN, "energy_kwh": energy, "success": ""}, {"success": "false"}]
    result = both(*(rows if open_first else rows[::-1]), url, tmp_path, chunk_rows)
    assert (counts(result), rejects(url)) == ({"read": 3, "inserted": 2, "superseded": 1}, [])
    assert query(url, "SELECT energy_kwh, success FROM fact_charging WHERE session_id = 'S1'") == [(7.5, False)]


@pytest.mark.thorough
@pytest.mark.parametrize("over", [{"energy_kwh": "8"}, {"energy_kwh": "3", "success": "false"}])
def test_an_open_row_that_says_something_else_than_the_ended_one_is_another_session(
    url: str, tmp_path: Path, chunk_rows: int, over: dict[str, str]
) -> None:
    result = both({**OPEN, **over}, {}, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "rejected": 1}


@pytest.mark.thorough
@pytest.mark.parametrize("later_first", [False, True])
def test_of_two_versions_with_one_start_the_later_stays(
    url: str, tmp_path: Path, chunk_rows: int, later_first: bool
) -> None:
    versions = [{"version": "2025-05-01T00:00:00Z"}, {"energy_kwh": "9", "version": "2025-05-02T00:00:00Z"}]
    result = both(*(versions[::-1] if later_first else versions), url, tmp_path, chunk_rows)
    became = {"superseded": 1} if later_first else {"updated": 1}
    assert counts(result) == {"read": 3, "inserted": 2, **became}
    assert (stored(url), rejects(url)) == ([(2 if later_first else 3, 9.0, True)], [])


def test_a_later_version_with_another_start_is_another_session_and_refused(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    one, other = {"version": "2025-05-01T00:00:00Z"}, {**LATER, "version": "2025-05-02T00:00:00Z"}
    result = both(one, other, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "rejected": 1}
    assert rejects(url) == [(3, "session_id_repeated", "S1 (also line 2)", "success", "ST-1", 2025040110)]
    assert stored(url) == [(2, 7.5, True)]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("other", "would_have_been"),
    [
        ({"energy_kwh": "8"}, "success"),
        ({"success": "false"}, "failure"),
        ({"success": "", "energy_kwh": "0"}, "failure"),
        ({"success": "", "energy_kwh": "8"}, "unknown"),
        ({"end_time": "", "energy_kwh": "8"}, "success"),
        ({"energy_kwh": "8", "version": "2025-05-01T00:00:00Z"}, "success"),
    ],
)
def test_a_row_of_other_content_is_refused_by_name_and_counted_as_what_it_would_have_been(
    url: str, tmp_path: Path, chunk_rows: int, other: dict[str, str], would_have_been: str
) -> None:
    result = both({}, other, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 2, "rejected": 1}
    assert (result.rejects_by_rule, result.rejected_as) == ({"session_id_repeated": 1}, {would_have_been: 1})
    assert rejects(url) == [(3, "session_id_repeated", "S1 (also line 2)", would_have_been, "ST-1", 2025040108)]
    assert query(url, "SELECT raw FROM rejected_row") == [((tmp_path / "a.csv").read_text().splitlines()[2],)]
    assert stored(url) == [(2, 7.5, True)]


def test_a_failure_is_not_lost_to_a_success_of_the_same_id_at_another_station(url: str, tmp_path: Path) -> None:
    result = load(written(tmp_path / "a.csv", {}, {"station_id": "ST-2", "success": "false"}), url)
    assert counts(result) == {"read": 3, "inserted": 3}


@pytest.mark.thorough
def test_the_line_that_a_reject_names_is_that_of_the_row_which_stands(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    with chunks_of(chunk_rows):
        load(written(tmp_path / "a.csv", OPEN, {}, {"energy_kwh": "8"}, {}, {"energy_kwh": "9"}), url)
    assert [(line, value) for line, _, value, *_ in rejects(url)] == [(4, "S1 (also line 3)"), (6, "S1 (also line 3)")]


def test_a_gate_and_a_dry_run_count_repeats(url: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", {}, {"success": "false"})
    dry = load(path, url, LoadOptions(dry_run=True))
    assert (dry.rejected, dry.rejects_by_rule) == (1, {"session_id_repeated": 1})
    seen: list[tuple[int, str]] = []
    options = LoadOptions(on_cleaned=lambda _, c: seen.extend(zip(c.rejects["line"], c.rejects["rule"], strict=True)))
    load(path, url, options)
    assert seen == [(3, "session_id_repeated")]


# After an older load had the same id.


@pytest.mark.thorough
@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_a_repeat_is_refused_too_where_an_older_load_had_the_id(url: str, tmp_path: Path, chunk: int) -> None:
    load(native_csv(tmp_path / "old.csv", session_row(energy_kwh="5")), url)
    with chunks_of(chunk):
        result = load(written(tmp_path / "a.csv", {}, {"success": "false"}, {}), url)
    assert counts(result) == {"read": 4, "inserted": 1, "updated": 1, "unchanged": 1, "rejected": 1}
    assert rejects(url) == [(3, "session_id_repeated", "S1 (also line 2)", "failure", "ST-1", 2025040108)]
    assert stored(url) == [(2, 7.5, True)]


@pytest.mark.thorough
def test_a_repeat_of_a_row_that_is_unchanged_since_an_older_load_names_its_line_in_this_file(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    load(native_csv(tmp_path / "old.csv", session_row(session_id="S0"), session_row()), url)
    result = both({}, {"success": "false"}, url, tmp_path, chunk_rows)
    assert counts(result) == {"read": 3, "inserted": 1, "unchanged": 1, "rejected": 1}
    assert rejects(url) == [(3, "session_id_repeated", "S1 (also line 2)", "failure", "ST-1", 2025040108)]


@pytest.mark.thorough
def test_what_two_rows_of_a_file_are_to_each_other_does_not_hang_on_an_older_load(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    version = "2025-05-01T00:00:00Z"
    old = written(tmp_path / "old.csv", {"energy_kwh": "1", "version": version})
    new = written(tmp_path / "new.csv", {"energy_kwh": "", "version": version}, {"energy_kwh": "2", "version": version})
    ends = []
    for order in itertools.permutations((old, new)):
        wipe(url)
        with chunks_of(chunk_rows):
            results = [load(path, url) for path in order]
        assert [result.rejected for result in results] == [0, 0]
        ends.append([(energy, ended) for _, energy, ended in stored(url)])
    assert ends == [[(2.0, True)]] * 2


@pytest.mark.thorough
def test_every_order_of_rows_is_alike_in_every_size_of_chunk(url: str, tmp_path: Path) -> None:
    rows = ({}, OPEN, {"success": "false"}, {**LATER}, {})
    load_of = {}
    for number, order in enumerate(itertools.islice(itertools.permutations(rows), 0, 120, 17)):
        path = written(tmp_path / f"{number}.csv", *order)
        for size in (1, 2, 500):
            wipe(url)
            with chunks_of(size):
                result = load(path, url)
            told = (counts(result), result.rejects_by_rule, result.rejected_as, everything(url))
            assert load_of.setdefault(number, told) == told


def test_cdrs_whose_ids_begin_anew_each_month_are_refused_by_name_and_lost_to_nothing(url: str, tmp_path: Path) -> None:
    place = {"id": "LOC1", "evse_uid": "1"}
    cdrs = [
        {
            "id": f"c{number % 2}",
            "start_date_time": f"2024-0{month}-0{number}T10:00:00Z",
            "end_date_time": f"2024-0{month}-0{number}T10:10:00Z",
            "total_energy": 0 if month == 1 else 5,
            "cdr_location": place,
            "last_updated": f"2024-0{month}-10T00:00:00Z",
        }
        for month in (1, 2)
        for number in (1, 2)
    ]
    (tmp_path / "cdrs.json").write_text(json.dumps(cdrs))
    result = load_file(tmp_path / "cdrs.json", url, [published("ocpi-cdrs")])
    assert counts(result) == {"read": 4, "inserted": 2, "rejected": 2}
    told = [(rule, value) for _, rule, value, *_ in rejects(url)]
    assert told == [("session_id_repeated", "c1 (also line 1)"), ("session_id_repeated", "c0 (also line 2)")]


EVENTS = "Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh),Port Number,EVSE ID,Ended By"
OF_ONE_MINUTE = "A,10/3/2017 12:52,MDT,10/3/2017 12:52,MDT,0,2,900001,Timeout"


def summary(path: Path, *events: str) -> Path:
    """ChargePoint's summary of sessions of one port and minute that differ in nothing but their events."""
    rows = [f"{OF_ONE_MINUTE},{event},\n" for event in events]
    path.write_text(f"{EVENTS},Plug In Event Id,Start SOC\n{''.join(rows)}")
    return path


@pytest.mark.thorough
def test_rows_that_differ_in_a_field_that_tells_them_apart_are_two_sessions(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    profile = published("chargepoint")
    with chunks_of(chunk_rows):
        result = load_file(summary(tmp_path / "a.csv", "11", "12", "11", " 11 ", ""), url, [profile])
    assert counts(result) == {"read": 5, "inserted": 1, "unchanged": 3, "rejected": 1}
    assert result.rejected_as == {"failure": 1}
    told = [(line, value) for line, _, value, *_ in rejects(url)]
    assert told == [(3, "900001|2|2017-10-03 12:52|MDT (also line 2)")]


def test_a_field_that_tells_rows_of_a_file_apart_says_nothing_of_two_files(
    url: str, tmp_path: Path, chunk_rows: int
) -> None:
    profile = published("chargepoint")
    with chunks_of(chunk_rows):
        load_file(summary(tmp_path / "a.csv", "11"), url, [profile])
        result = load_file(summary(tmp_path / "b.csv", "1011", "1012"), url, [profile])
    assert counts(result) == {"read": 2, "unchanged": 1, "rejected": 1}
