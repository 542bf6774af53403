from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.orm import Session

from evcharge.metrics import packed
from evcharge.metrics.days import DAY_COUNTS, count_days, local_days, mean_energy
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED
from evcharge.metrics.outages import count_ports, read_port_days
from evcharge.metrics.outcomes import count_outcomes
from evcharge.metrics.selection import Selection
from evcharge.metrics.stations import read_stations
from tests.support.star import MIXED, write_sessions

NO_PORTS = pd.Series(dtype="int64")


def days_of(engine, definition=RECORDED, selection=None):
    """The days with the names of their stations."""
    with Session(engine) as session:
        days = count_days(session, definition, selection or Selection())
        stations = read_stations(session, selection or Selection(), NO_PORTS)
    return days.merge(stations[["station_key", "source", "station_id"]], on="station_key")


def test_local_days_are_those_of_the_calendar():
    days = [date(1969, 12, 31), date(2000, 2, 29), date(2024, 2, 29), date(2024, 12, 31), date(2025, 3, 1)]
    keys = np.array([int(f"{day:%Y%m%d}23") for day in days])
    assert pd.Series(local_days(keys)).dt.date.tolist() == days


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_the_days_of_a_station_add_up_to_its_counts(engine, definition):
    write_sessions(engine, *MIXED, *({**row, "time_key": 2024122507} for row in MIXED), idle=("E",))
    with Session(engine) as session:
        counts = count_outcomes(session, definition, Selection()).set_index("station_id")
    sums = days_of(engine, definition).groupby("station_id")[list(DAY_COUNTS)].sum()
    assert sums.to_dict() == counts[list(DAY_COUNTS)].to_dict()


def test_days_come_by_station_and_day_and_hours_of_a_day_are_together(engine):
    write_sessions(
        engine,
        {"station_id": "B", "time_key": 2024122409, "success": False},
        {"station_id": "A", "time_key": 2024122423, "success": True},
        {"station_id": "B", "time_key": 2024122308, "success": None},
        {"station_id": "A", "time_key": 2024122400, "success": False},
    )
    found = days_of(engine).sort_values("station_id", kind="stable")
    assert found["day"].dt.date.tolist() == [date(2024, 12, 24), date(2024, 12, 23), date(2024, 12, 24)]
    assert found[list(DAY_COUNTS)].to_numpy().tolist() == [[1, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]]
    assert found[list(DAY_COUNTS)].dtypes.astype(str).tolist() == ["int64"] * 4


def test_days_that_come_in_many_parts_are_all_there(engine, monkeypatch):
    write_sessions(engine, *MIXED, *({**row, "time_key": 2024122507} for row in MIXED))
    whole = days_of(engine, AFIREV)
    monkeypatch.setattr(packed, "ROWS_AT_ONCE", 3)
    pd.testing.assert_frame_equal(days_of(engine, AFIREV), whole)


def test_days_outside_the_selection_are_left_out(engine):
    write_sessions(engine, *({"time_key": hour, "success": True} for hour in (2024122323, 2024122400, 2024122500)))
    day = Selection(first_day=date(2024, 12, 24), last_day=date(2024, 12, 24))
    assert days_of(engine, selection=day)["day"].dt.date.tolist() == [date(2024, 12, 24)]


def test_no_sessions_give_no_days_and_no_stations(engine):
    frame = days_of(engine)
    assert frame.empty
    assert {"station_key", "day", "source", *DAY_COUNTS} <= set(frame.columns)


def test_the_mean_energy_is_that_of_successful_charges_with_energy(engine):
    charges = {"A": (10.0, 30.0, None), "B": (None,), "C": (7.0, 1.0, 2.5), "D": (4.0,)}
    rows = [{"station_id": name, "energy_kwh": kwh, "success": True} for name in charges for kwh in charges[name]]
    failures = [{"station_id": "A", "energy_kwh": 900.0, "success": said} for said in (False, None)]
    write_sessions(
        engine, *rows, *failures, {"station_id": "A", "time_key": 2024122507, "energy_kwh": 50.0, "success": True}
    )
    days = days_of(engine)
    means = mean_energy(days)
    names = days.drop_duplicates("station_key").set_index("station_key")["station_id"]
    found = {names[key]: value for key, value in means.items()}
    assert np.isnan(found.pop("B"))
    assert found == {"A": 30.0, "C": 3.5, "D": 4.0}


def test_each_station_says_whether_its_publisher_removed_failures_or_did_not_say(engine):
    write_sessions(engine, *MIXED, idle=("E",))
    with Session(engine) as session:
        stations = read_stations(session, Selection(), NO_PORTS)
    said = stations[["station_id", "without_failures", "perhaps_without_failures"]]
    assert list(said.itertuples(index=False, name=None)) == [("A", 0, 0), ("B", 0, 0), ("C", 1, 0), ("D", 0, 1)]


def test_a_station_has_as_many_ports_as_its_sessions_name(engine):
    write_sessions(engine, *({"station_id": "A", "port_id": port} for port in ("1", "2", "2", None)), {"port_id": None})
    with Session(engine) as session:
        ports = count_ports(read_port_days(session, RECORDED, Selection()))
        assert read_stations(session, Selection(), ports)["ports"].tolist() == [2, 0]
