"""What makes a row refusable or worth a warning: the table of rules, with their limits.

A row is refused only when it can't be read or can't be true. Sessions of no energy, no length or a few
seconds are kept: they are the failed attempts. What does not belong here: how rules are applied (``clean``), how text
is read (``parse``), and any verdict on success.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.frames import AUTHORISATION_MODES, LONGEST_TEXT, STATION_TEXTS, Conventions
from evcharge.parse import (
    Floats,
    Mask,
    Numbers,
    Times,
    parse_durations,
    parse_instants,
    parse_numbers,
    parse_words,
)

ID_COLUMNS = ("session_id", "station_id", "port_id", "connector_id")
DESCRIBING_COLUMNS = ("stop_reason", "error_code", "next_status", "trigger_reasons")
"""Columns of texts that tell of a session and identify nothing: they are shortened, and never refuse it."""
STATION_ATTRIBUTES = tuple(column.name for column in STATION_TEXTS if column.name not in ("latitude", "longitude"))
"""Texts that tell of a station."""
TEXT_COLUMNS = (*ID_COLUMNS, *DESCRIBING_COLUMNS, "authorisation_mode")
SECOND_COLUMNS = (
    *("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds", "authorize_lead_seconds"),
)
"""Columns of seconds between what happened and the start; before it they are negative."""

EARLIEST = pd.Timestamp("2005-01-01", tz="UTC")
"""No session is older: OCPP dates from 2009, and a charger whose clock was never set says 1970 or 2000."""
CLOCK_SKEW = timedelta(hours=24)
"""How far ahead of today a charger's clock may run. House rule: one on local time is at most 14 hours ahead of UTC."""
MOST_ENERGY_KWH = 1000.0
"""More than any session delivers; the usual cause is Wh in a kWh column. Source: QualiCharge API, 0 to 1000 kWh."""
MOST_POWER_KW = 5000.0
"""Above the megawatt charging system's 3.75 MW; the usual cause is W in a kW column."""
FULL_PERCENT = 100.0
"""No battery is fuller."""
DAY_SECONDS = 24 * 60 * 60
LONGEST_DURATION_MINUTES = 366 * 24 * 60.0
"""No session lasts longer than a year; such a record is broken."""
LONGEST_GAP_SECONDS = LONGEST_DURATION_MINUTES * 60
"""Nothing that is further from the start is of the same attempt."""
WEEK_MINUTES = 7 * 24 * 60.0
"""Longer sessions are kept with a warning. Source: QualiCharge quality rules, 7 days."""
PLAUSIBLE_POWER_KW = 400.0
"""A higher average is kept with a warning: above the rating of public DC chargers."""

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters that no eye sees: soft hyphen, zero-width blanks and joiners, marks of direction, the byte order mark."""
_AROUND_IDS = f" \t\u00a0{INVISIBLE}"
_FORMULA = re.compile(r"""="(?P<quoted>[^"]*)"|'(?P<digits>[0-9]+)""")
"""How Excel keeps leading zeros: ="007", and '007 as typed into a cell."""
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,}")
"""A number of more than 11 digits as Excel writes it, such as 1.23457E+17: its last digits are lost."""

UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no id and no attribute may hold: controls, and halves of pairs."""


@dataclass(frozen=True)
class Parsed:
    """A raw chunk with its text read; every attribute is as long as the chunk. The rules look at this."""

    raw: pd.DataFrame
    conventions: Conventions
    as_of: pd.Timestamp

    @cached_property
    def texts(self) -> dict[str, list[str | None]]:
        """The id and text columns as they are kept; None where nothing is left.

        Blanks around them are gone, and around an id what no eye sees and a spreadsheet's formula. Texts that tell of
        a session are shortened. A text that may be left out and can't be kept is left out.
        """
        texts = {name: _ids(self.raw[name]) for name in ID_COLUMNS}
        texts |= {name: _shortened(self.raw[name]) for name in DESCRIBING_COLUMNS}
        texts["port_id"], texts["connector_id"] = map(_usable, (texts["port_id"], texts["connector_id"]))
        modes = _without_blanks(self.raw["authorisation_mode"])
        texts["authorisation_mode"] = [mode if mode in AUTHORISATION_MODES else None for mode in modes]
        return texts

    @cached_property
    def start(self) -> Times:
        """The start of each session."""
        return parse_instants(self.raw["start_time"], self.conventions, self.raw["start_zone"])

    @cached_property
    def written_end(self) -> Times:
        """The end of each session, where the source states one."""
        return parse_instants(self.raw["end_time"], self.conventions, self.raw["end_zone"])

    @cached_property
    def written_duration(self) -> Numbers:
        """The length of each session, where the source states one [minutes]."""
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
        """The stated end; where start and end lie in one repeated hour, the earlier that is not before the start."""
        ends = self.written_end
        is_later = ends.ambiguous & self.start.ambiguous & np.asarray(ends.instants < self.start.instants)
        return ends.instants.where(~is_later, ends.later)

    @cached_property
    def start_is_undecided(self) -> Mask:
        """Rows whose start is in a repeated hour and whose end is not: their length is one of two."""
        return self.start.ambiguous & self.written_end.present & ~self.written_end.ambiguous

    @cached_property
    def end_is_undecided(self) -> Mask:
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
        return parse_instants(self.raw["source_updated_at"], self.conventions)

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
        return parse_numbers(
            self.raw["energy_kwh"], self.conventions.decimal, {"kWh": 1, "Wh": 1000}[self.conventions.energy_unit]
        )

    @cached_property
    def peak_power(self) -> Numbers:
        """Highest power of the session [kW]."""
        return parse_numbers(
            self.raw["peak_power_kw"], self.conventions.decimal, {"kW": 1, "W": 1000}[self.conventions.power_unit]
        )

    @cached_property
    def start_soc(self) -> Numbers:
        """State of charge at the start [%]."""
        return parse_numbers(self.raw["start_soc_percent"], self.conventions.decimal, 1)

    @cached_property
    def end_soc(self) -> Numbers:
        """State of charge at the end [%]."""
        return parse_numbers(self.raw["end_soc_percent"], self.conventions.decimal, 1)

    @cached_property
    def seconds(self) -> dict[str, Numbers]:
        """The columns of seconds from the start [seconds]."""
        return {name: parse_numbers(self.raw[name], self.conventions.decimal, 1) for name in SECOND_COLUMNS}

    def known(self, numbers: Numbers, least: float, most: float) -> Floats:
        """The amounts from ``least`` to ``most``; NaN for what can't be."""
        within = (numbers.amounts >= least) & (numbers.amounts <= most)
        return np.where(within, numbers.amounts, np.nan)

    def words(self, column: str) -> pd.Series:
        """A column of yes and no: True, False or missing."""
        return parse_words(self.raw[column], self.conventions)

    def is_no_word(self, column: str) -> Mask:
        """Rows with something written in a column of yes and no that is neither."""
        texts = self.raw[column]
        if texts.isna().all():
            return np.zeros(len(texts), dtype=bool)
        return np.asarray(self.words(column).isna() & texts.notna() & (texts.str.strip() != ""))

    @cached_property
    def success(self) -> pd.Series:
        """What the source recorded of the outcome: True, False or missing."""
        return self.words("success")

    def has_fault(self, code: str) -> Mask:
        """Rows whose own structure has this fault."""
        return np.asarray(self.raw["fault"] == code, dtype=bool)

    def is_missing(self, column: str) -> Mask:
        """Rows with nothing but blanks in a text column."""
        return np.array([text is None for text in self.texts[column]], dtype=bool)

    def is_left_out(self, column: str) -> Mask:
        """Rows that have a text in this column and keep none."""
        pairs = zip(_without_blanks(self.raw[column]), self.texts[column], strict=True)
        return np.array([text is not None and kept is None for text, kept in pairs], dtype=bool)

    def is_unusable(self, column: str) -> Mask:
        """Rows whose text holds a control character or is longer than the database keeps."""
        return np.array([text is not None and not is_usable(text) for text in self.texts[column]], dtype=bool)

    def is_shortened(self, column: str) -> Mask:
        """Rows whose text was written on one line, or cut to what the database keeps."""
        texts = self.raw[column]
        if texts.isna().all():
            return np.zeros(len(texts), dtype=bool)
        return np.array([bool(text) and not is_usable(text.strip(" \u00a0")) for text in texts], dtype=bool)

    def is_padded(self, column: str) -> Mask:
        """Rows whose id lost what stood around it."""
        pairs = zip(self.raw[column], self.texts[column], strict=True)
        return np.array(
            [kept is not None and kept != text and not is_formula(text) for text, kept in pairs], dtype=bool
        )

    def is_formula(self, column: str) -> Mask:
        """Rows whose id was written as a spreadsheet's formula."""
        return np.array([is_formula(text) for text in self.raw[column]], dtype=bool)

    def is_rounded(self, column: str) -> Mask:
        """Rows whose id is a number that a spreadsheet has rounded."""
        return np.array([bool(text and _ROUNDED.fullmatch(text)) for text in self.texts[column]], dtype=bool)

    def before_earliest(self, times: pd.Series) -> Mask:
        """Rows whose time is before any charging session could be."""
        return np.asarray(times < EARLIEST)

    def after_today(self, times: pd.Series) -> Mask:
        """Rows whose time is further ahead than clocks run."""
        return np.asarray(times > self.as_of + CLOCK_SKEW)


