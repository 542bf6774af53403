"""How often directions, hour windows and worst ports are right, on data whose truth is known.

The tables of docs/metrics/weekly.md and docs/metrics/concentration.md. Run ``python benchmarks/signal_simulations.py``
in an environment with evcharge; it takes about three minutes. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.metrics.concentration import HOURS_OF_A_DAY, hour_window, worst_port
from evcharge.metrics.direction import CHANGES, LIMITS, WORSE, clearest_split, direction, split_distances

SEED = 20_250_106
FIRST_WEEK = np.datetime64("2025-01-06", "s")  # a Monday
A_WEEK = np.timedelta64(7, "D")
RATIO = 0.96
DEPENDENT = 0.8
LENGTHS = (17, 26, 52, 104)
DROPPING = ((300, 0.01, 0.5), (3_000, 0.003, 0.0), (3_000, 0.005, 0.5), (30_000, 0.005, 0.5), (30_000, 0.01, 0.8))
"""Networks that get worse: as ``STABLE``."""
NONE = "–"

BUSY = np.array([1, 1, 1, 1, 1, 2, 3, 6, 8, 8, 8, 9, 10, 10, 9, 9, 10, 11, 11, 9, 7, 5, 4, 3], dtype=float)
"""Attempts by hour of the day, as parts: a public station, busiest in the afternoon."""
FAULTY_HOURS = (12, 19)
FAILURES = 0.04


def simulate_counts(networks, weeks, per_week, spread=0.0, dependence=0.0, drop=0.0, drop_weeks=0, seed=SEED):
    """Attempts and successes by week of networks that are alike: two arrays, a row per network.

    Args:
        networks: how many.
        weeks: how many each.
        per_week: mean attempts a week.
        spread: standard deviation of the true ratio from week to week.
        dependence: correlation of a week's true ratio with that of the week before.
        drop: how much lower the true ratio is in the last ``drop_weeks``.
        drop_weeks: see ``drop``.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    moves = rng.normal(size=(networks, weeks))
    for week in range(1, weeks):
        moves[:, week] = dependence * moves[:, week - 1] + np.sqrt(1 - dependence**2) * moves[:, week]
    true_ratio = RATIO + spread * moves - drop * (np.arange(weeks) >= weeks - drop_weeks)
    attempts = np.maximum(rng.poisson(per_week, (networks, weeks)), 1)
    return attempts, rng.binomial(attempts, np.clip(true_ratio, 0, 1))


def days_of(attempts, successes):
    """The days of one network of one station: each week's counts on its Monday, up to the last Sunday."""
    days = FIRST_WEEK + np.arange(len(attempts)) * A_WEEK
    columns = {
        "station_key": 1,
        "day": np.append(days, days[-1] + A_WEEK - np.timedelta64(1, "D")),
        "successes": np.append(successes, 0),
        "failures": np.append(attempts - successes, 0),
    }
    return pd.DataFrame(columns)


def directions(networks, weeks, per_week, **truth):
    """The direction of each of so many simulated networks."""
    attempts, successes = simulate_counts(networks, weeks, per_week, **truth)
    return [direction(days_of(*counts)) for counts in zip(attempts, successes, strict=True)]


def share(words, word):
    """How many of the directions have this word."""
    return sum(found.word == word for found in words) / len(words)


def share_changed(words):
    """How many of the directions are a change, however small."""
    return sum(found.word in CHANGES for found in words) / len(words)


STABLE = (
    (300, 0.01, 0.0),
    (300, 0.01, 0.8),
    (3_000, 0.003, 0.5),
    (3_000, 0.005, 0.8),
    (3_000, 0.01, 0.8),
    (30_000, 0.003, 0.8),
    (30_000, 0.005, 0.5),
    (30_000, 0.005, 0.8),
    (30_000, 0.01, 0.8),
)
"""Networks that do not change: attempts a week, standard deviation from week to week beyond chance, dependence."""


def name_of(per_week, spread, dependence):
    """The first cells of a row."""
    return f"| {per_week:,} | {100 * spread:.1f} | {dependence:g} |"


