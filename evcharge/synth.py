"""The synthetic data set: a made-up operator's sessions, and the truth about them to check results against.

The same seed and options give the same bytes everywhere: all chance comes from ``Generator.random`` of PCG64 and is
turned into values by whole numbers, comparisons and single IEEE operations, never by a logarithm or a sampler.
Does not belong here: how rows are read (``sources``), which are refused (``clean``), figures (``metrics``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from evcharge.errors import ConfigError
from evcharge.files import written_whole

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COLUMNS = ("session_id", "station_id", "start_time", "end_time", "energy_kwh", "success")
HEADER = ",".join(COLUMNS)
TRUTH_SCHEMA_VERSION = 1

# The period and the place: made up for the sample. US Eastern daylight time holds on every day of it.
FIRST_DAY = date(2025, 4, 1)
DAY_COUNT = 91
UTC_OFFSET = "-04:00"

# The fleet: made up for the sample, so that each verdict a report can give has a station that earns it.
DEFAULT_STATIONS = 10
ROWS_DEFAULT_STATIONS_COVER = 20_000
ROWS_PER_STATION = 2_000
MOST_DEFAULT_STATIONS = 500
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

FEWEST_ROWS_FOR_EVERY_DEFECT = 1_000  # from here on at least one row of each; made up, keeps defects under 3 %
LEAST_WH_FOR_A_LOWER_REPEAT = 2_000  # a conflicting repeat is 10 % lower, or 1 Wh higher below this
BLOCK_ROWS = 50_000  # rows formatted at a time: about 10 MB of text and lists


class Defect(NamedTuple):
    """One way in which a row is dirty.

    Attributes:
        code: rule of ``clean`` that refuses the row, or the name of a kind that is kept.
        share: share of all rows that are made so [0–1]; made up, each between 0.0005 and 0.002.
        refused: whether a right load refuses the row.
        rows: the row as planted, in turn; names in braces stand for the fields of a clean row.
        tells: what of the planted row still tells how it would have counted: its recorded ``outcome``, its
            ``energy`` (none is a failure, as in ``clean``), or ``nothing``.
    """

    code: str
    share: float
    refused: bool
    rows: tuple[str, ...]
    tells: str = "outcome"


def _row(**changed: str) -> str:
    """The pattern of a row in which these columns are changed."""
    return ",".join(changed.get(column, f"{{{column}}}") for column in COLUMNS)


DEFECTS = (
    # The row's own structure.
    Defect("row_too_short", 0.001, True, ("{session_id},{station_id},{start_time},{end_time}",), tells="nothing"),
    Defect("row_too_long", 0.001, True, (_row() + ",ok",), tells="nothing"),
    Defect("malformed_row", 0.0005, True, (_row(session_id='"{session_id}"x'),), tells="nothing"),
    Defect("repeated_header", 0.0005, True, (HEADER,), tells="nothing"),
    # Ids.
    Defect("session_id_missing", 0.001, True, (_row(session_id=""),)),
    Defect("session_id_unusable", 0.0005, True, (_row(session_id="{session_id}\x07"),)),
    Defect("station_id_missing", 0.001, True, (_row(station_id=""),)),
    Defect("station_id_unusable", 0.0005, True, (_row(station_id="{station_id:X<300}"),)),
    # Times. The 19 first characters of a time are the time without its offset.
    Defect("start_time_missing", 0.001, True, (_row(start_time=""),)),
    Defect(
        "start_time_unreadable",
        0.002,
        True,
        tuple(_row(start_time=text) for text in ("31/05/2025 10:00", "now", "2025-02-30T08:00:00-04:00")),
    ),
    Defect("start_time_without_zone", 0.001, True, (_row(start_time="{start_time:.19}"),)),
    Defect("start_time_out_of_range", 0.0005, True, (_row(start_time="1970-01-01T00:00:00Z", end_time=""),)),
    Defect("start_time_in_the_future", 0.0005, True, (_row(start_time="2099-01-01T08:00:00-04:00", end_time=""),)),
    Defect(
        "end_time_unreadable", 0.001, True, tuple(_row(end_time=text) for text in ("31/05/2025 11:00", "open", "08:15"))
    ),
    Defect("end_time_without_zone", 0.001, True, (_row(end_time="{end_time:.19}"),)),
    Defect("end_before_start", 0.001, True, (_row(start_time="{end_time}", end_time="{start_time}"),)),
    # Energy and outcome.
    Defect(
        "energy_kwh_not_a_number",
        0.002,
        True,
        tuple(_row(energy_kwh=text) for text in ("12kWh", "1_000", "nan", '"7,5"')),
    ),
    Defect("energy_kwh_negative", 0.001, True, (_row(energy_kwh="-1.250"),)),
    Defect("energy_kwh_out_of_range", 0.0005, True, (_row(energy_kwh="1000000"),)),
    Defect("success_unreadable", 0.001, True, (_row(success="maybe"),), tells="energy"),
    # Kept: the row is odd, and no reason to lose a session.
    Defect("padded_id", 0.001, False, (_row(station_id=" {station_id}  "),)),
    Defect("exact_repeat", 0.002, False, (_row(),)),
    Defect("conflicting_repeat", 0.001, False, (_row(energy_kwh="{other_energy_kwh}"),)),
    Defect("missing_end", 0.002, False, (_row(end_time=""),)),
    Defect("missing_energy", 0.002, False, (_row(energy_kwh=""),)),
    Defect("missing_success", 0.002, False, (_row(success=""),), tells="nothing"),
)
"""What ``dirty`` plants: one defect a row, so that exactly one rule speaks."""

REPEATS = ("exact_repeat", "conflicting_repeat")
"""Defects that are a further row about a session that stands, clean, earlier in the file."""

ROWS_WITHOUT_A_SESSION = (*REPEATS, "repeated_header")
"""Defects that are a row more, and no session more."""


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


@dataclass(frozen=True)
class Plan:
    """Which row of the file (counted from 0, without the header) is about which session, and which are dirty.

    Attributes:
        session_of_row: index of the session each row is about.
        session_count: number of sessions that the rows are about.
        planted: row and defect, in file order; which of ``Defect.rows`` is third.
    """

    session_of_row: Ints
    session_count: int
    planted: tuple[tuple[int, Defect, int], ...]


def write_sample(
    path: Path,
    *,
    rows: int = 1000,
    stations: int | None = None,
    seed: int = 1,
    dirty: bool = False,
    truth: Path | None = None,
) -> None:
    """A CSV of made-up sessions, sorted by start, with AC and DC stations of which four are odd.

    One station breaks on a day, one goes silent weeks before the end, two (in large fleets one in 50) are bad
    throughout. A fleet of fewer than four has the first of these.

    Args:
        path: where the CSV goes; a file that is there is replaced whole.
        rows: number of rows below the header.
        stations: number of stations; None is 10 up to 20,000 rows, and above that one per 2,000 rows, at most 500.
        seed: a whole number ≥ 0; the same seed and options give the same bytes.
        dirty: plant ``DEFECTS``, each in its share of the rows, and in at least one row from 1,000 rows on. Below
            that a share that is less than a row is none.
        truth: where to write, as JSON, the true ratios, what was planted where, and what a right load counts.

    Raises:
        ConfigError: rows or seed is negative, or stations is less than 1.
        ReportError: a file can't be written.
    """
    station_count = _default_stations(rows) if stations is None else stations
    _require_usable(rows, station_count, seed)
    random = np.random.Generator(np.random.PCG64(seed))
    fleet = _build_fleet(random, station_count)
    plan = _plan_rows(random, rows, DEFECTS if dirty else ())
    sessions = _simulate(random, fleet, plan.session_count)
    _write_csv(path, sessions, plan)
    if truth is not None:
        document = {"schema_version": TRUTH_SCHEMA_VERSION, "seed": seed, "rows": rows, **_tell(fleet, sessions, plan)}
        with written_whole(truth) as file:
            file.write((json.dumps(document, sort_keys=True, indent=2) + "\n").encode())


def _default_stations(rows: int) -> int:
    """How many stations a file of this many rows has where nobody says."""
    if rows <= ROWS_DEFAULT_STATIONS_COVER:
        return DEFAULT_STATIONS
    return min(rows // ROWS_PER_STATION, MOST_DEFAULT_STATIONS)


def _require_usable(rows: int, stations: int, seed: int) -> None:
    for name, value, least in (("rows", rows, 0), ("stations", stations, 1), ("seed", seed, 0)):
        if value < least:
            raise ConfigError(
                "sample_option_out_of_range",
                f"{name} of the sample is {value}; it is at least {least}.",
                f"Give a whole number of {least} or more.",
            )


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


def _build_fleet(random: np.random.Generator, count: int) -> list[Station]:
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


def _simulate(random: np.random.Generator, fleet: list[Station], count: int) -> Sessions:
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


# The rows.


def _plan_rows(random: np.random.Generator, rows: int, defects: tuple[Defect, ...]) -> Plan:
    """The defects at rows drawn without repetition, each repeat after a clean row that is its own."""
    drawn = iter(np.argsort(random.random(rows), kind="stable").tolist() if defects else [])
    planted: list[tuple[int, Defect, int]] = []
    repeated: dict[int, int] = {}
    for defect in defects:
        for number in range(_defect_count(defect, rows)):
            row = next(drawn)
            if defect.code in REPEATS:
                earlier, row = sorted((row, next(drawn)))
                repeated[row] = earlier
            planted.append((row, defect, number % len(defect.rows)))
    adds_session = np.ones(rows, dtype=np.int64)
    adds_session[[row for row, defect, _ in planted if defect.code in ROWS_WITHOUT_A_SESSION]] = 0
    session_of_row = np.maximum(np.cumsum(adds_session) - 1, 0)
    session_of_row[list(repeated)] = session_of_row[list(repeated.values())]
    return Plan(session_of_row, int(adds_session.sum()), tuple(sorted(planted)))


def _defect_count(defect: Defect, rows: int) -> int:
    """In how many rows the defect is planted."""
    return max(int(defect.share * rows), int(rows >= FEWEST_ROWS_FOR_EVERY_DEFECT))


def _write_csv(path: Path, sessions: Sessions, plan: Plan) -> None:
    with written_whole(path) as file:
        file.write(f"{HEADER}\n".encode())
        for lines in _blocks(sessions, plan):
            file.write(("\n".join(lines) + "\n").encode())


def _blocks(sessions: Sessions, plan: Plan) -> Iterator[list[str]]:
    """The rows of the file in order, a list of ``BLOCK_ROWS`` at a time."""
    planted = {row: (defect, variant) for row, defect, variant in plan.planted}
    dirty_rows = np.array(sorted(planted), dtype=np.int64)
    for first in range(0, len(plan.session_of_row), BLOCK_ROWS):
        chosen = plan.session_of_row[first : first + BLOCK_ROWS]
        lines = _format_rows(sessions, chosen)
        low, high = np.searchsorted(dirty_rows, [first, first + BLOCK_ROWS])
        for row in dirty_rows[low:high].tolist():
            defect, variant = planted[row]
            lines[row - first] = _spoil(lines[row - first], defect.rows[variant])
        yield lines


def _format_rows(sessions: Sessions, chosen: Ints) -> list[str]:
    """The clean rows about the chosen sessions."""
    ids = sessions.station_ids
    return [
        f"S{number:07d},{ids[station]},{start}{UTC_OFFSET},{end}{UTC_OFFSET},{energy_kwh:.3f},{success}"
        for number, station, start, end, energy_kwh, success in zip(
            (chosen + 1).tolist(),
            sessions.station[chosen].tolist(),
            _format_times(sessions.start_s[chosen]),
            _format_times(sessions.end_s[chosen]),
            (sessions.energy_wh[chosen] / 1000).tolist(),
            np.where(sessions.success[chosen], "true", "false").tolist(),
            strict=True,
        )
    ]


def _format_times(seconds: Ints) -> list[str]:
    """Seconds after the first midnight as local times, ISO 8601 without an offset."""
    times = np.datetime64(FIRST_DAY, "s") + seconds.astype("timedelta64[s]")
    return cast("list[str]", np.datetime_as_string(times, unit="s").tolist())


def _spoil(line: str, pattern: str) -> str:
    """The row that the pattern makes of a clean one."""
    fields = dict(zip(COLUMNS, line.split(","), strict=True))
    energy_wh = round(float(fields["energy_kwh"]) * 1000)
    other_wh = energy_wh - energy_wh // 10 if energy_wh >= LEAST_WH_FOR_A_LOWER_REPEAT else energy_wh + 1
    return pattern.format(**fields, other_energy_kwh=f"{other_wh / 1000:.3f}")


# The truth.


def _tell(fleet: list[Station], sessions: Sessions, plan: Plan) -> dict[str, Any]:
    """What is true of the stations, what was planted, and what a right load counts by the recorded outcome."""
    return {
        "stations": _tell_stations(fleet, sessions, plan),
        "defects": [_tell_defect(row, defect, sessions, plan) for row, defect, _ in plan.planted],
        "expected": _tell_expected(plan),
    }


def _tell_stations(fleet: list[Station], sessions: Sessions, plan: Plan) -> list[dict[str, Any]]:
    counted = np.ones(plan.session_count, dtype=np.bool_)
    counted[_sessions_hit(plan, [each.code for each in DEFECTS if each.refused])] = False
    told = counted.copy()
    told[_sessions_hit(plan, ["missing_success"])] = False
    counts = (
        np.bincount(sessions.station[kept], minlength=len(fleet)).tolist()
        for kept in (told & sessions.success, told & ~sessions.success, counted & ~told)
    )
    return [
        _tell_station(station, successes, failures, unknown)
        for station, successes, failures, unknown in zip(fleet, *counts, strict=True)
    ]


def _sessions_hit(plan: Plan, codes: list[str]) -> Ints:
    """The sessions whose own row has one of these defects."""
    own = set(codes).difference(ROWS_WITHOUT_A_SESSION)
    rows = [row for row, defect, _ in plan.planted if defect.code in own]
    return plan.session_of_row[np.array(rows, dtype=np.int64)]


def _tell_station(station: Station, successes: int, failures: int, unknown: int) -> dict[str, Any]:
    return {
        "station_id": station.station_id,
        "kind": "dc" if station.power_watts >= DC_FROM_WATTS else "ac",
        "power_kw": station.power_watts / 1000,
        "true_success_ratio": station.success_ratio,
        "broke_on": _tell_day(station.break_day),
        "ratio_after": None if station.break_day is None else RATIO_AFTER_BREAK,
        "silent_since": _tell_day(station.silent_day),
        "attempts": successes + failures,
        "successes": successes,
        "failures": failures,
        "unknown": unknown,
    }


def _tell_day(day: int | None) -> str | None:
    return None if day is None else (FIRST_DAY + timedelta(days=day)).isoformat()


def _tell_defect(row: int, defect: Defect, sessions: Sessions, plan: Plan) -> dict[str, Any]:
    """Where the defect stands, whose row it is, and how the row would have counted as far as it still tells."""
    session = int(plan.session_of_row[row])
    would_have_been = {
        "outcome": "success" if sessions.success[session] else "failure",
        "energy": "unknown" if sessions.energy_wh[session] else "failure",
        "nothing": "unknown",
    }
    return {
        "line": row + 2,  # counted from 1, and the header is the first
        "code": defect.code,
        "refused": defect.refused,
        "session_id": None if defect.code == "repeated_header" else f"S{session + 1:07d}",
        "would_have_been": would_have_been[defect.tells],
    }


def _tell_expected(plan: Plan) -> dict[str, Any]:
    rejects = Counter(defect.code for _, defect, _ in plan.planted if defect.refused)
    kept = Counter(defect.code for _, defect, _ in plan.planted if not defect.refused)
    read, rejected = len(plan.session_of_row), rejects.total()
    updated, unchanged = kept["conflicting_repeat"], kept["exact_repeat"]
    return {
        "read": read,
        "inserted": read - updated - unchanged - rejected,
        "updated": updated,
        "unchanged": unchanged,
        "rejected": rejected,
        "rejects_by_rule": dict(rejects),
    }
