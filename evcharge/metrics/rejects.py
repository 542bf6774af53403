"""Refused rows whose raw text names a station: a search, since a row that was refused stands at no station.

What does not belong here: why a row was refused (``clean`` decides, ``rejected_row`` keeps it), and how rows are shown
(``report``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from evcharge.metrics.loads import are_in, ledger_column
from evcharge.models import DimPort, DimStation, LoadLedger, RejectedRow

ROWS_AT_ONCE = 10_000
"""Rows fetched at a time, so that the raw text of all is never held at once."""

REJECT_COLUMNS = ("file_name", "file_sha256", "source_line", "rule", "column", "value", "raw")
"""What is shown of a refused row: one line per row and rule."""

_FIELDS = {sign: re.compile(rf'"[^"]*(?:""[^"]*)*"|[^{re.escape(sign)}\r\n]+') for sign in ",;\t|"}
"""Fields of delimited text, by the delimiter; in quotes, a field may hold it."""
_JSON_SCALARS = re.compile(r'"([^"\\]*(?:\\.?[^"\\]*)*)(?:"(\s*:)?|\Z)|(-?[0-9][\w.+-]*)', re.DOTALL)
"""Texts and numbers of JSON, also of JSON that is broken; a text with a colon behind it is a name, no value."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_AROUND_WORDS = "[](){}<>,;:'\""


class Rejects(NamedTuple):
    """Refused rows of a source's session files.

    Attributes:
        rows: those that name the station: ``REJECT_COLUMNS``, a row and rule each, by load, line and rule.
        naming: number of rows that name the station.
        naming_none: number of rows that name no station of the source that is known.
        refused: number of all refused rows.
        loads: number of files looked at.
    """

    rows: pd.DataFrame
    naming: int
    naming_none: int
    refused: int
    loads: int


def read_rejects(session: Session, source: str, station_key: int) -> Rejects:
    """The refused rows of all session files of a source, whatever their day, that name the station as a whole field.

    A station is named by its id, by its name as the database has it, and by a port that sessions name in its place.
    Cost: every refused row of the source is read once.
    """
    names = _names(session, source)
    ours = {text for text, key in names if key == station_key}
    known = {text for text, _ in names}
    naming: list[tuple[Any, ...]] = []
    counts = {"naming": 0, "naming_none": 0, "refused": 0}
    last = None
    for load_key, form, *row in _refused(session, source):
        fields = fields_of(row[-1], form)
        if not ours.isdisjoint(fields):
            naming.append(tuple(row))
        if last != (load_key, row[2]):  # a row is refused by one rule or several
            last = (load_key, row[2])
            counts["refused"] += 1
            counts["naming"] += not ours.isdisjoint(fields)
            counts["naming_none"] += known.isdisjoint(fields)
    loads = select(LoadLedger.load_key).where(*_session_files(source))
    rows = pd.DataFrame(naming, columns=list(REJECT_COLUMNS), dtype="object")
    return Rejects(rows, **counts, loads=len(session.execute(loads).all()))


def _session_files(source: str) -> tuple[Any, ...]:
    return (LoadLedger.source == source, *are_in())


def _refused(session: Session, source: str) -> Iterator[Any]:
    """Refused rows by load, line and rule: load_key, format, then ``REJECT_COLUMNS``."""
    result = session.execute(select_rejects(source), execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in result.partitions():
        yield from rows


def select_rejects(source: str) -> Select[Any]:
    """The refused rows of a source's session files: load_key, format, then ``REJECT_COLUMNS``; by load, line, rule."""
    columns = [
        ledger_column(name) if name.startswith("file") else getattr(RejectedRow, name) for name in REJECT_COLUMNS
    ]
    return (
        select(RejectedRow.load_key, LoadLedger.format, *columns)
        .join(LoadLedger, LoadLedger.load_key == RejectedRow.load_key)
        .where(*_session_files(source))
        .order_by(RejectedRow.load_key, RejectedRow.source_line, RejectedRow.rule)
    )


def _names(session: Session, source: str) -> set[tuple[str, int]]:
    """What the stations of a source are called in its files, each with the station's key."""
    stations = select(DimStation.station_key, DimStation.station_id, DimStation.name)
    ports = select(DimPort.port_id, DimPort.station_key).where(DimPort.named_as_station.is_(True))
    names = {(port_id, key) for port_id, key in session.execute(ports.where(DimPort.source == source))}
    for key, *texts in session.execute(stations.where(DimStation.source == source)):
        names.update((text, key) for text in texts if text)
    return names


def fields_of(raw: str, form: str) -> Collection[str]:
    """Every text that may be a whole field of a raw row, without the blanks around it.

    The delimiter of a table is not known any more, so each of comma, semicolon, tab and bar is tried; of JSON, texts
    and numbers at any depth; of a message log (``form`` is ocpp), its words as well.
    """
    if form == "ocpp":
        words = {word.strip(_AROUND_WORDS) for word in raw.split()}
        return words | _json_scalars(raw) | _delimited(raw)
    return _json_scalars(raw) if raw.lstrip()[:1] in ("{", "[") else _delimited(raw)


def _delimited(raw: str) -> set[str]:
    pieces = [raw]
    for sign, field in _FIELDS.items():
        if sign in raw:
            pieces += field.findall(raw)
    return {piece.strip().strip('"').replace('""', '"').strip() for piece in pieces}


def _json_scalars(raw: str) -> set[str]:
    scalars = set()
    for text, name, number in _JSON_SCALARS.findall(raw):
        if number:
            scalars.add(number)
        elif not name:
            scalars.add((_unescaped(text) if "\\" in text else text).strip())
    return scalars


def _unescaped(text: str) -> str:
    """What stands between the quotes of a JSON text, also where an escape in it is broken."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]
