"""The PostgreSQL database of a run, made anew for each way; its server runs on this machine, so that its CPU counts.

What does not belong here: what is loaded.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import make_url, text

from evcharge.db import open_engine
from evcharge.migrate import upgrade

NAME = "evcharge_benchmark"


def target() -> str:
    """The URL of the database."""
    url = make_url(os.environ["EVCHARGE_BENCHMARK_POSTGRES"]).set(database=NAME)
    return url.render_as_string(hide_password=False)


def make_target() -> None:
    """Drops the database, and makes it anew at the newest revision."""
    drop_target()
    _administer(f"CREATE DATABASE {NAME} ENCODING 'UTF8' TEMPLATE template0")
    upgrade(target())
    # libpq takes a URL without the driver's name
    os.environ["EVCHARGE_BENCHMARK_TARGET"] = target().replace("+psycopg", "")


def drop_target() -> None:
    """Drops the database if it is there."""
    _administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def facts() -> tuple[object, ...]:
    """Rows and energy of the facts."""
    with open_engine(target()).connect() as connection:
        return tuple(
            connection.execute(text("SELECT COUNT(*), SUM(energy_kwh)::numeric(20, 3) FROM fact_charging")).one()
        )


def first_process() -> int | None:
    """The process id of the server's first process, whose children work for clients; None where there is no server."""
    url = os.environ.get("EVCHARGE_BENCHMARK_POSTGRES")
    if url is None:
        return None
    with open_engine(url).connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def _administer(statement: str) -> None:
    engine = open_engine(os.environ["EVCHARGE_BENCHMARK_POSTGRES"], writes=True)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)
