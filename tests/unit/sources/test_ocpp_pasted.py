"""Logs of OCPP as people paste them: whoever wrote the lines, and whatever a terminal or a form did to them since."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from evcharge.errors import SourceError
from evcharge.sources.ocpp.frame import TO_STATION
from evcharge.sources.ocpp.heads import head_of
from tests.support.ocpp_talk import (
    DAY,
    FLAVOURS,
    OCPP,
    Said,
    home_assistant,
    microocpp,
    outcome,
    refusal,
    refused,
    row,
    session,
)

STATED = replace(
    OCPP,
    columns={ours: theirs for ours, theirs in OCPP.columns.items() if ours != "station_id"},
    constants={"station_id": "MINE"},
)
every_flavour = pytest.mark.parametrize("flavour", FLAVOURS)
TIMELESS = ("mobilityhouse", "mobilityhouse bare")


@pytest.fixture
def told(tmp_path):
    """What a log of these lines comes to."""

    def told(lines, profile=OCPP, end="\n"):
        (tmp_path / "log").write_text("".join(f"{line}{end}" for line in lines), encoding="utf-8", newline="")
        return outcome(tmp_path / "log", profile)

    return told


@every_flavour
def test_a_log_of_each_program_is_read_and_two_stations_stay_two(told, flavour):
    talks = [*session("CP-1"), *session("CP 2" if flavour == "evcc" else "CP-2", 9)]
    rows, rules = told(map(FLAVOURS[flavour], talks))
    assert rows == sorted([row("CP-1"), row("CP 2" if flavour == "evcc" else "CP-2", 9)], key=repr)
    assert rules == []


@every_flavour
def test_two_stations_that_talk_at_once_with_the_same_message_ids_are_told_apart(told, flavour):
    pairs = zip(session("CP-1"), session("CP-2", transaction=8), strict=True)
    rows, rules = told(FLAVOURS[flavour](said) for pair in pairs for said in pair)
    assert (rows, rules) == ([row("CP-1"), row("CP-2")], [])


@every_flavour
def test_a_refused_card_is_an_attempt_in_each_program_s_log_that_has_times(told, flavour):
    rows, rules = told(map(FLAVOURS[flavour], [*refused(), *session(hour=11)]))
    if flavour in TIMELESS:
        assert (rows, rules) == ([row(hour=11)], ["start_time_missing"])
    else:
        assert (rows, rules) == ([refusal(), row(hour=11)], [])


@every_flavour
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n\n"])
def test_the_ends_of_lines_do_not_matter(told, flavour, end):
    assert told(map(FLAVOURS[flavour], session()), end=end) == ([row()], [])


def coloured(line):
    return f"\x1b[32m{line[:20]}\x1b[1;31m{line[20:]}\x1b[0m"


def in_a_form(line):
    return f"> {line}"


def compose(line):
    return f"homeassistant  | {line}"


def journal(line):
    return f"Mar 04 08:00:00 pi python[812]: {line}"


def stamped(line):
    return f"{DAY}T08:00:00.123456789Z {line}"


def with_more(line):
    return f"{line},1969.62890625,0"


def in_tags(line):
    return f"<pre>{line}</pre>"


SPOILT = {
    "coloured": coloured,
    "quoted in a form": in_a_form,
    "of a compose file": compose,
    "of a journal": journal,
    "indented": lambda line: f"    {line}",
    "with more behind the frame": with_more,
    "between tags": in_tags,
    "with a NUL before it": lambda line: f"\0\0{line}",
}
AROUND_OBJECTS = ("coloured", "indented", "with a NUL before it")
"""What may stand around an object of JSON: a whole line is one."""
SPOILT_FLAVOURS = [
    (flavour, spoilt)
    for flavour in FLAVOURS
    for spoilt in SPOILT
    if spoilt in AROUND_OBJECTS or flavour not in ("a container's log", "JSON lines")
]


@pytest.mark.parametrize(("flavour", "spoilt"), SPOILT_FLAVOURS)
def test_what_stands_around_a_line_takes_no_message_away(told, flavour, spoilt):
    lines = map(FLAVOURS[flavour], session())
    assert told(map(SPOILT[spoilt], lines)) == ([row()], [])


@every_flavour
def test_blanks_within_a_frame_do_not_matter(told, flavour):
    lines = (FLAVOURS[flavour](said).replace(said.text, json.dumps(said.frame)) for said in session())
    assert told(lines) == ([row()], [])


def wrapped(line, width):
    return [line[start : start + width] for start in range(0, len(line), width)]


def test_a_frame_below_the_line_that_tells_of_it_is_said_by_that_station_at_that_time(told):
    ways = {True: "received", False: "sent"}
    heads = [f"{DAY}T{said.clock}Z station={said.station} {ways[said.by_station]}" for said in refused()]
    lines = [line for head, said in zip(heads, refused(), strict=True) for line in (head, said.text)]
    assert told([*lines, *map(home_assistant, session(hour=11))]) == ([refusal(), row(hour=11)], [])


@pytest.mark.parametrize("width", [50, 60, 65, 70, 72, 79, 80, 100, 120, 132, 200])
def test_a_line_that_a_terminal_wrapped_is_one_message(told, width):
    lines = [part for said in session() for part in wrapped(home_assistant(said), width)]
    assert told(lines) == ([row()], [])


def pretty(said, indent):
    head = home_assistant(said)[: -len(said.text)]
    return (head + json.dumps(said.frame, indent=indent)).splitlines()


@pytest.mark.parametrize("indent", [0, 1, 2, "\t"])
def test_a_frame_with_a_line_for_each_member_is_one_message(told, indent):
    assert told(part for said in session() for part in pretty(said, indent)) == ([row()], [])


@pytest.mark.parametrize(
    "between", ["INFO none", f"{DAY} 08:00:00 WARNING (MainThread) [homeassistant] slow", "[MO] pong"]
)
def test_other_lines_between_those_of_a_frame_take_nothing_away(told, between):
    lines = [part for said in session() for part in pretty(said, 2)]
    assert told([line for part in lines for line in (part, between)]) == ([row()], [])


def test_a_payload_on_lines_of_its_own_belongs_to_the_frame_above(told):
    lines = [home_assistant(said).replace(',{"', ',\n{\n"', 1) for said in session()]
    assert told(lines) == ([row()], [])


def test_two_messages_on_one_line_are_two(told):
    lines = [home_assistant(said) for said in session()]
    assert told(["".join(lines)]) == ([row()], [])
    assert told([f"{first}{second}" for first, second in zip(lines[::2], [*lines[1::2], ""], strict=True)]) == (
        [row()],
        [],
    )


def test_an_answer_on_the_line_of_its_request_is_of_the_same_station_and_time(told):
    asked, answered = refused()
    line = f"{home_assistant(asked)} -> {answered.text}"
    assert told([line, *map(home_assistant, session(hour=11))]) == ([refusal(), row(hour=11)], [])


def test_a_cut_frame_is_one_reject_and_takes_no_other_with_it(told):
    lines = [home_assistant(said) for said in session()]
    cut = home_assistant(refused()[0])[:-9]
    for place in (0, 3, len(lines)):
        assert told([*lines[:place], cut, *lines[place:]]) == ([row()], ["malformed_row"])


@pytest.mark.parametrize("written", ["[2, 'r', 'Heartbeat', {}]", '[2, "r", "Heartbeat"]', '[3, "r"]', '[4, "r", 5]'])
def test_a_frame_that_can_t_be_read_is_counted(told, written):
    lines = [home_assistant(said) for said in session()]
    assert told([*lines, f"{DAY} 09:00:00 INFO (MainThread) [ocpp] CP-1: send {written}"]) == (
        [row()],
        ["malformed_row"],
    )


def test_a_frame_deeper_in_an_object_than_where_one_is_looked_for_is_counted(told):
    lines = [FLAVOURS["JSON lines"](said) for said in session()]
    deep = json.dumps({"time": f"{DAY}T09:00:00Z", "event": {"ocpp": session()[0].frame}})
    assert told([*lines, deep]) == ([row()], ["malformed_row"])


def test_a_log_without_times_has_the_times_of_its_messages(told):
    lines = [home_assistant(said).split(" ", 2)[2] for said in session()]
    assert told(lines) == ([row()], [])


def test_a_log_that_begins_with_the_newest_is_read_from_its_end(told):
    lines = [home_assistant(said) for said in [*session(), *refused()]]
    assert told(reversed(lines)) == ([row(), refusal()], [])


def test_a_byte_order_mark_before_the_first_line_is_no_text(told):
    lines = [home_assistant(said) for said in session()]
    assert told([f"\ufeff{lines[0]}", *lines[1:]]) == ([row()], [])


# Who said it


def mirrored(said):
    """The same as the other side's log tells it."""
    return home_assistant(said._replace(by_station=not said.by_station))


