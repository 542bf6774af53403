"""Statuses and contacts of OCPP logs, as a load keeps them beside sessions."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from evcharge import sources
from evcharge.errors import GateError
from evcharge.load import LoadOptions, LoadResult, RejectLimit, load_file
from evcharge.load.evidence import EvidenceWriter
from evcharge.load.unload import unload
from tests.support.loading import dump_but_hours, query
from tests.support.ocpp_log import DAY, Log

STATUSES = (
    "SELECT s.station_id, f.port_id, f.from_time, f.word, f.state, f.error_code, f.vendor_error_code, f.source_line "
    "FROM fact_status f JOIN dim_station s USING (station_key)"
)
CONTACTS = (
    "SELECT s.station_id, f.charger_id, f.from_time, f.until_time, f.heartbeat_seconds, f.source_line, f.last_line "
    "FROM fact_contact f JOIN dim_station s USING (station_key)"
)


def load_log(log: Log | Path, url: str, tmp_path: Path, name: str = "a.log", **options: Any) -> LoadResult:
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in log.lines), encoding="utf-8")
    profile = sources.with_overrides(sources.builtin_profiles()["ocpp"], source="net")
    return load_file(path, url, [profile], LoadOptions(**options))


def status(log: Log, clock: str, connector: int, word: str, at: str | None = None, **more: Any) -> Log:
    told = {"connectorId": connector, "status": word, "errorCode": "NoError", **more}
    return log.say(
        clock, [2, f"s{len(log.lines)}", "StatusNotification", {**told, "timestamp": at or f"{DAY}T{clock}Z"}]
    )


def heartbeat(log: Log, clock: str) -> Log:
    return log.say(clock, [2, f"h{len(log.lines)}", "Heartbeat", {}])


def boot(log: Log, clock: str, interval: object, accepted: str = "Accepted") -> Log:
    log.say(clock, [2, f"b{clock}", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}])
    answer = {"status": accepted, "currentTime": f"{DAY}T{clock}Z", "interval": interval}
    return log.say(clock, [3, f"b{clock}", answer], "sent")


def clock_of(value: object) -> str:
    """The clock time of an instant, whatever the driver makes of it."""
    text = value.astimezone(timezone.utc).isoformat() if isinstance(value, datetime) else str(value)
    return "" if value is None else text[11:19]


def statuses(url: str) -> list[tuple[Any, ...]]:
    return sorted((row[0], row[1], clock_of(row[2]), *row[3:]) for row in query(url, STATUSES))


def contacts(url: str) -> list[tuple[Any, ...]]:
    return sorted((row[0], row[1], clock_of(row[2]), clock_of(row[3]), *row[4:]) for row in query(url, CONTACTS))


def law(result: LoadResult, kind: str) -> dict[str, int]:
    counts = result.evidence[kind]
    assert counts["read"] == sum(count for name, count in counts.items() if name != "read")
    return {name: count for name, count in counts.items() if count}


def rules(url: str) -> list[tuple[Any, ...]]:
    columns = 'kind, source_line, rule, "column", value, station_id, port_id'
    return sorted(query(url, f"SELECT {columns} FROM rejected_evidence"), key=repr)


def test_a_log_brings_sessions_statuses_and_contacts_in_one_load(url, tmp_path):
    log = status(Log(), "08:00:00", 0, "Available")
    log.start("08:00:30", 7)
    status(log, "08:00:40", 1, "SuspendedEVSE", errorCode="OverVoltage", vendorErrorCode="E-7")
    log.stop("09:00:00", 7, 5000)
    result = load_log(log, url, tmp_path)
    assert (result.read, result.inserted) == (1, 1)
    assert law(result, "statuses") == {"read": 2, "inserted": 2}
    assert statuses(url) == [
        ("CP-1", "", "08:00:00", "Available", "up", None, None, 1),
        ("CP-1", "1", "08:00:40", "SuspendedEVSE", "up", "OverVoltage", "E-7", 4),
    ]
    assert law(result, "contacts") == {"read": 4, "inserted": 2, "unchanged": 2}
    assert contacts(url) == [
        ("CP-1", "CP-1", "08:00:00", "08:00:40", None, 1, 4),
        ("CP-1", "CP-1", "09:00:00", "09:00:00", None, 5, 5),
    ]
    kinds = query(url, "SELECT kind, rows_read FROM load_count ORDER BY kind")
    assert kinds == [("contacts", 4), ("sessions", 1), ("statuses", 2)]


def test_a_contact_ends_where_the_next_message_comes_more_than_a_minute_later(url, tmp_path):
    log = Log()
    for clock in ("08:00:00", "08:01:00", "08:02:00", "08:03:01"):
        heartbeat(log, clock)
    load_log(log, url, tmp_path)
    assert [row[2:4] for row in contacts(url)] == [("08:00:00", "08:02:00"), ("08:03:01", "08:03:01")]


def test_a_contact_has_the_interval_that_the_last_accepted_boot_asked_for(url, tmp_path):
    log = heartbeat(Log(), "07:00:00")
    boot(log, "08:00:00", 300)
    boot(log, "09:00:00", 5, accepted="Pending")
    boot(log, "10:00:00", 0)
    load_log(log, url, tmp_path)
    assert [(row[2], row[4]) for row in contacts(url)] == [
        ("07:00:00", None),
        ("08:00:00", 300.0),
        ("09:00:00", 300.0),
        ("10:00:00", None),
    ]


EXPORT = "cp_id,real_time,received_time,Id,msgFlow,command,payLoadData"
SECONDS_OF_HEARTBEATS = ("08:00:00", "08:00:30", "12:00:00")


def export(*notes: tuple[str, str]) -> str:
    """A table export: heartbeats, and the back office's notes of connections (clock and word), in order of time."""
    beats = [(clock, f"h{clock}", "CP-->CMS", "HeartbeatRequest", "{}") for clock in SECONDS_OF_HEARTBEATS]
    told = [(clock, "", "", f"ChargePoint{word}", "") for clock, word in notes]
    rows = [
        f'CP-1,"04/03/2025, {int(clock[:2]) % 12}:{clock[3:]} {"am" if clock < "12" else "pm"} UTC",,{",".join(rest)}'
        for clock, *rest in sorted([*beats, *told])
    ]
    return "\n".join([EXPORT, *rows]) + "\n"


