"""One station's number taken apart, as a document and as rows: what an auditor follows to file and line.

What does not belong here: what is read (``metrics.explain``, ``metrics.rejects``), and the look of the terminal
(``terminal.explain``).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.errors import ConfigError
from evcharge.metrics.asked import require_known
from evcharge.metrics.beside import NOTHING, Beside, read_beside
from evcharge.metrics.cost import Price
from evcharge.metrics.days import count_days, local_days
from evcharge.metrics.definitions import DEFINITIONS, Definition
from evcharge.metrics.explain import (
    FACT_COLUMNS,
    LOAD_COLUMNS,
    ROWS_AT_ONCE,
    STATION_COLUMNS,
    count_lacking,
    find_stations,
    group_recorded,
    primary_reason,
    rate_by_definition,
    read_period,
    read_ports,
    read_rows,
    read_station_loads,
    row_parts,
    rule_of,
    unknown_station,
)
from evcharge.metrics.intervals import CONFIDENCE, tails
from evcharge.metrics.outages import count_ports, find_outages, read_port_days
from evcharge.metrics.rates import BELOW_TAIL, MEETS_TAIL, what_would_change
from evcharge.metrics.reasons import REASONS_NOTE
from evcharge.metrics.refused import count_perhaps_failed
from evcharge.metrics.rejects import REJECT_COLUMNS, Rejects, read_rejects
from evcharge.metrics.selection import Selection
from evcharge.metrics.stations import read_network
from evcharge.migrate.reading import Database, reading
from evcharge.output import inert_cell
from evcharge.report.absence import OUTAGES
from evcharge.report.document import csv_cell, plain, records
from evcharge.report.losses import MONEY, Losses, losses_of, with_money
from evcharge.report.now import PRESENT, needing_attention, read_present
from evcharge.report.rates import STATION_FIGURES, no_sessions, notes_of
from evcharge.report.usual import usual_definition
from evcharge.spool import Queue, Spool

SCHEMA_VERSION = 2
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""
MOST_MATCHES = 10
"""Stations that are listed where one name means several."""

REJECTS_NOTE = (
    "The refused rows are found by a search of their raw text for a field that is the station's id or name, or a port "
    "named in its place. The field may mean something else, and rows whose station id can't be read are not found."
)
SPELL_FIGURES = (*PRESENT, "successes_before", "silence_chance", *MONEY)
"""What is shown of the present spell: the names of ``now.PRESENT``, and what the report has no room for."""
ROW_COLUMNS = (
    *("source", "station_id", "file_name", "file_sha256", "source_line", *FACT_COLUMNS),
    *("reason_namespace", "reason", "reason_title", "definition", "outcome"),
)
"""The CSV, without the outcome by each definition."""


@dataclass(frozen=True)
class Explanation:
    """What one station's number is made of; all of it read in one transaction.

    Attributes:
        station: ``metrics.explain.STATION_COLUMNS``.
        definition: what counts as a success.
        reason: why this definition.
        target: success ratio the verdicts are against [0 to 1].
        period: see ``metrics.explain.read_period``.
        ports: see ``metrics.explain.read_ports``.
        loads: see ``metrics.explain.read_station_loads``.
        spell: ``SPELL_FIGURES``, as ``now.read_present`` has them.
        losses: what the station loses in a usual week, if it needs attention.
        price: what a kWh brings; None where no money is told.
        outages: see ``metrics.outages.find_outages``.
        groups: see ``metrics.explain.group_recorded``.
        definitions: every definition, and the user's own.
        by_definition: see ``metrics.explain.rate_by_definition``.
        lacking: see ``metrics.explain.count_lacking``.
        rows: see ``metrics.explain.read_rows``; the first of them.
        pieces: all of them as ``json_pieces`` and ``csv_pieces`` write them, put aside; None where ``rows`` has all.
        rejects: see ``metrics.rejects.read_rejects``.
        beside: what must stand beside the figures.
        perhaps_refused: refused rows that may be failures of the station.
    """

    station: Mapping[str, Any]
    definition: Definition
    reason: str
    target: float
    period: Mapping[str, Any]
    ports: pd.DataFrame
    loads: pd.DataFrame
    spell: Mapping[str, Any]
    losses: Losses
    outages: pd.DataFrame
    groups: pd.DataFrame
    definitions: tuple[Definition, ...]
    by_definition: pd.DataFrame
    lacking: pd.DataFrame
    rows: pd.DataFrame
    rejects: Rejects
    beside: Beside = NOTHING
    perhaps_refused: int = 0
    price: Price | None = None
    pieces: Queue | None = None

    @property
    def number(self) -> dict[str, Any]:
        """``STATION_FIGURES`` by the definition: what ``evcharge report`` tells of the station."""
        return self.number_by(self.definition)

    def number_by(self, definition: Definition) -> dict[str, Any]:
        """``STATION_FIGURES`` by one definition, and the sessions it judges unlike the one asked for."""
        row = self.by_definition[self.by_definition["definition"] == definition.id].iloc[0]
        return {name: plain(row[name]) for name in (*STATION_FIGURES, "gained", "lost", "otherwise")}

    def lacking_by(self, definition: Definition) -> dict[str, int]:
        """Sessions that are unknown by a definition, by the needed column that is empty in them."""
        rows = self.lacking[self.lacking["definition"] == definition.id]
        return {str(name): int(count) for name, count in zip(rows["column"], rows["sessions"], strict=True)}

    @property
    def arithmetic(self) -> dict[str, Any]:
        """What decided the verdict: both tails with their limits, and what would change it."""
        number = self.number
        successes, attempts = number["successes"], number["attempts"]
        this_few, this_many = tails(np.array([successes], dtype=float), np.array([attempts], dtype=float), self.target)
        perhaps_failed = number["unknown"] + self.perhaps_refused
        turns = what_would_change(successes, attempts, self.target, number["failures_included"], perhaps_failed)
        return {
            "chance_of_so_few": float(this_few[0]),
            "below_target_under": BELOW_TAIL,
            "chance_of_so_many": float(this_many[0]),
            "meets_target_under": MEETS_TAIL,
            "perhaps_failed": perhaps_failed,
            **turns._asdict(),
        }

    @property
    def notes(self) -> list[str]:
        """What must be said with these figures."""
        return [*self.figure_notes, REASONS_NOTE, REJECTS_NOTE]

    @property
    def figure_notes(self) -> list[str]:
        """What must be said with the number alone."""
        return notes_of({self.number["failures_included"]}, self.beside)

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document without its rows; ratios are unrounded, instants in UTC, days local."""
        first, last = local_days(np.array([self.period["first_hour"], self.period["last_hour"]]))
        return {
            "schema_version": SCHEMA_VERSION,
            "station": dict(self.station),
            "sessions": self.period["sessions"],
            "first_start": _utc(self.period["first_start"]),
            "last_start": _utc(self.period["last_start"]),
            "from": str(first)[:10],
            "to": str(last)[:10],
            "ports": records(self.ports),
            "loads": [
                {str(name): _utc(value) for name, value in row.items()}
                for row in self.loads[[*LOAD_COLUMNS, "sessions"]].to_dict("records")
            ],
            "definition": {**definition_told(self.definition), "reason": self.reason},
            "target": self.target,
            "confidence": CONFIDENCE,
            "number": {name: self.number[name] for name in STATION_FIGURES},
            "arithmetic": self.arithmetic,
            "spell": {name: plain(self.spell[name]) for name in SPELL_FIGURES},
            "price": self.price and self.price._asdict(),
            "outages": records(self.outages[[*OUTAGES[3:]]]),
            "groups": records(self.groups),
            "definitions": [
                {**definition_told(one), **self.number_by(one), "unknown_for_lack_of": self.lacking_by(one)}
                for one in self.definitions
            ],
            "rejects": {
                "loads": self.rejects.loads,
                "rows_refused": self.rejects.refused,
                "rows_that_name_the_station": self.rejects.naming,
                "rows_that_name_no_known_station": self.rejects.naming_none,
                "found": records(self.rejects.rows[list(REJECT_COLUMNS)]),
            },
            "notes": self.notes,
        }


