"""What makes a row refusable or worth a warning: the table of rules.

A row is refused only when it can't be read or can't be true. Sessions of no energy, no length or a few
seconds are kept: they are the failed attempts. What does not belong here: their numbers (``limits``), how rules are
applied (``clean``), how text is read (``parsed``, ``parse``), and any verdict on success.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import numpy as np

from evcharge.arrays import Flags
from evcharge.frames import AUTHORISATION_MODES, LONGEST_TEXT
from evcharge.limits import (
    CLOCK_SKEW,
    DAY_SECONDS,
    EARLIEST,
    FULL_PERCENT,
    LONGEST_DURATION_MINUTES,
    LONGEST_GAP_SECONDS,
    MOST_ENERGY_KWH,
    MOST_POWER_KW,
    PLAUSIBLE_POWER_KW,
    WEEK_MINUTES,
)
from evcharge.parse import Numbers
from evcharge.parsed import DESCRIBING_COLUMNS, ID_COLUMNS, SECOND_COLUMNS, STATION_ATTRIBUTES, Parsed
from evcharge.times import Times


class Rule(NamedTuple):
    """A reason to refuse a row: stable code, column looked at, condition over a parsed chunk, message for people."""

    code: str
    column: str | None
    condition: Callable[[Parsed], Flags]
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


def _zone_rule(code: str, column: str, times: Callable[[Parsed], Times]) -> Rule:
    message = "a zone label that nobody explains: --zone LABEL=+05:30 or --tz ZONE does"
    return Rule(code, column, lambda p: times(p).unknown_label, message)


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
    _structural("total_row", "a total or an average of other rows, no session"),
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
    _zone_rule("start_time_zone_unknown", "start_zone", lambda p: p.start),
    *_time_rules("end_time", lambda p: p.written_end),
    _zone_rule("end_time_zone_unknown", "end_zone", lambda p: p.written_end),
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
    *_number_rules("energy_at_most_kwh", lambda p: p.energy_at_most, MOST_ENERGY_KWH),
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
    condition: Callable[[Parsed], Flags]
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
        "zone_label_left_aside",
        lambda p: p.start.label_left_aside | p.written_end.label_left_aside,
        "a zone label that nobody explains: read in the stated zone",
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
"""Remarks on rows that are kept."""

READER_WARNINGS = {
    "station_clock_unset": "the station's clock was not set, or stood still: the times are those of the log",
    "meter_start_unknown": "the register's 0 in the beginning is no value: energy counts from the first real one",
    "meter_unlike_values": "the meter's two ends say nothing passed, the values beside them say more: those are taken",
    "values_beyond_session": "the values beside the meter's ends say more than one session can be: energy is left out",
    "meter_rose_after_no_energy": "no energy, but the connector's meter stands higher at the next start",
    "energy_unlike_power": "power and time make a hundred times the energy or more: is its unit right?",
    "stop_of_one_of_several": "the stop may be of several starts and is given to one: its energy is left out",
}
"""What a reader says of rows that are kept, where only their message log can tell; by code."""
