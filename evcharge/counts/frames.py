"""The four frames that counts travel in: their columns, and the checks that each value passes before it is believed.

Columns are known by name, whatever their case and order; rows come in any order; other columns are left. What does not
belong here: files (``files``), what a letter is by (``letters``), and what is reported (``report``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evcharge.counts.letters import LETTER_COLUMNS, places_of, require_vectors
from evcharge.errors import SourceError
from evcharge.metrics.counted import Places
from evcharge.metrics.selection import ATTRIBUTES

COUNTS, STATIONS, FAILURES, DETAIL = "counts", "stations", "failures", "detail"
TEXT, MAYBE_TEXT, WHOLE, DAY, HOUR_KEY, HOUR, WORD = range(7)
"""Kinds of columns: a text, a text or nothing, a whole number from 0 up, a day yyyymmdd, an hour yyyymmddhh, an hour of
the day, and what a publisher said of failures."""
NUMBERS = (WHOLE, DAY, HOUR_KEY, HOUR)
"""Kinds that are whole numbers."""
WORDS = ("yes", "no", "unknown")
"""What a publisher may have said of failures: as ``load_ledger.failures_included``."""
LAST_HOUR_OF_DAY = 23
MOST, SURE_DIGITS = 2**63, 18
"""What a database's integers are below, and so many digits are surely so."""

_STATION = {"source": TEXT, "station_id": TEXT}
_VECTORS = {**_STATION, "day": DAY, **dict.fromkeys(LETTER_COLUMNS, TEXT), "sessions": WHOLE}


class Kind(NamedTuple):
    """What a frame has: its columns with their kinds, those that may be left out, and those that no two rows share."""

    columns: Mapping[str, int]
    optional: Mapping[str, int]
    key: tuple[str, ...]


KINDS = {
    COUNTS: Kind(
        {
            **_VECTORS,
            **dict.fromkeys(("with_energy", "energy_microkwh"), WHOLE),
            **dict.fromkeys(("first_hour", "last_hour"), HOUR_KEY),
            **dict.fromkeys(("no_transaction", "with_port", "with_reason"), WHOLE),
            "failures_included": WORD,
        },
        {},
        ("source", "station_id", "day", "outcomes"),
    ),
    STATIONS: Kind(
        _STATION,
        {**dict.fromkeys(ATTRIBUTES[1:], MAYBE_TEXT), "ports": WHOLE},
        ("source", "station_id"),
    ),
    FAILURES: Kind(
        {**_VECTORS, "stop_reason": MAYBE_TEXT, "error_code": MAYBE_TEXT},
        {},
        ("source", "station_id", "day", "outcomes", "stop_reason", "error_code"),
    ),
    DETAIL: Kind(
        {**_VECTORS, "port_id": MAYBE_TEXT, "hour": HOUR},
        {},
        ("source", "station_id", "port_id", "day", "hour", "outcomes"),
    ),
}
"""Every frame by its name; only ``counts`` is needed."""
PARTS_OF_SESSIONS = ("with_energy", "no_transaction", "with_port", "with_reason")
"""Columns of ``counts`` that count some of its sessions."""


@dataclass(frozen=True)
class Frames:
    """Frames that were checked.

    Attributes:
        rows: each frame that was given, by its name, in the columns of ``KINDS``.
        places: of the letters of each frame that has letters.
        files: names and SHA-256 of the files that were read.
    """

    rows: Mapping[str, pd.DataFrame]
    places: Mapping[str, Places]
    files: tuple[tuple[str, str], ...] = field(default=())


