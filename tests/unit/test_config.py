from __future__ import annotations

import os
import re

import pytest

from evcharge.config import DEFAULTS, resolve
from evcharge.errors import ConfigError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def refusal(name="target", flag=None, file=None):
    with pytest.raises(ConfigError) as caught:
        resolve(name, flag, file)
    return caught.value


def test_a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default(folder, monkeypatch):
    assert resolve("target") == ("target", 0.95, "default")
    toml(folder / "evcharge.toml", "target = 0.9")
    assert resolve("target") == ("target", 0.9, "evcharge.toml")
    monkeypatch.setenv("EVCHARGE_TARGET", "0.8")
    assert resolve("target") == ("target", 0.8, "environment EVCHARGE_TARGET")
    assert resolve("target", 0.7) == ("target", 0.7, "flag")


def test_every_setting_can_be_set_by_environment_and_by_file(folder, monkeypatch):
    assert set(DEFAULTS) == {
        *("database_url", "target", "driver_salt", "lock_wait_seconds", "price_per_kwh", "currency"),
        *("source", "notify", "smtp_host", "smtp_security", "smtp_from", "smtp_user", "smtp_password"),
    }
    toml(
        folder / "evcharge.toml",
        'database_url = "sqlite:///file.db"\ntarget = 1\ndriver_salt = "s"\nlock_wait_seconds = 5\n'
        'source = "acme"\nprice_per_kwh = 0.4\ncurrency = "NOK"\nnotify = "file:x"\nsmtp_host = "h"\n'
        'smtp_security = "tls"\nsmtp_from = "f"\nsmtp_user = "u"\nsmtp_password = "p"',
    )
    of_file = ["sqlite:///file.db", 1.0, "acme", "s", 5.0, 0.4, "NOK", "file:x", "h", "tls", "f", "u", "p"]
    assert [resolve(name).value for name in DEFAULTS] == of_file
    variables = {"DATABASE_URL": "sqlite:///env.db", "TARGET": "0.5", "DRIVER_SALT": "t", "LOCK_WAIT_SECONDS": "7"}
    variables |= {"PRICE_PER_KWH": "0.5", "CURRENCY": "EUR", "SOURCE": "other", "NOTIFY": "file:y", "SMTP_HOST": "i"}
    variables |= {"SMTP_SECURITY": "none", "SMTP_FROM": "g", "SMTP_USER": "v", "SMTP_PASSWORD": "q"}
    for name, text in variables.items():
        monkeypatch.setenv(f"EVCHARGE_{name}", text)
    of_environment = ["sqlite:///env.db", 0.5, "other", "t", 7.0, 0.5, "EUR", "file:y", "i", "none", "g", "v", "q"]
    assert [resolve(name).value for name in DEFAULTS] == of_environment


def test_an_empty_variable_says_nothing(monkeypatch):
    monkeypatch.setenv("EVCHARGE_TARGET", "")
    assert resolve("target").origin == "default"


def test_a_named_file_stands_in_for_the_one_in_the_working_folder(folder):
    toml(folder / "evcharge.toml", "target = 0.9")
    other = toml(folder / "other.toml", "target = 0.8")
    assert resolve("target", file=other) == ("target", 0.8, str(other))


def test_a_file_without_the_key_leaves_the_default(folder):
    toml(folder / "evcharge.toml", "lock_wait_seconds = 5")
    assert resolve("target").origin == "default"


def test_a_number_in_the_file_is_a_number_of_the_kind_wanted(folder):
    toml(folder / "evcharge.toml", "lock_wait_seconds = 5")
    assert isinstance(resolve("lock_wait_seconds").value, float)


def test_an_unknown_key_is_refused_with_the_known_ones(folder):
    toml(folder / "evcharge.toml", "traget = 0.9")
    error = refusal()
    assert error.code == "config_unknown_key"
    assert error.reason == "evcharge.toml has the unknown key 'traget'."
    keys = "database_url, target, source, driver_salt, lock_wait_seconds, price_per_kwh, currency"
    assert error.hint.startswith(f"Known keys: {keys}, notify, ")


@pytest.mark.parametrize("text", ['"high"', "true", "[1]", "nan", "inf", "-1", "2024-12-24"])
def test_a_number_of_the_wrong_kind_in_the_file_is_refused_with_its_place(folder, text):
    toml(folder / "evcharge.toml", f"target = {text}")
    error = refusal()
    assert error.code == "config_wrong_kind"
    assert re.fullmatch(r"target from evcharge\.toml is .+; it must be a number from 0 up\.", error.reason)


@pytest.mark.parametrize("text", ["0,95", "nan", "-inf", "-0.1", "ten"])
def test_a_number_of_the_wrong_kind_in_the_environment_is_refused_with_its_variable(monkeypatch, text):
    monkeypatch.setenv("EVCHARGE_LOCK_WAIT_SECONDS", text)
    error = refusal("lock_wait_seconds")
    assert error.code == "config_wrong_kind"
    assert f"lock_wait_seconds from EVCHARGE_LOCK_WAIT_SECONDS is {text!r}" in error.reason


def test_a_url_that_is_no_text_is_refused(folder):
    toml(folder / "evcharge.toml", "database_url = 5")
    assert refusal("database_url").reason == "database_url from evcharge.toml is 5; it must be text."


@pytest.mark.parametrize("content", [b"target = ", b"target = 0.9\ntarget = 0.8", b"\xff\xfe", b"[["])
def test_a_file_that_is_not_toml_is_refused_by_name(folder, content):
    (folder / "evcharge.toml").write_bytes(content)
    error = refusal()
    assert error.code == "config_unreadable"
    assert "evcharge.toml" in error.reason


def test_a_named_file_that_is_not_there_is_refused(folder):
    error = refusal(file=folder / "none.toml")
    assert error.code == "config_unreadable"
    assert str(folder / "none.toml") in error.reason


def test_a_folder_is_no_file_of_settings(folder):
    (folder / "evcharge.toml").mkdir()
    assert refusal().code == "config_unreadable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_refused(folder):
    toml(folder / "evcharge.toml", "target = 0.9").chmod(0)
    assert refusal().code == "config_unreadable"


def test_a_flag_is_taken_whatever_the_file_holds(folder):
    toml(folder / "evcharge.toml", "nonsense")
    assert resolve("target", 0.7).value == 0.7
