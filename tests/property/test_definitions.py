"""What holds of every definition, whatever the sessions: counts add up, order is nothing, stations merge."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.outcomes import count_all_outcomes
from evcharge.metrics.rates import with_rates
from evcharge.metrics.selection import Selection
from evcharge.migrate import upgrade
from tests.support.star import write_sessions

pytestmark = pytest.mark.thorough

COUNTS = ["successes", "failures", "excluded", "unknown"]
booleans = st.sampled_from([True, False, None])
attempts = st.fixed_dictionaries(
    {
        "station_id": st.sampled_from(["A", "B"]),
        "energy_kwh": st.sampled_from([None, 0.0, 0.1, 0.2, 0.5, 0.501, 1.0, 22.0]),
        "duration_minutes": st.sampled_from([None, 0.0, 2.0, 2.001, 3.0, 60.0]),
        "success": booleans,
        "has_transaction": booleans,
        "reached_charging": booleans,
        "stop_reason": st.sampled_from([None, "Local", "Other", "SOCLimitReached"]),
        "next_status": st.sampled_from([None, "Available", "Faulted"]),
    }
)


@functools.cache
def empty_star():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


def counted(rows):
    """The counts of every definition, one row a station and definition."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "star.db"
        path.write_bytes(empty_star())
        write_sessions(open_engine(f"sqlite:///{path}", writes=True), *rows)
        with Session(open_engine(f"sqlite:///{path}")) as session:
            return count_all_outcomes(session, list(DEFINITIONS.values()), Selection())


@settings(max_examples=40, deadline=None)
@given(st.lists(attempts, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_every_definition_counts_every_session_once_in_any_order_and_in_merged_stations(rows, chance):
    counts = counted(rows)
    sizes = pd.Series([row["station_id"] for row in rows]).value_counts()
    for (station, _), one in counts.groupby(["station_id", "definition"]):
        assert one[COUNTS].to_numpy().sum() == sizes[station]
    rated = with_rates(counts, 0.95)
    used = rated[rated["attempts"] > 0]
    assert ((used["low"] >= 0) & (used["low"] <= used["success_ratio"])).all()
    assert ((used["success_ratio"] <= used["high"]) & (used["high"] <= 1)).all()
    assert rated.loc[rated["attempts"] == 0, ["success_ratio", "low", "high"]].isna().all(axis=None)

    shuffled = chance.sample(rows, len(rows))
    columns = ["station_id", "definition", *COUNTS]
    pd.testing.assert_frame_equal(counted(shuffled)[columns], counts[columns])

    merged = counted([{**row, "station_id": "A"} for row in rows])
    sums = counts.groupby("definition")[COUNTS].sum()
    pd.testing.assert_frame_equal(merged.set_index("definition")[COUNTS].sort_index(), sums, check_names=False)
