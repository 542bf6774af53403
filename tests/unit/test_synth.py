from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binom

from evcharge import synth
from evcharge.errors import ConfigError, ReportError
from evcharge.synth import DEFECTS, write_sample

SHA256_OF_THE_DEFAULT_FILE = "d43c23eaf71d3ceb701346ae6f8fae0cf22f681d1d57abb63ec4e9ceea15fe97"
SHA256_OF_A_DIRTY_FILE = "4340a93f21adf34d0772a98dd01f1c770ff8e09fb395dcfc1df59940e3aeb1b9"

HEADER = (
    "session_id,station_id,start_time,end_time,energy_kwh,success,port_id,stop_reason,error_code"
    ",station_name,network,city,region,latitude,longitude,made_up_by"
)
ID, STATION, CLOCK = r"S\d{7}", r"ST-\d{3}", r"2025-\d\d-\d\dT\d\d:\d\d:\d\d"
TIME, ENERGY, OUTCOME = CLOCK + "-04:00", r"\d+\.\d{3}", "(true|false)"
NAME, TOWN, PLACE = r"[A-Z][a-z]+ [A-Za-z ]+\d*", "[A-Z][a-z]+,[A-Z][a-z]+", r"4\d\.\d{4},-7\d\.\d{4}"
REST = rf"{STATION}-[1-8],[A-Za-z]*,[A-Za-z0-9]*,{NAME},Exampla,{TOWN},{PLACE},evcharge sample"
CLEAN_ROW = re.compile(f"{ID},{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}")
NO_TIMES = "31/05/2025 10:00|now|2025-02-30T08:00:00-04:00"
PLANTED_ROWS = {
    "row_too_short": f"{ID},{STATION},{TIME},{TIME}",
    "row_too_long": f"{ID},{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST},ok",
    "malformed_row": f'"{ID}"x,{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}',
    "repeated_header": HEADER,
    "session_id_missing": f",{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "session_id_unusable": f"{ID}\x07,{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "station_id_missing": f"{ID},,{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "station_id_unusable": f"{ID},(?=[^,]{{300}},){STATION}X+,{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "start_time_missing": f"{ID},{STATION},,{TIME},{ENERGY},{OUTCOME},{REST}",
    "start_time_unreadable": f"{ID},{STATION},({NO_TIMES}),{TIME},{ENERGY},{OUTCOME},{REST}",
    "start_time_without_zone": f"{ID},{STATION},{CLOCK},{TIME},{ENERGY},{OUTCOME},{REST}",
    "start_time_out_of_range": f"{ID},{STATION},1970-01-01T00:00:00Z,,{ENERGY},{OUTCOME},{REST}",
    "start_time_in_the_future": f"{ID},{STATION},2099-01-01T08:00:00-04:00,,{ENERGY},{OUTCOME},{REST}",
    "end_time_unreadable": f"{ID},{STATION},{TIME},(31/05/2025 11:00|open|08:15),{ENERGY},{OUTCOME},{REST}",
    "end_time_without_zone": f"{ID},{STATION},{TIME},{CLOCK},{ENERGY},{OUTCOME},{REST}",
    "end_before_start": f"{ID},{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "energy_kwh_not_a_number": f'{ID},{STATION},{TIME},{TIME},(12kWh|1_000|nan|"7,5"),{OUTCOME},{REST}',
    "meter_ran_backwards": rf"{ID},{STATION},{TIME},{TIME},-1\.250,{OUTCOME},{REST}",
    "energy_kwh_out_of_range": f"{ID},{STATION},{TIME},{TIME},1000000,{OUTCOME},{REST}",
    "success_unreadable": f"{ID},{STATION},{TIME},{TIME},{ENERGY},maybe,{REST}",
    "padded_id": f"{ID}, {STATION}  ,{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "exact_repeat": f"{ID},{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "session_id_repeated": f"{ID},{STATION},{TIME},{TIME},{ENERGY},{OUTCOME},{REST}",
    "missing_end": f"{ID},{STATION},{TIME},,{ENERGY},{OUTCOME},{REST}",
    "missing_energy": f"{ID},{STATION},{TIME},{TIME},,{OUTCOME},{REST}",
    "missing_success": f"{ID},{STATION},{TIME},{TIME},{ENERGY},,{REST}",
}
KEPT = {"padded_id", "exact_repeat", "missing_end", "missing_energy", "missing_success"}
KEPT_WITHOUT_A_VALUE = {"meter_ran_backwards", "success_unreadable"}


@pytest.fixture(scope="module")
def clean_sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[str, Any]]:
    """20,000 clean rows, read, and the truth about them."""
    folder = tmp_path_factory.mktemp("clean")
    write_sample(folder / "a.csv", rows=20_000, truth=folder / "a.json")
    frame = pd.read_csv(folder / "a.csv")
    local = [time.removesuffix("-04:00") for time in frame["start_time"]]
    frame["start"] = pd.to_datetime(pd.Series(local))
    frame["end"] = pd.to_datetime(frame["end_time"].str.slice(0, 19))
    frame["minutes"] = (frame["end"] - frame["start"]).dt.total_seconds() / 60
    truth = json.loads((folder / "a.json").read_text())
    frame["power_kw"] = frame["station_id"].map({each["station_id"]: each["power_kw"] for each in truth["stations"]})
    return frame, truth


@pytest.fixture(scope="module")
def dirty_sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Any]]:
    """The lines of 20,000 dirty rows, with the header first, and the truth about them."""
    folder = tmp_path_factory.mktemp("dirty")
    write_sample(folder / "a.csv", rows=20_000, dirty=True, truth=folder / "a.json")
    return (folder / "a.csv").read_text().removesuffix("\n").split("\n"), json.loads((folder / "a.json").read_text())


