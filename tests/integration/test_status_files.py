"""Files of statuses and of claims, loaded: what the database has afterwards, and what the commands say of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from evcharge.errors import GateError, SourceError
from evcharge.load import LoadOptions, LoadResult, RejectLimit, load_file
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.unload import unload
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.loading import query

pytestmark = pytest.mark.thorough

Run = Callable[..., tuple[int, str, str]]

HEADER = "station_id,port_id,time,status,error_code"
ROWS = (
    "DEPOT,1,2024-05-01T08:00:00Z,Available,",
    "DEPOT,1,2024-05-01T09:30:00Z,FAULTED,E7",
    "DEPOT,1,2024-05-01T10:00:00Z,Melted,",
    "DEPOT,2,2024-05-01T08:00:00Z,Available,",
    "DEPOT,2,2024-05-01T08:00:00Z,Faulted,",
    ",2,2024-05-01T08:00:00Z,Faulted,",
)
STATUSES = (
    "SELECT station_id, port_id, from_time, until_time, word, state, error_code, evidence, source_line, last_line "
    "FROM fact_status JOIN dim_station USING (station_key)"
)
REFUSED = "SELECT kind, source_line, rule, value, raw, station_id, port_id, at_time FROM rejected_evidence"
COUNTS = "SELECT kind, rows_read, inserted, updated, unchanged, superseded, rejected FROM load_count"
LAX = LoadOptions(max_rejects=RejectLimit(100, True))


def load(
    url: str, path: Path, content: str, options: LoadOptions = LAX, named: str | None = None, **settings: Any
) -> LoadResult:
    path.write_text(content, encoding="utf-8")
    settings = {"source": "net", **settings}
    built_in = builtin_profiles()
    candidates = [built_in[named]] if named else list(built_in.values())
    profiles = [with_overrides(profile, **settings) for profile in candidates]
    return load_file(path, url, profiles, options)


def instants(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with their times as clock times, whatever the driver makes of them; sorted."""
    return sorted((tuple(map(_clock, row)) for row in rows), key=repr)


def _clock(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(timezone.utc):%H:%M}"
    is_time = isinstance(value, str) and value[4:5] == "-" and value[10:11] in ("T", " ") and value[:2] == "20"
    return value[11:16] if is_time and "," not in value else value


def test_a_table_of_statuses_is_kept_refused_and_counted_row_by_row(url: str, tmp_path: Path) -> None:
    result = load(url, tmp_path / "s.csv", "\n".join([HEADER, *ROWS]))
    assert instants(query(url, STATUSES)) == [
        ("DEPOT", "1", "08:00", "08:00", "Available", "up", None, "event", 2, 2),
        ("DEPOT", "1", "09:30", "09:30", "FAULTED", "down", "E7", "event", 3, 3),
    ]
    two = "two_statuses_at_one_instant"
    assert instants(query(url, REFUSED)) == [
        ("statuses", 4, "status_word_unknown", "Melted", ROWS[2], "DEPOT", "1", "10:00"),
        ("statuses", 5, two, "Available", ROWS[3], "DEPOT", "2", "08:00"),
        ("statuses", 6, two, "Faulted", ROWS[4], "DEPOT", "2", "08:00"),
        ("statuses", 7, "station_id_missing", None, ROWS[5], None, None, "08:00"),
    ]
    assert query(url, COUNTS) == [("statuses", 6, 2, 0, 0, 0, 4)]
    assert (result.read, result.evidence["statuses"]["read"], result.unread) == (0, 6, {})


def test_the_same_bytes_again_change_nothing_and_an_unload_takes_all_of_it(url: str, tmp_path: Path) -> None:
    first = load(url, tmp_path / "s.csv", "\n".join([HEADER, *ROWS]))
    again = load(url, tmp_path / "s.csv", "\n".join([HEADER, *ROWS]))
    assert (again.status, again.evidence) == ("already loaded", first.evidence)
    before = instants(query(url, STATUSES))
    load(url, tmp_path / "s.csv", "\n".join([HEADER, *ROWS]), LoadOptions(replace=True, max_rejects=LAX.max_rejects))
    assert instants(query(url, STATUSES)) == before
    unload(url, [key for (key,) in query(url, "SELECT load_key FROM load_ledger")])
    assert (query(url, STATUSES), query(url, REFUSED)) == ([], [])


