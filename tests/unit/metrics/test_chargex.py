"""The interim KPIs of ChargeX from rows of the star: INL's examples, its three faults, and what is unknown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from evcharge.metrics.chargex import (
    CACHED_AUTH,
    CHARGE_END,
    CHARGE_START,
    MODES,
    POST_PLUGIN,
    PRE_PLUGIN,
    REQUEST_START,
    SECONDS,
    SESSION,
    START_TIME,
    TOTAL,
    UNKNOWN_MODE,
    chargex_kpis,
    count_attempts,
    inl_weighted_average,
    judge,
    read_logged_attempts,
)
from evcharge.metrics.definitions import CHARGEX_SESSION
from evcharge.metrics.outcomes import count_outcomes
from evcharge.metrics.selection import Selection
from evcharge.models import LoadLedger
from tests.support.star import START, write_sessions

ALL = Selection()


def attempt(mode, **over):
    """A transaction that charged and ended well, unless told otherwise."""
    good = {
        **{"authorisation_mode": mode, "has_transaction": True, "reached_charging": True, "stop_reason": "Local"},
        **{"authorised_after_seconds": 0.0, "plugged_in_after_seconds": 0.0, "power_after_seconds": 5.0},
        "trigger_reasons": "CablePluggedIn, ChargingStateChanged",
    }
    return good | over


def orphan(mode, **over):
    """A request that led to no transaction."""
    return {"authorisation_mode": mode, "has_transaction": False, **over}


NO_POWER = {"power_after_seconds": None, "reached_charging": False}
INL_EXAMPLE = attempt(
    CACHED_AUTH,
    authorize_lead_seconds=0.0,
    authorised_after_seconds=-0.058,
    power_after_seconds=0.0,
    trigger_reasons="Authorized, CablePluggedIn, ChargingStateChanged",
)


def read(engine, selection=ALL):
    with Session(engine) as session:
        return read_logged_attempts(session, selection)


def of_message_logs(engine):
    """Says of all loads that they were message logs."""
    with Session(engine) as session, session.begin():
        session.execute(update(LoadLedger).values(format="ocpp"))


def kpis_of(engine, *rows, inl_compatible=False):
    write_sessions(engine, *rows)
    of_message_logs(engine)
    return chargex_kpis(read(engine), inl_compatible=inl_compatible)


def fractions(kpis, kpi):
    """(numerator, denominator) by mode, where there is an attempt."""
    rows = kpis[(kpis["kpi"] == kpi) & kpis["ratio"].notna()]
    return {row.mode: (row.numerator, row.denominator) for row in rows.itertuples()}


def total(kpis, kpi):
    return kpis[(kpis["kpi"] == kpi) & (kpis["mode"] == TOTAL)].iloc[0]


def seconds(kpis):
    row = kpis[kpis["kpi"] == START_TIME].iloc[0]
    return row["samples"], [row[name] for name in SECONDS]


def numbers(kpis):
    return {(row.kpi, row.mode): row.equation for row in kpis.itertuples() if row.equation is not None}


def test_the_equations_carry_their_numbers_of_the_implementation_guide(engine):
    assert numbers(kpis_of(engine)) == {
        **{(CHARGE_START, mode): number for mode, number in zip(MODES, (5, 4, 3, 1), strict=True)},
        **{(SESSION, mode): number for mode, number in zip(MODES, (16, 15, 14, 12), strict=True)},
        (CHARGE_END, TOTAL): 10,
        (START_TIME, TOTAL): 9,
    }


# INL's examples


def test_inl_worked_example_is_one_of_one_when_counted_right(engine):
    kpis = kpis_of(engine, INL_EXAMPLE)
    assert fractions(kpis, CHARGE_START) == fractions(kpis, SESSION) == {CACHED_AUTH: (1, 1), TOTAL: (1, 1)}
    assert fractions(kpis, CHARGE_END) == {TOTAL: (1, 1)}
    assert seconds(kpis) == (1, [pytest.approx(0.058)] * 4)


def test_inl_worked_example_is_one_of_two_pooled_and_1_printed_in_inl_s_way(engine):
    kpis = kpis_of(engine, INL_EXAMPLE, inl_compatible=True)
    both = {CACHED_AUTH: (1, 1), PRE_PLUGIN: (0, 1), TOTAL: (1, 2)}
    assert fractions(kpis, CHARGE_START) == fractions(kpis, SESSION) == both
    for kpi in (CHARGE_START, SESSION):
        assert (total(kpis, kpi)["ratio"], total(kpis, kpi)["inl_weighted_average"]) == (0.5, 1.0)
    assert fractions(kpis, CHARGE_END) == {TOTAL: (1, 1)}
    assert seconds(kpis) == (1, [0.0] * 4)


def test_inl_weighted_average_of_90_of_100_40_of_80_and_0_of_20_is_0_7769_where_pooled_is_0_650(engine):
    of = {CACHED_AUTH: (90, 100), REQUEST_START: (40, 80), PRE_PLUGIN: (0, 20)}
    rows = [
        attempt(mode, stop_reason="Local" if number < good else "Other")
        for mode, (good, count) in of.items()
        for number in range(count)
    ]
    kpis = kpis_of(engine, *rows)
    assert fractions(kpis, SESSION) == {**of, TOTAL: (130, 200)}
    session = total(kpis, SESSION)
    assert session["ratio"] == pytest.approx(0.650)
    assert session["inl_weighted_average"] == pytest.approx(0.7769, abs=5e-5)
    assert inl_weighted_average((90, 40, 0), (100, 80, 20)) == pytest.approx(0.7769, abs=5e-5)
    first = kpis[kpis["equation"] == 16].iloc[0]
    assert (first["low"], first["high"]) == (pytest.approx(0.8256, abs=5e-5), pytest.approx(0.9448, abs=5e-5))


# INL's faults, each by itself


def both_ways(engine, kpi, *rows):
    write_sessions(engine, *rows)
    found = read(engine)
    return [fractions(chargex_kpis(found, inl_compatible=inl), kpi) for inl in (False, True)]


def test_inl_fault_1_a_stop_for_want_of_credit_never_counts(engine):
    right, inl = both_ways(engine, SESSION, attempt(POST_PLUGIN, stop_reason="LocalOutOfCredit"))
    assert (right[POST_PLUGIN], inl[POST_PLUGIN]) == ((1, 1), (0, 1))


def test_inl_fault_1_counts_the_word_that_no_station_sends(engine):
    right, inl = both_ways(engine, SESSION, attempt(POST_PLUGIN, stop_reason="LocalOutofCredit"))
    assert (right[POST_PLUGIN], inl[POST_PLUGIN]) == ((0, 1), (1, 1))


@pytest.mark.parametrize(("lead", "bound"), [(None, True), (0.0, False), (1.0, True), (299.0, True), (300.0, False)])
def test_inl_fault_2_a_card_and_a_start_bind_above_0_and_below_300_seconds(engine, lead, bound):
    right, inl = both_ways(engine, SESSION, attempt(CACHED_AUTH, authorize_lead_seconds=lead))
    assert right == {CACHED_AUTH: (1, 1), TOTAL: (1, 1)}
    assert inl == (right if bound else {CACHED_AUTH: (1, 1), PRE_PLUGIN: (0, 1), TOTAL: (1, 2)})


@pytest.mark.parametrize("mode", [CACHED_AUTH, REQUEST_START])
def test_inl_fault_2_leaves_the_mode_that_does_not_hang_on_the_card(engine, mode):
    _, inl = both_ways(engine, CHARGE_START, attempt(mode, authorize_lead_seconds=0.0))
    assert inl == {mode: (1, 1), PRE_PLUGIN: (0, 1), TOTAL: (1, 2)}


def test_inl_fault_2_loses_the_answer_to_the_card_too(engine):
    row = attempt(CACHED_AUTH, authorize_lead_seconds=300.0, authorised_after_seconds=-299.5, power_after_seconds=7.8)
    write_sessions(engine, row)
    found = read(engine)
    assert seconds(chargex_kpis(found)) == (1, [pytest.approx(307.3)] * 4)
    assert seconds(chargex_kpis(found, inl_compatible=True)) == (1, [7.0] * 4)


def test_inl_fault_2_makes_a_card_before_the_plug_a_plug_and_an_orphan(engine):
    row = attempt(PRE_PLUGIN, authorize_lead_seconds=0.0, authorised_after_seconds=1.0, power_after_seconds=9.5)
    right, inl = both_ways(engine, CHARGE_START, row)
    assert right == {PRE_PLUGIN: (1, 1), TOTAL: (1, 1)}
    assert inl == {POST_PLUGIN: (1, 1), PRE_PLUGIN: (0, 1), TOTAL: (1, 2)}
    found = read(engine)
    assert seconds(chargex_kpis(found)) == (1, [8.5] * 4)
    assert seconds(chargex_kpis(found, inl_compatible=True)) == (1, [9.0] * 4)


def test_inl_fault_2_leaves_no_mode_to_a_transaction_that_neither_card_nor_plug_began(engine):
    row = attempt(PRE_PLUGIN, authorize_lead_seconds=0.0, trigger_reasons="ChargingStateChanged")
    write_sessions(engine, row)
    inl = chargex_kpis(read(engine), inl_compatible=True)
    assert fractions(inl, SESSION) == {PRE_PLUGIN: (0, 1), UNKNOWN_MODE: (1, 1), TOTAL: (0, 1)}
    assert fractions(inl, CHARGE_END) == {UNKNOWN_MODE: (1, 1)}
    assert seconds(inl)[0] == 0


@pytest.mark.parametrize(
    ("triggers", "valid"),
    [
        ("CablePluggedIn, TimeLimitReached", True),
        ("EnergyLimitReached", True),
        ("CablePluggedIn, ChargingStateChanged", False),
        ("CablePluggedIn, StopAuthorized", False),
        (None, False),
    ],
)
def test_inl_fault_3_takes_a_trigger_on_the_way_for_a_valid_stop(engine, triggers, valid):
    right, inl = both_ways(engine, SESSION, attempt(POST_PLUGIN, stop_reason="Other", trigger_reasons=triggers))
    assert right[POST_PLUGIN] == (0, 1)
    assert inl[POST_PLUGIN] == (int(valid), 1)


# What is counted


@pytest.mark.thorough
@pytest.mark.parametrize("mode", MODES)
def test_each_mode_has_its_own_equations(engine, mode):
    kpis = kpis_of(engine, attempt(mode), attempt(mode, **NO_POWER), attempt(mode, stop_reason="GroundFault"))
    assert fractions(kpis, CHARGE_START) == {mode: (2, 3), TOTAL: (2, 3)}
    assert fractions(kpis, SESSION) == {mode: (2, 3), TOTAL: (2, 3)}
    assert fractions(kpis, CHARGE_END) == {TOTAL: (1, 2)}


@pytest.mark.parametrize("mode", [PRE_PLUGIN, REQUEST_START])
def test_an_orphan_is_a_failed_attempt_of_its_mode(engine, mode):
    kpis = kpis_of(engine, attempt(mode), orphan(mode), orphan(mode, error_code="Authorize:Blocked"))
    assert fractions(kpis, CHARGE_START) == fractions(kpis, SESSION) == {mode: (1, 3), TOTAL: (1, 3)}
    assert fractions(kpis, CHARGE_END) == {TOTAL: (1, 1)}


@pytest.mark.thorough
def test_session_success_asks_for_no_power_and_an_open_transaction_is_none(engine):
    kpis = kpis_of(
        engine, attempt(POST_PLUGIN, stop_reason="EVDisconnected", **NO_POWER), attempt(POST_PLUGIN, stop_reason=None)
    )
    assert fractions(kpis, SESSION)[POST_PLUGIN] == (1, 2)
    assert fractions(kpis, CHARGE_END) == {TOTAL: (0, 1)}


def test_attempts_of_unknown_mode_are_shown_with_their_ratios_and_in_no_total(engine):
    kpis = kpis_of(engine, attempt(None), attempt(None, stop_reason="Other", **NO_POWER), attempt(POST_PLUGIN))
    assert fractions(kpis, CHARGE_START) == {POST_PLUGIN: (1, 1), UNKNOWN_MODE: (1, 2), TOTAL: (1, 1)}
    assert fractions(kpis, SESSION) == {POST_PLUGIN: (1, 1), UNKNOWN_MODE: (1, 2), TOTAL: (1, 1)}
    assert fractions(kpis, CHARGE_END) == {UNKNOWN_MODE: (1, 1), TOTAL: (1, 1)}
    assert seconds(kpis)[0] == 2


def test_attempts_of_which_power_is_not_told_are_in_neither_part_of_charge_start(engine):
    untold = {"power_after_seconds": None, "reached_charging": None, "trigger_reasons": None}
    kpis = kpis_of(engine, attempt(PRE_PLUGIN, **untold), attempt(PRE_PLUGIN), orphan(PRE_PLUGIN))
    row = kpis[kpis["equation"] == 3].iloc[0]
    assert (row["numerator"], row["denominator"], row["power_untold"]) == (1, 2, 1)
    assert fractions(kpis, SESSION)[PRE_PLUGIN] == (2, 3)
    assert total(kpis, CHARGE_END)["power_untold"] == 1


def test_a_transaction_of_2_0_1_without_any_charging_state_did_not_charge(engine):
    never = attempt(CACHED_AUTH, power_after_seconds=None, reached_charging=None, trigger_reasons="Authorized")
    assert fractions(kpis_of(engine, never), CHARGE_START) == {CACHED_AUTH: (0, 1), TOTAL: (0, 1)}


def test_undecided_requests_are_counted_and_in_no_equation(engine):
    write_sessions(engine, orphan(PRE_PLUGIN, has_transaction=None), attempt(PRE_PLUGIN))
    found = read(engine)
    assert fractions(chargex_kpis(found), SESSION) == {PRE_PLUGIN: (1, 1), TOTAL: (1, 1)}
    counted = count_attempts(judge(found.counts))
    assert (counted["attempts"], counted["undecided"], counted[PRE_PLUGIN]) == (2, 1, 1)


def test_start_time_runs_from_the_answer_or_from_the_plug_and_is_never_negative(engine):
    rows = [
        attempt(CACHED_AUTH, authorised_after_seconds=-2.0, power_after_seconds=8.0),
        attempt(POST_PLUGIN, authorised_after_seconds=15.0, plugged_in_after_seconds=0.0, power_after_seconds=20.0),
        attempt(REQUEST_START, authorised_after_seconds=-25.0, power_after_seconds=5.0),
        attempt(PRE_PLUGIN, authorised_after_seconds=3.0, power_after_seconds=1.0),
        attempt(PRE_PLUGIN, authorised_after_seconds=None, power_after_seconds=1.0, trigger_reasons="RemoteStart"),
        attempt(PRE_PLUGIN, **NO_POWER),
    ]
    samples, percentiles = seconds(kpis_of(engine, *rows))
    assert samples == 4  # of 0, 10, 20 and 30 seconds
    assert percentiles == pytest.approx([3.0, 7.5, 15.0, 22.5])


@pytest.mark.parametrize("mode", [PRE_PLUGIN, REQUEST_START])
def test_without_an_answer_start_time_runs_from_the_plug_that_began_the_transaction(engine, mode):
    unanswered = {"authorised_after_seconds": None, "power_after_seconds": 42.0}
    by_plug = attempt(mode, plugged_in_after_seconds=0.0, **unanswered)
    plugged_later = attempt(mode, plugged_in_after_seconds=9.0, trigger_reasons="RemoteStart", **unanswered)
    write_sessions(engine, by_plug, plugged_later)
    for inl_compatible in (False, True):
        assert seconds(chargex_kpis(read(engine), inl_compatible=inl_compatible)) == (1, [42.0] * 4)


def test_start_time_has_attempts_of_unknown_modes_too(engine):
    assert seconds(kpis_of(engine, attempt(None, power_after_seconds=7.0), attempt(PRE_PLUGIN))) == (
        2,
        pytest.approx([5.2, 5.5, 6.0, 6.5]),
    )


def test_only_attempts_of_message_logs_are_counted(engine):
    write_sessions(engine, {"has_transaction": True, "stop_reason": "Local"}, {"success": True})
    assert read(engine).counts.empty
    of_message_logs(engine)
    assert count_attempts(judge(read(engine).counts))["mode_unknown"] == 1


def test_the_selection_holds(engine):
    next_day = START + timedelta(days=1)
    write_sessions(
        engine,
        attempt(POST_PLUGIN, station_id="A"),
        attempt(POST_PLUGIN, station_id="B"),
        attempt(POST_PLUGIN, station_id="A", start_time=next_day),
    )
    for selection, count in (
        (ALL, 3),
        (Selection(station_ids=("A",)), 2),
        (Selection(first_day=next_day.date()), 1),
        (Selection(last_day=date(2000, 1, 1)), 0),
    ):
        found = read(engine, selection)
        assert (found.counts["attempts"].sum(), len(found.seconds)) == (count, count)


def test_the_totals_are_those_of_the_definition_chargex_session(engine):
    rows = [
        *(attempt(mode, stop_reason=reason) for mode in (*MODES, None) for reason in ("Local", "Other", None)),
        *(orphan(mode) for mode in (PRE_PLUGIN, REQUEST_START)),
        orphan(PRE_PLUGIN, has_transaction=None),
        attempt(POST_PLUGIN, stop_reason="LocalOutOfCredit", authorize_lead_seconds=0.0),
    ]
    found = fractions(kpis_of(engine, *rows), SESSION)
    with Session(engine) as session:
        counts = count_outcomes(session, CHARGEX_SESSION, ALL).iloc[0]
    assert counts["successes"] == found[TOTAL][0] + found[UNKNOWN_MODE][0]
    assert counts["failures"] == found[TOTAL][1] + found[UNKNOWN_MODE][1] - counts["successes"]
