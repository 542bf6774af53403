"""The comparison of definitions as a document: every definition side by side.

What does not belong here: counting (``metrics.comparison``), the report by one definition, and how a comparison
is shown (``terminal.comparison``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.asked import require_known
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.bounds import judge_network
from evcharge.metrics.comparison import STATION, count_differences, rates_by_definition
from evcharge.metrics.counted import counted_of
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, Definition
from evcharge.metrics.left_out import Missing, left_out_of_rates
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, ONE_LOT, Limits
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import plain
from evcharge.report.rates import network_figures, no_sessions, notes_of
from evcharge.report.words import interval, joined

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""

BY_DEFINITION = ("attempts", "successes", "failures", "unknown", "excluded", "success_ratio", "low", "high", "verdict")


@dataclass(frozen=True)
class Comparison:
    """Every definition side by side.

    Attributes:
        base: the definition that the others are compared with.
        target: success ratio the verdicts are against [0 to 1].
        definitions: those by which any selected session can be judged, the base among them.
        without_data: ids of those that lack their columns in every selected session.
        stations: the frame of ``metrics.comparison.rates_by_definition``, with ``gained`` and ``lost`` against the
            base.
        networks: by definition id, ``rates.NETWORK_FIGURES`` of all stations pooled.
        beside: what must stand beside the figures.
        left_out: what is not there because only counts were given.
    """

    base: Definition
    target: float
    definitions: tuple[Definition, ...]
    without_data: tuple[str, ...]
    stations: pd.DataFrame
    networks: dict[str, dict[str, Any]]
    beside: Beside = NOTHING
    left_out: Missing = ()

    @property
    def flipping(self) -> pd.DataFrame:
        """The stations whose verdict depends on the definition: ``source``, ``station_id``."""
        return self.stations.loc[self.stations["flips"], STATION].drop_duplicates(ignore_index=True)

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        return [*self._doubts(), *notes_of(set(self.stations["failures_included"]), self.beside)]

    def _doubts(self) -> list[str]:
        """Between what the network's rate lies by the definitions whose verdict the missing attempts could turn."""
        spans = [
            f"{name} {interval(network['lowest_ratio'], network['highest_ratio'], self.target)}"
            for name, network in self.networks.items()
            if network["verdict_could_turn"]
        ]
        return [f"With all unknown and refused attempts the network's rate is by {joined(spans)}."] if spans else []

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ratios are unrounded, and null where there is no attempt."""
        left_out = {"left_out": [one._asdict() for one in self.left_out]} if self.left_out else {}
        return {
            "schema_version": SCHEMA_VERSION,
            "base": self.base.id,
            "target": self.target,
            "notes": self.notes,
            "definitions": self.by_definition(),
            "definitions_without_data": list(self.without_data),
            "stations": [self._station(rows) for _, rows in self.stations.groupby(STATION, sort=False)],
            **left_out,
        }

    def by_definition(self) -> list[dict[str, Any]]:
        """Each definition with the network's figures and how many stations have which verdict."""
        return [self._definition(definition) for definition in self.definitions]

    def _definition(self, definition: Definition) -> dict[str, Any]:
        told = {name: getattr(definition, name) for name in ("id", "version", "title", "source")}
        verdicts = self.stations.loc[self.stations["definition"] == definition.id, "verdict"].value_counts()
        counts = {verdict: int(verdicts.get(verdict, 0)) for verdict in (BELOW, CANT_TELL, MEETS)}
        return {**told, "network": self.networks[definition.id], "stations": counts}

    def _station(self, rows: pd.DataFrame) -> dict[str, Any]:
        first = rows.iloc[0]
        figures = (*BY_DEFINITION, "rank", "gained", "lost")
        by_definition = {
            row["definition"]: {name: plain(row[name]) for name in figures} for row in rows.to_dict("records")
        }
        told = {name: plain(first[name]) for name in (*STATION, "name")}
        return {**told, "verdict_depends_on_definition": bool(first["flips"]), "by_definition": by_definition}


def build_comparison(
    database: Database,
    *,
    target: float,
    base: Definition | None = None,
    selection: Selection,
    own: Sequence[Definition] = (),
    limits: Limits = ONE_LOT,
) -> Comparison:
    """Reads every definition's figures of the selected sessions; none can judge any of them where there are none.

    Args:
        database: its URL, an engine, or a session that reads it.
        target: success ratio to judge against, between 0 and 1.
        base: the definition that the others are compared with; None takes that of AFIREV, or the first that can be
            read where there are counts alone, without it.
        selection: which sessions.
        own: definitions beside the published ones.
        limits: chances below which the network gets its verdict.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        ReportError: there are counts alone, and they lack ``base`` or one of ``own``.
    """
    with reading(database) as session:
        require_known(session, selection)
        given = counted_of(session)
        published = tuple(one for one in DEFINITIONS.values() if given is None or given.tells(one))
        definitions = (*published, *own)
        if given and not definitions:
            given.place_of(AFIREV)
        base = base or (AFIREV if AFIREV in published else definitions[0])
        rated = rates_by_definition(session, definitions, selection, target)
        told = tuple(one for one in definitions if one.id in set(rated["definition"]))
        differences = count_differences(session, base, told or (base,), selection)
        beside, left_out = read_beside(session, selection), left_out_of_rates(session)
    stations = rated.merge(differences, on=[*STATION, "definition"], how="left")
    by_definition = {one.id: rated[rated["definition"] == one.id] for one in told}
    networks = {
        name: network_figures(judge_network(rows, beside.refused, target, limits))
        for name, rows in by_definition.items()
    }
    without_data = tuple(one.id for one in definitions if one not in told)
    return Comparison(base, target, told, without_data, stations, networks, beside, left_out)


def require_definitions(comparison: Comparison, selection: Selection) -> None:
    """Refuses a comparison of no definition.

    Raises:
        NoDataError: no session matches, or none can be judged by any definition.
    """
    if not comparison.definitions:
        raise no_sessions(selection, ", or none of them can be judged")
