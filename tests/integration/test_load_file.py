"""A Python program loads a file into a database that lasts, by the load of the command."""

from __future__ import annotations

import html
import inspect
import json
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine

import evcharge as public
from evcharge.cli.reading import READING_OPTIONS
from evcharge.errors import ConfigError, EvchargeError, GateError, SourceError
from tests.support import layouts

HEAD = "session_id,station_id,start_time,end_time,energy_kwh"
GOOD = [f"{n},S,2025-05-{1 + n:02}T08:00Z,2025-05-{1 + n:02}T09:00Z,7" for n in range(12)]
BAD = "x,S,2025-05-20T08:00Z,2025-05-20T09:00Z,much"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a file of twelve sessions, one refused row and one without a zone."""
    monkeypatch.chdir(tmp_path)
    write("good.csv", GOOD)
    write("one bad.csv", [*GOOD, BAD])
    write("local.csv", [row.replace("Z", "") for row in GOOD])
    return tmp_path


@pytest.fixture
def made(migrated_sqlite):
    """A database that is there."""
    Path("ev.db").write_bytes(migrated_sqlite.read_bytes())
    return "ev.db"


def write(name, rows, head=HEAD):
    Path(name).write_text("\n".join([head, *rows, ""]), encoding="utf-8")


def test_a_file_is_in_the_database_and_the_second_time_nothing_changes(made):
    assert repr(public.load_file("good.csv", made)).endswith("source native); sessions: read 12 = 12 inserted>")
    assert public.load_file("good.csv", made).result.status == "already loaded"
    assert public.reliability(made).network["attempts"].item() == 12


@pytest.mark.thorough
def test_the_result_is_the_one_that_the_command_prints(evcharge):
    write("one bad.csv", [*GOOD, BAD])
    _, out, _ = evcharge("load", "one bad.csv", "--db", "sqlite:///cli.db", "--create-db", "--json")
    told = json.loads(out)["files"][0]
    found = public.load_file(Path("one bad.csv"), "new.db").to_dict()
    assert {**found, "seconds": 0} == {**told, "seconds": 0}


@pytest.mark.thorough
def test_a_database_that_is_not_there_is_made_by_the_migrations():
    public.load_file("good.csv", "new one.db")
    assert public.reliability("new one.db").network["attempts"].item() == 12


def test_a_database_without_tables_is_refused_with_what_makes_them():
    sqlite3.connect("empty.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(EvchargeError, match=r"from evcharge\.migrate import upgrade") as caught:
        public.load_file("good.csv", "empty.db")
    assert caught.value.code == "schema_missing"


def test_a_file_that_is_not_there_makes_no_database():
    with pytest.raises(SourceError, match="is not there"):
        public.load_file("nowhere.csv", "new.db")
    assert not Path("new.db").exists()


def test_a_database_in_memory_is_refused_since_nothing_would_last():
    with pytest.raises(EvchargeError, match="names no file"):
        public.load_file("good.csv", create_engine("sqlite://"))


def test_refused_rows_are_counted_with_what_their_rules_mean(made):
    found = public.load_file("one bad.csv", made, rejects="r.csv")
    assert found.counts.to_dict("records") == [
        {"kind": "sessions", "read": 13, "inserted": 12, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 1}
    ]
    assert found.reasons[["kind", "rule", "rows"]].to_numpy().tolist() == [["sessions", "energy_kwh_not_a_number", 1]]
    assert found.reasons["meaning"].str.len().item() > 10
    assert "rejected for energy_kwh_not_a_number 1" in repr(found)
    assert pd.read_csv("r.csv")["value"].tolist() == ["much"]


def test_a_notebook_shows_counts_and_reasons_and_does_what_no_name_says(made):
    Path("good.csv").rename("<b>.csv")
    write("<b>.csv", [*GOOD, BAD])
    shown = public.load_file("<b>.csv", made)._repr_html_()
    assert "<b>" not in shown
    assert html.escape("<b>.csv: loaded") in shown
    assert "energy_kwh_not_a_number" in shown


def test_names_of_columns_are_theirs_to_ours_as_of_a_frame(made):
    own = {"Id": "session_id", "Place": "station_id", "Day": "start_time", "Clock": "start_time", "Min": "end_time"}
    rows = [f"{n},A,2025-05-{1 + n:02},08:00,2025-05-{1 + n:02} 09:00,7" for n in range(3)]
    write("own.csv", rows, "Id,Place,Day,Clock,Min,energy_kwh")
    found = public.load_file("own.csv", made, source="City", columns=own, timezone="Europe/Oslo")
    assert (found.result.inserted, found.result.source) == (3, "City")


def test_a_dry_run_keeps_nothing(made):
    assert public.load_file("good.csv", made, dry_run=True).result.status == "dry run"
    assert public.load_file("good.csv", made).result.status == "loaded"


@pytest.mark.thorough
def test_a_database_that_is_not_there_is_made_but_for_a_dry_run():
    with pytest.raises(EvchargeError, match="there is no database"):
        public.load_file("good.csv", "new.db", dry_run=True)
    assert not Path("new.db").exists()
    with pytest.raises(GateError):
        public.load_file("one bad.csv", "new.db", max_rejects=0)
    with pytest.raises(EvchargeError, match="no session is in the database"):
        public.reliability("new.db")


def test_an_archive_of_one_file_is_loaded_and_one_of_several_is_refused(made):
    with zipfile.ZipFile("one.zip", "w") as archive:
        archive.write("good.csv")
    assert public.load_file("one.zip", made).result.inserted == 12
    with zipfile.ZipFile("two.zip", "w") as archive:
        archive.write("good.csv")
        archive.write("local.csv")
    with pytest.raises(ConfigError, match="load_file loads one") as caught:
        public.load_file("two.zip", made)
    assert "in a shell: evcharge load two.zip --db sqlite:///ev.db" in str(caught.value)


def test_every_option_of_reading_is_an_argument():
    asked = {"timezone" if name == "tz" else name for option in READING_OPTIONS for name in [_name_of(option)]}
    assert asked <= set(inspect.signature(public.load_file).parameters)


def _name_of(option):
    def command():
        """Nothing."""

    return option(command).__click_params__[0].name


@pytest.mark.parametrize(
    ("asked", "kind", "told"),
    [
        ({"path": "local.csv"}, SourceError, "timezone='Europe/Paris'"),
        ({"path": "local.csv", "timezone": "Mars"}, SourceError, "Europe/Paris"),
        ({"path": "one bad.csv", "max_rejects": 0}, GateError, "rejects='FILE', or raise max_rejects"),
        ({"path": "one bad.csv", "max_rejects": "1%"}, GateError, "more than 1%"),
        ({"max_rejects": 0.5}, ConfigError, "'50%'"),
        ({"max_rejects": "few"}, ConfigError, "max_rejects='2%'"),
        ({"source": "sample"}, ConfigError, "source='City of Oslo'"),
        ({"source": 5}, ConfigError, "source='City of Oslo'"),
        ({"columns": ["a"]}, ConfigError, "columns={'Station': 'station_id'}"),
        ({"zones": {"IST": 5}}, ConfigError, "zones={'IST': '+05:30'}"),
        ({"header_line": "3"}, ConfigError, "header_line=3"),
        ({"session_key": {"a": 1}}, ConfigError, "session_key=['A', 'B']"),
        ({"decimal": "dot"}, SourceError, "Write one of '.', ','."),
        ({"thousands": " "}, SourceError, "'space'"),
        ({"ambiguous": "first"}, SourceError, "ambiguous is 'first'.\n  Write one of 'earlier', 'later'."),
        ({"replace": "yes"}, ConfigError, "replace=True"),
        ({"profile": "nope"}, SourceError, "Built in: "),
        ({"rejects": "ev.db"}, ConfigError, "is the database in use"),
        ({"rejects": "-"}, ConfigError, "Name a file: rejects='rejects.csv'."),
        ({"rejects": "good.csv"}, ConfigError, "this command reads"),
        ({"path": "nowhere/nix.csv"}, SourceError, "nowhere/nix.csv is not there."),
        ({"path": "."}, ConfigError, "load_file loads one"),
        ({"path": pd.DataFrame({"a": [1]})}, ConfigError, "evcharge.reliability(frame)"),
        ({"path": None}, ConfigError, "path='sessions.csv'"),
        ({"path": b"good.csv"}, ConfigError, "path='sessions.csv'"),
        ({"db": None}, ConfigError, "path of an SQLite file, or an engine. evcharge.reliability takes"),
        ({"db": np.int64(3)}, ConfigError, "path of an SQLite file"),
    ],
)
def test_an_error_says_what_to_write_in_python(made, asked, kind, told):
    before = Path(made).read_bytes()
    with pytest.raises(kind) as caught:
        public.load_file(**{"path": "good.csv", "db": made, **asked})
    assert told in str(caught.value)
    assert "--" not in str(caught.value).partition("in a shell: ")[0]
    assert Path(made).read_bytes() == before


def test_who_published_a_later_file_is_asked_in_python(made):
    for name in ("a", "b"):
        Path(f"{name}.csv").write_text(layouts.UK_APT.file({"Charging event": name}), encoding="utf-8")
    found = public.load_file("a.csv", made)
    assert "stands in for the source" in found._repr_html_()
    with pytest.raises(SourceError) as caught:
        public.load_file("b.csv", made)
    assert str(caught.value).endswith(f"Name the publisher: source={found.result.source!r}.")
    assert public.load_file("b.csv", made, source="Dundee").notes == []


def test_a_file_that_fits_nothing_is_checked_by_a_command_with_its_path(made, folder):
    (folder / "deep").mkdir()
    write("deep/own.csv", ["1,2"], "A,B")
    with pytest.raises(SourceError, match=r"in a shell: evcharge check deep/own\.csv"):
        public.load_file("deep/own.csv", made)


def test_a_file_of_sessions_in_place_of_a_database_is_told_to_be_loaded_first():
    with pytest.raises(EvchargeError) as caught:
        public.reliability("good.csv")
    call = str(caught.value).partition("Load it: ")[2].partition(". Of")[0]
    assert call == "evcharge.load_file('good.csv', db='ev_charging.db')"


@pytest.mark.parametrize("named", ["ev.db", Path("ev.db"), "sqlite:///ev.db"])
@pytest.mark.parametrize("asked", [public.uptime, public.reliability, public.sessions])
def test_a_hint_names_the_database_that_was_given(made, asked, named):
    with pytest.raises(EvchargeError) as caught:
        asked(named)
    assert f"db={str(named)!r}" in str(caught.value)
    assert "ev_charging.db" not in str(caught.value)


def test_every_error_is_caught_by_the_name_that_the_docs_give():
    with pytest.raises(public.EvchargeError):
        public.load_file("nowhere.csv", "ev.db")
