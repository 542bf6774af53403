"""``metadata.json`` for Datasette: what each table, view and column is, and queries to begin with.

Datasette shows a SQLite file as web pages. What does not belong here: any word on a column; they stand in ``models``
and ``views``.
"""

from __future__ import annotations

from html import escape
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
        "target or silent first, the most charges lost on top. Rates in %, with the ends of their 95 % interval; lost "
        "charges and kWh are per week. Empty until one is saved.",
        "sql": """SELECT label, verdict_now, first_step,
       ROUND(CAST(100 * rate_now AS NUMERIC), 1) AS rate_now_percent,
       ROUND(CAST(100 * low_now AS NUMERIC), 1) AS low_now_percent,
       ROUND(CAST(100 * high_now AS NUMERIC), 1) AS high_now_percent, attempts_now,
       ROUND(CAST(charges_lost_per_week AS NUMERIC), 1) AS charges_lost_per_week,
       ROUND(CAST(kwh_lost_per_week AS NUMERIC), 1) AS kwh_lost_per_week,
       since, last_session, reason, worst_port, worst_hours,
       definition, ROUND(CAST(100 * target AS NUMERIC), 1) AS target_percent, data_to
FROM v_station_now
ORDER BY definition, target, first_step IS NULL, v_station_now.charges_lost_per_week IS NULL,
         v_station_now.charges_lost_per_week DESC, rate_now, source, station_id""",
    },
    "station_reliability": {
        "title": "Station reliability",
        "description": "Lowest recorded success ratio first, in %. A low ratio of few sessions may be chance: evcharge "
        "report gives each its interval and its verdict. Stations of which nothing was recorded are last.",
        "sql": """SELECT source, station_id, station_name, city, sessions,
       ROUND(CAST(100 * recorded_success_ratio AS NUMERIC), 1) AS recorded_success_percent,
       recorded_successes, recorded_failures, recorded_unknown,
       ROUND(CAST(100 * afirev_success_ratio AS NUMERIC), 1) AS afirev_success_percent,
       afirev_successes, afirev_failures, afirev_unknown,
       without_failures, perhaps_without_failures, last_start_time
FROM v_station_reliability
ORDER BY recorded_success_ratio IS NULL, recorded_success_ratio, source, station_id""",
    },
    "days": {
        "title": "The network by day",
        "description": "Sessions that began on each local day, newest first, and how many of those with a recorded "
        "outcome were a success, in %. A day without a session has no row; where without_failures is not 0, a "
        "publisher removed failures, and the rate shows no reliability.",
        "sql": """SELECT local_date, SUM(sessions) AS sessions, SUM(recorded_successes) AS successes,
       SUM(recorded_failures) AS failures, SUM(recorded_unknown) AS unknown,
       ROUND(CAST(100.0 * SUM(recorded_successes)
                  / NULLIF(SUM(recorded_successes) + SUM(recorded_failures), 0) AS NUMERIC), 1) AS success_percent,
       ROUND(CAST(SUM(energy_kwh) AS NUMERIC), 1) AS energy_kwh, SUM(without_failures) AS without_failures
FROM v_port_daily
GROUP BY local_date
ORDER BY local_date DESC""",
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
        "superseded + rejected, so the last column is 0. A load has a row here for each kind of row that it read.",
        "sql": """SELECT l.load_key, l.source, l.file_name, l.started_at, l.status, c.kind, c.rows_read, c.inserted,
       c.updated, c.unchanged, c.superseded, c.rejected,
       c.rows_read - c.inserted - c.updated - c.unchanged - c.superseded - c.rejected AS unaccounted
FROM load_ledger l
JOIN load_count c ON c.load_key = l.load_key
ORDER BY l.load_key, c.kind""",
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
"""Queries that Datasette offers; any BI tool can run them, on PostgreSQL too, which rounds nothing but a NUMERIC."""
LABELS: dict[type[Base], str] = {DimStation: "station_id", LoadLedger: "file_name"}
"""What Datasette shows in place of a key that leads to one of these."""


UNITS = ("kWh", "kW", "minutes")
"""The units that Datasette before 1.0 shows beside values; all others stand in the words of their columns."""


SHOWN: dict[str, dict[str, Any]] = {
    "v_station_now": {"sort_desc": "charges_lost_per_week", "facets": ["verdict_now", "first_step"]},
    "v_station_reliability": {"sort_desc": "recorded_failures"},
    "v_port_daily": {"sort_desc": "local_date"},
    "v_failure_reasons": {"sort_desc": "recorded_failures", "facets": ["stop_reason", "error_code"]},
    "v_outages": {"sort_desc": "from_time", "facets": ["kind", "cause"]},
    "load_ledger": {"sort_desc": "load_key"},
    "rejected_row": {"facets": ["rule"]},
    "rejected_evidence": {"facets": ["rule"]},
    "report_run": {"sort_desc": "run_key"},
    "station_verdict": {"sort_desc": "run_key", "facets": ["verdict_now"]},
    **{name: {"hidden": True} for name in ("load_overlap", "outcome_letter", "station_day_outcome")},
}
"""How a table or view is shown at first, where the order of its key is not what a reader looks for. Sessions keep it:
no index has their start, and there may be millions. Hidden is what only evcharge reads."""


DESCRIPTION = (
    "Charging sessions as their sources recorded them, kept whether they worked or not, and the reliability of "
    "stations. An empty field means not recorded, never zero. Times are UTC."
)
FOLDED = (
    "<details><summary>What the columns mean</summary></details>"
    "<style>.metadata-description:not(:has(details[open])) + .column-descriptions { display: none }</style>"
)
"""Folds Datasette's own list of columns, which is longer than a screen, until it is asked for. A browser that knows no
``:has()`` shows it."""
ROUNDED = (
    '<script>document.addEventListener("DOMContentLoaded", () => {'
    ' for (const cell of document.querySelectorAll("td.type-float")) {'
    " cell.title = cell.textContent.trim();"
    " cell.innerHTML ="
    " cell.innerHTML.replace(/-?\\d+\\.\\d{5,}(?![\\de])/, (number) => +(+number).toFixed(4) || number);"
    " } });</script>"
)
"""Shows long numbers of a table or view with four decimals, and all of them where the pointer rests: Datasette rounds
nothing itself. What is kept, and what its CSV and JSON give, has every digit."""


def write_datasette(job: Job) -> None:
    """Writes ``metadata.json`` for the database as it is named."""
    models: tuple[type[Base], ...] = (*STAR, LoadOverlap, StationDayOutcome, OutcomeLetter, ReportRun, StationVerdict)
    tables = {**{model.__tablename__: _table(model) for model in models}, **_views(job)}
    shown = {name: {**told, **SHOWN.get(name, {})} for name, told in tables.items()}
    database = _database_name(job)
    queries = _links("Begin with", database, {name: query["title"] for name, query in QUERIES.items()})
    views = _links("Views", database, {view: view for view in VIEWS})
    document = {
        "title": "Charging sessions",
        "description_html": f"<p>{escape(' '.join([DESCRIPTION, *job.notes]))}</p>{queries}{views}",
        "databases": {
            database: {
                "description_html": views,
                "tables": {**shown, "alembic_version": {"hidden": True}},
                "queries": {name: {**query, "hide_sql": True} for name, query in QUERIES.items()},
            }
        },
    }
    job.write_json("metadata.json", document)


def _links(word: str, database: str, titles: dict[str, str]) -> str:
    """Links to queries or views; they lead there from Datasette's first page and from that of the database alike."""
    addresses = {f"{_address(database)}/{name}": title for name, title in titles.items()}
    links = ", ".join(f'<a href="{address}">{escape(title)}</a>' for address, title in addresses.items())
    return f"<p>{word}: {links}.</p>"


def _address(name: str) -> str:
    """A name as it stands in Datasette's addresses: its own encoding, with a tilde in place of the percent sign."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    letters = (letter if letter in plain else "".join(f"~{byte:02X}" for byte in letter.encode()) for letter in name)
    return "".join(letters).replace("~20", "+")


def _table(model: type[Base]) -> dict[str, Any]:
    told = _told(described_row(model), {column.name: str(column.doc) for column in table_of(model).columns})
    return {**told, "label_column": LABELS[model]} if model in LABELS else told


def _views(job: Job) -> dict[str, Any]:
    inspector = inspect(job.session.connection())
    columns = {view: [column["name"] for column in inspector.get_columns(view)] for view in VIEWS}
    return {
        view: _told(sentence.replace("`", ""), {name: view_column_doc(view, name) for name in columns[view]})
        for view, (sentence, _) in VIEWS.items()
    }


def _told(description: str, columns: dict[str, str]) -> dict[str, Any]:
    units = {name: unit for name, doc in columns.items() for unit in UNITS if f"[{unit}]" in doc}
    return {"description_html": f"<p>{escape(description)}</p>{FOLDED}{ROUNDED}", "columns": columns, "units": units}


def _database_name(job: Job) -> str:
    """What Datasette calls the database: the file's name without its ending."""
    connection = job.session.connection()
    if connection.dialect.name == "sqlite":
        file = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar_one()
        return Path(file).stem
    return str(connection.exec_driver_sql("SELECT current_database()").scalar_one())
