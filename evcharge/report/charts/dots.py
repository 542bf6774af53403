"""The stations as dots on a zoomed axis: who is worse now, how sure that is, and where each was before.

Dots need no zero, so the axis shows the range in which stations differ. What does not belong here: the page around the
rows (``ranked``), order and words of the stations (``stations``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evcharge.report.charts.ranked import MARKER_PX, draw_marks, draw_ranked
from evcharge.report.charts.shapes import BEHIND, DOTS, Point, lines, marks
from evcharge.report.charts.stations import ChartText, in_words, rows_of, rows_shown
from evcharge.report.charts.theme import MARKS
from evcharge.report.colours import MUTED, Mark
from evcharge.report.plots import zoomed_floor

TICK_ROWS = 0.3
"""Half the height of the tick at the rate before [rows]; set by eye."""

KIND = "Dot plot"
READING = (
    "Mark and line: now, that is since the station's last change, with its 95% interval. "
    "Tick: the rate before the change. Arrow: it goes on to the left."
)


def draw_station_dots(stations: pd.DataFrame, text: ChartText) -> Figure:
    """Dots of the present success rate per station with interval and the rate before, in the order of the bars.

    The axis begins 5 points under the worst credible station shown (``plots.zoomed_floor``) and ends at 100 %.

    Args:
        stations: as for ``bars.draw_station_reliability``.
        text: the words around the dots.

    Raises:
        ValueError: there is no station, or a verdict is not one of ``theme.MARKS``.
        KeyError: a column is missing.
    """
    everything = rows_of(stations)
    shown = rows_shown(everything)
    attempts = np.array([row.attempts_now for row in shown], dtype=float)
    floor = zoomed_floor(np.array([row.rate_now for row in shown], dtype=float), attempts, text.target)

    def draw_rows(axes: Axes, rows: Sequence[Any], middles: Sequence[float]) -> None:
        _draw_dots(axes, rows, middles, floor)

    return draw_ranked(everything, text, READING, floor, draw_rows, in_words(everything, text, KIND))


def _draw_dots(axes: Axes, rows: Sequence[Any], middles: Sequence[float], floor: float) -> None:
    """Interval and mark of each row, and a dotted line to the rate before; arrows where these leave the axis."""
    placed = list(zip(rows, middles, strict=True))
    spans = [_span(row.low_now, row.high_now, middle, floor) for row, middle in placed]
    colours = [MARKS[row.verdict_now].colour for row in rows]
    axes.add_artist(lines(spans, colours, axes.transData, width=2, name="intervals"))
    _draw_changes(axes, [(row, middle) for row, middle in placed if row.rate_before == row.rate_before], floor)
    for row, middle in placed:
        if row.low_now < floor:
            axes.add_artist(_arrow(floor, middle, MARKS[row.verdict_now].colour, axes))
    seen = [(row, middle) for row, middle in placed if row.rate_now >= floor]
    draw_marks(axes, [row for row, _ in seen], [middle for _, middle in seen])


def _draw_changes(axes: Axes, changed: Sequence[tuple[Any, float]], floor: float) -> None:
    """A dotted line from the present rate to the rate before, and a tick there."""
    ways = []
    for row, middle in changed:
        low, high = sorted((row.rate_now, row.rate_before))
        ways.append(_span(low, high, middle, floor))
    ticks = [
        [(row.rate_before, middle - TICK_ROWS), (row.rate_before, middle + TICK_ROWS)]
        for row, middle in changed
        if row.rate_before >= floor
    ]
    axes.add_artist(lines(ways, MUTED, axes.transData, width=1.2, pattern=DOTS, layer=BEHIND, name="changes"))
    axes.add_artist(lines(ticks, MUTED, axes.transData, width=2, name="before"))
    for row, middle in changed:
        if row.rate_before < floor:
            axes.add_artist(_arrow(floor, middle, MUTED, axes))


def _span(low: float, high: float, middle: float, floor: float) -> list[Point]:
    """A line from low to high, as far as the axis reaches."""
    return [(max(low, floor), middle), (max(high, floor), middle)]


def _arrow(floor: float, middle: float, colour: str, axes: Axes) -> Line2D:
    """An arrow at the left edge."""
    arrow = Mark("", "<", colour, colour, colour)
    return marks([(floor, middle)], arrow, 0.7 * MARKER_PX, axes.transData, "arrow")
