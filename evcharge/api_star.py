"""The star that data or counts are, opened as long as it is read; that of a DataFrame is made, and goes again.

What does not belong here: what is read of it (``api``, ``api_parts``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Engine

from evcharge.api_arguments import renamed, require_kind, require_text
from evcharge.counts.files import read_counts
from evcharge.counts.frames import COUNTS, Frames, checked
from evcharge.counts.memory import star_of_counts
from evcharge.counts.spark import SparkFrame, detail_of_spark, frames_of_spark, is_spark
from evcharge.errors import ConfigError, SourceError
from evcharge.leftovers import temporary_folder
from evcharge.load import LoadResult, load_file
from evcharge.load.meanings import rule_meanings
from evcharge.metrics.definitions import Definition
from evcharge.metrics.letters import ORDER
from evcharge.migrate import upgrade
from evcharge.migrate.reading import Database, as_database
from evcharge.report.story import build_story
from evcharge.sources import builtin_profiles, with_overrides

Data = str | os.PathLike[str] | Engine | pd.DataFrame | SparkFrame
Counts = str | os.PathLike[str] | pd.DataFrame | Mapping[str, pd.DataFrame]


class Frame(NamedTuple):
    """How a DataFrame of sessions is read: the zone of times that carry none, and its names of columns to ours."""

    timezone: str | None
    columns: Mapping[str, str]


def as_frame(timezone: Any, columns: Any) -> Frame:
    """How a DataFrame is to be read.

    Raises:
        ConfigError: ``bad_argument``.
    """
    require_text(timezone, "timezone", "'Europe/Paris'")
    if columns is not None:
        require_kind(columns, Mapping, "columns", "{'Station': 'station_id'}")
    return Frame(timezone, columns or {})


@contextmanager
def opened(
    data: Data | None, counts: Counts | None, frame: Frame, definition: Definition | None, asked: dict[str, Any]
) -> Iterator[tuple[Database, LoadResult | None]]:
    """The star that data or counts are, as long as the block runs."""
    if (data is None) == (counts is None):
        hint = "Give one, as in evcharge.reliability('ev_charging.db')." if data is None else "Leave one out."
        raise ConfigError("data_or_counts", "one of data and counts must be given, and not both.", hint)
    if counts is None and not is_spark(data):
        with database_of(data, frame) as (star, load):
            yield star, load
        return
    _refuse_frame(frame)
    with star_of_counts(_frames(counts) if counts is not None else _by_spark(data, definition, asked)) as session:
        yield session, None


def _frames(counts: Any) -> Frames:
    """The frames that were given as counts."""
    if isinstance(counts, (str, os.PathLike)):
        return read_counts(Path(counts))
    if not isinstance(counts, (pd.DataFrame, Mapping)):
        reason = f"counts can't be of type {type(counts).__name__}."
        raise ConfigError("no_counts", reason, "Give a path, the frame counts, or a dict of frames by name.")
    return checked({COUNTS: counts} if isinstance(counts, pd.DataFrame) else counts)


def _by_spark(sessions: Any, definition: Definition | None, asked: dict[str, Any]) -> Frames:
    """The frames that Spark counts: first those of all stations, then the detail of those that need attention."""
    definitions = [*ORDER, *([definition] if definition and definition not in ORDER else [])]
    frames = frames_of_spark(sessions, definitions)
    with star_of_counts(checked(frames)) as session:
        attention = build_story(session, definition=definition, **asked).attention
    stations = list(zip(attention["source"], attention["station_id"], strict=True))
    return checked({**frames, **detail_of_spark(sessions, definitions, stations)})


@contextmanager
def database_of(data: Any, frame: Frame) -> Iterator[tuple[str | Engine, LoadResult | None]]:
    """The database that the data is, or one that lives as long as the block."""
    if isinstance(data, pd.DataFrame):
        with temporary_folder() as folder:
            url = f"sqlite:///{folder}/sessions.db"
            upgrade(url)
            yield url, _loaded(renamed(data, frame.columns), url, folder / "sessions.csv", frame.timezone)
    else:
        _refuse_frame(frame)
        yield as_database(data), None


def _refuse_frame(frame: Frame) -> None:
    if frame.columns:
        raise ConfigError("no_frame", "columns names those of a pandas DataFrame, and none was given.", "Leave it out.")
    if frame.timezone is not None:
        reason = "timezone is the zone of a pandas DataFrame's times, and none was given."
        raise ConfigError("no_frame", reason, "Leave it out: a database holds the zone that each file was loaded with.")


def _loaded(sessions: pd.DataFrame, url: str, path: Path, timezone: str | None) -> LoadResult:
    """Loads the sessions as a file of the native layout would be: by the same rules, nothing cleaned away.

    Those that carry the mark of ``evcharge sample`` are loaded as the sample, so that every figure says so.
    """
    if sessions.empty:
        there = (
            f"Its columns: {', '.join(map(str, sessions.columns))}."
            if len(sessions.columns)
            else "Nor has it a column."
        )
        needed = ", ".join(builtin_profiles()["native"].columns)
        reason = f"the DataFrame has no row. {there}"
        raise SourceError("empty_frame", reason, f"Give one row per session, with the columns {needed}.")
    sessions.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%S.%f%z", errors="backslashreplace")
    native, sample = (builtin_profiles()[name] for name in ("native", "sample"))
    profile = sample if set(sample.marks) <= set(sessions.columns) else native
    try:
        result = load_file(path, url, [with_overrides(profile, timezone=timezone)])
    except SourceError as error:
        reason = error.reason.replace(f"{path.name} line ", "the DataFrame, written as CSV, line ")
        reason = reason.replace(path.name, "the DataFrame", 1).replace("in the file", "in the DataFrame")
        raise SourceError(error.code, reason, error.hint, _OF_FRAMES.get(error.code)) from error
    if not result.inserted:
        meanings = rule_meanings()
        rules = "; ".join(f"{count:,} {rule} ({meanings[rule]})" for rule, count in result.rejects_by_rule.items())
        reason = f"every row of the DataFrame was refused: {rules}."
        raise SourceError("one_rule_refuses_most", reason, _OF_FRAMES["one_rule_refuses_most"])
    return result


_MAKE_TIMES = (
    "Make times of the column first, as in frame['start_time'] = pd.to_datetime(frame['start_time'], "
    "format='%d/%m/%Y %H:%M')."
)
_OF_FRAMES = {
    "missing_columns": "Say which column it is: columns={'Station': 'station_id'}, their name to ours.",
    "zone_label_unstated": "Make instants of the column first: pd.to_datetime(…, utc=True), or tz_localize.",
    **dict.fromkeys(("time_format_unstated", "time_format_ambiguous", "time_formats_mixed"), _MAKE_TIMES),
    "one_rule_refuses_most": "Correct those rows, or state how to read them: one that is left out may be a failure.",
}
"""What to do in Python about a fault of a frame, by its code."""
