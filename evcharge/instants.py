"""Parsing text into instants by stated conventions: formats, offsets, labels of zones, hours that a clock change moves.

Nothing is guessed: a text that does not fit the convention is marked, never bent. What does not belong here: numbers
and durations (``parse``), which marks refuse a row (``rules``), and files (``sources``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.fixed_times import FixedTimes, read_fixed
from evcharge.frames import Conventions
from evcharge.offsets import with_minutes_of_offset
from evcharge.times import Times, each_by_its_own, no_times, with_times_at

_ISO_8601 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
    r"(?P<offset>[Zz]|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?"
)
"""ISO 8601, and RFC 3339, which sets no limit to the digits of a fraction and allows small letters."""
_RARE_IN_ISO = re.compile(r"[tz,]|\.[0-9]{7}")
_LONG_FRACTION = re.compile(r"(?<=\.[0-9]{6})[0-9]+")
_EPOCH = re.compile(r"(?P<whole>-?[0-9]{1,15})(?:\.(?P<fraction>[0-9]+))?")
"""Seconds or milliseconds, with a fraction of any length: it is cut to milliseconds."""
_BEYOND_MICROSECONDS = re.compile(r"(?<=\.[0-9]{6})[0-9]{1,3}")
_WORDS_FOR_THE_PRESENT = ("now", "today")  # pandas would read them as the clock's time
_CALENDAR = (
    pd.Timestamp("1900-01-01", tz="UTC"),
    pd.Timestamp("2200-01-01", tz="UTC"),
)  # within what pandas 2 can hold
_CALENDAR_MS = tuple(int(end.timestamp() * 1000) for end in _CALENDAR)


def parse_instants(texts: pd.Series, conventions: Conventions, labels: pd.Series | None = None) -> Times:
    """Instants of a text column, in the stated format and zone.

    An offset in the text decides; a time without one is read by the label of its row, where the conventions explain
    it, else in ``conventions.timezone``. Where several formats are stated, each time is read by the one that fits it;
    a time that two of them read differently is unreadable.
    """
    label_offsets = _label_offsets(labels, conventions, len(texts))
    formats = conventions.time_formats or (conventions.time_format,)
    first, *others = (_parse_by(name, texts, conventions, label_offsets) for name in formats)
    return each_by_its_own(first, others) if others else first


def _stripped(texts: pd.Series) -> pd.Series:
    """The texts without blanks around them, None where nothing is left."""
    return pd.Series([text.strip() or None if text else None for text in texts.tolist()], dtype="object")


def _parse_by(time_format: str, texts: pd.Series, conventions: Conventions, label_offsets: list[str | None]) -> Times:
    """The times as this one format reads them."""
    conventions = replace(conventions, time_format=time_format, time_formats=())
    if time_format in ("epoch_s", "epoch_ms"):
        return _parse_epochs(_stripped(texts), conventions)
    return _parse_calendar(texts, conventions, label_offsets)


def _label_offsets(labels: pd.Series | None, conventions: Conventions, count: int) -> list[str | None]:
    """The offset that each row's label stands for, '' where it has no label, None where nobody said."""
    if labels is None or labels.isna().all():
        return [""] * count
    known = {label.casefold(): offset for label, offset in conventions.zone_labels.items()}
    return [known.get(label.strip().casefold()) if label and label.strip() else "" for label in labels]


def _parse_epochs(texts: pd.Series, conventions: Conventions) -> Times:
    """Epochs by integer arithmetic, since a float loses milliseconds."""
    present = np.asarray(texts.notna())
    milliseconds = [_epoch_ms(text, conventions.time_format) for text in texts]
    readable = np.array([ms is not None for ms in milliseconds], dtype=bool)
    first, last = _CALENDAR_MS
    within = np.array([ms is not None and first <= ms < last for ms in milliseconds], dtype=bool)
    kept = np.array([ms if ok else 0 for ms, ok in zip(milliseconds, within, strict=True)], dtype="datetime64[ms]")
    instants = pd.Series(kept).dt.tz_localize("UTC").where(within)
    return replace(
        no_times(len(texts)),
        instants=instants,
        later=instants,
        earlier=instants,
        present=present,
        unreadable=present & ~readable,
        beyond_calendar=readable & ~within,
    )


def _epoch_ms(text: str | None, time_format: str) -> int | None:
    found = _EPOCH.fullmatch(text) if text else None
    if found is None:
        return None
    whole = int(found["whole"])
    if time_format == "epoch_ms":
        return whole
    thousandths = int((found["fraction"] or "").ljust(3, "0")[:3])
    return whole * 1000 + (-thousandths if found["whole"].startswith("-") else thousandths)


