"""The network's rate in words: what it is, what is missing from it, its verdict, and the chance behind it.

What does not belong here: figures (``rates``), verdicts as such (``metrics.rates``), what stations do now (``story``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from evcharge.metrics.beside import Beside
from evcharge.metrics.rates import BELOW, CANT_TELL, FAILURES_INCLUDED, FAILURES_REMOVED, MEETS, STATIONS, Limits
from evcharge.report.words import chance_text, counted, interval, joined, percent, sentence, target_text, verb


class Rated(Protocol):
    """What has a rate of the network: ``rates.Report``."""

    @property
    def network(self) -> dict[str, Any]:
        """``rates.NETWORK_FIGURES``."""

    @property
    def target(self) -> float:
        """Success ratio the verdict is against [0 to 1]."""

    @property
    def beside(self) -> Beside:
        """What must stand beside the figures."""

    @property
    def is_over(self) -> bool:
        """Whether the verdict is withheld, since no station has data up to the last day asked for."""

    @property
    def limits(self) -> Limits:
        """Chances below which the network got its verdict."""

    @property
    def group_limits(self) -> Limits:
        """The same of the groups."""

    @property
    def failures_removed(self) -> bool:
        """Whether every publisher removed failures."""


def rate_text(report: Rated) -> str:
    """The rate against its target; where failures were removed, of what it is the rate; without any, why."""
    network = report.network
    if not network["attempts"]:
        unknown = network["unknown"]
        return f"no attempt could be judged; {counted(unknown, 'session')} {verb(unknown, 'is', 'are')} unknown"
    shown, attempts = percent(network["success_ratio"], report.target), network["attempts"]
    if report.failures_removed:
        return f"{shown} of {counted(attempts, 'published session')} succeeded; failures are not in the data"
    return f"{shown} of {counted(attempts, 'attempt')} succeeded, against a target of {target_text(report.target)}"


def network_text(report: Rated) -> str:
    """The rate with its interval, and how many sessions it leaves out."""
    network = report.network
    others = f"{network['unknown']:,} unknown, {network['excluded']:,} excluded"
    if not network["attempts"]:
        return f"no attempt could be judged; {others}"
    shown = interval(network["low"], network["high"], report.target)
    of_what = " of the sessions published" if report.failures_removed else ""
    return f"{percent(network['success_ratio'], report.target)}{of_what} succeeded (95% interval {shown}); {others}"


def bounds_text(report: Rated) -> str:
    """Between what the rate lies with all attempts in it; empty where they could not turn its verdict."""
    network = report.network
    if not network["attempts"] or not network["verdict_could_turn"]:
        return ""
    low, high = (percent(network[f"{end}_ratio"], report.target) for end in ("lowest", "highest"))
    span = low if low == high else f"between {low} and {high}"
    return f"with all attempts it is {span}, for {missing_text(report)}"


def missing_text(report: Rated) -> str:
    """What is not in the rate and is no excluded session; empty where nothing is missing."""
    unknown, refused = report.network["unknown"], report.beside.refused.rows
    parts = [f"{counted(unknown, 'attempt')} {verb(unknown, 'is', 'are')} unknown"] if unknown else []
    parts += [f"{counted(refused, 'row')} {verb(refused, 'was', 'were')} refused"] if refused else []
    return joined(parts) if parts else ""


def network_verdict_text(report: Rated) -> str:
    """The verdict on all stations together, its chance and its limits; empty where no rate can be shown."""
    network = report.network
    if not network["attempts"] or (network["failures_included"] == FAILURES_REMOVED and network["verdict"] != BELOW):
        return ""
    against, verdict = f"against {target_text(report.target)}", network["verdict"]
    if report.is_over:
        return f"{against}: {verdict}; no station has data up to the last day asked for"
    if verdict == CANT_TELL and network["chance_this_many"] < report.limits.meets_tail:
        known = network["failures_included"] == FAILURES_INCLUDED
        if known:
            return f"{against}: {verdict}; it would not meet the target if all that is unknown or refused had failed"
        return f"{against}: {verdict}; it meets the target only if all failures are in the data"
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


def group_limits_text(report: Rated) -> str:
    """By which limits the groups were judged, as a sentence."""
    what = "The one group" if report.group_limits == report.limits else "Each of these"
    return sentence(f"{what} was judged as {limits_text(report.group_limits)}")


def gate_text(report: Rated, limit: float) -> str:
    """Why a gate at this limit does not let the network pass; empty where it does.

    Neither the rate nor its lowest bound may be under the limit: what is unknown or refused must not open a gate.
    """
    ratio, lowest = report.network["success_ratio"], report.network["lowest_ratio"]
    if ratio is None:
        return "no attempt could be judged"
    if ratio < limit:
        return f"{percent(ratio, limit)} succeeded"
    if lowest < limit:
        return f"{percent(ratio, limit)} succeeded, but only {percent(lowest, limit)} if {_failed_text(report)} failed"
    return ""


def _failed_text(report: Rated) -> str:
    """What counts as a failure in the lowest bound."""
    refused, unknown = report.beside.refused, report.network["unknown"]
    rows = refused.failures + refused.unknown
    parts = [counted(unknown, "unknown attempt")] if unknown else []
    return joined([*parts, *([counted(rows, "refused row")] if rows else [])])
