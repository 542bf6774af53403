"""Two synthetic days of OCPP messages made from a known truth, with every known trap, and writers of each carrier.

The first is OCPP 1.6J at three stations, the second OCPP 2.0.1 at two. Nothing here is chance: the same call, the same
messages. What the log should come to stands beside what makes it, act by act.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

MIDNIGHT = datetime(2024, 3, 5, tzinfo=timezone.utc)
INDIA = timezone(timedelta(hours=5, minutes=30))


class Said(NamedTuple):
    """One message of the log: when it was logged, at which station, whether the station sent it, and its frame."""

    logged: datetime
    station: str
    by_station: bool
    frame: list[Any]


def clock(text: str) -> datetime:
    """A time of the day, h:mm or h:mm:ss; hours may pass 24."""
    hours, minutes, *seconds = map(int, text.split(":"))
    return MIDNIGHT + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def iso(at: str, form: int = 0) -> str:
    """A payload's time in one of the forms that stations write: Z, with a fraction, with an offset."""
    return clock(at).strftime(("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%dT%H:%M:%S+00:00")[form % 3])


class Day:
    """Messages as they are said, and the rows that a right reading makes of them."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.truth: list[dict[str, Any]] = []
        self.rejected: list[str] = []
        self._numbers: dict[tuple[str, bool], int] = {}

    def call(
        self, at: str, station: str, action: str, payload: Any, *, by_station: bool = True, number: str = ""
    ) -> str:
        """A request; its number is returned. Each side counts for itself, so that numbers of the two collide."""
        if not number:
            self._numbers[station, by_station] = self._numbers.get((station, by_station), 0) + 1
            number = str(self._numbers[station, by_station])
        self.said.append(Said(clock(at), station, by_station, [2, number, action, payload]))
        return number

    def reply(self, at: str, station: str, number: str, payload: Any, *, by_station: bool = False) -> None:
        """An answer to a request of the other side."""
        self.said.append(Said(clock(at), station, by_station, [3, number, payload]))

    def error(self, at: str, station: str, number: str, code: str, *, by_station: bool = False) -> None:
        """An answer that it failed."""
        self.said.append(Said(clock(at), station, by_station, [4, number, code, "", {}]))

    def attempt(self, station: str, start: str, **told: Any) -> None:
        """A row that a right reading makes."""
        usual = dict.fromkeys(
            ("end", "energy_kwh", "stop_reason", "error_code", "reached_charging", "next_status", "connector_id")
        )
        self.truth.append({"station": station, "start": start, "has_transaction": True, **usual, **told})

    def log(self) -> list[Said]:
        """The messages in the order of the log."""
        return sorted(self.said, key=lambda said: said.logged)


class Day16(Day):
    """The words of OCPP 1.6."""

    def authorize(self, at: str, station: str, tag: str, status: str | None = "Accepted", number: str = "") -> None:
        number = self.call(at, station, "Authorize", {"idTag": tag}, number=number)
        if status:
            self.reply(at, station, number, {"idTagInfo": {"status": status}})

    def remote(self, at: str, station: str, tag: str, status: str | None = "Accepted", connector: int = 1) -> None:
        payload = {"connectorId": connector, "idTag": tag}
        number = self.call(at, station, "RemoteStartTransaction", payload, by_station=False)
        if status:
            self.reply(at, station, number, {"status": status}, by_station=True)

    def start(
        self,
        at: str,
        station: str,
        transaction: int | None,
        *,
        tag: str = "TAG-0001",
        connector: int = 1,
        meter: int = 0,
        status: str = "Accepted",
        logged: str = "",
        form: int = 0,
    ) -> str:
        payload = {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": iso(at, form)}
        number = self.call(logged or at, station, "StartTransaction", payload)
        if transaction is not None:
            answer = {"transactionId": transaction, "idTagInfo": {"status": status, "parentIdTag": "PARENT-1"}}
            self.reply(logged or at, station, number, answer)
        return number

    def stop(
        self, at: str, station: str, transaction: int, meter: int, reason: str = "", *, tag: str = "", logged: str = ""
    ) -> None:
        payload: dict[str, Any] = {"transactionId": transaction, "meterStop": meter, "timestamp": iso(at, 1)}
        payload |= {"reason": reason} if reason else {}
        payload |= {"idTag": tag} if tag else {}
        number = self.call(logged or at, station, "StopTransaction", payload)
        self.reply(logged or at, station, number, {"idTagInfo": {"status": "Accepted"}})

    def status(
        self,
        at: str,
        station: str,
        status: str,
        error: str = "NoError",
        *,
        connector: int = 1,
        code: str = "",
        **more: str,
    ) -> None:
        payload: dict[str, Any] = {
            "connectorId": connector,
            "errorCode": error,
            "status": status,
            "timestamp": iso(at, 2),
        }
        payload |= {"vendorId": "ACME", "vendorErrorCode": code} if code else {}
        number = self.call(more.get("logged", at), station, "StatusNotification", payload)
        self.reply(more.get("logged", at), station, number, {})


def day_16() -> Day16:
    """OCPP 1.6J at the stations CP-A, CP-B and CP-C."""
    day = Day16()
    _ordinary_sessions(day)
    _attempts_without_transaction(day)
    _refused_starts(day)
    _faults(day)
    _queue_and_ids(day)
    _repeats(day)
    _meters(day)
    return day


def _ordinary_sessions(day: Day16) -> None:
    # CP-A: a card, a charge, the card again to stop; the Charging notice is sent 3 s before the start, no reason given
    day.status("8:00", "CP-A", "Preparing")
    day.authorize("8:00:10", "CP-A", "TAG-0001")
    day.status("8:00:17", "CP-A", "Charging")
    day.start("8:00:20", "CP-A", 501, meter=1000)
    day.call("8:10", "CP-A", "MeterValues", {"connectorId": 1, "meterValue": []})  # no answer
    day.authorize("8:59:50", "CP-A", "TAG-0001")
    day.stop("9:00:20", "CP-A", 501, 13345, tag="TAG-0001")
    day.status("9:00:20", "CP-A", "Finishing")
    day.status("9:02", "CP-A", "Available")
    day.attempt(
        "CP-A", "8:00:20", end="9:00:20", energy_kwh=12.345, stop_reason="Local", reached_charging=True,
        next_status="Finishing", connector_id="1",
    )  # fmt: skip
    # CP-B: at the same time, with the same numbers and transaction id; by app, with the station asking once more
    day.remote("8:00:05", "CP-B", "APP-0002")
    day.authorize("8:00:08", "CP-B", "APP-0002")
    day.start("8:00:20", "CP-B", 501, tag="APP-0002", meter=50, form=1)
    day.status("8:00:21", "CP-B", "Charging")
    day.stop("8:30", "CP-B", 501, 7550, "Remote")
    day.status("8:31", "CP-B", "Faulted", "GroundFailure")
    day.attempt(
        "CP-B", "8:00:20", end="8:30", energy_kwh=7.5, stop_reason="Remote", reached_charging=True,
        next_status="Faulted", connector_id="1",
    )  # fmt: skip
    # CP-C: an act whose request, start, answer and stop may fall into different files
    day.authorize("11:59:58", "CP-C", "TAG-0003")
    number = day.start("11:59:59", "CP-C", None, tag="TAG-0003")
    day.reply("12:00:01", "CP-C", number, {"transactionId": 77, "idTagInfo": {"status": "Accepted"}})
    day.status("12:00:02", "CP-C", "Charging")
    day.stop("13:00", "CP-C", 77, 9000, "EVDisconnected")
    day.status("13:00:01", "CP-C", "Available")
    day.attempt(
        "CP-C", "11:59:59", end="13:00", energy_kwh=9.0, stop_reason="EVDisconnected", reached_charging=True,
        next_status="Available", connector_id="1",
    )  # fmt: skip


def _attempts_without_transaction(day: Day16) -> None:
    nothing: dict[str, Any] = {"has_transaction": False}
    day.remote("9:10", "CP-A", "APP-0005")
    day.attempt("CP-A", "9:10", **nothing, connector_id="1")
    day.remote("9:20", "CP-A", "APP-0005", "Rejected")
    day.attempt("CP-A", "9:20", **nothing, connector_id="1", error_code="RemoteStartTransaction:Rejected")
    day.remote("9:30", "CP-A", "APP-0005", None)
    day.attempt("CP-A", "9:30", **nothing, connector_id="1", error_code="RemoteStartTransaction:NoAnswer")
    day.authorize("9:40", "CP-A", "VID:0A1B2C3D4E5F", "Invalid")
    day.attempt("CP-A", "9:40", **nothing, error_code="Authorize:Invalid")
    day.authorize("9:50", "CP-A", "TAG-0006")
    day.attempt("CP-A", "9:50", **nothing)
    day.authorize("10:00", "CP-A", "TAG-0006", None)
    day.attempt("CP-A", "10:00", **nothing, error_code="Authorize:NoAnswer")
    number = day.call("10:10", "CP-A", "Authorize", {"idTag": "TAG-0006"})
    day.error("10:10:01", "CP-A", number, "InternalError")
    day.attempt("CP-A", "10:10", **nothing, error_code="Authorize:InternalError")
    # a start by app that the station asks about and is refused
    day.remote("10:20", "CP-A", "APP-0007")
    day.authorize("10:20:01", "CP-A", "APP-0007", "Blocked")
    day.attempt("CP-A", "10:20", **nothing, connector_id="1", error_code="Authorize:Blocked")
    # an app's start that comes too late to be the one asked for
    day.remote("10:30", "CP-A", "APP-0008", connector=2)
    day.attempt("CP-A", "10:30", **nothing, connector_id="2")
    day.start("10:33:01", "CP-A", 502, tag="APP-0008", connector=2)
    day.stop("10:40", "CP-A", 502, 400, "Remote")
    day.attempt("CP-A", "10:33:01", end="10:40", energy_kwh=0.4, stop_reason="Remote", connector_id="2")
    # held up again shortly after the session stopped: another attempt, not the one before
    day.authorize("10:41", "CP-A", "APP-0008")
    day.attempt("CP-A", "10:41", **nothing)
    # the same request, sent twice under one number; and a refused card beside one that then works
    day.authorize("10:50", "CP-A", "TAG-0009", number="same")
    day.authorize("10:50:05", "CP-A", "TAG-0009", number="same")
    day.attempt("CP-A", "10:50", **nothing)
    day.authorize("11:00", "CP-A", "TAG-0010", "Expired")
    day.attempt("CP-A", "11:00", **nothing, error_code="Authorize:Expired")
    day.authorize("11:00:30", "CP-A", "TAG-0010")
    day.start("11:00:30", "CP-A", 503, tag="TAG-0010", meter=1)
    day.stop("11:30", "CP-A", 503, 2001, "Local")
    day.attempt(
        "CP-A", "11:00:30", end="11:30", energy_kwh=2.0, stop_reason="Local", connector_id="1", next_status="Preparing"
    )  # fmt: skip
    # the connector can't be locked, and the card's attempt ends there; that of the other connector is another matter
    day.authorize("12:20", "CP-A", "TAG-0012")
    day.status("12:20:01", "CP-A", "Preparing")
    day.status("12:20:03", "CP-A", "Faulted", "ConnectorLockFailure")
    day.status("12:20:05", "CP-A", "Faulted", "HighTemperature", connector=3)
    day.status("12:21:30", "CP-A", "Available")
    day.attempt("CP-A", "12:20", **nothing, error_code="ConnectorLockFailure")
    # the log ends before it can be told what this led to
    day.authorize("23:58", "CP-A", "TAG-0011")
    day.attempt("CP-A", "23:58", has_transaction=None)
    day.call("23:59:30", "CP-A", "Heartbeat", {})


def _refused_starts(day: Day16) -> None:
    # a refused card that the station starts with all the same: one act, stopped as it should be
    day.authorize("9:00", "CP-B", "TAG-0020", "Invalid")
    day.start("9:00:02", "CP-B", 504, tag="TAG-0020", status="Invalid", meter=7550)
    day.stop("9:00:04", "CP-B", 504, 7550, "DeAuthorized")
    day.attempt(
        "CP-B", "9:00:02", end="9:00:04", energy_kwh=0.0, stop_reason="DeAuthorized", connector_id="1",
        error_code="StartTransaction:Invalid",
    )  # fmt: skip
    # the central system fails at a start, which then stays open
    payload = {"connectorId": 2, "idTag": "TAG-0021", "meterStart": 0, "timestamp": iso("9:05")}
    day.error("9:05:01", "CP-B", day.call("9:05", "CP-B", "StartTransaction", payload), "InternalError")
    day.attempt("CP-B", "9:05", connector_id="2", error_code="StartTransaction:InternalError")


def _faults(day: Day16) -> None:
    day.start("14:00", "CP-C", 78, tag="TAG-0030", meter=9000)
    day.status("14:00:01", "CP-C", "SuspendedEVSE", "NoError", code="StopReason:None")  # not an error
    day.status("14:01", "CP-C", "Faulted", "OtherError", code="StopReason:VehicleProtocolError")
    day.status("14:01", "CP-C", "Faulted", "OtherError", code="StopReason:VehicleProtocolError")
    day.status("14:01:30", "CP-C", "Available", "PowerMeterFailure", connector=0)
    day.status("14:01:40", "CP-C", "Faulted", "HighTemperature", connector=2)  # another connector's
    day.stop("14:02", "CP-C", 78, 9000, "Other")
    day.status("14:02:15", "CP-C", "Faulted", "GroundFailure")
    day.status("14:02:30", "CP-C", "Faulted", "WeakSignal")  # too late to be of this session
    day.attempt(
        "CP-C", "14:00", end="14:02", energy_kwh=0.0, stop_reason="Other", reached_charging=False,
        next_status="Faulted", connector_id="1",
        error_code="ACME:StopReason:VehicleProtocolError, PowerMeterFailure, GroundFailure",
    )  # fmt: skip
    # an error 4 s before a start is of it, and no longer of the session that stopped 10 s before
    day.start("15:00", "CP-C", 79, tag="TAG-0031")
    day.stop("15:10", "CP-C", 79, 100, "PowerLoss")
    day.status("15:10:06", "CP-C", "Preparing", "ReaderFailure")
    day.start("15:10:10", "CP-C", 80, tag="TAG-0031")
    day.stop("15:20", "CP-C", 80, 200, "Local")
    day.attempt(
        "CP-C", "15:00", end="15:10", energy_kwh=0.1, stop_reason="PowerLoss", next_status="Preparing",
        connector_id="1",
    )  # fmt: skip
    day.attempt(
        "CP-C", "15:10:10", end="15:20", energy_kwh=0.2, stop_reason="Local", connector_id="1",
        error_code="ReaderFailure", reached_charging=False,
    )  # fmt: skip


def _queue_and_ids(day: Day16) -> None:
    # off the network from 16:00 to 20:00: everything is said at once, with its own times
    day.start("16:30", "CP-B", 0, tag="TAG-0040", connector=2, logged="20:00")
    day.status("16:30:02", "CP-B", "Charging", connector=2, logged="20:00:01")
    day.stop("17:00", "CP-B", 0, 3000, "Local", logged="20:00:02")
    day.start("17:30", "CP-B", 0, tag="TAG-0041", connector=2, meter=3000, logged="20:00:03")
    day.status("17:00:03", "CP-B", "Available", connector=2, logged="20:00:04")
    day.stop("18:00", "CP-B", 0, 3500, "Local", logged="20:00:05")
    day.attempt(
        "CP-B", "16:30", end="17:00", energy_kwh=3.0, stop_reason="Local", reached_charging=True,
        next_status="Available", connector_id="2",
    )  # fmt: skip
    day.attempt("CP-B", "17:30", end="18:00", energy_kwh=0.5, stop_reason="Local", connector_id="2")
    # a start that nobody answered, and its stop without an id
    day.start("20:30", "CP-C", None, tag="TAG-0042", connector=2)
    day.stop("20:45", "CP-C", -1, 1500, "Reboot")
    day.attempt("CP-C", "20:30", end="20:45", energy_kwh=1.5, stop_reason="Reboot", connector_id="2")
    # an orphan: open until its own stop, which never comes, and not closed by the next session
    day.start("21:00", "CP-C", 81, tag="TAG-0043")
    day.attempt("CP-C", "21:00", connector_id="1", reached_charging=None)
    day.start("22:00", "CP-C", 82, tag="TAG-0044")
    day.stop("22:30", "CP-C", 82, 500, "Local")
    day.attempt("CP-C", "22:00", end="22:30", energy_kwh=0.5, stop_reason="Local", connector_id="1")
    # stops of sessions that began before the log
    day.authorize("0:09:50", "CP-C", "TAG-0045")
    day.stop("0:10", "CP-C", 40, 4000, "Local", tag="TAG-0045")
    day.rejected.append("stop_without_start")


def _repeats(day: Day16) -> None:
    # a start sent again under another number and answered with another id; a stop said three times, the last one right
    day.start("18:00", "CP-A", 510, tag="TAG-0050", meter=100)
    day.start("18:00", "CP-A", 511, tag="TAG-0050", meter=100, logged="18:00:30", form=2)
    day.reply("18:00:31", "CP-A", "9999", {"status": "Accepted"}, by_station=True)  # an answer to nothing
    day.stop("18:30", "CP-A", 510, 1100, "EVDisconnected")
    day.stop("18:30", "CP-A", 510, 1100, "EVDisconnected", logged="18:30:10")
    day.stop("18:31", "CP-A", 511, 1150, "Local")
    day.attempt("CP-A", "18:00", end="18:31", energy_kwh=1.05, stop_reason="Local", connector_id="1")
    # both sides use one number at once; the answers go to their own requests, and the second answers say nothing
    number = day.call("19:00", "CP-A", "Authorize", {"idTag": "TAG-0051"}, number="42")
    day.call("19:00", "CP-A", "RemoteStartTransaction", {"idTag": "APP-0052"}, by_station=False, number="42")
    day.reply("19:00:01", "CP-A", number, {"status": "Rejected"}, by_station=True)
    day.reply("19:00:01", "CP-A", number, {"idTagInfo": {"status": "Accepted"}})
    day.reply("19:00:02", "CP-A", number, {"idTagInfo": {"status": "Invalid"}})
    day.attempt("CP-A", "19:00", has_transaction=False)
    day.attempt("CP-A", "19:00", has_transaction=False, error_code="RemoteStartTransaction:Rejected")
    # the station restarts and counts from 1 again
    day.authorize("19:30", "CP-A", "TAG-0053", number="1")
    day.attempt("CP-A", "19:30", has_transaction=False)
    day.authorize("19:40", "CP-A", "TAG-0053", number="1")
    day.attempt("CP-A", "19:40", has_transaction=False)


def _meters(day: Day16) -> None:
    day.start("22:40", "CP-A", 520, meter=5000)
    day.stop("22:45", "CP-A", 520, 5000, "EVDisconnected")
    day.attempt("CP-A", "22:40", end="22:45", energy_kwh=0.0, stop_reason="EVDisconnected", connector_id="1")
    day.start("22:50", "CP-A", 521, meter=5000)
    day.stop("22:55", "CP-A", 521, 4000, "Local")
    day.attempt("CP-A", "22:50", end="22:55", stop_reason="Local", connector_id="1")  # the meter ran backwards
    day.start("23:00", "CP-A", 522, meter=0)
    day.stop("23:05", "CP-A", 522, 2_000_000, "Local")
    day.rejected.append("energy_kwh_out_of_range")


class Day201(Day):
    """The words of OCPP 2.0.1."""

    def event(self, at: str, station: str, event: str, transaction: str, trigger: str, **more: Any) -> str:
        info = {"transactionId": transaction, **more.pop("info", {})}
        if tag := more.pop("tag", ""):
            more["idToken"] = {"idToken": tag, "type": "ISO14443"}
        logged, answer = more.pop("logged", at), more.pop("answer", {})
        payload = {"eventType": event, "timestamp": iso(at, 1), "triggerReason": trigger, "seqNo": 0} | more
        number = self.call(logged, station, "TransactionEvent", payload | {"transactionInfo": info})
        self.reply(logged, station, number, answer)
        return number


def register(value: object, context: str = "", unit: str = "", multiplier: int = 0, **more: object) -> dict[str, Any]:
    """A meter value with one reading of the energy register."""
    sample: dict[str, Any] = {"value": value, **more}
    sample |= {"context": context} if context else {}
    sample |= {"unitOfMeasure": {"unit": unit, "multiplier": multiplier}} if unit else {}
    return {"timestamp": iso("0:00"), "sampledValue": [sample]}


def day_201() -> Day201:
    """OCPP 2.0.1 at the stations CS-A and CS-B."""
    day = Day201()
    at_1 = {"evse": {"id": 1, "connectorId": 1}}
    # plugged in first, authorised after; the register in kWh at the start and in Wh at the end
    first = {"meterValue": [register(1.5, "Transaction.Begin", "kWh"), register(9, "Sample.Periodic", phase="L1")]}
    day.event(
        "8:00", "CS-A", "Started", "T-1", "CablePluggedIn", **at_1, info={"chargingState": "EVConnected"}, **first
    )
    day.call("8:00:20", "CS-A", "Authorize", {"idToken": {"idToken": "TOKEN-1", "type": "ISO14443"}}, number="a1")
    day.reply("8:00:20", "CS-A", "a1", {"idTokenInfo": {"status": "Accepted"}})
    day.event("8:00:21", "CS-A", "Updated", "T-1", "Authorized", tag="TOKEN-1")
    day.event("8:00:25", "CS-A", "Updated", "T-1", "ChargingStateChanged", info={"chargingState": "Charging"})
    last = [register(1500, "Transaction.Begin"), register(9000), register(114, "Transaction.End", "Wh", 2)]
    day.event("9:00", "CS-A", "Ended", "T-1", "EVDeparted", info={"stoppedReason": "EVDisconnected"}, meterValue=last)
    available = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": iso("9:00:01")}
    day.call("9:00:02", "CS-A", "StatusNotification", available)
    day.attempt(
        "CS-A", "8:00", end="9:00", energy_kwh=9.9, stop_reason="EVDisconnected", reached_charging=True,
        next_status="Available", connector_id="1", port_id="1",
    )  # fmt: skip
    # by app; offline at the end, told later; no reason given; never charged; said twice
    ask = {"idToken": {"idToken": "APP-2", "type": "Central"}, "remoteStartId": 7, "evseId": 2}
    number = day.call("10:00", "CS-A", "RequestStartTransaction", ask, by_station=False)
    day.reply("10:00:01", "CS-A", number, {"status": "Accepted"}, by_station=True)
    remote = {"remoteStartId": 7, "chargingState": "EVConnected"}
    for _ in range(2):
        day.event("10:00:30", "CS-A", "Started", "T-2", "RemoteStart", evse={"id": 2, "connectorId": 1}, info=remote)
    day.event("10:30", "CS-A", "Ended", "T-2", "StopAuthorized", logged="14:00", offline=True)
    day.attempt(
        "CS-A", "10:00:30", end="10:30", stop_reason="Local", reached_charging=False, connector_id="1", port_id="2"
    )  # fmt: skip
    # asked for and never begun; refused; a card refused; a card that led nowhere
    number = day.call("11:00", "CS-A", "RequestStartTransaction", ask | {"remoteStartId": 8}, by_station=False)
    day.reply("11:00:01", "CS-A", number, {"status": "Accepted"}, by_station=True)
    day.attempt("CS-A", "11:00", has_transaction=False, port_id="2")
    number = day.call("11:10", "CS-A", "RequestStartTransaction", ask | {"remoteStartId": 9}, by_station=False)
    day.reply("11:10:01", "CS-A", number, {"status": "Rejected"}, by_station=True)
    day.attempt(
        "CS-A", "11:10", has_transaction=False, port_id="2", error_code="RequestStartTransaction:Rejected"
    )  # fmt: skip
    for at, status in (("11:20", "Unknown"), ("11:30", "Accepted")):
        number = day.call(at, "CS-A", "Authorize", {"idToken": {"idToken": "TOKEN-3", "type": "ISO14443"}})
        day.reply(at, "CS-A", number, {"idTokenInfo": {"status": status}})
    day.attempt("CS-A", "11:20", has_transaction=False, error_code="Authorize:Unknown")
    day.attempt("CS-A", "11:30", has_transaction=False)
    # a token that the central system refuses once the transaction has begun; another station, the same transaction id
    refused = {"idTokenInfo": {"status": "Blocked"}}
    day.event("8:00", "CS-B", "Started", "T-1", "Authorized", tag="TOKEN-4", answer=refused, evse={"id": 1})
    day.event("8:00:05", "CS-B", "Ended", "T-1", "Deauthorized", info={"stoppedReason": "DeAuthorized"})
    day.attempt(
        "CS-B", "8:00", end="8:00:05", stop_reason="DeAuthorized", port_id="1", error_code="TransactionEvent:Blocked"
    )  # fmt: skip
    # crosses a cut of the log, and stays open; ended without a beginning
    day.event("11:58", "CS-B", "Started", "T-5", "CablePluggedIn", **at_1)
    day.event("12:30", "CS-B", "Updated", "T-5", "ChargingStateChanged", info={"chargingState": "Charging"})
    day.attempt("CS-B", "11:58", reached_charging=True, connector_id="1", port_id="1")
    day.event("11:50", "CS-B", "Started", "T-6", "CablePluggedIn", evse={"id": 2, "connectorId": 1})
    day.event("12:40", "CS-B", "Ended", "T-6", "EVDeparted", info={"stoppedReason": "StoppedByEV"})
    day.attempt("CS-B", "11:50", end="12:40", stop_reason="StoppedByEV", connector_id="1", port_id="2")
    day.event("0:20", "CS-B", "Ended", "T-0", "EVDeparted", info={"stoppedReason": "Local"})
    day.rejected.append("stop_without_start")
    day.call("23:59", "CS-B", "Heartbeat", {})
    return day


Write = Callable[[Iterable[Said]], str]


def steve(log: Iterable[Said]) -> str:
    """Lines of SteVe's log, among others that carry nothing."""
    lines = ["[INFO ] 2024-03-05 00:00:00,001 de.rwth.idsg.steve.Application (main) - Started [2 beans]"]
    for said in log:
        at = said.logged.strftime("%Y-%m-%d %H:%M:%S,000")
        way = "Received" if said.by_station else "Sending"
        lines.append(
            f"[INFO ] {at} de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp-1) - "
            f"[chargeBoxId={said.station}, sessionId=f00-1] {way}: {json.dumps(said.frame)}"
        )
    return "\n".join([*lines, ""])


