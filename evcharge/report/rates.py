"""The rates: one definition, one selection, a row for each station or other group, read from the star.

What does not belong here: counting and verdicts (``metrics``), what stations do now (``now``, ``story``), JSON and CSV
as such (``document``), and how anything is shown (``terminal``, ``page``, ``charts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.asked import require_known
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.bounds import Refused, judge_network
from evcharge.metrics.definitions import Definition
from evcharge.metrics.left_out import LOADS, Missing, left_out_of_rates
from evcharge.metrics.loads import has_evidence
from evcharge.metrics.outcomes import GROUPINGS, STATION_GROUPS, count_outcomes, count_unjudged_attempts
from evcharge.metrics.rates import (
    CHANCES,
    FAILURES_INCLUDED,
    FAILURES_REMOVED,
    ONE_LOT,
    STATIONS,
    Limits,
    with_rates,
)
from evcharge.metrics.refused import withhold
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import csv_of, plain, records
from evcharge.report.usual import judging_note, usual_definition
from evcharge.report.words import counted, day_text, refused_as, target_text, verb

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
"""The figures of a station, in every output."""

LOT_FIGURES = (*STATION_FIGURES, *CHANCES)
"""The figures of the network, and of other groups than stations: the chances behind the verdict too."""

NETWORK_FIGURES = (*LOT_FIGURES, "lowest_ratio", "highest_ratio", "verdict_could_turn")
"""The figures of the network: also what unknown and refused attempts could make of its rate."""

FAILURES_REMOVED_NOTE = (
    "Failures are not in the data: the publisher removed them, so no rate here can show reliability."
)
FAILURES_PERHAPS_REMOVED_NOTE = "The publisher does not say whether failures are in the data; rates may be too high."
SOME_FAILURES_REMOVED_NOTE = "For some stations failures are not in the data: their publisher removed them."
WIDEN = "Widen start, end or where, or leave them out."
LOAD_FIRST = "Load a file: evcharge.load_file('FILE', db='ev_charging.db'); or give its sessions as a DataFrame."
NOT_COUNTED_NOTE = "Attempts that left no session are not counted; those that drivers cut short may count as failures."


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
            ``STATION_FIGURES``, or ``LOT_FIGURES`` of other groups than stations.
        network: ``NETWORK_FIGURES`` of all of them pooled.
        unjudged_attempts: attempts that never became a transaction and are among the unknown.
        judging_note: that this definition judges the lesser part of the sessions, or none, and what judges them.
        is_over: whether its verdict is withheld, since no station has data up to the last day asked for.
        where: the lot that these sessions are of; empty for all stations.
        limits: chances below which the network gets its verdict: those of one test.
        group_limits: the same of the groups: those of one test only where there is one group.
        left_out: what is not there because only counts were given.
        beside: what must stand beside the figures; where unknown attempts or refused rows could undo it, no verdict is
            "meets target".
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
    judging_note: str = ""
    is_over: bool = False
    where: tuple[tuple[str, str], ...] = ()
    limits: Limits = ONE_LOT
    group_limits: Limits = STATIONS
    beside: Beside = NOTHING
    left_out: Missing = ()

    @property
    def of_counts_alone(self) -> bool:
        """Whether only counts were given, which never tell what loads refused."""
        return self.lacks(LOADS)

    def lacks(self, needs: str) -> bool:
        """Whether something is left out that this would bring."""
        return any(one.needs == needs for one in self.left_out)

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        notes = [self.judging_note] if self.judging_note else []
        notes += notes_of(set(self.groups["failures_included"]), self.beside)
        if self.unjudged_attempts:
            told = f"{counted(self.unjudged_attempts, 'attempt')} never became a transaction"
            notes.append(f"{told}: unknown by this definition, failed by chargex_session.")
        return notes

    @property
    def failures_removed(self) -> bool:
        """Whether every publisher removed failures, so that no rate here shows anything."""
        return set(self.groups["failures_included"]) == {FAILURES_REMOVED}

    def count_of(self, verdict: str) -> int:
        """Number of stations with this verdict."""
        return int((self.groups["verdict"] == verdict).sum())

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no attempt."""
        rows = records(self.groups)
        plural = f"{self.by}s"
        left_out = {"left_out": [one._asdict() for one in self.left_out]} if self.left_out else {}
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
            "limits": {"network": limits_told(self.limits), plural: limits_told(self.group_limits)},
            "where": [{"column": column, "value": word} for column, word in self.where],
            "refused": None if self.of_counts_alone else self.beside.refused.to_dict(),
            "made_up": self.beside.made_up,
            "network": {plural: len(rows), **self.network},
            plural: rows,
            **left_out,
        }


