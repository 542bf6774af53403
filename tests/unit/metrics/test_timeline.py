from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evcharge.errors import ConfigError
from evcharge.metrics.availability.evidence import (
    BACK_OFFICE,
    DOWN,
    EVENT,
    EVER_MS,
    OUT_OF_SCOPE,
    POLL,
    REFUSED,
    SNAPSHOT,
    UNKNOWN,
    UP,
    Charges,
)
from evcharge.metrics.availability.lies import false_free, up_not_dispensing
from evcharge.metrics.availability.open_hours import open_spans, spans, week_of
from evcharge.metrics.availability.outages import outages, site_minutes_without_port
from evcharge.metrics.availability.timeline import ALL_EVIDENCE, SEEN, Counted, evidence_named, timeline
from tests.support.availability import MINUTE_MS, evidence_of, integers, ms, period_of, ports_of

DAY = period_of("2025-01-01", "2025-01-02")
STATUSES = Counted(statuses=True)
STATES = {UP: "up", DOWN: "down", UNKNOWN: "unknown", OUT_OF_SCOPE: "out"}


def at(clock):
    return ms(f"2025-01-01T{clock}") if clock != "24:00" else DAY.until_ms


def told(evidence, counted=ALL_EVIDENCE, port=0):
    """The spans of a port in words: since when, state, what shows it."""
    line = timeline(evidence, DAY, counted)
    rows = zip(line.port, line.from_ms, line.state, line.seen, strict=True)
    return [(clock_of(begin), STATES[int(state)], SEEN[seen]) for of, begin, state, seen in rows if of == port]


def clock_of(instant):
    minutes, rest = divmod(int(instant) - DAY.from_ms, MINUTE_MS)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f"+{rest}ms" if rest else "")


def test_a_port_is_unknown_before_its_first_statement_which_by_itself_holds_for_the_silence_limit():
    evidence = evidence_of(ports_of(), events=[(0, at("08:00"), UP)])
    assert told(evidence) == [
        ("00:00", "unknown", "none"),
        ("08:00", "up", "status"),
        ("08:05", "unknown", "silence"),
    ]
    assert told(evidence, STATUSES) == [("00:00", "unknown", "none"), ("08:00", "up", "status")]


def test_a_statement_before_the_period_reaches_into_it():
    evidence = evidence_of(ports_of(), events=[(0, DAY.from_ms - MINUTE_MS, DOWN)])
    assert told(evidence) == [("00:00", "down", "status"), ("00:04", "unknown", "silence")]


@pytest.mark.parametrize(("heartbeat", "until"), [(np.nan, "10:05"), (60.0, "10:05"), (600.0, "10:30")])
def test_contact_lasts_three_heartbeats_after_the_last_message_but_at_least_300_seconds(heartbeat, until):
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("08:00"), UP)],
        messages=[(0, at("08:00"), at("10:00"))],
        heartbeats=heartbeat,
    )
    assert told(evidence)[1:] == [("08:00", "up", "status"), (until, "unknown", "silence")]


def test_what_was_said_before_a_silence_holds_again_with_the_next_message():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("08:00"), DOWN)],
        messages=[(0, at("08:00"), at("09:00")), (0, at("12:00"), at("12:00"))],
    )
    assert told(evidence)[1:] == [
        ("08:00", "down", "status"),
        ("09:05", "unknown", "silence"),
        ("12:00", "down", "status"),
        ("12:05", "unknown", "silence"),
    ]


def test_messages_of_another_charger_or_of_none_hold_nothing():
    evidence = evidence_of(
        ports_of(2, charger=integers([1, -1])),
        events=[(0, at("08:00"), UP), (1, at("08:00"), UP)],
        messages=[(0, at("00:00"), at("20:00"))],
    )
    assert told(evidence) == told(evidence, port=1)
    assert told(evidence)[-1] == ("08:05", "unknown", "silence")


def test_while_the_back_office_has_it_connected_silence_is_no_loss_and_between_its_records_contact_is_lost():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("08:00"), UP)],
        messages=[(0, at("08:00"), at("09:59"))],
        contacts=[(0, at("08:00"), at("10:00"), BACK_OFFICE), (0, at("12:00"), at("14:00"), BACK_OFFICE)],
    )
    expected = [
        ("08:00", "up", "status"),
        ("10:00", "unknown", "back_office"),
        ("12:00", "up", "status"),
        ("14:00", "unknown", "back_office"),
    ]
    assert told(evidence)[1:] == expected
    assert told(evidence, evidence_named("status,back-office"))[1:] == expected
    assert told(evidence, evidence_named("status,contact"))[2] == ("10:04", "unknown", "silence")


