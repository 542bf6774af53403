"""Files of JSON that hold no object: which profiles they may be of, and answers that say why they hold none.

A partner's page is empty on a quiet day, and that is no fault. What does not belong here: files that hold an object
(``recognise``), and what wraps objects (``json_documents``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources.formats import JSON_LISTS
from evcharge.sources.json_documents import LIST_NAMES, items
from evcharge.sources.ocpi.answers import is_answer, refuse_error_answer
from evcharge.sources.profile import Profile
from evcharge.sources.snapshot_names import time_in_name

ANSWER_REFUSED = "service_answered_error"
"""The fault of an answer that says why it holds nothing."""


class _Empty(NamedTuple):
    """What is known of a file without an object: how its lists are called, and whether each is of an OCPI answer."""

    names: frozenset[str]
    answers: bool


def empty_fits(file: SourceFile, profiles: Sequence[Profile]) -> list[Profile]:
    """The profiles of which a file without an object may be an empty page; none where it holds one, or is no JSON.

    A single profile is taken as asked for; of several those whose lists are called as the file's. A list without a
    name may be of any.

    Raises:
        SourceError: ``service_answered_error`` where it is an answer that says why it holds nothing.
    """
    candidates = [profile for profile in profiles if profile.format in JSON_LISTS and _may_be_of(file, profile)]
    empty = _empty_of(file) if candidates else None
    if empty is None:
        return []
    if len(profiles) == 1:
        return candidates
    return [profile for profile in candidates if empty.names <= set(JSON_LISTS[profile.format])]


def _may_be_of(file: SourceFile, profile: Profile) -> bool:
    """Whether the file's name does not speak against the profile: of a snapshot, it carries the time."""
    return profile.evidence != "snapshot" or time_in_name(file.name) is not None


def is_empty_answer(file: SourceFile) -> bool:
    """Whether a partner answered, by OCPI, that there is nothing: of whatever it was asked for, that is no rows."""
    empty = _empty_of(file)
    return empty is not None and empty.answers


def several_may_be(file: SourceFile, fitting: Sequence[Profile]) -> SourceError:
    """The error for an empty page of which it can't be told what it is a page of."""
    names = ", ".join(profile.name for profile in fitting)
    reason = f"{file.name} is a page without an object, and may be of several profiles: {names}."
    return SourceError("empty_page", reason, f"Say which one is meant: --profile {fitting[-1].name}.")


def _empty_of(file: SourceFile) -> _Empty | None:
    """The lists of a file that are all empty; None where it holds an object, or is no JSON."""
    names: set[str] = set()
    answers: list[bool | None] = []  # None of a list, which says nothing itself

    def look(line: int, members: Mapping[str, Any]) -> None:
        refuse_error_answer(file, line, members)
        answers.append(is_answer(members) if members else None)
        names.update(name for name in LIST_NAMES if name in members)

    try:
        for item in items(file, "utf-8", look):
            if item.fault or not is_answer(item.members):
                return None
            look(item.line, item.members)
    except SourceError as error:
        if error.code == ANSWER_REFUSED:
            raise
        return None
    return _Empty(frozenset(names), any(answers) and False not in answers) if answers else None