def build_explanation(
    database: Database,
    station: str,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    most_rows: int | None = None,
    put_aside: bool = False,
    price: Price | None = None,
) -> Explanation:
    """Reads what one station's number is made of.

    Args:
        database: its URL, an engine, or a session that reads it.
        station: the id of the station, else its name.
        target: success ratio to judge against, between 0 and 1.
        definition: what counts as a success; None takes that of the report of the lot, or of all stations.
        selection: on which days, in which lot, and of which source if ids of several are alike; its station ids are not
            looked at.
        most_rows: how many of the sessions are held in memory one by one; None for all.
        put_aside: whether all of them are put aside on disk, to be written.
        price: what a kWh brings; None where no money is told.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        ConfigError: several stations match.
        NoDataError: no station matches, or it has no session on these days.
    """
    with reading(database) as session:
        found = the_station(session, station, selection.source)
        everywhere = replace(selection, station_ids=(), source=None)
        require_known(session, everywhere)
        definition, reason = (definition, "asked for") if definition else usual_definition(session, everywhere)
        here = replace(selection, station_ids=(found["station_id"],), source=found["source"])
        explanation = _read(session, found, definition, reason, target, here, most_rows, price)
        if put_aside:
            parts = row_parts(session, explanation.definitions, definition, here, None)
            explanation = replace(explanation, pieces=_put_aside(explanation, parts))
    return explanation


