"""The defects that a dirty sample holds, one in a row, and in which rows they are planted.

Does not belong here: which rows a load refuses (``clean`` decides; the codes here are its rules).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evcharge.synth.chance import Ints

COLUMNS = (
    *("session_id", "station_id", "start_time", "end_time", "energy_kwh", "success"),
    *("port_id", "stop_reason", "error_code"),
    *("station_name", "network", "city", "region", "latitude", "longitude"),
    "made_up_by",
)
HEADER = ",".join(COLUMNS)
MADE_UP_BY = "evcharge sample"
"""What stands in ``made_up_by`` of each row: the mark by which profile ``sample`` knows the file for what it is."""

FEWEST_ROWS_FOR_EVERY_DEFECT = 1_000  # from here on at least one row of each; made up, keeps defects under 4 %
LEAST_WH_FOR_A_LOWER_REPEAT = 2_000  # a conflicting repeat is 10 % lower, or 1 Wh higher below this


class Defect(NamedTuple):
    """One way in which a row is dirty.

    Attributes:
        code: rule that refuses the row, warning with which it is kept, or the name of a kind that is kept.
        share: share of all rows that are made so [0–1]; made up, each between 0.0005 and 0.002.
        refused: whether a right load refuses the row.
        rows: the row as planted, in turn; names in braces stand for the fields of a clean row.
        tells: what of the planted row still tells how it would have counted: its recorded ``outcome``, its
            ``energy`` (none is a failure, as in ``clean``), or ``nothing``.
    """

    code: str
    share: float
    refused: bool
    rows: tuple[str, ...]
    tells: str = "outcome"


def _row(**changed: str) -> str:
    """The pattern of a row in which these columns are changed."""
    return ",".join(changed.get(column, f"{{{column}}}") for column in COLUMNS)


DEFECTS = (
    # The row's own structure.
    Defect("row_too_short", 0.001, True, ("{session_id},{station_id},{start_time},{end_time}",), tells="nothing"),
    Defect("row_too_long", 0.001, True, (_row() + ",ok",), tells="nothing"),
    Defect("malformed_row", 0.0005, True, (_row(session_id='"{session_id}"x'),), tells="nothing"),
    Defect("repeated_header", 0.0005, True, (HEADER,), tells="nothing"),
    # Ids.
    Defect("session_id_missing", 0.001, True, (_row(session_id=""),)),
    Defect("session_id_unusable", 0.0005, True, (_row(session_id="{session_id}\x07"),)),
    Defect("station_id_missing", 0.001, True, (_row(station_id=""),)),
    Defect("station_id_unusable", 0.0005, True, (_row(station_id="{station_id:X<300}"),)),
    # Times. The 19 first characters of a time are the time without its offset.
    Defect("start_time_missing", 0.001, True, (_row(start_time=""),)),
    Defect(
        "start_time_unreadable",
        0.002,
        True,
        tuple(_row(start_time=text) for text in ("31/05/2025 10:00", "now", "2025-02-30T08:00:00-04:00")),
    ),
    Defect("start_time_without_zone", 0.001, True, (_row(start_time="{start_time:.19}"),)),
    Defect("start_time_out_of_range", 0.0005, True, (_row(start_time="1970-01-01T00:00:00Z", end_time=""),)),
    Defect("start_time_in_the_future", 0.0005, True, (_row(start_time="2099-01-01T08:00:00-04:00", end_time=""),)),
    Defect(
        "end_time_unreadable", 0.001, True, tuple(_row(end_time=text) for text in ("31/05/2025 11:00", "open", "08:15"))
    ),
    Defect("end_time_without_zone", 0.001, True, (_row(end_time="{end_time:.19}"),)),
    Defect("end_before_start", 0.001, True, (_row(start_time="{end_time}", end_time="{start_time}"),)),
    # Energy and outcome.
    Defect(
        "energy_kwh_not_a_number",
        0.002,
        True,
        tuple(_row(energy_kwh=text) for text in ("12kWh", "1_000", "nan", '"7,5"')),
    ),
    Defect("meter_ran_backwards", 0.001, False, (_row(energy_kwh="-1.250"),)),  # kept without its energy
    Defect("energy_kwh_out_of_range", 0.0005, True, (_row(energy_kwh="1000000"),)),
    Defect("success_unreadable", 0.001, False, (_row(success="maybe"),), tells="energy"),  # kept without it
    # Odd rows. The repeat of other content is refused, since no one knows which of the two is the session.
    Defect("padded_id", 0.001, False, (_row(station_id=" {station_id}  "),)),
    Defect("exact_repeat", 0.002, False, (_row(),)),
    Defect("session_id_repeated", 0.001, True, (_row(energy_kwh="{other_energy_kwh}"),)),
    Defect("missing_end", 0.002, False, (_row(end_time=""),)),
    Defect("missing_energy", 0.002, False, (_row(energy_kwh=""),)),
    Defect("missing_success", 0.002, False, (_row(success=""),), tells="nothing"),
)
"""What ``dirty`` plants: one defect a row, so that exactly one rule speaks."""

REPEATS = ("exact_repeat", "session_id_repeated")
"""Defects that are a further row about a session that stands, clean, earlier in the file."""

ROWS_WITHOUT_A_SESSION = (*REPEATS, "repeated_header")
"""Defects that are a row more, and no session more."""


@dataclass(frozen=True)
class Plan:
    """Which row of the file (counted from 0, without the header) is about which session, and which are dirty.

    Attributes:
        session_of_row: index of the session each row is about.
        session_count: number of sessions that the rows are about.
        planted: row and defect, in file order; which of ``Defect.rows`` is third.
    """

    session_of_row: Ints
    session_count: int
    planted: tuple[tuple[int, Defect, int], ...]


def plan_rows(random: np.random.Generator, rows: int, defects: tuple[Defect, ...]) -> Plan:
    """The defects at rows drawn without repetition, each repeat after a clean row that is its own."""
    drawn = iter(np.argsort(random.random(rows), kind="stable").tolist() if defects else [])
    planted: list[tuple[int, Defect, int]] = []
    repeated: dict[int, int] = {}
    for defect in defects:
        for number in range(_defect_count(defect, rows)):
            row = next(drawn)
            if defect.code in REPEATS:
                earlier, row = sorted((row, next(drawn)))
                repeated[row] = earlier
            planted.append((row, defect, number % len(defect.rows)))
    adds_session = np.ones(rows, dtype=np.int64)
    adds_session[[row for row, defect, _ in planted if defect.code in ROWS_WITHOUT_A_SESSION]] = 0
    session_of_row = np.maximum(np.cumsum(adds_session) - 1, 0)
    session_of_row[list(repeated)] = session_of_row[list(repeated.values())]
    return Plan(session_of_row, int(adds_session.sum()), tuple(sorted(planted)))


def _defect_count(defect: Defect, rows: int) -> int:
    """In how many rows the defect is planted."""
    return max(int(defect.share * rows), int(rows >= FEWEST_ROWS_FOR_EVERY_DEFECT))


def spoil(line: str, pattern: str) -> str:
    """The row that the pattern makes of a clean one."""
    fields = dict(zip(COLUMNS, line.split(","), strict=True))
    energy_wh = round(float(fields["energy_kwh"]) * 1000)
    other_wh = energy_wh - energy_wh // 10 if energy_wh >= LEAST_WH_FOR_A_LOWER_REPEAT else energy_wh + 1
    return pattern.format(**fields, other_energy_kwh=f"{other_wh / 1000:.3f}")
