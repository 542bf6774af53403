"""Writes docs/data-dictionary.md from the models, the words of the views and a freshly migrated SQLite file.

Run it as ``python docs/generate_data_dictionary.py``.
"""

from __future__ import annotations

import inspect as python_inspect
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Inspector, inspect
from sqlalchemy.dialects import postgresql

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.db import open_engine  # noqa: E402
from evcharge.migrate import upgrade  # noqa: E402
from evcharge.models import (  # noqa: E402
    Base,
    DimPort,
    DimStation,
    DimTime,
    FactCharging,
    FactContact,
    FactOutage,
    FactReportedUptime,
    FactStatus,
    LoadCount,
    LoadLedger,
    LoadOverlap,
    OutcomeLetter,
    RejectedEvidence,
    RejectedRow,
    ReportRun,
    StationDayOutcome,
    StationVerdict,
)
from evcharge.views import VIEWS, view_column_doc  # noqa: E402

FILE = ROOT / "docs" / "data-dictionary.md"
MODELS: tuple[type[Base], ...] = (
    *(DimStation, DimPort, DimTime, FactCharging, FactStatus, FactContact, FactOutage),
    *(FactReportedUptime, LoadLedger, LoadCount, LoadOverlap, RejectedRow, RejectedEvidence),
    *(StationDayOutcome, OutcomeLetter, ReportRun, StationVerdict),
)

HEAD = """# Data dictionary

Written by `python docs/generate_data_dictionary.py` from `evcharge/models.py`, `evcharge/views.py` and
`migrations/`. Do not edit it by hand: a test compares.

Types are PostgreSQL's. On SQLite keys are `INTEGER`, instants are text in UTC such as `2024-12-24T08:15:00.000Z`, and
booleans are 0 or 1. An empty field is `NULL`: it means "not recorded", never zero.

"""


def data_dictionary() -> str:
    """The whole file as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/star.db"
        upgrade(url)
        inspector = inspect(open_engine(url))
        tables = [line for model in MODELS for line in _table(model, inspector)]
        views = [line for view in VIEWS for line in _view(view, inspector)]
        unknown = set(inspector.get_view_names()) ^ VIEWS.keys() | set(Base.metadata.tables) ^ _table_names()
    if unknown:
        raise SystemExit(f"not in the dictionary, or not in the database: {', '.join(sorted(unknown))}")
    return HEAD + "\n".join([*tables, *views]).rstrip() + "\n"


def _table_names() -> set[str]:
    return {model.__tablename__ for model in MODELS}


def _table(model: type[Base], inspector: Inspector) -> Iterator[str]:
    yield from (f"## {model.__tablename__}", "", python_inspect.cleandoc(str(model.__doc__)), "")
    yield from _constraints(model.__tablename__, inspector)
    yield from ("", "| column | type | null | meaning |", "| --- | --- | --- | --- |")
    for column in model.__table__.columns:
        kind = column.type.compile(dialect=postgresql.dialect())
        yield f"| `{column.name}` | {kind} | {'yes' if column.nullable else 'no'} | {_cell(str(column.doc))} |"
    yield ""


def _constraints(table: str, inspector: Inspector) -> Iterator[str]:
    key = inspector.get_pk_constraint(table)
    yield f"- primary key `{key['name']}`: {', '.join(key['constrained_columns'])}"
    for unique in inspector.get_unique_constraints(table):
        yield f"- unique `{unique['name']}`: {', '.join(unique['column_names'])}"
    for foreign in sorted(inspector.get_foreign_keys(table), key=lambda one: str(one["name"])):
        there = f"{foreign['referred_table']}.{', '.join(foreign['referred_columns'])}"
        yield f"- foreign key `{foreign['name']}`: {', '.join(foreign['constrained_columns'])} → {there}"
    for check in sorted(inspector.get_check_constraints(table), key=lambda one: str(one["name"])):
        where = " (SQLite; PostgreSQL has the type)" if str(check["name"]).endswith("_is_boolean") else ""
        yield f"- check `{check['name']}`: {check['sqltext']}{where}"
    for index in inspector.get_indexes(table):
        yield f"- index `{index['name']}`: {', '.join(str(column) for column in index['column_names'])}"


def _view(view: str, inspector: Inspector) -> Iterator[str]:
    sentence, _ = VIEWS[view]
    yield from (f"## {view}", "", f"View. {sentence}", "", "| column | meaning |", "| --- | --- |")
    for column in inspector.get_columns(view):
        yield f"| `{column['name']}` | {_cell(_meaning(view, column['name']))} |"
    yield ""


def _meaning(view: str, column: str) -> str:
    try:
        return view_column_doc(view, column)
    except LookupError as error:
        raise SystemExit(str(error)) from error


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(data_dictionary(), encoding="utf-8")
    print(f"wrote {FILE.relative_to(ROOT)}")
