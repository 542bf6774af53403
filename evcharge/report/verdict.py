"""A verdict in words: the chance behind it, and which limits judged.

What does not belong here: verdicts (``metrics.rates``), and what stations do now (``now``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evcharge.metrics.rates import BELOW, CANT_TELL, FAILURES_INCLUDED, FAILURES_REMOVED, MEETS, STATIONS, Limits
from evcharge.report.rates import Report
from evcharge.report.words import chance_text, sentence, target_text


def network_verdict_text(report: Report) -> str:
    """The verdict on all stations together, its chance and its limits; empty where no rate can be shown."""
    network = report.network
    if not network["attempts"] or (network["failures_included"] == FAILURES_REMOVED and network["verdict"] != BELOW):
        return ""
    against, verdict = f"against {target_text(report.target)}", network["verdict"]
    if verdict == CANT_TELL and network["chance_this_many"] < report.limits.meets_tail:
        known = network["failures_included"] == FAILURES_INCLUDED
        lacking = "nothing unknown or refused failed" if known else "all failures are in the data"
        return f"{against}: {verdict}; it meets the target only if {lacking}"
    return f"{against}: {verdict} ({chance_told(network)}; {limits_text(report.limits)})"


def chance_told(figures: Mapping[Any, Any]) -> str:
    """How often a group that is just on the target does so well, or so badly: by the tail that its verdict is of.

    Such as "so few: 1 in 310"; empty without attempts.

    Args:
        figures: ``verdict``, ``attempts`` and the columns of ``metrics.rates.CHANCES``.
    """
    if not figures["attempts"]:
        return ""
    few, many = figures["chance_this_few"], figures["chance_this_many"]
    is_few = figures["verdict"] == BELOW or (figures["verdict"] != MEETS and few < many)
    return f"so {'few' if is_few else 'many'}: {chance_text(few if is_few else many)}"


def limits_text(limits: Limits) -> str:
    """As what the limits judge, and by which chances."""
    if limits == STATIONS:
        return f"one of many: below under {100 * limits.below_tail:g}%, meets under {100 * limits.meets_tail:g}%"
    return f"one test, {100 * limits.below_tail:g}% a side"


def group_limits_text(report: Report) -> str:
    """By which limits the groups were judged, as a sentence."""
    what = "The one group" if report.group_limits == report.limits else "Each of these"
    return sentence(f"{what} was judged as {limits_text(report.group_limits)}")
