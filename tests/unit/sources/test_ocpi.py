"""OCPI Sessions and CDRs: what becomes of each object, of several messages about one, and of credits."""

from __future__ import annotations

import copy
import gzip
import json

import pandas as pd
import pytest

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from tests.support.json_outcomes import outcome, told

TOKEN = {"country_code": "NL", "party_id": "TNM", "uid": "012345678", "type": "RFID", "contract_id": "NL-TNM-C1234-X"}
SESSION = {
    "country_code": "NL",
    "party_id": "STK",
    "id": "101",
    "start_date_time": "2024-03-09T10:17:09Z",
    "end_date_time": "2024-03-09T11:17:09Z",
    "kwh": 7.5,
    "cdr_token": TOKEN,
    "auth_method": "WHITELIST",
    "location_id": "LOC1",
    "evse_uid": "3256",
    "connector_id": "1",
    "currency": "EUR",
    "charging_periods": [
        {"start_date_time": "2024-03-09T10:17:09Z", "dimensions": [{"type": "ENERGY", "volume": 7.5}]}
    ],
    "total_cost": {"excl_vat": 2.5, "incl_vat": 3.0},
    "status": "COMPLETED",
    "last_updated": "2024-03-09T11:17:10Z",
}
PLACE = {
    "id": "LOC1",
    "name": "Gent Zuid",
    "address": "F.Rooseveltlaan 3A",
    "city": "Gent",
    "postal_code": "9000",
    "country": "BEL",
    "coordinates": {"latitude": "51.04", "longitude": "3.73"},
}
CDR = {
    "country_code": "BE",
    "party_id": "BEC",
    "id": "12345",
    "start_date_time": "2024-06-29T21:39:09Z",
    "end_date_time": "2024-06-29T23:37:32Z",
    "session_id": "S1",
    "cdr_token": TOKEN,
    "auth_method": "WHITELIST",
    "cdr_location": {
        **PLACE,
        "evse_uid": "3256",
        "evse_id": "BE*BEC*E041503003",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
    },
    "currency": "EUR",
    "charging_periods": [],
    "total_cost": {"excl_vat": 4.0, "incl_vat": 4.4},
    "total_energy": 15.342,
    "total_time": 1.973,
    "remark": "stopped by the driver",
    "last_updated": "2024-06-29T22:01:13Z",
}
NESTED = {**PLACE, "evses": [{"uid": "3256", "evse_id": "X", "status": "CHARGING", "connectors": [{"id": "1"}]}]}
SESSION_211 = {
    "id": "101",
    "start_datetime": "2024-03-09T10:17:09Z",
    "end_datetime": "2024-03-09T11:17:09Z",
    "kwh": 7.5,
    "auth_id": "NL-TNM-C1234-X",
    "auth_method": "WHITELIST",
    "location": NESTED,
    "currency": "EUR",
    "status": "COMPLETED",
    "last_updated": "2024-03-09T11:17:10Z",
}
CDR_211 = {
    "id": "12345",
    "start_date_time": "2024-06-29T21:39:09Z",
    "stop_date_time": "2024-06-29T23:37:32Z",
    "auth_id": "NL-TNM-C1234-X",
    "auth_method": "WHITELIST",
    "location": NESTED,
    "currency": "EUR",
    "charging_periods": [],
    "total_cost": 4.0,
    "total_energy": 15.342,
    "total_time": 1.973,
    "last_updated": "2024-06-29T22:01:13Z",
}
BASES = {"session": SESSION, "session 2.1.1": SESSION_211, "cdr": CDR, "cdr 2.1.1": CDR_211}
PROFILES = {"session": "ocpi-sessions", "cdr": "ocpi-cdrs"}


def one(base, **over):
    """An object of the spec's table as JSON; a value given as bytes stands as it is, and one of ... is left out."""
    parts = []
    for name, value in {**base, **over}.items():
        if value is not ...:
            text = value.decode() if isinstance(value, bytes) else json.dumps(value)
            parts.append(f"{json.dumps(name)}: {text}")
    return "{" + ", ".join(parts) + "}"


def session(**over):
    return one(SESSION, **over)


def cdr(**over):
    return one(CDR, **over)


def answer(*objects):
    head = '{"status_code": 1000, "status_message": "OK", "timestamp": "2024-07-01T00:00:00Z", "data": [\n'
    return head + ",\n".join(objects) + "\n]}\n"


def pushed(method, body, place="sessions/NL/STK/101", **more):
    """A line of a push log."""
    url = {} if place is None else {"url": f"https://example.com/ocpi/emsp/2.2.1/{place}"}
    return json.dumps({"at": "x", "method": method, **url, "body": body, **more})


def log(*lines):
    return "\n".join(lines) + "\n"


