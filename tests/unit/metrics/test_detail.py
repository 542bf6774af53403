from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, DEFINITIONS, EXCLUDED, RECORDED
from evcharge.metrics.detail import read_daily_failures, read_detail
from evcharge.metrics.outcomes import count_outcomes
from evcharge.metrics.reasons import count_reasons
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging
from tests.support.star import MIXED, write_sessions


def keys_of(engine, *names):
    """The keys of these stations; of all without names."""
    with Session(engine) as session:
        rows = session.execute(select(DimStation.station_id, DimStation.station_key)).all()
    return [key for name, key in sorted(rows) if not names or name in names]


def detail_of(engine, *names, definition=RECORDED, selection=None):
    with Session(engine) as session:
        return read_detail(session, definition, selection or Selection(), keys_of(engine, *names))


def failures_of(engine, definition=RECORDED, selection=None):
    with Session(engine) as session:
        return read_daily_failures(session, definition, selection or Selection())


def rows_of(frame):
    """The rows without the station key, days as text."""
    frame = frame.drop(columns="station_key").assign(day=frame["day"].dt.strftime("%Y-%m-%d"))
    return list(frame.itertuples(index=False, name=None))


def at(hour, **over):
    return {"time_key": hour, "success": True} | over


def test_detail_counts_by_port_day_and_hour_with_sessions_without_a_port_last(engine):
    write_sessions(
        engine,
        at(2024122409, port_id="2"),
        at(2024122409, port_id="2", success=False),
        at(2024122409, port_id="10"),
        at(2024122409),
        at(2024122322, port_id="2", success=None),
        at(2024122500, port_id="2"),
    )
    frame = detail_of(engine)
    assert list(frame.columns) == ["station_key", "port_id", "day", "hour", "successes", "failures", "unknown"]
    assert rows_of(frame) == [
        ("10", "2024-12-24", 9, 1, 0, 0),
        ("2", "2024-12-23", 22, 0, 0, 1),
        ("2", "2024-12-24", 9, 1, 1, 0),
        ("2", "2024-12-25", 0, 1, 0, 0),
        (None, "2024-12-24", 9, 1, 0, 0),
    ]


def test_detail_has_the_stated_types_with_rows_and_without(engine):
    expected = ["int64", "object", "datetime64[s]", "int64", "int64", "int64", "int64"]
    assert detail_of(engine).dtypes.astype(str).tolist() == expected
    write_sessions(engine, at(2024122409), at(2024122410))
    frame = detail_of(engine)
    assert frame.dtypes.astype(str).tolist() == expected
    assert frame["port_id"].tolist() == [None, None]


def test_detail_is_of_the_named_stations_alone_in_the_order_of_their_keys(engine):
    write_sessions(engine, *(at(2024122409, station_id=name) for name in ("C", "A", "B", "A")))
    assert detail_of(engine, "A", "C")["station_key"].tolist() == sorted(keys_of(engine, "A", "C"))
    with Session(engine) as session:
        assert read_detail(session, RECORDED, Selection(), []).empty


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_detail_adds_up_to_the_counts_of_each_station(engine, definition):
    write_sessions(engine, *(row | {"time_key": 2024122400 + place} for place, row in enumerate(MIXED)))
    with Session(engine) as session:
        counts = count_outcomes(session, definition, Selection())
    detail = detail_of(engine, definition=definition)
    sums = detail.groupby("station_key")[["successes", "failures", "unknown"]].sum()
    assert (
        sums.loc[keys_of(engine)].to_numpy().tolist()
        == counts[["successes", "failures", "unknown"]].to_numpy().tolist()
    )
    assert len(detail) == len(MIXED)


def test_excluded_sessions_are_in_no_count_but_their_hour_is_a_row(engine):
    outcome = case((FactCharging.energy_kwh == 0, EXCLUDED), else_=RECORDED.outcome)
    definition = replace(RECORDED, id="with_energy", outcome=outcome)
    write_sessions(
        engine,
        at(2024122409, energy_kwh=0.0),
        at(2024122410, energy_kwh=0.0, success=False),
        at(2024122410, energy_kwh=5.0),
    )
    counts = detail_of(engine, definition=definition)[["hour", "successes", "failures", "unknown"]]
    assert counts.to_numpy().tolist() == [[9, 0, 0, 0], [10, 1, 0, 0]]


def test_the_selection_holds_for_detail_and_for_daily_failures(engine):
    write_sessions(engine, *(at(hour, success=False) for hour in (2024122323, 2024122400, 2024122423, 2024122500)))
    day = Selection(first_day=date(2024, 12, 24), last_day=date(2024, 12, 24))
    assert detail_of(engine, selection=day)["hour"].tolist() == [0, 23]
    assert failures_of(engine, selection=day)["sessions"].tolist() == [2]


def test_daily_failures_are_counted_by_station_day_and_what_was_recorded(engine):
    failed = {"success": False, "stop_reason": "PowerLoss", "error_code": "CX002"}
    write_sessions(
        engine,
        at(2024122409, station_id="A", **failed),
        at(2024122417, station_id="A", **failed),
        at(2024122509, station_id="A", **failed),
        at(2024122409, station_id="A", success=False),
        at(2024122409, station_id="A", success=False, stop_reason="Other"),
        at(2024122409, station_id="A", success=True, stop_reason="PowerLoss"),
        at(2024122409, station_id="A", success=None),
        at(2024122409, station_id="B", **failed),
    )
    frame = failures_of(engine)
    assert frame["station_key"].tolist() == [*keys_of(engine, "A") * 4, *keys_of(engine, "B")]
    assert rows_of(frame) == [
        ("2024-12-24", "Other", None, 1),
        ("2024-12-24", "PowerLoss", "CX002", 2),
        ("2024-12-24", None, None, 1),
        ("2024-12-25", "PowerLoss", "CX002", 1),
        ("2024-12-24", "PowerLoss", "CX002", 1),
    ]


def test_daily_failures_have_the_stated_types_with_rows_and_without(engine):
    expected = ["int64", "datetime64[s]", "object", "object", "int64"]
    assert failures_of(engine).dtypes.astype(str).tolist() == expected
    write_sessions(engine, at(2024122409, success=False))
    frame = failures_of(engine)
    assert frame.dtypes.astype(str).tolist() == expected
    assert frame[["stop_reason", "error_code"]].to_numpy().tolist() == [[None, None]]


def test_daily_failures_follow_the_definition_and_their_reasons_can_be_counted(engine):
    short = {"energy_kwh": 0.1, "duration_minutes": 1.0, "error_code": "CX002"}
    write_sessions(
        engine, at(2024122409, **short), at(2024122510, **short), at(2024122611, energy_kwh=9.0, duration_minutes=9.0)
    )
    assert failures_of(engine).empty
    frame = failures_of(engine, AFIREV)
    since = frame[frame["day"] >= pd.Timestamp(2024, 12, 25)]
    reasons = count_reasons(since)
    assert reasons.set_index("reason")["sessions"].to_dict() == {"CX002": 1, "not recorded": 0}
