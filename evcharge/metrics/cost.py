"""What failures and silence cost: the charges and the energy that each station loses in a usual week.

What does not belong here: how changes and silence are found (``spells``, ``silence``), and how a loss is shown
(``report``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def charges_lost(spells: pd.DataFrame, target: float) -> pd.Series:
    """Charges that each station loses in a usual week; NaN where a part of them is not known.

    Of a station in use: the failures beyond what the target allows, at the ratio of the present spell and the usual
    number of attempts; none where it does as well as the target. Of a silent one: its usual successes. Drivers who gave
    up are not counted, so it is a floor.

    Args:
        spells: ``success_ratio``, ``silent``, ``attempts_per_week`` and ``successes_per_week``, one row per station.
        target: success ratio, between 0 and 1.
    """
    beyond = np.maximum(target - spells["success_ratio"], 0) * spells["attempts_per_week"]
    usual = spells["successes_per_week"].where(spells["attempts_per_week"] > 0)
    lost: pd.Series = beyond.mask(spells["silent"], usual)
    return lost


def kwh_lost(spells: pd.DataFrame, mean_kwh: pd.Series) -> pd.Series:
    """Energy that each station loses in a usual week [kWh]; NaN where it is not known.

    Charges lost times mean energy; 0 where no charge is lost, whether or not energy is known.

    Args:
        spells: ``station_key`` and ``charges_lost_per_week``, one row per station.
        mean_kwh: of ``days.mean_energy``, by station_key.
    """
    lost = spells["charges_lost_per_week"]
    means = mean_kwh.reindex(spells["station_key"]).to_numpy()
    energy: pd.Series = (lost * means).mask(lost == 0, 0.0)
    return energy
