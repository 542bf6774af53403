"""What to do with a table that does not fit a profile: which columns it lacks, what is near them, and what to type.

What does not belong here: whether a file fits (``recognise``).
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError, as_path
from evcharge.sources.meaning import meanings_of
from evcharge.sources.names import as_list, folded, on_one_line
from evcharge.sources.profile import Profile

NEAR_NAMES = 3
"""Near names suggested for a missing column: more would hide the likely one."""

NEAR_ENOUGH = 0.5
"""Share of what a profile needs that may be missing for it to be told as the nearest one. House rule."""

NEAR_COUNTS = 0.5
"""What a missing column counts where the file has a name near it: half. It only decides which profile is advised."""

MAX_NAMES_SHOWN = 40
"""Columns listed in a message. The widest real export has 37."""

MAX_NAME_CHARACTERS = 60
"""Characters of a column name in a message; a header that is really a row of data may hold long texts."""

_DELIMITER_NAMES = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "bars"}
OTHER_DELIMITERS = {";": "--delimiter ';'", "\t": "--delimiter tab", ",": "--delimiter ,", "|": "--delimiter '|'"}


class Look(NamedTuple):
    """A file's beginning as a profile sees it: its field names, and which of the profile's are missing.

    Where the profile's delimiters leave the header one column, ``other_delimiter`` is the one that it seems to have
    instead, and names and missing are as they would be under that one. Such a look never fits: it only serves the
    advice.
    """

    profile: Profile
    names: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    other_delimiter: str = ""


def missing_columns(file: SourceFile, look: Look) -> SourceError:
    """The error for a file that does not fit the one profile asked for."""
    return SourceError(
        "missing_columns",
        f"{file.name} does not fit profile {look.profile.name}: {_misfit(look)}. It has: {shown(look.names)}.",
        _advice(look),
    )


def no_profile_fits(
    file: SourceFile, looks: Sequence[Look], header_line: int | None = None, fitting: Sequence[str] = ()
) -> SourceError:
    """The error for a file that fits none of several profiles, with the nearest one.

    Args:
        file: the open file.
        looks: what each profile sees.
        header_line: where the header may be, if not in the line that they looked at.
        fitting: names of the profiles that would fit there.
    """
    if not looks:
        return SourceError("no_profile_fits", f"{file.name}: there is no profile to choose from.")
    nearest = min(looks, key=_share_missing)
    reason = f"{file.name} fits no profile. Its columns: {shown(nearest.names)}."
    say_so = ""
    if header_line:
        reason += f" The header may be further down: line {header_line}"
        reason += f", which fits profile {' or '.join(fitting)}." if fitting else "."
        say_so = f"Say so: --header-line {header_line}. Or see" if fitting else ""
    elif len(nearest.missing) <= NEAR_ENOUGH * _count_needed(nearest):
        reason += f" Nearest is {nearest.profile.name}: {_misfit(nearest)}."
    check = f"evcharge check {shlex.quote(as_path(file.name))}"
    hint = f"{say_so or 'See'} what its columns may be, and the command that loads it: {check}"
    return SourceError("no_profile_fits", reason, hint)


def _misfit(look: Look) -> str:
    """What keeps the profile from fitting."""
    faults = [f"it is separated by {_DELIMITER_NAMES[look.other_delimiter]}"] if look.other_delimiter else []
    return ", and ".join([*faults, f"it lacks {', '.join(_missing_with_near(look))}"] if look.missing else faults)


def _advice(look: Look) -> str:
    """The options that would make it fit."""
    advice = [f"Name the delimiter: {OTHER_DELIMITERS[look.other_delimiter]}."] if look.other_delimiter else []
    return " ".join([*advice, _map_hint(look)] if look.missing else advice)


def _share_missing(look: Look) -> float:
    """How much of what the profile needs is missing, 0 to 1."""
    names = [folded(name) for name in look.names]
    near = sum(bool(difflib.get_close_matches(folded(theirs), names, n=1)) for _, theirs in look.missing)
    missing = len(look.missing) - near * (1 - NEAR_COUNTS)
    return missing / _count_needed(look)


def _count_needed(look: Look) -> int:
    """How many of the publisher's fields the profile needs."""
    profile = look.profile
    needed = len(profile.columns) + sum(map(len, profile.combined.values()))
    return needed + len(profile.session_key) + len(profile.marks)


