"""Revisions of the schema as their files and a database name them, without Alembic and SQLAlchemy.

Each of those two takes longer to import than all that a command does that only asks which revision there is. What does
not belong here: which revision is refused (``migrate``), and what a migration does.
"""

from __future__ import annotations

import re
import sqlite3
from ast import literal_eval
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

from evcharge.errors import DatabaseError

_ASSIGNED = re.compile(r"^(revision|down_revision)\s*(?::[^=\n]+)?=\s*(.+?)\s*(?:#.*)?$", re.MULTILINE)
_SQLITE = "sqlite:///"


def script_location() -> Path:
    """The folder of the migrations: the wheel's copy, else the checkout's."""
    packaged = Path(__file__).parent / "migrate" / "scripts"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "migrations"


def revisions_in(folder: Path) -> dict[str, tuple[str, ...]]:
    """Each revision of a folder of migrations with those that it follows.

    Args:
        folder: holds ``versions/``, one file per migration; each assigns texts to ``revision`` and ``down_revision``.
    """
    followed = {}
    for file in sorted((folder / "versions").glob("[!._]*.py")):
        assigned = {name: literal_eval(value) for name, value in _ASSIGNED.findall(file.read_text(encoding="utf-8"))}
        before = assigned.get("down_revision") or ()
        followed[assigned["revision"]] = (before,) if isinstance(before, str) else tuple(before)
    return followed


def newest(folder: Path) -> str:
    """The revision that no other follows.

    Args:
        folder: as in ``revisions_in``.

    Raises:
        DatabaseError: there is no migration, or there are two newest ones.
    """
    followed = revisions_in(folder)
    heads = sorted(followed.keys() - {before for some in followed.values() for before in some})
    if not heads:
        raise DatabaseError("migrations_missing", f"there are no migrations in {folder}.", "Install evcharge anew.")
    if len(heads) > 1:
        raise DatabaseError(
            "migrations_branched",
            f"there are several newest migrations in {folder}: {', '.join(heads)}.",
            "Install evcharge anew. In a clone, give one of them the other as its down_revision.",
        )
    return heads[0]


def revision_of_file(url: str) -> str | None:
    """The revision that a SQLite file is at, by its URL; None where this can't be told at once and without doubt.

    So it is with another database, with a file that is not there, busy or damaged, and with no revision or several.
    """
    path = unquote(url.removeprefix(_SQLITE))
    if not url.startswith(_SQLITE) or "?" in url or not Path(path).is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=0)) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error:
        return None
    return str(rows[0][0]) if len(rows) == 1 else None
