from __future__ import annotations

import math

import numpy as np
import pandas as pd

from evcharge.metrics.reasons import NOT_RECORDED
from evcharge.report.charts.reasons import draw_reasons, reasons_alt
from tests.support.charting import HOSTILE, alternative, collisions, part, png, texts, words


def frame(*rows):
    titles, steps, flagged, elsewhere = zip(*rows, strict=True) if rows else ((), (), (), ())
    counts = {"flagged": np.array(flagged, dtype="int64"), "elsewhere": np.array(elsewhere, dtype="int64")}
    return pd.DataFrame({"title": texts(titles), "first_step": texts(steps), **counts})


FEW = frame(("network offline", "remote", 10, 20), ("not recorded", "", 0, 6), ("power lost", "visit", 40, 24))


def test_reasons_stand_in_order_with_count_first_step_and_running_total():
    drawn = words(draw_reasons(FEW))
    rows = [line for line in drawn if line in ("Power lost", "Network offline", "Not recorded")]
    assert rows == ["Power lost", "Network offline", "Not recorded"]
    assert {"64", "30", "6", "visit", "remote", "64%", "94%", "100%"} <= set(drawn)


def test_each_bar_begins_with_the_stations_that_need_attention_in_the_dark_colour():
    bars = part(draw_reasons(FEW), "bars")
    ends = [tuple(sorted({x for x, _ in path.vertices})) for path in bars.get_paths()]
    longest = ends[1][1]
    assert ends[0] == (0, 40 / 64 * longest)
    assert ends[1][0] == 40 / 64 * longest
    colours = bars.get_facecolors()
    assert colours[0].sum() < colours[1].sum()


def test_not_recorded_is_always_shown_and_the_rest_is_summed():
    rows = [(f"code {number}", "visit", number, 100) for number in range(14)]
    drawn = words(draw_reasons(frame(*rows, ("not recorded", "", 0, 1))))
    assert len([line for line in drawn if line.startswith("Code")]) == 9
    assert {"Not recorded", "1", "Other reasons", "510"} <= set(drawn)
    assert "Not recorded" in words(draw_reasons(frame(("power lost", "visit", 1, 1))))


def test_the_title_of_no_reason_is_the_same_row_as_not_recorded():
    figure = draw_reasons(frame(("power lost", "visit", 1, 1), (NOT_RECORDED.title, math.nan, 0, 7)))
    assert words(figure).count("Not recorded") == 1
    assert "7" in words(figure)
    assert not {"nan", "No reason was recorded"} & set(words(figure))


def test_ten_reasons_need_no_row_for_the_rest():
    rows = [(f"code {number}", "visit", number, 100) for number in range(9)]
    assert "Other reasons" not in words(draw_reasons(frame(*rows, ("not recorded", "", 0, 1))))


def test_without_failures_there_is_one_row_and_no_share():
    for reasons in (frame(), frame(("power lost", "visit", 0, 0))):
        figure = draw_reasons(reasons)
        assert {"Not recorded", "0", "–"} <= set(words(figure))
        assert "Power lost" not in words(figure)
        png(figure)


def test_no_text_overlaps_another_or_leaves_the_picture():
    rows = [(name or "x", "check power and comms", 10_000_000 + i, 7) for i, name in enumerate(HOSTILE)]
    assert collisions(draw_reasons(frame(*rows))) == []


def test_the_alternative_text_tells_the_first_reasons_and_what_was_not_recorded():
    assert reasons_alt(FEW) == (
        "Bar chart: 100 failed attempts by recorded reason. At stations that need attention: 50. "
        "power lost 64% (64); network offline 30% (30). Not recorded: 6% (6)."
    )
    assert alternative(draw_reasons(FEW)) == reasons_alt(FEW)


def test_the_frame_is_left_as_it_was():
    before = FEW.copy()
    draw_reasons(FEW)
    pd.testing.assert_frame_equal(FEW, before)
