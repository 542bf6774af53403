from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from benchmarks.signal_simulations import days_of, directions, share, share_changed, simulate_counts
from evcharge.metrics.direction import (
    BETTER,
    LEAST_POINTS,
    LEAST_WEEKS,
    LIMITS,
    NO_CHANGE,
    SMALL,
    WORSE,
    clearest_split,
    direction,
    limit_of,
    long_run_variance,
    shares_of_change,
    split_distances,
)
from evcharge.metrics.rates import CANT_TELL

MONDAY = date(2025, 1, 6)
CALM = (96, 95, 97, 96, 94, 98, 96, 96, 95, 97)
"""Successes of 100 attempts a week: 96 % together."""


def monday(week):
    return MONDAY + timedelta(weeks=week)


def days_of_stations(*stations, attempts=100):
    """A row per station and week on its Monday, and the last Sunday; None stands for a week without attempts."""
    rows = [
        (key, monday(week), count, attempts - count)
        for key, successes in enumerate(stations, start=1)
        for week, count in enumerate(successes)
        if count is not None
    ]
    rows.append((1, monday(len(stations[0])) - timedelta(days=1), 0, 0))
    days = pd.DataFrame(rows, columns=["station_key", "day", "successes", "failures"])
    return days.assign(day=days["day"].to_numpy(dtype="datetime64[s]"))


def direction_of(*successes, attempts=100):
    """The direction of one station, or of some that each have a row of weeks."""
    stations = successes if isinstance(successes[0], tuple) else (successes,)
    return direction(days_of_stations(*stations, attempts=attempts))


def word_of(counts):
    """The word as of the end of the last of these weeks, whatever was said before."""
    successes = np.array(counts, dtype=float)
    return clearest_split(np.full(len(successes), 100.0), successes).word


# The distance


def variance_by_hand(residuals):
    """The long-run variance in plain Python, from the formulas of docs/metrics/weekly.md."""
    weeks = len(residuals)
    products = [
        sum(residuals[week] * residuals[week - lag] for week in range(lag, weeks)) / weeks for lag in range(weeks)
    ]
    lags = int(min(1.3 * weeks**0.5, weeks / 3))
    newey_west = products[0] + 2 * sum((1 - lag / (lags + 1)) * products[lag] for lag in range(1, lags + 1))
    correlation = products[1] / products[0]
    correlation = min(max(correlation + (1 + 3 * correlation) / weeks, 0), 0.9)
    plug_in = products[0] * (1 + correlation) / (1 - correlation)
    return max(1, weeks / (weeks - 2) * newey_west, weeks / (weeks - 2) * plug_in)


def distance_by_hand(attempts, successes, now):
    """The distance of the last ``now`` weeks in plain Python."""
    cut, total, failed = len(attempts) - now, sum(attempts), sum(attempts) - sum(successes)
    before, after = (
        sum(successes[part]) / sum(attempts[part]) for part in (slice(None, cut), slice(cut, len(attempts)))
    )
    spread = (failed / total * (1 - failed / total)) ** 0.5
    residuals = [
        (k / n - (before if week < cut else after)) / (spread / n**0.5)
        for week, (n, k) in enumerate(zip(attempts, successes, strict=True))
    ]
    chance = spread * (1 / sum(attempts[:cut]) + 1 / sum(attempts[cut:])) ** 0.5
    return (after - before) / (chance * variance_by_hand(residuals) ** 0.5)


