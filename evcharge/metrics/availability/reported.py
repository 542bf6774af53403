"""Reported uptime beside what the evidence allows: whether the two agree.

What does not belong here: what a report contradicts in itself (``reported.CONTRADICTIONS``), and reading
(``reported_rows``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.arrays import Flags, Floats
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.reported import TOLERANCE

AGREES, CONTRADICTS, CANT_TELL = "agrees", "contradicts", "can't tell"
"""What the evidence says of a reported uptime."""
NO_UPTIME, NO_LENGTH, NO_EVIDENCE = "no uptime given", "no length", "port not known"
NOT_IN_OPERATION, UNSEEN = "not in operation", "too little seen"
"""Why nothing can be told."""


def compared(rows: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """The rows with ``difference`` [0 to 1], ``verdict`` and ``why`` nothing can be told, if so.

    A report contradicts the evidence where it lies outside of low to high by more than a hundredth of a percent, which
    is the last digit reported. It agrees where it lies inside, and whatever was up in unseen time, evidence and report
    are on one side of the limit; without a limit, where low and high are the same. ``difference`` is how far outside it
    lies, above 0 for more than the evidence allows.

    Args:
        rows: ``reported``, ``low`` and ``high`` [0 to 1], missing where there is none; ``from_ms``, ``until_ms`` and
            ``is_known``: whether anything tells of the port.
        rulebook: whose formula made low and high.
    """
    reported, low, high = (rows[name].to_numpy(dtype="float64") for name in ("reported", "low", "high"))
    outside: Floats = np.where(reported > high, reported - high, np.minimum(reported - low, 0.0))
    margin = TOLERANCE / 100 + 1e-9
    contradicts = np.abs(outside) > margin

    same = high - low <= margin
    if rulebook.limit is not None:
        sides = [_passes(ratio, rulebook) for ratio in (reported, low, high)]
        same |= (sides[0] == sides[1]) & (sides[1] == sides[2])
    agrees = ~contradicts & same & ~np.isnan(outside)
    verdict = np.where(contradicts, CONTRADICTS, np.where(agrees, AGREES, CANT_TELL)).astype(object)
    why = np.where(verdict == CANT_TELL, _why(rows), "").astype(object)
    return rows.assign(difference=outside, verdict=verdict, why=why)


def _passes(ratio: Floats, rulebook: Rulebook) -> Flags:
    limit = rulebook.limit or 0.0
    passes: Flags = ratio > limit if rulebook.limit_is == "above" else ratio >= limit
    return passes


def _why(rows: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Why nothing can be told of each row, if nothing can."""
    conditions = [
        rows["reported"].isna(),
        rows["from_ms"] >= rows["until_ms"],
        ~rows["is_known"],
        rows["low"].isna(),
    ]
    reasons = [NO_UPTIME, NO_LENGTH, NO_EVIDENCE, NOT_IN_OPERATION]
    why: npt.NDArray[np.object_] = np.select([one.to_numpy() for one in conditions], reasons, UNSEEN).astype(object)
    return why
