from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

import evcharge.load.unload
from evcharge.db import open_engine
from evcharge.errors import ConfigError, DatabaseError, EvchargeError, GateError
from evcharge.load import LoadOptions, load_file
from evcharge.load.rebuild import check
from evcharge.load.registry import load_registry
from evcharge.load.transaction import one_transaction
from evcharge.load.unload import UnloadResult, find_loads, unload
from evcharge.metrics.selection import Selection
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample
from tests.support.factories import native_csv, session_row
from tests.support.loading import counts, dump, everything, facts, load, query

pytestmark = pytest.mark.thorough

Run = Callable[..., tuple[int, str, str]]


def take_out(url: str, name: str) -> UnloadResult:
    """Unloads the load of a file."""
    ((key,),) = query(url, f"SELECT load_key FROM load_ledger WHERE file_name = '{name}'")
    result = unload(url, [key])
    check(url)
    return result


def ledger(url: str) -> dict[str, str]:
    """What the ledger says of each file."""
    return {str(name): str(status) for name, status in query(url, "SELECT file_name, status FROM load_ledger")}


def energies(url: str) -> dict[str, float]:
    """Energy of each session."""
    return {str(name): float(energy) for name, energy in query(url, "SELECT session_id, energy_kwh FROM fact_charging")}


def names(loads: list[evcharge.load.unload.LoadOfSessions]) -> list[str]:
    return [one.file for one in loads]


@contextmanager
def unchanged(url: str) -> Iterator[None]:
    before = dump(url)
    yield
    assert dump(url) == before


@pytest.fixture
def march(tmp_path: Path) -> Path:
    """Sessions S1 and S2, and a row that is refused."""
    rows = (session_row(), session_row(session_id="S2"), session_row(session_id="S9", energy_kwh="x"))
    return native_csv(tmp_path / "march.csv", *rows)


@pytest.fixture
def april(tmp_path: Path) -> Path:
    """S2 with another energy, and S3, which stands at a station of its own."""
    rows = (session_row(session_id="S2", energy_kwh="9"), session_row(session_id="S3", station_id="ST-3"))
    return native_csv(tmp_path / "april.csv", *rows)


def test_an_unload_takes_out_sessions_rejects_and_stations_and_keeps_the_line_of_the_ledger(
    url: str, march: Path
) -> None:
    load(march, url)
    line = query(url, "SELECT file_sha256, rows_read, inserted, rejected FROM load_ledger")
    result = take_out(url, "march.csv")
    assert [(one.file, one.source, one.sessions, one.rejected) for one in result.loads] == [
        ("march.csv", "native", 2, 1)
    ]
    assert (result.incomplete, result.stations_removed) == ([], 1)
    for table in ("fact_charging", "rejected_row", "dim_station", "load_overlap"):
        assert query(url, f"SELECT * FROM {table}") == []
    assert query(url, "SELECT file_sha256, rows_read, inserted, rejected FROM load_ledger") == line
    assert ledger(url) == {"march.csv": "unloaded"}
    assert query(url, "SELECT COUNT(*) FROM load_ledger WHERE unloaded_at >= finished_at") == [(1,)]


def test_a_file_that_was_unloaded_is_loaded_again_as_if_nothing_had_been(url: str, march: Path, april: Path) -> None:
    load(march, url)
    load(april, url)
    before = everything(url)
    for file in (march, april):
        take_out(url, file.name)
        load(march, url)
        load(april, url)
        after = everything(url)
        assert {**after, "ledger": []} == {**before, "ledger": []}
    assert load(march, url).status == load(april, url).status == "already loaded"


def test_an_unloaded_file_may_be_loaded_by_other_settings(url: str, march: Path) -> None:
    load(march, url)
    take_out(url, "march.csv")
    assert load(march, url, timezone="Europe/Paris").status == "loaded"
    assert query(url, "SELECT timezone, status, unloaded_at FROM load_ledger") == [("Europe/Paris", "loaded", None)]


