"""A file that shows a session in an older state than a file before it: nothing is taken away."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from evcharge.load import LoadResult
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import CONTENT, chunks_of, counts, facts, load, query, wipe

OPEN = {"end_time": "", "energy_kwh": "", "success": ""}
FAILED = {"success": "false", "energy_kwh": "0"}
MOVED = {"start_time": "2025-04-01T08:05:00-04:00"}


def snapshot(folder: Path, name: str, *overs: dict[str, Any]) -> Path:
    return native_csv(folder / f"{name}.csv", *(session_row(**over) for over in overs))


def ends(url: str) -> list[tuple[Any, ...]]:
    """Session, energy, whether it ended and its outcome."""
    places = [CONTENT.index(name) + 3 for name in ("energy_kwh", "end_time", "success")]
    told = [(fact[2], *(fact[place] for place in places)) for fact in facts(url)]
    return [
        (name, energy, end is not None, None if success is None else bool(success))
        for name, energy, end, success in told
    ]


def after(first: Path, second: Path, url: str) -> LoadResult:
    load(first, url)
    return load(second, url)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "older",
    [
        OPEN,
        {"end_time": ""},
        {"energy_kwh": ""},
        {"success": ""},
        {**OPEN, "success": "true"},
        {"end_time": "", "energy_kwh": "3"},
        {"end_time": "", "success": "true"},
    ],
)
def test_a_row_that_only_empties_or_takes_an_end_away_is_superseded_with_a_warning(
    url: str, tmp_path: Path, older: dict[str, str]
) -> None:
    result = after(snapshot(tmp_path, "new", FAILED), snapshot(tmp_path, "old", {**FAILED, **older}), url)
    assert counts(result) == {"read": 1, "superseded": 1}
    assert (result.warnings, result.changes) == ({"would_reopen": 1}, [])
    assert ends(url) == [("S1", 0.0, True, False)]
    assert query(url, "SELECT superseded, updated FROM load_ledger ORDER BY load_key") == [(0, 0), (1, 0)]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "newer", [{"energy_kwh": "9"}, {"success": "false"}, {"end_time": "2025-04-01T09:30:00-04:00", "success": ""}]
)
def test_a_row_that_says_something_else_and_keeps_the_end_is_an_update_without_a_warning(
    url: str, tmp_path: Path, newer: dict[str, str]
) -> None:
    result = after(snapshot(tmp_path, "old", {}), snapshot(tmp_path, "new", newer), url)
    assert (counts(result), result.warnings) == ({"read": 1, "updated": 1}, {})


def test_an_update_that_moves_the_start_is_warned_of(url: str, tmp_path: Path) -> None:
    result = after(snapshot(tmp_path, "old", {}), snapshot(tmp_path, "new", MOVED), url)
    assert (counts(result), result.warnings) == ({"read": 1, "updated": 1}, {"start_moved": 1})
    (change,) = result.changes
    assert change["columns"]["start_time"] == ["2025-04-01T12:00:00.000Z", "2025-04-01T12:05:00.000Z"]


@pytest.mark.thorough
@pytest.mark.parametrize("older", [OPEN, {"end_time": ""}, {"success": ""}, {"energy_kwh": "", "success": ""}])
def test_a_row_that_only_empties_is_an_older_state_whatever_its_start(
    url: str, tmp_path: Path, older: dict[str, str]
) -> None:
    new = snapshot(tmp_path, "new", {**FAILED, **MOVED})
    result = after(new, snapshot(tmp_path, "old", {**FAILED, **older}), url)
    assert (counts(result), result.warnings) == ({"read": 1, "superseded": 1}, {"would_reopen": 1})
    assert ends(url) == [("S1", 0.0, True, False)]
    wipe(url)
    load(tmp_path / "old.csv", url)
    load(new, url)
    assert ends(url) == [("S1", 0.0, True, False)]


def test_a_stated_version_decides_whatever_a_row_empties(url: str, tmp_path: Path) -> None:
    header = f"{HEADER},updated_at"
    rows = [f"{session_row(**over)},2025-05-0{day}T00:00:00Z" for day, over in ((1, FAILED), (2, {**MOVED, **OPEN}))]
    files = [native_csv(tmp_path / f"{number}.csv", row, header=header) for number, row in enumerate(rows)]
    assert counts(after(*files, url)) == {"read": 1, "updated": 1}
    assert ends(url) == [("S1", None, False, None)]


def test_an_id_that_comes_again_at_another_start_with_another_energy_is_no_older_state(
    url: str, tmp_path: Path
) -> None:
    again = snapshot(tmp_path, "new", {**MOVED, "end_time": "", "energy_kwh": "3"})
    result = after(snapshot(tmp_path, "old", {}), again, url)
    assert (counts(result), result.warnings) == ({"read": 1, "updated": 1}, {"start_moved": 1})
    assert ends(url) == [("S1", 3.0, False, True)]


def test_warnings_count_sessions_of_all_chunks(url: str, tmp_path: Path) -> None:
    names = [f"S{number}" for number in range(5)]
    load(snapshot(tmp_path, "new", *({"session_id": name} for name in names)), url)
    path = snapshot(tmp_path, "old", *({"session_id": name, **(OPEN if name < "S3" else MOVED)} for name in names))
    with chunks_of(2):
        result = load(path, url)
    assert counts(result) == {"read": 5, "updated": 2, "superseded": 3}
    assert result.warnings == {"would_reopen": 3, "start_moved": 2, "twin_sessions": 1}
    assert result.warning_lines == {"would_reopen": [2, 3, 4], "start_moved": [5, 6], "twin_sessions": [6]}


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_rows", [pytest.param(1, marks=pytest.mark.thorough), 500])
def test_snapshots_of_a_month_end_the_same_in_every_order_of_files(url: str, tmp_path: Path, chunk_rows: int) -> None:
    running = {"session_id": "S2", **OPEN}
    halfway = {"session_id": "S2", "end_time": "", "success": ""}
    files = [
        snapshot(tmp_path, "morning", OPEN, {"session_id": "S0"}),
        snapshot(tmp_path, "noon", {**FAILED, "success": ""}, running),
        snapshot(tmp_path, "evening", FAILED, halfway),
        snapshot(tmp_path, "night", FAILED, {"session_id": "S2"}),
    ]
    for order in itertools.permutations(files):
        wipe(url)
        with chunks_of(chunk_rows):
            results = [load(path, url) for path in order]
        assert ends(url) == [("S0", 7.5, True, True), ("S1", 0.0, True, False), ("S2", 7.5, True, True)]
        assert sum(result.rejected for result in results) == 0
        assert sum(result.inserted for result in results) == 3


def test_where_versions_are_stated_the_version_alone_decides_and_nothing_is_warned_of(url: str, tmp_path: Path) -> None:
    def stated(name: str, version: str, over: dict[str, str]) -> Path:
        return native_csv(tmp_path / f"{name}.csv", f"{session_row(**over)},{version}", header=f"{HEADER},updated_at")

    done, reopened = stated("a", "2025-05-01T00:00:00Z", {}), stated("b", "2025-05-02T00:00:00Z", {"end_time": ""})
    result = after(done, reopened, url)
    assert (counts(result), result.warnings) == ({"read": 1, "updated": 1}, {})
    assert ends(url) == [("S1", 7.5, False, True)]
