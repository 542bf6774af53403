"""What an hourly poll of a made-up fleet's ports would have answered, with outages, silence and a lie planted in it.

No chance of its own: what is planted where follows from the fleet and its sessions. Does not belong here: sessions, and
how states are read or judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evcharge.output import written_whole
from evcharge.synth.chance import Bools, Ints
from evcharge.synth.defects import MADE_UP_BY
from evcharge.synth.fleet import Station
from evcharge.synth.period import DAY_COUNT, FIRST_DAY, HOURS_PER_DAY, SECONDS_PER_DAY, SECONDS_PER_HOUR, UTC_OFFSET
from evcharge.synth.sessions import Sessions

HEADER = "station_id,port_id,time,status,made_up_by"
POLLS = np.arange(0, DAY_COUNT * SECONDS_PER_DAY, SECONDS_PER_HOUR, dtype=np.int64)
"""When all ports are asked [seconds after the first midnight]: each hour."""
WORDS = ("Available", "Charging", "Faulted")
NO_ANSWER = len(WORDS)

STATIONS_PER_OUTAGE = 3
"""One port of every so many stations is out of order once."""
OUTAGE_DAYS = (7, 63)
"""Days within which an outage begins; it ends by then, too."""
OUTAGE_POLLS = (3, 48)
"""The fewest polls that find a planted outage, and the most."""
UNHEARD_DAYS = (20, 23)
"""Days on which one station, else sound, does not answer."""


class Outage(NamedTuple):
    """A port that is out of order, from the poll that finds it first to the one that finds it well again."""

    port: int
    first_poll: int
    end_poll: int


class Silence(NamedTuple):
    """A station that does not answer, from a poll on to another, or to the end."""

    station: int
    first_poll: int
    end_poll: int


@dataclass(frozen=True)
class Statuses:
    """The answers of a fleet, and what is planted in them.

    Attributes:
        station: index into the fleet of each port, in order.
        number: number of each port at its station, from 1.
        words: of each port at each poll an index into ``WORDS``, or ``NO_ANSWER``.
        outages: planted, in the order of the ports.
        silences: planted.
        liar: the port that says Available whatever happens; None in a fleet where none breaks.
    """

    station: Ints
    number: Ints
    words: Ints
    outages: list[Outage]
    silences: list[Silence]
    liar: int | None


def answers(fleet: list[Station], sessions: Sessions) -> Statuses:
    """The answers of all ports at all polls."""
    counts = np.array([each.port_count for each in fleet], dtype=np.int64)
    station = np.repeat(np.arange(len(fleet)), counts)
    first_port = np.cumsum(counts) - counts
    number = np.arange(len(station)) - first_port[station] + 1

    port = first_port[sessions.station] + sessions.port - 1
    words = _charging(len(station), port, sessions).astype(np.int64)
    liar = _liar(fleet, first_port)
    if liar is not None:
        words[liar] = 0
    outages = _outages(fleet, first_port, _in_use(len(station), port, sessions), liar)
    for outage in outages:
        words[outage.port, outage.first_poll : outage.end_poll] = WORDS.index("Faulted")
    silences = list(_silences(fleet))
    for silence in silences:
        words[station == silence.station, silence.first_poll : silence.end_poll] = NO_ANSWER
    return Statuses(station, number, words, outages, silences, liar)


def _charging(ports: int, port: Ints, sessions: Sessions) -> Bools:
    """Whether a session runs at each port at each poll."""
    first, end = (np.searchsorted(POLLS, moments, side="left") for moments in (sessions.start_s, sessions.end_s))
    return _covered(ports, port, first, end)


def _in_use(ports: int, port: Ints, sessions: Sessions) -> Bools:
    """Whether a session runs at each port at any time of the hour that begins with each poll."""
    first, last = (
        np.minimum(moments // SECONDS_PER_HOUR, len(POLLS)) for moments in (sessions.start_s, sessions.end_s)
    )
    return _covered(ports, port, first, np.minimum(last + 1, len(POLLS)))


def _covered(ports: int, port: Ints, first: Ints, end: Ints) -> Bools:
    """Of each port the polls from the first of any session up to, not including, its end."""
    changes = np.zeros((ports, len(POLLS) + 1), dtype=np.int64)
    np.add.at(changes, (port, first), 1)
    np.add.at(changes, (port, end), -1)
    covered: Bools = np.cumsum(changes, axis=1)[:, :-1] > 0
    return covered


def _liar(fleet: list[Station], first_port: Ints) -> int | None:
    """The port that breaks: it says Available even while a session runs."""
    broken = [index for index, each in enumerate(fleet) if each.fault and each.fault.port]
    return int(first_port[broken[0]]) + (fleet[broken[0]].fault.port or 1) - 1 if broken else None  # type: ignore[union-attr]


def _outages(fleet: list[Station], first_port: Ints, in_use: Bools, liar: int | None) -> list[Outage]:
    """Outages of the first ports of every ``STATIONS_PER_OUTAGE``-th station, where nobody charges for long enough."""
    fewest, most = OUTAGE_POLLS
    first, end = (day * HOURS_PER_DAY for day in OUTAGE_DAYS)
    outages = []
    for index in range(0, len(fleet), STATIONS_PER_OUTAGE):
        port = int(first_port[index])
        begin, length = _longest_pause(in_use[port, first:end])
        polls = min(length - 2, most)  # a poll before and one after find it well
        if polls >= fewest and port != liar:
            outages.append(Outage(port, first + begin + 1, first + begin + 1 + polls))
    return outages


def _longest_pause(in_use: Bools) -> tuple[int, int]:
    """Where the longest run of polls without a session begins, and its length; of several the first."""
    bounds = np.flatnonzero(np.diff(np.concatenate(([True], in_use, [True])).astype(np.int64)))
    begins, ends = bounds[::2], bounds[1::2]
    if not len(begins):
        return 0, 0
    longest = int(np.argmax(ends - begins))
    return int(begins[longest]), int(ends[longest] - begins[longest])


def _silences(fleet: list[Station]) -> Iterator[Silence]:
    """The station that falls silent, and a sound one that is not heard for some days."""
    sound = True
    for index, each in enumerate(fleet):
        if each.silent_day is not None:
            yield Silence(index, each.silent_day * HOURS_PER_DAY, len(POLLS))
        elif sound and each.fault is None and index % STATIONS_PER_OUTAGE:
            sound = False
            yield Silence(index, *(day * HOURS_PER_DAY for day in UNHEARD_DAYS))


def write_statuses(path: Path, fleet: list[Station], statuses: Statuses) -> None:
    """The answers as a CSV, in the order of the polls.

    Raises:
        ReportError: the file can't be written.
    """
    heads = [
        f"{fleet[station].station_id},{fleet[station].station_id}-{number}"
        for station, number in zip(statuses.station.tolist(), statuses.number.tolist(), strict=True)
    ]
    with written_whole(path) as file:
        file.write(f"{HEADER}\n".encode())
        for poll in range(len(POLLS)):
            moment = _told(poll)
            lines = [
                f"{head},{moment},{WORDS[word]},{MADE_UP_BY}\n"
                for head, word in zip(heads, statuses.words[:, poll].tolist(), strict=True)
                if word != NO_ANSWER
            ]
            file.write("".join(lines).encode())


def tell_statuses(fleet: list[Station], statuses: Statuses) -> dict[str, Any]:
    """What is planted: outages, silence, and the port whose word is not to be believed."""
    return {
        "poll_minutes": SECONDS_PER_HOUR // 60,
        "outages": [
            {**_tell_port(fleet, statuses, port), "from": _told(first), "until": _told(end)}
            for port, first, end in statuses.outages
        ],
        "silent": [
            {
                "station_id": fleet[station].station_id,
                "from": _told(first),
                "until": _told(end) if end < len(POLLS) else None,
            }
            for station, first, end in statuses.silences
        ],
        "always_available": [] if statuses.liar is None else [_tell_port(fleet, statuses, statuses.liar)],
    }


def _tell_port(fleet: list[Station], statuses: Statuses, port: int) -> dict[str, str]:
    station_id = fleet[int(statuses.station[port])].station_id
    return {"station_id": station_id, "port_id": f"{station_id}-{int(statuses.number[port])}"}


def _told(poll: int) -> str:
    """The local time of a poll, as the file has it."""
    midnight = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=timezone.utc)
    return f"{(midnight + timedelta(hours=poll)).replace(tzinfo=None).isoformat()}{UTC_OFFSET}"
