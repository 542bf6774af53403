"""Which fields of a table of messages hold the frame, the time, the station and the direction: by what stands in them.

Names come second: no two central systems call the station the same. What does not belong here: reading tables
(``ocpp.tables``) and JSON objects (``ocpp.objects``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from evcharge.sources.ocpp.directions import SENDERS
from evcharge.sources.ocpp.frame import CALL, ERROR, FROM_STATION, RESULT, TO_STATION
from evcharge.sources.ocpp.heads import WAYS
from evcharge.sources.ocpp.lines import FRAME_START
from evcharge.sources.ocpp.payloads import scalar
from evcharge.sources.ocpp.times import iso_time, log_time, seconds_of

SAMPLE_ROWS = 100
"""Rows at a table's beginning that are looked at."""

TIME_NAMES = ("timestamp", "time", "loggedat", "@timestamp", "realtime", "logtime", "createdat", "ts", "datetime")
STATION_NAMES = (
    *("stationid", "station", "cpid", "chargepointid", "chargeboxid", "chargingstationid", "chargeboxidentity"),
    *("chargepoint", "chargingstation", "chargebox", "chargerid", "charger", "cp", "deviceid", "ocppid", "identity"),
)
WAY_NAMES = ("origin", "direction", "msgflow")
"""Names of fields, folded; of each list the first that is there is read."""

_NO_STATIONS = frozenset(
    (
        *("connectionid", "sessionid", "transactionid", "connectorid", "evseid", "messageid", "correlationid"),
        *("protocol", "version", "ocppversion", "level", "loglevel", "logger", "thread", "stream", "source", "host"),
        *(
            "hostname",
            "tenantid",
            "tenant",
            "state",
            "status",
            "messagetype",
            "messagetypeid",
            "type",
            "kind",
            "action",
        ),
    )
)
"""Names of fields, folded, that repeat themselves as a station's id does, and are none."""


class Columns(NamedTuple):
    """Folded names of the fields of a table of messages; empty where there is none."""

    frame: str = ""
    time: str = ""
    station: str = ""
    way: str = ""


def is_frame(value: object) -> bool:
    """Whether a value is a frame, or a text that holds one."""
    if isinstance(value, str):
        return "[" in value and FRAME_START.search(value) is not None
    return (
        isinstance(value, list)
        and len(value) > 2
        and type(value[0]) is int
        and value[0] in (CALL, RESULT, ERROR)
        and isinstance(value[1], (str, int))
    )


def columns_of(rows: Sequence[Mapping[str, object]]) -> Columns | None:
    """What the fields of these rows hold; None where no field holds frames.

    Args:
        rows: the first rows, each with its values by folded name.
    """
    names = list(dict.fromkeys(name for row in rows for name in row if name))
    frames = {name: sum(is_frame(row.get(name)) for row in rows) for name in names}
    frame = max(names, key=frames.__getitem__, default="")
    if not frame or 2 * frames[frame] < sum(bool(row.get(frame)) for row in rows) or not frames[frame]:
        return None

    rows = [row for row in rows if is_frame(row.get(frame))]
    texts = {name: [scalar(row.get(name)).strip() for row in rows] for name in names if name != frame}
    time = _time_among(texts) or _first(TIME_NAMES, texts)
    way = _first(WAY_NAMES, texts) or next((name for name in texts if _tells_both_ways(texts[name])), "")
    filled = [name for name, column in texts.items() if any(column)]
    likely = [name for name in filled if name not in (time, way) and _may_be_stations(name, texts[name])]
    station = _first(STATION_NAMES, filled) or (likely[0] if len(likely) == 1 else "")
    return Columns(frame, time, station, way)


def _first(names: Sequence[str], present: Collection[str]) -> str:
    return next((name for name in names if name in present), "")


def _time_among(texts: Mapping[str, Sequence[str]]) -> str:
    """The field of which every text is a time; one of counted seconds only where there is no other.

    A station's number may look like counted seconds: of several such fields it is the one that differs most.
    """
    written = [name for name, column in texts.items() if all(_is_time(iso_time(text)[0]) for text in column)]
    counted = [name for name, column in texts.items() if all(_is_time(log_time(text)[0]) for text in column)]
    by_content = written[0] if written else max(counted, key=lambda name: len(set(texts[name])), default="")
    return _first(TIME_NAMES, written or counted) or by_content


def _is_time(iso: str) -> bool:
    return seconds_of(iso) is not None


def _tells_both_ways(texts: Sequence[str]) -> bool:
    """Whether each text is a word for a direction, and both directions are among them."""
    return {WAYS.get(text.casefold()) for text in texts} == {FROM_STATION, TO_STATION}


def _may_be_stations(name: str, texts: Sequence[str]) -> bool:
    """Whether the field names a station in every row, and one of them more than once; no field of the frame does."""
    repeats = all(texts) and len(set(texts)) < len(texts)
    others = any(text in SENDERS or _is_time(iso_time(text)[0]) for text in texts)
    return repeats and name not in _NO_STATIONS and not others
