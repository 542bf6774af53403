"""Profiles as TOML files: read, checked strictly, and changed by the options of a call.

What does not belong here: what a profile can be asked (``profile``), and how a setting is taken and refused
(``settings``).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evcharge.carriers.file import open_file, printable
from evcharge.carriers.text import known_encoding
from evcharge.errors import SourceError
from evcharge.evidence import RAW_OUTAGES, RAW_STATUSES, RAW_UPTIMES
from evcharge.frames import SESSION_TEXTS, STATION_TEXTS
from evcharge.sources.conventions import conventions_of
from evcharge.sources.formats import format_names
from evcharge.sources.profile import OUTAGES, SESSIONS, STATUS, UPTIME, Profile, Spellings, Step
from evcharge.sources.settings import Settings
from evcharge.sources.status_settings import of_statuses
from evcharge.sources.steps import STEPS, VALUE_STEPS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    if sys.version_info >= (3, 11):
        from importlib.resources.abc import Traversable
    else:
        from importlib.abc import Traversable

FAILURES_INCLUDED = ("yes", "no", "unknown")
MAX_SOURCE_CHARACTERS = 64
"""Longest name of a source: the width of the columns it is stored in."""

MAX_PROFILE_BYTES = 1 << 20
"""Longest profile that is read [bytes, 1 MiB]; a real one has about two thousand."""

_SESSION_COLUMNS = tuple(column.name for column in SESSION_TEXTS)
_STATION_ATTRIBUTES = tuple(column.name for column in STATION_TEXTS)
RAW_COLUMNS = (*_SESSION_COLUMNS, *(f"station_{name}" for name in _STATION_ATTRIBUTES))
"""Our columns that a source's field can be mapped to, as they are called in the raw frame."""

_NOT_MAPPED = ("line", "raw", "fault")
_COLUMNS_OF = {
    SESSIONS: RAW_COLUMNS,
    STATUS: tuple(column.name for column in RAW_STATUSES if column.name not in _NOT_MAPPED),
    OUTAGES: tuple(column.name for column in RAW_OUTAGES if column.name not in _NOT_MAPPED),
    UPTIME: tuple(column.name for column in RAW_UPTIMES if column.name not in _NOT_MAPPED),
}
"""Our columns that a field can be mapped to, by the kind of the profile."""

_NEEDED_OF = {
    SESSIONS: ("station_id", "start_time"),
    STATUS: ("station_id", "word"),
    OUTAGES: ("station_id", "from_time"),
    UPTIME: ("station_id", "port_id", "from_time", "until_time"),
}
"""Our columns that each kind of profile has to fill. A snapshot may have its time in the name of its file."""

_KEYS = (
    *("kind", "evidence", "unlisted", "words"),
    *("name", "title", "source", "stand_in", "format", "failures_included", "delimiters", "encoding", "header_line"),
    *("sheet", "session_key", "private", "tells_apart", "marks", "columns", "optional_columns", "combined"),
    *("constants", "station", "steps", "key_steps", "conventions"),
)


def read_profile(place: str | os.PathLike[str] | Traversable) -> Profile:
    """The profile in a TOML file.

    Raises:
        SourceError: ``bad_profile`` naming file, key, value and what would be right; or what ``open_file`` raises.
    """
    name, data = _profile_bytes(place)
    try:
        settings = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = f"{name} is not a TOML file in UTF-8: {printable(str(error))}."
        raise SourceError("bad_profile", reason, "See docs/sources/README.md for the layout.") from error
    return _profile(Settings(name, settings))


def builtin_profiles() -> dict[str, Profile]:
    """The profiles that come with evcharge, by name, in alphabetical order."""
    return dict(_builtin_profiles())


_AMBIGUOUS = {"earlier": "first", "later": "second"}
"""What the option says of an hour that a clock change repeats, and the profile's word for it."""


