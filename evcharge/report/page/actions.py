"""Do these first: the stations that need attention, a row each, with what their failures point to.

What does not belong here: which stations these are (``background``) and what they lose (``now``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from evcharge.metrics.cost import ENDS
from evcharge.metrics.exposure import DAYS_OF_A_WEEK
from evcharge.metrics.left_out import FAILURES
from evcharge.metrics.usual import USUAL_WEEKS
from evcharge.report.losses import losses_of, with_money
from evcharge.report.now import SILENT
from evcharge.report.page.cells import Badge, Table, badge_of, id_and_place, named, table_of
from evcharge.report.story import Story, title_of
from evcharge.report.words import (
    NONE,
    amount,
    counted,
    day_text,
    ends_text,
    energy,
    money,
    percent,
    target_text,
    verb,
    whole_interval,
    whole_percent,
)

ADVICE = {
    "visit": "inspect {where}",
    "remote": "look at modem, logs and back end",
    "payment vendor": "test card, app and authorisation",
    "firmware": "compare versions, restart",
    "check power and comms": "ping it, then visit; or closed on purpose?",
    "review": "read its sessions: evcharge explain",
}
"""What a first step means, in a few words; an inference, like the step itself."""
MOST_SILENT_ROWS = 40
"""Silent stations in the list of their own; all of them are in the table of stations."""


@dataclass(frozen=True)
class Action:
    """A station that needs attention: cells as people read them, each with a smaller line of detail.

    Attributes:
        badge: what it is now.
        station, station_detail: its label; id and city, ports and usual attempts.
        href: the address of its own page; None without one.
        now, range, before, recent: its rate now, the interval of it, the rate before, and that of the last four weeks.
        since, since_detail: since when, and how long before the end of the data that is.
        points_to, points_detail: what the failures point to, and where they bunch.
        step, step_detail: what to do first.
        lost, lost_detail: charges lost a week; their range, and the energy and money as far as known.
    """

    badge: Badge
    station: str
    station_detail: list[str]
    href: str | None
    now: str
    range: str
    before: str
    recent: str
    since: str
    since_detail: str
    points_to: str
    points_detail: str
    step: str
    step_detail: str
    lost: str
    lost_detail: str


@dataclass(frozen=True)
class Silent:
    """The silent stations where they have a list of their own."""

    title: str
    table: Table


@dataclass(frozen=True)
class Actions:
    """Do these first.

    Attributes:
        rows: the stations, the costliest first.
        caption: how to read the rows.
        more: how many more there are, and how the rows add up to what the title says; empty where both are plain.
        nothing: what is said where there is nothing to do; else empty.
        silent: the silent stations, where they are many.
    """

    rows: list[Action]
    caption: str
    more: str
    nothing: str
    silent: Silent | None


def actions_of(
    story: Story, first: pd.DataFrame, silent: pd.DataFrame, links: Mapping[int, str] | None = None
) -> Actions:
    """The rows of "do these first", and the silent stations where they are many.

    Args:
        story: what is told.
        first: the stations to fix first, the costliest first: rows of ``Story.attention``.
        silent: the silent stations, where they have a list of their own; else empty.
        links: the address of a station's own page, by station_key.
    """
    links = links or {}
    rows = with_money(first, story.price).to_dict("records")
    hidden = len(story.attention) - len(first) - len(silent)
    return Actions(
        rows=[_action(row, story, links.get(row["station_key"])) for row in rows],
        caption="Ranked by charges lost a week: visits that ended without a charge beyond what the target allows, at "
        f"the volume of the last {USUAL_WEEKS} weeks with data; of a silent station its usual charges, if it is really "
        "down. Drivers who never began a session are not in it; some who left come back later. Each station is beyond "
        f"what chance explains at a target of {target_text(story.report.target)}. First steps are inferred from "
        "recorded codes: leads, not diagnoses.",
        more=" ".join(filter(None, (_hidden_text(hidden), _sum_text(story, first)))),
        nothing="" if len(first) or len(silent) else f"{title_of(story)}: nothing to do first.",
        silent=_silent(silent, links),
    )


def _hidden_text(hidden: int) -> str:
    return f"{counted(hidden, 'more station')}: sort the table of all stations by loss." if hidden else ""


def _sum_text(story: Story, first: pd.DataFrame) -> str:
    """How the charges lost in the rows add up to the figure above them, that of the stations below target."""
    below, _ = story.losses
    rows = first[first["verdict_now"] != SILENT]
    listed = losses_of(rows, story.price).charges
    if below.charges is None or listed is None or len(below.labels) < 2:
        return ""
    others = len(below.labels) - len(rows)
    rest = f", and {amount(below.charges.about - listed.about)} at {counted(others, 'other')}" if others else ""
    silent = ", without what is silent" if len(rows) < len(first) else ""
    lost, whole = amount(listed.about), amount(below.charges.about)
    return f"These rows lose {lost} charges a week{silent}{rest}: {whole} in all. Each figure is rounded by itself."


def _action(row: Mapping[Any, Any], story: Story, href: str | None) -> Action:
    silent, target = row["verdict_now"] == SILENT, story.report.target
    points_to, points_detail = _silence(row) if silent else _failures(row, story)
    since: date | None = row["last_session"] if silent else row["since"] if row["changed"] else None
    where = f"port {row['worst_port']}" if isinstance(row["worst_port"], str) else "all ports"
    return Action(
        badge=badge_of(row["verdict_now"]),
        station=row["label"],
        station_detail=[*filter(None, (id_and_place(row), _size(row)))],
        href=href,
        now="none" if silent else percent(row["rate_now"], target),
        range="" if silent else whole_interval(row["low_now"], row["high_now"]),
        before=f"was {percent(row['rate_now'] if silent else row['rate_before'], target)}" if since is not None else "",
        recent=f"{percent(row['rate_4_weeks'], target)} in 4 weeks" if row["attempts_4_weeks"] and not silent else "",
        since="all along" if since is None else day_text(since),
        since_detail="" if since is None else _days_to_the_end(row, story),
        points_to=points_to,
        points_detail=points_detail,
        step=(row["first_step"] or NONE).capitalize(),
        step_detail=ADVICE.get(row["first_step"], "").format(where=where),
        lost=amount(row["charges_lost_per_week"]),
        lost_detail=_lost_detail(row, story),
    )


def _lost_detail(row: Mapping[Any, Any], story: Story) -> str:
    """What the charges lost hang on, their range, and energy and money where these are known."""
    lost, low, high = (row[f"charges_lost_per_week{end}"] for end in ENDS)
    if lost != lost:
        return ""
    kwh, sum_of_money = row["kwh_lost_per_week"], row["money_lost_per_week"]
    parts = [
        "if really down" if row["verdict_now"] == SILENT else "",
        ends_text(lost, low, high, amount),
        energy(kwh) if kwh == kwh else "",
        money(sum_of_money, story.price.currency) if story.price and sum_of_money == sum_of_money else "",
    ]
    return " · ".join(filter(None, parts))


def _size(row: Mapping[Any, Any]) -> str:
    """Ports and usual attempts a day, as far as known."""
    ports = [counted(int(row["ports"]), "port")] if row["ports"] else []
    per_week = row["attempts_per_week"]
    usual = [f"{per_week / DAYS_OF_A_WEEK:,.1f} attempts a day"] if per_week == per_week else []
    return " · ".join([*ports, *usual])


def _days_to_the_end(row: Mapping[Any, Any], story: Story) -> str:
    if row["verdict_now"] == SILENT:
        return f"{counted(int(row['silent_days']), 'day')} before the data's end"
    days = (story.report.last_day - row["since"].date()).days + 1
    return f"{counted(days, 'day')} to the data's end"


def _silence(row: Mapping[Any, Any]) -> tuple[str, str]:
    return f"No attempts for {counted(int(row['silent_days']), 'day')}", "while others of its source were used"


def _failures(row: Mapping[Any, Any], story: Story) -> tuple[str, str]:
    """The leading reason with its share, and at which port and hours failures bunch."""
    if isinstance(row["reason"], str):
        told = f"{row['reason'][:1].upper()}{row['reason'][1:]} ({whole_percent(row['reason_share'])} of failures)"
    else:
        told = "Reasons were not given" if story.report.lacks(FAILURES) else "No recorded reason leads"
    port, hours = row["worst_port"], row["worst_hours"]
    details = [f"port {port} has {whole_percent(row['worst_port_share'])} of them"] if isinstance(port, str) else []
    details += [f"mostly {hours}"] if isinstance(hours, str) else []
    looked_at = row["ports"] and row["station_key"] in set(story.detail["station_key"])
    return told, "; ".join(details) or ("no port or hour stands out" if looked_at else "")


def _silent(stations: pd.DataFrame, links: Mapping[int, str]) -> Silent | None:
    if stations.empty:
        return None
    rows = [
        (
            named(row, links),
            day_text(row["last_session"]),
            f"{row['silent_days']:,}",
            amount(row["attempts_per_week"]),
            amount(row["charges_lost_per_week"]),
        )
        for row in stations.head(MOST_SILENT_ROWS).to_dict("records")
    ]
    hidden = len(stations) - len(rows)
    title = f"{counted(len(stations), 'station')} fell silent: check power and comms, or a closure"
    days = ("last session", "days to the data's end")
    columns = ("station", *days, "attempts a week before", "charges lost a week if really down")
    more = f"{hidden:,} more {verb(hidden, 'is', 'are')} in the table of all stations." if hidden else ""
    return Silent(title, table_of(title, columns, rows, range(2, 5), more))
