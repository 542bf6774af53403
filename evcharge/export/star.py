"""The tables of the star as they are handed on: in which order, which rows, and what kind of value each column holds.

What does not belong here: any file format.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Date, Double, Integer, String, Table, select
from sqlalchemy.orm import Session

from evcharge import progress
from evcharge.metrics.selection import Selection
from evcharge.models import (
    Base,
    DimPort,
    DimStation,
    DimTime,
    FactCharging,
    FactContact,
    FactOutage,
    FactReportedUptime,
    FactStatus,
    LoadCount,
    LoadLedger,
    RejectedEvidence,
    RejectedRow,
    UtcDateTime,
)

STAR: tuple[type[Base], ...] = (
    *(DimStation, DimPort, DimTime, FactCharging, FactStatus, FactContact, FactOutage),
    *(FactReportedUptime, LoadLedger, LoadCount, RejectedRow, RejectedEvidence),
)
"""Every table but what is made from the sessions (``models.StationDayOutcome``), what only a load and its undoing read
(``models.LoadOverlap``), and the saved reports."""
_OF_STATIONS = (DimPort, FactStatus, FactContact, FactOutage, FactReportedUptime)
"""Those that a selection of stations narrows, beside the sessions and the stations themselves."""
BATCH_ROWS = 10_000
"""Rows held in memory at a time."""

KINDS = {
    UtcDateTime: "datetime",
    Date: "date",
    Boolean: "boolean",
    Integer: "integer",
    Double: "number",
    String: "string",
}
"""What a column's type is called by the Table Schema of Frictionless Data."""


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    return Base.metadata.tables[model.__tablename__]


def described_row(model: type[Base]) -> str:
    """What one row of a model's table is."""
    return inspect.cleandoc(str(model.__doc__))


def kind_of(column: Column[Any]) -> str:
    """Which of ``KINDS`` a column holds."""
    return next(kind for type_, kind in KINDS.items() if isinstance(column.type, type_))


def batches(
    session: Session, model: type[Base], selection: Selection, rows: int = BATCH_ROWS
) -> Iterator[Sequence[Sequence[Any]]]:
    """The selected rows of a table in the order of its primary key, text by code point, some rows at a time."""
    table = table_of(model)
    by_code_point = {"sqlite": "BINARY", "postgresql": "C"}[session.get_bind().dialect.name]
    order = [c.collate(by_code_point) if kind_of(c) == "string" else c for c in table.primary_key]
    query = select(*table.columns).where(*_conditions(model, selection)).order_by(*order)
    progress.step(f"writing {table.name}")
    done = 0
    for part in session.execute(query, execution_options={"yield_per": rows}).partitions():
        yield part
        done += len(part)
        progress.rows_done(done)


def _conditions(model: type[Base], selection: Selection) -> list[ColumnElement[bool]]:
    """Days narrow the sessions; stations narrow the sessions, the stations and their ports. Every key still leads home.

    Hours, loads and rejects are handed on whole: every row is accounted for in whole loads only, and no reject can be
    told to a station. Statuses, contacts, outages and reported uptime are those of the stations: what was said before a
    day may hold on it.
    """
    if model is FactCharging:
        return selection.conditions()
    stations = selection.station_conditions()
    if model is DimStation or not stations:
        return stations if model is DimStation else []
    keys = select(DimStation.station_key).where(*stations)
    return [table_of(model).c.station_key.in_(keys)] if model in _OF_STATIONS else []