def with_overrides(
    profile: Profile,
    *,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    session_key: Sequence[str] = (),
    station_id: str | None = None,
    header_line: int | None = None,
    sheet: str | None = None,
    timezone: str | None = None,
    zones: Mapping[str, str] | None = None,
    ambiguous: str | None = None,
    time_format: str | Sequence[str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    energy_unit: str | None = None,
    duration_format: str | None = None,
    true_words: Sequence[str] = (),
    false_words: Sequence[str] = (),
    null_words: Sequence[str] = (),
    failures_included: str | None = None,
    source: str | None = None,
) -> Profile:
    """The profile with some settings replaced; None leaves one as it is.

    Args:
        profile: what to start from.
        columns: our column (``station_id``, ``station_name``) to their field, or to several that make it together;
            what is named here must be in the file.
        session_key: their fields that make up the session id.
        station_id: the station of every row.
        header_line: line of the header, counted from 1.
        sheet: name of the sheet of a workbook.
        timezone: IANA zone.
        zones: label of a zone to its offset, such as ``+05:30``; beside those that the profile explains.
        ambiguous: which of the two an hour is that a clock change repeats, ``earlier`` or ``later``.
        time_format: as in ``Conventions``, or several of them for a file that mixes them.
        delimiter: one character, or the word ``tab``.
        decimal: ``.`` or ``,``.
        thousands: as in ``Conventions``.
        encoding: name of a text encoding.
        energy_unit: ``kWh`` or ``Wh``.
        duration_format: as in ``Conventions``.
        true_words: words that mean that a session succeeded, in place of those of the profile.
        false_words: words that mean that it failed.
        null_words: words that mean nothing was recorded.
        failures_included: ``yes``, ``no`` or ``unknown``.
        source: who published the files; station ids are unique within one source.

    Raises:
        SourceError: ``bad_setting`` naming setting, value and what would be right.
    """
    given = {
        "timezone": timezone,
        "decimal": decimal,
        "thousands": thousands,
        "energy_unit": energy_unit,
        "duration_format": duration_format,
        "true_words": true_words or None,
        "false_words": false_words or None,
        "null_words": null_words or None,
        **_time_formats(time_format or ()),
    }
    top = {
        "encoding": encoding,
        "failures_included": failures_included,
        "source": source,
        "header_line": header_line,
        "sheet": sheet,
    }
    profile = _identified(_with_columns(profile, columns or {}), columns or {}, session_key, station_id)
    settings = _settings(profile)
    settings |= {key: value for key, value in top.items() if value is not None}
    settings["conventions"] |= {key: value for key, value in given.items() if value is not None}
    if ambiguous is not None:
        told = Settings("the settings given", {"ambiguous": ambiguous}, "bad_setting")
        settings["conventions"]["ambiguous_time"] = _AMBIGUOUS[told.text("ambiguous", choices=tuple(_AMBIGUOUS))]
    settings["conventions"]["zone_labels"] = _with_labels(profile.conventions.zone_labels, zones or {})
    if delimiter is not None:
        settings["delimiters"] = ["\t" if delimiter == "tab" else delimiter]
    return _profile(Settings("the settings given", settings, "bad_setting"))


def _time_formats(given: str | Sequence[str]) -> dict[str, Any]:
    """The conventions that state these formats; none where none is given."""
    formats = [given] if isinstance(given, str) else list(given)
    if len(formats) > 1:
        return {"time_formats": formats}
    return {"time_format": formats[0], "time_formats": ()} if formats else {}


def _with_labels(labels: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The labels with these explained anew, whatever their letter case."""
    anew = {label.casefold() for label in given}
    return {**{label: offset for label, offset in labels.items() if label.casefold() not in anew}, **given}


def _identified(
    profile: Profile, mapped: Collection[str], session_key: Sequence[str], station_id: str | None
) -> Profile:
    """The profile with this key in place of a session id, and with this station in every row.

    What the call itself maps stays: it says two things, and is refused for it.
    """
    if session_key:
        profile = replace(_without("session_id", profile, mapped), session_key=tuple(session_key))
    if station_id is not None:
        profile = _without("station_id", profile, mapped)
        profile = replace(profile, constants={**profile.constants, "station_id": station_id})
    return profile


def _without(ours: str, profile: Profile, mapped: Collection[str]) -> Profile:
    """The profile with nothing for one of our columns, unless the call maps it."""
    tables = (profile.columns, profile.optional_columns, profile.combined)
    columns, optional, combined = (
        {name: theirs for name, theirs in table.items() if name != ours or ours in mapped} for table in tables
    )
    return replace(profile, columns=columns, optional_columns=optional, combined=combined)


def _with_columns(profile: Profile, columns: Mapping[str, str | Sequence[str]]) -> Profile:
    """The profile with these columns mapped anew; what mapped or filled them before is dropped.

    A file whose lengths are named needs no ends.
    """
    theirs_of = {ours: (theirs,) if isinstance(theirs, str) else tuple(theirs) for ours, theirs in columns.items()}
    single = {ours: theirs for ours, theirs in theirs_of.items() if len(theirs) == 1}
    joined = {ours: theirs for ours, theirs in theirs_of.items() if len(theirs) > 1}
    mapped = {ours: theirs for ours, theirs in {**profile.columns, **single}.items() if ours not in joined}
    spared = {"end_time"} if "duration_minutes" in columns and "end_time" not in columns else set()
    optional = {ours: theirs for ours, theirs in profile.optional_columns.items() if ours not in columns}
    return replace(
        profile,
        columns={ours: theirs for ours, theirs in mapped.items() if ours not in spared},
        combined={**{ours: parts for ours, parts in profile.combined.items() if ours not in columns}, **joined},
        optional_columns={**optional, **{ours: theirs for ours, theirs in mapped.items() if ours in spared}},
        constants={ours: text for ours, text in profile.constants.items() if ours not in columns},
        session_key=() if "session_id" in columns else profile.session_key,
    )


def _settings(profile: Profile) -> dict[str, Any]:
    """The profile as its TOML file would say it."""
    settings = asdict(profile)
    for key in ("header_line", "sheet", "source", "stand_in", "evidence", "unlisted", "words"):
        if not settings[key]:
            del settings[key]
    for key, steps in (("steps", profile.steps), ("key_steps", profile.key_steps)):
        settings[key] = [{"step": step.step, "fields": list(step.fields)} for step in steps]
    settings["conventions"] = {key: value for key, value in settings["conventions"].items() if value is not None}
    return settings


def _profile(given: Settings) -> Profile:
    """The profile that the settings describe, each of them checked."""
    kind = given.text("kind", SESSIONS, choices=tuple(_COLUMNS_OF))
    columns = _COLUMNS_OF[kind]
    profile = Profile(
        name=_name(given),
        title=given.text("title", "untitled"),
        source=_source(given, "source"),
        stand_in=_source(given, "stand_in"),
        format=given.text("format", choices=format_names()),
        failures_included=_failures_included(given, kind),
        delimiters=_delimiters(given),
        encoding=_encoding(given),
        header_line=given.optional_count("header_line"),
        sheet=given.optional_text("sheet"),
        columns=given.table("columns").spellings(columns),
        optional_columns=_optional_columns(given, columns),
        combined=given.table("combined").spellings(columns),
        constants=given.table("constants").mapping(columns),
        session_key=given.texts("session_key", ()),
        tells_apart=given.texts("tells_apart", ()),
        private=given.texts("private", ()),
        marks=given.texts("marks", ()),
        steps=tuple(_step(step, STEPS) for step in given.tables("steps")),
        key_steps=tuple(_step(step, VALUE_STEPS) for step in given.tables("key_steps")),
        conventions=conventions_of(given.table("conventions")),
        kind=kind,
        **(of_statuses(given) if kind == STATUS else {}),
    )

    given.nothing_left(_KEYS)
    _refuse_contradictions(given, profile)
    return profile


def _failures_included(given: Settings, kind: str) -> str:
    """Whether failed sessions are in the files; a profile of other things than sessions need not say it."""
    return given.text("failures_included", None if kind == SESSIONS else "unknown", choices=FAILURES_INCLUDED)


def _name(given: Settings) -> str:
    name = given.text("name")
    if not re.fullmatch(r"[a-z0-9-]{1,64}", name):
        given.refuse("name", name, "1 to 64 small letters a–z, digits and hyphens")
    return name


def _source(given: Settings, key: str) -> str:
    source = given.optional_text(key) or ""
    if len(source) > MAX_SOURCE_CHARACTERS or not source.isprintable() or source != source.strip():
        given.refuse(key, source, f"at most {MAX_SOURCE_CHARACTERS} printable characters without padding")
    return source


def _delimiters(given: Settings) -> tuple[str, ...]:
    delimiters = given.texts("delimiters", (",",))
    if not delimiters or any(len(delimiter) != 1 or delimiter in '"\r\n\0 ' for delimiter in delimiters):
        given.refuse("delimiters", list(delimiters), 'single characters such as "," ";" or "\\t"')
    return delimiters


def _encoding(given: Settings) -> str:
    """The encoding's one official name, so that utf8 and UTF-8 are the same setting."""
    name = given.text("encoding", "utf-8")
    try:
        return known_encoding(name)
    except SourceError:
        given.refuse("encoding", name, "the name of a text encoding, such as utf-8, cp1252 or latin-1")


def _step(given: Settings, steps: Collection[str]) -> Step:
    step = Step(given.text("step", choices=tuple(steps)), given.texts("fields"))
    given.nothing_left(Step._fields)
    return step


def _optional_columns(given: Settings, columns: Collection[str]) -> dict[str, Spellings]:
    station = given.table("station").spellings(_STATION_ATTRIBUTES if "station_name" in columns else ())
    optional = given.table("optional_columns").spellings(columns)
    return {**optional, **{f"station_{name}": theirs for name, theirs in station.items()}}


def _refuse_contradictions(given: Settings, profile: Profile) -> None:
    """Refuse columns that are filled twice, and a profile without the columns that make a session."""
    tables = (profile.columns, profile.optional_columns, profile.combined, profile.constants)
    for ours in _COLUMNS_OF[profile.kind]:
        if sum(ours in table for table in tables) > 1:
            given.refuse(
                ours, "filled by more than one table", "it in one of columns, optional_columns, combined and constants"
            )
    if profile.kind == SESSIONS:
        _refuse_without_one_key(given, profile)
    filled = (profile.columns, profile.combined, profile.constants)
    for ours in _NEEDED_OF[profile.kind]:
        if not any(ours in table for table in filled):
            given.refuse(f"columns.{ours}", None, f'the field it stands in, as {ours} = "THEIR_COLUMN"')
    if profile.kind == STATUS and profile.evidence != "snapshot" and not any("time" in table for table in filled):
        given.refuse("columns.time", None, 'the field it stands in, as time = "THEIR_COLUMN"')
    if any("session_id" in table for table in (profile.optional_columns, profile.combined, profile.constants)):
        given.refuse(
            "session_id", "optional, combined or constant", "it in [columns], or a session_key: a row is known by it"
        )


def _refuse_without_one_key(given: Settings, profile: Profile) -> None:
    """Refuse a profile of sessions that knows a row by nothing, or by two things."""
    if "session_id" not in profile.columns and not profile.session_key:
        given.refuse(
            "session_key",
            list(profile.session_key),
            "columns.session_id or session_key: there is neither, and a row is known by one of them",
        )
    if "session_id" in profile.columns and profile.session_key:
        given.refuse("session_key", list(profile.session_key), "either columns.session_id or session_key, not both")


def _profile_bytes(place: str | os.PathLike[str] | Traversable) -> tuple[str, bytes]:
    """Name and bytes of a profile; a path is opened as carefully as a data file."""
    if not isinstance(place, (str, os.PathLike)):
        return place.name, place.read_bytes()
    with open_file(place) as file:
        if file.size_bytes > MAX_PROFILE_BYTES:
            raise SourceError("bad_profile", f"{file.name} is too long for a profile: {file.size_bytes:,} bytes.")
        return file.name, b"".join(file.unpacked())


@cache
def _builtin_profiles() -> dict[str, Profile]:
    folder = files("evcharge.sources").joinpath("profiles")
    toml_files = (file for file in folder.iterdir() if file.name.endswith(".toml"))
    named = sorted(toml_files, key=lambda file: file.name.removesuffix(".toml"))
    return {profile.name: profile for profile in map(read_profile, named)}
