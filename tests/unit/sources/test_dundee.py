"""Profile dundee: filler rows, postcodes, the epoch's zero."""

from __future__ import annotations

import pytest

from tests.support.tables import Layout, common_variants

LAYOUT = Layout(
    "dundee",
    {
        "SDR ID": "8812001",
        "Site": "Harbour Road, Dundee",
        "CP ID": "APT61234",
        "Connector Type": "rapid",
        "Consum(kWh)": "21.05",
        "Duration": "00:41:07",
        "Start": "03/09/2023 17:20",
        "End": "03/09/2023 18:02",
        "Postcode": "DD1 9ZZ",
    },
)
BLANK = dict.fromkeys(LAYOUT.row, "")
VARIANTS = {
    **common_variants(LAYOUT),
    "a filler row": (LAYOUT.file({}, BLANK, BLANK), "kept 1 skipped 2"),
    "a filler row of blanks": (LAYOUT.file(dict.fromkeys(LAYOUT.row, " ")), "skipped 1"),
    "nothing but a postcode": (LAYOUT.file({**BLANK, "Postcode": "DD1 9ZZ"}), "skipped 1"),
    "nothing but an id is no filler": (
        LAYOUT.file({**BLANK, "SDR ID": "1"}),
        "rejected station_id_missing rejected start_time_missing",
    ),
    "a filler row that is too short": (LAYOUT.file({}) + ",,\n", "kept 1 rejected row_too_short"),
    "an end at the epoch's zero": (LAYOUT.file({"End": "01/01/1970 00:00"}), "kept 1"),
    "an end at the epoch's zero, in summer time": (LAYOUT.file({"End": "01/01/1970 01:00"}), "kept 1"),
    "no end": (LAYOUT.file({"End": ""}), "kept 1"),
    "an end before the start": (LAYOUT.file({"End": "03/09/2023 17:19"}), "rejected end_before_start"),
    "months first": (LAYOUT.file({"Start": "09/23/2023 17:20"}), "rejected start_time_unreadable"),
    "an ISO time": (LAYOUT.file({"Start": "2023-09-03T17:20"}), "rejected start_time_unreadable"),
    "a start at the epoch's zero": (LAYOUT.file({"Start": "01/01/1970 00:00"}), "rejected start_time_out_of_range"),
    "a numeric charge point": (LAYOUT.file({"CP ID": "52001"}), "kept 1"),
    "no id": (LAYOUT.file({"SDR ID": ""}), "rejected session_id_missing"),
    "an hour that October repeats": (
        LAYOUT.file({"Start": "29/10/2023 01:30", "End": "29/10/2023 03:00"}),
        "rejected start_time_ambiguous",
    ),
}


@pytest.mark.parametrize(("data", "outcome"), VARIANTS.values(), ids=VARIANTS)
def test_each_variant_has_the_documented_outcome(tmp_path, data, outcome):
    assert LAYOUT.outcome(tmp_path, data) == outcome


@pytest.mark.parametrize("heading", ["Postcode", "Column1"])
def test_a_postcode_is_not_kept_whatever_its_heading(tmp_path, heading):
    row = {heading if name == "Postcode" else name: text for name, text in LAYOUT.row.items()}
    layout = Layout("dundee", row)
    (raw,) = layout.read_text(tmp_path, layout.file({}, {"Consum(kWh)": "-3"}))
    assert "DD1" not in raw.frame.to_string()
    assert "APT61234" in raw.frame.raw[1]


def test_summer_time_is_an_hour_ahead(tmp_path):
    rows = LAYOUT.cleaned(tmp_path, LAYOUT.file({})).rows
    assert rows.start_time[0].isoformat() == "2023-09-03T16:20:00+00:00"
    assert rows.time_key[0] == 2023090317
