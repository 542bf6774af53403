"""Visits as a document: first-time success, trouble, and how far it hangs on the gap.

What does not belong here: what makes a visit (``metrics.visit_rules``), grouping and counting (``metrics.visits``),
and how visits are shown (``terminal.visits``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.asked import require_known
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.definitions import Definition
from evcharge.metrics.selection import Selection
from evcharge.metrics.visit_rules import VisitRule
from evcharge.metrics.visits import (
    count_by_gap,
    count_visits,
    network_visits,
    rated_gaps,
    read_attempts,
    with_visit_rates,
)
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import records
from evcharge.report.rates import no_sessions, notes_of
from evcharge.report.usual import judging_note, usual_definition

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""


@dataclass(frozen=True)
class Visits:
    """Visits by one rule, of attempts by one definition.

    Attributes:
        definition: what counts as a success of an attempt.
        reason: why this definition.
        rule: which attempts make one visit.
        stations: the frame of ``metrics.visits.with_visit_rates``, one row per station.
        network: the same pooled: one row.
        sensitivity: the frame of ``metrics.visits.gap_band``.
        beside: what must stand beside the figures.
        judging_note: which definition can judge the attempts, where this one can judge none.
    """

    definition: Definition
    reason: str
    rule: VisitRule
    stations: pd.DataFrame
    network: pd.DataFrame
    sensitivity: pd.DataFrame
    beside: Beside = NOTHING
    judging_note: str = ""

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        notes = notes_of(set(self.stations["failures_included"]), self.beside)
        return [self.judging_note, *notes] if self.judging_note else notes

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no visit."""
        return {
            "schema_version": SCHEMA_VERSION,
            "definition": self.definition.id,
            "definition_version": self.definition.version,
            "definition_reason": self.reason,
            "rule": self.rule.id,
            "rule_version": self.rule.version,
            "rule_title": self.rule.title,
            "rule_source": self.rule.source,
            "notes": self.notes,
            "network": records(self.network)[0],
            "sensitivity": records(self.sensitivity),
            "stations": records(self.stations),
        }


def build_visits(
    database: Database, *, rule: VisitRule, definition: Definition | None = None, selection: Selection
) -> Visits:
    """Reads the attempts of the selection and groups them into visits.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        require_known(session, selection)
        definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
        counted = [
            (count_visits(attempts, rule), count_by_gap(attempts, rule))
            for attempts in read_attempts(session, definition, selection)
        ]
        beside = read_beside(session, selection)
        note = judging_note(session, definition, selection)
    counts = pd.concat([counts for counts, _ in counted]).sort_values(["source", "station_id"], ignore_index=True)
    if counts.empty:
        raise no_sessions(selection)
    band = rated_gaps([by_gap for _, by_gap in counted])
    return Visits(definition, reason, rule, with_visit_rates(counts), network_visits(counts), band, beside, note)
