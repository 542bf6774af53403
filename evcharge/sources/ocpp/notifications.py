"""Messages that tell notices: StatusNotification of both versions, and NotifyEvent of OCPP 2.0.1.

What does not belong here: which attempt a notice is about (``ocpp.connectors``, ``ocpp.attempts``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.notices import FAULTED, WHOLE_STATION, Notice
from evcharge.sources.ocpp.payloads import NO_ERROR, error_codes, one_line, scalar

AVAILABILITY_STATE, PROBLEM = "AvailabilityState", "Problem"
"""Variables of OCPP 2.0.1 that tell a component's status, and whether something is wrong with it."""

_STATUSES = ("Available", "Occupied", "Reserved", "Unavailable", FAULTED)
"""What an AvailabilityState may be (ConnectorStatusEnumType)."""


def status_notice(message: Message) -> Notice:
    """What a StatusNotification says."""
    payload = message.payload
    status = scalar(payload.get("status")) or scalar(payload.get("connectorStatus"))
    key = _key(scalar(payload.get("evseId")), scalar(payload.get("connectorId")))
    return Notice(key, message.moment(payload.get("timestamp")), one_line(status), error_codes(payload))


def event_notices(message: Message) -> Iterator[Notice]:
    """What the events of a NotifyEvent say: a status, or a problem. What else they tell of is no notice."""
    events = message.payload.get("eventData")
    for event in events if isinstance(events, list) else ():
        variable = event.get("variable") if isinstance(event, dict) else None
        name = variable.get("name") if isinstance(variable, dict) else None
        if name in (AVAILABILITY_STATE, PROBLEM) and event.get("cleared") is not True:
            yield from _event_notice(message, event, name)


def _event_notice(message: Message, event: Mapping[str, Any], variable: str) -> Iterator[Notice]:
    """The notice that an event is, if it tells a status, or that there is a problem.

    A problem without a code of its own is named by its component.
    """
    component = _object(event.get("component"))
    evse = _object(component.get("evse"))
    number = scalar(evse.get("id"))
    key = WHOLE_STATION if number in ("", "0") else _key(number, scalar(evse.get("connectorId")))

    code = one_line(scalar(event.get("techCode")))
    codes = () if code in ("", NO_ERROR) else (code,)
    moment = message.moment(event.get("timestamp") or message.payload.get("generatedAt"))
    notice = Notice(key, moment, "", codes, transaction_id=scalar(event.get("transactionId")))
    value = event.get("actualValue")
    if variable == AVAILABILITY_STATE and value in _STATUSES:
        yield notice._replace(status=str(value), codes=codes if value == FAULTED else ())
    if variable == PROBLEM and str(value).casefold() == "true":
        unnamed = one_line(f"{scalar(component.get('name'))}:{PROBLEM}")
        yield notice._replace(codes=codes or (unnamed,), is_problem=True)


def _key(evse: str, connector: str) -> str:
    return f"{evse}/{connector}" if evse else connector


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
