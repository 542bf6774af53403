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
        *,
        context: str = "Sample.Periodic",
        offline: bool = False,
    ) -> Log:
        info: dict[str, Any] = {
            "eventType": kind,
            "timestamp": f"{DAY}T{clock}Z",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "T"},
        }
        info |= {"triggerReason": "Trigger", "evse": {"id": 1, "connectorId": 1}, "offline": offline}
        if register is not None:
            info["meterValue"] = [
                {"timestamp": info["timestamp"], "sampledValue": [{"value": register, "context": context}]}
            ]
        return self.say(clock, [2, f"event-{len(self.lines)}", "TransactionEvent", info])
