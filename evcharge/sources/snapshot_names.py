"""The time of a snapshot that its file's name carries, as many archives of feeds have it.

What does not belong here: what stands in the file.
"""

from __future__ import annotations

import re
from dataclasses import replace

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources.profile import Profile

_IN_NAME = re.compile(
    r"(?<![0-9])(?P<year>20[0-9]{2})(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"[T _.-]?(?P<hour>[01][0-9]|2[0-3])(?P<colon>[-:_.h]?)(?P<minute>[0-5][0-9])"
    r"(?:(?P<colon2>[-:_.m]?)(?P<second>[0-5][0-9]))?(?:[.,][0-9]{1,9}(?![0-9]))?"
    r"(?P<zone>Z|[+-][01][0-9]:?[0-5][0-9])?(?![0-9])"
)


def time_in_name(name: str) -> str | None:
    """The one date with a clock time in a file's name, in ISO 8601; None where there is none, or several."""
    own = re.split(r"[/\\]", name)[-1]
    found = {_written(match) for match in _IN_NAME.finditer(own)}
    return found.pop() if len(found) == 1 else None


def _written(match: re.Match[str]) -> str:
    date = f"{match['year']}-{match['month']}-{match['day']}"
    return f"{date}T{match['hour']}:{match['minute']}:{match['second'] or '00'}{match['zone'] or ''}"


def with_time_of_name(profile: Profile, file: SourceFile) -> Profile:
    """The profile with the time in the file's name for every row, where it is of snapshots and names no field for it.

    Raises:
        SourceError: ``snapshot_without_time``.
    """
    if not _is_timed_by_name(profile):
        return profile
    text = time_in_name(file.name)
    if text is None:
        raise SourceError(
            "snapshot_without_time",
            f"{file.name} is one snapshot, and its name carries no time: a date with hours and minutes, once.",
            "Name it by the time at which it was taken, as 2024-05-01T08-30-00Z.json, "
            "or name its column: --map time=COLUMN.",
        )
    conventions = replace(profile.conventions, time_format="iso8601", time_formats=())
    return replace(profile, constants={**profile.constants, "time": text}, conventions=conventions)


def load_id_of(file: SourceFile, profile: Profile) -> str:
    """What a load of the file by this profile is known by: the bytes, and the time in the name where rows take it.

    A feed that comes back to an earlier state is saved in the same bytes, at another time.
    """
    text = time_in_name(file.name) if _is_timed_by_name(profile) else None
    return file.load_id if text is None else file.id_with(text)


def _is_timed_by_name(profile: Profile) -> bool:
    is_told = any("time" in table for table in (profile.mapped, profile.combined, profile.constants))
    return profile.evidence == "snapshot" and not is_told
