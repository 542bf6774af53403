from __future__ import annotations

import csv
import itertools
import random
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from evcharge.clean import clean
from evcharge.load import load_file
from evcharge.load.mapping import to_hour
from evcharge.models import DimStation, DimTime, FactCharging, LoadLedger
from evcharge.sources import builtin_profiles, open_file, read
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import facts, load, query, wipe

COLUMNS = (
    *HEADER.split(","),
    *("port_id", "connector_id", "peak_power_kw", "stop_reason", "error_code", "updated_at"),
)
ODD_TEXTS = (
    *("007", "0010", "1e5", "+49", "9007199254740993", "NA", "null", "None", "nan", "-", "True", "0x1F", "1_000"),
    *("'; DROP TABLE fact_charging; --", "%s", "%(x)s", ":x", "?", "\\N", "\\", "a\\tb", "{}", '"quoted"', "a,b"),
    *("🔌⚡", "名前", "Ünïcödé", "Cafe\u0301", "Café", "\u202eRTL", "=1+1", "<script>", "a  b", "x" * 255),
)
OPTIONAL: dict[str, tuple[str, ...]] = {
    "end_time": ("2025-04-01T10:00:00.007+02:00", "2025-04-01T23:59:59.999Z", "2025-04-02 01:02:03.120456Z"),
    "energy_kwh": ("0", "0.001", "7.5", "999.999", "1e-300", "12.345678901234567"),
    "success": ("true", "false", "YES", "0"),
    "port_id": ODD_TEXTS,
    "connector_id": ODD_TEXTS,
    "peak_power_kw": ("0", "0.1", "350"),
    "stop_reason": ODD_TEXTS,
    "error_code": ODD_TEXTS,
    "updated_at": ("2025-04-03T00:00:00.001Z", "2025-05-01T00:00:00+00:00"),
}


@pytest.fixture
def odd_file(tmp_path: Path) -> Path:
    """Four hundred sound rows: every odd text as an id, every pair of columns missing together somewhere."""
    chance = random.Random(20250401)
    pairs = itertools.cycle(itertools.combinations(OPTIONAL, 2))
    path = tmp_path / "odd.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number in range(400):
            row = {name: chance.choice(values) for name, values in OPTIONAL.items() if chance.random() < 0.7}
            row |= dict.fromkeys(next(pairs), "")
            text = ODD_TEXTS[number % len(ODD_TEXTS)]
            row["session_id"] = text if number < 2 * len(ODD_TEXTS) else f"S{number}"
            row["station_id"] = text if number < len(ODD_TEXTS) else f"ST-{number % 7}"
            row["start_time"] = f"2025-03-31T{number % 24:02d}:{number % 60:02d}:00.{number % 1000:03d}Z"
            writer.writerow(row)
    return path


def as_objects(path: Path, session: Session) -> list[FactCharging]:
    """The file's sessions as plain ORM objects, each value made by hand from the clean frame."""
    station_keys = {station.station_id: station.station_key for station in session.scalars(select(DimStation))}
    load_key = session.scalars(select(LoadLedger.load_key)).one()
    objects = []
    with open_file(path) as file:
        for raw in read(file, builtin_profiles()["native"]):
            for row in clean(raw, pd.Timestamp("2026-01-01", tz="UTC")).rows.to_dict("records"):
                values = {name: plain(row[str(name)]) for name in row if name not in ("line", "average_power_kw")}
                values["station_key"] = station_keys[values.pop("station_id")]
                objects.append(FactCharging(load_key=load_key, source_line=int(row["line"]), **values))
    return objects


def plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return datetime.fromtimestamp(0, timezone.utc) + (value - pd.Timestamp(0, tz="UTC")).to_pytimedelta()
    return value.item() if hasattr(value, "item") else value


def read_back(engine: Engine) -> list[dict[str, Any]]:
    names = [column.name for column in FactCharging.__table__.columns]
    with Session(engine) as session:
        rows = session.scalars(select(FactCharging)).all()
        told = [{name: getattr(row, name) for name in names} for row in rows]
    return sorted(told, key=lambda row: (row["station_key"], row["session_id"]))


@pytest.mark.thorough
def test_what_the_loader_writes_is_what_add_all_of_the_same_objects_writes(
    url: str, engine: Engine, odd_file: Path
) -> None:
    result = load(odd_file, url)
    assert (result.inserted, result.rejected) == (400, 0)
    through_loader, driver_values = read_back(engine), query(url, "SELECT * FROM fact_charging")
    with Session(engine) as session, session.begin():
        objects = as_objects(odd_file, session)
        session.execute(delete(FactCharging))
        session.add_all(objects)

    assert through_loader == read_back(engine)
    assert [[type(value) for value in row.values()] for row in through_loader] == [
        [type(value) for value in row.values()] for row in read_back(engine)
    ]
    assert sorted(driver_values, key=repr) == sorted(query(url, "SELECT * FROM fact_charging"), key=repr)
    for column in (*OPTIONAL, "duration_minutes"):
        found = [row["source_updated_at" if column == "updated_at" else column] for row in through_loader]
        assert None in found
        assert any(value is not None for value in found)
    assert {row["success"] for row in through_loader} == {True, False, None}
    assert any(row["start_time"].microsecond == 399_000 for row in through_loader)


