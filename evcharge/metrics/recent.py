"""The last four weeks of each station: a time that is the same for all, beside the present spell that is its own.

What does not belong here: the spell and its verdict (``spells``), and where the data of a source ends (``silence``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

RECENT_DAYS = 28
"""Days up to the end of the data. Made up: four of each weekday, and few enough to be of now."""


def last_four_weeks(days: pd.DataFrame, data_ends: pd.Series) -> pd.DataFrame:
    """Attempts and successes of each station in the last ``RECENT_DAYS`` of its data.

    Args:
        days: ``station_key``, ``day``, ``successes`` and ``failures`` of ``days.count_days``, in any order.
        data_ends: the last whole day of its data (datetime64), by station_key.

    Returns:
        One row per station, in the order of ``data_ends``: ``station_key``, ``attempts_4_weeks``, ``successes_4_weeks``
        and ``ratio_4_weeks`` (NaN without attempts).
    """
    ago = data_ends.reindex(days["station_key"]).to_numpy() - days["day"].to_numpy()
    recent = days[(ago >= np.timedelta64(0, "D")) & (ago < np.timedelta64(RECENT_DAYS, "D"))]
    sums = recent.groupby("station_key")[["successes", "failures"]].sum().reindex(data_ends.index, fill_value=0)
    successes, attempts = sums["successes"].to_numpy(), sums.sum(axis=1).to_numpy()
    return pd.DataFrame(
        {
            "station_key": data_ends.index.to_numpy(),
            "attempts_4_weeks": attempts,
            "successes_4_weeks": successes,
            "ratio_4_weeks": np.where(attempts > 0, successes / np.maximum(attempts, 1), np.nan),
        }
    )
