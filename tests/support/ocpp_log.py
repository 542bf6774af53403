"""Logs of one OCPP station, message by message, for tests of what stations get wrong."""

from __future__ import annotations

import json
from typing import Any

DAY = "2024-05-06"


class Log:
    """A log of one station, one message per line; every answer accepts."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, clock: str, frame: Any, way: str = "received") -> Log:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self.lines.append(f"{DAY}T{clock}Z station=CP-1 {way} {text}")
        return self

    def start(
        self,
        clock: str,
        transaction: int,
        *,
        number: object = None,
        connector: int = 1,
        meter: int = 0,
        tag: str = "TAG-1",
        at: str | None = None,
    ) -> Log:
        number = number or f"start-{len(self.lines)}"
        asked = {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": at or f"{DAY}T{clock}Z"}
        self.say(clock, [2, number, "StartTransaction", asked])
        answer = {"transactionId": transaction, "idTagInfo": {"status": "Accepted"}}
        return self.say(clock, [3, number, answer], "sent")

    def stop(
        self,
        clock: str,
        transaction: int | None,
        meter: int,
        *,
        reason: str = "Local",
        at: str | None = None,
        **more: Any,
    ) -> Log:
        told = {"meterStop": meter, "timestamp": at or f"{DAY}T{clock}Z", "reason": reason, **more}
        named = {} if transaction is None else {"transactionId": transaction}
        return self.say(clock, [2, f"stop-{len(self.lines)}", "StopTransaction", {**named, **told}])

    def ask(self, clock: str, *, status: str = "Accepted", **payload: Any) -> Log:
        """A card that is held up at a station of 2.0.1; or, with an EVSE, a start by app."""
        number, action = f"ask-{len(self.lines)}", "RequestStartTransaction" if payload else "Authorize"
        token = {"idToken": {"idToken": "TAG-9", "type": "ISO14443"}}
        self.say(clock, [2, number, action, {**token, **payload}], "sent" if payload else "received")
        answer = {"status": status} if payload else {"idTokenInfo": {"status": status}}
        return self.say(clock, [3, number, answer], "received" if payload else "sent")

    def notify(self, clock: str, *events: dict[str, Any]) -> Log:
        """A NotifyEvent of events that happened when it was sent, unless they say when."""
        at = f"{DAY}T{clock}Z"
        told = [{"eventId": 1, "timestamp": at, "trigger": "Alerting", **event} for event in events]
        return self.say(clock, [2, f"notify-{len(self.lines)}", "NotifyEvent", {"generatedAt": at, "eventData": told}])

    def connector_status(self, clock: str, evse: int, status: str) -> Log:
        told = {"evseId": evse, "connectorId": 1, "connectorStatus": status, "timestamp": f"{DAY}T{clock}Z"}
        return self.say(clock, [2, f"status-{len(self.lines)}", "StatusNotification", told])

    def evse_values(self, clock: str, *samples: dict[str, Any], evse: int = 1, at: str | None = None) -> Log:
        """A MeterValues of 2.0.1, which names an EVSE."""
        value = [{"timestamp": f"{DAY}T{at or clock}Z", "sampledValue": list(samples)}]
        return self.say(clock, [2, f"values-{len(self.lines)}", "MeterValues", {"evseId": evse, "meterValue": value}])

    def notice(self, clock: str, connector: int, status: str) -> Log:
        told = {"connectorId": connector, "status": status, "errorCode": "NoError", "timestamp": f"{DAY}T{clock}Z"}
        return self.say(clock, [2, f"notice-{len(self.lines)}", "StatusNotification", told])

    def values(self, clock: str, transaction: int, *samples: dict[str, Any]) -> Log:
        told = {"connectorId": 1, "transactionId": transaction}
        value = [{"timestamp": f"{DAY}T{clock}Z", "sampledValue": list(samples)}]
        return self.say(clock, [2, f"values-{len(self.lines)}", "MeterValues", {**told, "meterValue": value}])

    def event(
        self,
        clock: str,
        kind: str,
        register: object = None,
        *samples: dict[str, Any],
        context: str = "Sample.Periodic",
        offline: bool = False,
        transaction: str = "T",
        at: str | None = None,
        evse: dict[str, int] | None = None,
    ) -> Log:
        info: dict[str, Any] = {
            "eventType": kind,
            "timestamp": f"{DAY}T{at or clock}Z",
            "seqNo": 0,
            "transactionInfo": {"transactionId": transaction},
        }
        info |= {"triggerReason": "Trigger", "evse": evse or {"id": 1, "connectorId": 1}, "offline": offline}
        if register is not None:
            samples = ({"value": register, "context": context}, *samples)
        if samples:
            info["meterValue"] = [{"timestamp": info["timestamp"], "sampledValue": list(samples)}]
        return self.say(clock, [2, f"event-{len(self.lines)}", "TransactionEvent", info])