def print_heads(*heads):
    """The heads of a table of networks."""
    print("| attempts a week | points | dependence | " + " | ".join(heads) + " |")
    print("| ---: | ---: | ---: |" + " ---: |" * len(heads))


def print_limits(networks=1_000, draws=4):
    """The calibration: the distance that 5 of 100 stable networks exceed, by weeks, and the limit that is used."""
    heads = [name_of(*truth).strip("| ").replace(" | ", ", ") for truth in STABLE if truth[2] == DEPENDENT]
    print("| weeks | " + " | ".join(heads) + " | limit |")
    print("| ---: |" + " ---: |" * (len(heads) + 1))
    for weeks, limit in LIMITS:
        cells = []
        for per_week, spread, dependence in STABLE:
            if dependence != DEPENDENT:
                continue
            largest = []
            for draw in range(draws):
                counts = simulate_counts(
                    networks, weeks, per_week, spread=spread, dependence=dependence, seed=SEED + draw
                )
                _, distances = split_distances(*(count.astype(float) for count in counts))
                largest.append(np.abs(distances).max(axis=1))
            cells.append(f"{np.quantile(np.concatenate(largest), 0.95):.2f}")
        print(f"| {weeks} | " + " | ".join(cells) + f" | {limit:.2f} |")


def print_stable_networks(networks=1_000):
    """Networks that do not change: how many are called changed all the same."""
    print_heads(*(f"{weeks} weeks" for weeks in LENGTHS))
    for per_week, spread, dependence in STABLE:
        truth = {"spread": spread, "dependence": dependence, "seed": SEED + 1_000}
        cells = [f"{share_changed(directions(networks, weeks, per_week, **truth)):.1%}" for weeks in LENGTHS]
        print(f"{name_of(per_week, spread, dependence)} " + " | ".join(cells) + " |")


def print_drops(networks=200, age=8):
    """Networks that got worse eight weeks ago: called worse."""
    drops = (0.01, 0.02, 0.05)
    print_heads(*(f"{weeks} weeks" for weeks in LENGTHS))
    for per_week, spread, dependence in DROPPING:
        cells = []
        for weeks in LENGTHS:
            truth = {"spread": spread, "dependence": dependence, "drop_weeks": age}
            shares = [share(directions(networks, weeks, per_week, drop=drop, **truth), WORSE) for drop in drops]
            cells.append(", ".join(f"{found:.0%}" for found in shares))
        print(f"{name_of(per_week, spread, dependence)} " + " | ".join(cells) + " |")


def print_dates(networks=1_000, age=8, weeks=52):
    """The same: how many of those called worse have a date, how many of these within a week of the truth, of how many.

    Networks of one station never have a date, so that here the clearest split itself is asked.
    """
    drops = (0.01, 0.02, 0.05)
    print_heads(*(f"{100 * drop:.0f} point{'s' * (drop > 0.01)}" for drop in drops))
    for per_week, spread, dependence in DROPPING:
        cells = []
        for drop in drops:
            truth = {"spread": spread, "dependence": dependence, "drop": drop, "drop_weeks": age}
            counts = (count.astype(float) for count in simulate_counts(networks, weeks, per_week, **truth))
            splits = [clearest_split(*network) for network in zip(*counts, strict=True)]
            worse = [split for split in splits if split.word == WORSE]
            dated = [split for split in worse if split.dated]
            right = sum(abs(split.cut - (weeks - age)) <= 1 for split in dated)
            cells.append(f"{len(dated) / len(worse):.0%} ({right} of {len(dated)})" if dated else NONE)
        print(f"{name_of(per_week, spread, dependence)} " + " | ".join(cells) + " |")


