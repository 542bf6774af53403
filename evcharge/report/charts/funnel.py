"""Is the difference real: the present rate of each station against its attempts, and what chance alone does.

No league table: a station is judged against the target and its own number of attempts. What does not belong here: the
limits themselves (``metrics.small_samples``) and verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from evcharge.arrays import Floats
from evcharge.metrics.rates import BELOW, CANT_TELL
from evcharge.metrics.small_samples import FUNNEL_TAILS, funnel_limits
from evcharge.report.charts.lettering import MAX_LABEL_CHARS, SMALL, SMALL_MUTED, Style, text_width
from evcharge.report.charts.places import LINE_PX, Room
from evcharge.report.charts.scales import count_ticks, ratio_ticks, tick_words
from evcharge.report.charts.shapes import BEHIND, DOTS, SOLID, curve, draw_grid, lines, marks, mosaic
from evcharge.report.charts.sheet import HALF_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.charts.stations import fitted_label, rows_of, target_words
from evcharge.report.charts.theme import MARKS
from evcharge.report.colours import BAND, LINE, UNSURE, Mark
from evcharge.report.now import ATTENTION
from evcharge.report.plots import zoomed_floor
from evcharge.report.words import counted, elided, whole_percent

TITLE = "Success now against the number of attempts"

MOST_MARKS, MOST_OTHERS = 500, 150
"""Marks of a verdict that needs attention, and of all others together, that are drawn singly; more become squares,
darker where there are more. Set by eye; one mark for each of 5,000 stations would make an SVG of 888 KiB."""
MOST_LABELS = 8
"""Flagged stations named; set by eye."""
TRAP_BELOW_TARGET = 0.05
"""How far under the target an unflagged station must be to be pointed out. House rule, provisional."""
OPACITIES = (0.2, 0.4, 0.65, 0.9)
"""Of the squares, the fewest stations first. Set by eye."""

LIMIT_SIGNS = (
    Sign("99.8% limits of chance", colour=UNSURE, pattern=SOLID),
    Sign("95% limits", colour=UNSURE, pattern=DOTS),
)

CURVE_POINTS = 160
LEFT, END_PX, TALL = 84, 16, 340
MARK_PX, SQUARE_PX, LABEL_PX = 9, 8, 190
"""Where the plot begins, room at its right, its height, a mark, a square and the widest label [px], and points of a
curve; set by eye."""


class Plot(NamedTuple):
    """How the stations lie on the sheet.

    Attributes:
        rows: the stations with attempts now, those that need attention first.
        floor: where the axis of rates begins; what is lower stands on it.
        first: fewest attempts on the axis.
        last: most attempts on it.
        top: its upper edge [px].
        right: its right edge [px].
    """

    rows: Sequence[Any]
    floor: float
    first: int
    last: int
    top: float
    right: float

    def points(self, rows: Sequence[Any]) -> Floats:
        """Decimal logarithm of the attempts, and rate, of each row; no lower than the axis."""
        found = np.array([(row.attempts_now, row.rate_now) for row in rows], dtype=float).reshape(-1, 2)
        return np.column_stack([np.log10(found[:, 0]), np.maximum(found[:, 1], self.floor)])

    def pixels(self, points: Floats) -> Floats:
        """The points in pixels from the top left corner of the sheet."""
        low, high = np.log10([self.first, self.last])
        x = LEFT + (points[:, 0] - low) / (high - low) * (self.right - LEFT)
        y = self.top + (1 - points[:, 1]) / (1 - self.floor) * TALL
        return np.column_stack([x, y])


class Layer(NamedTuple):
    """Stations drawn alike.

    Attributes:
        words: what they have in common.
        mark: of each; its colour is that of squares too.
        rows: the stations.
        squares: whether they are too many for a mark each.
    """

    words: str
    mark: Mark
    rows: Sequence[Any]
    squares: bool

    @property
    def sign(self) -> Sign:
        """Their sign in the legend, with their number."""
        if self.squares:
            words = f"{self.words} ({len(self.rows):,}; darker where more)"
            return Sign(words, colour=self.mark.colour, alpha=OPACITIES[1])
        return Sign(f"{self.words} ({len(self.rows):,})", self.mark)


@default_style()
def draw_funnel(stations: pd.DataFrame, target: float, width: int = HALF_PX) -> Figure:
    """The present rate of every station with attempts against their number, with the limits of chance at the target.

    Limits: interpolated exact binomial ones at 95 % and 99.8 % (``metrics.small_samples.funnel_limits``). Of the
    stations that need attention the first ``MOST_LABELS`` are named where there is room; one that only looks bad is
    pointed out.

    Args:
        stations: all stations, one a row, in order of attention, with ``stations.COLUMNS``.
        target: success ratio, 0–1.
        width: of the chart [px].

    Raises:
        ValueError: there is no station, or a verdict is not one of ``theme.MARKS``.
        KeyError: a column is missing.
    """
    everything = rows_of(stations)
    rows = [row for row in everything if row.attempts_now > 0]
    layers = _layers(rows)
    sheet = Sheet(width)
    draw_legend(sheet, [layer.sign for layer in layers])
    if rows:
        draw_legend(sheet, LIMIT_SIGNS)
        plot = _plot(rows, target, sheet.y + 16, width - END_PX)
        axes = sheet.add_axes(
            LEFT, plot.top, plot.right - LEFT, TALL, (np.log10(plot.first), np.log10(plot.last)), (plot.floor, 1)
        )
        limits = [_curve(plot, target, tail) for tail in FUNNEL_TAILS]
        _draw_limits(axes, plot, limits, target)
        for layer in reversed(layers):
            _draw_layer(axes, layer, plot, plot.points(layer.rows))
        squared = {row.verdict_now for layer in layers if layer.squares for row in layer.rows}
        single = [row for row in rows if row.verdict_now not in squared]
        at_target = np.array([(np.log10(count), target) for count in (plot.first, plot.last)])
        room = _room(plot, single, [*limits, at_target])
        _write_labels(sheet, plot, room, [row for row in single if row.verdict_now in ATTENTION])
        _point_out_trap(sheet, plot, room, target)
        _write_axes(sheet, plot, target)
    _write_rest(sheet, rows, len(everything))
    return sheet.close(TITLE, _in_words(everything, target), 6)


def _in_words(everything: Sequence[Any], target: float) -> str:
    """The funnel in words, on one line: what is below target, what is silent, and what only looks bad."""
    rows = [row for row in everything if row.attempts_now > 0]
    below = _with(rows, BELOW)
    named = "; ".join(
        f"{_short(row)} {whole_percent(row.rate_now, target)} of {row.attempts_now:,}" for row in below[:MOST_LABELS]
    )
    trap = _trap(rows, target)
    counts = {verdict: len(_with(rows, verdict)) for verdict in MARKS if verdict != BELOW}
    sentences = [
        f"Funnel plot: success rate now of {counted(len(rows), 'station')} against their attempts, "
        f"{target_words(target)}",
        f"{len(below):,} below target beyond what chance does once in 1,000{f': {named}' if named else ''}",
        *(f"{MARKS[verdict].legend}: {count:,}" for verdict, count in counts.items() if count),
        f"{_short(trap)}: {' '.join(_trap_lines(trap, target))}" if trap else "",
        _not_drawn(len(everything) - len(rows)),
    ]
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


def _short(row: Any) -> str:
    return elided(row.label, MAX_LABEL_CHARS)


def _plot(rows: Sequence[Any], target: float, top: float, right: float) -> Plot:
    attempts, ratios = (np.array([getattr(row, name) for row in rows], float) for name in ("attempts_now", "rate_now"))
    room = 1.3 if attempts.max() > 3 * attempts.min() else 3
    first, last = max(1, int(attempts.min() / room)), int(np.ceil(attempts.max() * room)) + 1
    return Plot(rows, zoomed_floor(ratios, attempts, target), first, last, top, right)


def _layers(rows: Sequence[Any]) -> list[Layer]:
    """The stations by verdict, those that need attention first; the others are one layer where they are many."""
    layers = []
    others = [row for row in rows if row.verdict_now not in ATTENTION]
    for verdict, mark in MARKS.items():
        alike = _with(rows, verdict)
        if verdict in ATTENTION:
            layers.append(Layer(mark.legend, mark, alike, len(alike) > MOST_MARKS))
        elif len(others) <= MOST_OTHERS:
            layers.append(Layer(mark.legend, mark, alike, squares=False))
    if len(others) > MOST_OTHERS:
        layers.append(Layer("Other stations", MARKS[CANT_TELL], others, squares=True))
    return [layer for layer in layers if layer.rows]


def _curve(plot: Plot, target: float, tail: float) -> Floats:
    """A limit of chance as points of the plot, no lower than its floor."""
    attempts = np.unique(np.geomspace(plot.first, plot.last, CURVE_POINTS).round())
    limits = funnel_limits(attempts, target, (tail,))[:, 0]
    return np.column_stack([np.log10(attempts), np.maximum(limits, plot.floor)])


def _draw_limits(axes: Axes, plot: Plot, limits: Sequence[Floats], target: float) -> None:
    """The band of chance with its limits, grid, and the target."""
    band = np.concatenate([limits[0], limits[-1][::-1]])
    axes.add_artist(Polygon(band, facecolor=BAND, linewidth=0, zorder=0, clip_on=False, gid="band"))
    draw_grid(axes, ratio_ticks(plot.floor, 1), target)
    for points, pattern in zip(limits, (SOLID, DOTS, DOTS, SOLID), strict=True):
        seen = [(x, y if plot.floor < y < 1 else math.nan) for x, y in points]
        axes.add_artist(curve(seen, UNSURE, axes.transData, pattern=pattern, layer=BEHIND, name="limit"))


def _draw_layer(axes: Axes, layer: Layer, plot: Plot, points: Floats) -> None:
    """The marks of a layer; squares where there are too many."""
    if layer.squares:
        _draw_squares(axes, points, layer.mark.colour, plot.right - LEFT)
    else:
        axes.add_artist(marks(points, layer.mark, MARK_PX, axes.transData, layer.words))


def _draw_squares(axes: Axes, points: Floats, colour: str, wide: float) -> None:
    """The points as squares, as dark as the logarithm of their number."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x_edges = np.linspace(left, right, round(wide / SQUARE_PX) + 1)
    y_edges = np.linspace(bottom, top, round(TALL / SQUARE_PX) + 1)
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=[x_edges, y_edges])
    levels = np.ceil(len(OPACITIES) * np.log1p(counts) / np.log1p(counts.max()) - 1e-9).astype(int)
    for level, alpha in enumerate(OPACITIES, 1):
        corners = [(x_edges[i], y_edges[j], x_edges[i + 1], y_edges[j + 1]) for i, j in np.argwhere(levels == level)]
        axes.add_artist(mosaic(corners, colour, axes.transData, alpha=alpha, name="squares"))


