"""Profiles: read strictly, told apart by a fingerprint, changed by options."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

import evcharge.sources
from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, read_profile, with_overrides

MINIMAL = """
name = "mine"
source = "mine"
format = "csv"
failures_included = "unknown"
[columns]
session_id = "id"
station_id = "CP"
start_time = "Start"
"""
NATIVE = builtin_profiles()["native"]


@pytest.fixture
def profile_of(tmp_path):
    def read_it(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_profile(path)

    return read_it


def test_a_minimal_profile_has_the_usual_settings(profile_of):
    profile = profile_of(MINIMAL)
    assert (profile.delimiters, profile.encoding, profile.conventions.time_format) == ((",",), "utf-8", "iso8601")
    assert profile.conventions.timezone is None


def test_every_setting_is_read(profile_of):
    profile = profile_of(
        'title = "T"\ndelimiters = [";", "\\t"]\nencoding = "latin1"\nsession_key = ["Start", "kWh"]\n'
        'marks = ["Row"]\nprivate = ["Zip"]\ntells_apart = ["No"]\n'
        + MINIMAL.replace('session_id = "id"\n', "")
        + '[optional_columns]\nport_id = ["Port", "EVSE"]\n[constants]\nstation_operator = "Us"\n'
        '[station]\nname = "Site"\n'
        '[conventions]\ntime_format = "%d/%m/%Y %H:%M"\ntimezone = "Europe/Oslo"\nambiguous_time = "first"\n'
        'decimal = ","\nenergy_unit = "Wh"\npower_unit = "W"\nduration_format = "hours"\ntrue_words = ["OK"]\n'
        'false_words = ["Bad"]\nnull_words = ["NA"]\n'
        '[conventions.zone_labels]\nMST = "-07:00"\n'
        '[[steps]]\nstep = "swap_day_month"\nfields = ["Start"]\n'
    )
    assert profile.conventions.zone_labels == {"MST": "-07:00"}
    assert profile.steps == (("swap_day_month", ("Start",)),)
    assert profile.optional_columns == {"port_id": ("Port", "EVSE"), "station_name": ("Site",)}
    assert profile.constants == {"station_operator": "Us"}
    assert (profile.session_key, profile.marks, profile.private) == (("Start", "kWh"), ("Row",), ("Zip",))
    assert profile.tells_apart == ("No",)
    assert (profile.delimiters, profile.encoding) == ((";", "\t"), "iso8859-1")
    assert (profile.conventions.true_words, profile.conventions.null_words) == (("ok",), ("NA",))
    assert profile.conventions.energy_unit == "Wh"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("format", "fromat"), "format is missing"),
        (('"csv"', '"xlsx"'), "format is 'xlsx'"),
        (('"unknown"', '"maybe"'), "failures_included is 'maybe'"),
        (('"unknown"', "true"), "failures_included is True"),
        (('name = "mine"', 'name = "My Own"'), "name is 'My Own'"),
        (('source = "mine"', 'source = " "'), "source is ' '"),
        (('source = "mine"', f'source = "{"x" * 65}"'), "source is 'xxx"),
        (("station_id", "stationid"), "'stationid' is not a setting"),
        (('"CP"', "7"), "station_id is 7"),
        (('start_time = "Start"', ""), "columns.start_time is missing"),
        (('session_id = "id"', ""), "session_key is []"),
        (("[columns]", 'session_key = ["a"]\n[columns]'), "session_key is ['a']"),
        (("[columns]", 'session_key = ["a", "a"]\n[columns]'), "session_key is ['a', 'a']"),
        (("[columns]", "colour = 1\n[columns]"), "'colour' is not a setting"),
        (("[columns]", 'encoding = "utf-9"\n[columns]'), "encoding is 'utf-9'"),
        (("[columns]", 'encoding = "rot13"\n[columns]'), "encoding is 'rot13'"),
        (("[columns]", 'delimiters = ["::"]\n[columns]'), "delimiters is ['::']"),
        (("[columns]", "delimiters = []\n[columns]"), "delimiters is []"),
        (("[columns]", "delimiters = ';'\n[columns]"), "delimiters is ';'"),
        (("[columns]", "conventions = 1\n[columns]"), "conventions is 1"),
        (("[columns]", '[conventions]\ntimezone = "Europe/Pairs"\n[columns]'), "timezone is 'Europe/Pairs'"),
        (("[columns]", '[conventions]\ntimezone = "../etc"\n[columns]'), "timezone is '../etc'"),
        (("[columns]", '[conventions]\ntimezone = "Europe"\n[columns]'), "timezone is 'Europe'"),
        (("[columns]", '[conventions]\ntime_format = "guess"\n[columns]'), "time_format is 'guess'"),
        (("[columns]", '[conventions]\ntime_format = "%d/%m/%Y %H:%M %Z"\n[columns]'), "time_format is"),
        (("[columns]", '[conventions]\ndecimal = ";"\n[columns]'), "decimal is ';'"),
        (("[columns]", '[conventions]\nenergy_unit = "MWh"\n[columns]'), "energy_unit is 'MWh'"),
        (("[columns]", '[conventions]\ntrue_words = ["NO"]\n[columns]'), "false_words is ['no']"),
        (("[columns]", "[conventions]\nnull_words = [1]\n[columns]"), "null_words is [1]"),
        (("[columns]", '[optional_columns]\nstation_id = "x"\n[columns]'), "station_id is"),
        (("[columns]", '[station]\ncolour = "x"\n[columns]'), "'colour' is not a setting"),
        (("[columns]", "[columns"), "not a TOML file"),
    ],
)
def test_a_wrong_profile_is_refused_naming_file_key_and_value(profile_of, change, told):
    assert change[0] in MINIMAL
    with pytest.raises(SourceError) as caught:
        profile_of(MINIMAL.replace(*change, 1))
    assert caught.value.code == "bad_profile"
    assert "mine.toml" in caught.value.reason
    assert told in caught.value.reason
    assert caught.value.hint


def test_a_profile_that_is_not_text_is_refused(profile_of):
    with pytest.raises(SourceError) as caught:
        profile_of(b"\xff\xfe\0")
    assert caught.value.code == "bad_profile"


def test_a_missing_profile_is_refused(tmp_path):
    with pytest.raises(SourceError) as caught:
        read_profile(tmp_path / "no.toml")
    assert caught.value.code == "file_not_found"


def test_a_near_zone_is_suggested(profile_of):
    with pytest.raises(SourceError) as caught:
        with_overrides(NATIVE, timezone="Europe/Pari")
    assert "Europe/Paris" in caught.value.hint


def test_the_builtin_profiles_are_named_like_their_files():
    folder = Path(evcharge.sources.__file__).parent / "profiles"
    assert list(builtin_profiles()) == sorted(path.stem for path in folder.glob("*.toml"))
    assert {"acn-sustaingym", "cary", "native", "qualicharge"} <= builtin_profiles().keys()


def test_a_builtin_profile_has_its_page():
    docs = Path(__file__).parents[3] / "docs" / "sources"
    for name, profile in builtin_profiles().items():
        page = (docs / f"{name}.md").read_text(encoding="utf-8")
        read = [*chain(*profile.mapped.values(), *profile.combined.values()), *profile.session_key, *profile.private]
        read += [*profile.marks, *chain(*(step.fields for step in profile.steps))]
        for theirs in read:
            assert f"`{theirs}`" in page, (name, theirs)


def test_the_example_in_the_manual_is_a_profile(profile_of):
    page = (Path(__file__).parents[3] / "docs" / "sources" / "README.md").read_text(encoding="utf-8")
    profile = profile_of(page.split("```toml\n")[1].split("```")[0])
    assert profile.name == "my-city"


def test_the_fingerprint_is_the_name_and_eight_digits_and_forgets_the_title():
    assert NATIVE.fingerprint == replace(NATIVE, title="other").fingerprint
    name, digits = NATIVE.fingerprint.split("@")
    assert name == "native"
    assert len(digits) == 8
    assert int(digits, 16) >= 0


OVERRIDES = {
    "columns": {"station_id": "CP"},
    "timezone": "Europe/Paris",
    "time_format": "epoch_s",
    "delimiter": ";",
    "decimal": ",",
    "encoding": "cp1252",
    "energy_unit": "Wh",
    "failures_included": "no",
    "source": "other",
}


@pytest.mark.parametrize("key", OVERRIDES)
def test_an_override_changes_the_fingerprint_and_nothing_else_does(key):
    changed = with_overrides(NATIVE, **{key: OVERRIDES[key]})
    assert changed.fingerprint != NATIVE.fingerprint
    assert with_overrides(NATIVE).fingerprint == NATIVE.fingerprint
    assert with_overrides(NATIVE) == NATIVE
    assert with_overrides(changed, **{key: OVERRIDES[key]}) == changed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("columns", {"colour": "x"}),
        ("columns", {"station_id": ""}),
        ("timezone", "Mars/Base"),
        ("time_format", "dmy"),
        ("delimiter", "ab"),
        ("delimiter", '"'),
        ("decimal", "'"),
        ("encoding", "x"),
        ("energy_unit", "J"),
        ("failures_included", "YES"),
        ("source", "a\nb"),
    ],
)
def test_a_bad_override_is_refused(key, value):
    with pytest.raises(SourceError) as caught:
        with_overrides(NATIVE, **{key: value})
    assert caught.value.code == "bad_setting"


def test_a_profile_with_its_lengths_mapped_needs_no_end():
    assert (
        with_overrides(NATIVE, columns={"duration_minutes": "Dauer"}).missing_from(
            ("session_id", "station_id", "start_time", "Dauer", "energy_kwh")
        )
        == ()
    )
    both = with_overrides(NATIVE, columns={"duration_minutes": "Dauer", "end_time": "Ende"})
    assert both.columns["end_time"] == ("Ende",)
    assert both.missing_from(("session_id", "station_id", "start_time", "Dauer", "energy_kwh")) == (
        ("end_time", "Ende"),
    )


def test_a_mapped_session_id_replaces_the_session_key():
    changed = with_overrides(builtin_profiles()["cary"], columns={"session_id": "id"})
    assert changed.session_key == ()
    assert changed.columns["session_id"] == ("id",)


def test_a_setting_that_is_refused_names_no_profile_that_nobody_named():
    with pytest.raises(SourceError) as refusal:
        with_overrides(builtin_profiles()["native"], timezone="CEST")
    assert refusal.value.reason == "the settings given, [conventions]: timezone is 'CEST'."


def test_a_key_a_station_and_words_may_be_stated_for_one_load():
    changed = with_overrides(
        NATIVE,
        columns={"start_time": ["Day", "Clock"], "success": "Status"},
        session_key=["A", "B"],
        station_id="S",
        header_line=3,
        true_words=["OK"],
        false_words=["Failed"],
        null_words=["NA"],
        duration_format="hours",
    )
    assert (changed.session_key, changed.constants, changed.header_line) == (("A", "B"), {"station_id": "S"}, 3)
    assert changed.combined == {"start_time": ("Day", "Clock")}
    assert changed.columns.keys() == {"end_time", "energy_kwh", "success"}
    conventions = changed.conventions
    assert (conventions.true_words, conventions.false_words, conventions.null_words) == (("ok",), ("failed",), ("NA",))
    assert conventions.duration_format == "hours"


def test_the_name_of_a_sheet_is_one_setting_in_whatever_case():
    lower, upper = (with_overrides(NATIVE, sheet=sheet) for sheet in ("may", "MAY"))
    assert lower.fingerprint == upper.fingerprint


@pytest.mark.parametrize(
    "settings",
    [
        {"columns": {"session_id": "id"}, "session_key": ["A"]},
        {"columns": {"station_id": "CP"}, "station_id": "S"},
        {"true_words": ["x"], "false_words": ["X"]},
        {"header_line": 0},
        {"thousands": "."},
        {"decimal": ",", "thousands": ","},
        {"thousands": "'"},
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings):
    with pytest.raises(SourceError) as refusal:
        with_overrides(NATIVE, **settings)
    assert refusal.value.code == "bad_setting"


def test_a_profile_without_a_newer_setting_has_the_fingerprint_that_it_had_before_there_was_any():
    assert NATIVE.fingerprint == "native@fb5f454e"
    for setting in ({"header_line": 2}, {"thousands": ","}, {"sheet": "May"}):
        assert with_overrides(NATIVE, **setting).fingerprint != NATIVE.fingerprint
