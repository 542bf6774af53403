"""The weekly success rate of the network, and how much it varies from week to week anyway.

What does not belong here: the limits, and whether the network changed (``metrics``).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evcharge.metrics.partition import LEAST_ATTEMPTS
from evcharge.metrics.weekly import ABOVE_BAND, BELOW_BAND
from evcharge.report.charts.lettering import SMALL, SMALL_BOLD, SMALL_MUTED, Style
from evcharge.report.charts.scales import ratio_ticks, spread, tick_words, week_ticks, whole_weeks
from evcharge.report.charts.shapes import BEHIND, Point, curve, draw_grid, lines, marks, mosaic
from evcharge.report.charts.sheet import PAGE_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.charts.stations import target_words
from evcharge.report.colours import BAD, BAND, LINE, OK, PAPER, UNSURE, Mark
from evcharge.report.words import counted, day_text, percent

TITLE = "Success rate by week"

COLUMNS = ("week", "attempts", "successes", "success_ratio", "centre", "low", "high", "outside")
"""What ``weeks`` must have."""

OUTSIDE = {
    BELOW_BAND: Mark("Week below the band", "v", BAD, BAD, BAD),
    ABOVE_BAND: Mark("Week above the band", "^", OK, OK, OK),
}
"""Where a week lies -> mark."""
QUIET_MARK = Mark("Week", "o", UNSURE, PAPER, UNSURE)

LEFT, ENDS_PX, TALL = 58, 110, 190
MARK_PX, SMALL_MARK_PX = 8, 4
MOST_MARKS = 60
"""Where the plot begins, room for words at its right end, its height and marks [px], and weeks up to which each has a
mark of full size; set by eye."""
LEAST_SPAN = 0.02
"""Of the axis of rates, so that tenths of a point don't look like a fall. House rule, provisional."""
ROOM_PX = 72
"""For the name of a week."""


@default_style()
def draw_weekly(weeks: pd.DataFrame, target: float, width: int = PAGE_PX) -> Figure:
    """Weekly success rate of the network, with the limits of its ordinary variation, its centre, and the target.

    A week without attempts, or without a row, breaks the line. A rate beyond the axis, which follows the weeks with
    ``partition.LEAST_ATTEMPTS`` attempts and their limits, stands on its edge.

    Args:
        weeks: ``COLUMNS``; ``week`` is a Monday (datetime64), ``outside`` is "below", "above" or empty; ``centre``,
            ``low`` and ``high`` may be NaN, and are then not drawn.
        target: success ratio, 0–1.
        width: of the chart [px].

    Raises:
        ValueError: there is no week, or ``outside`` is another word.
        KeyError: a column is missing.
    """
    table = _whole(weeks)
    sheet = Sheet(width)
    draw_legend(sheet, _signs(table))
    top, span = sheet.y + 14, _span(table, target)
    axes = sheet.add_axes(LEFT, top, width - ENDS_PX - LEFT, TALL, (-0.5, len(table) - 0.5), span)
    _draw_limits(axes, table, target)
    _draw_weeks(axes, table, span)
    _write_axes(sheet, pd.DatetimeIndex(table.index), span, top)
    _write_ends(sheet, table, span, top, target)
    sheet.y = top + TALL + 24
    return sheet.close(TITLE, weekly_alt(weeks, target), 2)


