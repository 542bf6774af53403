"""PostgreSQL: no setting of a role, a database or an environment changes what is stored or read, or the promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from evcharge.db import open_engine, parse_url
from evcharge.errors import DatabaseError
from evcharge.metrics.selection import Selection
from evcharge.migrate import require_head, upgrade
from evcharge.report.rates import build_report
from tests.support.databases import administer, postgres_database
from tests.support.factories import native_csv, session_row
from tests.support.isolation import AT_READ_COMMITTED
from tests.support.loading import counts, everything, load, query
from tests.support.schema import reflected

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)

SET_BY_US = {
    "client_encoding": "LATIN1",
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Kolkata",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "lock_timeout": "1",
    "synchronous_commit": "off",
}
WITHOUT_EFFECT = {
    "array_nulls": "off",
    "backslash_quote": "off",
    "client_min_messages": "debug1",
    "enable_hashjoin": "off",
    "enable_indexscan": "off",
    "enable_sort": "off",
    "escape_string_warning": "off",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "plan_cache_mode": "force_generic_plan",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "search_path": "public, pg_temp",
    "synchronize_seqscans": "off",
    "transform_null_equals": "on",
    "work_mem": "64kB",
    "xmloption": "document",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files: letters that LATIN1 lacks, all digits of a float, backslashes; the second repeats the first."""
    rows = [
        session_row(session_id="S1", station_id="Łódź 名 \\'", energy_kwh="7.123456789012345"),
        session_row(session_id="S2", energy_kwh="0.1", start_time="2025-02-01T23:59:59.999Z", success="false"),
        session_row(session_id="S3", energy_kwh="€\\x"),
    ]
    folder = tmp_path_factory.mktemp("files")
    again = session_row(session_id="S4", end_time="2025-04-03T09:00:00-04:00")
    return [native_csv(folder / "a.csv", *rows), native_csv(folder / "b.csv", *rows, again)]


def told(url: str, files: list[Path]) -> dict[str, Any]:
    """What two loads report, what the database then holds, and what a report makes of it."""
    loads = [counts(load(file, url)) for file in files]
    return {
        "loads": loads,
        **everything(url),
        "report": json.dumps(build_report(url, target=0.9, selection=Selection()).to_dict()),
    }


@pytest.fixture(scope="module")
def plain(migrated_postgres: str, files: list[Path]) -> dict[str, Any]:
    """The same of a database without any settings."""
    administer(f"CREATE DATABASE {migrated_postgres}_plain TEMPLATE {migrated_postgres}")
    plain = told(postgres_database(f"{migrated_postgres}_plain"), files)
    administer(f"DROP DATABASE {migrated_postgres}_plain WITH (FORCE)")
    assert plain["loads"] == [
        {"read": 3, "inserted": 2, "rejected": 1},
        {"read": 4, "inserted": 1, "unchanged": 2, "rejected": 1},
    ]
    return plain


def name_of(url: str) -> str:
    return str(parse_url(url).database)


ONE_BY_ONE = {name: {name: value} for name, value in SET_BY_US.items()}


