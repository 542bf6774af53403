from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evcharge.errors import ConfigError
from evcharge.metrics.intervals import tails, wilson_interval
from evcharge.metrics.rates import (
    BELOW,
    CANT_TELL,
    CHANCES,
    MEETS,
    ONE_LOT,
    VERDICTS,
    network_of,
    one_test,
    verdicts,
    what_would_change,
    with_rates,
)

NO_COUNTS = dict.fromkeys(("excluded", "unknown", "without_failures", "perhaps_without_failures"), 0)
WILSON_95 = {
    # Source: the team's metrics notes, section 5.4, computed there with scipy 1.17.1 by
    # scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson").
    (0, 5): (0.0000, 0.4345),
    (5, 5): (0.5655, 1.0000),
    (8, 10): (0.4902, 0.9433),
    (18, 20): (0.6990, 0.9721),
    (90, 100): (0.8256, 0.9448),
    (970, 1000): (0.9575, 0.9789),
}


def interval(successes, attempts):
    low, high = wilson_interval(np.array([float(successes)]), np.array([float(attempts)]))
    return float(low[0]), float(high[0])


def verdict(successes, attempts, target=0.95, failures_included="yes"):
    (word,) = verdicts(
        np.array([float(successes)]), np.array([float(attempts)]), target, np.array([failures_included], dtype=object)
    )
    return word


def counts(*rows):
    names = ["successes", "failures", "excluded", "unknown", "without_failures", "perhaps_without_failures"]
    return pd.DataFrame(rows, columns=names, dtype="int64")


def few_tail(successes, attempts, target):
    """The chance of this many successes or fewer at the target."""
    terms = (math.comb(attempts, k) * target**k * (1 - target) ** (attempts - k) for k in range(successes + 1))
    return math.fsum(terms)


@pytest.mark.parametrize(("pair", "expected"), WILSON_95.items(), ids=lambda value: str(value))
def test_wilson_intervals_are_those_of_the_published_method(pair, expected):
    assert interval(*pair) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(("low", "attempts"), [(0.90, 35), (0.95, 73), (0.97, 125)])
def test_so_many_successes_in_a_row_lift_the_lower_bound_over_the_level(low, attempts):
    # Source: the team's metrics notes, section 5.4.
    assert interval(attempts, attempts)[0] >= low > interval(attempts - 1, attempts - 1)[0]


def test_the_interval_ends_exactly_at_zero_and_at_one():
    assert interval(0, 7)[0] == 0.0
    assert not any(math.copysign(1, interval(0, attempts)[0]) < 0 for attempts in range(1, 100)), "printed as -0.0%"
    assert interval(7, 7)[1] == 1.0


def test_no_attempts_give_no_interval():
    assert all(math.isnan(bound) for bound in interval(0, 0))


def test_nine_of_eleven_can_not_be_told_from_95_percent():
    # Source: the team's report design, section 0.2: chance gives this 10 % of the time.
    assert interval(9, 11)[1] < 0.95
    assert few_tail(9, 11, 0.95) == pytest.approx(0.102, abs=5e-4)
    assert verdict(9, 11) == CANT_TELL


def test_eleven_of_fifteen_are_judged_by_the_exact_tail():
    assert few_tail(11, 15, 0.95) == pytest.approx(0.00547, abs=5e-6)
    assert verdict(11, 15) == CANT_TELL
    assert few_tail(10, 15, 0.95) < 0.001
    assert verdict(10, 15) == BELOW


def test_below_target_begins_where_chance_gives_less_than_one_in_a_thousand():
    for attempts in (1, 2, 3, 5, 11, 40, 200):
        for successes in range(attempts + 1):
            assert (verdict(successes, attempts) == BELOW) is (few_tail(successes, attempts, 0.95) < 0.001)


def test_meets_target_begins_where_a_station_just_on_it_would_do_so_well_less_than_once_in_forty():
    for attempts in (1, 40, 71, 72, 73, 200):
        for successes in range(attempts + 1):
            many = 1 - few_tail(successes - 1, attempts, 0.95) if successes else 1.0
            assert (verdict(successes, attempts) == MEETS) is (many < 0.025), (successes, attempts)