@pytest.mark.parametrize("weeks", [16, 26, 53, 104])
def test_the_distances_are_those_of_the_formulas_computed_by_hand(weeks):
    attempts, successes = simulate_counts(3, weeks, 900, spread=0.02, dependence=0.6, drop=0.03, drop_weeks=6)
    weeks_now, distances = split_distances(attempts.astype(float), successes.astype(float))
    assert weeks_now.tolist() == list(range(3, min(26, weeks // 2) + 1))
    for network in range(3):
        expected = [
            distance_by_hand(attempts[network].tolist(), successes[network].tolist(), now) for now in weeks_now.tolist()
        ]
        assert distances[network].tolist() == pytest.approx(expected, rel=1e-9)


def test_the_long_run_variance_of_weeks_that_hang_together_is_larger_and_never_less_than_that_of_chance():
    apart = np.array([0.9, -0.9] * 13)
    together = np.repeat([1.5, -1.5], 13)
    assert long_run_variance(apart) == 1
    assert long_run_variance(together) == pytest.approx(variance_by_hand(together.tolist()))
    assert long_run_variance(together) > 15
    assert long_run_variance(np.zeros(26)) == 1


def test_the_limit_is_that_of_the_table_and_between_its_weeks_on_a_straight_line():
    assert [limit_of(weeks) for weeks, _ in LIMITS] == [limit for _, limit in LIMITS]
    (first, high), (second, low) = LIMITS[:2]
    assert limit_of((first + second) // 2) == pytest.approx((high + low) / 2)
    assert LIMITS[0][0] == LEAST_WEEKS - 1


# The word


def test_a_fall_is_worse_by_its_size_in_the_weeks_since():
    told = direction_of(*CALM, *CALM, *[80, 82, 81, 80, 82])
    assert (told.word, told.reason) == (WORSE, None)
    assert (told.weeks_before, told.weeks_now) == (20, 5)
    assert (told.ratio_before, told.ratio_now) == (0.96, 0.81)
    assert told.points == pytest.approx(-15)
    assert (told.first_day, told.last_day) == (monday(20), monday(25) - timedelta(days=1))


def test_a_rise_is_better_by_its_size():
    told = direction_of(*[80, 81, 79] * 6, *[95, 96, 94, 95])
    assert (told.word, told.weeks_now) == (BETTER, 4)
    assert told.points == pytest.approx(15)


def test_one_bad_week_is_no_change():
    assert direction_of(*CALM, *CALM, 96, 60).word == NO_CHANGE
    assert direction_of(*CALM, *CALM, 60, 96, 95, 97).word == NO_CHANGE


def test_weeks_that_wander_are_no_change_where_the_same_fall_of_calm_weeks_is_one():
    fall = [90] * 8
    assert direction_of(*[96, 96, 95, 97, 96, 96] * 3, *fall).word == WORSE
    assert direction_of(*[96] * 4, *[89] * 5, *[97] * 5, *[90] * 4, *fall).word == NO_CHANGE


def test_a_change_of_less_than_half_a_point_does_not_matter_however_sure_it_is():
    calm = [207_400, 207_300, 207_500, 207_400, 207_300, 207_400, 207_500, 207_400] * 3  # of 216,000: 96.02 %
    small, worse = (direction_of(*calm, *[later] * 5, attempts=216_000) for later in (206_400, 206_300))
    assert (small.word, small.since, small.stations) == (SMALL, None, ())
    assert small.points == pytest.approx(-0.463, abs=0.001)
    assert abs(small.points) < LEAST_POINTS
    assert worse.word == WORSE
    assert worse.points == pytest.approx(-0.509, abs=0.001)


def test_too_few_weeks_can_not_be_told_and_say_so():
    assert direction_of(*CALM, *CALM[: LEAST_WEEKS - 10]).word == NO_CHANGE
    told = direction_of(*CALM, *CALM[: LEAST_WEEKS - 11], None)
    assert (told.word, told.since, told.stations, told.weeks_now) == (CANT_TELL, None, (), 0)
    assert told.reason == "16 full weeks with attempts; 17 are needed"
    assert np.isnan([told.ratio_before, told.ratio_now, told.points]).all()
    assert direction_of(96).reason == "1 full week with attempts; 17 are needed"
    assert direction(days_of_stations((96,))[:0]).reason == "0 full weeks with attempts; 17 are needed"


def test_where_nothing_ever_fails_or_succeeds_no_change_is_shown():
    for count in (0, 100):
        told = direction_of(*[count] * 30)
        assert (told.word, told.points) == (NO_CHANGE, 0)


def test_weeks_without_attempts_are_passed_over():
    weeks = (*CALM, *CALM, 80, 82, 81, 80)
    told, with_hole = direction_of(*weeks), direction_of(*weeks[:7], None, None, *weeks[7:22], None, *weeks[22:])
    assert (with_hole.word, with_hole.points) == (WORSE, told.points)
    assert (with_hole.weeks_before, with_hole.weeks_now) == (20, 4)
    assert with_hole.first_day == monday(22)


def test_of_many_years_the_last_104_weeks_are_compared():
    told = direction_of(*[50] * 60, *CALM * 10, *[80] * 4)
    assert (told.word, told.weeks_before, told.weeks_now) == (WORSE, 100, 4)


def test_weeks_with_attempts_that_are_too_far_apart_are_too_few():
    weeks = [96 if week % 8 == 0 else None for week in range(161)]
    assert direction_of(*weeks).reason == "13 full weeks with attempts; 17 are needed"


def test_when_successes_and_failures_are_exchanged_worse_is_better():
    days = days_of(*(counts[0] for counts in simulate_counts(1, 40, 3_000, spread=0.003, drop=0.04, drop_weeks=6)))
    mirrored = days.rename(columns={"successes": "failures", "failures": "successes"})
    told, mirror = direction(days), direction(mirrored)
    assert (told.word, mirror.word) == (WORSE, BETTER)
    assert (told.weeks_now, told.points) == (mirror.weeks_now, pytest.approx(-mirror.points))


def test_the_order_of_the_rows_changes_nothing():
    days = days_of_stations((*CALM, *CALM, 80, 82, 81), (*CALM, *CALM, 96, 95, 97))
    assert direction(days.sample(frac=1, random_state=1)) == direction(days)


# A word waits for a second report


def test_a_new_word_is_told_when_a_second_week_says_the_same():
    weeks = [*CALM, *CALM, 85, 88, 87, 86]
    alone = [word_of(weeks[:end]) for end in range(len(weeks) - 3, len(weeks) + 1)]
    assert alone == [NO_CHANGE, NO_CHANGE, WORSE, WORSE]
    told = [direction_of(*weeks[:end]).word for end in range(len(weeks) - 3, len(weeks) + 1)]
    assert told == [NO_CHANGE, NO_CHANGE, NO_CHANGE, WORSE]


def test_a_word_is_held_until_another_is_said_twice_and_says_up_to_which_week_it_holds():
    weeks = [*CALM, *CALM, 85, 88, 87, 86, 100, 86]
    alone = [word_of(weeks[:end]) for end in range(len(weeks) - 2, len(weeks) + 1)]
    assert alone == [WORSE, NO_CHANGE, WORSE]
    held = direction_of(*weeks[:-1])
    assert (held.word, held.last_day) == (WORSE, monday(len(weeks) - 2) - timedelta(days=1))
    assert held == direction_of(*weeks[:-2])


@pytest.mark.thorough
def test_a_week_is_asked_with_what_it_would_have_been_asked_with():
    weeks = [int(count) for count in np.random.default_rng(4).binomial(100, 0.9, 160)]
    weeks[130:] = [count - 12 for count in weeks[130:]]
    for end in range(125, 161):
        said = direction_of(*weeks[:end])
        again = direction_of(*weeks[: said.first_day and (said.last_day - MONDAY).days // 7 + 1])
        assert (again.word, again.points) == (said.word, said.points)


# Who makes it, and since when


def counts_of(**stations):
    """Successes and failures by station_key."""
    rows = {int(key[1:]): pair for key, pair in stations.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["successes", "failures"])


def test_shares_are_those_computed_by_hand_and_together_one():
    before = counts_of(s1=(90, 10), s2=(270, 30))
    now = counts_of(s1=(60, 40), s2=(95, 5), s3=(30, 20))
    shares = shares_of_change(before, now)
    # 10 % fail before, at both; of 250 attempts now 65 fail: 26 %. Beyond 10 %: 30 of s1, -5 of s2, 15 of s3.
    assert shares.to_dict() == pytest.approx({1: 30 / 40, 3: 15 / 40, 2: -5 / 40})
    assert shares.index.tolist() == [1, 3, 2]
    assert shares.sum() == pytest.approx(1)


def test_an_ordinary_station_that_is_used_more_makes_nothing_and_a_bad_one_that_is_used_more_does():
    before = counts_of(s1=(90, 10), s2=(98, 2), s3=(82, 18))
    ordinary = shares_of_change(before, counts_of(s1=(900, 100), s2=(90, 10), s3=(82, 18)))
    assert ordinary[1] == pytest.approx(0)
    bad = shares_of_change(before, counts_of(s1=(90, 10), s2=(98, 2), s3=(820, 180)))
    assert bad.index[0] == 3
    assert bad[3] > 0.5


def test_a_station_that_makes_the_change_is_named_with_its_share_and_gives_it_no_date():
    steady = (*CALM, *CALM, *CALM[:6])
    told = direction_of((*CALM, *CALM, *[40] * 6), steady, steady)
    assert told.word == WORSE
    assert [station.station_key for station in told.stations] == [1]
    assert told.stations[0].share == pytest.approx(1, abs=0.05)
    assert told.since is None


def test_as_many_stations_are_named_as_make_half_of_the_change_and_at_most_three():
    calm = (*CALM, *CALM)
    steady = (*calm, *CALM[:6])
    shares = [station.share for station in direction_of((*calm, *[80] * 6), (*calm, *[76] * 6), *[steady] * 6).stations]
    assert len(shares) == 1
    three = direction_of(*[(*calm, *[76] * 6)] * 5, *[steady] * 6)
    assert [station.station_key for station in three.stations] == [1, 2, 3]
    assert [station.share for station in three.stations] == pytest.approx([0.2] * 3, abs=0.02)


def test_a_change_that_no_few_stations_make_has_a_date_of_three_weeks():
    calm = (*CALM, *CALM)
    told = direction_of(*[(*calm, *[80] * 6)] * 8)
    assert (told.word, told.stations) == (WORSE, ())
    assert told.since == (monday(19), monday(21))


def test_a_change_that_is_not_large_beside_the_scatter_of_weeks_has_no_date():
    clear, unclear = (direction_of(*[(*[93, 99] * 10, *[93 - fall, 99 - fall] * 3)] * 8) for fall in (16, 10))
    assert (clear.word, unclear.word) == (WORSE, WORSE)
    assert clear.since == (monday(19), monday(21))
    assert unclear.since is None


def test_a_change_that_may_be_older_than_the_weeks_tried_or_is_slow_has_no_date():
    old = direction_of(*[(*CALM, *[80] * 10)] * 8)
    assert (old.word, old.weeks_now, old.since) == (WORSE, 10, None)
    slow = direction_of(*[(*CALM, *CALM, *range(95, 75, -1))] * 8)
    assert (slow.word, slow.stations, slow.since) == (WORSE, (), None)


# On networks whose truth is known (docs/metrics/weekly.md has the tables)


@pytest.mark.thorough
@pytest.mark.parametrize("weeks", [17, 26, 52, 104])
@pytest.mark.parametrize(
    ("per_week", "spread", "dependence"), [(300, 0.01, 0.0), (3_000, 0.005, 0.8), (30_000, 0.01, 0.8)]
)
def test_of_networks_that_do_not_change_no_more_than_five_in_a_hundred_are_called_changed(
    weeks, per_week, spread, dependence
):
    networks = 300
    told = directions(networks, weeks, per_week, spread=spread, dependence=dependence, seed=7)
    # So few networks may have more by chance alone; the benchmark draws thousands.
    assert networks * share_changed(told) <= binom.ppf(0.999, networks, 0.05)


@pytest.mark.thorough
def test_a_fall_of_two_points_is_found_and_one_among_few_attempts_is_not_made_up():
    truth = {"spread": 0.003, "drop": 0.02, "drop_weeks": 8}
    assert share(directions(60, 26, 3_000, **truth), WORSE) >= 0.9
    assert share(directions(60, 52, 3_000, **truth | {"dependence": 0.5}), WORSE) >= 0.9
    assert share(directions(60, 26, 300, spread=0.003, drop=0.01, drop_weeks=8), NO_CHANGE) >= 0.8


def test_the_shares_are_the_same_to_the_last_digit_however_stations_are_numbered():
    draw = np.random.default_rng(1)
    for _ in range(20):
        before, now = (
            pd.DataFrame(draw.integers(1, 500, (12, 2)), columns=["successes", "failures"]) for _ in range(2)
        )
        numbers = draw.permutation(12)
        other = shares_of_change(*(frame.iloc[numbers].reset_index(drop=True) for frame in (before, now)))
        renamed = other.rename(dict(enumerate(numbers)))
        assert renamed.to_dict() == shares_of_change(before, now).to_dict()
