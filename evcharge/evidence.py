"""What readers hand over of statuses, contacts, outages and reported uptime, and what cleaning makes of it: frames.

Beside ``frames``, which does the same for sessions. Every row of a file is counted once: ``read`` is the rows kept with
those that confirm them (``confirmations``; of a contact all its ``messages``), the distinct lines refused, and those
superseded. What does not belong here: reading, cleaning, writing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

from evcharge.column import Column

STATUS_COLUMNS = (
    *("station_id", "port_id", "from_ms", "until_ms", "word", "state", "error_code", "vendor_error_code"),
    *("evidence", "source_line", "last_line", "updated_ms", "connectors", "connectors_up", "spacing_seconds"),
    "confirmations",
)
"""Columns of clean statuses. ``*_ms`` [ms since 1970 UTC]; ``port_id`` is empty for the whole station.

``confirmations`` counts the rows of the file after the first that say the same; ``updated_ms``, ``connectors``,
``connectors_up`` and ``spacing_seconds`` may be missing.
"""
CONTACT_COLUMNS = (
    *("station_id", "charger_id", "from_ms", "until_ms", "evidence", "heartbeat_seconds"),
    *("source_line", "last_line", "messages"),
)
"""Columns of contacts; ``until_ms`` is missing for a connection without an end; ``messages`` counts its messages."""
OUTAGE_COLUMNS = (
    *("station_id", "port_id", "from_ms", "until_ms", "kind", "cause", "reference", "claimed_by", "source_line"),
)
"""Columns of reported outages and claims of exemption."""
UPTIME_COLUMNS = (
    *("station_id", "port_id", "from_ms", "until_ms", "uptime_percent", "outage_minutes", "excluded_minutes"),
    *("reported_by", "source_line"),
)
"""Columns of uptime as somebody reported it; its three figures may be missing."""
REFUSED_COLUMNS = ("source_line", "rule", "column", "value", "raw", "station_id", "port_id", "at_ms")
"""Columns of what was refused; one row per rule and line; the last three are missing where they can't be read."""
COLUMNS = {
    "statuses": STATUS_COLUMNS,
    "contacts": CONTACT_COLUMNS,
    "outages": OUTAGE_COLUMNS,
    "uptimes": UPTIME_COLUMNS,
}
"""Columns of what is kept, by kind."""


@dataclass
class CleanEvidence:
    """Some evidence of one kind, clean and refused.

    Attributes:
        kind: ``statuses``, ``contacts``, ``outages`` or ``uptimes``.
        rows: what is kept, with the columns of its kind.
        refused: with ``REFUSED_COLUMNS``; all rows of one line are in one of these.
        read: rows of the file that this is of; those confirmed and refused included.
        superseded: rows that a later one of the same file takes the place of.
        skipped: rows of the file that are none by the format's own rule; not in ``read``.
        warnings: how many are odd, by code.
        warning_lines: lines of the first of them, by code.
        timezone: IANA zone of the stations, where the source states one.
    """

    kind: str
    rows: pd.DataFrame
    refused: pd.DataFrame
    read: int
    superseded: int = 0
    skipped: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    warning_lines: dict[str, list[int]] = field(default_factory=dict)
    timezone: str | None = None


RAW_STATUSES = (
    Column("line", "int64", "line of the file on which the row begins, counted from 1"),
    Column("raw", "object", "the row as it stands in the file: a text, or what ``str`` makes one of"),
    Column("fault", "object", "code of a fault in the row's own structure, or None; see rules.STRUCTURAL_RULES"),
    Column("station_id", "object", "the source's station id"),
    Column("port_id", "object", "the source's id of the port (EVSE); None for the whole station"),
    Column("time", "object", "when it was so; of a poll or a snapshot, when it was asked or made"),
    Column("word", "object", "the source's own word for the state"),
    Column("error_code", "object", "error code, in the source's words"),
    Column("vendor_error_code", "object", "the vendor's own error code"),
    Column("updated_at", "object", "the source's own version of the row"),
    Column("is_empty", "object", "a text in a row that stands for a snapshot which lists no port, else None"),
)
"""Statuses as read: text as written, None where the source has nothing."""

RAW_OUTAGES = (
    *RAW_STATUSES[:5],
    Column("from_time", "object", "its start"),
    Column("until_time", "object", "its end"),
    Column("duration_minutes", "object", "its length, where the source states it instead of an end"),
    Column("kind", "object", "outage or exemption"),
    Column("cause", "object", "one of CAUSES"),
    Column("reference", "object", "what proves it"),
    Column("claimed_by", "object", "who says so"),
    Column("excluded", "object", "whether the reporter takes the outage out of its uptime"),
    Column("reason_code", "object", "the number that the reporter gives the reason of that"),
)
"""Reported outages and claims of exemption as read: text as written, None where the source has nothing."""

RAW_UPTIMES = (
    *RAW_STATUSES[:5],
    Column("from_time", "object", "start of the period"),
    Column("until_time", "object", "end of the period"),
    Column("uptime_percent", "object", "uptime, in percent"),
    Column("outage_minutes", "object", "minutes of outage"),
    Column("excluded_minutes", "object", "those of them that the reporter takes out of its uptime"),
    Column("reported_by", "object", "who says so"),
)
"""Uptime as somebody reported it, as read: text as written, None where the source has nothing."""

RAW_EVIDENCE = {"status": RAW_STATUSES, "outages": RAW_OUTAGES, "uptime": RAW_UPTIMES}
"""Columns of raw frames, by the kind of their profile."""

CAUSES = ("planned_maintenance", "vandalism", "grid", "disaster", "vehicle", "closed")
"""Causes of an outage that some rulebook exempts."""

STATES = ("up", "down", "unknown", "out_of_scope")
"""What a word can mean."""
