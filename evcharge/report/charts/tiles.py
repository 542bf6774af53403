"""Which plug, and since when: one station, one row per port, one tile per week, the darker the more attempts failed.

What does not belong here: which stations are worth it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.transforms import Transform

from evcharge.arrays import Flags, Floats
from evcharge.report.charts.lettering import SMALL_MUTED, fitted, legible, text_width
from evcharge.report.charts.scales import whole_weeks
from evcharge.report.charts.shapes import Box, mosaic
from evcharge.report.charts.sheet import QUARTER_PX, Sheet, default_style
from evcharge.report.colours import BAD, LINE, PAPER, UNSURE_PALE
from evcharge.report.words import NO_PORT, counted, day_text, whole_percent

TITLE = "Share of failed attempts by port and week"

COLUMNS = ("port", "week", "attempts", "failures")
"""What ``tiles`` must have."""

MOST_PORTS, MOST_WEEKS = 16, 53
"""Rows and tiles a row; of more weeks the last ones are drawn, of more ports those with the most failures."""

LEVELS = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Upper ends of the shares of failures that look alike; none failed is a level of its own."""
OPACITIES = (0.25, 0.42, 0.6, 0.8, 1.0)
"""Of the levels. Six levels, none failed included; set by eye."""

PORT_PX, ROW_PX, WIDEST_TILE_PX = 96, 17, 15
"""The widest name of a port, a row, and the widest tile; set by eye."""


class Tiles(NamedTuple):
    """What is drawn: one row per port, one column per week.

    Attributes:
        ports: their labels.
        weeks: the Mondays drawn.
        attempts: of each port and week.
        failures: likewise.
        hidden_ports: number of ports left out.
        all_weeks: number of weeks in the data.
    """

    ports: list[str]
    weeks: pd.DatetimeIndex
    attempts: Floats
    failures: Floats
    hidden_ports: int
    all_weeks: int


@default_style()
def draw_port_weeks(tiles: pd.DataFrame) -> Figure:
    """One station's failures by port and week: opacity is the share that failed, an outline a week without attempts.

    Args:
        tiles: one row per port and week, in any order, with ``COLUMNS``; ``port`` is a label, ``week`` a Monday
            (datetime64). Weeks without a row had no attempts.

    Raises:
        ValueError: there is no row.
        KeyError: a column is missing.
    """
    drawn = _tiles(tiles)
    sheet = Sheet(QUARTER_PX)
    names = [fitted(port, style=SMALL_MUTED, width=PORT_PX) for port in drawn.ports]
    left = math.ceil(max(text_width(name, SMALL_MUTED) for name in names)) + 6
    wide = min(WIDEST_TILE_PX, math.floor(2 * (QUARTER_PX - left) / len(drawn.weeks)) / 2)
    top = 2.0
    for number, name in enumerate(names):
        sheet.write(left - 6, top + (number + 0.5) * ROW_PX, name, SMALL_MUTED, "right")
    sheet.add(*_shapes(drawn, left, top, wide, sheet.pixels))
    sheet.y = top + len(names) * ROW_PX + 12
    _write_weeks(sheet, drawn, left)
    return sheet.close(TITLE, port_weeks_alt(tiles), 4)


def port_weeks_alt(tiles: pd.DataFrame) -> str:
    """The tiles in words, on one line: ports and weeks, and the port that failed most."""
    drawn = _tiles(tiles)
    failures, attempts = drawn.failures.sum(axis=1), drawn.attempts.sum(axis=1)
    ports, weeks = counted(len(drawn.ports), "port"), counted(len(drawn.weeks), "week")
    sentences = [f"Tiles: share of failed attempts at {ports} in {weeks}, {_period(drawn)}"]
    if failures.sum():
        worst = int(np.argmax(failures))
        counts = f"{failures[worst]:,.0f} of {attempts[worst]:,.0f} attempts"
        told = f"{counts} ({whole_percent(failures[worst] / attempts[worst])}) failed"
        sentences.append(f"Most failures: {drawn.ports[worst]}, where {told}")
    else:
        sentences.append("No attempt failed")
    return " ".join(f"{sentence}." for sentence in (*sentences, *_left_out(drawn)))


