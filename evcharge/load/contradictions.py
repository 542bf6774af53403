"""What the sessions of one load say against each other: warnings that no row alone can give.

Nothing is refused or left out for it. The rows of a load are gathered as numbers, 44 bytes each, and looked through at
its end; of a load of more than ``MOST_ROWS`` rows those before are looked through first, and the last session of each
port stays. What does not belong here: what is odd in one row (``rules``), and what another load knows of a session
(``versions``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.frames import FIRST_LINES, note_lines

MOST_ROWS = 1_000_000
"""Rows that are gathered before they are looked through."""
LEAST_OVERLAP_MS = 60_000
"""Two sessions overlap from here on [ms]. House rule: many sources cut their times to the minute."""
LONGEST_RESTART_MS = 120_000
"""Longest time between two sessions for one to go on counting where the other ended [ms]. House rule: no vehicle takes
the place of another sooner."""
LEAST_COUNTED_KWH = 0.5
"""Less energy is no sign of a meter that goes on counting [kWh]: small amounts are alike by chance."""
MOST_COUNTED_ON = 1.1
"""How many times the energy of the session before a meter that goes on counting may say. House rule."""
LEAST_POWER_RATIO = 2.0
"""How many times the power of the session before the energy would take. House rule."""
LOW_ENERGY_KWH = 0.1
"""Energy that no session of a station passes where its unit is wrong by a thousand [kWh]: 100 kWh would be more."""
LEAST_LOW_MINUTES = 10.0
LEAST_LOW_SESSIONS = 10
"""Sessions of more than ``LEAST_LOW_MINUTES`` from which on a station's unit is doubted. House rule."""

CONTRADICTIONS = {
    "twin_sessions": "another session of the same station, port, start, end and energy has another id",
    "overlapping_sessions": "began while another session of the same port went on",
    "cumulative_energy": "the energy goes on counting from the session before, which ended within two minutes",
    "station_energy_tiny": "no session of its station delivered 0.1 kWh, in ten or more of over ten minutes: is the "
    "unit right?",
}
"""What a load says of rows that are kept, where only other rows of the load can tell; by code."""

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]
_ROW = np.dtype([("port", "i4"), ("session", "i8"), ("start", "i8"), ("end", "i8"), ("energy", "f8"), ("line", "i8")])
"""A session as numbers. ``port`` counts ports from 0, and stations whose port is not known from -1 down; times are
milliseconds since 1970, an end that is not known is ``_NEVER``."""
_NEVER = np.iinfo("i8").min
_GROUP_MS = 1 << 42
"""More milliseconds than all sessions of all time span: 139 years."""


