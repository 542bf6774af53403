"""The interim KPIs of ChargeX, as a document.

What does not belong here: the equations and what they count (``metrics.chargex``), and how they are shown
(``terminal.chargex``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from evcharge.errors import NoDataError
from evcharge.metrics.asked import require_known
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.chargex import (
    CHARGE_END,
    CHARGE_START,
    SECONDS,
    SESSION,
    START_TIME,
    TOTAL,
    chargex_kpis,
    count_attempts,
    judge,
    read_logged_attempts,
)
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import reading
from evcharge.report.document import records
from evcharge.report.rates import described, notes_of
from evcharge.report.words import counted

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""

RATIO = ("equation", "mode", "numerator", "denominator", "power_untold", "ratio", "low", "high")

BIASED_NOTE = (
    "inl_weighted_average is what INL's calculator prints. It weights each ratio by its successes, so it is biased "
    "upward: use the total."
)
INL_NOTE = (
    "INL-compatible: with the faults of INL's calculator, to compare with its output only; see docs/metrics/chargex.md."
)


@dataclass(frozen=True)
class ChargeX:
    """The interim KPIs of a selection.

    Attributes:
        kpis: the frame of ``metrics.chargex.chargex_kpis``.
        attempts: what ``metrics.chargex.count_attempts`` counts.
        inl_compatible: whether the faults of INL's calculator are repeated.
        failures_included: what the publishers said of failures: yes, no or unknown.
        beside: what must stand beside the figures.
    """

    kpis: pd.DataFrame
    attempts: dict[str, int]
    inl_compatible: bool
    failures_included: frozenset[str]
    beside: Beside = NOTHING

    def rows_of(self, kpi: str) -> list[dict[str, Any]]:
        """The rows of a KPI, the pooled one last."""
        return records(self.kpis[self.kpis["kpi"] == kpi])

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        notes = [INL_NOTE] if self.inl_compatible else []
        unknown, undecided = self.attempts["mode_unknown"], self.attempts["undecided"]
        if unknown:
            told = (
                f"{counted(unknown, 'attempt')} of unknown mode: in no total, since the log does not show how they were"
            )
            notes.append(f"{told} authorised. A log loaded before schema 0002 shows it after: evcharge load --replace.")
        if undecided:
            notes.append(f"{counted(undecided, 'request')} came too near the log's end to be judged, and are left out.")
        untold = sum(row["power_untold"] for row in self.rows_of(CHARGE_START) if row["mode"] != TOTAL)
        if untold:
            notes.append(f"For {counted(untold, 'attempt')} the log does not show whether power flowed.")
        charged = sum(row["denominator"] for row in self.rows_of(CHARGE_END))
        timed = self.rows_of(START_TIME)[0]["samples"]
        if charged > timed:
            notes.append(f"Charge Start Time is known for {timed:,} of {counted(charged, 'charge')}.")
        return [*notes, BIASED_NOTE, *notes_of(set(self.failures_included), self.beside)]

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no attempt."""
        return {
            "schema_version": SCHEMA_VERSION,
            "source": "ChargeX Consortium (INL, ANL, NREL), interim KPIs, doi 10.2172/2513383",
            "inl_compatible": self.inl_compatible,
            "notes": self.notes,
            "attempts": self.attempts,
            **{kpi: self._by_mode(kpi) for kpi in (CHARGE_START, SESSION, CHARGE_END)},
            START_TIME: {name: self.rows_of(START_TIME)[0][name] for name in ("equation", "samples", *SECONDS)},
        }

    def _by_mode(self, kpi: str) -> dict[str, Any]:
        rows = [{name: row[name] for name in (*RATIO, "inl_weighted_average")} for row in self.rows_of(kpi)]
        return {str(row.pop("mode")): row for row in rows}


def build_chargex(database: str | Engine, *, inl_compatible: bool = False, selection: Selection) -> ChargeX:
    """Reads the KPIs of the selected attempts that a message log tells of.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no message log tells of a selected attempt.
    """
    with reading(database) as session:
        require_known(session, selection)
        attempts = read_logged_attempts(session, selection)
        beside = read_beside(session, selection)
    if attempts.counts.empty:
        raise NoDataError(
            "no_message_log",
            f"no attempt of a message log {described(selection)}.",
            "Load a log of OCPP messages (docs/sources/ocpp.md), or widen the selection.",
        )
    judged = judge(attempts.counts, inl_compatible=inl_compatible)
    return ChargeX(
        kpis=chargex_kpis(attempts, inl_compatible=inl_compatible),
        attempts=count_attempts(judged),
        inl_compatible=inl_compatible,
        failures_included=frozenset(attempts.counts["failures_included"]),
        beside=beside,
    )
