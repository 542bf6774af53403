from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from benchmarks.signal_simulations import directions, share, simulate_weeks
from evcharge.metrics.rates import CANT_TELL
from evcharge.metrics.weekly import (
    BASELINE_WEEKS,
    BETTER,
    DIRECTION_SIGMAS,
    LEAST_OF_EACH,
    LEAST_POINTS,
    LEAST_WEEKS,
    MOST_WEEKS,
    NO_CHANGE,
    RUN_WEEKS,
    SMALL,
    WORSE,
    control_chart,
    direction,
    weekly_counts,
    why_no_limits,
)

MONDAY = date(2025, 1, 6)
CALM = (96, 95, 97, 96, 94, 98, 96, 96)
"""Successes of 100 attempts in each week of a baseline: 96 % together."""


def days_of(first, *counts):
    """A row a day from ``first`` on: successes and failures of each."""
    days = [first + timedelta(days=number) for number in range(len(counts))]
    frame = pd.DataFrame(counts, columns=["successes", "failures"], dtype="int64")
    return frame.assign(day=np.array(days, dtype="datetime64[s]"))


def weeks_of(*successes, attempts=100):
    """Weeks of so many attempts; None stands for a week without."""
    tried = np.array([0 if count is None else attempts for count in successes])
    succeeded = np.array([count or 0 for count in successes])
    columns = {
        "week": np.datetime64(MONDAY, "s") + np.arange(len(successes)) * np.timedelta64(7, "D"),
        "attempts": tried,
        "successes": succeeded,
        "success_ratio": np.where(tried > 0, succeeded / np.maximum(tried, 1), np.nan),
    }
    return pd.DataFrame(columns)


