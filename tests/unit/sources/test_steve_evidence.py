"""Statuses of SteVe's export as evidence of uptime, with the defects that they may have."""

from __future__ import annotations

import pytest

from evcharge.sources import builtin_profiles, open_file, read
from tests.support.factories import AS_OF
from tests.support.steve import BOX, FAILED, START, STATUSES, STOP, STOPS, at, export, status, table

EVSES = table(["evse_pk", "charge_box_id", "evse_id"], ["3", "CB-1", "2"])
ALL = table(["connector_pk", "charge_box_id", "connector_id"], ["3", "CB-1", "2"], ["4", "CB-1", "0"])


def told(folder, *rows, **over):
    """What the statuses of an export tell: those that are kept, those refused, how many are none."""
    with open_file(export(folder, connector_status=table(STATUSES, *rows), **over)) as file:
        chunks = list(read(file, builtin_profiles()["steve"], evidence_until=AS_OF))
    evidence = [one for chunk in chunks for one in chunk.evidence]
    assert {one.kind for one in evidence} == {"statuses"}
    (one,) = evidence
    assert one.read == len(one.rows) + len(one.refused)
    return one


@pytest.mark.parametrize(
    ("row", "over", "expected"),
    [
        (status("09:00:00", "Available"), {}, ("2", "Available", "up", None, None)),
        (status("09:00:00", "Faulted", "GroundFailure"), {}, ("2", "Faulted", "down", "GroundFailure", None)),
        (status("09:00:00", "Faulted", "OtherError", "E7"), {}, ("2", "Faulted", "down", "OtherError", "E7")),
        (status("09:00:00", "Unavailable"), {}, ("2", "Unavailable", "down", None, None)),
        (status("09:00:00", "OCCUPIED"), {}, ("2", "OCCUPIED", "up", None, None)),
        (status("09:00:00", "suspendedEV"), {}, ("2", "suspendedEV", "up", None, None)),
        (status("09:00:00", "Faulted", connector="4"), {"connector": ALL}, ("", "Faulted", "down", None, None)),
        # a word that it does not work holds at the very time of a stop, where SteVe enters its own Available
        (status("11:00:00", "Faulted", "PowerMeterFailure"), {}, ("2", "Faulted", "down", "PowerMeterFailure", None)),
        (status("10:00:00", "Unavailable"), {}, ("2", "Unavailable", "down", None, None)),
        # one of another connector is no word of SteVe's
        (status("11:00:00", "Available", connector="4"), {"connector": ALL}, ("", "Available", "up", None, None)),
        (status("11:00:01", "Available"), {}, ("2", "Available", "up", None, None)),
    ],
)
def test_a_status_is_evidence_of_its_connector(tmp_path, row, over, expected):
    one = told(tmp_path, row, **over)
    (kept,) = one.rows.to_dict("records")
    names = ("port_id", "word", "state", "error_code", "vendor_error_code")
    assert tuple(kept[name] for name in names) == expected
    assert (kept["station_id"], kept["evidence"], kept["source_line"]) == ("CB-1", "event", 2)
    assert kept["from_ms"] == kept["until_ms"]
    assert one.skipped == 0


@pytest.mark.parametrize(
    "row",
    [status("10:00:00", "Charging"), status("10:00:00", "Occupied"), status("11:00:00", "Available")],
    ids=["start", "start of OCPP 1.5", "stop"],
)
def test_a_word_that_steve_may_have_entered_itself_is_none(tmp_path, row):
    one = told(tmp_path, row)
    assert (len(one.rows), len(one.refused), one.skipped) == (0, 0, 1)


def test_so_is_one_at_a_stop_that_steve_failed_to_store(tmp_path):
    failed = ["7", "CB-1", *STOP[1:3], at("12:00:00"), *STOP[4:], "a fault"]
    over = {"transaction_stop": table(STOPS), "transaction_stop_failed": table(FAILED, failed)}
    assert told(tmp_path, status("12:00:00", "Available"), **over).skipped == 1
    assert told(tmp_path, status("12:00:00", "Faulted"), **over).skipped == 0


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (status("09:00:00", "Dozing"), "status_word_unknown"),
        (status("09:00:00", "NULL"), "status_word_missing"),
        (["3", "NULL", *status("09:00:00", "Faulted")[2:]], "time_missing"),
        (["3", "yesterday", *status("09:00:00", "Faulted")[2:]], "time_unreadable"),
        (["3", "1970-01-01T00:00:10Z", *status("09:00:00", "Faulted")[2:]], "time_of_unset_clock"),
        (["3", "2199-01-01T00:00:00Z", *status("09:00:00", "Faulted")[2:]], "time_in_the_future"),
        (status("09:00:00", "Faulted", connector="99"), "station_id_missing"),
    ],
)
def test_a_status_that_says_too_little_is_refused_with_its_row(tmp_path, row, rule):
    one = told(tmp_path, row)
    (refused,) = one.refused.to_dict("records")
    assert (refused["rule"], refused["source_line"]) == (rule, 2)
    assert refused["raw"] == ",".join(row)


def test_connectors_are_called_evses_in_newer_databases(tmp_path):
    names = ["evse_pk", *STATUSES[1:]]
    over = {"connector": None, "evse": EVSES, "connector_status": table(names, status("11:00:00", "Faulted"))}
    start = table(["transaction_pk", "event_timestamp", "evse_pk", "id_tag", "start_timestamp", "start_value"], START)
    with open_file(export(tmp_path, transaction_start=start, **over)) as file:
        *_, chunk = read(file, builtin_profiles()["steve"], evidence_until=AS_OF)
    (kept,) = chunk.evidence[0].rows.to_dict("records")
    assert (kept["station_id"], kept["port_id"], kept["state"]) == ("CB-1", "2", "down")


def test_statuses_are_told_only_where_they_are_asked_for(tmp_path):
    with open_file(export(tmp_path, connector_status=table(STATUSES, status("09:00:00", "Faulted")))) as file:
        assert [chunk.evidence for chunk in read(file, builtin_profiles()["steve"])] == [()]


def test_an_export_without_statuses_tells_of_none(tmp_path):
    with open_file(export(tmp_path, connector_status=None, charge_box=table(["charge_box_id"], BOX[1:2]))) as file:
        *_, chunk = read(file, builtin_profiles()["steve"], evidence_until=AS_OF)
    assert (len(chunk.evidence[0].rows), chunk.evidence[0].read) == (0, 0)
