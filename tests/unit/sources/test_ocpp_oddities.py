"""Logs of stations that err: each attempt is one row all the same, and what is odd about it is counted."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from tests.support.factories import AS_OF
from tests.support.ocpp_log import DAY, Log


@pytest.fixture
def attempts(tmp_path):
    """What a log comes to: (connector, start, end, energy) of each row, the rejects by rule, and the warnings."""

    def told(log):
        path = tmp_path / "station.log"
        path.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
        warnings, rules, rows = Counter(), Counter(), []
        with open_file(path) as file:
            for raw in read(file, pick_profile(file, [builtin_profiles()["ocpp"]]), salt="s"):
                part = clean(raw, AS_OF)
                warnings.update({**raw.warnings, **part.warnings})
                rules.update(part.rejects.rule)
                rows += [
                    (row.connector_id, clock(row.start_time), clock(row.end_time), known(row.energy_kwh))
                    for row in part.rows.itertuples()
                ]
        return rows, dict(rules), dict(warnings)

    return told


def clock(moment):
    return None if pd.isna(moment) else f"{moment:%H:%M:%S}"


def known(amount):
    return None if pd.isna(amount) else amount


@pytest.mark.parametrize("unset", ["1970-01-01T00:00:09Z", "2000-01-01T00:01:00Z", "2021-03-01T00:00:00Z"])
def test_starts_of_a_clock_never_set_are_attempts_of_their_own_at_the_log_s_time(attempts, unset):
    log = Log()
    for hour in (8, 10, 12):
        log.start(f"{hour:02}:00:00", hour, at=unset).stop(f"{hour:02}:01:00", hour, 0, at=unset)
    rows, rules, warnings = attempts(log)
    assert rows == [("1", f"{hour:02}:00:00", f"{hour:02}:01:00", 0.0) for hour in (8, 10, 12)]
    assert rules == {}
    assert warnings == {"station_clock_unset": 3}


def test_a_start_kept_while_offline_has_its_own_time(attempts):
    rows, _, warnings = attempts(Log().start("18:00:00", 7, at="2024-05-04T09:00:00Z").stop("18:30:00", 7, 5000))
    assert rows == [("1", "09:00:00", "18:30:00", 5.0)]
    assert warnings == {}


def test_a_start_sent_again_is_one_attempt_and_one_after_its_end_is_another_of_a_clock_that_stood_still(attempts):
    at = f"{DAY}T08:00:00Z"
    log = Log().start("08:00:00", 7, at=at).start("08:00:20", 7, at=at).stop("08:30:00", 7, 4000)
    log.start("11:00:00", 8, at=at).stop("11:20:00", 8, 1000, at=f"{DAY}T08:20:00Z")
    rows, rules, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", 4.0), ("1", "11:00:00", "11:20:00", 1.0)]
    assert (rules, warnings) == ({}, {"station_clock_unset": 2})


def test_starts_that_repeat_a_time_of_this_year_are_attempts_of_their_own_if_their_answers_say_so(attempts):
    log, stuck = Log(), "2024-03-01T00:00:09Z"
    minutes = range(0, 30, 5)
    for minute in minutes:
        log.start(f"08:{minute:02}:00", 101 + minute, at=stuck)
    for minute in minutes:
        log.stop(f"09:{minute:02}:00", 101 + minute, 0, at="2024-03-01T00:01:09Z")
    rows, rules, warnings = attempts(log)
    assert rows == [("1", f"08:{minute:02}:00", f"09:{minute:02}:00", 0.0) for minute in minutes]
    assert (rules, warnings) == ({}, {"station_clock_unset": 6})


def test_starts_kept_while_offline_keep_the_time_that_they_share(attempts):
    log, at = Log(), "2024-05-04T09:00:00Z"
    for second in (0, 2):
        log.start(f"18:00:0{second}", 7 + second, at=at).stop(f"18:00:0{second + 1}", 7 + second, 0, at=at)
    rows, _, warnings = attempts(log)
    assert rows == [("1", "09:00:00", "09:00:00", 0.0)] * 2
    assert "station_clock_unset" not in warnings


def test_an_authorize_belongs_to_the_start_that_it_led_to_where_two_share_a_time(tmp_path):
    log, stuck = Log(), "2024-03-01T00:00:09Z"
    log.start("08:00:00", 7, at=stuck).say("08:20:00", [2, "card", "Authorize", {"idTag": "TAG-1"}])
    log.say("08:20:00", [3, "card", {"idTagInfo": {"status": "Accepted"}}], "sent").start("08:20:05", 8, at=stuck)
    path = tmp_path / "station.log"
    path.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
    with open_file(path) as file:
        rows = pd.concat([clean(raw, AS_OF).rows for raw in read(file, builtin_profiles()["ocpp"], salt="s")])
    leads = list(rows.authorize_lead_seconds)
    assert len(leads) == 2
    assert pd.isna(leads[0])
    assert leads[1] == 5


def test_a_clock_ahead_of_the_log_gives_way_to_it(attempts):
    log = Log().start("08:00:00", 7, at="2036-02-07T06:28:16Z").stop("08:30:00", 7, 0, at="2036-02-07T06:58:16Z")
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 0.0)], {}, {"station_clock_unset": 1})


def test_a_stop_of_a_clock_set_meanwhile_has_its_own_time(attempts):
    log, stuck = Log(), "2024-03-01T00:00:09Z"
    log.start("08:00:00", 7, at=stuck).stop("08:30:00", 7, 0, at="2024-03-01T00:30:09Z")
    log.start("09:00:00", 8, at=stuck).stop("12:00:00", 8, 0, at=f"{DAY}T09:40:00Z")
    assert [row[2] for row in attempts(log)[0]] == ["08:30:00", "09:40:00"]


@pytest.mark.parametrize("last", ["T", None])
def test_events_that_repeat_a_time_long_after_are_transactions_of_their_own(attempts, last):
    log = Log()
    for hour in range(8, 16, 2):
        begun, ended = "2024-03-01T00:00:09Z", "2024-03-01T00:01:09Z"
        log.event(f"{hour:02}:00:00", "Started", 100, context="Transaction.Begin")
        log.event(f"{hour:02}:01:00", "Ended", 100, context="Transaction.End")
        for at, own in ((-2, begun), (-1, ended)):
            clock = log.lines[at].split("Z", 1)[0]
            log.lines[at] = log.lines[at].replace(f'"timestamp": "{clock}Z"', f'"timestamp": "{own}"')
            log.lines[at] = log.lines[at].replace('"transactionId": "T"', f'"transactionId": "{last or hour}"')
    rows, rules, warnings = attempts(log)
    assert rows == [("1", f"{hour:02}:00:00", f"{hour:02}:01:00", 0.0) for hour in range(8, 16, 2)]
    assert (rules, warnings) == ({}, {"station_clock_unset": 4})


def test_a_started_event_that_is_sent_again_hours_later_is_of_one_transaction(attempts):
    log = Log().event("08:00:00", "Started", 0, context="Transaction.Begin")
    log.lines.append(log.lines[0].replace(f"{DAY}T08:00:00Z station", f"{DAY}T13:00:00Z station"))
    rows, _, warnings = attempts(log.event("13:00:01", "Ended", 5000, context="Transaction.End"))
    assert (rows, warnings) == ([("1", "08:00:00", "13:00:01", 5.0)], {})


def test_a_start_that_got_no_answer_is_the_same_whenever_it_is_sent_again(attempts):
    at = f"{DAY}T08:00:00Z"
    log = Log().start("08:00:00", 7)
    log.lines.pop()
    log.start("13:00:00", 7, at=at).stop("13:01:00", 7, 5000, at=f"{DAY}T09:00:00Z")
    assert attempts(log) == ([("1", "08:00:00", "09:00:00", 5.0)], {}, {})


@pytest.mark.parametrize("named", [0, -1, -7, None])
def test_a_stop_without_a_real_id_ends_the_one_start_that_is_open_at_its_time(attempts, named):
    log = Log()
    for number, (hour, meter) in enumerate([(8, 5000), (10, 0), (12, 7000)], start=101):
        log.start(f"{hour:02}:00:00", number).stop(f"{hour:02}:30:00", named, meter)
    rows, rules, _ = attempts(log)
    assert rows == [
        ("1", "08:00:00", "08:30:00", 5.0),
        ("1", "10:00:00", "10:30:00", 0.0),
        ("1", "12:00:00", "12:30:00", 7.0),
    ]
    assert rules == {}


def test_a_stop_with_an_id_that_no_start_got_ends_a_start_of_its_own_token_only(attempts):
    log = Log().start("08:00:00", 7).stop("08:30:00", 99, 5000, idTag="TAG-1")
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})
    log = Log().start("08:00:00", 7).stop("08:30:00", 99, 5000, idTag="TAG-2")
    assert attempts(log)[:2] == ([("1", "08:00:00", None, None)], {"stop_without_start": 1})


@pytest.mark.parametrize("shared", [0, 1])
def test_two_starts_with_one_id_are_told_apart_by_their_meters(attempts, shared):
    log = Log().start("08:00:00", shared, meter=1000).start("08:05:00", shared, connector=2, meter=50_000)
    log.stop("08:30:00", shared, 6000).stop("08:40:00", shared, 59_000)
    rows, rules, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", 5.0), ("2", "08:05:00", "08:40:00", 9.0)]
    assert (rules, warnings) == ({}, {})


def test_two_starts_with_one_id_are_told_apart_by_the_notices_of_their_connectors(attempts):
    log = Log().start("08:00:00", 0).start("08:05:00", 0, connector=2)
    log.stop("08:30:00", 0, 5000).notice("08:30:01", 1, "Finishing")
    log.stop("08:35:00", 0, 7000).notice("08:35:02", 2, "Available")
    rows, rules, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", 5.0), ("2", "08:05:00", "08:35:00", 7.0)]
    assert (rules, warnings) == ({}, {})


def test_a_stop_that_fits_two_starts_alike_gives_no_energy_and_a_warning(attempts):
    log = Log().start("08:00:00", 0).start("08:05:00", 0, connector=2).stop("08:30:00", 0, 5000)
    rows, rules, warnings = attempts(log)
    assert [(row[0], row[3]) for row in rows] == [("1", None), ("2", None)]
    assert sorted(str(row[2]) for row in rows) == ["08:30:00", "None"]
    assert rules == {}
    assert warnings == {"stop_of_one_of_several": 1}


@pytest.mark.parametrize("shared", [0, 1])
def test_as_many_stops_as_starts_of_one_id_leave_none_open_though_nothing_tells_them_apart(attempts, shared):
    log = Log().start("08:00:00", shared).start("08:05:00", shared, connector=2)
    rows, rules, warnings = attempts(log.stop("08:30:00", shared, 5000).stop("08:35:00", shared, 7000))
    assert [(row[0], row[3]) for row in rows] == [("1", None), ("2", None)]
    assert sorted(row[2] for row in rows) == ["08:30:00", "08:35:00"]
    assert (rules, warnings) == ({}, {"stop_of_one_of_several": 2})


@pytest.mark.parametrize("named", [0, -1, None])
@pytest.mark.parametrize("ids", [(0, 0), (1, 1), (11, 12)])
def test_a_stop_ends_the_open_start_of_its_own_token(attempts, ids, named):
    log = Log().start("08:00:00", ids[0], tag="TAG-A").start("08:05:00", ids[1], connector=2, tag="TAG-B")
    named = 1 if ids == (1, 1) else named
    log.stop("08:30:00", named, 0, idTag="TAG-A").stop("08:40:00", named, 9000, idTag="TAG-B")
    rows, rules, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", 0.0), ("2", "08:05:00", "08:40:00", 9.0)]
    assert (rules, warnings) == ({}, {})


@pytest.mark.parametrize("named", [0, -1])
def test_stops_without_a_real_id_end_the_open_starts_though_nothing_tells_these_apart(attempts, named):
    log = Log()
    for hour in (8, 10):
        log.start(f"{hour:02}:00:00", hour).start(f"{hour:02}:05:00", 20 + hour, connector=2)
        log.stop(f"{hour:02}:30:00", named, 0).stop(f"{hour:02}:40:00", named, 7000)
    rows, rules, warnings = attempts(log)
    assert [row[0] for row in rows] == ["1", "2", "1", "2"]
    assert sorted(row[2] for row in rows) == ["08:30:00", "08:40:00", "10:30:00", "10:40:00"]
    assert [row[3] for row in rows] == [None] * 4
    assert (rules, warnings) == ({}, {"stop_of_one_of_several": 4})


def test_stops_without_a_real_id_are_told_apart_by_meter_and_notices(attempts):
    log = Log().start("08:00:00", 1, meter=0).start("08:05:00", 2, connector=2, meter=50_000)
    log.start("08:06:00", 3, connector=3, meter=50_000).notice("08:40:01", 3, "Available")
    log.stop("08:40:00", -1, 50_500).stop("08:45:00", -1, 52_000).stop("08:50:00", -1, 4000)
    rows, rules, warnings = attempts(log)
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("1", "08:50:00", 4.0),
        ("2", "08:45:00", 2.0),
        ("3", "08:40:00", 0.5),
    ]
    assert (rules, warnings) == ({}, {})


def test_two_starts_that_lose_power_in_one_moment_both_end(attempts):
    log = Log().start("08:00:00", 0).start("08:05:00", 0, connector=2)
    log.stop("08:30:00", 0, 0, reason="PowerLoss").stop("08:30:00", 0, 0, reason="PowerLoss")
    rows, rules, _ = attempts(log)
    assert [(row[0], row[2]) for row in rows] == [("1", "08:30:00"), ("2", "08:30:00")]
    assert rules == {}


@pytest.mark.parametrize("ids", [(0, 0), (11, 12)])
def test_a_stop_that_is_sent_again_ends_one_start_only(attempts, ids):
    log = Log().start("08:00:00", ids[0]).start("08:05:00", ids[1], connector=2)
    log.stop("08:30:00", 0, 5000).stop("08:30:20", 0, 5000, at=f"{DAY}T08:30:00Z")
    rows, rules, _ = attempts(log)
    assert sorted(str(row[2]) for row in rows) == ["08:30:00", "None"]
    assert rules == {}


def test_a_stop_is_not_of_a_start_that_was_refused_unless_it_says_so(attempts):
    for reason, ended in (("Local", "1"), ("DeAuthorized", "2")):
        log = Log().start("08:00:00", 11)
        asked = {"connectorId": 2, "idTag": "TAG-1", "meterStart": 0, "timestamp": f"{DAY}T08:05:00Z"}
        log.say("08:05:00", [2, "refused", "StartTransaction", asked])
        log.say("08:05:00", [3, "refused", {"transactionId": 12, "idTagInfo": {"status": "Invalid"}}], "sent")
        rows, _, warnings = attempts(log.stop("08:30:00", -1, 5000, reason=reason))
        assert [row[0] for row in rows if row[2]] == [ended]
        assert warnings == {}


@pytest.mark.parametrize(
    ("first", "last", "warned"), [(5000, 0, {"meter_ran_backwards": 1}), (0, -1, {}), (-1, 900, {})]
)
def test_a_meter_that_restarts_or_does_not_know_costs_the_energy_and_not_the_session(attempts, first, last, warned):
    rows, rules, warnings = attempts(
        Log().start("08:00:00", 7, meter=first).stop("08:01:00", 7, last, reason="PowerLoss")
    )
    assert rows == [("1", "08:00:00", "08:01:00", None)]
    assert rules == {}
    assert warnings == warned


def test_values_beside_a_stop_stand_in_where_the_meter_s_ends_say_nothing_passed(attempts):
    inside = [{"timestamp": f"{DAY}T08:30:00Z", "sampledValue": [{"value": "15000", "context": "Transaction.End"}]}]
    rows, _, warnings = attempts(Log().start("08:00:00", 7).stop("08:30:00", 7, 0, transactionData=inside))
    assert rows == [("1", "08:00:00", "08:30:00", 15.0)]
    assert warnings == {"meter_unlike_values": 1}
    inside[0]["sampledValue"][0]["value"] = "0"
    assert attempts(Log().start("08:00:00", 7).stop("08:30:00", 7, 0, transactionData=inside))[2] == {}


def test_a_meter_that_rises_between_sessions_of_no_energy_is_warned_of(attempts):
    log = Log()
    for number, hour in enumerate((8, 10, 12)):
        log.start(f"{hour:02}:00:00", hour, meter=8000 * number).stop(f"{hour:02}:30:00", hour, 8000 * number)
    rows, _, warnings = attempts(log)
    assert [row[3] for row in rows] == [0, 0, 0]
    assert warnings == {"meter_rose_after_no_energy": 2}


@pytest.mark.parametrize(("value", "unit"), [("9451", "W"), ("9.451", "kW")])
def test_energy_a_thousandth_of_what_the_power_makes_is_warned_of(attempts, value, unit):
    power = {"value": value, "unit": unit, "measurand": "Power.Active.Import"}
    log = Log().start("08:00:00", 7, meter=308).values("08:20:00", 7, power).stop("08:50:00", 7, 316)
    assert attempts(log)[2] == {"energy_unlike_power": 1}
    log = Log().start("08:00:00", 7, meter=308).values("08:20:00", 7, power).stop("08:50:00", 7, 8000)
    assert attempts(log)[2] == {}


def test_a_register_s_0_that_stands_for_no_value_is_no_beginning(attempts):
    log = Log().event("08:00:00", "Started", 0, context="Transaction.Begin", offline=True)
    log.event("08:05:00", "Updated", 909_948).event("08:30:00", "Ended", 910_031, context="Transaction.End")
    rows, _, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", 0.083)]
    assert warnings == {"meter_start_unknown": 1}


def test_a_register_of_its_own_session_begins_at_0(attempts):
    log = Log().event("08:00:00", "Started", 0, context="Transaction.Begin").event("08:05:00", "Updated", 900)
    rows, _, warnings = attempts(log.event("08:30:00", "Ended", 12_000, context="Transaction.End"))
    assert rows == [("1", "08:00:00", "08:30:00", 12.0)]
    assert warnings == {}


def test_a_number_as_message_id_is_read(attempts):
    log = Log().start("08:00:00", 7, number=19_223_201).stop("08:30:00", 7, 5000)
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})


def test_a_frame_written_over_several_lines_is_one_message(attempts):
    asked = {"connectorId": 1, "idTag": "T[{", "meterStart": 0, "timestamp": f"{DAY}T08:00:00Z"}
    log = Log().say("08:00:00", '[2, "m1", "StartTransaction", ' + json.dumps(asked, indent=2) + "]")
    log.say("08:00:01", [3, "m1", {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}], "sent")
    assert attempts(log.stop("08:30:00", 7, 5000)) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})


def test_a_frame_that_never_ends_is_a_reject_and_takes_no_other_with_it(attempts):
    log = Log().say("07:00:00", '[2, "m0", "StartTransaction",\n{').start("08:00:00", 7).stop("08:30:00", 7, 5000)
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {"malformed_row": 1}, {})


def pretty(clock, way, frame):
    """A frame with a line for each member, so that its first line ends with a bracket."""
    return [f"{DAY}T{clock}Z station=CP-1 {way} [", *json.dumps(frame, indent=2).splitlines()[1:]]


def pretty_session(clock, number):
    start = {"connectorId": 1, "idTag": 'T[{\\"', "meterStart": 0, "timestamp": f"{DAY}T{clock}Z"}
    return [
        *pretty(clock, "received", [2, number, "StartTransaction", start]),
        *pretty(clock, "sent", [3, number, {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}]),
    ]


@pytest.mark.parametrize("number", ["m1", 5])
@pytest.mark.parametrize("between", [None, "INFO looked for updates", f"{DAY} 08:00:00 INFO values [", "[INFO ] none"])
def test_a_frame_of_a_line_for_each_member_is_one_message_whatever_else_the_log_says_between(attempts, number, between):
    log = Log()
    log.lines = pretty_session("08:00:00", number)
    assert attempts(log) == ([("1", "08:00:00", None, None)], {}, {})
    if between:
        log.lines[4:4] = [between]
    log.stop("08:30:00", 7, 5000).start("09:00:00", 8)
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0), ("1", "09:00:00", None, None)], {}, {})


def test_a_frame_of_many_lines_that_is_cut_is_a_reject_and_takes_no_other_with_it(attempts):
    log = Log()
    log.lines = [*pretty_session("07:00:00", "m0")[:6], *pretty_session("08:00:00", "m1")]
    assert attempts(log.stop("08:30:00", 7, 5000)) == (
        [("1", "08:00:00", "08:30:00", 5.0)],
        {"malformed_row": 1},
        {},
    )


@pytest.mark.parametrize("number", [-5, 5.5, 1e3])
def test_any_number_as_message_id_is_read(attempts, number):
    log = Log().start("08:00:00", 7, number=number).stop("08:30:00", 7, 5000)
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})


@pytest.mark.parametrize("number", [None, True, [], [1], {}])
def test_a_message_whose_id_is_no_id_is_a_reject(attempts, number):
    log = Log().start("07:00:00", 6).stop("07:30:00", 6, 5000)
    rows, rules, _ = attempts(log.say("08:00:00", [2, number, "StartTransaction", {"connectorId": 1}]))
    assert rows == [("1", "07:00:00", "07:30:00", 5.0)]
    assert rules == {"malformed_row": 1}


def ended_at(register):
    return [{"timestamp": f"{DAY}T08:30:00Z", "sampledValue": [{"value": register, "context": "Transaction.End"}]}]


@pytest.mark.parametrize(("start", "stop", "end"), [(0, 0, "910031"), (5000, 4000, "900000")])
def test_a_register_beyond_what_a_session_can_be_is_no_energy_where_its_beginning_is_not_told(
    attempts, start, stop, end
):
    log = Log().start("08:00:00", 7, meter=start).stop("08:30:00", 7, stop, transactionData=ended_at(end))
    rows, rules, warnings = attempts(log)
    assert rows == [("1", "08:00:00", "08:30:00", None)]
    assert (rules, warnings) == ({}, {"values_beyond_session": 1})


def test_a_register_far_above_0_is_energy_from_the_one_told_at_the_beginning_or_on_the_way(attempts):
    begun = {"value": "900", "unit": "kWh", "context": "Transaction.Begin"}
    data = [*ended_at("910031"), {"timestamp": f"{DAY}T08:00:00Z", "sampledValue": [begun]}]
    rows, _, warnings = attempts(Log().start("08:00:00", 7).stop("08:30:00", 7, 0, transactionData=data))
    assert (rows[0][3], warnings) == (10.031, {"meter_unlike_values": 1})
    log = Log().start("08:00:00", 7).values("08:01:00", 7, {"value": "905031"})
    rows, _, warnings = attempts(log.stop("08:30:00", 7, 0, transactionData=ended_at("910031")))
    assert (rows[0][3], warnings) == (5.0, {"meter_start_unknown": 1, "meter_unlike_values": 1})


@pytest.mark.parametrize(("begin", "end"), [(-1, 52_000), (52_000, -1), (-1, -1)])
def test_a_register_of_minus_1_in_an_event_is_not_known(attempts, begin, end):
    log = Log().event("08:00:00", "Started", begin, context="Transaction.Begin")
    rows, rules, warnings = attempts(log.event("08:30:00", "Ended", end, context="Transaction.End"))
    assert rows == [("1", "08:00:00", "08:30:00", None)]
    assert (rules, warnings) == ({}, {})


def test_a_whole_number_with_decimals_is_the_same_id(attempts):
    log = Log().start("08:00:00", 103).stop("08:30:00", 103.0, 5000)
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})


@pytest.mark.parametrize("written", ["CP-1\u200b", "\ufeffCP-1", "CP\u00ad-1"])
def test_a_station_is_the_same_with_a_sign_that_no_eye_sees(attempts, written):
    log = Log().start("08:00:00", 7).stop("08:30:00", 7, 5000)
    log.lines[-1] = log.lines[-1].replace("station=CP-1", f"station={written}")
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 5.0)], {}, {})


def test_a_station_is_the_same_with_blanks_around_it(attempts):
    log = Log()
    for name, line in zip(
        [" CP-1", "CP-1 ", "CP-1"], Log().start("08:00:00", 7).stop("08:30:00", 7, 0).lines, strict=True
    ):
        frame = json.loads(line[line.index("[") :])
        log.lines.append(json.dumps({"stationId": name, "timestamp": line[:20], "message": frame}))
    assert attempts(log) == ([("1", "08:00:00", "08:30:00", 0.0)], {}, {})
