"""The data of a run: made once, the same for whoever reads them.

Sessions of two years in order of time, as one file, as daily files, and with random ids; charge detail records and a
message log of some of them. All rows are sound, so that every way to load them ends with the same table. What does not
belong here: what is measured.
"""

from __future__ import annotations

import json
import pickle
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.places import DIMENSIONS, ROWS_AT_ONCE, Data

FIRST_DAY = np.datetime64("2024-01-01T00:00:00", "s")
DAYS = 730
STATIONS = 500
PORTS = 4
SEED = 20_240_101
REASONS = np.array(["EVDisconnected", "Local", "Remote", "PowerLoss", "Other"], dtype=object)
MESSAGES_SHARE = 10
"""One session in so many is also a charge detail record and in the log."""


def make_sessions(data: Data) -> None:
    """Writes all files but those that are made of the star."""
    data.daily.mkdir(parents=True)
    frame = _sessions(data.rows)
    _write(frame, data.growing)
    for day, of_day in frame.groupby(frame["start_time"].str[:10], sort=True):
        _write(of_day, data.daily / f"{day}.csv")
    ids = np.random.default_rng(SEED + 1).bytes(16 * data.rows).hex()
    _write(frame.assign(session_id=[ids[at : at + 32] for at in range(0, len(ids), 32)]), data.random)
    some = frame.iloc[::MESSAGES_SHARE]
    data.cdrs.write_text(json.dumps({"data": [_cdr(row) for row in some.to_dict("records")]}), encoding="utf-8")
    with data.log.open("w", encoding="utf-8") as file:
        for number, row in enumerate(some.to_dict("records"), start=1):
            file.writelines(_messages(number, row))


def make_prepared(data: Data) -> None:
    """Writes the rows of the star for those who insert them bare: the dimensions, then the facts in chunks."""
    star = sqlite3.connect(data.star)
    tables = {}
    for name in DIMENSIONS:
        cursor = star.execute(f"SELECT * FROM {name}")
        tables[name] = [column[0] for column in cursor.description], cursor.fetchall()
    facts = star.execute("SELECT * FROM fact_charging ORDER BY source_line")
    names = [column[0] for column in facts.description]
    with data.prepared.open("wb") as file:
        pickle.dump((tables, names), file)
        while chunk := facts.fetchmany(ROWS_AT_ONCE):
            pickle.dump(chunk, file)
    star.close()


def _sessions(rows: int) -> pd.DataFrame:
    """Columns of evcharge's own layout, in order of time."""
    random = np.random.default_rng(SEED)
    start = FIRST_DAY + np.sort(random.integers(0, DAYS * 86_400, rows)).astype("timedelta64[s]")
    station = random.integers(0, STATIONS, rows)
    works = random.random(rows) < 0.95
    minutes = np.where(works, random.integers(10, 90, rows), 1)
    number = pd.Series(station).groupby(station).cumcount().to_numpy()
    names = np.array([f"ST{one:04}" for one in range(STATIONS)], dtype=object)
    endings = np.array([f"-{one:08}" for one in range(number.max() + 1)], dtype=object)
    end = start + (minutes * 60).astype("timedelta64[s]")
    texts = [np.datetime_as_string(instants, unit="s").astype(object) + "Z" for instants in (start, end)]
    return pd.DataFrame({
        "session_id": names[station] + endings[number],
        "station_id": names[station],
        "port_id": names[station] + np.array([f"-P{one}" for one in range(PORTS)], dtype=object)[number % PORTS],
        "connector_id": "1",
        "start_time": texts[0],
        "end_time": texts[1],
        "energy_kwh": np.where(works, np.round(minutes * random.uniform(0.2, 0.9, rows), 3), 0.0),
        "success": np.where(works, "true", "false").astype(object),
        "stop_reason": REASONS[random.integers(0, len(REASONS), rows)],
    })  # fmt: skip


def _write(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, chunksize=ROWS_AT_ONCE)


def _cdr(row: dict[str, object]) -> dict[str, object]:
    """A charge detail record of OCPI 2.2.1."""
    return {
        "country_code": "NL",
        "party_id": "ACM",
        "id": row["session_id"],
        "start_date_time": row["start_time"],
        "end_date_time": row["end_time"],
        "session_id": row["session_id"],
        "cdr_token": {"uid": "012345678", "type": "RFID", "contract_id": "NL-TNM-C1234-X"},
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": row["station_id"],
            "address": "Main Street 3",
            "city": "Gent",
            "country": "BEL",
            "coordinates": {"latitude": "51.04", "longitude": "3.73"},
            "evse_uid": row["port_id"],
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
        },
        "currency": "EUR",
        "charging_periods": [],
        "total_cost": {"excl_vat": 4.0, "incl_vat": 4.4},
        "total_energy": row["energy_kwh"],
        "total_time": 0.5,
        "last_updated": row["end_time"],
    }


def _messages(number: int, row: dict[str, object]) -> Iterator[str]:
    """What a station and the central system say about one session."""
    start, end = str(row["start_time"]), str(row["end_time"])
    wh = round(float(str(row["energy_kwh"])) * 1000)
    begun = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": start}
    meter = {"connectorId": 1, "transactionId": number, "meterValue": [
        {"timestamp": end, "sampledValue": [{"value": str(wh), "measurand": "Energy.Active.Import.Register"}]}
    ]}  # fmt: skip
    ended = {"transactionId": number, "meterStop": wh, "timestamp": end, "reason": row["stop_reason"]}
    accepted = {"idTagInfo": {"status": "Accepted"}}
    said = (
        (start, "received", [2, f"{number}a", "StartTransaction", begun]),
        (start, "sent", [3, f"{number}a", {"transactionId": number, **accepted}]),
        (end, "received", [2, f"{number}b", "MeterValues", meter]),
        (end, "sent", [3, f"{number}b", {}]),
        (end, "received", [2, f"{number}c", "StopTransaction", ended]),
        (end, "sent", [3, f"{number}c", accepted]),
    )
    for instant, way, message in said:
        at = instant.replace("T", " ").removesuffix("Z")
        yield f"{at} station={row['port_id']} {way} {json.dumps(message)}\n"


if __name__ == "__main__":
    {"sessions": make_sessions, "prepared": make_prepared}[sys.argv[1]](Data(Path(sys.argv[2]), int(sys.argv[3])))