def bytes_of(folder: Path, **options: Any) -> bytes:
    path = folder / "sample.csv"
    write_sample(path, **options)
    return path.read_bytes()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert bytes_of(tmp_path, seed=7) == bytes_of(tmp_path, seed=7)
    assert bytes_of(tmp_path, seed=7) != bytes_of(tmp_path, seed=8)


def test_the_default_file_has_the_same_bytes_on_every_version(tmp_path: Path) -> None:
    assert hashlib.sha256(bytes_of(tmp_path)).hexdigest() == SHA256_OF_THE_DEFAULT_FILE


def test_a_dirty_file_has_the_same_bytes_on_every_version(tmp_path: Path) -> None:
    assert hashlib.sha256(bytes_of(tmp_path, rows=5_000, dirty=True)).hexdigest() == SHA256_OF_A_DIRTY_FILE


def test_writing_the_truth_does_not_change_the_file(tmp_path: Path) -> None:
    assert bytes_of(tmp_path, rows=100) == bytes_of(tmp_path, rows=100, truth=tmp_path / "truth.json")


@pytest.mark.parametrize("dirty", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 7, 999, 1000, 2000])
def test_a_file_has_a_header_and_exactly_the_rows_asked_for(tmp_path: Path, rows: int, dirty: bool) -> None:
    lines = bytes_of(tmp_path, rows=rows, dirty=dirty).split(b"\n")
    assert lines[0].decode() == HEADER
    assert lines[-1] == b""
    assert len(lines) - 2 == rows


def test_blocks_do_not_show_in_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bytes_of(tmp_path, rows=2_000, dirty=True)
    monkeypatch.setattr(synth, "BLOCK_ROWS", 7)
    assert bytes_of(tmp_path, rows=2_000, dirty=True) == whole


@pytest.mark.parametrize(
    ("rows", "stations"), [(1, 10), (20_000, 10), (22_000, 11), (1_000_000, 500), (9_000_000, 500)]
)
def test_the_number_of_stations_follows_the_number_of_rows(rows: int, stations: int) -> None:
    assert synth._default_stations(rows) == stations


