"""What is not there: outages of stations and ports, holes in the data, and sources whose data ends too early.

What does not belong here: how these are found (``metrics.outages``, ``metrics.holes``), and markup.
"""

from __future__ import annotations

import pandas as pd

from evcharge.metrics.outages import OUTAGE_DTYPES
from evcharge.report.words import counted, day_text

OUTAGES = ("source", "station_id", "name", "port_id", *list(OUTAGE_DTYPES)[2:])
"""Columns of the frame of outages: ``Story.outages``, which Python has as ``Reliability.outages``."""
MOST_HOLES = 3
"""Holes that are named in a sentence; all of them are in ``--json``."""


def named_outages(outages: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The frame of ``metrics.outages.find_outages`` with its stations' ``OUTAGES``, by source, id and first day."""
    keys = ["source", "station_id"]
    names = stations[["station_key", *keys, "name"]]
    named = outages.merge(names, on="station_key", validate="m:1").sort_values([*keys, "first_day"], kind="stable")
    texts = {name: named[name].astype(object).where(named[name].notna(), None) for name in ("name", "port_id")}
    return named.assign(**texts)[[*OUTAGES]].reset_index(drop=True)


def holes_text(holes: pd.DataFrame) -> str:
    """Which days are not in the data; empty where there is no hole."""
    if holes.empty:
        return ""
    named = [
        f"of {row['source']} from {day_text(row['first_day'])} to {day_text(row['last_day'])}"
        for row in holes.nlargest(MOST_HOLES, "days").to_dict("records")
    ]
    hidden = len(holes) - len(named)
    more = [f"and {counted(hidden, 'shorter time')}"] if hidden else []
    return (
        f"No station has a session {', '.join([*named, *more])}: not loaded, or closed? None is called silent for "
        "these days, and no usual week is averaged over them."
    )


def no_data_text(stations: pd.DataFrame) -> str:
    """Since when there is no data, and of how many stations; empty where the data goes on to the days asked for."""
    without = stations[stations["no_data"]]
    if without.empty:
        return ""
    since = f"no data since {day_text(without['data_ends'].min())}"
    if len(without) == len(stations):
        return since
    return f"{since} of {counted(len(without), 'station')} of {len(stations):,}"


def past_outages_text(outages: pd.DataFrame) -> str:
    """How many outages are over, and what they cost; empty without any."""
    past = outages[outages["last_day"].notna()]
    if past.empty:
        return ""
    return f"In the past, {outage_sum(past)}: evcharge report --json, or evcharge explain STATION."


def outage_span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """The days of an outage; one that goes on has no last day."""
    return f"since {day_text(first)}" if last != last else f"{day_text(first)} – {day_text(last)}"


def outage_sum(outages: pd.DataFrame) -> str:
    """How many outages there were, and what they cost as far as that is known."""
    number, lost = len(outages), outages["charges_lost"].sum()
    cost = f", about {counted(round(lost), 'charge')} lost" if round(lost) else ""
    return f"{counted(number, 'outage')} that chance does not explain{cost}"
