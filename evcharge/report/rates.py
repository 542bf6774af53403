"""The rates: one definition, one selection, a row for each station or other group, read from the star.

What does not belong here: counting and verdicts (``metrics``), what stations do now (``now``, ``story``), JSON and CSV
as such (``document``), and how anything is shown (``terminal``, ``page``, ``charts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.definitions import AFIREV, RECORDED, Definition
from evcharge.metrics.outcomes import (
    GROUPINGS,
    Selection,
    count_outcomes,
    count_unjudged_attempts,
    has_recorded_outcomes,
)
from evcharge.metrics.rates import FAILURES_INCLUDED, FAILURES_REMOVED, network_of, with_rates
from evcharge.metrics.refused import Refused, withhold, withhold_of_all
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import csv_of, plain, records
from evcharge.report.words import counted, day_text, verb

SCHEMA_VERSION = 2
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""

STATION_FIGURES = (
    "attempts",
    "successes",
    "failures",
    "unknown",
    "excluded",
    "success_ratio",
    "low",
    "high",
    "verdict",
    "failures_included",
)
"""The figures of a station, and of the network, in every output."""

FAILURES_REMOVED_NOTE = (
    "Failures are not in the data: the publisher removed them, so no rate here can show reliability."
)
FAILURES_PERHAPS_REMOVED_NOTE = "The publisher does not say whether failures are in the data; rates may be too high."
SOME_FAILURES_REMOVED_NOTE = "For some stations failures are not in the data: their publisher removed them."
FLOOR_NOTE = "Attempts that left no session in the data are not counted, so the true rates are lower, if anything."


@dataclass(frozen=True)
class Report:
    """Success per station, or another group, by one definition.

    Attributes:
        definition: what counts as a success.
        reason: why this definition.
        target: success ratio the verdicts are against [0 to 1].
        by: what the sessions are grouped by: a key of ``outcomes.GROUPINGS``.
        first_day: first local day with a selected session.
        last_day: last local day with one.
        groups: one row per group in order: its keys (of a station ``source``, ``station_id``, ``name``) and
            ``STATION_FIGURES``.
        network: ``STATION_FIGURES`` of all of them pooled.
        unjudged_attempts: attempts that never became a transaction and are among the unknown.
        beside: what must stand beside the figures; where refused failures would undo it, no verdict is "meets target".
    """

    definition: Definition
    reason: str
    target: float
    by: str
    first_day: date
    last_day: date
    groups: pd.DataFrame
    network: dict[str, Any]
    unjudged_attempts: int = 0
    beside: Beside = NOTHING

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        notes = notes_of(set(self.groups["failures_included"]), self.beside)
        if self.unjudged_attempts:
            told = f"{counted(self.unjudged_attempts, 'attempt')} never became a transaction"
            notes.append(f"{told}: unknown by this definition, failed by chargex_session.")
        return notes

    def count_of(self, verdict: str) -> int:
        """Number of stations with this verdict."""
        return int((self.groups["verdict"] == verdict).sum())

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no attempt."""
        rows = records(self.groups)
        plural = f"{self.by}s"
        return {
            "schema_version": SCHEMA_VERSION,
            "definition": self.definition.id,
            "definition_version": self.definition.version,
            "definition_title": self.definition.title,
            "definition_source": self.definition.source,
            "definition_reason": self.reason,
            "target": self.target,
            "from": self.first_day.isoformat(),
            "to": self.last_day.isoformat(),
            "notes": self.notes,
            "by": self.by,
            "refused": self.beside.refused.to_dict(),
            "made_up": self.beside.made_up,
            "network": {plural: len(rows), **self.network},
            plural: rows,
        }


def notes_of(failures_included: set[str], beside: Beside) -> list[str]:
    """What must be said with figures.

    Args:
        failures_included: what the publishers of their stations said of failures.
        beside: how many of their sessions are made up, and what the loads refused.
    """
    of_refused = [refused_note(beside.refused)] if beside.refused.rows else []
    return made_up_notes(beside.made_up) + _notes_of_failures(failures_included) + of_refused


def made_up_notes(made_up: int) -> list[str]:
    """That so many of the sessions are no data; nothing where none is made up."""
    told = f"{made_up:,} of these sessions {verb(made_up, 'is', 'are')} made up: evcharge sample."
    return [told] if made_up else []


