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
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.frames import AUTHORISATION_MODES, LONGEST_TEXT, Conventions
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
TEXT_COLUMNS = (*ID_COLUMNS, "stop_reason", "error_code", "next_status", "authorisation_mode", "trigger_reasons")
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
        """The id and text columns without surrounding blanks; None where nothing is left."""
        return {name: _without_blanks(self.raw[name]) for name in TEXT_COLUMNS}

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
        return self.written_end.instants.where(self.written_end.present, made).astype("datetime64[ms, UTC]")

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
            return np.where(minutes > 0, self.energy.amounts * 60 / minutes, np.nan)

    @cached_property
    def updated(self) -> Times:
        """The source's own version of each row."""
        return parse_instants(self.raw["source_updated_at"], self.conventions)

    @cached_property
    def energy(self) -> Numbers:
        """Energy delivered [kWh]."""
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

    def is_other_than(self, words: tuple[str, ...], column: str) -> Mask:
        """Rows whose text is none of the words."""
        return np.array([text is not None and text not in words for text in self.texts[column]], dtype=bool)

    def is_unusable(self, column: str) -> Mask:
        """Rows whose text holds a control character or is longer than the database keeps."""
        texts = self.texts[column]
        return np.array(
            [t is not None and (len(t) > LONGEST_TEXT or bool(UNUSABLE.search(t))) for t in texts], dtype=bool
        )

    def is_padded(self, column: str) -> Mask:
        """Rows whose text lost surrounding blanks."""
        pairs = zip(self.raw[column], self.texts[column], strict=True)
        return np.array([stripped is not None and stripped != text for text, stripped in pairs], dtype=bool)

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
        Rule(f"{column}_ambiguous", column, lambda p: times(p).ambiguous, "an hour that the clock change repeated"),
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


def _number_rules(column: str, numbers: Callable[[Parsed], Numbers], most: float) -> tuple[Rule, ...]:
    return (
        Rule(f"{column}_not_a_number", column, lambda p: numbers(p).unreadable, "not a number in the stated form"),
        Rule(f"{column}_negative", column, lambda p: numbers(p).amounts < 0, "below zero"),
        Rule(
            f"{column}_out_of_range", column, lambda p: numbers(p).amounts > most, f"above {most:g}; is the unit right?"
        ),
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
    _missing("station_id"),
    _unusable("station_id"),
    _unusable("port_id"),
    _unusable("connector_id"),
    Rule("start_time_missing", "start_time", lambda p: ~p.start.present, "empty"),
    *_time_rules("start_time", lambda p: p.start),
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
    *_number_rules("energy_kwh", lambda p: p.energy, MOST_ENERGY_KWH),
    *_number_rules("peak_power_kw", lambda p: p.peak_power, MOST_POWER_KW),
    _word_rule("success"),
    _unusable("stop_reason"),
    _unusable("error_code"),
    _unusable("next_status"),
    *_number_rules("start_soc_percent", lambda p: p.start_soc, FULL_PERCENT),
    *_number_rules("end_soc_percent", lambda p: p.end_soc, FULL_PERCENT),
    _word_rule("has_transaction"),
    _word_rule("reached_charging"),
    *_time_rules("source_updated_at", lambda p: p.updated),
    Rule(
        "authorisation_mode_unknown",
        "authorisation_mode",
        lambda p: p.is_other_than(AUTHORISATION_MODES, "authorisation_mode"),
        f"none of {', '.join(AUTHORISATION_MODES)}",
    ),
    *(rule for column in SECOND_COLUMNS for rule in _second_rules(column)),
    _unusable("trigger_reasons"),
)
"""Rules on values. A row is refused with every rule that applies to it."""

RULES = (*STRUCTURAL_RULES, *VALUE_RULES)
"""All reasons to refuse a row. The codes are stored: a new name is a new rule."""


class Warn(NamedTuple):
    """A reason to look twice at a row that is kept: code, condition over a parsed chunk, message for people."""

    code: str
    condition: Callable[[Parsed], Mask]
    message: str


WARNINGS = (
    Warn(
        "padded_id",
        lambda p: np.logical_or.reduce([p.is_padded(column) for column in ID_COLUMNS]),
        "blanks around an id were left out",
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
