"""ACN-Data: what becomes of each item, sound or not, and that no driver is stored."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest

from evcharge.sources.acn import local_time
from tests.support.json_outcomes import SALT, outcome, told

SOUND = {
    "_id": "5f9f",
    "clusterID": "0039",
    "siteID": "0002",
    "spaceID": "CA-303",
    "stationID": "2-39-139-28",
    "sessionID": "2_39_139_28_2020-11-01 08:30:00.000001",
    "userID": "000000743",
    "connectionTime": "Sun, 01 Nov 2020 08:30:00 GMT",
    "disconnectTime": "Sun, 01 Nov 2020 10:30:00 GMT",
    "doneChargingTime": "Sun, 01 Nov 2020 09:30:00 GMT",
    "kWhDelivered": 7.12,
    "timezone": "America/Los_Angeles",
    "userInputs": [{"WhPerMile": 250, "userID": 743, "requestedDeparture": "Sun, 01 Nov 2020 17:00:00 GMT"}],
}
META = {"end": "x", "start": "x", "site": "caltech", "min_kWh": None}


def item(**over):
    """One item as JSON; a value given as bytes stands as it is, and one of ... is left out."""
    parts = []
    for name, value in {**SOUND, **over}.items():
        if value is not ...:
            text = value.decode() if isinstance(value, bytes) else json.dumps(value)
            parts.append(f"{json.dumps(name)}: {text}")
    return "{" + ", ".join(parts) + "}"


def export(*objects):
    return '{"_meta": ' + json.dumps(META) + ', "_items": [\n' + ",\n".join(objects) + "\n]}"


OTHER = item(sessionID="other")

ENVELOPES = {
    "web export": export(item(), OTHER),
    "bare list": f"[{item()}, {OTHER}]",
    "page of the interface": f'{{"_items": [{item()}, {OTHER}], "_links": {{"next": {{"href": "x"}}}}, "_meta": {{}}}}',
    "two pages": f'{{"_items": [{item()}], "_links": {{}}}}\n{{"_items": [{OTHER}], "_links": {{}}}}\n',
    "a list of pages": f"[{export(item())}, {export(OTHER)}]",
    "JSON lines": f"{item()}\n{OTHER}\n",
    "with a mark": "\ufeff" + export(item(), OTHER),
    "UTF-16": export(item(), OTHER).encode("utf-16"),
    "gzip": gzip.compress(export(item(), OTHER).encode(), mtime=0),
    "CR LF": export(item(), OTHER).replace("\n", "\r\n"),
    "pretty": json.dumps(json.loads(export(item(), OTHER)), indent=4),
}


@pytest.mark.parametrize("data", ENVELOPES.values(), ids=ENVELOPES)
def test_every_envelope_is_recognised_and_read_alike(tmp_path, data):
    found = outcome(tmp_path, data)
    assert (found.profile, found.told, len(found.rows)) == ("acn-data", "kept", 2)
    assert found.rows.session_id.tolist() == [SOUND["sessionID"], "other"]


def test_an_item_is_kept_as_it_is_meant(tmp_path):
    row = outcome(tmp_path, export(item())).rows.iloc[0]
    assert (row.station_id, row.port_id, row.energy_kwh, row.line) == ("2-39-139-28", "CA-303", 7.12, 2)
    assert row.start_time == pd.Timestamp("2020-11-01T08:30Z")
    assert row.end_time == pd.Timestamp("2020-11-01T10:30Z")
    assert row.duration_minutes == 120
    assert row.time_key == 2020110101
    assert pd.isna(row.success)
    assert row.stop_reason is None


VARIANTS = {
    "no energy": ({"kWhDelivered": 0}, "kept"),
    "energy as text": ({"kWhDelivered": "7.12"}, "kept"),
    "energy null": ({"kWhDelivered": None}, "kept"),
    "energy not there": ({"kWhDelivered": ...}, "kept"),
    "energy negative": ({"kWhDelivered": -0.1}, "kept with meter_ran_backwards"),
    "energy in Wh": ({"kWhDelivered": 7120}, "rejected energy_kwh_out_of_range"),
    "energy with a comma": ({"kWhDelivered": "7,12"}, "rejected energy_kwh_not_a_number"),
    "energy NaN": ({"kWhDelivered": b"NaN"}, "rejected malformed_row"),
    "energy true": ({"kWhDelivered": True}, "rejected energy_kwh_not_a_number"),
    "energy a list": ({"kWhDelivered": [7]}, "rejected value_not_scalar"),
    "no driver": ({"userID": None, "userInputs": None}, "kept"),
    "driver a number": ({"userID": 743}, "kept"),
    "still plugged in": ({"disconnectTime": None}, "kept"),
    "no length": ({"disconnectTime": SOUND["connectionTime"]}, "kept"),
    "unplugged before plugged in": (
        {"disconnectTime": "Sun, 01 Nov 2020 08:29:59 GMT"},
        "rejected end_before_start",
    ),
    "charged after unplugging": ({"doneChargingTime": "Sun, 01 Nov 2020 11:30:00 GMT"}, "kept"),
    "never full": ({"doneChargingTime": None}, "kept"),
    "more than a week": ({"disconnectTime": "Mon, 09 Nov 2020 10:30:00 GMT"}, "kept with longer_than_a_week"),
    "another weekday": ({"connectionTime": "Mon, 01 Nov 2020 08:30:00 GMT"}, "rejected start_time_unreadable"),
    "no such day": ({"connectionTime": "Mon, 30 Feb 2020 08:30:00 GMT"}, "rejected start_time_unreadable"),
    "another zone": ({"connectionTime": "Sun, 01 Nov 2020 08:30:00 PST"}, "rejected start_time_unreadable"),
    "a German day": ({"connectionTime": "So, 01 Nov 2020 08:30:00 GMT"}, "rejected start_time_unreadable"),
    "ISO with offset": ({"connectionTime": "2020-11-01T01:30:00-07:00"}, "kept"),
    "ISO without offset": ({"connectionTime": "2020-11-01 08:30:00"}, "rejected start_time_without_zone"),
    "epoch": ({"connectionTime": 1604219400}, "rejected start_time_unreadable"),
    "start null": ({"connectionTime": None}, "rejected start_time_missing"),
    "start a clock never set": (
        {"connectionTime": "Thu, 01 Jan 1970 00:00:00 GMT"},
        "rejected start_time_out_of_range",
    ),
    "start to come": (
        {"connectionTime": "Fri, 01 Jan 2027 00:00:00 GMT", "disconnectTime": None},
        "rejected start_time_in_the_future",
    ),
    "no session id": ({"sessionID": None}, "rejected session_id_missing"),
    "session id a fraction": ({"sessionID": b"7.0"}, "rejected value_not_scalar"),
    "station not there": ({"stationID": ...}, "rejected station_id_missing"),
    "station padded": ({"stationID": " 2-39-139-28 "}, "kept with padded_id"),
    "station with a line end": ({"stationID": "2-39\n"}, "rejected station_id_unusable"),
    "bay with NUL": ({"spaceID": "CA\0"}, "rejected nul_character"),
    "bay with half a character": ({"spaceID": "\ud800"}, "rejected malformed_row"),
    "bay null": ({"spaceID": None}, "kept"),
    "zone not there": ({"timezone": ...}, "kept"),
    "zone that is none": ({"timezone": "America/Los Angeles"}, "kept"),
    "zone outside the folder": ({"timezone": "../../etc/passwd"}, "kept"),
    "zone a list": ({"timezone": ["UTC"]}, "rejected value_not_scalar"),
    "time series": ({"chargingCurrent": {"timestamps": ["x"], "values": [1.5]}}, "kept"),
    "the id twice": ({"sessionId": "x"}, "rejected duplicate_key"),
    "deep nesting": ({"x": b"[" * 5000 + b"]" * 5000}, "rejected malformed_row"),
    "a name in capitals": ({"kWhDelivered": ..., "KWHDELIVERED": 7}, "kept"),
}


@pytest.mark.parametrize(("over", "verdict"), VARIANTS.values(), ids=VARIANTS)
def test_what_becomes_of_an_item(tmp_path, over, verdict):
    assert told(tmp_path, export(OTHER, item(**over))) == verdict
    assert told(tmp_path, f"{OTHER}\n{item(**over)}\n") == verdict


FILES = {
    "cut off": (export(item(), OTHER)[:-40], "refused truncated_json"),
    "the list's end missing": (export(item(), OTHER)[:-3], "refused truncated_json"),
    "a comma too many": (export(item(), OTHER).replace("\n]}", ",\n]}"), "refused malformed_json"),
    "something after it": (export(item()) + "\nOK", "rejected malformed_row"),
    "null among items": (export(item(), "null"), "rejected not_an_object"),
    "an item of nothing": (
        export(item(), "{}"),
        "rejected session_id_missing station_id_missing start_time_missing",
    ),
    "an open text": (export(item(), item(spaceID=b'"CA').replace("\n", ""), OTHER), "refused malformed_json"),
    "a byte of another encoding": (
        export(item(spaceID="x")).encode().replace(b'"x"', b'"\xe9"'),
        "refused wrong_encoding",
    ),
    "an empty list": ("[]", "refused empty_page"),
    "items of something else": ('{"_items": [{"a": 1}]}', "refused no_profile_fits"),
    "an item longer than any": (export(OTHER, item(x="x" * 1_100_000)), "refused line_too_long"),
}


@pytest.mark.parametrize(("data", "verdict"), FILES.values(), ids=FILES)
def test_what_becomes_of_a_file(tmp_path, data, verdict):
    assert told(tmp_path, data) == verdict


@pytest.mark.parametrize(
    ("zone", "start", "hour"),
    [
        ("America/Los_Angeles", "Sun, 01 Nov 2020 08:59:59 GMT", 2020110101),
        ("America/Los_Angeles", "Sun, 01 Nov 2020 09:00:00 GMT", 2020110101),
        ("America/Los_Angeles", "Sun, 01 Nov 2020 10:00:00 GMT", 2020110102),
        ("Europe/Paris", "Sun, 01 Nov 2020 08:59:59 GMT", 2020110109),
        ("No/Where", "Sun, 01 Nov 2020 08:59:59 GMT", 2020110108),
        (None, "Sun, 01 Nov 2020 08:59:59 GMT", 2020110108),
    ],
)
def test_the_local_hour_is_that_of_the_items_own_zone(tmp_path, zone, start, hour):
    row = outcome(tmp_path, export(item(timezone=zone, connectionTime=start, disconnectTime=None))).rows.iloc[0]
    assert row.time_key == hour


def test_the_hour_that_comes_twice_keeps_its_order():
    first, second = (local_time(f"Sun, 01 Nov 2020 0{hour}:30:00 GMT", "America/Los_Angeles") for hour in (8, 9))
    assert (first, second) == ("2020-11-01T01:30:00-07:00", "2020-11-01T01:30:00-08:00")


def test_no_driver_is_stored_and_one_driver_has_one_reference(tmp_path):
    broken = item(sessionID="third", kWhDelivered="x")
    found = outcome(tmp_path, export(item(), OTHER, broken, item(kWhDelivered=b"NaN")))
    assert "743" not in found.everything
    assert "requestedDeparture" not in found.everything
    refs = found.rows.driver_ref.tolist()
    assert len(refs[0]) == 32
    assert refs[0] == refs[1]
    assert '"userID":"[private]"' in found.rejects.raw[0]
    assert '"userInputs":"[private]"' in found.rejects.raw[0]
    assert '"kWhDelivered":"x"' in found.rejects.raw[0]
    assert found.rejects.raw[1].startswith("[row withheld")
    assert SALT not in found.everything


def test_rejects_of_a_document_on_one_line_have_numbers_of_their_own(tmp_path):
    bad = item(kWhDelivered="x")
    found = outcome(tmp_path, f"[{bad},{item()},{bad}]")
    assert found.rejects.line.tolist() == [1, 3]
    assert found.rows.line.tolist() == [2]


@pytest.mark.thorough
def test_the_rows_do_not_depend_on_the_chunks(tmp_path):
    data = export(*(item(sessionID=f"s{number}") for number in range(1100)))
    whole, parts = outcome(tmp_path, data), outcome(tmp_path, data, chunk_rows=300)
    pd.testing.assert_frame_equal(whole.rows, parts.rows)
