"""``station_reliability.png``: a bar from zero for the whole period, mark and interval for the present.

What does not belong here: the page around the rows (``ranked``), order and words of the stations (``stations``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evcharge.report.charts.ranked import draw_marks, draw_ranked, whisker
from evcharge.report.charts.shapes import boxes, lines
from evcharge.report.charts.stations import ChartText, in_words, rows_of
from evcharge.report.charts.theme import MARKS

BAR_ROWS = 0.64
CAP_ROWS = 0.22
"""Height of a bar, and half the height of an interval's end [rows]; set by eye."""

KIND = "Bar chart"
READING = (
    "Pale bar: the whole period. Mark and line: now, that is since the station's last change, with its 95% interval."
)


def draw_station_reliability(stations: pd.DataFrame, text: ChartText) -> Figure:
    """Bars of success rate per station with interval, counts and verdict.

    Args:
        stations: all stations, one a row, in order of attention, with ``stations.COLUMNS``; ratios are 0–1, NaN without
            attempts.
        text: the words around the bars.

    Returns:
        A figure ``ranked.WIDTH_PX`` wide whose height grows with the rows; its label holds title and alternative text.

    Raises:
        ValueError: there is no station, or a verdict is not one of ``theme.MARKS``.
        KeyError: a column is missing.
    """
    rows = rows_of(stations)
    return draw_ranked(rows, text, READING, 0, _draw_bars, in_words(rows, text, KIND))


def _draw_bars(axes: Axes, rows: Sequence[Any], middles: Sequence[float]) -> None:
    """Bars from zero, intervals and marks."""
    placed = list(zip(rows, middles, strict=True))
    looks = [MARKS[row.verdict_now] for row in rows]
    bars = [(0.0, middle - BAR_ROWS / 2, row.success_ratio, middle + BAR_ROWS / 2) for row, middle in placed]
    axes.add_artist(boxes(bars, [mark.pale for mark in looks], axes.transData))
    whiskers = [part for row, middle in placed for part in whisker(row.low_now, row.high_now, middle, CAP_ROWS)]
    colours = [mark.colour for mark in looks for _ in range(3)]
    axes.add_artist(lines(whiskers, colours, axes.transData, width=2, name="intervals"))
    draw_marks(axes, rows, middles)
