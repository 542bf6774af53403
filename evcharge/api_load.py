"""What a Python program calls: ``load_file``, a file into a database that lasts, by the load of ``evcharge load``.

What does not belong here: the load itself (``load``), and words of its own for what the command prints.
"""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as with_options
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from evcharge.api_arguments import (
    as_file,
    as_output,
    as_reject_limit,
    as_texts_by_text,
    as_words,
    naming,
    require_kind,
    require_text,
    shown,
)
from evcharge.api_loaded import Loaded
from evcharge.carriers.file import open_regular
from evcharge.carriers.inputs import STDIN, Input, gathered
from evcharge.db import masked, parse_url, url_of
from evcharge.errors import ConfigError, GateError, SourceError, as_path
from evcharge.kept import READ, Kept, database_files, keeping
from evcharge.load import LoadOptions, LoadResult
from evcharge.load import load_file as load
from evcharge.load.rejects_file import rejects_file
from evcharge.migrate import upgrade
from evcharge.migrate.reading import as_database
from evcharge.sources import Profile, is_one_source
from evcharge.sources.asked import profiles_as_asked, why_no_source


def load_file(
    path: str | os.PathLike[str],
    db: str | os.PathLike[str] | Engine,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    timezone: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    *,
    session_key: str | Sequence[str] = (),
    station_id: str | None = None,
    header_line: int | None = None,
    sheet: str | None = None,
    zones: Mapping[str, str] | None = None,
    ambiguous: str | None = None,
    time_format: str | Sequence[str] = (),
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    energy_unit: str | None = None,
    duration_format: str | None = None,
    true_words: str | Sequence[str] = (),
    false_words: str | Sequence[str] = (),
    null_words: str | Sequence[str] = (),
    failures_included: str | None = None,
    replace: bool = False,
    dry_run: bool = False,
    rejects: str | os.PathLike[str] | None = None,
    max_rejects: float | str | None = None,
    driver_salt: str | None = None,
) -> Loaded:
    """Loads a file of sessions, statuses, outages or reported uptime into a database, in one transaction.

    Settings of ``evcharge.toml`` and of the environment are those of commands alone: what is not said here is not set.

    Args:
        path: the file; a ZIP archive that holds one, too.
        db: a database as URL, path of an SQLite file or engine. An SQLite file that is not there is made, and
            stays, empty, where the load is refused; with ``dry_run`` none is made, and the database must be there.
        source: who published the file; ids are unique only within a source.
        columns: the file's names of columns to ours, such as ``{"Station": "station_id"}``; two of theirs to one of
            ours join, such as a date and a clock time.
        timezone: IANA zone of times that carry none.
        profile: how to read it: the id of a built-in profile, or the path of one's own; None where the file tells.
        session_key: their columns that tell sessions apart, where no id does.
        station_id: the station of every row, where the file is of one station.
        header_line: the line that names the columns, counted from 1.
        sheet: the sheet of a workbook.
        zones: labels of zones to their offsets, such as ``{"IST": "+05:30"}``.
        ambiguous: which of the two an hour is that a clock change repeats: ``earlier`` or ``later``.
        time_format: iso8601, epoch_s, epoch_ms, or strptime letters such as ``%d/%m/%Y %H:%M``; several where a file
            mixes them.
        delimiter: what separates the columns of a CSV.
        decimal: the decimal sign: ``.`` or ``,``.
        thousands: what may stand at thousands: ``none``, ``.``, ``,``, ``space`` or ``apostrophe``.
        encoding: of the text.
        energy_unit: kWh or Wh.
        duration_format: of lengths that state no unit: h:m:s, hours, minutes or seconds.
        true_words: words that mean that a session succeeded.
        false_words: words that mean that it failed.
        null_words: words that mean that nothing was recorded.
        failures_included: whether the publisher left failed sessions in: yes, no or unknown.
        replace: load a file again in place of its first load.
        dry_run: do everything, but keep nothing of it.
        rejects: the path of a CSV for the refused rows.
        max_rejects: refuse a file with more rejected rows: a whole number, or a share such as ``"2%"``.
        driver_salt: what driver tokens are hashed with; without it no driver is stored.

    Returns:
        What became of the rows; the same file a second time changes nothing.

    Raises:
        EvchargeError: with a code, a reason and a hint: the file can't be read or is not what it is said to be, too
            many rows are refused, or the database can't be used; no row of the database has changed. ``python_hint``
            says in Python what to do.
    """
    texts = {
        "timezone": timezone,
        "station_id": station_id,
        "sheet": sheet,
        "ambiguous": ambiguous,
        "delimiter": delimiter,
        "decimal": decimal,
        "thousands": thousands,
        "encoding": encoding,
        "energy_unit": energy_unit,
        "duration_format": duration_format,
        "failures_included": failures_included,
    }
    lists = {
        "session_key": session_key,
        "time_format": time_format,
        "true_words": true_words,
        "false_words": false_words,
        "null_words": null_words,
    }
    profiles = _profiles(profile, columns, source, _reading(texts, lists, header_line, zones))
    options = LoadOptions(
        replace=_flag(replace, "replace"),
        dry_run=_flag(dry_run, "dry_run"),
        max_rejects=as_reject_limit(max_rejects),
        driver_salt=_text(driver_salt, "driver_salt", "'a long secret'"),
    )
    refused = None if rejects is None else as_output(rejects, "rejects", "'rejects.csv'")
    with naming(db):
        url = _url(db)
        result = _loaded(path, url, profiles, options, refused)
    return Loaded(result, masked(url), source)


