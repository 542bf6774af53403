"""Charts as pure functions: a frame in, a matplotlib Figure out; the same input gives the same bytes.

``draw_station_reliability`` draws, ``save_png`` writes, ``alt_text`` says the same in words. All lengths are in pixels
from the top left corner of the picture.

What does not belong here: queries, file paths, words that depend on the selection (the caller passes ``ChartText``),
verdict logic (a verdict arrives as a word), and pyplot or any other state that outlives a call.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D, BboxTransformTo, ScaledTranslation, Transform

from evcharge.report.lettering import (
    BODY,
    DPI,
    INK,
    MAX_LABEL_CHARS,
    MISSING,
    Style,
    drawable,
    elided,
    fitted,
    plain,
    text_width,
    wrapped,
)
from evcharge.report.words import percent

COLUMNS = (
    "source", "station_id", "name", "attempts", "successes", "unknown", "excluded",
    "success_ratio", "low", "high", "verdict",
)  # fmt: skip
"""What ``stations`` must have; other columns (``failures``) are not read."""

MAX_BARS = 40
"""Rows drawn at most: report-design.md, "cap 40-60 rows"; 40 rows still fit one screen or page."""

MAX_SOURCE_CHARS = 14
"""Characters of a source's name in a label, so that the station keeps most of the room."""

WORST_IN_ALT_TEXT = 3
"""Stations named in the alternative text: it is listened to, so it stays short."""

WIDTH_PX = 1320
"""Width of the picture: fits a 1366 px screen, the narrowest common laptop, at 100 %."""

MARGIN_PX = 32
GAP_PX = 20
ROW_PX = 25
FEW_ROWS = 12
FEW_ROW_PX = 34
GROUP_GAP_ROWS = 0.4
BAR_ROWS = 0.64
CAP_ROWS = 0.22
MARKER_PX = 10
LEGEND_MARK_PX = 22
LINE_HEIGHT = 1.4
"""From ``MARGIN_PX`` on: set by eye on pictures of 1, 5, 10, 50 and 5,000 stations at 100 %."""

MUTED, HAIRLINE = "#59626d", "#dfe3e8"
CONCERN, CONCERN_WASH = "#b5460f", "#fcf0e9"
"""Colours: report-design.md "Visual system": text contrast at least 4.5, told apart with any colour vision."""


@dataclass(frozen=True)
class ChartText:
    """The words of a chart that depend on what was selected; markup is not interpreted, any character is allowed.

    Attributes:
        title: the finding, e.g. "8 of 48 stations need attention".
        subtitle: quantity and period, e.g. "Charging success rate, 1 Apr – 30 Jun 2025".
        target: the success ratio to meet, 0–1.
        definition: name and meaning, e.g. "recorded: the source's own success flag".
        note: what a reader must know before believing the rates; drawn in a box above them. Empty for none.

    Raises:
        ValueError: the target is not a ratio.
    """

    title: str
    subtitle: str
    target: float
    definition: str
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.target <= 1:
            raise ValueError(f"target {self.target!r} is not a ratio from 0 to 1")


@dataclass(frozen=True)
class _Mark:
    """How a verdict looks: shape and colour both carry it, so it survives greyscale."""

    legend: str
    shape: str
    colour: str
    fill: str
    bar: str


MARKS = {
    "below target": _Mark("Below target", "v", CONCERN, CONCERN, "#efc6b1"),
    "can't tell yet": _Mark("Can't tell yet", "o", "#7b8490", "#ffffff", "#dde0e4"),
    "meets target": _Mark("Meets target", "o", "#1f6cb0", "#1f6cb0", "#b9d4ec"),
}
"""Verdict -> mark, in the order of attention. Colours: report-design.md "Visual system"."""


TITLE = Style(25, weight="bold")
SUBTITLE = Style(15, MUTED)
NOTE = Style(15.5, weight="bold")
QUIET = Style(13.5, MUTED)
ABSENT = Style(13.5, MUTED, slant="italic")


