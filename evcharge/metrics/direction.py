"""Whether the whole network gets worse or better, by how much, and which stations make it: a split of full weeks.

Weeks depend on each other: weather, holidays and a lot of faulty modems last for weeks on end. So a change counts only
where it goes beyond what weeks that hang together do by themselves. What does not belong here: the counts of weeks and
their chart (``weekly``), single stations (``spells``), and words of the report (``report``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Floats, Integers
from evcharge.metrics.days import Days
from evcharge.metrics.exposure import DAYS_OF_A_WEEK
from evcharge.metrics.rates import CANT_TELL
from evcharge.metrics.weekly import MOST_WEEKS, weekly_counts

LEAST_WEEKS_NOW, MOST_WEEKS_NOW = 3, 26
"""Last weeks that are held against all before them; never more than half of the weeks. House rule, provisional: one bad
week is none of the network's ways, and what began more than half a year ago is no news."""
LIMITS = ((16, 5.9), (26, 5.5), (39, 5.1), (52, 4.65), (65, 4.25), (78, 3.95), (91, 3.65), (104, 3.5))
"""Full weeks with attempts, and the distance from which on a change is shown; between them a straight line. Source:
``benchmarks/signal_simulations.py``: of 100 networks that do not change, with the dependence of real fleets from week
to week (a correlation up to 0.8), at most 5 are called changed."""
LEAST_WEEKS = 17
"""Full weeks with attempts from which on anything is told: the comparison needs one less, and a second one like it.
Source: ``benchmarks/signal_simulations.py``: with fewer, a fall of 2 points eight weeks ago is missed more often than
shown, at 3,000 attempts a week."""
LAG_PER_ROOT_WEEK = 1.3
"""Source: Lazarus, Lewis, Stock and Watson 2018, Journal of Business & Economic Statistics 36(4):541-559."""
MOST_CORRELATION = 0.9
"""Of a week with the week before, as far as it is believed: at 1 the variance had no end. House rule, provisional."""
LEAST_POINTS = 0.5
"""Percentage points from which on a change is worth a headline. House rule, provisional: 1 charge in 200, a tenth of
the failures that a target of 95 % allows; with enough attempts any smaller change is beyond chance too."""
LEAST_SCATTERS = 4.0
"""How many times as large as the scatter of single weeks about the two ratios a change must be to have a date. Source:
``benchmarks/signal_simulations.py``: of the falls dated there 99 of 100 began within a week of the date."""
LEAST_SUDDENNESS = 0.5
"""Part of a change by which the ``LEAST_WEEKS_NOW`` weeks before and after it must differ for it to have a date. House
rule, provisional: half of it; what came slowly has no date."""
SHARE_THAT_EXPLAINS, MOST_STATIONS = 0.5, 3
"""Share of a change that so few stations must make together to be named. House rule, provisional: half of it."""

WORSE, BETTER, SMALL, NO_CHANGE = "worse", "better", "no change that matters", "no change shown"
CHANGES = (WORSE, BETTER, SMALL)
"""Words of a change that is shown, however small."""
DIRECTIONS = (*CHANGES, NO_CHANGE, CANT_TELL)

_A_WEEK = np.timedelta64(DAYS_OF_A_WEEK, "D")


class StationShare(NamedTuple):
    """A station that makes a change, and its share of it: above 1 where others go the other way."""

    station_key: int
    share: float


