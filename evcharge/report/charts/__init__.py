"""Charts as pure functions: a frame in, a matplotlib Figure out; the same input gives the same bytes.

Each ``draw_…`` draws, and says the same in words in its figure's label; ``save_png`` writes a picture, ``to_svg`` an
element of a page. What does not belong here: queries, file paths, words that depend on the selection (the caller passes
``ChartText``), verdict logic (a verdict arrives as a word), and pyplot or any other state that outlives a call.
"""

from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.dots import draw_station_dots
from evcharge.report.charts.funnel import draw_funnel
from evcharge.report.charts.hours import draw_hours, hours_alt
from evcharge.report.charts.panels import draw_panels, panels_alt
from evcharge.report.charts.reasons import draw_reasons, reasons_alt
from evcharge.report.charts.save import save_png, to_svg
from evcharge.report.charts.stations import ChartText
from evcharge.report.charts.tiles import draw_port_weeks, port_weeks_alt
from evcharge.report.charts.weekly import draw_weekly, weekly_alt

__all__ = [
    "ChartText",
    "draw_funnel",
    "draw_hours",
    "draw_panels",
    "draw_port_weeks",
    "draw_reasons",
    "draw_station_dots",
    "draw_station_reliability",
    "draw_weekly",
    "hours_alt",
    "panels_alt",
    "port_weeks_alt",
    "reasons_alt",
    "save_png",
    "to_svg",
    "weekly_alt",
]
