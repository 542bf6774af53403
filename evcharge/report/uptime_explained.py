"""The time of one station's ports taken apart: span by span, with the file and line of what shows each.

What does not belong here: what was up when (``metrics.availability``), and how it is shown (``terminal``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.availability.evidence import STATE_NAMES, Period
from evcharge.metrics.availability.rulebooks import builtin_rulebooks
from evcharge.metrics.availability.timeline import (
    ALL_EVIDENCE,
    EVIDENCE_WORDS,
    SEEN,
    STATUS,
    Counted,
    Timeline,
    timeline,
)
from evcharge.metrics.availability.uptime import MINUTES, uptime
from evcharge.metrics.evidence_rows import read_lines, read_stations_with_evidence
from evcharge.metrics.made_up import is_made_up
from evcharge.metrics.milliseconds import utc_text
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import csv_of, period_told, plain, records
from evcharge.report.explain import the_station
from evcharge.report.uptime import NO_EVIDENCE_HINT, NO_EVIDENCE_IN_PYTHON, period_of
from evcharge.report.uptime_of_database import Known, evidence_of
from evcharge.report.usual import usual_definition

SCHEMA_VERSION = 1
"""Of the ``--json`` document of ``evcharge explain --uptime``."""
READING = "status-only"
"""The rulebook whose minutes are those of the calendar: low, seen and high are then plain shares of the period."""
SHARES = ("low", "seen", "high", "coverage")
LINE = ("word", "file", "line")
"""What a span's statement says, and where it stands; missing where no single statement shows the span."""


@dataclass(frozen=True)
class ExplainedUptime:
    """The time of the ports of one station.

    Attributes:
        source: whose id the station has.
        station_id: the station.
        period: of which time.
        period_reason: why of that.
        evidence: words of the evidence that counts.
        ports: one row per port: ``port_id``, ``MINUTES`` and ``SHARES``.
        spans: one row per span of a port, in order: ``port_id``, ``from``, ``to`` (UTC), ``minutes``, ``state``,
            ``seen`` and ``LINE``.
    """

    source: str
    station_id: str
    period: Period
    period_reason: str
    evidence: tuple[str, ...]
    ports: pd.DataFrame
    spans: pd.DataFrame

    @property
    def is_made_up(self) -> bool:
        """Whether all of it is what ``evcharge sample`` makes up."""
        return is_made_up(self.source)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``--json``."""
        spans = {port: records(rows.drop(columns="port_id")) for port, rows in self.spans.groupby("port_id")}
        told = self.ports.to_dict("records")
        return {
            "schema_version": SCHEMA_VERSION,
            "source": self.source,
            "station_id": self.station_id,
            "is_made_up": self.is_made_up,
            "period": {**period_told(self.period), "reason": self.period_reason},
            "evidence": list(self.evidence),
            "ports": [
                {**{str(name): plain(value) for name, value in row.items()}, "spans": spans[row["port_id"]]}
                for row in told
            ],
        }

    def to_csv(self) -> str:
        """The spans as CSV."""
        return csv_of(self.spans.assign(source=self.source, station_id=self.station_id))


def explain_uptime(
    database: Database,
    text: str,
    *,
    source: str | None = None,
    period: Period | None = None,
    counted: Counted = ALL_EVIDENCE,
    now: datetime | None = None,
) -> ExplainedUptime:
    """Takes the time of a station's ports apart, or of one port.

    Args:
        database: its URL, an engine, or a session that reads it.
        text: id or name of the station; or that, a slash and the port's id.
        source: whose id it is, where several know it.
        period: of which time; None for the whole days that the evidence of the source covers.
        counted: which evidence counts.
        now: the present; None for the clock's.

    Raises:
        ConfigError: the text names several stations, or the period lies in the future.
        NoDataError: no such station or port, or no evidence.
    """
    with reading(database) as session:
        station, port_id = _named(session, text, source)
        chosen = Selection(station_ids=(station["station_id"],), source=station["source"])
        rows = read_stations_with_evidence(session, chosen)
        if rows.empty:
            reason = f"no status, contact or reported outage of {station['station_id']} is in the database."
            raise NoDataError("no_evidence", reason, NO_EVIDENCE_HINT, NO_EVIDENCE_IN_PYTHON)
        covers = period_of(rows, period, now or datetime.now(timezone.utc))
        known = evidence_of(session, rows, covers.period, usual_definition(session, Selection())[0])
        states = known.of_whole_ports(timeline(known.evidence, covers.period, counted))
        figures = uptime(states, known.of_ports, covers.period, builtin_rulebooks()[READING]).ports
        lines = read_lines(session, int(rows["station_key"].iloc[0]), covers.period)
    ports = figures[["port_id", *MINUTES, *SHARES]]
    spans = _spans(states, known, lines)
    if port_id is not None:
        ports, spans = (frame[frame["port_id"] == port_id].reset_index(drop=True) for frame in (ports, spans))
        if ports.empty:
            known_ports = ", ".join(repr(one) for one in figures["port_id"])
            reason = f"{station['station_id']} has no port {port_id!r}."
            raise NoDataError("unknown_port", reason, f"Its ports: {known_ports}.")
    words = tuple(word for word, counts in zip(EVIDENCE_WORDS, counted, strict=True) if counts)
    named = (station["source"], station["station_id"])
    return ExplainedUptime(*named, covers.period, covers.reason, words, ports, spans)


def _named(session: Session, text: str, source: str | None) -> tuple[dict[str, Any], str | None]:
    """The station that a text names, and the port; the text as a whole goes before its parts."""
    try:
        return the_station(session, text, source), None
    except NoDataError:
        station, slash, port_id = text.rpartition("/")
        if not slash:
            raise
        return the_station(session, station, source), port_id


def _spans(states: Timeline, known: Known, lines: pd.DataFrame) -> pd.DataFrame:
    """The spans of all ports with what shows each."""
    ids = [known.of_ports.ports.port_id[port] for port in states.port.tolist()]
    frame = pd.DataFrame(
        {
            "port_id": pd.Series(ids, dtype=object),
            "from": pd.Series(list(map(utc_text, states.from_ms.tolist())), dtype=object),
            "to": pd.Series(list(map(utc_text, states.until_ms.tolist())), dtype=object),
            "minutes": (states.until_ms - states.from_ms) / 60_000,
            "state": pd.Series([STATE_NAMES[state] for state in states.state.tolist()], dtype=object),
            "seen": pd.Series([SEEN[seen] for seen in states.seen.tolist()], dtype=object),
        }
    )
    told = [
        _line(lines, known.told_as[port], begin, until) if seen == STATUS else (None, None, None)
        for port, begin, until, seen in zip(
            *(getattr(states, name).tolist() for name in ("port", "from_ms", "until_ms", "seen")), strict=True
        )
    ]
    for place, name in enumerate(LINE):
        frame[name] = pd.Series([row[place] for row in told], dtype=object)
    return frame


def _line(lines: pd.DataFrame, told_as: set[str], begin: int, until: int) -> tuple[Any, Any, Any]:
    """Word, file and line of the last statement on a port, or its whole station, that stood as a span began.

    Where a span begins with none, since it was silent before, it is the first one within.
    """
    own = lines[lines["port_id"].isin({"", *told_as})]
    place = int(np.searchsorted(own["from_ms"].to_numpy(), begin, side="right")) - 1
    place = place if place >= 0 else 0
    if not len(own) or own["from_ms"].iloc[place] >= until:
        return None, None, None
    row = own.iloc[place]
    return row["word"], row["file"], int(row["line"])
