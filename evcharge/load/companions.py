"""What an empty page is of, told by the other files of the call.

What does not belong here: what a file says of itself (``sources``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evcharge.errors import SourceError
from evcharge.sources import Profile, SourceFile, open_file, pick_profile
from evcharge.sources.empty_pages import is_empty_answer

MOST_COMPANIONS = 100
"""Other files of a call that are asked what an empty page is of."""


def pick_among(file: SourceFile, candidates: Iterable[Profile], companions: tuple[Path, ...]) -> Profile:
    """The profile of ``pick_profile``; of an empty page that may be of several, the one that other files are of.

    An empty answer of OCPI that no other file tells of is no rows of whatever it was asked for: the last profile that
    it may be of is as good as another.

    Args:
        file: the open file.
        candidates: profiles to choose from.
        companions: the other files of the call.

    Raises:
        SourceError: as ``pick_profile``.
    """
    profiles = tuple(candidates)
    try:
        return pick_profile(file, profiles)
    except SourceError as error:
        if error.code != "empty_page":
            raise
        told = {profile.name: profile for path in companions[:MOST_COMPANIONS] for profile in _of(path, profiles)}
        may_be = [profile for profile in told.values() if _may_be(file, profile)]
        if len(may_be) == 1:
            return may_be[0]
        if is_empty_answer(file):
            return next(profile for profile in reversed(profiles) if _may_be(file, profile))
        raise


def _of(path: Path, profiles: tuple[Profile, ...]) -> list[Profile]:
    """The profile that another file is of; none where it can't be told."""
    try:
        with open_file(path) as file:
            return [pick_profile(file, profiles)]
    except SourceError:
        return []


def _may_be(file: SourceFile, profile: Profile) -> bool:
    """Whether the file may be an empty page of the profile."""
    try:
        return pick_profile(file, [profile]) is profile
    except SourceError:
        return False