@pytest.mark.parametrize("stations", [1, 2, 3, 4, 5, 6, 60, 1001])
def test_a_fleet_has_one_broken_one_silent_and_one_repaired_station_if_it_is_large_enough(
    tmp_path: Path, stations: int
) -> None:
    write_sample(tmp_path / "a.csv", rows=10, stations=stations, truth=tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text())["stations"]
    assert len({each["station_id"] for each in told}) == len(told) == stations
    assert sum(each["broke_on"] is not None for each in told) == 1
    assert sum(each["silent_since"] is not None for each in told) == min(stations - 1, 1)
    assert sum(each["repaired_on"] is not None for each in told) == (stations >= 6)
    chronic = [each for each in told if each["true_success_ratio"] < 0.9 and not each["repaired_on"]]
    assert len(chronic) == min(max(stations - 2, 0), max(2, stations // 50))


@pytest.mark.parametrize("option", [{"rows": -1}, {"stations": 0}, {"seed": -1}])
def test_an_option_out_of_range_is_refused_by_name(tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(option))) as caught:
        write_sample(tmp_path / "a.csv", **option)
    assert caught.value.code == "sample_option_out_of_range"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="can't be written"):
        write_sample(tmp_path / "nowhere" / "a.csv", rows=1)


def test_a_clean_file_holds_only_clean_rows(tmp_path: Path) -> None:
    lines = bytes_of(tmp_path, rows=5_000).decode().split("\n")[1:-1]
    assert [line for line in lines if not CLEAN_ROW.fullmatch(line)] == []


