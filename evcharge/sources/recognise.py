"""Which profile a file fits, told from its beginning alone, and what to do where none does.

What does not belong here: reading rows (``table``, ``json_lines``). A profile is never stretched to fit: columns are
matched by name, and a near name is only ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple
from weakref import WeakKeyDictionary

from evcharge.carriers.archive import Archive
from evcharge.carriers.file import GZIP_MAGIC, SourceFile
from evcharge.carriers.text import Block, blocks, first_lines, split_lines, without_mark
from evcharge.errors import SourceError
from evcharge.frames import Conventions
from evcharge.sources import json_lines, table, workbook
from evcharge.sources.advice import OTHER_DELIMITERS, Look, missing_columns, no_profile_fits
from evcharge.sources.empty_pages import empty_fits, several_may_be
from evcharge.sources.formats import STRUCTURED, TABULAR
from evcharge.sources.names import folded
from evcharge.sources.ocpi.reader import holds_locations
from evcharge.sources.profile import SESSIONS, Profile
from evcharge.sources.readers import structured_reader
from evcharge.sources.steve.export import is_export
from evcharge.sources.survey import survey
from evcharge.sources.workbook_archive import is_workbook, password_protected

DOCUMENT_MEMBERS = ("[Content_Types].xml", "xl/workbook.xml", "mimetype")
"""Members that tell an office document (OPC, ECMA-376 part 2; OpenDocument, part 2, 3.3) from an archive of files."""

_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream in which a workbook stands that is protected by a password (MS-OFFCRYPTO 2.3.4.4)."""

