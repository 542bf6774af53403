"""Whatever the days: no allowed partition is better than the one that is found, and only its own days make it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.partition import CHANGE_EVIDENCE, LEAST_ATTEMPTS, LEAST_DAYS, last_changes
from evcharge.metrics.spells import present_spell
from tests.support.strategies import laws

pytestmark = pytest.mark.thorough

MOST_SPELLS = 4
"""Of so few spells ``last_changes`` gives every beginning, so that the whole partition is known."""
MOST_DAYS = MOST_SPELLS * LEAST_DAYS + LEAST_DAYS - 1


@st.composite
def stations(draw, most_days=MOST_DAYS):
    """Successes and attempts of the days of a station whose rate changes now and then."""
    runs = draw(st.lists(st.tuples(st.integers(1, most_days), st.sampled_from([0, 1, 2, 3, 6, 9])), max_size=5))
    tenths = [share for days, share in runs for _ in range(days)][:most_days]
    attempts = draw(st.lists(st.integers(1, 12), min_size=len(tenths), max_size=len(tenths)))
    failures = [min(count, count * share // 9) for count, share in zip(attempts, tenths, strict=True)]
    return np.array(attempts, dtype="int64") - np.array(failures, dtype="int64"), np.array(attempts, dtype="int64")


def sums(counts):
    return np.concatenate([[0], np.cumsum(counts, dtype="int64")])


def cost_of(changes, successes, attempts):
    """Cost of a partition from its definition; infinite where a spell is too short."""
    cost = CHANGE_EVIDENCE * len(changes)
    for begin, end in zip((0, *changes), (*changes, len(attempts)), strict=True):
        tries, good = int(attempts[begin:end].sum()), int(successes[begin:end].sum())
        if changes and (end - begin < LEAST_DAYS or tries < LEAST_ATTEMPTS):
            return np.inf
        cost -= 2 * sum(count * np.log(count / tries) for count in (good, tries - good) if count)
    return cost


def changes_of(successes, attempts):
    """Every change in the days of a station of at most ``MOST_SPELLS`` spells; a longer one stands beside it."""
    length, beside = len(attempts), np.ones(len(attempts) + LEAST_DAYS, dtype="int64")
    counts = [sums(np.concatenate([own, beside])) for own in (successes, attempts)]
    begins, ends = np.array([0, length]), np.array([length, length + len(beside)])
    return tuple(sorted({int(place[0]) for place in last_changes(*counts, begins, ends)} - {0}))


def noisy(seed):
    """Successes and attempts of days of two to four rates, so unlike that about half the changes count."""
    rng = np.random.default_rng(seed)
    spells = int(rng.integers(2, MOST_SPELLS + 1))
    ends = np.sort(rng.choice(np.arange(3, MOST_DAYS - 2), spells - 1, replace=False))
    rates = rng.choice([0.2, 0.5, 0.8, 0.97], spells)
    attempts = rng.integers(1, rng.choice([4, 10, 20]), MOST_DAYS)
    return rng.binomial(attempts, rates[np.searchsorted(ends, np.arange(MOST_DAYS), side="right")]), attempts


def allowed(begin, end):
    """Every way to part these days into spells of enough days, as the days that begin a spell but the first."""
    yield ()
    for change in range(begin + LEAST_DAYS, end - LEAST_DAYS + 1):
        yield from ((change, *later) for later in allowed(change, end))


@laws(300)
@given(st.integers(0, 100_000))
def test_no_partition_of_all_that_are_allowed_costs_less_than_the_one_found(seed):
    days = noisy(seed)
    least = min(cost_of(changes, *days) for changes in allowed(0, MOST_DAYS))
    assert cost_of(changes_of(*days), *days) == pytest.approx(least, abs=1e-6)


@laws(100)
@given(st.lists(stations(90), min_size=1, max_size=40))
def test_the_spells_of_a_station_do_not_depend_on_the_stations_beside_it(fleet):
    ends = np.cumsum([len(attempts) for _, attempts in fleet])
    begins = np.concatenate([[0], ends[:-1]])
    successes, attempts = (sums(np.concatenate(counts)) for counts in zip(*fleet, strict=True))
    together = np.array(last_changes(successes, attempts, begins, ends)) - begins
    alone = [last_changes(*map(sums, days), np.array([0]), np.array([len(days[0])])) for days in fleet]
    assert together.T.tolist() == np.array(alone)[:, :, 0].tolist()


@laws(100)
@given(stations(90))
def test_failures_and_successes_changed_for_each_other_change_at_the_same_days(days):
    successes, attempts = days
    assert present_spell(attempts - successes, attempts) == present_spell(successes, attempts)


@laws(100)
@given(stations(60))
def test_a_present_spell_lies_after_the_one_before_and_has_the_attempts_that_it_needs(days):
    successes, attempts = days
    before, first = present_spell(successes, attempts)
    assert 0 <= before <= first <= max(len(attempts) - 1, 0)
    if first:
        assert before < first
        assert attempts[first:].sum() >= LEAST_ATTEMPTS
        assert attempts[before:first].sum() >= LEAST_ATTEMPTS