def test_sessions_that_an_unloaded_file_had_overwritten_come_back_when_their_file_is_loaded_again(
    url: str, march: Path, april: Path
) -> None:
    load(march, url)
    load(april, url)
    assert energies(url)["S2"] == 9
    result = take_out(url, "april.csv")
    assert names(result.incomplete) == ["march.csv"]
    assert list(energies(url)) == ["S1"]
    assert ledger(url) == {"march.csv": "incomplete", "april.csv": "unloaded"}

    again = load(march, url)
    assert again.status == "loaded"
    assert counts(again) == {"read": 3, "inserted": 2, "rejected": 1}
    assert energies(url)["S2"] == 7.5
    assert ledger(url) == {"march.csv": "loaded", "april.csv": "unloaded"}
    assert load(march, url).status == "already loaded"


def test_a_session_that_two_files_have_alike_goes_with_the_first_and_the_second_brings_it_back(
    url: str, march: Path, tmp_path: Path
) -> None:
    load(march, url)
    load(native_csv(tmp_path / "same.csv", session_row()), url)
    assert names(take_out(url, "march.csv").incomplete) == ["same.csv"]
    assert energies(url) == {}
    assert counts(load(tmp_path / "same.csv", url)) == {"read": 1, "inserted": 1}
    assert ledger(url)["same.csv"] == "loaded"


def test_an_incomplete_file_keeps_its_place_so_that_what_came_later_still_wins(
    url: str, march: Path, april: Path, tmp_path: Path
) -> None:
    load(march, url)
    load(native_csv(tmp_path / "corrected.csv", session_row(energy_kwh="5")), url)
    load(april, url)
    take_out(url, "april.csv")
    assert counts(load(march, url)) == {"read": 3, "inserted": 1, "superseded": 1, "rejected": 1}
    assert energies(url) == {"S1": 5, "S2": 7.5}


def test_of_three_files_with_one_session_the_first_is_still_known_when_the_second_is_out(
    url: str, tmp_path: Path
) -> None:
    for number, energy in enumerate(("1", "2", "3")):
        load(native_csv(tmp_path / f"{number}.csv", session_row(energy_kwh=energy)), url)
    assert names(take_out(url, "1.csv").incomplete) == []  # it holds nothing: the third file has its session
    assert energies(url) == {"S1": 3}
    assert names(take_out(url, "2.csv").incomplete) == ["0.csv"]
    load(tmp_path / "0.csv", url)
    assert energies(url) == {"S1": 1}


def test_a_load_that_shares_nothing_is_left_alone(url: str, march: Path, april: Path, tmp_path: Path) -> None:
    load(march, url)
    load(april, url)
    other = native_csv(tmp_path / "other.csv", session_row(station_id="ST-9"), session_row(energy_kwh="x"))
    load(other, url)
    kept = {name: [row for row in rows if "other.csv" in row] for name, rows in everything(url).items()}
    take_out(url, "march.csv")
    take_out(url, "april.csv")
    assert {name: [row for row in rows if "other.csv" in row] for name, rows in everything(url).items()} == kept


def test_an_incomplete_file_with_other_settings_is_refused(url: str, march: Path, april: Path) -> None:
    load(march, url)
    load(april, url)
    take_out(url, "april.csv")
    with unchanged(url), pytest.raises(EvchargeError) as refusal:
        load(march, url, timezone="Europe/Paris")
    assert refusal.value.code == "loaded_with_other_settings"
    assert load(march, url, LoadOptions(replace=True), timezone="Europe/Paris").status == "loaded"
    assert ledger(url)["march.csv"] == "loaded"


@pytest.fixture
def two_without_offset(url: str, tmp_path: Path) -> Path:
    """A file of S1 and S2, of which S2 needs a stated zone; by a zone it is in."""
    times = "2025-04-01T08:00:00"
    rows = (session_row(), session_row(session_id="S2", start_time=times, end_time=""))
    load(native_csv(tmp_path / "a.csv", *rows), url, timezone="Europe/Paris")
    return tmp_path / "a.csv"


