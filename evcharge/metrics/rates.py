"""From counts to rates: each with its interval, and a verdict against a target that may be "can't tell yet".

What does not belong here: what was counted (``outcomes``), intervals and tails (``intervals``), and how it is shown
(``report``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.arrays import Floats
from evcharge.errors import ConfigError
from evcharge.metrics.intervals import tails, wilson_interval

BELOW_TAIL = 0.001
"""A station is below target when chance gives so few successes less often than this: the alarm limit (99.8 %) of a
funnel plot. Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202."""
MEETS_TAIL = 0.025
"""A station meets the target when a station just on it would do this well less often than this: the upper alert limit
(95 %) of the same funnel plot. Why the two differ: docs/decisions/0004-verdicts.md."""

DEFAULT_CONFIDENCE = 0.95
"""Of the verdict on one lot where none is agreed: the two-sided level by which a single test is judged as a rule, and
that of the interval beside it. House rule: a contract states its own."""


@dataclass(frozen=True)
class Limits:
    """Chances below which a verdict is given, between 0 and 1.

    Attributes:
        below_tail: of so few successes on the target: below target.
        meets_tail: of so many: meets target.
    """

    below_tail: float
    meets_tail: float

    @property
    def confidence(self) -> float:
        """Of the two-sided test that has ``meets_tail`` on each side."""
        return round(1 - 2 * self.meets_tail, TAIL_DIGITS)


TAIL_DIGITS = 12
"""Digits of a tail that are no rounding of binary numbers."""


def one_test(confidence: float) -> Limits:
    """The limits of one two-sided test, where nothing is compared: of a network, an operator, a contract.

    Raises:
        ConfigError: the confidence does not lie between 0 and 1.
    """
    if not 0 < confidence < 1:
        reason = f"confidence is {confidence:g}; it must be a share between 0 and 1."
        raise ConfigError("config_out_of_range", reason, "Write it like 0.95.")
    tail = round((1 - confidence) / 2, TAIL_DIGITS)
    return Limits(tail, tail)


STATIONS = Limits(BELOW_TAIL, MEETS_TAIL)
"""Of stations and other groups, many of which are judged at once."""
ONE_LOT = one_test(DEFAULT_CONFIDENCE)

CHANCES = ("chance_this_few", "chance_this_many")
"""Columns of the chances of so few and of so many successes just on the target."""

BELOW, CANT_TELL, MEETS = "below target", "can't tell yet", "meets target"
VERDICTS = (BELOW, CANT_TELL, MEETS)

MOST_MORE = 1_000_000_000
"""Attempts looked ahead for another verdict: more than any station will ever have. House rule."""

FAILURES_INCLUDED, FAILURES_REMOVED, FAILURES_PERHAPS_REMOVED = "yes", "no", "unknown"


def require_target(target: float, named: str = "target") -> None:
    """Refuses a target that no verdict can be against.

    Raises:
        ConfigError: it does not lie between 0 and 1; the reason begins as it is ``named``.
    """
    if not 0 < target < 1:
        reason = f"{named} is {target:g}; it must be a share between 0 and 1."
        raise ConfigError("config_out_of_range", reason, "Write it like 0.95.")


def with_rates(counts: pd.DataFrame, target: float, limits: Limits = STATIONS) -> pd.DataFrame:
    """Counts with attempts, success ratio, interval, what the publisher said of failures, and verdict.

    Args:
        counts: successes, failures, without_failures, perhaps_without_failures; integers ≥ 0.
        target: success ratio to judge against, between 0 and 1.
        limits: chances below which a verdict is given.

    Returns:
        The same rows in the same order, plus ``attempts`` (successes + failures), ``success_ratio``, ``low``, ``high``
        [0 to 1; missing without attempts], ``failures_included`` (yes, no, unknown), ``verdict``, and the chances of so
        few and of so many successes just on the target: ``chance_this_few``, ``chance_this_many`` [missing without
        attempts].
    """
    rated = counts.copy()
    successes = counts["successes"].to_numpy(dtype=float)
    attempts = successes + counts["failures"].to_numpy(dtype=float)
    rated["success_ratio"] = ratio(successes, attempts)
    rated["attempts"] = attempts.astype("int64")
    rated["low"], rated["high"] = wilson_interval(successes, attempts)
    rated["failures_included"] = failures_included(counts)
    rated["verdict"] = verdicts(successes, attempts, target, rated["failures_included"].to_numpy(), limits)
    for name, chance in zip(CHANCES, tails(successes, attempts, target), strict=True):
        rated[name] = np.where(attempts > 0, chance, np.nan)
    return rated


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """The part over the whole; missing where the whole is 0."""
    ratios: Floats = part / np.where(whole > 0, whole, np.nan)
    return ratios


def verdicts(
    successes: Floats,
    attempts: Floats,
    target: float,
    included: npt.NDArray[Any] | None = None,
    limits: Limits = STATIONS,
) -> list[str]:
    """Below target, can't tell yet, or meets target, by exact binomial tails.

    ``included`` is what the publishers said of failures; None stands for yes. Where failures were, or may have been,
    removed before publication, no rate can show that a target is met; a rate that is below it all the same is below it
    all the more.
    """
    this_few, this_many = tails(successes, attempts, target)
    whole = np.ones(len(successes), dtype=bool) if included is None else included == FAILURES_INCLUDED
    below = (attempts > 0) & (this_few < limits.below_tail)
    meets = (attempts > 0) & (this_many < limits.meets_tail) & whole
    return [BELOW if b else MEETS if m else CANT_TELL for b, m in zip(below, meets, strict=True)]


def withheld(
    verdicts_so_far: Sequence[str], successes: Floats, failures: Floats, target: float, limits: Limits = STATIONS
) -> list[str]:
    """The verdicts, but none that meets the target only because attempts are unknown or loads refused rows.

    Args:
        verdicts_so_far: by what is known.
        successes: that are known.
        failures: that are known, and all that may have been.
        target: success ratio that the verdicts are against, between 0 and 1.
        limits: chances by which they were given.
    """
    at_worst = verdicts(successes, successes + failures, target, limits=limits)
    pairs = zip(verdicts_so_far, at_worst, strict=True)
    return [CANT_TELL if verdict == MEETS and worst != MEETS else verdict for verdict, worst in pairs]


class Turns(NamedTuple):
    """What would change a verdict: counts, None where one does not apply or none would do.

    Attributes:
        failures_to_undo: of a station below target: the fewest of its failures that, had they succeeded, would leave it
            below no more.
        successes_to_meet: of a station that does not meet it: the fewest further attempts, all successful, until it
            does.
        failures_to_below: of a station that can't be told: the fewest further attempts, all failed, until it is below.
        failures_to_unmeet: of a station that meets it: the fewest further attempts, all failed, until it does no more.
    """

    failures_to_undo: int | None
    successes_to_meet: int | None
    failures_to_below: int | None
    failures_to_unmeet: int | None


def what_would_change(
    successes: int, attempts: int, target: float, included: str = FAILURES_INCLUDED, perhaps_failed: int = 0
) -> Turns:
    """What would change the verdict on a station, by the rule of ``verdicts`` itself.

    Args:
        successes: of the attempts.
        attempts: successes and failures.
        target: success ratio to judge against, between 0 and 1.
        included: what its publishers said of failures; where they are not known to be in, nothing makes it meet the
            target.
        perhaps_failed: attempts that are unknown and rows that were refused, which may have been failures.
    """

    def verdict(more_successes: int, more_attempts: int) -> str:
        k, n = np.array([successes + more_successes], dtype=float), np.array([attempts + more_attempts], dtype=float)
        given = verdicts(k, n, target, np.array([included], dtype=object))
        return withheld(given, k, n - k + perhaps_failed, target)[0]

    now = verdict(0, 0)
    return Turns(
        failures_to_undo=_fewest(lambda m: verdict(m, 0) != BELOW, attempts - successes) if now == BELOW else None,
        successes_to_meet=_fewest(lambda m: verdict(m, m) == MEETS) if now != MEETS else None,
        failures_to_below=_fewest(lambda m: verdict(0, m) == BELOW) if now == CANT_TELL else None,
        failures_to_unmeet=_fewest(lambda m: verdict(0, m) != MEETS) if now == MEETS else None,
    )


def _fewest(holds: Callable[[int], bool], most: int = MOST_MORE) -> int | None:
    """The least number from 1 to ``most`` that holds, where every greater one holds too; None where none does."""
    index = bisect_left(range(1, most + 1), True, key=holds)
    return index + 1 if index < most else None


def failures_included(counts: pd.DataFrame) -> list[str]:
    """What the publishers of each row's sessions said of failures: yes, no or unknown."""
    pairs = zip(counts["without_failures"], counts["perhaps_without_failures"], strict=True)
    return [
        FAILURES_REMOVED if no else FAILURES_PERHAPS_REMOVED if perhaps else FAILURES_INCLUDED for no, perhaps in pairs
    ]


def network_of(counts: pd.DataFrame, target: float, limits: Limits = ONE_LOT) -> pd.DataFrame:
    """The rates of all stations together, pooled: one row, by the limits of one test."""
    numbers = counts[["successes", "failures", "excluded", "unknown", "without_failures", "perhaps_without_failures"]]
    return with_rates(numbers.sum().to_frame().T, target, limits)