def test_rows_are_sorted_by_start_and_ids_grow_with_time(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, _ = clean_sample
    assert frame["start"].is_monotonic_increasing
    assert frame["session_id"].is_monotonic_increasing
    assert frame["session_id"].is_unique


def test_every_session_starts_within_the_period(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, _ = clean_sample
    assert frame["start"].min() >= pd.Timestamp("2025-04-01")
    assert frame["start"].max() < pd.Timestamp("2025-07-01")


def test_energy_fits_power_and_time(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, _ = clean_sample
    assert (frame["minutes"] > 0).all()
    assert (frame["energy_kwh"] <= frame["power_kw"] * frame["minutes"] / 60).all()


def test_failures_are_short_and_deliver_little(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, _ = clean_sample
    failures = frame[~frame["success"]]
    assert failures["minutes"].max() <= 2
    assert failures["energy_kwh"].max() < 0.5
    assert 0.5 < (failures["energy_kwh"] == 0).mean() < 0.8


def test_successes_pass_every_definition_but_for_a_few_top_ups(
    clean_sample: tuple[pd.DataFrame, dict[str, Any]],
) -> None:
    frame, _ = clean_sample
    successes = frame[frame["success"]]
    top_ups = successes[successes["minutes"] <= 3]
    assert 0.003 < len(top_ups) / len(successes) < 0.007
    assert (successes["energy_kwh"] > 0.5).all()
    assert (successes["minutes"] > 2).all()
    assert (top_ups["energy_kwh"] <= 1.5).all()
    assert (successes.drop(top_ups.index)["energy_kwh"] > 1.5).all()


def test_weekdays_peak_in_the_morning_and_evening_and_weekends_at_noon(
    clean_sample: tuple[pd.DataFrame, dict[str, Any]],
) -> None:
    frame, _ = clean_sample
    is_weekend = frame["start"].dt.day_of_week >= 5
    hours = frame["start"].dt.hour
    weekday, weekend = (hours[mask].value_counts(normalize=True) for mask in (~is_weekend, is_weekend))
    assert weekday[8] > 1.3 * weekday[11]
    assert weekday[18] > 1.3 * weekday[14]
    assert weekend.idxmax() in (10, 11, 12, 13, 14)
    assert is_weekend.sum() / 26 < (~is_weekend).sum() / 65  # of the 91 days, 26 are at weekends


def test_stations_differ_in_kind_and_volume(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, truth = clean_sample
    assert {each["power_kw"] for each in truth["stations"]} == {7.4, 11.0, 22.0, 50.0, 150.0, 350.0}
    assert all((each["kind"] == "dc") == (each["power_kw"] >= 50) for each in truth["stations"])
    volumes = frame["station_id"].value_counts()
    assert volumes.max() > 2 * volumes.min()


def test_observed_rates_are_near_the_true_ones(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, truth = clean_sample
    for each in truth["stations"]:
        own = frame[frame["station_id"] == each["station_id"]]
        before = own["start"] < pd.Timestamp(each["broke_on"] or each["repaired_on"] or "2025-07-01")
        for part, ratio in ((own[before], each["true_success_ratio"]), (own[~before], each["ratio_after"])):
            n, successes = len(part), int(part["success"].sum())
            if n:
                assert binom.cdf(successes, n, ratio) > 0.001
                assert binom.sf(successes - 1, n, ratio) > 0.001


def test_the_silent_station_is_busy_until_its_day_and_silent_after(
    clean_sample: tuple[pd.DataFrame, dict[str, Any]],
) -> None:
    frame, truth = clean_sample
    (silent,) = [each for each in truth["stations"] if each["silent_since"]]
    day = pd.Timestamp(silent["silent_since"])
    starts = frame.loc[frame["station_id"] == silent["station_id"], "start"]
    assert timedelta(days=14) <= pd.Timestamp("2025-07-01") - day <= timedelta(days=21)
    assert starts.max() < day
    assert starts.max() > day - timedelta(days=1)


def test_the_truth_counts_a_clean_file(clean_sample: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    frame, truth = clean_sample
    assert truth["defects"] == []
    assert truth["expected"] == {
        "inserted": 20_000,
        "read": 20_000,
        "rejected": 0,
        "rejects_by_rule": {},
        "unchanged": 0,
        "updated": 0,
    }
    successes = frame[frame["success"]]["station_id"].value_counts()
    assert {each["station_id"]: each["successes"] for each in truth["stations"]} == successes.to_dict()


def test_the_default_file_tells_the_bad_stations_from_the_others(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", truth=tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text())["stations"]
    below = {s["station_id"] for s in told if binom.sf(s["failures"] - 1, s["attempts"], 0.05) < 0.001}
    bad = {s["station_id"] for s in told if s["true_success_ratio"] < 0.9 or s["broke_on"]}
    assert below == bad - {s["station_id"] for s in told if s["repaired_on"]}
    assert len(below) == 3
    assert all(30 <= s["attempts"] <= 200 for s in told)


def test_the_codes_of_the_defects_are_these() -> None:
    assert {defect.code for defect in DEFECTS} == set(PLANTED_ROWS)
    assert {defect.code for defect in DEFECTS if not defect.refused} == KEPT | KEPT_WITHOUT_A_VALUE
    assert all(0.0005 <= defect.share <= 0.002 for defect in DEFECTS)


@pytest.mark.parametrize("rows", [1_000, 2_000, 20_000])
def test_each_defect_is_planted_in_its_documented_share(tmp_path: Path, rows: int) -> None:
    write_sample(tmp_path / "a.csv", rows=rows, dirty=True, truth=tmp_path / "a.json")
    planted = Counter(each["code"] for each in json.loads((tmp_path / "a.json").read_text())["defects"])
    assert planted == {defect.code: max(1, int(defect.share * rows)) for defect in DEFECTS}


def test_each_planted_line_has_its_defect_and_no_other_line_has_any(
    dirty_sample: tuple[list[str], dict[str, Any]],
) -> None:
    lines, truth = dirty_sample
    codes = {each["line"]: each["code"] for each in truth["defects"]}
    assert len(codes) == len(truth["defects"])
    for number, line in enumerate(lines[1:], start=2):
        pattern = PLANTED_ROWS[codes[number]] if number in codes else CLEAN_ROW.pattern
        assert re.fullmatch(pattern, line), (number, codes.get(number), line)
        if CLEAN_ROW.fullmatch(line) and codes.get(number) != "start_time_unreadable":
            start, end = line.split(",")[2:4]  # all at one offset, so text sorts as time does
            assert (end < start) == (codes.get(number) == "end_before_start")


def test_a_repeat_follows_a_clean_row_that_is_repeated_once(dirty_sample: tuple[list[str], dict[str, Any]]) -> None:
    lines, truth = dirty_sample
    planted = {each["line"] for each in truth["defects"]}
    first = {line.split(",")[0]: n for n, line in enumerate(lines, start=1) if n not in planted}
    repeats = [each for each in truth["defects"] if each["code"] in ("exact_repeat", "session_id_repeated")]
    assert len({each["session_id"] for each in repeats}) == len(repeats) == 60
    for each in repeats:
        earlier, repeat = lines[first[each["session_id"]] - 1], lines[each["line"] - 1]
        assert first[each["session_id"]] < each["line"]
        assert (earlier == repeat) == (each["code"] == "exact_repeat")
        assert earlier.split(",")[:4] + earlier.split(",")[5:] == repeat.split(",")[:4] + repeat.split(",")[5:]


def test_the_truth_counts_what_a_right_load_of_a_dirty_file_finds(
    dirty_sample: tuple[list[str], dict[str, Any]],
) -> None:
    lines, truth = dirty_sample
    refused = {each["line"]: each["code"] for each in truth["defects"] if each["refused"]}
    found: dict[tuple[str, str], list[str]] = {}
    counts = Counter(read=0, inserted=0, updated=0, unchanged=0, rejected=len(refused))
    for number, line in enumerate(lines[1:], start=2):
        counts["read"] += 1
        if number in refused:
            continue
        session, station, *rest = (field.strip() for field in line.split(","))
        kept = found.get((station, session))
        assert kept in (None, rest)
        counts["inserted" if kept is None else "unchanged"] += 1
        found[station, session] = rest
    assert truth["expected"] == {**counts, "rejects_by_rule": Counter(refused.values())}
    outcomes = Counter((station, rest[3]) for (station, _), rest in found.items())
    for each in truth["stations"]:
        station = each["station_id"]
        assert (each["successes"], each["failures"]) == (outcomes[station, "true"], outcomes[station, "false"])
        assert each["unknown"] == outcomes[station, ""] + outcomes[station, "maybe"]
        assert each["attempts"] == each["successes"] + each["failures"]
    assert sum(each["unknown"] for each in truth["stations"]) == 60


def test_would_have_been_is_what_the_planted_row_still_tells(dirty_sample: tuple[list[str], dict[str, Any]]) -> None:
    lines, truth = dirty_sample
    silent = {"row_too_short", "row_too_long", "malformed_row", "repeated_header", "missing_success"}
    for each in truth["defects"]:
        if each["code"] == "row_too_short":
            energy_kwh = outcome = ""
        else:
            energy_kwh, outcome = lines[each["line"] - 1].split(",")[-12:-10]
        if each["code"] in silent:
            assert each["would_have_been"] == "unknown"
        elif each["code"] == "success_unreadable":
            assert each["would_have_been"] == ("failure" if energy_kwh == "0.000" else "unknown")
        else:
            assert each["would_have_been"] == {"true": "success", "false": "failure"}[outcome]


def test_a_repeated_header_is_about_no_session(dirty_sample: tuple[list[str], dict[str, Any]]) -> None:
    _, truth = dirty_sample
    assert {each["session_id"] for each in truth["defects"] if each["code"] == "repeated_header"} == {None}
    assert None not in {each["session_id"] for each in truth["defects"] if each["code"] != "repeated_header"}