def envelopes(a, b):
    return {
        "answer": answer(a, b),
        "data alone": f'{{"data": [{a}, {b}]}}',
        "data.items": f'{{"data": {{"items": [{a}, {b}], "total": 2}}}}',
        "bare list": f"[{a},{b}]",
        "two pages": answer(a) + answer(b),
        "an empty page between": answer(a) + answer() + answer(b),
        "a list of pages": f"[{answer(a)}, {answer(b)}]",
        "JSON lines": f"{a}\n{b}\n",
        "answers to single requests": f'{{"data": {a}, "status_code": 1000}}\n{{"data": {b}, "status_code": 1000}}\n',
        "with a mark": "\ufeff" + answer(a, b),
        "UTF-16": answer(a, b).encode("utf-16"),
        "gzip": gzip.compress(answer(a, b).encode(), mtime=0),
        "pretty": json.dumps(json.loads(answer(a, b)), indent=2),
    }


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("envelope", list(envelopes("{}", "{}")))
def test_every_envelope_of_every_version_is_recognised_and_read_alike(tmp_path, name, envelope):
    base = BASES[name]
    found = outcome(tmp_path, envelopes(one(base), one(base, id="other"))[envelope])
    assert (found.profile, found.told) == (PROFILES[name.split()[0]], "kept")
    scope = f"{base['country_code']}|{base['party_id']}|" if "country_code" in base else ""
    assert found.rows.session_id.tolist() == [f"{scope}{base['id']}", f"{scope}other"]


@pytest.mark.parametrize("name", BASES)
def test_an_object_is_kept_as_it_is_meant_in_every_version(tmp_path, name):
    row = outcome(tmp_path, answer(one(BASES[name]))).rows.iloc[0]
    is_session = name.startswith("session")
    start, end, energy = (
        ("2024-03-09T10:17:09Z", "2024-03-09T11:17:09Z", 7.5)
        if is_session
        else ("2024-06-29T21:39:09Z", "2024-06-29T23:37:32Z", 15.342)
    )
    assert (row.station_id, row.port_id, row.connector_id, row.energy_kwh) == ("LOC1", "3256", "1", energy)
    assert (row.start_time, row.end_time) == (pd.Timestamp(start), pd.Timestamp(end))
    assert row.source_updated_at == pd.Timestamp(BASES[name]["last_updated"])
    assert row.stop_reason == ("COMPLETED" if is_session else BASES[name].get("remark"))
    assert pd.isna(row.success)
    assert str(row.has_transaction) == ("True" if is_session else "<NA>")
    assert row.time_key == int(start[:13].replace("-", "").replace("T", ""))


def test_two_versions_of_one_driver_have_one_reference(tmp_path):
    refs = {outcome(tmp_path, answer(one(base))).rows.driver_ref[0] for base in BASES.values()}
    assert len(refs) == 1
    assert len(refs.pop()) == 32


