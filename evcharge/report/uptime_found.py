"""Uptime of the ports of a selection, as it was found: what every medium shows.

What does not belong here: reading it and working it out (``uptime``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.uptime import Figures

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Uptime:
    """Uptime of the ports of a selection.

    Attributes:
        period: of which time.
        period_reason: why of that.
        evidence: words of the evidence that counts.
        by: what is grouped by: one of ``BY``.
        figures: of each rulebook, in the order asked for.
        outages: the columns of ``metrics.availability.outages.outages`` but ``port``, with ``failed_attempts`` and
            ``charges_lost``; those that go on first.
        sites: the columns of ``metrics.availability.outages.site_minutes_without_port``.
        not_dispensing: ``DISPENSING``: ports that were up and whose attempts all failed.
        without_port: ``WITHOUT_PORT``: attempts that count for no port.
        false_free: ``FALSE_FREE`` of ports that were announced free.
        names: what people call each station, by source and id: its name, with the source where several sources have
            a station of that label; those that are called by their id alone are left out.
        notes: what must be said with the figures.
        definition: the definition that attempts were judged by.
        reported: ``report.reported.REPORTED``: what was reported, beside the evidence; None where nothing is compared.
    """

    period: Period
    period_reason: str
    evidence: tuple[str, ...]
    by: str
    figures: list[Figures]
    outages: pd.DataFrame
    sites: pd.DataFrame
    not_dispensing: pd.DataFrame
    without_port: pd.DataFrame
    false_free: pd.DataFrame
    names: dict[tuple[str, str], str]
    notes: list[str]
    definition: str
    reported: pd.DataFrame | None = None

    @property
    def first(self) -> Figures:
        """The figures of the first rulebook."""
        return self.figures[0]