def test_ids_stand_in_the_database_byte_for_byte(url: str, odd_file: Path) -> None:
    load(odd_file, url)
    stations = {station_id for (station_id,) in query(url, "SELECT station_id FROM dim_station")}
    sessions = {session_id for (session_id,) in query(url, "SELECT session_id FROM fact_charging")}
    assert set(ODD_TEXTS) <= stations
    assert set(ODD_TEXTS) <= sessions
    assert {port for (port,) in query(url, "SELECT port_id FROM fact_charging")} <= {*ODD_TEXTS, None}


def test_sqlite_keeps_texts_numbers_and_booleans_in_their_own_storage_class(sqlite_url: str, odd_file: Path) -> None:
    load(odd_file, sqlite_url)
    classes = {
        column.name: {
            kind for (kind,) in query(sqlite_url, f"SELECT DISTINCT typeof({column.name}) FROM fact_charging")
        }
        for column in FactCharging.__table__.columns
    }
    whole = {"station_key", "time_key", "load_key", "source_line", "success"}
    numbers = {"duration_minutes", "energy_kwh", "peak_power_kw"}
    for name, found in classes.items():
        assert found - {"null"} <= {"integer" if name in whole else "real" if name in numbers else "text"}, name


@pytest.mark.thorough
def test_an_overwritten_session_is_stored_like_an_inserted_one(url: str, odd_file: Path) -> None:
    newer = odd_file.with_name("newer.csv")
    with odd_file.open(encoding="utf-8", newline="") as old, newer.open("w", encoding="utf-8", newline="") as new:
        writer = csv.DictWriter(new, COLUMNS)
        writer.writeheader()
        for number, row in enumerate(csv.DictReader(old)):
            swapped = {
                "port_id": row["error_code"],
                "error_code": row["port_id"],
                "success": ("", "no", "yes")[number % 3],
            }
            writer.writerow(
                {**row, **swapped, "energy_kwh": "" if number % 5 else "3.25", "updated_at": "2025-06-01T00:00Z"}
            )
    load(odd_file, url)
    assert load(newer, url).updated == 400
    overwritten = facts(url)
    wipe(url)
    assert load(newer, url).inserted == 400
    assert overwritten == facts(url)


@pytest.mark.parametrize(
    ("time_key", "quarter", "weekday", "is_weekend"),
    [
        (2024022923, 1, 4, False),
        (2025033100, 1, 1, False),
        (2025040108, 2, 2, False),
        (2025040417, 2, 5, False),
        (2025063023, 2, 1, False),
        (2025070500, 3, 6, True),
        (2025093012, 3, 2, False),
        (2025100105, 4, 3, False),
        (2023010100, 1, 7, True),
        (2026123123, 4, 4, False),
    ],
)
def test_an_hour_knows_its_quarter_its_weekday_and_whether_it_is_the_weekend(
    time_key: int, quarter: int, weekday: int, is_weekend: bool
) -> None:
    hour = DimTime(**to_hour(time_key))
    text = str(time_key)
    assert (hour.year, hour.month, hour.day, hour.hour) == (int(text[:4]), *(int(text[i : i + 2]) for i in (4, 6, 8)))
    assert hour.date.isoformat() == f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    assert (hour.quarter, hour.weekday, hour.is_weekend) == (quarter, weekday, is_weekend)


def test_the_hours_of_a_file_are_written_once(url: str, engine: Engine, tmp_path: Path) -> None:
    rows = [session_row(session_id=f"S{n}", start_time=f"2025-04-05T0{n % 2}:1{n}:00Z", end_time="") for n in range(6)]
    load(native_csv(tmp_path / "a.csv", *rows[:3]), url)
    load(native_csv(tmp_path / "b.csv", *rows), url)
    with Session(engine) as session:
        hours = session.scalars(select(DimTime).order_by(DimTime.time_key)).all()
        assert [(hour.time_key, hour.weekday, hour.is_weekend) for hour in hours] == [
            (2025040500, 6, True),
            (2025040501, 6, True),
        ]


def test_a_station_is_described_by_its_first_row(url: str, engine: Engine, tmp_path: Path) -> None:
    header = f"{HEADER},station_name,city,latitude,longitude"
    path = native_csv(
        tmp_path / "a.csv",
        session_row() + ',"Rue de l’Église, 7",Montréal,45.5,-73.6',
        session_row(session_id="S2") + ",Another,,,",
        session_row(session_id="S3", station_id="ST-2") + ",,,,",
        header=header,
    )
    load_file(path, url, [builtin_profiles()["native"]])
    with Session(engine) as session:
        first, second = session.scalars(select(DimStation).order_by(DimStation.station_id)).all()
        assert (first.name, first.city, first.latitude, first.longitude) == (
            "Rue de l’Église, 7",
            "Montréal",
            45.5,
            -73.6,
        )
        assert (second.name, second.city, second.latitude, second.timezone) == (None, None, None, None)
