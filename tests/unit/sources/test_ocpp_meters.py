"""Power and energy that OCPP tells in sampled values: whole or by phase, in a transaction's messages or beside them."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from tests.support.factories import AS_OF
from tests.support.ocpp_log import DAY, Log

POWER, REGISTER = "Power.Active.Import", "Energy.Active.Import.Register"
BEGIN, END = "Transaction.Begin", "Transaction.End"


@pytest.fixture
def told(tmp_path):
    """What a log comes to: (energy, peak power) of each row [kWh, kW], in the order of their starts, and warnings."""

    def of(log):
        frame, warnings = cleaned(tmp_path / "station.log", log)
        return columns(frame, "energy_kwh", "peak_power_kw"), warnings

    return of


@pytest.fixture
def bounded(tmp_path):
    """What a log comes to: (most energy, energy) of each row [kWh], in the order of their starts."""
    return lambda log: columns(cleaned(tmp_path / "station.log", log)[0], "energy_at_most_kwh", "energy_kwh")


def cleaned(path, log):
    """The rows of a log in the order of their starts, and how often each warning was given."""
    path.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
    warnings, frames = Counter(), []
    with open_file(path) as file:
        for raw in read(file, pick_profile(file, [builtin_profiles()["ocpp"]]), salt="s"):
            part = clean(raw, AS_OF)
            warnings.update({**raw.warnings, **part.warnings})
            frames.append(part.rows)
    return pd.concat(frames).sort_values("start_time"), dict(warnings)


def columns(frame, *names):
    chosen = frame[list(names)].astype(object)
    return [*chosen.where(chosen.notna(), None).itertuples(index=False, name=None)]


def power(value, unit="W", multiplier=None, **more):
    """A power of 1.6, or of 2.0.1 where it has a multiplier."""
    measure = {"unit": unit} if multiplier is None else {"unitOfMeasure": {"unit": unit, "multiplier": multiplier}}
    return {"value": value, "measurand": POWER, **measure, **more}


def phases(*values, measurand=REGISTER, ends=("L1", "L2", "L3"), **more):
    unit = {"unit": "W"} if measurand == POWER else {}
    return [
        {"value": value, "measurand": measurand, "phase": phase, **unit, **more}
        for phase, value in zip(ends, values, strict=False)
    ]


POWERS = {
    "in W": ([power(7000)], 7.0),
    "in kW": ([power("7.2", "kW")], 7.2),
    "with a multiplier": ([power(70, "W", 2)], 7.0),
    "with a negative multiplier": ([power(7000, "kW", -3)], 7.0),
    "the highest of several": ([power(6000), power(7000), power(5000)], 7.0),
    "of 0": ([power(0)], None),
    "below 0": ([power(-500)], None),
    "without a unit": ([{"value": 7000, "measurand": POWER}], None),
    "in another unit": ([power(7000, "VA")], None),
    "with a wild multiplier": ([power(7, "W", 99)], None),
    "that is none": ([power("seven")], None),
    "that is offered": ([{"value": 7000, "measurand": "Power.Offered", "unit": "W"}], None),
    "at the inlet": ([power(7000, location="Inlet")], None),
    "of one phase": ([power(7000, phase="L1")], None),
    "of two phases": (phases(2000, 2000, measurand=POWER), None),
    "of three phases": (phases(2000, 2100, 2200, measurand=POWER), 6.3),
    "of three phases to neutral": (phases(2000, 2100, 2200, measurand=POWER, ends=("L1-N", "L2-N", "L3-N")), 6.3),
    "of three phases, one of them idle": (phases(2000, 0, 0, measurand=POWER), 2.0),
    "of three phases, one of them not known": (phases(2000, -1, 2000, measurand=POWER), None),
    "of three phases, one of them in no number": (phases(2000, "x", 2000, measurand=POWER), None),
    "of phases in two forms": (phases(2000, 2000, 2000, measurand=POWER, ends=("L1", "L2-N", "L3")), None),
    "of phases in both forms": (
        [
            *phases(2000, 2000, 2000, measurand=POWER),
            *phases(2000, 2000, 2000, measurand=POWER, ends=("L1-N", "L2-N", "L3-N")),
        ],
        6.0,
    ),
    "of a phase told twice": ([*phases(2000, 2000, 2000, measurand=POWER), power(2000, phase="L1")], 6.0),
    "of a phase told twice, differently": ([*phases(2000, 2000, 2000, measurand=POWER), power(2500, phase="L1")], None),
    "in total beside its phases": ([power(6100), *phases(2000, 2100, 2200, measurand=POWER)], 6.1),
    "between phases": (phases(9000, 9000, 9000, measurand=POWER, ends=("L1-L2", "L2-L3", "L3-L1")), None),
    "with a unit that is a list": ([power(7000, ["W"])], None),
}


@pytest.mark.parametrize("name", POWERS)
def test_a_power_in_the_messages_of_a_transaction_is_its_peak_in_both_versions(told, name):
    samples, peak = POWERS[name]
    log = Log().start("08:00:00", 7).values("08:10:00", 7, *samples).stop("08:30:00", 7, 5000)
    assert [kw for _, kw in told(log)[0]] == [peak]
    log = Log().event("08:00:00", "Started").event("08:10:00", "Updated", None, *samples).event("08:30:00", "Ended")
    assert [kw for _, kw in told(log)[0]] == [peak]


def test_the_peak_is_the_highest_of_all_messages_those_sent_with_a_stop_included(told):
    log = Log().start("08:00:00", 7).values("08:10:00", 7, power(7000)).values("08:20:00", 7, power(6000))
    data = [{"timestamp": f"{DAY}T08:15:00Z", "sampledValue": [power(7400)]}]
    assert told(log.stop("08:30:00", 7, 5000, transactionData=data))[0] == [(5.0, 7.4)]


def test_phases_are_summed_at_one_moment_though_each_stands_in_a_set_of_its_own(told):
    def at(clock, sample):
        return {"timestamp": f"{DAY}T{clock}Z", "sampledValue": [sample]}

    one, two, three = phases(2000, 2000, 2000, measurand=POWER)
    for third, peak in (("08:10:00", 6.0), ("08:10:01", None)):
        values = [at("08:10:00", one), at("08:10:00", two), at(third, three)]
        log = Log().start("08:00:00", 7)
        log.say("08:10:00", [2, "v", "MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": values}])
        assert told(log.stop("08:30:00", 7, 5000))[0] == [(5.0, peak)]


def at_ends(begin, end):
    return Log().event("08:00:00", "Started", None, *begin).event("08:30:00", "Ended", None, *end)


TO_N = ("L1-N", "L2-N", "L3-N")
REGISTERS = {
    "three phases": (phases(100, 200, 300), phases(1100, 2200, 3300), 6.0),
    "three phases to neutral": (phases(100, 200, 300, ends=TO_N), phases(1100, 2200, 3300, ends=TO_N), 6.0),
    "both forms of a phase": (
        [*phases(100, 200, 300), *phases(100, 200, 300, ends=TO_N)],
        [*phases(1100, 2200, 3300, ends=TO_N), *phases(1100, 2200, 3300)],
        6.0,
    ),
    "a total beside its phases": (
        [{"value": 1000}, *phases(100, 200, 300)],
        [{"value": 6000}, *phases(1100, 2200, 3300)],
        5.0,
    ),
    "a total at one end alone": ([{"value": 1000}, *phases(100, 200, 300)], phases(1100, 2200, 3300), 6.0),
    "a total, then phases": ([{"value": 600}], phases(1100, 2200, 3300), None),
    "phases, then a total": (phases(100, 200, 300), [{"value": 6600}], None),
    "one form, then the other": (phases(100, 200, 300), phases(1100, 2200, 3300, ends=TO_N), None),
    "a phase that is missing at the end": (phases(100, 200, 300), phases(1100, 2200), None),
    "a phase that is missing in the beginning": (phases(100, 200), phases(1100, 2200, 3300), None),
    "one phase": (phases(100), phases(1100), None),
    "a phase that is not known": (phases(100, -1, 300), phases(1100, 2200, 3300), None),
    "phases told twice": ([*phases(100, 200, 300), *phases(100, 200, 300)], phases(1100, 2200, 3300), 6.0),
    "a phase told twice, differently": ([*phases(100, 200, 300), *phases(110)], phases(1100, 2200, 3300), None),
}


@pytest.mark.parametrize("name", REGISTERS)
def test_registers_of_phases_are_energy_where_all_are_told_at_both_ends_in_one_way(told, name):
    begin, end, energy = REGISTERS[name]
    assert [kwh for kwh, _ in told(at_ends(begin, end))[0]] == [energy]


@pytest.mark.parametrize(
    ("begin", "end", "energy"),
    [
        (phases(100, 200, 300), phases(1100, 2200, 3300), 6.0),
        ([], phases(1100, 2200, 3300), 0.0),  # the start's own register is a total
        (phases(100, 200, 300), phases(1100, 2200), 0.0),
        ([{"value": 1000}], [{"value": 6000}, *phases(1100, 2200, 3300)], 5.0),
    ],
)
def test_phases_beside_a_stop_stand_in_where_the_meter_s_ends_say_nothing_passed(told, begin, end, energy):
    samples = [{**one, "context": BEGIN} for one in begin] + [{**one, "context": END} for one in end]
    data = [{"timestamp": f"{DAY}T08:30:00Z", "sampledValue": samples}]
    rows, warnings = told(Log().start("08:00:00", 7, meter=9).stop("08:30:00", 7, 9, transactionData=data))
    assert [kwh for kwh, _ in rows] == [energy]
    assert warnings == ({"meter_unlike_values": 1} if energy else {})


def test_phases_beside_a_stop_say_nothing_where_the_meter_s_ends_do(told):
    samples = [{**one, "context": BEGIN} for one in phases(1, 2, 3)] + [
        {**one, "context": END} for one in phases(10, 20, 30)
    ]
    data = [{"timestamp": f"{DAY}T08:30:00Z", "sampledValue": samples}]
    assert told(Log().start("08:00:00", 7).stop("08:30:00", 7, 5000, transactionData=data))[0] == [(5.0, None)]


def one(*values):
    """A transaction from 08:00 to 08:30 at EVSE 1, and MeterValues; each is its clock and its samples."""
    log = Log()
    said = [*values, ("08:00:00", "Started"), ("08:30:00", "Ended")]
    for clock, *what in sorted(said, key=lambda line: line[0]):
        log.event(clock, *what) if what[0] in ("Started", "Ended") else log.evse_values(clock, *what)
    return log


def register(value, **more):
    return {"value": value, **more}


BESIDE = {
    "powers while it runs": ([("08:10:00", power(7000, "W", 0))], None, 7.0),
    "powers at both ends": ([("08:00:00", power(3000, "W", 0)), ("08:30:00", power(4000, "W", 0))], None, 4.0),
    "a higher power, then a lower one": (
        [("08:10:00", power(7000, "W", 0)), ("08:20:00", power(5000, "W", 0))],
        None,
        7.0,
    ),
    "a power before it": ([("07:59:59", power(7000, "W", 0))], None, None),
    "a power after it": ([("08:30:01", power(7000, "W", 0))], None, None),
    "a lower power, then a higher one after it": (
        [("08:10:00", power(7000, "W", 0)), ("08:31:00", power(9000, "W", 0))],
        None,
        7.0,
    ),
    "registers at both ends": ([("08:00:00", register(1000)), ("08:30:00", register(6000))], 5.0, None),
    "registers 5 s before and 20 s after": ([("07:59:55", register(1000)), ("08:30:20", register(6000))], 5.0, None),
    "a register too early": ([("07:59:54", register(1000)), ("08:30:00", register(6000))], None, None),
    "a register too late": ([("08:00:00", register(1000)), ("08:30:21", register(6000))], None, None),
    "a register after its beginning": ([("08:00:01", register(1000)), ("08:30:00", register(6000))], None, None),
    "a register before its end": ([("08:00:00", register(1000)), ("08:29:59", register(6000))], None, None),
    "registers that are marked": (
        [("08:00:03", register(1000, context=BEGIN)), ("08:29:57", register(6000, context=END))],
        5.0,
        None,
    ),
    "the register nearest to its end": (
        [("08:00:00", register(1000)), ("08:30:02", register(6000)), ("08:30:09", register(6500))],
        5.0,
        None,
    ),
    "registers of phases": ([("08:00:00", *phases(1, 2, 3)), ("08:30:00", *phases(1001, 2002, 3003))], 6.0, None),
    "a total, then phases": ([("08:00:00", register(6)), ("08:30:00", *phases(1001, 2002, 3003))], None, None),
    "a register below 0": ([("08:00:00", register(-1)), ("08:30:00", register(6000))], None, None),
}


@pytest.mark.parametrize("name", BESIDE)
def test_meter_values_of_an_evse_are_of_the_transaction_that_runs_there_at_their_time(told, name):
    values, energy, peak = BESIDE[name]
    assert told(one(*values))[0] == [(energy, peak)]


def test_meter_values_of_another_evse_or_of_the_whole_station_are_of_no_transaction(told):
    for evse in (2, 0):
        log = Log().event("08:00:00", "Started").evse_values("08:10:00", power(7000, "W", 0), evse=evse)
        assert told(log.event("08:30:00", "Ended"))[0] == [(None, None)]


def test_meter_values_stand_in_for_the_end_that_a_transaction_s_own_events_lack(told):
    log = Log().event("08:00:00", "Started", 1000).event("08:30:00", "Ended").evse_values("08:30:04", register(6000))
    assert told(log)[0] == [(5.0, None)]
    log = Log().event("08:00:00", "Started", 1000).evse_values("08:30:00", register(9000))
    assert told(log.event("08:30:00", "Ended", 6000))[0] == [(5.0, None)]


def test_meter_values_told_by_their_own_time_count_wherever_the_log_has_them(told):
    log = Log().event("08:00:00", "Started", 1000).event("08:30:00", "Ended")
    log.evse_values("09:00:00", power(7000, "W", 0), at="08:10:00").evse_values(
        "09:00:01", register(6000), at="08:30:01"
    )
    assert told(log)[0] == [(5.0, 7.0)]


def test_a_higher_power_that_the_log_has_after_a_later_one_is_the_peak(told):
    log = Log().event("08:00:00", "Started").evse_values("08:20:00", power(5000, "W", 0))
    log.evse_values("08:21:00", power(7000, "W", 0), at="08:10:00").event("08:30:00", "Ended")
    assert told(log)[0] == [(None, 7.0)]


def test_meter_values_between_two_transactions_are_of_one_of_them_at_most(told):
    log = Log().event("08:00:00", "Started", 1000, transaction="T").evse_values("08:20:00", power(5000, "W", 0))
    log.evse_values("08:40:00", power(9000, "W", 0), at="08:40:00")  # while the log does not tell yet what ran
    log.event("08:50:00", "Updated", transaction="T").event("08:30:00", "Ended", transaction="T")
    log.event("08:30:10", "Started", transaction="U").evse_values("08:30:12", register(8000), at="08:30:12")
    log.event("08:59:00", "Ended", 9000, transaction="U")
    assert told(log)[0] == [(None, 5.0), (None, 9.0)]


def test_a_power_after_the_next_transaction_began_is_not_of_one_that_was_left_open(told):
    log = Log().event("08:00:00", "Started", transaction="T").evse_values("08:20:00", power(5000, "W", 0))
    log.evse_values("08:40:00", power(9000, "W", 0)).event("08:30:00", "Started", transaction="U")
    assert told(log.event("08:59:00", "Ended", transaction="U"))[0] == [(None, 5.0), (None, 9.0)]


def test_a_register_before_the_stop_of_the_transaction_before_is_not_where_one_begins(told):
    log = Log().event("08:00:00", "Started", transaction="T").evse_values("08:29:57", register(1000))
    log.event("08:29:58", "Ended", transaction="T").event("08:30:00", "Started", transaction="U")
    assert told(log.event("09:00:00", "Ended", 6000, transaction="U"))[0] == [(None, None), (None, None)]


def test_meter_values_by_a_clock_that_stands_still_are_of_no_known_time(told):
    stuck = {"at": "07:00:00"}
    log = Log().event("08:00:00", "Started", transaction="T", **stuck).evse_values("08:10:00", register(1000), **stuck)
    log.evse_values("08:11:00", power(7000, "W", 0), **stuck).event("08:30:00", "Ended", transaction="T", **stuck)
    log.event("09:00:00", "Started", transaction="U", **stuck).event("09:30:00", "Ended", transaction="U", **stuck)
    rows, warnings = told(log)
    assert rows == [(None, None), (None, None)]
    assert warnings == {"station_clock_unset": 2}


def test_a_sum_of_phases_does_not_stand_for_the_total_that_a_start_did_not_know(told):
    log = Log().start("08:00:00", 7).values("08:10:00", 7, *phases(300_000, 300_000, 300_000))
    assert told(log.stop("08:30:00", 7, 5000)) == ([(5.0, None)], {})


def test_meter_values_of_1_6_that_name_no_transaction_are_of_none(told):
    log = Log().start("08:00:00", 7)
    values = [{"timestamp": f"{DAY}T08:10:00Z", "sampledValue": [power(7000)]}]
    log.say("08:10:00", [2, "v", "MeterValues", {"connectorId": 1, "meterValue": values}])
    assert told(log.stop("08:30:00", 7, 5000))[0] == [(5.0, None)]


def lost(then, *, meter=1000):
    """A transaction whose stop never came, and what the station said then."""
    log = Log().start("08:00:00", 7, meter=meter)
    then(log)
    return log


BOUNDS = {
    "the next one's meter is higher": (lost(lambda log: log.start("09:00:00", 8, meter=9500)), [8.5, None]),
    "the next one's meter is the same": (lost(lambda log: log.start("09:00:00", 8, meter=1000)), [0.0, None]),
    "the next one's meter is lower": (lost(lambda log: log.start("09:00:00", 8, meter=999)), [None, None]),
    "the next one's meter begins at 0": (lost(lambda log: log.start("09:00:00", 8, meter=0), meter=0), [None, None]),
    "the next one's meter is not known": (lost(lambda log: log.start("09:00:00", 8, meter=-1)), [None, None]),
    "its own meter is not known": (lost(lambda log: log.start("09:00:00", 8, meter=9500), meter=-1), [None, None]),
    "the next one is on another connector": (
        lost(lambda log: log.start("09:00:00", 8, connector=2, meter=9500)),
        [None, None],
    ),
    "the next one alone counts": (
        lost(lambda log: log.start("09:00:00", 8, meter=500).stop("09:30:00", 8, 600).start("10:00:00", 9, meter=9500)),
        [None, None, None],
    ),
    "there is no next one": (lost(lambda log: log), [None]),
    "no session takes so much": (lost(lambda log: log.start("09:00:00", 8, meter=1_001_001)), [None, None]),
    "its stop came after all": (
        lost(lambda log: log.start("09:00:00", 8, meter=9500).stop("08:30:00", 7, 2000)),
        [None, None],
    ),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_the_next_start_s_meter_bounds_the_energy_of_a_transaction_without_a_stop(bounded, name):
    log, bounds = BOUNDS[name]
    rows = bounded(log)
    assert [bound for bound, _ in rows] == bounds
    assert all(energy is None for bound, energy in rows if bound is not None)
