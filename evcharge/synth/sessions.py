"""A made-up fleet and its sessions: daily and weekly rhythm, AC and DC, stations that differ in how often they fail.

All chance comes from ``Generator.random`` of PCG64 and is turned into values by whole numbers, comparisons and single
IEEE operations, never by a logarithm or a sampler, so that a seed gives the same sessions everywhere. Does not belong
here: how a session is written, and defects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# The period and the place: made up for the sample. US Eastern daylight time holds on every day of it.
FIRST_DAY = date(2025, 4, 1)
DAY_COUNT = 91
UTC_OFFSET = "-04:00"

# The fleet: made up for the sample, so that each verdict a report can give has a station that earns it.
ORDINARY_RATIOS = (0.960, 0.995)
CHRONIC_RATIOS = (0.800, 0.880)
FEWEST_CHRONIC = 2
STATIONS_PER_CHRONIC = 50
RATIO_BEFORE_BREAK = 0.970
RATIO_AFTER_BREAK = 0.700
BREAK_DAYS = (35, 56)  # days after the first; leaves weeks before and after in which to see the change
SILENT_DAYS = (70, 77)  # days after the first; the last two to three weeks are silent
VOLUMES = (40, 200)  # relative; with 1,000 rows and 10 stations about the number of sessions
VOLUMES_OF_ODD_STATIONS = (130, 200)  # busy, so that the odd stations can be told at 1,000 rows

# Power is rated [W]; the share of it that a session averages is made up, falling as cars become the limit.
DC_FROM_WATTS = 50_000
POWERS_WATTS = (22_000, 50_000, 11_000, 150_000, 7_400, 22_000, 350_000, 11_000, 150_000, 7_400)
AVERAGE_POWER_SHARES = {
    7_400: (0.70, 0.98),
    11_000: (0.55, 0.95),
    22_000: (0.30, 0.90),
    50_000: (0.55, 0.90),
    150_000: (0.30, 0.60),
    350_000: (0.15, 0.40),
}

# How many sessions start in each hour of a day, relative: commuters on weekdays, errands and trips at weekends.
WEEKDAY_STARTS = (2, 1, 1, 1, 2, 5, 12, 24, 26, 18, 14, 14, 16, 15, 14, 16, 22, 30, 32, 26, 18, 12, 8, 4)
WEEKEND_STARTS = (3, 2, 1, 1, 1, 2, 3, 5, 9, 14, 19, 22, 22, 21, 20, 19, 18, 17, 14, 12, 10, 8, 6, 4)
FIRST_WEEKEND_WEEKDAY = 5  # Saturday, as date.weekday counts
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400

# Deciles, made up: AC first, then DC. Cars are left at AC posts for long after they are full.
ENERGY_DECILES_WH = (
    (2_500, 5_000, 7_000, 9_000, 11_000, 13_500, 16_500, 20_500, 26_500, 37_000, 62_000),
    (4_000, 10_000, 15_000, 19_500, 24_000, 28_500, 33_000, 38_500, 45_500, 55_500, 82_000),
)
IDLE_DECILES_SECONDS = (
    (30, 120, 300, 600, 1_200, 2_400, 3_600, 5_400, 9_000, 14_400, 25_200),
    (10, 20, 30, 45, 60, 90, 120, 180, 300, 480, 1_200),
)
SHORTEST_CHARGE_SECONDS = 240  # past the 3 minutes of QualiCharge u11, so that the definitions agree on it

# Top-ups stand between AFIREV's 2 minutes and QualiCharge's 3, above the 0.5 kWh of both: there definitions differ.
TOP_UP_SHARE = 0.008  # of successes where one is possible, which is about 0.5 % of all
TOP_UP_FROM_WATTS = 22_000  # less power can't deliver 0.5 kWh in 2 minutes
TOP_UP_SECONDS = (121, 180)
TOP_UP_WH = (501, 1_501)

# Failures: made up for the sample; below every published limit (2 minutes, 0.5 kWh).
FAILURE_SECONDS = (5, 120)
FAILURE_WH_BELOW = 500
EMPTY_FAILURE_SHARE = 0.6
ATTAINABLE_SHARE = 0.95  # of rated power, at most, in the shortest sessions


@dataclass(frozen=True)
class Station:
    """The truth about one station.

    Attributes:
        station_id: its id in the file.
        power_watts: rated power [W].
        volume: how many sessions it gets on a day, relative to the others.
        success_ratio: chance that an attempt succeeds, until it breaks if it does [0–1].
        break_day: first day of the lower chance [days after ``FIRST_DAY``], or None.
        silent_day: first day without sessions [days after ``FIRST_DAY``], or None.
    """

    station_id: str
    power_watts: int
    volume: int
    success_ratio: float
    break_day: int | None = None
    silent_day: int | None = None


@dataclass(frozen=True)
class Sessions:
    """Sessions in order of their start, one element of each array a session.

    Attributes:
        station: index into the fleet.
        start_s: local start [seconds after the first midnight].
        end_s: local end [seconds after the first midnight].
        energy_wh: energy delivered [Wh].
        success: whether the attempt succeeded.
        station_ids: the fleet's station ids.
    """

    station: Ints
    start_s: Ints
    end_s: Ints
    energy_wh: Ints
    success: Bools
    station_ids: tuple[str, ...]


# Chance, made of uniforms.


def _between(uniform: Floats, low: Any, high: Any) -> Ints:
    """Whole numbers from low up to, not including, high."""
    return cast(Ints, low + np.floor(uniform * (high - low)).astype(np.int64))


def _pick(uniform: Floats, cumulative: Ints, total: Any) -> Ints:
    """Indices drawn by whole-number weights that are summed up in ``cumulative``, as far as ``total``."""
    return np.searchsorted(cumulative, _between(uniform, 0, total), side="right").astype(np.int64)


def _by_deciles(uniform: Floats, tables: tuple[tuple[int, ...], ...], which: Ints) -> Floats:
    """Values whose deciles are those of ``tables[which]``, straight lines between."""
    table = np.array(tables, dtype=np.float64)
    position = uniform * (table.shape[1] - 1)
    below = position.astype(np.int64)
    low = table[which, below]
    return cast(Floats, low + (table[which, below + 1] - low) * (position - below))


# The fleet.


def build_fleet(random: np.random.Generator, count: int) -> list[Station]:
    """Stations of which the first of a shuffled order breaks, the second goes silent and the next are always bad."""
    chance = random.random((4, count))
    rank = np.argsort(np.argsort(chance[0], kind="stable"), kind="stable").tolist()
    chronic_count = max(FEWEST_CHRONIC, count // STATIONS_PER_CHRONIC)
    return [_build_station(index, rank[index], chronic_count, *chance[1:, index].tolist()) for index in range(count)]


def _build_station(index: int, rank: int, chronic_count: int, volume: float, ratio: float, day: float) -> Station:
    """The station whose part is told by its rank; volume, ratio and day are uniforms."""
    breaks, falls_silent, is_chronic = rank == 0, rank == 1, 2 <= rank < 2 + chronic_count
    volumes = VOLUMES_OF_ODD_STATIONS if breaks or falls_silent or is_chronic else VOLUMES
    low, high = CHRONIC_RATIOS if is_chronic else ORDINARY_RATIOS
    return Station(
        station_id=f"ST-{index + 1:03d}",
        power_watts=POWERS_WATTS[index % len(POWERS_WATTS)],
        volume=volumes[0] + int(volume * (volumes[1] - volumes[0])),
        success_ratio=RATIO_BEFORE_BREAK if breaks else round(low + ratio * (high - low), 3),
        break_day=BREAK_DAYS[0] + int(day * (BREAK_DAYS[1] - BREAK_DAYS[0])) if breaks else None,
        silent_day=SILENT_DAYS[0] + int(day * (SILENT_DAYS[1] - SILENT_DAYS[0])) if falls_silent else None,
    )


# The sessions.


def simulate(random: np.random.Generator, fleet: list[Station], count: int) -> Sessions:
    """This many sessions of the fleet, sorted by start."""
    station, start_s = _draw_starts(random, fleet, count)
    power_watts = np.array([each.power_watts for each in fleet], dtype=np.int64)[station]
    success = random.random(count) < _success_ratios(fleet, station, start_s)
    seconds, energy_wh = _draw_charges(random, power_watts)
    can_top_up = success & (power_watts >= TOP_UP_FROM_WATTS)
    for chosen, draw in (
        (np.flatnonzero(can_top_up & (random.random(count) < TOP_UP_SHARE)), _draw_top_ups),
        (np.flatnonzero(~success), _draw_failures),
    ):
        seconds[chosen], energy_wh[chosen] = draw(random, power_watts[chosen])
    ids = tuple(each.station_id for each in fleet)
    return Sessions(station, start_s, start_s + seconds, energy_wh, success, ids)


def _draw_starts(random: np.random.Generator, fleet: list[Station], count: int) -> tuple[Ints, Ints]:
    """Station and start [seconds after the first midnight] of each session, by start."""
    hours = np.cumsum(_hourly_weights())
    last_day = np.array([each.silent_day or DAY_COUNT for each in fleet], dtype=np.int64)
    volume = np.cumsum(np.array([each.volume for each in fleet], dtype=np.int64) * last_day)
    station = _pick(random.random(count), volume, volume[-1])
    hour = _pick(random.random(count), hours, hours[last_day * 24 - 1][station])
    start_s = hour * SECONDS_PER_HOUR + _between(random.random(count), 0, SECONDS_PER_HOUR)
    order = np.argsort(start_s, kind="stable")
    return station[order], start_s[order]


def _hourly_weights() -> Ints:
    """How many sessions start in each hour of the period, relative."""
    days = (FIRST_DAY + timedelta(days=day) for day in range(DAY_COUNT))
    weekends = (day.weekday() >= FIRST_WEEKEND_WEEKDAY for day in days)
    return np.array([WEEKEND_STARTS if weekend else WEEKDAY_STARTS for weekend in weekends], dtype=np.int64).ravel()


def _success_ratios(fleet: list[Station], station: Ints, start_s: Ints) -> Floats:
    """The chance of each session to succeed [0–1]."""
    ratio = np.array([each.success_ratio for each in fleet])
    never = DAY_COUNT
    break_s = np.array([each.break_day or never for each in fleet], dtype=np.int64) * SECONDS_PER_DAY
    return np.where(start_s >= break_s[station], RATIO_AFTER_BREAK, ratio[station])


def _draw_charges(random: np.random.Generator, power_watts: Ints) -> tuple[Ints, Ints]:
    """Length [s] and energy [Wh] of ordinary sessions: what the car takes, at its power, then idle."""
    chance = random.random((3, len(power_watts)))
    is_dc = (power_watts >= DC_FROM_WATTS).astype(np.int64)
    ratings = np.array(sorted(AVERAGE_POWER_SHARES), dtype=np.int64)
    shares = np.array([AVERAGE_POWER_SHARES[rating] for rating in ratings.tolist()])
    low, high = shares[np.searchsorted(ratings, power_watts)].T
    energy_wh = np.floor(_by_deciles(chance[0], ENERGY_DECILES_WH, is_dc))
    charge_s = np.ceil(energy_wh * SECONDS_PER_HOUR / (power_watts * (low + (high - low) * chance[1])))
    idle_s = np.floor(_by_deciles(chance[2], IDLE_DECILES_SECONDS, is_dc))
    seconds = np.maximum(charge_s, SHORTEST_CHARGE_SECONDS) + idle_s
    return seconds.astype(np.int64), energy_wh.astype(np.int64)


def _draw_top_ups(random: np.random.Generator, power_watts: Ints) -> tuple[Ints, Ints]:
    """Length [s] and energy [Wh] of short sessions that succeeded."""
    chance = random.random((2, len(power_watts)))
    seconds = _between(chance[0], *TOP_UP_SECONDS)
    low, high = TOP_UP_WH
    return seconds, _between(chance[1], low, np.minimum(high, _attainable_wh(power_watts, seconds)))


def _draw_failures(random: np.random.Generator, power_watts: Ints) -> tuple[Ints, Ints]:
    """Length [s] and energy [Wh] of sessions that failed: most deliver nothing."""
    chance = random.random((3, len(power_watts)))
    seconds = _between(chance[0], *FAILURE_SECONDS)
    some_wh = _between(chance[1], 0, np.minimum(FAILURE_WH_BELOW, _attainable_wh(power_watts, seconds)))
    return seconds, np.where(chance[2] < EMPTY_FAILURE_SHARE, 0, some_wh)


def _attainable_wh(power_watts: Ints, seconds: Ints) -> Ints:
    """The most energy [Wh] that a short session can deliver."""
    return cast(Ints, np.floor(power_watts * seconds * ATTAINABLE_SHARE / SECONDS_PER_HOUR).astype(np.int64))
