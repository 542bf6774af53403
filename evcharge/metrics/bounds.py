"""What unknown attempts and refused rows could make of a rate: its bounds, and whether its verdict hangs on them.

What does not belong here: rates and verdicts as such (``rates``), and which refused rows may be of which station or
group (``refused``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Floats
from evcharge.metrics.intervals import positive
from evcharge.metrics.rates import ONE_LOT, Limits, network_of, verdicts, withheld


class Refused(NamedTuple):
    """Refused rows [counts]; ``rows`` is the sum of the three after it.

    A row without a recorded outcome would have been a failure where no energy flowed or no transaction came about;
    ``unknown`` can't be judged. Source: ``clean.would_have_counted``.
    """

    rows: int = 0
    failures: int = 0
    successes: int = 0
    unknown: int = 0

    def to_dict(self) -> dict[str, int]:
        """The counts as a JSON document has them."""
        return self._asdict()


def bounds(successes: Floats, failures: Floats, unknown: Floats) -> tuple[Floats, Floats]:
    """The success ratio if all unknown sessions had failed, and if all had succeeded; missing without sessions."""
    k, u = np.asarray(successes, dtype=float), np.asarray(unknown, dtype=float)
    sessions = positive(k + failures + u)
    return k / sessions, (k + u) / sessions


def judge_network(counts: pd.DataFrame, refused: Refused, target: float, limits: Limits = ONE_LOT) -> pd.DataFrame:
    """The rates of all stations together, with what the unknown and the refused could make of them.

    Every unknown attempt and every refused row counts in both bounds: the unknown and those that can't be judged as
    failures in the lowest and as successes in the highest, the others as what they would have been. Excluded sessions
    are in none.

    Args:
        counts: of the stations, as in ``rates.with_rates``.
        refused: of the same selection.
        target: success ratio that the verdict is against, between 0 and 1.
        limits: chances below which it is given.

    Returns:
        One row: that of ``rates.network_of``, whose verdict is "meets target" only if it is so at the lowest bound too;
        ``lowest_ratio``, ``highest_ratio`` [0 to 1; missing without a row] and ``verdict_could_turn`` (whether the
        verdict at either bound is another than that of the rate).
    """
    network = network_of(counts, target, limits)
    given = network["verdict"].tolist()
    k, failures, unknown = (network[name].to_numpy(dtype=float) for name in ("successes", "failures", "unknown"))
    known_k, known_failures, doubted = k + refused.successes, failures + refused.failures, unknown + refused.unknown
    network["lowest_ratio"], network["highest_ratio"] = bounds(known_k, known_failures, doubted)

    every, included = known_k + known_failures + doubted, network["failures_included"].to_numpy()
    at_bounds = [verdicts(successes, every, target, included, limits) for successes in (known_k, known_k + doubted)]
    network["verdict_could_turn"] = any(verdict != given for verdict in at_bounds)
    network["verdict"] = withheld(given, known_k, every - known_k, target, limits)
    return network