@dataclass(frozen=True)
class Direction:
    """Where the network is going: its last weeks against all weeks before.

    Attributes:
        word: one of ``DIRECTIONS``.
        ratio_before: pooled success ratio of the weeks before [0 to 1]; NaN where it can't be told.
        ratio_now: of the last weeks.
        points: ``ratio_now`` − ``ratio_before`` [percentage points]; below 0 is worse.
        weeks_before: weeks with attempts before; 0 where it can't be told.
        weeks_now: the last weeks with attempts.
        first_day: Monday of the first of the last weeks, the clearest split; None where it can't be told.
        last_day: Sunday of the last week compared. More recent weeks say something else, if there are any, and wait
            for another week that says the same.
        since: Mondays of the earliest and the latest week with which the change may have begun; None without a date:
            of a change that does not matter, that a few stations make (each has its own date), or that is not clear.
        stations: the few stations that make at least half of the change, the largest share first; empty where no few
            do, or nothing changed that matters.
        reason: why it can't be told, in words, or None.
    """

    word: str
    ratio_before: float = np.nan
    ratio_now: float = np.nan
    points: float = np.nan
    weeks_before: int = 0
    weeks_now: int = 0
    first_day: date | None = None
    last_day: date | None = None
    since: tuple[date, date] | None = None
    stations: tuple[StationShare, ...] = ()
    reason: str | None = None


class Split(NamedTuple):
    """Weeks cut in two where they differ most.

    Attributes:
        word: what this split alone says.
        first: place of the first week compared.
        cut: of the first of the last weeks.
        end: after the last week.
        ratios: pooled, before and in the last weeks.
        dated: whether the change is sudden, and large beside the scatter of weeks.
    """

    word: str
    first: int
    cut: int
    end: int
    ratios: tuple[float, float]
    dated: bool


def direction(days: pd.DataFrame) -> Direction:
    """Whether the network's last weeks are worse or better than all before.

    It is asked at the end of each full week as of the data up to then, and the last word that was said twice in a row
    is told: a word that may turn back next week waits for it.

    Args:
        days: ``station_key``, ``day`` (datetime64, local days), ``successes`` and ``failures`` (integers), one row per
            station and day, in any order.
    """
    # As many weeks again as are compared, so that a past week is asked with all that it would have been asked with.
    weeks = weekly_counts(days, 2 * MOST_WEEKS)
    weeks = weeks[weeks["attempts"] > 0].reset_index(drop=True)
    compared = len(weeks) - _first_compared(weeks["week"].to_numpy(), len(weeks)) if len(weeks) else 0
    if compared < LEAST_WEEKS:
        reason = f"{compared} full week{'' if compared == 1 else 's'} with attempts; {LEAST_WEEKS} are needed"
        return Direction(CANT_TELL, reason=reason)

    splits = _splits(weeks)
    latest = later = next(splits)
    for earlier in splits:
        if earlier.word == later.word:
            return _told(later, weeks, days)
        later = earlier
    return _told(latest._replace(word=NO_CHANGE), weeks, days)


def _first_compared(mondays: Days, end: int) -> int:
    """Place of the first week that is compared as of the end of the week before ``end``."""
    return int(np.searchsorted(mondays, mondays[end - 1] - (MOST_WEEKS - 1) * _A_WEEK))


def _splits(weeks: pd.DataFrame) -> Iterator[Split]:
    """The clearest split as of the end of each week with attempts that has enough before it, the latest first."""
    mondays = weeks["week"].to_numpy()
    attempts, successes = (weeks[name].to_numpy(dtype=float) for name in ("attempts", "successes"))
    for end in range(len(weeks), LEAST_WEEKS - 2, -1):
        first = _first_compared(mondays, end)
        if end - first >= LEAST_WEEKS - 1:
            yield clearest_split(attempts[first:end], successes[first:end], first)


