"""Runs the migrations on the database that evcharge itself would use.

They run on an engine of their own with foreign keys off (SQLite rebuilds tables to alter them) and check the
keys before they commit. A whole upgrade or downgrade is one transaction that holds the write lock from its start,
so two at once queue, and an interrupted one has not begun.
"""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from evcharge import config as settings
from evcharge import db, models, views
from evcharge.errors import DatabaseError, EvchargeError
from evcharge.migrate import comments, one_revision, others

UPGRADE_LOCK = 7_018_244_001  # any number that no other program uses as an advisory lock


def database_url() -> str:
    """The URL: handed over by evcharge, else ``-x db=URL``, else by evcharge's own settings."""
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("db")
    return str(settings.resolve("database_url", given).value)


def lock_wait_seconds() -> float:
    """How long to wait for who holds the database: handed over by evcharge, else by evcharge's own settings."""
    return float(settings.resolve("lock_wait_seconds", context.config.attributes.get("lock_wait_seconds")).value)


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Writes our own column type as plain ones, so that a migration never imports evcharge."""
    if kind == "type" and isinstance(item, models.UtcDateTime):
        return 'sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")'
    return False


OURS = frozenset({*models.Base.metadata.tables, *views.VIEWS})
OPTIONS = {
    "target_metadata": comments.with_comments(models.Base.metadata),
    "render_as_batch": True,
    "render_item": render_item,
    "compare_server_default": True,
    "transactional_ddl": True,
}


def run_online(url: str) -> None:
    """Migrates the database behind the URL."""
    engine = db.open_engine(url, writes=True, create=True, foreign_keys=False, lock_wait_seconds=lock_wait_seconds())
    with db.translated_errors(url), engine.connect() as connection, others.named(connection, OURS):
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                db.refuse_other_encoding(connection)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
            one_revision(connection)
            db.write_in_sequence(connection)
            with others.set_aside(connection, OURS):
                context.run_migrations()
            check_foreign_keys(connection)
            comments.write_comments(connection)


def check_foreign_keys(connection: Connection) -> None:
    """Refuses a schema whose rows point to nothing; only SQLite lets that happen."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise DatabaseError("foreign_keys_broken", f"{len(broken)} rows point to nothing, the first: {broken[0]}.")


def run() -> None:
    """Migrates, or with ``--sql`` prints what would be run."""
    ini = context.config.config_file_name
    if ini is not None:
        fileConfig(ini, disable_existing_loggers=False)
    url = database_url()
    if context.is_offline_mode():
        context.configure(url=db.parse_url(url), literal_binds=True, dialect_opts={"paramstyle": "named"}, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
    else:
        run_online(url)


try:
    run()
except EvchargeError as error:
    if "url" in context.config.attributes:
        raise
    raise CommandError(str(error)) from error