def checked(frames: Mapping[str, pd.DataFrame], files: Iterable[tuple[str, str]] = ()) -> Frames:
    """The frames, if each value is what it must be.

    Args:
        frames: by name; ``counts`` is needed.
        files: names and SHA-256 of the files that they come from.

    Raises:
        SourceError: a frame, a column or a value is missing or wrong; its reason names frame, column and row.
    """
    known = ", ".join(KINDS)
    for name in frames:
        if name not in KINDS:
            raise SourceError("counts_unknown_frame", f"there is no frame {name!r}.", f"Known frames: {known}.")
    if COUNTS not in frames:
        raise SourceError("counts_missing", "the frame counts is not there.", "It is the one that is needed.")
    rows = {name: _checked(name, frame) for name, frame in frames.items()}
    if rows[COUNTS].empty:
        raise SourceError("counts_missing", "the frame counts has no row.", "Count a table that holds sessions.")
    places = {name: places_of(name, frame) for name, frame in rows.items() if name != STATIONS and len(frame)}
    # A frame without a row names no definitions, and contradicts none.
    places |= {name: places[COUNTS] for name in rows.keys() - places.keys() - {STATIONS} if COUNTS in places}
    _require_sense(rows[COUNTS])
    for name in (FAILURES, DETAIL):
        if name in places:
            require_vectors(name, rows[name], places[name])
    require_vectors(COUNTS, rows[COUNTS], places[COUNTS])
    _require_same_sessions(rows, places)
    return Frames(rows, places, tuple(files))


def _checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """One frame in the columns of its kind, each value read."""
    kind = KINDS[name]
    given = {str(column).casefold(): column for column in frame.columns}
    if len(given) < len(frame.columns):
        raise SourceError("counts_column_twice", f"{name} has a column twice.", "Names are read without their case.")
    wanted = {**kind.columns, **{column: of for column, of in kind.optional.items() if column in given}}
    lacking = [column for column in wanted if column not in given]
    if lacking:
        hint = f"Its columns are {', '.join(kind.columns)}."
        raise SourceError("counts_column_missing", f"{name} has no column {', '.join(lacking)}.", hint)
    read = {column: _READERS[of](name, column, frame[given[column]]) for column, of in wanted.items()}
    rows = pd.DataFrame(read)
    _require_key(name, rows, list(kind.key))
    return rows


def _require_key(name: str, rows: pd.DataFrame, key: list[str]) -> None:
    twice = np.flatnonzero(rows.duplicated(key).to_numpy())
    if len(twice):
        values = ", ".join(f"{column} {rows[column].iloc[twice[0]]}" for column in key)
        reason = f"{name}: row {twice[0] + 1:,} has the same key as one before it: {values}."
        raise SourceError("counts_key_twice", reason, f"Each {', '.join(key)} stands in one row: add them up.")


