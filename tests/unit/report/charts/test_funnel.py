from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.text import Text

from evcharge.metrics.small_samples import funnel_limits
from evcharge.report.charts.funnel import draw_funnel
from evcharge.report.charts.save import to_svg
from tests.support.charting import (
    BELOW,
    HOSTILE,
    MEETS,
    SILENT,
    UNSURE,
    alternative,
    collisions,
    fleet,
    mixed,
    part,
    parts,
    png,
    points,
    spread_out,
    station,
    texts,
    words,
)


def test_each_station_stands_at_its_attempts_and_its_rate_now():
    figure = draw_funnel(mixed(), 0.95)
    assert points(figure, "Below target") == [(2, 0.6), (2, 0.8)]
    assert points(figure, "Can't tell yet") == [(1, 0.9)]
    assert points(figure, "Meets target") == [(2, 0.99)]


def test_a_silent_station_is_a_cross():
    figure = draw_funnel(fleet(station("a", 970, 1000, SILENT), station("b", 99, 100, MEETS)), 0.95)
    assert part(figure, "Silent").get_marker() == "X"
    assert points(figure, "Silent") == [(3, 0.97)]


def test_the_limits_are_the_exact_ones_at_the_target_and_no_mean_of_the_stations():
    figure = draw_funnel(mixed(), 0.9)
    for column, limit in enumerate(parts(figure, "limit")):
        x, y = np.array(limit.get_xdata()), np.array(limit.get_ydata())
        expected = funnel_limits(np.round(10**x), 0.9)[:, column]
        assert np.isfinite(y).any()
        np.testing.assert_allclose(y[np.isfinite(y)], expected[np.isfinite(y)])
    assert set(part(figure, "target").get_ydata()) == {0.9}
    assert "target 90%" in words(figure)


def test_only_stations_that_need_attention_are_named_and_one_that_only_looks_bad():
    stations = fleet(
        station("fell", 700, 1000, BELOW), station("dead", 970, 1000, SILENT), station("fine", 990, 1000, MEETS),
        station("small", 8, 11, UNSURE),
    )  # fmt: skip
    drawn = words(draw_funnel(stations, 0.95))
    assert {"fell", "dead", "small", "73% but only 11 attempts:", "chance can do that"} <= set(drawn)
    assert "fine" not in drawn
    assert "small: 73% but only 11 attempts: chance can do that." in alternative(draw_funnel(stations, 0.95))


def test_a_station_a_little_under_the_target_is_not_pointed_out():
    assert "chance can do that" not in words(draw_funnel(fleet(station("a", 91, 100, UNSURE)), 0.95))


def test_a_rate_that_three_attempts_gave_stands_on_the_lower_edge_and_that_is_said():
    stations = fleet(station("a", 0, 3, BELOW), *(station(f"b{i}", 85 + i, 100, BELOW) for i in range(3)))
    figure = draw_funnel(stations, 0.95)
    assert figure.axes[0].get_ylim()[0] == pytest.approx(0.8)
    assert (math.log10(3), 0.8) in [(x, round(y, 6)) for x, y in points(figure, "Below target")]
    assert "On the lower edge: 1 station under 80%." in words(figure)


def test_stations_without_attempts_are_counted_not_drawn():
    assert "Not drawn: 1 station without attempts." in words(draw_funnel(mixed(), 0.95))
    nothing = draw_funnel(fleet(station("a", 0, 0, UNSURE), station("b", 0, 0, UNSURE)), 0.95)
    assert words(nothing) == ["Not drawn: 2 stations without attempts."]
    png(nothing)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 5, 10, 48, 150, 500])
def test_no_text_overlaps_another_or_leaves_the_picture(count):
    stations = spread_out(count).assign(name=texts(HOSTILE[i % len(HOSTILE)] for i in range(count)))
    assert collisions(draw_funnel(stations, 0.95)) == []


def test_no_label_lies_on_a_mark():
    figure = draw_funnel(spread_out(120), 0.95)
    marks = [
        tuple(figure.axes[0].transData.transform(point))
        for name in ("Below target", "Can't tell yet", "Meets target")
        for point in points(figure, name)
    ]
    labels = [artist for artist in figure.findobj(Text) if artist.get_text().startswith("Stop")]
    assert labels
    for label in labels:
        left, bottom, right, top = label.get_window_extent().extents
        assert not [(x, y) for x, y in marks if left < x < right and bottom < y < top]


@pytest.mark.thorough
def test_of_many_stations_the_unflagged_are_squares_and_the_flagged_marks():
    figure = draw_funnel(spread_out(5000), 0.95)
    assert len(points(figure, "Below target")) == 250
    assert points(figure, "Meets target") == []
    assert len({patch.get_alpha() for patch in parts(figure, "squares")}) == 4
    assert {"Below target (250)", "Other stations (4,750; darker where more)"} <= set(words(figure))


def test_a_square_is_the_darker_the_more_stations_it_holds():
    crowd = [station(f"S{i}", 970, 1000, UNSURE) for i in range(400)]
    figure = draw_funnel(fleet(*crowd, station("alone", 99, 100, UNSURE)), 0.95)
    squares = {patch.get_alpha(): patch.get_path().vertices for patch in parts(figure, "squares")}
    filled = {alpha: corners for alpha, corners in squares.items() if len(corners)}
    assert {alpha: len(corners) for alpha, corners in filled.items()} == {0.9: 5, 0.2: 5}
    assert filled[0.9][:, 0].min() <= 3 <= filled[0.9][:, 0].max()
    assert filled[0.2][:, 0].min() <= 2 <= filled[0.2][:, 0].max()


@pytest.mark.thorough
@pytest.mark.parametrize("verdict", [BELOW, SILENT, UNSURE, MEETS])
def test_five_thousand_stations_of_any_verdict_are_an_svg_under_100_kb(verdict):
    stations = spread_out(5000).assign(verdict_now=verdict)
    assert len(to_svg(draw_funnel(stations, 0.95), "funnel")) < 100_000


def test_the_alternative_text_tells_who_is_below_and_counts_the_others():
    stations = fleet(
        station("fell", 700, 1000, BELOW), station("dead", 970, 1000, SILENT), station("fine", 990, 1000, MEETS),
        station("idle", 0, 0, UNSURE),
    )  # fmt: skip
    assert alternative(draw_funnel(stations, 0.95)) == (
        "Funnel plot: success rate now of 3 stations against their attempts, target 95%. 1 below target beyond what "
        "chance does once in 1,000: fell 70% of 1,000. Silent: 1. Meets target: 1. "
        "Not drawn: 1 station without attempts."
    )


def test_the_first_stations_in_the_order_given_are_named():
    stations = fleet(*(station(f"S{i}", 500 + 20 * i, 1000, BELOW) for i in range(10)))
    first, last = ("; ".join(f"S{i} {50 + 2 * i}% of 1,000" for i in places) for places in (range(8), range(9, 1, -1)))
    assert f": {first}." in alternative(draw_funnel(stations, 0.95))
    assert f": {last}." in alternative(draw_funnel(stations[::-1], 0.95))