def numbered(said, numbers):
    """The same with one count of message ids for both sides."""
    number = numbers.setdefault(said.frame[1], str(len(numbers)))
    return said._replace(frame=[said.frame[0], number, *said.frame[2:]])


def remote(station="CP-1"):
    """A start by app, answered by the station, that leads to nothing."""
    return [
        Said("07:00:00", station, False, [2, "0", "RemoteStartTransaction", {"idTag": "TAG-9"}]),
        Said("07:00:00", station, True, [2, "0", "BootNotification", {"chargePointModel": "M"}]),
        Said("07:00:01", station, False, [3, "0", {"status": "Accepted", "interval": 300}]),
        Said("07:00:02", station, True, [3, "0", {"status": "Rejected"}]),
    ]


REJECTED = ("CP-1", "07:00:00", None, None, "RemoteStartTransaction:Rejected")


@pytest.mark.parametrize("write", [home_assistant, mirrored], ids=["of the central system", "of the station"])
def test_the_names_of_requests_tell_whose_log_it_is_so_that_each_answer_finds_its_request(told, write):
    rows, rules = told(map(write, [*remote(), *refused(), *session(hour=11)]))
    assert (rows, rules) == ([REJECTED, refusal(), row(hour=11)], [])


def undirected(said):
    return f"{DAY}T{said.clock}Z station={said.station} {said.text}"


