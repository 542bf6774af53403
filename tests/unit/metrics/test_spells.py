from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.greedy_spells import greedy_spells
from benchmarks.spell_simulations import below_by_whole_period, fallen, faulty, judged, share_below, simulate
from evcharge.metrics.exposure import LEAST_DAYS_KNOWN, LOOK_BACK_DAYS, one_source
from evcharge.metrics.partition import AGE_STEPS, CHANGE_EVIDENCE, LEAST_ATTEMPTS, LEAST_DAYS
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, verdicts
from evcharge.metrics.silence import REPLAYED_FALSE, REPLAYED_SILENT, SILENT_CHANCE, find_silence
from evcharge.metrics.spells import (
    SEASON_ATTEMPTS_A_DAY,
    SEASON_BELOW,
    SEASON_POINTS,
    Spell,
    judge_spells,
    present_spell,
    present_spells,
)

MONDAY = date(2025, 1, 6)


def outcomes(*runs):
    """Runs of attempts: how many, and every how manieth fails (0: none)."""
    return np.concatenate(
        [(np.arange(1, count + 1) % every > 0) if every else np.ones(count, bool) for count, every in runs]
    )


def by_day(succeeded, per_day):
    """Successes and attempts of each day, where attempts come so many a day."""
    day = np.arange(len(succeeded)) // per_day
    return np.bincount(day, succeeded).astype("int64"), np.bincount(day)


def spell_of(*runs, per_day=8):
    return present_spell(*by_day(outcomes(*runs), per_day))


def days_of(*runs, per_day=8, station=1):
    """The days of a station from a Monday on."""
    successes, attempts = by_day(outcomes(*runs), per_day)
    day = np.datetime64(MONDAY, "s") + np.arange(len(attempts)) * np.timedelta64(1, "D")
    counts = {"successes": successes, "failures": attempts - successes, "excluded": 0, "unknown": 0}
    return pd.DataFrame({"station_key": station, "day": day.astype("datetime64[s]"), **counts})


def without_outcome(days):
    """The same sessions, none of which can be judged."""
    return days.assign(successes=0, failures=0, unknown=days["successes"] + days["failures"])


def network(days, later=0):
    """These stations as one source, the data of which ends so many days after the last session of all."""
    return one_source(days, pd.Series(days["day"].max() + pd.Timedelta(days=later), index=days["station_key"].unique()))


def test_a_station_that_never_changed_has_one_spell():
    assert spell_of((400, 20)) == Spell(0, 0)


def test_a_fall_is_found_at_its_first_day():
    assert spell_of((400, 0), (80, 2)) == Spell(0, 50)
    assert spell_of((400, 0), (80, 1)) == Spell(0, 50)
    assert spell_of((404, 0), (80, 1)) == Spell(0, 50)  # it begins at noon of that day


def test_a_repair_is_found_and_ends_the_time_of_failures():
    assert spell_of((200, 0), (80, 1), (200, 0)) == Spell(25, 35)


def test_the_last_of_several_changes_counts_and_the_spell_before_it_ends_with_the_one_before():
    assert spell_of((200, 0), (80, 1), (200, 0), (80, 1)) == Spell(35, 60)


def test_a_change_needs_so_many_attempts_on_each_side():
    enough = spell_of((400, 0), (LEAST_ATTEMPTS, 1), per_day=2)
    assert enough == Spell(0, 200)
    assert spell_of((LEAST_ATTEMPTS - 1, 0), (LEAST_ATTEMPTS, 1), per_day=1) == Spell(0, 0)
    assert spell_of((LEAST_ATTEMPTS, 0), (LEAST_ATTEMPTS, 1), per_day=1) == Spell(0, LEAST_ATTEMPTS)


