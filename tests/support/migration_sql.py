"""The SQL of all migrations, as ``alembic upgrade head --sql`` prints it: ``python -m tests.support.migration_sql``.

The files in ``tests/data/migrations`` are what administrators run and what a review reads; they change only where a
migration is added.
"""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command

from evcharge.migrate import alembic_config

FOLDER = Path(__file__).parents[1] / "data" / "migrations"
URLS = {"sqlite": "sqlite:///not-there.db", "postgresql": "postgresql://nowhere.example.org/evcharge"}
MAKE_ANEW = "Read what differs, then run: python -m tests.support.migration_sql"


def file_of(kind: str) -> Path:
    """The file of one kind of database."""
    return FOLDER / f"{kind}.sql"


def sql_of(kind: str) -> str:
    """The SQL for one kind of database, without blanks at the ends of lines; nothing is opened."""
    config = alembic_config(URLS[kind])
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    return "".join(f"{line.rstrip()}\n" for line in config.output_buffer.getvalue().splitlines())


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in URLS:
        file_of(name).write_text(sql_of(name), encoding="utf-8")