def _parse_calendar(texts: pd.Series, conventions: Conventions, label_offsets: list[str | None]) -> Times:
    """Dates and clock times, each with its offset, that of its label, or in the stated zone.

    Those that are written alike are read at once, the others one by one.
    """
    fixed = read_fixed(texts.tolist(), conventions.time_format)
    is_labelled = np.array([offset != "" for offset in label_offsets], dtype=bool)
    is_told = fixed.is_read & (fixed.has_offset | ~is_labelled)
    times = _times_of(fixed._replace(is_read=is_told), conventions)
    others = np.flatnonzero(~is_told)
    if not len(others):
        return times
    labels = [label_offsets[row] for row in others]
    return with_times_at(times, others, _parse_each(_stripped(texts.iloc[others]), conventions, labels))


def _times_of(fixed: FixedTimes, conventions: Conventions) -> Times:
    """Times read at once as instants; none where nothing was read."""
    milliseconds = fixed.clock_ms - fixed.offset_minutes * 60_000
    instants = pd.Series(milliseconds.astype("datetime64[ms]")).dt.tz_localize("UTC")
    instants = instants.where(fixed.is_read & fixed.has_offset)
    is_local = fixed.is_read & ~fixed.has_offset
    times = replace(no_times(len(instants)), present=fixed.is_read, offset_minutes=fixed.offset_minutes)
    if not is_local.any():
        return replace(times, instants=instants, later=instants, earlier=instants)

    local = _place(pd.Series(fixed.clock_ms.astype("datetime64[ms]")).where(is_local), conventions)
    placed = local.second if conventions.ambiguous_time == "second" else local.first
    instants = instants.where(~is_local, placed)
    return replace(
        times,
        instants=instants,
        later=instants.where(~local.repeated, local.second),
        earlier=instants.where(~local.repeated, local.first),
        without_zone=is_local & (conventions.timezone is None),
        nonexistent=local.nonexistent,
        repeated=local.repeated,
        ambiguous=local.repeated & (conventions.ambiguous_time == "reject"),
    )


def _parse_each(texts: pd.Series, conventions: Conventions, label_offsets: list[str | None]) -> Times:
    """Dates and clock times one by one, and what is wrong with those that are none."""
    present = np.asarray(texts.notna())
    is_iso = conventions.time_format == "iso8601"
    if is_iso:
        texts = pd.Series([_as_pandas_reads(text) if text else None for text in texts], dtype="object")
    elif conventions.time_format.endswith("%z"):
        texts = pd.Series([with_minutes_of_offset(text) if text else None for text in texts], dtype="object")
    offsets = _iso_offsets(texts) if is_iso else _pattern_offsets(texts, conventions.time_format)
    shaped = np.array([offset is not None for offset in offsets], dtype=bool)
    has_offset = np.array([bool(offset) for offset in offsets], dtype=bool)
    labelled = np.array([offset != "" for offset in label_offsets], dtype=bool) & ~has_offset
    unexplained = labelled & np.array([offset is None for offset in label_offsets], dtype=bool)
    if conventions.timezone is not None:
        labelled &= ~unexplained
    pandas_format = "ISO8601" if is_iso else conventions.time_format

    instants = _parse(texts.where(has_offset), pandas_format, utc=True)
    naive = _parse(texts.where(shaped & ~has_offset), pandas_format, utc=False)
    local = _place(naive.where(~labelled), conventions)
    placed = local.second if conventions.ambiguous_time == "second" else local.first
    if labelled.any():
        offsets = [label if use else own for own, label, use in zip(offsets, label_offsets, labelled, strict=True)]
        placed = placed.where(~labelled, _shifted(naive, offsets).where(~unexplained))
    instants = instants.where(has_offset, placed)

    parsed = np.asarray(instants.notna()) | np.asarray(naive.notna())
    beyond = _real_but_unparsed(texts, shaped & ~parsed, conventions.time_format)
    without_zone = np.asarray(naive.notna()) & ~labelled & (conventions.timezone is None)
    unreadable = present & ~parsed & ~beyond
    unexplained &= np.asarray(naive.notna())
    no_choice = conventions.ambiguous_time == "reject"
    return Times(
        instants=instants,
        later=instants.where(~local.repeated, local.second),
        earlier=instants.where(~local.repeated, local.first),
        offset_minutes=_offset_minutes(offsets),
        present=present,
        unreadable=unreadable,
        without_zone=without_zone,
        unknown_label=unexplained & labelled,
        label_left_aside=unexplained & ~labelled,
        nonexistent=local.nonexistent,
        repeated=local.repeated,
        ambiguous=local.repeated & no_choice,
        beyond_calendar=beyond,
    )


class _Local(NamedTuple):
    """Local clock times as instants: both readings (alike but where ``repeated``), and where there are none or two."""

    first: pd.Series
    second: pd.Series
    nonexistent: Flags
    repeated: Flags


