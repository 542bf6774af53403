"""The table of all stations: cells for the page as it comes, and the rows that its script sorts and filters.

What does not belong here: the sorting and filtering (``report.js``).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evcharge.metrics.rates import MEETS
from evcharge.report.absence import outage_span, outage_sum
from evcharge.report.document import csv_rows, plain
from evcharge.report.now import ATTENTION, SILENT, UNUSED, WORDS
from evcharge.report.page.cells import Badge, Named, Table, badge_of, named, table_of
from evcharge.report.plots import zoomed_floor
from evcharge.report.story import Story, csv_frame
from evcharge.report.words import (
    amount,
    chance_text,
    counted,
    day_text,
    percent,
    sentence,
    verb,
    whole_interval,
    whole_percent,
)

STATIC_ROWS = 100
"""Rows that are there without scripts; with them, all are."""
MOST_PRINTED = 10
"""Stations that meet the target and are printed; more would be sheets on which nothing is to be done."""
MOST_OUTAGES = 20
"""Outages listed."""
STRIP_BINS = 91
"""Squares of the daily strip at most: a quarter's days. Longer periods have several days a square."""
STRIP_LEVELS = (0.0, 0.10, 0.20, 0.35, 0.60)
"""Failure shares above which a square is darker: none, then these. House rule: few levels, so that the eye can tell."""
TEXTS = {
    "now": "now",
    "range": "ci",
    "recent": "wk",
    "period": "all",
    "attempts": "of",
    "since": "since",
    "reason_share": "share",
    "lost": "lost",
}
"""Cells of the table and what the script calls them."""
DATA = {
    "label": "s",
    "station_id": "id",
    "successes_now": "n",
    "attempts_now": "m",
    "low_now": "l",
    "high_now": "h",
    "rate_before": "b",
    "successes_4_weeks": "u",
    "attempts_4_weeks": "v",
    "successes": "k",
    "attempts": "t",
    "since": "f",
    "last_session": "e",
    "reason": "r",
    "charges_lost_per_week": "c",
}
"""Columns of ``Story.stations`` that the script sorts, searches and draws by, and what it calls them. A ratio is the
quotient of its counts there as here, and two counts are shorter."""
ONLY_DRAWN = ("low_now", "high_now", "rate_before")
"""Ratios of which four digits are finer than any screen draws; 5,000 stations are 0.1 MB shorter so."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, what the script sorts it by (None for nothing), its class, and the term that says how."""

    name: str
    key: str | None
    tone: str
    term: str = ""


@dataclass(frozen=True)
class Row:
    """A station: cells as people read them; the fields of ``TEXTS`` are also in the script's data."""

    badge: Badge
    name: Named
    now: str
    range: str
    recent: str
    period: str
    attempts: str
    since: str
    reason: str
    reason_share: str
    lost: str


@dataclass(frozen=True)
class Stations:
    """The table of all stations.

    Attributes:
        title: how many there are, as a heading.
        caption: how to read marks and strips.
        columns: from left to right.
        rows: the first ``STATIC_ROWS``.
        without_scripts: what is said where these are not all; else empty.
        folded: what is said on paper of the stations that meet the target, where they are not printed; else empty.
        outages: the costliest outages; None without any.
    """

    title: str
    caption: str
    columns: list[Column]
    rows: list[Row]
    without_scripts: str
    folded: str
    outages: Table | None


