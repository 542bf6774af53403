"""Profile chargeplace-scotland: headings that vary by month, dates whose order does too."""

from __future__ import annotations

import pytest

from tests.support.tables import Layout, common_variants

LAYOUT = Layout(
    "chargeplace-scotland",
    {
        "CP ID": "51234",
        "Connector": "2",
        "Connector Type": "ac",
        "Curr": "GBP",
        "Amount": "3.10",
        "Consum(kWh)": "9.8",
        "Duration": "01:12:30",
        "Start": "14/05/2024 08:05:11",
        "Site": "Shore Terrace",
    },
)


def with_heading(old, new, **over):
    """The layout with another spelling of one heading."""
    row = {new if name == old else name: text for name, text in LAYOUT.row.items()}
    return Layout("chargeplace-scotland", {**row, **over})


VARIANTS = {
    **common_variants(LAYOUT),
    "no seconds": (LAYOUT.file({"Start": "14/05/2024 08:05"}), "kept 1"),
    "ISO with a T": (LAYOUT.file({"Start": "2024-05-14T08:05:11"}), "kept 1"),
    "months first": (LAYOUT.file({"Start": "05/14/2024 08:05:11"}), "kept 1"),
    "only dates of either order": (LAYOUT.file({"Start": "05/04/2024 08:05"}), "refused time_format_ambiguous"),
    "both orders in one file": (LAYOUT.file({}, {"Start": "05/14/2024 08:05:11"}), "kept 2"),
    "both orders and a date of either": (
        LAYOUT.file({}, {"Start": "05/14/2024 08:05:11"}, {"Start": "05/06/2024 08:05:11"}),
        "refused time_formats_mixed",
    ),
    "with and without seconds": (LAYOUT.file({}, {"Start": "14/05/2024 08:05"}), "kept 2"),
    "a duration in seconds": (LAYOUT.file({"Duration": "4350"}), "rejected duration_minutes_unreadable"),
    "no duration": (LAYOUT.file({"Duration": ""}), "kept 1"),
    "a duration of nothing": (LAYOUT.file({"Duration": "00:00:00"}), "kept 1"),
    "longer than a day": (LAYOUT.file({"Duration": "31:00:00"}), "kept 1"),
    "longer than a week": (LAYOUT.file({"Duration": "200:00:00"}), "kept 1 warned longer_than_a_week"),
    "a duration below zero": (LAYOUT.file({"Duration": "-00:10:00"}), "rejected duration_minutes_unreadable"),
    "an hour that March skips": (LAYOUT.file({"Start": "31/03/2024 01:30:00"}), "rejected start_time_nonexistent"),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CP ID", "CP_ID"),
        ("CP ID", "CPID"),
        ("CP ID", "Display ID"),
        ("CP ID", "charging_point_id"),
        ("Connector", "Connector ID"),
        ("Connector", "Connecto ID"),
        ("Consum(kWh)", "Consum"),
        ("Consum(kWh)", "CONSUMED"),
        ("Consum(kWh)", "Consumed(kWh)"),
        ("Start", "Start Time"),
        ("Start", "StartTime"),
        ("Site", "Sites"),
        ("Connector Type", "te_charge_type"),
    ],
)
def test_every_spelling_of_a_heading_gives_the_same_session(tmp_path, old, new):
    here = LAYOUT.cleaned(tmp_path, LAYOUT.file({}))
    layout = with_heading(old, new)
    there = layout.cleaned(tmp_path, layout.file({}))
    assert there.rows.equals(here.rows)
    assert there.stations.equals(here.stations)


def test_a_session_is_known_by_connector_start_duration_and_energy(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({}, {"Connector": "1"})).rows
    assert rows.session_id.tolist() == [f"{port}|14/05/2024 08:05:11|01:12:30|9.8" for port in (2, 1)]


def test_the_end_is_the_start_plus_the_duration(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.end_time[0].isoformat() == "2024-05-14T08:17:41+00:00"