def _tiles(tiles: pd.DataFrame) -> Tiles:
    """The ports and weeks that are drawn."""
    if tiles.empty:
        raise ValueError("there is no week to draw")
    table = tiles[list(COLUMNS)].assign(port=[legible(str(port)) for port in tiles["port"]])
    every_week = whole_weeks(table["week"])
    weeks = every_week[-MOST_WEEKS:]
    table = table[table["week"] >= weeks[0]]
    ports = table.groupby("port")["failures"].sum().sort_index().sort_values(ascending=False, kind="stable").index
    names = sorted(ports[:MOST_PORTS], key=_natural)
    attempts, failures = (_grid(table, name, names, weeks) for name in ("attempts", "failures"))
    return Tiles(names, weeks, attempts, failures, len(ports) - len(names), len(every_week))


def _grid(table: pd.DataFrame, name: str, ports: list[str], weeks: pd.DatetimeIndex) -> Floats:
    """A count of each port and week, 0 where there is no row."""
    grid = table.pivot_table(index="port", columns="week", values=name, aggfunc="sum", fill_value=0)
    return grid.reindex(index=ports, columns=weeks, fill_value=0).to_numpy(dtype=float)


def _natural(port: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Ports in order: numbers as numbers, and what has no id last."""
    parts = re.findall(r"[0-9]+|[^0-9]+", port)
    return port == NO_PORT, [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _shapes(drawn: Tiles, left: float, top: float, wide: float, pixels: Transform) -> Iterator[PathPatch]:
    """The tiles of each level as one shape, those without attempts and without failures first."""
    shares = np.divide(drawn.failures, drawn.attempts, out=np.full_like(drawn.attempts, -1), where=drawn.attempts > 0)
    gap = min(1.5, wide / 6)

    def tiles_where(found: Flags, inset: float = 0) -> Iterator[Box]:
        for row, column in np.argwhere(found):
            x, y = left + column * wide, top + row * ROW_PX
            yield x + inset, y + inset, x + wide - gap - inset, y + ROW_PX - 2 - inset

    outlines = mosaic(tiles_where(shares < 0, 0.5), PAPER, pixels, name="no attempts")
    outlines.set(facecolor="none", edgecolor=LINE, linewidth=1)
    yield outlines
    yield mosaic(tiles_where(shares == 0), UNSURE_PALE, pixels, alpha=0.6, name="no failures")
    levels = np.digitize(shares, LEVELS, right=True)
    for level, alpha in enumerate(OPACITIES):
        yield mosaic(tiles_where((shares > 0) & (levels == level)), BAD, pixels, alpha=alpha, name="failures")


def _write_weeks(sheet: Sheet, drawn: Tiles, left: float) -> None:
    """The period below the tiles, and what is left out."""
    period = _period(drawn)
    sheet.write(min(left, QUARTER_PX - text_width(period, SMALL_MUTED)), sheet.y, period, SMALL_MUTED)
    sheet.y += 6
    sheet.write_lines([f"{sentence}." for sentence in _left_out(drawn)], SMALL_MUTED, 0)


def _period(drawn: Tiles) -> str:
    first, last = drawn.weeks[0], drawn.weeks[-1]
    return f"{day_text(first, last.year)} – {day_text(last)}" if len(drawn.weeks) > 1 else f"week of {day_text(last)}"


def _left_out(drawn: Tiles) -> list[str]:
    found = []
    if drawn.all_weeks > len(drawn.weeks):
        found.append(f"The last {len(drawn.weeks)} of {drawn.all_weeks} weeks")
    if drawn.hidden_ports:
        found.append(f"{counted(drawn.hidden_ports, 'more port')} with fewer failures")
    return found