_MAGICS = (
    (b"PK\x03\x04", "a ZIP archive, or an Excel workbook (.xlsx) that is damaged or larger than 128 MiB"),
    (b"\x89PNG", "a PNG image"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (_OLE_MAGIC, "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (GZIP_MAGIC, "a gzip file inside a gzip file"),
)
"""First bytes of files that people mistake for tables, from the formats' own specifications."""

_FINAL = ("duplicate_column", "too_many_columns", "several_sheets_fit", "unknown_sheet")
"""Faults of a header that no other profile mends."""

_FORMAT_NAMES = {"csv": "delimited text", "jsonl": "JSON lines"}


class _Fit(NamedTuple):
    """A profile that a file was found to fit, without its conventions, and the file's field names; of tables only."""

    profile: Profile
    names: tuple[str, ...]


_fits: WeakKeyDictionary[SourceFile, list[_Fit]] = WeakKeyDictionary()
"""What each open file was recognised as. Its bytes are pinned by their hash, so that it stays so while it is open."""

_heads: WeakKeyDictionary[SourceFile, dict[str, Block | SourceError]] = WeakKeyDictionary()
"""What stands at the beginning of each open file by each encoding, or why it can't be read: many profiles ask."""


def pick_profile(file: SourceFile, candidates: Iterable[Profile]) -> Profile:
    """The one profile whose required columns the file has; one that needs all of another's and more goes before it.

    Args:
        file: the open file; only its beginning is read, and not again for a single candidate that it is known to fit.
        candidates: profiles to choose from. A single one is taken as asked for, and the error details its misfit.

    Raises:
        SourceError: ``missing_columns`` or ``wrong_format`` (one candidate), ``no_profile_fits``,
            ``several_profiles_fit``, ``unknown_field``, ``not_a_table``, ``not_sessions``, ``json_array``,
            ``no_sheets``, ``empty_file``, ``empty_page``, ``service_answered_error``, and what reading a header raises.
    """
    profiles = tuple(candidates)
    if len(profiles) == 1 and _known_fit(file, profiles[0]):
        return profiles[0]
    _refuse_sheet_of_none(file, profiles)
    if fitting := _sessions_first(_structured_fits(file, profiles)):
        return _remember(file, _with_known_fields(_only(file, fitting)), ())
    if fitting := empty_fits(file, profiles):
        if len(fitting) > 1:
            raise several_may_be(file, fitting)
        return _remember(file, fitting[0], ())

    _refuse_locations(file)
    tabular = [profile for profile in profiles if profile.format in TABULAR]
    if profiles and not tabular:
        raise _wrong_structure(file, profiles[0])
    _refuse_binary(file)
    looks = _looks(file, tabular)
    fitting = _most_specific([look.profile for look in looks if not (look.missing or look.other_delimiter)])
    if fitting := _sessions_first(fitting):
        profile = _only(file, fitting)
        return _remember(file, profile, next(look.names for look in looks if look.profile is profile))
    raise missing_columns(file, looks[0]) if len(looks) == 1 else _misfit(file, tabular, looks)


def _misfit(file: SourceFile, profiles: Sequence[Profile], looks: Sequence[Look]) -> SourceError:
    """The error for a file that fits none of several profiles, with the line below others that may be its header."""
    try:
        table_there = survey(file, sheet=profiles[0].sheet if profiles else None)
    except SourceError:
        return no_profile_fits(file, looks)
    if table_there.starts_with_header:
        return no_profile_fits(file, looks)
    line = table_there.header_line
    return no_profile_fits(file, looks, line, _fitting_below(file, profiles, line))


def _fitting_below(file: SourceFile, profiles: Sequence[Profile], line: int) -> list[str]:
    """Names of the profiles that fit if that line is the header."""
    try:
        looks = _looks(file, [replace(profile, header_line=line) for profile in profiles])
    except SourceError:
        return []
    fitting = _most_specific([look.profile for look in looks if not (look.missing or look.other_delimiter)])
    return [profile.name for profile in fitting]


def _remember(file: SourceFile, profile: Profile, names: tuple[str, ...]) -> Profile:
    """The profile, which the file is from now on known to fit."""
    _fits.setdefault(file, []).append(_Fit(_without_conventions(profile), names))
    return profile


def _known_fit(file: SourceFile, profile: Profile) -> _Fit | None:
    """What was found when the file was recognised as of this profile, whatever its conventions; None if it wasn't."""
    layout = _without_conventions(profile)
    return next((fit for fit in _fits.get(file, ()) if fit.profile == layout), None)


def _without_conventions(profile: Profile) -> Profile:
    """The profile as far as it decides whether a file fits: how values are read does not."""
    return replace(profile, conventions=Conventions())


def is_one_source(archive: Archive) -> bool:
    """Whether the archive is an office document, or tables that only make sense together."""
    names = {member.filename for member in archive.members}
    return not names.isdisjoint(DOCUMENT_MEMBERS) or is_export(archive)


def _structured_fits(file: SourceFile, profiles: Sequence[Profile]) -> list[Profile]:
    """The profiles of formats with a structure of their own that the file shows."""
    formats = {profile.format for profile in profiles} & STRUCTURED.keys()
    shown = {name for name in formats if structured_reader(name).recognises(file)}
    return [profile for profile in profiles if profile.format in shown]


def _most_specific(fitting: Sequence[Profile]) -> list[Profile]:
    """The profiles without those that need only a part of what another one needs: a layout may extend another."""
    return [profile for profile in fitting if not any(profile.needed < other.needed for other in fitting)]


def _sessions_first(fitting: Sequence[Profile]) -> Sequence[Profile]:
    """Of profiles that fit, those of sessions; where none is, all of them."""
    return [profile for profile in fitting if profile.kind == SESSIONS] or fitting


def _with_known_fields(profile: Profile) -> Profile:
    """The profile, unless it maps a field that the reader of its format does not make."""
    fields = structured_reader(profile.format).FIELDS
    known = {folded(name) for name in fields}
    for name in chain(*profile.mapped.values(), *profile.combined.values(), profile.session_key):
        if folded(name) not in known:
            reason = f"profile {profile.name} maps the field {name!r}, which format {profile.format} does not have."
            raise SourceError("unknown_field", reason, f"Fields of this format: {', '.join(fields)}.")
    return profile


def _only(file: SourceFile, fitting: Sequence[Profile]) -> Profile:
    """The one profile that fits."""
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(profile.name for profile in fitting)
    hint = f"Say which one is meant: --profile {fitting[0].name}."
    raise SourceError("several_profiles_fit", f"{file.name} fits several profiles: {names}.", hint)


def _wrong_structure(file: SourceFile, profile: Profile) -> SourceError:
    return SourceError(
        "wrong_format",
        f"{file.name} does not look like {profile.title}, which profile {profile.name} is for.",
        "Name a profile for its format, or none: evcharge recognises the ones it knows (evcharge formats).",
    )


def unknown_columns(file: SourceFile, profile: Profile) -> tuple[str, ...]:
    """The file's field names that the profile maps to nothing, in file order; of JSON lines, those of the first object.

    A structured format has none: its reader knows what it leaves out.

    Raises:
        SourceError: as ``pick_profile``.
    """
    if profile.format in STRUCTURED:
        return ()
    fit = _known_fit(file, profile)
    return profile.unused_of(fit.names if fit else _names(file, profile))


def _looks(file: SourceFile, profiles: Sequence[Profile]) -> list[Look]:
    """What each profile sees. A fault that one profile meets counts only if every profile meets one."""
    looks: list[Look] = []
    faults: list[SourceError] = []
    for profile in profiles:
        try:
            looks.append(_look(profile, _names(file, profile)))
        except SourceError as error:
            faults.append(error)
    final = [fault for fault in faults if fault.code in _FINAL]
    if final or (faults and not looks):
        raise min(final or faults, key=lambda fault: fault.code == "wrong_format")
    return looks


def _look(profile: Profile, names: tuple[str, ...]) -> Look:
    """What the profile sees in these names, or would see if they were not all in one."""
    missing = profile.missing_from(names)
    delimiter = max(OTHER_DELIMITERS, key=names[0].count) if len(names) == 1 and missing else ""
    if not delimiter or delimiter not in names[0]:
        return Look(profile, names, missing)
    split = tuple(names[0].split(delimiter))
    return Look(profile, split, profile.missing_from(split), delimiter)


def _names(file: SourceFile, profile: Profile) -> tuple[str, ...]:
    """The field names at the file's beginning, read as the profile says."""
    in_workbook = is_workbook(file)
    head = Block(0, "") if in_workbook else _head(file, profile.encoding)
    kind = "jsonl" if head.text.lstrip().startswith("{") else "csv"
    if kind != profile.format:
        raise SourceError(
            "wrong_format",
            f"{file.name} holds {_FORMAT_NAMES[kind]}; profile {profile.name} is for {_FORMAT_NAMES[profile.format]}.",
            "Name a profile for that format, or none: evcharge recognises the ones it knows.",
        )
    if in_workbook:
        return workbook.best_page(file, profile).names
    if kind == "jsonl":
        return json_lines.first_keys(file, head.text)
    return table.best_header(file, head, profile).names


def line_of_header(file: SourceFile, profile: Profile) -> int | None:
    """The line of the header where other lines stand above it, which are no rows; None where it is the first.

    Raises:
        SourceError: as ``pick_profile``.
    """
    if profile.format != "csv":
        return None
    if is_workbook(file):
        page = workbook.best_page(file, profile)
        return page.line if page.line != page.top[0].line else None
    head = _head(file, profile.encoding)
    line = table.best_header(file, head, profile).line
    return line if line != head.line else None


def sheet_of(file: SourceFile, profile: Profile) -> str:
    """Name of the sheet that is read, where it has to be told: it is not the first, or the profile names it; else ''.

    Raises:
        SourceError: as ``pick_profile``.
    """
    if not is_workbook(file) or (profile.format != "csv" and profile.sheet is None):
        return ""
    if profile.format != "csv":
        return next(workbook.first_rows(file, 1, profile.sheet))[0]
    title = workbook.best_page(file, profile).title
    return title if profile.sheet is not None or title != workbook.titles_of(file)[0] else ""


def _refuse_sheet_of_none(file: SourceFile, profiles: Sequence[Profile]) -> None:
    """Refuse a file that has no sheets where one is named."""
    sheet = next((profile.sheet for profile in profiles if profile.sheet is not None), None)
    if sheet is not None and not is_workbook(file):
        reason = f"{file.name} is no workbook, so that it has no sheet {sheet!r}."
        raise SourceError("no_sheets", reason, "Leave out --sheet, or sheet in the profile.")


def _head(file: SourceFile, encoding: str) -> Block:
    """The file's beginning, from its first line that is not blank; refused if it can't be a table."""
    try:
        head = _first_lines(file, encoding)
    except SourceError as error:
        if error.code == "wrong_encoding":
            _refuse_wide_or_binary(file, encoding)
        raise
    _refuse_nul(file, split_lines(head.text)[0])
    start = head.text.lstrip()[:1]
    if start == "<":
        raise _not_a_table(file, "an HTML or XML page")
    if start == "[":
        reason = f"{file.name} is a JSON array, and its objects are of no format whose arrays evcharge reads."
        hint = "Write it as JSON lines, one object per line (jq -c '.[]' does it), and describe it: --profile my.toml."
        raise SourceError("json_array", reason, hint)
    return head


def _first_lines(file: SourceFile, encoding: str) -> Block:
    """The first block that says something, read once for all profiles."""
    heads = _heads.setdefault(file, {})
    if encoding not in heads:
        try:
            heads[encoding] = first_lines(blocks(file, encoding), file)
        except SourceError as error:
            heads[encoding] = error
    head = heads[encoding]
    if isinstance(head, SourceError):
        raise head
    return head


def _refuse_locations(file: SourceFile) -> None:
    """Refuse a registry of stations, which holds no session."""
    if holds_locations(file):
        reason = f"{file.name} holds OCPI Locations: charging stations, not sessions."
        hint = (
            "Read it as a registry of stations: evcharge stations FILE. To read the states of its ports, name it by "
            "the time at which it was taken, as 2024-05-01T08-30-00Z.json."
        )
        raise SourceError("not_sessions", reason, hint)


def _refuse_binary(file: SourceFile) -> None:
    """Refuse what its first bytes show to be something else, and neither text nor a workbook."""
    if is_workbook(file):
        return
    start = next(file.unpacked(), b"")
    if start.startswith(_OLE_MAGIC) and any(_PROTECTED in block for block in file.unpacked()):
        raise password_protected(file)
    for magic, what in _MAGICS:
        if start.startswith(magic):
            raise _not_a_table(file, what)


def _refuse_wide_or_binary(file: SourceFile, encoding: str) -> None:
    """Tell better than by one bad byte why the file is not in that encoding, if its first bytes can tell."""
    start, proved = without_mark(next(file.unpacked(), b""), encoding)
    if not proved.startswith(("utf-16", "utf-32")):
        _refuse_nul(file, start.split(b"\n")[0].decode("latin-1"))


def _refuse_nul(file: SourceFile, line: str) -> None:
    """Refuse a header line with NUL characters: no text has them, but UTF-16 read as bytes and binary files do."""
    if "\0" not in line:
        return
    if line.strip("\0") and max(line[::2].count("\0"), line[1::2].count("\0")) >= len(line) // 2:
        reason = f"{file.name} seems to be UTF-16 without a byte order mark: every other byte is NUL."
        raise SourceError("wrong_encoding", reason, "Say so: --encoding utf-16-le (or utf-16-be).")
    raise _not_a_table(file, "a binary file")


def _not_a_table(file: SourceFile, what: str) -> SourceError:
    hint = "Give the CSV, Excel (.xlsx) or JSON lines file itself (plain or gzipped)."
    return SourceError("not_a_table", f"{file.name} seems to be {what}, not a table of sessions.", hint)
