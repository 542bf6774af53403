"""The page of stations in rows: head, legend, labels, figures, axis and foot, around whatever stands in each row.

What does not belong here: bars (``bars``) and dots (``dots``), and the words of a row (``stations``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evcharge.report.charts.lettering import ABSENT, BODY, NOTE, QUIET, SUBTITLE, TITLE, plain, text_width, wrapped
from evcharge.report.charts.scales import ratio_ticks, tick_words
from evcharge.report.charts.shapes import Point, draw_grid, lines, marks
from evcharge.report.charts.sheet import LINE_HEIGHT, Sheet, default_style
from evcharge.report.charts.stations import (
    ChartText,
    at_present,
    cap_sentence,
    counts,
    fitted_label,
    group_of,
    left_out,
    rate,
    rest_sentence,
    rows_shown,
    target_words,
    year_of,
)
from evcharge.report.charts.theme import MARKS
from evcharge.report.colours import BAD, BAD_PALE, LINE, MUTED
from evcharge.report.now import ATTENTION, SILENT

WIDTH_PX = 1320
"""Width of the picture: fits a 1366 px screen, the narrowest common laptop, at 100 %."""

MARGIN_PX = 32
GAP_PX = 20
ROW_PX = 25
FEW_ROWS = 12
FEW_ROW_PX = 34
GROUP_GAP_ROWS = 0.4
MARKER_PX = 10
LEGEND_MARK_PX = 22
"""From ``MARGIN_PX`` on: set by eye on pictures of 1, 5, 10, 50 and 5,000 stations at 100 %."""

SILENT_NOTE = "Silent: no session for much longer than its use allows. The mark stands at the rate up to the last one."

DrawRows = Callable[[Axes, Sequence[Any], Sequence[float]], None]
"""Draws the rows that have attempts, each around its middle [rows from the top]."""


@default_style()
def draw_ranked(
    rows: Sequence[Any], text: ChartText, reading: str, floor: float, draw_rows: DrawRows, alternative: str
) -> Figure:
    """The stations that need attention first, with what ``draw_rows`` draws of each.

    Args:
        rows: all stations, as ``stations.rows_of`` has them.
        text: the words around the rows.
        reading: how to read a row, in one sentence.
        floor: where the axis of rates begins [0 to 1].
        draw_rows: draws what stands in the rows.
        alternative: the whole in words.

    Returns:
        A figure ``WIDTH_PX`` wide whose height grows with the rows.
    """
    shown = rows_shown(rows)
    page = Sheet(WIDTH_PX, MARGIN_PX)
    _write_head(page, text, reading, rows)
    _write_rows(page, shown, [fitted_label(row) for row in shown], text.target, floor, draw_rows)
    _write_foot(page, text, rows)
    return page.close(text.title, alternative, MARGIN_PX)


def _write_head(page: Sheet, text: ChartText, reading: str, rows: Sequence[Any]) -> None:
    """Title, subtitle, how to read a row, what is shown, the note, and the legend with the counts of all stations."""
    width = WIDTH_PX - 2 * MARGIN_PX
    page.write_lines(wrapped(text.title, TITLE, width), TITLE, MARGIN_PX)
    page.y += 4
    for paragraph in filter(plain, (text.subtitle, reading, cap_sentence(rows))):
        page.write_lines(wrapped(paragraph, SUBTITLE, width), SUBTITLE, MARGIN_PX)
    if plain(text.note):
        _write_note(page, wrapped(text.note, NOTE, width - 2 * GAP_PX))
    _draw_legend(page, rows)


def _write_note(page: Sheet, note: Sequence[str]) -> None:
    """The note in a box with a coloured edge, so that nobody reads the rates without it."""
    page.y += 12
    height = len(note) * NOTE.px * LINE_HEIGHT + 18
    page.rectangle(MARGIN_PX, page.y, WIDTH_PX - 2 * MARGIN_PX, height, BAD_PALE, alpha=0.25)
    page.rectangle(MARGIN_PX, page.y, 5, height, BAD)
    page.y += 9
    page.write_lines(note, NOTE, MARGIN_PX + GAP_PX)
    page.y += 9


def _draw_legend(page: Sheet, rows: Sequence[Any]) -> None:
    """One line: mark, verdict and count for each verdict, then the sign for the interval."""
    found = Counter(row.verdict_now for row in rows)
    page.y += 26
    x = float(MARGIN_PX)
    for verdict, mark in MARKS.items():
        page.add(marks([(x + MARKER_PX / 2, page.y)], mark, MARKER_PX, page.pixels))
        words = f"{mark.legend} ({found[verdict]:,})"
        page.write(x + LEGEND_MARK_PX, page.y, words, BODY)
        x += LEGEND_MARK_PX + text_width(words, BODY) + 1.5 * GAP_PX
    page.add(lines(whisker(x, x + 34, page.y, 5), MUTED, page.pixels, width=2))
    page.write(x + 34 + GAP_PX / 2, page.y, "95% interval", BODY)
    page.y += 18


def whisker(low: float, high: float, middle: float, reach: float) -> list[list[Point]]:
    """An interval as three lines: the span, and its two ends, which reach out to both sides."""
    ends = [[(x, middle - reach), (x, middle + reach)] for x in (low, high)]
    return [[(low, middle), (high, middle)], *ends]


def _write_rows(
    page: Sheet, shown: Sequence[Any], names: Sequence[str], target: float, floor: float, draw_rows: DrawRows
) -> None:
    """The station rows: labels at the left, the plot in the middle, figures at the right, axis below."""
    row_px = FEW_ROW_PX if len(shown) <= FEW_ROWS else ROW_PX
    middles = _middles(shown)
    left = MARGIN_PX + max(text_width(name, BODY) for name in names) + 0.8 * GAP_PX
    header = page.y + 20
    top = header + 16
    heights = [top + row_px * middle for middle in middles]
    right = _write_columns(page, shown, [header, *heights], target) - 1.2 * GAP_PX
    for row, name, height in zip(shown, names, heights, strict=True):
        page.write(left - 0.8 * GAP_PX, height, name, BODY, "right")
        if not row.attempts:
            page.write(left + 8, height, "no attempts counted", ABSENT)
    tall = middles[-1] + 0.5
    axes = page.add_axes(left, top, right - left, tall * row_px, (floor, 1), (tall, 0))
    draw_grid(axes, ratio_ticks(floor, 1), target, upright=True)
    drawn = [(row, middle) for row, middle in zip(shown, middles, strict=True) if row.attempts]
    draw_rows(axes, [row for row, _ in drawn], [middle for _, middle in drawn])
    page.y = top + tall * row_px
    _write_axis(page, (left, right), floor, header, target)


def _middles(shown: Sequence[Any]) -> list[float]:
    """The middle of each row, in rows from the top, with a gap where the group changes."""
    changes = [group_of(row) != group_of(before) for row, before in zip(shown[1:], shown, strict=False)]
    return [float(at) for at in np.arange(len(shown)) + 0.5 + GROUP_GAP_ROWS * np.cumsum([0, *changes])]


def _write_columns(page: Sheet, shown: Sequence[Any], heights: Sequence[float], target: float) -> float:
    """The columns of figures, right to left; a column without any figure is left out. Returns their left edge."""
    year = year_of(shown)
    columns: tuple[tuple[str, Callable[[Any], str], Literal["left", "right"]], ...] = (
        ("at present", lambda row: at_present(row, year, target), "left"),
        ("not counted", left_out, "right"),
        ("succeeded", counts, "right"),
        ("success rate", lambda row: rate(row, target), "right"),
    )
    right = float(WIDTH_PX - MARGIN_PX)
    for header, cell, side in columns:
        cells = [cell(row) for row in shown]
        if not any(cells):
            continue
        width = max(text_width(header, QUIET), *(text_width(words, BODY) for words in cells))
        x = right if side == "right" else right - width
        page.write(x, heights[0], header, QUIET, side)
        for row, height, words in zip(shown, heights[1:], cells, strict=True):
            loud = header == "success rate" or (side == "left" and row.verdict_now in ATTENTION)
            page.write(x, height, words, BODY if loud else QUIET, side)
        right -= width + GAP_PX
    return right


def _write_axis(page: Sheet, span: tuple[float, float], floor: float, header: float, target: float) -> None:
    """Per cent below the plot, the target's name above its line; the page goes on below the axis."""
    left, right = span

    def x_of(ratio: float) -> float:
        return left + (ratio - floor) / (1 - floor) * (right - left)

    half = text_width(target_words(target), BODY) / 2
    at = min(max(x_of(target), left + half), right + 0.6 * GAP_PX - half)
    page.write(at, header, target_words(target), BODY, "center")
    for tick in ratio_ticks(floor, 1):
        page.write(x_of(tick), page.y + 16, tick_words(tick), QUIET, "center")
    page.write(left, page.y + 38, "Success rate: share of counted attempts that succeeded", QUIET)
    page.y += 50


