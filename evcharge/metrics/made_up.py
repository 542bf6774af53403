"""How many of the selected sessions are no data: what ``evcharge sample`` makes up stands beside real sessions.

What does not belong here: how a file is known to be made up (``sources``), and the words (``report.rates``).
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.models import SAMPLE_SOURCE, DimStation, FactCharging


def count_made_up(session: Session, selection: Selection) -> int:
    """Selected sessions at stations of the sample [count]."""
    stations = select(DimStation.station_key).where(DimStation.source == SAMPLE_SOURCE)
    conditions = (*selection.conditions(), FactCharging.station_key.in_(stations))
    return session.scalar(select(func.count()).select_from(FactCharging).where(*conditions)) or 0
