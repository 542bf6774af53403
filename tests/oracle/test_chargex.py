"""INL's calculator, read a second time row by row, counts what ``evcharge chargex --inl-compatible`` counts.

The logs are random, in whole seconds, and hold only acts that both are said to count alike (docs/metrics/chargex.md).
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.metrics.chargex import EQUATIONS, START_TIME, TOTAL, chargex_kpis, read_logged_attempts, start_seconds
from evcharge.metrics.selection import Selection
from tests.support.publishers import published

ACTS = 60
APART_SECONDS = 1200
MIDNIGHT = datetime(2024, 3, 5, tzinfo=timezone.utc)
STOPS = ("Local", "Remote", "LocalOutOfCredit", "Other", "GroundFault", "EVDisconnected", "DeAuthorized", "Timeout")
VALID = {
    *("EnergyLimitReached", "SOCLimitReached", "Local", "Remote", "StoppedByEV", "LocalOutofCredit"),
    *("TimeLimitReached", "EVDisconnected"),
}
TRIGGERS = {
    "card, authorized": ("Authorized",),
    "authorized": ("Authorized",),
    "app": ("RemoteStart", "CablePluggedIn"),
    "card, plug": ("CablePluggedIn",),
    "plug": ("CablePluggedIn",),
    "card, power": ("ChargingStateChanged",),
}


class Said(NamedTuple):
    """A message: its second of the day and its frame."""

    at: int
    frame: list


def random_log(seed):
    """The messages of some acts, far enough apart to have nothing to do with each other."""
    chance = random.Random(seed)
    log = [said for number in range(ACTS) for said in random_act(chance, number)]
    return sorted([*log, Said(APART_SECONDS * (ACTS + 1), [2, "end", "Heartbeat", {}])], key=lambda said: said.at)


def random_act(chance, number):
    begin, way = APART_SECONDS * number, chance.choice([*TRIGGERS, "card alone", "app alone"])
    token = {"idToken": {"idToken": f"TOKEN-{number:03}", "type": "ISO14443"}}
    remote = {**token, "remoteStartId": number}
    if way == "card alone":
        return card(begin, number, token, chance.choice(["Accepted", "Blocked"]), 1)
    if way == "app alone":
        rejected = {"status": "Rejected", "statusInfo": {"reasonCode": "SessionStartRejected"}}
        return asked(begin, f"r{number}", "RequestStartTransaction", remote, rejected, 1)
    said, start, name = [], begin + 400, f"TX-{number}"
    if way.startswith("card"):
        lead = chance.choice([0, 0, 1, 2, 60, 299, 300, 301])
        said += card(start - lead, number, token, "Accepted", chance.choice([0, 1]))
    if way == "app":
        accepted = {"status": "Accepted", "transactionId": name}
        said += asked(start - 30, f"r{number}", "RequestStartTransaction", remote, accepted, 1)

    def event(at, kind, trigger, answer=None, **info):
        own = {"transactionId": name, **({"remoteStartId": number} if way == "app" else {}), **info}
        payload = {"eventType": kind, "timestamp": clock(at), "triggerReason": trigger, "transactionInfo": own}
        payload |= token if kind == "Started" and way != "plug" else {}
        return asked(at, f"{name}{kind}{at}", "TransactionEvent", payload, answer or {})

    trigger = chance.choice(TRIGGERS[way])
    accepted = {"idTokenInfo": {"status": "Accepted"}} if trigger == "Authorized" else {}
    said += event(start, "Started", trigger, accepted, chargingState="EVConnected")
    if chance.random() < 0.3:
        state = {} if chance.random() < 0.4 else {"chargingState": "EVConnected"}
        said += event(start + 2, "Updated", chance.choice(["MeterValuePeriodic", "TimeLimitReached"]), **state)
    if chance.random() < 0.85:
        trigger = chance.choice(["ChargingStateChanged"] * 5 + ["ChargingRateChanged"])
        said += event(start + chance.choice([5, 20, 40]), "Updated", trigger, chargingState="Charging")
    if chance.random() < 0.9:
        trigger = chance.choice(["EVDeparted", "TimeLimitReached"])
        said += event(start + 300, "Ended", trigger, stoppedReason=chance.choice(STOPS))
    return said


def card(at, number, token, status, later):
    return asked(at, f"a{number}", "Authorize", token, {"idTokenInfo": {"status": status}}, later)


def asked(at, number, action, payload, answer, later=0):
    return [Said(at, [2, number, action, payload]), Said(at + later, [3, number, answer])]


def clock(at):
    return (MIDNIGHT + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Row(NamedTuple):
    """A message as INL's calculator keeps it: an event with its code and trigger, or a request with its status."""

    kind: str
    token: str | None
    transaction: str | None
    code: str
    trigger: str
    at: int
    answered: int | None = None


