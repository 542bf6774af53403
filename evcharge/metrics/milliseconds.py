"""Instants of the star as whole milliseconds since 1970 UTC, made by the database: no object is made for each of them.

What does not belong here: any query.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(session: Session, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """A column of instants as milliseconds since 1970 UTC; null where it is null."""
    if session.get_bind().dialect.name == "sqlite":
        text = type_coerce(column, Text)
        seconds = cast(func.strftime("%s", text), BigInteger)
        return seconds * 1000 + cast(func.substr(text, 21, 3), BigInteger)
    return cast(func.round(func.extract("epoch", column) * 1000), BigInteger)


def instant_ms(instant: datetime) -> int:
    """An instant as milliseconds since 1970 UTC."""
    return (instant - _EPOCH) // _MILLISECOND


def instant_of(at_ms: int) -> datetime:
    """Milliseconds since 1970 UTC as an instant."""
    return _EPOCH + at_ms * _MILLISECOND


def utc_text(at_ms: int) -> str:
    """An instant as ISO 8601 in UTC, to the millisecond."""
    return instant_of(int(at_ms)).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def midnight_ms(day: date, zone: str | None = None) -> int:
    """The start of a day as milliseconds since 1970 UTC: local in an IANA zone, else in UTC."""
    return instant_ms(datetime.combine(day, time.min, tzinfo=ZoneInfo(zone) if zone else timezone.utc))
