from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import case
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.errors import ConfigError
from evcharge.metrics.definitions import AFIREV, RECORDED, Definition
from evcharge.metrics.selection import Selection
from evcharge.metrics.visit_rules import KWWHAT, UCDAVIS_SITE_5, VISIT_RULES, VOLTRA_SITE_5, find_visit_rule
from evcharge.metrics.visits import (
    GAPS_MINUTES,
    VISIT_COUNTS,
    VISIT_OUTCOMES,
    VISIT_RATIOS,
    Attempts,
    count_visits,
    gap_band,
    group_visits,
    network_visits,
    read_attempts,
    with_visit_rates,
)
from evcharge.models import FactCharging
from tests.support.star import START, write_sessions

PAGE = Path(__file__).parents[3] / "docs" / "metrics" / "visits.md"
OUTCOME = {"+": "success", "-": "failure", "?": "unknown"}


def attempt(start, end, outcome="+", *, station=1, port=None, driver=None, in_selection=True):
    """An attempt from and to these minutes after ``START``; without an end where that is None."""
    return {
        "station_key": station,
        "port_id": port,
        "driver_ref": driver,
        "start_time": START + timedelta(minutes=start),
        "end_time": None if end is None else START + timedelta(minutes=end),
        "outcome": OUTCOME[outcome],
        "in_selection": in_selection,
    }


def attempts_of(*rows):
    """These attempts; each station is named after its key."""
    columns = ("station_key", "port_id", "driver_ref", "start_time", "end_time", "outcome", "in_selection")
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in columns})
    for name in ("start_time", "end_time"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[ms, UTC]")
    frame = frame.astype({"station_key": "int64", "in_selection": "bool"})
    keys = sorted({row["station_key"] for row in rows})
    stations = pd.DataFrame({"station_key": keys, "source": "city", "station_id": [f"ST-{key}" for key in keys]})
    stations = stations.assign(name=None, excluded=0, without_failures=0, perhaps_without_failures=0)
    return Attempts(rows=frame, stations=stations)


def in_a_row(outcomes):
    """Attempts of a minute each, at one port, a minute apart, with these outcomes."""
    return attempts_of(*(attempt(2 * n, 2 * n + 1, outcome, port="1") for n, outcome in enumerate(outcomes)))


def sizes(rule, *rows):
    """Attempts of each visit, in order of size."""
    return sorted(group_visits(attempts_of(*rows), rule)["attempts"])


# Which attempts make one visit

KWWHAT_UNIT_TESTS = {
    "same idTag and charger, 15 minutes": ([(0, 10, "1", "a"), (25, 40, "1", "a")], [2]),
    "same idTag and charger, 35 minutes": ([(0, 10, "1", "a"), (45, 60, "1", "a")], [1, 1]),
    "same idTag, other charger of the location": ([(0, 10, "1", "a"), (15, 40, "2", "a")], [2]),
    "anonymous, same port, 1 minute": ([(0, 10, "1", None), (11, 40, "1", None)], [2]),
    "anonymous, same port, 15 minutes": ([(0, 10, "1", None), (25, 40, "1", None)], [1, 1]),
    "anonymous, two ports of one charger": ([(0, 10, "1", None), (11, 40, "2", None)], [1, 1]),
    "anonymous, then authorised after 1 minute": ([(0, 10, "1", None), (11, 40, "1", "a")], [2]),
    "anonymous, then authorised after 3 minutes": ([(0, 10, "1", None), (13, 40, "1", "a")], [1, 1]),
}


@pytest.mark.parametrize(("rows", "expected"), KWWHAT_UNIT_TESTS.values(), ids=KWWHAT_UNIT_TESTS)
def test_kwwhat_groups_the_cases_of_its_own_unit_tests_as_they_say(rows, expected):
    assert sizes(KWWHAT, *(attempt(a, b, port=port, driver=driver) for a, b, port, driver in rows)) == expected


def test_kwwhat_keeps_one_tag_at_two_locations_apart_as_in_its_own_unit_tests():
    assert sizes(KWWHAT, attempt(0, 10, driver="a"), attempt(15, 40, driver="a", station=2)) == [1, 1]


def test_an_anonymous_attempt_that_inherits_a_tag_joins_all_visits_of_that_tag():
    rows = [(0, 5, "2", "a"), (20, 21, "1", None), (22, 40, "1", "a"), (22, 40, "3", None)]
    assert sizes(KWWHAT, *(attempt(a, b, port=port, driver=driver) for a, b, port, driver in rows)) == [1, 3]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # a run of anonymous attempts, each within 2 minutes of the next, ends in one with a tag
        ([(0, 1, None), (2, 3, None), (4, 40, "a"), (60, 61, "a")], [4]),
        # its first is too far from the rest
        ([(0, 1, None), (4, 5, None), (6, 40, "a")], [1, 2]),
        # an anonymous attempt soon after one with a tag
        ([(0, 10, "a"), (11, 12, None), (30, 40, "a")], [3]),
        # between two tags the later one counts, and neither of them changes
        ([(0, 10, "a"), (11, 12, None), (13, 40, "b"), (50, 60, "b")], [1, 3]),
        # 2 minutes exactly are near enough, before a tag and after one
        ([(0, 10, None), (12, 40, "a")], [2]),
        ([(0, 10, "a"), (12, 13, None), (30, 40, "a")], [3]),
        # a tag is not inherited from far away
        ([(0, 10, "a"), (13, 14, None), (17, 18, "b")], [1, 1, 1]),
    ],
)
def test_tags_are_inherited_along_runs_of_at_most_2_minutes(rows, expected):
    assert sizes(KWWHAT, *(attempt(a, b, port="1", driver=driver) for a, b, driver in rows)) == expected


