"""The figures of a report by name, as matplotlib draws them: those of the page, and the picture of ``evcharge report``.

What does not belong here: drawing (``report.charts``), and the frames that are drawn (``report.chart_frames``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from evcharge.errors import ConfigError, ReportError
from evcharge.report.chart_frames import (
    any_recorded,
    hour_counts,
    port_weeks,
    reason_counts,
    station_weeks,
    stations_in_use,
)
from evcharge.report.charts.available import BROKEN, why_no_charts
from evcharge.report.comparison import Comparison
from evcharge.report.plots import MOST_PANELS
from evcharge.report.story import Story, present_rows

if TYPE_CHECKING:
    from evcharge.report.charts.sheet import Picture


NO_PORTS = "no station that needs attention names its ports, or not the one asked for"
NO_HOURS = "at no station that needs attention do failures bunch in some hours, or not at the one asked for"


def draw_figure(story: Story, compare: Callable[[], Comparison], name: str, station_id: str | None = None) -> Picture:
    """The figure of this name: one of ``FIGURES``, ``OF_DEFINITIONS``, or ``OF_A_STATION``.

    Args:
        story: what is told.
        compare: every definition side by side, read when it is drawn.
        name: of the figure.
        station_id: of which station; None for the first by attention that has what is drawn.

    Raises:
        ConfigError: ``unknown_figure``, or ``unknown_station``.
        ReportError: ``no_matplotlib``, or ``nothing_to_draw``: the data lacks what it is of.
    """
    if name not in NAMES:
        names = ", ".join(NAMES)
        raise ConfigError("unknown_figure", f"there is no figure {name!r}.", f"The figures are {names}.")
    if station_id is not None and name not in OF_A_STATION:
        reason, which = f"the figure {name!r} is of all stations.", " and ".join(map(repr, OF_A_STATION))
        raise ConfigError("not_of_a_station", reason, f"Leave station_id out; {which} are of one station.")
    require_matplotlib()
    figure: Picture
    if name in OF_DEFINITIONS:
        figure = OF_DEFINITIONS[name](compare())
    else:
        figure = FIGURES[name](story) if name in FIGURES else OF_A_STATION[name](story, station_id)
    return figure


def require_matplotlib() -> None:
    """Refuses where no figure can be drawn.

    Raises:
        ReportError: ``no_matplotlib``.
    """
    if missing := why_no_charts():
        anew = "--force-reinstall " if missing[0] == BROKEN else ""
        reason = ": ".join(filter(None, missing)).rstrip(".")
        hint = f"In a shell: pip install {anew}matplotlib. In a notebook: %pip install {anew}matplotlib"
        raise ReportError("no_matplotlib", f"no figure can be drawn: {reason}.", hint)


def _stations(story: Story) -> Any:
    from evcharge.report.charts.bars import draw_station_reliability
    from evcharge.report.charts.picture import station_figure

    return station_figure(story, draw_station_reliability)


def _dots(story: Story) -> Any:
    from evcharge.report.charts.dots import draw_station_dots
    from evcharge.report.charts.picture import station_figure

    return station_figure(story, draw_station_dots)


def _funnel(story: Story) -> Any:
    from evcharge.report.charts.funnel import draw_funnel

    stations = stations_in_use(story.stations)
    if stations.empty:
        raise _nothing("funnel", "every station is out of use")
    return draw_funnel(stations, story.report.target)


def _panels(story: Story) -> Any:
    from evcharge.report.charts.panels import draw_panels

    first = story.stations.head(MOST_PANELS)
    weeks = station_weeks(first, story.days[story.days["station_key"].isin(first["station_key"])])
    if weeks.empty:
        raise _nothing("panels", "no week is whole")
    return draw_panels(weeks, story.report.target)


def _weekly(story: Story) -> Any:
    from evcharge.report.charts.weekly import draw_weekly

    if not (story.weeks["attempts"] > 0).any():
        raise _nothing("weekly", "no whole week has an attempt")
    return draw_weekly(story.weeks, story.report.target)


def _reasons(story: Story) -> Any:
    from evcharge.report.charts.reasons import draw_reasons

    if not any_recorded(story.reasons):
        raise _nothing("reasons", "no reason was recorded for the failures since each station's last change")
    return draw_reasons(reason_counts(story.reasons, story.stations, story.attention))


def _definitions(comparison: Comparison) -> Any:
    from evcharge.report.charts.definitions import draw_definitions

    if not comparison.definitions:
        raise _nothing("definitions", "no definition can judge these sessions")
    networks = [{"id": one.id, **comparison.networks[one.id]} for one in comparison.definitions]
    return draw_definitions(pd.DataFrame(networks), comparison.target, comparison.without_data)


def _ports(story: Story, station_id: str | None) -> Any:
    from evcharge.report.charts.tiles import draw_port_weeks

    named = story.detail[story.detail["port_id"].notna()]
    key = _station_key(story, "ports", station_id, named["station_key"], NO_PORTS)
    return draw_port_weeks(port_weeks(story.detail[story.detail["station_key"] == key]))


def _hours(story: Story, station_id: str | None) -> Any:
    from evcharge.report.charts.hours import draw_hours

    key = _station_key(story, "hours", station_id, pd.Series([*story.windows]), NO_HOURS)
    now = present_rows(story.detail, story.attention)
    return draw_hours(hour_counts(now[now["station_key"] == key], story.windows[key]))


def _station_key(story: Story, figure: str, station_id: str | None, having: pd.Series, why_not: str) -> int:
    """The key of the station that is asked for, or of the first that needs attention and has what is drawn."""
    if station_id is not None and station_id not in set(story.stations["station_id"]):
        raise ConfigError("unknown_station", f"no station here has the id {station_id!r}.", "Their ids: found.spells.")
    drawn = story.attention[story.attention["station_key"].isin(having)]
    drawn = drawn if station_id is None else drawn[drawn["station_id"] == station_id]
    if drawn.empty:
        raise _nothing(figure, why_not)
    return int(drawn["station_key"].iloc[0])


def _nothing(figure: str, why: str) -> ReportError:
    return ReportError("nothing_to_draw", f"the figure {figure!r} has nothing to show: {why}.")


FIGURES: dict[str, Callable[[Story], Any]] = {
    "stations": _stations,
    "dots": _dots,
    "funnel": _funnel,
    "panels": _panels,
    "weekly": _weekly,
    "reasons": _reasons,
}
"""The figures of all stations: success of each as bars or as dots, against attempts, and week by week of the first
nine; of all together week by week; why attempts fail."""
OF_DEFINITIONS: dict[str, Callable[[Comparison], Any]] = {"definitions": _definitions}
"""That of the comparison: success by every definition."""
OF_A_STATION: dict[str, Callable[[Story, str | None], Any]] = {"ports": _ports, "hours": _hours}
"""Those of one station that needs attention: its ports week by week, and the hours at which its failures bunch."""
NAMES = (*FIGURES, *OF_DEFINITIONS, *OF_A_STATION)