def test_seventy_two_successes_in_a_row_meet_95_percent_and_seventy_one_do_not():
    assert 0.95**72 < 0.025 < 0.95**71
    assert (verdict(72, 72), verdict(71, 71)) == (MEETS, CANT_TELL)


@pytest.mark.parametrize("said", ["no", "unknown"])
def test_where_failures_were_or_may_have_been_removed_no_station_meets_the_target(said):
    assert verdict(1000, 1000, failures_included=said) == CANT_TELL
    assert verdict(1000, 1000, failures_included="yes") == MEETS


@pytest.mark.parametrize("said", ["no", "unknown"])
def test_a_station_may_be_below_target_though_failures_were_removed(said):
    assert verdict(50, 100, failures_included=said) == BELOW


def test_without_attempts_there_is_no_ratio_and_nothing_to_tell():
    rated = with_rates(counts((0, 0, 2, 5, 0, 0)), 0.95)
    assert rated[["success_ratio", "low", "high"]].isna().all().all()
    assert rated["attempts"].tolist() == [0]
    assert rated["verdict"].tolist() == [CANT_TELL]


def test_unknown_and_excluded_sessions_change_neither_ratio_nor_verdict():
    bare = with_rates(counts((18, 2, 0, 0, 0, 0)), 0.95)
    beset = with_rates(counts((18, 2, 70, 500, 0, 0)), 0.95)
    names = ["attempts", "success_ratio", "low", "high", "verdict"]
    pd.testing.assert_frame_equal(bare[names], beset[names])
    assert bare[["attempts", "success_ratio"]].iloc[0].tolist() == [20, 0.9]


def test_rates_keep_the_rows_their_order_and_the_counts():
    given = counts((18, 2, 0, 0, 0, 0), (0, 0, 0, 3, 0, 3), (50, 50, 0, 0, 1, 0), (100, 0, 0, 0, 0, 0))
    before = given.copy()
    rated = with_rates(given, 0.95)
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(rated[list(given.columns)], given)
    assert rated["verdict"].tolist() == [CANT_TELL, CANT_TELL, BELOW, MEETS]
    assert rated["failures_included"].tolist() == ["yes", "unknown", "no", "yes"]


def test_one_session_without_failures_is_enough_to_say_so_of_the_station():
    assert with_rates(counts((99, 0, 0, 0, 1, 7)), 0.9)["failures_included"].tolist() == ["no"]


def test_rates_of_no_stations_are_an_empty_table():
    assert with_rates(counts(), 0.95).empty


def test_the_network_is_the_sum_of_its_stations_not_the_mean_of_their_ratios():
    network = network_of(counts((90, 10, 0, 1, 0, 0), (1, 9, 2, 0, 0, 0)), 0.95)
    row = network.iloc[0]
    assert len(network) == 1
    assert (row["successes"], row["attempts"], row["excluded"], row["unknown"]) == (91, 110, 2, 1)
    assert row["success_ratio"] == 91 / 110


def test_one_publisher_that_removed_failures_keeps_the_network_from_meeting_the_target():
    stations = counts((5000, 0, 0, 0, 0, 0), (10, 0, 0, 0, 10, 0))
    assert with_rates(stations, 0.95)["verdict"].tolist() == [MEETS, CANT_TELL]
    assert network_of(stations, 0.95)["verdict"].tolist() == [CANT_TELL]


def test_the_verdicts_are_the_words_that_outputs_rely_on():
    assert VERDICTS == ("below target", "can't tell yet", "meets target")