def _room(plot: Plot, single: Sequence[Any], curves: Sequence[Floats]) -> Room:
    """The room for labels: on no mark, and not on a curve if there is another place."""
    edges = (LEFT, plot.top - 2, plot.right + END_PX, plot.top + TALL)
    return Room(edges, plot.pixels(plot.points(single)), MARK_PX / 2 + 1, [plot.pixels(curve) for curve in curves])


def _write_labels(sheet: Sheet, plot: Plot, room: Room, flagged: Sequence[Any]) -> None:
    """The names of the first flagged stations, where there is room."""
    for row in flagged[:MOST_LABELS]:
        _write_at(sheet, plot, room, row, [fitted_label(row, SMALL, LABEL_PX)], SMALL)


def _point_out_trap(sheet: Sheet, plot: Plot, room: Room, target: float) -> None:
    """A remark on the station that only looks bad, and its mark, which may be among the squares."""
    trap = _trap(plot.rows, target)
    if trap:
        name = fitted_label(trap, SMALL_MUTED, LABEL_PX)
        _write_at(sheet, plot, room, trap, [name, *_trap_lines(trap, target)], SMALL_MUTED)
        sheet.add(marks(plot.pixels(plot.points([trap])), MARKS[CANT_TELL], MARK_PX, sheet.pixels))


