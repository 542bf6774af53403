"""A load says which database it is about, and whatever command says where a setting of consequence comes from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evcharge.db import masked
from tests.support.factories import native_csv, session_row

FROM_FILE = "database_url comes from evcharge.toml of this folder"
SALT_FROM_FILE = "driver_salt comes from evcharge.toml of this folder"


def test_a_load_says_its_database_in_one_line_and_in_the_document(evcharge, url):
    native_csv(Path("x.csv"), session_row())
    for options in ((), (), ("--dry-run",)):
        code, _, err = evcharge("load", "x.csv", "--db", url, *options)
        assert (code, err) == (0, f"database: {masked(url)}\n")
    code, out, err = evcharge("load", "x.csv", "--db", url, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["database"] == masked(url)
    assert evcharge("load", "x.csv", "--db", url, "-q")[2] == ""


def test_no_database_is_said_where_nothing_could_be_loaded(evcharge, sqlite_url):
    assert "database:" not in evcharge("load", "nix.csv", "--db", sqlite_url)[2]
    assert "database:" not in evcharge("load", "nix.csv", "--db", "nonsense")[2]
    assert json.loads(evcharge("load", "nix.csv", "--db", "nonsense", "--json")[1])["database"] is None


@pytest.mark.parametrize(
    "secret", ["postgresql://u:CANARY@127.0.0.1:1/d", "postgresql://u@127.0.0.1:1/d?sslpassword=CANARY"]
)
def test_the_document_of_a_load_holds_no_password(evcharge, secret):
    native_csv(Path("x.csv"), session_row())
    _, out, err = evcharge(
        "load", "x.csv", "--db", f"{secret}{'&' if '?' in secret else '?'}connect_timeout=2", "--json"
    )
    assert "CANARY" not in out + err
    assert "127.0.0.1" in json.loads(out)["database"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command", ["load x.csv", "load x.csv x.csv", "check x.csv", "report", "export --format csv", "db url", "run"]
)
def test_a_database_that_the_folder_names_is_said_once(evcharge, sqlite_url, command):
    native_csv(Path("x.csv"), session_row())
    assert evcharge("load", "x.csv", "--db", sqlite_url)[0] == 0
    Path("evcharge.toml").write_text(f'database_url = "{sqlite_url}"\n')
    code, out, err = evcharge(*command.split())
    assert code == 0
    assert err.splitlines().count(FROM_FILE) == 1
    assert "comes from" not in out
    assert SALT_FROM_FILE not in err
    assert "comes from" not in evcharge(*command.split(), "-q")[2]


def test_a_salt_that_the_folder_states_is_said_once_and_not_shown(evcharge, sqlite_url):
    native_csv(Path("x.csv"), session_row())
    Path("evcharge.toml").write_text('driver_salt = "CANARY"\n')
    code, out, err = evcharge("load", "x.csv", "--db", sqlite_url)
    assert code == 0
    assert re.findall(".*comes from.*", err) == [SALT_FROM_FILE]
    assert "CANARY" not in out + err


def test_what_was_named_or_is_not_used_is_not_said(evcharge, sqlite_url, monkeypatch):
    native_csv(Path("x.csv"), session_row())
    Path("evcharge.toml").write_text(f'database_url = "{sqlite_url}"\ndriver_salt = ""\n')
    assert "comes from" not in evcharge("load", "x.csv", "--db", sqlite_url)[2]
    assert "comes from" not in evcharge("load", "x.csv", "--config", "evcharge.toml")[2]
    assert "comes from" not in evcharge("sample")[2]
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    assert "comes from" not in evcharge("load", "x.csv")[2]