def evcc(log: Iterable[Said]) -> str:
    """Lines of evcc at TRACE."""
    lines = ["[main  ] INFO 2024/03/05 00:00:00 evcc 0.1"]
    for said in log:
        way = "received JSON message from" if said.by_station else "sent JSON message to"
        at = said.logged.strftime("%Y/%m/%d %H:%M:%S")
        lines.append(f"[ocpp  ] TRACE {at} {way} {said.station}: {json.dumps(said.frame, separators=(',', ':'))}")
    return "\n".join([*lines, ""])


def bench(log: Iterable[Said]) -> str:
    """Lines of the certification tool, which names no station."""
    lines = ["Test Case Name : TC_X", "-" * 20]
    for said in log:
        at = said.logged.strftime("%Y-%m-%dT%H:%M:%S:000")
        lines += [
            f"[{at}] [info] Waiting",
            f"[{at}] [msg-{'in' if said.by_station else 'out'}] {json.dumps(said.frame)}",
        ]
    return "\n".join([*lines, ""])


def prefixed(log: Iterable[Said]) -> str:
    """A time, words, and a frame."""
    return "".join(
        f"{said.logged:%Y-%m-%dT%H:%M:%S.000Z} INFO station={said.station} {'received' if said.by_station else 'sent'} "
        f"{json.dumps(said.frame)}\n"
        for said in log
    )


