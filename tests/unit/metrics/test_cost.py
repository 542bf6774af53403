from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.cost import charges_lost, kwh_lost


def lost(**over):
    """Charges lost a week by a station at 80 % against 95 %, 100 attempts a week, told otherwise or not."""
    row = {"success_ratio": 0.8, "silent": False, "attempts_per_week": 100.0, "successes_per_week": 88.0}
    return charges_lost(pd.DataFrame([row | over]), 0.95).iloc[0]


def test_a_station_loses_the_failures_beyond_what_its_target_allows():
    assert lost() == pytest.approx(15)


def test_a_station_as_good_as_its_target_loses_nothing():
    assert lost(success_ratio=0.95) == lost(success_ratio=1.0) == 0


def test_a_silent_station_loses_its_usual_successes():
    assert lost(silent=True) == 88


def test_what_is_lost_is_not_known_without_attempts_or_a_usual_week():
    assert np.isnan(lost(success_ratio=np.nan))
    assert np.isnan(lost(attempts_per_week=np.nan))
    assert np.isnan(lost(silent=True, success_ratio=np.nan, attempts_per_week=0.0, successes_per_week=0.0))


def test_energy_lost_is_nothing_where_no_charge_is_lost():
    spells = pd.DataFrame({"station_key": [1, 2, 3], "charges_lost_per_week": [0.0, 2.0, 3.0]})
    energy = kwh_lost(spells, pd.Series([20.0], index=[2]))
    np.testing.assert_array_equal(energy, [0, 40, np.nan])
