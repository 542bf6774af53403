"""Outages: of stations and of ports, over or going on, by the rule of silence."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.exposure import calendars, one_source
from evcharge.metrics.holes import LEAST_HOLE_DAYS, find_holes
from evcharge.metrics.outages import find_outages

MONDAY = date(2025, 1, 6)
NO_PORTS = pd.DataFrame(columns=["station_key", "port_id", "day", "sessions", "successes"])


def day(number):
    return np.datetime64(MONDAY + timedelta(days=number), "s")


def sessions(days, per_day=4, station=1, failures=0):
    """So many sessions on each of these days, counted from a Monday; some of them fail."""
    counts = {"successes": per_day - failures, "failures": failures, "excluded": 0, "unknown": 0}
    frame = pd.DataFrame({"station_key": station, "day": np.array([day(one) for one in days]), **counts})
    return frame.astype({"day": "datetime64[s]"})


def others(days):
    return pd.concat([sessions(days, station=station) for station in (7, 8, 9)])


def but(first, last, until=120):
    """The days from 0 on, without those from ``first`` to ``last``."""
    return [one for one in range(until) if not first <= one <= last]


def network(days, last_day=119):
    return one_source(days, pd.Series(day(last_day), index=days["station_key"].unique()))


def outages(days, ports=NO_PORTS, last_day=119):
    return find_outages(days, ports, network(days, last_day))


def ports(days, port, station=1, per_day=2):
    """The days of one port, all sessions of which succeed."""
    frame = sessions(days, per_day, station)
    return frame.assign(port_id=port, sessions=frame["successes"])[
        ["station_key", "port_id", "day", "sessions", "successes"]
    ]


def test_an_outage_that_is_over_is_dated_and_counts_what_was_lost():
    found = outages(pd.concat([sessions(but(40, 59), failures=1), others(range(120))]))
    (row,) = found.to_dict("records")
    assert (row["station_key"], row["port_id"], row["days"]) == (1, None, 20)
    assert (row["first_day"], row["last_day"]) == (pd.Timestamp(day(40)), pd.Timestamp(day(59)))
    assert row["charges_lost"] == pytest.approx(20 * 3)
    assert row["chance"] == pytest.approx((40 / 60) ** 160)


def test_an_outage_that_goes_on_has_no_last_day_and_is_counted_to_the_end_of_the_data():
    (row,) = outages(pd.concat([sessions(range(100)), others(range(120))])).to_dict("records")
    assert (row["first_day"], row["days"], row["charges_lost"]) == (pd.Timestamp(day(100)), 20, pytest.approx(80))
    assert row["last_day"] is pd.NaT


def test_a_time_in_which_nobody_charged_is_no_outage():
    assert outages(pd.concat([sessions(but(40, 59)), others(but(40, 59))])).empty


def test_what_was_lost_after_a_quarter_is_not_told():
    found = outages(pd.concat([sessions(but(40, 140, 200)), others(range(200))]), last_day=199)
    assert found["days"].tolist() == [101]
    assert np.isnan(found["charges_lost"][0])


def test_each_pause_that_is_looked_at_makes_the_limit_lower():
    # One pause of five days is beyond chance; beside forty others of a day the same one is not.
    rare = pd.concat([sessions(but(100, 105), per_day=2), others(range(120))])
    often = [one for one in but(100, 105) if one % 2 or one > 80]
    assert len(outages(rare)) == 1
    assert outages(pd.concat([sessions(often, per_day=2), others(range(120))])).empty


def test_a_port_has_an_outage_of_its_own_where_its_station_goes_on():
    whole = pd.concat([sessions(but(40, 59)), sessions(range(40, 60), per_day=2), others(range(120))])
    two = pd.concat([ports(range(120), "A"), ports(but(40, 59), "B")])
    (row,) = outages(whole, two).to_dict("records")
    assert (row["port_id"], row["days"], row["charges_lost"]) == ("B", 20, pytest.approx(40))


def test_an_outage_of_a_whole_station_is_not_told_again_for_each_port():
    whole = pd.concat([sessions(but(40, 59)), others(range(120))])
    two = pd.concat([ports(but(40, 59), "A"), ports(but(38, 60), "B")])
    assert outages(whole, two)["port_id"].tolist() == [None]


def holes(days):
    known = network(days)
    return find_holes(known, calendars(known))


def test_a_month_without_any_session_is_a_hole_and_a_day_is_none():
    everyone = but(40, 70)
    found = holes(pd.concat([sessions(everyone), others(everyone)]))
    assert found.to_dict("records") == [
        {"source": "", "first_day": pd.Timestamp(day(40)), "last_day": pd.Timestamp(day(70)), "days": 31}
    ]
    short = but(40, 40 + LEAST_HOLE_DAYS - 2)
    assert holes(pd.concat([sessions(short), others(short)])).empty


def test_a_week_that_a_load_covers_is_no_hole_of_a_lone_station_but_its_outage():
    lone = sessions(but(40, 59))
    assert holes(lone).empty
    assert outages(lone)["days"].tolist() == [20]
    known = network(lone)
    halves = pd.DataFrame({"source": "", "first_day": [day(0), day(60)], "last_day": [day(39), day(119)]})
    apart = known._replace(covered=halves)
    assert find_holes(apart, calendars(apart))["days"].tolist() == [20]
    assert find_outages(lone, NO_PORTS, apart).empty
