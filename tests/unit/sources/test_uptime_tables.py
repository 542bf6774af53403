"""Uptime as EV-ChART's module 3 reports it: what is kept, what is refused by which rule, and what is warned of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evcharge.errors import SourceError
from evcharge.evidence import CleanEvidence
from evcharge.reported import ABOVE_100, EXCLUDED_MORE, NOT_FROM_MINUTES, OUTAGE_LONGER
from evcharge.sources import builtin_profiles, open_file, pick_profile, with_overrides
from tests.support.evidence import clock, evidence_of, written
from tests.support.workbooks import date, number, workbook

FIELDS = (
    "station_id,port_id,network_provider,uptime_reporting_start,uptime_reporting_end,uptime,total_outage,"
    "total_outage_excl"
)
ROW = "U1,P1,net,2024-01-01T00:00:00Z,2024-02-01T00:00:00Z,99.19,720.00,360.00"
KEPT = ("U1", "P1", "01T00:00", "01T00:00", 99.19, 720.0, 360.0, "net")
TYPES = 'String(36),String(36),String(36),Datetime,Datetime,"Decimal (5,2)","Decimal (8,2)","Decimal (8,2)"'
NEEDS = ",".join(["Required"] * 8)
PROFILE = builtin_profiles()["evchart-uptime"]

FILES: dict[str, str] = {
    "plain": f"{FIELDS}\n{ROW}\n",
    "a byte order mark": f"\ufeff{FIELDS}\n{ROW}\n",
    "capitals in the header": f"{FIELDS.upper()}\n{ROW}\n",
    "blanks in the header and around cells": f"{FIELDS.replace(',', ' , ')}\n{ROW.replace(',', ' , ')}\n",
    "quotes, and lines that end as on Windows": f'{FIELDS}\r\n"{ROW.replace(",", chr(34) + "," + chr(34))}"\r\n',
    "semicolons": f"{FIELDS}\n{ROW}\n".replace(",", ";"),
    "columns in another order": "total_outage_excl,total_outage,uptime,uptime_reporting_end,uptime_reporting_start,"
    f"network_provider,port_id,station_id\n{','.join(reversed(ROW.split(',')))}\n",
    "the template's own lines": f"{FIELDS}\n{TYPES}\n{NEEDS}\n{ROW}\n",
    "a row of blanks": f"{FIELDS}\n,,,,,,,\n{ROW}\n , ,,,,,,\n",
    "blank lines": f"{FIELDS}\n\n{ROW}\n\n",
    "a sign of per cent": f"{FIELDS}\n{ROW.replace('99.19', '99.19 %')}\n",
    "zeros in front": f"{FIELDS}\n{ROW.replace('720.00', '000720')}\n",
    "another offset": f"{FIELDS}\n{ROW.replace('01-01T00:00:00Z', '01-01T01:00:00+01:00')}\n",
}


def the_row(parts: list[CleanEvidence]) -> tuple[object, ...]:
    """The only row that is kept."""
    (row,) = (row for part in parts for row in part.rows.to_dict("records"))
    times = [clock(row[name]) for name in ("from_ms", "until_ms")]
    figures = [row[name] for name in ("uptime_percent", "outage_minutes", "excluded_minutes")]
    return (row["station_id"], row["port_id"], *times, *figures, row["reported_by"])


@pytest.mark.parametrize("name", FILES)
def test_however_it_is_written_the_same_is_read(tmp_path: Path, name: str) -> None:
    assert the_row(evidence_of(written(tmp_path / "m3.csv", FILES[name]), PROFILE)) == KEPT


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    cells = [*ROW.split(",")[:5], *map(number, ROW.split(",")[5:])]
    path = written(tmp_path / "m3.xlsx", workbook([FIELDS.split(","), cells]))
    assert the_row(evidence_of(path, PROFILE)) == KEPT


def test_dates_of_a_workbook_are_times_of_the_stated_zone(tmp_path: Path) -> None:
    cells = [*ROW.split(",")[:3], date(2024, 1, 1), date(2024, 2, 1), *map(number, ROW.split(",")[5:])]
    path = written(tmp_path / "m3.xlsx", workbook([FIELDS.split(","), cells]))
    assert the_row(evidence_of(path, with_overrides(PROFILE, timezone="UTC", decimal=","))) == KEPT


def test_decimal_commas_are_read_where_they_are_stated(tmp_path: Path) -> None:
    content = f"{FIELDS}\n{ROW}\n".replace(",", ";").replace(".", ",")
    path = written(tmp_path / "m3.csv", content)
    assert the_row(evidence_of(path, with_overrides(PROFILE, decimal=","))) == KEPT
    (part,) = evidence_of(path, PROFILE)
    assert set(part.refused["rule"]) == {f"{name}_unreadable" for name in FIGURE_NAMES}


def test_without_the_networks_name_nobody_reports(tmp_path: Path) -> None:
    path = written(tmp_path / "m3.csv", f"{FIELDS.replace('network_provider,', '')}\n{ROW.replace('net,', '')}\n")
    assert the_row(evidence_of(path, PROFILE)) == (*KEPT[:-1], None)


FIGURE_NAMES = ("uptime_percent", "outage_minutes", "excluded_minutes")
REFUSED: dict[str, tuple[str, dict[str, int]]] = {
    "no station": (ROW.replace("U1", ""), {"station_id_missing": 1}),
    "a station of blanks": (ROW.replace("U1", "   "), {"station_id_missing": 1}),
    "no port": (ROW.replace("P1", ""), {"port_id_missing": 1}),
    "a port that a spreadsheet rounded": (ROW.replace("P1", "1.23457E+17"), {"port_id_rounded": 1}),
    "no start": (ROW.replace("2024-01-01T00:00:00Z", ""), {"from_time_missing": 1}),
    "no end": (ROW.replace("2024-02-01T00:00:00Z", ""), {"until_time_missing": 1}),
    "a start without a zone": (ROW.replace("01-01T00:00:00Z", "01-01T00:00:00"), {"from_time_without_zone": 1}),
    "an end that is no time": (ROW.replace("2024-02-01T00:00:00Z", "Q1 2024"), {"until_time_unreadable": 1}),
    "an end before the start": (ROW.replace("2024-02-01", "2023-02-01"), {"until_before_from": 1}),
    "a period that is yet to come": (
        ROW.replace("2024-01", "2054-01").replace("2024-02", "2054-02"),
        {"from_time_in_the_future": 1},
    ),
    "truth for figures": (
        ROW.replace("99.19,720.00,360.00", "TRUE,TRUE,TRUE"),
        {f"{name}_unreadable": 1 for name in FIGURE_NAMES},
    ),
    "an uptime below 0": (ROW.replace("99.19", "-1"), {"uptime_percent_out_of_range": 1}),
    "an uptime of 1000 %": (ROW.replace("99.19", "1000"), {"uptime_percent_out_of_range": 1}),
    "an outage below 0": (ROW.replace("720.00", "-1.03"), {"outage_minutes_out_of_range": 1}),
    "an outage of eight digits": (ROW.replace("720.00", "11121311.03"), {"outage_minutes_out_of_range": 1}),
    "an exclusion below 0": (ROW.replace("360.00", "-0.01"), {"excluded_minutes_out_of_range": 1}),
    "no figure": (ROW.replace("99.19,720.00,360.00", ",,"), {"figures_missing": 1}),
    "too short": ("U1,P1,net", {"row_too_short": 1}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_cant_be_is_refused_by_name_with_its_text(tmp_path: Path, name: str) -> None:
    row, rules = REFUSED[name]
    parts = evidence_of(written(tmp_path / "m3.csv", f"{FIELDS}\n{row}\n"), PROFILE)
    assert [len(part.rows) for part in parts] == [0]
    assert Counter(rule for part in parts for rule in part.refused["rule"]) == rules
    assert set(parts[0].refused["raw"]) == {row}


CONTRADICTING: dict[str, tuple[str, set[str]]] = {
    "it follows from the month": (ROW, set()),
    "it follows from a year": (ROW.replace("99.19", "99.93"), set()),
    "it is off by the last digit": (ROW.replace("99.19", "99.20"), set()),
    "it follows from neither": (ROW.replace("99.19", "99.21"), {NOT_FROM_MINUTES}),
    "nothing excluded is 0": (ROW.replace("99.19,720.00,360.00", "98.39,720,0"), set()),
    "no uptime": (ROW.replace("99.19", ""), set()),
    "no minutes of exclusion": (ROW.replace("360.00", ""), set()),
    "no minutes at all": (ROW.replace("720.00,360.00", ","), set()),
    "over 100 %": (ROW.replace("99.19", "101.02"), {ABOVE_100, NOT_FROM_MINUTES}),
    "100 % in spite of an outage": (ROW.replace("99.19", "100"), {NOT_FROM_MINUTES}),
    "more excluded than out": (ROW.replace("99.19,720.00", "100.81,0"), {ABOVE_100, EXCLUDED_MORE}),
    "an outage longer than a year": (ROW.replace("99.19,720.00", ",525601"), {OUTAGE_LONGER}),
    "an outage longer than the month may be of a year": (ROW.replace("99.19,720.00", ",525600"), set()),
    "no length": (ROW.replace("2024-02", "2024-01"), {NOT_FROM_MINUTES}),
    "three decimals": (ROW.replace("99.19", "99.194"), set()),
}


@pytest.mark.parametrize("name", CONTRADICTING)
def test_what_contradicts_itself_is_kept_and_warned_of(tmp_path: Path, name: str) -> None:
    row, codes = CONTRADICTING[name]
    (part,) = evidence_of(written(tmp_path / "m3.csv", f"{FIELDS}\n{row}\n"), PROFILE)
    assert len(part.rows) == 1
    assert part.warnings == dict.fromkeys(codes, 1)
    assert part.warning_lines == {code: [2] for code in codes}


@pytest.mark.parametrize("missing", ["port_id", "uptime", "total_outage", "total_outage_excl", "uptime_reporting_end"])
def test_a_file_without_a_column_of_the_template_is_not_taken_for_it(tmp_path: Path, missing: str) -> None:
    header = ",".join(name for name in FIELDS.split(",") if name != missing)
    path = written(tmp_path / "m3.csv", f"{header}\n{ROW}\n")
    with open_file(path) as file, pytest.raises(SourceError) as caught:
        pick_profile(file, builtin_profiles().values())
    assert caught.value.code == "no_profile_fits"


@pytest.mark.parametrize("name", ["plain", "semicolons", "a byte order mark"])
def test_the_file_is_told_by_its_columns_alone(tmp_path: Path, name: str) -> None:
    with open_file(written(tmp_path / "x", FILES[name])) as file:
        assert pick_profile(file, builtin_profiles().values()) is PROFILE


def test_a_header_alone_is_no_rows(tmp_path: Path) -> None:
    (part,) = evidence_of(written(tmp_path / "m3.csv", f"{FIELDS}\n"), PROFILE)
    assert (part.kind, part.read, len(part.rows)) == ("uptimes", 0, 0)
