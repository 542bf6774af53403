"""At what time of day: the share of failed attempts by hour, with the hours in which failures bunch.

What does not belong here: which hours these are, and whether chance does that (``metrics``).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evcharge.report.charts.lettering import SMALL_MUTED
from evcharge.report.charts.scales import ratio_ticks, tick_words
from evcharge.report.charts.shapes import boxes, draw_grid
from evcharge.report.charts.sheet import HALF_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.colours import BAD, BAD_PALE, UNSURE, UNSURE_PALE
from evcharge.report.words import hours_text, whole_percent

TITLE = "Share of failed attempts by hour of day"

COLUMNS = ("hour", "attempts", "failures", "in_window")
"""What ``hours`` must have."""

FEW_ATTEMPTS = 8
"""Attempts in an hour below which its bar is pale. House rule."""

LEFT, TALL = 46, 110
BAR_HOURS = 0.74
"""Room for the axis, the plot [px], and the width of a bar [hours]; set by eye."""


@default_style()
def draw_hours(hours: pd.DataFrame, width: int = HALF_PX) -> Figure:
    """One bar per hour of the day: the share of its attempts that failed, dark within the window, pale where few.

    Args:
        hours: one row per hour (0–23), in any order, with ``COLUMNS``; an hour without a row had no attempts.
        width: of the chart [px].

    Raises:
        KeyError: a column is missing.
    """
    table = _whole(hours)
    most = _top(table)
    sheet = Sheet(width)
    draw_legend(sheet, _signs(table, most))
    top = sheet.y + 14
    axes = sheet.add_axes(LEFT, top, width - LEFT - 4, TALL, (-0.5, 23.5), (0, most))
    ticks = ratio_ticks(0, most, 5)
    draw_grid(axes, ticks)
    used = table[table["failures"] > 0]
    bars = [
        (hour - BAR_HOURS / 2, 0.0, hour + BAR_HOURS / 2, min(share, most))
        for hour, share in zip(used["hour"], used["share"], strict=True)
    ]
    colours = [_colour(inside, attempts) for inside, attempts in zip(used["in_window"], used["attempts"], strict=True)]
    axes.add_artist(boxes(bars, colours, axes.transData))
    for tick in ticks:
        sheet.write(LEFT - 8, top + (1 - tick / most) * TALL, tick_words(tick), SMALL_MUTED, "right")
    for hour in range(0, 24, 3):
        x = LEFT + (hour + 0.5) / 24 * (width - LEFT - 4)
        sheet.write(x, top + TALL + 14, f"{hour:02}", SMALL_MUTED, "center")
    sheet.y = top + TALL + 22
    return sheet.close(TITLE, hours_alt(hours), 2)


def hours_alt(hours: pd.DataFrame) -> str:
    """The hours in words, on one line: the shares within and outside the window, and the worst hour."""
    table = _whole(hours)
    sentences = [f"Bar chart: share of failed attempts by hour of day, {table['attempts'].sum():,.0f} attempts"]
    for inside, words in ((True, _window(table)), (False, "Other hours")):
        part = table[table["in_window"] == inside]
        attempts, failures = part["attempts"].sum(), part["failures"].sum()
        if attempts:
            told = f"{whole_percent(failures / attempts)} ({failures:,.0f} of {attempts:,.0f})"
            sentences.append(f"{words}: {told}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _whole(hours: pd.DataFrame) -> pd.DataFrame:
    """All 24 hours, with the ``share`` that failed; NaN without attempts."""
    table = hours[list(COLUMNS)].set_index("hour").reindex(range(24)).reset_index()
    inside = set(hours.loc[hours["in_window"].astype(bool), "hour"])
    table["in_window"] = [hour in inside for hour in table["hour"]]
    table[["attempts", "failures"]] = table[["attempts", "failures"]].astype(float).fillna(0)
    attempts = table["attempts"].to_numpy(dtype=float)
    table["share"] = np.where(attempts > 0, table["failures"] / np.where(attempts > 0, attempts, 1), np.nan)
    return table


def _top(table: pd.DataFrame) -> float:
    """Where the axis of shares ends: the highest bar that is not pale, on a round value; at least 10 %."""
    trusted = table.loc[table["attempts"] >= FEW_ATTEMPTS, "share"]
    highest = float(max([0.1, *(trusted if len(trusted) else table["share"].dropna())]))
    step = 0.05 if highest <= 0.25 else 0.1 if highest <= 0.5 else 0.2
    return min(1.0, math.ceil(highest / step - 1e-9) * step)


def _signs(table: pd.DataFrame, most: float) -> list[Sign]:
    """What dark, plain and pale bars are, as far as there are any."""
    signs = [Sign(_window(table), colour=BAD)] if table["in_window"].any() else []
    signs.append(Sign("Other hours", colour=UNSURE))
    few = table[(table["attempts"] < FEW_ATTEMPTS) & (table["failures"] > 0)]
    if len(few):
        cut = ", cut at the top" if (few["share"] > most).any() else ""
        signs.append(Sign(f"Pale: fewer than {FEW_ATTEMPTS} attempts{cut}", colour=UNSURE_PALE))
    return signs


def _window(table: pd.DataFrame) -> str:
    """The hours of the window as times, those around midnight as one span."""
    inside = [int(hour) for hour in table.loc[table["in_window"], "hour"]]
    if len(inside) in (0, 24):
        return "All hours" if inside else "Window"
    begins = [hour for hour in inside if (hour - 1) % 24 not in inside]
    lengths = [next(hours for hours in range(25) if (begin + hours) % 24 not in inside) for begin in begins]
    return ", ".join(hours_text(begin, hours) for begin, hours in zip(begins, lengths, strict=True))


def _colour(in_window: bool, attempts: float) -> str:
    if attempts < FEW_ATTEMPTS:
        return BAD_PALE if in_window else UNSURE_PALE
    return BAD if in_window else UNSURE
