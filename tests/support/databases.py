"""The PostgreSQL server of the tests, if there is one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from evcharge.db import parse_url

POSTGRES = os.environ.get("EVCHARGE_TEST_POSTGRES")
NO_POSTGRES = "EVCHARGE_TEST_POSTGRES names no PostgreSQL server"
_numbers = itertools.count()


def postgres_or_skip() -> str:
    """The URL of the test server; without one the test is skipped, or fails where a server is required."""
    if POSTGRES:
        return POSTGRES
    if os.environ.get("EVCHARGE_REQUIRE_POSTGRES"):
        pytest.fail(NO_POSTGRES)
    pytest.skip(NO_POSTGRES)


def administer(statement: str) -> None:
    """Runs a statement outside any transaction on the test server."""
    engine = create_engine(parse_url(postgres_or_skip()), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def postgres_database(name: str) -> str:
    """The URL of a database on the test server."""
    return parse_url(postgres_or_skip()).set(database=name).render_as_string(hide_password=False)


@contextmanager
def temporary_database(template: str = "") -> Iterator[str]:
    """The name of a new database on the test server, empty or a copy of another one; dropped in the end."""
    name = f"evcharge_test_{os.getpid()}_{next(_numbers)}"
    administer(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    yield name
    administer(f"DROP DATABASE {name} WITH (FORCE)")
