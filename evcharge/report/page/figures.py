"""The charts of the page, each with its title, its caption and its numbers as a table.

What does not belong here: drawing (``report.charts``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.concentration import HourWindow
from evcharge.metrics.direction import BETTER, CHANGES, WORSE
from evcharge.metrics.left_out import DETAIL, FAILURES
from evcharge.metrics.rates import BELOW
from evcharge.metrics.weekly import MOST_WEEKS
from evcharge.report.chart_frames import (
    any_recorded,
    hour_counts,
    port_weeks,
    reason_counts,
    station_weeks,
    stations_in_use,
)
from evcharge.report.direction import change_text, compared_text
from evcharge.report.page.cells import Table, table_of
from evcharge.report.plots import MOST_PANELS
from evcharge.report.story import REVIEW, STEP_NOUNS, Story, present_rows
from evcharge.report.words import (
    NONE,
    day_text,
    in_words,
    interval,
    joined,
    percent,
    sentence,
    verb,
    whole_percent,
)

MOST_TILED = 8
"""Stations whose ports are shown week by week: two rows on a screen."""
NO_COLUMNS = "Why attempts fail is left out: the data records no stop_reason and no error_code."
NO_FAILURES = "Why attempts fail is left out: none failed since its station's last change."
NO_REASONS = "Why attempts fail is left out: no reason was recorded for the failures since each station's last change."
NO_PORTS = "Which port, and when, is left out: the data records no port_id."
NO_FAILURES_FRAME = "Why attempts fail is left out: the counts came without the frame failures."
NO_DETAIL_FRAME = "Which port, and when, is left out: the counts came without the frame detail, or it lacks stations."


@dataclass(frozen=True)
class Drawing:
    """A chart as SVG, drawn for a screen and paper, and for a phone."""

    wide: str
    narrow: str


@dataclass(frozen=True)
class Pens:
    """What draws the charts: each takes a frame, and the target or a number that tells it from its like."""

    funnel: Callable[[pd.DataFrame, float], Drawing]
    panels: Callable[[pd.DataFrame, float], Drawing]
    reasons: Callable[[pd.DataFrame], Drawing]
    weekly: Callable[[pd.DataFrame, float], Drawing]
    ports: Callable[[pd.DataFrame, int], str]
    hours: Callable[[pd.DataFrame, int], Drawing]


@dataclass(frozen=True)
class Chart:
    """A chart with its words.

    Attributes:
        title: what it shows.
        caption: how to read it.
        drawn: the drawing; None where matplotlib is missing or broken.
        table: its numbers; None where the table of all stations has them.
        wide: whether it takes the whole width of the page.
    """

    title: str
    caption: str
    drawn: Drawing | None
    table: Table | None
    wide: bool = False


@dataclass(frozen=True)
class Tile:
    """The ports of one station: a title, the drawing, and its numbers."""

    title: str
    svg: str | None
    table: Table


@dataclass(frozen=True)
class Charts:
    """Is it real, why, since when, which port, what hours; None or empty where the data lacks what a chart needs.

    Attributes:
        spread: whether stations really differ.
        reasons: why attempts fail.
        no_reasons: why that is left out, where it is.
        weekly: since when.
        tiles: ports by week, a chart for each station to fix first.
        tiles_caption: how to read them.
        no_ports: why they are left out; empty where they are not.
        hours: failures by hour of the day, a chart for each station where they bunch.
    """

    spread: Chart | None
    reasons: Chart | None
    no_reasons: str
    weekly: Chart | None
    tiles: list[Tile]
    tiles_caption: str
    no_ports: str
    hours: list[Chart]


def charts_of(story: Story, first: pd.DataFrame, missing: Sequence[str], pens: Pens | None) -> Charts:
    """The charts of the page.

    Args:
        story: what is told.
        first: the stations to fix first: rows of ``Story.attention``.
        missing: columns that the page would show and the data does not fill.
        pens: what draws; None where matplotlib is missing or broken.
    """
    return Charts(
        spread=_spread(story, pens),
        reasons=_reasons(story, pens),
        no_reasons=_no_reasons(story, missing),
        weekly=_weekly(story, pens),
        tiles=_tiles(story, first, pens),
        tiles_caption="One row per port, one square per week, at the stations above. Darker: a larger share of "
        "attempts failed; only an outline: no attempts.",
        no_ports=_no_ports(story, missing),
        hours=_hours(story, first, pens),
    )


def _spread(story: Story, pens: Pens | None) -> Chart | None:
    """Whether the differences between stations are real; None where no week is whole."""
    return _panels(story, pens) if len(story.stations) <= MOST_PANELS else _funnel(story, pens)


def _funnel(story: Story, pens: Pens | None) -> Chart:
    in_use = stations_in_use(story.stations)

    left_out = "" if len(in_use) == len(story.stations) else " Without the stations out of use."
    return Chart(
        title=_funnel_title(story.count_of(BELOW)),
        caption="Success now against attempts since the last change. Within the band chance explains "
        f"the gap to the target.{left_out}",
        drawn=pens.funnel(in_use, story.report.target) if pens else None,
        table=None,
    )


def _funnel_title(below: int) -> str:
    """At how many stations the rate now is lower than chance explains; the silent ones have none."""
    if not below:
        return "No station in use is below target beyond what chance explains"
    return f"The difference is real at {in_words(below)} {verb(below, 'station', 'stations')}"


def _panels(story: Story, pens: Pens | None) -> Chart | None:
    """Few stations week by week; None where no week is whole."""
    weeks = station_weeks(story.stations, story.days)
    if weeks.empty:
        return None

    rows = [
        (
            row["station"],
            day_text(row["week"]),
            f"{row['attempts']:,}",
            percent(row["success_ratio"], story.report.target),
        )
        for row in weeks.to_dict("records")
    ]
    columns = ("station", "week of", "attempts", "success")
    return Chart(
        title="Station by station",
        caption="Success by week; a larger dot has more attempts. Dashes: the target.",
        drawn=pens.panels(weeks, story.report.target) if pens else None,
        table=table_of("Success by station and week", columns, rows, (2, 3)),
    )


def _reasons(story: Story, pens: Pens | None) -> Chart | None:
    """The reasons of the failures since each station's last change; None where none was recorded at all."""
    if not any_recorded(story.reasons):
        return None
    table = reason_counts(story.reasons, story.stations, story.attention)

    rows = [
        (row["title"], f"{row['flagged']:,}", f"{row['elsewhere']:,}", percent(row["share"]), row["first_step"])
        for row in table.to_dict("records")
    ]
    columns = ("reason", "at stations that need attention", "elsewhere", "share", "first look")
    return Chart(
        title=_reasons_title(table),
        caption="Failed attempts since each station's last change, by what was recorded. First looks are inferences.",
        drawn=pens.reasons(table) if pens else None,
        table=table_of("Failures by recorded reason", columns, rows, (1, 2, 3)),
    )