@pytest.mark.parametrize(
    ("attempts", "below_up_to", "meets_from"),
    [(5, 1, None), (10, 5, None), (20, 14, None), (72, 61, 72), (100, 86, 100), (200, 178, 197), (1000, 926, 964)],
)
def test_the_limits_at_95_percent_are_those_of_the_page_on_verdicts(attempts, below_up_to, meets_from):
    words = [verdict(successes, attempts) for successes in range(attempts + 1)]
    assert len(words) - 1 - words[::-1].index(BELOW) == below_up_to
    assert (words.index(MEETS) if MEETS in words else None) == meets_from
    row = f"| {attempts:,} | {below_up_to} | {meets_from or 'never'} |"
    assert row in (Path(__file__).parents[3] / "docs" / "metrics" / "verdicts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("successes", "attempts"), [(0, 0), (0, 5), (9, 11), (177, 231), (71, 72), (236, 237), (500, 500)]
)
def test_the_tails_are_sums_of_the_binomial_and_meet_at_what_was_seen(successes, attempts):
    few, many = tails(np.array([float(successes)]), np.array([float(attempts)]), 0.95)
    chances = [math.comb(attempts, k) * 0.95**k * 0.05 ** (attempts - k) for k in range(attempts + 1)]
    assert few[0] == pytest.approx(math.fsum(chances[: successes + 1]))
    assert many[0] == pytest.approx(math.fsum(chances[successes:]))


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95])
@pytest.mark.parametrize(
    ("successes", "attempts"), [(0, 0), (0, 1), (9, 11), (10, 15), (80, 100), (95, 100), (200, 200)]
)
def test_what_would_change_a_verdict_is_the_least_that_does(successes, attempts, target):
    told = what_would_change(successes, attempts, target)
    now = verdict(successes, attempts, target)

    def fewest(change, most=3000):
        return next((m for m in range(1, most + 1) if change(m)), None)

    undone = fewest(lambda m: verdict(successes + m, attempts, target) != BELOW, attempts - successes)
    assert told.failures_to_undo == (undone if now == BELOW else None)
    met = fewest(lambda m: verdict(successes + m, attempts + m, target) == MEETS)
    assert told.successes_to_meet == (met if now != MEETS else None)
    fallen = fewest(lambda m: verdict(successes, attempts + m, target) == BELOW)
    assert told.failures_to_below == (fallen if now == CANT_TELL else None)
    unmet = fewest(lambda m: verdict(successes, attempts + m, target) != MEETS)
    assert told.failures_to_unmeet == (unmet if now == MEETS else None)


@pytest.mark.parametrize("said", ["no", "unknown"])
def test_where_failures_may_be_missing_nothing_makes_a_station_meet_the_target(said):
    assert what_would_change(500, 500, 0.95, said).successes_to_meet is None
    assert what_would_change(500, 500, 0.95, said).failures_to_below == 45
    assert what_would_change(50, 100, 0.95, said).failures_to_undo == 37


def test_an_answer_further_off_than_any_station_lives_is_none():
    assert what_would_change(0, 1, 1 - 1e-12).successes_to_meet is None


def test_one_lot_is_judged_by_one_test_and_stations_as_some_of_many():
    """88 of 100 against 95 %: chance gives so few in 1 of 233; it is rare for one, not for one of many."""
    counts = pd.DataFrame([{**NO_COUNTS, "successes": 88, "failures": 12}])
    assert with_rates(counts, 0.95)["verdict"].tolist() == [CANT_TELL]
    assert with_rates(counts, 0.95, ONE_LOT)["verdict"].tolist() == [BELOW]
    assert network_of(counts, 0.95)["verdict"].tolist() == [BELOW]
    assert network_of(counts, 0.95, one_test(0.999))["verdict"].tolist() == [CANT_TELL]


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99, 0.998])
def test_both_tails_of_one_test_leave_its_confidence(confidence):
    limits = one_test(confidence)
    assert limits.below_tail == limits.meets_tail == pytest.approx((1 - confidence) / 2, abs=1e-15)
    assert limits.confidence == confidence


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        one_test(confidence)


def test_the_chances_are_the_exact_tails_and_missing_without_attempts():
    counts = pd.DataFrame([{**NO_COUNTS, "successes": k, "failures": n - k} for k, n in ((11, 15), (0, 0))])
    few, many = (with_rates(counts, 0.95)[name].tolist() for name in CHANCES)
    assert few[0] == pytest.approx(sum(math.comb(15, k) * 0.95**k * 0.05 ** (15 - k) for k in range(12)))
    assert many[0] == pytest.approx(sum(math.comb(15, k) * 0.95**k * 0.05 ** (15 - k) for k in range(11, 16)))
    assert np.isnan([few[1], many[1]]).all()
