"""What unknown attempts and refused rows could make of the network's rate and of its verdict."""

from __future__ import annotations

import math
from itertools import product

import pandas as pd
import pytest

from evcharge.metrics.bounds import Refused, judge_network
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, what_would_change

NOTHING_REFUSED = Refused()


def judged(
    successes: int, failures: int, unknown: int = 0, refused: Refused = NOTHING_REFUSED, excluded: int = 0, **more: int
) -> pd.Series:
    counts = {"successes": successes, "failures": failures, "excluded": excluded, "unknown": unknown}
    counts |= {"without_failures": 0, "perhaps_without_failures": 0} | more
    return judge_network(pd.DataFrame([counts]), refused, 0.95).iloc[0]


def test_the_lowest_bound_takes_all_that_is_not_known_as_failed_and_the_highest_as_succeeded() -> None:
    network = judged(60, 20, unknown=7, refused=Refused(13, 5, 6, 2))
    assert network["lowest_ratio"] == (60 + 6) / (80 + 7 + 13)
    assert network["highest_ratio"] == (60 + 6 + 7 + 2) / (80 + 7 + 13)


def test_excluded_sessions_are_in_no_bound() -> None:
    network = judged(60, 20, excluded=500)
    assert network["lowest_ratio"] == network["highest_ratio"] == network["success_ratio"] == 0.75
    assert not network["verdict_could_turn"]


def test_without_any_row_there_is_no_bound() -> None:
    network = judged(0, 0)
    assert math.isnan(network["lowest_ratio"])
    assert math.isnan(network["highest_ratio"])


@pytest.mark.parametrize("missing", [{"unknown": 40}, {"refused": Refused(40, 40)}, {"refused": Refused(40, 0, 0, 40)}])
def test_no_network_meets_the_target_only_because_of_what_is_missing(missing: dict[str, object]) -> None:
    assert judged(400, 0)["verdict"] == MEETS
    network = judged(400, 0, **missing)  # type: ignore[arg-type]
    assert network["verdict"] == CANT_TELL
    assert network["verdict_could_turn"]


@pytest.mark.parametrize("missing", [{"unknown": 4}, {"refused": Refused(90, 0, 90)}])
def test_what_could_not_undo_the_verdict_leaves_it(missing: dict[str, object]) -> None:
    network = judged(400, 0, **missing)  # type: ignore[arg-type]
    assert network["verdict"] == MEETS
    assert not network["verdict_could_turn"]


def test_a_network_below_target_stays_below_it_and_the_bounds_say_what_could_turn_it() -> None:
    network = judged(60, 20, unknown=400)
    assert (network["verdict"], network["verdict_could_turn"]) == (BELOW, True)
    assert not judged(60, 20, unknown=4)["verdict_could_turn"]


def test_unknown_attempts_could_turn_what_can_not_be_told_yet() -> None:
    network = judged(40, 0, unknown=39)
    assert (network["verdict"], network["verdict_could_turn"]) == (CANT_TELL, True)
    assert network["lowest_ratio"] == 40 / 79


def test_the_chances_are_those_that_decide_and_missing_without_attempts() -> None:
    network = judged(9, 2)
    assert network["chance_this_few"] == pytest.approx(0.1019, abs=5e-5)
    assert network["chance_this_many"] == pytest.approx(0.9848, abs=5e-5)
    assert math.isnan(judged(0, 0, unknown=5)["chance_this_few"])


@pytest.mark.thorough
def test_the_verdict_is_never_meets_where_the_lowest_bound_does_not_meet_it() -> None:
    for successes, unknown, refused in product((72, 200, 1000), (0, 1, 9, 60), (0, 3, 40)):
        network = judged(successes, 0, unknown, Refused(refused, refused))
        at_worst = judged(successes, unknown + refused)
        assert (network["verdict"] == MEETS) == (at_worst["verdict"] == MEETS), (successes, unknown, refused)


def test_further_attempts_must_make_up_for_what_may_have_failed() -> None:
    told = what_would_change(72, 72, 0.95, perhaps_failed=1)
    assert told.failures_to_unmeet is None
    assert told.successes_to_meet == what_would_change(72, 73, 0.95).successes_to_meet
    assert what_would_change(200, 200, 0.95, perhaps_failed=1).failures_to_unmeet is not None