def _without_blanks(texts: pd.Series) -> list[str | None]:
    if texts.isna().all():
        return [None] * len(texts)
    return [text.strip(" \u00a0") if text and not text.isspace() else None for text in texts]


def is_formula(text: str | None) -> bool:
    """Whether an id is written as a spreadsheet's formula."""
    return bool(text and text[:1] in "='" and _FORMULA.fullmatch(text))


def _ids(texts: pd.Series) -> list[str | None]:
    """Ids without what stands around them: blanks, what no eye sees, and a spreadsheet's formula."""
    if texts.isna().all():
        return [None] * len(texts)
    return [_id(text) if text else None for text in texts]


def _id(text: str) -> str | None:
    found = _FORMULA.fullmatch(text) if text[:1] in "='" else None
    inner = (found["quoted"] or found["digits"] or "") if found else text
    return None if inner.isspace() else inner.strip(_AROUND_IDS) or None


def is_usable(text: str) -> bool:
    """Whether the database takes the text as an id or an attribute."""
    return len(text) <= LONGEST_TEXT and not UNUSABLE.search(text)


def _usable(texts: list[str | None]) -> list[str | None]:
    return [text if text is None or is_usable(text) else None for text in texts]


def _shortened(texts: pd.Series) -> list[str | None]:
    """Texts on one line and no longer than the database keeps; one that fits stays as it is."""
    return [text if text is None or is_usable(text) else shortened(text) for text in _without_blanks(texts)]


def shortened(text: str) -> str | None:
    """A text on one line, its blanks folded, cut to what the database keeps; None where nothing is left."""
    return " ".join(UNUSABLE.sub(" ", text).split())[:LONGEST_TEXT].strip() or None


class Rule(NamedTuple):
    """A reason to refuse a row: stable code, column looked at, condition over a parsed chunk, message for people."""

    code: str
    column: str | None
    condition: Callable[[Parsed], Mask]
    message: str


def _time_rules(column: str, times: Callable[[Parsed], Times]) -> tuple[Rule, ...]:
    return (
        Rule(f"{column}_unreadable", column, lambda p: times(p).unreadable, "not a time in the stated format"),
        Rule(f"{column}_without_zone", column, lambda p: times(p).without_zone, "no UTC offset, and no zone is stated"),
        Rule(f"{column}_nonexistent", column, lambda p: times(p).nonexistent, "an hour that the clock change skipped"),
        Rule(
            f"{column}_out_of_range",
            column,
            lambda p: times(p).beyond_calendar | p.before_earliest(times(p).instants),
            f"before {EARLIEST:%Y-%m-%d}, or no date a calendar holds",
        ),
        Rule(
            f"{column}_in_the_future",
            column,
            lambda p: p.after_today(times(p).instants),
            f"more than {CLOCK_SKEW / timedelta(hours=1):g} hours after the load",
        ),
    )


def _zone_rule(column: str, times: Callable[[Parsed], Times]) -> Rule:
    message = "a zone label that the profile does not explain"
    return Rule(f"{column}_zone_unknown", column, lambda p: times(p).unknown_label, message)


def _not_a_number(column: str, numbers: Callable[[Parsed], Numbers]) -> Rule:
    return Rule(f"{column}_not_a_number", column, lambda p: numbers(p).unreadable, "not a number in the stated form")


def _too_large(column: str, numbers: Callable[[Parsed], Numbers], most: float) -> Rule:
    message = f"above {most:g}; is the unit right?"
    return Rule(f"{column}_out_of_range", column, lambda p: numbers(p).amounts > most, message)


