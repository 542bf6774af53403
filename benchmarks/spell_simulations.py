"""How often spells and silence are right, on stations whose truth is known: the tables of docs/metrics/spells.md.

Run ``python -m benchmarks.spell_simulations`` in an environment with evcharge; it takes about five minutes. Seeds are
fixed. Sessions come by chance (Poisson) and outcomes are independent, which real ones are not quite.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from benchmarks.greedy_spells import greedy_spells
from evcharge.metrics.exposure import one_source
from evcharge.metrics.rates import BELOW, verdicts
from evcharge.metrics.silence import find_silence, silent_limit
from evcharge.metrics.spells import judge_spells, present_spells

FIRST_DAY = np.datetime64("2025-01-06")  # a Monday
DAYS = 90
TARGET = 0.95
FALL_DAYS = 14
SEED = 20_250_106
FLEETS = (50, 5_000)
LIVE = 9_500
YEAR = 365


def simulate(stations, per_day, ratio, seed=SEED):
    """Sessions of stations that are alike.

    Args:
        stations: how many.
        per_day: mean sessions of each day, one a day, or one for all of ``DAYS``.
        ratio: true success ratio of each day, or of all.
        seed: of the random numbers.

    Returns:
        The columns of ``days.count_days``.
    """
    rng = np.random.default_rng(seed)
    per_day = np.broadcast_to(per_day, DAYS) if np.ndim(per_day) == 0 else np.asarray(per_day)
    sessions = rng.poisson(per_day, (stations, len(per_day)))
    successes = rng.binomial(sessions, np.broadcast_to(ratio, len(per_day)))
    station, day = np.nonzero(sessions)
    successes, sessions = successes[station, day], sessions[station, day]
    return pd.DataFrame(
        {
            "station_key": station,
            "day": (FIRST_DAY + day.astype("timedelta64[D]")).astype("datetime64[s]"),
            "successes": successes,
            "failures": sessions - successes,
            "excluded": 0,
            "unknown": 0,
        }
    )


def last_days(stations, days=DAYS):
    """The last simulated day, for every station."""
    return pd.Series(np.datetime64(FIRST_DAY + np.timedelta64(days - 1, "D"), "s"), index=np.arange(stations))


def fallen(before, now, days_ago=FALL_DAYS, days=DAYS):
    """The true ratio of each day of a station that changed."""
    return np.where(np.arange(days) < days - days_ago, before, now)


def judged(stations, per_day, ratio, target=TARGET, seed=SEED):
    """Simulated stations as ``judge_spells`` sees them."""
    days = DAYS if np.ndim(per_day) == 0 else len(per_day)
    return judge_days(simulate(stations, per_day, ratio, seed), target, last_days(stations, days))


def judge_days(days, target, ends):
    """The stations of these days as one source."""
    return judge_spells(days, target, one_source(days, ends))


def below_by_whole_period(stations, per_day, ratio, target=TARGET, seed=SEED):
    """Share of the simulated stations that are below target by their rate over all days."""
    sums = (
        simulate(stations, per_day, ratio, seed).groupby("station_key")[["successes", "failures"]].sum().astype(float)
    )
    words = verdicts(sums["successes"].to_numpy(), sums.sum(axis=1).to_numpy(), target)
    return words.count(BELOW) / stations


def share_below(found, stations):
    """Share of all simulated stations that are below target; one without a session is not."""
    return (found["verdict"] == BELOW).sum() / stations


def print_power(stations=2_000):
    """Stations that fell, and one that was repaired, by volume."""
    print(f"| true ratio | attempts a day | below target: whole {DAYS} days | present spell | dated within 3 days |")
    print("| --- | ---: | ---: | ---: | ---: |")
    truth = np.datetime64(FIRST_DAY + np.timedelta64(DAYS - FALL_DAYS, "D"), "s")
    for before, now in ((0.97, 0.80), (0.97, 0.88), (0.80, 0.97)):
        for per_day in (1, 2, 3, 4, 8, 16, 30):
            found = judged(stations, per_day, fallen(before, now))
            whole = below_by_whole_period(stations, per_day, fallen(before, now))
            near = found["changed"] & ((found["since"] - truth).abs() <= np.timedelta64(3, "D"))
            name = f"{before:.0%} to {now:.0%}, {FALL_DAYS} days ago"
            shares = (whole, share_below(found, stations), near.sum() / stations)
            print(f"| {name} | {per_day} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


def faulty(days, bad_days_ago, good=0.97, bad=0.75):
    """The true ratio of each day of a station that failed on some days, counted back from 1, the last."""
    return np.where(np.isin(days - np.arange(days), bad_days_ago), bad, good)


def print_masked(stations=1_000, per_day=8):
    """Stations whose fault is over, by the search that was replaced and by the best partition."""
    short = faulty(YEAR, np.arange(146, 166))
    again = faulty(YEAR, np.concatenate([np.arange(21, 28) + 28 * number for number in range(12)]), bad=0.60)
    print("| station, 8 attempts a day | what is asked | likeliest split, again and again | best partition |")
    print("| --- | --- | ---: | ---: |")
    for name, ratio, mended in (
        ("75% for 20 days, mended 145 days ago", short, 145),
        ("60% for a week of every four, good for 20 days", again, 20),
    ):
        days = simulate(stations, np.full(YEAR, float(per_day)), ratio)
        truth = np.datetime64(FIRST_DAY + np.timedelta64(YEAR - mended, "D"), "s")
        spells = present_spells(days)
        columns = ("changed", "since", "successes", "attempts")
        shares = []
        for changed, since, *counts in (greedy_spells(days), [spells[column].to_numpy() for column in columns]):
            near = changed & (np.abs(since - truth) <= np.timedelta64(3, "D"))
            below = verdicts(*(part.astype(float) for part in counts), TARGET).count(BELOW)
            shares.append((changed.mean(), near.mean(), below / stations))
        for asked, *pair in zip(("a change", "its day within 3 days", "below target now"), *shares, strict=True):
            print(f"| {name} | {asked} | " + " | ".join(f"{share:.1%}" for share in pair) + " |")


def false_alarms(days, target):
    """How many stations are below target."""
    spells = present_spells(days)
    return verdicts(*(spells[name].to_numpy(dtype=float) for name in ("successes", "attempts")), target).count(BELOW)


def print_false_alarms(stations=20_000):
    """Stations exactly on target that are called below it, in 1,000."""
    volumes = (1, 2, 4, 8, 30)
    print("| target | days | " + " | ".join(f"{volume} a day" for volume in volumes) + " |")
    print("| ---: | ---: |" + " ---: |" * len(volumes))
    for target, days in (*((target, DAYS) for target in (0.80, 0.90, 0.95, 0.97, 0.99)), (TARGET, YEAR)):
        counts = [false_alarms(simulate(stations, np.full(days, float(each)), target), target) for each in volumes]
        print(f"| {target:.0%} | {days} | " + " | ".join(f"{1000 * count / stations:.2f}" for count in counts) + " |")


def print_season(stations=1_000, phases=12):
    """Stations on target over the year, with a better and a worse season, that are called below it, in 1,000."""
    volumes = (1, 2, 4, 8, 30)
    print("| season | days | " + " | ".join(f"{volume} a day" for volume in volumes) + " |")
    print("| ---: | ---: |" + " ---: |" * len(volumes))
    for swing, days in ((0.01, DAYS), (0.01, YEAR), (0.02, DAYS), (0.02, YEAR)):
        shares = []
        for per_day in volumes:
            count = 0
            for phase in range(phases):
                ratio = TARGET + swing * np.sin(2 * np.pi * (np.arange(days) / YEAR + phase / phases))
                count += false_alarms(simulate(stations, np.full(days, float(per_day)), ratio, SEED + phase), TARGET)
            shares.append(1000 * count / (stations * phases))
        print(f"| ±{100 * swing:.0f} | {days} | " + " | ".join(f"{share:.1f}" for share in shares) + " |")


def found_among(days, ends):
    """The chance of each station's pause, all of them of one source."""
    return find_silence(days, one_source(days, ends))["silence_chance"]


