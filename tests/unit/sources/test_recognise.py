"""Recognition: the one profile that fits, or a refusal that says what to do."""

from __future__ import annotations

import gzip
import shlex
import zipfile
from dataclasses import replace

import pytest

from evcharge.cli.reading import names
from evcharge.errors import SourceError
from evcharge.sources import (
    acn,
    builtin_profiles,
    open_file,
    pick_profile,
    read,
    read_profile,
    recognise,
    unknown_columns,
    with_overrides,
)

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
NATIVE = builtin_profiles()["native"]
ACN = (
    '{"_items": [{"sessionID": "s", "stationID": "A", "connectionTime": "Wed, 31 Jan 2024 08:00:00 GMT", '
    '"disconnectTime": null, "kWhDelivered": 1}]}'
)


@pytest.fixture
def pick(tmp_path):
    def pick_it(data, candidates=None):
        path = tmp_path / "input"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with open_file(path) as file:
            return pick_profile(file, builtin_profiles().values() if candidates is None else candidates)

    return pick_it


@pytest.fixture
def refused(pick):
    def refuse(data, candidates=None) -> SourceError:
        with pytest.raises(SourceError) as caught:
            pick(data, candidates)
        assert caught.value.hint
        return caught.value

    return refuse


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"\n\r\n  \n", b"\xff\xfe", gzip.compress(b"", mtime=0), b"\n" * 300_000]
)
def test_a_file_with_nothing_on_it_is_empty(refused, data):
    assert refused(data).code == "empty_file"


def zipped(tmp_path) -> bytes:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("a.csv", HEADER)
    return (tmp_path / "z").read_bytes()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        (b"SQLite format 3\0" + b"\0" * 100, "SQLite"),
        (b"PK\x03\x04\x14\0", "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"  \n<html>", "HTML"),
        (b"\x7fELF\x02\x01\x01\0\0\xff", "binary"),
        (b"\0" * 5000, "binary"),
        (gzip.compress(gzip.compress(HEADER.encode(), mtime=0), mtime=0), "gzip"),
    ],
)
def test_what_is_no_table_is_named(refused, data, what):
    error = refused(data)
    assert error.code == "not_a_table"
    assert what in error.reason


def test_a_zip_archive_is_no_table(refused, tmp_path):
    assert refused(zipped(tmp_path)).code == "not_a_table"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('[{"start":1}]', "json_array"),
        ('{\n  "start": 1\n}', "not_json_lines"),
        ("{'start': 1}", "not_json_lines"),
        ('{"data":[],"status_code":1000}', "empty_page"),
        ('"text"\n', "no_profile_fits"),
        ("s1,A,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,7.5\n", "no_profile_fits"),
        ("kwh\n1\n", "no_profile_fits"),
    ],
)
def test_what_fits_nothing_is_refused(refused, data, code):
    assert refused(data).code == code


def test_the_refusal_names_columns_near_names_and_what_to_run(refused):
    error = refused("session_id,stationnr,start_time,end_time,energy_kwh,fee\n")
    assert error.code == "no_profile_fits"
    assert "session_id, stationnr, start_time" in error.reason
    assert "Nearest is native" in error.reason
    assert "station_id (for station_id; near: stationnr" in error.reason
    assert error.hint.endswith("evcharge check input")


def test_no_profile_is_called_the_nearest_that_lacks_more_than_half(refused):
    assert "Nearest" not in refused("sessionNo,stationNo,startAt,endTime,energyKwh\n").reason


def test_the_options_name_each_column_by_what_it_means_and_once(refused):
    hint = refused("Status,Charge Point,Start,kWh,Stop,Transaction\n", [NATIVE]).hint
    assert hint == (
        "Say which column it is: --map session_id=Transaction --map station_id='Charge Point' --map start_time=Start "
        "--map end_time=Stop --map energy_kwh=kWh."
    )