EDGES = {
    # seconds from the end of one attempt to the start of the next: one visit by ucdavis_site_5, by voltra_site_5,
    # by kwwhat with a tag, by kwwhat without
    300: (True, True, True, False),
    301: (False, False, True, False),
    120: (True, True, True, True),
    121: (True, True, True, False),
    1800: (False, False, True, False),
    1801: (False, False, False, False),
    0: (True, True, True, True),
    -120: (True, True, True, True),
    -121: (True, False, True, True),
}


@pytest.mark.parametrize("seconds", EDGES)
def test_gaps_at_the_edge_of_each_rule_are_inclusive(seconds):
    anonymous = (attempt(0, 10, port="1"), attempt(10 + seconds / 60, 60, port="1"))
    tagged = (attempt(0, 10, port="1", driver="a"), attempt(10 + seconds / 60, 60, port="2", driver="a"))
    found = (sizes(UCDAVIS_SITE_5, *tagged), sizes(VOLTRA_SITE_5, *tagged), sizes(KWWHAT, *tagged))
    assert tuple(one == [2] for one in (*found, sizes(KWWHAT, *anonymous))) == EDGES[seconds]


@pytest.mark.parametrize("rule", [UCDAVIS_SITE_5, VOLTRA_SITE_5], ids=lambda rule: rule.id)
def test_site_rules_look_at_neither_port_nor_driver_and_never_join_two_sites(rule):
    assert sizes(rule, attempt(0, 1, port="1", driver="a"), attempt(3, 9, port="2", driver="b")) == [2]
    assert sizes(rule, attempt(0, 1), attempt(3, 9, station=2)) == [1, 1]


@pytest.mark.parametrize("rule", VISIT_RULES.values(), ids=VISIT_RULES)
def test_the_gap_after_an_attempt_without_an_end_is_measured_from_its_start(rule):
    assert sizes(rule, attempt(0, None), attempt(2, 30)) == [2]
    assert sizes(rule, attempt(0, None), attempt(6, 30)) == [1, 1]


def test_attempts_without_a_port_are_of_one_port_of_the_station():
    assert sizes(KWWHAT, attempt(0, 1), attempt(2, 3), attempt(2, 3, port="1")) == [1, 2]


# What becomes of a visit