def _number_rules(column: str, numbers: Callable[[Parsed], Numbers], most: float) -> tuple[Rule, ...]:
    return (
        _not_a_number(column, numbers),
        Rule(f"{column}_negative", column, lambda p: numbers(p).amounts < 0, "below zero"),
        _too_large(column, numbers, most),
    )


def _word_rule(column: str) -> Rule:
    message = "none of the stated words for yes or no"
    return Rule(f"{column}_unreadable", column, lambda p: p.is_no_word(column), message)


def _second_rules(column: str) -> tuple[Rule, ...]:
    return (
        Rule(f"{column}_not_a_number", column, lambda p: p.seconds[column].unreadable, "not a number"),
        Rule(
            f"{column}_out_of_range",
            column,
            lambda p: np.abs(p.seconds[column].amounts) > LONGEST_GAP_SECONDS,
            f"more than {LONGEST_GAP_SECONDS / DAY_SECONDS:g} days from the start",
        ),
    )


def _unusable(column: str) -> Rule:
    message = f"a control character, or more than {LONGEST_TEXT} characters"
    return Rule(f"{column}_unusable", column, lambda p: p.is_unusable(column), message)


def _unusable_or_none(column: str) -> Rule:
    message = f"a control character, or more than {LONGEST_TEXT} characters"
    return Rule(f"{column}_unusable", column, lambda p: p.is_left_out(column), message)


def _rounded(column: str) -> Rule:
    message = "a number that a spreadsheet rounded, such as 1.23457E+17: export ids as text"
    return Rule(f"{column}_rounded", column, lambda p: p.is_rounded(column), message)


def _missing(column: str) -> Rule:
    return Rule(f"{column}_missing", column, lambda p: p.is_missing(column), "empty")


def _structural(code: str, message: str) -> Rule:
    return Rule(code, None, lambda p: p.has_fault(code), message)


STRUCTURAL_RULES = (
    _structural("row_too_short", "fewer fields than the header"),
    _structural("row_too_long", "more fields than the header"),
    _structural("malformed_row", "not a row of this format"),
    _structural("nul_character", "a NUL character in the row"),
    _structural("repeated_header", "the header again"),
    _structural("not_an_object", "not a JSON object"),
    _structural("duplicate_key", "a key that stands twice in one object"),
    _structural("value_not_scalar", "a list, object or wrong kind of value where one text or number belongs"),
    _structural("credit_without_cdr", "a credit for a CDR that is not in this file: load both from one file"),
    _structural("patch_without_put", "a change to a session that is not in this file: load the whole log"),
    _structural("stop_without_start", "the end of a session whose start was not read"),
)
"""Rules on the row's own structure; ``sources`` names the fault. No other rule looks at such a row."""

VALUE_RULES = (
    _missing("session_id"),
    _unusable("session_id"),
    _rounded("session_id"),
    _missing("station_id"),
    _unusable("station_id"),
    _rounded("station_id"),
    Rule("start_time_missing", "start_time", lambda p: ~p.start.present, "empty"),
    *_time_rules("start_time", lambda p: p.start),
    Rule(
        "start_time_ambiguous",
        "start_time",
        lambda p: p.start_is_undecided,
        "an hour that the clock change repeated, so that two lengths are possible: --ambiguous earlier or later",
    ),
    _zone_rule("start_time", lambda p: p.start),
    *_time_rules("end_time", lambda p: p.written_end),
    _zone_rule("end_time", lambda p: p.written_end),
    Rule("end_before_start", "end_time", lambda p: np.asarray(p.end < p.start.instants), "earlier than the start"),
    Rule(
        "duration_minutes_unreadable",
        "duration_minutes",
        lambda p: p.written_duration.unreadable,
        "not a duration in the stated form",
    ),
    Rule(
        "duration_minutes_out_of_range",
        "duration_minutes",
        lambda p: p.written_duration.amounts > LONGEST_DURATION_MINUTES,
        f"more than {LONGEST_GAP_SECONDS / DAY_SECONDS:g} days; is the unit right?",
    ),
    _not_a_number("energy_kwh", lambda p: p.energy),
    _too_large("energy_kwh", lambda p: p.energy, MOST_ENERGY_KWH),
)
"""Rules on values that identify, time or measure a session. A row is refused with every rule that applies to it."""

