"""A month of an OCPP 1.6 or 2.0.1 log, made by chance from a seed, with what makes one day of it depend on another.

Sessions of minutes and of days, stops that come days late, sessions without a stop, stops without a start or an id,
acts that led nowhere, faults. What does not belong here: where a test cuts it into files.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

BEGIN = datetime(2024, 3, 1, tzinfo=timezone.utc)
DAYS = 30
ACCEPTED = {"status": "Accepted"}

Said = tuple[datetime, str, list[Any]]


def month(seed: int, sessions: int = 60) -> list[str]:
    """The lines of a log, in order."""
    chance = Random(seed)
    said: list[Said] = []
    for number in range(sessions):
        station = f"CP-{chance.randint(1, 3)}"
        begin = BEGIN + timedelta(seconds=chance.randrange(DAYS * 86_400))
        _act_16(chance, said, station, number, begin) if station != "CP-3" else _act_201(chance, said, number, begin)
    said.sort(key=lambda one: one[0])
    return [f"{at:%Y-%m-%d %H:%M:%S} station={station} {json.dumps(frame)}" for at, station, frame in said]


def _later(chance: Random, begin: datetime) -> datetime:
    """An end: of most sessions within hours, of some after days."""
    return begin + timedelta(seconds=chance.choice([600, 3_600, 3_600, 20_000, 100_000, 400_000]))


def _act_16(chance: Random, said: list[Said], station: str, number: int, begin: datetime) -> None:
    end, tag, connector = _later(chance, begin), f"TAG-{chance.randint(1, 3)}", chance.randint(1, 2)
    kind = chance.random()
    began_at, ended_at = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (begin, end))

    def status(at: datetime, name: str, code: str = "NoError") -> None:
        payload = {"connectorId": connector, "errorCode": code, "status": name, "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        said.append((at, station, [2, f"n{number}{name}", "StatusNotification", payload]))

    if chance.random() < 0.5:
        status(begin - timedelta(seconds=30), "Preparing")
    if chance.random() < 0.5:
        at = begin - timedelta(seconds=20)
        said.append((at, station, [2, f"a{number}", "Authorize", {"idTag": tag}]))
        said.append((at, station, [3, f"a{number}", {"idTagInfo": ACCEPTED}]))
    if kind < 0.1:
        if chance.random() < 0.5:
            status(begin + timedelta(seconds=20), "Faulted", "GroundFailure")
        return

    transaction = 0 if kind > 0.95 else 100 + number
    start = {"connectorId": connector, "idTag": tag, "meterStart": 1000 * number, "timestamp": began_at}
    stop = {"transactionId": transaction, "meterStop": 1000 * number + 900, "timestamp": ended_at, "reason": "Local"}
    if kind < 0.95:
        said.append((begin, station, [2, f"s{number}", "StartTransaction", start]))
        said.append((begin, station, [3, f"s{number}", {"transactionId": transaction, "idTagInfo": ACCEPTED}]))
        status(begin + timedelta(seconds=2), "Charging")
    if kind > 0.2:
        late = timedelta(days=chance.choice([0, 0, 0, 0, 1, 5]))
        said.append((end + late, station, [2, f"e{number}", "StopTransaction", stop]))
        if chance.random() < 0.1:
            said.append((end + late + timedelta(days=4), station, [2, f"e{number}", "StopTransaction", stop]))
        if chance.random() < 0.7:
            status(end + timedelta(seconds=5), chance.choice(["Finishing", "Available"]))


def _act_201(chance: Random, said: list[Said], number: int, begin: datetime) -> None:
    end, evse = _later(chance, begin), {"id": chance.randint(1, 2), "connectorId": 1}
    for at, event, wh in ((begin, "Started", 0), (begin + (end - begin) / 2, "Updated", 400), (end, "Ended", 900)):
        if event == "Ended" and chance.random() < 0.15:
            continue
        time = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        meter = [{"timestamp": time, "sampledValue": [{"value": 1000 * number + wh}]}]
        info = {"transactionId": f"T{number}", "chargingState": "Charging"}
        payload = {"eventType": event, "timestamp": time, "triggerReason": "ChargingStateChanged", "seqNo": 1}
        payload |= {"transactionInfo": info, "evse": evse, "meterValue": meter}
        said.append((at, "CP-3", [2, f"{event}{number}", "TransactionEvent", payload]))
    if chance.random() < 0.5:
        at = begin - timedelta(seconds=chance.choice([2, 60]))
        values = [{"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "sampledValue": [{"value": 1000 * number}]}]
        said.append((at, "CP-3", [2, f"m{number}", "MeterValues", {"evseId": evse["id"], "meterValue": values}]))
