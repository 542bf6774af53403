"""The synthetic data set: a made-up operator's sessions as a CSV, and the truth about them to check results against.

The same seed and options give the same bytes everywhere. Does not belong here: how rows are read (``sources``), which
are refused (``clean``), figures (``metrics``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np

from evcharge.errors import ConfigError
from evcharge.output import written_whole
from evcharge.synth.chance import Ints
from evcharge.synth.defects import COLUMNS, DEFECTS, HEADER, MADE_UP_BY, Defect, Plan, plan_rows, spoil
from evcharge.synth.fleet import Station, build_fleet
from evcharge.synth.period import FIRST_DAY, UTC_OFFSET
from evcharge.synth.places import NETWORK
from evcharge.synth.reasons import RECORDED
from evcharge.synth.sessions import Sessions, simulate
from evcharge.synth.statuses import answers, tell_statuses, write_statuses
from evcharge.synth.truth import tell_truth

__all__ = ["COLUMNS", "DEFECTS", "HEADER", "Defect", "write_sample"]

TRUTH_SCHEMA_VERSION = 2
DEFAULT_STATIONS = 10
ROWS_DEFAULT_STATIONS_COVER = 20_000
ROWS_PER_STATION = 2_000
MOST_DEFAULT_STATIONS = 500
BLOCK_ROWS = 50_000  # rows formatted at a time: about 20 MB of text and lists


def write_sample(
    path: Path,
    *,
    rows: int = 1000,
    stations: int | None = None,
    seed: int = 1,
    dirty: bool = False,
    truth: Path | None = None,
    statuses: Path | None = None,
) -> None:
    """A CSV of made-up sessions, sorted by start, with AC and DC stations of which five are odd.

    One station breaks on a day, at one port; one goes silent weeks before the end; two (in large fleets one in 50) are
    bad throughout, by turns in the afternoon heat and because payment fails; one is repaired. A fleet of fewer than six
    has none that is repaired, and one of fewer than four has the first of the others.

    Args:
        path: where the CSV goes; a file that is there is replaced whole.
        rows: number of rows below the header.
        stations: number of stations; None is 10 up to 20,000 rows, and above that one per 2,000 rows, at most 500.
        seed: a whole number ≥ 0; the same seed and options give the same bytes.
        dirty: plant ``DEFECTS``, each in its share of the rows, and in at least one row from 1,000 rows on. Below
            that a share that is less than a row is none.
        truth: where to write, as JSON, the true ratios, what was planted where, and what a right load counts. Read
            ``docs/how-to/try-a-made-up-network.md``.
        statuses: where to write, as a CSV, what the ports of these stations answered to an hourly poll.

    Raises:
        ConfigError: rows or seed is negative, or stations is less than 1.
        ReportError: a file can't be written.
    """
    station_count = _default_stations(rows) if stations is None else stations
    _require_usable(rows, station_count, seed)
    stream = np.random.PCG64(seed)
    random, more_random = np.random.Generator(stream), np.random.Generator(stream.jumped())
    fleet = build_fleet(random, station_count)
    plan = plan_rows(random, rows, DEFECTS if dirty else ())
    sessions = simulate(random, more_random, fleet, plan.session_count)
    _write_csv(path, fleet, sessions, plan)
    told = tell_truth(fleet, sessions, plan)
    if statuses is not None:
        answered = answers(fleet, sessions)
        write_statuses(statuses, fleet, answered)
        told["statuses"] = tell_statuses(fleet, answered)
    if truth is not None:
        document = {"schema_version": TRUTH_SCHEMA_VERSION, "seed": seed, "rows": rows, **told}
        with written_whole(truth) as file:
            file.write((json.dumps(document, sort_keys=True, indent=2) + "\n").encode())


def _default_stations(rows: int) -> int:
    """How many stations a file of this many rows has where nobody says."""
    if rows <= ROWS_DEFAULT_STATIONS_COVER:
        return DEFAULT_STATIONS
    return min(rows // ROWS_PER_STATION, MOST_DEFAULT_STATIONS)


def _require_usable(rows: int, stations: int, seed: int) -> None:
    for name, value, least in (("rows", rows, 0), ("stations", stations, 1), ("seed", seed, 0)):
        if value < least:
            raise ConfigError(
                "sample_option_out_of_range",
                f"{name} of the sample is {value}; it is at least {least}.",
                f"Give a whole number of {least} or more.",
            )


def _write_csv(path: Path, fleet: list[Station], sessions: Sessions, plan: Plan) -> None:
    with written_whole(path) as file:
        file.write(f"{HEADER}\n".encode())
        for lines in _blocks(fleet, sessions, plan):
            file.write(("\n".join(lines) + "\n").encode())


def _blocks(fleet: list[Station], sessions: Sessions, plan: Plan) -> Iterator[list[str]]:
    """The rows of the file in order, a list of ``BLOCK_ROWS`` at a time."""
    planted = {row: (defect, variant) for row, defect, variant in plan.planted}
    dirty_rows = np.array(sorted(planted), dtype=np.int64)
    for first in range(0, len(plan.session_of_row), BLOCK_ROWS):
        chosen = plan.session_of_row[first : first + BLOCK_ROWS]
        lines = _format_rows(fleet, sessions, chosen)
        low, high = np.searchsorted(dirty_rows, [first, first + BLOCK_ROWS])
        for row in dirty_rows[low:high].tolist():
            defect, variant = planted[row]
            lines[row - first] = spoil(lines[row - first], defect.rows[variant])
        yield lines


def _format_rows(fleet: list[Station], sessions: Sessions, chosen: Ints) -> list[str]:
    """The clean rows about the chosen sessions."""
    ids = [station.station_id for station in fleet]
    places = [_format_place(station) for station in fleet]
    endings = [",".join(recorded) for recorded in RECORDED]
    return [
        f"S{number:07d},{ids[station]},{start}{UTC_OFFSET},{end}{UTC_OFFSET},{energy_kwh:.3f},{success}"
        f",{ids[station]}-{port},{endings[ending]},{places[station]},{MADE_UP_BY}"
        for number, station, start, end, energy_kwh, success, port, ending in zip(
            (chosen + 1).tolist(),
            sessions.station[chosen].tolist(),
            _format_times(sessions.start_s[chosen]),
            _format_times(sessions.end_s[chosen]),
            (sessions.energy_wh[chosen] / 1000).tolist(),
            np.where(sessions.success[chosen], "true", "false").tolist(),
            sessions.port[chosen].tolist(),
            sessions.ending[chosen].tolist(),
            strict=True,
        )
    ]


def _format_place(station: Station) -> str:
    """The fields about the station, the same in each of its rows."""
    place = station.place
    return ",".join((place.name, NETWORK, place.city, place.region, place.latitude, place.longitude))


def _format_times(seconds: Ints) -> list[str]:
    """Seconds after the first midnight as local times, ISO 8601 without an offset."""
    times = np.datetime64(FIRST_DAY, "s") + seconds.astype("timedelta64[s]")
    return cast("list[str]", np.datetime_as_string(times, unit="s").tolist())
