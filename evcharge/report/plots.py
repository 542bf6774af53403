"""What charts and page agree on: where an axis of rates begins, and which picture so many stations have.

What does not belong here: drawing (``charts``), and anything that needs matplotlib: the page is made without it too.
"""

from __future__ import annotations

import math
from typing import Literal

from evcharge.arrays import Floats
from evcharge.metrics.partition import LEAST_ATTEMPTS

ROOM_UNDER_WORST = 0.05
"""What a zoomed axis shows below the worst rate. House rule."""
MOST_PANELS = 9
"""Stations up to which each has a panel of weeks: a funnel of five points says nothing. House rule."""
FEW_STATIONS = 20
"""Stations up to which the picture has a bar for each; more are dots, without most of those that meet the target. House
rule, provisional."""


def usual_style(stations: int) -> Literal["bars", "dots"]:
    """The picture of so many stations where none is asked for."""
    return "bars" if stations <= FEW_STATIONS else "dots"


def zoomed_floor(ratios: Floats, attempts: Floats, target: float) -> float:
    """Where a zoomed axis of rates begins: 5 points under the worst credible one or the target, on a round value.

    A rate is credible from ``partition.LEAST_ATTEMPTS`` attempts on, so that 0 of 3 does not squash all the others;
    where no station has as many, all are.
    """
    known = ratios[attempts > 0]
    credible = ratios[attempts >= LEAST_ATTEMPTS]
    worst = float(min([target, *(credible if len(credible) else known)]))
    return max(0.0, math.floor(round((worst - ROOM_UNDER_WORST) / 0.05, 6)) * 0.05)
