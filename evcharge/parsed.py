"""A chunk of raw rows with its text read, column by column: what the rules look at, and what is kept of a row.

What does not belong here: what refuses a row (``rules``), and how a text becomes an instant (``instants``) or a
number (``parse``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats
from evcharge.frames import AUTHORISATION_MODES, LONGEST_TEXT, STATION_TEXTS, Conventions
from evcharge.ids import AROUND, clean_id, is_formula, is_rounded
from evcharge.instants import parse_instants
from evcharge.limits import CLOCK_SKEW, EARLIEST, LONGEST_DURATION_MINUTES
from evcharge.parse import Numbers, parse_durations, parse_numbers, parse_words
from evcharge.texts import are_plain, have_rounded_number, per_distinct
from evcharge.times import Times, no_times

ID_COLUMNS = ("session_id", "station_id", "port_id", "connector_id")
DESCRIBING_COLUMNS = ("stop_reason", "error_code", "next_status", "trigger_reasons")
"""Columns of texts that tell of a session and identify nothing: they are shortened, and never refuse it."""
STATION_ATTRIBUTES = tuple(column.name for column in STATION_TEXTS if column.name not in ("latitude", "longitude"))
"""Texts that tell of a station."""
SECOND_COLUMNS = (
    *("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds", "authorize_lead_seconds"),
)
"""Columns of seconds between what happened and the start; before it they are negative."""

UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no id and no attribute may hold: controls, and halves of pairs."""