def weekly_alt(weeks: pd.DataFrame, target: float) -> str:
    """The weeks in words, on one line: first and last, the lowest, and how many lie outside the band."""
    table = _whole(weeks)
    known = table["success_ratio"].dropna()
    years = {day.year for day in table.index}
    year = years.pop() if len(years) == 1 else None
    sentences = [f"Line chart: success rate by week, {counted(len(table), 'week')}, {target_words(target)}"]
    if known.empty:
        return f"{sentences[0]}. No attempts."
    for words, place in (("First", 0), ("Last", -1), ("Lowest", int(known.argmin()))):
        sentences.append(
            f"{words}: {percent(known.iloc[place], target)} in the week of {day_text(known.index[place], year)}"
        )
    centre = table["centre"].dropna()
    if len(centre):
        sentences.append(f"Usual: {percent(centre.iloc[-1], target)}")
    for where in OUTSIDE:
        if count := int((table["outside"] == where).sum()):
            sentences.append(f"{where.capitalize()} the band: {counted(count, 'week')}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _whole(weeks: pd.DataFrame) -> pd.DataFrame:
    """The weeks by their Monday, none left out; without attempts there is no rate and no limit."""
    if weeks.empty:
        raise ValueError("there is no week to draw")
    unknown = set(weeks["outside"]) - {"", *OUTSIDE}
    if unknown:
        raise ValueError(f"no mark for a week {min(map(repr, unknown))}; known: {', '.join(OUTSIDE)}")
    table = weeks[list(COLUMNS)].set_index("week").sort_index().reindex(whole_weeks(weeks["week"]))
    table["attempts"] = table["attempts"].fillna(0)
    table["outside"] = table["outside"].fillna("")
    table.loc[table["attempts"] == 0, ["success_ratio", "low", "high"]] = math.nan
    return table


def _signs(table: pd.DataFrame) -> list[Sign]:
    """The weeks outside the band, where there are any, and the band where there is one."""
    signs = [Sign(mark.legend, mark) for where, mark in OUTSIDE.items() if (table["outside"] == where).any()]
    if table["low"].notna().any():
        signs.append(Sign("Ordinary variation from week to week", colour=BAND))
    return signs


def _span(table: pd.DataFrame, target: float) -> tuple[float, float]:
    """The rates on the axis: target, credible weeks and the middle of the limits, with some air."""
    credible = table.loc[table["attempts"] >= LEAST_ATTEMPTS, "success_ratio"]
    limits = table[["low", "high"]].dropna().median()
    seen = [target, *credible, *table["centre"], *limits]
    if credible.dropna().empty:
        seen += list(table["success_ratio"])
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    air = max(0.08 * (high - low), (LEAST_SPAN - (high - low)) / 2)
    return max(0.0, low - air), min(1.0, high + air)


def _draw_limits(axes: Axes, table: pd.DataFrame, target: float) -> None:
    """The band of ordinary variation week by week, its centre, grid, and the target."""
    bottom, top = axes.get_ylim()
    bands, steps = [], []
    for place, (centre, low, high) in enumerate(table[["centre", "low", "high"]].to_numpy(dtype=float)):
        left, right = place - 0.5, place + 0.5
        if low == low and high == high:
            bands.append((left, max(low, bottom), right, min(high, top)))
        if centre == centre:
            steps.append([(left, centre), (right, centre)])
    band = mosaic(bands, BAND, axes.transData, name="band")
    band.set(zorder=0, antialiased=False)  # no seams between weeks
    axes.add_artist(band)
    draw_grid(axes, ratio_ticks(bottom, top, 5), target)
    axes.add_artist(lines(_joined(steps), UNSURE, axes.transData, width=1.5, layer=BEHIND, name="centre"))


def _joined(steps: list[list[Point]]) -> list[list[Point]]:
    """Level pieces that touch at the same height, as one."""
    joined: list[list[Point]] = []
    for begin, end in steps:
        if joined and joined[-1][-1] == begin:
            joined[-1][-1] = end
        else:
            joined.append([begin, end])
    return joined


def _draw_weeks(axes: Axes, table: pd.DataFrame, span: tuple[float, float]) -> None:
    """The rates as a line, with a mark for each week: smaller where they are many, but for those outside the band."""
    rates = np.clip(table["success_ratio"].to_numpy(dtype=float), *span)
    axes.add_artist(curve(enumerate(rates), UNSURE, axes.transData, name="rates"))
    few = len(table) <= MOST_MARKS
    sizes = {"": MARK_PX if few else SMALL_MARK_PX} | dict.fromkeys(OUTSIDE, MARK_PX + 1 if few else MARK_PX - 2)
    for where, mark in {"": QUIET_MARK, **OUTSIDE}.items():
        shown = np.isfinite(rates) & (table["outside"] == where).to_numpy()
        points = [(float(place), float(rates[place])) for place in np.flatnonzero(shown)]
        axes.add_artist(marks(points, mark, sizes[where], axes.transData, where or "weeks"))


def _write_axes(sheet: Sheet, weeks: pd.DatetimeIndex, span: tuple[float, float], top: float) -> None:
    """Rates at the left, weeks below."""
    low, high = span
    bottom, right = top + TALL, sheet.width - ENDS_PX
    px_per_week = (right - LEFT) / len(weeks)
    for tick in ratio_ticks(low, high, 5):
        sheet.write(LEFT - 8, top + (high - tick) / (high - low) * TALL, tick_words(tick), SMALL_MUTED, "right")
    ticks = [(LEFT + (place + 0.5) * px_per_week, words) for place, words in week_ticks(weeks, px_per_week, ROOM_PX)]
    ticks_below = [[(x, bottom), (x, bottom + 4)] for x, _ in ticks]
    sheet.add(lines([[(LEFT, bottom), (right, bottom)], *ticks_below], LINE, sheet.pixels))
    for x, words in ticks:
        sheet.write(x, bottom + 15, words, SMALL_MUTED, "center")


def _write_ends(sheet: Sheet, table: pd.DataFrame, span: tuple[float, float], top: float, target: float) -> None:
    """What the last rate, the usual rate and the target are, at the right end of each, moved apart where too close."""
    ends: list[tuple[float, str, Style]] = [(target, target_words(target), SMALL)]
    centre, known = table["centre"].dropna(), table["success_ratio"].dropna()
    if len(centre):
        ends.append((centre.iloc[-1], f"usual {percent(centre.iloc[-1], target)}", SMALL_MUTED))
    if len(known):
        ends.append((known.iloc[-1], f"latest {percent(known.iloc[-1], target)}", SMALL_BOLD))
    low, high = span
    heights = [top + (high - min(max(ratio, low), high)) / (high - low) * TALL for ratio, _, _ in ends]
    for y, (_, words, style) in zip(spread(heights, 16, top, top + TALL), ends, strict=True):
        sheet.write(sheet.width - ENDS_PX + 8, y, words, style)
