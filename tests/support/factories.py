"""Small inputs for tests, each right unless told otherwise: no chance, no clock."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evcharge.frames import RAW_FRAME, Conventions, RawSessions

AS_OF = pd.Timestamp("2026-01-01", tz="UTC")
HEADER = "session_id,station_id,start_time,end_time,energy_kwh,success"

SOUND = {
    "session_id": "S1",
    "station_id": "ST-1",
    "start_time": "2025-04-01T08:00:00-04:00",
    "end_time": "2025-04-01T09:00:00-04:00",
    "energy_kwh": "7.5",
    "success": "true",
}


def raw_sessions(*overrides: dict[str, str | None], conventions: Conventions | None = None) -> RawSessions:
    """A raw chunk with one row for each set of overrides of a sound row."""
    rows = []
    for number, over in enumerate(overrides):
        row: dict[str, object] = dict.fromkeys((column.name for column in RAW_FRAME), None)
        rows.append({**row, **SOUND, "line": number + 2, "raw": f"row {number}", **over})
    frame = pd.DataFrame(rows, columns=[column.name for column in RAW_FRAME], dtype="object")
    frame["line"] = frame["line"].astype("int64")
    return RawSessions(frame, conventions or Conventions())


def session_row(**over: object) -> str:
    """A row of a native CSV."""
    return ",".join(str({**SOUND, **over}[name]) for name in HEADER.split(","))


def native_csv(path: Path, *rows: str, header: str = HEADER) -> Path:
    """A native CSV file of these rows."""
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path