def draw_station_reliability(stations: pd.DataFrame, text: ChartText) -> Figure:
    """Bars of success rate per station with interval, counts and verdict, the stations that need attention first.

    Args:
        stations: all stations, one a row, in any order, with ``COLUMNS``; ratios are 0–1, NaN without attempts.
        text: the words around the bars.

    Returns:
        A figure ``WIDTH_PX`` wide whose height grows with the rows; its label holds title and alternative text.

    Raises:
        ValueError: there is no station, or a verdict is not one of ``MARKS``.
        KeyError: a column is missing.
    """
    rows = _in_order(stations)
    shown = rows[:MAX_BARS]
    with _default_style():
        page = _Page()
        _write_head(page, text, rows, shown)
        _draw_rows(page, shown, _labels(rows, shown), text.target)
        _write_foot(page, text, rows[MAX_BARS:])
        page.close()
    page.figure.set_label(f"{plain(text.title)}\n{alt_text(stations, text)}")
    return page.figure


def save_png(figure: Figure, file: BinaryIO) -> None:
    """Writes the figure as PNG at ``DPI``, with its title and alternative text in the text chunks, and no date."""
    title, _, description = str(figure.get_label()).partition("\n")
    metadata = {"Software": None, "Title": title or None, "Description": description or None}
    with _default_style():
        figure.savefig(file, format="png", dpi=DPI, metadata=metadata)


def alt_text(stations: pd.DataFrame, text: ChartText) -> str:
    """The chart in words, on one line: finding, count per verdict, the worst stations, definition and note.

    Raises:
        ValueError: there is no station, or a verdict is not one of ``MARKS``.
    """
    rows = _in_order(stations)
    worst = [row for row in rows if row.verdict == next(iter(MARKS)) and row.attempts][:WORST_IN_ALT_TEXT]
    named = "; ".join(
        f"{elided(_name(row), MAX_LABEL_CHARS)} {percent(row.success_ratio if row.attempts else None)} ({_counts(row)})"
        for row in worst
    )
    sentences = [
        f"Bar chart: {plain(text.title)}",
        plain(text.subtitle),
        f"{_stations(len(rows))} against {_target(text.target)} – {_tally(rows)}",
        f"Lowest: {named}" if named else "",
        _cap_sentence(len(rows)),
        f"Definition of success – {plain(text.definition)}",
        f"Note: {plain(text.note)}" if plain(text.note) else "",
    ]
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


# Rows and their words


def _in_order(stations: pd.DataFrame) -> list[Any]:
    """The stations as named tuples: by verdict, then rate (none last), then id and source."""
    if stations.empty:
        raise ValueError("there is no station to draw")
    rows: list[Any] = list(stations[list(COLUMNS)].itertuples(index=False, name="Station"))
    unknown = {row.verdict for row in rows} - MARKS.keys()
    if unknown:
        raise ValueError(f"no mark for the verdict {min(map(repr, unknown))}; known: {', '.join(MARKS)}")
    rank = {verdict: place for place, verdict in enumerate(MARKS)}

    def attention(row: Any) -> tuple[int, float, str, str]:
        ratio = float(row.success_ratio) if row.attempts else math.inf
        return rank[row.verdict], ratio, str(row.station_id), str(row.source)

    return sorted(rows, key=attention)


def _labels(rows: Sequence[Any], shown: Sequence[Any]) -> list[str]:
    """One label per row shown: the name, or the id where there is none; with id and source where these tell apart."""
    several_sources = len({row.source for row in rows}) > 1
    names = [elided(drawable(_name(row)), MAX_LABEL_CHARS) for row in rows]
    used = Counter(names)
    labels = []
    for row, name in zip(shown, names, strict=False):
        unclear = used[name] > 1 or MISSING in name
        label = f"{_name(row)} · {_id(row)}" if unclear and _name(row) != _id(row) else _name(row)
        labels.append(fitted(drawable(label), f" ({_source(row)})" if several_sources else ""))
    return labels


def _name(row: Any) -> str:
    """The station's name, or its id where it has no name."""
    return (plain(row.name) if isinstance(row.name, str) else "") or _id(row)


def _id(row: Any) -> str:
    return plain(str(row.station_id)) or MISSING