def test_a_cdr_tells_its_station(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(answer(cdr()))
    with open_file(path) as file:
        (raw,) = read(file, builtin_profiles()["ocpi-cdrs"])
    told_of = raw.frame.loc[0, [f"station_{name}" for name in ("name", "address", "city", "country", "latitude")]]
    assert told_of.tolist() == ["Gent Zuid", "F.Rooseveltlaan 3A", "Gent", "BEL", "51.04"]


SHARED = {
    "start without Z is UTC": ({"start_date_time": "2024-01-09T10:17:09", "end_date_time": None}, "kept"),
    "start with a fraction of seven digits": (
        {"start_date_time": "2024-01-09T10:17:09.1234567Z", "end_date_time": None},
        "kept",
    ),
    "start with an offset": ({"start_date_time": "2024-01-09T10:17:09+01:00", "end_date_time": None}, "kept"),
    "start with a blank": ({"start_date_time": "2024-01-09 10:17:09", "end_date_time": None}, "kept"),
    "start a day only": ({"start_date_time": "2024-01-09"}, "rejected start_time_unreadable"),
    "start an epoch": ({"start_date_time": 1704795429}, "rejected start_time_unreadable"),
    "start no day": ({"start_date_time": "2024-02-30T10:17:09Z"}, "rejected start_time_unreadable"),
    "start not there": ({"start_date_time": ...}, "rejected start_time_missing"),
    "end before start": ({"end_date_time": "2024-01-01T00:00:00Z"}, "rejected end_before_start"),
    "end at the start": ({"end_date_time": "2024-03-09T10:17:09Z", "start_date_time": "2024-03-09T10:17:09Z"}, "kept"),
    "id null": ({"id": None}, "rejected session_id_missing"),
    "id blank": ({"id": " "}, "rejected session_id_missing"),
    "id a number": ({"id": 7}, "kept"),
    "id a fraction": ({"id": 7.5}, "rejected value_not_scalar"),
    "id a list": ({"id": ["7"]}, "rejected value_not_scalar"),
    "id with a line end": ({"id": "1\n2"}, "rejected session_id_unusable"),
    "id with NUL": ({"id": "1\0"}, "rejected nul_character"),
    "id with half a character": ({"id": "\ud800"}, "rejected malformed_row"),
    "party not there": ({"country_code": ..., "party_id": ...}, "kept"),
    "an id twice": ({"ID": "x"}, "rejected duplicate_key"),
    "token null": ({"cdr_token": None}, "kept"),
    "token a text": ({"cdr_token": "012345678"}, "kept"),
    "token without a contract": ({"cdr_token": {"uid": "012345678"}}, "kept"),
    "token a list": ({"cdr_token": ["012345678"]}, "rejected value_not_scalar"),
    "last_updated without Z": ({"last_updated": "2024-03-09T11:17:10"}, "kept"),
    "last_updated not there": ({"last_updated": ...}, "kept"),
    "last_updated nonsense": ({"last_updated": "soon"}, "kept with source_updated_at_unreadable"),
    "unknown members": ({"x_ext": {"a": [1, {"b": None}]}}, "kept"),
    "deep nesting": ({"x": b"[" * 5000 + b"]" * 5000}, "rejected malformed_row"),
    "NaN in what is not read": ({"total_cost": b"NaN"}, "rejected malformed_row"),
}
SESSION_VARIANTS = {
    **SHARED,
    "no energy": ({"kwh": 0}, "kept"),
    "energy as text": ({"kwh": "7.5"}, "kept"),
    "energy null": ({"kwh": None}, "kept"),
    "energy negative": ({"kwh": -0.5}, "kept with meter_ran_backwards"),
    "energy in Wh": ({"kwh": 41000}, "rejected energy_kwh_out_of_range"),
    "energy with a comma": ({"kwh": "7,5"}, "rejected energy_kwh_not_a_number"),
    "energy an object": ({"kwh": {"value": 7.5}}, "rejected value_not_scalar"),
    "reserved": ({"status": "RESERVATION", "kwh": 0, "end_date_time": None}, "skipped 1"),
    "reserved in small letters": ({"status": "reservation "}, "skipped 1"),
    "active": ({"status": "ACTIVE", "end_date_time": None}, "kept"),
    "pending": ({"status": "PENDING", "kwh": 0, "end_date_time": None}, "kept"),
    "invalid": ({"status": "INVALID", "kwh": 0}, "kept"),
    "state unknown": ({"status": "FINISHED"}, "kept"),
    "state null": ({"status": None}, "kept"),
    "state a number": ({"status": 3}, "kept"),
    "completed without an end": ({"end_date_time": None}, "kept"),
    "location not there": ({"location_id": ...}, "rejected station_id_missing"),
    "location padded": ({"location_id": "LOC1 "}, "kept with padded_id"),
    "location a fraction": ({"location_id": 1.0}, "rejected value_not_scalar"),
    "EVSE null": ({"evse_uid": None}, "kept"),
    "camel case": ({"locationId": "LOC1", "location_id": ...}, "kept"),
    "two weeks": ({"end_date_time": "2024-03-24T10:17:09Z"}, "kept with longer_than_a_week"),
}
CDR_VARIANTS = {
    **SHARED,
    "no energy": ({"total_energy": 0}, "kept"),
    "energy null": ({"total_energy": None}, "kept"),
    "energy negative": ({"total_energy": -15.342}, "kept with meter_ran_backwards"),
    "energy in Wh": ({"total_energy": 15342}, "rejected energy_kwh_out_of_range"),
    "energy a list": ({"total_energy": [1]}, "rejected value_not_scalar"),
    "a reservation only": ({"cdr_location": {"id": "LOC1", "connector_id": "#NA"}, "total_energy": 0}, "skipped 1"),
    "a reservation in decimals": (
        {"cdr_location": {"id": "LOC1", "evse_uid": "#NA", "connector_id": "#NA"}, "total_energy": b"0.000"},
        "skipped 1",
    ),
    "no connector, but energy": ({"cdr_location": {"id": "LOC1", "connector_id": "#NA"}}, "kept"),
    "no connector, energy nonsense": (
        {"cdr_location": {"id": "LOC1", "connector_id": "#NA"}, "total_energy": "x"},
        "rejected energy_kwh_not_a_number",
    ),
    "credit false": ({"credit": False, "credit_reference_id": None}, "kept"),
    "a credit for nothing": ({"credit": True, "credit_reference_id": None}, "rejected credit_without_cdr"),
    "a credit for an unknown CDR": ({"credit": True, "credit_reference_id": "999"}, "rejected credit_without_cdr"),
    "a credit for itself": ({"credit": True, "credit_reference_id": "12345"}, "rejected credit_without_cdr"),
    "a credit for one of another party": (
        {"credit": True, "credit_reference_id": "other", "party_id": "ABC", "cdr_location": {"id": "LOC2"}},
        "rejected credit_without_cdr",
    ),
    "a credit for a list": ({"credit": True, "credit_reference_id": ["12345"]}, "rejected credit_without_cdr"),
    "a credit that is negative": (
        {"credit": True, "credit_reference_id": "999", "total_energy": -15.342},
        "rejected credit_without_cdr",
    ),
    "remark over lines": ({"remark": "cable\r\n  pulled"}, "kept"),
    "remark null": ({"remark": None}, "kept"),
    "remark too long": ({"remark": "x" * 300}, "kept with stop_reason_shortened"),
    "remark an object": ({"remark": {"en": "x"}}, "rejected value_not_scalar"),
    "place null": ({"cdr_location": None}, "rejected station_id_missing"),
    "place a text": ({"cdr_location": "LOC1"}, "rejected value_not_scalar"),
    "coordinates null": ({"cdr_location": {"id": "LOC1", "coordinates": None}}, "kept"),
    "coordinates as numbers": (
        {"cdr_location": {"id": "L", "coordinates": {"latitude": 51.0, "longitude": 3}}},
        "kept",
    ),
    "an address that is none": (
        {"cdr_location": {"id": "LOC1", "address": ["x"], "city": "\ud800", "name": 5}},
        "kept",
    ),
    "end under its old name": ({"end_date_time": ..., "stop_date_time": "2024-06-29T23:37:32Z"}, "kept"),
    "no end": ({"end_date_time": ...}, "kept"),
    "cost by the versions": ({"total_cost": {"before_taxes": 4.0, "taxes": [{"name": "VAT", "amount": 0.4}]}}, "kept"),
}


@pytest.mark.parametrize(("over", "verdict"), SESSION_VARIANTS.values(), ids=SESSION_VARIANTS)
def test_what_becomes_of_a_session(tmp_path, over, verdict):
    assert told(tmp_path, answer(session(id="other"), session(**over))) == verdict


@pytest.mark.parametrize(("over", "verdict"), CDR_VARIANTS.values(), ids=CDR_VARIANTS)
def test_what_becomes_of_a_cdr(tmp_path, over, verdict):
    assert told(tmp_path, answer(cdr(id="other"), cdr(**over))) == verdict


@pytest.mark.parametrize("base", [SESSION_211, CDR_211])
@pytest.mark.parametrize(
    ("change", "port", "connector"),
    [
        ({"evses": [{"uid": "A", "connectors": [{"id": "1"}, {"id": "2"}]}]}, "A", None),
        ({"evses": [{"uid": "A", "connectors": []}]}, "A", None),
        ({"evses": [{"uid": "A", "connectors": None}]}, "A", None),
        ({"evses": [{"uid": "A"}, {"uid": "B"}]}, None, None),
        ({"evses": []}, None, None),
        ({"evses": None}, None, None),
        ({"evses": "A"}, None, None),
        ({"evses": ["A"]}, None, None),
    ],
)
def test_a_nested_location_tells_the_port_only_where_it_names_one(tmp_path, base, change, port, connector):
    row = outcome(tmp_path, answer(one(base, location={**NESTED, **change}))).rows.iloc[0]
    assert (row.station_id, row.port_id, row.connector_id) == ("LOC1", port, connector)


@pytest.mark.parametrize(
    ("over", "ended", "transaction"),
    [
        ({"status": "COMPLETED"}, True, True),
        ({"status": "completed "}, True, True),
        ({"status": "INVALID"}, True, pd.NA),
        ({"status": "ACTIVE"}, False, pd.NA),
        ({"status": "ACTIVE", "end_date_time": None}, False, pd.NA),
        ({"status": "PENDING"}, True, False),
        ({"status": "PENDING", "end_date_time": None}, False, pd.NA),
        ({"status": "FINISHED"}, True, pd.NA),
        ({"status": None, "end_date_time": None}, False, pd.NA),
    ],
)
def test_only_a_session_that_has_ended_has_an_energy_an_end_and_a_state(tmp_path, over, ended, transaction):
    row = outcome(tmp_path, answer(session(kwh=0.1, **over))).rows.iloc[0]
    assert (row.energy_kwh == 0.1, pd.isna(row.energy_kwh)) == (ended, not ended)
    assert pd.isna(row.end_time) is not ended
    assert (row.stop_reason is None) == (not ended or over["status"] is None)
    assert str(row.has_transaction) == str(transaction)
    assert pd.isna(row.success)


# Several messages about one object


STARTED = {**SESSION, "status": "ACTIVE", "kwh": 0, "end_date_time": None, "last_updated": "2024-03-09T10:17:10Z"}
HALF = {"kwh": 3.5, "last_updated": "2024-03-09T10:47:00Z"}
DONE = {
    "kwh": 7.5,
    "status": "COMPLETED",
    "end_date_time": "2024-03-09T11:17:09Z",
    "last_updated": "2024-03-09T11:17:10Z",
}


@pytest.mark.parametrize("place", ["sessions/NL/STK/101", "sessions/nl/stk/101/?x=1", "sessions/NL/STK/%31%30%31"])
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 0, 2)])
def test_a_push_log_makes_one_row_whatever_its_order(tmp_path, place, order):
    lines = [pushed("PUT", STARTED, place), pushed("PATCH", HALF, place), pushed("patch", DONE, place)]
    found = outcome(tmp_path, log(*(lines[number] for number in order)))
    assert (found.profile, found.told) == ("ocpi-sessions", "skipped 2")
    (row,) = found.rows.itertuples()
    assert (row.session_id, row.energy_kwh, row.stop_reason) == ("NL|STK|101", 7.5, "COMPLETED")
    assert row.end_time == pd.Timestamp("2024-03-09T11:17:09Z")
    assert row.source_updated_at == pd.Timestamp(DONE["last_updated"])
    assert row.line == order.index(2) + 1


