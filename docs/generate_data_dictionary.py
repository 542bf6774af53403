"""Writes docs/data-dictionary.md from the models and a freshly migrated SQLite file.

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
from sqlalchemy.orm import InstrumentedAttribute

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.db import open_engine  # noqa: E402
from evcharge.migrate import upgrade  # noqa: E402
from evcharge.models import Base, DimPort, DimStation, DimTime, FactCharging, LoadLedger, RejectedRow  # noqa: E402

FILE = ROOT / "docs" / "data-dictionary.md"
MODELS: tuple[type[Base], ...] = (DimStation, DimPort, DimTime, FactCharging, LoadLedger, RejectedRow)

HEAD = """# Data dictionary

Written by `python docs/generate_data_dictionary.py` from `evcharge/models.py` and `migrations/`. Do not edit it by
hand: a test compares.

Types are PostgreSQL's. On SQLite keys are `INTEGER`, instants are text in UTC such as `2024-12-24T08:15:00.000Z`, and
booleans are 0 or 1. An empty field is `NULL`: it means "not recorded", never zero.

"""

VIEWS: dict[str, tuple[str, dict[str, str | InstrumentedAttribute[object]]]] = {
    "v_charging": (
        "The star joined, for people and BI tools: one row a session, with its station, its local hour and the file it "
        "came from.",
        {
            "station_name": DimStation.name,
            "local_date": "Local day on which the session started. Source: dim_time.",
            "local_hour": "Local hour in which the session started, 0 to 23. Source: dim_time.",
            "average_power_kw": "Energy over duration [kW]; empty where either is empty or the duration is 0. "
            "Source: energy_kwh and duration_minutes.",
        },
    ),
    "v_station_reliability": (
        "Counts and success ratio of each station that has sessions, over all time, by the definitions `recorded` and "
        "`afirev` (see [metrics](metrics/)). It has no interval and no verdict: `evcharge report` gives both.",
        {
            "station_name": DimStation.name,
            "sessions": "Sessions of the station. Source: fact_charging.",
            "recorded_successes": "Sessions that the source recorded as a success. Source: success.",
            "recorded_failures": "Sessions that the source recorded as a failure. Source: success.",
            "recorded_unknown": "Sessions of which the source recorded no outcome. Source: success.",
            "recorded_success_ratio": "recorded_successes / (recorded_successes + recorded_failures) [0 to 1]; empty "
            "where both are 0. Source: this view.",
            "afirev_successes": "Sessions of more than 2 minutes and more than 0.5 kWh. Source: duration_minutes and "
            "energy_kwh.",
            "afirev_failures": "Other sessions whose duration and energy are both recorded. Source: duration_minutes "
            "and energy_kwh.",
            "afirev_unknown": "Sessions whose duration or energy is not recorded. Source: duration_minutes and "
            "energy_kwh.",
            "afirev_success_ratio": "afirev_successes / (afirev_successes + afirev_failures) [0 to 1]; empty where "
            "both are 0. Source: this view.",
            "without_failures": "Sessions from files whose publisher removed failures: where this is not 0, neither "
            "ratio shows how reliable the station is. Source: load_ledger.failures_included.",
            "perhaps_without_failures": "Sessions from files whose publisher does not say whether failures are in "
            "them. Source: load_ledger.failures_included.",
            "first_start_time": "Start of the first session [UTC]. Source: start_time.",
            "last_start_time": "Start of the last session [UTC]. Source: start_time.",
        },
    ),
}
"""Each view with a sentence, and what its columns mean where a column of the same name does not say so already."""


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
    sentence, own = VIEWS[view]
    yield from (f"## {view}", "", f"View. {sentence}", "", "| column | meaning |", "| --- | --- |")
    for column in inspector.get_columns(view):
        yield f"| `{column['name']}` | {_cell(_meaning(column['name'], own))} |"
    yield ""


def _meaning(name: str, own: dict[str, str | InstrumentedAttribute[object]]) -> str:
    given = own.get(name)
    if isinstance(given, str):
        return given
    if given is not None:
        return str(given.property.columns[0].doc)
    for model in (DimStation, FactCharging, DimTime, LoadLedger):
        if name in model.__table__.columns:
            return str(model.__table__.columns[name].doc)
    raise SystemExit(f"nothing says what the column {name} of a view means")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(data_dictionary(), encoding="utf-8")
    print(f"wrote {FILE.relative_to(ROOT)}")
