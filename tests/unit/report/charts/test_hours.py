from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from evcharge.report.charts.hours import draw_hours, hours_alt
from evcharge.report.colours import BAD, BAD_PALE, UNSURE, UNSURE_PALE
from tests.support.charting import alternative, collisions, part, png, words


def frame(hours, window=()):
    """Hours as hour -> (attempts, failures)."""
    rows = [(hour, attempts, failures, hour in window) for hour, (attempts, failures) in hours.items()]
    return pd.DataFrame(rows, columns=["hour", "attempts", "failures", "in_window"])


DAY = frame({hour: (20, 8 if 12 <= hour < 19 else 1) for hour in range(24)}, range(12, 19))


def bars(figure):
    """Middle, height and colour of each bar."""
    drawn = part(figure, "bars")
    boxes = [path.vertices for path in drawn.get_paths()]
    colours = [to_hex(colour) for colour in drawn.get_facecolors()]
    return [(box[:4, 0].mean(), box[:, 1].max(), colour) for box, colour in zip(boxes, colours, strict=True)]


def test_the_hours_of_the_window_are_dark_and_as_high_as_the_share_that_failed():
    drawn = bars(draw_hours(DAY))
    assert len(drawn) == 24
    assert drawn[12] == (pytest.approx(12), 0.4, BAD)
    assert drawn[11] == (pytest.approx(11), 0.05, UNSURE)
    assert "12:00–19:00" in words(draw_hours(DAY))


def test_an_hour_with_few_attempts_is_pale_and_may_be_cut():
    hours = frame({8: (7, 7), 9: (100, 10), 13: (3, 2), 14: (100, 30)}, (13, 14))
    figure = draw_hours(hours)
    assert [colour for _, _, colour in bars(figure)] == [UNSURE_PALE, UNSURE, BAD_PALE, BAD]
    assert bars(figure)[0][1] == pytest.approx(0.3)
    assert "Pale: fewer than 8 attempts, cut at the top" in words(figure)


def test_a_window_over_midnight_is_told_as_one():
    hours = frame(dict.fromkeys(range(24), (20, 5)), (22, 23, 0, 1))
    assert "22:00–02:00" in words(draw_hours(hours))
    late = frame(dict.fromkeys(range(24), (20, 5)), (22, 23))
    assert "22:00–24:00" in words(draw_hours(late))


def test_hours_without_a_row_have_no_bar():
    assert [round(x) for x, _, _ in bars(draw_hours(frame({3: (9, 9), 20: (9, 1)})))] == [3, 20]


@pytest.mark.parametrize("hours", [DAY, frame({}), frame({5: (1, 1)}), frame({5: (1000, 1)}, range(24))])
def test_no_text_overlaps_another_or_leaves_the_picture(hours):
    figure = draw_hours(hours)
    assert collisions(figure) == []
    png(figure)


def test_the_alternative_text_compares_window_and_other_hours():
    assert hours_alt(DAY) == (
        "Bar chart: share of failed attempts by hour of day, 480 attempts. "
        "12:00–19:00: 40% (56 of 140). Other hours: 5% (17 of 340)."
    )
    assert alternative(draw_hours(DAY)) == hours_alt(DAY)