def test_a_put_takes_the_place_of_what_was_patched_before(tmp_path):
    whole = {**SESSION, "kwh": 9, "last_updated": "2024-03-10T00:00:00Z"}
    (row,) = outcome(
        tmp_path, log(pushed("PUT", STARTED), pushed("PUT", whole), pushed("PATCH", DONE))
    ).rows.itertuples()
    assert (row.energy_kwh, row.line) == (9, 2)


def test_messages_without_a_version_count_in_the_order_of_the_file(tmp_path):
    def without(members):
        return {name: value for name, value in members.items() if name != "last_updated"}

    found = outcome(
        tmp_path, log(*(pushed(m, without(b)) for m, b in [("PUT", STARTED), ("PATCH", HALF), ("PATCH", DONE)]))
    )
    assert found.rows.energy_kwh.tolist() == [7.5]


def test_a_patch_adds_its_charging_periods_and_a_refused_row_shows_them_all(tmp_path):
    patch = {"charging_periods": [{"start_date_time": "later"}], "kwh": "x", "last_updated": "2024-03-09T12:00:00Z"}
    found = outcome(tmp_path, log(pushed("PUT", SESSION), pushed("PATCH", patch)))
    assert found.told == "rejected energy_kwh_not_a_number, skipped 1"
    kept = json.loads(found.rejects.raw[0])
    assert [period["start_date_time"] for period in kept["charging_periods"]] == ["2024-03-09T10:17:09Z", "later"]
    assert kept["kwh"] == "x"


