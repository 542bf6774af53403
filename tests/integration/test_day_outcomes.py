from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load import LoadOptions
from evcharge.load.rebuild import are_outdated, check, rebuild
from evcharge.load.unload import unload
from evcharge.metrics import letters
from evcharge.metrics.day_outcomes import are_kept
from evcharge.metrics.selection import Selection
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from tests.support.factories import native_csv, session_row
from tests.support.loading import chunks_of, load, query
from tests.support.star import MIXED, write_sessions

Run = Callable[..., tuple[int, str, str]]
COUNTED = "outcomes, day, load_key, sessions, with_energy, energy_microkwh, first_hour, last_hour"


def counts_of(url: str) -> list[tuple[object, ...]]:
    """The counts that are kept, without the station's key."""
    return query(url, f"SELECT {COUNTED} FROM station_day_outcome ORDER BY {COUNTED}")


def sessions_counted(url: str) -> int:
    ((sessions,),) = query(url, "SELECT COALESCE(SUM(sessions), 0) FROM station_day_outcome")
    return int(sessions)


@pytest.fixture
def april(tmp_path: Path) -> Path:
    """Two sessions alike, one that failed, one of the next day, one of another station, and a row that is refused."""
    rows = (
        session_row(),
        session_row(
            session_id="S2", start_time="2025-04-01T09:00:00Z", end_time="2025-04-01T09:30:00Z", energy_kwh=1.5
        ),
        session_row(session_id="S3", energy_kwh="0", success="false"),
        session_row(session_id="S4", start_time="2025-04-02T08:00:00Z", end_time="2025-04-02T09:00:00Z"),
        session_row(session_id="S5", station_id="ST-2", energy_kwh=""),
        session_row(session_id="S9", energy_kwh="x"),
    )
    return native_csv(tmp_path / "april.csv", *rows)


def test_a_load_counts_its_sessions_by_station_day_and_outcomes(url: str, april: Path) -> None:
    load(april, url)
    check(url)
    assert sessions_counted(url) == 5
    assert query(url, "SELECT definition, version FROM outcome_letter ORDER BY place") == [
        (definition.id, definition.version) for definition in letters.ORDER
    ]
    alike = [row for row in counts_of(url) if row[3] == 2]
    assert [row[1:3] for row in alike] == [(20250401, 1)]
    assert alike[0][4:] == (2, 9_000_000, 2025040108, 2025040109)


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_rows", [1, 2, 500])
def test_a_load_in_chunks_counts_the_same(url: str, april: Path, chunk_rows: int) -> None:
    with chunks_of(chunk_rows):
        load(april, url)
    counts = counts_of(url)
    check(url)
    rebuild(url)
    assert counts_of(url) == counts


def test_counts_follow_corrections_repeated_rows_and_replaced_and_unloaded_files(
    url: str, april: Path, tmp_path: Path
) -> None:
    load(april, url)
    rows = (
        session_row(session_id="S2", energy_kwh="0.1"),
        session_row(session_id="S3", energy_kwh="0", success="false"),
        session_row(session_id="S6", end_time=""),
        session_row(session_id="S6"),
    )
    may = native_csv(tmp_path / "may.csv", *rows)
    assert load(may, url).updated == 1
    check(url)
    assert sessions_counted(url) == 6
    load(april, url, LoadOptions(replace=True), timezone="Europe/Paris")
    check(url)
    load(may, url, LoadOptions(dry_run=True, replace=True))
    check(url)
    unload(url, [1])
    check(url)
    load(april, url)
    check(url)
    unload(url, [1, 2])
    assert (check(url), sessions_counted(url)) == (0, 0)


def test_counts_that_are_not_those_of_the_sessions_are_found_and_made_anew(url: str, april: Path) -> None:
    load(april, url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE station_day_outcome SET sessions = sessions + 1 WHERE day = 20250402")
    with pytest.raises(DatabaseError, match="2 rows of station_day_outcome are not those") as caught:
        check(url)
    assert (caught.value.code, caught.value.hint) == ("counts_differ", "Run: evcharge db rebuild")
    rebuild(url)
    check(url)


def test_counts_by_another_version_of_a_definition_are_not_read_and_the_next_load_makes_them_anew(
    url: str, april: Path, tmp_path: Path
) -> None:
    load(april, url)
    right = counts_of(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE outcome_letter SET version = 99 WHERE place = 2")
        connection.exec_driver_sql("UPDATE station_day_outcome SET sessions = 1000")
    with Session(open_engine(url)) as session:
        assert not are_kept(session)
    with pytest.raises(DatabaseError, match="by other definitions") as caught:
        check(url)
    assert caught.value.code == "counts_outdated"
    load(native_csv(tmp_path / "none.csv"), url)
    check(url)
    assert counts_of(url) == right


def test_sessions_of_before_are_counted_by_an_upgrade_on_the_command_line(url: str, evcharge: Run) -> None:
    write_sessions(open_engine(url, writes=True), *MIXED)
    assert are_outdated(url)
    assert evcharge("--db", url, "db", "upgrade")[0] == 0
    assert not are_outdated(url)
    assert sessions_counted(url) == len(MIXED)
    code, said, _ = evcharge("--db", url, "db", "check")
    assert (code, said) == (0, f"The {len(counts_of(url))} rows of station_day_outcome are those of the sessions.\n")


def test_the_command_makes_the_counts_anew_and_says_so(url: str, april: Path, evcharge: Run) -> None:
    load(april, url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM station_day_outcome")
    code, _, said = evcharge("--db", url, "db", "check")
    assert code == 1
    assert "evcharge db rebuild" in said
    assert evcharge("--db", url, "db", "rebuild")[0] == 0
    assert evcharge("--db", url, "db", "check")[0] == 0


def test_a_page_reads_all_sessions_twice_and_otherwise_those_of_the_stations_to_fix(url: str, april: Path) -> None:
    load(april, url)
    engine, statements = open_engine(url), list[str]()

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM fact_charging" in statement and "LIMIT" not in statement:
            statements.append(statement)

    build_page(engine, PageRequest(target=0.95, selection=Selection()))
    of_all = [statement for statement in statements if "fact_charging.station_key IN" not in statement]
    assert len(of_all) == 2, of_all


@pytest.mark.thorough
def test_a_report_of_counts_that_are_kept_is_that_of_the_sessions(url: str, april: Path, evcharge: Run) -> None:
    load(april, url)
    commands = (
        ("report", "--no-png", "--json"),
        ("report", "--no-png", "--json", "--by", "month"),
        ("compare", "--json"),
    )
    kept = [evcharge("--db", url, *command) for command in commands]
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM outcome_letter")
    assert are_outdated(url)
    assert [evcharge("--db", url, *command) for command in commands] == kept
    assert [code for code, _, _ in kept] == [0, 0, 0]
