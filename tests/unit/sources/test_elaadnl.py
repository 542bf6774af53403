"""Profile elaadnl: a heading that says UTC, a publisher who says local time, and copies that differ in dates."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT = layouts.ELAADNL


def at(start, end=""):
    return {"UTCTransactionStart": start, "UTCTransactionStop": end}


VARIANTS = {
    **common_variants(LAYOUT),
    "days first": (LAYOUT.file(at("23/06/2019 21:15", "24/06/2019 07:42")), "kept 1"),
    "days first, with hyphens": (LAYOUT.file(at("23-06-2019 21:15")), "kept 1"),
    "months first": (LAYOUT.file(at("06/23/2019 21:15")), "kept 1"),
    "only dates of either order": (LAYOUT.file(at("05/06/2019 21:15")), "refused time_format_ambiguous"),
    "two ways to write a time": (LAYOUT.file({}, at("23/06/2019 21:15")), "kept 2"),
    "two ways, and a date of either order": (
        LAYOUT.file({}, at("05/06/2019 21:15")),
        "refused time_formats_mixed",
    ),
    "a way that nobody knows": (LAYOUT.file(at("23 juni 2019")), "rejected start_time_unreadable"),
    "no end": (LAYOUT.file(at("2019-06-23 21:15:03")), "kept 1"),
    "an end before the start": (
        LAYOUT.file(at("2019-06-23 21:15:03", "2019-06-23 21:15:02")),
        "rejected end_before_start",
    ),
    "a decimal point": (LAYOUT.file({"TotalEnergy": "22.4"}), "rejected energy_kwh_not_a_number"),
    "no peak power": (LAYOUT.file({"MaxPower": ""}), "kept 1"),
    "power in W": (LAYOUT.file({"MaxPower": "7600"}), "kept 1 warned peak_power_kw_out_of_range"),
    "an hour that October repeats": (LAYOUT.file(at("2019-10-27 02:30:00")), "kept 1 warned hour_is_ambiguous"),
    "commas for semicolons": (LAYOUT.file({}).replace(",", ".").replace(";", ","), "refused no_profile_fits"),
    "no id": (LAYOUT.file({"TransactionId": ""}), "rejected session_id_missing"),
    "the meter values": ("TransactionId;ChargePoint;Connector;UTCTime\n1;a;1;x\n", "refused no_profile_fits"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 21), ("Europe/Amsterdam", 19)])
def test_whether_the_clock_is_utc_or_local_is_for_the_load_to_state(tmp_path, zone, hour):
    layout = Layout("elaadnl", LAYOUT.row, ";")
    assert layout.profile.conventions.timezone is None
    assert (
        layout.outcome(tmp_path, layout.file({})) == "rejected start_time_without_zone rejected end_time_without_zone"
    )
    assert layout.cleaned(tmp_path, layout.file({}), timezone=zone).rows.start_time[0].hour == hour


def test_who_charged_is_hashed_and_stands_in_no_reject(tmp_path):
    result = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"TotalEnergy": "x"}))
    assert len(result.rows.driver_ref[0]) == 32
    assert "9a8b7c6d5e4f" not in result.rows.to_string() + result.rejects.to_string()


def test_energy_and_peak_power_have_a_decimal_comma(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert (rows.energy_kwh[0], rows.peak_power_kw[0]) == (22.4, 7.6)
