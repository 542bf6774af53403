"""Cleaning: every rule refuses what it says and nothing near it; what may have failed is kept."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.frames import CLEAN_FRAME, REJECT_FRAME, STATION_TEXTS, Cleaned, Conventions
from evcharge.rules import LEFT_OUT_RULES, RULES, STRUCTURAL_RULES, WARNINGS
from tests.support.factories import AS_OF, raw_sessions

RULE_CODES = [
    "row_too_short",
    "row_too_long",
    "malformed_row",
    "nul_character",
    "repeated_header",
    "total_row",
    "not_an_object",
    "duplicate_key",
    "value_not_scalar",
    "credit_without_cdr",
    "patch_without_put",
    "stop_without_start",
    "session_id_missing",
    "session_id_unusable",
    "session_id_rounded",
    "station_id_missing",
    "station_id_unusable",
    "station_id_rounded",
    "start_time_missing",
    "start_time_unreadable",
    "start_time_without_zone",
    "start_time_nonexistent",
    "start_time_out_of_range",
    "start_time_in_the_future",
    "start_time_ambiguous",
    "start_time_zone_unknown",
    "end_time_unreadable",
    "end_time_without_zone",
    "end_time_nonexistent",
    "end_time_out_of_range",
    "end_time_in_the_future",
    "end_time_zone_unknown",
    "end_before_start",
    "duration_minutes_unreadable",
    "duration_minutes_out_of_range",
    "energy_kwh_not_a_number",
    "energy_kwh_out_of_range",
]
LEFT_OUT_CODES = [
    "port_id_unusable",
    "connector_id_unusable",
    "end_time_ambiguous",
    "meter_ran_backwards",
    "peak_power_kw_not_a_number",
    "peak_power_kw_negative",
    "peak_power_kw_out_of_range",
    "success_unreadable",
    "start_soc_percent_not_a_number",
    "start_soc_percent_negative",
    "start_soc_percent_out_of_range",
    "end_soc_percent_not_a_number",
    "end_soc_percent_negative",
    "end_soc_percent_out_of_range",
    "has_transaction_unreadable",
    "reached_charging_unreadable",
    "source_updated_at_unreadable",
    "source_updated_at_without_zone",
    "source_updated_at_nonexistent",
    "source_updated_at_out_of_range",
    "source_updated_at_in_the_future",
    "source_updated_at_ambiguous",
    "authorisation_mode_unknown",
    "authorised_after_seconds_not_a_number",
    "authorised_after_seconds_out_of_range",
    "plugged_in_after_seconds_not_a_number",
    "plugged_in_after_seconds_out_of_range",
    "power_after_seconds_not_a_number",
    "power_after_seconds_out_of_range",
    "authorize_lead_seconds_not_a_number",
    "authorize_lead_seconds_out_of_range",
    "energy_at_most_kwh_not_a_number",
    "energy_at_most_kwh_negative",
    "energy_at_most_kwh_out_of_range",
]
WARNING_CODES = [
    "padded_id",
    "formula_id",
    "stop_reason_shortened",
    "error_code_shortened",
    "next_status_shortened",
    "trigger_reasons_shortened",
    "station_text_shortened",
    *LEFT_OUT_CODES,
    "hour_is_ambiguous",
    "zone_label_left_aside",
    "longer_than_a_week",
    "implausible_power",
]

NEW_YORK = Conventions(timezone="America/New_York")
Row = dict[str, str | None]
Case = tuple[list[Row], list[Row]]

EARLY = "2005-01-01T00:00:00Z"
TIME_CASES = {
    "unreadable": (["2025-02-30T10:00:00Z", "now", "2025-04-01T08:00:60Z"], ["2025-02-28T10:00:00Z"]),
    "without_zone": (["2025-04-01T08:00:00"], ["2025-04-01T08:00:00Z", "2025-04-01T08:00:00-04:00"]),
    "nonexistent": (["2025-03-09T02:00:00", "2025-03-09T02:59:59"], ["2025-03-09T01:59:59", "2025-03-09T03:00:00"]),
    "ambiguous": (["2025-11-02T01:00:00", "2025-11-02T01:59:59"], ["2025-11-02T00:59:59", "2025-11-02T02:00:00"]),
    "out_of_range": (["2004-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"], [EARLY]),
    "in_the_future": (["2026-01-02T00:00:00.001Z"], ["2026-01-02T00:00:00Z"]),
}


def time_cases(column: str, **others: str | None) -> dict[str, Case]:
    def rows(texts: list[str]) -> list[Row]:
        return [{**others, column: text} for text in texts]

    return {f"{column}_{name}": (rows(refused), rows(kept)) for name, (refused, kept) in TIME_CASES.items()}


def cases(column: str, refused: list[str | None], kept: list[str | None]) -> Case:
    return [{column: text} for text in refused], [{column: text} for text in kept]


def soc_cases(column: str) -> dict[str, Case]:
    return {
        f"{column}_not_a_number": cases(column, ["30%", "x"], ["30", "", None]),
        f"{column}_negative": cases(column, ["-1"], ["0", "-0"]),
        f"{column}_out_of_range": cases(column, ["100.1"], ["100"]),
    }


def second_cases(column: str) -> dict[str, Case]:
    return {
        f"{column}_not_a_number": cases(column, ["5 s", "0:05", "nan"], ["-0.058", "0", "1e2", "", None]),
        f"{column}_out_of_range": cases(column, ["31622400.1", "-31622400.1", "-1e309"], ["31622400", "-31622400"]),
    }


CONTROLS = ["a\tb", "a\nb", "\x1ca", "a\x7f", "a\x85b", "\ud800", "x" * 256]
USABLE = ["a b", "a\u00a0b", "é", "\u202e", "=1+1", "x" * 255, " " + "x" * 255]
ROUNDED = ["1.23457E+17", "1,2E+11", "5E+12", " 1e+15 ", "1.23457E17", "NL|1.23457E+17|2"]
EXACT = ["1E17", "1.5E5", "E+17", "1.5e-10", "123456789012345678", "A1E+17"]
CASES: dict[str, Case] = {
    **{rule.code: ([{"fault": rule.code}], [{"fault": None}]) for rule in STRUCTURAL_RULES},
    "session_id_missing": cases("session_id", [None, "", "  ", "\u00a0", "\u3000", "\u200b\ufeff", '=""'], ["-", "0"]),
    "session_id_unusable": cases("session_id", CONTROLS, USABLE),
    "session_id_rounded": cases("session_id", ROUNDED, EXACT),
    "station_id_missing": cases("station_id", [None, "", "  ", "\u00a0", "\u3000", "\u200b\ufeff", '=""'], ["-", "0"]),
    "station_id_unusable": cases("station_id", CONTROLS, USABLE),
    "station_id_rounded": cases("station_id", ROUNDED, EXACT),
    "port_id_unusable": cases("port_id", CONTROLS, [*USABLE, None, ""]),
    "connector_id_unusable": cases("connector_id", CONTROLS, [*USABLE, None, ""]),
    "start_time_missing": cases("start_time", [None, "", " "], ["2025-04-01T08:00:00-04:00"]),
    **time_cases("start_time", end_time=None),
    "start_time_ambiguous": (
        [{"start_time": f"2025-11-02T01:{minute}", "end_time": "2025-11-02T02:30"} for minute in ("00", "59:59")],
        [
            {"start_time": "2025-11-02T01:10", "end_time": "2025-11-02T01:50"},
            {"start_time": "2025-11-02T01:10", "end_time": None},
            {"start_time": "2025-11-02T00:59:59", "end_time": "2025-11-02T02:30"},
        ],
    ),
    **time_cases("end_time", start_time=EARLY),
    "end_time_out_of_range": ([{"end_time": "9999-12-31T00:00:00Z"}], [{"end_time": "2025-12-31T00:00:00Z"}]),
    "end_before_start": cases(
        "end_time", ["2025-04-01T11:59:59.999Z", "2025-04-01T13:59:59+02:00"], ["2025-04-01T12:00:00Z"]
    ),
    "duration_minutes_unreadable": cases("duration_minutes", ["1:30", "-1", "x"], ["90", "0", "", None]),
    "duration_minutes_out_of_range": cases("duration_minutes", ["527040.1", "1e309"], ["527040"]),
    "energy_kwh_not_a_number": cases("energy_kwh", ["7,5", "nan", "1_000", "12kWh"], ["7.5", "", None]),
    "meter_ran_backwards": cases("energy_kwh", ["-0.001", "-1e309"], ["0", "-0", "-1e-400"]),
    "energy_kwh_out_of_range": cases("energy_kwh", ["1000.001", "1000000", "1e309"], ["1000"]),
    "peak_power_kw_not_a_number": cases("peak_power_kw", ["7,5", "inf", "50 kW"], ["50", "", None]),
    "energy_at_most_kwh_not_a_number": cases("energy_at_most_kwh", ["7,5", "inf", "7 kWh"], ["7.5", "", None]),
    "energy_at_most_kwh_negative": cases("energy_at_most_kwh", ["-0.001"], ["0", "-0"]),
    "energy_at_most_kwh_out_of_range": cases("energy_at_most_kwh", ["1000.001"], ["1000"]),
    "peak_power_kw_negative": cases("peak_power_kw", ["-0.001"], ["0", "-0"]),
    "peak_power_kw_out_of_range": cases("peak_power_kw", ["5000.001", "50000"], ["5000"]),
    "success_unreadable": cases("success", ["on", "maybe", "2", "\x00"], ["TRUE", " no ", "", " ", None]),
    "start_time_zone_unknown": (
        [{"start_time": "2025-04-01T08:00:00", "start_zone": zone, "end_time": None} for zone in ("XST", "EST5EDT")],
        [{"start_time": "2025-04-01T08:00:00", "start_zone": " mst ", "end_time": None}, {"start_zone": "XST"}],
    ),
    "end_time_zone_unknown": (
        [{"end_time": "2025-04-01T12:30:00", "end_zone": "XST"}],
        [{"end_time": "2025-04-01T12:30:00", "end_zone": "MST"}, {"end_zone": "XST"}],
    ),
    **soc_cases("start_soc_percent"),
    **soc_cases("end_soc_percent"),
    "has_transaction_unreadable": cases("has_transaction", ["on", "2"], ["TRUE", " no ", "", None]),
    "reached_charging_unreadable": cases("reached_charging", ["on", "2"], ["TRUE", " no ", "", None]),
    **time_cases("source_updated_at"),
    "authorisation_mode_unknown": cases(
        "authorisation_mode",
        ["rfid", "Cached_auth", "cached auth", "pre_plugin, post_plugin"],
        ["cached_auth", " request_start ", "pre_plugin", "post_plugin", "", None],
    ),
    **second_cases("authorised_after_seconds"),
    **second_cases("plugged_in_after_seconds"),
    **second_cases("power_after_seconds"),
    **second_cases("authorize_lead_seconds"),
}


def cleaned(*rows: Row, **conventions: object) -> Cleaned:
    return clean(raw_sessions(*rows, conventions=Conventions(**conventions)), AS_OF)


def kept(row: Row, **conventions: object) -> dict[str, object]:
    result = cleaned(row, **conventions)
    assert result.rejects.empty, result.rejects.rule.tolist()
    return result.rows.iloc[0].to_dict()


def rules(row: Row, **conventions: object) -> list[str]:
    result = cleaned(row, **conventions)
    assert len(result.rows) == (0 if len(result.rejects) else 1)
    return result.rejects.rule.tolist()


def faults(row: Row, **conventions: object) -> list[str]:
    """Codes of what refuses the row, else of the values that it is kept without."""
    result = cleaned(row, **conventions)
    left_out = [code for code in LEFT_OUT_CODES if result.warnings.get(code)]
    return result.rejects.rule.tolist() or left_out


def table(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    return [list(row) for row in frame[list(columns)].itertuples(index=False)]


def zone_for(code: str) -> Conventions:
    if code.endswith("zone_unknown"):
        return Conventions(zone_labels={"MST": "-07:00"})
    return NEW_YORK if code.endswith(("nonexistent", "ambiguous")) else Conventions()


def test_stored_codes_do_not_change():
    assert [rule.code for rule in RULES] == [*RULE_CODES, "session_id_repeated"]
    assert [rule.code for rule in LEFT_OUT_RULES] == LEFT_OUT_CODES
    assert [warning.code for warning in WARNINGS] == WARNING_CODES


def test_a_repeated_id_is_no_fault_that_a_chunk_alone_can_tell():
    result = clean(raw_sessions({}, {"energy_kwh": "1"}), AS_OF)
    assert (result.rows.session_id.tolist(), len(result.rejects)) == (["S1", "S1"], 0)


def test_every_rule_has_rows_that_it_is_for_and_neighbours_that_it_is_not():
    assert sorted(CASES) == sorted([*RULE_CODES, *LEFT_OUT_CODES])
    assert all(broken and near for broken, near in CASES.values())


@pytest.mark.parametrize("code", RULE_CODES)
def test_a_rule_refuses_its_rows_alone_and_keeps_their_neighbours(code):
    column = next(rule.column for rule in RULES if rule.code == code)
    refused, near = CASES[code]
    result = clean(raw_sessions(*refused, conventions=zone_for(code)), AS_OF)
    assert result.rows.empty
    assert result.stations.empty
    assert result.rejects.rule.tolist() == [code] * len(refused)
    assert result.rejects.column.tolist() == [column] * len(refused)
    assert result.rejects.line.tolist() == list(range(2, len(refused) + 2))
    assert result.rejects.raw.tolist() == [f"row {number}" for number in range(len(refused))]
    neighbours = clean(raw_sessions(*near, conventions=zone_for(code)), AS_OF)
    assert neighbours.rejects.rule.tolist() == []
    assert len(neighbours.rows) == len(near)


@pytest.mark.parametrize("code", LEFT_OUT_CODES)
def test_a_value_that_only_tells_of_a_session_is_left_out_counted_and_never_costs_the_row(code):
    column = next(rule.column for rule in LEFT_OUT_RULES if rule.code == code)
    broken, near = CASES[code]
    result = clean(raw_sessions(*broken, conventions=zone_for(code)), AS_OF)
    assert result.rejects.empty
    assert result.rows[column].isna().all()
    assert result.warnings[code] == len(result.rows) == len(broken)
    neighbours = clean(raw_sessions(*near, conventions=zone_for(code)), AS_OF)
    assert code not in neighbours.warnings
    assert len(neighbours.rows) == len(near)


@pytest.mark.parametrize("column", ["stop_reason", "error_code", "next_status", "trigger_reasons"])
def test_a_text_about_a_failure_is_shortened_and_never_costs_the_failure(column):
    texts = [*CONTROLS, " over\r\ntwo   lines "]
    result = cleaned(*({column: text, "success": "false"} for text in texts))
    assert result.rejects.empty
    shown = ["a b", "a b", "a", "a", "a b", None, "x" * 255, "over two lines"]
    assert [None if text is None else text for text in result.rows[column]] == shown
    assert result.rows.success.tolist() == [False] * len(texts)
    assert result.warnings[f"{column}_shortened"] == len(texts)
    near = cleaned(*({column: text} for text in [*USABLE, None, ""]))
    assert near.warnings == {}
    assert near.rows[column].tolist()[: len(USABLE)] == [text.strip() for text in USABLE]


def test_a_text_about_the_station_is_shortened_with_a_warning():
    result = cleaned({"station_name": "Main\nStreet"}, {"station_city": "x" * 300}, {"station_name": "Main Street"})
    assert result.rejects.empty
    assert result.warnings == {"station_text_shortened": 2}


def test_an_id_loses_what_no_eye_sees_and_a_spreadsheets_formula():
    written = ["\ufeffA", "A\u200b", "\u00adA\u2060", '="A"', '="007"', "'007", "'A7", "'A", "=A", "A\u200bB"]
    result = cleaned(*({"session_id": text} for text in written))
    assert result.rows.session_id.tolist() == ["A", "A", "A", "A", "007", "007", "A7", "'A", "=A", "A\u200bB"]
    assert result.warnings == {"padded_id": 3, "formula_id": 4}


def test_the_apostrophe_of_a_name_is_no_spreadsheets():
    names = ["'s-Hertogenbosch", "'t Zand 2", "'A7'", "'"]
    assert cleaned(*({"station_id": name} for name in names)).rows.station_id.tolist() == names


def test_a_row_that_breaks_several_rules_carries_every_one():
    broken = {"session_id": "", "start_time": "now", "energy_kwh": "x", "success": "maybe", "error_code": "a\nb"}
    assert rules(broken) == ["session_id_missing", "start_time_unreadable", "energy_kwh_not_a_number"]


@pytest.mark.parametrize("code", [rule.code for rule in STRUCTURAL_RULES])
def test_a_row_with_a_structural_fault_carries_only_that(code):
    result = cleaned({"fault": code, "session_id": None, "start_time": None, "energy_kwh": "x", "success": None})
    assert table(result.rejects, "rule", "column", "value", "would_have_been") == [[code, None, None, "unknown"]]


def test_a_reject_shows_what_stood_there_as_it_stood():
    result = cleaned({"energy_kwh": " 7,5 ", "raw": 'a;" 7,5 "'}, {}, {"energy_kwh": "\ud800\x00", "raw": "\x00\udfff"})
    assert table(result.rejects, "line", "value", "raw") == [
        [2, " 7,5 ", 'a;" 7,5 "'],
        [4, "\\ud800\\u0000", "\\u0000\\udfff"],
    ]


def test_rejects_are_in_file_order_and_within_a_row_in_the_order_of_the_rules():
    result = cleaned({"energy_kwh": "x"}, {"energy_kwh": "x", "session_id": None}, {"fault": "row_too_short"})
    assert table(result.rejects, "line", "rule") == [
        [2, "energy_kwh_not_a_number"],
        [3, "session_id_missing"],
        [3, "energy_kwh_not_a_number"],
        [4, "row_too_short"],
    ]


@pytest.mark.parametrize("count", [0, 1])
def test_frames_have_the_stated_columns_with_and_without_rows(count):
    result = cleaned(*[{}] * count, *[{"energy_kwh": "x"}] * count)
    for frame, columns in ((result.rows, CLEAN_FRAME), (result.rejects, REJECT_FRAME)):
        assert len(frame) == count
        assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == [(c.name, c.dtype) for c in columns]
    assert list(result.stations) == ["station_id", *(column.name for column in STATION_TEXTS), "timezone"]
    assert result.warnings == {}


def test_a_sound_row_is_kept_as_it_is_meant():
    over = {"port_id": "p", "connector_id": "2", "peak_power_kw": "11", "stop_reason": " EV left ", "error_code": "E1"}
    over |= {"start_soc_percent": "30", "end_soc_percent": "80.5", "driver_ref": "0a1b", "next_status": "Available"}
    over |= {"has_transaction": "true", "reached_charging": "no"}
    over |= {"authorisation_mode": "pre_plugin", "authorised_after_seconds": "-1.5", "plugged_in_after_seconds": "2"}
    over |= {"power_after_seconds": "9.25", "authorize_lead_seconds": "3", "trigger_reasons": " Authorized, x "}
    over |= {"energy_at_most_kwh": "20"}
    row = kept({**over, "source_updated_at": "2025-04-02T00:00:00Z"})
    assert row == {
        "line": 2,
        "station_id": "ST-1",
        "session_id": "S1",
        "port_id": "p",
        "connector_id": "2",
        "start_time": pd.Timestamp("2025-04-01T12:00:00Z"),
        "end_time": pd.Timestamp("2025-04-01T13:00:00Z"),
        "duration_minutes": 60,
        "energy_kwh": 7.5,
        "average_power_kw": 7.5,
        "peak_power_kw": 11,
        "success": True,
        "stop_reason": "EV left",
        "error_code": "E1",
        "start_soc_percent": 30,
        "end_soc_percent": 80.5,
        "driver_ref": "0a1b",
        "has_transaction": True,
        "reached_charging": False,
        "next_status": "Available",
        "source_updated_at": pd.Timestamp("2025-04-02T00:00:00Z"),
        "authorisation_mode": "pre_plugin",
        "authorised_after_seconds": -1.5,
        "plugged_in_after_seconds": 2,
        "power_after_seconds": 9.25,
        "authorize_lead_seconds": 3,
        "trigger_reasons": "Authorized, x",
        "energy_at_most_kwh": 20,
        "time_key": 2025040108,
    }


# Failed attempts


@pytest.mark.parametrize("energy", ["0", "0.0", "-0", "1e-400"])
def test_a_session_of_no_energy_is_kept(energy):
    row = kept({"energy_kwh": energy})
    assert math.copysign(1, row["energy_kwh"]) == math.copysign(1, row["average_power_kw"]) == 1
    assert row["energy_kwh"] == row["average_power_kw"] == 0


def test_a_session_of_no_length_is_kept_without_a_power():
    result = cleaned({"end_time": "2025-04-01T12:00:00Z"}, {"end_time": "2025-04-01T12:00:00Z", "energy_kwh": "0"})
    assert result.rows.duration_minutes.tolist() == [0, 0]
    assert result.rows.average_power_kw.isna().all()
    assert result.warnings == {}


def test_a_session_of_a_second_or_a_millisecond_is_kept():
    ends = ["2025-04-01T12:00:01Z", "2025-04-01T12:00:00.001Z"]
    rows = cleaned(*({"end_time": end, "energy_kwh": "0.001"} for end in ends)).rows
    assert rows.duration_minutes.tolist() == [1 / 60, 1 / 60_000]


@pytest.mark.parametrize("blank", [None, "", " ", "\u00a0"])
def test_an_empty_energy_end_or_success_is_kept_as_missing(blank):
    row = kept({"energy_kwh": blank, "end_time": blank, "success": blank})
    assert pd.isna(row["success"])
    assert row["end_time"] is pd.NaT
    for column in ("energy_kwh", "duration_minutes", "average_power_kw"):
        assert math.isnan(row[column])


@pytest.mark.parametrize(
    ("success", "energy", "would_have_been"),
    [
        ("true", "0", "success"),
        ("false", "7.5", "failure"),
        ("", "0", "failure"),
        (None, "-0", "failure"),
        ("maybe", "0", "failure"),
        ("maybe", "7.5", "unknown"),
        ("", "x", "unknown"),
        ("", "-1", "unknown"),
        ("", None, "unknown"),
    ],
)
def test_a_refused_row_tells_how_it_would_have_counted(success, energy, would_have_been):
    row = {"success": success, "energy_kwh": energy, "station_id": None}
    assert set(cleaned(row).rejects.would_have_been) == {would_have_been}


@pytest.mark.parametrize(("told", "would_have_been"), [("false", "failure"), ("true", "unknown"), (None, "unknown")])
def test_a_refused_attempt_without_a_transaction_would_have_counted_as_a_failure(told, would_have_been):
    row = {"success": None, "energy_kwh": None, "station_id": None, "has_transaction": told}
    assert set(cleaned(row).rejects.would_have_been) == {would_have_been}


# Numbers: reliability.md, section C


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "out_of_range") for text in ("1e309", "9" * 400, "1000000")),  # 42, 51
        *((text, "not_a_number") for text in ("nan", "NaN", "inf", "-Infinity", "null", "None")),  # 43
        *((text, "negative") for text in ("-1", "-0.1", "-1e309")),  # 44
        *((text, "not_a_number") for text in ("7,5", "1,234.5", "1 234.5", "1'234")),  # 45
        *((text, "not_a_number") for text in ("1_000", "١٢", "１２", "0x1F")),  # 46
        *((text, "not_a_number") for text in ("12kWh", "5%", "--5", "1e", "1.2.3", "=1+1", "TRUE")),  # 47
    ],
)
@pytest.mark.parametrize("column", ["energy_kwh", "peak_power_kw"])
def test_a_number_that_is_none_or_cannot_be_is_no_amount(column, text, code):
    told = "meter_ran_backwards" if (column, code) == ("energy_kwh", "negative") else f"{column}_{code}"
    assert faults({column: text}) == [told]


@pytest.mark.parametrize("text", ["7.5", " 7.5", "7.5\u00a0", "\x1c7.5", "\t7.5", "+7.5", "75e-1"])  # 50
def test_padding_around_a_number_means_nothing(text):
    assert kept({"energy_kwh": text})["energy_kwh"] == 7.5


def test_a_decimal_comma_is_read_where_it_is_stated():  # 45
    assert kept({"energy_kwh": "7,5"}, decimal=",")["energy_kwh"] == 7.5
    assert rules({"energy_kwh": "7.5"}, decimal=",") == ["energy_kwh_not_a_number"]


def test_units_come_from_the_conventions_only():  # 51
    row = kept({"energy_kwh": "7500", "peak_power_kw": "11000"}, energy_unit="Wh", power_unit="W")
    assert (row["energy_kwh"], row["peak_power_kw"]) == (7.5, 11)
    assert rules({"energy_kwh": "1000001"}, energy_unit="Wh") == ["energy_kwh_out_of_range"]


# Times: section D


def test_an_end_before_the_start_is_judged_by_the_instant_not_by_the_wall_clock():  # 53, 54
    row = {"start_time": "2025-11-02T01:50:00-04:00", "end_time": "2025-11-02T01:10:00-05:00"}
    assert kept(row)["duration_minutes"] == 20
    assert rules({**row, "end_time": "2025-11-02T01:40:00-04:00"}) == ["end_before_start"]


def test_a_local_time_that_the_clock_change_skipped_or_repeated_is_refused():  # 55, 56
    zone = "America/New_York"
    assert rules({"start_time": "2025-03-09T02:30:00"}, timezone=zone) == ["start_time_nonexistent"]
    row = {"start_time": "2025-11-02T01:30:00", "end_time": "2025-11-02T02:30:00"}
    assert rules(row, timezone=zone) == ["start_time_ambiguous"]


@pytest.mark.parametrize(
    ("end", "minutes"),
    [("01:50:00", 20), ("01:10:00", 40), (None, None)],  # 01:10 comes after 01:30 where the hour is repeated
)
def test_a_session_within_a_repeated_hour_is_kept_where_its_length_is_one(end, minutes):
    result = cleaned(
        {"start_time": "2025-11-02T01:30:00", "end_time": end and f"2025-11-02T{end}"}, timezone="America/New_York"
    )
    assert result.rejects.empty
    assert result.warnings == {"hour_is_ambiguous": 1}
    row = result.rows.iloc[0]
    assert row["start_time"] == pd.Timestamp("2025-11-02T05:30:00Z")
    assert row["duration_minutes"] == minutes or (minutes is None and math.isnan(row["duration_minutes"]))


def test_an_end_in_a_repeated_hour_is_left_out_where_no_length_is_stated():
    row = {"start_time": "2025-11-02T00:30:00", "end_time": "2025-11-02T01:30:00", "energy_kwh": "0"}
    result = cleaned(row, {**row, "duration_minutes": "120"}, timezone="America/New_York")
    assert result.rejects.empty
    assert result.warnings == {"end_time_ambiguous": 2}
    assert result.rows.end_time.isna().tolist() == [True, False]
    assert result.rows.duration_minutes[1] == 120


@pytest.mark.parametrize(("choice", "hour"), [("first", 5), ("second", 6)])
def test_a_repeated_hour_is_read_as_the_conventions_choose(choice, hour):  # 56
    row = {"start_time": "2025-11-02T01:30:00", "end_time": None}
    read = kept(row, timezone="America/New_York", ambiguous_time=choice)
    assert read["start_time"] == pd.Timestamp(f"2025-11-02T0{hour}:30:00Z")
    assert read["time_key"] == 2025110201


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2016-12-31T23:59:60Z", "unreadable"),  # 57
        *((f"2025-{text}Z", "unreadable") for text in ("04-01T24:00:00", "04-01T25:00:00", "02-30T00:00:00")),  # 58
        ("2025-13-01T00:00:00Z", "unreadable"),  # 58
        *((f"{year}-01-01T00:00:00Z", "out_of_range") for year in ("1970", "0001", "9999")),  # 59
        ("2025-04-01T08:00:00", "without_zone"),  # 60
        *((text, "unreadable") for text in ("1743508800", "1743508800000", "45352.4")),  # 61
        *((text, "unreadable") for text in ("01/02/2024", "13/02/2024")),  # 62
        *((text, "unreadable") for text in ("now", "today", "Now")),  # 63
        *((f"2025-04-01T08:00:00{text}", "unreadable") for text in (" EST", "+25:00", ".Z")),  # 64
        *((text, "unreadable") for text in ("２０２５-04-01T08:00:00Z", "2024-W09-5")),  # 64
        ("Wed, 25 Apr 2018 11:08:04 GMT", "unreadable"),  # 65
    ],
)
@pytest.mark.parametrize("column", ["start_time", "source_updated_at"])
def test_a_time_that_is_none_or_cannot_be_is_no_time(column, text, code):
    assert faults({column: text, "end_time": "2025-04-01T13:00:00Z" if column != "start_time" else None}) == [
        f"{column}_{code}"
    ]


def test_times_with_and_without_offset_stand_in_one_column():  # 60
    rows = cleaned(
        {"start_time": "2025-04-01T08:00:00"}, {"start_time": "2025-04-01T12:00:00Z"}, timezone="America/New_York"
    ).rows
    assert rows.start_time.tolist() == [pd.Timestamp("2025-04-01T12:00:00Z")] * 2
    assert rows.time_key.tolist() == [2025040108, 2025040108]


@pytest.mark.parametrize(
    ("time_format", "start", "end"),
    [
        ("epoch_s", "1743508800", "1743512400"),  # 61
        ("epoch_ms", "1743508800000", "1743512400000"),  # 61
        ("%d/%m/%Y %H:%M", "01/04/2025 12:00", "01/04/2025 13:00"),  # 62
        ("%a, %d %b %Y %H:%M:%S GMT", "Tue, 01 Apr 2025 12:00:00 GMT", "Tue, 01 Apr 2025 13:00:00 GMT"),  # 65
    ],
)
def test_a_stated_format_is_read(time_format, start, end):
    row = kept({"start_time": start, "end_time": end}, time_format=time_format, timezone="UTC")
    assert (row["start_time"], row["duration_minutes"]) == (pd.Timestamp("2025-04-01T12:00:00Z"), 60)


def test_seconds_read_as_milliseconds_and_the_reverse_are_out_of_range():  # 61
    assert "start_time_out_of_range" in rules({"start_time": "1743508800", "end_time": ""}, time_format="epoch_ms")
    assert "start_time_out_of_range" in rules({"start_time": "1743508800000", "end_time": ""}, time_format="epoch_s")


@pytest.mark.parametrize(
    ("duration_format", "text"), [("h:m:s", "1:30:00"), ("hours", "1.5"), ("minutes", "90"), ("seconds", "5400")]
)
def test_where_no_end_is_stated_the_duration_makes_it(duration_format, text):
    row = kept({"end_time": "", "duration_minutes": text}, duration_format=duration_format)
    assert (row["end_time"], row["duration_minutes"]) == (pd.Timestamp("2025-04-01T13:30:00Z"), 90)


def test_a_stated_end_outweighs_the_duration():
    assert kept({"duration_minutes": "90"})["duration_minutes"] == 60
    assert rules({"end_time": "x", "duration_minutes": "90"}) == ["end_time_unreadable"]


@pytest.mark.parametrize("minutes", [0, 527040])
def test_the_shortest_and_the_longest_duration_make_an_end(minutes):
    row = {"start_time": "2024-01-01T00:00:00Z", "end_time": None, "duration_minutes": str(minutes)}
    assert kept(row)["duration_minutes"] == minutes


@pytest.mark.parametrize(
    ("time_format", "zone", "start", "hour"),
    [
        ("iso8601", None, "2025-04-01T23:30:00-04:00", 2025040123),
        ("iso8601", "Europe/Paris", "2025-04-01T23:30:00-04:00", 2025040205),
        ("iso8601", "Asia/Kathmandu", "2025-04-01T00:15:00", 2025040100),
        ("%d/%m/%Y %H:%M %z", None, "01/04/2025 23:30 -0400", 2025040123),
        ("epoch_s", None, "1743508800", 2025040112),
        ("epoch_s", "Australia/Lord_Howe", "1743508800", 2025040123),
    ],
)
def test_the_local_hour_is_told_by_zone_else_by_written_offset_else_in_utc(time_format, zone, start, hour):
    row = kept({"start_time": start, "end_time": None}, time_format=time_format, timezone=zone)
    assert row["time_key"] == hour


# Ids and words: section E


@pytest.mark.parametrize("column", ["session_id", "station_id", "port_id", "connector_id"])
@pytest.mark.parametrize(
    "text",
    [
        *("007", "0010", "1e5", "+49", "9007199254740993"),  # 67
        *("NA", "null", "None", "nan", "-", "True"),  # 68
        *("st-1", "St-1", "é", "e\u0301", "а", "\u202eabc", "ﬁ"),  # 73
        *("<script>alert(1)</script>", '"><img onerror>', "</script>"),  # 75
        *("=HYPERLINK()", "+1", "-1", "@x", "＝1"),  # 76
        *("'; DROP TABLE x", "%s", ":x", "?"),  # 77
        *("../../x", "CON", "a/b", "$\\bad$", "_x", "名前"),  # 78, 79
    ],
)
def test_an_id_is_kept_unchanged(column, text):
    result = cleaned({column: text}, null_words=("NA", "null", "-"))
    assert result.rows[column].tolist() == [text]
    assert result.warnings == {}


@pytest.mark.parametrize("column", ["session_id", "station_id", "port_id", "connector_id"])
@pytest.mark.parametrize("text", [" 007 ", "007 ", "\u00a0007", "\u202f007", "007\u3000", "\u2009\ufeff007"])
def test_blanks_around_an_id_are_left_out_with_a_warning(column, text):  # 70
    result = cleaned({column: text}, {column: "007"})
    assert result.rows[column].tolist() == ["007", "007"]
    assert result.warnings == {"padded_id": 1}


def test_an_id_of_nothing_but_blanks_is_missing_without_a_warning():
    result = cleaned({"port_id": " ", "connector_id": "\u00a0"})
    assert result.rows[["port_id", "connector_id"]].isna().all(axis=None)
    assert result.warnings == {}


def test_ids_that_only_look_alike_stay_different_stations():  # 73
    ids = ["st", "ST", "é", "e\u0301", "а", "a", "ﬁ", "fi"]
    assert cleaned(*({"station_id": text} for text in ids)).stations.station_id.tolist() == ids


@pytest.mark.parametrize("text", ["a\tb", "\ra", "a\n", "\x7f", "\x9b31m", "\x00", "\ud800"])
def test_an_id_with_a_control_character_is_refused_even_at_its_edge(text):  # 72, 76, 79
    assert rules({"station_id": text}) == ["station_id_unusable"]


@pytest.mark.parametrize(
    ("text", "success"),
    [
        *((text, True) for text in ("1", "yes", "Y", "true", "TRUE", "True", "t", " true ")),
        *((text, False) for text in ("0", "no", "N", "false", "FALSE", "f")),
    ],
)
def test_an_outcome_is_read_by_the_stated_words(text, success):  # 74
    assert bool(kept({"success": text})["success"]) is success


@pytest.mark.parametrize("text", ["on", "off", "maybe", "x", "10", "null"])
def test_an_outcome_in_other_words_is_not_known(text):  # 74
    assert faults({"success": text}) == ["success_unreadable"]
    assert pd.isna(kept({"success": text})["success"])


# Sessions: section G


def test_the_same_session_twice_is_kept_twice_since_only_the_load_knows_versions():  # 90 to 93
    assert len(cleaned({}, {}, {"energy_kwh": "8"}).rows) == 3


def test_two_sessions_at_once_on_one_connector_are_kept():  # 97
    assert len(cleaned({"connector_id": "1"}, {"session_id": "S2", "connector_id": "1"}).rows) == 2


@pytest.mark.parametrize(
    ("end", "warnings"),
    [
        ("2025-04-08T12:00:00Z", {}),
        ("2025-04-08T12:00:00.001Z", {"longer_than_a_week": 1}),
        ("2025-05-11T12:00:00Z", {"longer_than_a_week": 1}),
    ],
)
def test_a_session_of_more_than_seven_days_is_kept_with_a_warning(end, warnings):  # 98
    result = cleaned({"end_time": end})
    assert len(result.rows) == 1
    assert result.warnings == warnings


@pytest.mark.parametrize(
    ("energy", "warnings"), [("400", {}), ("400.001", {"implausible_power": 1}), ("350", {}), ("0", {})]
)
def test_an_average_above_400_kw_is_kept_with_a_warning(energy, warnings):  # 98
    result = cleaned({"energy_kwh": energy})
    assert len(result.rows) == 1
    assert result.warnings == warnings


def test_a_label_left_aside_is_counted_once_a_row():
    both = {"start_time": "2025-04-01T08:00:00", "start_zone": "XST", "end_time": "2025-04-01T09:00:00"}
    result = cleaned(both | {"end_zone": "XST"}, {"start_zone": "XST"}, timezone="America/New_York")
    assert result.warnings == {"zone_label_left_aside": 1}
    assert result.rows["start_time"].dt.hour.tolist() == [12, 12]


def test_a_label_that_nobody_explains_is_what_the_reject_shows():
    rejects = cleaned({"start_time": "2025-04-01T08:00:00", "start_zone": "XST", "end_time": None}).rejects
    assert rejects[["rule", "column", "value"]].to_numpy().tolist() == [
        ["start_time_zone_unknown", "start_zone", "XST"]
    ]


NIGHT = {"start_time": "2025-11-02T01:40:00", "end_time": "2025-11-02T01:10:00"}
"""Ends by the clock before it starts: only the repeated hour makes both true."""


@pytest.mark.parametrize("choice", ["reject", "first", "second"])
def test_a_session_whose_clock_was_set_back_within_it_lasts_to_the_later_reading_whatever_is_chosen(choice):
    result = cleaned(NIGHT, timezone="America/New_York", ambiguous_time=choice)
    assert result.rows["duration_minutes"].tolist() == [30.0]
    assert result.rows["start_time"].dt.hour.tolist() == [5]


@pytest.mark.parametrize(("choice", "hour", "minutes"), [("first", 5, 110.0), ("second", 6, 50.0)])
def test_a_choice_settles_a_start_whose_end_is_beyond_the_repeated_hour(choice, hour, minutes):
    row = {"start_time": "2025-11-02T01:40:00", "end_time": "2025-11-02T02:30:00"}
    result = cleaned(row, timezone="America/New_York", ambiguous_time=choice)
    assert (result.rows["start_time"].dt.hour.tolist(), result.warnings) == ([hour], {})
    assert result.rows["duration_minutes"].tolist() == [minutes]


def test_warnings_count_kept_rows_only():
    padded = {"session_id": " S ", "end_time": "2025-05-11T12:00:00Z"}
    assert cleaned(padded, padded, {**padded, "energy_kwh": "x"}).warnings == {"padded_id": 2, "longer_than_a_week": 2}


@pytest.mark.parametrize(("start", "found"), [("2026-01-02T00:00:00Z", []), ("2026-01-02T00:00:01Z", ["start"])])
def test_a_clock_may_run_a_day_ahead(start, found):  # 99
    assert rules({"start_time": start, "end_time": None}) == [f"{name}_time_in_the_future" for name in found]


@pytest.mark.parametrize(
    ("start", "end", "minutes", "hour"),
    [
        ("2025-03-31T23:30:00", "2025-04-01T00:30:00", 60, 2025033123),
        ("2024-12-31T23:30:00", "2025-01-01T00:30:00", 60, 2024123123),
        ("2025-03-09T01:30:00", "2025-03-09T03:30:00", 60, 2025030901),
        ("2025-11-02T00:30:00", "2025-11-02T02:30:00", 180, 2025110200),
    ],
)
def test_a_session_across_midnight_new_year_or_a_clock_change_lasts_as_long_as_it_took(
    start, end, minutes, hour
):  # 100
    row = kept({"start_time": start, "end_time": end}, timezone="America/New_York")
    assert (row["duration_minutes"], row["time_key"]) == (minutes, hour)


# Stations


def test_a_station_is_told_once_by_its_first_kept_row():
    result = cleaned(
        {"station_name": "refused", "energy_kwh": "x"},
        {"station_name": "first", "station_latitude": "40.7", "station_longitude": "-74"},
        {"station_name": "second"},
        {"station_id": "ST-2", "station_city": "Cary"},
        timezone="America/New_York",
    )
    stations = result.stations.astype(object).where(result.stations.notna(), None)
    assert table(stations, "station_id", "name", "city", "latitude", "longitude", "timezone") == [
        ["ST-1", "first", None, 40.7, -74.0, "America/New_York"],
        ["ST-2", None, "Cary", None, None, "America/New_York"],
    ]


def test_padded_and_bare_ids_are_one_station():
    assert cleaned({"station_id": "7"}, {"station_id": " 7"}).stations.station_id.tolist() == ["7"]


def test_a_station_s_attributes_are_mended_since_they_identify_nothing():
    row = {"station_name": " a\x00b\ud800\n c ", "station_city": "\t", "station_address": "é" * 300}
    station = cleaned({**row, "station_latitude": "40,7"}).stations.iloc[0]
    assert (station["name"], station.city, station.address) == ("a b c", None, "é" * 255)
    assert math.isnan(station.latitude)
