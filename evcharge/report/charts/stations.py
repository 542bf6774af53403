"""Stations as the charts have them: their order, their labels, and what is said of each.

What does not belong here: drawing, and what decides a verdict (``metrics``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.report.charts.theme import ATTENTION, MARKS, SILENT, refuse_unknown
from evcharge.report.lettering import (
    BODY,
    MAX_LABEL_CHARS,
    MAX_LABEL_PX,
    MISSING,
    Style,
    drawable,
    fitted,
    legible,
    plain,
)
from evcharge.report.words import day_text, elided, percent, whole_percent

COLUMNS = (
    "source", "station_id", "name", "attempts", "successes", "unknown", "excluded", "success_ratio", "verdict_now",
    "now_ratio", "now_low", "now_high", "now_attempts", "since", "changed", "before_ratio", "last_session",
    "charges_lost_per_week",
)  # fmt: skip
"""What ``stations`` must have; other columns are not read."""

MAX_ROWS = 40
"""Rows drawn at most: report-design.md, "cap 40-60 rows"; 40 rows still fit one screen or page."""

MAX_SOURCE_CHARS = 14
"""Characters of a source's name in a label, so that the station keeps most of the room."""

FIRST_IN_ALT_TEXT = 3
"""Stations named in an alternative text: it is listened to, so it stays short."""


@dataclass(frozen=True)
class ChartText:
    """The words of a chart that depend on what was selected; markup is not interpreted, any character is allowed.

    Attributes:
        title: the finding, e.g. "8 of 48 stations need attention".
        subtitle: quantity and period, e.g. "Charging success rate, 1 Apr – 30 Jun 2025".
        target: the success ratio to meet, 0–1.
        definition: name and meaning, e.g. "recorded: the source's own success flag".
        note: what a reader must know before believing the rates; drawn in a box above them. Empty for none.

    Raises:
        ValueError: the target is not a ratio.
    """

    title: str
    subtitle: str
    target: float
    definition: str
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.target <= 1:
            raise ValueError(f"target {self.target!r} is not a ratio from 0 to 1")


def in_order(stations: pd.DataFrame) -> list[Any]:
    """The stations as named tuples: those that need attention by charges lost a week, the rest by verdict and rate.

    Unknown losses and rates come last, equal ones are ordered by rate, id and source.

    Raises:
        ValueError: there is no station, or a verdict has no mark.
        KeyError: a column is missing.
    """
    if stations.empty:
        raise ValueError("there is no station to draw")
    rows: list[Any] = list(stations[list(COLUMNS)].itertuples(index=False, name="Station"))
    refuse_unknown({row.verdict_now for row in rows})
    return sorted(rows, key=_place)


def _place(row: Any) -> tuple[int, float, float, str, str]:
    """What rows are sorted by."""
    lost = row.charges_lost_per_week if row.verdict_now in ATTENTION else 0
    return group_of(row), _last(-lost), _last(row.now_ratio), str(row.station_id), str(row.source)


def _last(number: float) -> float:
    """The number, or infinity where there is none."""
    return math.inf if number != number else float(number)


def group_of(row: Any) -> int:
    """The place of the group a row is drawn in: attention, can't tell yet, meets target."""
    return 0 if row.verdict_now in ATTENTION else list(MARKS).index(row.verdict_now)


def labels(rows: Sequence[Any], shown: Sequence[Any], style: Style = BODY, width: float = MAX_LABEL_PX) -> list[str]:
    """One label per row shown: the name, or the id where there is none; with id and source where these tell apart."""
    several_sources = len({row.source for row in rows}) > 1
    used = Counter(_short_name(row) for row in rows)
    found = []
    for row in shown:
        name = _short_name(row)
        unclear = used[name] > 1 or MISSING in name
        label = f"{name_of(row)} · {_id(row)}" if unclear and name_of(row) != _id(row) else name_of(row)
        found.append(fitted(legible(label), f" ({_source(row)})" if several_sources else "", style, width))
    return found


def _short_name(row: Any) -> str:
    return elided(drawable(name_of(row)), MAX_LABEL_CHARS)


def name_of(row: Any) -> str:
    """The station's name, or its id where it has no name."""
    return (legible(row.name) if isinstance(row.name, str) else "") or _id(row)


def _id(row: Any) -> str:
    return legible(str(row.station_id)) or MISSING


def _source(row: Any) -> str:
    return elided(legible(str(row.source)), MAX_SOURCE_CHARS)


def rate(row: Any) -> str:
    """The rate over the whole period."""
    return percent(row.success_ratio if row.attempts else None)


def counts(row: Any) -> str:
    """The counts behind that rate; empty without attempts."""
    return f"{row.successes:,} of {row.attempts:,}" if row.attempts else ""


def left_out(row: Any) -> str:
    """The attempts outside the rate, e.g. "+3 unknown, 2 excluded"; empty when there are none."""
    parts = [f"{count:,} {word}" for count, word in ((row.unknown, "unknown"), (row.excluded, "excluded")) if count]
    return f"+{', '.join(parts)}" if parts else ""


def at_present(row: Any, year: int | None) -> str:
    """What a station has been doing since its last change or session; empty where nothing changed.

    Args:
        row: of a station.
        year: that needs no mention.
    """
    if row.verdict_now == SILENT:
        return "silent" if pd.isna(row.last_session) else f"silent since {day_text(row.last_session, year)}"
    return f"now {whole_percent(row.now_ratio)}, since {day_text(row.since, year)}" if row.changed else ""


def year_of(rows: Sequence[Any]) -> int | None:
    """The year of the last session of all; None where no session is known."""
    days = [row.last_session for row in rows if not pd.isna(row.last_session)]
    return max(days).year if days else None


def target_words(ratio: float) -> str:
    """The target as it stands beside its line."""
    return f"target {100 * ratio:.4g}%"


def counted(count: int) -> str:
    """A number of stations."""
    return f"{count:,} station{'' if count == 1 else 's'}"


def tally(rows: Sequence[Any]) -> str:
    """The number of stations of each verdict, those that occur."""
    found = Counter(row.verdict_now for row in rows)
    return ", ".join(f"{verdict}: {found[verdict]:,}" for verdict in MARKS if found[verdict])


def cap_sentence(count: int) -> str:
    """What is shown of ``count`` stations; empty when all are."""
    return f"Shown: the {MAX_ROWS} of {count:,} stations that need attention first." if count > MAX_ROWS else ""


def in_words(rows: Sequence[Any], text: ChartText, kind: str) -> str:
    """A chart of stations in words, on one line: finding, count per verdict, the first ones, definition and note."""
    first = [row for row in rows if row.verdict_now in ATTENTION][:FIRST_IN_ALT_TEXT]
    year = year_of(rows)
    sentences = [
        f"{kind}: {plain(text.title)}",
        plain(text.subtitle),
        f"{counted(len(rows))} against {target_words(text.target)} – {tally(rows)}",
        f"First: {'; '.join(_said(row, year) for row in first)}" if first else "",
        cap_sentence(len(rows)),
        f"Definition of success – {plain(text.definition)}",
        f"Note: {plain(text.note)}" if plain(text.note) else "",
    ]
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


def _said(row: Any, year: int | None) -> str:
    """A station with its rate, counts and present state."""
    words = ", ".join(filter(None, (counts(row), at_present(row, year))))
    return f"{elided(name_of(row), MAX_LABEL_CHARS)} {rate(row)}{f' ({words})' if words else ''}"