def _notes_of_failures(failures_included: set[str]) -> list[str]:
    if failures_included == {FAILURES_REMOVED}:
        return [FAILURES_REMOVED_NOTE]
    if FAILURES_REMOVED in failures_included:
        return [SOME_FAILURES_REMOVED_NOTE, FLOOR_NOTE]
    return [FLOOR_NOTE] if failures_included == {FAILURES_INCLUDED} else [FAILURES_PERHAPS_REMOVED_NOTE, FLOOR_NOTE]


def refused_note(refused: Refused) -> str:
    """What the loads refused, and how it would have counted."""
    rows = counted(refused.rows, "row")
    return (
        f"The loads refused {rows}, which no rate here counts: {refused.failures:,} would have counted as failures, "
        f"{refused.successes:,} as successes, {refused.unknown:,} can't be judged."
    )


def build_report(
    database: Database,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    by: str = "station",
) -> Report:
    """Reads the figures of the selected sessions.

    Args:
        database: its URL, an engine, or a session that reads it.
        target: success ratio to judge against, between 0 and 1.
        definition: what counts as a success; None takes ``recorded`` where the selected sessions carry outcomes of
            their own, else ``afirev``.
        selection: which sessions.
        by: what they are grouped by: a key of ``outcomes.GROUPINGS``.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        return report_of(session, target=target, definition=definition, selection=selection, by=by)


def report_of(
    session: Session, *, target: float, definition: Definition | None, selection: Selection, by: str = "station"
) -> Report:
    """The figures of ``build_report``, read in a session at hand.

    Raises:
        NoDataError: no session matches.
    """
    definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
    counts = count_outcomes(session, definition, selection, by)
    unjudged = count_unjudged_attempts(session, definition, selection)
    if counts.empty:
        raise no_sessions(selection)
    beside = read_beside(session, selection)
    stations, network = with_rates(counts, target), network_of(counts, target)
    network["verdict"] = withhold_of_all(beside.refused, network, target)
    stations["verdict"] = withhold(session, selection, stations, target)
    pooled = network.iloc[0]
    return Report(
        definition=definition,
        reason=reason,
        target=target,
        by=by,
        first_day=_day(int(counts["first_hour"].min())),
        last_day=_day(int(counts["last_hour"].max())),
        groups=stations[[*(column.key for column in GROUPINGS[by].shown), *STATION_FIGURES]],
        network={name: plain(pooled[name]) for name in STATION_FIGURES},
        unjudged_attempts=unjudged,
        beside=beside,
    )


def usual_definition(session: Session, selection: Selection) -> tuple[Definition, str]:
    """The definition where none is named, and why."""
    if has_recorded_outcomes(session, selection):
        return RECORDED, "the data carries recorded outcomes"
    return AFIREV, "the data carries no recorded outcomes"


def no_sessions(selection: Selection, besides: str = "") -> NoDataError:
    """The error of a selection without sessions; ``besides`` says what else may be the cause."""
    return NoDataError(
        "no_sessions", f"no session {described(selection)}{besides}.", "Load a file, or widen the selection."
    )


def described(selection: Selection) -> str:
    """The selection in words that follow "no session"."""
    parts = [f"at station {', '.join(selection.station_ids)}"] if selection.station_ids else []
    parts += [f"of source {selection.source}"] if selection.source else []
    parts += [f"from {selection.first_day}"] if selection.first_day else []
    parts += [f"to {selection.last_day}"] if selection.last_day else []
    return "matches: " + ", ".join(parts) if parts else "is in the database"


def _day(hour_key: int) -> date:
    return date(hour_key // 1_000_000, hour_key // 10_000 % 100, hour_key // 100 % 100)


def period_of(report: Report) -> str:
    """The period as people write it, such as 1 Apr 2025 – 30 Jun 2025."""
    first, last = (day_text(day) for day in (report.first_day, report.last_day))
    return first if first == last else f"{first} – {last}"


def constants_of(report: Report) -> dict[str, Any]:
    """What is the same in each row of a CSV: by what and against what it was judged, what was refused and made up."""
    return {
        "definition": report.definition.id,
        "target": report.target,
        "refused_rows": report.beside.refused.rows,
        "refused_failures": report.beside.refused.failures,
        "made_up_sessions": report.beside.made_up,
    }


def to_csv(report: Report) -> str:
    """The groups as CSV, one row each, unrounded; text that a spreadsheet could run is made inert."""
    return csv_of(report.groups.assign(**constants_of(report)))


def allowance_used(report: Report) -> tuple[int, float, float | None]:
    """Failures, how many the target allows, and their quotient; None where it allows none."""
    allowed = report.network["attempts"] * (1 - report.target)
    failures = int(report.network["failures"])
    return failures, allowed, failures / allowed if allowed else None
