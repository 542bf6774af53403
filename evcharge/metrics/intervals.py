"""What chance makes of a count of successes: Wilson's and Jeffreys' intervals, and exact binomial tails.

Arrays in, arrays out, one entry per station. What does not belong here: verdicts and what they are against (``rates``),
and what takes several stations to say (``small_samples``).
"""

from __future__ import annotations

import numpy as np

from evcharge.arrays import Floats

CONFIDENCE = 0.95
"""Of the drawn interval. Source: Brown, Cai, DasGupta 2001, Statistical Science 16(2): Wilson for small counts."""


def wilson_interval(successes: Floats, attempts: Floats) -> tuple[Floats, Floats]:
    """Wilson's 95 % score interval [0 to 1]; missing where there is no attempt.

    Source: Wilson 1927, JASA 22:209-212; formula as in Brown, Cai, DasGupta 2001.
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + CONFIDENCE / 2))
    n = positive(attempts)
    p = successes / n
    centre = p + z**2 / (2 * n)
    reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (centre - reach) / (1 + z**2 / n), (centre + reach) / (1 + z**2 / n)
    return np.where(successes == 0, n * 0, np.minimum(low, p)), np.where(
        successes == attempts, high * 0 + 1, np.maximum(high, p)
    )


def jeffreys_interval(successes: Floats, attempts: Floats) -> tuple[Floats, Floats]:
    """Jeffreys' equal-tailed 95 % interval [0 to 1]; missing where there is no attempt.

    Quantiles of Beta(k + ½, n − k + ½); the lower end is 0 without a success, the upper 1 without a failure.
    Source: Brown, Cai, DasGupta 2001, Statistical Science 16(2).
    """
    from scipy.special import betaincinv

    k, n = np.asarray(successes, dtype=float), positive(attempts)
    tail = (1 - CONFIDENCE) / 2
    low, high = (betaincinv(k + 0.5, n - k + 0.5, share) for share in (tail, 1 - tail))
    return np.where(k == 0, low * 0, low), np.where(k == n, 1.0, high)


def tails(successes: Floats, attempts: Floats, target: float) -> tuple[Floats, Floats]:
    """P(X ≤ successes) and P(X ≥ successes) of X, binomial: the successes of a station that is just on the target.

    Exact sums; both are 1 where there is no attempt.
    """
    from scipy.special import bdtr, bdtrc

    trials = np.asarray(attempts, dtype="int64")
    this_few, this_many = bdtr(successes, trials, target), bdtrc(successes - 1, trials, target)
    return np.asarray(this_few, dtype=float), np.asarray(this_many, dtype=float)


def positive(counts: Floats) -> Floats:
    """Counts as floats, those that are not above 0 as NaN."""
    numbers = np.asarray(counts, dtype=float)
    return np.where(numbers > 0, numbers, np.nan)
