"""Files of statuses, of reported outages and of reported uptime, read and cleaned.

What does not belong here: formats (``sources``), the rules (``evidence_rules``), and writing (``evidence``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import pandas as pd

from evcharge.clean_evidence import OUTAGES, STATUSES, UPTIMES, clean_outages, clean_uptimes, nothing_of
from evcharge.errors import SourceError
from evcharge.evidence import CleanEvidence
from evcharge.instants import parse_instants
from evcharge.sources import Profile, SourceFile, read
from evcharge.sources.snapshot_names import with_time_of_name
from evcharge.statements import Port, Statements, StatusReading, raws_of

IN_ORDER = ("ocpi-status-pushes",)
"""Formats of logs, of which a later line came later."""


def read_statuses(
    file: SourceFile, profile: Profile, until: datetime, known_ports: Collection[Port] = ()
) -> Iterator[CleanEvidence]:
    """The statements of a file: what is refused at once with each chunk, and the others once it is read.

    Args:
        file: the open file.
        profile: of statuses.
        until: the present; statements about a time more than 24 hours later are refused.
        known_ports: ports of the source that are known from elsewhere: of them a snapshot speaks without listing them.
    """
    profile = with_time_of_name(profile, file)
    reading = StatusReading(profile.words, profile.evidence, profile.unlisted, profile.format in IN_ORDER, known_ports)
    statements, rows = Statements(reading, pd.Timestamp(until)), 0
    for raw in read(file, profile):
        rows += len(raw.frame)
        yield statements.add(raw)
    if not rows:
        yield nothing_of(STATUSES)
    if not rows and "time" in profile.constants:
        statements.add_empty_snapshot(_time_of_name(file, profile))
    yield from statements.close(lambda lines: raws_of(read(file, profile), lines))


def read_outages(
    file: SourceFile, profile: Profile, until: datetime, known_ports: Collection[Port] = ()
) -> Iterator[CleanEvidence]:
    """The reported outages and claims of exemption of a file, chunk by chunk."""
    raw = None
    for raw in read(file, profile):
        yield clean_outages(raw, pd.Timestamp(until))
    if raw is None:
        yield nothing_of(OUTAGES)


def read_uptimes(
    file: SourceFile, profile: Profile, until: datetime, known_ports: Collection[Port] = ()
) -> Iterator[CleanEvidence]:
    """Uptime as a file reports it, chunk by chunk."""
    raw = None
    for raw in read(file, profile):
        yield clean_uptimes(raw, pd.Timestamp(until))
    if raw is None:
        yield nothing_of(UPTIMES)


def _time_of_name(file: SourceFile, profile: Profile) -> int:
    """The instant of a snapshot that lists nothing [ms since 1970].

    Raises:
        SourceError: ``time_zone_unstated``.
    """
    text = profile.constants["time"]
    instant = parse_instants(pd.Series([text], dtype="object"), profile.conventions).instants[0]
    if pd.isna(instant):
        reason = f"{file.name}: the time in its name, {text}, does not say in which zone."
        raise SourceError("time_zone_unstated", reason, "State the zone: --tz Europe/Oslo, or the feed's own.")
    return int(instant.timestamp() * 1000)
