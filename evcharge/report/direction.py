"""The network's direction as the report tells it: in words, and as a part of the JSON document.

What does not belong here: whether there is a change (``metrics.direction``), and markup.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from evcharge.metrics.direction import CHANGES, MOST_STATIONS, SMALL, Direction
from evcharge.report.document import plain
from evcharge.report.words import day_text, in_words, joined, percent, whole_percent


def direction_text(found: Direction, stations: pd.DataFrame, target: float) -> str:
    """Where the weekly rate goes: its size and rates, the weeks compared, and what makes it; or why that can't be told.

    Args:
        found: the direction.
        stations: ``station_key`` and ``label``.
        target: success ratio that the rates stand beside, between 0 and 1.
    """
    if found.word not in CHANGES or found.word == SMALL:
        return change_text(found, target)
    return f"{change_text(found, target)} {compared_text(found, stations)}"


def change_text(found: Direction, target: float) -> str:
    """The change in short: its size and rates; where none is shown, its word and the reason."""
    if found.word in CHANGES:
        return f"{size_text(found)} ({rates_text(found, target)})"
    return f"{found.word}: {found.reason}" if found.reason else found.word


def size_text(found: Direction) -> str:
    """By how much the weekly rate changed; of a change that does not matter only that."""
    way = "down" if found.points < 0 else "up"
    return SMALL if found.word == SMALL else f"{way} {abs(found.points):.1f} points"


def rates_text(found: Direction, target: float) -> str:
    """The rates before and after a change."""
    return f"{percent(found.ratio_before, target)} to {percent(found.ratio_now, target)}"


def weeks_text(found: Direction) -> str:
    """The last weeks that were compared."""
    return f"in the {in_words(found.weeks_now)} weeks up to {day_text(found.last_day)}"


def compared_text(found: Direction, stations: pd.DataFrame) -> str:
    """The weeks that were compared, and what makes the change."""
    return f"{weeks_text(found)}, against the {in_words(found.weeks_before)} before{cause_text(found, stations)}"


def cause_text(found: Direction, stations: pd.DataFrame) -> str:
    """The few stations that make a change, with their shares; else when it began, where that is clear.

    It follows the weeks; of a single station there is nothing to add.
    """
    if len(stations) == 1:
        return ""
    if found.stations:
        labels = dict(zip(stations["station_key"], stations["label"], strict=True))
        shares = ["all" if share >= 1 else whole_percent(share) for _, share in found.stations]
        shares[0] += " of it"
        return (
            f"; {joined([f'{share} is {labels[key]}' for share, (key, _) in zip(shares, found.stations, strict=True)])}"
        )
    few = f"; no {in_words(MOST_STATIONS)} stations make half of it"
    if found.since is None:
        return few
    earliest, latest = found.since
    return f"{few}, and it began between the weeks of {day_text(earliest, latest.year)} and {day_text(latest)}"


def direction_document(found: Direction, stations: pd.DataFrame) -> dict[str, Any]:
    """What the JSON document has of it.

    Args:
        found: the direction.
        stations: ``station_key``, ``source`` and ``station_id``.
    """
    names = ("word", "ratio_before", "ratio_now", "points", "weeks_before", "weeks_now", "last_day")
    keyed = stations.set_index("station_key")[["source", "station_id"]]
    return {
        **{name: plain(getattr(found, name)) for name in names},
        "since": None
        if found.since is None
        else dict(zip(("earliest", "latest"), map(plain, found.since), strict=True)),
        "stations": [
            {**keyed.loc[station.station_key].to_dict(), "share": station.share} for station in found.stations
        ],
        "reason": found.reason,
    }