@pytest.mark.parametrize(
    ("notes", "spans"),
    [
        ([("08:00:00", "Connected"), ("09:00:00", "Disconnected")], [("08:00:00", "09:00:00")]),
        ([("08:00:00", "Connected")], [("08:00:00", "")]),
        ([("09:00:00", "Disconnected")], [("09:00:00", "09:00:00")]),
        ([("08:00:00", "Connected"), ("09:00:00", "Connected")], [("08:00:00", ""), ("09:00:00", "")]),
        (
            [("08:00:00", "Connected"), ("09:00:00", "Disconnected"), ("09:30:00", "Disconnected")],
            [("08:00:00", "09:00:00")],
        ),
    ],
)
def test_what_the_back_office_notes_of_connections_is_contact_of_its_record(sqlite_url, tmp_path, notes, spans):
    (tmp_path / "export.csv").write_text(export(*notes), encoding="utf-8")
    profile = sources.with_overrides(sources.builtin_profiles()["ocpp"], source="net")
    result = load_file(tmp_path / "export.csv", sqlite_url, [profile], LoadOptions())
    assert law(result, "contacts")["read"] == len(SECONDS_OF_HEARTBEATS) + len(notes)
    found = query(sqlite_url, "SELECT from_time, until_time, evidence FROM fact_contact ORDER BY from_time")
    assert [(clock_of(begin), clock_of(end)) for begin, end, kind in found if kind == "back_office"] == spans
    assert sum(kind == "own_message" for *_, kind in found) == 2