def clearest_split(attempts: Floats, successes: Floats, first: int = 0) -> Split:
    """The split at which weeks differ most.

    Args:
        attempts: of each week, above 0, in order.
        successes: as many.
        first: the place of the first of them.
    """
    weeks_now, distances = split_distances(attempts, successes)
    sizes = np.abs(distances)
    best = int(np.argmax(sizes))

    ratios, cut = successes / attempts, len(attempts) - int(weeks_now[best])
    before, now, just_before, just_after = (
        float(successes[part].sum() / attempts[part].sum())
        for part in (
            slice(None, cut),
            slice(cut, None),
            slice(cut - LEAST_WEEKS_NOW, cut),
            slice(cut, cut + LEAST_WEEKS_NOW),
        )
    )
    word = NO_CHANGE
    if sizes[best] >= limit_of(len(attempts)):
        points = 100 * (now - before)
        word = SMALL if abs(points) < LEAST_POINTS else WORSE if points < 0 else BETTER

    # A change before the first week that is tried shows best at that week, and one that came slowly in its middle.
    size, sudden = abs(now - before), (just_after - just_before) * np.sign(now - before)
    scatter = np.concatenate([ratios[:cut] - before, ratios[cut:] - now]).std()
    is_clear = best < len(weeks_now) - 1 and size >= LEAST_SCATTERS * scatter and sudden >= LEAST_SUDDENNESS * size
    return Split(word, first, first + cut, first + len(attempts), (before, now), bool(is_clear))


