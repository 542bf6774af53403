"""OCPP line by line: what is accepted, what is refused by which rule, and which file is refused by which code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from evcharge.sources.ocpp.reader import FIELDS
from evcharge.sources.ocpp.times import iso_time

AS_OF = pd.Timestamp("2026-01-01", tz="UTC")
OCPP = builtin_profiles()["ocpp"]
T = "2024-03-05T"


def said(at: str, frame: object, station: str = "CP-1") -> str:
    """A line of a log; a frame may be given as text, whole or not."""
    return f"{T}{at}Z station={station} {frame if isinstance(frame, str) else json.dumps(frame)}\n"


def start(at: str = "10:00:00", number: str = "s1", answer: object = 7, **over: object) -> str:
    """A StartTransaction and its answer, which is left out where it is None."""
    usual = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 0, "timestamp": f"{T}{at}Z"}
    payload = {key: value for key, value in {**usual, **over}.items() if value != "none"}
    asked = said(at, [2, number, "StartTransaction", payload])
    told = {"transactionId": answer, "idTagInfo": {"status": "Accepted"}}
    return asked if answer is None else asked + said(at, [3, number, told])


def stop(at: str = "10:30:00", number: str = "e1", transaction: object = 7, **over: object) -> str:
    usual = {"transactionId": transaction, "meterStop": 5000, "timestamp": f"{T}{at}Z", "reason": "Remote"}
    payload = {key: value for key, value in {**usual, **over}.items() if value != "none"}
    return said(at, [2, number, "StopTransaction", payload])


def notice(at: str, status: str, error: str = "NoError", number: str = "n", **over: object) -> str:
    usual = {"connectorId": 1, "status": status, "errorCode": error, "timestamp": f"{T}{at}Z"}
    payload = {key: value for key, value in {**usual, **over}.items() if value != "none"}
    return said(at, [2, number + at, "StatusNotification", payload])


def event(kind: str, at: str, transaction: object = "T-1", **over: object) -> str:
    info = {"transactionId": transaction, **over.pop("info", {})}
    usual = {"eventType": kind, "timestamp": f"{T}{at}Z", "triggerReason": "x", "seqNo": 0, "transactionInfo": info}
    payload = {key: value for key, value in {**usual, **over}.items() if value != "none"}
    return said(at, [2, f"{kind}{at}", "TransactionEvent", payload])


def meter(value: object, **over: object) -> list:
    return [{"timestamp": "x", "sampledValue": [{"value": value, **over}]}]


def ended(begin: object, end: object, **over: object) -> str:
    """A transaction of 2.0.1 whose register stood so at both ends."""
    units = {"unitOfMeasure": over.pop("unit")} if "unit" in over else {}
    first = event("Started", "10:00:00", meterValue=meter(begin, **units, **over))
    return first + event("Ended", "10:30:00", meterValue=meter(end, **units, **over))


PAIR = start() + stop()
SESSION = ("10:00:00", "10:30:00", 5.0, "Remote")


def cleaned(path: Path, profile=OCPP, companions=()):
    with open_file(path) as file:
        parts = [
            clean(raw, AS_OF) for raw in read(file, pick_profile(file, [profile]), salt="s", companions=companions)
        ]
    rows = [row for part in parts for row in part.rows.itertuples()]
    return rows, [rule for part in parts for rule in part.rejects.rule]


def outcome(tmp_path, text, profile=OCPP):
    """What became of a log: (start, end, energy, reason) of each row, or the rules that refused it."""
    (tmp_path / "log").write_text(text, newline="")
    rows, rules = cleaned(tmp_path / "log", profile)
    at = [(time(row.start_time), time(row.end_time), known(row.energy_kwh), row.stop_reason) for row in rows]
    return rows, [*at, *rules]


def time(value):
    return None if pd.isna(value) else f"{value:%H:%M:%S}"


def known(value):
    return None if pd.isna(value) else value


NO_END = ("10:00:00", None, None, None)
VARIANTS_16 = {
    "a session": (PAIR, [SESSION]),
    "no reason means Local": (start() + stop(reason="none"), [(*SESSION[:3], "Local")]),
    "an unknown reason is kept": (start() + stop(reason="Cosmic ray"), [(*SESSION[:3], "Cosmic ray")]),
    "an orphan stays open": (start(), [NO_END]),
    "a start without an answer is open": (start(answer=None), [NO_END]),
    "a stop alone": (start() + stop(transaction=8), [NO_END, "stop_without_start"]),
    "a stop without an id": (start() + stop(transaction="none"), [SESSION]),
    "a stop said before its start's answer": (stop() + start(), [SESSION]),
    "an id written as text": (start(answer="7") + stop(), [SESSION]),
    "the stop of a nameless start": (start(answer=None) + stop(transaction=-1), [SESSION]),
    "two nameless starts": (
        start(answer=None) + start("10:05:00", "s2", None) + stop(transaction=0),
        [NO_END, ("10:05:00", *SESSION[1:])],
    ),
    "a start sent again": (start() + start() + stop(), [SESSION]),
    "a start sent again under another number": (start() + start(number="s9") + stop(), [SESSION]),
    "a stop before its start": (start() + stop("09:59:59"), ["end_before_start"]),
    "equal meters are no energy": (start(meterStart=5000) + stop(), [(*SESSION[:2], 0.0, "Remote")]),
    "a meter that ran backwards": (start(meterStart=5001) + stop(), [(*SESSION[:2], None, "Remote")]),
    "a meter in no known unit": (start() + stop(meterStop=1_000_001), ["energy_kwh_out_of_range"]),
    "a meter that is no number": (start() + stop(meterStop="5 kWh"), ["energy_kwh_not_a_number"]),
    "a meter that is true": (start() + stop(meterStop=True), ["energy_kwh_not_a_number"]),
    "a meter written as text": (start() + stop(meterStop="5000"), [SESSION]),
    "a meter that nobody read": (start(meterStart="none") + stop(), [(*SESSION[:2], None, "Remote")]),
    "a start without a time takes the log's": (start(timestamp="none") + stop(), [SESSION]),
    "a time without a zone": (start(timestamp=f"{T}10:00:00") + stop(), ["start_time_without_zone"]),
    "a time in ten millionths": (start(timestamp=f"{T}10:00:00.0000000Z") + stop(), [SESSION]),
    "a time with an offset": (start(timestamp=f"{T}11:00:00+01:00") + stop(), [SESSION]),
    "a clock never set": (start(timestamp="1970-01-01T00:00:10Z") + stop(), [SESSION]),
    "a time that is a number": (
        start(timestamp=1709632800) + stop(),
        [SESSION],
    ),
    "a time that is none": (start(timestamp="soon") + stop(), ["start_time_unreadable"]),
    "a line cut off": (PAIR + said("10:40:00", '[2, "x", "StartTransaction", {"conn'), [SESSION, "malformed_row"]),
    "a frame of five": (PAIR + said("10:40:00", '[2, "x", "Heartbeat", {}, 1]'), [SESSION, "malformed_row"]),
    "a frame without a payload": (PAIR + said("10:40:00", '[2, "x", "StartTransaction"]'), [SESSION, "malformed_row"]),
    "a payload that is a list": (PAIR + said("10:40:00", '[2, "x", "Authorize", []]'), [SESSION, "malformed_row"]),
    "a key that stands twice": (PAIR + said("10:40:00", '[3, "x", {"a":1,"a":2}]'), [SESSION, "duplicate_key"]),
    "a number that is none": (PAIR + said("10:40:00", '[3, "x", {"a":NaN}]'), [SESSION, "malformed_row"]),
    "a NUL in a line": (PAIR + said("10:40:00", '[3, "x", {"a":"\0"}]'), [SESSION, "nul_character"]),
    "NULs before a line": (start() + "\0\0\0" + stop(), [SESSION]),
    "too deep a nest": (PAIR + said("10:40:00", '[3, "x", ' + "[" * 100_000), [SESSION, "malformed_row"]),
    "other lines of the log": (f"hello\n{PAIR}{T}10:00:00Z values [2, 3] of [4]\n{{not json\n\n", [SESSION]),
    "CR LF": (PAIR.replace("\n", "\r\n"), [SESSION]),
    "frames alone": ("".join(line[line.index("[") :] + "\n" for line in PAIR.splitlines()), "station_unstated"),
    "another station's answer": (
        start(answer=None) + said("10:00:00", [3, "s1", {"transactionId": 7}], "CP-2") + stop(),
        [NO_END, "stop_without_start"],
    ),
    "an id used again": (
        PAIR + start("11:00:00", "s2") + stop("11:30:00", "e2"),
        [SESSION, ("11:00:00", "11:30:00", 5.0, "Remote")],
    ),
    "a control character in a reason": (start() + stop(reason="Re\u0007mote"), [(*SESSION[:3], "Re mote")]),
}


@pytest.mark.parametrize("name", VARIANTS_16)
def test_each_variant_of_1_6_comes_out_as_written(tmp_path, name):
    text, expected = VARIANTS_16[name]
    if isinstance(expected, str):
        with pytest.raises(SourceError) as caught:
            outcome(tmp_path, text)
        assert caught.value.code == expected
    else:
        assert sorted(outcome(tmp_path, text)[1], key=repr) == sorted(expected, key=repr)


def local(energy=None):
    return [("10:00:00", "10:30:00", energy, "Local")]


KWH = {"unit": "kWh"}
TOKEN = {"idToken": {"idToken": "TOKEN-1", "type": "ISO14443"}}
VARIANTS_201 = {
    "a transaction": (event("Started", "10:00:00") + event("Ended", "10:30:00"), local()),
    "Wh unless it says else": (ended(1000, 6000), local(5.0)),
    "kWh": (ended(1, 6, unit=KWH), local(5.0)),
    "a multiplier": (ended(10, 60, unit={"unit": "Wh", "multiplier": 2}), local(5.0)),
    "a negative multiplier": (ended(10000, 60000, unit={"unit": "Wh", "multiplier": -1}), local(5.0)),
    "a value written as text": (ended("1000", "6000"), local(5.0)),
    "decimal parts add up exactly": (ended(0.1, 0.3, unit=KWH), local(0.2)),
    "an unknown unit": (ended(1, 6, unit={"unit": "varh"}), ["energy_kwh_not_a_number"]),
    "a wild multiplier": (ended(1, 6, unit={"multiplier": 99999}), ["energy_kwh_not_a_number"]),
    "a value that is none": (ended(1, "six"), ["energy_kwh_not_a_number"]),
    "a register that ran backwards": (ended(6000, 1000), local()),
    "a register of one phase is a part": (ended(1, 6, phase="L1"), local()),
    "a register at the inlet is another": (ended(1, 6, location="Inlet"), local()),
    "another measurand is no energy": (ended(1, 6, measurand="Power.Active.Import"), local()),
    "a register told at the end alone": (
        event("Started", "10:00:00") + event("Ended", "10:30:00", meterValue=meter(6000)),
        local(),
    ),
    "readings on the way are no ends": (
        event("Started", "10:00:00")
        + event("Updated", "10:10:00", meterValue=meter(1))
        + event("Updated", "10:20:00", meterValue=meter(6))
        + event("Ended", "10:30:00"),
        local(),
    ),
    "values that are no list": (event("Started", "10:00:00", meterValue=5) + event("Ended", "10:30:00"), local()),
    "an open transaction": (event("Started", "10:00:00"), [NO_END]),
    "an end alone": (event("Ended", "10:30:00"), ["stop_without_start"]),
    "news of a transaction from before and after the log": (
        event("Updated", "10:30:00") + event("Started", "10:00:00", "T-2"),
        [NO_END],
    ),
    "an end told before its beginning": (event("Ended", "10:30:00") + event("Started", "10:00:00"), local()),
    "an end before its beginning": (
        event("Started", "10:00:00") + event("Ended", "09:00:00"),
        ["end_before_start"],
    ),
    "two ends, the last wins": (
        event("Started", "10:00:00") + event("Ended", "10:20:00") + event("Ended", "10:30:00"),
        local(),
    ),
    "a beginning told twice": (
        event("Started", "10:00:00") + event("Started", "10:00:00") + event("Ended", "10:30:00"),
        local(),
    ),
    "an id used again": (
        event("Started", "10:00:00") + event("Ended", "10:30:00") + event("Started", "11:00:00"),
        [*local(), ("11:00:00", None, None, None)],
    ),
    "an id that is a number": (event("Started", "10:00:00", 5) + event("Ended", "10:30:00", 5), local()),
    "no transaction id": (
        event("Started", "10:00:00", None) + event("Started", "10:00:00"),
        [NO_END, "malformed_row"],
    ),
    "no transaction info": (
        event("Ended", "10:30:00", transactionInfo=[]) + event("Started", "10:00:00"),
        [NO_END, "malformed_row"],
    ),
    "an unknown reason is kept": (
        event("Started", "10:00:00") + event("Ended", "10:30:00", info={"stoppedReason": "ReqEnergyTransferRejected"}),
        [("10:00:00", "10:30:00", None, "ReqEnergyTransferRejected")],
    ),
    "a clock never set": (
        event("Started", "10:00:00", timestamp="1970-01-01T00:00:00Z"),
        [NO_END],
    ),
    "no time of its own": (event("Started", "10:00:00", timestamp="none"), [NO_END]),
}


@pytest.mark.parametrize("name", VARIANTS_201)
def test_each_variant_of_2_0_1_comes_out_as_written(tmp_path, name):
    text, expected = VARIANTS_201[name]
    assert sorted(outcome(tmp_path, text)[1], key=repr) == sorted(expected, key=repr)


VENDOR = {"vendorId": "ACME", "vendorErrorCode": "E7"}
NOTICES = {
    "none at all": ("", (None, None, None)),
    "charging 5 s early": (notice("09:59:55", "Charging"), (None, True, None)),
    "charging 6 s early": (notice("09:59:54", "Charging"), (None, None, None)),
    "charging at the stop": (notice("10:30:00", "Charging"), (None, True, "Charging")),
    "never charging": (notice("10:10:00", "SuspendedEV"), (None, False, None)),
    "another connector's": (notice("10:10:00", "Charging", "WeakSignal", connectorId=2), (None, None, None)),
    "the whole station's": (notice("10:10:00", "Faulted", "WeakSignal", connectorId=0), ("WeakSignal", None, None)),
    "a vendor's code": (notice("10:10:00", "Faulted", "OtherError", **VENDOR), ("ACME:E7", False, None)),
    "a vendor's code beside one of OCPP": (
        notice("10:10:00", "Faulted", "GroundFailure", **VENDOR),
        ("GroundFailure, ACME:E7", False, None),
    ),
    "another error that no code of the vendor names": (
        notice("10:10:00", "Faulted", "OtherError", vendorId="ACME", vendorErrorCode="NoError"),
        ("OtherError", False, None),
    ),
    "a vendor's code of no error": (notice("10:10:00", "Charging", **VENDOR), (None, True, None)),
    "a code without a vendor": (
        notice("10:10:00", "Faulted", "OtherError", vendorErrorCode="E7"),
        ("E7", False, None),
    ),
    "a code that is a car's address": (
        notice("10:10:00", "Faulted", "OtherError", vendorErrorCode="car 0a:1b:2c:3d:4e:5f"),
        ("car [private]", False, None),
    ),
    "an error 20 s late": (notice("10:30:20", "Faulted", "WeakSignal"), ("WeakSignal", False, "Faulted")),
    "an error 21 s late": (notice("10:30:21", "Faulted", "WeakSignal"), (None, None, "Faulted")),
    "errors in order, each once": (
        notice("10:12:00", "Faulted", "B", "x")
        + notice("10:11:00", "Faulted", "A")
        + notice("10:13:00", "Faulted", "B"),
        ("A, B", False, None),
    ),
    "too many errors": (
        "".join(notice(f"10:1{n}:00", "Faulted", f"{n}" * 100) for n in range(4)),
        (f"{'0' * 100}, {'1' * 100}", False, None),
    ),
    "no time of its own": (notice("10:10:00", "Faulted", "WeakSignal", timestamp="none"), ("WeakSignal", False, None)),
    "a time to come": (notice("10:10:00", "Faulted", "A", timestamp="2099-01-01T00:00:00Z"), ("A", False, None)),
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_counts_for_the_session_that_it_is_about(tmp_path, name):
    text, expected = NOTICES[name]
    lines = sorted(enumerate((PAIR + text).splitlines()), key=lambda line: (line[1][:20], line[0]))
    (row,) = outcome(tmp_path, "".join(f"{line}\n" for _, line in lines))[0]
    told = (row.error_code, None if pd.isna(row.reached_charging) else row.reached_charging, row.next_status)
    assert told == expected


def ask(at: str, action: str = "Authorize", status: str | None = "Accepted", tag: str = "TAG-1", **more: int) -> str:
    """A request for a session, and its answer."""
    key = "idTagInfo" if action == "Authorize" else ""
    answer = {key: {"status": status}} if key else {"status": status}
    return said(at, [2, at, action, {"idTag": tag, **more}]) + (said(at, [3, at, answer]) if status else "")


END = said("23:00:00", [2, "end", "Heartbeat", {}])
REMOTE = "RemoteStartTransaction"
REQUESTS = {
    "a card, then a start": (ask("09:55:00") + start(), []),
    "a card, then a start a second too late": (ask("09:54:59") + start(), [None]),
    "a card and a start in one second": (ask("10:00:00") + start(), []),
    "another card": (ask("09:59:00", tag="TAG-2") + start(), [None]),
    "a refused card, then a start": (ask("09:59:00", status="Invalid") + start(), ["Authorize:Invalid"]),
    "a card nobody answered": (ask("09:00:00", status=None), ["Authorize:NoAnswer"]),
    "a card after its start": (start() + ask("10:05:00"), []),
    "a card long after its start, to stop": (start() + ask("10:29:00") + stop(), []),
    "a card long after its start, to no end": (start() + ask("10:29:00"), [None]),
    "a card to stop what began before the log": (ask("10:29:00") + stop(idTag="TAG-1"), []),
    "a card after the stop": (PAIR + ask("10:31:00"), [None]),
    "an app, then a start": (ask("09:57:00", REMOTE) + start(), []),
    "an app, then a start a second too late": (ask("09:56:59", REMOTE) + start(), [None]),
    "an app that is refused": (ask("09:00:00", REMOTE, "Rejected"), [f"{REMOTE}:Rejected"]),
    "an app, then its card, then a start": (ask("09:58:00", REMOTE) + ask("09:58:01") + start(), []),
    "an app, then its card, then nothing": (ask("09:00:00", REMOTE) + ask("09:00:01"), [None]),
    "an app, then its card refused": (
        ask("09:00:00", REMOTE) + ask("09:00:01", status="Blocked"),
        ["Authorize:Blocked"],
    ),
    "an app pressed twice, then a start": (ask("09:58:00", REMOTE) + ask("09:58:30", REMOTE) + start(), []),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_act_that_led_nowhere_is_an_attempt_and_one_that_led_on_is_counted_once(tmp_path, name):
    text, codes = REQUESTS[name]
    rows, _ = outcome(tmp_path, text + END)
    assert [row.error_code for row in rows if not row.has_transaction] == codes


LOCK = "ConnectorLockFailure"
CARD = ask("10:00:00")
PREPARING_1 = notice("10:00:01", "Preparing")
OF_2 = {"connectorId": 2}
FAULTS = {
    "at the connector that was just prepared": (CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK), [LOCK]),
    "by the log's clock": (
        CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK, timestamp="1970-01-01T00:00:00Z"),
        [LOCK],
    ),
    "by the vendor's code": (
        CARD + PREPARING_1 + notice("10:00:03", "Faulted", "OtherError", **VENDOR),
        ["ACME:E7"],
    ),
    "of two codes": (
        CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK) + notice("10:00:04", "Faulted", "WeakSignal"),
        [f"{LOCK}, WeakSignal"],
    ),
    "as late as a station may wait": (CARD + PREPARING_1 + notice("10:03:00", "Faulted", LOCK), [LOCK]),
    "a second too late": (CARD + PREPARING_1 + notice("10:03:01", "Faulted", LOCK), [None]),
    "before the card": (notice("09:59:58", "Faulted", LOCK) + CARD, [None]),
    "at the only connector": (CARD + notice("10:00:03", "Faulted", LOCK), [LOCK]),
    "at the whole station": (
        notice("09:00:00", "Available", **OF_2) + CARD + notice("10:00:03", "Faulted", LOCK, connectorId=0),
        [LOCK],
    ),
    "at one of two connectors, neither prepared": (
        notice("09:00:00", "Available", **OF_2) + CARD + notice("10:00:03", "Faulted", LOCK),
        [None],
    ),
    "at the other connector than the one prepared": (
        CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK, **OF_2),
        [None],
    ),
    "at the connector of the app": (
        ask("10:00:00", REMOTE, connectorId=2) + notice("10:00:03", "Faulted", LOCK, **OF_2) + PREPARING_1,
        [LOCK],
    ),
    "at another connector than the app's": (
        ask("10:00:00", REMOTE, connectorId=2) + PREPARING_1 + notice("10:00:03", "Faulted", LOCK),
        [None],
    ),
    "an error that is no fault": (CARD + PREPARING_1 + notice("10:00:03", "Available", "WeakSignal"), [None]),
    "a fault without an error": (CARD + PREPARING_1 + notice("10:00:03", "Faulted"), [None]),
    "after a refused card": (
        ask("10:00:00", status="Invalid") + PREPARING_1 + notice("10:00:03", "Faulted", LOCK),
        ["Authorize:Invalid"],
    ),
    "after a card nobody answered": (
        ask("10:00:00", status=None) + PREPARING_1 + notice("10:00:03", "Faulted", LOCK),
        ["Authorize:NoAnswer"],
    ),
    "after the second of two cards": (
        CARD + ask("10:01:00", tag="TAG-2") + PREPARING_1 + notice("10:01:03", "Faulted", LOCK),
        [None, LOCK],
    ),
    "after a card that was refused once": (
        CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK) + ask("10:00:02", tag="TAG-2", status="Invalid"),
        [LOCK, "Authorize:Invalid"],
    ),
    "of a transaction by another card": (
        CARD + start("10:01:00", idTag="TAG-2") + notice("10:01:03", "Faulted", LOCK) + stop("10:02:00"),
        [None],
    ),
    "while an old transaction was left open": (
        start("08:00:00", idTag="TAG-2") + CARD + PREPARING_1 + notice("10:00:03", "Faulted", LOCK),
        [LOCK],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_soon_after_an_accepted_card_is_what_went_wrong_with_its_attempt(tmp_path, name):
    text, codes = FAULTS[name]
    rows, _ = outcome(tmp_path, text + END)
    assert [row.error_code for row in rows if not row.has_transaction] == codes


def test_an_act_at_the_log_s_end_is_undecided(tmp_path):
    rows, _ = outcome(tmp_path, ask("10:00:00") + said("10:04:59", [2, "h", "Heartbeat", {}]))
    assert [(row.has_transaction is pd.NA, row.error_code) for row in rows] == [(True, None)]


def test_a_later_fuller_log_states_a_later_version(tmp_path):
    (tmp_path / "a").write_text(start())
    (tmp_path / "b").write_text(stop())
    ((alone,), _) = cleaned(tmp_path / "a")
    ((whole,), _) = cleaned(tmp_path / "b", companions=(tmp_path / "a", tmp_path / "missing"))
    assert (alone.session_id, alone.station_id) == (whole.session_id, whole.station_id)
    assert alone.source_updated_at < whole.source_updated_at
    assert (time(alone.end_time), time(whole.end_time)) == (None, "10:30:00")
    assert cleaned(tmp_path / "b") == ([], ["stop_without_start"])


def test_a_companion_that_is_no_log_or_broken_is_left_to_its_own_load(tmp_path):
    (tmp_path / "a").write_text(PAIR)
    (tmp_path / "csv").write_text("session_id,station_id\n1,2\n")
    (tmp_path / "cut").write_bytes(b"\x1f\x8b\x08 broken")
    (tmp_path / "latin").write_bytes(start("11:00:00", "s5", 9).encode() + b"\xe9")
    rows, _ = cleaned(tmp_path / "a", companions=tuple(tmp_path / name for name in ("csv", "cut", "latin")))
    assert len(rows) == 1


STATED = replace(
    OCPP,
    columns={ours: theirs for ours, theirs in OCPP.columns.items() if ours != "station_id"},
    constants={"station_id": "MINE"},
)


def test_a_profile_may_state_the_one_station_of_a_log(tmp_path):
    frames = "".join(line[line.index("[") :] + "\n" for line in PAIR.splitlines())
    rows, told = outcome(tmp_path, frames, STATED)
    assert (told, rows[0].station_id) == ([SESSION], "MINE")
    with pytest.raises(SourceError) as caught:
        outcome(tmp_path, PAIR + said("12:00:00", [2, "x", "Heartbeat", {}], "CP-2"), STATED)
    assert caught.value.code == "several_stations"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("session_id,station_id\n1,2\n", "wrong_format"),
        ('{"id": 1, "message": "hello"}\n', "wrong_format"),
        ('[{"id": 1, "data": [1, 2, 3]}]', "wrong_format"),
        ('[{"message": [2, "a"', "wrong_format"),
        ('2024-03-05T10:00:00Z [2, "a", "Heart', "wrong_format"),
        ("", "wrong_format"),
        ("<html>", "wrong_format"),
    ],
)
def test_what_carries_no_message_is_no_log(tmp_path, text, code):
    with pytest.raises(SourceError) as caught:
        outcome(tmp_path, text)
    assert caught.value.code == code


def test_a_damaged_array_keeps_what_stands_before_the_damage(tmp_path):
    frames = [line[line.index("[") :] for line in PAIR.splitlines()]
    objects = [f'{{"station": "CP-1", "time": "{T}10:00:00Z", "frame": {frame}}}' for frame in frames]
    _, told = outcome(tmp_path, f"[{', '.join(objects)}, {{'x': 1}}]")
    assert told == [SESSION, "malformed_row"]


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ("CP-1,x,,9,CP-->CMS,StartTransactionRequest", ["row_too_short"]),
        ('CP-1,x,,9,CP-->CMS,StartTransactionRequest,"{"', ["malformed_row"]),
        ("CP-1,x,,9,CP-->CMS,StartTransactionRequest,[]", ["not_an_object"]),
        ("CP-1,x,,9,CP-->CMS,NotImplemented,some text", []),
        ("CP-1,x,,9,CP-->CMS,HeartbeatRequest,", []),
    ],
)
def test_a_row_of_the_export_is_a_message_a_reject_or_no_message_of_ocpp(tmp_path, row, rules):
    head = "cp_id,real_time,received_time,Id,msgFlow,command,payLoadData\n"
    payload = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 0, "timestamp": f"{T}10:00:00Z"}
    quoted = json.dumps(payload).replace('"', '""')
    good = f'CP-1,"05/03/2024, 10:00:20 am IST",,1,CP-->CMS,StartTransactionRequest,"{quoted}"\n'
    assert outcome(tmp_path, f"{head}{good}{row}\n")[1] == [NO_END, *rules]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("02/01/2025, 0:00:20 am IST", "2025-01-02T00:00:20"),
        ("02/01/2025, 0:00:20 pm IST", "2025-01-02T12:00:20"),
        ("02/01/2025, 12:00:20 am IST", "2025-01-02T00:00:20"),
        ("31/12/2025, 11:59:59 pm IST", "2025-12-31T23:59:59"),
    ],
)
def test_the_export_s_clock_counts_from_0_or_from_12_and_its_label_needs_explaining(tmp_path, written, meant):
    head = "cp_id,real_time,received_time,Id,msgFlow,command,payLoadData\n"
    request = f'CP-1,"{written}",,1,CP-->CMS,AuthorizeRequest,"{{""idTag"": ""TAG-1""}}"\n'
    answer = f'CP-1,"{written}",,1,CMS-->CP,AuthorizeResponse,"{{""idTagInfo"": {{""status"": ""Invalid""}}}}"\n'
    assert outcome(tmp_path, head + request + answer)[1] == ["start_time_zone_unknown"]
    explained = replace(OCPP, conventions=replace(OCPP.conventions, zone_labels={"IST": "+05:30"}))
    (row,) = outcome(tmp_path, head + request + answer, explained)[0]
    assert row.start_time.tz_convert("Asia/Kolkata").tz_localize(None).isoformat() == meant


def prefixed(time):
    """A refused card in a log whose lines begin with this time and a word."""
    lines = ([2, "a", "Authorize", {"idTag": "TAG-1"}], [3, "a", {"idTagInfo": {"status": "Invalid"}}])
    ways = ("received", "sent")
    return "".join(f"{time} INFO station=CP-1 {way} {json.dumps(f)}\n" for way, f in zip(ways, lines, strict=True))


@pytest.mark.parametrize("labels", [{}, {"IST": "+05:30"}])
def test_the_label_behind_the_time_of_a_log_line_needs_explaining(tmp_path, labels):
    profile = replace(OCPP, conventions=replace(OCPP.conventions, zone_labels=labels))
    rows, told = outcome(tmp_path, prefixed("2025-01-04 08:00:00.123 IST"), profile)
    starts = [row.start_time.isoformat(timespec="seconds") for row in rows]
    assert starts == (["2025-01-04T02:30:00+00:00"] if labels else [])
    assert told == ([("02:30:00", None, None, None)] if labels else ["start_time_zone_unknown"])


@pytest.mark.parametrize("label", ["UTC", "GMT"])
def test_a_log_in_utc_is_in_utc_wherever_its_stations_are(tmp_path, label):
    profile = replace(OCPP, conventions=replace(OCPP.conventions, timezone="Asia/Kolkata"))
    (row,) = outcome(tmp_path, prefixed(f"2025-01-04 08:00:00 {label}"), profile)[0]
    assert row.start_time.isoformat(timespec="seconds") == "2025-01-04T08:00:00+00:00"


@pytest.mark.parametrize("word", ["", " WARN", " ERROR", " ISTE", " [7]"])
def test_another_word_behind_the_time_of_a_log_line_is_no_label(tmp_path, word):
    assert outcome(tmp_path, prefixed(f"2025-01-04 08:00:00{word}"))[1] == ["start_time_without_zone"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2025-01-04 08:00:00 IST", ("2025-01-04T08:00:00", "IST")),
        ("2025/01/04 08:00:00.5IST", ("2025-01-04T08:00:00.5", "IST")),
        ("2025-01-04 08:00:00 +0530 IST", ("2025-01-04T08:00:00+0530", "IST")),
        ("2025-01-04 08:00:00Z", ("2025-01-04T08:00:00Z", "")),
        ("2025-01-04 08:00:00 PM", ("2025-01-04 08:00:00 PM", "")),
        ("soon IST", ("soon IST", "")),
    ],
)
def test_a_time_and_the_label_of_its_zone_are_told_apart(text, told):
    assert iso_time(text) == told


def test_a_session_id_never_holds_a_token(tmp_path):
    asked = said("10:00:00", [2, "n-TAG-1", "Authorize", {"idTag": "TAG-1"}])
    begun = event("Started", "10:00:00", "TOKEN-1-5", **TOKEN)
    rows, _ = outcome(tmp_path, asked + begun + END)
    assert len(rows) == 2
    assert not [row for row in rows if "TAG-1" in row.session_id or "TOKEN-1" in row.session_id]


def test_the_profile_maps_what_the_reader_makes_and_nothing_else():
    assert {name for names in OCPP.mapped.values() for name in names} == set(FIELDS)