def simulate_hours(stations, attempts, failures=FAILURES, faulty=None, retries=0.0, seed=SEED):
    """Attempts and failures by hour of the day, of stations that are alike.

    Args:
        stations: how many.
        attempts: mean of each station, over all days.
        failures: chance that an attempt fails.
        faulty: chance that it fails from 12:00 to 19:00; None for the same.
        retries: chance that a driver whose attempt failed tries again within the hour; every second try fails.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    chance = np.full(HOURS_OF_A_DAY, failures)
    if faulty is not None:
        chance[slice(*FAULTY_HOURS)] = faulty
    for _ in range(stations):
        tried = rng.poisson(attempts * BUSY / BUSY.sum())
        failed = rng.binomial(tried, chance)
        again = failed
        while retries and again.any():
            again = rng.binomial(again, retries)
            tried, again = tried + again, rng.binomial(again, 0.5)
            failed = failed + again
        yield pd.DataFrame({"hour": np.arange(HOURS_OF_A_DAY), "attempts": tried, "failures": failed})


def print_hours_of_stations_without_bunching(stations=2_000):
    """How many of 1,000 get a window all the same, and how many with drivers who try again."""
    print("| attempts | fail | no retries | 3 in 10 try again | 6 in 10 try again |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for attempts, failures in ((100, 0.05), (500, 0.05), (500, 0.2), (3_000, 0.05)):
        cells = []
        for retries in (0.0, 0.3, 0.6):
            count = stations if retries == 0 else stations // 4
            found = [hour_window(hours) for hours in simulate_hours(count, attempts, failures, retries=retries)]
            cells.append(f"{1000 * np.mean([window is not None for window in found]):.1f}")
        print(f"| {attempts:,} | {failures:.0%} | " + " | ".join(cells) + " |")


def print_faulty_hours(stations=200):
    """Stations at which more attempts fail from 12:00 to 19:00: shown, and within an hour of it at both ends."""
    print("| attempts | fail from 12:00 to 19:00 | shown | within an hour at both ends |")
    print("| ---: | ---: | ---: | ---: |")
    first, after = FAULTY_HOURS
    for attempts in (100, 300, 1_000):
        for faulty in (0.1, 0.2, 0.4):
            found = [hour_window(hours) for hours in simulate_hours(stations, attempts, faulty=faulty)]
            shown = [window for window in found if window]
            near = sum(
                abs(window.first_hour - first) <= 1 and abs(window.first_hour + window.hours - after) <= 1
                for window in shown
            )
            print(f"| {attempts:,} | {faulty:.0%} | {len(shown) / stations:.0%} | {near / stations:.0%} |")


def simulate_ports(stations, attempts, worst=FAILURES, ports=4, seed=SEED):
    """Attempts and failures of the ports of stations that are alike; the first fails with the chance ``worst``."""
    rng = np.random.default_rng(seed)
    chance = np.array([worst] + [FAILURES] * (ports - 1))
    for _ in range(stations):
        tried = rng.poisson(attempts / ports, ports)
        failed = rng.binomial(tried, chance)
        yield pd.DataFrame({"port_id": [f"P{port}" for port in range(ports)], "attempts": tried, "failures": failed})


def print_ports(stations=200, stations_alike=2_000):
    """Stations with four ports of which the first fails more often, or dies: named right and wrong."""
    truths = (FAILURES, 0.12, 0.3, 1.0)
    heads = [f"{worst:.0%} fail at one" for worst in truths[1:]]
    print("| attempts | none is worse: one named, in 1,000 | " + " | ".join(heads) + " |")
    print("| ---: | ---: |" + " ---: |" * len(heads))
    for attempts in (40, 100, 300, 1_000):
        cells = []
        for worst in truths:
            count = stations if worst > FAILURES else stations_alike
            found = [worst_port(ports) for ports in simulate_ports(count, attempts, worst)]
            named = [port.port_id for port in found if port]
            cells.append(f"{named.count('P0') / count:.0%}" if worst > FAILURES else f"{1000 * len(named) / count:.1f}")
        print(f"| {attempts:,} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    for print_table in (
        print_limits,
        print_stable_networks,
        print_drops,
        print_dates,
        print_hours_of_stations_without_bunching,
        print_faulty_hours,
        print_ports,
    ):
        print_table()
        print(flush=True)
