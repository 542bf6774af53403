"""Which ids of ports nothing shows to be ports: ChargePoint's port 0, say, under which failed attempts stand.

What does not belong here: at which port failures bunch (``concentration``), and counts (``detail``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import pandas as pd
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from evcharge.metrics.counted import counted_of
from evcharge.metrics.definitions import SUCCESS, Definition
from evcharge.metrics.letters import LETTERS
from evcharge.models import DimPort, DimStation, FactCharging

Thing = TypeVar("Thing")

IDS_AT_ONCE = 400
"""Ids that one query asks for: the oldest SQLite takes 999 parameters, and a pair is two."""


def read_doubted_ports(session: Session, definition: Definition, detail: pd.DataFrame) -> dict[int, frozenset[str]]:
    """Ids, by station_key, that no registry of the source has, and under which no session of the source ever succeeded.

    Where there are counts alone, the sessions are those of the frame ``detail``, and there is no registry.

    Args:
        session: reads the star.
        definition: what a success is.
        detail: the frame of ``detail.read_detail``; ids with a success in it are not looked up.
    """
    sums = detail[detail["port_id"].notna()].groupby(["station_key", "port_id"], as_index=False)["successes"].sum()
    unproved = sums[sums["successes"] == 0]
    keys = [int(key) for key in unproved["station_key"].unique()]
    sources: dict[int, str] = {}
    for part in _parts(keys):
        query = select(DimStation.station_key, DimStation.source).where(DimStation.station_key.in_(part))
        sources.update((key, source) for key, source in session.execute(query))
    pairs = [(int(key), str(port)) for key, port in zip(unproved["station_key"], unproved["port_id"], strict=True)]
    proved = _proved(session, definition, sorted({(sources[key], port) for key, port in pairs}))
    doubted: defaultdict[int, set[str]] = defaultdict(set)
    for key, port in pairs:
        if (sources[key], port) not in proved:
            doubted[key].add(port)
    return {key: frozenset(ports) for key, ports in doubted.items()}


def _proved(session: Session, definition: Definition, ports: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs of source and port id that a registry has, or under which a session succeeded."""
    if (counted := counted_of(session)) and counted.detail:
        rows = counted.detail.rows[counted.detail.letters(definition) == LETTERS[SUCCESS]]
        return set(zip(rows["source"], rows["port_id"], strict=True)) & set(ports)
    proved: set[tuple[str, str]] = set()
    for part in _parts(ports):
        placed = select(DimPort.source, DimPort.port_id).where(tuple_(DimPort.source, DimPort.port_id).in_(part))
        succeeded = (
            select(DimStation.source, FactCharging.port_id)
            .join(DimStation, DimStation.station_key == FactCharging.station_key)
            .where(FactCharging.port_id.in_({port for _, port in part}), definition.outcome == SUCCESS)
            .distinct()
        )
        for query in (placed, succeeded):
            proved.update((str(source), str(port)) for source, port in session.execute(query))
    return proved


def _parts(things: Sequence[Thing]) -> list[Sequence[Thing]]:
    return [things[start : start + IDS_AT_ONCE] for start in range(0, len(things), IDS_AT_ONCE)]
