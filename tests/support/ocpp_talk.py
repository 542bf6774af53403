"""What a station and its central system say to each other, and how programs write it into their logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from evcharge.clean import clean
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from evcharge.sources.profile import Profile
from tests.support.factories import AS_OF

DAY = "2025-03-04"
OCPP = builtin_profiles()["ocpp"]


class Said(NamedTuple):
    """A frame, when it was said [HH:MM:SS, UTC], at which station, and whether the station said it."""

    clock: str
    station: str
    by_station: bool
    frame: list[object]

    @property
    def text(self) -> str:
        """The frame as JSON without blanks."""
        return json.dumps(self.frame, separators=(",", ":"))


def session(station: str = "CP-1", hour: int = 8, *, connector: int = 1, transaction: int = 7) -> list[Said]:
    """A card that is accepted, a transaction of half an hour and 5 kWh, and a heartbeat."""

    def at(minute: int) -> str:
        return f"{hour:02}:{minute:02}:00"

    def asked(minute: int, number: str, action: str, **payload: object) -> Said:
        return Said(at(minute), station, True, [2, number, action, payload])

    def answered(minute: int, number: str, **payload: object) -> Said:
        return Said(at(minute), station, False, [3, number, payload])

    accepted, tag = {"status": "Accepted"}, "TAG-1"
    start = {"connectorId": connector, "idTag": tag, "meterStart": 1000, "timestamp": f"{DAY}T{at(1)}Z"}
    stop = {"transactionId": transaction, "meterStop": 6000, "timestamp": f"{DAY}T{at(31)}Z", "reason": "Local"}
    return [
        asked(0, f"a{hour}", "Authorize", idTag=tag),
        answered(0, f"a{hour}", idTagInfo=accepted),
        asked(1, f"s{hour}", "StartTransaction", **start),
        answered(1, f"s{hour}", transactionId=transaction, idTagInfo=accepted),
        asked(31, f"e{hour}", "StopTransaction", **stop),
        answered(31, f"e{hour}", idTagInfo=accepted),
        asked(59, f"h{hour}", "Heartbeat"),
    ]


def refused(station: str = "CP-1", hour: int = 10) -> list[Said]:
    """A card that is refused."""
    clock = f"{hour:02}:00:00"
    return [
        Said(clock, station, True, [2, f"r{hour}", "Authorize", {"idTag": "TAG-2"}]),
        Said(clock, station, False, [3, f"r{hour}", {"idTagInfo": {"status": "Invalid"}}]),
    ]


def row(station: str = "CP-1", hour: int = 8) -> tuple[object, ...]:
    """What ``session`` comes to: station, start, end, energy, error code."""
    return (station, f"{hour:02}:01:00", f"{hour:02}:31:00", 5.0, None)


def refusal(station: str = "CP-1", hour: int = 10) -> tuple[object, ...]:
    """What ``refused`` comes to."""
    return (station, f"{hour:02}:00:00", None, None, "Authorize:Invalid")


def outcome(path: Path, profile: Profile = OCPP) -> tuple[list[tuple[object, ...]], list[str]]:
    """What a log comes to: station, start, end, energy and error code of each row, in order; and the rejects' rules."""
    rows: list[tuple[object, ...]] = []
    rules: list[str] = []
    with open_file(path) as file:
        for raw in read(file, pick_profile(file, [profile]), salt="s"):
            part = clean(raw, AS_OF)
            rules += list(part.rejects.rule)
            rows += [
                (one.station_id, _clock(one.start_time), _clock(one.end_time), _known(one.energy_kwh), one.error_code)
                for one in part.rows.itertuples()
            ]
    return sorted(rows, key=repr), rules


def _clock(moment: Any) -> str | None:
    return None if pd.isna(moment) else f"{moment:%H:%M:%S}"


def _known(amount: Any) -> float | None:
    return None if pd.isna(amount) else amount


def home_assistant(said: Said) -> str:
    """A line of Home Assistant's log, whose clock is in UTC."""
    way = "receive message" if said.by_station else "send"
    return f"{DAY} {said.clock}.123Z INFO (MainThread) [ocpp] {said.station}: {way} {said.text}"


def _mobilityhouse(said: Said) -> str:
    return f"INFO:ocpp:{said.station}: {'receive message' if said.by_station else 'send'} {said.text}"


def _bare(said: Said) -> str:
    return f"{said.station}: {'receive message' if said.by_station else 'send'} {said.text}"


def _openwb(said: Said) -> str:
    way = "send" if said.by_station else "receive message"  # the log of a station
    return f"{DAY} {said.clock},123Z - {{ocpp:456}} - {{INFO:OCPP Client}} - {said.station}: {way} {said.text}"


def _formatted(said: Said) -> str:
    way = "receive message" if said.by_station else "send"
    return f"{DAY}T{said.clock}+0000 - ocpp - INFO - {said.station} : {way} {said.text}"


def _steve(said: Said) -> str:
    way = "Received" if said.by_station else "Sending"
    return (
        f"[INFO ] {DAY} {said.clock},123Z de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp-1) - "
        f"[chargeBoxId={said.station}, sessionId=1-2] {way}: {said.text}"
    )


def _evcc(said: Said) -> str:
    way = "received JSON message from" if said.by_station else "sent JSON message to"
    return f"[ocpp  ] TRACE {DAY.replace('-', '/')} {said.clock}Z {way} {said.station}: {said.text}"


def _evcc_short(said: Said) -> str:
    return f"[ocpp  ] TRACE {DAY} {said.clock}Z {'recv' if said.by_station else 'send'} {said.station}: {said.text}"


def _evcc_in_journal(said: Said) -> str:
    return f"Mar  4 {said.clock} pi evcc[4674]: {_evcc(said)}"


def _words(said: Said) -> str:
    return f"{DAY}T{said.clock}Z station={said.station} {'received' if said.by_station else 'sent'} {said.text}"


def _key_values(said: Said) -> str:
    way = "received" if said.by_station else "sent"
    return f'time={DAY}T{said.clock}Z level=info msg={way} station="{said.station}" frame={json.dumps(said.text)}'


def _container(said: Said) -> str:
    return json.dumps(
        {"log": f"{_mobilityhouse(said)}\n", "stream": "stderr", "time": f"{DAY}T{said.clock}.123456789Z"}
    )


def _pino(said: Said) -> str:
    seconds = int(pd.Timestamp(f"{DAY}T{said.clock}Z").timestamp())
    direction = "in" if said.by_station else "out"
    return json.dumps({"level": 30, "time": seconds * 1000, "cp": said.station, "msg": said.text, "dir": direction})


FLAVOURS: dict[str, Callable[[Said], str]] = {
    "Home Assistant": home_assistant,
    "mobilityhouse": _mobilityhouse,
    "mobilityhouse bare": _bare,
    "mobilityhouse formatted": _formatted,
    "openWB": _openwb,
    "SteVe": _steve,
    "evcc": _evcc,
    "evcc since 2024": _evcc_short,
    "evcc in a journal": _evcc_in_journal,
    "words": _words,
    "keys and values": _key_values,
    "a container's log": _container,
    "JSON lines": _pino,
}
"""How a program writes what was said, each as one line."""


def microocpp(said: Said) -> str:
    """A line of MicroOcpp, which runs on the station: it tells neither station nor time."""
    return f"[MO] {'Send' if said.by_station else 'Recv'}: {said.text}"
