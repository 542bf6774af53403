"""Citus, as far as it can be told without a cluster: stubs of its functions, its counts, and the rules of its tables.

What each rule rests on is in docs/how-to/citus.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, UniqueConstraint

from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load import LoadOptions
from evcharge.load.distribute import SHARDED, TABLES, distribute
from evcharge.load.rebuild import check, rebuild
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.unload import unload
from evcharge.migrate import upgrade
from evcharge.models import Base
from evcharge.views import VIEWS
from tests.support.citus import FORBIDDEN, counting_what_is_selected, statements, stub
from tests.support.factories import native_csv
from tests.support.loading import Rows, counts, everything, load, query

ROOT = Path(__file__).parents[2]
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
HEADER = "start_time,end_time,session_id,station_id,port_id,energy_kwh,success"


def definitions(url: str) -> Rows:
    """Our views with their text, in the order of their names."""
    return query(url, "SELECT viewname, definition FROM pg_views WHERE left(viewname, 2) = 'v_' ORDER BY 1")


def calls(url: str) -> list[str]:
    return [row[0] for row in query(url, "SELECT call FROM called ORDER BY number")]


@ON_POSTGRESQL
def test_every_table_is_distributed_once_and_what_keys_point_to_comes_before(url: str) -> None:
    before = definitions(url)
    stub(url)
    told = distribute(url)
    assert len(before) == len(VIEWS)
    assert definitions(url) == before
    called = calls(url)
    assert sorted(called) == sorted(
        f"spread {name} by {SHARDED[name]}" if name in SHARDED else f"whole {name}" for name in Base.metadata.tables
    )
    assert [table.table for table in told] == [call.split()[1] for call in called]
    order = {call.split()[1]: number for number, call in enumerate(called)}
    for table in Base.metadata.tables.values():
        assert all(order[key.column.table.name] < order[table.name] for key in table.foreign_keys)


@ON_POSTGRESQL
def test_what_is_distributed_stays_and_what_is_new_is_added(url: str) -> None:
    stub(url)
    distribute(url)
    assert all(table.before for table in distribute(url))
    assert len(calls(url)) == len(TABLES)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM citus_tables WHERE table_name = 'station_verdict'::regclass")
    assert [table.table for table in distribute(url) if not table.before] == ["station_verdict"]
    assert calls(url)[len(TABLES) :] == ["whole station_verdict"]


@ON_POSTGRESQL
def test_a_table_that_is_distributed_otherwise_is_refused_and_nothing_changes(url: str) -> None:
    stub(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO citus_tables VALUES ('fact_charging'::regclass, 'distributed', 'session_id')"
        )
    with pytest.raises(DatabaseError, match="spread by session_id; it should be spread by station_key") as caught:
        distribute(url)
    assert caught.value.code == "distributed_otherwise"
    assert calls(url) == []


@ON_POSTGRESQL
def test_a_distribution_that_fails_leaves_the_views_and_tables_as_they_were(url: str) -> None:
    before = definitions(url)
    stub(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE rejected_row DROP CONSTRAINT pk_rejected_row")
        connection.exec_driver_sql("ALTER TABLE rejected_row ADD UNIQUE (source_line)")
    with pytest.raises(DatabaseError, match="no distribution column"):
        distribute(url)
    assert definitions(url) == before
    assert calls(url) == []


@ON_POSTGRESQL
def test_a_view_of_others_is_named_and_nothing_changes(url: str) -> None:
    stub(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("CREATE VIEW mine AS SELECT station_key FROM fact_charging")
    with pytest.raises(DatabaseError, match="mine") as caught:
        distribute(url)
    assert caught.value.code == "views_in_the_way"
    assert calls(url) == []


def test_a_database_without_citus_is_refused_with_the_reason_and_what_to_do(
    url: str, evcharge: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = evcharge("db", "distribute", "--db", url)
    assert (code, out) == (1, "")
    assert "Error [not_citus]" in err
    assert "CREATE EXTENSION citus" in err


@ON_POSTGRESQL
def test_the_command_says_how_each_table_is_distributed(
    url: str, evcharge: Callable[..., tuple[int, str, str]]
) -> None:
    stub(url)
    code, out, _ = evcharge("db", "distribute", "--db", url)
    assert code == 0
    assert "load_ledger: whole on every node\n" in out
    assert "fact_charging: spread by station_key\n" in out
    assert "fact_charging: spread by station_key (as before)\n" in evcharge("db", "distribute", "--db", url)[1]


@ON_POSTGRESQL
def test_whatever_writes_goes_from_shard_to_shard_where_citus_is(url: str, tmp_path: Path) -> None:
    rebuild(url)
    stub(url)
    with statements() as ran:
        everything_done(url, tmp_path)
        upgrade(url)
    begun = [number for number, statement in enumerate(ran) if "pg_advisory_xact_lock" in statement]
    in_sequence = [number for number, statement in enumerate(ran) if "multi_shard_modify_mode" in statement]
    transactions = [number for number in begun if "xact_lock_shared" not in ran[number]]
    assert len(in_sequence) == len(transactions) > 5
    assert all(lock < mode for lock, mode in zip(transactions, in_sequence, strict=True))


# The rules of statements and counts.


def csv(path: Path, *rows: str) -> Path:
    """Sessions of one hour: session, station, port, energy, success."""
    hour = "2025-01-01T00:00:00Z,2025-01-01T01:00:00Z"
    return native_csv(path, *(f"{hour},{row}" for row in rows), header=HEADER)


def registry(path: Path, *stations: tuple[str, list[str]]) -> Path:
    locations = [{"id": name, "evses": [{"uid": port} for port in ports]} for name, ports in stations]
    path.write_text(json.dumps(locations), encoding="utf-8")
    return path


def everything_done(url: str, folder: Path) -> list[Any]:
    """Loads, corrections, a replacement, a registry that moves sessions, an unload; what each came to."""
    first = csv(folder / "a.csv", *(f"S{n},P{n % 3},P{n % 3},{n},true" for n in range(12)), "S1,P1,P1,99,false")
    second = csv(folder / "b.csv", *(f"S{n},P{n % 3},P{n % 3},{n + n % 2},true" for n in range(6, 20)))
    third = csv(folder / "c.csv", "S3,P0,P0,9,false", "S99,P9,P9,,true", "S98,P9,P9,x,true")
    came_to: list[Any] = [counts(load(path, url)) for path in (first, second, third)]
    came_to.append(counts(load(second, url, LoadOptions(replace=True))))
    came_to.append(counts(load(csv(folder / "d.csv", "S0,P0,P0,50,true"), url, LoadOptions(dry_run=True))))
    for name, stations in {
        "1": [("L1", ["P0", "P1"]), ("L2", ["P2"])],
        "2": [("L1", ["P0"]), ("L2", ["P1", "P2"])],
    }.items():
        options = RegistryOptions(source="native", apply=True)
        moved = load_registry(registry(folder / f"{name}.json", *stations), url, options)
        came_to.append((moved.sessions_moved.count, moved.stations_removed))
    gone = unload(url, [3])
    came_to.append((gone.stations_removed, [load.file for load in gone.incomplete]))
    came_to.append(counts(load(first, url, LoadOptions(replace=True))))
    rebuild(url)
    came_to.append((check(url), len(everything(url)["facts"])))
    return came_to


@ON_POSTGRESQL
def test_corrections_and_all_else_end_alike_where_the_server_counts_what_was_selected(
    url: str, sqlite_url: str, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    with counting_what_is_selected():
        came_to = everything_done(url, here)
    assert came_to == everything_done(sqlite_url, there)
    assert any("updated" in one for one in came_to if isinstance(one, dict))
    assert any("unchanged" in one for one in came_to if isinstance(one, dict))
    assert came_to[5][0] > 0
    assert came_to[6][0] > 0


@ON_POSTGRESQL
def test_no_statement_of_whatever_writes_is_one_that_citus_refuses(url: str, tmp_path: Path) -> None:
    with statements() as ran:
        everything_done(url, tmp_path)
    assert len(ran) > 100
    assert [(why, one) for one in ran for why, pattern in FORBIDDEN.items() if re.search(pattern, one)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM fact_charging FOR UPDATE",
        "WITH RECURSIVE a AS (SELECT 1) SELECT 1",
        "DELETE FROM dim_station WHERE NOT (EXISTS (SELECT f.station_key FROM fact_charging f WHERE 1 = 1))",
        "DELETE FROM fact_charging WHERE EXISTS (SELECT 1 FROM moves WHERE 1 = 1)",
        "UPDATE fact_charging SET load_key = 1, station_key = 2",
        "INSERT INTO a SELECT 1 ON CONFLICT (b) DO UPDATE SET station_key = 1",
        "SAVEPOINT a",
    ],
)
def test_a_statement_that_citus_refuses_is_seen(statement: str) -> None:
    assert any(re.search(pattern, statement) for pattern in FORBIDDEN.values())


# The rules of tables.


def test_every_key_of_a_table_that_is_spread_has_the_column_it_is_spread_by() -> None:
    for name, by in SHARDED.items():
        table = Base.metadata.tables[name]
        keys = [table.primary_key, *(one for one in table.constraints if isinstance(one, UniqueConstraint))]
        assert all(by in key.columns for key in keys), name
        assert not any(index.unique and by not in index.columns for index in table.indexes), name
        assert isinstance(table.c[by].type, BigInteger), name


def test_no_table_that_is_spread_points_to_another_one_that_is() -> None:
    for name in SHARDED:
        assert SHARDED.keys().isdisjoint(key.column.table.name for key in Base.metadata.tables[name].foreign_keys), name


def test_what_is_spread_is_what_has_a_row_per_session_or_day_or_refused_row() -> None:
    """A new table is whole unless it is named: one that points to a station and a load grows with the sessions."""
    grows = {
        name
        for name, table in Base.metadata.tables.items()
        if {"station_key", "load_key"} <= set(table.c.keys()) and "station_key" in table.primary_key.columns
    }
    assert {*grows, "rejected_row", "rejected_evidence"} == set(SHARDED)


def test_keys_that_the_database_gives_out_are_big_integers() -> None:
    for table in Base.metadata.tables.values():
        column = table.autoincrement_column
        assert column is None or isinstance(column.type, BigInteger), table.name
        assert column is None or table.name not in SHARDED, table.name


def test_no_revision_after_the_first_adds_a_column_that_the_database_numbers() -> None:
    """Citus takes no such column on a table that is distributed; a table of its own may have one, as BIGSERIAL."""
    for file in sorted((ROOT / "migrations" / "versions").glob("*.py"))[1:]:
        text = file.read_text(encoding="utf-8")
        added = re.findall(r"add_column\([^\n]*(?:\n[^\n]*){0,2}", text)
        assert not [one for one in added if re.search(r"autoincrement=True|Identity\(|Sequence\(|SERIAL", one)], file
        assert not re.search(r"CREATE TRIGGER", text), file