def test_a_message_after_a_record_of_a_disconnection_is_contact_all_the_same():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("08:00"), UP)],
        messages=[(0, at("11:00"), at("11:10"))],
        contacts=[(0, at("08:00"), at("10:00"), BACK_OFFICE)],
    )
    assert told(evidence)[2:] == [
        ("10:00", "unknown", "back_office"),
        ("11:00", "up", "status"),
        ("11:15", "unknown", "back_office"),
    ]


def test_a_connection_without_an_end_lasts_until_the_silence_limit_after_the_last_that_is_known():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("08:00"), UP), (0, at("16:00"), DOWN)],
        contacts=[(0, at("07:00"), EVER_MS, BACK_OFFICE)],
    )
    assert told(evidence)[1:] == [
        ("08:00", "up", "status"),
        ("16:00", "down", "status"),
        ("16:05", "unknown", "back_office"),
    ]


def test_a_refused_statement_ends_what_held_before_until_the_next():
    evidence = evidence_of(
        ports_of(),
        statements=[
            (0, at("08:00"), at("08:00"), UP, EVENT),
            (0, at("09:00"), at("09:00"), UP, REFUSED),
            (0, at("11:00"), at("11:00"), UP, EVENT),
            (0, at("11:00"), at("11:00"), UP, REFUSED),
            (0, at("12:00"), at("12:00"), UP, EVENT),
        ],
    )
    assert told(evidence, STATUSES)[1:] == [
        ("08:00", "up", "status"),
        ("09:00", "unknown", "status"),
        ("12:00", "up", "status"),
    ]


def test_polls_hold_for_twice_the_usual_spacing_at_changes_of_word_and_no_longer_in_a_gap_of_the_feed():
    polls = [
        (0, "01:00", "02:00", UP),
        (0, "02:10", "03:00", DOWN),
        (0, "03:10", "04:00", UP),
        (0, "20:00", "21:00", UP),
    ]
    evidence = evidence_of(
        ports_of(), statements=[(port, at(begin), at(end), state, POLL) for port, begin, end, state in polls]
    )
    assert told(evidence)[1:] == [
        ("01:00", "up", "status"),
        ("02:10", "down", "status"),
        ("03:10", "up", "status"),
        ("04:20", "unknown", "silence"),
        ("20:00", "up", "status"),
        ("21:20", "unknown", "silence"),
    ]


def test_polls_of_a_port_that_was_never_down_show_their_spacing_by_other_words_of_the_same_state():
    """A port that is asked each hour and charges now and then is seen all the while."""
    free, charging = 1, 2
    polls = [(at(f"{hour:02}:00"), word) for hour, word in enumerate([free, charging, free, charging, free])]
    evidence = evidence_of(ports_of(), statements=[(0, begin, begin, UP, POLL) for begin, _ in polls])
    words = replace(evidence.statements, word=np.array([word for _, word in polls]))
    assert told(evidence._replace(statements=words)) == [("00:00", "up", "status"), ("06:00", "unknown", "silence")]


def test_a_port_whose_polls_show_no_spacing_is_believed_for_the_silence_limit_whatever_the_gap():
    polls = [(0, at("01:00"), at("02:00"), UP, SNAPSHOT), (0, at("10:00"), at("11:00"), UP, SNAPSHOT)]
    evidence = evidence_of(ports_of(), statements=polls)
    assert told(evidence)[1:4] == [
        ("01:00", "up", "status"),
        ("02:05", "unknown", "silence"),
        ("10:00", "up", "status"),
    ]


def test_polls_hold_for_twice_the_spacing_that_their_file_told():
    evidence = evidence_of(ports_of(), statements=[(0, at("01:00"), at("02:00"), UP, POLL)])
    told_spacing = replace(evidence.statements, spacing_ms=integers([600_000]))
    assert told(evidence._replace(statements=told_spacing))[1:] == [
        ("01:00", "up", "status"),
        ("02:20", "unknown", "silence"),
    ]


def test_a_run_of_polls_stands_over_an_event_in_it_and_an_event_at_its_end_over_the_run():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("01:30"), DOWN), (0, at("02:00"), DOWN)],
        statements=[(0, at("01:00"), at("02:00"), UP, POLL)],
    )
    assert told(evidence, STATUSES)[1:] == [("01:00", "up", "status"), ("02:00", "down", "status")]


