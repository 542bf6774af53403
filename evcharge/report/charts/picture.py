"""The chart of the stations, and as a PNG: ``station_reliability.png``.

What does not belong here: drawing (the caller names ``bars`` or ``dots``) and the finding (``story``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from evcharge.output import written_whole
from evcharge.report.charts.save import save_png
from evcharge.report.charts.stations import ChartText
from evcharge.report.headline import bounds_text, rate_text
from evcharge.report.rates import NOT_COUNTED_NOTE, Report, period_of
from evcharge.report.story import Story, title_of
from evcharge.report.words import sentence


def station_figure(story: Story, draw: Callable[[pd.DataFrame, ChartText], Figure]) -> Figure:
    """Draws the stations, with the finding as its title.

    Args:
        story: what is told.
        draw: ``bars.draw_station_reliability`` or ``dots.draw_station_dots``.
    """
    report = story.report
    text = ChartText(
        title=title_of(story),
        subtitle=f"Charging success rate, {period_of(report)}",
        target=report.target,
        definition=f"{report.definition.id}: {report.definition.title}",
        note=" ".join([*_bounds(report), *(note for note in report.notes if note != NOT_COUNTED_NOTE)]),
    )
    return draw(story.stations, text)


def save_chart(story: Story, path: Path, draw: Callable[[pd.DataFrame, ChartText], Figure]) -> None:
    """Draws the stations to a PNG.

    Args:
        story: what is told.
        path: the file.
        draw: see ``station_figure``.

    Raises:
        ReportError: the file can't be written.
    """
    figure = station_figure(story, draw)
    with written_whole(path) as file:
        save_png(figure, file)


def _bounds(report: Report) -> list[str]:
    """The network's rate, and between what it lies with all attempts in it, where those could turn its verdict."""
    bounds = bounds_text(report)
    return [sentence(rate_text(report)), sentence(bounds)] if bounds else []