def _read(
    session: Session,
    station: Mapping[str, Any],
    definition: Definition,
    reason: str,
    target: float,
    here: Selection,
    most_rows: int | None,
    price: Price | None,
) -> Explanation:
    """The explanation of the one station that ``here`` selects."""
    period = read_period(session, here)
    if not period["sessions"]:
        raise no_sessions(here)
    definitions = tuple({**DEFINITIONS, definition.id: definition}.values())
    return Explanation(
        station={name: station[name] for name in STATION_COLUMNS},
        definition=definition,
        reason=reason,
        target=target,
        period=period,
        ports=read_ports(session, here),
        loads=read_station_loads(session, here),
        **_read_uses(session, definition, here, target, price),
        groups=group_recorded(session, definition, here),
        definitions=definitions,
        by_definition=rate_by_definition(session, definitions, definition, here, target),
        lacking=count_lacking(session, definitions, here),
        rows=read_rows(session, definitions, definition, here, most_rows),
        rejects=read_rejects(session, station["source"], station["station_key"]),
        beside=read_beside(session, here),
        perhaps_refused=count_perhaps_failed(session, here, station["source"], station["station_id"]),
        price=price,
    )


def _read_uses(
    session: Session, definition: Definition, here: Selection, target: float, price: Price | None
) -> dict[str, Any]:
    """The present spell of the station, its loss and its outages, beside the other stations of its source."""
    days = count_days(session, definition, here)
    network = read_network(session, here, days)
    ports = read_port_days(session, definition, here)
    present = read_present(session, definition, here, days, network, count_ports(ports), target)
    station = with_money(present, price).iloc[0]
    labelled = needing_attention(present).assign(label=lambda rows: rows["station_id"])
    return {
        "spell": {name: station[PRESENT.get(name, name)] for name in SPELL_FIGURES},
        "losses": losses_of(labelled, price),
        "outages": find_outages(days, ports, network),
    }