def print_silence(stations=500, live_stations=100_000):
    """Stations that died some days before the end, and live ones that are called silent.

    The dead are among ``LIVE`` others, as used as they were.
    """
    names = " | ".join(f"found among {fleet:,}" for fleet in FLEETS)
    print(f"| sessions a day | silent for | {names} |")
    print("| ---: | ---: |" + " ---: |" * len(FLEETS))
    for per_day, days in ((0.5, 14), (0.5, 28), (1, 7), (1, 14), (2, 7), (4, 3), (8, 2), (8, 3)):
        volume = np.where(np.arange(DAYS) < DAYS - days, per_day, 0.0)
        alive = simulate(LIVE, per_day, 0.97, SEED + 1)
        alive = alive.assign(station_key=alive["station_key"] + stations)
        sessions = pd.concat([simulate(stations, volume, 0.97), alive])
        chances = found_among(sessions, last_days(stations + LIVE)).iloc[:stations]
        shares = (f"{(chances < silent_limit(fleet)).sum() / stations:.1%}" for fleet in FLEETS)
        print(f"| {per_day} | {days} days | " + " | ".join(shares) + " |")
    names = " | ".join(f"called silent at the limit of {fleet:,}, in 100,000" for fleet in FLEETS)
    print(f"\n| live stations | days of data | {names} |")
    print("| --- | ---: |" + " ---: |" * len(FLEETS))
    for name, per_day, days in live_weeks():
        parts = [
            found_among(simulate(live_stations // 10, per_day, 0.97, SEED + part), last_days(live_stations // 10, days))
            for part in range(10)
        ]
        chances = pd.concat(parts)
        wrong = ((chances < silent_limit(fleet)).sum() * 100_000 / live_stations for fleet in FLEETS)
        print(f"| {name} | {days} | " + " | ".join(f"{share:.0f}" for share in wrong) + " |")


def live_weeks():
    """Stations in use: a name, the mean sessions of each day, and the days. The data ends on the last of them."""
    yield "1 a day", np.full(21, 1.0), 21
    yield "1 a day", np.full(90, 1.0), 90
    yield "8 a day", np.full(90, 8.0), 90
    for days in (21, 91):
        open_days = np.arange(days) % 7 < 5
        yield "20 a day, closed on weekends, data ends on a Sunday", np.where(open_days, 20.0, 0.0), days


def print_speed(stations=5_000, per_day=8):
    """Seconds for a large network, and milliseconds of the search for changes alone."""
    days, ends = simulate(stations, per_day, TARGET), last_days(stations)
    attempts = days[["successes", "failures"]].to_numpy().sum()
    took = seconds_of(judge_days, days, TARGET, ends)
    print(f"{stations:,} stations, {DAYS} days, {attempts:,} attempts: {took:.1f} s\n")

    print("| stations | days | true ratio | changes found in |")
    print("| ---: | ---: | --- | ---: |")
    for fleet, length in ((stations, 2 * YEAR), (1, 10 * YEAR)):
        back = length - np.arange(length)
        ratios = {
            "95%": np.full(length, TARGET),
            "97%, 80% for two weeks": np.where(back <= FALL_DAYS, 0.80, 0.97),
            "97% and 80%, 100 days each": np.where(back // 100 % 2, 0.80, 0.97),
        }
        for name, ratio in ratios.items():
            days = simulate(fleet, np.full(length, float(per_day)), ratio)
            print(f"| {fleet:,} | {length:,} | {name} | {1000 * seconds_of(present_spells, days):,.0f} ms |")


def seconds_of(call, *arguments):
    """Seconds of the processor, the least of three times."""
    took = []
    for _ in range(3):
        began = time.process_time()
        call(*arguments)
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    for print_table in (print_power, print_masked, print_false_alarms, print_season, print_silence, print_speed):
        print_table()
        print()
