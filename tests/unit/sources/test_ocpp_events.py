"""NotifyEvent of OCPP 2.0.1: whose error it is, by which code, and what is no error."""

from __future__ import annotations

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from tests.support.factories import AS_OF
from tests.support.ocpp_log import DAY, Log

EVSE_1, EVSE_2 = {"id": 1, "connectorId": 1}, {"id": 2, "connectorId": 1}


@pytest.fixture
def rows(tmp_path):
    """The rows that a log comes to, in the order of their starts."""

    def of(log):
        path = tmp_path / "station.log"
        path.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
        with open_file(path) as file:
            parts = [
                clean(raw, AS_OF) for raw in read(file, pick_profile(file, [builtin_profiles()["ocpp"]]), salt="s")
            ]
        frame = pd.concat([part.rows for part in parts]).sort_values("start_time", kind="stable").astype(object)
        return list(frame.where(frame.notna(), None).itertuples())

    return of


def problem(code="CX002", evse=EVSE_1, value="true", variable="Problem", name="EVSE", **more):
    """An event that tells a problem of an EVSE's component."""
    component = {"name": name, **({"evse": evse} if evse else {})}
    told = {"actualValue": value, "component": component, "variable": {"name": variable}, **more}
    return {**told, "techCode": code} if code else told


def faulted(code, value="Faulted", **more):
    return problem(code, value=value, variable="AvailabilityState", name="Connector", **more)


def session(*lines, stop="10:30:00"):
    """A transaction at EVSE 1, with NotifyEvents; each is its clock and its events."""
    log = Log()
    said = [(clock, "notify", events) for clock, *events in lines]
    said += [("10:00:00", "event", ["Started"]), (stop, "event", ["Ended"])]
    for clock, kind, what in sorted(said, key=lambda one: one[0]):
        getattr(log, kind)(clock, *what)
    return log