OUTCOMES_OF_VISITS = {
    # outcome, last known attempt succeeded, unknown attempts
    "+": ("first_time", True, 0),
    "++": ("first_time", True, 0),
    "+-": ("first_time", False, 0),
    "-+": ("troubled", True, 0),
    "-+-": ("troubled", False, 0),
    "-": ("failed", False, 0),
    "--": ("failed", False, 0),
    "?": ("unknown", False, 1),
    "??": ("unknown", False, 2),
    "?+": ("first_time", True, 1),
    "?-+": ("troubled", True, 1),
    "-?": ("failed", False, 1),
    "+?": ("first_time", True, 1),
}


@pytest.mark.parametrize("outcomes", OUTCOMES_OF_VISITS)
def test_a_visit_is_judged_by_its_known_attempts_and_unknown_without_any(outcomes):
    visits = group_visits(in_a_row(outcomes), VOLTRA_SITE_5)
    found = visits[["outcome", "last_succeeded", "unknown_attempts", "attempts"]].itertuples(index=False, name=None)
    assert list(found) == [(*OUTCOMES_OF_VISITS[outcomes], len(outcomes))]


def all_kinds():
    """At one station, an hour apart, a visit of each kind of ``OUTCOMES_OF_VISITS``; at another a failed one."""
    rows = [attempt(0, 1, "-", station=2)]
    for hour, outcomes in enumerate(OUTCOMES_OF_VISITS):
        rows += [attempt(60 * hour + 2 * n, 60 * hour + 2 * n + 1, one) for n, one in enumerate(outcomes)]
    return attempts_of(*rows)


def test_counts_and_ratios_of_a_station_are_those_counted_by_hand():
    one, two = with_visit_rates(count_visits(all_kinds(), UCDAVIS_SITE_5)).to_dict("records")
    counts = {name: one[name] for name in VISIT_COUNTS[:9]}
    assert counts == {
        "visits": 13,
        "first_time": 5,
        "troubled": 3,
        "failed": 3,
        "unknown": 2,
        "single_attempt": 1,
        "last_succeeded": 6,
        "partly_unknown": 4,
        "attempts": 25,
    }
    ratios = {name: one[f"{name}_ratio"] for name in VISIT_RATIOS}
    assert ratios == pytest.approx(
        {"ftcs": 5 / 11, "ftcs_single": 1 / 11, "visit_success_any": 8 / 11, "visit_success_last": 6 / 11}
    )
    assert one["attempts_per_visit"] == pytest.approx(25 / 13)
    assert (two["station_id"], two["visits"], two["failed"], two["visit_success_any_ratio"]) == ("ST-2", 1, 1, 0.0)


def test_intervals_are_wilsons_over_the_known_visits():
    row = with_visit_rates(count_visits(all_kinds(), UCDAVIS_SITE_5)).iloc[0]
    # Wilson 1927 for 8 of 11, with z = 1.959964
    assert (row["visit_success_any_low"], row["visit_success_any_high"]) == pytest.approx((0.43436, 0.90255), abs=5e-5)


def test_the_network_is_the_pool_of_its_stations():
    counts = count_visits(all_kinds(), UCDAVIS_SITE_5)
    (network,) = network_visits(counts).to_dict("records")
    assert {name: network[name] for name in VISIT_COUNTS} == counts[list(VISIT_COUNTS)].sum().to_dict()
    assert network["ftcs_ratio"] == pytest.approx(5 / 12)


def test_without_a_known_visit_every_ratio_is_missing():
    (row,) = with_visit_rates(count_visits(in_a_row("??"), KWWHAT)).to_dict("records")
    assert (row["visits"], row["unknown"], row["attempts_per_visit"]) == (1, 1, 2.0)
    assert all(math.isnan(row[f"{name}_{part}"]) for name in VISIT_RATIOS for part in ("ratio", "low", "high"))


