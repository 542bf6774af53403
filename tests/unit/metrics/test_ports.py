from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.metrics.concentration import worst_port
from evcharge.metrics.definitions import RECORDED
from evcharge.metrics.detail import read_detail
from evcharge.metrics.ports import read_doubted_ports
from evcharge.metrics.selection import Selection
from evcharge.models import DimPort, DimStation
from tests.support.star import ledger, write_sessions


def sessions(station, port, successes, failures):
    row = {"station_id": station, "port_id": port}
    return [row | {"success": True}] * successes + [row | {"success": False}] * failures


def found_at(engine, station):
    """The ids that are doubted at a station, and the port that is named there."""
    with Session(engine) as session:
        (key,) = session.scalars(select(DimStation.station_key).where(DimStation.station_id == station))
        detail = read_detail(session, RECORDED, Selection(), [key])
        doubted = read_doubted_ports(session, RECORDED, detail).get(key, frozenset())
    detail["attempts"] = detail["successes"] + detail["failures"]
    ports = detail.groupby("port_id", dropna=False, as_index=False)[["attempts", "failures"]].sum()
    named = worst_port(ports, doubted)
    return set(doubted), named and named.port_id


ZERO = [*sessions("A", "1", 30, 1), *sessions("A", "2", 30, 1), *sessions("A", "0", 0, 20)]


def test_a_port_under_which_nothing_ever_succeeded_is_not_named(engine):
    write_sessions(engine, *ZERO)
    assert found_at(engine, "A") == ({"0"}, None)


def test_one_success_shows_that_it_is_a_port(engine):
    write_sessions(engine, *ZERO, *sessions("A", "0", 1, 0))
    assert found_at(engine, "A") == (set(), "0")


def test_a_success_at_a_port_of_the_same_id_elsewhere_shows_it_too(engine):
    write_sessions(engine, *ZERO, *sessions("B", "0", 1, 0))
    assert found_at(engine, "A") == (set(), "0")


def test_a_success_at_another_source_shows_nothing(engine):
    write_sessions(engine, *ZERO, *sessions("B", "0", 1, 0))
    with Session(engine) as session, session.begin():
        session.scalars(select(DimStation).where(DimStation.station_id == "B")).one().source = "other"
    assert found_at(engine, "A") == ({"0"}, None)


@pytest.mark.parametrize(("source", "found"), [("city", (set(), "0")), ("other", ({"0"}, None))])
def test_a_registry_of_the_source_shows_that_it_is_a_port(engine, source, found):
    write_sessions(engine, *ZERO)
    with Session(engine) as session, session.begin():
        load = ledger(source=source, file_sha256="f" * 64)
        session.add(load)
        key = session.scalars(select(DimStation.station_key)).one()
        session.flush()
        session.add(
            DimPort(source=source, port_id="0", station_key=key, named_as_station=False, load_key=load.load_key)
        )
    assert found_at(engine, "A") == found


def test_where_another_port_is_worse_than_the_rest_that_one_is_named(engine):
    write_sessions(engine, *ZERO, *sessions("A", "3", 10, 30))
    assert found_at(engine, "A") == ({"0"}, "3")


def test_sessions_without_a_port_make_no_doubt(engine):
    write_sessions(engine, *sessions("A", None, 0, 9), *sessions("A", "1", 9, 0))
    assert found_at(engine, "A") == (set(), None)


def test_no_sessions_make_no_doubt(engine):
    write_sessions(engine, idle=("A",))
    assert found_at(engine, "A") == (set(), None)
