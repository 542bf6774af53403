"""What is true of a sample: its stations, what was planted where, and what a right load counts.

Does not belong here: any computation that a test should make for itself from the CSV.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np

from evcharge.synth.chance import Bools, Ints
from evcharge.synth.defects import DEFECTS, ROWS_WITHOUT_A_SESSION, Defect, Plan
from evcharge.synth.fleet import DC_FROM_WATTS, Fault, Station
from evcharge.synth.period import FIRST_DAY, HOURS_PER_DAY, SECONDS_PER_DAY, SECONDS_PER_HOUR
from evcharge.synth.reasons import PLANTED, RECORDED, planted_words
from evcharge.synth.sessions import Sessions


def tell_truth(fleet: list[Station], sessions: Sessions, plan: Plan) -> dict[str, Any]:
    """What is true of the stations, what was planted, and what a right load counts by the recorded outcome."""
    counted = _not_hit(plan, [each.code for each in DEFECTS if each.refused])
    told = counted & _not_hit(plan, ["missing_success", "success_unreadable"])
    return {
        "stations": _tell_stations(fleet, sessions, counted, told),
        "planted": _tell_faults(fleet, sessions, told & ~sessions.success),
        "defects": [_tell_defect(row, defect, sessions, plan) for row, defect, _ in plan.planted],
        "expected": _tell_expected(plan),
    }


def _not_hit(plan: Plan, codes: list[str]) -> Bools:
    """Whether each session's own row has none of these defects."""
    own = set(codes).difference(ROWS_WITHOUT_A_SESSION)
    rows = [row for row, defect, _ in plan.planted if defect.code in own]
    not_hit = np.ones(plan.session_count, dtype=np.bool_)
    not_hit[plan.session_of_row[np.array(rows, dtype=np.int64)]] = False
    return not_hit


def _tell_stations(fleet: list[Station], sessions: Sessions, counted: Bools, told: Bools) -> list[dict[str, Any]]:
    counts = (
        np.bincount(sessions.station[kept], minlength=len(fleet)).tolist()
        for kept in (told & sessions.success, told & ~sessions.success, counted & ~told)
    )
    return [
        _tell_station(station, successes, failures, unknown)
        for station, successes, failures, unknown in zip(fleet, *counts, strict=True)
    ]


def _tell_station(station: Station, successes: int, failures: int, unknown: int) -> dict[str, Any]:
    changed_on = station.break_day or station.repair_day
    return {
        "station_id": station.station_id,
        "name": station.place.name,
        "kind": "dc" if station.power_watts >= DC_FROM_WATTS else "ac",
        "power_kw": station.power_watts / 1000,
        "ports": station.port_count,
        "true_success_ratio": station.ratio_on(0),
        "broke_on": _tell_day(station.break_day),
        "repaired_on": _tell_day(station.repair_day),
        "ratio_after": None if changed_on is None else station.ratio_on(changed_on),
        "silent_since": _tell_day(station.silent_day),
        "attempts": successes + failures,
        "successes": successes,
        "failures": failures,
        "unknown": unknown,
    }


def _tell_faults(fleet: list[Station], sessions: Sessions, failed: Bools) -> dict[str, list[dict[str, Any]]]:
    """At which port, in which hours and with which reasons most failures of a station are since its fault began."""
    faulty = [
        (station, station.fault, _failures_since(index, station.fault, sessions, failed))
        for index, station in enumerate(fleet)
        if station.fault and station.fault.kind in PLANTED
    ]
    hour = sessions.start_s // SECONDS_PER_HOUR % HOURS_PER_DAY
    word = np.array([error_code or stop_reason for stop_reason, error_code in RECORDED])[sessions.ending]
    return {
        "ports": [
            {
                "port_id": f"{station.station_id}-{fault.port}",
                **_tell_fault(station, sessions.port[own] == fault.port),
            }
            for station, fault, own in faulty
            if fault.port is not None
        ],
        "hours": [
            {
                "from_hour": fault.hours[0],
                "to_hour": fault.hours[1],
                **_tell_fault(station, (hour[own] >= fault.hours[0]) & (hour[own] < fault.hours[1])),
            }
            for station, fault, own in faulty
            if fault.hours is not None
        ],
        "reasons": [
            {
                "reasons": planted_words(fault.kind),
                **_tell_fault(station, np.isin(word[own], planted_words(fault.kind))),
            }
            for station, fault, own in faulty
        ],
    }


def _failures_since(index: int, fault: Fault, sessions: Sessions, failed: Bools) -> Ints:
    """The failures of the station of this index from the first day of the fault on."""
    since = sessions.start_s >= fault.first_day * SECONDS_PER_DAY
    return np.flatnonzero(failed & (sessions.station == index) & since)


def _tell_fault(station: Station, bears_the_mark: Bools) -> dict[str, Any]:
    """How many of the failures are where the fault is, or say what it says; the share is null without a failure."""
    failures, planted = len(bears_the_mark), int(bears_the_mark.sum())
    return {
        "station_id": station.station_id,
        "since": _tell_day(station.break_day),
        "failures": failures,
        "planted": planted,
        "share": planted / failures if failures else None,
    }


def _tell_day(day: int | None) -> str | None:
    return None if day is None else (FIRST_DAY + timedelta(days=day)).isoformat()


def _tell_defect(row: int, defect: Defect, sessions: Sessions, plan: Plan) -> dict[str, Any]:
    """Where the defect stands, whose row it is, and how the row would have counted as far as it still tells."""
    session = int(plan.session_of_row[row])
    would_have_been = {
        "outcome": "success" if sessions.success[session] else "failure",
        "energy": "unknown" if sessions.energy_wh[session] else "failure",
        "nothing": "unknown",
    }
    return {
        "line": row + 2,  # counted from 1, and the header is the first
        "code": defect.code,
        "refused": defect.refused,
        "session_id": None if defect.code == "repeated_header" else f"S{session + 1:07d}",
        "would_have_been": would_have_been[defect.tells],
    }


def _tell_expected(plan: Plan) -> dict[str, Any]:
    rejects = Counter(defect.code for _, defect, _ in plan.planted if defect.refused)
    kept = Counter(defect.code for _, defect, _ in plan.planted if not defect.refused)
    read, rejected = len(plan.session_of_row), rejects.total()
    unchanged = kept["exact_repeat"]
    return {
        "read": read,
        "inserted": read - unchanged - rejected,
        "updated": 0,
        "unchanged": unchanged,
        "rejected": rejected,
        "rejects_by_rule": dict(rejects),
    }