def test_no_attempts_give_no_visits_and_no_ratio():
    nothing = attempts_of()
    assert group_visits(nothing, KWWHAT).empty
    assert count_visits(nothing, KWWHAT).empty
    (network,) = network_visits(count_visits(nothing, KWWHAT)).to_dict("records")
    assert network["visits"] == 0
    assert math.isnan(network["attempts_per_visit"])
    assert math.isnan(network["ftcs_low"])


def test_what_the_publisher_did_to_failures_is_said_of_each_station():
    attempts = attempts_of(*(attempt(0, 1, station=key) for key in (1, 2, 3, 4)))
    attempts.stations["without_failures"] = [0, 1, 0, 1]
    attempts.stations["perhaps_without_failures"] = [0, 0, 1, 1]
    rated = with_visit_rates(count_visits(attempts, KWWHAT))
    assert list(rated["failures_included"]) == ["yes", "no", "unknown", "no"]


# The band


def test_the_band_holds_the_figures_of_the_rule_at_each_gap():
    gaps = (0, 1, 5, 15, 35, 60)
    rows = [attempt(0, 10, "-", port="1"), attempt(11, 12, "-", port="1"), attempt(17, 18, "+", port="1")]
    rows += [attempt(33, 34, "-", port="1"), attempt(69, 70, "+", port="1")]
    band = gap_band(attempts_of(*rows), VOLTRA_SITE_5, gaps)
    assert list(band["gap_minutes"]) == [0.0, 1.0, 5.0, 15.0, 35.0, 60.0]
    assert list(band["visits"]) == [5, 4, 3, 2, 1, 1]
    assert list(band["troubled"]) == [0, 0, 1, 1, 1, 1]
    assert list(gap_band(attempts_of(*rows), KWWHAT, gaps)["visits"]) == [5, 4, 3, 2, 1, 1]


def test_the_band_at_a_rules_own_gap_is_the_rules_own_figure():
    own = network_visits(count_visits(all_kinds(), VOLTRA_SITE_5))
    band = gap_band(all_kinds(), VOLTRA_SITE_5)
    assert tuple(band["gap_minutes"]) == GAPS_MINUTES
    row = band[band["gap_minutes"] == VOLTRA_SITE_5.gap_minutes].drop(columns="gap_minutes").reset_index(drop=True)
    pd.testing.assert_frame_equal(row, own)


# From the star


def test_attempts_come_from_the_star_with_the_outcome_of_the_definition(engine):
    morning = datetime(2024, 12, 24, 8, 0, tzinfo=timezone.utc)
    common = {"station_id": "A", "port_id": "1", "driver_ref": "d" * 64}
    write_sessions(
        engine,
        {**common, "start_time": morning, "end_time": morning + timedelta(milliseconds=90_500), "success": True},
        {"station_id": "A", "start_time": morning + timedelta(minutes=3), "success": None},
        {"station_id": "B", "start_time": morning, "success": False, "failures_included": "no"},
        {"station_id": "C", "start_time": morning, "success": False, "failures_included": "unknown"},
        idle=("D",),
    )
    with Session(engine) as session:
        [attempts] = read_attempts(session, RECORDED, Selection())
        assert (next(read_attempts(session, AFIREV, Selection())).rows["outcome"] == "unknown").all()
    rows = attempts.rows.sort_values(["station_key", "start_time"], ignore_index=True)
    assert list(rows["outcome"]) == ["success", "unknown", "failure", "failure"]
    assert (rows.loc[0, "port_id"], rows.loc[0, "driver_ref"]) == ("1", "d" * 64)
    assert rows.loc[0, "end_time"] == morning + timedelta(milliseconds=90_500)
    assert rows["end_time"].isna().tolist() == [False, True, True, True]
    assert list(attempts.stations["station_id"]) == ["A", "B", "C"]
    assert list(attempts.stations["without_failures"]) == [0, 1, 0]
    assert list(attempts.stations["perhaps_without_failures"]) == [0, 0, 1]
    counts = count_visits(attempts, VOLTRA_SITE_5)
    assert counts[["station_id", "visits", "attempts"]].to_numpy().tolist() == [["A", 1, 2], ["B", 1, 1], ["C", 1, 1]]