LOGS = {
    "without addresses": (log(pushed("PUT", STARTED, None), pushed("PUT", SESSION, None)), "skipped 1"),
    "a patch that names its session itself": (
        log(
            pushed("PUT", STARTED, None),
            pushed("PATCH", {**DONE, "id": "101", "party_id": "STK", "country_code": "NL"}, None),
        ),
        "skipped 1",
    ),
    "a patch of an unknown session": (
        log(pushed("PUT", SESSION), pushed("PATCH", HALF, "sessions/NL/STK/999")),
        "rejected patch_without_put",
    ),
    "two patches of an unknown session": (
        log(pushed("PATCH", HALF), pushed("PATCH", DONE)),
        "rejected patch_without_put patch_without_put",
    ),
    "a patch of no session": (log(pushed("PUT", SESSION), pushed("PATCH", HALF, None)), "rejected patch_without_put"),
    "requests that bring nothing": (
        log(pushed("GET", None), pushed("PUT", SESSION), pushed("DELETE", None)),
        "skipped 2",
    ),
    "messages of other modules": (
        log(
            pushed("PUT", {"uid": "1", "valid": True}, "tokens/NL/TNM/1"),
            pushed("PATCH", {"status": "BLOCKED"}, "locations/NL/STK/LOC1/3256"),
            pushed("PUT", SESSION),
        ),
        "skipped 2",
    ),
    "a put without a body": (log(pushed("PUT", SESSION), pushed("PUT", None)), "rejected malformed_row"),
    "a body that is a text": (log(pushed("PUT", SESSION), pushed("PUT", "{}")), "rejected malformed_row"),
    "an address of another session": (
        log(pushed("PUT", SESSION), pushed("PUT", SESSION, "sessions/NL/STK/7")),
        "rejected malformed_row",
    ),
    "the same once more": (log(pushed("PUT", SESSION), pushed("PUT", SESSION)), "skipped 1"),
    "a list of messages": (f"[{pushed('PUT', STARTED)}, {pushed('PATCH', DONE)}]", "skipped 1"),
    "a line cut off": (log(pushed("PUT", SESSION), pushed("PATCH", DONE)[:-20]), "rejected malformed_row"),
    "a reservation that became a session": (
        log(pushed("PUT", {**STARTED, "status": "RESERVATION"}), pushed("PATCH", DONE)),
        "skipped 1",
    ),
    "an active session that was only reserved": (
        log(pushed("PUT", STARTED), pushed("PATCH", {"status": "RESERVATION", "last_updated": "2024-03-09T12:00:00Z"})),
        "skipped 2",
    ),
    "a patch in other letters": (
        log(pushed("PUT", SESSION), pushed("PATCH", {"Kwh": 9, "last_updated": "2024-03-10T00:00:00Z"})),
        "rejected duplicate_key, skipped 1",
    ),
    "objects as pulled and a patch": (log(session(), pushed("PATCH", HALF)), "skipped 1"),
    "an answer that is an error": (
        log(answer(session()), '{"status_code": 3001, "status_message": "x"}'),
        "refused service_answered_error",
    ),
}


@pytest.mark.parametrize(("data", "verdict"), LOGS.values(), ids=LOGS)
def test_what_becomes_of_a_log(tmp_path, data, verdict):
    assert told(tmp_path, data) == verdict