@pytest.mark.parametrize("settings", [*ONE_BY_ONE.values(), WITHOUT_EFFECT], ids=[*ONE_BY_ONE, "without effect"])
def test_a_load_and_a_report_are_the_same_whatever_a_database_sets(
    url: str, files: list[Path], plain: dict[str, Any], settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        shown = value if name == "search_path" else f"'{value}'"
        administer(f"ALTER DATABASE {name_of(url)} SET {name} = {shown}")
    assert told(url, files) == plain
    administer(f"ALTER DATABASE {name_of(url)} RESET ALL")
    assert everything(url) == {name: plain[name] for name in everything(url)}


@pytest.fixture
def role(url: str) -> Iterator[str]:
    """A role that owns the database's schema, and has every setting."""
    role = f"{name_of(url)}_role"
    administer(f"CREATE ROLE {role} LOGIN SUPERUSER")
    for name, value in SET_BY_US.items():
        administer(f"ALTER ROLE {role} SET {name} = '{value}'")
    yield role
    administer(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_load_and_a_report_are_the_same_whatever_a_role_sets(
    url: str, files: list[Path], plain: dict[str, Any], role: str
) -> None:
    as_role = parse_url(url).set(username=role).render_as_string(hide_password=False)
    assert told(as_role, files) == plain
    assert everything(url) == {name: plain[name] for name in everything(url)}


def test_a_load_and_a_report_are_the_same_whatever_the_environment_sets(
    url: str, files: list[Path], plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {name: value for name, value in SET_BY_US.items() if name != "client_encoding"}
    monkeypatch.setenv("PGOPTIONS", " ".join(f"-c {n}={v.replace(' ', chr(92) + ' ')}" for n, v in own.items()))
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    monkeypatch.setenv("PGTZ", "Asia/Kolkata")
    monkeypatch.setenv("PGDATESTYLE", "German")
    found = told(url, files)
    monkeypatch.undo()
    assert found == plain
    assert everything(url) == {name: plain[name] for name in everything(url)}


def test_the_schema_is_the_same_whatever_a_database_sets(url: str) -> None:
    name = f"{name_of(url)}_set"
    administer(f"CREATE DATABASE {name}")
    for setting, value in SET_BY_US.items():
        administer(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    upgrade(postgres_database(name))
    found = reflected(open_engine(postgres_database(name)))
    administer(f"DROP DATABASE {name} WITH (FORCE)")
    assert found == reflected(open_engine(url))


@AT_READ_COMMITTED
@pytest.mark.parametrize("writes", [False, True])
def test_every_setting_that_we_make_is_made(url: str, writes: bool) -> None:
    for name, value in SET_BY_US.items():
        administer(f"ALTER DATABASE {name_of(url)} SET {name} = '{value}'")
    with open_engine(url, writes=writes, lock_wait_seconds=2).connect() as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SET_BY_US}
    assert found == {
        "client_encoding": "UTF8",
        "DateStyle": "ISO, MDY",
        "IntervalStyle": "postgres",
        "TimeZone": "UTC",
        "extra_float_digits": "3",
        "bytea_output": "hex",
        "standard_conforming_strings": "on",
        "default_transaction_isolation": "read committed" if writes else "repeatable read",
        "default_transaction_read_only": "off" if writes else "on",
        "default_transaction_deferrable": "off",
        "lock_timeout": "2s",
        "synchronous_commit": "local" if writes else "off",
    }


@pytest.mark.parametrize("wanted", ["on", "local", "remote_apply"])
def test_a_commit_that_survives_power_loss_by_itself_stays_as_the_server_has_it(url: str, wanted: str) -> None:
    administer(f"ALTER DATABASE {name_of(url)} SET synchronous_commit = '{wanted}'")
    with open_engine(url, writes=True).connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == wanted


def test_a_users_table_that_is_called_as_our_temporary_one_is_left_alone(url: str, files: list[Path]) -> None:
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE incoming (LIKE fact_charging)")
        connection.exec_driver_sql(
            "INSERT INTO incoming (station_key, session_id, time_key, load_key, source_line, start_time)"
            " VALUES (1, 'theirs', 1, 1, 1, now())"
        )
    administer(f"ALTER DATABASE {name_of(url)} SET search_path = public, pg_temp")
    assert load(files[0], url).inserted == 2
    assert query(url, "SELECT session_id FROM public.incoming") == [("theirs",)]


def test_the_search_path_says_in_which_schema_the_tables_are(url: str, files: list[Path]) -> None:
    name = f"{name_of(url)}_schema"
    administer(f"CREATE DATABASE {name}")
    own = postgres_database(name)
    with create_engine(own, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA charging")
    administer(f"ALTER DATABASE {name} SET search_path = charging")
    upgrade(own)
    assert [load(file, own).inserted for file in files] == [2, 1]
    assert query(own, "SELECT count(*) FROM charging.fact_charging") == [(3,)]
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def other_encoding(url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of another encoding."""
    name = f"{name_of(url)}_{request.param}".lower()
    administer(f"CREATE DATABASE {name} ENCODING '{request.param}' LOCALE 'C' TEMPLATE template0")
    yield postgres_database(name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_of_another_encoding_is_refused_before_anything_is_made(
    other_encoding: str, evcharge: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = evcharge("db", "upgrade", "--db", other_encoding)
    name = name_of(other_encoding)
    encoding = name.rpartition("_")[2].upper() if name.endswith("latin1") else "SQL_ASCII"
    assert code == 1
    assert f"Error [database_not_utf8]: the database {name} is in the encoding {encoding}; it must be UTF8." in err
    assert "Nothing was changed." in err
    assert "ENCODING 'UTF8' TEMPLATE template0" in err
    assert query(other_encoding, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    with pytest.raises(DatabaseError) as caught:
        require_head(open_engine(other_encoding), other_encoding)
    assert caught.value.code == "schema_missing"