def test_a_replace_by_which_a_session_of_another_file_goes_is_refused_with_that_file(
    url: str, two_without_offset: Path, tmp_path: Path
) -> None:
    """Whether the other file has the very session that goes is not known: that it shares any is enough."""
    same = session_row(session_id="S2", start_time="2025-04-01T08:00:00+02:00", end_time="")
    load(native_csv(tmp_path / "same.csv", same), url, timezone="Europe/Paris")
    with unchanged(url), pytest.raises(GateError) as refusal:
        load(two_without_offset, url, LoadOptions(replace=True))
    assert (refusal.value.code, refusal.value.exit_code) == ("replace_loses_sessions", 3)
    assert "same.csv (load 2)" in refusal.value.reason
    assert "evcharge unload --load 1" in refusal.value.hint
    take_out(url, "a.csv")
    load(two_without_offset, url)
    assert counts(load(tmp_path / "same.csv", url, timezone="Europe/Paris")) == {"read": 1, "inserted": 1}


def test_a_replace_by_which_a_session_goes_that_no_other_file_had_is_warned_of(
    url: str, two_without_offset: Path
) -> None:
    assert load(two_without_offset, url, LoadOptions(replace=True)).warnings["not_replaced"] == 1
    assert load(two_without_offset, url, LoadOptions(replace=True)).warnings == {}


def test_a_session_that_goes_is_told_where_as_many_others_come(url: str, tmp_path: Path) -> None:
    """The first reading refuses the second row, the second reading the first."""
    by_number = session_row(session_id="S1", energy_kwh='"7,5"')
    by_point = session_row(session_id="S2", energy_kwh="7.5")
    file = native_csv(tmp_path / "a.csv", by_number, by_point)
    assert load(file, url, decimal=",").inserted == 1
    result = load(file, url, LoadOptions(replace=True))
    assert (result.inserted, result.warnings["not_replaced"]) == (1, 1)


def test_a_source_is_taken_out_file_by_file_and_the_other_stays(url: str, march: Path, april: Path) -> None:
    load(march, url)
    load(april, url)
    load(march, url, source="other")
    found = find_loads(url, source="native")
    assert names(found) == ["march.csv", "april.csv"]
    result = unload(url, [one.load for one in found])
    assert (names(result.loads), result.incomplete, result.stations_removed) == (["march.csv", "april.csv"], [], 2)
    assert {row[0] for row in facts(url)} == {"other"}
    assert query(url, "SELECT source FROM dim_station") == [("other",)]


def test_a_station_that_a_registry_describes_stays_without_sessions(url: str, march: Path, tmp_path: Path) -> None:
    load(march, url)
    registry = tmp_path / "locations.json"
    registry.write_text(
        json.dumps([{"id": "ST-1", "name": "Depot", "coordinates": {"latitude": "1", "longitude": "2"}, "evses": []}])
    )
    load_registry(registry, url, evcharge.load.registry.RegistryOptions(source="native", apply=True))
    assert take_out(url, "march.csv").stations_removed == 0
    assert query(url, "SELECT station_id, name FROM dim_station") == [("ST-1", "Depot")]
    ((key,),) = query(url, "SELECT load_key FROM load_ledger WHERE timezone = 'none'")
    with unchanged(url), pytest.raises(ConfigError) as refusal:
        unload(url, [key])
    assert refusal.value.code == "not_sessions"


