from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from evcharge.report.charts.panels import draw_panels, panels_alt
from evcharge.report.charts.save import to_svg
from tests.support.charting import (
    BELOW,
    HOSTILE,
    MEETS,
    SILENT,
    UNSURE,
    alternative,
    collisions,
    mondays,
    parts,
    png,
    texts,
    words,
)


def frame(*stations):
    """Stations as (label, verdict, attempts a week, successes a week)."""
    rows = [
        (label, key, verdict, week, n, k, k / n if n else math.nan)
        for key, (label, verdict, attempts, successes) in enumerate(stations)
        for week, n, k in zip(mondays(len(attempts)), attempts, successes, strict=True)
    ]
    columns = ("station", "station_key", "verdict_now", "week", "attempts", "successes", "success_ratio")
    table = pd.DataFrame({name: [row[place] for row in rows] for place, name in enumerate(columns) if place})
    return table.assign(station=texts(row[0] for row in rows))


TWO = frame(("Bad", BELOW, [50, 50, 50], [50, 40, 30]), ("Good", MEETS, [100, 25, 100], [99, 25, 98]))


def test_each_station_has_a_panel_in_the_order_given():
    figure = draw_panels(TWO, 0.95)
    assert [line for line in words(figure) if line in ("Good", "Bad", "below target", "meets target")] == [
        "Bad",
        "below target",
        "Good",
        "meets target",
    ]
    bad, good = (list(line.get_ydata()) for line in parts(figure, "rates"))
    assert (bad, good) == ([1, 0.8, 0.6], [0.99, 1, 0.98])


def test_all_panels_have_the_same_axes():
    axes = draw_panels(TWO, 0.95).axes
    assert len({(one.get_xlim(), one.get_ylim()) for one in axes}) == 1
    assert axes[0].get_ylim() == (0.5, 1)


def test_the_area_of_a_dot_grows_with_the_attempts():
    figure = draw_panels(TWO, 0.95)
    sizes = {}
    for line in parts(figure, "weeks"):
        sizes |= dict.fromkeys((round(y, 2) for y in line.get_ydata()), line.get_markersize())
    assert sizes[0.99] > sizes[0.8] > 0
    assert "Area of a dot: attempts, here 100" in words(figure)


def test_a_week_without_attempts_breaks_the_line():
    weeks = frame(("Dead", SILENT, [50, 0, 50, 0], [50, 0, 48, 0]))
    for ratios in (weeks["success_ratio"], weeks["success_ratio"].fillna(0)):
        figure = draw_panels(weeks.assign(success_ratio=ratios), 0.95)
        (line,) = parts(figure, "rates")
        assert list(np.isnan(np.array(line.get_ydata()))) == [False, True, False, True]
        assert not [text for text in words(figure) if "lower edge" in text]


def test_a_week_with_none_of_two_stands_on_the_lower_edge_and_that_is_said():
    weeks = frame(("Busy", MEETS, [500] * 3, [490] * 3), ("Small", UNSURE, [2, 1, 1], [0, 1, 1]))
    figure = draw_panels(weeks, 0.95)
    assert figure.axes[0].get_ylim() == (0.9, 1)
    assert "On the lower edge: weeks under 90%." in words(figure)


@pytest.mark.thorough
@pytest.mark.parametrize("count", range(1, 10))
def test_no_text_overlaps_another_or_leaves_the_picture(count):
    verdicts = (BELOW, SILENT, UNSURE, MEETS)
    stations = [(f"{i} {HOSTILE[i]}", verdicts[i % 4], [9] * 60, [8] * 60) for i in range(count)]
    assert collisions(draw_panels(frame(*stations), 0.95)) == []


def test_ten_stations_are_too_many():
    with pytest.raises(ValueError, match="10 stations are too many for panels, which are for up to 9"):
        draw_panels(frame(*((f"S{i}", MEETS, [9], [9]) for i in range(10))), 0.95)


def test_a_station_without_any_attempt_has_an_empty_panel():
    weeks = frame(("Idle", UNSURE, [0, 0], [0, 0]))
    assert panels_alt(weeks, 0.95).endswith("Idle: can't tell yet, no attempts.")
    png(draw_panels(weeks, 0.95))


def test_the_alternative_text_tells_each_station():
    assert panels_alt(TWO, 0.95) == (
        "Line charts: success rate by week at 2 stations, target 95%. "
        "Bad: below target, 80.0%, last 60.0% in the week of 14 Apr 2025. "
        "Good: meets target, 98.7%, last 98.0% in the week of 14 Apr 2025."
    )
    assert alternative(draw_panels(TWO, 0.95)) == panels_alt(TWO, 0.95)


def test_the_order_of_the_weeks_changes_nothing():
    mixed_up = TWO.iloc[[2, 0, 1, 5, 3, 4]]
    assert to_svg(draw_panels(mixed_up, 0.95), "a") == to_svg(draw_panels(TWO, 0.95), "a")


def test_stations_of_one_label_have_a_panel_each():
    twins = frame(("Depot", BELOW, [50, 50], [50, 40]), ("Depot", MEETS, [100, 100], [99, 98]))
    figure = draw_panels(twins, 0.95)
    assert [list(line.get_ydata()) for line in parts(figure, "rates")] == [[1, 0.8], [0.99, 0.98]]