def split_distances(attempts: Floats, successes: Floats) -> tuple[Integers, Floats]:
    """How far the last weeks lie from all before, for each number of last weeks that is tried.

    The difference of the pooled ratios is divided by its binomial error and by the square root of the long-run variance
    of the weeks' residuals from the two ratios, so that weeks that hang together count for fewer.

    Args:
        attempts: of each week, above 0, along the last axis; other axes are other networks.
        successes: as many.

    Returns:
        The numbers of last weeks, and the distances along the last axis; below 0 is worse. All are 0 where no attempt
        failed, or none succeeded.

    Source: Andrews 1993, Econometrica 61(4):821-856, tests at an unknown point of change; the variance is that of
    ``long_run_variance``.
    """
    weeks = attempts.shape[-1]
    weeks_now = np.arange(LEAST_WEEKS_NOW, min(MOST_WEEKS_NOW, weeks // 2) + 1)
    is_now = np.arange(weeks) >= (weeks - weeks_now)[:, None]

    all_attempts, all_successes = (counts.sum(axis=-1, keepdims=True) for counts in (attempts, successes))
    attempts_now, successes_now = attempts @ is_now.T, successes @ is_now.T
    attempts_before = all_attempts - attempts_now
    now, before = successes_now / attempts_now, (all_successes - successes_now) / attempts_before

    # The spread of one attempt is that of all weeks pooled; 1 where it is 0, and so is every difference.
    pooled = all_successes / all_attempts
    spread = np.sqrt(np.where(pooled * (1 - pooled) > 0, pooled * (1 - pooled), 1.0))
    expected = np.where(is_now, now[..., None], before[..., None])
    residuals = ((successes / attempts)[..., None, :] - expected) * (np.sqrt(attempts) / spread)[..., None, :]
    error = spread * np.sqrt((1 / attempts_now + 1 / attempts_before) * long_run_variance(residuals))
    return weeks_now, (now - before) / error


def long_run_variance(residuals: Floats) -> Floats:
    """Variance of a mean of so many weeks, in units of what chance alone gives it.

    It is the largest of 1, Newey and West's estimate with Bartlett's weights, and the variance times (1 + r) / (1 − r),
    r being the correlation of each week with the week before, corrected for few weeks; both times T / (T − 2) for the
    two ratios that T weeks gave.

    Args:
        residuals: of each week, in units of their binomial error, along the last axis.

    Source: Newey and West 1987, Econometrica 55(3):703-708; Andrews 1991, Econometrica 59(3):817-858 (the second);
    Kendall 1954, Biometrika 41:403-404 (r is (1 + 3 r) / T too small).
    """
    weeks = residuals.shape[-1]
    variance = (residuals**2).mean(axis=-1)
    lags = np.arange(1, int(min(LAG_PER_ROOT_WEEK * np.sqrt(weeks), weeks / 3)) + 1)
    products = [(residuals[..., lag:] * residuals[..., :-lag]).sum(axis=-1) / weeks for lag in lags]
    newey_west = variance + sum(
        2 * (1 - lag / (len(lags) + 1)) * product for lag, product in zip(lags, products, strict=True)
    )

    correlation = products[0] / np.where(variance > 0, variance, 1.0)
    correlation = np.clip(correlation + (1 + 3 * correlation) / weeks, 0, MOST_CORRELATION)
    plug_in = variance * (1 + correlation) / (1 - correlation)
    largest: Floats = np.maximum(1.0, weeks / (weeks - 2) * np.maximum(newey_west, plug_in))
    return largest


def limit_of(weeks: int) -> float:
    """Distance from which on a change is shown among so many weeks."""
    weeks_of_limits, limits = zip(*LIMITS, strict=True)
    return float(np.interp(weeks, weeks_of_limits, limits))


def _told(split: Split, weeks: pd.DataFrame, days: pd.DataFrame) -> Direction:
    """A split as it is told: with its days, and the stations that make it or its date."""
    mondays = weeks["week"].to_numpy()
    first, cut = mondays[split.first], mondays[split.cut]
    after = mondays[split.end - 1] + _A_WEEK
    before, now = split.ratios

    matters = split.word in (WORSE, BETTER)
    stations = _few_that_make_it(days, first, cut, after) if matters else ()
    has_date = matters and not stations and split.dated
    return Direction(
        split.word,
        ratio_before=before,
        ratio_now=now,
        points=100 * (now - before),
        weeks_before=split.cut - split.first,
        weeks_now=split.end - split.cut,
        first_day=_date(cut),
        last_day=_date(after - np.timedelta64(1, "D")),
        since=(_date(mondays[split.cut - 1]), _date(mondays[split.cut + 1])) if has_date else None,
        stations=stations,
    )


def _date(day: np.datetime64) -> date:
    """The day as Python has it."""
    plain: date = day.astype("datetime64[D]").item()
    return plain


def _few_that_make_it(
    days: pd.DataFrame, first: np.datetime64, cut: np.datetime64, after: np.datetime64
) -> tuple[StationShare, ...]:
    """The stations with the largest shares that together make at least half of the change; none where no few do."""
    day = days["day"].to_numpy()
    before, now = (
        days[(day >= begin) & (day < end)].groupby("station_key")[["successes", "failures"]].sum()
        for begin, end in ((first, cut), (cut, after))
    )
    shares = shares_of_change(before, now).head(MOST_STATIONS)
    enough = np.flatnonzero(shares.cumsum() >= SHARE_THAT_EXPLAINS)
    few = shares[: enough[0] + 1] if len(enough) else shares[:0]
    return tuple(StationShare(int(str(key)), float(share)) for key, share in few.items())


def shares_of_change(before: pd.DataFrame, now: pd.DataFrame) -> pd.Series:
    """What part of the change of the pooled ratio each station makes; together 1.

    A station's failures beyond those of its attempts at the network's ratio before are divided by all attempts, before
    and now; its share is the difference of the two, of that of the network. So it counts what a station does and how
    much it is used: a bad station that is used more makes the network worse, and one as good as the network does not.

    Args:
        before: ``successes`` and ``failures`` by station_key.
        now: the same of the last weeks, perhaps of other stations.

    Returns:
        Shares by station_key, the largest first.
    """
    stations, usual = before.index.union(now.index), before["failures"].sum() / before.to_numpy().sum()
    beyond_usual = []
    for counts in (before.reindex(stations, fill_value=0), now.reindex(stations, fill_value=0)):
        attempts = counts["successes"] + counts["failures"]
        beyond_usual.append((counts["failures"] - usual * attempts) / attempts.sum())

    # The exact sum, so that no digit hangs on the order in which a database numbers its stations.
    change: pd.Series = beyond_usual[1] - beyond_usual[0]
    shares: pd.Series = (change / math.fsum(change)).sort_values(ascending=False, kind="stable")
    return shares
