"""The picture of a port by several kinds of evidence: spans where their time is, and its words."""

from __future__ import annotations

from datetime import timedelta

from evcharge.report.charts.evidence import LEFT, LOOKS, RIGHT, TALL, THINNEST_PX, TIP, draw_evidence
from tests.support.every_chart import MIDNIGHT, compared


def rectangles(figure, state):
    """Left, width and height of what is drawn in the colour of a state, but for the legend's sign [px]."""
    found = [patch for patch in figure.patches + figure.artists if hasattr(patch, "get_width")]
    of_state = [patch for patch in found if _colour(patch) == LOOKS[state] and patch.get_x() >= LEFT]
    return [(round(patch.get_x(), 3), round(patch.get_width(), 3), patch.get_height()) for patch in of_state]


def _colour(patch):
    red, green, blue, _ = patch.get_facecolor()
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def test_a_span_lies_where_its_time_is_and_what_is_down_stands_out():
    figure = draw_evidence(compared())
    whole = RIGHT - LEFT
    assert rectangles(figure, "up") == [(LEFT, 0.75 * whole, TALL)]
    assert rectangles(figure, "down") == [(LEFT + 0.75 * whole, 0.25 * whole, TALL + 2 * TIP)]
    assert rectangles(figure, "unknown") == []


def test_a_second_is_wide_enough_to_be_seen():
    one = compared()
    spans = [(MIDNIGHT, MIDNIGHT + timedelta(seconds=1), "unknown")]
    ((_, width, _),) = rectangles(draw_evidence(one._replace(bars=[one.bars[0]._replace(spans=spans)])), "unknown")
    assert width == THINNEST_PX


def test_its_words_are_its_title_its_figures_and_its_days():
    figure = draw_evidence(compared())
    title, told = figure.get_label().split("\n")
    assert title == "CP / 1"
    assert told == "A bar over time for each kind of evidence. Statuses: 75% up, 25% down."
    assert [text.get_text() for text in figure.texts][-3:] == ["3 Mar", "4 Mar", "5 Mar"]
