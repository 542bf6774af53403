"""The frames that travel the line: what `read` hands to `clean`, and what `clean` hands to `load`.

Belongs here: column names, dtypes, units and meanings, and the conventions that text is read by.
Does not belong here: how a format is read (``sources``), what is refused (``clean``), tables (``models``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evcharge.column import Column

if TYPE_CHECKING:
    import pandas as pd

    from evcharge.evidence import CleanEvidence

FIRST_LINES = 10
"""Lines that are kept of each warning."""
LONGEST_TEXT = 255
"""Width of the id and text columns in the database."""
AUTHORISATION_MODES = ("cached_auth", "request_start", "pre_plugin", "post_plugin")
"""Ways of authorising an attempt; the first that fits is its mode. Source: ChargeX Consortium (Idaho National
Laboratory), KPI calculator."""

SESSION_TEXTS = (
    Column("session_id", "object", "the source's session id, or its natural key joined by '|'"),
    Column("station_id", "object", "the source's station id"),
    Column("port_id", "object", "the source's id of the port (EVSE)"),
    Column("connector_id", "object", "the source's id of the connector"),
    Column("start_time", "object", "start of the session"),
    Column("start_zone", "object", "label of the zone of the start's clock, such as MDT"),
    Column("end_time", "object", "end of the session"),
    Column("end_zone", "object", "label of the zone of the end's clock"),
    Column("duration_minutes", "object", "length of the session, where the source states it instead of an end"),
    Column("energy_kwh", "object", "energy delivered"),
    Column("peak_power_kw", "object", "highest power of the session"),
    Column("success", "object", "what the source recorded of the outcome"),
    Column("stop_reason", "object", "why the session stopped, in the source's words"),
    Column("error_code", "object", "error code or codes, in the source's words"),
    Column("start_soc_percent", "object", "state of charge of the battery at the start [%]"),
    Column("end_soc_percent", "object", "state of charge of the battery at the end [%]"),
    Column("driver_ref", "object", "who charged: in the file a token, in the raw frame its salted hash or None"),
    Column("has_transaction", "object", "whether the attempt became a transaction, where the source can tell"),
    Column("reached_charging", "object", "whether power was seen to flow, where the source can tell"),
    Column("next_status", "object", "status the connector took next, in the source's words"),
    Column("source_updated_at", "object", "the source's own version of the row"),
    Column("authorisation_mode", "object", "one of AUTHORISATION_MODES, where the source can tell"),
    Column("authorised_after_seconds", "object", "from the start to the answer that authorised [seconds]"),
    Column("plugged_in_after_seconds", "object", "from the start to when the cable was plugged in [seconds]"),
    Column("power_after_seconds", "object", "from the start to when power first flowed [seconds]"),
    Column("authorize_lead_seconds", "object", "from an Authorize to the start that it led to [whole seconds]"),
    Column("trigger_reasons", "object", "what triggered the transaction's events, in the source's words"),
    Column("energy_at_most_kwh", "object", "what a session took at most, where its energy is not known"),
)
"""What a profile may map a source's session columns to. All are text as written; None where the source has nothing."""

STATION_TEXTS = (
    Column("name", "object", "name of the station"),
    Column("operator", "object", "who operates it"),
    Column("network", "object", "network it belongs to"),
    Column("address", "object", "street address"),
    Column("city", "object", "city or commune"),
    Column("region", "object", "state, region or department"),
    Column("country", "object", "country as the source writes it"),
    Column("latitude", "object", "latitude [degrees north, WGS 84]"),
    Column("longitude", "object", "longitude [degrees east, WGS 84]"),
)
"""What a profile may map to attributes of the station. In the raw frame each name is prefixed with ``station_``."""

RAW_FRAME = (
    Column("line", "int64", "line of the file on which the row begins, counted from 1"),
    Column("raw", "object", "the row as it stands in the file: a text, or what ``str`` makes one of"),
    Column("fault", "object", "code of a fault in the row's own structure, or None; see clean.STRUCTURAL_RULES"),
    Column("told_apart_by", "object", "what tells the row from others of its file with its session id, or None"),
    *SESSION_TEXTS,
    *(Column(f"station_{name}", dtype, meaning) for name, dtype, meaning in STATION_TEXTS),
)
"""What ``sources`` hands to ``clean``: text as written, None where the source has nothing."""

