"""A few stations, each in a panel of its own, week by week: fewer than ten points make no funnel.

What does not belong here: verdicts, and the weeks of a whole network (``weekly``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evcharge.report.charts.lettering import SMALL_BOLD, SMALL_MUTED, fitted, legible, text_width
from evcharge.report.charts.scales import tick_words, whole_weeks
from evcharge.report.charts.shapes import DASHES, curve, draw_grid, marks
from evcharge.report.charts.sheet import HALF_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.charts.stations import target_words
from evcharge.report.charts.theme import MARKS, refuse_unknown
from evcharge.report.colours import INK, UNSURE, Mark
from evcharge.report.plots import MOST_PANELS, ROOM_UNDER_WORST
from evcharge.report.words import counted, day_text, percent

TITLE = "Success rate by week at each station"

COLUMNS = ("station_key", "station", "verdict_now", "week", "attempts", "successes", "success_ratio")
"""What ``weeks`` must have."""

ONE_COLUMN = 3
"""Panels up to which each has the whole width; set by eye."""
UNSEEN_SHARE = 0.02
"""Of all attempts that may lie below the axis, so that a week with 0 of 2 does not squash the others. House rule,
provisional."""

LEFT_PX, GAP_PX = 44, 24
HEAD_PX, TALL_PX, FOOT_PX = 32, 58, 20
MARK_PX = 9
DOT_PX = (3.0, 4.5, 5.8, 7.0, 8.0)
"""Room for the axis, between columns, for the name, for the plot and below it; a mark; the dots, whose area grows with
the attempts. Set by eye."""


class Panel(NamedTuple):
    """A station with its weeks.

    Attributes:
        station: its label.
        verdict: on the present.
        weeks: ``attempts``, ``successes`` and ``success_ratio`` by Monday.
    """

    station: str
    verdict: str
    weeks: pd.DataFrame

    @property
    def ratio(self) -> float:
        """The rate over all weeks; NaN without attempts."""
        attempts = self.weeks["attempts"].sum()
        return float(self.weeks["successes"].sum() / attempts) if attempts else math.nan


@default_style()
def draw_panels(weeks: pd.DataFrame, target: float, width: int = HALF_PX) -> Figure:
    """One panel per station with its weekly success rate, the area of a dot by attempts.

    Weeks without attempts, or without a row, break the line. All panels have the same axes.

    Args:
        weeks: one row per station and week, stations in order of attention, with ``COLUMNS``; ``station`` is a label,
            ``week`` a Monday (datetime64).
        target: success ratio, 0–1.
        width: of the chart [px].

    Raises:
        ValueError: there is no week, more than ``plots.MOST_PANELS`` stations, or a verdict without a mark.
        KeyError: a column is missing.
    """
    panels = _panels(weeks)
    mondays, floor, most = whole_weeks(weeks["week"]), _floor(weeks, target), max(1, int(weeks["attempts"].max()))
    sheet = Sheet(width)
    draw_legend(sheet, [Sign(target_words(target).capitalize(), colour=INK, pattern=DASHES), _dot_sign(most)])
    columns = 1 if len(panels) <= ONE_COLUMN or width < HALF_PX else 2
    wide = (width - GAP_PX * (columns - 1)) / columns
    top = sheet.y + 4
    for number, panel in enumerate(panels):
        x, y = number % columns * (wide + GAP_PX), top + number // columns * (HEAD_PX + TALL_PX + FOOT_PX)
        _write_head(sheet, panel, x, y + HEAD_PX / 3, wide)
        plot = (x + LEFT_PX, y + HEAD_PX, wide - LEFT_PX - 6, TALL_PX)
        axes = sheet.add_axes(*plot, (-0.5, len(mondays) - 0.5), (floor, 1))
        _draw_panel(axes, panel, mondays, most, target)
        _write_axes(sheet, mondays, floor, plot, last=number >= len(panels) - columns)
        sheet.y = y + HEAD_PX + TALL_PX + FOOT_PX
    if ((weeks["attempts"] > 0) & (weeks["success_ratio"] < floor)).any():
        sheet.write_lines([f"On the lower edge: weeks under {tick_words(floor)}."], SMALL_MUTED, 0)
    return sheet.close(TITLE, panels_alt(weeks, target), 4)


def panels_alt(weeks: pd.DataFrame, target: float) -> str:
    """The panels in words, on one line: each station with its verdict, its rate over all weeks and in the last one."""
    panels = _panels(weeks)
    sentences = [f"Line charts: success rate by week at {counted(len(panels), 'station')}, {target_words(target)}"]
    for panel in panels:
        known = panel.weeks[panel.weeks["attempts"] > 0]
        if known.empty:
            sentences.append(f"{panel.station}: {panel.verdict}, no attempts")
            continue
        last = f"{percent(known['success_ratio'].iloc[-1], target)} in the week of {day_text(known.index[-1])}"
        sentences.append(f"{panel.station}: {panel.verdict}, {percent(panel.ratio, target)}, last {last}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _panels(weeks: pd.DataFrame) -> list[Panel]:
    """The stations in the order given."""
    if weeks.empty:
        raise ValueError("there is no week to draw")
    refuse_unknown(set(weeks["verdict_now"]))
    table = weeks[list(COLUMNS)].assign(station=[legible(str(station)) for station in weeks["station"]])
    panels = [
        Panel(rows["station"].iloc[0], rows["verdict_now"].iloc[0], rows.set_index("week").sort_index())
        for _, rows in table.groupby("station_key", sort=False)
    ]
    if len(panels) > MOST_PANELS:
        raise ValueError(f"{len(panels)} stations are too many for panels, which are for up to {MOST_PANELS}")
    return panels


def _floor(weeks: pd.DataFrame, target: float) -> float:
    """Where the axis begins: 5 points under the target, or under the worst weeks but for ``UNSEEN_SHARE``; in tens."""
    known = weeks[weeks["attempts"] > 0].sort_values("success_ratio")
    share = known["attempts"].cumsum() / known["attempts"].sum()
    worst = min([target, *known.loc[share > UNSEEN_SHARE, "success_ratio"].head(1)])
    return max(0.0, math.floor(round(float(worst - ROOM_UNDER_WORST) * 10, 6)) / 10)


def _dot_sign(most: int) -> Sign:
    """The largest dot, and how many attempts it stands for."""
    return Sign(f"Area of a dot: attempts, here {most:,}", Mark("", "o", UNSURE, UNSURE, UNSURE))


def _write_head(sheet: Sheet, panel: Panel, x: float, y: float, wide: float) -> None:
    """Mark and name at the left, the verdict in words at the right."""
    mark = MARKS[panel.verdict]
    sheet.add(marks([(x + MARK_PX / 2 + 1, y)], mark, MARK_PX, sheet.pixels))
    words = mark.legend.lower()
    name_px = wide - MARK_PX - 22 - text_width(words, SMALL_MUTED)
    sheet.write(x + MARK_PX + 8, y, fitted(panel.station, style=SMALL_BOLD, width=name_px), SMALL_BOLD)
    sheet.write(x + wide - 6, y, words, SMALL_MUTED, "right")


def _draw_panel(axes: Axes, panel: Panel, mondays: pd.DatetimeIndex, most: int, target: float) -> None:
    """Edges, target, the line of rates, and one dot per week."""
    floor, _ = axes.get_ylim()
    draw_grid(axes, (floor, 1), target)
    table = panel.weeks.reindex(mondays)
    attempts = table["attempts"].fillna(0).to_numpy(dtype=float)
    rates = np.where(attempts > 0, np.maximum(table["success_ratio"].to_numpy(dtype=float), floor), np.nan)
    axes.add_artist(curve(enumerate(rates), UNSURE, axes.transData, width=1, name="rates"))
    colour = MARKS[panel.verdict].colour
    room = axes.get_position().width / len(mondays)  # pixels, until the sheet is closed
    shrunk = min(1.0, 1.5 * room / DOT_PX[-1])
    sizes = np.ceil(np.sqrt(attempts / most) * len(DOT_PX)).astype(int)
    for size, px in enumerate(DOT_PX, 1):
        points = [(float(place), float(rates[place])) for place in np.flatnonzero(sizes == size)]
        if points:
            dot = Mark("", "o", colour, colour, colour)
            axes.add_artist(marks(points, dot, max(1.5, shrunk * px), axes.transData, "weeks"))


def _write_axes(
    sheet: Sheet, mondays: pd.DatetimeIndex, floor: float, plot: tuple[float, float, float, float], *, last: bool
) -> None:
    """The ends of the rates at the left, and below the last panel of a column the first and the last week."""
    left, top, wide, tall = plot
    for ratio, y in ((1.0, top), (floor, top + tall)):
        sheet.write(left - 6, y, tick_words(ratio), SMALL_MUTED, "right")
    if last:
        sheet.write(left, top + tall + 13, day_text(mondays[0], mondays[-1].year), SMALL_MUTED)
        if len(mondays) > 1:
            sheet.write(left + wide, top + tall + 13, f"week of {day_text(mondays[-1])}", SMALL_MUTED, "right")
