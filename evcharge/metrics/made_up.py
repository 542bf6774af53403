"""What is no data: what ``evcharge sample`` makes up stands beside what is real.

What does not belong here: how a file is known to be made up (``sources``), and the words (``report.rates``).
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.selection import Selection
from evcharge.models import SAMPLE_SOURCE, DimStation


def count_made_up(session: Session, selection: Selection) -> int:
    """Selected sessions at stations of the sample [count]."""
    counted = day_outcomes(session, (), selection)
    stations = select(DimStation.station_key).where(DimStation.source == SAMPLE_SOURCE)
    conditions = (*counted.conditions, counted.rows.c.station_key.in_(stations))
    return int(session.scalar(select(func.coalesce(func.sum(counted.rows.c.sessions), 0)).where(*conditions)) or 0)


def is_made_up(source: str) -> bool:
    """Whether all that a source publishes is what ``evcharge sample`` makes up."""
    return source == SAMPLE_SOURCE
