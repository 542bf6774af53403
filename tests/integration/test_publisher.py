"""A source is who published a file: where many publish in its layout, no later file joins another's by default."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from evcharge.cli import cli
from evcharge.cli.terminal import hint_as_typed
from evcharge.errors import SourceError
from evcharge.load import load_file
from evcharge.load.publisher import UnstatedSource
from evcharge.sources import builtin_profiles, with_overrides
from tests.support import layouts
from tests.support.loading import facts, query
from tests.support.publishers import PUBLISHER, published

Run = Callable[..., tuple[int, str, str]]

COUNCIL = layouts.UK_APT
ASKED_FOR = {
    *("atlas-charging-use", "chargepoint", "chargepoint-meter", "evchart-module2", "ocpi-cdrs", "ocpi-sessions"),
    *("ocpp", "palo-alto", "steve", "uk-apt"),
    *(
        "evchart-outages",
        "evchart-uptime",
        "exemptions",
        "ocpi-status-pushes",
        "ocpi-status-polls",
        "ocpi-status-snapshots",
    ),
    *("status-native", "status-native-jsonl"),
}
CLAIM = "station_id,from,to,cause\nA,2024-05-01T08:00:00Z,2024-05-01T09:00:00Z,grid\n"
LOCATIONS = [{"country_code": "NO", "party_id": "ACM", "id": "L1", "name": "Depot", "evses": [{"uid": "E1"}]}]
NATIVE = "session_id,station_id,start_time,end_time,energy_kwh\nS1,A,2024-05-01T08:00:00Z,2024-05-01T09:00:00Z,5\n"


def council(name: str, *events: str) -> Path:
    """A council's file, with these charging events."""
    path = Path(name)
    path.write_text(COUNCIL.file(*({"Charging event": event} for event in events)), encoding="utf-8")
    return path


def command_in(err: str) -> list[str]:
    """What follows ``evcharge`` in the command that a hint names."""
    (found,) = re.findall("evcharge (.+?) – or", err)
    return shlex.split(found)


def line_in(err: str) -> str:
    """The line of settings that a hint names."""
    (found,) = re.findall(r"by this line in \S+: (.+)", err)
    return str(found)


