"""Profile perth-kinross: two layouts of one export, day and month swapped where the day is 12 or less."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import common_variants

LAYOUT, ARCGIS = layouts.PERTH_KINROSS, layouts.PERTH_KINROSS_ARCGIS
VARIANTS = {
    **common_variants(LAYOUT),
    "the other layout": (ARCGIS.file({}), "kept 1"),
    "an open session": (LAYOUT.file({"End Date": "", "End Time": "", "Total kWh": ""}), "kept 1"),
    "an end at the epoch's zero": (LAYOUT.file({"End Date": "1970-01-01T00:00:00", "End Time": "01:00"}), "kept 1"),
    "an end time without its date": (LAYOUT.file({"End Date": ""}), "kept 1"),
    "an end date without its time": (LAYOUT.file({"End Time": ""}), "rejected end_time_unreadable"),
    "a night whose dates are both swapped": (
        LAYOUT.file({"Start Date": "2018-05-03T00:00:00", "End Date": "2018-06-03T00:00:00"}),
        "kept 1",
    ),
    "an end before the start": (LAYOUT.file({"End Time": "22:47"}), "rejected end_before_start"),
    "a month that is none": (LAYOUT.file({"Start Date": "2018-13-31T00:00:00"}), "rejected start_time_unreadable"),
    "a day that is none": (LAYOUT.file({"Start Date": "2018-02-30T00:00:00"}), "rejected start_time_unreadable"),
    "an hour that October repeats": (
        LAYOUT.file({"Start Date": "2018-10-28T00:00:00", "Start Time": "01:15", "End Date": "2018-10-28T00:00:00"}),
        "rejected start_time_ambiguous",
    ),
    "another way to write dates": (LAYOUT.file({"Start Date": "31/08/2018"}), "rejected start_time_unreadable"),
    "without the row number it is another council's": (LAYOUT.file({}, without="_id"), "refused no_profile_fits"),
    "a charge that the meter ran back on": (
        LAYOUT.file({"Total kWh": "-1394.711"}),
        "kept 1 warned meter_ran_backwards",
    ),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


def start_of(tmp_path, layout, written):
    name = "Start Date" if layout is LAYOUT else "Start_Date"
    over = {name: written, name.replace("Start", "End"): ""}
    return layout.cleaned(tmp_path, layout.file(over)).rows.start_time[0].strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2018-08-31T00:00:00", "2018-08-31"),
        ("2018-08-13T00:00:00", "2018-08-13"),
        ("2018-12-08T00:00:00", "2018-08-12"),
        ("2018-01-08T00:00:00", "2018-08-01"),
        ("2018-08-08T00:00:00", "2018-08-08"),
    ],
)
@pytest.mark.parametrize("layout", [LAYOUT, ARCGIS])
def test_day_and_month_change_places_where_the_day_is_twelve_or_less(tmp_path, layout, written, meant):
    text = written if layout is LAYOUT else written.replace("-", "/").replace("T", " ")
    assert start_of(tmp_path, layout, text) == meant


def test_a_session_in_both_layouts_is_one_session(tmp_path):
    new, old = (layout.cleaned(tmp_path, layout.file({"_id": "7"})).rows for layout in (LAYOUT, ARCGIS))
    assert new.equals(old)
    assert new.session_id.tolist() == ["2|2018-08-31|22:48|2018-08-31|22:58|2.78"]


def test_seconds_that_are_not_zero_are_kept(tmp_path):
    rows = ARCGIS.cleaned(tmp_path, ARCGIS.file({"Start_Time": "22:48:30"})).rows
    assert rows.start_time[0].isoformat() == "2018-08-31T21:48:30+00:00"


def test_what_was_put_right_is_counted(tmp_path):
    data = LAYOUT.file({}, {"Start Date": "2018-03-08T00:00:00", "End Date": "2018-03-08T00:00:00"})
    (raw,) = LAYOUT.read_text(tmp_path, data)
    assert raw.repaired == {"swap_day_month": 2}