def stations_of(story: Story, links: Mapping[int, str] | None = None) -> Stations:
    """Title, columns and the first rows, as text."""
    count = len(story.stations)
    days = (story.report.last_day - story.report.first_day).days + 1
    per_square = -(-days // STRIP_BINS)
    square = "a day" if per_square == 1 else f"{per_square} days"
    start = f"{_axis_start(story):.0%}"
    return Stations(
        title=f"All {counted(count, 'station')}" if count > 1 else "The station",
        caption=f"{_linked_text(links or {})}Mark and line: success since the last change, with its 95% interval; "
        f"tick: before it; dashes: the target. Strip: one square for {square}, pale where nothing failed, darker where "
        "more did.",
        columns=[
            Column("Station", "station", ""),
            Column("Now", "now", "r", "now"),
            Column(f"{start} to 100%", None, "g", "interval"),
            Column("Last 4 weeks", "weeks", "r", "last-4-weeks"),
            Column("Whole period", "period", "r", "success"),
            Column("Attempts", "attempts", "r", "attempt"),
            Column(counted(days, "day"), None, "s"),
            Column("Changed, or last session", "since", "", "now"),
            Column("Main reason now", None, "", "first-step"),
            Column("Lost a week", "lost", "r", "lost-a-week"),
        ],
        rows=[_row(row, story.report.target, links or {}) for row in story.rows[:STATIC_ROWS]],
        without_scripts=f"Without scripts only the first {STATIC_ROWS} stations are here; evcharge report --csv "
        "stations.csv has all of them."
        if count > STATIC_ROWS
        else "",
        folded=_folded_text(story.count_of(MEETS)),
        outages=_outages(story),
    )


def _folded_text(meeting: int) -> str:
    """What stands on paper in place of the stations that meet the target, where they are many."""
    if meeting <= MOST_PRINTED:
        return ""
    return f"{counted(meeting, 'more station')} meet the target, and are not printed: on a screen all are here."


def _linked_text(links: Mapping[int, str]) -> str:
    """That a name leads to the page of its station, where some do."""
    if not links:
        return ""
    leads = verb(len(links), "name that is underlined leads", "names that are underlined lead")
    return f"{len(links):,} {leads} to what evcharge explain shows of the station. "


def _outages(story: Story) -> Table | None:
    """The outages of stations and ports, the costliest first."""
    if story.outages.empty:
        return None
    keys = ["source", "station_id"]
    told = story.outages.merge(story.stations[[*keys, "label"]], on=keys)
    told = told.sort_values("charges_lost", ascending=False, na_position="last", kind="stable")
    rows = [
        (
            f"{row['label']}, port {row['port_id']}" if isinstance(row["port_id"], str) else row["label"],
            outage_span(row["first_day"], row["last_day"]),
            f"{row['days']:,}",
            chance_text(row["chance"]),
            amount(row["charges_lost"]),
        )
        for row in told.head(MOST_OUTAGES).to_dict("records")
    ]
    hidden = len(told) - len(rows)
    more = f"{counted(hidden, 'more outage')}: evcharge report --json." if hidden else ""
    title = sentence(outage_sum(told))[:-1]
    return table_of(title, ("station", "no session", "days", "chance", "charges lost"), rows, range(2, 5), more)


def _row(row: Mapping[Any, Any], target: float, links: Mapping[int, str]) -> Row:
    known = isinstance(row["reason"], str)
    stopped = SILENT if row["verdict_now"] == SILENT else UNUSED if row["out_of_use"] else ""
    changed = day_text(row["since"]) if row["changed"] else ""
    range_now = whole_interval(row["low_now"], row["high_now"])
    return Row(
        badge=badge_of(row["verdict_now"]),
        name=named(row, links),
        now=stopped or percent(row["rate_now"], target),
        range=f"{range_now}%" if range_now else "",
        recent=percent(row["rate_4_weeks"], target),
        period=percent(row["success_ratio"], target),
        attempts=f"{row['attempts']:,}",
        since=f"last {day_text(row['last_session'])}" if stopped else changed,
        reason=row["reason"] if known else "",
        reason_share=whole_percent(row["reason_share"]) if known else "",
        lost=amount(row["charges_lost_per_week"]) if row["verdict_now"] in ATTENTION else "",
    )


def table_data(story: Story, links: Mapping[int, str] | None = None) -> dict[str, Any]:
    """What the script needs: one short object a station, without what is not known; words, cities, axis and target."""
    strips = _strips(story)
    cities = sorted(map(str, story.stations["city"].dropna().unique()))
    places = {city: place for place, city in enumerate(cities)}
    return {
        "rows": [
            {**_data(row, story.report.target, links or {}, places), "d": strips[row["station_key"]]}
            for row in story.rows
        ],
        "cities": cities,
        "words": [asdict(badge_of(word)) for word in WORDS],
        "axis": round(_axis_start(story), 2),
        "target": story.report.target,
        "bins": max(map(len, strips.values())),
    }


def download_data(story: Story) -> str:
    """The rows of ``--csv`` for the page's download: the head, then the stations in the order of ``table_data``.

    They are the very text of ``--csv``, as a JSON list, deflated and in base64: a third of the page's size otherwise.
    """
    rows = json.dumps(list(csv_rows(csv_frame(story))), separators=(",", ":"))
    return base64.b64encode(zlib.compress(rows.encode("ascii"), level=9)).decode("ascii")


def _data(row: Mapping[Any, Any], target: float, links: Mapping[int, str], places: Mapping[str, int]) -> dict[str, Any]:
    cells = _row(row, target, links)
    texts = {short: getattr(cells, name) for name, short in TEXTS.items()}
    figures = {short: plain(row[name]) for name, short in DATA.items()}
    figures |= {DATA[name]: round(value, 4) for name in ONLY_DRAWN if (value := figures[DATA[name]]) is not None}
    about = {"y": places.get(row["city"]), "p": cells.name.href}
    known = {short: value for short, value in (texts | figures | about).items() if value not in (None, "")}
    return {**known, "w": WORDS.index(row["verdict_now"])}


def _axis_start(story: Story) -> float:
    ratios, attempts = (story.stations[name].to_numpy(dtype=float) for name in ("rate_now", "attempts_now"))
    return zoomed_floor(ratios, attempts, story.report.target)


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
