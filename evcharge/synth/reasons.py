"""What the sample records of how its sessions ended: OCPP's stop reasons, and error codes of OCPP and ChargeX.

Which word is how frequent is made up. Does not belong here: what the words mean (``metrics.reasons``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evcharge.synth.chance import Floats, Ints, pick


class Ending(NamedTuple):
    """What is recorded of one kind of ending, and how frequent it is, relative."""

    weight: int
    stop_reason: str
    error_code: str = ""


SUCCESS, ORDINARY, LOCK, HEAT, PAYMENT = "success", "ordinary", "lock", "heat", "payment"
"""Kinds of sessions: those that succeed, ordinary failures, and failures by a planted fault."""

_ORDINARY = (
    Ending(20, ""),
    Ending(16, "EVDisconnected"),
    Ending(8, "Local"),
    Ending(12, "Timeout"),
    Ending(9, "Other", "EVCommunicationError"),
    Ending(7, "DeAuthorized"),
    Ending(6, "Other", "CX020"),
    Ending(5, "Other", "CX010"),
    Ending(4, "Other", "CX001"),
    Ending(3, "Other", "CX003"),
    Ending(3, "PowerLoss", "CX015"),
    Ending(2, "GroundFault", "CX002"),
    Ending(2, "Reboot"),
    Ending(2, "EmergencyStop", "CX008"),
    Ending(1, "Other", "CX013"),
)
"""Of 100 ordinary failures."""

PLANTED = {
    LOCK: (Ending(600, "Other", "CX001"),),
    HEAT: (Ending(600, "Other", "CX003"),),
    PAYMENT: (Ending(400, "DeAuthorized"), Ending(200, "Other", "CX009")),
}
"""The words of a fault: six in seven of its failures; the seventh has an ordinary ending, or none recorded."""

MIXTURES = {
    SUCCESS: (
        Ending(44, "EVDisconnected"),
        Ending(26, "Local"),
        Ending(18, "StoppedByEV"),
        Ending(7, "Remote"),
        Ending(5, "SOCLimitReached"),
    ),
    ORDINARY: _ORDINARY,
    **{fault: (*endings, *_ORDINARY) for fault, endings in PLANTED.items()},
}
KINDS = tuple(MIXTURES)

RECORDED = tuple(dict.fromkeys(ending[1:] for mixture in MIXTURES.values() for ending in mixture))
"""Every pair of stop reason and error code, each once."""


def draw_endings(uniform: Floats, kind: Ints) -> Ints:
    """What is recorded of each session, as indices into ``RECORDED``; its kind is an index into ``KINDS``."""
    drawn = np.empty(len(uniform), dtype=np.int64)
    for index, mixture in enumerate(MIXTURES.values()):
        chosen = np.flatnonzero(kind == index)
        cumulative = np.cumsum([ending.weight for ending in mixture])
        places = np.array([RECORDED.index(ending[1:]) for ending in mixture], dtype=np.int64)
        drawn[chosen] = places[pick(uniform[chosen], cumulative, cumulative[-1])]
    return drawn


def planted_words(kind: str) -> list[str]:
    """The reasons that a fault gives: the error code, or the stop reason where there is none."""
    return [ending.error_code or ending.stop_reason for ending in PLANTED[kind]]
