"""Profile evwatts: flags that drop duplicates and nothing else."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT = layouts.EVWATTS
VARIANTS = {
    **common_variants(LAYOUT),
    "a duplicate": (LAYOUT.file({}, {"flag_id": "16"}), "kept 1 skipped 1"),
    "a duplicate among other flags": (LAYOUT.file({"flag_id": "400"}), "skipped 1"),
    "a duplicate that a table program wrote": (LAYOUT.file({"flag_id": "16.0"}), "skipped 1"),
    "zero kWh": (LAYOUT.file({"flag_id": "128", "energy_kwh": "0"}), "kept 1"),
    "below 0.3 kWh": (LAYOUT.file({"flag_id": "256", "energy_kwh": "0.1"}), "kept 1"),
    "zero kWh, below 0.3 kWh and short": (LAYOUT.file({"flag_id": "448", "energy_kwh": "0"}), "kept 1"),
    "internal use": (LAYOUT.file({"flag_id": "1024"}), "kept 1"),
    "flags that are no number": (LAYOUT.file({"flag_id": "x16"}), "kept 1"),
    "no flags": (LAYOUT.file({"flag_id": ""}), "kept 1"),
    "no column of flags": (LAYOUT.file({}, without="flag_id"), "kept 1"),
    "energy null": (LAYOUT.file({"flag_id": "8192", "energy_kwh": ""}), "kept 1"),
    "end missing": (LAYOUT.file({"flag_id": "32768", "end_datetime": ""}), "kept 1"),
    "negative duration": (
        LAYOUT.file({"flag_id": "65536", "end_datetime": "2021-06-01 08:00:00"}),
        "rejected end_before_start",
    ),
    "unrealistic kW": (LAYOUT.file({"flag_id": "1", "energy_kwh": "900"}), "kept 1 warned implausible_power"),
    "a battery above full": (LAYOUT.file({"end_soc": "101"}), "kept 1 warned end_soc_percent_out_of_range"),
    "a date without a time": (LAYOUT.file({"start_datetime": "2021-06-01"}), "rejected start_time_unreadable"),
    "the file of the EVSE": ("evse_id,metro_area,region,num_ports\n310,x,y,2\n", "refused no_profile_fits"),
    "the file of the connectors": ("connector_id,evse_id,power_kw\n455,310,<30 kW\n", "refused no_profile_fits"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


@pytest.mark.parametrize("bit", [1 << place for place in range(17)])
def test_only_the_flag_of_a_duplicate_drops_a_row(tmp_path, bit):
    (raw,) = LAYOUT.read_text(tmp_path, LAYOUT.file({"flag_id": str(bit)}))
    assert raw.skipped == (1 if bit == 16 else 0)


def test_without_a_stated_zone_no_row_is_placed_in_time(tmp_path):
    layout = Layout("evwatts", LAYOUT.row)
    assert layout.profile.conventions.timezone is None
    assert (
        layout.outcome(tmp_path, layout.file({})) == "rejected start_time_without_zone rejected end_time_without_zone"
    )


def test_in_utc_the_clock_time_stands_as_it_was_written(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.time_key[0] == 2021060108
    assert rows.start_soc_percent[0] == 20
