"""A database opened to load into: once for all files of a call, its revision required once.

What does not belong here: the transaction (``transaction``), and the engines' settings (``db``).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine

from evcharge.db import open_engine
from evcharge.migrate import require_head


class OpenedToLoad(NamedTuple):
    """A database at this program's revision.

    Attributes:
        url: what it was opened by.
        writer: the engine of the load's transaction.
        reader: an engine that only reads, and keeps nobody from writing.
    """

    url: str
    writer: Engine
    reader: Engine


def open_to_load(url: str, lock_wait_seconds: float) -> OpenedToLoad:
    """Opens a database to load into.

    Args:
        url: the database.
        lock_wait_seconds: how long to wait for who holds it.

    Raises:
        DatabaseError: it can't be used, or is at another revision.
    """
    writer = open_engine(url, writes=True, lock_wait_seconds=lock_wait_seconds)
    reader = open_engine(url, lock_wait_seconds=lock_wait_seconds)
    require_head(reader, url)
    return OpenedToLoad(url, writer, reader)
