"""What refuses a row of evidence: of statuses, reported outages, claims that one is exempt, and reported uptime.

A row is refused where it can't be read or can't be true, and nothing is guessed in its place. What does not belong
here: how rules are applied (``clean_evidence``), and the rules of sessions (``rules``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from evcharge.arrays import Flags
from evcharge.evidence import CAUSES
from evcharge.evidence_parsed import ParsedEvidence
from evcharge.frames import LONGEST_TEXT
from evcharge.limits import CLOCK_SKEW, DAY_SECONDS, EARLIEST, LONGEST_GAP_SECONDS
from evcharge.reported import CONTRADICTIONS
from evcharge.rules import STRUCTURAL_RULES
from evcharge.times import Times

KINDS_OF_OUTAGES = ("outage", "exemption")
"""What a reported outage can be."""


class EvidenceRule(NamedTuple):
    """A reason to refuse a row: stable code, column looked at, condition over a parsed chunk, message for people."""

    code: str
    column: str | None
    condition: Callable[[ParsedEvidence], Flags]
    message: str


def _structural(code: str, message: str) -> EvidenceRule:
    return EvidenceRule(code, None, lambda p: p.where(p.faults, code.__eq__), message)


EVSE_WITHOUT_UID = "evse_without_uid"
_OF_ROWS = (
    *(_structural(rule.code, rule.message) for rule in STRUCTURAL_RULES),
    _structural(EVSE_WITHOUT_UID, "an EVSE without a uid: of a port that nobody names nothing can be said"),
)

_OF_PLACES = (
    EvidenceRule(
        "station_id_missing",
        "station_id",
        lambda p: p.is_missing(p.station_ids) & ~p.is_marker,
        "no station is named: of a port that nobody names nothing can be said",
    ),
    *(
        EvidenceRule(f"{column}_{code}", column, condition, message)
        for column, texts in (
            ("station_id", lambda p: p.station_ids),
            ("port_id", lambda p: p.port_ids),
        )
        for code, condition, message in (
            (
                "unusable",
                lambda p, texts=texts: p.is_unusable(texts(p)),
                f"a control character, or more than {LONGEST_TEXT} characters",
            ),
            (
                "rounded",
                lambda p, texts=texts: p.is_rounded(texts(p)),
                "a number that a spreadsheet rounded, such as 1.23457E+17: export ids as text",
            ),
        )
    ),
)


def _time_rules(column: str, times: Callable[[ParsedEvidence], Times]) -> tuple[EvidenceRule, ...]:
    """Rules on a time that may be missing, and may lie ahead."""

    def rule(code: str, condition: Callable[[ParsedEvidence], Flags], message: str) -> EvidenceRule:
        return EvidenceRule(f"{column}_{code}", column, condition, message)

    return (
        rule("unreadable", lambda p: times(p).unreadable, "not a time in the stated format"),
        rule("without_zone", lambda p: times(p).without_zone, "no UTC offset, and no zone is stated: --tz ZONE"),
        rule("nonexistent", lambda p: times(p).nonexistent, "an hour that the clock change skipped"),
        rule(
            "ambiguous",
            lambda p: times(p).ambiguous,
            "an hour that the clock change repeated: --ambiguous earlier or later says which",
        ),
        rule(
            "out_of_range",
            lambda p: times(p).beyond_calendar | p.is_before_all(times(p).instants),
            f"before {EARLIEST:%Y-%m-%d}, or no date a calendar holds",
        ),
    )


TWO_STATUSES = "two_statuses_at_one_instant"

STATUS_RULES = (
    *_OF_ROWS,
    *_OF_PLACES,
    EvidenceRule("time_missing", "time", lambda p: ~p.time.present, "empty"),
    *_time_rules("time", lambda p: p.time),
    EvidenceRule(
        "time_in_the_future",
        "time",
        lambda p: p.is_after_today(p.time.instants),
        f"more than {CLOCK_SKEW / timedelta(hours=1):g} hours after the load",
    ),
    EvidenceRule("status_word_missing", "word", lambda p: p.is_missing(p.words_written) & ~p.is_marker, "empty"),
    EvidenceRule(
        "status_word_unknown",
        "word",
        lambda p: p.where(p.word_letters, lambda letters: letters not in p.words),
        "a word that the profile does not explain: add it to its table [words]",
    ),
)
"""Rules on a statement about the state of a port."""

TWO_STATUSES_RULE = EvidenceRule(
    TWO_STATUSES,
    "word",
    lambda p: np.zeros(len(p.raw), dtype=bool),
    "another row has another word for this port and instant: which one held can't be told, and all of them are refused",
)
"""A rule on what only the whole file shows: no row of a chunk breaks it alone."""

_OF_SPANS = (
    EvidenceRule("from_time_missing", "from_time", lambda p: ~p.start.present, "empty"),
    *_time_rules("from_time", lambda p: p.start),
    EvidenceRule(
        "until_time_missing",
        "until_time",
        lambda p: ~p.stated_end.present & np.isnan(p.duration.amounts) & ~p.duration.unreadable,
        "empty, and no length is stated either",
    ),
    *_time_rules("until_time", lambda p: p.stated_end),
    EvidenceRule(
        "until_before_from", "until_time", lambda p: np.asarray(p.end < p.start.instants), "earlier than the start"
    ),
)

OUTAGE_RULES = (
    *_OF_ROWS,
    *_OF_PLACES,
    *_OF_SPANS,
    EvidenceRule(
        "duration_minutes_unreadable", "duration_minutes", lambda p: p.duration.unreadable, "not a length in minutes"
    ),
    EvidenceRule(
        "duration_minutes_out_of_range",
        "duration_minutes",
        lambda p: p.duration.amounts * 60 > LONGEST_GAP_SECONDS,
        f"more than {LONGEST_GAP_SECONDS / DAY_SECONDS:g} days",
    ),
    EvidenceRule(
        "outage_kind_unknown",
        "kind",
        lambda p: p.where(p.text("kind"), lambda kind: kind not in KINDS_OF_OUTAGES),
        f"none of {', '.join(KINDS_OF_OUTAGES)}",
    ),
    EvidenceRule(
        "cause_missing",
        "cause",
        lambda p: p.is_missing(p.text("cause")) & p.where(p.text("kind"), "exemption".__eq__),
        "empty: no rulebook exempts an outage without its cause",
    ),
    EvidenceRule(
        "cause_unknown",
        "cause",
        lambda p: p.where(p.text("cause"), lambda cause: cause.casefold() not in CAUSES),
        f"none of {', '.join(CAUSES)}",
    ),
)
"""Rules on a reported outage, and on a claim that one is exempt. Either may lie ahead, as planned maintenance does."""


def _figure_rules(column: str, below: float, most: str) -> tuple[EvidenceRule, ...]:
    """Rules on a figure that may be missing."""
    return (
        EvidenceRule(f"{column}_unreadable", column, lambda p: p.figure(column).unreadable, "not a number"),
        EvidenceRule(
            f"{column}_out_of_range",
            column,
            lambda p: (p.figure(column).amounts < 0) | (p.figure(column).amounts >= below),
            f"below 0, or more than {most}: EV-ChART's template has no room for it",
        ),
    )


UPTIME_RULES = (
    *_OF_ROWS,
    *_OF_PLACES,
    EvidenceRule(
        "port_id_missing", "port_id", lambda p: p.is_missing(p.port_ids), "no port is named: uptime is of a port"
    ),
    *_OF_SPANS,
    EvidenceRule(
        "from_time_in_the_future",
        "from_time",
        lambda p: p.is_after_today(p.start.instants),
        f"more than {CLOCK_SKEW / timedelta(hours=1):g} hours after the load: nobody knows the uptime of it",
    ),
    *_figure_rules("uptime_percent", 1_000, "999.99"),
    *_figure_rules("outage_minutes", 1_000_000, "999,999.99"),
    *_figure_rules("excluded_minutes", 1_000_000, "999,999.99"),
    EvidenceRule(
        "figures_missing",
        "uptime_percent",
        lambda p: p.is_missing(p.written("uptime_percent")) & p.is_missing(p.written("outage_minutes")),
        "neither an uptime nor minutes of outage: nothing is reported",
    ),
)
"""Rules on uptime as somebody reported it. What contradicts itself is kept as it was reported, and warned of."""

EVIDENCE_RULES = tuple(
    {rule.code: rule for rule in (*STATUS_RULES, TWO_STATUSES_RULE, *OUTAGE_RULES, *UPTIME_RULES)}.values()
)
"""All reasons to refuse a row of evidence. The codes are stored: a new name is a new rule."""

UPDATED_LEFT_OUT, REASON_UNEXPLAINED = "updated_at_left_out", "reason_code_unexplained"
EVIDENCE_WARNINGS = {
    UPDATED_LEFT_OUT: "the source's version of a row can't be read or can't be: left out",
    REASON_UNEXPLAINED: "an excluded outage whose reason is a number that nobody explains: it has no cause, and no "
    "rulebook exempts it",
    **CONTRADICTIONS,
}
"""Remarks on rows that are kept."""