def test_excluded_attempts_make_no_visits_and_are_counted(engine):
    tests_left_out = Definition(
        id="recorded_without_tests",
        version=1,
        title="the source's flag; tests are excluded",
        source="this test",
        needs=("success",),
        outcome=case((FactCharging.stop_reason == "test", "excluded"), else_=RECORDED.outcome),
    )
    write_sessions(
        engine,
        {"station_id": "A", "success": False, "stop_reason": "test"},
        {"station_id": "A", "success": True, "start_time": START + timedelta(minutes=1)},
        {"station_id": "B", "success": True, "stop_reason": "test"},
    )
    with Session(engine) as session:
        [attempts] = read_attempts(session, tests_left_out, Selection())
    columns = ["station_id", "visits", "first_time", "attempts", "excluded"]
    counts = count_visits(attempts, UCDAVIS_SITE_5)
    assert counts[columns].to_numpy().tolist() == [["A", 1, 1, 1, 1], ["B", 0, 0, 0, 1]]
    assert math.isnan(with_visit_rates(counts)["attempts_per_visit"].iloc[1])


def test_a_visit_belongs_to_the_day_of_its_first_attempt_and_is_seen_whole(engine):
    midnight = datetime(2024, 12, 25, tzinfo=timezone.utc)
    minutes = {"A": (-3, -1), "B": (-10, 30)}  # first and second attempt of each station, around midnight
    rows = [
        {"station_id": name, "start_time": midnight + timedelta(minutes=minute), "success": minute > 0}
        for name, pair in minutes.items()
        for minute in pair
    ]
    rows += [{"station_id": "A", "start_time": midnight + timedelta(minutes=2), "success": True}]
    write_sessions(engine, *rows)
    eve, christmas = date(2024, 12, 24), date(2024, 12, 25)
    columns = ["station_id", "visits", "troubled", "failed", "first_time", "attempts"]
    found = {}
    for day in (eve, christmas):
        with Session(engine) as session:
            [attempts] = read_attempts(session, RECORDED, Selection(first_day=day, last_day=day))
        found[day] = count_visits(attempts, UCDAVIS_SITE_5)[columns].to_numpy().tolist()
    assert found == {
        eve: [["A", 1, 1, 0, 0, 3], ["B", 1, 0, 1, 0, 1]],
        christmas: [["A", 0, 0, 0, 0, 0], ["B", 1, 0, 0, 1, 1]],
    }


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_are_can_be_selected(sqlite_url, day):
    with Session(open_engine(sqlite_url)) as session:
        [attempts] = read_attempts(session, RECORDED, Selection(first_day=day, last_day=day))
    assert attempts.rows.empty
    assert attempts.stations.empty
    assert count_visits(attempts, KWWHAT).empty


def test_a_selection_of_stations_leaves_out_the_others(engine):
    write_sessions(engine, *({"station_id": name, "success": True} for name in "ABC"))
    with Session(engine) as session:
        [attempts] = read_attempts(session, RECORDED, Selection(station_ids=("B", "nowhere")))
    assert list(count_visits(attempts, KWWHAT)["station_id"]) == ["B"]
    assert len(attempts.rows) == 1


# The rules themselves


def test_a_rule_is_found_by_its_id_and_an_unknown_one_refused_with_the_known_ones():
    assert find_visit_rule("kwwhat") is KWWHAT
    with pytest.raises(ConfigError, match="'site_7'") as refusal:
        find_visit_rule("site_7")
    assert refusal.value.code == "unknown_visit_rule"
    assert refusal.value.hint == "Known: ucdavis_site_5, voltra_site_5, kwwhat."


def test_every_rule_has_a_source_and_stands_on_the_page_with_its_version():
    page = PAGE.read_text(encoding="utf-8")
    for rule in VISIT_RULES.values():
        assert rule.source, rule.id
        assert f"| `{rule.id}` | {rule.version} |" in page, rule.id
    assert VISIT_OUTCOMES == ("first_time", "troubled", "failed", "unknown")
