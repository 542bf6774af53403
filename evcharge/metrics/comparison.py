"""Definitions compared: each station's rate, rank and verdict by every definition, and what makes verdicts differ.

What does not belong here: what a definition says (``definitions``), and how it is shown (``report``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.definitions import FAILURE, SUCCESS, Definition
from evcharge.metrics.outcomes import count_all_outcomes, vectors_of
from evcharge.metrics.rates import with_rates
from evcharge.metrics.refused import withhold
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation

STATION = ["source", "station_id"]


def rates_by_definition(
    session: Session, definitions: Sequence[Definition], selection: Selection, target: float
) -> pd.DataFrame:
    """Each station by each definition that can judge any of the selected sessions: one row per station and definition.

    Columns: those of ``count_all_outcomes`` by station with those of ``rates.with_rates``, ``rank`` (1 is the lowest
    success ratio by that definition; ties share the better place; missing without attempts) and ``flips`` (the
    station's verdict is not the same by all definitions by which it has attempts).
    """
    counts = count_all_outcomes(session, definitions, selection)
    rated = with_rates(counts, target)
    rated["verdict"] = withhold(session, selection, rated, target)
    judged = rated.groupby("definition")["attempts"].transform("sum") > 0
    rated = rated[judged].reset_index(drop=True)
    rated["rank"] = rated.groupby("definition")["success_ratio"].rank(method="min").astype("Int64")
    judged_verdicts = rated["verdict"].where(rated["attempts"] > 0)
    rated["flips"] = judged_verdicts.groupby([rated[name] for name in STATION]).transform("nunique") > 1
    return rated


def select_differences(
    session: Session, base: Definition, others: Sequence[Definition], selection: Selection
) -> Select[Any]:
    """Per station, for each other definition, the sessions that it judges unlike ``base``.

    Columns: source, station_id, and for each other definition ``<id>_gained`` (success where ``base`` says failure)
    and ``<id>_lost`` (failure where ``base`` says success).
    """
    counted = day_outcomes(session, [base, *others], selection)
    vectors = vectors_of(counted, [counted.rows.c.station_key]).subquery("vectors")

    def differing(other: Definition, before: str, now: str) -> ColumnElement[int]:
        words = vectors.c.outcomes
        so = and_(counted.is_so(base, before, words), counted.is_so(other, now, words))
        return func.sum(case((so, vectors.c.sessions), else_=0))

    sums = [
        differing(other, before, now).label(f"{other.id}_{name}")
        for other in others
        for name, before, now in (("gained", FAILURE, SUCCESS), ("lost", SUCCESS, FAILURE))
    ]
    station: tuple[Any, ...] = (DimStation.source, DimStation.station_id)
    query = select(*station, *sums).select_from(vectors)
    return query.join(DimStation, DimStation.station_key == vectors.c.station_key).group_by(*station)


def count_differences(
    session: Session, base: Definition, others: Sequence[Definition], selection: Selection
) -> pd.DataFrame:
    """The differences as a long frame: source, station_id, definition, gained, lost; stations in order."""
    wide = frame_of(session, select_differences(session, base, others, selection)).sort_values(
        STATION, ignore_index=True
    )
    parts = [
        wide[STATION].assign(
            definition=other.id,
            gained=wide[f"{other.id}_gained"].astype("int64"),
            lost=wide[f"{other.id}_lost"].astype("int64"),
        )
        for other in others
    ]
    return pd.concat(parts, ignore_index=True).sort_values(STATION, kind="stable", ignore_index=True)
