"""A station as a row of the short table that terminal and notebook show.

What does not belong here: which stations are shown, and how a table is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evcharge.report.now import ATTENTION, MARKS, SILENT, UNUSED
from evcharge.report.words import amount, day_text, percent, whole_interval

HEADINGS = ("", "~station", ">success", ">of", ">now", ">range", ">4 weeks", ">since", ">lost/wk", "first step")
"""Of ``station_cells``: ``>`` stands before what is flush right, ``~`` before what may be cut short."""
SHORT_STEPS = {"check power and comms": "power and comms"}
"""First steps that would not fit the column."""


def station_cells(row: Mapping[Any, Any], target: float, year: int) -> list[str]:
    """Rate and attempts of the whole period; those of the present spell, beside the last four weeks; loss, first step.

    Args:
        row: of ``Story.rows``.
        target: success ratio to meet, between 0 and 1.
        year: that days need not mention.
    """
    attention = row["verdict_now"] in ATTENTION
    stopped = SILENT if row["verdict_now"] == SILENT else UNUSED if row["out_of_use"] else ""
    since = row["last_session"] if stopped else row["since"] if row["changed"] else None
    return [
        MARKS[row["verdict_now"]][0],
        row["label"],
        percent(row["success_ratio"], target),
        f"{row['attempts']:,}",
        stopped or percent(row["rate_now"], target),
        "" if stopped else whole_interval(row["low_now"], row["high_now"]),
        "" if stopped else percent(row["rate_4_weeks"], target),
        "" if since is None else day_text(since, year),
        amount(row["charges_lost_per_week"]) if attention else "",
        SHORT_STEPS.get(row["first_step"], row["first_step"]) if attention else "",
    ]