def _source(row: Any) -> str:
    return elided(drawable(str(row.source)), MAX_SOURCE_CHARS)


def _rate(row: Any) -> str:
    return percent(row.success_ratio if row.attempts else None)


def _counts(row: Any) -> str:
    return f"{row.successes:,} of {row.attempts:,}" if row.attempts else ""


def _left_out(row: Any) -> str:
    """The attempts outside the rate, e.g. "+3 unknown, 2 excluded"; empty when there are none."""
    parts = [f"{count:,} {word}" for count, word in ((row.unknown, "unknown"), (row.excluded, "excluded")) if count]
    return f"+{', '.join(parts)}" if parts else ""


def _target(ratio: float) -> str:
    return f"target {100 * ratio:.4g}%"


def _stations(count: int) -> str:
    return f"{count:,} station{'' if count == 1 else 's'}"


def _tally(rows: Sequence[Any]) -> str:
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{verdict}: {counts[verdict]:,}" for verdict in MARKS if counts[verdict])


def _cap_sentence(count: int) -> str:
    """What is shown of ``count`` stations; empty when all are."""
    return f"Shown: the {MAX_BARS} of {count:,} stations that need attention first." if count > MAX_BARS else ""


# The page


@contextmanager
def _default_style() -> Iterator[None]:
    """Matplotlib's own defaults within the block, whatever the user's matplotlibrc says; all is put back after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


@dataclass
class _Page:
    """A sheet that is filled from top to bottom; ``y`` is the pixel row reached so far."""

    figure: Figure = field(default_factory=lambda: Figure(figsize=(WIDTH_PX / DPI, 1), dpi=DPI, facecolor="white"))
    y: float = MARGIN_PX

    def __post_init__(self) -> None:
        FigureCanvasAgg(self.figure)

    @property
    def pixels(self) -> Transform:
        """From pixels right of and below the top left corner, which moves as the sheet grows."""
        inches = Affine2D().scale(1 / DPI, -1 / DPI) + self.figure.dpi_scale_trans
        return inches + ScaledTranslation(0, 1, BboxTransformTo(self.figure.bbox))

    def write(
        self, x: float, y: float, text: str, style: Style, ha: Literal["left", "center", "right"] = "left"
    ) -> None:
        """Writes one line whose small letters are centred on ``y``."""
        self.figure.text(
            x, y + 0.36 * style.px, text, transform=self.pixels, fontproperties=style.font, color=style.colour,
            ha=ha, va="baseline", parse_math=False,
        )  # fmt: skip

    def write_lines(self, lines: Sequence[str], style: Style, indent: float = 0) -> None:
        """Writes lines one under the other and moves on below them."""
        for line in lines:
            self.write(MARGIN_PX + indent, self.y + style.px * LINE_HEIGHT / 2, line, style)
            self.y += style.px * LINE_HEIGHT

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fills a rectangle behind the text."""
        self.figure.add_artist(Rectangle((x, y), width, height, transform=self.pixels, color=colour, linewidth=0))

    def close(self) -> None:
        """Cuts the sheet off below what was written; axes keep their pixels."""
        height = math.ceil(self.y + MARGIN_PX)
        self.figure.set_size_inches(WIDTH_PX / DPI, height / DPI)
        for axes in self.figure.axes:
            left, top, width, tall = axes.get_position().bounds
            axes.set_position((left / WIDTH_PX, 1 - (top + tall) / height, width / WIDTH_PX, tall / height))


def _write_head(page: _Page, text: ChartText, rows: Sequence[Any], shown: Sequence[Any]) -> None:
    """Title, subtitle, what is shown, the note, and the legend with the counts of all stations."""
    width = WIDTH_PX - 2 * MARGIN_PX
    page.write_lines(wrapped(text.title, TITLE, width), TITLE)
    page.y += 4
    page.write_lines(wrapped(text.subtitle, SUBTITLE, width), SUBTITLE)
    if len(shown) < len(rows):
        page.write_lines([_cap_sentence(len(rows))], SUBTITLE)
    if plain(text.note):
        _write_note(page, wrapped(text.note, NOTE, width - 2 * GAP_PX))
    _draw_legend(page, rows)


