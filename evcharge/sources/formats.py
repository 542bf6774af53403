"""The formats that a profile may name, each with the place of its reader: the one list of them.

What does not belong here: how any of them reads.
"""

from __future__ import annotations

TABULAR = {"csv": "evcharge.sources.table", "jsonl": "evcharge.sources.json_lines"}
"""Formats whose fields a file names itself. Delimited text may also stand in a workbook."""

STRUCTURED = {
    "acn": "evcharge.sources.acn",
    "ocpi-sessions": "evcharge.sources.ocpi.reader:SESSIONS_READER",
    "ocpi-cdrs": "evcharge.sources.ocpi.reader:CDRS_READER",
    "ocpi-status-pushes": "evcharge.sources.ocpi.statuses:PUSHES_READER",
    "ocpi-status-polls": "evcharge.sources.ocpi.statuses:POLLS_READER",
    "ocpi-status-snapshots": "evcharge.sources.ocpi.statuses:SNAPSHOTS_READER",
    "ocpp": "evcharge.sources.ocpp.reader",
    "steve": "evcharge.sources.steve.reader",
}
"""Formats with structure of their own: the reader names the fields. A module, or an object of one after a colon.

A new format is one line here; docs/how-to/add-a-format.md has a whole reader."""

JSON_LISTS = {
    "acn": ("_items",),
    "ocpi-sessions": ("data", "items"),
    "ocpi-cdrs": ("data", "items"),
    "ocpi-status-snapshots": ("data", "items"),
}
"""Structured formats of JSON objects, with the members that may hold their list: by these an empty page is told."""


def format_names() -> tuple[str, ...]:
    """The names that a profile may give its format."""
    return (*TABULAR, *STRUCTURED)