@pytest.fixture
def db(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return sqlite_url


@pytest.fixture
def asks(db: str, evcharge: Run) -> str:
    """A database with files of two publishers in the same layout, so that a third file is asked for its own."""
    for source in ("north", "south"):
        assert evcharge("load", council(f"{source}.csv", "0"), "--source", source)[0] == 0
    return db


def test_layouts_that_many_publish_in_name_no_source_and_the_others_name_one() -> None:
    assert {name for name, profile in builtin_profiles().items() if not profile.source} == ASKED_FOR


def test_claims_are_never_taken_for_those_of_a_source_of_their_own(url: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(NATIVE)
    load_file(tmp_path / "s.csv", url, builtin_profiles().values())
    (tmp_path / "exemptions.csv").write_text(CLAIM)
    with pytest.raises(SourceError) as caught:
        load_file(tmp_path / "exemptions.csv", url, builtin_profiles().values())
    assert caught.value.code == "source_unstated"
    assert "evcharge load exemptions.csv --source native" in str(caught.value.hint)
    assert not query(url, "SELECT * FROM fact_outage")


def test_the_first_such_file_is_loaded_and_a_later_one_is_refused_with_nothing_kept(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(COUNCIL.file({}))
    first = load_file(tmp_path / "a.csv", url, builtin_profiles().values())
    assert (first.source, first.source_stands_in) == ("uk-apt", True)
    before = query(url, "SELECT * FROM load_ledger")
    (tmp_path / "b.csv").write_text(COUNCIL.file({"Charging event": "later"}))
    with pytest.raises(SourceError) as caught:
        load_file(tmp_path / "b.csv", url, builtin_profiles().values())
    assert caught.value.code == "source_unstated"
    assert "b.csv does not say who published it" in caught.value.reason
    assert "evcharge load b.csv --source uk-apt" in caught.value.hint
    assert query(url, "SELECT * FROM load_ledger") == before


@pytest.mark.thorough
def test_files_of_one_call_belong_together_and_those_loaded_already_stay_what_they_are(evcharge: Run, db: str) -> None:
    council("a.csv", "1")
    council("b.csv", "2")
    code, out, err = evcharge("load", "a.csv", "b.csv")
    assert (code, out.count("source uk-apt")) == (0, 2)
    assert "Nobody says who published this; uk-apt stands in for the source." in err
    assert evcharge("load", "a.csv", "b.csv")[0] == 0
    code, _, err = evcharge("load", "a.csv", council("c.csv", "3"))
    assert (code, err.count("Error [source_unstated]")) == (1, 1)
    assert query(db, "SELECT COUNT(*) FROM fact_charging") == [(2,)]


def test_both_reports_of_one_back_office_have_one_stand_in() -> None:
    stand_ins = {builtin_profiles()[name].stand_in or name for name in ("chargepoint", "chargepoint-meter")}
    assert stand_ins == {"chargepoint"}


@pytest.mark.thorough
def test_a_publisher_that_is_to_be_remembered_is_written_into_the_settings_once(evcharge: Run, db: str) -> None:
    remember = ("--source", "north", "--remember-source")
    Path("evcharge.toml").write_text("target = 0.9")
    assert evcharge("load", council("a.csv", "1"), *remember)[0] == 0
    said = 'target = 0.9\nsource = "north"\n'
    assert Path("evcharge.toml").read_text() == said
    assert "source north)" in evcharge("load", council("b.csv", "2"), *remember)[1]
    assert "source north)" in evcharge("load", council("c.csv", "3"))[1]
    assert Path("evcharge.toml").read_text() == said
    code, _, err = evcharge("load", council("d.csv", "4"), "--source", "south", "--remember-source")
    assert (code, "source from evcharge.toml is 'north', not 'south'." in err) == (1, True)
    assert query(db, "SELECT COUNT(*) FROM fact_charging") == [(3,)]


def test_nothing_is_remembered_of_a_load_that_failed_or_kept_nothing(evcharge: Run, db: str) -> None:
    Path("bad.csv").write_text("x\n1\n")
    remember = ("--source", "north", "--remember-source")
    assert evcharge("load", "bad.csv", *remember)[0] == 1
    assert evcharge("load", council("a.csv", "1"), "--dry-run", *remember)[0] == 0
    assert not Path("evcharge.toml").exists()
    code, _, err = evcharge("load", "a.csv", "--remember-source")
    assert (code, "it remembers what --source says" in err) == (2, True)


@pytest.mark.parametrize(
    "typed",
    [
        ("load", "a b.csv"),
        ("load", "--dry-run", "--", "a b.csv"),
        ("check", "a b.csv"),
        ("load", "a b.csv", "--profile", "uk-apt", "--failures-included", "no"),
    ],
)
def test_the_command_of_the_hint_is_what_was_typed_and_works(evcharge: Run, asks: str, typed: tuple[str, ...]) -> None:
    council("a b.csv", "1")
    code, _, err = evcharge(*typed)
    assert (code, "Error [source_unstated]" in err) == (1, True)
    again = command_in(err)
    assert {*typed, "--source", "NAME"} == set(again)
    code, out, err = evcharge(*again)
    assert (code, "Error" in err) == (0, False)
    assert "source NAME" in out


def test_the_command_of_the_hint_shows_no_password() -> None:
    url = "postgresql://u:CANARY@h/d"
    typed = {"db": url, "arguments": ["load", f"--db={url}", "a.csv", "--db", url]}
    with click.Context(cli.commands["load"], obj=typed):
        hint = hint_as_typed(UnstatedSource("a.csv says nothing", "evcharge load a.csv", []))
    assert "CANARY" not in hint
    assert "a.csv --db" in hint


def test_the_whole_job_on_such_a_file_names_the_command_that_loads_it(evcharge: Run, asks: str) -> None:
    council("charging_sessions.csv", "1")
    code, _, err = evcharge("run")
    assert code == 1
    assert command_in(err) == ["load", "charging_sessions.csv", "--source", "NAME"]


def test_the_line_of_the_hint_names_the_publisher_for_all_loads_of_the_folder(evcharge: Run, asks: str) -> None:
    council("a.csv", "1")
    Path("evcharge.toml").write_text(line_in(evcharge("load", "a.csv")[2]).replace("NAME", "north council"))
    code, out, _ = evcharge("load", "a.csv")
    assert (code, "source north council" in out) == (0, True)
    assert evcharge("check", council("b.csv", "2"))[0] == 0


def test_a_hint_names_the_file_of_settings_that_is_in_use(evcharge: Run, asks: str) -> None:
    Path("own.toml").write_text("target = 0.9\n")
    err = evcharge("load", council("a.csv", "1"), "--config", "own.toml")[2]
    assert 'by this line in own.toml: source = "NAME"' in err


def test_two_publishers_of_the_same_ids_stay_two_sources(evcharge: Run, db: str) -> None:
    assert evcharge("load", council("a.csv", "1", "2"), "--source", "north")[0] == 0
    assert evcharge("load", council("b.csv", "2", "3"), "--source", "south")[0] == 0
    known = [(source, station, session) for source, station, session, *_ in facts(db)]
    assert known == [("north", "50339", "1"), ("north", "50339", "2"), ("south", "50339", "2"), ("south", "50339", "3")]


@pytest.mark.thorough
def test_a_database_filled_under_a_stand_in_goes_on_with_it(evcharge: Run, db: str) -> None:
    assert evcharge("load", council("a.csv", "1"))[0] == 0
    code, _, err = evcharge("load", council("b.csv", "2"))
    assert (code, "This database has such files of source uk-apt." in err) == (1, True)
    assert evcharge(*command_in(err))[0] == 0
    assert "already loaded" in evcharge("load", "b.csv")[1]
    assert query(db, "SELECT DISTINCT source FROM load_ledger") == [("uk-apt",)]
    assert line_in(err) == 'source = "uk-apt"'


@pytest.mark.thorough
def test_of_several_sources_none_is_offered_and_those_unloaded_are_not_named(evcharge: Run, db: str) -> None:
    for source in ("north", "south", "west"):
        assert evcharge("load", council(f"{source}.csv", source), "--source", source)[0] == 0
    assert evcharge("unload", "--source", "west", "--yes")[0] == 0
    _, _, err = evcharge("load", council("d.csv", "4"))
    assert "This database has such files of source north, south. Name the publisher: " in err
    assert command_in(err)[-2:] == ["--source", "NAME"]


def test_sources_of_other_layouts_are_not_offered(evcharge: Run, db: str) -> None:
    Path("native.csv").write_text(NATIVE)
    assert evcharge("load", "native.csv")[0] == 0
    assert "This database has" not in evcharge("load", council("a.csv", "1"))[2]


def test_what_is_made_up_is_no_publisher_of_a_registry(evcharge: Run, db: str) -> None:
    assert evcharge("sample", "--rows", "10")[0] == evcharge("load")[0] == 0
    Path("locations.json").write_text(json.dumps(LOCATIONS))
    assert command_in(evcharge("stations", "locations.json")[2])[-2:] == ["--source", "NAME"]


@pytest.mark.thorough
def test_a_folder_of_such_files_is_told_the_command_once(evcharge: Run, asks: str) -> None:
    Path("in").mkdir()
    for name in ("a", "b", "c"):
        council(f"in/{name}.csv", name)
    code, _, err = evcharge("load", "in")
    assert code == 1
    assert (err.count("Error [source_unstated]"), err.count("Name the publisher")) == (3, 1)
    code, out, _ = evcharge(*command_in(err))
    assert (code, "3 of 3 files are in" in out) == (0, True)


def test_a_check_shows_what_is_in_such_a_file_and_does_not_pass(evcharge: Run, asks: str) -> None:
    council("a.csv", "1", "2")
    code, out, err = evcharge("check", "a.csv")
    assert code == 1
    assert "(profile uk-apt, source not stated)" in out
    assert "read 2 = 2 inserted" in out
    assert "does not pass: nobody says who published it" in out
    assert "evcharge check a.csv --source NAME" in err
    code, out, _ = evcharge("check", "a.csv", "--json")
    (told,) = json.loads(out)["files"]
    assert (code, told["passes"], told["source"], told["error"]["code"]) == (1, False, None, "source_unstated")
    assert told["read"] == 2
    assert query(asks, "SELECT source FROM load_ledger ORDER BY source") == [("north",), ("south",)]


def test_a_check_of_the_first_such_file_passes(evcharge: Run, db: str) -> None:
    code, out, _ = evcharge("check", council("a.csv", "1"))
    assert (code, "source uk-apt)" in out, "uk-apt stands in for the source" in out) == (0, True, True)


@pytest.mark.thorough
def test_the_setting_names_the_publisher_only_where_the_layout_does_not(
    evcharge: Run, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVCHARGE_SOURCE", "north")
    Path("native.csv").write_text(NATIVE)
    assert "source native)" in evcharge("load", "native.csv")[1]
    assert "source north)" in evcharge("load", council("a.csv", "1"))[1]
    assert "source south)" in evcharge("load", council("b.csv", "1"), "--source", "south")[1]
    assert "source own)" in evcharge("load", "native.csv", "--source", "own")[1]


def test_no_setting_gives_a_file_the_source_of_what_is_made_up(
    evcharge: Run, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVCHARGE_SOURCE", "sample")
    code, _, err = evcharge("load", council("a.csv", "1"))
    assert (code, "the setting source: sample is the source of what evcharge sample makes up" in err) == (2, True)


def test_a_profile_of_ones_own_may_leave_the_publisher_to_the_load(evcharge: Run, db: str) -> None:
    columns = [f'{name} = "{name}"' for name in NATIVE.splitlines()[0].split(",")]
    head = ['name = "club"', 'title = "A club"', 'format = "csv"', 'failures_included = "yes"', "[columns]"]
    Path("club.toml").write_text("\n".join([*head, *columns]) + "\n")
    Path("a.csv").write_text(NATIVE)
    assert "source club)" in evcharge("load", "a.csv", "--profile", "club.toml")[1]
    Path("b.csv").write_text(NATIVE.replace("S1", "S2"))
    code, _, err = evcharge("load", "b.csv", "--profile", "club.toml")
    assert (code, "Error [source_unstated]" in err) == (1, True)
    assert "source club)" in evcharge(*command_in(err))[1]


def test_a_registry_is_of_the_publisher_that_its_sessions_are_of(
    evcharge: Run, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("locations.json").write_text(json.dumps(LOCATIONS))
    assert evcharge("load", council("a.csv", "1"), "--source", "acme")[0] == 0
    code, _, err = evcharge("stations", "locations.json")
    assert (code, "This database has such files of source acme." in err) == (1, True)
    assert command_in(err) == ["stations", "locations.json", "--source", "acme"]
    monkeypatch.setenv("EVCHARGE_SOURCE", "acme")
    assert "source acme)" in evcharge("stations", "locations.json")[1]
    Path("irve.json").write_text('{"id_station_itinerance": "FRA1", "id_pdc_itinerance": "FRA11"}\n')
    assert "source qualicharge)" in evcharge("stations", "irve.json")[1]


def test_a_named_publisher_is_part_of_the_fingerprint_as_one_of_the_profile_is() -> None:
    bare = builtin_profiles()["uk-apt"]
    named = published("uk-apt")
    assert (bare.source, named.source) == ("", PUBLISHER)
    assert with_overrides(bare, source=PUBLISHER).fingerprint == named.fingerprint != bare.fingerprint