def _write_at(sheet: Sheet, plot: Plot, room: Room, row: Any, words: Sequence[str], style: Style) -> None:
    """Some lines beside a station, or further off with a line that points at it, or not at all."""
    ((x, y),) = plot.pixels(plot.points([row]))
    size = max(text_width(line, style) for line in words), len(words) * LINE_PX
    place = room.place(x, y, *size)
    if not place:
        return
    if place.points:
        end = place.x + (-4 if place.side == "left" else 4), place.y
        share = (MARK_PX / 2 + 2) / math.dist((x, y), end)
        start = x + share * (end[0] - x), y + share * (end[1] - y)
        sheet.add(lines([[start, end]], UNSURE, sheet.pixels))
    for number, line in enumerate(words):
        sheet.write(place.x, place.y + (number - (len(words) - 1) / 2) * LINE_PX, line, style, place.side)


def _trap(rows: Sequence[Any], target: float) -> Any | None:
    """The unflagged station with the lowest rate, if that is far under the target; of equals the busiest."""
    unsure = [row for row in _with(rows, CANT_TELL) if row.rate_now < target - TRAP_BELOW_TARGET]
    return min(unsure, key=lambda row: (row.rate_now, -row.attempts_now, str(row.station_id)), default=None)


def _trap_lines(row: Any, target: float) -> tuple[str, str]:
    return (
        f"{whole_percent(row.rate_now, target)} but only {counted(row.attempts_now, 'attempt')}:",
        "chance can do that",
    )