def _missing_with_near(look: Look) -> list[str]:
    """Each missing field as ``theirs (for ours; near: x, y)``."""
    descriptions = []
    for ours, theirs in look.missing:
        near = _near(theirs, ours, look.names)
        descriptions.append(f"{theirs} (for {ours}{'; near: ' + shown(near) if near else ''})")
    return descriptions


def _near(theirs: str, ours: str, names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The file's names that mean our column, or look like the missing field or like our column."""
    by_folded = {folded(name): name for name in names if folded(name) and name not in taken}
    near = [
        *map(folded, _meant(ours, by_folded.values())),
        *difflib.get_close_matches(folded(theirs), by_folded, n=NEAR_NAMES),
        *difflib.get_close_matches(folded(ours), by_folded, n=NEAR_NAMES),
    ]
    return [by_folded[name] for name in dict.fromkeys(near)][:NEAR_NAMES]


def _meant(ours: str, names: Iterable[str]) -> list[str]:
    """The names that mean our column, those that do most first."""
    meant = {name: meaning.score for name in names for meaning in meanings_of(name) if meaning.column == ours}
    return sorted(meant, key=lambda name: -meant[name])


def _map_hint(look: Look) -> str:
    """The options that would name the missing columns, each by another of the file's; a session key is stated anew.

    A mark has none. Where nothing is like an end, a column that is like a length will do. What tells sessions apart may
    be a column of its own as well: a start does both.
    """
    options: dict[str, str] = {}
    read = replace(look.profile, session_key=()).fields
    taken = {name for name in look.names if folded(name) in read}
    for ours, theirs in [pair for pair in look.missing if pair[0] not in ("marks", "session_key")]:
        near = _near(theirs, ours, look.names, taken)
        if ours == "end_time" and not near and (lengths := _near("duration", "duration_minutes", look.names, taken)):
            ours, near = "duration_minutes", lengths
        taken.update(near[:1])
        options.setdefault(
            ours, f"--map {ours}={shlex.quote(printable(on_one_line(near[0]))) if near else 'THEIR_COLUMN'}"
        )
    if any(ours == "session_key" for ours, _ in look.missing):
        options["session_key"] = f"--session-key {shlex.quote(as_list(_near_key(look)))}"
    if not options:
        return f"Profile {look.profile.name} is for another layout: name the one that is meant, or none."
    return f"Say which column it is: {' '.join(options.values())}."


def _near_key(look: Look) -> list[str]:
    """The file's columns that may tell sessions apart: its id, or the key's own with others for those it lacks."""
    if ids := _meant("session_id", look.names):
        return [printable(on_one_line(ids[0]))]
    lacking = {theirs for ours, theirs in look.missing if ours == "session_key"}
    key: list[str] = []
    for name in look.profile.session_key:
        if look.profile.spellings_of(name)[0] not in lacking:
            key.append(name)
            continue
        near = _near(name, "session_key", look.names, key)
        key.append(printable(on_one_line(near[0])) if near else "THEIR_COLUMN")
    return list(dict.fromkeys(key))


def shown(names: Sequence[str]) -> str:
    """The names for a message: on one line, and not too many."""
    more = f" and {len(names) - MAX_NAMES_SHOWN:,} more" if len(names) > MAX_NAMES_SHOWN else ""
    return ", ".join(_short(name) for name in names[:MAX_NAMES_SHOWN]) + more


def _short(name: str) -> str:
    text = printable(name.strip())
    return text if len(text) <= MAX_NAME_CHARACTERS else f"{text[: MAX_NAME_CHARACTERS - 1]}…"
