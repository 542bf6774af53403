"""Reads uptime with what others reported of it: for its own command, and once for all parts of a report on stations.

What does not belong here: how the figures are made (``uptime``), and the sentences on them (``availability``).
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import Rulebook, find_rulebook
from evcharge.metrics.availability.timeline import ALL_EVIDENCE, Counted
from evcharge.metrics.counted import counted_of
from evcharge.metrics.evidence_rows import has_evidence
from evcharge.metrics.milliseconds import midnight_ms
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.rates import Report
from evcharge.report.reported import notes_on_reports, reported_beside
from evcharge.report.uptime import DEFAULT_RULEBOOK, build_uptime, stations_of
from evcharge.report.uptime_found import DAY_MS, Uptime
from evcharge.report.usual import usual_definition


def build_uptime_with_reports(
    database: Database,
    rulebook: Rulebook,
    *,
    selection: Selection,
    period: Period | None = None,
    counted: Counted = ALL_EVIDENCE,
    by: str = "port",
) -> Uptime:
    """The uptime of ``build_uptime`` by one rulebook, with what was reported for times that meet its period.

    Args:
        database: its URL, an engine, or a session that reads it.
        rulebook: by whose formula.
        selection: which stations; its days are not looked at.
        period: of which time; None for the whole days that the evidence covers.
        counted: which evidence counts.
        by: as of ``build_uptime``.

    Raises:
        ConfigError: as ``build_uptime``.
        NoDataError: there is no evidence of these stations.
    """
    with reading(database) as session:
        found = build_uptime(session, [rulebook], selection=selection, period=period, counted=counted, by=by)
        stations = stations_of(session, selection)
        definition = usual_definition(session, selection.of_all_stations())[0]
        reports = reported_beside(session, stations, found.period, counted, rulebook, definition)
        sources = None if selection.station_conditions() else set(stations["source"])
        notes = notes_on_reports(session, sources, reports)
    return replace(found, reported=reports.rows, notes=[*found.notes, *notes])


def read_uptime(session: Session, report: Report, selection: Selection) -> Uptime | None:
    """Uptime in the period of a report; None where nothing tells of it, or where counts alone are read."""
    if counted_of(session) or not has_evidence(session):
        return None
    try:
        rulebook, period = find_rulebook(DEFAULT_RULEBOOK), _period(report, selection)
        return build_uptime_with_reports(session, rulebook, selection=selection, period=period, by="station")
    except (NoDataError, ConfigError):  # none of these stations, or none of any length of time
        return None


def _period(report: Report, selection: Selection) -> Period | None:
    """The days that were asked for; where only one end was, up to that of the sessions."""
    if not (selection.first_day or selection.last_day):
        return None
    first, last = selection.first_day or report.first_day, selection.last_day or report.last_day
    return Period(midnight_ms(first), midnight_ms(last) + DAY_MS) if first and last else None
