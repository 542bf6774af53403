"""The frames of counts from the star of a database: what the statement makes of a table of sessions elsewhere.

What does not belong here: that statement (``statement``), and the files (``export``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from evcharge.counts.frames import COUNTS, DETAIL, FAILURES, KINDS, NUMBERS, STATIONS
from evcharge.metrics.day_outcomes import NAMES, day_outcomes
from evcharge.metrics.letters import ORDER, letters_by, named_letters
from evcharge.metrics.outcomes import loads_that_say
from evcharge.metrics.rates import FAILURES_INCLUDED, FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import ATTRIBUTES, Selection
from evcharge.models import DimStation, FactCharging

WORDS = (FAILURES_INCLUDED, FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED)
"""What publishers said of failures; of several loads of a day the last of these holds, as it does for the station."""
_SUMMED = [name for name in NAMES[NAMES.index("sessions") :] if name not in ("first_hour", "last_hour")]
_STATION = (DimStation.source, DimStation.station_id)
_DAY = (FactCharging.time_key // 100).label("day")


def frames_of_star(session: Session, selection: Selection, detailed: Sequence[int]) -> dict[str, pd.DataFrame]:
    """The four frames of the selected sessions, by name, rows in the order of their keys.

    Args:
        session: reads the star.
        selection: which sessions.
        detailed: keys of the stations that ``detail`` is of: those that need attention.
    """
    frames = {
        COUNTS: _counts(session, selection),
        STATIONS: frame_of(session, _stations(selection)),
        FAILURES: _with_letters(frame_of(session, _failures(selection))),
        DETAIL: _with_letters(frame_of(session, _detail(selection, detailed))),
    }
    return {name: _ordered(name, frame) for name, frame in frames.items()}


def _ordered(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a frame's kind, rows by its key; whole numbers are int64 on every database."""
    kind = KINDS[name]
    columns = {**kind.columns, **kind.optional}
    whole = [column for column, of in columns.items() if of in NUMBERS]
    rows = frame[[*columns]].astype(dict.fromkeys(whole, "int64"))
    return rows.sort_values([*kind.key], ignore_index=True)


def _counts(session: Session, selection: Selection) -> pd.DataFrame:
    counted = day_outcomes(session, ORDER, selection)
    rows = counted.rows.c
    rank = case(*((rows.load_key.in_(loads_that_say(word)), number) for number, word in enumerate(WORDS)), else_=0)
    keys = (*_STATION, rows.day, rows.outcomes)
    query = (
        select(
            *keys,
            *(func.sum(rows[name]).label(name) for name in _SUMMED),
            func.min(rows.first_hour).label("first_hour"),
            func.max(rows.last_hour).label("last_hour"),
            func.max(rank).label("rank"),
        )
        .join(DimStation, DimStation.station_key == rows.station_key)
        .where(*counted.conditions)
        .group_by(*keys)
    )
    frame = _with_letters(frame_of(session, query))
    return frame.assign(failures_included=[WORDS[rank] for rank in frame["rank"]])


def _with_letters(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(letters=named_letters(ORDER))


def _stations(selection: Selection) -> Select[Any]:
    ports = func.count(FactCharging.port_id.distinct()).label("ports")
    own = select(FactCharging.station_key, ports).where(*selection.conditions()).group_by(FactCharging.station_key)
    counted = own.subquery("own")
    names = [getattr(DimStation, name) for name in ATTRIBUTES[1:]]
    query = select(*_STATION, *names, counted.c.ports)
    return query.join(counted, counted.c.station_key == DimStation.station_key)


def _judged(selection: Selection, *columns: Any) -> Any:
    """The selected sessions, each with its letters, in a query of its own, so that no expression stands twice."""
    letters = letters_by(ORDER).label("outcomes")
    query = select(FactCharging.station_key, _DAY, letters, *columns).where(*selection.conditions())
    return query.subquery("judged")


def _counted(judged: Any, *keys: str) -> Select[Any]:
    """How many sessions each station has by these columns."""
    columns = [judged.c[name] for name in keys]
    query = select(*_STATION, *columns, func.count().label("sessions"))
    query = query.join(judged, judged.c.station_key == DimStation.station_key)
    return query.group_by(*_STATION, *columns)


def _failures(selection: Selection) -> Select[Any]:
    judged = _judged(selection, FactCharging.stop_reason, FactCharging.error_code)
    query = _counted(judged, "day", "outcomes", "stop_reason", "error_code")
    return query.where(judged.c.outcomes.contains(literal("F")))


def _detail(selection: Selection, detailed: Sequence[int]) -> Select[Any]:
    judged = _judged(selection, FactCharging.port_id, (FactCharging.time_key % 100).label("hour"))
    query = _counted(judged, "port_id", "day", "hour", "outcomes")
    return query.where(judged.c.station_key.in_(detailed))