def test_without_a_direction_an_answer_belongs_to_the_request_with_its_message_id(told):
    numbers = {}
    talks = [numbered(said, numbers) for said in [*refused(), *session(hour=11)]]
    assert told(map(undirected, talks)) == ([refusal(), row(hour=11)], [])


def test_without_a_direction_an_answer_to_another_request_with_the_same_id_settles_nothing(told):
    boot, _, start, _ = remote()
    talks = [start._replace(frame=[2, "0", "Heartbeat", {}]), boot]
    answers = [remote()[2]._replace(frame=[3, "0", {"currentTime": "x"}]), remote()[3]]
    rows, _ = told(map(undirected, [*talks, *answers, *session()]))
    assert rows == sorted([row(), REJECTED], key=repr)


def test_microocpp_names_no_station_and_is_read_by_a_profile_that_states_it(told):
    lines = [microocpp(said) for said in session()]
    with pytest.raises(SourceError) as caught:
        told(lines)
    assert caught.value.code == "station_unstated"
    assert told(lines, STATED) == ([row("MINE")], [])
    joined = [f"{asked}11:52:55.587 > {answer}" for asked, answer in zip(lines[::2], [*lines[1::2], ""], strict=True)]
    assert told(["[MO] info (main.cpp:34): connected", *joined], STATED) == ([row("MINE")], [])


def test_a_profile_that_states_one_station_refuses_a_log_that_names_two(told):
    with pytest.raises(SourceError) as caught:
        told(map(home_assistant, [*session("CP-1"), *session("CP-2", 9)]), STATED)
    assert caught.value.code == "several_stations"


@pytest.mark.parametrize(
    ("before", "station"),
    [
        ("INFO:ocpp:AA:BB:CC:DD:EE:FF: send ", "AA:BB:CC:DD:EE:FF"),
        ("AA:BB:CC:DD:EE:FF: send ", "AA:BB:CC:DD:EE:FF"),
        ("INFO:root:CP-1: send ", "CP-1"),
        ("2025-01-01 10:00:00.000 INFO (MainThread) [ocpp] Wall Box: receive message ", "Wall Box"),
        ("2025-01-01 10:00:00,000:INFO:ocpp:CP-1: receive message ", "CP-1"),
        ("2025-01-01 10:00:00,000 - {ocpp:456} - {INFO:OCPP Client} - 45215306: send ", "45215306"),
        ("CP-1 : receive message ", "CP-1"),
        ("[ocpp  ] TRACE 2025/01/01 10:00:00 recv ABL_1: ", "ABL_1"),
        ("[ocpp  ] TRACE 2025/01/01 10:00:00 received JSON message from Wall Box: ", "Wall Box"),
        ('time=2025-01-01T10:00:00Z station="Wall Box" msg=sent frame=', "Wall Box"),
        ("[OCPP] Send: ", ""),
        ("2025-01-01 10:00:00 ERROR failed to send message: ", ""),
        ("2025-01-01 10:00:00 got ", ""),
    ],
)
def test_the_station_is_what_a_program_puts_where_it_names_stations(before, station):
    assert head_of(before).station == station


def test_nothing_that_stands_before_a_frame_is_kept_but_time_station_and_way():
    secret = "2025-01-01 10:00:00 token=abc [ocpp] CP-1: send "
    assert head_of(secret).before == "2025-01-01T10:00:00 [ocpp] CP-1: send "


def test_of_a_long_line_of_anything_its_ends_tell_time_station_and_way():
    rng = random.Random(5)
    junk = "".join(rng.choice("[]{}:> ,0123456789abc") for _ in range(100_000))
    signs = ("ocpp:", "[ocpp] ", "> ", "send ", "AA:", " : ", "[2,", "received JSON message from ")
    for long in (junk, *(sign * 50_000 for sign in signs)):
        head = head_of(f"2025-01-01T10:00:00 {long} | [ocpp] CP-1: send ")
        assert (head.before[:19], head.station, head.direction) == ("2025-01-01T10:00:00", "CP-1", TO_STATION)
