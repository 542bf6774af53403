from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from evcharge.report.charts.save import to_svg
from evcharge.report.charts.weekly import draw_weekly, weekly_alt
from tests.support.charting import alternative, collisions, mondays, part, parts, png, points, weeks_of, words

SIX = weeks_of([100] * 6, [97, 96, 95, 90, 99, 95], ["", "", "", "below", "above", ""])


def test_weeks_outside_the_band_have_a_shape_of_their_own():
    figure = draw_weekly(SIX, 0.95)
    assert (part(figure, "below").get_marker(), points(figure, "below")) == ("v", [(3, 0.9)])
    assert (part(figure, "above").get_marker(), points(figure, "above")) == ("^", [(4, 0.99)])
    assert points(figure, "weeks") == [(0, 0.97), (1, 0.96), (2, 0.95), (5, 0.95)]
    assert {"Week below the band", "Week above the band"} <= set(words(figure))


def test_latest_usual_and_target_are_named_at_the_right():
    assert {"latest 95.0%", "usual 96.0%", "target 95%"} <= set(words(draw_weekly(SIX, 0.95)))


@pytest.mark.parametrize("hole", ["no attempts", "no row"])
def test_a_week_without_attempts_breaks_the_line_and_the_band(hole):
    weeks = weeks_of([100, 100, 0, 100], [95, 96, 0, 97])
    weeks = weeks if hole == "no attempts" else weeks[weeks["attempts"] > 0]
    figure = draw_weekly(weeks, 0.95)
    line = np.array(part(figure, "rates").get_ydata())
    assert list(np.isnan(line)) == [False, False, True, False]
    band = part(figure, "band").get_path().vertices
    assert not ((band[:, 0] > 1.5) & (band[:, 0] < 2.5)).any()
    assert len(band) == 3 * 5


def test_without_limits_there_are_only_points_and_target():
    weeks = SIX.assign(centre=math.nan, low=math.nan, high=math.nan, outside="")
    figure = draw_weekly(weeks, 0.95)
    assert len(points(figure, "weeks")) == 6
    assert len(part(figure, "band").get_path().vertices) == 0
    assert not [line for line in words(figure) if "usual" in line or "variation" in line]
    png(figure)


def test_the_band_reaches_from_low_to_high_in_each_week():
    figure = draw_weekly(SIX, 0.95)
    low, high = figure.axes[0].get_ylim()
    heights = set(part(figure, "band").get_path().vertices[:, 1])
    assert heights == {max(0.94, low), min(0.98, high)}


def test_a_week_of_few_attempts_stands_on_the_edge_and_squashes_nothing():
    weeks = weeks_of([100, 2, 100], [95, 0, 96])
    figure = draw_weekly(weeks, 0.95)
    low, _ = figure.axes[0].get_ylim()
    assert low > 0.9
    assert points(figure, "weeks")[1] == (1, low)


def test_weeks_of_few_attempts_alone_are_all_in_view():
    figure = draw_weekly(weeks_of([2, 4, 3], [1, 3, 3]), 0.95)
    assert figure.axes[0].get_ylim()[0] < 0.5


@pytest.mark.parametrize("count", [1, 2, 13, 26, 27, 53, 104, 260])
def test_no_text_overlaps_another_or_leaves_the_picture(count):
    weeks = weeks_of([1000] * count, [930 + i * 37 % 60 for i in range(count)])
    assert collisions(draw_weekly(weeks, 0.96)) == []


@pytest.mark.parametrize("target", [0, 0.5, 0.96, 0.9601, 1])
def test_the_names_at_the_right_never_overlap(target):
    assert collisions(draw_weekly(weeks_of([100] * 3, [96, 100, 96]), target)) == []
    assert collisions(draw_weekly(weeks_of([100] * 3, [100] * 3).assign(centre=1.0, low=1.0, high=1.0), target)) == []


def test_five_years_name_a_month_at_a_time_with_the_year_where_it_changes():
    weeks = weeks_of([1000] * 260, [950] * 260)
    drawn = words(draw_weekly(weeks, 0.95))
    assert {"Jan 2026", "Jan 2030"} <= set(drawn)
    assert 8 < len([line for line in drawn if line[:3] in ("Jan", "Jul")]) < 12
    assert len(to_svg(draw_weekly(weeks, 0.95), "weekly")) < 60_000


def test_the_alternative_text_tells_first_last_lowest_usual_and_weeks_outside_the_band():
    assert weekly_alt(SIX, 0.95) == (
        "Line chart: success rate by week, 6 weeks, target 95%. First: 97.0% in the week of 31 Mar. "
        "Last: 95.0% in the week of 5 May. Lowest: 90.0% in the week of 21 Apr. Usual: 96.0%. "
        "Below the band: 1 week. Above the band: 1 week."
    )
    assert alternative(draw_weekly(SIX, 0.95)) == weekly_alt(SIX, 0.95)


def test_weeks_without_any_attempt_are_told():
    weeks = weeks_of([0, 0], [0, 0])
    assert weekly_alt(weeks, 0.95).endswith("No attempts.")
    png(draw_weekly(weeks, 0.95))


def test_a_word_without_a_mark_no_week_and_weeks_on_several_weekdays_are_refused():
    with pytest.raises(ValueError, match="'odd'"):
        draw_weekly(SIX.assign(outside="odd"), 0.95)
    with pytest.raises(ValueError, match="no week"):
        draw_weekly(SIX.iloc[:0], 0.95)
    with pytest.raises(ValueError, match="same weekday"):
        draw_weekly(SIX.assign(week=mondays(6) + pd.to_timedelta([0, 0, 1, 0, 0, 0], unit="D")), 0.95)


def test_the_order_of_the_rows_changes_nothing():
    assert to_svg(draw_weekly(SIX[::-1], 0.95), "a") == to_svg(draw_weekly(SIX, 0.95), "a")
    assert len(parts(draw_weekly(SIX, 0.95), "rates")) == 1