def test_what_tells_sessions_apart_may_be_the_start_and_the_station_as_well(refused):
    profile = with_overrides(NATIVE, session_key=["Startzeit", "Ladepunkt"])
    hint = refused("Startzeit,Endzeit,Ladepunkt,Anfangszählerstand (kWh),Energie (kWh)\n", [profile]).hint
    assert hint == (
        "Say which column it is: --map station_id=Ladepunkt --map start_time=Startzeit --map end_time=Endzeit "
        "--map energy_kwh='Energie (kWh)'."
    )


@pytest.mark.parametrize(
    ("header", "key", "option"),
    [
        ("session_id,station_id,start_time,end_time,energy_kwh\n", ["nope"], "session_id"),
        ('"Begun, at",station_id,start_time,end_time,energy_kwh\n', ["station_id", "Begun at"], "station_id,Begun, at"),
        ("station_id,start_time,end_time,energy_kwh\n", ["start_time", "zzz"], "start_time,THEIR_COLUMN"),
    ],
)
def test_a_session_key_that_is_not_there_is_told_as_a_session_key(refused, pick, header, key, option):
    hint = refused(header, [with_overrides(NATIVE, session_key=key)]).hint
    (typed,) = shlex.split(hint.partition("--session-key ")[2].removesuffix("."))
    assert typed.replace('"', "") == option
    assert "--map" not in hint
    if "THEIR" not in typed:
        assert pick(header, [with_overrides(NATIVE, session_key=names(typed))]).name == "native"


def test_a_header_that_may_be_further_down_is_told_with_its_line(refused):
    assert "may be further down: line 4." in refused("Sessions of May\nby,me\n\nStation,Begin,Finish,kWh\n").reason


@pytest.mark.parametrize(
    ("lengths", "option"),
    [
        ("duration", "duration_minutes=duration"),
        ("duration,ended_time", "end_time=ended_time"),
        ("fee", "end_time=THEIR_COLUMN"),
    ],
)
def test_a_column_of_lengths_is_named_where_nothing_is_like_an_end(refused, lengths, option):
    hint = refused(f"session_id,station_id,begin,{lengths},energy_kwh\n", [NATIVE]).hint
    assert f"--map {option}." in hint


@pytest.mark.parametrize(("mark", "option"), [(";", "--delimiter ';'"), ("\t", "--delimiter tab")])
def test_the_refusal_names_the_delimiter_it_sees(refused, mark, option):
    assert option in refused(HEADER.replace(",", mark), [NATIVE]).hint


@pytest.mark.parametrize("option", [";", "tab"])
def test_the_delimiter_asked_for_is_used(pick, option):
    data = HEADER.replace(",", {"tab": "\t"}.get(option, option))
    assert pick(data, [with_overrides(NATIVE, delimiter=option)]).name == "native"


def test_one_candidate_is_told_what_it_misses(refused):
    error = refused("session_id,station,start_time,end_time\n", [NATIVE])
    assert error.code == "missing_columns"
    assert "energy_kwh (for energy_kwh)" in error.reason
    assert "--map station_id=station --map energy_kwh=THEIR_COLUMN" in error.hint


def test_one_candidate_of_another_format_is_refused(refused):
    assert refused('{"start":1}', [NATIVE]).code == "wrong_format"
    assert refused(HEADER, [builtin_profiles()["qualicharge"]]).code == "wrong_format"


def test_two_that_fit_are_refused_by_name(refused):
    error = refused(HEADER, [NATIVE, replace(NATIVE, name="twin")])
    assert error.code == "several_profiles_fit"
    assert "native, twin" in error.reason
    assert "--profile native" in error.hint


def test_a_mapped_column_makes_a_file_fit(read_bytes):
    profile = with_overrides(NATIVE, columns={"station_id": "CP", "station_name": "Site"})
    frame = read_bytes("session_id,CP,start_time,end_time,energy_kwh,Site\ns,A,t,t,1,Here\n", profile)
    assert (frame.station_id[0], frame.station_name[0]) == ("A", "Here")