def _write_axes(sheet: Sheet, plot: Plot, target: float) -> None:
    """Rates at the left, with the target in place of its own, and counts below."""
    ticks = [(tick, tick_words(tick), SMALL_MUTED) for tick in ratio_ticks(plot.floor, 1)]
    room = LINE_PX / TALL * (1 - plot.floor)
    ticks = [tick for tick in ticks if abs(tick[0] - target) >= room]
    for ratio, words, style in [*ticks, (target, target_words(target), SMALL)]:
        sheet.write(LEFT - 8, plot.top + (1 - ratio) / (1 - plot.floor) * TALL, words, style, "right")
    bottom = plot.top + TALL
    counts = count_ticks(plot.first, plot.last)
    places = plot.pixels(np.column_stack([np.log10(counts), np.ones(len(counts))]))[:, 0]
    ticks_below = [[(x, bottom), (x, bottom + 4)] for x in places]
    sheet.add(lines([[(LEFT, bottom), (plot.right, bottom)], *ticks_below], LINE, sheet.pixels))
    for count, x in zip(counts, places, strict=True):
        middle = min(x, sheet.width - text_width(f"{count:,}", SMALL_MUTED) / 2)
        sheet.write(middle, bottom + 14, f"{count:,}", SMALL_MUTED, "center")
    words = "Attempts since the station's last change (log scale)"
    sheet.write(min(LEFT, sheet.width - text_width(words, SMALL_MUTED)), bottom + 34, words, SMALL_MUTED)
    sheet.y = bottom + 42
    lower = sum(row.rate_now < plot.floor for row in plot.rows)
    if lower:
        words = f"On the lower edge: {counted(lower, 'station')} under {tick_words(plot.floor)}."
        sheet.write_lines([words], SMALL_MUTED, LEFT)


def _write_rest(sheet: Sheet, rows: Sequence[Any], count: int) -> None:
    """What the plot doesn't show."""
    if len(rows) < count:
        sheet.write_lines([_not_drawn(count - len(rows))], SMALL_MUTED, LEFT if rows else 0)


def _not_drawn(count: int) -> str:
    return f"Not drawn: {counted(count, 'station')} without attempts." if count else ""


def _with(rows: Sequence[Any], verdict: str) -> list[Any]:
    return [row for row in rows if row.verdict_now == verdict]