def _write_note(page: _Page, lines: Sequence[str]) -> None:
    """The note in a box with a coloured edge, so that nobody reads the rates without it."""
    page.y += 12
    height = len(lines) * NOTE.px * LINE_HEIGHT + 18
    page.rectangle(MARGIN_PX, page.y, WIDTH_PX - 2 * MARGIN_PX, height, CONCERN_WASH)
    page.rectangle(MARGIN_PX, page.y, 5, height, CONCERN)
    page.y += 9
    page.write_lines(lines, NOTE, indent=GAP_PX)
    page.y += 9


def _draw_legend(page: _Page, rows: Sequence[Any]) -> None:
    """One line: mark, verdict and count for each verdict, then the sign for the interval."""
    counts = Counter(row.verdict for row in rows)
    page.y += 26
    x = float(MARGIN_PX)
    for verdict, mark in MARKS.items():
        page.figure.add_artist(_marks([x + MARKER_PX / 2], [page.y], mark, page.pixels))
        words = f"{mark.legend} ({counts[verdict]:,})"
        page.write(x + LEGEND_MARK_PX, page.y, words, BODY)
        x += LEGEND_MARK_PX + text_width(words, BODY) + 1.5 * GAP_PX
    ends = np.array([[x, page.y], [x + 34, page.y]])
    lines = [ends, *(np.array([[at, page.y - 5], [at, page.y + 5]]) for at in (x, x + 34))]
    page.figure.add_artist(LineCollection(lines, colors=MUTED, linewidths=_points(2), transform=page.pixels))
    page.write(x + 34 + GAP_PX / 2, page.y, "95% interval", BODY)
    page.y += 18


def _marks(x: Sequence[float], y: Sequence[float], mark: _Mark, transform: Transform) -> Line2D:
    """The marks of one verdict as one artist, not cut off at the edge of the axes."""
    return Line2D(
        x, y, linestyle="none", marker=mark.shape, markersize=_points(MARKER_PX), markeredgewidth=_points(2),
        markeredgecolor=mark.colour, markerfacecolor=mark.fill, transform=transform, clip_on=False, zorder=5,
    )  # fmt: skip


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _draw_rows(page: _Page, shown: Sequence[Any], labels: Sequence[str], target: float) -> None:
    """The station rows: labels at the left, bars in the middle, figures at the right, axis below."""
    row_px = FEW_ROW_PX if len(shown) <= FEW_ROWS else ROW_PX
    middles = _middles(shown)
    left = MARGIN_PX + max(text_width(label, BODY) for label in labels) + 0.8 * GAP_PX
    header = page.y + 20
    top = header + 16
    heights = [top + row_px * middle for middle in middles]
    right = _write_columns(page, shown, [header, *heights]) - 1.2 * GAP_PX
    for row, label, height in zip(shown, labels, heights, strict=True):
        page.write(left - 0.8 * GAP_PX, height, label, BODY, "right")
        if not row.attempts:
            page.write(left + 8, height, "no attempts counted", ABSENT)
    tall = middles[-1] + 0.5
    axes = page.figure.add_axes((left, top, right - left, tall * row_px))  # pixels, until the page is closed
    _draw_bars(axes, shown, middles, target)
    _write_axis(page, axes, (left, right), header, target)


def _middles(shown: Sequence[Any]) -> list[float]:
    """The middle of each row, in rows from the top, with a gap where the verdict changes."""
    changes = [row.verdict != before.verdict for row, before in zip(shown[1:], shown, strict=False)]
    return [float(at) for at in np.arange(len(shown)) + 0.5 + GROUP_GAP_ROWS * np.cumsum([0, *changes])]


def _write_columns(page: _Page, shown: Sequence[Any], heights: Sequence[float]) -> float:
    """The columns of figures, right to left; a column without any figure is left out. Returns their left edge."""
    columns = (("not counted", _left_out, QUIET), ("succeeded", _counts, QUIET), ("success rate", _rate, BODY))
    right = float(WIDTH_PX - MARGIN_PX)
    for header, cell, style in columns:
        cells = [cell(row) for row in shown]
        if not any(cells):
            continue
        width = max(text_width(header, QUIET), *(text_width(words, style) for words in cells))
        page.write(right, heights[0], header, QUIET, "right")
        for height, words in zip(heights[1:], cells, strict=True):
            page.write(right, height, words, style, "right")
        right -= width + GAP_PX
    return right


