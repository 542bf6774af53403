"""What readers hand over of statuses, contacts and outages, and what cleaning makes of it: frames with fixed columns.

Beside ``frames``, which does the same for sessions. Every row of a file is counted once: ``read`` is the rows kept with
those that confirm them (``confirmations``; of a contact all its ``messages``), the distinct lines refused, and those
superseded. What does not belong here: reading, cleaning, writing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

STATUS_COLUMNS = (
    *("station_id", "port_id", "from_ms", "until_ms", "word", "state", "error_code", "vendor_error_code"),
    *("evidence", "source_line", "last_line", "updated_ms", "confirmations"),
)
"""Columns of clean statuses. ``*_ms`` [ms since 1970 UTC]; ``port_id`` is empty for the whole station.

``confirmations`` counts the rows of the file after the first that say the same; ``updated_ms`` may be missing.
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
REFUSED_COLUMNS = ("source_line", "rule", "column", "value", "raw", "station_id", "port_id", "at_ms")
"""Columns of what was refused; one row per rule and line; the last three are missing where they can't be read."""
COLUMNS = {"statuses": STATUS_COLUMNS, "contacts": CONTACT_COLUMNS, "outages": OUTAGE_COLUMNS}
"""Columns of what is kept, by kind."""


@dataclass
class CleanEvidence:
    """Some evidence of one kind, clean and refused.

    Attributes:
        kind: ``statuses``, ``contacts`` or ``outages``.
        rows: what is kept, with the columns of its kind.
        refused: with ``REFUSED_COLUMNS``; all rows of one line are in one of these.
        read: rows of the file that this is of; those confirmed and refused included.
        superseded: rows that a later one of the same file takes the place of.
        warnings: how many are odd, by code.
        warning_lines: lines of the first of them, by code.
        timezone: IANA zone of the stations, where the source states one.
    """

    kind: str
    rows: pd.DataFrame
    refused: pd.DataFrame
    read: int
    superseded: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    warning_lines: dict[str, list[int]] = field(default_factory=dict)
    timezone: str | None = None
