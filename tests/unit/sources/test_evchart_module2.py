"""Profile evchart-module2: rows that say there is no data, and a key that holds the port."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT, NO_DATA = layouts.EVCHART_MODULE2, layouts.EVCHART_MODULE2_NO_DATA
REQUIRED = Layout(
    "evchart-module2",
    {
        name: text
        for name, text in LAYOUT.row.items()
        if name not in ("charger_id", "connector_id", "error_other", "payment_other")
    },
)
TYPES = dict.fromkeys(LAYOUT.row, "String (36)") | {"session_start": "Datetime", "energy_kwh": "Decimal(8,2)"}
NEEDS = {name: "Recommended" if name == "connector_id" else "REQUIRED " for name in LAYOUT.row}
KNOWN_BLANK = dict.fromkeys(("station_id", "port_id", "network_provider", "charger_id"), "")
VARIANTS = {
    **common_variants(LAYOUT),
    "only the required columns": (REQUIRED.file({}), "kept 1"),
    "a port without data": (LAYOUT.file({}, NO_DATA), "kept 1 skipped 1"),
    "a port without data, in blanks": (LAYOUT.file({k: v or " " for k, v in NO_DATA.items()}), "skipped 1"),
    "a wholly empty row": (LAYOUT.file(dict.fromkeys(LAYOUT.row, "")), "skipped 1"),
    "the template's own lines": (LAYOUT.file(TYPES, NEEDS, {}), "kept 1 skipped 2"),
    "the template's own lines, where only some fields have a type": (
        LAYOUT.file({**NO_DATA, **KNOWN_BLANK, "power_kw": "String"}),
        "skipped 1",
    ),
    "a session at a station that is called Text": (LAYOUT.file({"station_id": "Text", "port_id": "Text"}), "kept 1"),
    "an error that is called Required": (LAYOUT.file({"session_error": "Required"}), "kept 1"),
    "a session id and nothing else": (LAYOUT.file({**NO_DATA, "session_id": "1"}), "rejected start_time_missing"),
    "an error and nothing else": (
        LAYOUT.file({**NO_DATA, "session_error": "E-1"}),
        "rejected session_id_missing rejected start_time_missing",
    ),
    "no session id": (LAYOUT.file({"session_id": ""}), "rejected session_id_missing"),
    "no port": (LAYOUT.file({"port_id": ""}), "kept 1"),
    "no end": (LAYOUT.file({"session_end": ""}), "kept 1"),
    "no error told": (LAYOUT.file({"session_error": ""}), "kept 1"),
    "a failed session of no length": (
        LAYOUT.file({"session_end": "2024-01-01T10:00:00Z", "energy_kwh": "0"}),
        "kept 1",
    ),
    "an end before the start": (LAYOUT.file({"session_end": "2023-12-31T00:00:00Z"}), "rejected end_before_start"),
    "power in W": (LAYOUT.file({"power_kw": "61500"}), "kept 1 warned peak_power_kw_out_of_range"),
    "no peak power": (LAYOUT.file({"power_kw": ""}), "kept 1"),
    "a time without an offset": (
        LAYOUT.file({"session_start": "2024-01-01T10:00:00"}),
        "rejected start_time_without_zone",
    ),
    "a US time": (LAYOUT.file({"session_start": "1/1/2024 10:00"}), "rejected start_time_unreadable"),
    "module 3": ("station_id,port_id,network_provider,uptime\nS,P,n,99\n", "refused no_profile_fits"),
    "an error longer than the template takes": (
        LAYOUT.file({"session_error": "x" * 256}),
        "kept 1 warned error_code_shortened",
    ),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def test_the_same_number_at_another_port_is_another_session(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"port_id": "999-2"})).rows
    assert rows.session_id.tolist() == ["10001|999-1", "10001|999-2"]
    assert rows.port_id.tolist() == ["999-1", "999-2"]


def test_a_port_without_data_is_counted_as_skipped_and_not_as_a_failure(tmp_path):
    (raw,) = LAYOUT.read_text(tmp_path, LAYOUT.file(NO_DATA, {}, NO_DATA))
    assert (raw.skipped, len(raw.frame)) == (2, 1)
    assert raw.frame.line.tolist() == [3]


def test_the_error_is_kept_in_the_sources_words_and_is_no_verdict(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.error_code.tolist() == ["E-17"]
    assert rows.success.isna().all()
