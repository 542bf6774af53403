"""Pauses that are looked at all at once are those that each one's days, looked at alone, have."""

from __future__ import annotations

import numpy as np
import pytest

from evcharge.metrics.exposure import Calendar, Use
from evcharge.metrics.pauses import Uses

FIRST = 20_000
LENGTH = 300


def calendar(in_use: int, seed: int = 1) -> Calendar:
    """Days of a source with some sessions of others on each."""
    sessions = np.random.default_rng(seed).integers(100, 140, LENGTH)
    return Calendar(FIRST, sessions, np.ones(LENGTH, dtype=bool), np.full(LENGTH, in_use))


def some_days(number: int, seed: int) -> list[np.ndarray]:
    """The days of so many stations: each busier than the one before, and the last ones with a gap of weeks."""
    random = np.random.default_rng(seed)
    days = [np.flatnonzero(random.random(LENGTH) < (one + 1) / number) + FIRST for one in range(number)]
    return [own[(own < FIRST + 90) | (own > FIRST + 90 + 2 * one)] for one, own in enumerate(days)]


def all_at_once(own: list[np.ndarray], known: Calendar) -> Uses:
    days = np.concatenate(own)
    sessions = np.arange(len(days)) % 3 + 1
    return Uses(known, np.array([len(one) for one in own]), days, sessions, sessions // 2)


def one_by_one(use: Use, limit: float, least_days: int) -> list[tuple]:
    """Every pause of one station whose chance is under the limit divided by their number, by the chance itself."""
    spans = [(int(last), int(back) - 1) for last, back in zip(use.days, use.days[1:], strict=False)]
    spans = [(last, until) for last, until in spans if until - last >= least_days]
    chances = [(last + 1, until, use.pause(last, until)) for last, until in spans]
    return [row for row in chances if row[2].chance < limit / len(spans)]


@pytest.mark.parametrize("in_use", [2, 40])
@pytest.mark.parametrize("least_days", [1, 7])
def test_of_many_stations_the_same_pauses_are_unlikely_as_of_each_alone(in_use, least_days):
    uses = all_at_once(some_days(20, seed=3), calendar(in_use))
    expected = [(n, *row) for n, use in enumerate(uses.each()) for row in one_by_one(use, 1e-3, least_days)]
    found = sorted(uses.pauses(1e-3, least_days))
    assert [tuple(one) for one in found] == expected
    assert len({one.number for one in found}) > 3


@pytest.mark.parametrize("in_use", [2, 40])
def test_the_time_since_the_last_session_is_unlikely_where_its_chance_is_under_the_limit(in_use):
    own = [days[days < FIRST + 299 - 4 * one] for one, days in enumerate(some_days(20, seed=5))]
    uses = all_at_once(own, calendar(in_use))
    ends = uses.ends_of_data(np.full(20, FIRST + LENGTH - 1), None)
    found = {one.number: one for one in uses.last_pauses(ends, 1e-3)}
    chances = [use.pause(int(use.days[-1]), FIRST + LENGTH - 1).chance for use in uses.each()]
    assert set(found) == {number for number, chance in enumerate(chances) if chance < 1e-3}
    assert 3 < len(found) < 20
    assert all((one.first, one.last) == (own[n][-1] + 1, FIRST + LENGTH - 1) for n, one in found.items())


def test_a_session_is_missed_up_to_the_last_day_asked_for_only_where_few_are_in_use():
    own, asked_to = some_days(4, seed=7), FIRST + LENGTH - 1
    data_ends = np.full(4, FIRST + 200)
    many, few = (all_at_once(own, calendar(in_use)).ends_of_data(data_ends, asked_to) for in_use in (40, 2))
    assert many.tolist() == [max(int(days[-1]), FIRST + 200) for days in own]
    assert few.tolist() == [asked_to] * 4


def test_a_pause_without_a_day_has_the_chance_of_one_and_misses_nothing():
    use = all_at_once(some_days(20, seed=3), calendar(40)).use(19)
    assert use.pause(int(use.days[-1]), int(use.days[-1])) == (1.0, 0.0, 0.0)
