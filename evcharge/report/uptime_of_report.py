"""Uptime in the period of a report, read once for all that show it.

What does not belong here: the figures (``uptime``), and what is said of them (``availability``).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.counted import counted_of
from evcharge.metrics.evidence_rows import has_evidence
from evcharge.metrics.milliseconds import midnight_ms
from evcharge.metrics.selection import Selection
from evcharge.report.rates import Report
from evcharge.report.uptime import DEFAULT_RULEBOOK, build_uptime
from evcharge.report.uptime_found import DAY_MS, Uptime


def read_uptime(session: Session, report: Report, selection: Selection) -> Uptime | None:
    """Uptime in the period of a report; None where nothing tells of it, or where counts alone are read."""
    if counted_of(session) or not has_evidence(session):
        return None
    try:
        rulebooks = [find_rulebook(DEFAULT_RULEBOOK)]
        return build_uptime(session, rulebooks, selection=selection, period=_period(report, selection), by="station")
    except (NoDataError, ConfigError):  # none of these stations, or none of any length of time
        return None


def _period(report: Report, selection: Selection) -> Period | None:
    """The days that were asked for; where only one end was, up to that of the sessions."""
    if not (selection.first_day or selection.last_day):
        return None
    first, last = selection.first_day or report.first_day, selection.last_day or report.last_day
    return Period(midnight_ms(first), midnight_ms(last) + DAY_MS) if first and last else None