def _draw_bars(axes: Axes, shown: Sequence[Any], middles: Sequence[float], target: float) -> None:
    """Bars from zero, intervals and marks of the rows that have attempts; the target line through all."""
    axes.set_xlim(0, 1)
    axes.set_ylim(middles[-1] + 0.5, 0)
    drawn = [(row, middle) for row, middle in zip(shown, middles, strict=True) if row.attempts]
    marks = [MARKS[row.verdict] for row, _ in drawn]
    bars = [_box(row.success_ratio, middle) for row, middle in drawn]
    axes.add_collection(PolyCollection(bars, facecolors=[mark.bar for mark in marks], gid="bars", zorder=2))
    axes.axvline(target, color=INK, linewidth=_points(1.6), linestyle=(0, (4, 3)), gid="target", zorder=3)
    whiskers = [line for row, middle in drawn for line in _whisker(row.low, row.high, middle)]
    colours = [mark.colour for mark in marks for _ in range(3)]
    lines = LineCollection(whiskers, colors=colours, linewidths=_points(2), gid="intervals", zorder=4, clip_on=False)
    axes.add_collection(lines)
    for verdict, mark in MARKS.items():
        points = [(row.success_ratio, middle) for row, middle in drawn if row.verdict == verdict]
        axes.add_artist(_marks([x for x, _ in points], [y for _, y in points], mark, axes.transData))


def _box(ratio: float, middle: float) -> list[tuple[float, float]]:
    """The corners of a bar from zero to the ratio."""
    top, bottom = middle - BAR_ROWS / 2, middle + BAR_ROWS / 2
    return [(0, top), (ratio, top), (ratio, bottom), (0, bottom)]


def _whisker(low: float, high: float, middle: float) -> list[list[tuple[float, float]]]:
    """An interval as three lines: the span and its two ends."""
    ends = [[(x, middle - CAP_ROWS), (x, middle + CAP_ROWS)] for x in (low, high)]
    return [[(low, middle), (high, middle)], *ends]


def _write_axis(page: _Page, axes: Axes, span: tuple[float, float], header: float, target: float) -> None:
    """Grid, per cent below, the target's name above its line; the page goes on below the axis."""
    left, right = span
    ticks = (0, 0.2, 0.4, 0.6, 0.8, 1)
    axes.set_xticks(ticks, [""] * len(ticks))
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=HAIRLINE, linewidth=_points(1))
    axes.spines[:].set_visible(False)
    half = text_width(_target(target), BODY) / 2
    at = min(max(left + target * (right - left), left + half), right + 0.6 * GAP_PX - half)
    page.write(at, header, _target(target), BODY, "center")
    _, top, _, tall = axes.get_position().bounds
    for tick in ticks:
        page.write(left + tick * (right - left), top + tall + 16, f"{tick:.0%}", QUIET, "center")
    page.write(left, top + tall + 38, "Success rate: share of counted attempts that succeeded", QUIET)
    page.y = top + tall + 50


def _write_foot(page: _Page, text: ChartText, hidden: Sequence[Any]) -> None:
    """What is not shown, how success is defined, and how to read interval and counts."""
    width = WIDTH_PX - 2 * MARGIN_PX
    page.y += 10
    page.rectangle(MARGIN_PX, page.y, width, 1, HAIRLINE)
    page.y += 10
    paragraphs = [
        f"Not shown: {_stations(len(hidden))} ({_tally(hidden)})." if hidden else "",
        f"Definition of success – {plain(text.definition)}",
        "Interval: Wilson, 95%. Not counted: attempts whose outcome is unknown or that the definition excludes.",
    ]
    for paragraph in filter(None, paragraphs):
        page.write_lines(wrapped(paragraph, QUIET, width), QUIET)