def _objects(log: Iterable[Said]) -> list[dict[str, Any]]:
    return [
        {
            "stationId": said.station,
            "timestamp": said.logged.isoformat(),
            "direction": "received" if said.by_station else "sent",
            "message": said.frame,
        }
        for said in log
    ]


def json_lines(log: Iterable[Said]) -> str:
    """One object per line."""
    return "".join(json.dumps(one) + "\n" for one in _objects(log))


def json_array(log: Iterable[Said]) -> str:
    """One document of one line."""
    return json.dumps(_objects(log))


def pretty_array(log: Iterable[Said]) -> str:
    """One document of many lines, the frames as texts."""
    return json.dumps([one | {"message": json.dumps(one["message"])} for one in _objects(log)], indent=2)


def _csv(header: list[str], rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    return text.getvalue()


def export(log: Iterable[Said]) -> str:
    """The table export, whose clock is India's and counts hours from 0 to 11."""
    rows, asked = [["CP-A", "", "", "", "", "ChargePointConnected", ""]], dict[tuple[str, bool, str], str]()
    for said in log:
        kind, number, *rest = said.frame
        if kind == 2:
            asked[said.station, said.by_station, number] = rest[0]
            command, payload = f"{rest[0]}Request", json.dumps(rest[1])
        elif kind == 3:
            command = f"{asked.get((said.station, not said.by_station, number), 'Unknown')}Response"
            payload = json.dumps(rest[0])
        else:
            command, payload = "NotImplemented", rest[0]
        local = said.logged.astimezone(INDIA)
        half = "pm" if local.hour >= 12 else "am"
        at = f"{local:%d/%m/%Y}, {local.hour % 12}:{local:%M:%S} {half} IST"
        flow = "CP-->CMS" if said.by_station else "CMS-->CP"
        rows.append([said.station, at, "", number, flow, command, payload])
    return _csv(["cp_id", "real_time", "received_time", "Id", "msgFlow", "command", "payLoadData"], rows)


def _citrine(log: Iterable[Said]) -> list[dict[str, Any]]:
    return [
        {
            "id": place,
            "stationId": said.station,
            "correlationId": said.frame[1],
            "origin": "cs" if said.by_station else "csms",
            "state": said.frame[0] - 1,
            "protocol": "ocpp1.6",
            "action": said.frame[2] if said.frame[0] == 2 else None,
            "message": said.frame,
            "timestamp": said.logged.strftime("%Y-%m-%d %H:%M:%S.000+00"),
        }
        for place, said in enumerate(log)
    ]


def citrine_csv(log: Iterable[Said]) -> str:
    """CitrineOS's table of messages as CSV."""
    rows = _citrine(log)
    return _csv(list(rows[0]), ([json.dumps(v) if isinstance(v, list) else v or "" for v in r.values()] for r in rows))


def citrine_lines(log: Iterable[Said]) -> str:
    """The same as JSON lines; what is asked and answered stands bare where it can."""
    rows = [one | ({"message": one["message"][-1]} if one["state"] < 3 else {}) for one in _citrine(log)]
    return "".join(json.dumps(one) + "\n" for one in rows)


CARRIERS: dict[str, Write] = {
    write.__name__: write
    for write in (
        steve, evcc, prefixed, json_lines, json_array, pretty_array, export, citrine_csv, citrine_lines,
    )
}  # fmt: skip
"""All carriers that name the station."""