def limits_told(limits: Limits) -> dict[str, float]:
    """The chances below which a verdict is given, as a JSON document has them."""
    return {"below_target_under": limits.below_tail, "meets_target_under": limits.meets_tail}


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
        return [SOME_FAILURES_REMOVED_NOTE, NOT_COUNTED_NOTE]
    return (
        [NOT_COUNTED_NOTE]
        if failures_included == {FAILURES_INCLUDED}
        else [FAILURES_PERHAPS_REMOVED_NOTE, NOT_COUNTED_NOTE]
    )


def refused_note(refused: Refused) -> str:
    """What the loads refused, and how it would have counted."""
    rows = counted(refused.rows, "row")
    counted_as = refused_as(refused.failures, refused.successes, refused.unknown)
    return f"The loads refused {rows}, which no rate here counts: {counted_as}."


def build_report(
    database: Database,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    by: str = "station",
    limits: Limits = ONE_LOT,
) -> Report:
    """Reads the figures of the selected sessions.

    Args:
        database: its URL, an engine, or a session that reads it.
        target: success ratio to judge against, between 0 and 1.
        definition: what counts as a success; None takes that of ``usual.usual_definition``.
        selection: which sessions.
        by: what they are grouped by: a key of ``outcomes.GROUPINGS``.
        limits: chances below which the network, or the one lot that is looked at, gets its verdict.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        return report_of(session, target=target, definition=definition, selection=selection, by=by, limits=limits)


def report_of(
    session: Session,
    *,
    target: float,
    definition: Definition | None,
    selection: Selection,
    by: str = "station",
    limits: Limits = ONE_LOT,
) -> Report:
    """The figures of ``build_report``, read in a session at hand.

    Raises:
        NoDataError: no session matches.
    """
    require_known(session, selection)
    definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
    counts = count_outcomes(session, definition, selection, by)
    unjudged = count_unjudged_attempts(session, definition, selection)
    if counts.empty:
        alone = ", but statuses, contacts, outages or uptime of ports are, and no success rate is made of these"
        raise no_sessions(selection, alone if not selection.conditions() and has_evidence(session) else "")
    beside = read_beside(session, selection)
    of_groups = limits if by in STATION_GROUPS and len(counts) == 1 else STATIONS
    groups, network = with_rates(counts, target, of_groups), judge_network(counts, beside.refused, target, limits)
    groups["verdict"] = withhold(session, selection, groups, target, of_groups)
    figures = STATION_FIGURES if by == "station" else LOT_FIGURES
    return Report(
        definition=definition,
        reason=reason,
        target=target,
        by=by,
        first_day=_day(int(counts["first_hour"].min())),
        last_day=_day(int(counts["last_hour"].max())),
        groups=groups[[*(column.key for column in GROUPINGS[by].shown), *figures]],
        network=network_figures(network),
        unjudged_attempts=unjudged,
        judging_note=_judging_note(session, definition, selection, groups),
        where=selection.where,
        limits=limits,
        group_limits=of_groups,
        beside=beside,
        left_out=left_out_of_rates(session),
    )


def _judging_note(session: Session, definition: Definition, selection: Selection, groups: pd.DataFrame) -> str:
    """Where most sessions are unknown by the definition that they are, and which definition can judge them, if any."""
    attempts, unknown = int(groups["attempts"].sum()), int(groups["unknown"].sum())
    if not attempts:
        return judging_note(session, definition, selection)
    if unknown <= attempts:
        return ""
    return f"{definition.id} judges {attempts:,} of {attempts + unknown:,} sessions; the others by: evcharge compare"


def network_figures(network: pd.DataFrame) -> dict[str, Any]:
    """``NETWORK_FIGURES`` of the one row of ``metrics.bounds.judge_network``, as plain values."""
    return {name: plain(network.iloc[0][name]) for name in NETWORK_FIGURES}


def no_sessions(selection: Selection, besides: str = "") -> NoDataError:
    """The error of a selection without sessions; ``besides`` says what else may be the cause."""
    return NoDataError(
        "no_sessions",
        f"no session {described(selection)}{besides}.",
        "Load a file, or widen the selection.",
        WIDEN if selection.conditions() else LOAD_FIRST,
    )


def described(selection: Selection) -> str:
    """The selection in words that follow "no session"."""
    parts = [f"at station {', '.join(selection.station_ids)}"] if selection.station_ids else []
    parts += [f"of source {selection.source}"] if selection.source else []
    parts += [f"of a station whose {lot_text(selection.where)}"] if selection.where else []
    parts += [f"from {selection.first_day}"] if selection.first_day else []
    parts += [f"to {selection.last_day}"] if selection.last_day else []
    return "matches: " + ", ".join(parts) if parts else "is in the database"


def head_text(report: Report) -> str:
    """Of which days, how many groups and attempts, and the target, in a line."""
    groups, attempts = counted(len(report.groups), report.by), counted(report.network["attempts"], "attempt")
    return f"{period_of(report)}   {groups}   {attempts}   target {target_text(report.target)}"


def lot_text(where: Sequence[tuple[str, str]]) -> str:
    """A lot in words, such as "operator is Shine and region is Bretagne"; empty where none is named."""
    words: dict[str, list[str]] = {}
    for column, word in where:
        words.setdefault(column, []).append(word or "not known")
    return " and ".join(f"{column} is {' or '.join(some)}" for column, some in words.items())


def _day(hour_key: int) -> date:
    return date(hour_key // 1_000_000, hour_key // 10_000 % 100, hour_key // 100 % 100)


def period_of(report: Report) -> str:
    """The period as people write it, such as 1 Apr 2025 – 30 Jun 2025."""
    first, last = (day_text(day) for day in (report.first_day, report.last_day))
    return first if first == last else f"{first} – {last}"


def constants_of(report: Report) -> dict[str, Any]:
    """What is the same in each row of a CSV.

    By what and against what it was judged, what was refused and made up,
    and between what the network's rate lies with all attempts in it.
    """
    return {
        "definition": report.definition.id,
        "target": report.target,
        **{f"refused_{name}": count for name, count in _refused_counts(report).items()},
        "network_lowest_ratio": report.network["lowest_ratio"],
        "network_highest_ratio": report.network["highest_ratio"],
        "made_up_sessions": report.beside.made_up,
    }


def _refused_counts(report: Report) -> dict[str, int | None]:
    refused = report.beside.refused.to_dict()
    return {name: None if report.of_counts_alone else refused[name] for name in ("rows", "failures", "unknown")}


def to_csv(report: Report) -> str:
    """The groups as CSV, one row each, unrounded; text that a spreadsheet could run is made inert."""
    return csv_of(report.groups.assign(**constants_of(report)))


def allowance_used(report: Report) -> tuple[int, float, float | None]:
    """Failures, how many the target allows, and their quotient; None where it allows none."""
    allowed = report.network["attempts"] * (1 - report.target)
    failures = int(report.network["failures"])
    return failures, allowed, failures / allowed if allowed else None
