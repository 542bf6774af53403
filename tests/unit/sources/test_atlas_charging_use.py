"""Profile atlas-charging-use: recorded outcomes, shares as percent, local times."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT = layouts.ATLAS_CHARGING_USE
FAILED = {"charge_start_datetime": "", "charge_end_datetime": "", "energy_kwh": "0", "successful_completion": "false"}
VARIANTS = {
    **common_variants(LAYOUT),
    "a failed attempt": (LAYOUT.file({**FAILED, "error_code": "E1,E2"}), "kept 1"),
    "a failed attempt of no length": (LAYOUT.file({**FAILED, "plug_end_datetime": "2023-07-01 10:00:00"}), "kept 1"),
    "no outcome told": (LAYOUT.file({"successful_completion": ""}), "kept 1"),
    "an outcome in other words": (LAYOUT.file({"successful_completion": "mostly"}), "kept 1 warned success_unreadable"),
    "an offset in the time": (LAYOUT.file({"plug_start_datetime": "2023-07-01T10:00:00-06:00"}), "kept 1"),
    "a US time": (LAYOUT.file({"plug_start_datetime": "7/1/2023 10:00"}), "rejected start_time_unreadable"),
    "not unplugged yet": (LAYOUT.file({"plug_end_datetime": ""}), "kept 1"),
    "unplugged before it was plugged": (
        LAYOUT.file({"plug_end_datetime": "2023-07-01 09:00:00"}),
        "rejected end_before_start",
    ),
    "a full battery": (LAYOUT.file({"end_soc": "1.0"}), "kept 1"),
    "a battery in percent": (LAYOUT.file({"end_soc": "80"}), "kept 1 warned end_soc_percent_out_of_range"),
    "a battery below empty": (LAYOUT.file({"start_soc": "-0.1"}), "kept 1 warned start_soc_percent_negative"),
    "a battery in words": (LAYOUT.file({"start_soc": "half"}), "kept 1 warned start_soc_percent_not_a_number"),
    "no battery": (LAYOUT.file({"start_soc": "", "end_soc": ""}), "kept 1"),
    "an hour that November repeats": (
        LAYOUT.file({"plug_start_datetime": "2023-11-05 01:30:00", "plug_end_datetime": ""}),
        "kept 1 warned hour_is_ambiguous",
    ),
    "power in W": (LAYOUT.file({"peak_kw": "49600"}), "kept 1 warned peak_power_kw_out_of_range"),
    "no session id": (LAYOUT.file({"session_id": ""}), "rejected session_id_missing"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def test_without_a_stated_zone_no_row_is_placed_in_time(tmp_path):
    layout = Layout("atlas-charging-use", LAYOUT.row)
    assert layout.profile.conventions.timezone is None
    assert (
        layout.outcome(tmp_path, layout.file({})) == "rejected start_time_without_zone rejected end_time_without_zone"
    )


def test_a_session_lasts_from_plug_in_to_plug_out(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, FAILED)).rows
    assert rows.duration_minutes.tolist() == [45, 45]
    assert rows.success.tolist() == [True, False]


def test_shares_come_out_as_percent(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"start_soc": "0", "end_soc": "0.57"})).rows
    assert rows.start_soc_percent.tolist() == [31, 0]
    assert rows.end_soc_percent.tolist() == [80, 57]


@pytest.mark.parametrize(("more", "station"), [({}, "P-7-1"), ({"station_id": "ST-7"}, "ST-7")])
def test_the_port_is_the_station_where_no_station_is_named(tmp_path, more, station):
    layout = Layout("atlas-charging-use", {**LAYOUT.row, **more}, settings=LAYOUT.settings)
    rows = layout.cleaned(tmp_path, layout.file({})).rows
    assert (rows.station_id[0], rows.port_id[0]) == (station, "P-7-1")


def test_who_charged_is_hashed_and_stands_in_no_reject(tmp_path):
    result = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"energy_kwh": "x"}))
    assert len(result.rows.driver_ref[0]) == 32
    assert "member-0042" not in result.rows.to_string() + result.rejects.to_string()
