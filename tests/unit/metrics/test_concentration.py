from __future__ import annotations

import tracemalloc
from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest

from benchmarks.signal_simulations import FAULTY_HOURS, simulate_hours, simulate_ports
from evcharge.metrics.concentration import (
    BUNCHED_CHANCE,
    HOURS_OF_A_DAY,
    LONGEST_WINDOW_HOURS,
    hour_window,
    worst_port,
)

WINDOWS = HOURS_OF_A_DAY * LONGEST_WINDOW_HOURS


def hours_of(failures, attempts=20):
    """A day in which so many of the attempts of each hour fail; hours that are not named have no failure."""
    rows = [(hour, attempts, failures.get(hour, 0)) for hour in range(HOURS_OF_A_DAY)]
    return pd.DataFrame(rows, columns=["hour", "attempts", "failures"])


def ports_of(*rows):
    return pd.DataFrame(rows, columns=["port_id", "attempts", "failures"]).astype({"port_id": object})


def tail(failures, attempts, all_failures, all_attempts):
    """P(X ≥ failures) of a hypergeometric X, in whole numbers."""
    ways = sum(
        comb(attempts, x) * comb(all_attempts - attempts, all_failures - x)
        for x in range(failures, min(attempts, all_failures) + 1)
    )
    return Fraction(ways, comb(all_attempts, all_failures))


def tails_by_hand(hours):
    """Chance, length and first hour of every window, the least first."""
    counts = {row.hour: (row.attempts, row.failures) for row in hours.itertuples()}
    sums = [sum(count[place] for count in counts.values()) for place in (1, 0)]
    found = []
    for length in range(1, LONGEST_WINDOW_HOURS + 1):
        for first in range(HOURS_OF_A_DAY):
            inside = [counts.get((first + step) % HOURS_OF_A_DAY, (0, 0)) for step in range(length)]
            attempts, failures = (sum(count[place] for count in inside) for place in (0, 1))
            found.append((tail(failures, attempts, *sums), length, first, failures, attempts))
    return sorted(found)


# Hours


def test_a_fault_from_noon_to_seven_is_found_as_it_is():
    failures = {3: 1, 20: 1} | dict.fromkeys(range(12, 19), 6)
    found = hour_window(hours_of(failures))
    assert (found.first_hour, found.hours) == (12, 7)
    assert (found.failures, found.attempts) == (42, 140)
    assert (found.failure_ratio_inside, found.failure_ratio_outside) == (0.3, 2 / 340)
    assert found.adjusted_chance == pytest.approx(float(WINDOWS * tail(42, 140, 44, 480)), rel=1e-9, abs=0)


def test_a_window_may_pass_midnight():
    found = hour_window(hours_of(dict.fromkeys((22, 23, 0, 1), 8)))
    assert (found.first_hour, found.hours, found.failures) == (22, 4, 32)


def test_a_window_has_at_most_twelve_hours():
    found = hour_window(hours_of(dict.fromkeys(range(6, 20), 6)))
    assert found.hours == LONGEST_WINDOW_HOURS == 12


@pytest.mark.thorough
def test_the_window_is_the_least_likely_of_all_counted_by_hand():
    rng = np.random.default_rng(7)
    shown = 0
    for _ in range(40):
        attempts = rng.poisson(12, HOURS_OF_A_DAY)
        failed = rng.binomial(attempts, np.where(np.arange(HOURS_OF_A_DAY) < rng.integers(2, 14), 0.3, 0.03))
        hours = pd.DataFrame({"hour": np.arange(HOURS_OF_A_DAY), "attempts": attempts, "failures": failed})
        hours = hours[hours["attempts"] > 0].sample(frac=1, random_state=1)
        found, (chance, length, first, failures, tried) = hour_window(hours), tails_by_hand(hours)[0]
        assert (found is not None) == (WINDOWS * chance < BUNCHED_CHANCE)
        if found:
            shown += 1
            assert (found.hours, found.first_hour, found.failures, found.attempts) == (length, first, failures, tried)
            assert found.adjusted_chance == pytest.approx(float(WINDOWS * chance), rel=1e-9, abs=0)
    assert 10 < shown < 40


def test_of_windows_that_are_as_unlikely_the_shortest_is_told_and_then_the_earliest():
    quiet = hours_of({10: 15}).query("hour in (4, 10, 16, 22)")  # any window around 10 that has no other is as unlikely
    found = hour_window(quiet.assign(attempts=40))
    assert (found.first_hour, found.hours) == (10, 1)
    twice = hour_window(hours_of({4: 15, 16: 15}).assign(attempts=100))
    assert (twice.first_hour, twice.hours) == (4, 1)


def test_hours_may_be_missing_or_come_in_several_rows():
    whole = hours_of({12: 10, 13: 10})
    parts = pd.concat([whole.assign(attempts=15, failures=0), whole.assign(attempts=5)])
    assert hour_window(parts) == hour_window(whole)
    some = whole[whole["hour"] >= 10]
    zeros = whole.assign(attempts=whole["attempts"].where(whole["hour"] >= 10, 0))
    assert hour_window(some) == hour_window(zeros) is not None


def test_failures_spread_over_the_day_are_no_window():
    assert hour_window(hours_of(dict.fromkeys(range(HOURS_OF_A_DAY), 2))) is None