def test_a_change_needs_so_many_days_to_be_found_but_is_dated_by_its_attempts():
    # Two days of 16 failures each: found over six days, dated where they began.
    assert spell_of((400, 0), (32, 1), per_day=16) == Spell(0, 25)
    assert spell_of((16 * (LEAST_DAYS - 1), 0), (16 * (LEAST_DAYS - 1), 1), per_day=16) == Spell(0, 0)
    assert spell_of((16 * LEAST_DAYS, 0), (16 * LEAST_DAYS, 1), per_day=16) == Spell(0, LEAST_DAYS)


def test_a_change_counts_from_the_stated_evidence_on():
    rng = np.random.default_rng(6)
    found = []
    for _ in range(200):
        failed = rng.random(120) < np.where(np.arange(120) < 70, 0.03, 0.3)
        likeliest = max(sum(sides) for sides in _every_split(failed))
        evidence = 2 * (likeliest - _log_likelihood(120, failed.sum()))
        found.append(present_spell(*by_day(~failed, 1)).first > 0)
        assert found[-1] == (evidence >= CHANGE_EVIDENCE)
    assert 20 < sum(found) < 180


def _every_split(failed, per_day=1):
    """Log likelihood of both sides at each split between two days that leaves enough attempts on each."""
    for at in range(-(-LEAST_ATTEMPTS // per_day) * per_day, len(failed) + 1 - LEAST_ATTEMPTS, per_day):
        yield _log_likelihood(at, failed[:at].sum()), _log_likelihood(len(failed) - at, failed[at:].sum())


def _log_likelihood(attempts, failures):
    return sum(count * np.log(count / attempts) for count in (failures, attempts - failures) if count)


def test_a_change_is_where_the_likeliest_of_all_splits_tried_by_hand_is():
    rng = np.random.default_rng(3)
    for _ in range(20):
        succeeded = rng.random(120) < np.where(np.arange(120) < 70, 0.97, 0.3)
        sides = [sum(pair) for pair in _every_split(~succeeded, per_day=4)]
        assert present_spell(*by_day(succeeded, 4)).first == 4 + int(np.argmax(sides))


def test_spells_of_stations_are_those_of_each_alone_in_whatever_order_days_come():
    together = simulate(60, 6, fallen(0.97, 0.6), seed=11)
    found = present_spells(together)
    shuffled = present_spells(together.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found, shuffled)
    for key in (0, 7, 59):
        alone = present_spells(together[together["station_key"] == key])
        pd.testing.assert_frame_equal(found[found["station_key"] == key].reset_index(drop=True), alone)


def test_the_present_spell_and_the_one_before_are_told_with_their_counts():
    row = present_spells(days_of((400, 23), (80, 2))).iloc[0]
    assert row["since"] == pd.Timestamp(MONDAY + timedelta(days=50))
    assert row["changed"]
    assert (row["successes"], row["attempts"]) == (40, 80)
    assert (row["successes_before"], row["attempts_before"], row["ratio_before"]) == (383, 400, 383 / 400)


def test_without_a_change_the_spell_is_the_whole_time_and_nothing_is_before_it():
    row = present_spells(days_of((100, 10))).iloc[0]
    assert row["since"] == pd.Timestamp(MONDAY)
    assert not row["changed"]
    assert (row["successes"], row["attempts"], row["attempts_before"]) == (90, 100, 0)
    assert np.isnan(row["ratio_before"])


def test_sessions_without_an_outcome_are_in_no_spell_but_their_station_has_a_row():
    days = pd.concat([days_of((50, 0)), without_outcome(days_of((50, 0), station=2))])
    found = present_spells(pd.concat([days, without_outcome(days_of((9, 0)))]))
    assert found["attempts"].tolist() == [50, 0]
    assert found["since"].isna().tolist() == [False, True]


def test_no_attempts_give_no_spells():
    assert present_spells(days_of((8, 0)).head(0)).empty


def test_the_verdict_is_on_the_present_spell_not_on_the_whole_time():
    fell, repaired = days_of((2000, 50), (100, 4)), days_of((600, 4), (100, 0), station=2)
    found = [judge_spells(days, 0.95, network(days)).iloc[0] for days in (fell, repaired)]
    assert [row["verdict"] for row in found] == [BELOW, MEETS]
    sums = (np.array([1960 + 75, 450 + 100.0]), np.array([2100, 700.0]))
    assert verdicts(*sums, 0.95) == [MEETS, BELOW]


def test_what_publishers_said_of_failures_holds_for_spells_too():
    days = days_of((600, 4), (100, 0))
    for said, verdict in (("yes", MEETS), ("unknown", CANT_TELL), ("no", CANT_TELL)):
        row = judge_spells(days, 0.95, network(days), pd.Series([said], index=[1])).iloc[0]
        assert row["verdict"] == verdict


def test_a_silent_station_is_found_with_its_usual_week_though_its_rate_is_fine():
    days = days_of((480, 40), per_day=8)
    row = judge_spells(days, 0.95, network(days, later=10)).iloc[0]
    assert row["silent"]
    assert row["verdict"] == MEETS
    assert row["successes_per_week"] == pytest.approx(468 / 60 * 7)


def test_a_station_out_of_use_for_a_quarter_can_not_be_told():
    days = days_of((480, 2), per_day=8)
    recent, gone = (judge_spells(days, 0.95, network(days, later=later)).iloc[0] for later in (1, 92))
    assert (recent["verdict"], recent["out_of_use"]) == (BELOW, False)
    assert (gone["verdict"], gone["out_of_use"]) == (CANT_TELL, True)


def test_a_fall_of_14_days_from_97_to_80_percent_is_flagged_at_8_attempts_a_day_in_nine_of_ten_runs():
    found = judged(500, 8, fallen(0.97, 0.80))
    assert share_below(found, 500) >= 0.9
    assert below_by_whole_period(500, 8, fallen(0.97, 0.80)) <= 0.05


def test_at_low_volume_the_same_fall_is_mostly_not_told_and_never_called_met():
    shares = [share_below(judged(500, per_day, fallen(0.97, 0.80)), 500) for per_day in (1, 2, 4)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1 < shares[1] < 0.4 < shares[2]


@pytest.mark.thorough
@pytest.mark.parametrize("target", [0.90, 0.95, 0.97])
def test_of_1_000_stations_exactly_on_target_at_most_two_are_called_below(target):
    assert (judged(3_000, 8, target, target)["verdict"] == BELOW).sum() <= 6


def test_a_repaired_station_is_no_longer_blamed():
    assert share_below(judged(300, 8, fallen(0.80, 0.97, days_ago=30)), 300) <= 0.01
    assert below_by_whole_period(300, 8, fallen(0.80, 0.97, days_ago=30)) == 1


def test_a_date_is_mostly_within_three_days_of_the_truth():
    found = judged(500, 8, fallen(0.97, 0.80))
    off = (found["since"] - pd.Timestamp(MONDAY + timedelta(days=76))).abs() <= pd.Timedelta(days=3)
    assert (off & found["changed"]).mean() > 0.8


@pytest.mark.thorough
def test_a_dead_station_is_found_and_live_ones_are_not_called_silent():
    dead = simulate(100, np.where(np.arange(90) < 86, 8.0, 0.0), 0.97)
    alive = simulate(200, 8, 0.97).assign(station_key=lambda days: days["station_key"] + 100)
    found = find_silence(pd.concat([dead, alive]), network(pd.concat([dead, alive])))
    assert found["silent"].iloc[:100].mean() > 0.9
    assert not found["silent"].iloc[100:].any()
    assert judged(2_000, 8, 0.97)["silent"].sum() <= 1


def test_stations_that_close_on_weekends_are_not_called_silent_on_a_sunday():
    closed = np.where(np.arange(91) % 7 < 5, 20.0, 0.0)
    days = simulate(300, closed, 0.97)
    ends = pd.Series(np.datetime64("2025-04-06", "s"), index=np.arange(300))
    assert not find_silence(days, one_source(days, ends))["silent"].any()
    alone = days.query("station_key == 0")
    assert not find_silence(alone, one_source(alone, ends.loc[[0]]))["silent"].any()


def test_the_page_on_spells_states_the_numbers_that_decide():
    page = (Path(__file__).parents[3] / "docs" / "metrics" / "spells.md").read_text(encoding="utf-8")
    for words in (
        f"less **{CHANGE_EVIDENCE:.0f}** for each change",
        f"at least {LEAST_ATTEMPTS} attempts, on at least {LEAST_DAYS} days",
        f"Each of the last {2 * AGE_STEPS} days with attempts",
        f"{AGE_STEPS} times x days ago",
        f"under 1 in {1 / SILENT_CHANCE:,.0f}",
        f"fewer than {LEAST_DAYS_KNOWN} days",
        f"at most {LOOK_BACK_DAYS} days",
        f"Together {REPLAYED_FALSE} of {REPLAYED_SILENT}.",
    ):
        assert words in " ".join(page.split())


def test_the_replay_in_words_is_the_sum_of_its_table():
    page = (Path(__file__).parents[3] / "docs" / "metrics" / "spells.md").read_text(encoding="utf-8")
    table = page.partition("| history |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()[2:]]
    assert sum(int(row[3]) for row in rows) == REPLAYED_SILENT
    assert sum(int(row[4].partition(" ")[0]) for row in rows) == REPLAYED_FALSE


def test_the_simulations_on_the_page_are_those_that_the_code_names():
    page = (Path(__file__).parents[3] / "docs" / "metrics" / "spells.md").read_text(encoding="utf-8")
    season = next(line for line in page.splitlines() if line.startswith(f"| ±{SEASON_POINTS} | 90 |"))
    heads = next(line for line in page.splitlines() if line.startswith("| season |"))
    cells = dict(zip(heads.split(" | "), season.split(" | "), strict=True))
    assert round(float(cells[f"{SEASON_ATTEMPTS_A_DAY} a day"])) == SEASON_BELOW


def test_a_short_fault_that_was_mended_long_ago_is_told_with_its_day():
    bad = np.arange(146, 166)
    days = simulate(200, np.full(365, 8.0), faulty(365, bad))
    found = present_spells(days)
    mended = pd.Timestamp(MONDAY + timedelta(days=365 - 145))
    assert (found["changed"] & ((found["since"] - mended).abs() <= pd.Timedelta(days=3))).mean() > 0.9
    assert greedy_spells(days)[0].mean() < 0.6


def test_a_fault_that_came_and_went_is_over_when_the_station_has_been_good_for_three_weeks():
    bad = np.concatenate([np.arange(21, 28) + 28 * number for number in range(12)])
    days = simulate(200, np.full(365, 8.0), faulty(365, bad, bad=0.6))
    found = present_spells(days)
    words = verdicts(*(found[name].to_numpy(dtype=float) for name in ("successes", "attempts")), 0.95)
    assert words.count(BELOW) <= 0.06 * 200


def test_sessions_counted_twice_on_every_day_do_not_move_a_change():
    once = days_of((400, 0), (80, 2))
    twice = once.assign(successes=2 * once["successes"], failures=2 * once["failures"])
    assert present_spells(twice)["since"].tolist() == present_spells(once)["since"].tolist()


def test_days_without_attempts_in_between_do_not_matter():
    days = days_of((400, 0), (80, 2))
    idle = without_outcome(days).assign(day=days["day"] + pd.Timedelta(days=1000), unknown=1)
    pd.testing.assert_frame_equal(present_spells(pd.concat([days, idle])), present_spells(days))


def test_no_change_of_ten_years_is_dated_more_than_a_few_days_off():
    fell = np.where(np.arange(3650) < 3650 - 1400, 0.97, 0.80)
    found = present_spells(simulate(20, np.full(3650, 8.0), fell))
    truth = pd.Timestamp(MONDAY + timedelta(days=3650 - 1400))
    assert ((found["since"] - truth).abs() <= pd.Timedelta(days=10)).all()