def _require_sense(counts: pd.DataFrame) -> None:
    """Refuses rows of counts whose numbers contradict each other."""
    day = counts["day"]
    wrong = {
        "sessions is 0": counts["sessions"] == 0,
        "first_hour and last_hour are not hours of the day, in this order": (counts["first_hour"] // 100 != day)
        | (counts["last_hour"] // 100 != day)
        | (counts["first_hour"] > counts["last_hour"]),
        "energy_microkwh is not 0, but with_energy is": (counts["with_energy"] == 0) & (counts["energy_microkwh"] > 0),
        **{f"{name} is more than sessions": counts[name] > counts["sessions"] for name in PARTS_OF_SESSIONS},
    }
    for what, rows in wrong.items():
        if rows.any():
            row = int(np.flatnonzero(rows.to_numpy())[0]) + 1
            hint = (
                "Hours and days are local, and both of the start of the session; the counts are of the row's sessions."
            )
            raise SourceError("counts_contradict", f"counts: row {row:,}: {what}.", hint)


def _require_same_sessions(rows: Mapping[str, pd.DataFrame], places: Mapping[str, Places]) -> None:
    """Refuses failures and detail that are not of the sessions of the counts, where letters show it."""
    key = [*KINDS[COUNTS].key]
    counted = rows[COUNTS].set_index(key)["sessions"]
    for name in (FAILURES, DETAIL):
        if name not in places or places[name] != places[COUNTS]:
            continue
        sums = rows[name].groupby(key)["sessions"].sum()
        wrong = sums.index[sums.ne(counted.reindex(sums.index))]
        if name == FAILURES:
            failed = counted[counted.index.get_level_values("outcomes").str.contains("F")]
            wrong = wrong.append(failed.index.difference(sums.index))
        if len(wrong):
            values = ", ".join(f"{column} {value}" for column, value in zip(key, wrong[0], strict=True))
            reason = f"{name} and counts are not of the same sessions: {values}."
            raise SourceError("counts_not_alike", reason, "Make all frames of one moment of the table.")


def _bad(name: str, column: str, values: pd.Series, wrong: Any, right: str) -> SourceError:
    """The error of the first wrong value of a column."""
    first = int(np.flatnonzero(np.asarray(wrong))[0])
    value = values.iloc[first]
    shown = "nothing" if value is None or value != value or value == "" else repr(str(value))
    reason = f"{name}: row {first + 1:,}: {column} is {shown}; it must be {right}."
    return SourceError("counts_bad_value", reason, "What each column holds: docs/how-to/report-from-counts.md.")


def _maybe_texts(_name: str, _column: str, values: pd.Series) -> pd.Series:
    missing = (values.isna() | (values.astype(object) == "")).tolist()
    texts = [None if lacks else str(value) for value, lacks in zip(values, missing, strict=True)]
    return pd.Series(texts, index=values.index, dtype=object)


def _texts(name: str, column: str, values: pd.Series) -> pd.Series:
    texts = _maybe_texts(name, column, values)
    if texts.isna().any():
        raise _bad(name, column, values, texts.isna(), "a text")
    return texts


def _whole(name: str, column: str, values: pd.Series) -> pd.Series:
    """Whole numbers from 0 up, whatever they came as."""
    if not _are_plain(values):
        numbers = [_number(value) for value in values]
        wrong = [number is None or not 0 <= number < MOST for number in numbers]
        if any(wrong):
            raise _bad(name, column, values, wrong, "a whole number from 0 up")
        values = pd.Series(numbers, index=values.index, dtype=object)
    return values.astype("int64")


def _are_plain(values: pd.Series) -> bool:
    """Whether all are integers from 0 up, or digits, of which the column can be made as it is: the usual case."""
    if values.isna().any():
        return False
    if values.dtype.kind in "iu":
        return values.empty or (int(values.min()) >= 0 and int(values.max()) < MOST)
    if pd.api.types.infer_dtype(values) != "string":
        return False
    return bool(values.str.isdecimal().all() and (values.str.len() <= SURE_DIGITS).all())


def _number(value: Any) -> int | None:
    """A value as a whole number; None where it is none."""
    try:
        number = Decimal(str(value).strip())
        return int(number) if number == number.to_integral_value() else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _days(name: str, column: str, values: pd.Series) -> pd.Series:
    days = _whole(name, column, values)
    wrong = ~days.isin([day for day in days.unique() if _is_day(int(day))])
    if wrong.any():
        raise _bad(name, column, values, wrong, "a day, written yyyymmdd")
    return days


def _is_day(number: int) -> bool:
    try:
        date(number // 10_000, number // 100 % 100, number % 100)
    except ValueError:
        return False
    return True


def _hour_keys(name: str, column: str, values: pd.Series) -> pd.Series:
    hours = _whole(name, column, values)
    wrong = hours % 100 > LAST_HOUR_OF_DAY
    if wrong.any():
        raise _bad(name, column, values, wrong, "an hour, written yyyymmddhh")
    _days(name, column, hours // 100)
    return hours


def _hours(name: str, column: str, values: pd.Series) -> pd.Series:
    hours = _whole(name, column, values)
    if (hours > LAST_HOUR_OF_DAY).any():
        raise _bad(name, column, values, hours > LAST_HOUR_OF_DAY, "an hour from 0 to 23")
    return hours


def _words(name: str, column: str, values: pd.Series) -> pd.Series:
    words = _texts(name, column, values)
    if not words.isin(WORDS).all():
        raise _bad(name, column, values, ~words.isin(WORDS), f"one of {', '.join(WORDS)}")
    return words


_READERS = {
    TEXT: _texts,
    MAYBE_TEXT: _maybe_texts,
    WHOLE: _whole,
    DAY: _days,
    HOUR_KEY: _hour_keys,
    HOUR: _hours,
    WORD: _words,
}
