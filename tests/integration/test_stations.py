from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evcharge import sources
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, SourceError
from evcharge.load import LoadOptions, LoadResult, load_file
from evcharge.load.rebuild import check
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.registry_result import RegistryResult
from tests.support.loading import dump, dump_but_hours, everything, facts, query

pytestmark = pytest.mark.thorough

BASE_MS = 1_735_689_600_000
"""2025-01-01 00:00 UTC, in ms."""


def point(port: str, station: str, power: str = "50", **over: Any) -> dict[str, Any]:
    """A line of IRVE static."""
    return {
        "id_pdc_itinerance": port,
        "id_station_itinerance": station,
        "nom_station": f"name of {station}",
        "puissance_nominale": power,
        "prise_type_combo_ccs": "True",
        "coordonneesXY": "[2.1, 48.5]",
        "date_mise_en_service": "2023-01-18",
        **over,
    }


def lines(path: Path, *objects: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    return path


def irve(folder: Path, *points: dict[str, Any], name: str = "irve.json") -> Path:
    return lines(folder / name, *points)


def sessions(folder: Path, *ports: str, name: str = "sessions.json") -> Path:
    """QualiCharge sessions, one hour each, one a port named."""
    rows = [
        {"id_pdc_itinerance": port, "start": BASE_MS + 3_600_000 * n, "end": BASE_MS + 3_600_000 * (n + 1), "energy": 9}
        for n, port in enumerate(ports)
    ]
    return lines(folder / name, *rows)


def load(path: Path, url: str, **options: Any) -> LoadResult:
    return load_file(path, url, [sources.builtin_profiles()["qualicharge"]], LoadOptions(**options))


def native(path: Path, url: str, source: str = "city") -> LoadResult:
    profile = sources.with_overrides(sources.builtin_profiles()["native"], source=source)
    return load_file(path, url, [profile])


def stations(path: Path, url: str, **options: Any) -> RegistryResult:
    result = load_registry(path, url, RegistryOptions(**options))
    check(url)  # the counts that are kept move with the sessions
    return result


def described(url: str) -> list[tuple[Any, ...]]:
    """Stations and ports without surrogate keys."""
    ports = "SELECT p.port_id, s.station_id, p.max_power_kw, p.current, p.connectors, p.named_as_station "
    ports += "FROM dim_port p JOIN dim_station s USING (station_key)"
    return sorted(
        [*query(url, "SELECT source, station_id, name, max_power_kw, opened_on FROM dim_station"), *query(url, ports)],
        key=repr,
    )


def places(url: str) -> dict[str, str]:
    """Station by port of the sessions."""
    return dict(
        query(
            url, "SELECT DISTINCT f.port_id, s.station_id FROM fact_charging f JOIN dim_station s USING (station_key)"
        )
    )


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Three points in two stations."""
    return irve(tmp_path, point("E1", "S1"), point("E2", "S1", "150"), point("E3", "S2"))


def test_a_registry_writes_stations_ports_and_a_ledger_entry(url: str, market: Path) -> None:
    result = stations(market, url)
    assert (result.status, result.source, result.format) == ("loaded", "qualicharge", "registry-irve")
    assert (result.read, result.inserted, result.ports_new) == (2, 2, 3)
    opened = "2023-01-18" if url.startswith("sqlite") else date(2023, 1, 18)
    columns = "station_id, name, country, latitude, longitude, timezone, max_power_kw, opened_on, registry_load_key"
    assert query(url, f"SELECT {columns} FROM dim_station ORDER BY station_id") == [
        ("S1", "name of S1", "FR", 48.5, 2.1, None, 150.0, opened, 1),
        ("S2", "name of S2", "FR", 48.5, 2.1, None, 50.0, opened, 1),
    ]
    ledger = "format, source, rows_read, inserted, updated, unchanged, superseded, rejected, skipped"
    assert query(url, f"SELECT {ledger} FROM load_ledger") == [("registry-irve", "qualicharge", 2, 2, 0, 0, 0, 0, 0)]


def test_the_same_bytes_twice_have_one_effect_and_the_first_counts_are_repeated(url: str, market: Path) -> None:
    stations(market, url)
    before = dump(url)
    again = stations(market, url, apply=True)
    assert (again.status, again.read, again.inserted) == ("already loaded", 2, 2)
    assert again.first_loaded_at is not None
    assert dump(url) == before


def test_sessions_loaded_before_or_after_the_registry_give_the_same_facts(
    url: str, tmp_path: Path, market: Path
) -> None:
    path = sessions(tmp_path, "E1", "E2", "E1", "E3", "E9")
    stations(market, url)
    assert load(path, url).warnings == {"port_not_in_registry": 1}
    after_registry, told = facts(url), described(url)
    assert places(url) == {"E1": "S1", "E2": "S1", "E3": "S2", "E9": "E9"}
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        for table in (
            *("rejected_row", "load_count"),
            "station_day_outcome",
            *("fact_charging", "dim_port", "dim_station", "load_ledger"),
        ):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert load(path, url).warnings == {}
    assert stations(market, url, apply=True).sessions_moved.count == 4
    assert (facts(url), described(url)) == (after_registry, told)


def test_a_registry_that_would_move_sessions_shows_it_and_writes_nothing(
    url: str, tmp_path: Path, market: Path
) -> None:
    load(sessions(tmp_path, "E1", "E2", "E1", "E9"), url)
    before = dump(url)
    shown = stations(market, url)
    assert (shown.status, shown.changes_something) == ("not applied", True)
    assert shown.sessions_moved.count == 3
    assert shown.sessions_moved.examples == [
        {"old": "E1", "new": "S1", "sessions": 2},
        {"old": "E2", "new": "S1", "sessions": 1},
    ]
    assert shown.stations_removed == 2
    assert dump(url) == before
    done = stations(market, url, apply=True)
    assert (done.status, done.sessions_moved, done.stations_removed) == ("loaded", shown.sessions_moved, 2)
    assert {row[0] for row in query(url, "SELECT station_id FROM dim_station")} == {"S1", "S2", "E9"}
    assert places(url) == {"E1": "S1", "E2": "S1", "E9": "E9"}


def test_sessions_delivered_again_after_a_move_are_unchanged(url: str, tmp_path: Path, market: Path) -> None:
    path = sessions(tmp_path, "E1", "E2", "E3")
    load(path, url)
    stations(market, url, apply=True)
    before = facts(url)
    again = sessions(tmp_path, "E1", "E2", "E3", "E1", name="again.json")
    result = load(again, url)
    assert (result.unchanged, result.inserted, result.updated) == (3, 1, 0)
    assert [row for row in facts(url) if row in before] == before


def test_a_port_that_moves_takes_along_the_sessions_that_name_it_as_their_station(
    url: str, tmp_path: Path, market: Path
) -> None:
    stations(market, url)
    load(sessions(tmp_path, "E1", "E3"), url)
    moved = irve(tmp_path, point("E1", "S2"), point("E2", "S1", "150"), point("E3", "S2"), name="moved.json")
    shown = stations(moved, url)
    assert shown.status == "not applied"
    assert shown.ports_moved.examples == [{"port_id": "E1", "old": "S1", "new": "S2"}]
    assert shown.sessions_moved.examples == [{"old": "S1", "new": "S2", "sessions": 1}]
    stations(moved, url, apply=True)
    assert places(url) == {"E1": "S2", "E3": "S2"}
    assert load(sessions(tmp_path, "E1", "E3", "E2", name="later.json"), url).unchanged == 2


def test_two_ports_that_change_places_cross_without_a_collision(url: str, tmp_path: Path) -> None:
    stations(irve(tmp_path, point("E1", "S1"), point("E2", "S2")), url)
    load(sessions(tmp_path, "E1", "E2", "E1"), url)
    crossed = irve(tmp_path, point("E1", "S2"), point("E2", "S1"), name="crossed.json")
    assert stations(crossed, url, apply=True).sessions_moved.count == 3
    assert places(url) == {"E1": "S2", "E2": "S1"}


HEADER = "session_id,station_id,port_id,start_time,end_time,energy_kwh,success"
LOCATIONS = [{"id": "L1", "name": "Quay", "time_zone": "Europe/Oslo", "evses": [{"uid": "P1"}, {"uid": "P2"}]}]


def city(folder: Path, *rows: tuple[str, str, str], name: str = "city.csv") -> Path:
    """Sessions in the native layout: session, station and port."""
    ends = "2025-01-01T00:00:00Z,2025-01-01T01:00:00Z,5,true"
    path = folder / name
    path.write_text("\n".join([HEADER, *(f"{a},{b},{c},{ends}" for a, b, c in rows), ""]), encoding="utf-8")
    return path


def ocpi(folder: Path, locations: list[dict[str, Any]], name: str = "ocpi.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"data": locations}), encoding="utf-8")
    return path


def test_sessions_that_name_their_station_stay_there_when_their_port_moves(url: str, tmp_path: Path) -> None:
    stations(ocpi(tmp_path, LOCATIONS), url, source="city")
    native(city(tmp_path, ("a", "L1", "P1"), ("b", "L1", "P2")), url)
    moved = [{"id": "L1", "evses": [{"uid": "P2"}]}, {"id": "L2", "evses": [{"uid": "P1"}]}]
    result = stations(ocpi(tmp_path, moved, "moved.json"), url, source="city", apply=True)
    assert (result.ports_moved.count, result.sessions_moved.count) == (1, 0)
    assert places(url) == {"P1": "L1", "P2": "L1"}


def test_a_station_that_has_the_id_of_a_port_elsewhere_stays_what_sessions_call_it(url: str, tmp_path: Path) -> None:
    registry = [{"id": "P1", "evses": [{"uid": "P2"}]}, {"id": "L1", "evses": [{"uid": "P1"}]}]
    native(city(tmp_path, ("a", "P1", "P1")), url)
    assert stations(ocpi(tmp_path, registry), url, source="city").sessions_moved.count == 0
    native(city(tmp_path, ("b", "P1", "P1"), name="more.csv"), url)
    assert places(url) == {"P1": "P1"}


@pytest.mark.parametrize("sessions_first", [True, False])
def test_sessions_of_two_ports_that_would_be_one_are_refused_and_nothing_changes(
    url: str, tmp_path: Path, sessions_first: bool
) -> None:
    path = city(tmp_path, ("1", "P1", "P1"), ("1", "P2", "P2"))
    registry = ocpi(tmp_path, LOCATIONS)
    if sessions_first:
        native(path, url)
    else:
        stations(registry, url, source="city")
    before = dump_but_hours(url)
    with pytest.raises(DatabaseError) as caught:
        stations(registry, url, source="city", apply=True) if sessions_first else native(path, url)
    assert caught.value.code == "sessions_collide"
    assert dump_but_hours(url) == before


def test_a_session_that_meets_another_at_the_station_reached_is_refused(url: str, tmp_path: Path) -> None:
    native(city(tmp_path, ("1", "P1", "P1"), ("1", "L1", "P2")), url)
    with pytest.raises(DatabaseError) as caught:
        stations(ocpi(tmp_path, LOCATIONS), url, source="city", apply=True)
    assert caught.value.code == "sessions_collide"


def test_what_is_empty_is_filled_at_once_and_what_a_registry_leaves_out_stays(url: str, tmp_path: Path) -> None:
    stations(ocpi(tmp_path, [{"id": "L1", "name": "Quay", "evses": []}]), url, source="city")
    later = [{"id": "L1", "city": "Bergen", "time_zone": "Europe/Oslo", "evses": [{"uid": "P1"}]}]
    result = stations(ocpi(tmp_path, later, "later.json"), url, source="city")
    assert (result.status, result.updated, result.attributes_filled) == ("loaded", 1, {"city": 1, "timezone": 1})
    assert query(url, "SELECT name, city, timezone FROM dim_station") == [("Quay", "Bergen", "Europe/Oslo")]


def test_an_attribute_that_would_change_is_shown_first(url: str, tmp_path: Path) -> None:
    stations(ocpi(tmp_path, LOCATIONS), url, source="city")
    other = [{**LOCATIONS[0], "name": "Pier"}]
    before = dump(url)
    shown = stations(ocpi(tmp_path, other, "other.json"), url, source="city")
    assert (shown.status, shown.updated) == ("not applied", 1)
    assert shown.attributes_changed["name"].examples == [{"station_id": "L1", "old": "Quay", "new": "Pier"}]
    assert dump(url) == before
    stations(ocpi(tmp_path, other, "other.json"), url, source="city", apply=True)
    described_by = "SELECT name, file_name FROM dim_station JOIN load_ledger ON load_key = registry_load_key"
    assert query(url, described_by) == [("Pier", "other.json")]


def test_a_port_that_would_change_is_shown_first(url: str, tmp_path: Path) -> None:
    stations(irve(tmp_path, point("E1", "S1", "50")), url)
    shown = stations(irve(tmp_path, point("E1", "S1", "60"), name="b.json"), url)
    assert shown.status == "not applied"
    assert shown.ports_changed["max_power_kw"].examples == [{"port_id": "E1", "old": 50.0, "new": 60.0}]


def test_the_same_registry_in_other_bytes_changes_nothing(url: str, tmp_path: Path, market: Path) -> None:
    stations(market, url)
    other = tmp_path / "blank.json"
    other.write_text(market.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    result = stations(other, url)
    assert (result.status, result.unchanged, result.ports_unchanged) == ("loaded", 2, 3)
    assert not result.changes_something


def test_objects_without_an_id_are_kept_as_rejects_and_counted(url: str, tmp_path: Path) -> None:
    bad = point("E4", "S4", id_station_itinerance=None)
    result = stations(irve(tmp_path, point("E1", "S1"), bad, point("", "S1")), url)
    assert (result.read, result.inserted, result.rejected) == (3, 1, 2)
    assert result.rejects_by_rule == {"station_id_missing": 1, "port_id_missing": 1}
    kept = query(url, 'SELECT source_line, rule, "column" FROM rejected_row ORDER BY source_line')
    assert kept == [(2, "station_id_missing", "station_id"), (3, "port_id_missing", "port_id")]


def test_two_sources_with_the_same_ids_do_not_touch(url: str, tmp_path: Path, market: Path) -> None:
    load(sessions(tmp_path, "E1"), url)
    before = facts(url)
    result = stations(market, url, source="elsewhere")
    assert (result.status, result.sessions_moved.count) == ("loaded", 0)
    assert facts(url) == before


def test_a_feed_that_does_not_say_whose_ids_it_has_needs_a_source(url: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        stations(ocpi(tmp_path, LOCATIONS), url)
    assert caught.value.code == "source_unstated"
    assert query(url, "SELECT count(*) FROM load_ledger") == [(0,)]


def test_a_replaced_load_of_sessions_finds_its_stations_again(url: str, tmp_path: Path, market: Path) -> None:
    path = sessions(tmp_path, "E1", "E3")
    load(path, url)
    stations(market, url, apply=True)
    before = everything(url)["facts"]
    result = load(path, url, replace=True)
    assert (result.inserted, result.warnings) == (2, {})
    assert everything(url)["facts"] == before


def test_a_dry_run_of_sessions_leaves_the_ports_as_they_were(url: str, tmp_path: Path, market: Path) -> None:
    stations(market, url)
    before = dump(url)
    load(sessions(tmp_path, "E1"), url, dry_run=True)
    assert dump(url) == before


# The command.


def test_the_command_tells_one_of_anything_in_the_singular(
    evcharge: Any, sqlite_url: str, tmp_path: Path, market: Path
) -> None:
    load(sessions(tmp_path, "E1"), sqlite_url)
    _, out, _ = evcharge("--db", sqlite_url, "stations", market, "--apply")
    assert "  1 session moves to the station of its port\n    1 session: E1 -> S1\n" in out
    assert "  1 station that only stood for a port goes: its sessions moved\n" in out


def test_the_command_shows_then_applies(evcharge: Any, sqlite_url: str, tmp_path: Path, market: Path) -> None:
    load(sessions(tmp_path, "E1", "E2", "E1"), sqlite_url)
    code, out, _ = evcharge("--db", sqlite_url, "stations", market)
    assert code == 0
    assert "irve.json: not applied (registry-irve, source qualicharge)" in out
    assert "3 sessions move to the station of their port" in out
    assert "2 sessions: E1 -> S1" in out
    assert out.rstrip().endswith("To do it: add --apply")
    code, out, _ = evcharge("--db", sqlite_url, "stations", market, "--apply")
    assert (code, out.splitlines()[0]) == (0, "irve.json: loaded (registry-irve, source qualicharge)")
    code, out, _ = evcharge("--db", sqlite_url, "stations", market)
    told = r"already loaded on 20..-..-.., nothing changed \(registry-irve, source qualicharge\); that load:"
    assert re.fullmatch(rf"irve\.json: {told}", out.splitlines()[0])


def test_the_commands_json_says_all_of_it(evcharge: Any, sqlite_url: str, tmp_path: Path, market: Path) -> None:
    load(sessions(tmp_path, "E1"), sqlite_url)
    code, out, _ = evcharge("--db", sqlite_url, "stations", market, "--json")
    document = json.loads(out)
    assert code == 0
    assert (document["schema_version"], document["status"], document["changes_something"]) == (1, "not applied", True)
    assert document["sessions_moved"] == {"count": 1, "examples": [{"old": "E1", "new": "S1", "sessions": 1}]}
    assert document["read"] == document["inserted"] + document["updated"] + document["unchanged"] + document["rejected"]


def test_the_command_tells_oddities_and_rejects_with_their_first_place(
    evcharge: Any, sqlite_url: str, tmp_path: Path
) -> None:
    path = ocpi(tmp_path, [{"id": None, "evses": []}, {"id": "L1", "time_zone": "Mars/Base\x1b[2J", "evses": []}])
    code, out, err = evcharge("--db", sqlite_url, "stations", path)
    assert (code, out) == (1, "")
    assert "Error [source_unstated]" in err
    code, out, _ = evcharge("--db", sqlite_url, "stations", path, "--source", "city")
    assert code == 0
    assert "read 2 = 1 inserted + 0 updated + 0 unchanged + 1 rejected" in out
    assert "1  station_id_missing: no id of a station" in out
    assert "warning: 1 timezone_invalid: no IANA time zone; left empty, never guessed (first at 2: Mars/Base" in out
    assert "\x1b" not in out