def test_a_file_of_only_what_is_no_session_still_counts_it(tmp_path):
    found = outcome(tmp_path, answer(session(status="RESERVATION")))
    assert (len(found.rows), len(found.rejects), found.skipped) == (0, 0, 1)


def test_the_newest_of_a_list_is_kept_and_in_2_1_1_the_address_tells_whose_it_is(tmp_path):
    old = one(SESSION_211, kwh=1, last_updated="2024-03-09T11:00:00Z")
    assert outcome(tmp_path, answer(one(SESSION_211), old)).rows.energy_kwh.tolist() == [7.5]
    found = outcome(tmp_path, log(pushed("PUT", SESSION_211), pushed("PUT", SESSION_211, "sessions/NL/ABC/101")))
    assert found.rows.session_id.tolist() == ["101", "101"]


# One id several times


ANEW = {"start_date_time": "2024-07-09T10:17:09Z", "end_date_time": "2024-07-09T10:18:09Z"}
AFTER, BEFORE = {"last_updated": "2024-12-01T00:00:00Z"}, {"last_updated": "2024-01-01T00:00:00Z"}
UNSTATED = {"last_updated": None}


def without_energy(make, **over):
    return make(**{"kwh" if make is session else "total_energy": 0}, **over)


@pytest.mark.parametrize("make", [session, cdr])
@pytest.mark.parametrize("version", [{}, AFTER, BEFORE, UNSTATED])
@pytest.mark.parametrize("again_first", [False, True])
def test_an_id_at_another_start_is_another_session_whatever_its_version(tmp_path, make, version, again_first):
    objects = [make(), without_energy(make, **ANEW, **version)]
    found = outcome(tmp_path, answer(*(objects[::-1] if again_first else objects)))
    assert (found.told, len(set(found.rows.session_id)), sorted(found.rows.energy_kwh)[0]) == ("kept", 1, 0)
    assert found.rows.line.is_monotonic_increasing
    assert len(found.rows) == 2


@pytest.mark.parametrize("make", [session, cdr])
@pytest.mark.parametrize("version", [{}, UNSTATED])
def test_of_two_different_objects_of_one_version_both_come_to_the_load(tmp_path, make, version):
    found = outcome(tmp_path, answer(make(**version), without_energy(make, **version)))
    assert (found.told, found.rows.energy_kwh.tolist()[1]) == ("kept", 0)


@pytest.mark.parametrize("make", [session, cdr])
@pytest.mark.parametrize(("version", "stays"), [(AFTER, 0), (BEFORE, 1)])
def test_of_two_versions_of_one_start_the_later_stays_whatever_the_spelling_of_the_start(
    tmp_path, make, version, stays
):
    start = json.loads(make())["start_date_time"].replace("Z", ".000+00:00")
    objects = [make(), without_energy(make, start_date_time=start, **version)]
    found = outcome(tmp_path, answer(*objects))
    assert found.told == "skipped 1"
    assert (found.rows.energy_kwh[0] == 0) == (stays == 0)


@pytest.mark.parametrize("make", [session, cdr])
@pytest.mark.parametrize("around", ["\ufeff{}", "{}\u200b", " {}", '="{}"'])
@pytest.mark.parametrize("part", ["id", "party_id", "country_code"])
def test_an_id_of_ocpi_loses_what_stands_around_it_and_says_so(tmp_path, make, around, part):
    plain = json.loads(make())
    found = outcome(tmp_path, answer(make(), make(**{part: around.format(plain[part])}, **ANEW)))
    assert found.rows.session_id.tolist() == [f"{plain['country_code']}|{plain['party_id']}|{plain['id']}"] * 2
    assert found.warnings["formula_id" if "=" in around else "padded_id"] == 1


def test_an_id_of_ocpi_that_a_spreadsheet_rounded_refuses_the_row(tmp_path):
    assert told(tmp_path, answer(cdr(id="other"), cdr(id="1.23457E+17"))) == "rejected session_id_rounded"


def test_two_objects_of_one_id_in_other_letters_have_one_id(tmp_path):
    found = outcome(tmp_path, answer(cdr(), cdr(party_id="bec", **ANEW)))
    assert found.rows.session_id.tolist() == ["BE|BEC|12345"] * 2


def test_a_version_that_two_objects_have_is_replaced_by_a_later_one(tmp_path):
    found = outcome(tmp_path, answer(session(), session(kwh=0), session(kwh=9, **AFTER)))
    assert (found.told, found.rows.energy_kwh.tolist()) == ("skipped 2", [9])


def test_a_session_pushed_under_an_id_of_before_is_a_row_and_its_patches_are_its_own(tmp_path):
    other = {**STARTED, **ANEW, "last_updated": "2024-07-09T10:17:10Z"}
    patch = {"kwh": 1, "status": "INVALID", "last_updated": "2024-07-09T10:18:10Z"}
    found = outcome(
        tmp_path, log(pushed("PUT", STARTED), pushed("PATCH", DONE), pushed("PUT", other), pushed("PATCH", patch))
    )
    assert (found.told, found.rows.energy_kwh.tolist()) == ("skipped 2", [7.5, 1])
    assert found.rows.stop_reason.tolist() == ["COMPLETED", "INVALID"]


