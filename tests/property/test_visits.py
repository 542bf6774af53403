from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evcharge.metrics.visit_rules import VISIT_RULES
from evcharge.metrics.visits import VISIT_OUTCOMES, Attempts, count_visits, gap_band, group_visits, with_visit_rates

pytestmark = pytest.mark.thorough

EPOCH = datetime(2024, 12, 24, tzinfo=timezone.utc)
NOTHING = {"name": None, "excluded": 0, "without_failures": 0, "perhaps_without_failures": 0}

NAMES = ("station_key", "port_id", "driver_ref", "start_time", "outcome", "in_selection")

rules = st.sampled_from(list(VISIT_RULES.values()))
rows = st.fixed_dictionaries(
    {
        "station_key": st.integers(1, 2),
        "port_id": st.sampled_from([None, "1", "2"]),
        "driver_ref": st.sampled_from([None, None, "a", "b"]),
        "start_time": st.integers(0, 90),
        "minutes": st.one_of(st.none(), st.integers(0, 30)),
        "outcome": st.sampled_from(["success", "failure", "unknown"]),
        "in_selection": st.sampled_from([True, True, True, False]),
    }
)
many = st.lists(rows, max_size=25)


def attempts_of(rows):
    """The rows as attempts; times are minutes after ``EPOCH``."""
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in NAMES})
    starts = [EPOCH + timedelta(minutes=row["start_time"]) for row in rows]
    ends = [
        s + timedelta(minutes=r["minutes"]) if r["minutes"] is not None else None
        for s, r in zip(starts, rows, strict=True)
    ]
    for name, times in (("start_time", starts), ("end_time", ends)):
        frame[name] = pd.to_datetime(pd.Series(times, dtype=object), utc=True).astype("datetime64[ms, UTC]")
    stations = pd.DataFrame({"station_key": [1, 2], "source": "city", "station_id": ["1", "2"]}).assign(**NOTHING)
    return Attempts(frame.astype({"station_key": "int64", "in_selection": "bool"}), stations)


def one_by_one(rows, rule):
    """Sizes of the visits, by walking through the attempts of a group one after another."""
    by_driver = rule.anonymous_gap_minutes is not None
    rows = [{**row, "end": row["start_time"] + (row["minutes"] or 0)} for row in rows]
    rows.sort(key=lambda row: (row["start_time"], row["end"], row["driver_ref"] or ""))
    groups = {}
    for row in inherited(rows, rule) if by_driver else rows:
        driver = row["driver_ref"] if by_driver else None
        port = row["port_id"] if by_driver and driver is None else None
        groups.setdefault((row["station_key"], driver, port), []).append(row)
    sizes = []
    for (_, driver, _), members in groups.items():
        longest = rule.anonymous_gap_minutes if by_driver and driver is None else rule.gap_minutes
        sizes.append(1)
        for before, row in pairwise(members):
            if -rule.overlap_minutes <= row["start_time"] - before["end"] <= longest:
                sizes[-1] += 1
            else:
                sizes.append(1)
    return sorted(sizes)


def inherited(rows, rule):
    """The rows, each without a driver given that of the next one on its port, else of the last, over short gaps."""
    ports = {}
    for row in rows:
        ports.setdefault((row["station_key"], row["port_id"]), []).append(dict(row))
    for port in ports.values():
        own = [row["driver_ref"] for row in port]
        near = [after["start_time"] - before["end"] <= rule.inherit_minutes for before, after in pairwise(port)]
        for place, row in enumerate(port):
            ahead = behind = place
            while own[ahead] is None and ahead < len(near) and near[ahead]:
                ahead += 1
            while own[behind] is None and behind > 0 and near[behind - 1]:
                behind -= 1
            row["driver_ref"] = own[ahead] or own[behind]
    return sorted((row for port in ports.values() for row in port), key=lambda row: (row["start_time"], row["end"]))


@settings(deadline=None, max_examples=30)
@given(many, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, rule, random):
    shuffled = rows[:]
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(group_visits(attempts_of(rows), rule), group_visits(attempts_of(shuffled), rule))


@settings(deadline=None, max_examples=30)
@given(many, rules)
def test_every_attempt_is_in_one_visit_and_every_visit_has_one_outcome(rows, rule):
    everything = attempts_of([{**row, "in_selection": True} for row in rows])
    visits = group_visits(everything, rule)
    assert visits["attempts"].sum() == len(rows)
    assert visits["unknown_attempts"].sum() == sum(row["outcome"] == "unknown" for row in rows)
    counts = count_visits(everything, rule)
    assert counts["visits"].sum() == len(visits)
    assert (counts[list(VISIT_OUTCOMES)].sum(axis=1) == counts["visits"]).all()


@settings(deadline=None, max_examples=30)
@given(many, rules)
def test_single_attempts_are_first_time_and_last_and_any_success_stand_in_order(rows, rule):
    counts = with_visit_rates(count_visits(attempts_of(rows), rule))
    succeeded = counts["first_time"] + counts["troubled"]
    assert (counts["single_attempt"] <= counts["first_time"]).all()
    assert (counts["single_attempt"] <= counts["last_succeeded"]).all()
    assert (counts["last_succeeded"] <= succeeded).all()
    known = counts[counts["visits"] > counts["unknown"]]
    for name in ("ftcs", "ftcs_single", "visit_success_any", "visit_success_last"):
        assert (known[f"{name}_low"] <= known[f"{name}_ratio"]).all()
        assert (known[f"{name}_ratio"] <= known[f"{name}_high"]).all()


@settings(deadline=None, max_examples=30)
@given(many, rules)
def test_a_longer_gap_never_makes_more_visits(rows, rule):
    everything = attempts_of([{**row, "in_selection": True} for row in rows])
    visits = list(gap_band(everything, rule, (0, 1, 2, 5, 10, 30, 60, 1_000))["visits"])
    assert visits == sorted(visits, reverse=True)


@settings(deadline=None, max_examples=30)
@given(many, rules)
def test_visits_of_a_window_are_those_whose_first_attempt_is_in_it(rows, rule):
    rows = [{**row, "in_selection": row["start_time"] >= 45} for row in rows]
    everything = group_visits(attempts_of([{**row, "in_selection": True} for row in rows]), rule)
    expected = everything[everything["start_time"] >= EPOCH + timedelta(minutes=45)].reset_index(drop=True)
    pd.testing.assert_frame_equal(group_visits(attempts_of(rows), rule), expected)


@settings(deadline=None, max_examples=80)
@given(many, rules)
def test_every_rule_groups_as_one_would_by_walking_through_the_attempts(rows, rule):
    everything = [{**row, "in_selection": True} for row in rows]
    assert sorted(group_visits(attempts_of(everything), rule)["attempts"]) == one_by_one(everything, rule)
