"""The schema's revision: bringing a database to the one this program needs, and refusing any other.

The migrations stand in ``migrations/`` of a checkout and, in an installed wheel, in ``scripts/`` beside this
file. What does not belong here: what a migration does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, String, column, inspect, select, table

from evcharge.db import (
    LOCK_WAIT_SECONDS,
    UPGRADE_HINT,
    masked,
    open_engine,
    translated_errors,
    upgrade_in_python,
)
from evcharge.errors import DatabaseError
from evcharge.revisions import newest, revisions_in
from evcharge.revisions import script_location as script_location

if TYPE_CHECKING:
    from alembic.config import Config

UPDATE = "Update evcharge: a newer one made this database."
VERSIONS = table("alembic_version", column("version_num", String))
"""Alembic's table of the revisions that a database is at, by the names that Alembic gives it."""


def alembic_config(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> Config:
    """Alembic's configuration without an ini file; the URL travels beside it, so that no character needs escaping."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.attributes["url"] = url
    config.attributes["lock_wait_seconds"] = lock_wait_seconds
    return config


def upgrade(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
    """Brings the database to the newest revision, making the SQLite file if it is not there.

    Args:
        url: the database.
        lock_wait_seconds: how long to wait for who holds it.

    Raises:
        DatabaseError: the database can't be reached or changed, or is ahead; it is then as it was.
    """
    from alembic import command
    from alembic.util import CommandError

    head()
    try:
        with translated_errors(url):
            command.upgrade(alembic_config(url, lock_wait_seconds), "head")
    except DatabaseError as error:
        if error.code != "connection_lost" or not _is_at_head(url, error):
            raise
    except CommandError as error:
        raise DatabaseError("schema_ahead", f"{masked(url)} can't be upgraded: {error}.", UPDATE) from error


def _is_at_head(url: str, lost: DatabaseError) -> bool:
    """Whether an upgrade whose connection was lost had committed before.

    Raises:
        DatabaseError: ``commit_unclear``: the database can't be asked.
    """
    try:
        return current(open_engine(url), url) == head()
    except DatabaseError:
        reason = f"the connection to {masked(url)} was lost in an upgrade, and the database can't be asked."
        hint = "Run the same command again: it upgrades the database, or says that it is at the newest revision."
        raise DatabaseError("commit_unclear", reason, hint) from lost


def head() -> str:
    """The revision this program needs.

    Raises:
        DatabaseError: there is no migration, or there are two newest ones.
    """
    return newest(script_location())


def current(engine: Engine, url: str) -> str | None:
    """The revision the database is at, or None if it holds no evcharge tables."""
    with translated_errors(url), engine.connect() as connection:
        return one_revision(connection)


def one_revision(connection: Connection) -> str | None:
    """The revision, or None; refused where the database says that it is at several.

    Raises:
        DatabaseError: ``schema_unclear``.
    """
    if not inspect(connection).has_table(VERSIONS.name):
        return None
    found = sorted(connection.scalars(select(VERSIONS.c.version_num)))
    if len(found) > 1:
        raise DatabaseError(
            "schema_unclear",
            f"the database says that it is at several revisions at once: {', '.join(found)}.",
            "Restore a back-up, or take out of alembic_version every row but that of the revision its tables are at.",
        )
    return found[0] if found else None


def require_head(database: Engine | Connection, url: str) -> None:
    """Lets only a database at this program's revision through, be it opened or in a transaction.

    Raises:
        DatabaseError: the database is empty, behind or ahead; the hint names the command to run.
    """
    found = current(database, url) if isinstance(database, Engine) else one_revision(database)
    needed = head()
    if found == needed:
        return
    if found is None:
        raise DatabaseError(
            "schema_missing",
            f"the database has no evcharge tables ({masked(url)}).",
            UPGRADE_HINT,
            upgrade_in_python(url),
        )
    if found in revisions_in(script_location()):
        raise DatabaseError(
            "schema_behind",
            f"the database is at revision {found}; this program needs {needed}.",
            UPGRADE_HINT,
            upgrade_in_python(url),
        )
    raise DatabaseError(
        "schema_ahead", f"the database is at revision {found}, which this program does not know.", UPDATE
    )