def signals_after(*later, baseline=CALM, attempts=100):
    """The signals of the weeks after the baseline."""
    scaled = [count * attempts // 100 for count in baseline]
    return control_chart(weeks_of(*scaled, *later, attempts=attempts))["signal"].tolist()[len(baseline) :]


def direction_after(*later, baseline=CALM, attempts=100):
    scaled = [count * attempts // 100 for count in baseline]
    return direction(control_chart(weeks_of(*scaled, *later, attempts=attempts)))


def monday(week):
    return MONDAY + timedelta(weeks=week)


# Weeks


def test_a_week_is_monday_to_sunday_of_all_rows_in_whatever_order():
    days = days_of(MONDAY, *[(10, 1)] * 14)
    twice = pd.concat([days, days]).sample(frac=1, random_state=1)
    found = weekly_counts(twice)
    assert found["week"].tolist() == [pd.Timestamp(MONDAY), pd.Timestamp(monday(1))]
    assert found["attempts"].tolist() == [154, 154]
    assert found["successes"].tolist() == [140, 140]
    assert found["success_ratio"].tolist() == [140 / 154, 140 / 154]


@pytest.mark.parametrize(
    ("first", "last", "mondays"),
    [
        (date(2025, 1, 6), date(2025, 1, 19), [date(2025, 1, 6), date(2025, 1, 13)]),
        (date(2025, 1, 7), date(2025, 1, 19), [date(2025, 1, 13)]),
        (date(2025, 1, 5), date(2025, 1, 18), [date(2025, 1, 6)]),
        (date(2025, 1, 7), date(2025, 1, 18), []),
        (date(2025, 1, 6), date(2025, 1, 6), []),
        (date(2024, 12, 28), date(2025, 1, 7), [date(2024, 12, 30)]),
        (date(1969, 12, 20), date(1970, 1, 5), [date(1969, 12, 22), date(1969, 12, 29)]),
    ],
)
def test_a_first_or_last_week_that_is_not_whole_is_left_out(first, last, mondays):
    found = weekly_counts(days_of(first, *[(1, 0)] * ((last - first).days + 1)))
    assert [one.date() for one in found["week"]] == mondays
    assert found["attempts"].tolist() == [7] * len(mondays)


def test_a_week_without_attempts_is_a_row_without_a_ratio():
    days = days_of(MONDAY, *[(1, 1)] * 7, *[(0, 0)] * 7, *[(1, 0)] * 7)
    found = weekly_counts(days[days["successes"] + days["failures"] > 0])
    assert found["attempts"].tolist() == [14, 0, 7]
    assert found["success_ratio"].isna().tolist() == [False, True, False]


def test_days_without_an_attempt_still_say_where_the_data_begins_and_ends():
    days = days_of(MONDAY, (0, 0), *[(1, 0)] * 5, (0, 0))
    assert weekly_counts(days)["attempts"].tolist() == [5]
    assert weekly_counts(days[1:]).empty


def test_of_many_years_the_last_104_weeks_count():
    found = weekly_counts(days_of(MONDAY, *[(1, 0)] * (7 * 150 + 3)))
    assert len(found) == MOST_WEEKS == 104
    assert (found["attempts"] == 7).all()
    assert found["week"].iloc[-1] == pd.Timestamp(MONDAY) + pd.Timedelta(weeks=149)


def test_no_days_give_no_weeks_of_the_same_types():
    none, some = weekly_counts(days_of(MONDAY)), weekly_counts(days_of(MONDAY, *[(1, 0)] * 7))
    assert none.empty
    assert none.dtypes.astype(str).tolist() == some.dtypes.astype(str).tolist()
    assert some.dtypes.astype(str).tolist() == ["datetime64[s]", "int64", "int64", "float64"]


# The chart


def test_centre_and_limits_are_laneys_computed_by_hand():
    successes, attempts = (
        (2880, 1900, 4790, 2910, 2400, 2870, 2895, 2840),
        (3000, 2000, 5000, 3000, 2500, 3000, 3000, 3000),
    )
    weeks = weeks_of(*successes, 950, 1800).assign(attempts=[*attempts, 1000, 2000])
    weeks["success_ratio"] = weeks["successes"] / weeks["attempts"]
    centre = sum(successes) / sum(attempts)
    z = [(k / n - centre) / (centre * (1 - centre) / n) ** 0.5 for k, n in zip(successes, attempts, strict=True)]
    sigma_z = sum(abs(second - first) for first, second in pairwise(z)) / 7 / 1.128
    assert sigma_z > 1
    chart = control_chart(weeks)
    assert chart["centre"].tolist() == pytest.approx([centre] * 10)
    reach = [3 * sigma_z * (centre * (1 - centre) / n) ** 0.5 for n in weeks["attempts"]]
    assert chart["low"].tolist() == pytest.approx([centre - one for one in reach])
    assert chart["high"].tolist() == pytest.approx([min(1, centre + one) for one in reach])
    assert chart["signal"].tolist() == [""] * 9 + [WORSE]


def test_weeks_that_differ_less_than_chance_makes_them_have_the_limits_of_chance():
    chart = control_chart(weeks_of(*[96] * 10))
    reach = 3 * (0.96 * 0.04 / 100) ** 0.5
    assert chart["low"].tolist() == pytest.approx([0.96 - reach] * 10)
    assert chart["high"].tolist() == [1.0] * 10


def test_limits_stay_between_zero_and_one():
    chart = control_chart(weeks_of(*[1, 3, 1, 4, 1, 3, 1, 4, 2, 2], attempts=5))
    assert (chart["low"] >= 0).all()
    assert (chart["high"] <= 1).all()


def test_a_week_outside_the_limits_is_a_signal():
    assert signals_after(96, 85, 96) == ["", WORSE, ""]
    assert signals_after(9600, 9950, 9600, attempts=10_000) == ["", "", ""]  # the baseline differs by ±2 points


def test_a_better_week_can_be_outside_too():
    assert signals_after(80, 99, 80, baseline=(80,) * 8) == ["", BETTER, ""]


def test_seven_weeks_in_a_row_on_one_side_are_all_signals_and_six_are_none():
    assert signals_after(97, *[95] * RUN_WEEKS, 97) == ["", *[WORSE] * RUN_WEEKS, ""]
    assert signals_after(97, *[95] * (RUN_WEEKS - 1), 97) == [""] * (RUN_WEEKS + 1)
    assert signals_after(95, *[97] * RUN_WEEKS, 95) == ["", *[BETTER] * RUN_WEEKS, ""]


def test_a_week_just_on_the_centre_is_on_no_side():
    assert signals_after(97, 95, 95, 95, 96, 95, 95, 95, 95, 97) == [""] * 10
    assert signals_after(97, *[96] * 9) == [""] * 10


def test_a_week_without_attempts_is_no_signal_and_ends_no_row():
    chart = control_chart(weeks_of(*CALM, 97, 95, 95, 95, None, 95, 95, 95, 95))
    assert chart["signal"].tolist()[9:] == [*[WORSE] * 3, "", *[WORSE] * 4]
    assert chart[["low", "high"]].isna().all(axis=1).tolist() == [False] * 12 + [True] + [False] * 4
    assert chart["centre"].notna().all()


def test_the_baseline_is_the_first_weeks_with_attempts():
    chart = control_chart(weeks_of(None, *CALM[:4], None, *CALM[4:], 50, 50))
    assert chart["centre"].tolist() == pytest.approx([0.96] * 12)
    assert why_no_limits(chart) is None


def test_later_weeks_move_neither_centre_nor_limits():
    short, long = (control_chart(weeks_of(*CALM, 96, 95, *[60] * more)) for more in (0, 20))
    pd.testing.assert_frame_equal(short[["centre", "low", "high"]], long[["centre", "low", "high"]][:10])


def test_fewer_full_weeks_than_the_least_have_no_limits_and_say_why():
    enough = weeks_of(*CALM, *[96] * (LEAST_WEEKS - BASELINE_WEEKS), None)
    assert why_no_limits(enough) is None
    few = control_chart(enough[1:])
    assert few[["centre", "low", "high"]].isna().all(axis=None)
    assert (few["signal"] == "").all()
    said = direction(few)
    assert (said.word, said.since) == (CANT_TELL, None)
    assert said.reason == "9 full weeks with attempts; 10 are needed"
    assert np.isnan([said.ratio_before, said.ratio_now, said.points]).all()


def test_no_weeks_at_all_are_too_few():
    assert (
        direction(control_chart(weekly_counts(days_of(MONDAY)))).reason == "0 full weeks with attempts; 10 are needed"
    )
    assert why_no_limits(weeks_of(96)) == "1 full week with attempts; 10 are needed"


def test_a_baseline_with_hardly_a_failure_or_a_success_has_no_limits_and_says_why():
    baseline = [100] * 7 + [100 - LEAST_OF_EACH]
    assert why_no_limits(weeks_of(*baseline, 100, 100)) is None
    baseline[7] += 1
    assert why_no_limits(weeks_of(*baseline, 0, 0)) == "7 failures in the first 8 weeks; 8 are needed"
    assert why_no_limits(weeks_of(99, *[100] * 9)) == "1 failure in the first 8 weeks; 8 are needed"
    assert why_no_limits(weeks_of(*[0] * 10)) == "0 successes in the first 8 weeks; 8 are needed"


# The direction


def test_a_fall_is_worse_since_its_week_and_by_its_size():
    said = direction_after(96, 97, 80, 82, 81)
    assert (said.word, said.since, said.reason) == (WORSE, monday(10), None)
    assert (said.ratio_before, said.ratio_now) == (0.96, 0.81)
    assert said.points == pytest.approx(-15)


def test_a_rise_is_better_since_its_week_and_by_its_size():
    said = direction_after(80, 79, 95, 96, baseline=(80,) * 8)
    assert (said.word, said.since) == (BETTER, monday(10))
    assert said.points == pytest.approx(15.5)


def test_weeks_that_were_by_chance_on_the_same_side_before_do_not_date_the_change():
    said = direction_after(97, 95, 95, 80, 80, 80)
    assert (said.word, said.since, said.ratio_now) == (WORSE, monday(11), 0.8)


def test_a_change_of_less_than_half_a_point_does_not_matter_however_sure_it_is():
    baseline = [207_400, 207_300, 207_500, 207_400, 207_300, 207_400, 207_500, 207_400]  # of 216,000: 96.02 %
    said, worse = (
        direction(control_chart(weeks_of(*baseline, *[later] * 5, attempts=216_000))) for later in (206_500, 206_300)
    )
    assert (said.word, said.since) == (SMALL, None)
    assert said.points == pytest.approx(-0.417, abs=0.001)
    assert abs(said.points) < LEAST_POINTS
    assert (worse.word, worse.since) == (WORSE, None)
    assert worse.points == pytest.approx(-0.509, abs=0.001)


def test_signals_that_later_weeks_have_ended_are_no_direction():
    chart = control_chart(weeks_of(*CALM, 70, 70, 70, 96, 97, 95))
    assert chart["signal"].tolist()[8:11] == [WORSE] * 3
    said = direction(chart)
    assert (said.word, said.since) == (NO_CHANGE, None)


def test_without_a_change_now_is_all_the_time_since_the_baseline():
    said = direction_after(97, 95, 95)
    assert (said.word, said.since, said.reason) == (NO_CHANGE, None, None)
    assert said.ratio_now == pytest.approx(0.95 + 0.02 / 3)
    assert said.points == pytest.approx(100 * (said.ratio_now - said.ratio_before))


def test_seven_weeks_on_one_side_are_no_direction_where_together_they_are_near_the_baseline():
    later = [97, *[95] * RUN_WEEKS]
    assert signals_after(*later)[1:] == [WORSE] * RUN_WEEKS
    assert direction_after(*later).word == NO_CHANGE


def test_many_weeks_on_one_side_are_a_direction_though_none_is_outside_the_limits():
    chart = control_chart(weeks_of(*CALM, 97, *[91] * 12))
    assert (chart["success_ratio"] > chart["low"]).all()
    assert (direction(chart).word, direction(chart).since) == (WORSE, monday(9))


def test_weeks_that_are_far_off_together_are_no_direction_without_a_signal_among_them():
    for before in (97, 70):
        chart = control_chart(weeks_of(*CALM, before, 97, 91, 91, 91, 91))
        assert chart["signal"].tolist()[8:] == [WORSE if before == 70 else "", *[""] * 5]
        assert direction(chart).word == NO_CHANGE
    assert direction_after(97, 91, 91, 91, 90).word == WORSE


def test_a_direction_counts_from_the_stated_distance_on_and_the_baseline_is_uncertain_too():
    words = []
    for successes in range(7_600, 7_900, 5):
        chart = control_chart(weeks_of(*[8_000, 8_100] * 4, 8_100, *[successes] * 7, attempts=10_000))
        centre, attempts = 0.805, (70_000, 80_000)
        z = 0.01 / (centre * (1 - centre) / 10_000) ** 0.5 / 1.128
        deviation = z * (centre * (1 - centre) * sum(1 / count for count in attempts)) ** 0.5
        words.append(direction(chart).word)
        assert (words[-1] == WORSE) == ((centre - successes / 10_000) / deviation >= DIRECTION_SIGMAS)
    assert set(words) == {WORSE, NO_CHANGE}


def test_weeks_of_the_baseline_are_never_part_of_the_run():
    said = direction_after(80, 80, baseline=(98, 98, 98, 98, 98, 96, 91, 91))
    assert (said.word, said.since, said.ratio_now) == (WORSE, None, 0.8)


def test_a_change_that_may_have_begun_in_the_baseline_has_no_date_and_one_a_week_later_has():
    fell = (98, 98, 98, 98, 98, 80, 81, 79)
    said = direction_after(80, 81, 79, 80, baseline=fell)
    assert (said.word, said.since) == (WORSE, None)
    assert said.ratio_before == pytest.approx(sum(fell) / 800)
    assert direction_after(97, 80, 81, 79, 80).since == monday(9)


def test_a_week_without_attempts_is_in_no_run():
    said = direction_after(97, 80, None, 80)
    assert (said.word, said.since, said.ratio_now) == (WORSE, monday(9), 0.8)


def test_when_successes_and_failures_are_exchanged_worse_is_better():
    (weeks,) = simulate_weeks(1, 26, 3_000, spread=0.003, drop=0.04, drop_weeks=6)
    mirrored = weeks.assign(successes=weeks["attempts"] - weeks["successes"], success_ratio=1 - weeks["success_ratio"])
    chart, other = control_chart(weeks), control_chart(mirrored)
    names = {WORSE: BETTER, BETTER: WORSE, "": ""}
    assert other["signal"].tolist() == [names[word] for word in chart["signal"]]
    said, mirror = direction(chart), direction(other)
    assert (said.word, mirror.word) == (WORSE, BETTER)
    assert said.since == mirror.since
    assert said.points == pytest.approx(-mirror.points)


# On networks whose truth is known (docs/metrics/weekly.md has the tables)


@pytest.mark.thorough
@pytest.mark.parametrize("weeks", [13, 52])
def test_of_networks_that_do_not_change_few_are_called_worse_or_better(weeks):
    words, signals = directions(150, weeks, 3_000, spread=0.005)
    assert share(words, WORSE) + share(words, BETTER) <= 0.05
    assert np.mean(signals) > 0.05  # what the signals alone would say


def test_a_fall_of_two_points_is_found_and_dated_and_one_among_few_attempts_is_not_made_up():
    words, _ = directions(60, 26, 3_000, spread=0.003, drop=0.02, drop_weeks=6)
    since = [found.since for found in words if found.word == WORSE]
    assert len(since) >= 54
    assert np.mean([abs((found - monday(20)).days) <= 7 for found in since]) >= 0.9
    words, _ = directions(60, 26, 300, spread=0.003, drop=0.01, drop_weeks=6)
    assert share(words, NO_CHANGE) >= 0.8
