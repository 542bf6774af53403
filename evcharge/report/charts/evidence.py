"""When one port was up, down and unknown by several kinds of evidence, a bar for each.

What does not belong here: what was up when (``metrics.availability``), and which evidence is compared
(``evidence_compared``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from matplotlib.figure import Figure

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import instant_of
from evcharge.output import written_whole
from evcharge.report.charts.lettering import BODY, NOTE, SMALL_MUTED, fitted, wrapped
from evcharge.report.charts.save import save_png
from evcharge.report.charts.shapes import lines
from evcharge.report.charts.sheet import PAGE_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.colours import BAD, LINE, OK, UNSURE_PALE
from evcharge.report.evidence_bars import Bar, Compared
from evcharge.report.words import day_text

LOOKS = {"up": OK, "down": BAD, "unknown": UNSURE_PALE}
"""State -> colour; what is out of scope stays empty."""
EDGE, LEFT, RIGHT, TALL, STEP, TIP = 16, 226, PAGE_PX - 236, 30, 58, 5
"""The margin, where bars begin and end, their height and distance, and how far what is down stands out [px]."""
ROOM_PX = 84
"""For the name of a day."""
THINNEST_PX = 2.5
"""Of a span: a minute in three days is seen."""


def save_evidence(compared: Compared, path: Path) -> None:
    """Draws the bars to a PNG.

    Raises:
        ReportError: the file can't be written.
    """
    figure = draw_evidence(compared)
    with written_whole(path) as file:
        save_png(figure, file)


@default_style()
def draw_evidence(compared: Compared) -> Figure:
    """A bar for each kind of evidence over the same period; its label holds title and alternative text."""
    sheet = Sheet(PAGE_PX)
    sheet.y += 6
    sheet.write_lines(wrapped(compared.title, NOTE, PAGE_PX - 2 * EDGE), NOTE, EDGE)
    sheet.y += 8
    draw_legend(sheet, [Sign(state, colour=colour) for state, colour in LOOKS.items()], EDGE)
    sheet.y += 12
    for bar in compared.bars:
        _draw_bar(sheet, bar, compared.period)
        sheet.y += STEP
    sheet.y += TALL - STEP + 14
    _write_days(sheet, compared.period)
    told = " ".join(f"{bar.label.capitalize()}: {bar.figure}, {bar.note}." for bar in compared.bars)
    return sheet.close(compared.title, f"A bar over time for each kind of evidence. {told}", 6)


def _draw_bar(sheet: Sheet, bar: Bar, period: Period) -> None:
    """One bar, with its evidence at the left and its figures at the right."""
    middle = sheet.y + TALL / 2
    sheet.write(EDGE, middle, fitted(bar.label, BODY, LEFT - EDGE - 12), BODY)
    for state, colour in LOOKS.items():
        tip = TIP if state == "down" else 0
        for left, right in _places(bar, period, state):
            sheet.rectangle(left, sheet.y - tip, right - left, TALL + 2 * tip, colour)
    sheet.write(RIGHT + 16, middle - 9, bar.figure, NOTE)
    sheet.write(RIGHT + 16, middle + 11, bar.note, SMALL_MUTED)


def _places(bar: Bar, period: Period, state: str) -> Iterator[tuple[float, float]]:
    """Left and right of each span in this state [px]."""
    for since, until, its_state in bar.spans:
        if its_state == state:
            left, right = _place(since, period), _place(until, period)
            yield min(left, RIGHT - THINNEST_PX), max(right, left + THINNEST_PX)


def _place(at: datetime, period: Period) -> float:
    """Where an instant lies on the bars [px]."""
    begin, end = instant_of(period.from_ms), instant_of(period.until_ms)
    return LEFT + (at - begin) / (end - begin) * (RIGHT - LEFT)


def _write_days(sheet: Sheet, period: Period) -> None:
    """The axis below the bars: where days begin (UTC), as many as have room."""
    begin, end = instant_of(period.from_ms), instant_of(period.until_ms)
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    axis, free = [[(float(LEFT), sheet.y), (float(RIGHT), sheet.y)]], float(LEFT)
    while day <= end:
        x = _place(day, period)
        if x >= free:
            axis.append([(x, sheet.y), (x, sheet.y + 4)])
            sheet.write(x, sheet.y + 16, day_text(day.date(), begin.year), SMALL_MUTED, "center")
            free = x + ROOM_PX
        day += timedelta(days=1)
    sheet.add(lines(axis, LINE, sheet.pixels))
    sheet.y += 24