def test_runs_that_contradict_each_other_leave_the_port_unknown_while_both_last():
    evidence = evidence_of(
        ports_of(),
        statements=[(0, at("01:00"), at("03:00"), UP, POLL), (0, at("02:00"), at("04:00"), DOWN, SNAPSHOT)],
    )
    assert told(evidence, STATUSES)[1:] == [
        ("01:00", "up", "status"),
        ("02:00", "unknown", "status"),
        ("03:00", "down", "status"),
    ]


def test_of_two_events_at_one_instant_the_last_of_the_arrays_stands():
    for first, last in ((UP, DOWN), (DOWN, UP)):
        evidence = evidence_of(ports_of(), events=[(0, at("08:00"), first), (0, at("08:00"), last)])
        assert told(evidence, STATUSES)[1:] == [("08:00", STATES[last], "status")]


def test_a_charge_proves_the_port_up_and_a_reported_outage_makes_it_down_against_any_status():
    evidence = evidence_of(
        ports_of(),
        events=[(0, at("00:00"), DOWN)],
        charges=[(0, at("10:00"), at("11:00"))],
        outages=[(0, at("10:30"), at("12:00"))],
    )
    assert told(evidence)[-4:] == [
        ("00:05", "unknown", "silence"),
        ("10:00", "up", "charge"),
        ("11:00", "down", "reported"),
        ("12:00", "unknown", "silence"),
    ]
    assert told(evidence, STATUSES) == [("00:00", "down", "status")]


def test_a_port_is_out_of_scope_before_commissioning_after_its_end_and_while_planned_or_removed():
    ports = ports_of(commissioned_ms=integers([at("02:00")]), decommissioned_ms=integers([at("20:00")]))
    evidence = evidence_of(
        ports,
        events=[(0, at("01:00"), UP), (0, at("10:00"), OUT_OF_SCOPE)],
        charges=[(0, at("00:00"), at("03:00"))],
    )
    assert told(evidence, Counted(statuses=True, charges=True)) == [
        ("00:00", "out", "none"),
        ("02:00", "up", "charge"),
        ("03:00", "up", "status"),
        ("10:00", "out", "status"),
        ("20:00", "out", "none"),
    ]


def test_no_ports_and_no_evidence_give_no_spans_and_unknown():
    line = timeline(evidence_of(ports_of(0)), DAY)
    assert [len(column) for column in vars(line).values()] == [0] * 5
    assert told(evidence_of(ports_of())) == [("00:00", "unknown", "none")]


# Which evidence counts


def test_evidence_is_named_by_words_with_commas():
    assert evidence_named("all") == ALL_EVIDENCE
    assert evidence_named("status") == STATUSES
    assert evidence_named(" Status, contact ") == Counted(statuses=True, own_messages=True)
    assert evidence_named("status,back-office") == Counted(statuses=True, back_office=True)


@pytest.mark.parametrize("text", ["", "statuses", "status,,contact", "all,status"])
def test_a_word_that_names_no_evidence_is_refused(text):
    with pytest.raises(ConfigError) as refused:
        evidence_named(text)
    assert refused.value.code == "unknown_evidence"
    assert "such as status,contact" in refused.value.hint


# Opening hours


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ("00:00-06:00", 300),
        ("Sa 22:00-06:00", 360 - 60),
        ("Mo-Fr 06:00-22:00", 0),
        ("Mo-Su 08:00-12:00,14:00-16:00; Su 10:00-11:00", 60),
        ("24/7; Su off", 0),
        ("Sa-Mo 12:00-13:00", 60),
        (None, 360 + 17 * 60),
        ("24/7", 360 + 17 * 60),
    ],
)
def test_a11_opening_hours_are_local_so_that_00_06_of_30_march_2025_in_london_has_300_minutes(hours, minutes):
    sunday = period_of("2025-03-30T00:00", "2025-03-30T23:00")
    begin, end = open_spans(hours, "Europe/London", sunday)
    inside = np.minimum(end, sunday.until_ms) - np.maximum(begin, sunday.from_ms)
    assert inside[inside > 0].sum() // MINUTE_MS == (minutes if hours not in (None, "24/7") else 23 * 60)


