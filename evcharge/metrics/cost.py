"""What failures and silence cost: the charges, the energy and the money that each station loses in a usual week.

What does not belong here: how changes and silence are found (``spells``, ``silence``), how visits and usual weeks are
counted (``lost_visits``, ``usual``), and how a loss is shown (``report``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Floats
from evcharge.metrics.intervals import wilson_interval

ENDS = ("", "_low", "_high")
"""What is added to the name of a loss: nothing for the loss itself, then the ends of its range."""


MOST_BY_CHANCE = 0.8
"""Share of failed visits hidden by the next driver up to which the others tell how many there are. House rule,
provisional: beyond it a busy site tells visits apart too badly, and its loss is not known."""


CURRENCY = "[A-Z]{3}"
"""The code of a currency. Source: ISO 4217."""


class Price(NamedTuple):
    """What a kWh brings: an amount of money, and the code of its currency."""

    per_kwh: float
    currency: str


def charges_lost(stations: pd.DataFrame, target: float) -> pd.DataFrame:
    """Charges that each station loses in a usual week, with their range; NaN where a part of them is not known.

    Of a station in use: the visits that ended without a charge beyond the share that the target allows, 1 − target, at
    the share of the present spell and the visits of a usual week; none where it does as well as the target. The range
    is that of Wilson's 95 % interval of the share. Of a silent station: the successes of its usual week, which is what
    it loses if it is really down; the range is that of its own weeks (``usual.SPREAD``).

    Args:
        stations: one row per station: ``silent``, ``visits``, ``failed_visits`` and ``joined_by_chance`` of the
            present spell, ``visits_per_week``, ``attempts_per_week``, ``successes_per_week``, ``successes_low`` and
            ``successes_high``.
        target: success ratio, between 0 and 1.

    Returns:
        ``charges_lost_per_week``, ``charges_lost_per_week_low`` and ``charges_lost_per_week_high``, in the same order.
    """
    names = ("failed_visits", "visits", "joined_by_chance", "visits_per_week")
    failed, visits, by_chance, per_week = (stations[name].to_numpy(dtype=float) for name in names)

    # A hidden failed visit looks like the first try of the driver who came next; what is seen is all the evidence.
    shown = np.where(by_chance <= MOST_BY_CHANCE, 1 - by_chance, np.nan)
    all_visits = visits - failed + failed / shown
    share = np.where(all_visits > 0, failed / shown / np.maximum(all_visits, 1), np.nan)
    silent, used = stations["silent"].to_numpy(dtype=bool), stations["attempts_per_week"].to_numpy() > 0
    lost = {}
    for end, of_share, usual in zip(
        ENDS,
        (share, *wilson_interval(failed, all_visits * shown)),
        ("successes_per_week", "successes_low", "successes_high"),
        strict=True,
    ):
        beyond = np.maximum(of_share - (1 - target), 0) * per_week
        lost[f"charges_lost_per_week{end}"] = np.where(silent, np.where(used, stations[usual], np.nan), beyond)
    return pd.DataFrame(lost, index=stations.index)


def kwh_lost(stations: pd.DataFrame, mean_kwh: pd.Series) -> pd.DataFrame:
    """Energy that each station loses in a usual week, with its range [kWh]; NaN where it is not known.

    Charges lost times mean energy; 0 where no charge is lost, whether or not energy is known.

    Args:
        stations: ``station_key`` and the columns of ``charges_lost``, one row per station.
        mean_kwh: of ``days.mean_energy``, by station_key.
    """
    means: Floats = mean_kwh.reindex(stations["station_key"]).to_numpy(dtype=float)
    energy = {}
    for end in ENDS:
        lost = stations[f"charges_lost_per_week{end}"].to_numpy(dtype=float)
        energy[f"kwh_lost_per_week{end}"] = np.where(lost == 0, 0.0, lost * means)
    return pd.DataFrame(energy, index=stations.index)


def money_lost(stations: pd.DataFrame, price: Price | None) -> pd.DataFrame:
    """Money that each station loses in a usual week, with its range: energy lost times the price; NaN without a price.

    Args:
        stations: the columns of ``kwh_lost``, one row per station.
        price: of a kWh.
    """
    per_kwh = np.nan if price is None else price.per_kwh
    return pd.DataFrame({f"money_lost_per_week{end}": stations[f"kwh_lost_per_week{end}"] * per_kwh for end in ENDS})
