from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from sqlalchemy.orm import Session

from evcharge.metrics import attempts as module
from evcharge.metrics.attempts import read_attempts, read_stations
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED
from evcharge.metrics.outcomes import Selection, count_outcomes
from tests.unit.metrics.star import MIXED, write_sessions


def attempts_of(engine, definition=RECORDED, selection=None):
    """The attempts with the names of their stations."""
    with Session(engine) as session:
        attempts = read_attempts(session, definition, selection or Selection())
        stations = read_stations(session, selection or Selection())
    return attempts.merge(stations, on="station_key")


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_attempts_are_as_many_of_each_outcome_as_the_counts_say(engine, definition):
    write_sessions(engine, *MIXED, idle=("E",))
    with Session(engine) as session:
        counts = count_outcomes(session, definition, Selection()).set_index("station_id")
    by_station = attempts_of(engine, definition).groupby("station_id")["succeeded"]
    assert by_station.agg(lambda one: (one == 1).sum()).to_dict() == counts["successes"].to_dict()
    assert by_station.agg(lambda one: (one == 0).sum()).to_dict() == counts["failures"].to_dict()
    others = counts["excluded"] + counts["unknown"]
    assert by_station.agg(lambda one: one.isna().sum()).to_dict() == others.to_dict()


def test_attempts_come_by_station_and_hour_with_their_energy(engine):
    write_sessions(
        engine,
        {"station_id": "B", "time_key": 2024122409, "success": False, "energy_kwh": None},
        {"station_id": "A", "time_key": 2024122411, "success": True, "energy_kwh": 7.5},
        {"station_id": "B", "time_key": 2024122308, "success": None, "energy_kwh": 0.0},
        {"station_id": "A", "time_key": 2024122410, "success": False, "energy_kwh": 0.25},
    )
    frame = attempts_of(engine)
    found = frame.sort_values(["station_id"], kind="stable")
    assert found["time_key"].tolist() == [2024122410, 2024122411, 2024122308, 2024122409]
    np.testing.assert_array_equal(found["succeeded"], [0, 1, np.nan, 0])
    np.testing.assert_array_equal(found["energy_kwh"], [0.25, 7.5, 0.0, np.nan])
    assert frame[["station_key", "time_key", "succeeded", "energy_kwh"]].dtypes.astype(str).tolist() == [
        "int64",
        "int64",
        "float64",
        "float64",
    ]


def test_attempts_that_come_in_many_parts_are_all_there(engine, monkeypatch):
    write_sessions(engine, *MIXED)
    whole = attempts_of(engine, AFIREV)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 3)
    parts = attempts_of(engine, AFIREV)
    assert len(parts) == len(whole) == len(MIXED)
    assert parts["station_id"].value_counts().to_dict() == whole["station_id"].value_counts().to_dict()


def test_attempts_outside_the_selection_are_left_out(engine):
    write_sessions(engine, *({"time_key": hour, "success": True} for hour in (2024122323, 2024122400, 2024122500)))
    day = Selection(first_day=date(2024, 12, 24), last_day=date(2024, 12, 24))
    assert attempts_of(engine, selection=day)["time_key"].tolist() == [2024122400]


def test_no_sessions_give_no_attempts_and_no_stations(engine):
    frame = attempts_of(engine)
    assert frame.empty
    assert {"station_key", "time_key", "succeeded", "energy_kwh", "source"} <= set(frame.columns)


def test_each_station_says_whether_its_publisher_removed_failures_or_did_not_say(engine):
    write_sessions(engine, *MIXED, idle=("E",))
    with Session(engine) as session:
        stations = read_stations(session, Selection())
    said = stations[["station_id", "without_failures", "perhaps_without_failures"]]
    assert list(said.itertuples(index=False, name=None)) == [("A", 0, 0), ("B", 0, 0), ("C", 1, 0), ("D", 0, 1)]
