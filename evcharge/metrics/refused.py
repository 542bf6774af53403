"""Refused rows of a selection: how they would have counted, so that no rate stands without them.

What does not belong here: why a row was refused (``rules``), and which rows name one station (``rejects``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.models import REGISTRY_ZONE, LoadLedger, RejectedRow


@dataclass(frozen=True)
class Refused:
    """Refused rows [counts]; ``rows`` is the sum of the three after it.

    A row without a recorded outcome would have been a failure where no energy flowed or no transaction came about;
    ``unknown`` can't be told. Source: ``clean.would_have_counted``.
    """

    rows: int = 0
    failures: int = 0
    successes: int = 0
    unknown: int = 0

    def to_dict(self) -> dict[str, int]:
        """The counts as a JSON document has them."""
        return asdict(self)


def read_refused(session: Session, selection: Selection) -> Refused:
    """The refused rows of the session files of the selection.

    A row that names no station or no day that can be read is counted whatever stations or days are selected: it may
    be of them.
    """
    each_row = (
        select(RejectedRow.load_key, RejectedRow.source_line, func.min(RejectedRow.would_have_been).label("word"))
        .join(LoadLedger, LoadLedger.load_key == RejectedRow.load_key)
        .where(*_selected(selection))
        .group_by(RejectedRow.load_key, RejectedRow.source_line)
        .subquery()
    )
    counts = select(each_row.c.word, func.count()).group_by(each_row.c.word)
    by_word = {word or "unknown": 0 for word in (None, "failure", "success")}
    for word, count in session.execute(counts):
        by_word[word or "unknown"] += count
    return Refused(sum(by_word.values()), by_word["failure"], by_word["success"], by_word["unknown"])


def _selected(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[Any] = [LoadLedger.timezone != REGISTRY_ZONE]
    if selection.source:
        conditions.append(LoadLedger.source == selection.source)
    if selection.station_ids:
        conditions.append(or_(RejectedRow.station_id.is_(None), RejectedRow.station_id.in_(selection.station_ids)))
    if selection.first_day:
        first = int(f"{selection.first_day:%Y%m%d}00")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key >= first))
    if selection.last_day:
        last = int(f"{selection.last_day:%Y%m%d}23")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key <= last))
    return conditions
