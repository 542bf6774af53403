"""Whatever attempts there are: the KPIs of ChargeX add up, keep to 0 and 1, and INL's average is never below pooled."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.chargex import (
    CHARGE_END,
    CHARGE_START,
    MODES,
    SECONDS,
    SESSION,
    START_TIME,
    TOTAL,
    UNKNOWN_MODE,
    LoggedAttempts,
    chargex_kpis,
    count_attempts,
    judge,
)
from tests.support.strategies import laws

pytestmark = pytest.mark.thorough

flags = st.sampled_from([0, 1])
COUNTED = {
    "authorisation_mode": st.sampled_from([*MODES, None]),
    "has_transaction": st.sampled_from([True, True, False, None]),
    "stop_reason": st.sampled_from(["Local", "LocalOutOfCredit", "LocalOutofCredit", "Other", "", None]),
    "trigger_reasons": st.sampled_from(["CablePluggedIn, TimeLimitReached", "Authorized", "", None]),
    **dict.fromkeys(("powered", "power_told", "inl_unbound", "begun_by_plug"), flags),
    "failures_included": st.just("yes"),
    "attempts": st.integers(1, 9),
}
gap = st.one_of(st.none(), st.floats(-400, 400))
TIMED = {
    "authorisation_mode": st.sampled_from([*MODES, None]),
    "inl_unbound": flags,
    "begun_by_plug": flags,
    "authorised_after_seconds": gap,
    "plugged_in_after_seconds": gap,
    "power_after_seconds": st.floats(-400, 400),
}


def frame(rows, columns):
    """The rows as ``read_logged_attempts`` hands them out."""
    table = pd.DataFrame(rows, columns=list(columns), dtype="object")
    return table.astype({name: "float64" for name in table if name.endswith("_seconds")})


@laws(50)
@given(
    st.lists(st.fixed_dictionaries(COUNTED), max_size=12),
    st.lists(st.fixed_dictionaries(TIMED), max_size=12),
    st.booleans(),
)
def test_counts_add_up_and_ratios_are_shares(rows, times, inl_compatible):
    attempts = LoggedAttempts(frame(rows, COUNTED), frame(times, TIMED))
    kpis = chargex_kpis(attempts, inl_compatible=inl_compatible)
    counted = count_attempts(judge(attempts.counts, inl_compatible=inl_compatible))

    def number(kpi, mode, name):
        found = kpis[(kpis["kpi"] == kpi) & (kpis["mode"] == mode)]
        return int(found[name].iloc[0])

    everything = counted["attempts"] + counted["false_orphans"]
    assert sum(row["attempts"] for row in rows) == counted["attempts"]
    assert sum(counted[mode] for mode in MODES) + counted["mode_unknown"] + counted["undecided"] == everything
    assert inl_compatible or counted["false_orphans"] == 0
    for kpi in (CHARGE_START, SESSION):
        for mode in (*MODES, UNKNOWN_MODE):
            told = number(kpi, mode, "denominator") + number(kpi, mode, "power_untold")
            assert told == counted["mode_unknown" if mode == UNKNOWN_MODE else mode]
        for name in ("numerator", "denominator", "power_untold"):
            assert number(kpi, TOTAL, name) == sum(number(kpi, mode, name) for mode in MODES)
    for mode in (UNKNOWN_MODE, TOTAL):
        assert number(CHARGE_END, mode, "denominator") == number(CHARGE_START, mode, "numerator")
    ratios = kpis[kpis["ratio"].notna()]
    assert (ratios["numerator"] <= ratios["denominator"]).all()
    assert (ratios["ratio"].between(0, 1) & ratios["low"].between(0, ratios["ratio"])).all()
    assert ratios["high"].between(ratios["ratio"], 1).all()
    averaged = ratios.dropna(subset=["inl_weighted_average"])
    assert (averaged["inl_weighted_average"] >= averaged["ratio"] - 1e-12).all()
    without = kpis[kpis["ratio"].isna() & (kpis["kpi"] != START_TIME)]
    assert (without["denominator"] == 0).all()
    assert without[["low", "high"]].isna().all(axis=None)
    percentiles = kpis.iloc[-1][list(SECONDS)].tolist()
    assert percentiles == sorted(percentiles) or kpis.iloc[-1]["samples"] == 0