def _no_reasons(story: Story, missing: Sequence[str]) -> str:
    """Why reasons are left out, where they are."""
    if "stop_reason or error_code" in missing:
        return NO_COLUMNS
    if story.report.lacks(FAILURES):
        return NO_FAILURES_FRAME
    return NO_REASONS if story.reasons["sessions"].sum() else NO_FAILURES


def _no_ports(story: Story, missing: Sequence[str]) -> str:
    """Why ports and hours are left out, where they are."""
    if "port_id" in missing:
        return NO_PORTS
    return NO_DETAIL_FRAME if story.report.lacks(DETAIL) else ""


def _reasons_title(table: pd.DataFrame) -> str:
    """What the recorded reasons point to, by shares of the failures; those that only ask for a review aside."""
    steps = table[~table["first_step"].isin((NONE, REVIEW))].groupby("first_step")["share"].sum()
    steps = steps.sort_values(ascending=False, kind="stable").head(2)
    if steps.empty:
        return "Why attempts fail"
    shares = [f"{whole_percent(share)} to {STEP_NOUNS.get(str(step), str(step))}" for step, share in steps.items()]
    return f"Of the failures {joined(shares).replace(' to ', ' point to ', 1)}"


def _weekly(story: Story, pens: Pens | None) -> Chart | None:
    weeks = story.weeks
    if not (weeks["attempts"] > 0).any():
        return None

    rows = [
        (
            day_text(row["week"]),
            f"{row['attempts']:,}",
            percent(row["success_ratio"], story.report.target),
            interval(row["low"], row["high"]),
            row["outside"],
        )
        for row in weeks.to_dict("records")
    ]
    last = f", the last {MOST_WEEKS}" if len(weeks) == MOST_WEEKS else ""
    found = story.direction
    told = sentence(compared_text(found, story.stations)) if found.word in (WORSE, BETTER) else ""
    usual = "the weeks before the change" if found.word in CHANGES else "all weeks"
    band = f"Band: how much single weeks vary anyway (Laney p′, of {usual})." if weeks["centre"].notna().any() else ""
    columns = ("week of", "attempts", "success", "limits", "outside")
    return Chart(
        title=f"Week by week: {change_text(found, story.report.target)}",
        caption=" ".join(filter(None, (told, f"Success of all stations by full week{last}.", band))),
        drawn=pens.weekly(weeks, story.report.target) if pens else None,
        table=table_of("Success by week", columns, rows, (1, 2, 3)),
        wide=True,
    )


