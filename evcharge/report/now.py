"""What each station does now: its present spell, since when, silent or not, and what it loses a week.

What does not belong here: how changes and silence are found (``metrics.spells``, ``metrics.silence``), what is lost
(``metrics.cost``), the rates of the whole period (``rates``), and words (``story``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.arrays import Flags
from evcharge.metrics.cost import ENDS, charges_lost, kwh_lost
from evcharge.metrics.days import mean_energy
from evcharge.metrics.definitions import Definition
from evcharge.metrics.exposure import Network
from evcharge.metrics.lost_visits import read_lost_visits
from evcharge.metrics.rates import BELOW, CANT_TELL, FAILURES_REMOVED, MEETS, failures_included
from evcharge.metrics.refused import withhold_now
from evcharge.metrics.selection import Selection
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
    "usual_since": "usual_since",
    "attempts_per_week": "attempts_per_week",
    "successes_per_week": "successes_per_week",
    "visits": "visits_now",
    "failed_visits": "failed_visits_now",
    "joined_by_chance": "joined_by_chance",
    "visits_per_week": "visits_per_week",
    **{f"{unit}_lost_per_week{end}": f"{unit}_lost_per_week{end}" for unit in ("charges", "kwh") for end in ENDS},
}
"""The figures of a station now: their names in the JSON document, and as columns beside those of the whole period."""


def read_present(
    session: Session,
    definition: Definition,
    selection: Selection,
    days: pd.DataFrame,
    network: Network,
    ports: pd.Series,
    target: float,
) -> pd.DataFrame:
    """The present spell of every station with selected sessions.

    Args:
        session: reads the star.
        definition: what counts as a success.
        selection: which sessions.
        days: the frame of ``metrics.days.count_days`` of the same, by this definition.
        network: of ``metrics.stations.read_network``.
        ports: of ``metrics.outages.count_ports``.
        target: success ratio to judge against, between 0 and 1.

    Returns:
        One row per station, by source and id: what ``metrics.stations.read_stations`` has, and ``PRESENT``.
        ``verdict_now`` is one of ``WORDS``. Visits are counted at the stations that are below target, and NaN at all
        others. Losses are those of stations that need attention; NaN elsewhere, and where publishers removed failures.
    """
    stations = read_stations(session, selection, ports)
    by_key = stations.set_index("station_key")
    included = pd.Series(failures_included(by_key), index=by_key.index, dtype=object)
    spells = judge_spells(days, target, network, included)
    spells["verdict"] = np.where(spells["silent"], SILENT, spells["verdict"])
    named = stations.merge(spells, on="station_key", validate="1:1")
    named["verdict"] = withhold_now(session, selection, named, days, target)

    below = named[named["verdict"] == BELOW]
    visits = read_lost_visits(session, definition, selection, days, below)
    named = named.merge(visits, on="station_key", how="left", validate="1:1")
    removed = included.loc[named["station_key"]].to_numpy() == FAILURES_REMOVED
    return with_losses(named, mean_energy(days), removed, target).rename(columns=PRESENT)


def with_losses(stations: pd.DataFrame, mean_kwh: pd.Series, removed: Flags, target: float) -> pd.DataFrame:
    """The stations with what each loses in a usual week.

    Args:
        stations: ``station_key``, ``verdict``, and what ``metrics.cost.charges_lost`` takes.
        mean_kwh: mean energy of the successful charges [kWh], by station_key.
        removed: of which stations the publisher removed failures.
        target: success ratio, between 0 and 1.
    """
    told = stations["verdict"].isin(ATTENTION) & ~removed
    stations = stations.join(charges_lost(stations, target).where(told))
    return stations.join(kwh_lost(stations, mean_kwh))


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
