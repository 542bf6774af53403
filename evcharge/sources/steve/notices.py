"""Statuses of SteVe's export as evidence of uptime: each as the StatusNotification that it was made of.

What does not belong here: how the tables of an export are joined (``steve.export``), and what a notice tells
(``ocpp.evidence``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from evcharge.evidence import CleanEvidence
from evcharge.sources.ocpp.evidence import LogEvidence, state_of
from evcharge.sources.ocpp.evse_states import UP
from evcharge.sources.ocpp.frame import CALL, Message
from evcharge.sources.profile import Profile
from evcharge.sources.steve.export import StatusRow


def evidence_of(rows: Iterable[StatusRow], sha256: str, profile: Profile, until: datetime) -> Iterator[CleanEvidence]:
    """What the statuses tell of connectors; those that SteVe may have entered itself are skipped.

    SteVe enters that a connector is in use at the very time of a start, and that it is available at that of a stop.
    Such a word proves nothing; a word that a connector does not work is taken whenever it was said. Source: SteVe,
    OcppServerRepositoryImpl.

    Args:
        rows: the statuses.
        sha256: of the file.
        profile: what the export is read by.
        until: statements about later times are refused.
    """
    evidence, skipped = LogEvidence(profile, until), 0

    def notices() -> Iterator[Message]:
        nonlocal skipped
        for row in rows:
            if row.at_turn and state_of(row.told[0]) == UP:
                skipped += 1
            else:
                yield _notice(row, sha256)

    for _ in evidence.noted(notices()):
        pass
    for chunk in evidence.chunks():
        if chunk.kind == "statuses":
            chunk.refused["raw"] = [raw.rpartition("\n")[0] for raw in chunk.refused["raw"]]  # without the notice
            chunk.skipped, skipped = skipped, 0
            yield chunk


def _notice(row: StatusRow, sha256: str) -> Message:
    """The notice that a row was made of; without a direction, for when SteVe heard from the charger is not told."""
    (box, number), (status, time, error, vendor, vendor_error) = row.connector, row.told
    payload = {
        "connectorId": number,
        "status": status,
        "timestamp": time,
        "errorCode": error,
        "vendorId": vendor,
        "vendorErrorCode": vendor_error,
    }
    return Message(sha256, row.line, f"{row.raw}\n", box, "", "", "", CALL, "", "StatusNotification", payload)
