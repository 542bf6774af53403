"""Rows that come packed into texts are those of the star, however many parts they come in."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.metrics import packed
from evcharge.metrics.days import count_days
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED
from evcharge.metrics.detail import read_daily_failures, read_detail
from evcharge.metrics.outages import read_port_days
from evcharge.metrics.packed import Packed, packed_numbers, packed_parts, packed_texts
from evcharge.metrics.selection import Selection
from evcharge.models import FactCharging
from tests.support.star import MIXED, write_sessions

PORTS = ("2", "10", None, "2", "10", "10")
MANY = [
    {**row, "station_id": station, "port_id": port, "time_key": 2024122300 + 100 * day + hour, "success": hour % 2 == 0}
    for station in "DACB"
    for day in range(3)
    for hour, port in enumerate(PORTS)
    for row in MIXED[:2]
]


def test_texts_are_numbered_in_order_and_those_that_are_missing_have_none(engine):
    write_sessions(engine, *({"port_id": port, "time_key": 2024122400} for port in ("é,1", None, "10", "2 3", "10")))
    columns = (FactCharging.station_key, func.count(), packed_texts(FactCharging.port_id))
    with Session(engine) as session:
        (part,) = packed_parts(session, select(*columns).group_by(FactCharging.station_key))
    codes, texts = part.texts(2)
    assert texts == ["10", "2 3", "é,1"]
    assert sorted(codes.tolist()) == [-1, 0, 0, 1, 2]


def test_columns_that_are_packed_have_the_rows_in_the_same_order(engine):
    write_sessions(engine, *({"port_id": str(hour), "time_key": 2024122400 + hour} for hour in (9, 3, 23, 7)))
    columns = (packed_numbers(FactCharging.time_key), packed_texts(FactCharging.port_id))
    with Session(engine) as session:
        query = select(FactCharging.station_key, func.count(), *columns).group_by(FactCharging.station_key)
        (part,) = packed_parts(session, query)
    codes, texts = part.texts(3)
    assert [int(texts[code]) for code in codes] == (part.numbers(2) % 100).tolist()


def test_no_rows_are_one_part_without_any():
    part = Packed([])
    assert part.keys().tolist() == part.numbers(2).tolist() == []
    assert [list(column) for column in part.texts(3)] == [[], []]


@pytest.mark.parametrize("read", [count_days, read_port_days, read_daily_failures])
def test_what_comes_in_many_parts_is_all_there(engine, monkeypatch, read):
    write_sessions(engine, *MANY)
    with Session(engine) as session:
        whole = read(session, RECORDED, Selection())
        monkeypatch.setattr(packed, "ROWS_AT_ONCE", 3)
        monkeypatch.setattr(packed, "STATIONS_AT_ONCE", 1)
        pd.testing.assert_frame_equal(read(session, RECORDED, Selection()), whole)


@pytest.mark.parametrize("definition", [RECORDED, AFIREV, DEFINITIONS["chargex_session"]], ids=lambda one: one.id)
def test_the_days_of_ports_are_those_that_sessions_one_by_one_add_up_to(engine, definition):
    write_sessions(engine, *MANY, *MIXED)
    with Session(engine) as session:
        stations = session.scalars(select(FactCharging.station_key).distinct()).all()
        detail = read_detail(session, definition, Selection(), stations)
        sessions = session.execute(select(*map(FactCharging.__table__.c.get, ("station_key", "port_id", "time_key"))))
        named = pd.DataFrame([tuple(row) for row in sessions], columns=["station_key", "port_id", "time"]).dropna()
        ports = read_port_days(session, definition, Selection())
    keys = ["station_key", "port_id", "day"]
    successes = detail.dropna(subset="port_id").groupby(keys)["successes"].sum()
    assert ports.set_index(keys)["successes"].to_dict() == successes.to_dict()
    assert ports["sessions"].sum() == len(named)
    assert ports.equals(ports.sort_values(keys, ignore_index=True))
