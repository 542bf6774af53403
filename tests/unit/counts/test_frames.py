"""A frame of counts is read by the names of its columns; a value that can't be true is refused with its place."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from evcharge.counts.files import read_counts
from evcharge.counts.frames import COUNTS, DETAIL, FAILURES, KINDS, STATIONS, checked
from evcharge.errors import SourceError
from evcharge.metrics.letters import ORDER, named_letters

ROW = {
    "source": "city",
    "station_id": "7",
    "day": 20250401,
    "outcomes": "SSSSSUUU",
    "letters": named_letters(ORDER),
    "sessions": 3,
    "with_energy": 2,
    "energy_microkwh": 7_500_001,
    "first_hour": 2025040107,
    "last_hour": 2025040122,
    "no_transaction": 0,
    "with_port": 3,
    "with_reason": 1,
    "failures_included": "yes",
}
FAILED = {"outcomes": "FFFFFUUU", "sessions": 1, "with_energy": 1, "with_port": 1}
FAILURE = {name: ROW[name] for name in ("source", "station_id", "day", "letters")} | {
    "outcomes": "FFFFFUUU",
    "sessions": 1,
    "stop_reason": None,
    "error_code": "GroundFailure",
}
PORT = {name: ROW[name] for name in ("source", "station_id", "day", "letters", "outcomes", "sessions")} | {
    "port_id": None,
    "hour": 7,
}


def counts(*overrides):
    return pd.DataFrame([{**ROW, **over} for over in overrides or ({},)])


def frames(**others):
    return {COUNTS: counts({}, FAILED), **{name: pd.DataFrame(rows) for name, rows in others.items()}}


def refusal(given):
    with pytest.raises(SourceError) as refused:
        checked(given if isinstance(given, dict) else {COUNTS: given})
    assert refused.value.hint
    return f"{refused.value.code}: {refused.value.reason}"


def test_columns_are_known_by_name_whatever_their_case_and_order():
    frame = counts()
    shuffled = frame[frame.columns[::-1]].rename(columns=str.upper).assign(more="left")
    assert checked({COUNTS: shuffled}).rows[COUNTS].equals(checked({COUNTS: frame}).rows[COUNTS])


@pytest.mark.parametrize("value", [np.uint64(3), 3.0, "3", "3.0", Decimal("3.00"), np.int32(3)])
def test_a_whole_number_may_come_as_any_engine_gives_it(value):
    rows = checked({COUNTS: counts({"sessions": value})}).rows[COUNTS]
    assert rows["sessions"].tolist() == [3]
    assert rows["sessions"].dtype == "int64"


def test_a_number_beyond_those_that_floats_hold_stays_exact():
    for value in (2**62 + 1, str(2**62 + 1), Decimal(2**62 + 1)):
        rows = checked({COUNTS: counts({"energy_microkwh": value})}).rows[COUNTS]
        assert rows["energy_microkwh"].tolist() == [2**62 + 1]


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"sessions": -1}, "counts_bad_value: counts: row 1: sessions is '-1'; it must be a whole number from 0 up."),
        ({"sessions": 2.5}, "counts_bad_value: counts: row 1: sessions is '2.5'; it must be a whole number from 0 up."),
        ({"sessions": "many"}, "counts_bad_value: counts: row 1: sessions is 'many'"),
        ({"energy_microkwh": None}, "counts_bad_value: counts: row 1: energy_microkwh is nothing"),
        ({"energy_microkwh": 2**63}, "counts_bad_value: counts: row 1: energy_microkwh is '9223372036854775808'"),
        ({"day": 20250231}, "counts_bad_value: counts: row 1: day is '20250231'; it must be a day, written yyyymmdd."),
        ({"day": 2025040107}, "counts_bad_value: counts: row 1: day is '2025040107'"),
        ({"first_hour": 2025040124}, "counts_bad_value: counts: row 1: first_hour is '2025040124'; it must be an hour"),
        ({"station_id": ""}, "counts_bad_value: counts: row 1: station_id is nothing; it must be a text."),
        ({"failures_included": "removed"}, "counts_bad_value: counts: row 1: failures_included is 'removed'"),
        ({"sessions": 0, "with_energy": 0, "with_port": 0, "with_reason": 0}, "counts_contradict: counts: row 1: sess"),
        ({"with_port": 4}, "counts_contradict: counts: row 1: with_port is more than sessions."),
        ({"with_energy": 0}, "counts_contradict: counts: row 1: energy_microkwh is not 0, but with_energy is."),
        ({"last_hour": 2025040200}, "counts_contradict: counts: row 1: first_hour and last_hour are not hours of the"),
        ({"outcomes": "SSSSSUU"}, "counts_bad_outcomes: counts: the outcomes 'SSSSSUU' have 7 letters, and letters na"),
        ({"outcomes": "SSSSSUUX"}, "counts_bad_outcomes: counts: the outcomes 'SSSSSUUX' have the letter 'X'."),
        ({"letters": "afirev"}, "counts_bad_letters: counts: letters has 'afirev', which is no id with a version."),
        ({"letters": "afirev@1 afirev@1"}, "counts_bad_letters: counts: letters has 'afirev@1' twice."),
    ],
)
def test_a_value_that_can_not_be_true_is_refused_with_its_place(over, told):
    assert refusal(counts(over)).startswith(told)


def test_a_missing_column_a_second_one_and_a_second_row_of_a_key_are_refused():
    assert refusal(counts().drop(columns=["day", "sessions"])) == (
        "counts_column_missing: counts has no column day, sessions."
    )
    assert refusal(counts().assign(DAY=1)) == "counts_column_twice: counts has a column twice."
    twice = refusal(counts({}, FAILED, {"sessions": 5}))
    assert twice.startswith(
        "counts_key_twice: counts: row 3 has the same key as one before it: source city, station_id"
    )


def test_rows_with_different_letters_are_refused():
    other = {**FAILED, "letters": " ".join(reversed(named_letters(ORDER).split()))}
    assert refusal(counts({}, other)).startswith(
        "counts_bad_letters: counts: its rows do not all have the same letters"
    )


def test_counts_are_needed_and_no_other_frame_is_known():
    assert refusal({STATIONS: pd.DataFrame({"source": ["a"], "station_id": ["b"]})}).startswith("counts_missing")
    assert refusal(counts().head(0)).startswith("counts_missing")
    assert refusal({COUNTS: counts(), "ports": counts()}).startswith("counts_unknown_frame: there is no frame 'ports'")


def test_failures_and_detail_must_be_of_the_sessions_that_were_counted():
    assert checked(frames(failures=[FAILURE], detail=[PORT])).rows.keys() == {COUNTS, FAILURES, DETAIL}
    for others, wrong in (
        ({"failures": [{**FAILURE, "sessions": 2}]}, "outcomes FFFFFUUU"),
        ({"failures": [{**FAILURE, "day": 20250402}]}, "day 20250402"),
        ({"failures": [FAILURE, {**FAILURE, "station_id": "8"}]}, "station_id 8"),
        ({"detail": [{**PORT, "sessions": 2}]}, "outcomes SSSSSUUU"),
    ):
        told = refusal(frames(**others))
        assert told.startswith("counts_not_alike")
        assert wrong in told


def test_a_failure_that_the_failures_lack_is_missed():
    some = frames(failures=[FAILURE])
    some[COUNTS] = counts({}, FAILED, {**FAILED, "outcomes": "SFFFFUUU"})
    assert refusal(some).startswith("counts_not_alike: failures and counts are not of the same sessions: source city")


def test_an_hour_of_detail_lies_in_a_day():
    assert refusal(frames(detail=[{**PORT, "hour": 24}])).startswith("counts_bad_value: detail: row 1: hour is '24'")


def test_a_frame_without_a_row_says_that_there_is_none():
    empty = pd.DataFrame(columns=[*KINDS[DETAIL].columns])
    given = checked({**frames(), DETAIL: empty})
    assert given.rows[DETAIL].empty
    assert given.places[DETAIL] == given.places[COUNTS]


def test_failures_without_a_row_contradict_counts_with_failures():
    empty = pd.DataFrame(columns=[*KINDS[FAILURES].columns])
    assert refusal({**frames(), FAILURES: empty}).startswith("counts_not_alike")
    assert checked({COUNTS: counts(), FAILURES: empty}).rows[FAILURES].empty


def test_each_letter_is_by_the_definition_that_stands_in_its_place():
    places = checked({COUNTS: counts()}).places[COUNTS]
    assert places == {(one.id, one.version): place for place, one in enumerate(ORDER, start=1)}


# Files


def test_files_are_read_by_the_names_of_their_frames(tmp_path):
    for name, frame in frames(failures=[FAILURE], detail=[PORT]).items():
        frame.to_csv(tmp_path / f"{name}.CSV", index=False)
    (tmp_path / "readme.txt").write_text("left")
    stations = pd.DataFrame({"Station_ID": ["7"], "SOURCE": ["city"], "name": ["NA"], "operator": [None], "ports": [2]})
    stations.to_parquet(tmp_path / "Stations.parquet")
    read = read_counts(tmp_path)
    assert read.rows.keys() == {COUNTS, FAILURES, DETAIL, STATIONS}
    assert read.rows[STATIONS].to_dict("records") == [
        {"source": "city", "station_id": "7", "name": "NA", "operator": None, "ports": 2}
    ]
    assert read.rows[FAILURES]["stop_reason"].tolist() == [None]
    assert [name for name, _ in read.files] == ["Stations.parquet", "counts.CSV", "detail.CSV", "failures.CSV"]
    assert read_counts(tmp_path / "counts.CSV").rows.keys() == {COUNTS}


def test_what_is_no_file_of_counts_is_refused(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    (tmp_path / "counts.json").write_text("{}")
    (tmp_path / "counts.parquet").write_text("no Parquet")
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "nothing.csv").write_text("")
    for path, code in (
        (tmp_path / "none", "counts_missing"),
        (folder, "counts_missing"),
        (tmp_path / "counts.json", "counts_missing"),
        (tmp_path / "counts.parquet", "counts_unreadable"),
        (tmp_path / "latin.csv", "counts_unreadable"),
        (tmp_path / "nothing.csv", "counts_unreadable"),
    ):
        with pytest.raises(SourceError) as refused:
            read_counts(path)
        assert refused.value.code == code, path
        assert str(path) in refused.value.reason


def test_a_frame_that_stands_in_a_folder_twice_is_refused(tmp_path):
    counts().to_csv(tmp_path / "counts.csv", index=False)
    counts().to_parquet(tmp_path / "counts.parquet")
    with pytest.raises(SourceError, match="are both counts"):
        read_counts(tmp_path)