def test_the_hour_that_comes_twice_in_autumn_is_open_twice():
    sunday = period_of("2025-10-26T00:00", "2025-10-27T00:00")
    begin, end = open_spans("01:30-06:00", "Europe/London", sunday)
    inside = (begin >= sunday.from_ms) & (begin < sunday.until_ms)
    assert ((end - begin)[inside] // MINUTE_MS).tolist() == [5 * 60 + 30]


@pytest.mark.parametrize(
    "hours",
    [
        "sunrise-sunset",
        "PH off",
        "Mo-Fr 6-22",
        "Xx 06:00-22:00",
        "Mo 25:00-26:00",
        "Jan-Mar 08:00-10:00",
        "08:00+",
        "Mo,,",
    ],
)
def test_hours_beyond_what_is_read_are_not_half_read(hours):
    assert week_of(hours) is None
    found = spans(ports_of(2, opening_hours=[hours, None]), DAY)
    assert found.unreadable.tolist() == [True, False]
    assert found.spans.port.tolist() == [1]


def test_a_zone_that_there_is_not_makes_hours_unreadable():
    assert open_spans("06:00-22:00", "Mars/Base", DAY) is None


# Outages and lies


def test_an_outage_is_each_span_down_or_unseen_after_something_was_said():
    evidence = evidence_of(
        ports_of(2),
        events=[(0, at("01:00"), UP), (0, at("02:00"), DOWN), (0, at("05:00"), UP), (0, at("23:00"), DOWN)],
        messages=[(0, at("01:00"), at("12:00")), (0, at("22:00"), at("24:00"))],
        exemptions=[
            (0, at("04:00"), at("06:00"), "vandalism"),
            (0, at("03:00"), at("03:30"), "grid"),
            (0, at("05:00"), at("06:00"), "vehicle"),
            (1, at("02:00"), at("03:00"), "disaster"),
        ],
    )
    found = outages(timeline(evidence, DAY), evidence)
    columns = ["port", "port_id", "minutes", "length_class", "state", "seen", "claims", "goes_on"]
    assert found[columns].to_numpy().tolist() == [
        [0, "0", 180, "< 24 h", "down", "status", "grid, vandalism", False],
        [0, "0", 595, "< 24 h", "unknown", "silence", "", False],
        [0, "0", 60, "< 2 h", "down", "status", "", True],
    ]


@pytest.mark.parametrize(
    ("hours", "length"),
    [(1.99, "< 2 h"), (2, "< 24 h"), (23.9, "< 24 h"), (24, "< 7 d"), (167, "< 7 d"), (168, ">= 7 d")],
)
def test_the_classes_of_length_are_those_of_qualicharges_plan(hours, length):
    period = period_of("2025-01-01", "2025-02-01")
    begin = period.from_ms + 1000 * MINUTE_MS
    events = [(0, period.from_ms, UP), (0, begin, DOWN), (0, begin + round(hours * 60) * MINUTE_MS, UP)]
    evidence = evidence_of(ports_of(), events=events)
    assert outages(timeline(evidence, period, STATUSES), evidence)["length_class"].tolist() == [length]


def test_no_outages_give_a_frame_with_all_columns():
    evidence = evidence_of(ports_of(), events=[(0, DAY.from_ms, UP)])
    found = outages(timeline(evidence, DAY, STATUSES), evidence)
    assert len(found) == 0
    assert "claims" in found


def test_a_site_is_without_a_port_while_none_is_up_and_perhaps_while_some_are_unknown():
    ports = ports_of(3, station_id=["A", "A", "B"])
    events = [(0, at("00:00"), UP), (0, at("06:00"), DOWN), (1, at("00:00"), UP), (1, at("08:00"), DOWN)]
    evidence = evidence_of(ports, events=[*events, (1, at("10:00"), UNKNOWN), (0, at("12:00"), UP)])
    sites = site_minutes_without_port(timeline(evidence, DAY, STATUSES), ports)
    assert sites.to_numpy().tolist() == [["s", "A", 2, 1440, 120, 120], ["s", "B", 1, 1440, 0, 1440]]


def test_false_free_is_the_time_announced_free_while_a_session_runs():
    free = Charges(integers([0, 0, 2]), integers([0, 5, 0]) * MINUTE_MS, integers([10, 20, 30]) * MINUTE_MS)
    sessions = Charges(integers([0, 1]), integers([15, 0]) * MINUTE_MS, integers([40, 60]) * MINUTE_MS)
    assert false_free(free, sessions).to_numpy().tolist() == [[0, 20, 5], [2, 30, 0]]
    assert len(false_free(Charges(*[integers([])] * 3), sessions)) == 0


@pytest.mark.parametrize(
    ("up", "attempts", "successes", "found"), [(9, 5, 0, [0]), (9, 4, 0, []), (9, 5, 1, []), (0, 5, 0, [])]
)
def test_a_port_that_was_up_and_failed_every_one_of_five_attempts_is_not_dispensing(up, attempts, successes, found):
    ports = pd.DataFrame({"up_minutes": [up]})
    tried = pd.DataFrame({"attempts": [attempts], "successes": [successes]})
    assert up_not_dispensing(ports, tried).tolist() == found
