"""The `read` arrow of the line: a file becomes chunks of raw sessions.

``open_file`` pins the file's bytes, ``pick_profile`` tells what they are, ``read`` hands them on as text, row by row,
with each row's line and exact wording. A row that is broken in itself carries the code of its fault; a file that is
not what it was said to be is a ``SourceError``.

What does not belong here: whether a value is any good (``clean``), and any table of the database (``load``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from evcharge.carriers.file import SourceFile, open_file

if TYPE_CHECKING:
    from evcharge.frames import RawSessions
    from evcharge.sources.profile import Profile
    from evcharge.sources.profile_file import builtin_profiles, read_profile, with_overrides
    from evcharge.sources.recognise import is_one_source, pick_profile, unknown_columns

__all__ = [
    "CHUNK_ROWS",
    "Profile",
    "SourceFile",
    "builtin_profiles",
    "is_one_source",
    "open_file",
    "pick_profile",
    "read",
    "read_profile",
    "unknown_columns",
    "with_overrides",
]

CHUNK_ROWS = 25_000
"""Rows of a chunk: some 50 MB of text columns, and few enough chunks that a frame's own cost vanishes."""

_MODULES = {
    "Profile": "profile",
    "builtin_profiles": "profile_file",
    "read_profile": "profile_file",
    "with_overrides": "profile_file",
    "is_one_source": "recognise",
    "pick_profile": "recognise",
    "unknown_columns": "recognise",
}


def __getattr__(name: str) -> Any:
    """What is named, imported when it is first asked for: who lists profiles reads no file."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read(
    file: SourceFile,
    profile: Profile,
    chunk_rows: int = CHUNK_ROWS,
    *,
    salt: str | None = None,
    companions: tuple[Path, ...] = (),
    loaded: Mapping[Path, float | None] = MappingProxyType({}),
    evidence_until: datetime | None = None,
) -> Iterator[RawSessions]:
    """The file's rows in chunks of at most ``chunk_rows``, in file order; memory does not grow with a table.

    Every line below a table's header that is not blank is a row of exactly one chunk, or counted there as skipped. A
    header alone gives no chunk. Driver tokens come out as hashes made with ``salt``; without one they are left out.
    ``companions`` are the other files of the call: a log may end a session that another one began.
    ``loaded`` are those of them that are loaded already, each with the ``told_until_seconds`` of its chunks: a log far
    from the new ones is not read again.
    ``evidence_until`` asks for what the file tells of the states of ports, too; what it says of later times is refused.

    Raises:
        SourceError: the file does not fit the profile (as ``pick_profile``; raised at once), or it is found damaged,
            changed, wrongly encoded or without an end to a quote on the way: what was handed out before is then void.
    """
    from evcharge.sources.chunk import Reading
    from evcharge.sources.readers import reader_of
    from evcharge.sources.recognise import pick_profile

    pick_profile(file, [profile])
    return reader_of(file, profile.format).read(
        file, Reading(profile, salt, chunk_rows, companions, loaded, evidence_until)
    )