def _loaded(path: Any, url: str, profiles: list[Profile], options: LoadOptions, rejects: Path | None) -> LoadResult:
    with _input(path, masked(url)) as one:
        try:
            with keeping(lambda: _kept(url, one)), rejects_file(rejects) as on_rejects:
                if not options.dry_run:
                    _make_if_missing(url)
                return load(one.path, url, profiles, with_options(options, name=one.name, on_rejects=on_rejects))
        except (SourceError, GateError) as error:
            error.hint = one.with_path(error.hint)
            raise


@contextmanager
def _input(path: Any, shown_url: str) -> Iterator[Input]:
    """The file at a path, or in the archive that stands there; the URL is for messages.

    Raises:
        ConfigError: ``several_files``: a folder, a pattern or an archive of several.
        SourceError: it can't be opened.
    """
    named = str(as_file(_no_frame(path), "path", "'sessions.csv'"))
    with gathered([f"./{named}" if named == STDIN else named], io.BytesIO(), is_one_source) as found:
        if len(found.inputs) > 1:
            reason = f"{named} stands for {len(found.inputs):,} files, and load_file loads one."
            command = f"evcharge load {shlex.quote(as_path(named))} --db {shlex.quote(shown_url)}"
            hint = f"Load one after the other, or all in a shell: {command}"
            raise ConfigError("several_files", reason, hint, hint)
        one = found.inputs[0]
        if one.fault:
            raise one.fault
        os.close(open_regular(one.path, one.name))
        yield one


def _no_frame(path: Any) -> Any:
    """The path, if it is no DataFrame.

    Raises:
        ConfigError: ``bad_argument``.
    """
    if isinstance(path, pd.DataFrame):
        hint = "It needs no database: evcharge.reliability(frame). To load it, write it by frame.to_csv first."
        raise ConfigError("bad_argument", "path is a DataFrame, and load_file loads a file.", hint)
    return path


def _url(db: Any) -> str:
    """The URL of a database that can be loaded into."""
    named = as_database(db)
    if isinstance(named, str):
        return named
    in_memory = named.dialect.name == "sqlite" and named.url.database in (None, "", ":memory:")
    return str(parse_url("sqlite://")) if in_memory else url_of(named)


def _make_if_missing(url: str) -> None:
    """Makes an SQLite file with the newest schema where none is there."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        upgrade(url)


def _kept(url: str, one: Input) -> Kept:
    """The files that the rejects may not replace."""
    parsed = parse_url(url)
    of_database = database_files(Path(str(parsed.database))) if parsed.get_backend_name() == "sqlite" else {}
    return {**of_database, one.origin: READ}


def _profiles(profile: Any, columns: Any, source: Any, reading: Mapping[str, Any]) -> list[Profile]:
    """The profiles that the file may be read by."""
    publisher = _text(source, "source", "'City of Oslo'") or None
    if reason := why_no_source(publisher):
        raise ConfigError("bad_argument", f"source: {reason}", "Write it like source='City of Oslo'.")
    mapped: dict[str, list[str]] = {}
    for theirs, ours in as_texts_by_text(columns, "columns", "{'Station': 'station_id'}").items():
        mapped.setdefault(ours, []).append(theirs)
    named = None if profile is None else str(as_file(profile, "profile", "'native'"))
    return profiles_as_asked(named, mapped, stated=source, publisher=publisher, **reading)


def _reading(texts: Mapping[str, Any], lists: Mapping[str, Any], header_line: Any, zones: Any) -> Mapping[str, Any]:
    """How the file is to be read, each argument of the kind it must be."""
    offsets = as_texts_by_text(zones, "zones", "{'IST': '+05:30'}")
    if header_line is not None:
        require_kind(header_line, Integral, "header_line", "3")
        header_line = int(header_line)
    return {
        **{name: _text(given, name, EXAMPLES[name]) for name, given in texts.items()},
        **{name: as_words(given, name) for name, given in lists.items()},
        "header_line": header_line,
        "zones": offsets,
    }


def _text(given: Any, name: str, example: str) -> str | None:
    """The text that was given, or None."""
    require_text(given, name, example)
    return None if given is None else str(given)


def _flag(given: Any, name: str) -> bool:
    """Whether something was asked for."""
    if isinstance(given, (bool, np.bool_)):
        return bool(given)
    raise ConfigError("bad_argument", f"{name} can't be {shown(given)}.", f"Write {name}=True, or leave it out.")


EXAMPLES = {
    "timezone": "'Europe/Oslo'",
    "station_id": "'CP9'",
    "sheet": "'Sheet1'",
    "ambiguous": "'earlier'",
    "delimiter": "';'",
    "decimal": "','",
    "thousands": "'.'",
    "encoding": "'cp1252'",
    "energy_unit": "'Wh'",
    "duration_format": "'h:m:s'",
    "failures_included": "'yes'",
}
"""What an argument is written like."""