def the_station(session: Session, text: str, source: str | None) -> dict[str, Any]:
    """The only station that this text names; raises ``station_ambiguous`` or ``unknown_station``."""
    found = find_stations(session, text, source)
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{row['station_id']!r} of source {row['source']}" for row in found[:MOST_MATCHES])
        more = f" and {len(found) - MOST_MATCHES:,} more" if len(found) > MOST_MATCHES else ""
        hints = []
        if len({row["source"] for row in found}) > 1:
            hints.append("Say whose ids these are: --source NAME.")
        if len({row["station_id"] for row in found}) > 1:
            hints.append("Name the station by its id.")
        raise ConfigError(
            "station_ambiguous", f"{text!r} names {len(found):,} stations: {shown}{more}.", " ".join(hints)
        )
    see_all = "evcharge report --csv - --no-png"
    raise unknown_station(session, f"the id or the name {text!r}", text, source, see_all)


def definition_told(definition: Definition) -> dict[str, Any]:
    """A definition as the document has it; the hash is that of the conditions of one's own definition."""
    told = {name: getattr(definition, name) for name in ("id", "version", "title", "source")}
    content_hash = definition.id.partition("@")[2] or None
    return {**told, "content_hash": content_hash, "needs": list(definition.needs), "rule": rule_of(definition)}


def _utc(value: Any) -> Any:
    """The value as a document has it: an instant as ISO 8601 in UTC, all else as it is."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return value


def _pieces(found: Explanation) -> Iterator[dict[str, list[Any]]]:
    """The sessions by column, ``ROWS_AT_ONCE`` at a time: ``ROW_COLUMNS`` and ``outcome_<id>``; instants as text."""
    if found.pieces:
        return found.pieces.values()
    starts = range(0, len(found.rows), ROWS_AT_ONCE)
    return _told(found, (found.rows.iloc[start : start + ROWS_AT_ONCE] for start in starts))


def _put_aside(found: Explanation, parts: Iterable[pd.DataFrame]) -> Queue:
    """The pieces of these rows, one at a time in memory."""
    pieces = Queue(Spool(), 1)
    for piece in _told(found, (part for part in parts if not part.empty)):
        pieces.add(piece)
    return pieces


def _told(found: Explanation, parts: Iterable[pd.DataFrame]) -> Iterator[dict[str, list[Any]]]:
    """Rows as ``_pieces`` tells them, part by part."""
    files = found.loads.set_index("load_key")
    names = (*ROW_COLUMNS, *(f"outcome_{one.id}" for one in found.definitions))
    for rows in parts:
        reasons = [primary_reason(*codes) for codes in zip(rows["stop_reason"], rows["error_code"], strict=True)]
        made = {
            "source": [found.station["source"]] * len(rows),
            "station_id": [found.station["station_id"]] * len(rows),
            "file_name": files["file_name"].loc[rows["load_key"]].tolist(),
            "file_sha256": files["file_sha256"].loc[rows["load_key"]].tolist(),
            "reason_namespace": [reason.namespace for reason in reasons],
            "reason": [reason.reason for reason in reasons],
            "reason_title": [reason.title for reason in reasons],
            "definition": [found.definition.id] * len(rows),
            "outcome": rows[f"outcome_{found.definition.id}"].tolist(),
        }
        yield {name: made[name] if name in made else [_utc(value) for value in rows[name].tolist()] for name in names}


def json_pieces(found: Explanation) -> Iterator[str]:
    """The document of ``to_dict`` with all its sessions, one a line, as text in ASCII, piece by piece."""
    yield json.dumps(found.to_dict(), indent=2).removesuffix("\n}") + ',\n  "rows": ['
    before = "\n    "
    for columns in _pieces(found):
        rows = zip(*columns.values(), strict=True)
        yield before + ",\n    ".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows)
        before = ",\n    "
    yield "\n  ]\n}\n"


def csv_pieces(found: Explanation) -> Iterator[str]:
    """The sessions as CSV, unrounded, piece by piece; text that a spreadsheet could run is made inert."""
    header = True
    for columns in _pieces(found):
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        if header:
            writer.writerow(map(inert_cell, columns))
        writer.writerows(zip(*([csv_cell(value) for value in column] for column in columns.values()), strict=True))
        header = False
        yield buffer.getvalue()
