"""Profile norway-sorensen: semicolons, decimal commas, NA."""

from __future__ import annotations

import pytest

from tests.support.tables import Layout, common_variants

LAYOUT = Layout(
    "norway-sorensen",
    {
        "session_ID": "1",
        "Garage_ID": "Xy3",
        "User_ID": "Xy3-4",
        "User_type": "Private",
        "Shared_ID": "NA",
        "Start_plugin": "21.12.2018 10:20",
        "Start_plugin_hour": "10",
        "End_plugout": "21.12.2018 10:23",
        "End_plugout_hour": "10",
        "El_kWh": "0,3",
        "Duration_hours": "0,05",
        "month_plugin": "Dec",
        "weekdays_plugin": "Friday",
    },
    delimiter=";",
)
VARIANTS = {
    **common_variants(LAYOUT),
    "no end": (LAYOUT.file({"End_plugout": "NA", "Duration_hours": "NA"}), "kept 1"),
    "no energy known": (LAYOUT.file({"El_kWh": "NA"}), "kept 1"),
    "a decimal point": (LAYOUT.file({"El_kWh": "0.3"}), "rejected energy_kwh_not_a_number"),
    "a comma and a point": (LAYOUT.file({"El_kWh": "1.000,3"}), "rejected energy_kwh_not_a_number"),
    "another word for nothing": (LAYOUT.file({"El_kWh": "na"}), "rejected energy_kwh_not_a_number"),
    "NA for a start": (LAYOUT.file({"Start_plugin": "NA"}), "rejected start_time_missing"),
    "a garage that is called NA": (LAYOUT.file({"Garage_ID": "NA"}), "kept 1"),
    "slashes in a date": (LAYOUT.file({"Start_plugin": "21/12/2018 10:20"}), "rejected start_time_unreadable"),
    "seconds": (LAYOUT.file({"End_plugout": "21.12.2018 10:23:10"}), "rejected end_time_unreadable"),
    "an end before the start": (LAYOUT.file({"End_plugout": "21.12.2018 10:19"}), "rejected end_before_start"),
    "longer than a week": (LAYOUT.file({"End_plugout": "31.12.2018 10:23"}), "kept 1 warned longer_than_a_week"),
    "an hour that October repeats": (
        LAYOUT.file({"Start_plugin": "27.10.2019 02:30", "End_plugout": "27.10.2019 09:00"}),
        "rejected start_time_ambiguous",
    ),
    "the wider layout": (LAYOUT.file({"Plugin_category": "a", "Duration_category": "b"}), "kept 1"),
    "commas for semicolons": (LAYOUT.file({}).replace(";", ","), "refused no_profile_fits"),
    "an average power that no garage has": (LAYOUT.file({"El_kWh": "30"}), "kept 1 warned implausible_power"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def test_a_comma_is_the_decimal_sign(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({"El_kWh": "29,87"})).rows
    assert rows.energy_kwh[0] == 29.87
    assert rows.start_time[0].isoformat() == "2018-12-21T09:20:00+00:00"


def test_who_charged_is_hashed_and_stands_in_no_reject(tmp_path):
    result = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"El_kWh": "x"}))
    assert len(result.rows.driver_ref[0]) == 32
    assert "Xy3-4" not in result.rows.to_string() + result.rejects.to_string()
