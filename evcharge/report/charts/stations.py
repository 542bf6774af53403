"""Stations as the charts have them: their labels, and the words beside each.

What does not belong here: drawing, their order (``now``), and what decides a verdict (``metrics``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.metrics.rates import MEETS
from evcharge.report.charts.lettering import (
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
from evcharge.report.charts.theme import MARKS, refuse_unknown
from evcharge.report.now import ATTENTION, SILENT
from evcharge.report.plots import FEW_STATIONS
from evcharge.report.words import counted, day_text, elided, percent, target_text, unique_labels, verb, whole_percent

COLUMNS = (
    "source", "station_id", "name", "attempts", "successes", "unknown", "excluded", "success_ratio", "verdict_now",
    "rate_now", "low_now", "high_now", "attempts_now", "since", "changed", "rate_before", "last_session",
    "out_of_use",
)  # fmt: skip
"""What ``stations`` must have; other columns are not read."""

MAX_ROWS = 40
"""Rows drawn at most: 40 still fit one screen or page."""
NEXT_ROWS = 10
"""Rows of stations that need no attention, where there are more than ``plots.FEW_STATIONS``: those next to it."""

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


def rows_of(stations: pd.DataFrame) -> list[Any]:
    """The stations as named tuples in the order given, each with a ``label`` that tells it apart where it is drawn.

    Raises:
        ValueError: there is no station, or a verdict has no mark.
        KeyError: a column is missing.
    """
    if stations.empty:
        raise ValueError("there is no station to draw")
    table = stations[list(COLUMNS)]
    refuse_unknown(set(table["verdict_now"]))
    return list(table.assign(label=_labels(table)).itertuples(index=False, name="Station"))


def group_of(row: Any) -> int:
    """The place of the group a row is drawn in: attention, can't tell yet, meets target."""
    return 0 if row.verdict_now in ATTENTION else list(MARKS).index(row.verdict_now)


def _labels(stations: pd.DataFrame) -> list[str]:
    """The labels of all stations, in characters that can be shown; with the id where the font lacks a letter."""
    names = [legible(name) if isinstance(name, str) else None for name in stations["name"]]
    ids = [legible(str(station_id)) or MISSING for station_id in stations["station_id"]]
    sources = [elided(legible(str(source)), MAX_SOURCE_CHARS) for source in stations["source"]]
    texts = [
        dict(zip(("name", "station_id", "source"), row, strict=True)) for row in zip(names, ids, sources, strict=True)
    ]
    return [
        f"{label} · {station_id}" if MISSING in drawable(label) and station_id not in label else label
        for label, station_id in zip(unique_labels(texts, _seen), ids, strict=True)
    ]


def _seen(label: str) -> str:
    """What there is to see of a label in a chart."""
    return elided(drawable(label), MAX_LABEL_CHARS)


def fitted_label(row: Any, style: Style = BODY, width: float = MAX_LABEL_PX) -> str:
    """The label in as many characters and pixels as there is room for."""
    return fitted(row.label, style=style, width=width)


def rate(row: Any, target: float) -> str:
    """The rate over the whole period."""
    return percent(row.success_ratio if row.attempts else None, target)


def counts(row: Any) -> str:
    """The counts behind that rate; empty without attempts."""
    return f"{row.successes:,} of {row.attempts:,}" if row.attempts else ""


def left_out(row: Any) -> str:
    """The attempts outside the rate, e.g. "+3 unknown, 2 excluded"; empty when there are none."""
    parts = [f"{count:,} {word}" for count, word in ((row.unknown, "unknown"), (row.excluded, "excluded")) if count]
    return f"+{', '.join(parts)}" if parts else ""


def at_present(row: Any, year: int | None, target: float) -> str:
    """What a station has been doing since its last change or session; empty where nothing changed.

    Args:
        row: of a station.
        year: that needs no mention.
        target: success ratio to meet [0 to 1].
    """
    if row.verdict_now == SILENT:
        return "silent" if pd.isna(row.last_session) else f"silent since {day_text(row.last_session, year)}"
    if row.out_of_use:
        return f"out of use since {day_text(row.last_session, year)}"
    return f"now {whole_percent(row.rate_now, target)}, since {day_text(row.since, year)}" if row.changed else ""


def year_of(rows: Sequence[Any]) -> int | None:
    """The year of the last session of all; None where no session is known."""
    days = [row.last_session for row in rows if not pd.isna(row.last_session)]
    return max(days).year if days else None


def target_words(ratio: float) -> str:
    """The target as it stands beside its line."""
    return f"target {target_text(ratio)}"


def tally(rows: Sequence[Any]) -> str:
    """The number of stations of each verdict, those that occur."""
    found = Counter(row.verdict_now for row in rows)
    return ", ".join(f"{verdict}: {found[verdict]:,}" for verdict in MARKS if found[verdict])


def rows_shown(rows: Sequence[Any]) -> Sequence[Any]:
    """The stations that are drawn: all where they are few, else those that need attention and ``NEXT_ROWS`` more."""
    if len(rows) <= FEW_STATIONS:
        return rows
    return rows[: min(_needing(rows) + NEXT_ROWS, MAX_ROWS)]


def cap_sentence(rows: Sequence[Any]) -> str:
    """What is shown of the stations; empty when all are."""
    shown, needing = len(rows_shown(rows)), _needing(rows)
    if shown == len(rows):
        return ""
    if shown <= needing:
        return f"Shown: the {shown:,} costliest of {needing:,} stations that need attention, the costliest first."
    if not needing:
        return f"No station needs attention. Shown: the {shown:,} of {len(rows):,} that are nearest to it."
    verbs = ("station that needs attention", "stations that need attention, the costliest first")
    return f"Shown: {needing:,} {verb(needing, *verbs)}, and the {shown - needing:,} nearest to it."


def rest_sentence(rows: Sequence[Any]) -> str:
    """How many stations are not drawn, and what they are; empty when all are."""
    rest = rows[len(rows_shown(rows)) :]
    if not rest:
        return ""
    if all(row.verdict_now == MEETS for row in rest):
        return f"And {counted(len(rest), 'more station')} that {verb(len(rest), 'meets', 'meet')} the target."
    return f"And {counted(len(rest), 'more station')} ({tally(rest)})."


def _needing(rows: Sequence[Any]) -> int:
    return sum(row.verdict_now in ATTENTION for row in rows)


def in_words(rows: Sequence[Any], text: ChartText, kind: str) -> str:
    """A chart of stations in words, on one line: finding, count per verdict, the first ones, definition and note."""
    first = [row for row in rows if row.verdict_now in ATTENTION][:FIRST_IN_ALT_TEXT]
    year = year_of(rows)
    sentences = [
        f"{kind}: {plain(text.title)}",
        plain(text.subtitle),
        f"{counted(len(rows), 'station')} against {target_words(text.target)} – {tally(rows)}",
        f"First: {'; '.join(_said(row, year, text.target) for row in first)}" if first else "",
        cap_sentence(rows),
        rest_sentence(rows),
        f"Definition of success – {plain(text.definition)}",
        f"Note: {plain(text.note)}" if plain(text.note) else "",
    ]
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


def _said(row: Any, year: int | None, target: float) -> str:
    """A station with its rate, counts and present state."""
    words = ", ".join(filter(None, (counts(row), at_present(row, year, target))))
    return f"{elided(row.label, MAX_LABEL_CHARS)} {rate(row, target)}{f' ({words})' if words else ''}"
