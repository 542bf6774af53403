"""``metadata.json`` for Datasette: what each table, view and column is, and queries to begin with.

Datasette shows a SQLite file as web pages. What does not belong here: any word on a column; they stand in ``models``
and ``views``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from evcharge.export.job import Job
from evcharge.export.star import STAR, described_row, table_of
from evcharge.models import (
    Base,
    DimStation,
    LoadLedger,
    LoadOverlap,
    OutcomeLetter,
    ReportRun,
    StationDayOutcome,
    StationVerdict,
)
from evcharge.views import VIEWS, view_column_doc

QUERIES = {
    "stations_now": {
        "title": "Stations now",
        "description": "What the newest report that was saved (evcharge report --save) says of each station: below "
        "target or silent first, the most charges lost on top. Empty until one is saved.",
        "sql": """SELECT label, verdict_now, rate_now, low_now, high_now, since, last_session, charges_lost_per_week,
       kwh_lost_per_week, first_step, reason, worst_port, worst_hours, definition, target, data_to, saved_at
FROM v_station_now
ORDER BY definition, target, first_step IS NULL, charges_lost_per_week IS NULL, charges_lost_per_week DESC, rate_now,
         source, station_id""",
    },
    "station_reliability": {
        "title": "Station reliability",
        "description": "Lowest recorded success ratio first. A low ratio of few sessions may be chance: evcharge "
        "report gives each its interval and its verdict.",
        "sql": """SELECT source, station_id, station_name, city, sessions,
       recorded_successes, recorded_failures, recorded_unknown, recorded_success_ratio,
       afirev_successes, afirev_failures, afirev_unknown, afirev_success_ratio,
       without_failures, perhaps_without_failures, last_start_time
FROM v_station_reliability
ORDER BY recorded_success_ratio IS NULL, recorded_success_ratio, source, station_id""",
    },
    "failure_reasons": {
        "title": "Failure reasons",
        "description": "What was recorded of the failed sessions, over all stations. The words are the source's own; "
        "both empty means that it recorded nothing.",
        "sql": """SELECT stop_reason, error_code, SUM(sessions) AS sessions,
       SUM(recorded_failures) AS recorded_failures, SUM(afirev_failures) AS afirev_failures, COUNT(*) AS stations
FROM v_failure_reasons
GROUP BY stop_reason, error_code
ORDER BY SUM(sessions) DESC, stop_reason, error_code""",
    },
    "law_of_the_line": {
        "title": "Every row accounted for, load by load",
        "description": "Every row that was read is accounted for: rows_read = inserted + updated + unchanged + "
        "superseded + rejected, so the last column is 0.",
        "sql": """SELECT load_key, source, file_name, started_at, status, rows_read, inserted, updated, unchanged,
       superseded, rejected, rows_read - inserted - updated - unchanged - superseded - rejected AS unaccounted
FROM load_ledger
ORDER BY load_key""",
    },
    "rejects_by_rule": {
        "title": "Rejected rows by rule",
        "description": "How many rows each rule refused in each file. A row that several rules refuse counts once "
        "for each.",
        "sql": """SELECT l.source, l.file_name, r.rule, r."column", COUNT(*) AS rejected_rows,
       MIN(r.source_line) AS first_line
FROM rejected_row r
JOIN load_ledger l ON l.load_key = r.load_key
GROUP BY l.load_key, l.source, l.file_name, r.rule, r."column"
ORDER BY l.load_key, COUNT(*) DESC, r.rule""",
    },
}
"""Queries that Datasette offers; any BI tool can run them, on PostgreSQL too."""
LABELS: dict[type[Base], str] = {DimStation: "station_id", LoadLedger: "file_name"}
"""What Datasette shows in place of a key that leads to one of these."""


UNITS = ("kWh", "kW", "minutes")
"""The units that Datasette before 1.0 shows beside values; all others stand in the words of their columns."""


DESCRIPTION = (
    "Charging sessions as their sources recorded them, kept whether they worked or not, and the reliability of "
    "stations. An empty field means not recorded, never zero. Times are UTC."
)


def write_datasette(job: Job) -> None:
    """Writes ``metadata.json`` for the database as it is named."""
    models: tuple[type[Base], ...] = (*STAR, LoadOverlap, StationDayOutcome, OutcomeLetter, ReportRun, StationVerdict)
    tables = {**{model.__tablename__: _table(model) for model in models}, **_views(job)}
    document = {
        "title": "Charging sessions",
        "description": " ".join([DESCRIPTION, *job.notes]),
        "databases": {
            _database_name(job): {"tables": {**tables, "alembic_version": {"hidden": True}}, "queries": QUERIES}
        },
    }
    job.write_json("metadata.json", document)


def _table(model: type[Base]) -> dict[str, Any]:
    told = _told(described_row(model), {column.name: str(column.doc) for column in table_of(model).columns})
    return {**told, "label_column": LABELS[model]} if model in LABELS else told


def _views(job: Job) -> dict[str, Any]:
    inspector = inspect(job.session.connection())
    columns = {view: [column["name"] for column in inspector.get_columns(view)] for view in VIEWS}
    return {  # Datasette shows plain text
        view: _told(sentence.replace("`", ""), {name: view_column_doc(view, name) for name in columns[view]})
        for view, (sentence, _) in VIEWS.items()
    }


def _told(description: str, columns: dict[str, str]) -> dict[str, Any]:
    units = {name: unit for name, doc in columns.items() for unit in UNITS if f"[{unit}]" in doc}
    return {"description": description, "columns": columns, "units": units}


def _database_name(job: Job) -> str:
    """What Datasette calls the database: the file's name without its ending."""
    connection = job.session.connection()
    if connection.dialect.name == "sqlite":
        file = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar_one()
        return Path(file).stem
    return str(connection.exec_driver_sql("SELECT current_database()").scalar_one())
