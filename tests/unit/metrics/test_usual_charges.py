"""Charges lost in an outage are those of the same hours of the weeks before."""

from __future__ import annotations

import numpy as np
import pytest

from evcharge.metrics.availability.axis import NO_SPANS, Spans
from evcharge.metrics.availability.usual_charges import WEEK_MS, Use, charges_lost
from tests.support.availability import integers

HOUR = 3_600_000
BEGIN = 2_000 * WEEK_MS


def use_of(charges, first=BEGIN - 20 * WEEK_MS, last=BEGIN + 20 * WEEK_MS, port=0):
    return Use(integers([port] * len(charges)), integers(charges), integers([first]), integers([last]))


def weekly(hour, weeks, number=1):
    """So many charges at an hour of each of the weeks before."""
    return [BEGIN + round(hour * HOUR) - week * WEEK_MS + one for week in weeks for one in range(number)]


def lost(use, hours=2.0, down=NO_SPANS):
    span = Spans(integers([0]), integers([BEGIN]), integers([BEGIN + round(hours * HOUR)]))
    return charges_lost(span, use, down)[0]


def test_the_same_hours_of_the_13_weeks_before_tell_what_was_lost():
    use = use_of(weekly(1, range(1, 14), number=3) + weekly(5, range(1, 14), number=50))
    assert lost(use) == 3
    assert lost(use, hours=1) == 0


def test_what_lies_further_back_and_what_comes_after_tells_nothing():
    use = use_of(weekly(1, range(14, 20)) + weekly(1, range(-9, 0)))
    assert lost(use) == 0


def test_charges_that_came_all_the_same_are_not_lost():
    use = use_of([*weekly(1, range(1, 14), number=3), BEGIN + HOUR, BEGIN + HOUR + 1])
    assert lost(use) == 1
    assert lost(use_of([BEGIN + HOUR])) == 0


@pytest.mark.parametrize(("weeks", "told"), [(4, 1.0), (3, None)])
def test_the_same_hours_must_have_been_seen_four_times(weeks, told):
    use = use_of(weekly(1, range(1, 14)), first=BEGIN - weeks * WEEK_MS)
    assert lost(use) == told if told is not None else np.isnan(lost(use))


def test_an_outage_counts_as_far_as_sessions_are_known_and_beyond_nothing_is_told():
    charges = weekly(0.5, range(1, 14)) + weekly(1.5, range(1, 14))
    assert lost(use_of(charges, last=BEGIN + 2 * HOUR)) == 2
    assert lost(use_of(charges, last=BEGIN + HOUR)) == 1
    assert np.isnan(lost(use_of(charges, last=BEGIN)))


def test_hours_in_which_the_port_was_down_before_are_not_usual():
    use = use_of(weekly(1, range(3, 14)))
    begins = integers([BEGIN - 2 * WEEK_MS - HOUR, BEGIN - WEEK_MS - HOUR])
    assert lost(use) == pytest.approx(11 / 13)
    assert lost(use, down=Spans(integers([0, 0]), begins, begins + 4 * HOUR)) == 1
    other = Spans(integers([1, 1]), begins, begins + 4 * HOUR)
    assert lost(use, down=other) == pytest.approx(11 / 13)


def test_an_outage_of_ten_days_has_a_whole_week_and_three_days_of_its_hours():
    monday, friday = weekly(1, range(1, 14), number=2), weekly(4 * 24 + 1, range(1, 14), number=5)
    assert lost(use_of(monday + friday), hours=10 * 24) == pytest.approx(2 + 5 + 2)


def test_a_port_without_sessions_at_its_station_has_no_usual():
    assert np.isnan(lost(Use(*[integers([])] * 2, integers([2**62]), integers([-(2**62)]))))
