"""What a Python program calls: ``uptime``, when the ports of a star were up, down and unknown, as DataFrames.

What does not belong here: any figure of its own; it gathers what ``report`` and ``metrics`` make.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from evcharge.api_arguments import Day, as_day, as_lot, as_name, naming, require_kind, shown
from evcharge.errors import ConfigError
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.periods import FIRST_YEAR, LAST_YEAR, of_days, of_quarter, of_year
from evcharge.metrics.availability.rulebooks import find_rulebooks
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.availability.uptime import Figures
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import as_database
from evcharge.report.reported import NO_REPORTS
from evcharge.report.reported_rows import report_rows
from evcharge.report.summary import uptime_html
from evcharge.report.uptime import DEFAULT_RULEBOOK, build_uptime
from evcharge.report.uptime_document import UptimeDocument, outage_rows
from evcharge.report.uptime_found import Uptime as UptimeFound
from evcharge.report.uptime_of_report import build_uptime_with_reports
from evcharge.report.uptime_told import groups_told
from evcharge.report.words import counted, percent


@dataclass(frozen=True)
class Uptime:
    """Uptime of ports by a rulebook, and what it is made of.

    Attributes:
        found: all of it, as ``report.uptime`` has it.
    """

    found: UptimeFound

    @property
    def ports(self) -> pd.DataFrame:
        """One row per port: ids, minutes, ``low``, ``seen``, ``high``, ``coverage``, ``uptime`` [0 to 1], ``verdict``.

        ``handed_in`` is the percentage that the rulebook asks for; missing where there is none to hand in.
        ``rulebook`` is its id; of several there is one row per port and rulebook.
        """
        return self._of_each(lambda figures: figures.ports)

    @property
    def groups(self) -> pd.DataFrame:
        """The same figures by the group of ``by``: ratios of summed minutes; by day one row per port and ``day``."""
        return self._of_each(lambda figures: groups_told(figures, self.found.by))

    @property
    def network(self) -> pd.DataFrame:
        """The same of all ports together, and counts of ports: one row per rulebook."""
        return pd.DataFrame([{**one.network, "rulebook": one.rulebook.id} for one in self.found.figures])

    @property
    def steps(self) -> pd.DataFrame:
        """From the minutes of the period down to the figure: ``step`` and ``minutes`` of all ports, ``rulebook``."""
        return self._of_each(lambda figures: pd.DataFrame(figures.steps, columns=["step", "minutes"]))

    @property
    def outages(self) -> pd.DataFrame:
        """One row per outage, those that go on first, with ``from`` and ``to`` [UTC]; ``to`` of those is missing.

        ``charges_lost`` is missing where the weeks before don't tell what is usual.
        """
        return _with_times(outage_rows(self.found))

    @property
    def not_dispensing(self) -> pd.DataFrame:
        """Ports that were up and whose attempts all failed: ids, ``attempts``, ``failures``."""
        return self.found.not_dispensing

    @property
    def without_port(self) -> pd.DataFrame:
        """Attempts that name none of several ports, and count for none: station, ``attempts``, ``failures``."""
        return self.found.without_port

    @property
    def false_free(self) -> pd.DataFrame:
        """How long ports were announced free, and how long of that a session ran [minutes]."""
        return self.found.false_free

    @property
    def reported(self) -> pd.DataFrame:
        """What was reported for times that meet the period, beside what the rulebook makes of the evidence.

        One row per report: ids, ``from`` and ``to`` [UTC], ``reported``, ``low``, ``high``, ``coverage``,
        ``difference`` (how far it lies outside of low to high) and ``from_minutes`` (what its own minutes make) [0 to
        1], ``verdict`` (agrees, contradicts, can't tell), ``why`` not, ``contradictions`` in itself, and its file and
        line. Without a row where there are several rulebooks.
        """
        return _with_times(report_rows(NO_REPORTS.rows if self.found.reported is None else self.found.reported))

    def _of_each(self, frame: Callable[[Figures], pd.DataFrame]) -> pd.DataFrame:
        """A frame of each rulebook, one below the other, with its id."""
        frames = [frame(figures).assign(rulebook=figures.rulebook.id) for figures in self.found.figures]
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]

    @property
    def notes(self) -> list[str]:
        """What must be said with the figures."""
        return self.found.notes

    def _repr_html_(self) -> str:
        """What a notebook shows: all ports together, and the groups that fall short or were seen up least."""
        return uptime_html(self.found)

    def to_dict(self) -> dict[str, Any]:
        """The document that ``evcharge uptime --json`` prints."""
        return UptimeDocument(self.found).to_dict()

    def __repr__(self) -> str:
        network = self.found.first.network
        ports = counted(network["ports"], "port")
        if len(self.found.figures) > 1:
            return f"<Uptime: {ports} by {len(self.found.figures)} rulebooks>"
        low, high = (percent(network[name], 1.0) for name in ("low", "high"))
        return f"<Uptime: {ports}, {low} to {high} up by {self.found.first.rulebook.id}>"


def _with_times(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with ``from`` and ``to`` as times, of the type that sessions have, in place of texts."""
    times = {name: pd.to_datetime(rows[name], utc=True).astype("datetime64[ms, UTC]") for name in ("from", "to")}
    return rows.assign(**times)


def uptime(
    data: str | os.PathLike[str] | Engine,
    rulebook: str = DEFAULT_RULEBOOK,
    start: Day | None = None,
    end: Day | None = None,
    by: str = "port",
    evidence: str = "all",
    where: Mapping[str, str | Sequence[str]] | None = None,
    quarter: str | None = None,
    year: int | None = None,
) -> Uptime:
    """Uptime of the ports in a database: what was seen, and what would be true at worst and at best.

    Args:
        data: a database as URL, path of an SQLite file or engine.
        rulebook: the id of a rulebook of ``metrics/rulebooks``, the path of your own as TOML, or ``all`` for all of
            ``metrics/rulebooks`` side by side.
        start: first day (UTC), as in ``reliability``; with ``end``. Without both, the whole days that the evidence
            covers.
        end: last day (UTC), included.
        by: port, station, network, operator or region; day for each port on each day (UTC).
        evidence: ``all``, or some of status, contact, back-office, charges and outages, with commas.
        where: the lot that is looked at, as in ``reliability``.
        quarter: a quarter of a year (UTC) in place of start and end, such as ``2025Q4``.
        year: a calendar year (UTC), likewise.

    Raises:
        EvchargeError: with a code, a reason and a hint: no such rulebook, word or grouping, a period that is none, no
            evidence, or a database that can't be read. ``python_hint`` says in Python what to do.
    """
    require_kind(evidence, str, "evidence", "'status,contact'")
    require_kind(by, str, "by", "'port'")
    rulebooks = find_rulebooks(as_name(rulebook, "rulebook", "'nevi'"))
    asked: dict[str, Any] = {
        "selection": Selection(where=as_lot(where)),
        "period": _period(start, end, quarter, year),
        "counted": evidence_named(evidence),
        "by": by,
    }
    database = as_database(data)
    with naming(data):
        if len(rulebooks) == 1:
            return Uptime(build_uptime_with_reports(database, rulebooks[0], **asked))
        return Uptime(build_uptime(database, rulebooks, **asked))


def _period(start: Any, end: Any, quarter: Any, year: Any) -> Period | None:
    """The period that was asked for; None for the whole days that the evidence covers.

    Raises:
        ConfigError: it is none, or named in two ways.
    """
    first, last = as_day(start, "start"), as_day(end, "end")
    if sum((first is not None or last is not None, quarter is not None, year is not None)) > 1:
        raise ConfigError("period_named_twice", "the period is named in two ways.", "Give start and end, or one other.")
    if quarter is not None:
        return _quarter(quarter)
    if year is not None:
        return _year(year)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise ConfigError("half_a_period", "of a period one day was given.", "Give start and end, or neither.")
    if last < first:
        raise ConfigError("half_a_period", f"{last} is before {first}.", "Give the earlier day as start.")
    return of_days(first, last)


def _quarter(given: Any) -> Period:
    period = of_quarter(given) if isinstance(given, str) else None
    if period is None:
        raise ConfigError("bad_period", f"quarter is {shown(given)}, which is none.", "Write it like quarter='2025Q4'.")
    return period


def _year(given: Any) -> Period:
    require_kind(given, Integral, "year", "2025")
    if not FIRST_YEAR <= given <= LAST_YEAR:
        raise ConfigError("bad_period", f"year is {given}, which is none.", "Write it like year=2025.")
    return of_year(int(given))
