"""One notice of a station about a connector: its status, or an error.

What does not belong here: how messages tell it (``ocpp.notifications``), and which attempt it is about
(``ocpp.connectors``, ``ocpp.attempts``).
"""

from __future__ import annotations

from typing import NamedTuple

from evcharge.sources.ocpp.times import Moment

WHOLE_STATION = "0"
"""Connector number of a notice that is about the whole station (OCPP 1.6, 6.47)."""

PREPARING, FAULTED = "Preparing", "Faulted"
"""Status of a connector that an attempt has begun at and no transaction yet, and of one that is out of order."""


class Notice(NamedTuple):
    """What one notice says of one connector.

    Attributes:
        connector_key: the connector that it is about: its number, after that of its EVSE and a slash in 2.0.1. Without
            a number behind the slash it is about the whole EVSE.
        moment: when it was.
        status: the connector's status, and ``status_before``, the last other one; empty where the log tells none.
        codes: its error codes without NoError.
        is_problem: whether it tells a problem of 2.0.1, which is no status.
        transaction_id: the transaction of 2.0.1 that it names; empty where it names none.
    """

    connector_key: str
    moment: Moment
    status: str
    codes: tuple[str, ...]
    status_before: str = ""
    is_problem: bool = False
    transaction_id: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it says that the connector is out of order, and by which code."""
        return bool(self.codes) and (self.is_problem or self.status == FAULTED)

    def is_at(self, connector_key: str) -> bool:
        """Whether it is about this connector, as far as both are known: of an EVSE there may be the number alone."""
        key = self.connector_key
        if key == connector_key:
            return True
        return (key.endswith("/") and connector_key.startswith(key)) or (
            connector_key.endswith("/") and key.startswith(connector_key)
        )
