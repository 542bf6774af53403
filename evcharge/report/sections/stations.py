"""The table of all stations: cells for the page as it comes, and the rows that its script sorts and filters.

What does not belong here: the sorting and filtering (``templates/report.js``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evcharge.report.present import SILENT, WORDS
from evcharge.report.sections.cells import mark_of
from evcharge.report.story import Story
from evcharge.report.words import amount, counted, day_text, label_of, percent

STATIC_ROWS = 100
"""Rows that are there without scripts; with them, all are."""
STRIP_BINS = 91
"""Squares of the daily strip at most: a quarter's days. Longer periods have several days a square."""
STRIP_LEVELS = (0.0, 0.10, 0.20, 0.35, 0.60)
"""Failure shares above which a square is darker: none, then these. House rule: few levels, so that the eye can tell."""
CREDIBLE_ATTEMPTS = 20
"""Attempts from which on a station's rate may stretch the axis. House rule: one bad day of a quiet one must not."""
MOST_OF_THE_AXIS = 0.5
"""Lowest ratio at which the axis may begin; what lies below is drawn at its edge, with an arrow."""
AXIS_MARGIN = 0.05
"""What the axis shows below the lowest credible rate: report-design, ranked dot plot."""


def all_stations(story: Story) -> dict[str, Any]:
    """Title, columns and the first rows, as text."""
    count = len(story.stations)
    days = (story.report.last_day - story.report.first_day).days + 1
    per_square = -(-days // STRIP_BINS)
    square = "a day" if per_square == 1 else f"{per_square} days"
    start = f"{axis_start(story.stations, story.report.target):.0%}"
    columns = (
        ("Station", "station", ""),
        ("Now", "now", "r"),
        (f"{start} to 100%", None, "g"),
        ("Whole period", "period", "r"),
        ("Attempts", "tries", "r"),
        (counted(days, "day"), None, "s"),
        ("Changed", "since", ""),
        ("Main reason now", None, ""),
        ("Lost a week", "lost", "r"),
    )
    return {
        "station_count": f"{count:,}",
        "all_title": f"All {counted(count, 'station')}" if count > 1 else "The station",
        "all_caption": "Mark and line: success since the last change, with its 95% interval; tick: before it; dashes: "
        f"the target. Strip: one square for {square}, pale where nothing failed, darker the more did.",
        "all_columns": [{"name": name, "key": key, "tone": tone} for name, key, tone in columns],
        "static_rows": [_cells(row, story) for row in story.rows[:STATIC_ROWS]],
        "without_scripts": f"Without scripts only the first {STATIC_ROWS} stations are here; evcharge report --csv "
        "stations.csv has all of them.",
    }


def _cells(row: Mapping[Any, Any], story: Story) -> dict[str, str]:
    silent = row["verdict_now"] == SILENT
    changed = _changed(row)
    return {
        **mark_of(row["verdict_now"]),
        "label": f"{label_of(row)} ({row['source']})" if story.several_sources else label_of(row),
        "now": SILENT if silent else percent(row["now_ratio"]),
        "range": "" if not row["now_attempts"] else f"{100 * row['now_low']:.0f}–{100 * row['now_high']:.0f}%",
        "period": percent(row["success_ratio"]),
        "attempts": f"{row['attempts']:,}",
        "since": "" if changed is None else day_text(changed),
        "reason": f"{row['reason']} {row['reason_share']:.0%}" if isinstance(row["reason"], str) else "",
        "lost": amount(row["charges_lost_per_week"]) if row["verdict_now"] in WORDS[:2] else "",
    }


def _changed(row: Mapping[Any, Any]) -> pd.Timestamp | None:
    """The first day of the present spell, or the last session of a silent station."""
    silent = row["verdict_now"] == SILENT
    day: pd.Timestamp = row["last_session" if silent else "since"]
    return day if silent or row["changed"] else None


def table_data(story: Story) -> dict[str, Any]:
    """What the script needs: one short object a station, the words, the axis and the target."""
    strips = _strips(story)
    rows = [
        {
            **_text(_cells(row, story)),
            "w": WORDS.index(row["verdict_now"]),
            "o": row["source"],
            "id": row["station_id"],
            "n": _short(row["now_ratio"], 6),
            "l": _short(row["now_low"]),
            "h": _short(row["now_high"]),
            "b": _short(row["before_ratio"]),
            "p": _short(row["success_ratio"], 6),
            "t": row["attempts"],
            "f": None if (changed := _changed(row)) is None else changed.date().isoformat(),
            "c": _short(row["charges_lost_per_week"]) if row["verdict_now"] in WORDS[:2] else None,
            "d": strips[row["station_key"]],
        }
        for row in story.rows
    ]
    return {
        "rows": rows,
        "words": [mark_of(word) for word in WORDS],
        "axis": _short(axis_start(story.stations, story.report.target)),
        "target": story.report.target,
        "bins": max(map(len, strips.values())),
    }


def _text(cells: Mapping[str, str]) -> dict[str, str]:
    names = {"label": "s", "now": "now", "range": "range", "period": "period", "attempts": "tries"}
    names |= {"since": "since", "reason": "reason", "lost": "lost"}
    return {short: cells[name] for name, short in names.items()}


def _short(number: float, digits: int = 4) -> float | None:
    """A number in as many digits after the point as are drawn or sorted by; None where there is none."""
    return None if number != number else round(float(number), digits)


def axis_start(stations: pd.DataFrame, target: float) -> float:
    """Where the axis of rates begins: under the lowest rate now of a station with enough attempts, in steps of 5 %."""
    credible = stations.loc[stations["now_attempts"] >= CREDIBLE_ATTEMPTS, "now_ratio"]
    lowest = min(float(credible.min()) if len(credible) else target, target)
    return float(np.clip(np.floor(20 * (lowest - AXIS_MARGIN)) / 20, MOST_OF_THE_AXIS, 0.95))


def _strips(story: Story) -> dict[int, str]:
    """Each station's days as text, one sign a square: a point for no attempts, else 0 to 5 by the share that failed."""
    first = np.datetime64(story.report.first_day, "D")
    days = (story.report.last_day - story.report.first_day).days + 1
    per_square = -(-days // STRIP_BINS)
    bins = -(-days // per_square)
    keys, place = np.unique(story.days["station_key"].to_numpy(), return_inverse=True)
    square = (story.days["day"].to_numpy().astype("datetime64[D]") - first).astype("int64") // per_square
    failures, successes = np.zeros((len(keys), bins)), np.zeros((len(keys), bins))
    np.add.at(failures, (place, square), story.days["failures"].to_numpy())
    np.add.at(successes, (place, square), story.days["successes"].to_numpy())
    attempts = failures + successes
    level = np.searchsorted(STRIP_LEVELS, failures / np.maximum(attempts, 1))
    signs = np.where(attempts > 0, level.astype("U1"), ".")
    return {int(key): "".join(row) for key, row in zip(keys, signs, strict=True)}
