"""A verdict in words: the chance that it hangs on, and as what the limits judge."""

from __future__ import annotations

import pytest

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, ONE_LOT, STATIONS, one_test
from evcharge.report.headline import chance_told, limits_text, network_verdict_text
from tests.support.stories import station, story_of


def figures(verdict, few, many, attempts=10):
    return {"verdict": verdict, "chance_this_few": few, "chance_this_many": many, "attempts": attempts}


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (figures(BELOW, 0.0005, 0.9999), "so few: 1 in 2,000"),
        (figures(MEETS, 0.99, 0.02), "so many: 1 in 50"),
        (figures(CANT_TELL, 0.05, 0.96), "so few: 1 in 20"),
        (figures(CANT_TELL, 0.8, 0.25), "so many: 25 in 100"),
        (figures(BELOW, 1e-9, 1.0), "so few: under 1 in 1,000,000"),
        (figures(CANT_TELL, None, None, attempts=0), ""),
    ],
)
def test_the_chance_is_of_the_tail_that_the_verdict_is_of_else_of_the_smaller(told, text):
    assert chance_told(told) == text


def test_the_limits_say_whether_one_thing_is_judged_or_many():
    assert limits_text(STATIONS) == "one of many: below under 0.1%, meets under 2.5%"
    assert limits_text(ONE_LOT) == "one test, 2.5% a side"
    assert limits_text(one_test(0.99)) == "one test, 0.5% a side"


@pytest.mark.thorough
def test_where_failures_were_removed_only_a_verdict_of_below_is_told():
    removed = {"without_failures": 10}
    assert network_verdict_text(story_of(station(100, 0, **removed)).report) == ""
    assert network_verdict_text(story_of(station(45, 55, **removed)).report).startswith("against 95%: below target (so")
    assert network_verdict_text(story_of(station(0, 0, unknown=3)).report) == ""