def _shifted(naive: pd.Series, offsets: list[str | None]) -> pd.Series:
    """Clock times as instants, each by its own offset."""
    east = pd.Series(_offset_minutes(offsets).astype("timedelta64[m]").astype("timedelta64[ms]"))
    instants: pd.Series = naive.dt.tz_localize("UTC") - east
    return instants.astype("datetime64[ms, UTC]")


def _as_pandas_reads(text: str) -> str:
    """The same time with capital letters, a point, and at most six digits of a second: stored are three."""
    if not _RARE_IN_ISO.search(text) or not _ISO_8601.fullmatch(text):
        return text
    return _LONG_FRACTION.sub("", text.upper().replace(",", "."))


def _iso_offsets(texts: pd.Series) -> list[str | None]:
    """The written offset of each text, '' where it has none, None where it is not ISO 8601 at all."""
    matches = [_ISO_8601.fullmatch(text) if text else None for text in texts]
    return [found["offset"] or "" if found else None for found in matches]


def _pattern_offsets(texts: pd.Series, pattern: str) -> list[str | None]:
    """The written offset of each text, '' where the pattern has none, None where pandas is not to read it.

    Pandas would read some texts by rules of its own: digits of other scripts, the present, second 60.
    """
    offsets: list[str | None] = []
    for text in texts:
        if not text or not text.isascii() or text.lower() in _WORDS_FOR_THE_PRESENT:
            offsets.append(None)
        elif "%z" in pattern or "60" in text or "61" in text:
            offsets.append(_pattern_offset(text, pattern))
        else:
            offsets.append("")
    return offsets


def _pattern_offset(text: str, pattern: str) -> str | None:
    """The offset as +hhmm, '' where the pattern has none, None where the text does not fit the pattern."""
    try:
        return datetime.strptime(_BEYOND_MICROSECONDS.sub("", text), pattern).strftime("%z")  # noqa: DTZ007
    except ValueError:
        return None


def _parse(texts: pd.Series, pandas_format: str, *, utc: bool) -> pd.Series:
    """Times within the calendar; NaT for others, since only some versions of pandas hold them."""
    parsed = pd.to_datetime(texts, format=pandas_format, utc=utc, errors="coerce")
    parsed = parsed.astype("datetime64[ms, UTC]" if utc else "datetime64[ms]")
    first, last = (end if utc else end.tz_localize(None) for end in _CALENDAR)
    return parsed.where((parsed >= first) & (parsed < last))


def _place(naive: pd.Series, conventions: Conventions) -> _Local:
    """Local clock times as instants in the stated zone."""
    none = np.zeros(len(naive), dtype=bool)
    if conventions.timezone is None or naive.isna().all():
        nothing = pd.Series(pd.NaT, index=naive.index, dtype="datetime64[ms, UTC]")
        return _Local(nothing, nothing, none, none)
    zone = ZoneInfo(conventions.timezone)
    first = naive.dt.tz_localize(zone, ambiguous=~none, nonexistent="NaT")
    second = naive.dt.tz_localize(zone, ambiguous=none, nonexistent="NaT")
    nonexistent = np.asarray(first.isna() & naive.notna())
    repeated = np.asarray((first != second) & first.notna())
    earlier, later = (times.dt.tz_convert("UTC").astype("datetime64[ms, UTC]") for times in (first, second))
    return _Local(earlier, later, nonexistent, repeated)


def _real_but_unparsed(texts: pd.Series, unparsed: Flags, time_format: str) -> Flags:
    """Rows that name a day of the calendar, so that only its distance kept pandas from parsing them."""
    real = np.zeros(len(texts), dtype=bool)
    for row in np.flatnonzero(unparsed):
        real[row] = _names_a_day(texts[row], time_format)
    return real


def _names_a_day(text: str, time_format: str) -> bool:
    if time_format != "iso8601":
        return _pattern_offset(text, time_format) is not None
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _offset_minutes(offsets: list[str | None]) -> Integers:
    minutes = {offset: _minutes_east(offset) for offset in set(offsets)}
    return np.array([minutes[offset] for offset in offsets], dtype=np.int64)


def _minutes_east(offset: str | None) -> int:
    if not offset or offset == "Z":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:4])
    return -minutes if offset.startswith("-") else minutes


def local_hours(times: Times, timezone: str | None) -> Integers:
    """Hours as yyyymmddhh in the stated zone, else by the offset in the text, else in UTC; 0 without an instant."""
    if timezone is not None:
        wall = times.instants.dt.tz_convert(ZoneInfo(timezone)).dt.tz_localize(None)
    else:
        utc = times.instants.dt.tz_convert("UTC").dt.tz_localize(None)
        wall = utc + pd.to_timedelta(pd.Series(times.offset_minutes), unit="min")
    parts = wall.dt.year.astype("float64") * 1_000_000 + wall.dt.month * 10_000 + wall.dt.day * 100 + wall.dt.hour
    return np.asarray(parts.fillna(0), dtype=np.int64)
