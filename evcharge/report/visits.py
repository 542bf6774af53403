"""Visits as a document and as people read them: first-time success, trouble, and how far it hangs on the gap.

What does not belong here: what makes a visit (``metrics.visit_rules``), grouping and counting (``metrics.visits``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console

from evcharge.errors import NoDataError
from evcharge.metrics.definitions import Definition
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.visit_rules import VisitRule
from evcharge.metrics.visits import count_visits, gap_band, network_visits, read_attempts, with_visit_rates
from evcharge.report import Database, described, notes_of, reading, records, usual_definition
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import counted, interval, label_of, percent

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""
MOST_ROWS = 40
"""Stations in the table: what fits a screen or two. All of them are in ``--json``."""


@dataclass(frozen=True)
class Visits:
    """Visits by one rule, of attempts by one definition.

    Attributes:
        definition: what counts as a success of an attempt.
        reason: why this definition.
        rule: which attempts make one visit.
        stations: the frame of ``metrics.visits.with_visit_rates``, a row a station.
        network: the same pooled: one row.
        sensitivity: the frame of ``metrics.visits.gap_band``.
    """

    definition: Definition
    reason: str
    rule: VisitRule
    stations: pd.DataFrame
    network: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        return notes_of(set(self.stations["failures_included"]))

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no visit."""
        return {
            "schema_version": SCHEMA_VERSION,
            "definition": self.definition.id,
            "definition_version": self.definition.version,
            "definition_reason": self.reason,
            "rule": self.rule.id,
            "rule_version": self.rule.version,
            "rule_title": self.rule.title,
            "rule_source": self.rule.source,
            "notes": self.notes,
            "network": records(self.network)[0],
            "sensitivity": records(self.sensitivity),
            "stations": records(self.stations),
        }


def build_visits(
    database: Database, *, rule: VisitRule, definition: Definition | None = None, selection: Selection
) -> Visits:
    """Reads the attempts of the selection and groups them into visits.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        definition, reason = (definition, "asked for") if definition else usual_definition(session, selection)
        attempts = read_attempts(session, definition, selection)
    if attempts.stations.empty:
        raise NoDataError("no_sessions", f"no session {described(selection)}.", "Load a file, or widen the selection.")
    counts = count_visits(attempts, rule)
    band = gap_band(attempts, rule)
    return Visits(definition, reason, rule, with_visit_rates(counts), network_visits(counts), band)


def to_json(visits: Visits) -> str:
    """The document of ``Visits.to_dict`` as text in ASCII."""
    return json.dumps(visits.to_dict(), indent=2)


def print_visits(visits: Visits, console: Console) -> None:
    """Prints the network's visits, the stations with the most failed ones first, and the band over the gap."""
    network = visits.network.iloc[0]
    say(console, f"success = {visits.definition.id}: {visits.definition.title} ({visits.reason})")
    say(console, f"visit = {visits.rule.id}: {visits.rule.title}")
    say(console)
    per_visit = f"{network['attempts_per_visit']:.2f} attempts a visit" if network["visits"] else "no visits"
    visited, attempts = (counted(int(network[f"{name}s"]), name) for name in ("visit", "attempt"))
    say(console, f"{visited} of {attempts}, {per_visit}")
    for title, name in (
        ("first attempt succeeded", "ftcs"),
        ("some attempt succeeded", "visit_success_any"),
        ("last attempt succeeded", "visit_success_last"),
    ):
        shown = interval(network[f"{name}_low"], network[f"{name}_high"])
        told = f" (95% interval {shown})" if shown else ""
        say(console, f"  {percent(network[f'{name}_ratio']):>6}  {title}{told}")
    unknown, excluded = int(network["unknown"]), int(network["excluded"])
    say(console, f"  {counted(unknown, 'visit')} can't be told, {counted(excluded, 'attempt')} excluded")
    say(console)
    _print_stations(visits, console)
    say(console)
    say(console, "With another longest gap:")
    _print_band(visits, console)
    for note in visits.notes:
        say(console, note)


def _print_stations(visits: Visits, console: Console) -> None:
    counts = ("visits", "first_time", "troubled", "failed", "unknown")
    headings = (*(f">{name.replace('_', ' ')}" for name in counts), ">first-time", ">in the end")
    worst = visits.stations.sort_values(["failed", "troubled"], ascending=False, kind="stable")
    rows = [
        (label_of(row), *(f"{row[name]:,}" for name in counts), *_ratios(row))
        for row in worst.head(MOST_ROWS).to_dict("records")
    ]
    print_table(console, ("~station", *headings), rows)


def _print_band(visits: Visits, console: Console) -> None:
    rows = [
        (f"{row['gap_minutes']:g}", f"{row['visits']:,}", *_ratios(row))
        for row in visits.sensitivity.to_dict("records")
    ]
    print_table(console, (">minutes", ">visits", ">first-time", ">in the end"), rows)


def _ratios(row: Mapping[Any, Any]) -> tuple[str, str]:
    """First-time success, and success in the end."""
    return percent(row["ftcs_ratio"]), percent(row["visit_success_any_ratio"])
