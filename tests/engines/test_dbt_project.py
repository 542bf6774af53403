"""The dbt project of docs/recipes/dbt runs on what evcharge writes, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evcharge.db import open_engine, parse_url
from evcharge.migrate import upgrade
from tests.support.databases import administer, postgres_database

PROJECT = Path(__file__).parents[2] / "docs" / "recipes" / "dbt"
PAGE = PROJECT.parents[1] / "how-to" / "export.md"
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


@pytest.fixture
def project(tmp_path, evcharge):
    """The project with the sources and the Parquet files of a sample."""
    folder = tmp_path / "charging"
    shutil.copytree(PROJECT, folder)
    assert evcharge("sample", "--dirty", "--rows", "2000", "-o", "sessions.csv")[0] == 0
    assert evcharge("load", "--create-db", "--db", "sqlite:///star.db", "sessions.csv")[0] == 0
    assert evcharge("export", "--db", "sqlite:///star.db", "--format", "parquet", "--out", folder / "export")[0] == 0
    assert evcharge("export", "--db", "sqlite:///star.db", "--format", "dbt", "--out", folder / "models")[0] == 0
    return folder


def dbt(folder, *arguments, **environment):
    command = [str(Path(sys.executable).parent / "dbt"), *arguments, "--profiles-dir", "."]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **QUIET, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_on_duckdb_every_test_passes_and_the_loads_are_fresh(project):
    built = dbt(project, "build")
    assert built.returncode == 0, built.stdout
    (passed,) = re.findall(r" PASS=(\d+) WARN=0 ERROR=0 SKIP=0 ", built.stdout)
    assert f"# PASS={passed}, of the sample" in PAGE.read_text(encoding="utf-8")
    assert "eprecat" not in built.stdout
    assert dbt(project, "source", "freshness").returncode == 0


def test_a_session_that_points_to_no_station_fails(project):
    import duckdb

    stations = project / "export" / "dim_station.parquet"
    kept = project / "kept.parquet"
    duckdb.sql(f"COPY (SELECT * FROM '{stations}' WHERE station_id <> 'ST-001') TO '{kept}'")
    kept.replace(stations)
    built = dbt(project, "test", "--select", "source:evcharge.fact_charging")
    assert built.returncode == 1
    assert "FAIL" in built.stdout


def test_a_load_whose_rows_are_not_all_accounted_for_fails(project):
    import duckdb

    counts = project / "export" / "load_count.parquet"
    changed = project / "changed.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (rows_read + 1 AS rows_read) FROM '{counts}') TO '{changed}'")
    changed.replace(counts)
    built = dbt(project, "test", "--select", "every_row_is_accounted_for")
    assert built.returncode == 1
    assert "FAIL 1 every_row_is_accounted_for" in built.stdout


def test_on_postgresql_the_marts_stand_beside_the_star(project, evcharge):
    name = f"evcharge_dbt_{os.getpid()}"
    url = postgres_database(name)
    administer(f"CREATE DATABASE {name}")
    try:
        upgrade(url)
        assert evcharge("load", "--db", url, "sessions.csv")[0] == 0
        place = parse_url(url)
        where = {"PGHOST": place.query.get("host", place.host), "PGUSER": place.username, "PGDATABASE": name}
        built = dbt(project, "build", **where, EVCHARGE_DBT_TARGET="postgres")
        assert built.returncode == 0, built.stdout
        with open_engine(url).connect() as connection:
            weeks = connection.exec_driver_sql("SELECT SUM(sessions) FROM marts.station_weeks").scalar_one()
        assert weeks == 1961
    finally:
        administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
