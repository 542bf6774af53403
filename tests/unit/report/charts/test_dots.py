from __future__ import annotations

import math

import pytest

from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.dots import draw_station_dots
from evcharge.report.charts.stations import ChartText
from tests.support.charting import (
    BELOW,
    MEETS,
    SILENT,
    TEXT,
    UNSURE,
    alternative,
    changed,
    collisions,
    day,
    fleet,
    many,
    mixed,
    part,
    parts,
    png,
    station,
    words,
)


def floor_of(*rows, target=0.95):
    figure = draw_station_dots(fleet(*rows), ChartText("t", "s", target, "d"))
    return round(figure.axes[0].get_xlim()[0], 6)


def test_the_axis_begins_five_points_under_the_worst_rate_and_ends_at_one():
    figure = draw_station_dots(fleet(station("a", 81, 100, BELOW), station("b", 99, 100, MEETS)), TEXT)
    assert figure.axes[0].get_xlim() == (0.75, 1)


def test_three_failed_attempts_do_not_squash_the_others():
    assert floor_of(station("a", 0, 3, BELOW), station("b", 81, 100, BELOW)) == 0.75


def test_where_no_station_has_many_attempts_all_are_in_view():
    assert floor_of(station("a", 8, 11, UNSURE), station("b", 10, 11, UNSURE)) == 0.65


@pytest.mark.thorough
def test_of_perfect_stations_the_axis_begins_under_the_target():
    assert floor_of(station("a", 100, 100, MEETS)) == 0.9
    assert floor_of(station("a", 100, 100, MEETS), target=0.03) == 0


@pytest.mark.thorough
def test_the_rate_before_has_a_tick_and_a_dotted_way_from_now():
    figure = draw_station_dots(fleet(changed("a", BELOW, 0.8, 0.97, "2025-06-20"), station("b", 9, 10, UNSURE)), TEXT)
    (tick,) = part(figure, "before").get_segments()
    assert list(tick[:, 0]) == [0.97, 0.97]
    (way,) = part(figure, "changes").get_segments()
    assert list(way[:, 0]) == [0.8, 0.97]
    assert part(figure, "changes").get_linestyle()[0][1] is not None
    assert "now 80%, since 20 Jun" in words(figure)


def test_an_interval_or_a_rate_beyond_the_axis_ends_in_an_arrow():
    low = station("low", 81, 100, BELOW, low_now=0.5)
    gone = station("gone", 0, 3, BELOW, low_now=0.0, high_now=0.56)
    repaired = changed("repaired", MEETS, 0.99, 0.4, "2025-06-20")
    figure = draw_station_dots(fleet(low, gone, repaired), TEXT)
    assert [tuple(arrow.get_xdata()) for arrow in parts(figure, "arrow")] == [(0.75,)] * 3
    assert all((segment[:, 0] >= 0.75).all() for segment in part(figure, "intervals").get_segments())
    assert len(part(figure, "before").get_segments()) == 0
    marks = [x for line in figure.axes[0].lines if line.get_marker() in ("v", "o") for x in line.get_xdata()]
    assert marks == [0.81, 0.99]


def test_words_and_order_are_those_of_the_bars():
    rows = [
        changed("fell", BELOW, 0.8, 0.97, "2025-06-20", unknown=3),
        station("dead", 97, 100, SILENT, last_session=day("2025-06-13")),
        *mixed().to_dict("records"),
    ]
    bars, dots = (words(draw(fleet(*rows), TEXT)) for draw in (draw_station_reliability, draw_station_dots))
    axis = {f"{tick}%" for tick in range(0, 101, 5)}
    assert [line for line in dots if line not in axis and "Mark and line" not in line] == [
        line for line in bars if line not in axis and "Mark and line" not in line
    ]


def test_the_alternative_text_is_that_of_the_bars_but_for_the_kind():
    bars, dots = (alternative(draw(mixed(), TEXT)) for draw in (draw_station_reliability, draw_station_dots))
    assert dots == bars.replace("Bar chart", "Dot plot")
    assert dots.startswith("Dot plot: ")


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 10, 45])
def test_no_text_overlaps_another_or_leaves_the_picture(count):
    stations = many(count).assign(name=[f"W{i} " + "Mühlenstraße " * (i % 9) for i in range(count)], changed=True)
    assert collisions(draw_station_dots(stations.assign(unknown=1_234_567), TEXT)) == []


def test_stations_without_attempts_alone_can_be_drawn():
    figure = draw_station_dots(fleet(station("a", 0, 0, UNSURE)), TEXT)
    assert "no attempts counted" in words(figure)
    assert math.isfinite(figure.axes[0].get_xlim()[0])
    png(figure)
