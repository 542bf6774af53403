"""The same sessions by every definition: success by each as a dot with its interval, on one zoomed axis.

What does not belong here: the comparison (``report.comparison``), and what a definition says (``metrics.definitions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evcharge.metrics.rates import CANT_TELL
from evcharge.report.charts.lettering import SMALL, SMALL_BOLD, SMALL_MUTED, fitted, legible, text_width, wrapped
from evcharge.report.charts.scales import ratio_ticks, tick_words
from evcharge.report.charts.shapes import DASHES, draw_grid, lines, marks
from evcharge.report.charts.sheet import HALF_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.charts.stations import target_words
from evcharge.report.charts.theme import MARKS
from evcharge.report.colours import INK
from evcharge.report.plots import zoomed_floor
from evcharge.report.words import percent

TITLE = "The same sessions by every definition"
COLUMNS = ("id", "success_ratio", "low", "high", "attempts", "verdict")
"""What ``definitions`` must have."""

ROW_PX, MARK_PX = 30, 10
NAME_SHARE, GAP_PX, RATE_PX = 0.4, 14, 132
"""The height of a row and its mark [px]; how much of the width a name may take [share], the room beside the plot, and
that for the rate in words [px]; set by eye."""
NO_ATTEMPT = "no attempt counts"


@default_style()
def draw_definitions(
    definitions: pd.DataFrame, target: float, without_data: Sequence[str] = (), width: int = HALF_PX
) -> Figure:
    """One row per definition: mark and 95 % interval of success over the whole period, and the rate of how many.

    The axis begins 5 points under the worst credible rate (``plots.zoomed_floor``) and ends at 100 %. Below stands
    which definitions lack their columns in the data.

    Args:
        definitions: one a row, in the order shown, with ``COLUMNS``; ratios are missing without attempts, and a verdict
            where none is given.
        target: success ratio, 0–1.
        without_data: ids of those that can judge no session.
        width: of the chart [px].

    Raises:
        ValueError: there is no definition.
        KeyError: a column is missing.
    """
    rows = _rows(definitions)
    ratios, attempts = (definitions[name].to_numpy(dtype=float) for name in ("success_ratio", "attempts"))
    floor = zoomed_floor(ratios, attempts, target)
    sheet = Sheet(width)
    shown = [MARKS[verdict] for verdict in MARKS if verdict in {row.verdict for row in rows if row.attempts}]
    dashes = Sign(target_words(target).capitalize(), colour=INK, pattern=DASHES)
    draw_legend(sheet, [*(Sign(mark.legend, mark) for mark in shown), dashes])

    left = GAP_PX + min(NAME_SHARE * width, max(text_width(row.id, SMALL_BOLD) for row in rows))
    wide, top, tall = width - left - RATE_PX, sheet.y + 6, ROW_PX * len(rows)
    axes = sheet.add_axes(left, top, wide, tall, (floor, 1), (len(rows) - 0.5, -0.5))
    ticks = ratio_ticks(floor, 1, most=5 if width >= HALF_PX else 3)
    draw_grid(axes, ticks, target, upright=True)
    for place, row in enumerate(rows):
        middle = top + (place + 0.5) * ROW_PX
        sheet.write(0, middle, fitted(row.id, style=SMALL_BOLD, width=left - GAP_PX), SMALL_BOLD)
        sheet.write(left + wide + GAP_PX, middle, _rate(row, target), SMALL if row.attempts else SMALL_MUTED)
    _draw_rates(axes, [(row, place) for place, row in enumerate(rows) if row.attempts], floor)
    for tick in ticks:
        x = left + (tick - floor) / (1 - floor) * wide
        sheet.write(x, top + tall + 12, tick_words(tick), SMALL_MUTED, "center")

    sheet.y = top + tall + 26
    if without_data:
        told = f"The data lacks what these need: {', '.join(without_data)}."
        sheet.write_lines(wrapped(told, SMALL_MUTED, width), SMALL_MUTED, 0)
    return sheet.close(TITLE, definitions_alt(definitions, target), 4)


def definitions_alt(definitions: pd.DataFrame, target: float) -> str:
    """The definitions in words, on one line: the rate by each, of how many attempts, and its verdict."""
    told = [f"Dot plot: success by {len(definitions)} definitions, {target_words(target)}"]
    for row in _rows(definitions):
        rate = f"{percent(row.success_ratio, target)} of {row.attempts:,} attempts, {row.verdict}"
        told.append(f"{row.id}: {rate if row.attempts else NO_ATTEMPT}")
    return " ".join(f"{sentence}." for sentence in told)


def _rows(definitions: pd.DataFrame) -> list[Any]:
    """The definitions in their order; without a verdict nothing can be told yet."""
    if definitions.empty:
        raise ValueError("there is no definition to draw")
    table = definitions[list(COLUMNS)].assign(
        id=[legible(str(name)) for name in definitions["id"]],
        verdict=definitions["verdict"].where(definitions["verdict"].isin(list(MARKS)), CANT_TELL),
    )
    return list(table.itertuples(index=False))


def _rate(row: Any, target: float) -> str:
    return f"{percent(row.success_ratio, target)} of {row.attempts:,}" if row.attempts else NO_ATTEMPT


def _draw_rates(axes: Axes, placed: Sequence[tuple[Any, int]], floor: float) -> None:
    """The intervals as far as the axis reaches, and the marks of the verdicts, on its edge where a rate is lower."""
    spans = [[(max(end, floor), place) for end in (row.low, row.high)] for row, place in placed]
    colours = [MARKS[row.verdict].colour for row, _ in placed]
    axes.add_artist(lines(spans, colours, axes.transData, width=2, name="intervals"))
    for row, place in placed:
        at = (max(row.success_ratio, floor), place)
        axes.add_artist(marks([at], MARKS[row.verdict], MARK_PX, axes.transData, "definitions"))