CLEAN_FRAME = (
    Column("line", "int64", "line of the file on which the row begins, counted from 1"),
    Column("station_id", "object", "the source's station id"),
    Column("session_id", "object", "the source's session id or natural key"),
    Column("port_id", "object", "the source's id of the port (EVSE), or None"),
    Column("connector_id", "object", "the source's id of the connector, or None"),
    Column("start_time", "datetime64[ms, UTC]", "start of the session"),
    Column("end_time", "datetime64[ms, UTC]", "end of the session, or NaT"),
    Column("duration_minutes", "float64", "end minus start [minutes], or NaN"),
    Column("energy_kwh", "float64", "energy delivered [kWh], or NaN"),
    Column("average_power_kw", "float64", "energy over duration [kW], or NaN"),
    Column("peak_power_kw", "float64", "highest power of the session [kW], or NaN"),
    Column("success", "boolean", "what the source recorded: True, False or missing"),
    Column("stop_reason", "object", "why the session stopped, in the source's words, or None"),
    Column("error_code", "object", "error code or codes in the source's words, or None"),
    Column("start_soc_percent", "float64", "state of charge at the start [%], or NaN"),
    Column("end_soc_percent", "float64", "state of charge at the end [%], or NaN"),
    Column("driver_ref", "object", "salted hash of the driver's token, or None"),
    Column("has_transaction", "boolean", "whether the attempt became a transaction, or missing"),
    Column("reached_charging", "boolean", "whether power was seen to flow, or missing"),
    Column("next_status", "object", "status the connector took next, in the source's words, or None"),
    Column("source_updated_at", "datetime64[ms, UTC]", "the source's own version of the row, or NaT"),
    Column("authorisation_mode", "object", "one of AUTHORISATION_MODES, or None"),
    Column("authorised_after_seconds", "float64", "from the start to the answer that authorised [seconds], or NaN"),
    Column("plugged_in_after_seconds", "float64", "from the start to when the cable was plugged in [seconds], or NaN"),
    Column("power_after_seconds", "float64", "from the start to when power first flowed [seconds], or NaN"),
    Column("authorize_lead_seconds", "float64", "from an Authorize to its start [whole seconds], or NaN"),
    Column("trigger_reasons", "object", "what triggered the transaction's events, in the source's words, or None"),
    Column("energy_at_most_kwh", "float64", "what a session of unknown energy took at most [kWh], or NaN"),
    Column("time_key", "int64", "local hour of the start at the station, as yyyymmddhh"),
)
"""What ``clean`` hands to ``load``: typed, in UTC, one row per session."""

REJECT_FRAME = (
    Column("line", "int64", "line of the file on which the row begins, counted from 1"),
    Column("rule", "object", "code of the rule that refused the row"),
    Column("column", "object", "column the rule looked at, or None for the whole row"),
    Column("value", "object", "what stood there, as text, or None"),
    Column("raw", "object", "the row as it stands in the file"),
    Column("would_have_been", "object", "success, failure or unknown: how the row would have counted"),
    Column("station_id", "object", "the station that the row named, or None where it can't be read"),
    Column("time_key", "Int64", "local hour of the start, as yyyymmddhh, or missing where it can't be read"),
)
"""One row for each rule that refused a row; a row may have several."""


