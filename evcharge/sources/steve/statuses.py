"""What the connectors' statuses in SteVe's export tell of transactions: errors, whether power flowed, what came next.

What does not belong here: which connector a transaction is on (``steve.export``).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from evcharge.sources.ocpp.payloads import error_codes
from evcharge.sources.steve.tables import NO_TIME, microseconds

MOST_ERROR_CHARACTERS = 200
"""Longest list of error codes that is handed on; an ellipsis stands for further codes of the session."""


_Series: TypeAlias = "tuple[array[int], array[int]]"
"""Times of statuses [µs since 1970], and which kind each one is of."""


class Statuses:
    """The statuses of all connectors in order of time; those without a readable time are left out."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], int] = {}
        self._found: defaultdict[str, _Series] = defaultdict(lambda: (array("q"), array("i")))
        self._sorted: dict[str, _Series] = {}

    def add(
        self, connectors: Iterable[str], timestamps: Sequence[str], statuses: Iterable[str], errors: Iterable[str]
    ) -> None:
        """Takes more statuses."""
        for key, at, *kind in zip(connectors, microseconds(timestamps).tolist(), statuses, errors, strict=True):
            if at != NO_TIME:
                times, kinds = self._found[key]
                times.append(at)
                kinds.append(self._kinds.setdefault((kind[0], kind[1]), len(self._kinds)))

    def texts(self, connectors: Sequence[str], starts: Sequence[str], stops: Sequence[str]) -> dict[str, list[str]]:
        """What the statuses tell of sessions; nothing of one that has not ended."""
        kinds = list(self._kinds)
        windows = zip(connectors, microseconds(starts).tolist(), microseconds(stops).tolist(), strict=True)
        texts = [self._told(kinds, *window) for window in windows]
        names = ("error_code", "next_status", "reached_charging")
        return {name: [row[column] for row in texts] for column, name in enumerate(names)}

    def _told(self, names: Sequence[tuple[str, str]], connector: str, start: int, stop: int) -> tuple[str, str, str]:
        """Error codes from start to stop, the status after it, and whether Charging was seen.

        SteVe may itself enter a status at the very time of a start or stop: at the start it is no proof of charging,
        at the stop it is not the next status.
        """
        if NO_TIME in (start, stop) or stop < start:
            return "", "", ""
        times, kinds = self._of(connector)
        first, after_start, after = bisect_left(times, start), bisect_right(times, start), bisect_right(times, stop)
        texts = dict.fromkeys(names[kind][1] for kind in kinds[first:after] if names[kind][1])
        errors = dict.fromkeys(code for text in texts for code in text.split(", "))
        charging = any(names[kind][0] == "Charging" for kind in kinds[after_start:after])
        following = names[kinds[after]][0] if after < len(kinds) else ""
        return _listed(errors), following, "true" if charging else ""

    def _of(self, connector: str) -> _Series:
        """The connector's statuses; those of one time stay in the order of the file."""
        if connector not in self._sorted:
            times, kinds = self._found.pop(connector, (array("q"), array("i")))
            order = np.argsort(np.asarray(times, dtype=np.int64), kind="stable").tolist()
            self._sorted[connector] = (array("q", [times[n] for n in order]), array("i", [kinds[n] for n in order]))
        return self._sorted[connector]


def error_text(code: str, vendor_id: str, vendor_code: str) -> str:
    """A status's error codes as a notice of OCPP tells them, joined by commas; empty where it tells no error."""
    return ", ".join(error_codes({"errorCode": code, "vendorId": vendor_id, "vendorErrorCode": vendor_code}))


def _listed(errors: Iterable[str]) -> str:
    """Different error codes in the order in which they came."""
    text = ", ".join(errors)
    return text if len(text) <= MOST_ERROR_CHARACTERS else f"{text[: MOST_ERROR_CHARACTERS - 1]}…"
