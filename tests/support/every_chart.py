"""One chart of each kind, with names that would harm a page or a file if they were not escaped."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pandas as pd
from matplotlib.figure import Figure

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import instant_ms
from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.definitions import draw_definitions
from evcharge.report.charts.dots import draw_station_dots
from evcharge.report.charts.evidence import draw_evidence
from evcharge.report.charts.funnel import draw_funnel
from evcharge.report.charts.hours import draw_hours
from evcharge.report.charts.panels import draw_panels
from evcharge.report.charts.reasons import draw_reasons
from evcharge.report.charts.stations import ChartText
from evcharge.report.charts.tiles import draw_port_weeks
from evcharge.report.charts.weekly import draw_weekly
from evcharge.report.evidence_bars import Bar, Compared
from tests.support.charting import BELOW, HOSTILE, UNSURE, fleet, station, texts, weeks_of


def hostile_names(count: int) -> pd.Series:
    """Names that would harm a page or a file if they were not escaped."""
    return texts(HOSTILE[number % len(HOSTILE)] for number in range(count))


def everything() -> dict[str, Figure]:
    """Each chart with hostile names."""
    fleet_of = fleet(*(station(f"S{i}", 50 + i, 100, BELOW if i % 2 else UNSURE) for i in range(30)))
    stations = fleet_of.assign(name=hostile_names(30), source=hostile_names(30))
    weeks = weeks_of([50] * 9, [49, 45, 48, 47, 0, 49, 50, 41, 44], ["below", "above", *[""] * 7])
    panels = weeks.assign(station_key=range(9), station=hostile_names(9), verdict_now=BELOW)
    tiles = weeks.assign(port=hostile_names(9), failures=3)
    hours = tiles.assign(hour=range(9), in_window=[True, *[False] * 8])
    reasons = tiles.assign(title=hostile_names(9), first_step=hostile_names(9), flagged=3, elsewhere=range(9))
    definitions = fleet_of.head(9).assign(id=hostile_names(9))
    words = ChartText(*(HOSTILE[:2]), 0.95, HOSTILE[2], HOSTILE[3])
    return {
        "bars": draw_station_reliability(stations, words),
        "dots": draw_station_dots(stations, words),
        "funnel": draw_funnel(stations, 0.95),
        "reasons": draw_reasons(reasons),
        "weekly": draw_weekly(weeks, 0.95),
        "panels": draw_panels(panels, 0.95),
        "tiles": draw_port_weeks(tiles),
        "hours": draw_hours(hours),
        "definitions": draw_definitions(definitions, 0.95, HOSTILE),
        "evidence": draw_evidence(compared(HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3])),
    }


MIDNIGHT = datetime(2025, 3, 3, tzinfo=timezone.utc)


def compared(title: str = "CP / 1", label: str = "statuses", up: str = "75% up", down: str = "25% down") -> Compared:
    """Two days of a port, up but for 12 hours from the second noon on, when it was down; a bar alone."""
    noon, end = MIDNIGHT + timedelta(hours=36), MIDNIGHT + timedelta(hours=48)
    spans = [(MIDNIGHT, noon, "up"), (noon, end, "down")]
    return Compared([Bar(label, up, down, spans)], Period(instant_ms(MIDNIGHT), instant_ms(end)), title)
