"""SteVe's data export, made of tables that a test states."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from tests.support.workbooks import zipped

STARTS = ["transaction_pk", "event_timestamp", "connector_pk", "id_tag", "start_timestamp", "start_value"]
STOPS = ["transaction_pk", "event_timestamp", "event_actor", "stop_timestamp", "stop_value", "stop_reason"]
FAILED = ["transaction_pk", "charge_box_id", *STOPS[1:], "fail_reason"]
STATUSES = [
    *("connector_pk", "status_timestamp", "status", "error_code", "error_info", "vendor_id", "vendor_error_code"),
]


def at(clock: str) -> str:
    """That time on 1 March 2025."""
    return f"2025-03-01T{clock}.000Z"


START = ["7", at("10:00:01"), "3", "TAG-1", at("10:00:00"), "1000"]
STOP = ["7", at("11:00:01"), "station", at("11:00:00"), "8500", "EVDisconnected"]
BOX = ["4", "CB-1", "Town hall", "52.5", "13.4", "9"]


def status(clock: str, word: str, error: str = "NoError", vendor: str = "NULL", connector: str = "3") -> list[str]:
    """A row of ``STATUSES``."""
    return [connector, at(clock), word, error, "NULL", "NULL" if vendor == "NULL" else "ACME", vendor]


def table(names: Sequence[str], *rows: Sequence[str]) -> str:
    """A table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    return text.getvalue()


def tables(**over: str | None) -> dict[str, str]:
    """The tables of a sound export with one transaction; each may be replaced, or left out by None."""
    usual = {
        "transaction_start": table(STARTS, START),
        "transaction_stop": table(STOPS, STOP),
        "transaction_stop_failed": table(FAILED),
        "connector": table(["connector_pk", "charge_box_id", "connector_id"], ["3", "CB-1", "2"]),
        "connector_status": table(STATUSES),
        "charge_box": table(
            ["charge_box_pk", "charge_box_id", "description", "location_latitude", "location_longitude", "address_pk"],
            BOX,
        ),
        "address": table(
            ["address_pk", "street", "house_number", "zip_code", "city", "country"],
            ["9", "Long Street", "1a", "12345", "Berlin", "DE"],
            ["10", "Private Road", "2", "54321", "Bonn", "DE"],
        ),
        "user": table(["user_pk", "first_name", "address_pk"], ["1", "Ada", "10"]),
    }
    return {name: text for name, text in {**usual, **over}.items() if text is not None}


def export(folder: Path, prefix: str = "", **over: str | None) -> Path:
    """The ZIP of an export with these tables in place of the usual ones."""
    path = folder / "data-export.zip"
    path.write_bytes(zipped({f"{prefix}{name}.csv": text for name, text in tables(**over).items()}))
    return path