def test_a_mapped_column_must_be_there(refused):
    assert refused(HEADER, [with_overrides(NATIVE, columns={"station_name": "Site"})]).code == "missing_columns"


def test_long_and_strange_names_stay_on_one_line(refused):
    error = refused('"a\nb\x1b[2J' + "x" * 500 + '",c\n')
    assert "\n" not in error.reason
    assert "\x1b" not in error.reason
    assert len(error.reason) < 600


def test_unknown_columns_are_those_nothing_is_mapped_to(tmp_path):
    (tmp_path / "f").write_text("new," + HEADER.strip() + ",operator,,Fee (€)\n")
    with open_file(tmp_path / "f") as file:
        assert unknown_columns(file, NATIVE) == ("new", "Fee (€)")


def test_reading_with_a_profile_that_does_not_fit_is_refused_at_once(tmp_path):
    (tmp_path / "f").write_text("a,b\n")
    with open_file(tmp_path / "f") as file, pytest.raises(SourceError, match="does not fit"):
        read(file, NATIVE)


@pytest.mark.parametrize(
    ("text", "name", "looker"),
    [
        (HEADER + "s,A,2024-01-31T08:00:00Z,,\n", "native", (recognise, "_names")),
        (ACN, "acn-data", (acn, "recognises")),
    ],
)
def test_a_file_is_recognised_once_however_often_it_is_read(monkeypatch, tmp_path, text, name, looker):
    (tmp_path / "f").write_text(text)
    module, function = looker
    looks, whole = [], getattr(module, function)
    monkeypatch.setattr(module, function, lambda *given: looks.append(given) or whole(*given))
    with open_file(tmp_path / "f") as file:
        profile = pick_profile(file, [builtin_profiles()[name]])
        settled = replace(profile, conventions=replace(profile.conventions, time_format="epoch_s"))
        assert [len(raw.frame) for like in (profile, settled) for raw in read(file, like)] == [1, 1]
        assert unknown_columns(file, profile) == ()
    assert len(looks) == 1


def test_a_file_that_was_recognised_is_still_refused_for_a_profile_that_it_does_not_fit(tmp_path):
    (tmp_path / "f").write_text(HEADER)
    with open_file(tmp_path / "f") as file:
        profile = pick_profile(file, builtin_profiles().values())
        other = with_overrides(profile, columns={"station_name": "Site"})
        with pytest.raises(SourceError, match="does not fit"):
            read(file, other)
        with pytest.raises(SourceError, match="does not look like"):
            read(file, builtin_profiles()["acn-data"])
    with open_file(tmp_path / "f") as again, pytest.raises(SourceError, match="does not fit"):
        read(again, other)


@pytest.mark.parametrize("change", [("reason", "raeson"), ("session", "sesion")])
def test_a_field_that_a_structured_format_does_not_have_is_refused_with_those_it_has(tmp_path, change):
    good, bad = change
    lines = ['name = "mine"', 'source = "mine"', 'format = "ocpp"', 'failures_included = "yes"', "[columns]"]
    fields = {"session_id": "session", "station_id": "station", "start_time": "start", "stop_reason": "stop_reason"}
    lines += [f'{ours} = "{theirs.replace(good, bad)}"' for ours, theirs in fields.items()]
    (tmp_path / "mine.toml").write_text("\n".join(lines))
    frame = '[2,"1","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}]'
    line = f"[INFO ] 2024-02-26 09:10:45,446 a.b.WebSocketLogger (t) - [chargeBoxId=X, sessionId=1] Received: {frame}"
    (tmp_path / "a.log").write_text(line + "\n")
    with open_file(tmp_path / "a.log") as file, pytest.raises(SourceError) as refusal:
        pick_profile(file, [read_profile(tmp_path / "mine.toml")])
    assert refusal.value.code == "unknown_field"
    assert "stop_reason" in str(refusal.value.hint)
