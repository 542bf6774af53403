"""How often directions, hour windows and worst ports are right, on data whose truth is known.

The tables of docs/metrics/weekly.md and docs/metrics/concentration.md. Run ``python benchmarks/signal_simulations.py``
in an environment with evcharge; it takes about three minutes. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.metrics.concentration import HOURS_OF_A_DAY, hour_window, worst_port
from evcharge.metrics.weekly import BASELINE_WEEKS, BETTER, WORSE, control_chart, direction

SEED = 20_250_106
FIRST_WEEK = np.datetime64("2025-01-06", "s")  # a Monday
A_WEEK = np.timedelta64(7, "D")
RATIO = 0.96

BUSY = np.array([1, 1, 1, 1, 1, 2, 3, 6, 8, 8, 8, 9, 10, 10, 9, 9, 10, 11, 11, 9, 7, 5, 4, 3], dtype=float)
"""Attempts by hour of the day, as parts: a public station, busiest in the afternoon."""
FAULTY_HOURS = (12, 19)
FAILURES = 0.04


def simulate_weeks(networks, weeks, per_week, spread=0.0, dependence=0.0, drop=0.0, drop_weeks=0, seed=SEED):
    """Weekly counts of networks that are alike, as ``weekly_counts`` has them.

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
    attempts = rng.poisson(per_week, (networks, weeks))
    successes = rng.binomial(attempts, np.clip(true_ratio, 0, 1))
    for tried, succeeded in zip(attempts, successes, strict=True):
        columns = {
            "week": FIRST_WEEK + np.arange(weeks) * A_WEEK,
            "attempts": tried,
            "successes": succeeded,
            "success_ratio": succeeded / np.maximum(tried, 1),
        }
        yield pd.DataFrame(columns)


def directions(networks, weeks, per_week, **truth):
    """What is said of simulated networks, and whether the last weeks hold a signal, whatever is said."""
    charts = [control_chart(counts) for counts in simulate_weeks(networks, weeks, per_week, **truth)]
    return [direction(chart) for chart in charts], [last_run_holds_a_signal(chart) for chart in charts]


def last_run_holds_a_signal(chart):
    """Whether any of the last weeks on one side of the centre, after the baseline, is a signal."""
    ratio, centre, signal = (chart[name].to_numpy()[BASELINE_WEEKS:] for name in ("success_ratio", "centre", "signal"))
    other_side = np.flatnonzero(np.sign(ratio - centre) != np.sign(ratio - centre)[-1])
    return bool((signal[other_side.max(initial=-1) + 1 :] != "").any())


def share(words, word):
    """How many of the directions have this word."""
    return sum(found.word == word for found in words) / len(words)


def is_within_a_week(since, truth):
    """Whether a change is dated, and no more than a week from the truth."""
    return since is not None and abs((since - truth).days) <= 7


def print_stable_networks(networks=1_000):
    """Networks that do not change: worse, better, and how many the signals alone would call one of them."""
    lengths = (13, 26, 52)
    print("| attempts a week | weeks differ by | " + " | ".join(f"{weeks} weeks" for weeks in lengths) + " |")
    print("| ---: | --- |" + " ---: |" * len(lengths))
    rows = ((300, 0.01, 0.0), (3_000, 0.005, 0.0), (30_000, 0.005, 0.0))
    for per_week, spread, dependence in (*rows, (3_000, 0.003, 0.5), (30_000, 0.005, 0.5)):
        cells = []
        for weeks in lengths:
            words, signals = directions(networks, weeks, per_week, spread=spread, dependence=dependence)
            worse, better = share(words, WORSE), share(words, BETTER)
            cells.append(f"{worse:.1%}, {better:.1%} ({np.mean(signals):.1%})")
        name = f"{100 * spread:.1f} points" + (", each depends on the last" if dependence else "")
        print(f"| {per_week:,} | {name} | " + " | ".join(cells) + " |")


def print_drops(networks=200, weeks=26, spread=0.003):
    """Networks that got worse some weeks before the end: called worse, and dated within a week."""
    drops, ages = (0.01, 0.02, 0.04), (4, 8)
    heads = [f"{100 * drop:.0f} point{'s' * (drop > 0.01)}, {age} weeks ago" for drop in drops for age in ages]
    print("| attempts a week | " + " | ".join(heads) + " |")
    print("| ---: |" + " ---: |" * len(heads))
    for per_week in (300, 3_000, 30_000):
        cells = []
        for drop in drops:
            for age in ages:
                truth = pd.Timestamp(FIRST_WEEK + (weeks - age) * A_WEEK).date()
                words, _ = directions(networks, weeks, per_week, spread=spread, drop=drop, drop_weeks=age)
                near = [found.word == WORSE and is_within_a_week(found.since, truth) for found in words]
                cells.append(f"{share(words, WORSE):.0%} ({np.mean(near):.0%})")
        print(f"| {per_week:,} | " + " | ".join(cells) + " |")


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
        print_stable_networks,
        print_drops,
        print_hours_of_stations_without_bunching,
        print_faulty_hours,
        print_ports,
    ):
        print_table()
        print(flush=True)
