"""evcharge's counts of every definition, as a process of its own: ``python -m benchmarks.counts DATA OUT station``.

With ``statement`` in place of the data it writes the statement that counts the same from the sessions, for DuckDB to
run over them; by ``nothing`` it only starts. What does not belong here: what is measured.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from benchmarks.places import Data
from evcharge.db import open_engine
from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.outcomes import COUNTED, sums_of
from evcharge.metrics.selection import Selection
from evcharge.models import FactCharging

ALL = tuple(DEFINITIONS.values())
KEYS = {"station": ("station_key",), "month": ("month",), "station and month": ("station_key", "month")}
"""What is counted by."""


def keys_of(by: str, station: Any, time: Any, parts: int) -> list[Any]:
    """The columns of ``KEYS``, with so many parts of a month in a time."""
    columns = {"station_key": station, "month": (time - time % parts).label("month")}
    return [columns[name] for name in KEYS[by]]


def from_sessions(by: str) -> str:
    """The counts made from the sessions: the statement with its values in it, in a dialect that DuckDB reads."""
    keys = keys_of(by, FactCharging.station_key, FactCharging.time_key, 10_000)
    sums = [
        func.sum(case((definition.outcome == outcome, 1), else_=0)).label(f"{definition.id}_{name}")
        for definition in ALL
        for name, outcome in COUNTED.items()
    ]
    query = select(*keys, *sums, func.count().label("sessions")).group_by(*keys)
    return str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})).replace("%%", "%")


def from_star(session: Session, by: str) -> Select[Any]:
    """The same counts as evcharge makes them: from those that its loads keep."""
    counted = day_outcomes(session, ALL, Selection())
    keys = keys_of(by, counted.rows.c.station_key, counted.rows.c.day, 100)
    by_outcomes = [*keys, counted.rows.c.outcomes]
    sessions = func.sum(counted.rows.c.sessions).label("sessions")
    vectors = select(*by_outcomes, sessions).where(*counted.conditions).group_by(*by_outcomes).subquery("vectors")
    shown: list[Any] = [vectors.c[name] for name in KEYS[by]]
    columns = [*shown, *sums_of(counted, ALL, vectors), func.sum(vectors.c.sessions).label("sessions")]
    return select(*columns).group_by(*shown)


def main() -> None:
    """Counts, and writes how many groups, sessions and outcomes there are."""
    first, path, by = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if first == "statement":
        path.write_text(from_sessions(by), encoding="utf-8")
        return
    data = Data(Path(first), 0)
    with Session(open_engine(f"sqlite:///{data.star}")) as session:
        if by == "nothing":
            session.connection()
            return
        rows = session.execute(from_star(session, by)).mappings().all()
    sums = (sum(row[name] for row in rows) for name in ("sessions", "recorded_successes", "afirev_failures"))
    path.write_text(" ".join(map(str, (len(rows), *sums))))


if __name__ == "__main__":
    main()
