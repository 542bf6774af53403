"""The selected sessions as counts by station, local day, load and outcomes: those that a database keeps, or made anew.

A load keeps them for the published definitions; by a definition of the user's own, or where the letters that are kept
are those of another version, the same counts are made from the sessions. What does not belong here: groups and rates
(``outcomes``, ``days``), and how they are kept right (``load.rollup``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, case, cast, func, or_, select
from sqlalchemy.orm import Session

from evcharge.metrics.counted import Counted, counted_of, refuse_without_sessions
from evcharge.metrics.definitions import Definition
from evcharge.metrics.letters import LETTERS, ORDER, letter_at, letters_by
from evcharge.metrics.selection import Selection
from evcharge.models import FactCharging, OutcomeLetter, StationDayOutcome

KEPT = StationDayOutcome.metadata.tables[StationDayOutcome.__tablename__]
NAMES = tuple(column.name for column in KEPT.columns)
"""Columns of the counts, in the order of the table."""
KEYS = tuple(column.name for column in KEPT.primary_key.columns)
MICRO = 1_000_000
"""Millionths of a kWh in one."""


@dataclass(frozen=True)
class DayOutcomes:
    """Counts of the selected sessions.

    Attributes:
        rows: columns ``NAMES``, and those of the sessions that were asked for besides.
        conditions: which rows are those of the selection.
        places: of each definition, the place of its letter.
    """

    rows: FromClause
    conditions: list[ColumnElement[bool]]
    places: dict[str, int]

    def letter(self, definition: Definition, outcomes: ColumnElement[str] | None = None) -> ColumnElement[str]:
        """What a definition says: of the rows, or of these outcomes."""
        return letter_at(self.rows.c.outcomes if outcomes is None else outcomes, self.places[definition.id])

    def is_so(
        self, definition: Definition, outcome: str, outcomes: ColumnElement[str] | None = None
    ) -> ColumnElement[bool]:
        """Whether a definition tells this outcome."""
        return self.letter(definition, outcomes) == LETTERS[outcome]


def day_outcomes(
    session: Session, definitions: Sequence[Definition], selection: Selection, besides: Sequence[Any] = ()
) -> DayOutcomes:
    """Counts of the selected sessions by which these definitions can be told apart.

    Args:
        session: reads the star.
        definitions: by which sessions are judged.
        selection: which sessions.
        besides: further columns of ``FactCharging`` to count by; with any, the sessions are read.

    Raises:
        ReportError: there are counts alone, and they don't tell this.
    """
    if besides:
        refuse_without_sessions(session, f"figures by {besides[0].key.removesuffix('_id')}")
    if counted := counted_of(session):
        return _of_counts_alone(counted, definitions, selection)
    if not besides and all(definition in ORDER for definition in definitions) and are_kept(session):
        places = {definition.id: place for place, definition in enumerate(ORDER, start=1)}
        return DayOutcomes(KEPT, selection.conditions_on(KEPT.c.station_key, KEPT.c.day), places)
    used = list(dict.fromkeys(definitions)) or [ORDER[0]]
    places = {definition.id: place for place, definition in enumerate(used, start=1)}
    dialect = session.get_bind().dialect.name
    rows = select_day_outcomes(dialect, used, selection.conditions(), besides).subquery("day_outcomes")
    return DayOutcomes(rows, [], places)


def _of_counts_alone(counted: Counted, definitions: Sequence[Definition], selection: Selection) -> DayOutcomes:
    """The counts of a star without sessions, whatever their letters and the order of these."""
    for column, _ in selection.where:
        counted.require_attribute(column)
    places = {definition.id: counted.place_of(definition) for definition in definitions}
    return DayOutcomes(KEPT, selection.conditions_on(KEPT.c.station_key, KEPT.c.day), places)


def are_kept(session: Session) -> bool:
    """Whether the counts that the database keeps are by the definitions of this program, in its order."""
    letters = select(OutcomeLetter.definition, OutcomeLetter.version).order_by(OutcomeLetter.place)
    return [tuple(row) for row in session.execute(letters)] == [(one.id, one.version) for one in ORDER]


def select_day_outcomes(
    dialect: str,
    definitions: Sequence[Definition],
    conditions: Sequence[ColumnElement[bool]],
    besides: Sequence[Any] = (),
) -> Select[Any]:
    """The counts, made from the sessions: columns ``NAMES``, then those besides; one row per key, in no order.

    Args:
        dialect: ``sqlite`` or ``postgresql``: the two cut a fraction off by different means.
        definitions: those of the letters, in their order.
        conditions: on ``FactCharging``.
        besides: further columns of ``FactCharging`` to count by.
    """
    millionths = FactCharging.energy_kwh * float(MICRO) + 0.5
    has_reason = or_(FactCharging.stop_reason.is_not(None), FactCharging.error_code.is_not(None))

    # Each session is judged in a query of its own, so that no expression stands twice, nor in a GROUP BY.
    judged = (
        select(
            FactCharging.station_key,
            letters_by(definitions).label("outcomes"),
            (FactCharging.time_key // 100).label("day"),
            FactCharging.load_key,
            FactCharging.energy_kwh,
            cast(func.trunc(millionths) if dialect == "postgresql" else millionths, BigInteger).label("micro_kwh"),
            FactCharging.time_key,
            case((FactCharging.has_transaction.is_(False), 1)).label("no_transaction"),
            FactCharging.port_id,
            case((has_reason, 1)).label("reason"),
            *(column for column in besides if column.key != "port_id"),
        )
        .where(*conditions)
        .subquery("judged")
    )
    keys = [*(judged.c[name] for name in KEYS), *(judged.c[column.key] for column in besides)]
    return select(
        *keys[: len(KEYS)],
        func.count().label("sessions"),
        func.count(judged.c.energy_kwh).label("with_energy"),
        cast(func.coalesce(func.sum(judged.c.micro_kwh), 0), BigInteger).label("energy_microkwh"),
        func.min(judged.c.time_key).label("first_hour"),
        func.max(judged.c.time_key).label("last_hour"),
        func.count(judged.c.no_transaction).label("no_transaction"),
        func.count(judged.c.port_id).label("with_port"),
        func.count(judged.c.reason).label("with_reason"),
        *keys[len(KEYS) :],
    ).group_by(*keys)
