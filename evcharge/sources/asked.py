"""The profiles that a file may be read by, as somebody asks for it: those built in, or one, with what they say of it.

What does not belong here: where that is said (``cli``, ``api_load``), and which profile fits a file (``recognise``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evcharge.errors import SourceError
from evcharge.sources.profile import Profile
from evcharge.sources.profile_file import builtin_profiles, read_profile, with_overrides

OF_SESSIONS = {
    "session_key": "--session-key",
    "energy_unit": "--energy-unit",
    "true_words": "--true-words",
    "false_words": "--false-words",
    "failures_included": "--failures-included",
}
"""What says how sessions are read, and nothing of statuses, outages and reported uptime."""


def why_no_source(publisher: str | None) -> str:
    """Why nobody may be called so who publishes files; empty where it is a name like any other."""
    made_up = _made_up()
    return f"{made_up} is the source of what evcharge sample makes up; name another." if publisher == made_up else ""


def profiles_as_asked(
    profile: str | None,
    columns: Mapping[str, Sequence[str]],
    *,
    stated: str | None,
    publisher: str | None,
    **overrides: Any,
) -> list[Profile]:
    """The profiles a file may be read by: the built-in ones, or the named one.

    Columns or a session key without a profile mean evcharge's own layout, as CSV or as JSON lines.

    Args:
        profile: the name of a built-in profile, or the path of one's own; None where the file tells.
        columns: our columns to theirs, or to several that make one together.
        stated: the source of this very file; what ``evcharge sample`` made up keeps its own.
        publisher: the source of a file whose layout names none.
        overrides: what else ``with_overrides`` takes.

    Raises:
        SourceError: no such profile, or a setting that can't be used or is of sessions alone.
    """
    builtin = builtin_profiles()
    if profile is None:
        own = [builtin[name] for name in _own_layouts(columns)]
        chosen = own if columns or overrides.get("session_key") else _that_may_be_meant(builtin.values(), overrides)
    else:
        chosen = [builtin[profile] if profile in builtin else _read(profile, builtin)]
        _refuse_of_sessions(chosen[0], overrides)
    source_by_default = {_made_up(): None, "": publisher}
    return [
        with_overrides(one, columns=columns, source=source_by_default.get(one.source, stated), **overrides)
        for one in chosen
    ]


def _made_up() -> str:
    """The source of what ``evcharge sample`` makes up."""
    return builtin_profiles()["sample"].source


def _read(profile: str, builtin: Collection[str]) -> Profile:
    if not Path(profile).exists():
        reason = f"{profile!r} is neither a built-in profile nor a file."
        raise SourceError("unknown_profile", reason, f"Built in: {', '.join(sorted(builtin))}.")
    return read_profile(Path(profile))


def _own_layouts(mapped: Collection[str]) -> tuple[str, ...]:
    """Evcharge's own layouts that have these columns."""
    if not {"time", "word"}.isdisjoint(mapped):
        return "status-native", "status-native-jsonl"
    return ("exemptions",) if not {"from_time", "cause"}.isdisjoint(mapped) else ("native", "native-jsonl")


def _that_may_be_meant(profiles: Iterable[Profile], overrides: Mapping[str, Any]) -> list[Profile]:
    """The profiles that a file may be read by: with a setting of sessions, those of sessions."""
    of_sessions = any(overrides.get(name) for name in OF_SESSIONS)
    return [profile for profile in profiles if profile.kind == "sessions" or not of_sessions]


def _refuse_of_sessions(profile: Profile, overrides: Mapping[str, Any]) -> None:
    """Refuses a setting of sessions beside a profile of something else.

    Raises:
        SourceError: ``option_of_sessions``.
    """
    given = [option for name, option in OF_SESSIONS.items() if overrides.get(name)]
    if given and profile.kind != "sessions":
        what = {"status": "statuses", "outages": "outages", "uptime": "reported uptime"}[profile.kind]
        reason = f"profile {profile.name} is of {what}, and what is asked for says how sessions are read."
        raise SourceError("option_of_sessions", reason, f"Leave out {given[0]}.")
