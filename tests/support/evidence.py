"""Evidence of a file as it is read and cleaned, in short."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd

from evcharge.evidence import CleanEvidence
from evcharge.load.status_files import read_outages, read_statuses, read_uptimes
from evcharge.sources import Profile, open_file, pick_profile

NOW = datetime(2024, 6, 1, tzinfo=timezone.utc)
Said = tuple[list[tuple[str, ...]], dict[str, int]]


def evidence_of(path: Path, profile: Profile, known: tuple[tuple[str, str], ...] = ()) -> list[CleanEvidence]:
    """The parts that a file is read in; each of its rows is accounted for."""
    read = {"status": read_statuses, "outages": read_outages, "uptime": read_uptimes}[profile.kind]
    with open_file(path) as file:
        parts = list(read(file, pick_profile(file, [profile]), NOW, known))
    weight = sum(int(part.rows.get("confirmations", pd.Series(dtype=int)).sum()) + len(part.rows) for part in parts)
    refused = sum(part.refused["source_line"].nunique() for part in parts)
    assert sum(part.read for part in parts) == weight + refused + sum(part.superseded for part in parts)
    return parts


def said(path: Path, profile: Profile, known: tuple[tuple[str, str], ...] = ()) -> Said:
    """Port, start, end and state of each row, and how many rows each rule refused."""
    parts = evidence_of(path, profile, known)
    kept = [row for part in parts for row in part.rows.to_dict("records")]
    rows = [
        (f"{row['station_id']}/{row['port_id']}", clock(row["from_ms"]), clock(row["until_ms"]), row["state"])
        for row in kept
    ]
    rules: Counter[str] = Counter()
    for part in parts:
        rules.update(part.refused["rule"])
    return sorted(rows), dict(rules)


def clock(milliseconds: int) -> str:
    """Day and time of an instant."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc):%dT%H:%M}"


def written(path: Path, content: str | bytes) -> Path:
    """The path, once it has this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