LEFT_OUT_RULES = (
    _unusable_or_none("port_id"),
    _unusable_or_none("connector_id"),
    Rule(
        "end_time_ambiguous",
        "end_time",
        lambda p: p.end_is_undecided,
        "an hour that the clock change repeated: --ambiguous earlier or later says which",
    ),
    Rule("meter_ran_backwards", "energy_kwh", lambda p: p.energy.amounts < 0, "below zero: the meter restarted"),
    *_number_rules("peak_power_kw", lambda p: p.peak_power, MOST_POWER_KW),
    _word_rule("success"),
    *_number_rules("start_soc_percent", lambda p: p.start_soc, FULL_PERCENT),
    *_number_rules("end_soc_percent", lambda p: p.end_soc, FULL_PERCENT),
    _word_rule("has_transaction"),
    _word_rule("reached_charging"),
    *_time_rules("source_updated_at", lambda p: p.updated),
    Rule(
        "source_updated_at_ambiguous",
        "source_updated_at",
        lambda p: p.updated.ambiguous,
        "an hour that the clock change repeated",
    ),
    Rule(
        "authorisation_mode_unknown",
        "authorisation_mode",
        lambda p: p.is_left_out("authorisation_mode"),
        f"none of {', '.join(AUTHORISATION_MODES)}",
    ),
    *(rule for column in SECOND_COLUMNS for rule in _second_rules(column)),
)
"""Rules on values that only tell of a session. The row is kept without the value, and counted: a failed attempt is not
lost to what is written about it."""

SESSION_ID_REPEATED = Rule(
    "session_id_repeated",
    "session_id",
    lambda p: np.zeros(len(p.raw), dtype=bool),
    "another row of this file has this session id, with other content: name a key that tells the rows apart",
)
"""A rule on what only the load knows (``load.versions``): no row of a chunk breaks it alone."""

RULES = (*STRUCTURAL_RULES, *VALUE_RULES, SESSION_ID_REPEATED)
"""All reasons to refuse a row. The codes are stored: a new name is a new rule."""


_SHORTENED = f"line ends became blanks, or the text was cut to {LONGEST_TEXT} characters"


class Warn(NamedTuple):
    """A reason to look twice at a row that is kept: code, condition over a parsed chunk, message for people."""

    code: str
    condition: Callable[[Parsed], Mask]
    message: str


WARNINGS = (
    Warn(
        "padded_id",
        lambda p: np.logical_or.reduce([p.is_padded(column) for column in ID_COLUMNS]),
        "blanks, or what no eye sees, around an id were left out",
    ),
    Warn(
        "formula_id",
        lambda p: np.logical_or.reduce([p.is_formula(column) for column in ID_COLUMNS]),
        'an id that a spreadsheet wrote as ="007" is 007',
    ),
    *(
        Warn(f"{column}_shortened", partial(Parsed.is_shortened, column=column), _SHORTENED)
        for column in DESCRIBING_COLUMNS
    ),
    Warn(
        "station_text_shortened",
        lambda p: np.logical_or.reduce([p.is_shortened(f"station_{name}") for name in STATION_ATTRIBUTES]),
        _SHORTENED,
    ),
    *(Warn(rule.code, rule.condition, f"{rule.message}; {rule.column} was left out") for rule in LEFT_OUT_RULES),
    Warn(
        "hour_is_ambiguous",
        lambda p: p.start.ambiguous,
        "started in the hour that the clock change repeated, of one length either way: taken as the earlier",
    ),
    Warn(
        "longer_than_a_week",
        lambda p: p.duration_minutes > WEEK_MINUTES,
        f"lasted more than {WEEK_MINUTES * 60 / DAY_SECONDS:g} days",
    ),
    Warn(
        "implausible_power",
        lambda p: p.average_power_kw > PLAUSIBLE_POWER_KW,
        f"average power above {PLAUSIBLE_POWER_KW:g} kW",
    ),
)
"""What is said of rows that are kept."""

READER_WARNINGS = {
    "station_clock_unset": "the station's clock was never set: the times are those of the log",
    "meter_start_unknown": "the register's 0 in the beginning is no value: energy counts from the first real one",
    "meter_unlike_values": "the meter's two ends say nothing passed, the values beside them say more: those are taken",
    "meter_rose_after_no_energy": "no energy, but the connector's meter stands higher at the next start",
    "energy_unlike_power": "power and time make a hundred times the energy or more: is its unit right?",
    "stop_of_one_of_several": "the stop may be of several starts and is given to one: its energy is left out",
}
"""What a reader says of rows that are kept, where only their message log can tell; by code."""
