"""Profile uk-apt: dates whose order the file as a whole must settle, open sessions, the epoch's zero."""

from __future__ import annotations

import pytest

from tests.support import layouts
from tests.support.tables import Layout, common_variants

LAYOUT = layouts.UK_APT
OPEN = {"End Date": "", "End Time": "", "Total kWh": ""}
US = {"Start Date": "02/23/2018", "End Date": "02/23/2018"}
EITHER = layouts.UK_APT_EITHER_ORDER
VARIANTS = {
    **common_variants(LAYOUT),
    "an open session": (LAYOUT.file(OPEN), "kept 1"),
    "a session of no length": (LAYOUT.file({"End Time": "09:14"}), "kept 1"),
    "months first": (LAYOUT.file(US), "kept 1"),
    "a date of either order beside one that settles it": (LAYOUT.file({}, EITHER), "kept 2"),
    "only dates of either order": (LAYOUT.file(EITHER), "refused time_format_ambiguous"),
    "both orders in one file": (LAYOUT.file({}, US), "kept 2"),
    "both orders and a date of either": (LAYOUT.file({}, US, EITHER), "refused time_formats_mixed"),
    "the same either way": (LAYOUT.file({"Start Date": "02/02/2018", "End Date": "02/02/2018"}), "kept 1"),
    "an end at the epoch's zero": (LAYOUT.file({"End Date": "01/01/1970", "End Time": "01:00"}), "kept 1"),
    "an end time without its date": (LAYOUT.file({"End Date": ""}), "kept 1"),
    "an end date without its time": (LAYOUT.file({"End Time": ""}), "rejected end_time_unreadable"),
    "a start date without its time": (LAYOUT.file({}, {"Start Time": ""}), "kept 1 rejected start_time_unreadable"),
    "a year of two digits": (LAYOUT.file({}, {"Start Date": "23/02/18"}), "kept 1 rejected start_time_unreadable"),
    "an end before the start": (LAYOUT.file({"End Time": "08:00"}), "rejected end_before_start"),
    "an hour that October repeats": (
        LAYOUT.file({"Start Date": "28/10/2018", "Start Time": "01:30", "End Date": "28/10/2018"}),
        "rejected start_time_ambiguous",
    ),
    "an hour that March skips": (
        LAYOUT.file({"Start Date": "25/03/2018", "Start Time": "01:30", "End Date": "25/03/2018"}),
        "rejected start_time_nonexistent",
    ),
    "no charging event": (LAYOUT.file({"Charging event": ""}), "rejected session_id_missing"),
    "columns without a name": (LAYOUT.lines([*LAYOUT.row, "", ""], [*LAYOUT.row.values(), "", "Leaf"]), "kept 1"),
    "more energy than a session holds": (LAYOUT.file({"Total kWh": "1430.17"}), "rejected energy_kwh_out_of_range"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


@pytest.mark.parametrize("over", [{}, US])
def test_the_order_of_day_and_month_is_settled_by_the_whole_file(tmp_path, over):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file(over)).rows
    assert rows.start_time[0].isoformat() == "2018-02-23T09:14:00+00:00"
    assert rows.duration_minutes[0] == 48


@pytest.mark.parametrize("end", [{"End Date": "01/01/1970", "End Time": "01:00"}, OPEN])
def test_an_end_that_is_not_known_is_missing_and_the_session_is_kept(tmp_path, end):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file(end)).rows
    assert rows.end_time.isna().all()
    assert len(rows) == 1


def test_the_epochs_zero_is_counted_as_repaired(tmp_path):
    data = LAYOUT.file({}, {"End Date": "01/01/1970", "End Time": "01:00"})
    (raw,) = LAYOUT.read_text(tmp_path, data)
    assert raw.repaired == {"no_epoch_zero": 1, "only_with_first": 1}


@pytest.mark.parametrize("heading", ["User ID", "Unique User ID"])
def test_who_charged_is_hashed_and_stands_in_no_reject(tmp_path, heading):
    row = {heading if name == "User ID" else name: text for name, text in LAYOUT.row.items()}
    layout = Layout("uk-apt", row)
    result = layout.cleaned(tmp_path, layout.file({}, {"Total kWh": "x"}))
    assert len(result.rows.driver_ref[0]) == 32
    assert "TAG-77" not in result.rows.to_string() + result.rejects.to_string()
    assert "50339" in result.rejects.raw[0]