def rows_of(log):
    """The rows that the calculator makes of a log; each Authorize bound to a later start, ignored, or an orphan."""
    answers = {frame[1]: (at, frame[2]) for at, frame in log if frame[0] == 3}
    rows = [row for at, frame in log if frame[0] == 2 and (row := row_of(at, frame, answers))]
    starts = [row for row in rows if row.code == "Started" and row.token]
    for row in rows:
        near = [one for one in starts if one.token == row.token and abs(one.at - row.at) < 300]
        after, before = ([one for one in near if sign * (one.at - row.at) > 0] for sign in (1, -1))
        if row.kind == "Authorize" and (after or not before):
            yield row._replace(transaction=after[0].transaction if after else None)
        elif row.kind != "Authorize":
            yield row


def row_of(at, frame, answers):
    _, number, action, payload = frame
    token = payload.get("idToken", {}).get("idToken")
    if action in ("Authorize", "RequestStartTransaction"):
        answered, answer = answers[number]
        status = answer.get("status") or answer["idTokenInfo"]["status"]
        return Row(action, token, answer.get("transactionId"), status, "", at, answered)
    info, trigger = payload.get("transactionInfo", {}), payload.get("triggerReason")
    name, state = info.get("transactionId"), info.get("chargingState")
    if "stoppedReason" in info:
        return Row(action, token, name, "Ended", info["stoppedReason"], at)
    if payload.get("eventType") == "Started":
        answered = answers[number][0] if trigger == "Authorized" else None
        return Row(action, token, name, "Started", "Accepted" if answered is not None else trigger, at, answered)
    return Row(action, token, name, state, trigger, at) if state else None


def equations_of(rows):
    """Numerator and denominator by equation, and the start times [s]."""
    found = {number: [0, 0] for number in (1, 3, 4, 5, 10, 12, 14, 15, 16)}
    for row in rows:
        orphaned = {"Authorize": (3, 14), "RequestStartTransaction": (4, 15)}.get(row.kind, ())
        for number in orphaned if row.transaction is None else ():
            found[number][1] += 1
    times = []
    for name in dict.fromkeys(row.transaction for row in rows if row.transaction):
        own = [row for row in rows if row.transaction == name]
        power = [row for row in own if (row.code, row.trigger) == ("Charging", "ChargingStateChanged")]
        valid = any(row.trigger in VALID for row in own)
        starts = {row.trigger: row.at for row in own if row.code == "Started"}
        kinds = {row.kind for row in own}
        modes = (
            ("Accepted" in starts, (5, 16)),
            ("RequestStartTransaction" in kinds, (4, 15)),
            ("Authorize" in kinds, (3, 14)),
            ("CablePluggedIn" in starts, (1, 12)),
        )
        for start, session in [pair for holds, pair in modes if holds][:1]:
            both = ((start, bool(power), True), (session, valid, True), (10, bool(power) and valid, bool(power)))
            for number, succeeded, counts in both:
                found[number][0] += succeeded
                found[number][1] += counts
        begins = [row.answered for row in own if row.answered is not None]
        begins += [starts["CablePluggedIn"]] if "CablePluggedIn" in starts else []
        times += [power[0].at - begins[0]] if power and begins else []
    return found, sorted(times)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(3))
def test_a_second_reading_of_inl_s_calculator_counts_the_same(sqlite_url, tmp_path, seed):
    log = random_log(seed)
    text = "".join(f"{clock(said.at)} station=CP-1 {json.dumps(said.frame)}\n" for said in log)
    (tmp_path / "random.log").write_text(text, encoding="utf-8")
    result = load_file(tmp_path / "random.log", sqlite_url, [published("ocpp")])
    assert result.rejected == 0
    with Session(open_engine(sqlite_url)) as session:
        attempts = read_logged_attempts(session, Selection())
    kpis = chargex_kpis(attempts, inl_compatible=True)
    counted = {
        row.equation: [row.numerator, row.denominator]
        for row in kpis.itertuples()
        if row.equation is not None and row.equation != EQUATIONS[START_TIME][TOTAL]
    }
    expected, times = equations_of(list(rows_of(log)))
    assert counted == expected
    assert sorted(start_seconds(attempts.seconds, inl_compatible=True)) == times
    assert min(denominator for _, denominator in expected.values()) > 0
