"""Engines that hold the flat table of clean sessions and run a statement on it, each in a session zone of choice.

The packages of engines are the extra ``engines``, and imported only here.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from evcharge.db import open_engine
from tests.support.clean_sessions import Row, write_table
from tests.support.databases import administer, postgres_database
from tests.support.spark_cluster import cluster, executors, session

UTC = "UTC"


class Engine(NamedTuple):
    """An engine with the table.

    Attributes:
        dialect: of its SQL.
        table: how it names the table.
        local: the local time in Paris of the instant ``start_time``, in its SQL; empty where it knows no zones.
        ask: runs a statement in a session of this zone; the rows by column.
        frame: of Spark, the table as a DataFrame.
    """

    dialect: str
    table: str
    local: str
    ask: Callable[[str, str], list[dict[str, Any]]]
    frame: Any = None


@contextmanager
def sqlite(rows: list[Row], folder: Path) -> Iterator[Engine]:
    """SQLite, which knows no zones."""
    url = f"sqlite:///{folder / 'flat.db'}"
    (folder / "flat.db").touch()
    write_table(open_engine(url, writes=True), rows)

    def ask(text: str, _zone: str) -> list[dict[str, Any]]:
        with open_engine(url).connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql(text).mappings()]

    yield Engine("sqlite", "clean_sessions", "", ask)


@contextmanager
def postgres(rows: list[Row], _folder: Path) -> Iterator[Engine]:
    """PostgreSQL, in a database of its own."""
    name = f"evcharge_engines_{os.getpid()}"
    administer(f"CREATE DATABASE {name}")
    url = postgres_database(name)
    write_table(open_engine(url, writes=True), rows)

    def ask(text: str, zone: str) -> list[dict[str, Any]]:
        with open_engine(url).connect().execution_options(no_parameters=True) as connection:
            connection.exec_driver_sql(f"SET TimeZone = '{zone}'")
            return [dict(row) for row in connection.exec_driver_sql(text).mappings()]

    yield Engine("postgres", "clean_sessions", "start_time AT TIME ZONE 'Europe/Paris'", ask)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def duckdb(parquet: Path, _folder: Path) -> Iterator[Engine]:
    """DuckDB on the file."""
    connection = import_module("duckdb").connect()

    def ask(text: str, zone: str) -> list[dict[str, Any]]:
        connection.execute(f"SET TimeZone = '{zone}'")
        asked = connection.execute(text)
        names = [column[0] for column in asked.description]
        return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]

    yield Engine("duckdb", f"read_parquet('{parquet}')", "start_time AT TIME ZONE 'Europe/Paris'", ask)
    connection.close()


@contextmanager
def chdb(parquet: Path, _folder: Path) -> Iterator[Engine]:
    """ClickHouse as a library, on the file."""
    query = import_module("chdb").query
    read_table = import_module("pyarrow.parquet").read_table

    def ask(text: str, zone: str) -> list[dict[str, Any]]:
        answer = query(f"{text} SETTINGS session_timezone = '{zone}'", "Parquet")
        return list(read_table(io.BytesIO(answer.bytes())).to_pylist())

    yield Engine("clickhouse", f"file('{parquet}')", "toTimeZone(start_time, 'Europe/Paris')", ask)


@contextmanager
def dbt(parquet: Path, folder: Path) -> Iterator[Engine]:
    """A model of dbt on DuckDB, whose body is the statement as it is."""
    connect = import_module("duckdb").connect
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: counts\nversion: 1.0.0\nprofile: counts\nmodels: {counts: {+materialized: table}}\n"
    )
    database = folder / "warehouse.duckdb"
    (folder / "profiles.yml").write_text(
        f"counts: {{target: dev, outputs: {{dev: {{type: duckdb, path: '{database}', threads: 1}}}}}}\n"
    )
    (folder / "models" / "clean_sessions.sql").write_text(f"SELECT * FROM read_parquet('{parquet}')\n")
    command = [str(Path(sys.executable).parent / "dbt"), "run", "--project-dir", ".", "--profiles-dir", "."]
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}

    def ask(text: str, _zone: str) -> list[dict[str, Any]]:
        (folder / "models" / "asked.sql").write_text(text)
        ran = subprocess.run(
            command, cwd=folder, env={**os.environ, **quiet}, capture_output=True, text=True, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stdout
        connection = connect(str(database), read_only=True)
        asked = connection.execute("SELECT * FROM asked")
        names = [column[0] for column in asked.description]
        rows = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
        connection.close()
        return rows

    yield Engine("duckdb", "{{ ref('clean_sessions') }}", "", ask)


@contextmanager
def spark(parquet: Path, folder: Path) -> Iterator[Engine]:
    """Spark on a standalone cluster of one master and two workers."""
    home = Path(str(import_module("pyspark").__file__)).parent
    with cluster(folder, home) as master, session(master) as spark:
        spark.read.parquet(str(parquet)).createOrReplaceTempView("clean_sessions")
        assert spark.sql("SELECT COUNT(*) FROM clean_sessions").collect()[0][0] > 0
        assert executors(spark) == 2

        def ask(text: str, zone: str) -> list[dict[str, Any]]:
            spark.conf.set("spark.sql.session.timeZone", zone)
            return [row.asDict() for row in spark.sql(text).collect()]

        local = "convert_timezone('Europe/Paris', start_time)"
        yield Engine("spark", "clean_sessions", local, ask, spark.table("clean_sessions"))