def test_a_file_of_which_no_time_has_a_zone_is_refused_with_the_option_to_set(url: str, tmp_path: Path) -> None:
    rows = [row.replace("Z,", ",") for row in ROWS[:2]]
    with pytest.raises(SourceError) as caught:
        load(url, tmp_path / "s.csv", "\n".join([HEADER, *rows]))
    assert caught.value.code == "time_zone_unstated"
    assert "--tz" in str(caught.value.hint)
    load(url, tmp_path / "s.csv", "\n".join([HEADER, *rows]), timezone="Europe/Oslo")
    assert [row[2] for row in instants(query(url, STATUSES))] == ["06:00", "07:30"]


@pytest.mark.parametrize(
    ("name", "header", "kind"),
    [("s.csv", HEADER, "statuses"), ("exemptions.csv", "station_id,from,to,cause", "outages")],
)
def test_a_header_alone_is_a_load_of_no_rows(url: str, tmp_path: Path, name: str, header: str, kind: str) -> None:
    load(url, tmp_path / name, f"{header}\n")
    assert query(url, COUNTS) == [(kind, 0, 0, 0, 0, 0, 0)]


def test_one_time_without_a_zone_among_others_is_one_reject(url: str, tmp_path: Path) -> None:
    rows = [ROWS[0].replace("Z,", ","), *ROWS[1:2]]
    result = load(url, tmp_path / "s.csv", "\n".join([HEADER, *rows]))
    assert result.evidence_rejects_by_rule == {"statuses": {"time_without_zone": 1}}


def test_a_file_with_more_refused_statuses_than_allowed_leaves_nothing(url: str, tmp_path: Path) -> None:
    with pytest.raises(GateError):
        load(url, tmp_path / "s.csv", "\n".join([HEADER, *ROWS]), LoadOptions(max_rejects=RejectLimit(3, False)))
    assert (query(url, STATUSES), query(url, "SELECT * FROM load_ledger")) == ([], [])


def locations(*evses: tuple[str, str]) -> str:
    listed = [{"uid": uid, "status": status, "last_updated": "2024-05-01T07:00:00Z"} for uid, status in evses]
    about = {"country_code": "NL", "party_id": "ACM", "id": "L1", "name": "Depot", "address": "Quay 1", "city": "X"}
    point = {"latitude": "52.1", "longitude": "5.1"}
    return json.dumps([{**about, "country": "NLD", "coordinates": point, "evses": listed}] if evses else [])


def test_what_a_snapshot_does_not_list_is_told_of_ports_of_a_registry_and_of_earlier_snapshots(
    url: str, tmp_path: Path
) -> None:
    (tmp_path / "locations.json").write_text(locations(("E9", "AVAILABLE")))
    load_registry(tmp_path / "locations.json", url, RegistryOptions(source="net"))
    load(url, tmp_path / "2024-05-01T08-00-00Z.json", locations(("E1", "AVAILABLE"), ("E2", "CHARGING")))
    load(url, tmp_path / "2024-05-01T08-05-00Z.json", locations(("E1", "OUT_OF_ORDER")))
    load(url, tmp_path / "2024-05-01T08-10-00Z.json", locations(), named="ocpi-status-snapshots")
    assert [row[1:3] + row[4:6] for row in instants(query(url, STATUSES))] == [
        ("E1", "08:00", "AVAILABLE", "up"),
        ("E1", "08:05", "OUT_OF_ORDER", "down"),
        ("E1", "08:10", "empty snapshot", "unknown"),
        ("E2", "08:00", "CHARGING", "up"),
        ("E2", "08:05", "not listed", "unknown"),
        ("E2", "08:10", "empty snapshot", "unknown"),
        ("E9", "08:00", "not listed", "unknown"),
        ("E9", "08:05", "not listed", "unknown"),
        ("E9", "08:10", "empty snapshot", "unknown"),
    ]


def test_polls_that_say_the_same_are_one_row_and_the_others_are_unchanged(url: str, tmp_path: Path) -> None:
    polls = [
        json.dumps({"polled_at": f"2024-05-01T08:{minute:02}:00Z", "data": json.loads(locations(("E1", "CHARGING")))})
        for minute in range(0, 60, 5)
    ]
    load(url, tmp_path / "polls.jsonl", "\n".join(polls))
    assert instants(query(url, STATUSES)) == [
        ("L1", "E1", "08:00", "08:55", "CHARGING", "up", None, "poll", 1, 12),
    ]
    assert query(url, COUNTS) == [("statuses", 12, 1, 0, 11, 0, 0)]
    assert query(url, "SELECT spacing_seconds, connectors FROM fact_status") == [(300, None)]


