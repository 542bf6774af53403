"""A column of times as read: its instants, and what is wrong with each time.

What does not belong here: how a text becomes a time (``instants``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers


@dataclass(frozen=True)
class Times:
    """A column of times as read.

    Attributes:
        instants: ``datetime64[ms, UTC]``; NaT where nothing could be read, the earlier where ``ambiguous``.
        later: the same, but the later reading where ``repeated``.
        earlier: the same, but the earlier reading where ``repeated``.
        offset_minutes: minutes east of UTC that each text states; 0 where it states none.
        present: something is written.
        unreadable: what is written is not a time in a stated format, or two stated formats read it differently.
        without_zone: a time, but neither it nor the conventions say in which zone.
        unknown_label: a time whose zone label the conventions do not explain, and they state no zone either.
        label_left_aside: a time with a label that the conventions do not explain, read in the zone that they state.
        nonexistent: a local time that a clock change skipped.
        repeated: a local time that a clock change repeated.
        ambiguous: one of these, with no stated choice.
        beyond_calendar: a well-formed time too far away to be kept.
    """

    instants: pd.Series
    later: pd.Series
    earlier: pd.Series
    offset_minutes: Integers
    present: Flags
    unreadable: Flags
    without_zone: Flags
    unknown_label: Flags
    label_left_aside: Flags
    nonexistent: Flags
    repeated: Flags
    ambiguous: Flags
    beyond_calendar: Flags


def no_times(count: int) -> Times:
    """Times of which none is written."""
    none = np.zeros(count, dtype=bool)
    instants = pd.Series(pd.NaT, index=range(count), dtype="datetime64[ms, UTC]")
    return Times(
        instants=instants,
        later=instants,
        earlier=instants,
        offset_minutes=np.zeros(count, dtype=np.int64),
        present=none,
        unreadable=none,
        without_zone=none,
        unknown_label=none,
        label_left_aside=none,
        nonexistent=none,
        repeated=none,
        ambiguous=none,
        beyond_calendar=none,
    )


def each_by_its_own(merged: Times, others: Sequence[Times]) -> Times:
    """Each time as the format that fits it reads it; unreadable where two read it differently, or none does."""
    clash = np.zeros(len(merged.present), dtype=bool)
    for other in others:
        either_missing = np.asarray(merged.instants.isna() & other.instants.isna())
        differ = np.asarray(merged.instants != other.instants) & ~either_missing
        clash |= ~merged.unreadable & ~other.unreadable & differ
        merged = _with_rows_of(merged, other, merged.unreadable & ~other.unreadable)
    gone = {name: getattr(merged, name).where(~clash) for name in ("instants", "later", "earlier")}
    return replace(merged, **gone, unreadable=merged.unreadable | clash)


def _with_rows_of(times: Times, other: Times, rows: Flags) -> Times:
    """The times, but of these rows those of the other reading."""
    pairs = {column.name: (getattr(times, column.name), getattr(other, column.name)) for column in fields(Times)}
    merged: dict[str, Any] = {
        name: mine.where(~rows, theirs) if isinstance(mine, pd.Series) else np.where(rows, theirs, mine)
        for name, (mine, theirs) in pairs.items()
    }
    return Times(**merged)


def with_times_at(times: Times, rows: Integers, others: Times) -> Times:
    """The times, but in these rows the others, one for each row."""
    merged: dict[str, Any] = {}
    for column in fields(Times):
        mine, theirs = getattr(times, column.name).copy(), getattr(others, column.name)
        target = mine.array if isinstance(mine, pd.Series) else mine
        target[rows] = theirs.array if isinstance(theirs, pd.Series) else theirs
        merged[column.name] = mine
    return Times(**merged)