@dataclass
class Contradictions:
    """Gathers the sessions of one load; ``counts`` and ``lines`` tell of them once ``close`` was called."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[int]] = field(default_factory=dict)
    _ports: dict[tuple[str, str], int] = field(default_factory=dict)
    _portless: dict[str, int] = field(default_factory=dict)
    _stations: dict[str, _Tally] = field(default_factory=dict)
    _waiting: list[Rows] = field(default_factory=list)
    _carried: int = 0

    def add(self, rows: pd.DataFrame) -> None:
        """Gathers the rows of a chunk: columns of ``frames.CLEAN_FRAME``."""
        if rows.empty:
            return
        taken = np.empty(len(rows), dtype=_ROW)
        taken["port"] = self._port_numbers(rows)
        ids = zip(rows["station_id"].tolist(), rows["session_id"].tolist(), strict=True)
        taken["session"] = np.fromiter(map(hash, ids), dtype="i8", count=len(rows))
        for name in ("start", "end"):
            taken[name] = rows[f"{name}_time"].dt.tz_localize(None).to_numpy(dtype="datetime64[ms]").astype("i8")
        taken["energy"] = rows["energy_kwh"]
        taken["line"] = rows["line"]
        self._waiting.append(taken)
        self._tally(rows)
        if sum(map(len, self._waiting)) - self._carried >= MOST_ROWS:
            self._waiting = [self._look()]
            self._carried = len(self._waiting[0])

    def close(self) -> None:
        """Looks through what is still waiting, and at each station as a whole."""
        self._look()
        for tally in self._stations.values():
            if tally.is_low:
                self.counts["station_energy_tiny"] += tally.sessions
                note_lines(self.lines, "station_energy_tiny", tally.lines)

    def _port_numbers(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """The number of each row's port, asked for once for each that differs."""
        (stations, station_ids), (ports, port_ids) = (
            pd.factorize(rows[name].to_numpy()) for name in ("station_id", "port_id")
        )
        pairs, which = np.unique(stations * (len(port_ids) + 1) + ports + 1, return_inverse=True)
        told = (divmod(pair, len(port_ids) + 1) for pair in pairs.tolist())
        numbers = [self._port(station_ids[station], port_ids[port - 1] if port else None) for station, port in told]
        return np.array(numbers)[which]

    def _port(self, station: str, port: str | None) -> int:
        if port is None:
            return self._portless.setdefault(station, -1 - len(self._portless))
        return self._ports.setdefault((station, port), len(self._ports))

    def _tally(self, rows: pd.DataFrame) -> None:
        """Counts the sessions of each station that might have delivered something."""
        looked_at = rows[rows["energy_kwh"].notna()]
        most = looked_at.groupby("station_id", sort=False)["energy_kwh"].max()
        for station, energy in most.items():
            tally = self._stations.setdefault(str(station), _Tally())
            tally.most_kwh = max(tally.most_kwh, float(energy))
        low = {station for station, tally in self._stations.items() if tally.most_kwh < LOW_ENERGY_KWH}
        if not low:
            return
        long = looked_at[(looked_at["duration_minutes"] > LEAST_LOW_MINUTES) & (looked_at["energy_kwh"] > 0)]
        for station, lines in long[long["station_id"].isin(low)].groupby("station_id", sort=False)["line"]:
            self._stations[str(station)].take(lines.tolist())

    def _look(self) -> Rows:
        """Looks through the sessions that wait; returns the last one of each port, which the next may contradict."""
        rows = np.concatenate([*self._waiting, np.empty(0, dtype=_ROW)])
        self._waiting = []
        _, first = np.unique(rows["session"], return_index=True)
        is_new = first >= self._carried
        rows, fresh = rows[first], is_new
        order = np.lexsort((rows["line"], rows["energy"], rows["end"], rows["start"], rows["port"]))
        rows, fresh = rows[order], fresh[order]
        if len(rows):
            twins = _twins(rows)
            self._note("twin_sessions", rows, twins & fresh)
            self._note("overlapping_sessions", rows, _overlapping(rows) & ~twins & fresh)
            self._note("cumulative_energy", rows, _counted_on(rows) & ~twins & fresh)
        is_last = np.append(rows["port"][1:] != rows["port"][:-1], True) if len(rows) else np.empty(0, dtype=bool)
        last: Rows = rows[is_last]
        return last

    def _note(self, code: str, rows: Rows, mask: Mask) -> None:
        if mask.any():
            self.counts[code] += int(mask.sum())
            note_lines(self.lines, code, np.sort(rows["line"][mask])[:FIRST_LINES].tolist())


@dataclass
class _Tally:
    """Of one station the highest energy, and its sessions of some energy that were long enough to deliver more."""

    most_kwh: float = 0.0
    sessions: int = 0
    lines: list[int] = field(default_factory=list)

    @property
    def is_low(self) -> bool:
        return self.most_kwh < LOW_ENERGY_KWH and self.sessions >= LEAST_LOW_SESSIONS

    def take(self, lines: Iterable[int]) -> None:
        found = list(lines)
        self.sessions += len(found)
        self.lines = [*self.lines, *found][:FIRST_LINES]


def _twins(rows: Rows) -> Mask:
    """Sessions that say what the one before says; of no known port only those of some energy."""
    now, before = rows[1:], rows[:-1]
    alike = now["end"] != _NEVER
    for name in ("port", "start", "end", "energy"):
        alike &= now[name] == before[name]
    return np.append(False, alike & ((now["port"] >= 0) | (now["energy"] > 0)))


def _overlapping(rows: Rows) -> Mask:
    """Sessions of a port that begin before the end of one that began earlier."""
    group = np.cumsum(np.append(0, rows["port"][1:] != rows["port"][:-1]))
    first = rows["start"].min()
    ends = np.maximum(rows["end"], rows["start"]) - first
    latest = np.maximum.accumulate(ends + group * _GROUP_MS)[:-1] - group[1:] * _GROUP_MS
    begins = rows["start"][1:] - first
    return np.append(False, (latest - begins >= LEAST_OVERLAP_MS) & (rows["port"][1:] >= 0))


def _counted_on(rows: Rows) -> Mask:
    """Sessions that begin where the one before ended, with its energy or little more, in much less time."""
    now, before = rows[1:], rows[:-1]
    gap = now["start"] - before["end"]
    found = (now["port"] == before["port"]) & (now["port"] >= 0) & (now["end"] > now["start"])
    found &= (before["end"] > before["start"]) & (gap >= 0) & (gap <= LONGEST_RESTART_MS)
    found &= (before["energy"] >= LEAST_COUNTED_KWH) & (now["energy"] >= before["energy"])
    found &= now["energy"] <= before["energy"] * MOST_COUNTED_ON
    lengths = [(one["end"] - one["start"]).astype("f8") for one in (now, before)]
    found &= now["energy"] * lengths[1] >= LEAST_POWER_RATIO * before["energy"] * lengths[0]
    return np.append(False, found)
