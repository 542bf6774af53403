"""What is true of a sample: its stations, what was planted where, and what a right load counts.

Does not belong here: any computation that a test should make for itself from the CSV.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np

from evcharge.synth.defects import DEFECTS, ROWS_WITHOUT_A_SESSION, Defect, Plan
from evcharge.synth.sessions import DC_FROM_WATTS, FIRST_DAY, RATIO_AFTER_BREAK, Ints, Sessions, Station


def tell_truth(fleet: list[Station], sessions: Sessions, plan: Plan) -> dict[str, Any]:
    """What is true of the stations, what was planted, and what a right load counts by the recorded outcome."""
    return {
        "stations": _tell_stations(fleet, sessions, plan),
        "defects": [_tell_defect(row, defect, sessions, plan) for row, defect, _ in plan.planted],
        "expected": _tell_expected(plan),
    }


def _tell_stations(fleet: list[Station], sessions: Sessions, plan: Plan) -> list[dict[str, Any]]:
    counted = np.ones(plan.session_count, dtype=np.bool_)
    counted[_sessions_hit(plan, [each.code for each in DEFECTS if each.refused])] = False
    told = counted.copy()
    told[_sessions_hit(plan, ["missing_success"])] = False
    counts = (
        np.bincount(sessions.station[kept], minlength=len(fleet)).tolist()
        for kept in (told & sessions.success, told & ~sessions.success, counted & ~told)
    )
    return [
        _tell_station(station, successes, failures, unknown)
        for station, successes, failures, unknown in zip(fleet, *counts, strict=True)
    ]


def _sessions_hit(plan: Plan, codes: list[str]) -> Ints:
    """The sessions whose own row has one of these defects."""
    own = set(codes).difference(ROWS_WITHOUT_A_SESSION)
    rows = [row for row, defect, _ in plan.planted if defect.code in own]
    return plan.session_of_row[np.array(rows, dtype=np.int64)]


def _tell_station(station: Station, successes: int, failures: int, unknown: int) -> dict[str, Any]:
    return {
        "station_id": station.station_id,
        "kind": "dc" if station.power_watts >= DC_FROM_WATTS else "ac",
        "power_kw": station.power_watts / 1000,
        "true_success_ratio": station.success_ratio,
        "broke_on": _tell_day(station.break_day),
        "ratio_after": None if station.break_day is None else RATIO_AFTER_BREAK,
        "silent_since": _tell_day(station.silent_day),
        "attempts": successes + failures,
        "successes": successes,
        "failures": failures,
        "unknown": unknown,
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
    updated, unchanged = kept["conflicting_repeat"], kept["exact_repeat"]
    return {
        "read": read,
        "inserted": read - updated - unchanged - rejected,
        "updated": updated,
        "unchanged": unchanged,
        "rejected": rejected,
        "rejects_by_rule": dict(rejects),
    }
