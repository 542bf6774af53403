"""The network's rate in words: what it is, and what is missing from it.

What does not belong here: figures (``rates``), the verdict (``verdict``), what the stations do now (``story``).
"""

from __future__ import annotations

from typing import Any, Protocol

from evcharge.metrics.beside import Beside
from evcharge.report.words import counted, joined, percent, target_text, verb


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
