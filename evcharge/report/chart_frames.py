"""The frames that charts are drawn from, made of what the story tells: the same for the page and for ``figure``.

What does not belong here: drawing (``charts``), and the words around a chart (``page.figures``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.metrics.concentration import HourWindow
from evcharge.metrics.reasons import NOT_RECORDED
from evcharge.metrics.weekly import weekly_counts
from evcharge.report.words import NO_PORT, NONE


def stations_in_use(stations: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``Story.stations`` that a funnel shows."""
    return stations[~stations["out_of_use"]]


def station_weeks(stations: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """The weeks of each station, in order of attention.

    Args:
        stations: ``Story.stations``.
        days: ``Story.days``.
    """
    parts = []
    span = days.groupby("day", as_index=False)[["successes", "failures"]].sum().assign(successes=0, failures=0)
    for row in stations.to_dict("records"):
        own = days[days["station_key"] == row["station_key"]]
        weeks = weekly_counts(pd.concat([span, own[["day", "successes", "failures"]]]))
        parts.append(weeks.assign(**{name: row[name] for name in ("station_key", "verdict_now")}, station=row["label"]))
    return pd.concat(parts, ignore_index=True)


def reason_counts(reasons: pd.DataFrame, stations: pd.DataFrame, attention: pd.DataFrame) -> pd.DataFrame:
    """One row per reason: title, first_step, failures at stations that need attention and elsewhere, shares.

    Args:
        reasons: ``Story.reasons``.
        stations: ``Story.stations``.
        attention: ``Story.attention``.
    """
    keys = stations.set_index(["source", "station_id"])["station_key"]
    at = pd.MultiIndex.from_frame(reasons[["source", "station_id"]])
    flagged = keys.reindex(at).isin(set(attention["station_key"])).to_numpy()
    sessions = reasons["sessions"].to_numpy()
    counts = reasons.assign(flagged=np.where(flagged, sessions, 0), elsewhere=np.where(flagged, 0, sessions))
    unsaid = counts["kind"] == NOT_RECORDED.kind
    counts["title"] = counts["title"].mask(unsaid, "not recorded")
    counts["first_step"] = counts["first_step"].mask(unsaid, NONE)
    sums = counts.groupby(["title", "first_step"], as_index=False)[["flagged", "elsewhere"]].sum()
    total = sums["flagged"] + sums["elsewhere"]
    sums = sums.assign(total=total, share=total / max(int(total.sum()), 1))
    return sums.sort_values(["total", "title"], ascending=[False, True], ignore_index=True)


def any_recorded(reasons: pd.DataFrame) -> bool:
    """Whether a reason of any failure was recorded."""
    return bool((reasons["kind"] != NOT_RECORDED.kind).any())


def port_weeks(detail: pd.DataFrame) -> pd.DataFrame:
    """Attempts and failures by port and week, every port in every week.

    Args:
        detail: the rows of ``Story.detail`` of one station.
    """
    monday = detail["day"] - pd.to_timedelta(detail["day"].dt.day_of_week, unit="D")
    attempts = detail["successes"] + detail["failures"]
    counts = detail.assign(port=detail["port_id"].fillna(NO_PORT), week=monday, attempts=attempts)
    sums = counts.groupby(["port", "week"])[["attempts", "failures"]].sum()
    weeks = pd.date_range(monday.min(), monday.max(), freq="7D")
    whole = pd.MultiIndex.from_product([sorted(counts["port"].unique()), weeks], names=["port", "week"])
    return sums.reindex(whole, fill_value=0).reset_index()


def hour_counts(now: pd.DataFrame, window: HourWindow) -> pd.DataFrame:
    """Attempts and failures by local hour, and whether it is one at which failures bunch.

    Args:
        now: the rows of ``story.present_rows`` of one station.
        window: of ``Story.windows``.
    """
    counts = now.groupby("hour")[["attempts", "failures"]].sum()
    hours = counts.reindex(range(24), fill_value=0).rename_axis("hour").reset_index()
    hours["in_window"] = (hours["hour"] - window.first_hour) % 24 < window.hours
    return hours
