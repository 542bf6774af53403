from __future__ import annotations

import math

import pandas as pd
import pytest

from evcharge.report.charts.definitions import definitions_alt, draw_definitions
from tests.support.charting import BELOW, HOSTILE, MEETS, UNSURE, alternative, collisions, part, png, texts, words


def frame(*rows):
    columns = ("id", "success_ratio", "low", "high", "attempts", "verdict")
    return pd.DataFrame(rows, columns=columns)


THREE = frame(
    ("recorded", 0.9612, 0.95, 0.97, 3000, MEETS),
    ("afirev", 0.883, 0.87, 0.89, 3000, BELOW),
    ("kwwhat", 0.95, 0.9, 0.98, 120, UNSURE),
)


def test_definitions_stand_in_order_with_the_rate_of_how_many_attempts():
    drawn = words(draw_definitions(THREE, 0.95))
    assert [word for word in drawn if word in set(THREE["id"])] == ["recorded", "afirev", "kwwhat"]
    assert {"96.1% of 3,000", "88.3% of 3,000", "95.0% of 120", "Target 95%", "100%"} <= set(drawn)


def test_each_mark_stands_at_the_rate_and_each_line_from_low_to_high():
    figure = draw_definitions(THREE, 0.95)
    axes = figure.axes[0]
    found = [
        (tuple(line.get_xdata()), tuple(line.get_ydata())) for line in axes.lines if line.get_gid() == "definitions"
    ]
    assert found == [((0.9612,), (0,)), ((0.883,), (1,)), ((0.95,), (2,))]
    first = part(figure, "intervals").get_segments()[0]
    assert first.tolist() == [[0.95, 0], [0.97, 0]]
    assert axes.get_xlim() == pytest.approx((0.8, 1))


def test_a_definition_by_which_no_attempt_counts_is_said_to_and_has_no_mark():
    figure = draw_definitions(pd.concat([THREE, frame(("none", math.nan, math.nan, math.nan, 0, None))]), 0.95)
    assert "no attempt counts" in words(figure)
    assert len([line for line in figure.axes[0].lines if line.get_gid() == "definitions"]) == 3
    assert "nan" not in " ".join(words(figure))


def test_what_the_data_lacks_columns_for_is_named_below():
    assert "The data lacks what these need: chargex_session, csr_now." in words(
        draw_definitions(THREE, 0.95, ("chargex_session", "csr_now"))
    )


def test_the_alternative_text_says_each_rate_with_its_verdict():
    told = definitions_alt(THREE, 0.95)
    assert told == alternative(draw_definitions(THREE, 0.95))
    assert told.startswith(
        "Dot plot: success by 3 definitions, target 95%. recorded: 96.1% of 3,000 attempts, meets target."
    )


@pytest.mark.parametrize("width", [560, 360])
def test_no_texts_collide_whatever_definitions_are_called(width):
    many = pd.concat([THREE] * 4, ignore_index=True).assign(
        id=texts(HOSTILE[number % len(HOSTILE)] for number in range(12))
    )
    figure = draw_definitions(many, 0.95, HOSTILE, width=width)
    assert collisions(figure) == []
    assert png(figure) == png(draw_definitions(many, 0.95, HOSTILE, width=width))


def test_without_a_definition_nothing_is_drawn():
    with pytest.raises(ValueError, match="no definition"):
        draw_definitions(frame(), 0.95)
