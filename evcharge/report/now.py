"""What each station does now: its present spell, since when, silent or not, and what it loses a week.

What does not belong here: how changes and silence are found (``metrics.spells``, ``metrics.silence``), what is lost
(``metrics.cost``), the rates of the whole period (``rates``), and words (``story``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.metrics.cost import kwh_lost
from evcharge.metrics.days import mean_energy
from evcharge.metrics.exposure import Network
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, failures_included
from evcharge.metrics.refused import withhold_now
from evcharge.metrics.spells import judge_spells
from evcharge.metrics.stations import read_stations

SILENT = "silent"
"""What a station is now that has stopped: a word beside the three verdicts."""
WORDS = (BELOW, SILENT, CANT_TELL, MEETS)
"""What a station can be now, in the order of attention."""
UNUSED = "unused"
"""What stands for the rate now of a station that stopped a quarter ago or before; its verdict is ``CANT_TELL``."""
ATTENTION = WORDS[:2]
"""What needs it: these send somebody."""
ORDER = (BELOW, CANT_TELL, MEETS)
MARKS = {BELOW: ("▼", "v"), SILENT: ("×", "x"), CANT_TELL: ("○", "o"), MEETS: ("●", "*")}
"""A mark for each verdict, and one for terminals that can't show it."""

PRESENT = {
    "verdict": "verdict_now",
    "success_ratio": "rate_now",
    "low": "low_now",
    "high": "high_now",
    "attempts": "attempts_now",
    "successes": "successes_now",
    "since": "since",
    "changed": "changed",
    "ratio_before": "rate_before",
    "attempts_before": "attempts_before",
    "ratio_4_weeks": "rate_4_weeks",
    "attempts_4_weeks": "attempts_4_weeks",
    "successes_4_weeks": "successes_4_weeks",
    "silent": "silent",
    "out_of_use": "out_of_use",
    "last_session": "last_session",
    "silent_days": "silent_days",
    "data_ends": "data_ends",
    "no_data": "no_data",
    "attempts_per_week": "attempts_per_week",
    "charges_lost_per_week": "charges_lost_per_week",
    "kwh_lost_per_week": "kwh_lost_per_week",
}
"""The figures of a station now: their names in the JSON document, and as columns beside those of the whole period."""


def read_present(
    session: Session, selection: Selection, days: pd.DataFrame, network: Network, target: float
) -> pd.DataFrame:
    """The present spell of every station with selected sessions.

    Args:
        session: reads the star.
        selection: which sessions.
        days: the frame of ``metrics.days.count_days`` of the same, by the definition asked for.
        network: of ``metrics.stations.read_network``.
        target: success ratio to judge against, between 0 and 1.

    Returns:
        One row per station, by source and id: what ``metrics.stations.read_stations`` has, and ``PRESENT``.
        ``verdict_now`` is one of ``WORDS``; energy lost is charges lost times the mean energy of the station's
        successful charges [kWh], NaN where none is known.
    """
    stations = read_stations(session, selection)
    by_key = stations.set_index("station_key")
    said = pd.Series(failures_included(by_key), index=by_key.index, dtype=object)
    spells = judge_spells(days, target, network, said)
    spells["kwh_lost_per_week"] = kwh_lost(spells, mean_energy(days))
    spells["verdict"] = np.where(spells["silent"], SILENT, spells["verdict"])
    named = stations.merge(spells, on="station_key", validate="1:1")
    named["verdict"] = withhold_now(session, selection, named, days, target)
    return named.rename(columns=PRESENT)


def needing_attention(stations: pd.DataFrame) -> pd.DataFrame:
    """The stations that are below target now or silent, by charges lost a week, the most first; unknown losses last."""
    chosen = stations[stations["verdict_now"].isin(ATTENTION)]
    order = ["charges_lost_per_week", "rate_now", "source", "station_id"]
    return chosen.sort_values(order, ascending=[False, True, True, True], na_position="last", ignore_index=True)


def in_order_of_attention(stations: pd.DataFrame) -> pd.DataFrame:
    """All stations: those that need attention first, those that can't be told, the rest by rate, those out of use."""
    others = stations[~stations["verdict_now"].isin(ATTENTION)]
    rank = others["verdict_now"].map(WORDS.index).mask(others["out_of_use"], len(WORDS))
    order = ["rank", "rate_now", "source", "station_id"]
    ranked = others.assign(rank=rank).sort_values(order, na_position="last").drop(columns="rank")
    return pd.concat([needing_attention(stations), ranked], ignore_index=True)