def _write_foot(page: Sheet, text: ChartText, rows: Sequence[Any]) -> None:
    """What is not shown, how success is defined, and how to read interval, counts and silence."""
    width = WIDTH_PX - 2 * MARGIN_PX
    if rest := rest_sentence(rows):
        page.y += 8
        page.write_lines(wrapped(rest, BODY, width), BODY, MARGIN_PX)
    page.y += 10
    page.rectangle(MARGIN_PX, page.y, width, 1, LINE)
    page.y += 10
    paragraphs = [
        f"Definition of success – {plain(text.definition)}",
        "Interval: Wilson, 95%. Not counted: attempts whose outcome is unknown or that the definition excludes.",
        SILENT_NOTE if any(row.verdict_now == SILENT for row in rows) else "",
    ]
    for paragraph in filter(None, paragraphs):
        page.write_lines(wrapped(paragraph, QUIET, width), QUIET, MARGIN_PX)


def draw_marks(axes: Axes, rows: Sequence[Any], middles: Sequence[float]) -> None:
    """The mark of each row at its present rate."""
    placed = list(zip(rows, middles, strict=True))
    for verdict, mark in MARKS.items():
        points = [(row.rate_now, middle) for row, middle in placed if row.verdict_now == verdict]
        axes.add_artist(marks(points, mark, MARKER_PX, axes.transData))
