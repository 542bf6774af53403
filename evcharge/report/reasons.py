"""What was recorded of the failures, as a document.

What does not belong here: what a code means and whom it points to (``metrics.reasons``), and how it is shown
(``terminal.reasons``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.asked import require_known
from evcharge.metrics.definitions import Definition
from evcharge.metrics.made_up import count_made_up
from evcharge.metrics.outcomes import has_sessions
from evcharge.metrics.reasons import REASONS_NOTE, count_reasons, read_failures
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import records
from evcharge.report.rates import made_up_notes, no_sessions
from evcharge.report.usual import judging_note, usual_definition

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""


@dataclass(frozen=True)
class Reasons:
    """Reasons of failed sessions.

    Attributes:
        definition: what counts as a failure.
        reason: why this definition.
        network: the frame of ``metrics.reasons.count_reasons``, all stations together.
        stations: the same for each station that has a failure.
        made_up: sessions of the selection, failed or not, that ``evcharge sample`` made up.
        judging_note: which definition can judge the sessions, where this one can judge none.
    """

    definition: Definition
    reason: str
    network: pd.DataFrame
    stations: pd.DataFrame
    made_up: int = 0
    judging_note: str = ""

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        note = [self.judging_note] if self.judging_note else []
        return [*note, *made_up_notes(self.made_up), REASONS_NOTE]

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; shares are unrounded."""
        return {
            "schema_version": SCHEMA_VERSION,
            "definition": self.definition.id,
            "definition_version": self.definition.version,
            "definition_reason": self.reason,
            "notes": self.notes,
            "network": records(self.network),
            "stations": records(self.stations),
        }


def build_reasons(database: Database, *, definition: Definition | None = None, selection: Selection) -> Reasons:
    """Reads what was recorded of the failures of the selection. No failure is no error: "not recorded" has 0.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        require_known(session, selection)
        definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
        failures = read_failures(session, definition, selection)
        if failures.empty and not has_sessions(session, selection):
            raise no_sessions(selection)
        made_up = count_made_up(session, selection)
        note = judging_note(session, definition, selection) if failures.empty else ""
    return Reasons(definition, reason, count_reasons(failures), count_reasons(failures, by="station"), made_up, note)
