"""Opening a star to read: its revision is required and its errors are translated, said once for all who read.

What does not belong here: queries, and opening to write (``load.transaction``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evcharge.db import open_engine, translated_errors, url_of
from evcharge.errors import ConfigError
from evcharge.migrate import require_head

Database = str | Engine | Session
"""What can be read: a URL, an engine, or a session that reads it already, so that all figures are of one moment."""


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """A session that reads a star at this program's revision, named by its URL, by an engine, or by itself.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
    """
    if isinstance(database, Session):
        yield database
        return
    url = database if isinstance(database, str) else url_of(database)
    engine = open_engine(database) if isinstance(database, str) else database
    require_head(engine, url)
    with translated_errors(url), Session(engine) as session:
        yield session


def as_database(named: Any) -> str | Engine:
    """A database that is named by its URL, as the path of an SQLite file or as an engine: the URL or the engine.

    Raises:
        ConfigError: ``no_database``: it is named by nothing of the kind.
    """
    if isinstance(named, Engine):
        return named
    if not isinstance(named, (str, os.PathLike)):
        reason = f"no database is named by what is of type {type(named).__name__}."
        hint = "Give its URL, the path of an SQLite file, or an engine. evcharge.reliability takes a DataFrame, too."
        raise ConfigError("no_database", reason, hint)
    place = os.fspath(named)
    return place if "://" in place else f"sqlite:///{quote(place)}"
