"""Cleaning: text in, typed rows and rejects out, by the rules of one table.

What does not belong here: the rules (``rules``), paths, databases, clocks (today comes in as ``as_of``), and any
verdict on success.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import compress

import numpy as np
import pandas as pd

from evcharge.arrays import Flags
from evcharge.frames import (
    CLEAN_FRAME,
    FIRST_LINES,
    RAW_FRAME,
    REJECT_FRAME,
    STATION_TEXTS,
    Cleaned,
    Conventions,
    RawSessions,
    empty_frame,
)
from evcharge.instants import local_hours
from evcharge.limits import FULL_PERCENT, LONGEST_GAP_SECONDS, MOST_ENERGY_KWH, MOST_POWER_KW
from evcharge.parse import parse_numbers
from evcharge.parsed import Parsed, is_usable, shortened
from evcharge.rules import RULES, WARNINGS, Rule

_NO_DATABASE_TAKES = re.compile("[\x00\ud800-\udfff]")


def clean(raw: RawSessions, as_of: pd.Timestamp) -> Cleaned:
    """Typed rows and rejects of one chunk; every row of the chunk ends in exactly one of the two.

    Args:
        raw: a chunk with the columns of ``frames.RAW_FRAME``.
        as_of: the present [UTC]; times more than 24 hours later are refused.

    Returns:
        Rows, rejects, stations and warnings, as ``frames.Cleaned`` says.
    """
    return _cleaned(raw, as_of) if len(raw.frame) else _of_no_rows()


@cache
def _of_no_rows() -> Cleaned:
    """What a chunk without rows comes to: a file of statuses has no other, and may have many."""
    return _cleaned(RawSessions(empty_frame(RAW_FRAME), Conventions()), pd.Timestamp(0, tz="UTC"))


def _cleaned(raw: RawSessions, as_of: pd.Timestamp) -> Cleaned:
    parsed = Parsed(_numbered(raw.frame), raw.conventions, as_of)
    sound = np.asarray(parsed.written("fault").isna())
    broken = [(rule, rule.condition(parsed) & (sound if rule.column else True)) for rule in RULES]
    refused = np.logical_or.reduce([mask for _, mask in broken])
    rows = _typed_rows(parsed)
    rows = rows[~refused].reset_index(drop=True) if refused.any() else rows
    warned = {warning.code: warning.condition(parsed) & ~refused for warning in WARNINGS}
    lines = parsed.raw["line"].to_numpy()
    return Cleaned(
        rows=rows,
        rejects=_rejects(parsed, broken),
        stations=_stations(parsed, ~refused),
        warnings={code: int(mask.sum()) for code, mask in warned.items() if mask.any()},
        warning_lines={code: lines[mask][:FIRST_LINES].tolist() for code, mask in warned.items() if mask.any()},
    )


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its rows numbered from 0, as those of the readers are."""
    return frame if frame.index.equals(pd.RangeIndex(len(frame))) else frame.reset_index(drop=True)


def _typed_rows(parsed: Parsed) -> pd.DataFrame:
    columns: dict[str, object] = {
        "line": parsed.raw["line"],
        **parsed.texts,
        "start_time": parsed.start.instants,
        "end_time": parsed.end,
        "duration_minutes": parsed.duration_minutes,
        "energy_kwh": parsed.energy_kwh,
        "average_power_kw": parsed.average_power_kw,
        "peak_power_kw": parsed.known(parsed.peak_power, 0, MOST_POWER_KW),
        "success": parsed.success,
        "start_soc_percent": parsed.known(parsed.start_soc, 0, FULL_PERCENT),
        "end_soc_percent": parsed.known(parsed.end_soc, 0, FULL_PERCENT),
        "driver_ref": parsed.written("driver_ref"),
        "has_transaction": parsed.words("has_transaction"),
        "reached_charging": parsed.words("reached_charging"),
        "source_updated_at": parsed.known_version,
        **{
            name: parsed.known(numbers, -LONGEST_GAP_SECONDS, LONGEST_GAP_SECONDS)
            for name, numbers in parsed.seconds.items()
        },
        "energy_at_most_kwh": parsed.known(parsed.energy_at_most, 0, MOST_ENERGY_KWH),
        "time_key": local_hours(parsed.start, parsed.conventions.timezone),
    }
    return pd.DataFrame({c.name: pd.Series(columns[c.name], dtype=c.dtype) for c in CLEAN_FRAME})


def _rejects(parsed: Parsed, broken: list[tuple[Rule, Flags]]) -> pd.DataFrame:
    parts = [_rejects_of(parsed, rule, mask) for rule, mask in broken if mask.any()]
    if not parts:
        return empty_frame(REJECT_FRAME)
    return pd.concat(parts, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)


def _rejects_of(parsed: Parsed, rule: Rule, mask: Flags) -> pd.DataFrame:
    rows = parsed.raw[mask]
    written = parsed.written(rule.column) if rule.column else [None] * len(mask)
    columns = {
        "line": rows["line"].to_numpy(),
        "rule": [rule.code] * len(rows),
        "column": [rule.column] * len(rows),
        "value": [storable(value) for value in compress(written, mask)],
        "raw": [storable(text) for text in rows["raw"]],
        "would_have_been": _would_have_been(parsed, mask),
        "station_id": [
            text if text and is_usable(text) else None for text in compress(parsed.texts["station_id"], mask)
        ],
        "time_key": [hour or pd.NA for hour in local_hours(parsed.start, parsed.conventions.timezone)[mask].tolist()],
    }
    return pd.DataFrame({c.name: pd.Series(columns[c.name], dtype=c.dtype) for c in REJECT_FRAME})


def _would_have_been(parsed: Parsed, mask: Flags) -> list[str]:
    """How refused rows would have counted.

    By the recorded outcome, else as a failure if no energy flowed or no transaction came about, else unknown.
    """
    rows = (parsed.success, pd.Series(parsed.energy_kwh), parsed.words("has_transaction"))
    return [
        would_have_counted(None if success is pd.NA else success, energy, None if transaction is pd.NA else transaction)
        for success, energy, transaction in zip(*(column[mask] for column in rows), strict=True)
    ]


def would_have_counted(success: bool | None, energy_kwh: float | None, has_transaction: bool | None) -> str:
    """How a row would have counted: ``success``, ``failure`` or ``unknown``."""
    if success is not None:
        return "success" if success else "failure"
    failed = energy_kwh == 0 or (has_transaction is not None and not has_transaction)
    return "failure" if failed else "unknown"


def storable(text: object) -> str | None:
    """What ``str`` makes of it, with what no database takes (NUL, lone surrogates) written as escapes."""
    if text is None:
        return None
    return _NO_DATABASE_TAKES.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))


def _stations(parsed: Parsed, kept: Flags) -> pd.DataFrame:
    """One row per station among the kept rows, with what its first row says of it."""
    frame = pd.DataFrame({"station_id": pd.Series(parsed.texts["station_id"], dtype="object")})[kept]
    first = frame.drop_duplicates().index
    stations = frame.loc[first].reset_index(drop=True)
    for column in STATION_TEXTS:
        texts = parsed.written(f"station_{column.name}").loc[first].reset_index(drop=True)
        if column.name in ("latitude", "longitude"):
            stations[column.name] = parse_numbers(texts, ".", 1).amounts
        else:
            stations[column.name] = [shortened(text) if text else None for text in texts]
    stations["timezone"] = parsed.conventions.timezone
    return stations