@dataclass(frozen=True)
class Conventions:
    """How the text of a source is to be read. Nothing here is ever guessed from the data.

    Attributes:
        time_format: ``iso8601``, ``epoch_s``, ``epoch_ms``, or a strptime pattern.
        time_formats: formats that a file may be written in. Before cleaning it is settled which one reads the whole
            file, and ``time_format`` then says it; where none does, those that the file mixes are left here, and each
            time is read by the one that fits it. Empty where ``time_format`` holds as it is.
        timezone: IANA zone of the stations, or None. Times without an offset are read in it, and the
            local hour is that of it; with None, times must carry an offset and the local hour is theirs.
        ambiguous_time: what to do with an hour that a clock change repeats: ``reject``, ``first`` or ``second``.
        decimal: decimal sign, ``.`` or ``,``.
        thousands: what may stand at thousands, a word of ``thousands.THOUSANDS``; with ``none`` nothing may.
        energy_unit: ``kWh`` or ``Wh``.
        power_unit: ``kW`` or ``W``.
        duration_format: ``h:m:s``, ``hours``, ``minutes`` or ``seconds``. A duration that states its own units, such as
            ``PT1H30M``, ``0:30:00``, ``1 day 2:03:04`` or ``1h 5m``, is read whatever it says.
        true_words: words (case-folded) that mean the session succeeded.
        false_words: words (case-folded) that mean it failed.
        null_words: words that mean nothing was recorded, besides an empty field. They never apply to ids.
        no_port_words: texts in the field of the port that say that no port was told.
        zone_labels: what a label in ``start_zone`` or ``end_zone`` stands for, as an offset such as ``-06:00``. A time
            with another label is read in ``timezone``, if one is stated.
    """

    time_format: str = "iso8601"
    time_formats: tuple[str, ...] = ()
    timezone: str | None = None
    ambiguous_time: str = "reject"
    decimal: str = "."
    thousands: str = "none"
    energy_unit: str = "kWh"
    power_unit: str = "kW"
    duration_format: str = "minutes"
    true_words: tuple[str, ...] = ("true", "t", "yes", "y", "1")
    false_words: tuple[str, ...] = ("false", "f", "no", "n", "0")
    null_words: tuple[str, ...] = ()
    no_port_words: tuple[str, ...] = ()
    zone_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawSessions:
    """A chunk of rows as read.

    Attributes:
        frame: columns of ``RAW_FRAME``; of those from ``told_apart_by`` on, one that is nowhere filled may be missing.
        conventions: how its text is to be read.
        skipped: rows of the file that are no sessions by the format's own rule, such as interval rows.
        repaired: number of rows that each named step of the profile changed.
        warnings: number of rows that are odd in a way that only the reader can tell, by code.
        warning_lines: lines of the first of them, by code, where they are known.
        told_until_seconds: of a message log, the latest time of its clock [s since 1970, a time without an offset taken
            as UTC]; None where a message of it has none.
        evidence: what the file tells besides of the states of ports, where it was asked for.
    """

    frame: pd.DataFrame
    conventions: Conventions
    skipped: int = 0
    repaired: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    warning_lines: Mapping[str, Sequence[int]] = field(default_factory=dict)
    told_until_seconds: float | None = None
    evidence: Sequence[CleanEvidence] = ()


@dataclass(frozen=True)
class Cleaned:
    """What ``clean`` makes of a chunk.

    Attributes:
        rows: columns of ``CLEAN_FRAME``; the rows that were kept, in file order.
        rejects: columns of ``REJECT_FRAME``; why the others were not.
        stations: one row per station in ``rows``: ``station_id``, the columns of ``STATION_TEXTS``
            (latitude and longitude as floats) and ``timezone``.
        warnings: number of kept rows by warning code.
        warning_lines: lines of the first of them, by warning code.
    """

    rows: pd.DataFrame
    rejects: pd.DataFrame
    stations: pd.DataFrame
    warnings: Mapping[str, int] = field(default_factory=dict)
    warning_lines: Mapping[str, Sequence[int]] = field(default_factory=dict)


def note_lines(noted: dict[str, list[int]], code: str, lines: Iterable[int]) -> None:
    """Adds the lines of a warning to those that were noted before; the lowest ``FIRST_LINES`` of all are kept."""
    noted[code] = sorted({*noted.get(code, ()), *lines})[:FIRST_LINES]


def empty_frame(columns: tuple[Column, ...]) -> pd.DataFrame:
    """A frame of no rows with these columns and dtypes."""
    import pandas as pd

    return pd.DataFrame({column.name: pd.Series([], dtype=column.dtype) for column in columns})