def test_a_patch_may_move_the_start_of_its_session(tmp_path):
    moved = {"start_date_time": "2024-03-09T10:20:00Z", "last_updated": "2024-03-09T10:21:00Z"}
    found = outcome(tmp_path, log(pushed("PUT", STARTED), pushed("PATCH", moved), pushed("PATCH", DONE)))
    assert (found.told, found.rows.start_time[0]) == ("skipped 2", pd.Timestamp(moved["start_date_time"]))


def test_a_credit_takes_back_of_several_cdrs_of_one_id_that_of_its_own_start(tmp_path):
    found = outcome(tmp_path, answer(cdr(), without_energy(cdr, **ANEW), cdr(**CREDIT)))
    assert (found.told, found.rows.energy_kwh.tolist()) == ("skipped 2", [0])


def test_ids_of_two_parties_stay_apart(tmp_path):
    rows = outcome(tmp_path, answer(session(), session(party_id="ABC", location_id="LOC2"), session(id="1|0%"))).rows
    assert rows.session_id.tolist() == ["NL|STK|101", "NL|ABC|101", "NL|STK|1%7C0%25"]


@pytest.mark.parametrize("make", [session, cdr])
def test_a_location_of_two_parties_is_refused(tmp_path, make):
    assert told(tmp_path, answer(make(), make(party_id="ABC"))) == "refused location_of_two_parties"
    assert told(tmp_path, answer(make(), make(party_id="stk" if make is session else "bec"))) == "skipped 1"


# CDRs that take back others


CREDIT = {"id": "credit", "credit": True, "credit_reference_id": "12345", "total_energy": -15.342}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_credit_and_what_it_takes_back_are_left_out_and_counted(tmp_path, order):
    objects = [cdr(), cdr(**CREDIT), cdr(id="corrected", total_energy=14)]
    found = outcome(tmp_path, answer(*(objects[number] for number in order)))
    assert found.told == "skipped 2"
    assert found.rows.session_id.tolist() == ["BE|BEC|corrected"]


def test_a_credit_counts_once_however_often_it_comes(tmp_path):
    assert told(tmp_path, answer(cdr(), cdr(), cdr(**CREDIT), cdr(**CREDIT), cdr(id="x"))) == "skipped 4"


def test_a_credit_for_a_credit_takes_nothing_back(tmp_path):
    objects = answer(cdr(), cdr(**CREDIT), cdr(**{**CREDIT, "id": "second", "credit_reference_id": "credit"}))
    assert told(tmp_path, objects) == "rejected credit_without_cdr, skipped 2"


def test_posted_cdrs_are_read(tmp_path):
    found = outcome(tmp_path, log(pushed("POST", CDR, "cdrs"), pushed("POST", {**CDR, **CREDIT}, "cdrs/")))
    assert (found.profile, found.told) == ("ocpi-cdrs", "skipped 2")


# Files


FILES = {
    "cut off": (answer(session(), session(id="2"))[:-60], "refused truncated_json"),
    "an envelope without its end": (answer(session())[:-2], "refused truncated_json"),
    "an object not closed": (answer(session(), session()[:-1], session()), "refused malformed_json"),
    "a comma missing": (answer(session() + session(id="2")), "refused malformed_json"),
    "NaN in one": (answer(session(), session(kwh=b"NaN")), "rejected malformed_row"),
    "null among them": (answer(session(), "null"), "rejected not_an_object"),
    "a list among them": (answer(session(), "[1]"), "rejected not_an_object"),
    "garbage after it": (answer(session()) + "</html>", "rejected malformed_row"),
    "CDRs among sessions": (answer(session(), cdr()), "refused several_profiles_fit"),
    "no object": (answer(), "refused empty_page"),
    "an error": ('{"status_code": 2001, "status_message": "x", "data": null}', "refused service_answered_error"),
    "tariffs": (answer('{"id": "T1", "currency": "EUR", "elements": []}'), "refused no_profile_fits"),
    "Latin-1": (answer(session(status="x")).replace('"x"', '"é"').encode("latin-1"), "refused wrong_encoding"),
    "longer than any session": (answer(session(), session(x="x" * 1_100_000)), "refused line_too_long"),
}


@pytest.mark.parametrize(("data", "verdict"), FILES.values(), ids=FILES)
def test_what_becomes_of_a_file(tmp_path, data, verdict):
    assert told(tmp_path, data) == verdict


def test_the_profile_asked_for_reads_its_kind_and_counts_the_other(tmp_path):
    mixed = answer(session(), cdr())
    assert told(tmp_path, mixed, "ocpi-sessions") == "skipped 1"
    assert told(tmp_path, mixed, "ocpi-cdrs") == "skipped 1"
    assert told(tmp_path, answer(cdr()), "ocpi-sessions") == "refused wrong_format"


