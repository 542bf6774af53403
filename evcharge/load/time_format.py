"""Which of a profile's time formats a file is written in, told from the whole file before any of it is cleaned.

What does not belong here: profiles that state one format, and what becomes of a time that no format reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import combinations, compress
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Integers
from evcharge.errors import SourceError
from evcharge.frames import Conventions
from evcharge.instants import parse_instants
from evcharge.sources import Profile, SourceFile, read

TIME_COLUMNS = (
    *("start_time", "end_time", "source_updated_at"),
    *("time", "updated_at", "from_time", "until_time"),
)
"""Columns that cleaning reads by the time format."""

_Readers = tuple[str, ...]
"""The formats that read a time, in the order of the profile."""


class Settled(NamedTuple):
    """What a file's times are read by.

    Attributes:
        profile: with the one format that reads the file; or with those that it mixes, each time fitting one.
        mixed: number of times by format; empty where one format reads them all.
    """

    profile: Profile
    mixed: Mapping[str, int]


class _Evidence(NamedTuple):
    """What a file's times say of the formats; times that no format reads say nothing.

    Attributes:
        counts: number of times by their readers.
        examples: the first time with these readers.
        differing: the first time with these readers that two of them read differently, by readers and these two.
    """

    counts: Counter[_Readers]
    examples: dict[_Readers, str]
    differing: dict[tuple[_Readers, str, str], str]


def settled(file: SourceFile, profile: Profile) -> Settled:
    """The profile with the one of its ``time_formats`` that reads the file, or with those that the file mixes.

    A format is out when it can't read a time that another one can. Where all are out the file mixes formats: those
    that alone read a time are in, and each time is read by the one that fits it. Where a time can be read in two ways
    that differ nothing is chosen. A time that no format reads is no evidence: cleaning refuses its row.

    Raises:
        SourceError: ``time_format_ambiguous`` or ``time_formats_mixed``, with both readings of one time and the option
            that settles it.
    """
    formats = profile.conventions.time_formats
    if not formats:
        return Settled(profile, {})
    evidence = _evidence(file, profile)
    for_all = [name for name in formats if all(name in readers for readers in evidence.counts)]
    if for_all:
        if clash := _clash(evidence, for_all):
            raise _ambiguous(file, profile, *clash)
        return Settled(_with_formats(profile, for_all[0], ()), {})
    left = _left_of_mix(evidence)
    if clash := _clash(evidence, left):
        raise _mixing(file, profile, evidence, _both(profile, *clash))
    counts = _counts_by_format(evidence, left)
    mixed = tuple(name for name in formats if name in counts)
    return Settled(_with_formats(profile, mixed[0], mixed), {name: counts[name] for name in mixed})


def _with_formats(profile: Profile, time_format: str, time_formats: tuple[str, ...]) -> Profile:
    conventions = replace(profile.conventions, time_format=time_format, time_formats=time_formats)
    return replace(profile, conventions=conventions)


def _evidence(file: SourceFile, profile: Profile) -> _Evidence:
    found = _Evidence(Counter(), {}, {})
    for raw in read(file, profile):
        columns = [raw.frame[column] for column in TIME_COLUMNS if column in raw.frame]
        counts = pd.concat(columns).value_counts(sort=False)
        if len(counts):
            texts = pd.Series(counts.index, dtype=object)
            readings = {name: _readings(texts, profile.conventions, name) for name in profile.conventions.time_formats}
            _gather(found, texts, np.asarray(counts), readings)
    return found


def _readings(texts: pd.Series, conventions: Conventions, time_format: str) -> pd.Series:
    """The texts as clock times by one format; NaT where it can't read them. Zones don't matter here."""
    by_format = replace(conventions, time_format=time_format, time_formats=(), timezone="UTC")
    return parse_instants(texts, by_format).instants


def _gather(found: _Evidence, texts: pd.Series, counts: Integers, readings: Mapping[str, pd.Series]) -> None:
    """Adds what these distinct times say, each of which stands in the file so many times."""
    readable = np.column_stack([instants.notna() for instants in readings.values()])
    for one_kind in np.unique(readable[readable.any(axis=1)], axis=0):
        rows = (readable == one_kind).all(axis=1)
        readers = tuple(compress(readings, one_kind))
        found.counts[readers] += int(counts[rows].sum())
        found.examples.setdefault(readers, texts[rows].iloc[0])
        for one, other in combinations(readers, 2):
            differing = rows & np.asarray(readings[one] != readings[other])
            if differing.any():
                found.differing.setdefault((readers, one, other), texts[differing].iloc[0])


def _left_of_mix(evidence: _Evidence) -> frozenset[str]:
    """The formats that alone read a time, and all that read a time which none of these does."""
    needed = frozenset(readers[0] for readers in evidence.counts if len(readers) == 1)
    others = (readers for readers in evidence.counts if needed.isdisjoint(readers))
    return needed.union(*others)


def _counts_by_format(evidence: _Evidence, left: Collection[str]) -> Counter[str]:
    """Number of times by the first of these formats that reads them."""
    counts: Counter[str] = Counter()
    for readers, count in evidence.counts.items():
        counts[next(name for name in readers if name in left)] += count
    return counts


def _clash(evidence: _Evidence, chosen: Collection[str]) -> tuple[str, str, str] | None:
    """Two of these formats and the first time that they read differently; None where there is no such time."""
    pairs = ((one, other, text) for (_, one, other), text in evidence.differing.items())
    return next((pair for pair in pairs if pair[0] in chosen and pair[1] in chosen), None)


def _both(profile: Profile, one: str, other: str, text: str) -> str:
    """The two readings of a time, in words."""
    shown = [_readings(pd.Series([text]), profile.conventions, name)[0] for name in (one, other)]
    return f"{text!r} is {shown[0]:%d %B %Y %H:%M} by {one}, {shown[1]:%d %B %Y %H:%M} by {other}"


def _ambiguous(file: SourceFile, profile: Profile, one: str, other: str, text: str) -> SourceError:
    return SourceError(
        "time_format_ambiguous",
        f"{file.name} can be read in two ways: {_both(profile, one, other, text)}.",
        f"State the format: --time-format '{one}' or --time-format '{other}'.",
    )


def _mixing(file: SourceFile, profile: Profile, evidence: _Evidence, both: str) -> SourceError:
    alone = [(readers[0], text) for readers, text in evidence.examples.items() if len(readers) == 1]
    told = ", ".join(f"{text!r} fits only {name}" for name, text in alone)
    return SourceError(
        "time_formats_mixed",
        f"{file.name}: its times follow no single format of profile {profile.name} ({told}), and {both}.",
        "Split the file, or state its format: --time-format PATTERN; repeat it where each time fits one of several.",
    )
