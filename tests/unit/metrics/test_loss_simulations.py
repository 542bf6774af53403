"""What is printed as lost is what drivers lost, where that is known."""

from __future__ import annotations

import pytest

from benchmarks.losses import SCENARIOS, Scenario, printed, simulate

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_what_is_printed_is_near_the_truth(scenario):
    told = printed(simulate(scenario, stations=60))["charges_lost_per_week"].mean()
    near = 0.07 if scenario.drivers > 400 else 0.03
    assert told == pytest.approx(scenario.lost, abs=0.1 + near * scenario.lost)


def test_the_range_holds_the_truth_about_as_often_as_it_says():
    scenario = Scenario(drivers=15, fails=0.2, retries=0.5, drivers_before=15)
    told = printed(simulate(scenario, stations=300))
    low, high = (told[f"charges_lost_per_week_{end}"] for end in ("low", "high"))
    assert 0.9 <= ((low <= scenario.lost) & (scenario.lost <= high)).mean() <= 0.98


def test_failed_attempts_are_no_lost_charges_where_drivers_try_again():
    retried = Scenario(drivers=100, fails=0.4, retries=0.7, drivers_before=100)
    told = printed(simulate(retried, stations=20))
    assert told["by_attempts"].mean() > 4 * retried.lost