SESSIONS = {
    "a problem's code": ([("10:10:00", problem())], "CX002"),
    "a problem at the EVSE of a connector that is not named": ([("10:10:00", problem(evse={"id": 1}))], "CX002"),
    "a problem of the whole station": ([("10:10:00", problem(evse=None, name="ChargingStation"))], "CX002"),
    "a problem of EVSE 0, which is the whole station": ([("10:10:00", problem(evse={"id": 0}))], "CX002"),
    "a problem at another EVSE": ([("10:10:00", problem(evse=EVSE_2))], None),
    "a problem without a code is named by its component": ([("10:10:00", problem("", name="RCD"))], "RCD:Problem"),
    "a code of no error names no problem": ([("10:10:00", problem("NoError"))], "EVSE:Problem"),
    "a problem that is over": ([("10:10:00", problem(cleared=True))], None),
    "a problem that is not": ([("10:10:00", problem(value="false"))], None),
    "a problem whose value is not told": ([("10:10:00", problem(value=None))], None),
    "a code beside what is no error": ([("10:10:00", problem(value="71", variable="Temperature"))], None),
    "a fault": ([("10:10:00", faulted("CX008"))], "CX008"),
    "a fault without a code": ([("10:10:00", faulted(""))], None),
    "a fault that is over": ([("10:10:00", faulted("CX008", cleared=True))], None),
    "a code beside another state": ([("10:10:00", faulted("CX008", value="Occupied"))], None),
    "5 s early": ([("09:59:55", problem())], "CX002"),
    "6 s early": ([("09:59:54", problem())], None),
    "20 s late": ([("10:30:20", problem())], "CX002"),
    "21 s late": ([("10:30:21", problem())], None),
    "sent late, of its own time": ([("10:50:00", problem(timestamp=f"{DAY}T10:10:00Z"))], "CX002"),
    "codes in the order of their times, each once": (
        [("10:12:00", problem("B"), problem("A", timestamp=f"{DAY}T10:11:00Z")), ("10:13:00", problem("B"))],
        "A, B",
    ),
    "a problem of this transaction": ([("10:10:00", problem(evse=None, transactionId="T"))], "CX002"),
    "a problem of another transaction": ([("10:10:00", problem(transactionId="T-0"))], None),
    "a car's address": ([("10:10:00", problem("car 0a:1b:2c:3d:4e:5f"))], "car [private]"),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_an_event_counts_for_the_session_that_it_is_about(rows, name):
    lines, code = SESSIONS[name]
    (row,) = rows(session(*lines))
    assert row.error_code == code


@pytest.mark.parametrize(
    "broken",
    [None, 5, "true", {}, {"variable": 5}, {"variable": {"name": []}}, problem(evse=5), problem(component=5)],
)
def test_an_event_that_is_none_breaks_nothing(rows, broken):
    log = Log().event("10:00:00", "Started")
    told = {"generatedAt": f"{DAY}T10:10:00Z", "eventData": [broken, problem("CX003")]}
    log.say("10:10:00", [2, "n", "NotifyEvent", told]).say("10:11:00", [2, "m", "NotifyEvent", {"eventData": broken}])
    (row,) = rows(log.event("10:30:00", "Ended"))
    assert "CX003" in row.error_code


def test_an_event_counts_for_a_transaction_that_tells_its_evse_alone(rows):
    log = Log().event("10:00:00", "Started", evse={"id": 1}).notify("10:10:00", problem()).event("10:30:00", "Ended")
    assert [row.error_code for row in rows(log)] == ["CX002"]


def test_an_event_between_two_sessions_is_of_one_of_them(rows):
    log = Log().event("10:00:00", "Started").event("10:30:00", "Ended").notify("10:30:05", problem())
    log.event("10:30:12", "Started", transaction="U").event("10:40:00", "Ended", transaction="U")
    assert [row.error_code for row in rows(log)] == ["CX002", None]


def test_a_connector_s_state_in_an_event_is_its_status(rows):
    row = rows(session(("10:31:00", faulted("", value="Available"))))[0]
    assert row.next_status == "Available"
    row = rows(session(("10:31:00", problem()), ("10:32:00", faulted("", value="Unavailable"))))[0]
    assert row.next_status == "Unavailable"
    row = rows(session(("10:31:00", faulted("", value="Cosmic"))))[0]
    assert row.next_status is None


END = ("23:00:00", [2, "end", "Heartbeat", {}])
ATTEMPTS = {
    "at the only connector": (Log().ask("10:00:00").notify("10:00:03", problem()), ["CX002"]),
    "at the only connector, told by its EVSE": (
        Log().connector_status("09:00:00", 1, "Available").ask("10:00:00").notify("10:00:03", problem(evse={"id": 1})),
        ["CX002"],
    ),
    "a fault with a code": (Log().ask("10:00:00").notify("10:00:03", faulted("CX008")), ["CX008"]),
    "a fault without a code": (Log().ask("10:00:00").notify("10:00:03", faulted("")), [None]),
    "as late as a station may wait": (Log().ask("10:00:00").notify("10:03:00", problem()), ["CX002"]),
    "a second too late": (Log().ask("10:00:00").notify("10:03:01", problem()), [None]),
    "before the card": (Log().notify("09:59:58", problem()).ask("10:00:00"), [None]),
    "at the whole station": (
        Log().connector_status("09:00:00", 2, "Available").ask("10:00:00").notify("10:00:03", problem(evse=None)),
        ["CX002"],
    ),
    "at one of two connectors": (
        Log().connector_status("09:00:00", 2, "Available").ask("10:00:00").notify("10:00:03", problem()),
        [None],
    ),
    "at the EVSE of the app": (Log().ask("10:00:00", evseId=1).notify("10:00:03", problem()), ["CX002"]),
    "at another EVSE than the app's": (Log().ask("10:00:00", evseId=2).notify("10:00:03", problem()), [None]),
    "after a refused card": (
        Log().ask("10:00:00", status="Invalid").notify("10:00:03", problem()),
        ["Authorize:Invalid"],
    ),
    "of a transaction on the connector": (
        Log().event("09:00:00", "Started").ask("10:00:00").notify("10:00:03", problem()).event("10:30:00", "Ended"),
        [None],
    ),
    "of a transaction that the event names": (
        Log().ask("10:00:00").notify("10:00:03", problem(transactionId="T-0")),
        [None],
    ),
    "a problem that is over": (Log().ask("10:00:00").notify("10:00:03", problem(cleared=True)), [None]),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_problem_soon_after_an_accepted_request_is_what_went_wrong_with_its_attempt(rows, name):
    log, codes = ATTEMPTS[name]
    told = Log()
    told.lines = [*log.lines]
    assert [row.error_code for row in rows(told.say(*END)) if not row.has_transaction] == codes


def test_a_problem_makes_no_attempt_and_no_failure_of_its_own(rows):
    (row,) = rows(session(("10:10:00", problem()), ("12:00:00", problem("CX003"))))
    plain = rows(session())[0]
    assert row._replace(error_code=None) == plain._replace(Index=row.Index)
