"""Days of OCPP made from a known truth, written in every carrier, whole and cut in two: the reading is the truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.sources import builtin_profiles, open_file, pick_profile, read, read_profile
from tests.support import ocpp_day

AS_OF = pd.Timestamp("2026-01-01", tz="UTC")
OCPP = builtin_profiles()["ocpp"]
LOGGED_IN_UTC = replace(OCPP, conventions=replace(OCPP.conventions, timezone="UTC", zone_labels={"IST": "+05:30"}))
DAYS = {"1.6": ocpp_day.day_16(), "2.0.1": ocpp_day.day_201()}
ACROSS_NOON = {"1.6": 1, "2.0.1": 2}
TOLD = (
    *("end_time", "energy_kwh", "stop_reason", "error_code", "has_transaction"),
    *("reached_charging", "next_status", "connector_id", "port_id"),
)


def cleaned(path: Path, profile=LOGGED_IN_UTC, companions=()):
    """Rows and rejects of one file."""
    with open_file(path) as file:
        parts = [
            clean(raw, AS_OF) for raw in read(file, pick_profile(file, [profile]), salt="s", companions=companions)
        ]
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    return rows, pd.concat([part.rejects for part in parts], ignore_index=True)


def told(rows: pd.DataFrame) -> list[tuple]:
    """The rows as the truth tells them."""
    frame = rows.astype(object).where(rows.notna(), None)
    keys = [(row.station_id, row.start_time.isoformat()) for row in frame.itertuples()]
    values = [tuple(plain(getattr(row, name)) for name in TOLD) for row in frame.itertuples()]
    return sorted(((*key, *value) for key, value in zip(keys, values, strict=True)), key=repr)


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def truth_of(day: ocpp_day.Day, carrier: str = "") -> list[tuple]:
    """The truth; of the export, which does not say that a request failed, what is left of it."""
    attempts = []
    for one in day.truth:
        code = one["error_code"]
        if carrier == "export" and code and "InternalError" in code:
            code = "Authorize:NoAnswer" if "Authorize" in code else None
        end = ocpp_day.clock(one["end"]).isoformat() if one["end"] else None
        known = {**one, "error_code": code, "end_time": end}
        start = ocpp_day.clock(one["start"]).isoformat()
        attempts.append((one["station"], start, *(known.get(name) for name in TOLD)))
    return sorted(attempts, key=repr)


@pytest.mark.parametrize("version", DAYS)
@pytest.mark.parametrize("carrier", ocpp_day.CARRIERS)
def test_every_carrier_comes_to_the_truth(tmp_path, version, carrier):
    day = DAYS[version]
    (tmp_path / "log").write_text(ocpp_day.CARRIERS[carrier](day.log()), newline="")
    rows, rejects = cleaned(tmp_path / "log")
    assert told(rows) == truth_of(day, carrier)
    assert sorted(rejects.rule) == sorted(day.rejected)
    assert not rows.duplicated(["station_id", "session_id"]).any()


@pytest.mark.parametrize("version", DAYS)
def test_a_table_sorted_from_the_newest_comes_to_the_truth(tmp_path, version):
    day = DAYS[version]
    (tmp_path / "log").write_text(ocpp_day.citrine_csv(day.log()[::-1]), newline="")
    rows, rejects = cleaned(tmp_path / "log")
    assert told(rows) == truth_of(day)
    assert sorted(rejects.rule) == sorted(day.rejected)


@pytest.mark.parametrize("version", DAYS)
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("noon", ["12:00", "12:00:01"])
def test_a_day_cut_in_two_comes_to_the_truth_in_either_order(tmp_path, version, order, noon):
    day = DAYS[version]
    cut = ocpp_day.clock(noon)
    (tmp_path / "a").write_text(ocpp_day.steve(said for said in day.log() if said.logged < cut))
    (tmp_path / "b").write_text(ocpp_day.json_lines(said for said in day.log() if said.logged >= cut))
    readings = [cleaned(tmp_path / one, companions=(tmp_path / other,)) for one, other in (order, order[::-1])]
    together = pd.concat([rows for rows, _ in readings], ignore_index=True)
    twice = together.duplicated(["station_id", "session_id"])
    assert twice.sum() == ACROSS_NOON[version]
    assert told(together[~twice]) == truth_of(day)
    assert sorted(rule for _, rejects in readings for rule in rejects.rule) == sorted(day.rejected)
    same = [column for column in together.columns if column != "line"]
    both = together[together.duplicated(["station_id", "session_id"], keep=False)]
    assert both.groupby(["station_id", "session_id"])[same].nunique(dropna=False).eq(1).all(axis=None)


@pytest.mark.parametrize("version", DAYS)
def test_the_bench_names_no_station_so_that_a_profile_must(tmp_path, version):
    day = DAYS[version]
    for station in sorted({said.station for said in day.log()}):
        path = tmp_path / station
        path.write_text(ocpp_day.bench(said for said in day.log() if said.station == station))
        columns = {ours: theirs for ours, theirs in LOGGED_IN_UTC.columns.items() if ours != "station_id"}
        profile = replace(LOGGED_IN_UTC, columns=columns, constants={"station_id": station})
        rows, _ = cleaned(path, profile)
        assert told(rows) == [row for row in truth_of(day) if row[0] == station]


@pytest.mark.thorough
def test_no_token_stands_in_any_row_reject_or_id(tmp_path):
    for version, day in DAYS.items():
        tags = {"TAG-", "APP-", "VID:", "0A1B2C3D4E5F", "TOKEN", "PARENT"}
        for carrier, write in ocpp_day.CARRIERS.items():
            (tmp_path / "log").write_text(write(day.log()), newline="")
            with open_file(tmp_path / "log") as file:
                for raw in read(file, LOGGED_IN_UTC, salt="s"):
                    text = raw.frame.to_json() + clean(raw, AS_OF).rejects.to_json()
                    assert not [tag for tag in tags if tag in text], (version, carrier)


@pytest.mark.parametrize("carrier", ocpp_day.CARRIERS)
def test_every_carrier_is_recognised_among_all_profiles(tmp_path, carrier):
    (tmp_path / "log").write_text(ocpp_day.CARRIERS[carrier](DAYS["1.6"].log()), newline="")
    with open_file(tmp_path / "log") as file:
        assert pick_profile(file, builtin_profiles().values()) == OCPP


def test_the_profile_on_the_page_reads_a_log_that_names_no_station(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "sources" / "ocpp.md").read_text()
    (tmp_path / "my.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    said = [said for said in DAYS["2.0.1"].log() if said.station == "CS-B"]
    (tmp_path / "log").write_text(ocpp_day.bench(said))
    rows, _ = cleaned(tmp_path / "log", read_profile(tmp_path / "my.toml"))
    assert rows.station_id.tolist() == ["BENCH-1"] * 3
