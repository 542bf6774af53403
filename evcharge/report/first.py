"""The stations to fix first: what each is doing now, since when, and what that costs a week.

What does not belong here: how changes and silence are found (``metrics.spells``, ``metrics.silence``), and the rates
of a whole period (``report``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from evcharge.errors import NoDataError
from evcharge.metrics.attempts import read_attempts, read_stations
from evcharge.metrics.definitions import Definition
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.rates import BELOW, failures_included
from evcharge.metrics.silence import local_days
from evcharge.metrics.spells import judge_spells
from evcharge.report import described, notes_of, reading, records, usual_definition
from evcharge.report.console import MARKS, counted, encodable, label_of, printable, say
from evcharge.report.words import percent

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""
MOST_ROWS = 10
"""Stations shown: as many as a team can visit in a week. All of them are in ``--json``."""
SILENT_MARK = "×"
SILENT = "silent"

COLUMNS = (
    *("verdict", "silent", "since", "changed", "success_ratio", "low", "high", "attempts", "successes", "ratio_before"),
    *("attempts_before", "last_session", "silent_days", "attempts_per_week", "charges_lost_per_week"),
    *("kwh_lost_per_week", "failures_included"),
)
"""The figures of a station, beside its source, id and name."""


@dataclass(frozen=True)
class First:
    """The present spell of every station, the costliest first.

    Attributes:
        definition: what counts as a success.
        reason: why this definition.
        target: success ratio the verdicts are against [0 to 1].
        stations: ``source``, ``station_id``, ``name`` and ``COLUMNS``, by charges lost a week, the most first; stations
            whose loss is not known come last.
    """

    definition: Definition
    reason: str
    target: float
    stations: pd.DataFrame

    @property
    def to_fix(self) -> pd.DataFrame:
        """The stations that are below target now, or silent."""
        return self.stations[self.stations["silent"] | (self.stations["verdict"] == BELOW)]

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        return notes_of(set(self.stations["failures_included"]))

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, days ISO 8601, null where there is none."""
        return {
            "schema_version": SCHEMA_VERSION,
            "definition": self.definition.id,
            "definition_version": self.definition.version,
            "definition_reason": self.reason,
            "target": self.target,
            "notes": self.notes,
            "to_fix": len(self.to_fix),
            "stations": records(self.stations),
        }


def build_first(
    database: str | Engine, *, target: float, definition: Definition | None = None, selection: Selection
) -> First:
    """Reads the attempts of the selection and judges the present spell of each station.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
        attempts = read_attempts(session, definition, selection)
        stations = read_stations(session, selection)
    if attempts.empty:
        raise NoDataError("no_sessions", f"no session {described(selection)}.", "Load a file, or widen the selection.")
    stations["failures_included"] = failures_included(stations)
    by_key = stations.set_index("station_key")
    judged = judge_spells(attempts, target, _last_days(attempts, by_key), by_key["failures_included"])
    table = stations.merge(judged, on="station_key", validate="1:1")
    worst_first = ["charges_lost_per_week", "success_ratio", "source", "station_id"]
    table = table.sort_values(worst_first, ascending=[False, True, True, True], na_position="last", ignore_index=True)
    return First(definition, reason, target, table[["source", "station_id", "name", *COLUMNS]])


def _last_days(attempts: pd.DataFrame, stations: pd.DataFrame) -> pd.Series:
    """The last day of each station's source, by station_key: files of different sources end on different days."""
    last = pd.Series(local_days(attempts["time_key"].to_numpy())).groupby(attempts["station_key"].to_numpy()).max()
    return last.groupby(stations["source"].reindex(last.index)).transform("max")


def to_json(first: First) -> str:
    """The document of ``First.to_dict`` as text in ASCII."""
    return json.dumps(first.to_dict(), indent=2)


def print_first(first: First, console: Console) -> None:
    """Prints the stations to fix first, what each does now, since when, and what it costs."""
    say(console, f"{counted(len(first.stations), 'station')}   target {100 * first.target:g}%")
    say(console, f"success = {first.definition.id}: {first.definition.title} ({first.reason})\n")
    to_fix = first.to_fix
    if to_fix.empty:
        say(console, f"No station is shown to be below target now, and none is silent, of {len(first.stations):,}.")
    else:
        console.print(_table(to_fix.head(MOST_ROWS), console))
        if len(to_fix) > MOST_ROWS:
            say(console, f"{len(to_fix) - MOST_ROWS:,} more: add --json to see all")
        say(console, "\nLost: charges a week beyond what the target allows; of a silent station, its usual ones.")
    for note in first.notes:
        say(console, note)


def _table(rows: pd.DataFrame, console: Console) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("", "station"):
        table.add_column(heading)
    for heading in ("now", "95% interval", "since", "before", "lost/week", "kWh/week"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        table.add_row(*(Text(encodable(cell, console)) for cell in _cells(row)))
    return table


def _cells(row: Mapping[Any, Any]) -> list[str]:
    name = label_of(row)
    lost = [_amount(row["charges_lost_per_week"]), _amount(row["kwh_lost_per_week"])]
    if row["silent"]:
        before = percent(row["success_ratio"])
        return [SILENT_MARK, printable(name), SILENT, "", _day(row["last_session"]), before, *lost]
    interval = f"{percent(row['low'])}–{percent(row['high'])}"
    since = _day(row["since"]) if row["changed"] else "all along"
    now = percent(row["success_ratio"])
    return [MARKS[BELOW][0], printable(name), now, interval, since, percent(row["ratio_before"]), *lost]


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b %Y}"


def _amount(number: float) -> str:
    return "–" if number != number else f"{number:,.1f}"
