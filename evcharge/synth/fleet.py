"""A made-up fleet: stations that differ in kind, in size and in how often they fail, and the faults planted at some.

Made up for the sample, so that each verdict a report can give, and each fault it can point to, has a station that earns
it. Does not belong here: sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evcharge.synth.chance import Bools, Ints
from evcharge.synth.period import DAY_COUNT, share_of_starts
from evcharge.synth.places import Place, place_of
from evcharge.synth.reasons import HEAT, LOCK, ORDINARY, PAYMENT

ORDINARY_RATIOS = (0.960, 0.995)
CHRONIC_RATIOS = (0.800, 0.880)
FEWEST_CHRONIC = 2
STATIONS_PER_CHRONIC = 50
CHANGE_DAYS = (35, 56)  # days after the first; leaves weeks before and after in which to see the change
SILENT_DAYS = (70, 77)  # days after the first; the last two to three weeks are silent
VOLUMES = (40, 200)  # relative; with 1,000 rows and 10 stations about the number of sessions
VOLUMES_OF_ODD_STATIONS = (130, 200)  # busy, so that the odd stations can be told at 1,000 rows

# The station that breaks: one of its ports hardly locks any more, and 70 % succeed at the three together.
RATIO_BEFORE_BREAK = 0.970
RATIO_AFTER_BREAK = 0.700
SUCCESSES_OF_1000_AFTER_BREAK = (970, 160, 970)  # by port
BROKEN_PORT = 2

# The station that is repaired.
RATIO_BEFORE_REPAIR = 0.750
RATIO_AFTER_REPAIR = 0.980
FEWEST_STATIONS_FOR_A_REPAIR = 6

# Every second chronic station is one that gets too hot in the afternoon.
HOT_HOURS = (12, 19)  # local, from 12:00 up to 19:00
SHARE_OF_FAILURES_IN_HOT_HOURS = 0.85

# By the number of the station. Power is rated [W].
POWERS_WATTS = (22_000, 50_000, 11_000, 150_000, 7_400, 22_000, 350_000, 11_000, 150_000, 7_400)
PORT_COUNTS = (4, 2, 6, 4, 8, 2, 5, 3, 6, 7)
DC_FROM_WATTS = 50_000


@dataclass(frozen=True)
class Fault:
    """What is wrong at a station, and when and where.

    Attributes:
        kind: what is recorded of its failures, one of ``reasons.KINDS``.
        success_ratio: chance that an attempt succeeds while it is there, over all ports [0–1].
        first_day: the day it begins [days after ``FIRST_DAY``].
        end_day: the first day without it.
        hours: the local hours it is there, from the first up to, not including, the second; None is all.
        share: share of the attempts that are in those hours [0–1].
        port: number of the port it is at; None is all.
        successes_of_1000: of 1,000 attempts at each port; empty where the ports are alike.
    """

    kind: str
    success_ratio: float
    first_day: int = 0
    end_day: int = DAY_COUNT
    hours: tuple[int, int] | None = None
    share: float = 1.0
    port: int | None = None
    successes_of_1000: tuple[int, ...] = ()

    def is_there(self, day: Ints, hour: Ints) -> Bools:
        """Whether it is there on a day, in an hour of it."""
        there = (day >= self.first_day) & (day < self.end_day)
        if self.hours is not None:
            there &= (hour >= self.hours[0]) & (hour < self.hours[1])
        return there


@dataclass(frozen=True)
class Station:
    """The truth about one station.

    Attributes:
        station_id: its id in the file.
        place: where it stands.
        power_watts: rated power [W].
        port_count: its ports, numbered from 1.
        volume: how many sessions it gets on a day, relative to the others.
        success_ratio: chance that an attempt succeeds while there is no fault [0–1].
        fault: what is wrong with it, or None.
        silent_day: first day without sessions [days after ``FIRST_DAY``], or None.
    """

    station_id: str
    place: Place
    power_watts: int
    port_count: int
    volume: int
    success_ratio: float
    fault: Fault | None = None
    silent_day: int | None = None

    @property
    def break_day(self) -> int | None:
        """The day on which it became worse, if it did."""
        return (self.fault.first_day or None) if self.fault else None

    @property
    def repair_day(self) -> int | None:
        """The day from which on it was well again, if it was."""
        return self.fault.end_day if self.fault and self.fault.end_day < DAY_COUNT else None

    def ratio_on(self, day: int) -> float:
        """The chance that an attempt of this day succeeds, over all ports and hours [0–1]."""
        if self.fault is None or not self.fault.first_day <= day < self.fault.end_day:
            return self.success_ratio
        share = self.fault.share
        return round(self.success_ratio * (1 - share) + self.fault.success_ratio * share, 3)


def build_fleet(random: np.random.Generator, count: int) -> list[Station]:
    """Stations in a shuffled order: the first breaks, the second goes silent, the next are always bad.

    Of the others the one that would fail most often is repaired, so that the good ones stay and it is no quiet one.
    """
    chance = random.random((4, count))
    rank = np.argsort(np.argsort(chance[0], kind="stable"), kind="stable").tolist()
    chronic_count = max(FEWEST_CHRONIC, count // STATIONS_PER_CHRONIC)
    fleet = [_build_station(index, rank[index], chronic_count, *chance[1:, index].tolist()) for index in range(count)]
    if count >= FEWEST_STATIONS_FOR_A_REPAIR:
        index = max(range(count), key=lambda index: _failures_to_expect(fleet[index]))
        success_ratio, fault = _repair(_day_within(CHANGE_DAYS, chance[3, index]))
        fleet[index] = replace(fleet[index], success_ratio=success_ratio, fault=fault)
    return fleet


def _failures_to_expect(station: Station) -> float:
    """Of a station where nothing is planted, relative; of others less than any."""
    return station.volume * (1 - station.success_ratio) if station.fault is None and station.silent_day is None else -1


def _build_station(index: int, rank: int, chronic_count: int, volume: float, ratio: float, day: float) -> Station:
    """The station whose part is told by its rank; volume, ratio and day are uniforms."""
    breaks, falls_silent, is_chronic = rank == 0, rank == 1, 2 <= rank < 2 + chronic_count
    success_ratio, fault = _within(ORDINARY_RATIOS, ratio), None
    if breaks:
        success_ratio, fault = _break(_day_within(CHANGE_DAYS, day))
    elif is_chronic:
        plant = _too_hot if rank % 2 == 0 else _without_payment
        success_ratio, fault = plant(_within(CHRONIC_RATIOS, ratio))
    volumes = VOLUMES_OF_ODD_STATIONS if breaks or falls_silent or is_chronic else VOLUMES
    return Station(
        station_id=f"ST-{index + 1:03d}",
        place=place_of(index),
        power_watts=POWERS_WATTS[index % len(POWERS_WATTS)],
        port_count=len(SUCCESSES_OF_1000_AFTER_BREAK) if breaks else PORT_COUNTS[index % len(PORT_COUNTS)],
        volume=volumes[0] + int(volume * (volumes[1] - volumes[0])),
        success_ratio=success_ratio,
        fault=fault,
        silent_day=_day_within(SILENT_DAYS, day) if falls_silent else None,
    )


def _within(ratios: tuple[float, float], uniform: float) -> float:
    return round(ratios[0] + uniform * (ratios[1] - ratios[0]), 3)


def _day_within(days: tuple[int, int], uniform: float) -> int:
    return days[0] + int(uniform * (days[1] - days[0]))


# The planted faults, each with the chance of success without it.


def _break(day: int) -> tuple[float, Fault]:
    ports = SUCCESSES_OF_1000_AFTER_BREAK
    return RATIO_BEFORE_BREAK, Fault(LOCK, RATIO_AFTER_BREAK, first_day=day, port=BROKEN_PORT, successes_of_1000=ports)


def _repair(day: int) -> tuple[float, Fault]:
    return RATIO_AFTER_REPAIR, Fault(ORDINARY, RATIO_BEFORE_REPAIR, end_day=day)


def _too_hot(ratio: float) -> tuple[float, Fault]:
    """Over all hours this ratio of the attempts succeeds, and most failures are in the hot hours."""
    share, hot = share_of_starts(*HOT_HOURS), SHARE_OF_FAILURES_IN_HOT_HOURS
    ratio_when_hot, ratio_else = 1 - (1 - ratio) * hot / share, 1 - (1 - ratio) * (1 - hot) / (1 - share)
    return ratio_else, Fault(HEAT, ratio_when_hot, hours=HOT_HOURS, share=share)


def _without_payment(ratio: float) -> tuple[float, Fault]:
    return ratio, Fault(PAYMENT, ratio)
