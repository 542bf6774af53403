from __future__ import annotations

import numpy as np
import pytest

from evcharge.report.charts.places import Room
from evcharge.report.charts.scales import count_ticks, ratio_ticks, spread, tick_words, week_ticks
from tests.support.charting import mondays


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.7, 1, [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]),
        (0.9432, 0.9687, [0.945, 0.95, 0.955, 0.96, 0.965]),
    ],
)
def test_rates_on_an_axis_are_round(low, high, ticks):
    assert ratio_ticks(low, high) == ticks


def test_a_rate_has_as_many_digits_as_it_needs():
    assert [tick_words(ratio) for ratio in (0.95, 0.945, 1, 0)] == ["95%", "94.5%", "100%", "0%"]


def test_counts_on_a_short_axis_are_closer():
    assert count_ticks(1, 10_000) == [1, 10, 100, 1000, 10_000]
    assert count_ticks(8, 400) == [10, 30, 100, 300]
    assert count_ticks(40, 160) == [50, 100]


@pytest.mark.parametrize("count", range(1, 261, 7))
def test_weeks_that_are_named_have_room(count):
    px_per_week = 960 / count
    places = [place for place, _ in week_ticks(mondays(count), px_per_week, 72)]
    assert places
    assert all(gap * px_per_week >= 0.9 * 72 for gap in np.diff(places))


def test_the_year_is_told_where_it_changes():
    words = [words for _, words in week_ticks(mondays(60), 16, 72)]
    assert words[0] == "May 2025"
    assert [word for word in words if "2026" in word] == ["Jan 2026"]


def test_names_that_would_overlap_are_moved_apart_within_bounds():
    assert spread([10, 50, 90], 16, 0, 100) == [10, 50, 90]
    found = spread([100, 99, 5], 16, 0, 100)
    assert found[2] == 5
    assert found[0] - found[1] == pytest.approx(16, abs=0.1)
    assert max(found) <= 100


def test_a_label_is_placed_at_the_side_of_its_mark_that_is_free():
    marks = np.array([[100.0, 50.0], [130.0, 50.0]])
    room = Room((0, 0, 400, 100), marks, 5, [np.array([[0.0, 99.0], [400.0, 99.0]])])
    assert room.place(100, 50, 60, 15).side == "right"
    assert room.place(130, 50, 60, 15).side == "left"


def test_where_nothing_is_free_there_is_no_label():
    marks = np.array([[x, y] for x in range(0, 400, 8) for y in range(0, 100, 8)], dtype=float)
    room = Room((0, 0, 400, 100), marks, 5, [np.array([[0.0, 99.0], [400.0, 99.0]])])
    assert room.place(200, 48, 60, 15) is None


def test_a_label_lies_on_a_curve_only_where_nothing_else_is_free():
    curve = [np.array([[0.0, 50.0], [400.0, 50.0]])]
    open_room = Room((0, 0, 400, 200), np.array([[100.0, 50.0]]), 5, curve)
    assert open_room.place(100, 50, 60, 15).y != 50
    low_room = Room((0, 40, 400, 60), np.array([[100.0, 50.0]]), 5, curve)
    assert low_room.place(100, 50, 60, 15).y == 50
