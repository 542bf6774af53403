"""What is printed as lost beside what drivers really lost, where that is known: the table of docs/metrics/losses.md.

Run ``python -m benchmarks.losses`` in an environment with evcharge; it takes about a minute. Seeds are fixed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.metrics.cost import charges_lost
from evcharge.metrics.definitions import FAILURE, SUCCESS
from evcharge.metrics.exposure import one_source
from evcharge.metrics.lost_visits import count_lost_visits
from evcharge.metrics.spells import judge_spells

FIRST_DAY = np.datetime64("2025-01-06", "s")  # a Monday
DAYS = 182
LAST_DAYS = 91
TARGET = 0.95
SEED = 20_250_106
STATIONS = 200
OPEN_FROM, OPEN_TO = 6 * 60, 22 * 60
"""When drivers come [minutes of the day]."""
TRY, PAUSE, CHARGE = 1.0, (0.5, 4.0), (15.0, 60.0)
"""Length of a failed attempt, pause before the next, and length of a charge [minutes]."""


class Scenario(NamedTuple):
    """Stations that are alike.

    Attributes:
        drivers: who come in a week of the last 13, on average.
        fails: chance that an attempt fails.
        retries: chance that a driver tries again after a failure; each time anew.
        drivers_before: who came in a week before these.
    """

    drivers: float
    fails: float
    retries: float
    drivers_before: float

    @property
    def lost(self) -> float:
        """Drivers who leave without a charge in a week, beyond the share that the target allows."""
        leave = self.fails * (1 - self.retries) / (1 - self.fails * self.retries)
        return max(0.0, leave - (1 - TARGET)) * self.drivers


SCENARIOS = (
    Scenario(100, 0.2, 0.0, 100),
    Scenario(100, 0.2, 0.5, 100),
    Scenario(100, 0.4, 0.7, 100),
    Scenario(100, 0.2, 0.95, 100),
    Scenario(15, 0.2, 0.5, 15),
    Scenario(400, 0.2, 0.5, 400),
    Scenario(1000, 0.2, 0.5, 1000),
    Scenario(100, 0.2, 0.5, 300),
    Scenario(100, 0.2, 0.5, 30),
)
"""Scenarios of the table."""


def simulate(scenario: Scenario, stations: int = STATIONS, seed: int = SEED) -> pd.DataFrame:
    """Attempts of stations, one row each, as ``lost_visits.count_lost_visits`` takes them."""
    rng = np.random.default_rng(seed)
    per_day = np.where(np.arange(DAYS) < DAYS - LAST_DAYS, scenario.drivers_before, scenario.drivers) / 7
    station, day = np.nonzero(np.ones((stations, DAYS)))
    came = rng.poisson(np.tile(per_day, stations))
    station, day = np.repeat(station, came), np.repeat(day, came)
    minute = day * 1440 + rng.uniform(OPEN_FROM, OPEN_TO, len(day))

    # All drivers try at once; those who fail and stay try again, until nobody is left.
    parts = []
    while len(station):
        failed = rng.random(len(station)) < scenario.fails
        length = np.where(failed, TRY, rng.uniform(*CHARGE, len(station)))
        parts.append(pd.DataFrame({"station_key": station, "start": minute, "end": minute + length, "failed": failed}))
        again = failed & (rng.random(len(station)) < scenario.retries)
        station, minute = station[again], (minute + length + rng.uniform(*PAUSE, len(station)))[again]
    rows = pd.concat(parts, ignore_index=True)
    start, end = (FIRST_DAY + (rows[name].to_numpy() * 60).astype("timedelta64[s]") for name in ("start", "end"))
    return pd.DataFrame(
        {
            "station_key": rows["station_key"].astype("int64"),
            "day": start.astype("datetime64[D]").astype("datetime64[s]"),
            "start_time": pd.to_datetime(start, utc=True).as_unit("ms"),
            "end_time": pd.to_datetime(end, utc=True).as_unit("ms"),
            "outcome": np.where(rows["failed"], FAILURE, SUCCESS),
            "selected": True,
        }
    )


def printed(rows: pd.DataFrame) -> pd.DataFrame:
    """What is printed of each station: the columns of ``cost.charges_lost``, and ``by_attempts``.

    ``by_attempts`` counts every failed attempt beyond the target as a lost charge, at the volume of the whole life.
    """
    failed = rows["outcome"] == FAILURE
    counts = pd.DataFrame({"failures": failed.astype(int), "successes": (~failed).astype(int)})
    days = counts.groupby([rows["station_key"], rows["day"]]).sum().reset_index().assign(excluded=0, unknown=0)
    stations = days["station_key"].unique()
    last = pd.Series(FIRST_DAY + np.timedelta64(DAYS - 1, "D"), index=stations)
    spells = judge_spells(days, TARGET, one_source(days, last))
    told = spells.merge(count_lost_visits(rows, spells), on="station_key", validate="1:1")
    attempts = days.groupby("station_key")[["failures", "successes"]].sum().sum(axis=1).to_numpy()
    by_attempts = np.maximum(TARGET - told["success_ratio"], 0) * attempts / (DAYS / 7)
    return charges_lost(told, TARGET).assign(by_attempts=by_attempts)


def main() -> None:
    """Prints the table."""
    print(
        "| drivers a week | before | attempts that fail | who try again | truly lost | printed | range, on average ",
        end="",
    )
    print("| holds the truth | by attempts |\n| " + " | ".join(["---:"] * 9) + " |")
    for scenario in SCENARIOS:
        told = printed(simulate(scenario))
        about, low, high = (told[f"charges_lost_per_week{end}"] for end in ("", "_low", "_high"))
        holds = ((low <= scenario.lost) & (scenario.lost <= high)).mean()
        print(
            f"| {scenario.drivers:g} | {scenario.drivers_before:g} | {scenario.fails:.0%} | {scenario.retries:.0%} "
            f"| {scenario.lost:.1f} | {about.mean():.1f} | {low.mean():.1f} to {high.mean():.1f} | {holds:.0%} "
            f"| {told['by_attempts'].mean():.1f} |"
        )


if __name__ == "__main__":
    main()
