"""The columns that a table of clean sessions is read by, and which of them a frame looks at.

Names and meanings are those of the star where it has them. What does not belong here: how a column is found in a
table (``statement``), and the frames that are made (``frames``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Double, Integer, String, Text
from sqlalchemy.types import TypeEngine

from evcharge.metrics.definitions import Definition
from evcharge.metrics.letters import judged_columns
from evcharge.models import Base, DimStation, FactCharging, LoadLedger

BY_NAME, IF_MAPPED = "by its name", "only where --map names it"
"""How a column is found where ``--map`` does not name it: under our name, or not at all."""
KINDS: dict[type[TypeEngine[Any]], str] = {
    BigInteger: "integer",
    Integer: "integer",
    Boolean: "boolean",
    DateTime: "local timestamp",
    Double: "number",
    String: "text",
}
"""What a column's type is called."""


class InputColumn(NamedTuple):
    """One column of a table of clean sessions.

    Attributes:
        name: ours, which ``--map`` takes.
        type: what the engine must hold it as, or be able to cast it to.
        meaning: what it says, with its unit.
        taken: ``BY_NAME`` or ``IF_MAPPED``.
        otherwise: what its absence means; empty where it must be there.
    """

    name: str
    type: TypeEngine[Any]
    meaning: str
    taken: str = BY_NAME
    otherwise: str = ""

    @property
    def kind(self) -> str:
        """Its type in a word."""
        return next(word for kind, word in KINDS.items() if isinstance(self.type, kind))


UNJUDGED = "unknown by definitions that need it"
UNCOUNTED = "counted as not recorded"


def _like(model: type[Base], name: str, otherwise: str = "", taken: str = BY_NAME) -> InputColumn:
    """A column that means what this one of the star does; only what its text says before the source is kept."""
    column: Column[Any] = model.__table__.columns[name]  # type: ignore[assignment]
    meaning = str(column.doc).partition(" Source: ")[0]
    kind = next(kind for kind in KINDS if isinstance(column.type, kind))
    # A text has no length here: a cast to one cuts off what is longer.
    return InputColumn(name, Text() if kind is String else kind(), meaning, taken, otherwise)


ATTRIBUTES = ("name", "operator", "network", "city", "region", "department", "country", "latitude", "longitude")
"""What may be known of a station, named as in ``dim_station``."""

CONTRACT = {
    column.name: column
    for column in (
        _like(DimStation, "source"),
        _like(DimStation, "station_id"),
        InputColumn("session_id", Text(), "The session's id, unique within its station."),
        InputColumn("time_key", BigInteger(), "Local hour in which the session started, as yyyymmddhh."),
        InputColumn(
            "start_local",
            DateTime(),
            "Start of the session by the clock at the station, without a zone; in place of time_key.",
            IF_MAPPED,
            "time_key is read",
        ),
        *(_like(FactCharging, name, UNJUDGED) for name in ("duration_minutes", "energy_kwh", "success")),
        *(_like(FactCharging, name, UNJUDGED) for name in ("has_transaction", "reached_charging", "next_status")),
        _like(FactCharging, "stop_reason", UNJUDGED),
        *(_like(FactCharging, name, UNCOUNTED) for name in ("error_code", "port_id")),
        _like(LoadLedger, "failures_included", "unknown", IF_MAPPED),
        *(_like(DimStation, name, "the frame lacks it", IF_MAPPED) for name in ATTRIBUTES),
    )
}
"""Every column by its name."""

COUNTS, STATIONS, FAILURES, DETAIL = FRAMES = ("counts", "stations", "failures", "detail")
"""What can be made of a table of sessions."""
STATION = ("source", "station_id")
_BY_FRAME = {
    COUNTS: (
        *("time_key", "energy_kwh", "has_transaction", "port_id", "stop_reason", "error_code", "failures_included"),
    ),
    STATIONS: ("port_id", *ATTRIBUTES),
    FAILURES: ("time_key", "stop_reason", "error_code"),
    DETAIL: ("time_key", "port_id"),
}
"""Columns that a frame looks at, beside the station's and those of the definitions."""


def looked_at(frame: str, definitions: Sequence[Definition], mapped: Iterable[str]) -> list[InputColumn]:
    """The columns of a table that a frame is made from, in the order of the contract.

    Args:
        frame: one of ``FRAMES``.
        definitions: those of the letters.
        mapped: names that ``--map`` gives; without it those of ``IF_MAPPED`` are left out.
    """
    names = {*STATION, *_BY_FRAME[frame], *(() if frame == STATIONS else judged_columns(definitions))}
    return in_order(names, mapped)


def in_order(names: Iterable[str], mapped: Iterable[str]) -> list[InputColumn]:
    """These columns in the order of the contract, without those that would have to be mapped and are not."""
    wanted, given = set(names), set(mapped)
    if "time_key" in wanted and "start_local" in given:
        wanted = wanted - {"time_key"} | {"start_local"}
    return [
        column
        for column in CONTRACT.values()
        if column.name in wanted and (column.taken == BY_NAME or column.name in given)
    ]