@pytest.mark.parametrize(
    "data",
    [
        answer(json.dumps({**PLACE, "evses": []})),
        f"[{json.dumps({**NESTED, 'time_zone': 'Europe/Brussels'})}]",
        "\ufeff" + json.dumps({"data": [NESTED]}, indent=2),
        json.dumps(NESTED) + "\n",
        json.dumps({**PLACE, "type": "ON_STREET"}),
    ],
)
def test_locations_are_refused_with_the_command_that_reads_them(tmp_path, data):
    path = tmp_path / "locations.json"
    path.write_text(data, encoding="utf-8")
    for profiles in (
        builtin_profiles().values(),
        [builtin_profiles()["ocpi-sessions"]],
        [builtin_profiles()["native"]],
    ):
        with open_file(path) as file, pytest.raises(SourceError) as caught:
            pick_profile(file, profiles)
        assert caught.value.code == "not_sessions"
        assert "evcharge stations" in caught.value.hint


@pytest.mark.thorough
def test_nothing_that_names_a_driver_is_stored(tmp_path):
    signed = {"signed_values": [{"signed_data": "OCMF|{ID:012345678}"}]}
    bad = {"signed_data": signed, "auth_id": "NL-TNM-C1234-X"}
    for base, energy in ((SESSION, "kwh"), (SESSION_211, "kwh"), (CDR, "total_energy"), (CDR_211, "total_energy")):
        deep = copy.deepcopy(base) | {"x": [{"contract_id": "NL-TNM-C1234-X", "visual_number": "012345678"}]}
        broken = one(deep, x=b"NaN")
        found = outcome(tmp_path, answer(one(deep, **bad, **{energy: "x"}), one(deep, id="2"), broken))
        assert len(found.rejects) == 2
        assert "012345678" not in found.everything
        assert "C1234" not in found.everything
        assert "[private]" in found.rejects.raw[0]
    secret = {"headers": {"Authorization": "Token c2VjcmV0"}}
    logged = outcome(
        tmp_path,
        log(pushed("PUT", {**SESSION, **bad, "kwh": "x"}, **secret), pushed("PATCH", HALF, "sessions/a/b/c", **secret)),
    )
    assert len(logged.rejects) == 2
    assert "c2VjcmV0" not in logged.everything
    assert "C1234" not in logged.everything


def test_a_sound_object_without_private_members_is_kept_as_it_stands(tmp_path):
    text = one(SESSION, cdr_token=None, kwh=b"1500.50")
    (row,) = outcome(tmp_path, answer(text)).rejects.itertuples()
    assert (row.raw, row.line) == (text, 2)


# How often a file is read, and what is kept of it


@pytest.fixture
def passes(monkeypatch):
    """The passes that were made over files, one entry for each."""
    made = []
    unpacked = SourceFile.unpacked

    def counted(file):
        made.append(file.name)
        return unpacked(file)

    monkeypatch.setattr(SourceFile, "unpacked", counted)
    return made


def cdrs_read(tmp_path, cdrs, passes):
    path = tmp_path / "cdrs.json"
    path.write_text(json.dumps(cdrs))
    with open_file(path) as file:
        profile = pick_profile(file, [builtin_profiles()["ocpi-cdrs"]])
        chunks = read(file, profile)
        passes.clear()
        return pd.concat([raw.frame for raw in chunks], ignore_index=True)


@pytest.mark.thorough
def test_a_file_that_tells_each_cdr_once_is_read_once(tmp_path, passes):
    frame = cdrs_read(tmp_path, [{**CDR, "id": str(number)} for number in range(2_500)], passes)
    assert passes == ["cdrs.json"]
    assert frame["session_id"].tolist() == [f"BE|BEC|{number}" for number in range(2_500)]


@pytest.mark.thorough
def test_a_file_that_tells_a_cdr_twice_is_read_twice(tmp_path, passes):
    newer = {**CDR, "id": "7", "total_energy": 1.0, "last_updated": "2024-07-01T00:00:00Z"}
    frame = cdrs_read(tmp_path, [*({**CDR, "id": str(number)} for number in range(1_500)), newer], passes)
    assert passes == ["cdrs.json"] * 2
    assert len(frame) == 1_500
    assert frame.set_index("session_id").loc["BE|BEC|7", "energy_kwh"] == "1.0"


def test_a_credit_after_all_others_takes_its_cdr_back(tmp_path, passes):
    credit = {**CDR, "id": "C1", "credit": True, "credit_reference_id": "3"}
    frame = cdrs_read(tmp_path, [*({**CDR, "id": str(number)} for number in range(1_200)), credit], passes)
    assert passes == ["cdrs.json"] * 2
    assert "BE|BEC|3" not in set(frame["session_id"])
    assert len(frame) == 1_199


def test_the_text_of_a_cdr_is_written_when_it_is_asked_for_and_without_its_token(tmp_path, passes):
    frame = cdrs_read(tmp_path, [{**CDR, "total_energy": 1.50, "remark": "caf\u00e9"}], passes)
    text = str(frame["raw"][0])
    assert json.loads(text)["cdr_token"] == "[private]"
    assert text.startswith('{"country_code":"BE","party_id":"BEC",')
    assert "012345678" not in text
