"""Files of statuses, outages or reported uptime, in the chunks of a load; and which of them are refused whole.

A profile whose ``kind`` is not ``sessions`` is of such a file. ``READERS`` names, by kind, the function that reads and
cleans one: ``function(file, profile, until, known_ports) -> Iterator[CleanEvidence]``, where what is said of a time
after ``until`` is refused, and ``known_ports`` are those of the source that the database has. A reader of sessions
hands over evidence beside them, as ``RawSessions.evidence``. What does not belong here: writing (``evidence``), and the
load itself (``sessions``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from evcharge.errors import SourceError
from evcharge.evidence import CleanEvidence
from evcharge.frames import RAW_FRAME, RawSessions, empty_frame
from evcharge.load.evidence import EvidenceWriter
from evcharge.load.refusals import CURES, SEE_THEM, UNSTATED, refuse_most, refuse_rows
from evcharge.load.result import RejectLimit
from evcharge.models import SESSIONS, DimPort, DimStation, FactStatus
from evcharge.sources import SourceFile
from evcharge.sources.profile import Profile
from evcharge.statements import Port

if TYPE_CHECKING:
    ReadsEvidence = Callable[[SourceFile, Profile, datetime, Collection[Port]], Iterator[CleanEvidence]]

READERS = {
    "status": "evcharge.load.status_files:read_statuses",
    "outages": "evcharge.load.status_files:read_outages",
    "uptime": "evcharge.load.status_files:read_uptimes",
}
"""What reads and cleans a file, as module:function, by the kind of its profile."""
_WITHOUT_ZONE = "time_without_zone"
"""How the names of rules end that refuse a time for lack of a zone."""
CURE_ZONE = UNSTATED["start_time_without_zone"]
"""Code and cure of a file whose times have no zone."""


def has_sessions(profile: Profile) -> bool:
    """Whether a file that is read by this profile is one of sessions."""
    return profile.kind == SESSIONS


def ports_known(reader: Engine, profile: Profile) -> frozenset[Port]:
    """Ports of the source that a registry or an earlier snapshot names, where the profile is of snapshots; else none.

    What a snapshot does not list can be told only of these.
    """
    if profile.evidence != "snapshot":
        return frozenset()
    keys = (DimStation.station_key == DimPort.station_key, DimStation.station_key == FactStatus.station_key)
    of_source = select(DimStation.station_id).where(DimStation.source == profile.source)
    from_registries = of_source.add_columns(DimPort.port_id).join(DimPort, keys[0])
    from_snapshots = of_source.add_columns(FactStatus.port_id).join(FactStatus, keys[1])
    listed = from_snapshots.where(FactStatus.evidence == "snapshot").distinct()
    with reader.connect() as connection:
        return frozenset((row[0], row[1]) for ports in (from_registries, listed) for row in connection.execute(ports))


def chunks_of_evidence(
    file: SourceFile, profile: Profile, until: datetime, known_ports: Collection[Port] = ()
) -> Iterator[RawSessions]:
    """A file of evidence in chunks without a session."""
    module, _, name = READERS[profile.kind].partition(":")
    read: ReadsEvidence = getattr(import_module(module), name)
    nothing = RawSessions(empty_frame(RAW_FRAME), profile.conventions)
    for evidence in read(file, profile, until, known_ports):
        yield replace(nothing, evidence=(evidence,), skipped=evidence.skipped)


def refuse_without_zone(evidence: CleanEvidence, file: SourceFile) -> None:
    """Refuses a file of which every row is refused since its time has no zone, rather than row by row.

    Raises:
        SourceError: ``time_zone_unstated``.
    """
    refused = evidence.refused[evidence.refused["rule"].str.endswith(_WITHOUT_ZONE)] if evidence.read else None
    if refused is not None and refused["source_line"].nunique() == evidence.read:
        first = refused.iloc[0]
        raise SourceError(
            CURE_ZONE[0],
            f"{file.name} line {first['source_line']}: {first['column']} {first['value']!r} does not say in which "
            "zone.",
            CURE_ZONE[1],
        )


def refuse_evidence(writer: EvidenceWriter, limit: RejectLimit | None, file: SourceFile, *, alone: bool) -> None:
    """Refuses a file of which more evidence of a kind was rejected than the user allows.

    Where the file holds nothing else, also one of which a single rule takes over half.

    Raises:
        GateError: ``too_many_rejects``.
        SourceError: ``one_rule_refuses_most``.
    """
    for kind, counts in writer.counts.items():
        refuse_rows(counts.read, counts.rejected, counts.rejects_by_rule, limit, file, what=kind)
        for rule, count in counts.rejects_by_rule.items() if alone and limit is None else ():
            refuse_most(rule, count, counts.read, file, CURES.get(rule, SEE_THEM), what=kind)