def test_an_answer_of_the_central_system_is_no_contact(url, tmp_path):
    log = heartbeat(Log(), "08:00:00")
    log.say("08:00:30", [2, "x", "RemoteStopTransaction", {"transactionId": 1}], "sent")
    load_log(log, url, tmp_path)
    assert [row[2:4] for row in contacts(url)] == [("08:00:00", "08:00:00")]


@pytest.mark.parametrize(
    ("word", "state"),
    [("faulted", "down"), ("UNAVAILABLE", "down"), ("Suspended_EV", "up"), ("occupied", "up"), ("Reserved", "up")],
)
def test_a_word_means_its_state_by_its_letters_alone(sqlite_url, tmp_path, word, state):
    load_log(status(Log(), "08:00:00", 1, word), sqlite_url, tmp_path)
    assert statuses(sqlite_url)[0][3:5] == (word, state)


def test_what_cant_be_read_is_a_reject_with_its_reason_and_never_a_guess(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Sleeping")
    status(log, "08:00:01", 1, "Faulted", at="soon")
    status(log, "08:00:02", 1, "Faulted", at=f"{DAY}T08:00:02")
    log.say("08:00:03", [2, "n", "StatusNotification", {"status": "Faulted", "timestamp": f"{DAY}T08:00:03Z"}])
    result = load_log(log, url, tmp_path)
    assert law(result, "statuses") == {"read": 4, "rejected": 4}
    assert rules(url) == [
        ("statuses", 1, "status_word_unknown", "word", "Sleeping", "CP-1", "1"),
        ("statuses", 2, "time_unreadable", "time", "soon", "CP-1", "1"),
        ("statuses", 3, "time_without_zone", "time", f"{DAY}T08:00:02", "CP-1", "1"),
        ("statuses", 4, "port_id_missing", "port_id", "", "CP-1", None),
    ]
    raw = query(url, "SELECT raw FROM rejected_evidence WHERE source_line = 1")[0][0]
    assert '"status": "Sleeping"' in raw


def test_a_clock_that_was_never_set_gives_way_to_the_log_s_and_without_one_is_refused(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Faulted", at="1970-01-01T00:00:09Z")
    told = {"connectorId": 1, "status": "Faulted", "errorCode": "NoError", "timestamp": "1970-01-01T00:00:09Z"}
    log.lines.append(f"station=CP-1 received {json.dumps([2, 'u', 'StatusNotification', told])}")
    result = load_log(log, url, tmp_path)
    assert [row[2] for row in statuses(url)] == ["08:00:00"]
    assert result.evidence_rejects_by_rule == {"statuses": {"time_of_unset_clock": 1}}


def test_what_is_told_of_a_time_after_the_load_is_refused(url, tmp_path):
    log = Log()
    log.lines.append('2090-01-01T00:00:00Z station=CP-1 received [2, "f", "Heartbeat", {}]')
    status(log, "08:00:00", 1, "Faulted")
    result = load_log(log, url, tmp_path)
    assert law(result, "contacts") == {"read": 2, "inserted": 1, "rejected": 1}


def test_of_two_statuses_at_one_instant_the_later_in_the_log_stands(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Available", at=f"{DAY}T08:00:00Z")
    status(log, "08:00:01", 1, "Faulted", at=f"{DAY}T08:00:00Z")
    status(log, "08:00:02", 1, "Faulted", at=f"{DAY}T08:00:00Z")
    result = load_log(log, url, tmp_path)
    assert law(result, "statuses") == {"read": 3, "inserted": 1, "unchanged": 1, "superseded": 1}
    assert [row[3] for row in statuses(url)] == ["Faulted"]


def evse(log: Log, clock: str, number: int, connector: int, word: str) -> Log:
    told = {"evseId": number, "connectorId": connector, "connectorStatus": word, "timestamp": f"{DAY}T{clock}Z"}
    return log.say(clock, [2, f"e{len(log.lines)}", "StatusNotification", told])


def test_an_evse_works_while_one_of_its_connectors_does(url, tmp_path):
    log = evse(Log(), "08:00:00", 2, 1, "Available")
    evse(log, "08:00:01", 2, 2, "Faulted")
    evse(log, "08:00:02", 2, 1, "Unavailable")
    load_log(log, url, tmp_path)
    told = [(row[1], row[2], row[3], row[4]) for row in statuses(url)]
    assert told == [
        ("2", "08:00:00", "Available", "up"),
        ("2", "08:00:01", "Available", "up"),
        ("2", "08:00:02", "Unavailable", "down"),
    ]


COUNTS = "SELECT connectors, connectors_up, state FROM fact_status ORDER BY from_time"


def test_an_evse_keeps_how_many_of_its_connectors_work(sqlite_url, tmp_path):
    log = evse(Log(), "08:00:00", 2, 1, "Available")
    evse(log, "08:00:01", 2, 2, "Available")
    evse(log, "08:00:02", 2, 2, "Faulted")
    evse(log, "08:00:03", 2, 0, "Unavailable")
    evse(log, "08:00:04", 2, 0, "Available")
    load_log(log, sqlite_url, tmp_path)
    assert query(sqlite_url, COUNTS) == [(None, None, "up"), (2, 2, "up"), (2, 1, "up"), (2, 0, "down"), (2, 1, "up")]


def test_a_connector_that_is_unavailable_while_a_car_is_at_another_of_its_evse_is_not_down(sqlite_url, tmp_path):
    log = evse(Log(), "08:00:00", 2, 1, "Occupied")
    evse(log, "08:00:01", 2, 2, "Unavailable")
    evse(log, "08:00:02", 2, 1, "Available")
    load_log(log, sqlite_url, tmp_path)
    assert query(sqlite_url, COUNTS)[1:] == [(2, 2, "up"), (2, 1, "up")]


def test_an_event_that_tells_an_availability_is_a_status(url, tmp_path):
    component = {"name": "Connector", "evse": {"id": 3, "connectorId": 1}}
    event = {
        **{"eventId": 1, "timestamp": f"{DAY}T08:00:00Z", "trigger": "Delta", "actualValue": "Faulted"},
        **{"component": component, "variable": {"name": "AvailabilityState"}, "techCode": "E9"},
    }
    other = {**event, "variable": {"name": "Power"}, "actualValue": "7"}
    log = Log().say("08:00:00", [2, "n", "NotifyEvent", {"eventData": [event, other]}])
    result = load_log(log, url, tmp_path)
    assert law(result, "statuses") == {"read": 1, "inserted": 1}
    assert [row[1:6] for row in statuses(url)] == [("3", "08:00:00", "Faulted", "down", "E9")]


def test_each_log_of_a_call_stores_what_its_own_messages_tell(url, tmp_path):
    first, second = status(Log(), "08:00:00", 1, "Available"), status(Log(), "09:00:00", 1, "Faulted")
    (tmp_path / "b.log").write_text("".join(f"{line}\n" for line in second.lines), encoding="utf-8")
    load_log(first, url, tmp_path, companions=(tmp_path / "b.log",))
    assert [row[3] for row in statuses(url)] == ["Available"]
    load_log(second, url, tmp_path, name="b.log", companions=(tmp_path / "a.log",), loaded={tmp_path / "a.log": None})
    assert [row[3] for row in statuses(url)] == ["Available", "Faulted"]


def test_logs_that_overlap_say_the_same_twice_and_each_keeps_it(url, tmp_path):
    log = status(heartbeat(Log(), "07:59:50"), "08:00:00", 1, "Available")
    load_log(log, url, tmp_path)
    status(log, "08:00:10", 1, "Faulted")
    result = load_log(log, url, tmp_path, name="b.log")
    assert law(result, "statuses") == {"read": 2, "inserted": 1, "unchanged": 1}
    assert law(result, "contacts") == {"read": 3, "updated": 1, "unchanged": 2}
    assert len(statuses(url)) == 3


def test_a_log_that_is_loaded_already_gives_the_first_result_of_every_kind(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Faulted")
    status(log, "08:00:01", 1, "Sleeping")
    first = load_log(log, url, tmp_path)
    before = dump_but_hours(url)
    again = load_log(log, url, tmp_path)
    assert (again.status, again.evidence) == ("already loaded", first.evidence)
    assert again.evidence_rejects_by_rule == first.evidence_rejects_by_rule == {"statuses": {"status_word_unknown": 1}}
    assert dump_but_hours(url) == before


def test_a_replaced_log_has_its_evidence_once(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Faulted")
    status(log, "08:00:01", 1, "Sleeping")
    first = load_log(log, url, tmp_path)
    before = (statuses(url), contacts(url), rules(url))
    again = load_log(log, url, tmp_path, replace=True)
    assert again.evidence == first.evidence
    assert (statuses(url), contacts(url), rules(url)) == before


def test_a_dry_run_and_a_write_that_fails_leave_nothing(url, tmp_path, monkeypatch):
    log = status(Log(), "08:00:00", 1, "Faulted").start("08:00:30", 7)
    before = dump_but_hours(url)
    assert law(load_log(log, url, tmp_path, dry_run=True), "statuses") == {"read": 1, "inserted": 1}
    assert dump_but_hours(url) == before

    def fail(_self: EvidenceWriter) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(EvidenceWriter, "close", fail)
    with pytest.raises(ZeroDivisionError):
        load_log(log, url, tmp_path)
    assert dump_but_hours(url) == before


def test_the_limit_of_rejects_is_asked_of_statuses_too(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Sleeping")
    with pytest.raises(GateError, match=r"1 of 1 statuses were rejected.*status_word_unknown 1"):
        load_log(log, url, tmp_path, max_rejects=RejectLimit(0, is_percent=False))
    assert statuses(url) == []


def test_the_rejects_that_a_load_hands_out_are_those_of_its_evidence_too(url, tmp_path):
    told: list[Any] = []
    log = status(Log(), "08:00:00", 1, "Sleeping")
    load_log(log, url, tmp_path, on_rejects=lambda _name, rejects: told.extend(rejects))
    assert [(one.line, one.rule, one.value) for one in told] == [(1, "status_word_unknown", "Sleeping")]


def test_unloading_takes_out_what_one_log_told_and_leaves_that_of_another(url, tmp_path):
    log = status(Log(), "08:00:00", 1, "Faulted")
    status(log, "08:00:01", 1, "Sleeping")
    load_log(log, url, tmp_path)
    load_log(heartbeat(log, "08:00:10"), url, tmp_path, name="b.log")
    keys = [row[0] for row in query(url, "SELECT load_key FROM load_ledger ORDER BY load_key")]
    result = unload(url, keys[:1])
    assert (result.loads[0].evidence, result.stations_removed) == (4, 0)
    assert (len(statuses(url)), len(rules(url))) == (1, 1)
    assert unload(url, keys[1:]).stations_removed == 1
    assert (statuses(url), contacts(url), rules(url)) == ([], [], [])
    assert len(query(url, "SELECT 1 FROM load_count")) == 6


def test_a_log_from_the_newest_message_to_the_oldest_tells_the_same(url, tmp_path):
    log = status(heartbeat(Log(), "07:59:50"), "08:00:00", 1, "Faulted")
    log.lines.reverse()
    load_log(log, url, tmp_path)
    assert contacts(url) == [("CP-1", "CP-1", "07:59:50", "08:00:00", None, 1, 2)]
