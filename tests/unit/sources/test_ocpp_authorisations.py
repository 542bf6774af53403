"""How attempts were authorised, as OCPP's messages tell it: modes of ChargeX, orphans, and seconds from the start."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from evcharge import frames
from evcharge.clean import clean
from evcharge.metrics import chargex
from evcharge.sources import builtin_profiles, open_file, read
from evcharge.sources.ocpp.authorisations import AUTHORIZE

AS_OF = pd.Timestamp("2026-01-01", tz="UTC")
DAY = "2024-03-05T"
TOLD = (
    *("authorisation_mode", "authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds"),
    *("authorize_lead_seconds", "trigger_reasons"),
)
TOKEN = {"idToken": {"idToken": "TOKEN-1", "type": "ISO14443"}}


def said(at: str, frame: list) -> str:
    """A line of a log."""
    return f"{DAY}{at}Z station=CP-1 {json.dumps(frame)}\n"


def without_times(text: str) -> str:
    """The same log by whoever kept no time of what was said."""
    frames_alone = [json.loads(line[line.index("[") :]) for line in text.splitlines()]
    return "".join(json.dumps({"station": "CP-1", "message": frame}) + "\n" for frame in frames_alone)


def authorize(at: str, status: str | None = "Accepted", answered: str = "", version: str = "2.0.1") -> str:
    asked, key = (TOKEN, "idTokenInfo") if version == "2.0.1" else ({"idTag": "TOKEN-1"}, "idTagInfo")
    answer = said(answered or at, [3, f"a{at}", {key: {"status": status}}]) if status else ""
    return said(at, [2, f"a{at}", AUTHORIZE, asked]) + answer


def remote(at: str, status: str | None = "Accepted", action: str = "RequestStartTransaction") -> str:
    asked = {**TOKEN, "remoteStartId": 7} if action == "RequestStartTransaction" else {"idTag": "TOKEN-1"}
    return said(at, [2, f"r{at}", action, asked]) + (said(at, [3, f"r{at}", {"status": status}]) if status else "")


def event(kind: str, at: str, trigger: str, state: str = "", logged: str = "", answer: str = "", **over: object) -> str:
    info = {"transactionId": "T-1", **({"chargingState": state} if state else {}), **over.pop("info", {})}
    payload = {"eventType": kind, "timestamp": f"{DAY}{at}Z", "triggerReason": trigger, "transactionInfo": info, **over}
    asked = said(logged or at, [2, f"{kind}{at}", "TransactionEvent", payload])
    return asked + said(logged or at, [3, f"{kind}{at}", {"idTokenInfo": {"status": answer}} if answer else {}])


def started(at: str, trigger: str, state: str = "", **over: object) -> str:
    return event("Started", at, trigger, state, **over)


def start_16(at: str = "10:00:00", status: str = "Accepted") -> str:
    asked = {"connectorId": 1, "idTag": "TOKEN-1", "meterStart": 0, "timestamp": f"{DAY}{at}Z"}
    answer = {"transactionId": 5, "idTagInfo": {"status": status}}
    return said(at, [2, f"s{at}", "StartTransaction", asked]) + said(at, [3, f"s{at}", answer])


def notice_16(at: str, status: str) -> str:
    payload = {"connectorId": 1, "status": status, "errorCode": "NoError", "timestamp": f"{DAY}{at}Z"}
    return said(at, [2, f"n{at}", "StatusNotification", payload])


def attempts(folder: Path, text: str, *, later: bool = True) -> list:
    """The attempts that a log tells of, which goes on long enough to decide them."""
    (folder / "log").write_text(text + (said("23:00:00", [2, "end", "Heartbeat", {}]) if later else ""))
    with open_file(folder / "log") as file:
        parts = [clean(raw, AS_OF) for raw in read(file, builtin_profiles()["ocpp"])]
    assert not [rule for part in parts for rule in part.rejects.rule]
    return [row for part in parts for row in part.rows.itertuples()]


def told(row: object) -> tuple:
    """What a row tells of its authorisation; None where it tells nothing."""
    return tuple(None if pd.isna(getattr(row, name)) else getattr(row, name) for name in TOLD)


AT_10 = "10:00:00"
MODES = {
    "a start by the trigger Authorized": (started(AT_10, "Authorized", **TOKEN), "cached_auth"),
    "the same, refused": (started(AT_10, "Authorized", answer="Blocked", **TOKEN), "cached_auth"),
    "the same after a card": (authorize("09:59:59") + started(AT_10, "Authorized", **TOKEN), "cached_auth"),
    "the same after an app": (remote("09:59:59") + started(AT_10, "Authorized", **TOKEN), "cached_auth"),
    "an app": (remote("09:59:00") + started(AT_10, "RemoteStart", **TOKEN), "request_start"),
    "an app and the station's question": (
        remote("09:59:00") + authorize("09:59:01") + started(AT_10, "CablePluggedIn", **TOKEN),
        "request_start",
    ),
    "an app after the plug": (
        started(AT_10, "CablePluggedIn") + remote("10:01:00") + event("Updated", "10:01:01", "RemoteStart", **TOKEN),
        "request_start",
    ),
    "an app whose request is not in the log": (
        started(AT_10, "RemoteStart", info={"remoteStartId": 9}),
        "request_start",
    ),
    "a card before the plug": (authorize("09:59:00") + started(AT_10, "CablePluggedIn", **TOKEN), "pre_plugin"),
    "a card 300 s before": (authorize("09:55:00") + started(AT_10, "CablePluggedIn", **TOKEN), "pre_plugin"),
    "a card in the same second": (authorize(AT_10) + started(AT_10, "CablePluggedIn", **TOKEN), "pre_plugin"),
    "a card told after a start of the same second": (
        started(AT_10, "CablePluggedIn", **TOKEN) + authorize(AT_10),
        "pre_plugin",
    ),
    "a card before, its token told later": (
        authorize("09:59:00") + started(AT_10, "CablePluggedIn") + event("Updated", "10:00:01", "Authorized", **TOKEN),
        "pre_plugin",
    ),
    "a card before power": (authorize("09:59:00") + started(AT_10, "ChargingStateChanged", **TOKEN), "pre_plugin"),
    "a card after the plug": (
        started(AT_10, "CablePluggedIn") + authorize("10:01:00") + event("Updated", "10:01:01", "Authorized", **TOKEN),
        "post_plugin",
    ),
    "a plug and a token that the station knew": (started(AT_10, "CablePluggedIn", **TOKEN), "post_plugin"),
    "power alone": (started(AT_10, "ChargingStateChanged", "Charging"), None),
    "a card in 1.6": (authorize("09:59:00", version="1.6") + start_16(), "pre_plugin"),
    "an app in 1.6": (remote("09:59:00", action="RemoteStartTransaction") + start_16(), "request_start"),
    "nothing before the start in 1.6": (start_16(), None),
    "a refused card, and a start that was accepted, in 1.6": (
        authorize("09:59:00", "Invalid", version="1.6") + start_16(),
        None,
    ),
    "a refused card, and a start that was refused, in 1.6": (
        authorize("09:59:00", "Invalid", version="1.6") + start_16(status="Invalid"),
        "pre_plugin",
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_the_mode_of_chargex_is_the_first_that_the_messages_tell(tmp_path, name):
    text, mode = MODES[name]
    (transaction,) = [row for row in attempts(tmp_path, text) if row.has_transaction]
    assert transaction.authorisation_mode == mode


ORPHANS = {
    "a card": (authorize("09:00:00"), "pre_plugin"),
    "a card that is refused": (authorize("09:00:00", "Blocked"), "pre_plugin"),
    "a card that nobody answered": (authorize("09:00:00", None), "pre_plugin"),
    "a card in 1.6": (authorize("09:00:00", version="1.6"), "pre_plugin"),
    "a card 301 s before a start": (authorize("09:54:59") + started(AT_10, "Authorized", **TOKEN), "pre_plugin"),
    "an app": (remote("09:00:00"), "request_start"),
    "an app that is refused": (remote("09:00:00", "Rejected"), "request_start"),
    "an app in 1.6": (remote("09:00:00", action="RemoteStartTransaction"), "request_start"),
}


@pytest.mark.parametrize("name", ORPHANS)
def test_an_orphan_carries_the_mode_of_its_request(tmp_path, name):
    text, mode = ORPHANS[name]
    orphans = [row for row in attempts(tmp_path, text) if not row.has_transaction]
    assert [row.authorisation_mode for row in orphans] == [mode]


def test_a_request_that_the_log_ends_too_early_to_judge_has_its_mode_too(tmp_path):
    (row,) = attempts(tmp_path, authorize("22:59:00"))
    assert (row.has_transaction is pd.NA, row.authorisation_mode) == (True, "pre_plugin")


def test_seconds_run_from_the_start_to_answer_plug_and_power(tmp_path):
    text = authorize("09:59:50", answered="09:59:52") + started(AT_10, "Authorized", answer="Accepted", **TOKEN)
    text += event("Updated", "10:00:20", "CablePluggedIn", "EVConnected")
    text += event("Updated", "10:00:31", "ChargingStateChanged", "Charging")
    text += event("Updated", "10:05:00", "ChargingStateChanged", "SuspendedEV")
    text += event("Updated", "10:06:00", "ChargingStateChanged", "Charging")
    (row,) = attempts(tmp_path, text)
    triggers = "Authorized, CablePluggedIn, ChargingStateChanged"
    assert told(row) == ("cached_auth", -8.0, 20.0, 31.0, 10.0, triggers)


def test_the_plug_and_power_are_told_by_the_station_and_the_answer_by_the_log(tmp_path):
    """The station was off the network for an hour, and its clock is 7 s behind."""
    text = started("09:59:53", "Authorized", logged="11:00:00", answer="Accepted", **TOKEN)
    text += event("Updated", "10:00:00", "ChargingStateChanged", "Charging", logged="11:00:02")
    (row,) = attempts(tmp_path, text)
    assert told(row)[1:4] == (0.0, None, 7.0)


def test_only_an_event_that_says_charging_because_the_state_changed_is_power(tmp_path):
    text = started(AT_10, "CablePluggedIn", "EVConnected") + event(
        "Updated", "10:01:00", "MeterValuePeriodic", "Charging"
    )
    (row,) = attempts(tmp_path, text)
    assert (row.reached_charging, told(row)[3]) == (True, None)


def test_a_clock_that_jumps_by_years_is_left_for_the_log_s(tmp_path):
    text = started(AT_10, "CablePluggedIn")
    text += event("Updated", "10:00:09", "ChargingStateChanged", "Charging", timestamp="1970-01-01T00:00:00Z")
    (row,) = attempts(tmp_path, text)
    assert told(row)[3] == 9.0


def test_trigger_reasons_are_those_of_the_beginning_and_of_states_and_not_of_the_end(tmp_path):
    text = event("Updated", "10:00:05", "ChargingStateChanged", "Charging", logged="09:59:59")
    text += started(AT_10, "CablePluggedIn") + event("Updated", "10:01:00", "MeterValuePeriodic")
    text += event("Updated", "10:02:00", "ChargingStateChanged", "SuspendedEVSE")
    text += event("Ended", "10:03:00", "EnergyLimitReached", "EVConnected", info={"stoppedReason": "Local"})
    (row,) = attempts(tmp_path, text)
    assert told(row)[5] == "CablePluggedIn, ChargingStateChanged"


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        (authorize("09:59:59.900") + started(AT_10, "Authorized", logged="10:00:00.100", **TOKEN), 1.0),
        (authorize("10:00:00.001") + started(AT_10, "Authorized", logged="10:00:00.999", **TOKEN), 0.0),
        (authorize("09:59:50") + authorize("09:59:57") + started(AT_10, "Authorized", **TOKEN), 3.0),
        (started(AT_10, "Authorized", **TOKEN) + authorize("10:00:00.500"), 0.0),
        (started(AT_10, "Authorized", **TOKEN) + authorize("10:00:01"), None),
        (started(AT_10, "Authorized", **TOKEN), None),
        (remote("09:59:50") + started(AT_10, "RemoteStart", **TOKEN), None),
    ],
)
def test_the_lead_of_an_authorize_is_told_in_whole_seconds_of_the_log(tmp_path, text, lead):
    (row,) = attempts(tmp_path, text)
    assert told(row)[4] == lead


def test_ocpp_1_6_tells_power_by_notices_and_no_plug_and_no_triggers(tmp_path):
    text = authorize("09:59:50", answered="09:59:51", version="1.6") + notice_16("09:59:55", "Preparing")
    text += start_16() + notice_16("10:00:02", "Charging") + notice_16("10:05:00", "SuspendedEV")
    text += notice_16("10:06:00", "Charging")
    (row,) = attempts(tmp_path, text)
    assert told(row) == ("pre_plugin", -9.0, None, 2.0, 10.0, None)


def stop_16(at: str) -> str:
    payload = {"transactionId": 5, "idTag": "TOKEN-1", "meterStop": 900, "timestamp": f"{DAY}{at}Z"}
    return said(at, [2, f"t{at}", "StopTransaction", payload])


def ended(at: str) -> str:
    return event("Ended", at, "StopAuthorized", info={"stoppedReason": "Local"}, **TOKEN)


BEGINNINGS = {
    "a card, then the plug": (authorize("10:00:10") + started("10:00:11", "CablePluggedIn", **TOKEN), ended),
    "the plug, then a card": (
        started("09:59:00", "CablePluggedIn")
        + authorize("10:00:10")
        + event("Updated", "10:00:11", "Authorized", **TOKEN),
        ended,
    ),
    "a card in 1.6": (authorize("10:00:10", version="1.6") + start_16("10:00:11"), stop_16),
}


@pytest.mark.parametrize("end", ["10:02:11", "10:20:11"])
@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_refused_card_is_a_failed_attempt_however_soon_the_start_after_it_ends(tmp_path, name, end):
    beginning, stop = BEGINNINGS[name]
    version = "1.6" if stop is stop_16 else "2.0.1"
    text = authorize("10:00:00", "Blocked", version=version) + beginning + stop(end)
    rows = {bool(row.has_transaction): row for row in attempts(tmp_path, text)}
    assert (rows[False].error_code, rows[False].authorisation_mode) == ("Authorize:Blocked", "pre_plugin")
    assert rows[True].end_time == pd.Timestamp(f"{DAY}{end}Z")


@pytest.mark.parametrize("told", [[], [event("Updated", "10:20:20", "StopAuthorized", **TOKEN)]])
def test_a_card_that_is_refused_when_it_is_held_up_to_stop_is_no_attempt(tmp_path, told):
    text = authorize("10:00:00") + started("10:00:01", "CablePluggedIn", **TOKEN)
    text += authorize("10:20:00", "Blocked") + authorize("10:20:10") + "".join(told) + ended("10:20:21")
    (row,) = attempts(tmp_path, text)
    assert row.has_transaction


def test_a_refused_request_is_no_part_of_the_start_after_it(tmp_path):
    text = authorize("09:59:00", "Expired") + authorize("09:59:30") + started(AT_10, "CablePluggedIn", **TOKEN)
    rows = {bool(row.has_transaction): row for row in attempts(tmp_path, text)}
    assert told(rows[True])[:2] == ("pre_plugin", -30.0)
    assert told(rows[False])[:2] == ("pre_plugin", 0.0)
    assert rows[True].authorize_lead_seconds == 30.0


@pytest.mark.parametrize(("answer", "lead"), [("", None), ("Blocked", 0.0)])
def test_a_refused_card_leads_a_start_only_where_that_is_refused_too(tmp_path, answer, lead):
    text = authorize(AT_10, "Expired") + started(AT_10, "CablePluggedIn", answer=answer, **TOKEN)
    (row,) = [row for row in attempts(tmp_path, text) if row.has_transaction]
    assert told(row)[4] == lead


@pytest.mark.parametrize(
    ("order", "mode"), [(("card", "start", "power"), "pre_plugin"), (("start", "card", "power"), "post_plugin")]
)
def test_a_log_without_times_tells_modes_by_its_order_and_what_the_stations_time(tmp_path, order, mode):
    lines = {
        "card": authorize("09:59:00"),
        "start": started(AT_10, "CablePluggedIn", **(TOKEN if mode == "pre_plugin" else {})),
        "power": event("Updated", "10:00:09", "ChargingStateChanged", "Charging", **TOKEN),
    }
    (row,) = attempts(tmp_path, without_times("".join(lines[name] for name in order)), later=False)
    assert told(row) == (mode, None, 0.0, 9.0, None, "CablePluggedIn, ChargingStateChanged")


def test_the_inl_worked_example_is_one_attempt_whose_card_and_start_stand_in_one_second(tmp_path):
    log = (Path(__file__).parents[2] / "data" / "ocpp" / "inl_worked_example.log").read_text(encoding="utf-8")
    frames_alone = [line.partition(" ")[2].partition(" ")[2] for line in log.splitlines()[1:]]
    times = [line[1:20] for line in log.splitlines()[1:]]
    text = "".join(f"{at}Z station=CP-1 {frame}\n" for at, frame in zip(times, frames_alone, strict=True))
    (row,) = attempts(tmp_path, text, later=False)
    triggers = "Authorized, CablePluggedIn, ChargingStateChanged"
    assert told(row) == ("cached_auth", 0.0, 0.0, 0.0, 0.0, triggers)
    assert (row.stop_reason, row.has_transaction) == ("Local", True)


def test_the_modes_are_the_same_words_for_sources_and_metrics():
    assert frames.AUTHORISATION_MODES == chargex.MODES