def test_busy_hours_have_more_failures_and_are_no_window_for_that():
    attempts = np.where(np.arange(HOURS_OF_A_DAY) // 6 == 2, 200, 10)
    busy = pd.DataFrame({"hour": np.arange(HOURS_OF_A_DAY), "attempts": attempts, "failures": attempts // 10})
    assert hour_window(busy) is None


def test_an_hour_with_fewer_failures_than_chance_is_in_no_window():
    nearly_all = dict.fromkeys(range(HOURS_OF_A_DAY), 20) | {5: 0}
    found = hour_window(hours_of(nearly_all))
    assert (found.first_hour, found.hours) == (6, 12)


def test_the_memory_for_a_window_does_not_grow_with_attempts_times_windows():
    busy = hours_of(dict.fromkeys(range(12), 2_700) | dict.fromkeys(range(12, 24), 2_300), attempts=5_000)
    hour_window(busy)  # imports what it needs
    tracemalloc.start()
    found = hour_window(busy)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.first_hour, found.hours) == (0, 12)
    assert most < 10 * 8 * busy["attempts"].sum()


@pytest.mark.parametrize(
    "hours",
    [
        hours_of({}),
        hours_of({12: 1}),
        hours_of(dict.fromkeys(range(HOURS_OF_A_DAY), 20)),
        hours_of({})[:0],
        hours_of({}, attempts=0),
        hours_of({9: 20})[9:10],
    ],
    ids=["no failure", "one failure", "all fail", "no rows", "no attempts", "one hour only"],
)
def test_without_anything_to_compare_there_is_no_window(hours):
    assert hour_window(hours) is None


def test_when_the_clock_is_turned_the_window_turns_with_it():
    failures = dict.fromkeys(range(12, 19), 6)
    for turned in range(HOURS_OF_A_DAY):
        found = hour_window(hours_of({(hour + turned) % HOURS_OF_A_DAY: count for hour, count in failures.items()}))
        assert (found.first_hour, found.hours) == ((12 + turned) % HOURS_OF_A_DAY, 7)


@pytest.mark.thorough
def test_of_stations_without_bunching_at_most_a_few_in_a_thousand_get_a_window():
    found = [hour_window(hours) for hours in simulate_hours(300, 1_000, 0.05)]
    assert sum(window is not None for window in found) <= 2


def test_a_planted_fault_is_found_and_its_hours_are_right_within_one():
    first, after = FAULTY_HOURS
    found = [hour_window(hours) for hours in simulate_hours(40, 1_000, faulty=0.3)]
    assert all(found)
    assert all(abs(window.first_hour - first) <= 1 for window in found)
    assert all(abs(window.first_hour + window.hours - after) <= 1 for window in found)


# Ports


def test_a_dead_port_of_four_is_named_with_its_share_of_the_failures():
    found = worst_port(ports_of(("A", 50, 2), ("B", 50, 25), ("C", 50, 1), ("D", 50, 2)))
    assert (found.port_id, found.failures, found.attempts, found.failure_share) == ("B", 25, 50, 25 / 30)
    assert found.adjusted_chance == pytest.approx(float(4 * tail(25, 50, 30, 200)), rel=1e-9, abs=0)


def test_a_port_with_more_failures_only_because_it_is_used_more_is_not_named():
    assert worst_port(ports_of(("A", 900, 90), ("B", 50, 5), ("C", 50, 5))) is None


def test_sessions_without_a_port_count_and_are_never_the_port():
    nameless = (None, 100, 60)
    assert worst_port(ports_of(("A", 50, 2), ("B", 50, 2), nameless)) is None
    found = worst_port(ports_of(("A", 100, 2), ("B", 100, 40), (None, 100, 5)))
    assert (found.port_id, found.failure_share) == ("B", 40 / 47)
    assert found.adjusted_chance == pytest.approx(float(2 * tail(40, 100, 47, 300)), rel=1e-9, abs=0)


@pytest.mark.parametrize(
    "rows",
    [
        [("A", 100, 90)],
        [("A", 100, 90), (None, 100, 1)],
        [(None, 100, 90)],
        [],
        [("A", 100, 0), ("B", 100, 0)],
        [("A", 100, 100), ("B", 100, 100)],
        [("A", 0, 0), ("B", 0, 0)],
    ],
    ids=["one port", "one and none", "none", "no rows", "no failure", "all fail", "no attempts"],
)
def test_without_ports_to_compare_none_is_named(rows):
    assert worst_port(ports_of(*rows)) is None


def test_of_ports_that_are_as_unlikely_the_first_by_id_is_named_in_whatever_order_they_come():
    rows = [("C", 100, 1), ("B", 100, 40), ("A", 100, 40), ("D", 100, 1)]
    assert worst_port(ports_of(*rows)).port_id == worst_port(ports_of(*rows[::-1])).port_id == "A"


def test_a_port_is_named_from_the_stated_chance_on():
    named = []
    for failures in range(1, 30):
        chance = 2 * tail(failures, 100, failures + 5, 200)
        named.append(worst_port(ports_of(("A", 100, failures), ("B", 100, 5))) is not None)
        assert named[-1] == (chance < BUNCHED_CHANCE)
    assert named == sorted(named)
    assert any(named)


def test_of_stations_without_a_worse_port_hardly_any_gets_one_named():
    assert sum(worst_port(ports) is not None for ports in simulate_ports(300, 300)) <= 1


def test_a_dead_port_of_four_is_named_after_forty_attempts_and_never_another():
    found = [worst_port(ports) for ports in simulate_ports(60, 40, worst=1.0)]
    named = [port.port_id for port in found if port]
    assert len(named) >= 54
    assert set(named) == {"P0"}
