"""The chart of the stations as a PNG: ``station_reliability.png``.

What does not belong here: drawing (``charts``) and the finding (``story``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evcharge.output import written_whole
from evcharge.report.rates import FLOOR_NOTE, period_of
from evcharge.report.story import Story, title_of

Style = Literal["bars", "dots"]


def save_chart(story: Story, path: Path, style: Style = "bars") -> None:
    """Draws the stations to a PNG.

    Raises:
        ImportError: matplotlib is not installed.
        ReportError: the file can't be written.
    """
    from evcharge.report.charts import ChartText, draw_station_dots, draw_station_reliability, save_png

    report = story.report
    text = ChartText(
        title=title_of(story),
        subtitle=f"Charging success rate, {period_of(report)}",
        target=report.target,
        definition=f"{report.definition.id}: {report.definition.title}",
        note=" ".join(note for note in report.notes if note != FLOOR_NOTE),
    )
    draw = {"bars": draw_station_reliability, "dots": draw_station_dots}[style]
    figure = draw(story.stations, text)
    with written_whole(path) as file:
        save_png(figure, file)