@dataclass(frozen=True)
class Parsed:
    """A raw chunk with its text read; every attribute is as long as the chunk. The rules look at this."""

    raw: pd.DataFrame
    conventions: Conventions
    as_of: pd.Timestamp

    def written(self, name: str) -> pd.Series:
        """A column of the file, of nothing where the file has no such column."""
        return self.raw[name] if name in self.raw.columns else pd.Series([None] * len(self.raw), dtype="object")

    @cached_property
    def texts(self) -> dict[str, list[str | None]]:
        """The id and text columns as they are kept; None where nothing is left.

        Blanks around them are gone, and around an id what no eye sees and a spreadsheet's formula. Texts that tell of
        a session are shortened. A text that may be left out and can't be kept is left out.
        """
        kept_of: dict[str, Callable[[str], str | None]] = {
            **dict.fromkeys(ID_COLUMNS, clean_id),
            **dict.fromkeys(("port_id", "connector_id"), _usable_id),
            **dict.fromkeys(DESCRIBING_COLUMNS, _kept),
            "authorisation_mode": _known_mode,
        }
        return {name: self._kept_texts(name, kept) for name, kept in kept_of.items()}

    @cached_property
    def _written(self) -> dict[str, list[str | None]]:
        """The texts of each column in which something is written."""
        texts = {name: self.raw[name].tolist() for name in self.raw.columns if name not in ("line", "raw")}
        return {name: column for name, column in texts.items() if column.count(None) < len(column)}

    @cached_property
    def _plain(self) -> frozenset[str]:
        """Columns in which each text is kept as it is written, so that no rule and no warning need look at one."""
        looked_at = (*ID_COLUMNS, *DESCRIBING_COLUMNS, *(f"station_{name}" for name in STATION_ATTRIBUTES))
        return frozenset(name for name in looked_at if are_plain(self._written.get(name, ())))

    def _kept_texts(self, column: str, kept: Callable[[str], str | None]) -> list[str | None]:
        """What is kept of each text of a column."""
        texts = self._written.get(column)
        if texts is None:
            return [None] * len(self.raw)
        return texts if column in self._plain else per_distinct(kept, texts)

    def _where(self, column: str, holds: Callable[[str], bool]) -> Flags:
        """Rows whose text in the column is so; of no empty text."""
        if column not in self._written:
            return self._nowhere
        return np.array(per_distinct(holds, self._written[column]), dtype=bool)

    @cached_property
    def _nowhere(self) -> Flags:
        return np.zeros(len(self.raw), dtype=bool)

    @cached_property
    def start(self) -> Times:
        """The start of each session; in a repeated hour whose end is told before it, the earlier."""
        told = self._told_start
        return replace(told, instants=told.instants.where(~self._crosses_change, told.earlier))

    @cached_property
    def _told_start(self) -> Times:
        """The start of each session, whatever its end."""
        return self._times("start_time", "start_zone")

    @cached_property
    def _crosses_change(self) -> Flags:
        """Rows whose start and end lie in one repeated hour, and whose clock ends before it starts."""
        start, end = self._told_start, self.written_end
        crossing: Flags = start.repeated & end.repeated & np.asarray(end.instants < start.instants)
        return crossing

    @cached_property
    def written_end(self) -> Times:
        """The end of each session, where the source states one."""
        return self._times("end_time", "end_zone")

    @cached_property
    def written_duration(self) -> Numbers:
        """The length of each session, where the source states one [minutes]."""
        if "duration_minutes" not in self._written:
            return self._no_numbers
        return parse_durations(self.raw["duration_minutes"], self.conventions)

    @cached_property
    def end(self) -> pd.Series:
        """The end as an instant: as stated, else start plus the stated duration, else missing."""
        minutes = self.written_duration.amounts
        stated = minutes <= LONGEST_DURATION_MINUTES
        milliseconds = np.round(np.where(stated, minutes, 0) * 60_000).astype("timedelta64[ms]")
        made = (self.start.instants + pd.Series(milliseconds)).where(stated)
        is_written = self.written_end.present & ~self.end_is_undecided
        return self._read_end.where(is_written, made).astype("datetime64[ms, UTC]")

    @cached_property
    def _read_end(self) -> pd.Series:
        """The stated end; the later in a repeated hour where its clock is before that of the start."""
        ends = self.written_end
        return ends.instants.where(~self._crosses_change, ends.later)

    @cached_property
    def start_is_undecided(self) -> Flags:
        """Rows whose start is in a repeated hour and whose end is not: their length is one of two."""
        return self.start.ambiguous & self.written_end.present & ~self.written_end.ambiguous

    @cached_property
    def end_is_undecided(self) -> Flags:
        """Rows whose end is in a repeated hour and whose start is not."""
        return self.written_end.ambiguous & ~self.start.ambiguous

    @cached_property
    def duration_minutes(self) -> Floats:
        """The length of each session, from start to end [minutes]; NaN without an end."""
        milliseconds = (self.end - self.start.instants).dt.total_seconds() * 1000
        return np.asarray(milliseconds.round(), dtype=np.float64) / 60_000

    @cached_property
    def average_power_kw(self) -> Floats:
        """Energy over length [kW]; NaN where one is missing or nothing passed."""
        minutes = self.duration_minutes
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(minutes > 0, self.energy_kwh * 60 / minutes, np.nan)

    @cached_property
    def updated(self) -> Times:
        """The source's own version of each row."""
        return self._times("source_updated_at")

    @cached_property
    def known_version(self) -> pd.Series:
        """The source's own version of each row; NaT where it can't be read or can't be."""
        instants = self.updated.instants
        left_out = self.updated.ambiguous | self.before_earliest(instants) | self.after_today(instants)
        return instants.where(~left_out)

    @cached_property
    def energy_kwh(self) -> Floats:
        """Energy delivered [kWh]; NaN where none is known: a meter that restarted says less than nothing."""
        return self.known(self.energy, 0, np.inf)

    @cached_property
    def energy(self) -> Numbers:
        """Energy as written [kWh]."""
        return self._numbers("energy_kwh", {"kWh": 1, "Wh": 1000}[self.conventions.energy_unit])

    @cached_property
    def energy_at_most(self) -> Numbers:
        """What a session of unknown energy took at most [kWh]."""
        return self._numbers("energy_at_most_kwh", {"kWh": 1, "Wh": 1000}[self.conventions.energy_unit])

    @cached_property
    def peak_power(self) -> Numbers:
        """Highest power of the session [kW]."""
        return self._numbers("peak_power_kw", {"kW": 1, "W": 1000}[self.conventions.power_unit])

    @cached_property
    def start_soc(self) -> Numbers:
        """State of charge at the start [%]."""
        return self._numbers("start_soc_percent")

    @cached_property
    def end_soc(self) -> Numbers:
        """State of charge at the end [%]."""
        return self._numbers("end_soc_percent")

    @cached_property
    def seconds(self) -> dict[str, Numbers]:
        """The columns of seconds from the start [seconds]."""
        return {name: self._numbers(name) for name in SECOND_COLUMNS}

    def _numbers(self, column: str, divisor: float = 1) -> Numbers:
        """The numbers of a column, by the stated signs."""
        if column not in self._written:
            return self._no_numbers
        return parse_numbers(self.raw[column], self.conventions.decimal, divisor, self.conventions.thousands)

    @cached_property
    def _no_numbers(self) -> Numbers:
        return Numbers(np.full(len(self.raw), np.nan), self._nowhere)

    def _times(self, column: str, labels: str | None = None) -> Times:
        """The times of a column as instants, by the labels of their zones in another one."""
        if column not in self._written:
            return no_times(len(self.raw))
        label_texts = self.raw[labels] if labels in self._written else None
        return parse_instants(self.raw[column], self.conventions, label_texts)

    def known(self, numbers: Numbers, least: float, most: float) -> Floats:
        """The amounts from ``least`` to ``most``; NaN for what can't be."""
        within = (numbers.amounts >= least) & (numbers.amounts <= most)
        return np.where(within, numbers.amounts, np.nan)

    def words(self, column: str) -> pd.Series:
        """A column of yes and no: True, False or missing."""
        if column not in self._written:
            return pd.Series(pd.arrays.BooleanArray(self._nowhere, ~self._nowhere))
        return parse_words(self.raw[column], self.conventions)

    def is_no_word(self, column: str) -> Flags:
        """Rows with something written in a column of yes and no that is neither."""
        if column not in self._written:
            return self._nowhere
        return np.asarray(self.words(column).isna()) & self._where(
            column, lambda text: bool(text.strip().strip(AROUND))
        )

    @cached_property
    def success(self) -> pd.Series:
        """What the source recorded of the outcome: True, False or missing."""
        return self.words("success")

    def has_fault(self, code: str) -> Flags:
        """Rows whose own structure has this fault."""
        return self._where("fault", code.__eq__)

    def is_missing(self, column: str) -> Flags:
        """Rows with nothing but blanks in a text column."""
        return np.array([text is None for text in self.texts[column]], dtype=bool)

    def is_left_out(self, column: str) -> Flags:
        """Rows that have a text in this column and keep none."""
        if column in self._plain or column not in self._written:
            return self._nowhere
        is_text = self._where(column, lambda text: without_blanks(text) is not None)
        return is_text & self.is_missing(column)

    def is_unusable(self, column: str) -> Flags:
        """Rows whose text holds a control character or is longer than the database keeps."""
        if column in self._plain:
            return self._nowhere
        return np.array(per_distinct(_is_unusable, self.texts[column]), dtype=bool)

    def is_shortened(self, column: str) -> Flags:
        """Rows whose text was written on one line, or cut to what the database keeps."""
        if column in self._plain:
            return self._nowhere
        return self._where(column, lambda text: _is_unusable(text.strip(" \u00a0")))

    def is_padded(self, column: str) -> Flags:
        """Rows whose id lost what stood around it."""
        if column in self._plain:
            return self._nowhere
        pairs = zip(self._written[column], self.texts[column], strict=True)
        return np.array(
            [kept is not None and kept != text and not is_formula(text) for text, kept in pairs], dtype=bool
        )

    def is_formula(self, column: str) -> Flags:
        """Rows whose id was written as a spreadsheet's formula."""
        return self._nowhere if column in self._plain else self._where(column, is_formula)

    def is_rounded(self, column: str) -> Flags:
        """Rows whose id is a number that a spreadsheet has rounded."""
        if not have_rounded_number(self.texts[column]):
            return self._nowhere
        return np.array(per_distinct(is_rounded, self.texts[column]), dtype=bool)

    def before_earliest(self, times: pd.Series) -> Flags:
        """Rows whose time is before any charging session could be."""
        return np.asarray(times < EARLIEST)

    def after_today(self, times: pd.Series) -> Flags:
        """Rows whose time is further ahead than clocks run."""
        return np.asarray(times > self.as_of + CLOCK_SKEW)


def without_blanks(text: str) -> str | None:
    """The text without blanks around it; None where nothing is left."""
    return None if text.isspace() else text.strip(" \u00a0")


def is_usable(text: str) -> bool:
    """Whether the database takes the text as an id or an attribute."""
    return len(text) <= LONGEST_TEXT and not UNUSABLE.search(text)


def _is_unusable(text: str) -> bool:
    return not is_usable(text)


def _usable_id(text: str) -> str | None:
    """An id that may be left out; None where the database does not take it."""
    kept = clean_id(text)
    return kept if kept is not None and is_usable(kept) else None


def _known_mode(text: str) -> str | None:
    mode = without_blanks(text)
    return mode if mode in AUTHORISATION_MODES else None


def _kept(text: str) -> str | None:
    """A text on one line and no longer than the database keeps; one that fits stays as it is."""
    inner = without_blanks(text)
    return inner if inner is None or is_usable(inner) else shortened(inner)


def shortened(text: str) -> str | None:
    """A text on one line, its blanks folded, cut to what the database keeps; None where nothing is left."""
    return " ".join(UNUSABLE.sub(" ", text).split())[:LONGEST_TEXT].strip() or None
