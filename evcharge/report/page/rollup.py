"""Stations summed by the region, network, operator or city they belong to.

What does not belong here: the stations' own figures (``now``, ``rates``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from evcharge.metrics.rates import FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED, with_rates
from evcharge.report.now import ATTENTION
from evcharge.report.page.cells import Table, table_of
from evcharge.report.words import amount, interval, percent

ROLL_UPS = ("region", "network", "operator", "city")
"""Columns by which stations are summed, in order of preference."""
MOST_GROUPS = 40
"""Groups that still make a table to read; with more, the next column is tried. House rule."""
_COUNTS = ("successes", "failures", "excluded", "unknown")


def roll_up(stations: pd.DataFrame, target: float) -> tuple[str, pd.DataFrame] | None:
    """The stations by the first of ``ROLL_UPS`` that tells at least two groups and not too many; None without one.

    Args:
        stations: the frame of ``Story.stations``.
        target: success ratio to judge against, between 0 and 1.

    Returns:
        The column, and one row per group (missing is a group of its own, None), the costliest first: the column,
        ``stations``, ``attention`` (how many need it), the columns of ``rates.with_rates`` and
        ``charges_lost_per_week`` (of the stations that need attention; NaN where none is known).
    """
    for column in ROLL_UPS:
        if 2 <= stations[column].nunique(dropna=False) <= MOST_GROUPS and stations[column].notna().any():
            return column, _summed(stations, column, target)
    return None


def _summed(stations: pd.DataFrame, column: str, target: float) -> pd.DataFrame:
    attention = stations["verdict_now"].isin(ATTENTION)
    table = stations[[column, *_COUNTS]].assign(
        stations=1,
        attention=attention.astype("int64"),
        charges_lost_per_week=stations["charges_lost_per_week"].where(attention),
        without_failures=(stations["failures_included"] == FAILURES_REMOVED).astype("int64"),
        perhaps_without_failures=(stations["failures_included"] == FAILURES_PERHAPS_REMOVED).astype("int64"),
    )
    groups = table.groupby(column, dropna=False, sort=False)
    sums = groups.sum(min_count=1).reset_index()
    rated = with_rates(sums, target)
    order = ["charges_lost_per_week", "success_ratio", column]
    return rated.sort_values(order, ascending=[False, True, True], na_position="last", ignore_index=True)


@dataclass(frozen=True)
class RollUp:
    """The stations summed: the column by which, and the table."""

    by: str
    table: Table


def roll_up_of(summed: tuple[str, pd.DataFrame] | None, target: float) -> RollUp | None:
    """The stations summed by region, network, operator or city; None where none is recorded.

    Args:
        summed: column and frame of ``roll_up``, or None.
        target: success ratio to meet [0 to 1].
    """
    if summed is None:
        return None
    by, groups = summed
    rows = [
        (
            row[by] if isinstance(row[by], str) else "not recorded",
            f"{row['stations']:,}",
            f"{row['attention']:,}",
            f"{row['attempts']:,}",
            percent(row["success_ratio"], target),
            interval(row["low"], row["high"], target),
            amount(row["charges_lost_per_week"]),
        )
        for row in groups.to_dict("records")
    ]
    columns = (by, "stations", "need attention", "attempts", "success", "95% interval", "charges lost a week")
    return RollUp(by, table_of(f"Stations by {by}", columns, rows, range(1, 7)))
