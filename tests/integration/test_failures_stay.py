"""No failure hides: for each kind of input that once cost attempts, what a load makes of it, on both databases.

Each case has a file of good sessions and of failures that something odd stands beside. What counts is the number of
sessions, the number of failures by the source's own flag or else by the energy, and that the oddity is told.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evcharge.load import load_file
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import counts, query
from tests.support.ocpp_log import DAY, Log
from tests.support.publishers import all_published

FAILED = "SELECT COUNT(*) FROM fact_charging WHERE success IS FALSE OR success IS NULL AND energy_kwh = 0"
Write = Callable[[Path], Path]


def table(*rows: str, header: str = HEADER) -> Write:
    return lambda folder: native_csv(folder / "a.csv", *rows, header=header)


def failures(**over: str) -> list[str]:
    """One good session, and three failures with this in them."""
    times = [f"2025-04-02T{8 + n:02}:00:00Z" for n in range(3)]
    failed = {"end_time": "", "energy_kwh": "0", "success": "false"}
    rows = [
        session_row(**{"session_id": f"F{n}", "start_time": start} | failed | over) for n, start in enumerate(times)
    ]
    return [session_row(), *rows]


def noted(text: str, column: str = "error_code") -> Write:
    """One good session, and three failures with this text in one more column."""
    good, *failed = failures()
    quoted = '"' + text.replace('"', '""') + '"'
    return table(f"{good},", *(f"{row},{quoted}" for row in failed), header=f"{HEADER},{column}")


def log(*says: Callable[[Log], Log]) -> Write:
    def write(folder: Path) -> Path:
        told = Log()
        for say in says:
            say(told)
        path = folder / "station.log"
        path.write_text("\n".join(told.lines) + "\n", encoding="utf-8")
        return path

    return write


def good(hour: int, transaction: int) -> Callable[[Log], Log]:
    return lambda told: told.start(f"{hour:02}:00:00", transaction).stop(f"{hour:02}:30:00", transaction, 5000)


KINDS: dict[str, tuple[Write, dict[str, int], int, set[str]]] = {
    "a text longer than is kept": (noted("x" * 300), {"read": 4, "inserted": 4}, 3, {"error_code_shortened"}),
    "a text of several lines": (noted("one\ntwo"), {"read": 4, "inserted": 4}, 3, {"error_code_shortened"}),
    "a reason of several lines": (
        noted("a\r\nb", "stop_reason"),
        {"read": 4, "inserted": 4},
        3,
        {"stop_reason_shortened"},
    ),
    "a station's name of several lines": (
        noted("a\nb", "station_name"),
        {"read": 4, "inserted": 4},
        3,
        {"station_text_shortened"},
    ),
    "a meter that ran backwards": (
        table(*failures(energy_kwh="-3.2")),
        {"read": 4, "inserted": 4},
        3,
        {"meter_ran_backwards"},
    ),
    "a peak power that is no number": (
        noted("a lot", "peak_power_kw"),
        {"read": 4, "inserted": 4},
        3,
        {"peak_power_kw_not_a_number"},
    ),
    "truth values that pandas wrote": (table(*failures(success="0.0")), {"read": 4, "inserted": 4}, 3, set()),
    "truth values of a German spreadsheet": (table(*failures(success="FALSCH")), {"read": 4, "inserted": 4}, 3, set()),
    "times of seven digits and a small z": (
        table(*failures(end_time="2025-04-02T23:00:00.1234567z")),
        {"read": 4, "inserted": 4},
        3,
        set(),
    ),
    "delimiters at line ends": (
        table(*(f"{row},," for row in failures()), header=f"{HEADER},,"),
        {"read": 4, "inserted": 4},
        3,
        set(),
    ),
    "one id for all failures": (
        table(*failures(session_id="0")),
        {"read": 4, "inserted": 2, "rejected": 2},
        1,
        set(),
    ),
    "ids that a spreadsheet rounded": (
        table(*failures(session_id="1.23457E+17")),
        {"read": 4, "inserted": 1, "rejected": 3},
        0,
        set(),
    ),
    "a mark in the middle of the file": (
        table(session_row(), *(f"\ufeff{row}" for row in failures()[1:])),
        {"read": 4, "inserted": 4},
        3,
        set(),
    ),
    "ids with what no eye sees": (
        table(*failures(station_id="ST-1\u200b")),
        {"read": 4, "inserted": 4},
        3,
        {"padded_id"},
    ),
    "ids as a spreadsheet's formula": (
        table(*failures(station_id='"=""ST-1"""')),
        {"read": 4, "inserted": 4},
        3,
        {"formula_id"},
    ),
    "a clock that was never set": (
        log(
            good(8, 1),
            *(
                lambda told, n=n: told.start(f"{n}:00:00", n, at="1970-01-01T00:00:10Z").stop(
                    f"{n}:01:00", n, 0, at="1970-01-01T00:01:10Z"
                )
                for n in (10, 11, 12)
            ),
        ),
        {"read": 4, "inserted": 4},
        3,
        {"station_clock_unset"},
    ),
    "a meter that restarts": (
        log(good(8, 1), lambda told: told.start("10:00:00", 2, meter=9000).stop("10:01:00", 2, 0)),
        {"read": 2, "inserted": 2},
        0,
        {"meter_ran_backwards"},
    ),
    "a meter that knows nothing": (
        log(good(8, 1), lambda told: told.start("10:00:00", 2, meter=9000).stop("10:01:00", 2, -1)),
        {"read": 2, "inserted": 2},
        0,
        set(),
    ),
    "stops without the id that was given": (
        log(good(8, 1), lambda told: told.start("10:00:00", 2).stop("10:01:00", -1, 0)),
        {"read": 2, "inserted": 2},
        1,
        set(),
    ),
    "one id on two connectors": (
        log(
            lambda told: told.start("08:00:00", 0, connector=1, meter=100),
            lambda told: told.start("08:05:00", 0, connector=2, meter=90_000),
            lambda told: told.stop("08:30:00", 0, 5100).stop("08:40:00", 0, 90_000),
        ),
        {"read": 2, "inserted": 2},
        1,
        set(),
    ),
    "numbers as message ids": (
        log(good(8, 1), lambda told: told.start("10:00:00", 2, number=17).stop("10:01:00", 2, 0)),
        {"read": 2, "inserted": 2},
        1,
        set(),
    ),
    "values that say more than the meter's end": (
        log(
            good(8, 1),
            lambda told: told.start("10:00:00", 2).stop(
                "10:30:00",
                2,
                0,
                transactionData=[
                    {
                        "timestamp": f"{DAY}T10:30:00Z",
                        "sampledValue": [{"value": "4000", "context": "Transaction.End"}],
                    }
                ],
            ),
        ),
        {"read": 2, "inserted": 2},
        0,
        {"meter_unlike_values"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_odd_about_a_failure_costs_neither_it_nor_another(url: str, tmp_path: Path, kind: str) -> None:
    write, expected, failed, warned = KINDS[kind]
    result = load_file(write(tmp_path), url, all_published())
    assert counts(result) == expected
    assert query(url, FAILED) == [(failed,)]
    assert warned <= result.warnings.keys()


@pytest.mark.parametrize("kind", ["one id for all failures", "ids that a spreadsheet rounded"])
def test_a_failure_that_can_only_be_refused_is_counted_as_one(url: str, tmp_path: Path, kind: str) -> None:
    write, expected, *_ = KINDS[kind]
    result = load_file(write(tmp_path), url, all_published())
    assert result.rejected_as == {"failure": expected["rejected"]}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_loaded_again_under_another_name_changes_nothing(url: str, tmp_path: Path, kind: str) -> None:
    write, *_ = KINDS[kind]
    profiles = all_published()
    path = write(tmp_path)
    load_file(path, url, profiles)
    before = query(url, "SELECT session_id, start_time, energy_kwh, success FROM fact_charging ORDER BY session_id")
    again = path.with_name("again" + path.suffix)
    again.write_bytes(path.read_bytes() + b"\n")
    result = load_file(again, url, profiles)
    assert not {"inserted", "updated"} & counts(result).keys()
    assert (
        query(url, "SELECT session_id, start_time, energy_kwh, success FROM fact_charging ORDER BY session_id")
        == before
    )
