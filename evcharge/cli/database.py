"""evcharge db and evcharge config: the schema's revision, and the settings in use.

What does not belong here: what a migration does.
"""

from __future__ import annotations

import click

from evcharge.cli.given import given
from evcharge.cli.options import database, database_url, global_options, setting
from evcharge.cli.terminal import notice, tell


def upgrade_database() -> None:
    """Brings the database to the newest revision and says so."""
    from evcharge.db import masked
    from evcharge.load.rebuild import are_outdated, rebuild
    from evcharge.migrate import head, upgrade

    lock_wait_seconds = setting("lock_wait_seconds")
    upgrade(database_url(), lock_wait_seconds)
    if are_outdated(database_url(), lock_wait_seconds):
        rebuild(database_url(), lock_wait_seconds, only_if_outdated=True)
    notice(f"{masked(database_url())} is at revision {head()}")


@click.group()
@global_options
def db() -> None:
    """Look after the database's schema."""


@db.command("upgrade")
@global_options
def db_upgrade() -> None:
    """Bring the database to the newest revision."""
    upgrade_database()


@db.command("rebuild")
@global_options
def db_rebuild() -> None:
    """Count all sessions anew by station, day, load and outcome.

    Loads keep these counts right. They are to be made anew where rows were changed by other means than evcharge.
    """
    from evcharge.load.rebuild import rebuild

    rows = rebuild(database_url(), setting("lock_wait_seconds"))
    notice(f"The sessions are counted anew: {rows:,} rows of station_day_outcome.")


@db.command("distribute")
@global_options
def db_distribute() -> None:
    """Spread the tables over the nodes of a Citus cluster.

    Sessions, their counts and what is known of ports' states are spread by station, refused rows by load; all else is
    whole on every node. What is distributed already stays. Our views are made again: grant them anew.
    """
    from evcharge.load.distribute import distribute

    for table in distribute(database_url(), setting("lock_wait_seconds")):
        how = f"spread by {table.by}" if table.by else "whole on every node"
        tell(f"{table.table}: {how}{' (as before)' if table.before else ''}")


@db.command("check")
@global_options
def db_check() -> None:
    """Compare the counts that loads keep with the sessions.

    Ends with 1 where they differ, or were made by other definitions.
    """
    from evcharge.load.rebuild import check

    rows = check(database_url())
    tell(f"The {rows:,} rows of station_day_outcome are those of the sessions.")


@db.command("current")
@global_options
def db_current() -> None:
    """Print the revision the database is at, and the newest."""
    from evcharge.revisions import newest, revision_of_file, script_location

    tell(f"{revision_of_file(database_url()) or _revision()} (newest: {newest(script_location())})")


def _revision() -> str:
    """The revision of any database that can be reached, or the word none."""
    from evcharge.migrate import current

    return current(database(), database_url()) or "none"


@db.command("url")
@global_options
def db_url() -> None:
    """Print the database URL in use, its password masked."""
    from evcharge.db import masked

    tell(masked(database_url()), as_it_is=True)


@click.command("config")
@global_options
def show_config() -> None:
    """Print every setting and where its value comes from."""
    from evcharge.config import DEFAULTS, SECRETS, resolve
    from evcharge.db import masked

    for name in DEFAULTS:
        found = resolve(name, given("db") if name == "database_url" else None, given("config"))
        value = {"database_url": masked, **dict.fromkeys(SECRETS, _concealed)}.get(name, str)(found.value)
        tell(f"{name} = {value}    ({found.origin})")


def _concealed(secret: str) -> str:
    return "***" if secret else ""
