"""Uptime for programs: the JSON document and the CSV.

What does not belong here: the figures (``uptime``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.uptime import Figures, group_keys, groups
from evcharge.metrics.made_up import is_made_up
from evcharge.metrics.milliseconds import utc_text
from evcharge.report.document import csv_of, period_told, plain, records
from evcharge.report.reported_rows import report_rows
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_told import groups_told

SCHEMA_VERSION = 1
"""Of the ``--json`` document of ``evcharge uptime``; grows when a key changes its meaning or goes."""
PORT_COLUMNS = (
    *("source", "station_id", "port_id", "minutes", "up_minutes", "down_minutes", "unknown_minutes"),
    *("excluded_minutes", "low", "seen", "high", "coverage", "uptime", "verdict", "handed_in"),
)
"""Columns of a port."""
OUTAGE_COLUMNS = (
    *("source", "station_id", "port_id", "from", "to", "goes_on", "minutes", "length_class", "state", "seen"),
    *("claims", "failed_attempts", "charges_lost"),
)
"""Columns of an outage."""


@dataclass(frozen=True)
class UptimeDocument:
    """The document of ``evcharge uptime --json``."""

    uptime: Uptime

    def to_dict(self) -> dict[str, Any]:
        """The document: of one rulebook; with several, ``rulebooks`` has one such document for each."""
        if len(self.uptime.figures) == 1:
            return self._of(self.uptime.first)
        told = [self._of(figures) for figures in self.uptime.figures]
        period = period_told(self.uptime.period)
        return {"schema_version": SCHEMA_VERSION, "period": period, "rulebooks": told}

    def _of(self, figures: Figures) -> dict[str, Any]:
        found = self.uptime
        reported = {} if found.reported is None else {"reported": records(report_rows(found.reported))}
        by = {} if found.by == "port" else {f"{found.by}s": records(groups_told(figures, found.by))}
        return {
            "schema_version": SCHEMA_VERSION,
            "rulebook": rulebook_told(figures.rulebook),
            "period": {**period_told(found.period), "reason": found.period_reason, "judged": figures.own_period},
            "evidence": list(found.evidence),
            "ports": records(figures.ports[[*PORT_COLUMNS]]),
            **by,
            "network": {name: plain(value) for name, value in figures.network.items()},
            "steps": [{"step": name, "minutes": minutes} for name, minutes in figures.steps],
            "attempts_judged_by": found.definition,
            "up_not_dispensing": records(found.not_dispensing),
            "attempts_without_port": records(found.without_port),
            "false_free": records(found.false_free),
            **reported,
            "notes": found.notes,
        }


@dataclass(frozen=True)
class OutagesDocument:
    """The document of ``evcharge outages --json``."""

    uptime: Uptime

    def to_dict(self) -> dict[str, Any]:
        """The document; instants in UTC."""
        found = self.uptime
        return {
            "schema_version": SCHEMA_VERSION,
            "period": {**period_told(found.period), "reason": found.period_reason},
            "evidence": list(found.evidence),
            "outages": records(outage_rows(found)),
            "stations": records(found.sites),
            "notes": found.notes,
        }


def rulebook_told(rulebook: Rulebook) -> dict[str, Any]:
    """A rulebook as a document has it."""
    names = ("id", "title", "version", "clause", "source", "provisional", "limit", "limit_is", "sha256")
    return {name: getattr(rulebook, name) for name in names}


def outage_rows(found: Uptime) -> pd.DataFrame:
    """``OUTAGE_COLUMNS`` of every outage; ``to`` is missing where it goes on at the end of the period."""
    rows = found.outages
    begins = [utc_text(at) for at in rows["from_ms"].tolist()]
    pairs = zip(rows["until_ms"].tolist(), rows["goes_on"].tolist(), strict=True)
    ends = pd.Series([None if open_ else utc_text(at) for at, open_ in pairs], index=rows.index, dtype=object)
    rows = pd.concat([rows, pd.DataFrame({"from": begins, "to": ends}, index=rows.index, dtype=object)], axis=1)
    return rows[[*OUTAGE_COLUMNS]]


def uptime_csv(found: Uptime) -> str:
    """The groups as CSV, a row for each and each rulebook, unrounded, with rulebook and period in each row."""
    parts = []
    for figures in found.figures:
        rows = groups_told(figures, found.by)
        rows = rows[[*PORT_COLUMNS]] if found.by == "port" else rows
        rows = rows.assign(made_up_ports=made_up_ports(figures, found.by))
        constants = {
            "rulebook": figures.rulebook.id,
            "rulebook_sha256": figures.rulebook.sha256,
            "from": utc_text(found.period.from_ms),
            "to": utc_text(found.period.until_ms),
            "evidence": ",".join(found.evidence),
        }
        parts.append(pd.concat([rows, pd.DataFrame(constants, index=rows.index)], axis=1))
    return csv_of(pd.concat(parts, ignore_index=True))


def made_up_ports(figures: Figures, by: str) -> list[int]:
    """How many ports of each row of ``groups`` are what ``evcharge sample`` makes up."""
    if by in ("port", "day"):
        return groups(figures, by)["source"].map(is_made_up).astype("int64").tolist()
    made_up = figures.ports["source"].map(is_made_up).astype("int64")
    names = group_keys(by)
    summed = made_up.groupby([figures.ports[name] for name in names], dropna=False, sort=True).sum()
    return summed.tolist()


def outages_csv(found: Uptime) -> str:
    """The outages as CSV, with whether each is of a port that ``evcharge sample`` made up."""
    rows = outage_rows(found)
    return csv_of(rows.assign(is_made_up=rows["source"].map(is_made_up)))
