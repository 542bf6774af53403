"""Rows that repeat a session id of their own file with another content, as rejects.

What does not belong here: which rows these are (``versions``), and writing them (``writer``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from evcharge.clean import storable, would_have_counted
from evcharge.frames import REJECT_FRAME
from evcharge.load.mapping import FACT_COLUMNS, Fact
from evcharge.rules import SESSION_ID_REPEATED

_USED = ("source_line", "session_id", "success", "energy_kwh", "has_transaction", "station_key", "time_key")
_PLACES = {name: FACT_COLUMNS.index(name) for name in _USED}


def repeats_of(repeats: Sequence[tuple[Fact, int]], raws: pd.DataFrame, station_ids: Mapping[int, str]) -> pd.DataFrame:
    """The rejects of rows whose id another row of the file has, in file order: columns of ``frames.REJECT_FRAME``.

    Args:
        repeats: each fact, and the line of the row that was there before.
        raws: the columns ``line`` and ``raw`` of the chunk as read.
        station_ids: the source's id of each station, by its key.
    """
    texts = dict(zip(raws["line"].tolist(), raws["raw"].tolist(), strict=True))
    rows = [
        {
            "line": fact[_PLACES["source_line"]],
            "rule": SESSION_ID_REPEATED.code,
            "column": "session_id",
            "value": f"{fact[_PLACES['session_id']]} (also line {line})",
            "raw": storable(texts.get(fact[_PLACES["source_line"]])),
            "would_have_been": would_have_counted(
                fact[_PLACES["success"]], fact[_PLACES["energy_kwh"]], fact[_PLACES["has_transaction"]]
            ),
            "station_id": station_ids[fact[_PLACES["station_key"]]],
            "time_key": fact[_PLACES["time_key"]],
        }
        for fact, line in repeats
    ]
    frame = pd.DataFrame({c.name: pd.Series([row[c.name] for row in rows], dtype=c.dtype) for c in REJECT_FRAME})
    return frame.sort_values("line", kind="stable", ignore_index=True)
