"""Profile asensio-workplace: years with two digits, a zone that nobody published."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT = layouts.ASENSIO_WORKPLACE
TABS = Layout("asensio-workplace", LAYOUT.row, "\t", LAYOUT.settings)
VARIANTS = {
    **common_variants(LAYOUT),
    "tabs": (TABS.file({}), "kept 1"),
    "four digits of a year": (LAYOUT.file({"created": "2014-11-18 15:40:26"}), "kept 1"),
    "a year of the last century": (
        LAYOUT.file({"created": "0099-11-18 15:40:26"}),
        "rejected start_time_in_the_future rejected end_before_start",
    ),
    "a year of three digits": (LAYOUT.file({"created": "0114-11-18 15:40:26"}), "rejected start_time_out_of_range"),
    "a year of two digits": (LAYOUT.file({"created": "14-11-18 15:40:26"}), "rejected start_time_unreadable"),
    "no end": (LAYOUT.file({"ended": ""}), "kept 1"),
    "an end before the start": (LAYOUT.file({"ended": "0014-11-18 15:40:25"}), "rejected end_before_start"),
    "no length": (LAYOUT.file({"ended": "0014-11-18 15:40:26"}), "kept 1"),
    "a day that is none": (LAYOUT.file({"created": "0014-11-31 15:40:26"}), "rejected start_time_unreadable"),
    "an hour that November repeats": (LAYOUT.file({"created": "0014-11-02 01:30:00"}), "rejected start_time_ambiguous"),
    "an hour that March skips": (
        LAYOUT.file({"created": "0015-03-08 02:30:00", "ended": ""}),
        "rejected start_time_nonexistent",
    ),
    "no user": (LAYOUT.file({"userId": ""}), "kept 1"),
    "the copy without an end": (LAYOUT.file({}, without="ended"), "refused no_profile_fits"),
    "no session id": (LAYOUT.file({"sessionId": " "}), "rejected session_id_missing"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def test_without_a_stated_zone_no_row_is_placed_in_time(tmp_path):
    layout = Layout("asensio-workplace", LAYOUT.row)
    assert layout.profile.conventions.timezone is None
    assert (
        layout.outcome(tmp_path, layout.file({})) == "rejected start_time_without_zone rejected end_time_without_zone"
    )


def test_the_year_is_of_this_century(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.start_time[0].isoformat() == "2014-11-18T21:40:26+00:00"


def test_who_charged_and_the_postcode_stand_in_no_reject(tmp_path):
    result = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"kwhTotal": "x"}))
    assert len(result.rows.driver_ref[0]) == 32
    for private in ("35890001", "30332"):
        assert private not in result.rows.to_string() + result.rejects.to_string()
