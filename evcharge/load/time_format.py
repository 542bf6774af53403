"""Which of a profile's time formats a file is written in, told from the whole file before any of it is cleaned.

What does not belong here: profiles that state one format, and what becomes of a time that no format reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from evcharge.errors import SourceError
from evcharge.frames import Conventions
from evcharge.instants import parse_instants
from evcharge.sources import Profile, SourceFile, read

TIME_COLUMNS = ("start_time", "end_time", "source_updated_at")
"""Columns that cleaning reads by the time format."""


def settled(file: SourceFile, profile: Profile) -> Profile:
    """The profile with the one of its ``time_formats`` that reads the file.

    A format is out when it can't read a time that another one can. Where the whole file can be read in two ways that
    differ, or in none, nothing is chosen. A time that no format reads is no evidence: cleaning refuses its row.

    Raises:
        SourceError: ``time_format_ambiguous`` with both readings of one value, or ``time_formats_mixed`` with a value
            for each; both name the option that settles it.
    """
    formats = profile.conventions.time_formats
    if not formats:
        return profile
    failing: dict[str, str] = {}
    differing: dict[tuple[str, str], str] = {}
    for texts in _distinct_times(file, profile):
        readings = {name: _readings(texts, profile.conventions, name) for name in formats}
        _gather_failures(texts, readings, failing)
        _gather_differences(texts, readings, differing)
    return _chosen(file, profile, failing, differing)


def _distinct_times(file: SourceFile, profile: Profile) -> Iterable[pd.Series]:
    """The distinct times of each chunk, as text."""
    for raw in read(file, profile):
        texts = pd.concat([raw.frame[column] for column in TIME_COLUMNS]).dropna().drop_duplicates()
        if len(texts):
            yield texts.reset_index(drop=True)


def _readings(texts: pd.Series, conventions: Conventions, time_format: str) -> pd.Series:
    """The texts as clock times by one format; NaT where it can't read them. Zones don't matter here."""
    by_format = replace(conventions, time_format=time_format, time_formats=(), timezone="UTC")
    return parse_instants(texts, by_format).instants


def _gather_failures(texts: pd.Series, readings: Mapping[str, pd.Series], failing: dict[str, str]) -> None:
    """Notes for each format the first text that it can't read and another can."""
    by_any = pd.concat([instants.notna() for instants in readings.values()], axis=1).any(axis=1)
    for name, instants in readings.items():
        missed = texts[by_any & instants.isna()]
        if len(missed):
            failing.setdefault(name, missed.iloc[0])


def _gather_differences(
    texts: pd.Series, readings: Mapping[str, pd.Series], differing: dict[tuple[str, str], str]
) -> None:
    """Notes for each pair of formats the first text that they read differently."""
    names = list(readings)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            both = readings[one].notna() & readings[other].notna() & (readings[one] != readings[other])
            if both.any():
                differing.setdefault((one, other), texts[both].iloc[0])


def _chosen(
    file: SourceFile, profile: Profile, failing: Mapping[str, str], differing: Mapping[tuple[str, str], str]
) -> Profile:
    conventions = profile.conventions
    left = [name for name in conventions.time_formats if name not in failing]
    if not left:
        told = ", ".join(f"{value!r} does not fit {name}" for name, value in failing.items())
        reason = f"{file.name}: its times follow no single format of profile {profile.name}: {told}."
        raise SourceError("time_formats_mixed", reason, "Split the file, or state its format: --time-format PATTERN.")
    for one, other in differing:
        if one in left and other in left:
            raise _ambiguous(file, profile, one, other, differing[one, other])
    return replace(profile, conventions=replace(conventions, time_format=left[0], time_formats=()))


def _ambiguous(file: SourceFile, profile: Profile, one: str, other: str, value: str) -> SourceError:
    shown = [_readings(pd.Series([value]), profile.conventions, name)[0] for name in (one, other)]
    return SourceError(
        "time_format_ambiguous",
        f"{file.name} can be read in two ways: {value!r} is {shown[0]:%d %B %Y %H:%M} by {one}, "
        f"{shown[1]:%d %B %Y %H:%M} by {other}.",
        f"State the format: --time-format '{one}' or --time-format '{other}'.",
    )
