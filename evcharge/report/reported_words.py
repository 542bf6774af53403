"""Uptime as it was reported beside what the evidence allows, in words for terminal and page.

What does not belong here: the comparison (``reported``), and how it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.reported import AGREES, CANT_TELL, CONTRADICTS
from evcharge.metrics.milliseconds import instant_of
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import period_text, port_label, range_text, ratio_text
from evcharge.report.words import NONE, verb
from evcharge.reported import ABOVE_100, EXCLUDED_MORE, NOT_FROM_MINUTES, OUTAGE_LONGER

REPORT_HEADINGS = ("port", "period (UTC)", ">reported", ">low to high", ">outside", "evidence", "in itself")
"""Of ``report_cells``: ``>`` stands before what is flush right."""
_ORDER = (CONTRADICTS, CANT_TELL, AGREES)
_IN_ITSELF = {
    ABOVE_100: "over 100 %",
    EXCLUDED_MORE: "more excluded than out",
    OUTAGE_LONGER: "out for longer than its time",
}


def reports_told(found: Uptime) -> list[dict[Any, Any]]:
    """The reports, those that the evidence contradicts first; none where nothing was reported."""
    if found.reported is None:
        return []
    return sorted(found.reported.to_dict("records"), key=lambda row: _ORDER.index(row["verdict"]))


def reports_summary(reported: pd.DataFrame) -> str:
    """How many reports there are, and what the evidence says of them."""
    contradicted, agrees, untold = (
        int((reported["verdict"] == word).sum()) for word in (CONTRADICTS, AGREES, CANT_TELL)
    )
    wrong = int((reported["contradictions"] != "").sum())
    own = f"; {wrong:,} {verb(wrong, 'contradicts itself', 'contradict themselves')}" if wrong else ""
    told = f"the evidence contradicts {contradicted:,} of {len(reported):,}, agrees with {agrees:,}"
    return f"Reported uptime: {told}, can't tell of {untold:,}{own}."


def _period(row: Mapping[Any, Any]) -> str:
    """The period of a report: a month or a quarter by name, one of no length by its instant, others by their days."""
    begin, end = (instant_of(row[name] + 59_999).replace(second=0, microsecond=0) for name in ("from_ms", "until_ms"))
    if begin >= end:
        return f"{begin:%Y-%m-%d %H:%M}"
    months = (end.year - begin.year) * 12 + end.month - begin.month
    is_whole = (begin.day, begin.hour, begin.minute, end.day, end.hour, end.minute) == (1, 0, 0, 1, 0, 0)
    if is_whole and months == 1:
        return f"{begin:%Y-%m}"
    if is_whole and months == 3 and begin.month % 3 == 1:
        return f"{begin.year}Q{begin.month // 3 + 1}"
    return period_text(Period(row["from_ms"], row["until_ms"])).removesuffix(" (UTC)")


def report_cells(row: Mapping[Any, Any], found: Uptime) -> list[str]:
    """A report as the cells of a row below ``REPORT_HEADINGS``."""
    evidence = f"{row['verdict']}: {row['why']}" if row["why"] else row["verdict"]
    difference = row["difference"]
    return [
        port_label(row, found),
        _period(row),
        _reported_text(row["reported"]),
        range_text(row),
        f"{difference * 100:+.2f}" if row["verdict"] == CONTRADICTS else NONE,
        evidence,
        _in_itself(row),
    ]


def _reported_text(ratio: float) -> str:
    """A reported uptime with its two digits."""
    return NONE if ratio != ratio else f"{ratio:.2%}"


def _in_itself(row: Mapping[Any, Any]) -> str:
    """What a report contradicts itself in."""
    codes = row["contradictions"].split(",") if row["contradictions"] else []
    told = [_IN_ITSELF[code] for code in codes if code != NOT_FROM_MINUTES]
    made = [f"its minutes make {ratio_text(row['from_minutes'])}"] if NOT_FROM_MINUTES in codes else []
    return ", ".join([*told, *made])
