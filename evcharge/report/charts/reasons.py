"""Why attempts failed, as far as it was recorded: the most frequent reasons first, split by where they occur.

What does not belong here: what a reason means and what to do first (``metrics.reasons``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from evcharge.metrics.reasons import NOT_RECORDED as NONE
from evcharge.report.charts.lettering import SMALL, SMALL_MUTED, fitted, legible, plain
from evcharge.report.charts.shapes import Box, boxes
from evcharge.report.charts.sheet import HALF_PX, Sheet, Sign, default_style, draw_legend
from evcharge.report.colours import BAD, BAD_PALE
from evcharge.report.words import whole_percent

TITLE = "Failed attempts by recorded reason"

COLUMNS = ("title", "first_step", "flagged", "elsewhere")
"""What ``reasons`` must have; shares are told again from the counts, for the rows shown."""

MOST_ROWS = 10
"""Reasons shown; the rest is one row more."""
NOT_RECORDED = NONE.reason
OTHER = "other reasons"

BAR_SHARE, STEP_SHARE = 0.555, 0.58
COUNT_PX, RUNNING_PX = 56, 44
ROW_PX, BAR_TALL_PX = 37, 13
LONGEST_TITLE = 80
"""Where the longest bar with its count ends and the column of first steps begins [share of the width], room for a count
and a running total, a row and its bar [px], and the characters of a title; set by eye."""
IN_ALT_TEXT = 3
"""Reasons named in the alternative text."""


@default_style()
def draw_reasons(reasons: pd.DataFrame, width: int = HALF_PX) -> Figure:
    """Bars of failures by reason, dark at the stations that need attention and pale elsewhere, with shares in words.

    Args:
        reasons: one a row, in any order, with ``COLUMNS``: the words of the reason, what to do first (empty for
            nothing), failures at the stations that need attention and at the others. Of more than ``MOST_ROWS`` the
            least frequent are summed as "other reasons"; "not recorded" is always shown.
        width: of the chart [px].

    Raises:
        KeyError: a column is missing.
    """
    rows = _rows(reasons)
    sheet = Sheet(width)
    draw_legend(sheet, [Sign("At stations that need attention", colour=BAD), Sign("Elsewhere", colour=BAD_PALE)])
    header = sheet.y + 16
    sheet.write(STEP_SHARE * width, header, "first look", SMALL_MUTED)
    sheet.write(width, header, "running total", SMALL_MUTED, "right")
    top = header + 4
    px_per_failure = (BAR_SHARE * width - COUNT_PX) / max(1, int(rows["failures"].max()))
    bars = []
    for number, row in enumerate(rows.itertuples(index=False)):
        y = top + number * ROW_PX
        bars += _bars(row, y + ROW_PX - BAR_TALL_PX - 3, px_per_failure)
        _write_row(sheet, row, y, px_per_failure)
    sheet.add(boxes(bars, [BAD, BAD_PALE] * len(rows), sheet.pixels))
    sheet.y = top + len(rows) * ROW_PX
    return sheet.close(TITLE, reasons_alt(reasons), 4)


def reasons_alt(reasons: pd.DataFrame) -> str:
    """The reasons in words, on one line: how many failures, the first ones, and how many say nothing."""
    rows = _rows(reasons)
    failures, flagged = int(rows["failures"].sum()), int(rows["flagged"].sum())
    first = rows[(rows["title"] != NOT_RECORDED) & (rows["title"] != OTHER) & (rows["failures"] > 0)].head(IN_ALT_TEXT)
    shares = first["failures"] / max(1, failures)
    named = [
        f"{title} {whole_percent(share)} ({count:,})"
        for title, share, count in zip(first["title"], shares, first["failures"], strict=True)
    ]
    silent = int(rows.loc[rows["title"] == NOT_RECORDED, "failures"].sum())
    sentences = [
        f"Bar chart: {failures:,} failed attempts by recorded reason",
        f"At stations that need attention: {flagged:,}",
        "; ".join(named),
        f"{NOT_RECORDED.capitalize()}: {whole_percent(silent / failures if failures else None)} ({silent:,})",
    ]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _rows(reasons: pd.DataFrame) -> pd.DataFrame:
    """The rows shown, the most frequent first and the rest at the end, with ``failures`` and ``running`` total."""
    table = reasons[list(COLUMNS)].copy()
    table["title"] = [_title(title) for title in table["title"]]
    if NOT_RECORDED not in set(table["title"]):
        none = pd.DataFrame([{"title": NOT_RECORDED, "first_step": "", "flagged": 0, "elsewhere": 0}])
        table = pd.concat([table, none], ignore_index=True) if len(table) else none
    table["failures"] = table["flagged"] + table["elsewhere"]
    silent = table["title"] == NOT_RECORDED
    table = table[silent | (table["failures"] > 0)].sort_values(["failures", "title"], ascending=[False, True])
    if len(table) > MOST_ROWS:
        shown = table.head(MOST_ROWS)
        if NOT_RECORDED not in set(shown["title"]):
            shown = pd.concat([table.head(MOST_ROWS - 1), table[table["title"] == NOT_RECORDED]])
        rest = table.drop(shown.index)[["flagged", "elsewhere", "failures"]].sum()
        other = pd.DataFrame([{"title": OTHER, "first_step": "", **rest}])
        table = pd.concat([shown, other])
    return table.assign(running=table["failures"].cumsum() / table["failures"].sum()).reset_index(drop=True)


def _title(title: str) -> str:
    """The words of a reason; one word for none, however it is told."""
    words = plain(str(title))
    return NOT_RECORDED if words.casefold() in (NOT_RECORDED, NONE.title) else words


def _bars(row: Any, y: float, px_per_failure: float) -> list[Box]:
    """The two parts of a bar, one after the other."""
    middle, end = row.flagged * px_per_failure, row.failures * px_per_failure
    return [(0.0, y, middle, y + BAR_TALL_PX), (middle, y, end, y + BAR_TALL_PX)]


def _write_row(sheet: Sheet, row: Any, y: float, px_per_failure: float) -> None:
    """The words of a row: reason and first step above, the count at the end of the bar, the total at the right."""
    title = row.title[:1].upper() + row.title[1:]
    sheet.write(0, y + 12, fitted(legible(title), style=SMALL, width=sheet.width, chars=LONGEST_TITLE), SMALL)
    first_step = row.first_step if isinstance(row.first_step, str) else ""
    count_y = y + ROW_PX - BAR_TALL_PX / 2 - 3
    sheet.write(row.failures * px_per_failure + 7, count_y, f"{row.failures:,}", SMALL)
    step = fitted(legible(first_step), style=SMALL_MUTED, width=(1 - STEP_SHARE) * sheet.width - RUNNING_PX)
    sheet.write(STEP_SHARE * sheet.width, count_y, step, SMALL_MUTED)
    sheet.write(sheet.width, count_y, whole_percent(row.running), SMALL_MUTED, "right")