def test_an_unload_that_fails_in_the_middle_leaves_everything(
    url: str, march: Path, april: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    load(march, url)
    load(april, url)
    keys = [one.load for one in find_loads(url, source="native")]
    for step in ("mark_incomplete", "bridge_overlaps", "_remove_empty_stations"):
        with monkeypatch.context() as patch, unchanged(url):
            patch.setattr(evcharge.load.unload, step, fail)
            with pytest.raises(RuntimeError, match="the power went"):
                unload(url, keys)


def test_an_unload_waits_for_a_load_and_gives_up_as_one(url: str, march: Path) -> None:
    load(march, url)
    with one_transaction(open_engine(url, writes=True)) as (session, _):
        session.execute(text("DELETE FROM rejected_row"))
        with pytest.raises(DatabaseError) as refusal:
            unload(url, [1], lock_wait_seconds=0.1)
    assert refusal.value.code == "database_busy"
    assert len(unload(url, [1]).loads) == 1


@pytest.mark.parametrize(
    ("wanted", "code", "told"),
    [
        ({"source": "nix"}, "unknown_source", "Sources: native (1)."),
        ({"load": 77}, "unknown_load", "march.csv"),
        ({"load": 1}, "already_unloaded", "load its file again"),
    ],
)
def test_what_is_not_there_is_refused_and_the_hint_lists_what_is(
    url: str, march: Path, april: Path, wanted: dict[str, str], code: str, told: str
) -> None:
    load(april, url)
    load(march, url)
    unload(url, [1])
    with unchanged(url), pytest.raises(ConfigError) as refusal:
        find_loads(url, **wanted)  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert told in refusal.value.hint


def test_the_page_counts_no_load_that_is_out_and_names_the_incomplete_ones(url: str, march: Path, april: Path) -> None:
    load(march, url)
    load(april, url)
    take_out(url, "april.csv")
    _, page = build_page(url, PageRequest(target=0.95, selection=Selection()))
    assert "1 load, each with its account" in page
    assert "april.csv" not in page
    assert "Sessions of march.csv went with a file that was taken out; loading it again brings them back." in page


# The demo.


def load_sample(url: str, path: Path) -> dict[str, int]:
    """Loads made-up sessions as the command line does; returns the warnings."""
    write_sample(path, rows=50)
    return load_file(path, url, builtin_profiles().values()).warnings


def test_a_file_of_data_that_joins_the_demo_is_warned_of_and_so_is_the_demo_that_joins_data(
    url: str, march: Path, tmp_path: Path
) -> None:
    assert "demo_in_database" not in load_sample(url, tmp_path / "sample.csv")
    assert load(march, url).warnings["demo_in_database"] == 50
    unload(url, [one.load for one in find_loads(url, source="sample")])
    assert "demo_in_database" not in load(march, url, LoadOptions(replace=True)).warnings
    assert load_sample(url, tmp_path / "sample.csv")["demo_in_database"] == 50


# The command.


class Terminal(io.StringIO):
    """Standard input of somebody who answers."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def demo(evcharge: Run) -> Run:
    """The command line, in a folder whose database holds the demo."""
    assert evcharge("sample", "--rows", "60")[0] == 0
    assert evcharge("load", "--create-db")[0] == 0
    return evcharge


def test_the_command_asks_and_shows_what_will_go(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    code, out, err = demo("unload", "--source", "sample")
    assert code == 1
    assert "1 file with 60 sessions and 0 rejected rows:" in err
    assert "charging_sessions.csv (load 1, source sample): 60 sessions" in err
    assert "Take this out? [y/N]" in err + out
    assert err.endswith("Nothing was changed.\n")
    assert "60 of these sessions are made up: evcharge sample." in demo("report", "--no-png")[1]

    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    code, out, _ = demo("unload", "--source", "sample")
    assert code == 0
    assert "unloaded, and 10 stations of which nothing is left" in out
    assert demo("report", "--no-png")[0] == 4


def test_without_a_terminal_the_command_asks_for_yes(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, _, err = demo("unload", "--load", "1")
    assert code == 2
    assert "--yes" in err
    monkeypatch.setattr(sys, "stdin", None)
    assert demo("unload", "--load", "1")[0] == 2
    assert demo("unload", "--load", "1", "--yes")[0] == 0


@pytest.mark.parametrize("options", [(), ("--source", "sample", "--load", "1")])
def test_the_command_takes_exactly_one_of_its_options(demo: Run, options: tuple[str, ...]) -> None:
    code, _, err = demo("unload", *options, "--yes")
    assert code == 2
    assert "either --source NAME or --load N" in err


def test_the_command_names_the_files_that_bring_back_what_went(evcharge: Run) -> None:
    native_csv(Path("a.csv"), session_row())
    native_csv(Path("b.csv"), session_row(energy_kwh="9"))
    evcharge("load", "a.csv", "--create-db")
    evcharge("load", "b.csv")
    document = json.loads(evcharge("unload", "--load", "2", "--yes", "--json")[1])
    assert document["schema_version"] == 1
    assert document["loads"] == [
        {"load": 2, "file": "b.csv", "source": "native", "sessions": 1, "rejected": 0, "evidence": 0}
    ]
    assert [one["file"] for one in document["incomplete"]] == ["a.csv"]
    evcharge("load", "b.csv")
    _, out, _ = evcharge("unload", "--load", "2", "--yes")
    assert "Sessions of 1 other file went with it. To bring them back, load this file again:\n  a.csv (load 1," in out
    assert evcharge("load", "a.csv")[1].startswith("a.csv: loaded")