def test_points_of_irve_stand_at_their_stations_once_a_registry_places_them(url: str, tmp_path: Path) -> None:
    header = "id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage"
    rows = [f"FRP{place},hors_service,inconnu,2024-05-01T10:00:00+02:00" for place in (1, 2)]
    load(url, tmp_path / "irve.csv", "\n".join([header, *rows]), source="qualicharge")
    registry = "\n".join(["id_pdc_itinerance,id_station_itinerance,nom_station", "FRP1,FRS1,Gare", "FRP2,FRS1,Gare"])
    (tmp_path / "static.csv").write_text(registry)
    load_registry(tmp_path / "static.csv", url, RegistryOptions(source="qualicharge", apply=True))
    assert [row[:3] + row[4:6] for row in instants(query(url, STATUSES))] == [
        ("FRS1", "FRP1", "08:00", "hors_service inconnu", "down"),
        ("FRS1", "FRP2", "08:00", "hors_service inconnu", "down"),
    ]


def test_a_claim_is_loaded_with_its_cause_and_its_proof(url: str, tmp_path: Path) -> None:
    content = (
        "station_id,port_id,from,to,cause,reference,claimed_by\n"
        "DEPOT,,2024-05-01T08:00:00Z,2024-05-01T12:00:00Z,Grid,ticket 17,me\n"
        "DEPOT,1,2024-05-01T08:00:00Z,2024-05-01T07:00:00Z,grid,,\n"
    )
    load(url, tmp_path / "exemptions.csv", content)
    told = "SELECT port_id, from_time, until_time, kind, cause, reference, claimed_by, source_line FROM fact_outage"
    assert instants(query(url, told)) == [("", "08:00", "12:00", "exemption", "grid", "ticket 17", "me", 2)]
    assert query(url, COUNTS) == [("outages", 2, 1, 0, 0, 0, 1)]


def test_a_table_that_fits_sessions_and_statuses_is_one_of_sessions(url: str, tmp_path: Path) -> None:
    content = "session_id,station_id,energy_kwh,start_time,end_time,time,status\n1,A,5," + ",".join(
        ["2024-05-01T08:00:00Z"] * 3
    )
    content += ",Available\n"
    assert load(url, tmp_path / "s.csv", content).profile.startswith("native@")


def test_check_says_what_a_file_of_statuses_holds_and_touches_no_database(evcharge: Run) -> None:
    Path("s.csv").write_text("\n".join([HEADER, *ROWS]))
    code, out, _ = evcharge("check", "s.csv", "--source", "net")
    assert code == 3
    for told in (
        "statuses of 1 port, from 2024-05-01T08:00:00+00:00 to 2024-05-01T09:30:00+00:00",
        "statuses: read 6 = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 4 rejected",
        "1  status_word_unknown: a word that the profile does not explain",
        "line 4: word 'Melted'",
        "1  'FAULTED' is down",
        "words that the profile does not explain: 'Melted' (1)",
    ):
        assert told in out
    (found,) = json.loads(evcharge("check", "s.csv", "--source", "net", "--json")[1])["files"]
    assert (found["kind"], found["unknown_words"], found["seen"]["statuses"]["ports"]) == ("status", {"Melted": 1}, 1)
    assert not list(Path().glob("*.db"))


def test_a_load_says_which_rule_refused_statuses_and_why(evcharge: Run) -> None:
    Path("s.csv").write_text("\n".join([HEADER, *ROWS]))
    code, out, _ = evcharge("load", "s.csv", "--create-db", "--source", "net", "--max-rejects", "100%")
    assert code == 0
    assert "1  status_word_unknown: a word that the profile does not explain" in out


@pytest.mark.parametrize(
    "option", ["--energy-unit=Wh", "--true-words=ok", "--session-key=a", "--failures-included=yes"]
)
def test_an_option_of_sessions_is_refused_beside_a_profile_of_statuses(evcharge: Run, option: str) -> None:
    Path("s.csv").write_text("\n".join([HEADER, *ROWS]))
    code, _, err = evcharge("check", "s.csv", "--profile", "status-native", option)
    assert code == 1
    assert "Error [option_of_sessions]" in err
    assert option.partition("=")[0] in err


def test_columns_of_another_name_are_mapped_by_options(evcharge: Run) -> None:
    Path("s.csv").write_text("cp;plug;at;state\nA;1;01.05.2024 10:00;ok\nA;1;01.05.2024 11:00;Available\n")
    options = ("--map", "station_id=cp", "--map", "port_id=plug", "--map", "time=at", "--map", "word=state")
    more = ("--delimiter", ";", "--time-format", "%d.%m.%Y %H:%M", "--tz", "Europe/Oslo", "--source", "net")
    code, out, _ = evcharge("check", "s.csv", *options, *more, "--max-rejects", "1")
    assert (code, "from 2024-05-01T09:00:00+00:00" in out) == (0, True)