def _tiles(story: Story, first: pd.DataFrame, pens: Pens | None) -> list[Tile]:
    """Ports by week of the stations to fix first that name their ports."""
    found: list[Tile] = []
    for row in first.to_dict("records"):
        detail = story.detail[story.detail["station_key"] == row["station_key"]]
        if detail["port_id"].notna().any() and len(found) < MOST_TILED:
            found.append(_tile(row, port_weeks(detail), len(found), pens))
    return [one for one in found if one.svg]


def _tile(row: dict[Any, Any], weeks: pd.DataFrame, number: int, pens: Pens | None) -> Tile:
    ports = weeks.groupby("port", as_index=False)[["attempts", "failures"]].sum()
    rows = [
        (
            one["port"],
            f"{one['attempts']:,}",
            f"{one['failures']:,}",
            percent(one["failures"] / one["attempts"] if one["attempts"] else None),
        )
        for one in ports.to_dict("records")
    ]
    columns = ("port", "attempts", "failures", "failed")
    return Tile(
        title=row["label"],
        svg=pens.ports(weeks, number) if pens else None,
        table=table_of(f"Ports of {row['label']}", columns, rows, (1, 2, 3)),
    )


def _hours(story: Story, first: pd.DataFrame, pens: Pens | None) -> list[Chart]:
    """Failures by hour of the day, at the stations to fix first where they bunch."""
    now = dict(list(present_rows(story.detail, first).groupby("station_key")))
    rows = [(row, row["station_key"]) for row in first.to_dict("records") if row["station_key"] in story.windows]
    return [_hour_chart(row, story.windows[key], now[key], number, pens) for number, (row, key) in enumerate(rows)]


def _hour_chart(row: dict[Any, Any], window: HourWindow, now: pd.DataFrame, number: int, pens: Pens | None) -> Chart:
    hours = hour_counts(now, window)

    cells = [
        (f"{one['hour']:02}:00", f"{one['attempts']:,}", f"{one['failures']:,}") for one in hours.to_dict("records")
    ]
    return Chart(
        title=f"{row['label']}: {percent(window.failure_ratio_inside)} fail {row['worst_hours']}",
        caption=f"{percent(window.failure_ratio_outside)} at other hours. Share of attempts that failed, by local "
        "hour, since the last change.",
        drawn=pens.hours(hours, number) if pens else None,
        table=table_of(f"Failures by hour at {row['label']}", ("hour", "attempts", "failures"), cells, (1, 2)),
    )
