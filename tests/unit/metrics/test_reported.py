"""Reported uptime beside what the evidence allows: agrees, contradicts or can't be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.availability.reported import (
    AGREES,
    CANT_TELL,
    CONTRADICTS,
    NO_EVIDENCE,
    NO_LENGTH,
    NO_UPTIME,
    NOT_IN_OPERATION,
    UNSEEN,
    compared,
)
from evcharge.metrics.availability.rulebooks import find_rulebook

NEVI = find_rulebook("nevi")
NONE = np.nan


def row_of(reported: float, low: float, high: float, **over: Any) -> pd.DataFrame:
    """A report of an hour beside low and high."""
    row = {"reported": reported, "low": low, "high": high, "from_ms": 0, "until_ms": 3_600_000, "is_known": True}
    return pd.DataFrame([{**row, **over}]).astype(dict.fromkeys(("reported", "low", "high"), "float64"))


@pytest.mark.parametrize(
    ("reported", "low", "high", "verdict", "outside"),
    [
        (0.9919, 0.9919, 0.9919, AGREES, 0.0),
        (0.9919, 0.9839, 0.9839, CONTRADICTS, 0.008),
        (0.9500, 0.9839, 0.9999, CONTRADICTS, -0.0339),
        (0.9840, 0.98390, 0.98391, AGREES, 0.00009),  # the last digit that is reported
        (0.9841, 0.98390, 0.98391, CONTRADICTS, 0.00019),
        (0.9919, 0.9701, 0.9999, AGREES, 0.0),  # whatever happened unseen, all of it is over 97 %
        (0.9919, 0.9700, 0.9999, CANT_TELL, 0.0),  # 97 % itself is not more than 97 %
        (0.9919, 0.0003, 0.9997, CANT_TELL, 0.0),
        (0.9600, 0.9000, 0.9700, AGREES, 0.0),
        (1.0102, 0.9999, 1.0000, CONTRADICTS, 0.0102),
    ],
)
def test_a_report_contradicts_outside_of_low_to_high_and_agrees_where_the_limit_parts_none(
    reported: float, low: float, high: float, verdict: str, outside: float
) -> None:
    (row,) = compared(row_of(reported, low, high), NEVI).to_dict("records")
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(outside, abs=1e-9)
    assert row["why"] == (UNSEEN if verdict == CANT_TELL else "")


def test_a_limit_of_at_least_is_kept_at_the_limit_itself() -> None:
    (row,) = compared(row_of(0.9919, 0.97, 0.9999), find_rulebook("evchart")).to_dict("records")
    assert row["verdict"] == AGREES


def test_without_a_limit_only_a_figure_without_unseen_time_agrees() -> None:
    rulebook = replace(NEVI, limit=None)
    frame = pd.concat([row_of(0.99, 0.98, 0.999), row_of(0.99, 0.99, 0.99), row_of(0.9, 0.98, 0.999)])
    assert compared(frame, rulebook)["verdict"].tolist() == [CANT_TELL, AGREES, CONTRADICTS]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (row_of(NONE, 0.9, 0.9), NO_UPTIME),
        (row_of(0.9, NONE, NONE, until_ms=0), NO_LENGTH),
        (row_of(0.9, NONE, NONE, is_known=False), NO_EVIDENCE),
        (row_of(0.9, NONE, NONE), NOT_IN_OPERATION),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_what_is_missing(row: pd.DataFrame, why: str) -> None:
    (told,) = compared(row, NEVI).to_dict("records")
    assert (told["verdict"], told["why"]) == (CANT_TELL, why)
