from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evcharge.report.page.rollup import MOST_GROUPS, roll_up
from tests.support.stories import BAD, GOOD, NEW, station, story_of


def rolled(*stations):
    by, table = roll_up(story_of(*stations).stations, 0.95)
    return by, table.to_dict("records")


def test_stations_are_summed_by_their_region_the_costliest_first_and_the_unnamed_are_a_group():
    by, rows = rolled(
        station(*GOOD, "a", region="North"),
        station(*BAD, "b", region="South"),
        station(*BAD, "c", region="South"),
        station(*NEW, "d"),
        station(350, 0, "e", region="North", last_day=50),
    )
    assert by == "region"
    north, south, unnamed = rows
    assert (north["region"], north["stations"], north["attention"], north["attempts"]) == ("North", 2, 1, 450)
    assert (south["region"], south["stations"], south["attention"], south["attempts"]) == ("South", 2, 2, 200)
    assert (unnamed["stations"], unnamed["attention"], unnamed["success_ratio"]) == (1, 0, 1)
    assert pd.isna(unnamed["region"])
    assert np.isnan(unnamed["charges_lost_per_week"])
    assert north["charges_lost_per_week"] == pytest.approx(49)
    assert south["charges_lost_per_week"] == pytest.approx(2 * 0.5 * 10, rel=0.02)
    assert south["success_ratio"] == 0.45
    assert south["low"] < 0.45 < south["high"]


@pytest.mark.parametrize("column", ["network", "operator", "city"])
def test_the_first_column_that_tells_groups_is_taken(column):
    one_region = {"region": "North"}
    by, rows = rolled(station(*GOOD, "a", **one_region, **{column: "x"}), station(*GOOD, "b", **one_region))
    assert (by, len(rows)) == (column, 2)


@pytest.mark.thorough
def test_without_two_groups_or_with_too_many_there_is_no_roll_up():
    assert roll_up(story_of(station(*GOOD, "a"), station(*GOOD, "b")).stations, 0.95) is None
    many = [station(*GOOD, f"S{n}", region=f"R{n}") for n in range(MOST_GROUPS + 1)]
    assert roll_up(story_of(*many).stations, 0.95) is None
    assert roll_up(story_of(*many[1:]).stations, 0.95)[0] == "region"


def test_of_a_group_with_a_publisher_who_removed_failures_no_rate_meets_the_target():
    _, rows = rolled(station(*GOOD, "a", region="N", without_failures=100), station(*GOOD, "b", region="S"))
    assert {row["region"]: row["verdict"] for row in rows} == {"N": "can't tell yet", "S": "meets target"}
