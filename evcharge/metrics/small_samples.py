"""What few attempts allow to be said: shrunk rates, funnel limits, over-dispersion, false discoveries.

Arrays in, arrays out, one entry per station; a station without attempts has no figure (NaN). ``with_evidence`` puts
them beside the rates of a frame. What does not belong here: intervals (``intervals``), the verdict against a target
(``rates``), counting (``outcomes``), changes in time (``spells``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evcharge.arrays import Floats
from evcharge.metrics.bounds import bounds
from evcharge.metrics.intervals import jeffreys_interval, positive

LEAST_STATIONS = 10
"""Stations with attempts below which no spread between stations is estimated. House rule, provisional: two parameters
from fewer stations follow single stations."""
MOST_PRIOR_ATTEMPTS = 1e6
"""Prior weight (α + β) from which on the stations are taken as alike: no station of a file has as many attempts."""
FIT_TOLERANCE = 1e-8
"""Of the log-likelihood, of the mean's logit and of log(α + β). Finer than any digit shown."""
TOO_FEW_STATIONS = f"fewer than {LEAST_STATIONS} stations with attempts"
NO_SPREAD = "the stations differ no more than chance makes them differ"

FUNNEL_TAILS = (0.001, 0.025, 0.975, 0.999)
"""Of the alarm (99.8 %) and alert (95 %) limits. Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202."""
WINSORISED_SHARE = 0.1
"""Share of z-scores drawn in at each end. Source: Spiegelhalter 2005."""
FALSE_DISCOVERY_RATE = 0.05
"""Expected share of wrong flags among the flags. Source: the level of the examples of Benjamini and Hochberg 1995,
Journal of the Royal Statistical Society B 57:289-300."""


@dataclass(frozen=True)
class Shrunk:
    """Success ratios drawn towards what the stations have in common.

    Attributes:
        ratio: one a station [0 to 1]; NaN without attempts.
        alpha: first parameter of the beta prior [successes], NaN in a fallback.
        beta: second parameter [failures], NaN in a fallback.
        log_likelihood: of the fit, with the binomial coefficients; NaN in a fallback.
        fallback: why every station has the pooled ratio instead, or None.
    """

    ratio: Floats
    alpha: float
    beta: float
    log_likelihood: float
    fallback: str | None


def shrunk_rates(successes: Floats, attempts: Floats) -> Shrunk:
    """Empirical Bayes: (k + α) / (n + α + β), with α and β by maximum likelihood of the beta-binomial.

    With fewer than ``LEAST_STATIONS`` stations, or where the likelihood grows as α + β runs away, every station has the
    pooled ratio, and ``fallback`` says why. Source: Skellam 1948, JRSS B 10:257-261.
    """
    k, n = np.asarray(successes, dtype=float), positive(attempts)
    used = np.isfinite(n)
    if used.sum() < LEAST_STATIONS:
        return _pooled(k, n, TOO_FEW_STATIONS)
    if not _spread_beyond_chance(k[used], n[used]):
        return _pooled(k, n, NO_SPREAD)
    alpha, beta, log_likelihood = _fitted(k[used], n[used])
    if alpha + beta >= MOST_PRIOR_ATTEMPTS:
        return _pooled(k, n, NO_SPREAD)
    return Shrunk((k + alpha) / (n + alpha + beta), alpha, beta, log_likelihood, None)


def _pooled(k: Floats, n: Floats, fallback: str) -> Shrunk:
    used = np.isfinite(n)
    pooled = k[used].sum() / n[used].sum() if used.any() else np.nan
    return Shrunk(np.where(used, pooled, np.nan), np.nan, np.nan, np.nan, fallback)


def _spread_beyond_chance(k: Floats, n: Floats) -> bool:
    """Whether the likelihood rises as α + β comes down from infinity: the sign of the score there.

    Source: Tarone 1979, Biometrika 66:585-590, in its form for groups of unequal size.
    """
    ratio = k.sum() / n.sum()
    if ratio in (0, 1):
        return False
    score = k * (k - 1) / ratio + (n - k) * (n - k - 1) / (1 - ratio) - n * (n - 1)
    return bool(score.sum() > 0)


def _fitted(k: Floats, n: Floats) -> tuple[float, float, float]:
    """α, β and log-likelihood of the beta-binomial at its maximum, sought over the mean's logit and log(α + β)."""
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, logit

    coefficients = float(-(np.log1p(n) + betaln(n - k + 1, k + 1)).sum())

    def parameters(point: Floats) -> tuple[float, float]:
        mean, weight = float(expit(point[0])), float(np.exp(point[1]))
        return mean * weight, (1 - mean) * weight

    def minus_log_likelihood(point: Floats) -> float:
        alpha, beta = parameters(point)
        return float(-(betaln(k + alpha, n - k + beta) - betaln(alpha, beta)).sum())

    start = np.array([logit(k.sum() / n.sum()), np.log(LEAST_STATIONS)])
    optimum = minimize(minus_log_likelihood, start, method="Nelder-Mead", tol=FIT_TOLERANCE)
    alpha, beta = parameters(optimum.x)
    return alpha, beta, coefficients - float(optimum.fun)


def funnel_limits(attempts: Floats, ratio: float, tails: tuple[float, ...] = FUNNEL_TAILS) -> Floats:
    """Limits of a funnel plot around a ratio [0 to 1]: one row per station, one column per tail; NaN without attempts.

    With r the smallest count whose chance F(r) reaches the tail p, the limit is (r − (F(r) − p) / (F(r) − F(r−1))) / n,
    never under 0. Where all n attempts succeed more often than 1 − p, the limit lies just under 1, so that a ratio of
    1 is above it and no alarm. Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202, appendix.
    """
    from scipy.special import bdtr, bdtrik

    n, p = positive(attempts)[:, np.newaxis], np.asarray(tails)[np.newaxis, :]
    trials = np.nan_to_num(n, nan=1).astype("int64")
    with np.errstate(invalid="ignore"):
        inverse = bdtrik(p, trials, ratio) if ratio > 0 else np.zeros((len(n), p.size))  # versions differ at 0
    r = np.nan_to_num(np.ceil(inverse))
    lower = np.where(r > 0, bdtr(np.maximum(r - 1, 0), trials, ratio), 0.0)
    r = np.where(lower >= p, r - 1, r)  # where F(r - 1) is p to the last digit, the inverse lies just beyond it
    this_few, fewer = (np.where(k >= 0, bdtr(np.maximum(k, 0), trials, ratio), 0.0) for k in (r, r - 1))
    limits: Floats = np.clip((r - (this_few - p) / (this_few - fewer)) / n, 0, 1)
    return limits


@dataclass(frozen=True)
class Dispersion:
    """How much more the stations differ from a ratio than chance makes them.

    Attributes:
        phi: mean of z², 1 under chance alone; NaN without attempts, or where the ratio is 0 or 1.
        winsorised_phi: the same with the outer tenths of z drawn in.
        chance: of so large a sum of z² where every station has the ratio: χ² with as many degrees as stations.
        tau: standard deviation between stations [ratio], from ``winsorised_phi``; 0 where chance explains all.
    """

    phi: float
    winsorised_phi: float
    chance: float
    tau: float


def dispersion(successes: Floats, attempts: Floats, ratio: float) -> Dispersion:
    """Over-dispersion of the stations with attempts around a ratio; all missing where that is 0 or 1.

    z = (k/n − θ) / √(θ(1−θ)/n); τ² = (Iφ − (I−1)) / (Σw − Σw²/Σw) with w = n/(θ(1−θ)) and the winsorised φ.
    τ is missing for a single station. Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202; τ² is the
    estimate of DerSimonian and Laird 1986, Controlled Clinical Trials 7:177-188.
    """
    from scipy.special import chdtrc

    used = np.asarray(attempts) > 0
    k, n = np.asarray(successes, dtype=float)[used], np.asarray(attempts, dtype=float)[used]
    stations = len(n)
    if stations == 0 or ratio in (0, 1):
        return Dispersion(np.nan, np.nan, np.nan, np.nan)
    weight = n / (ratio * (1 - ratio))
    z = (k / n - ratio) * np.sqrt(weight)
    ends = np.quantile(z, [WINSORISED_SHARE, 1 - WINSORISED_SHARE])
    winsorised = float((np.clip(z, *ends) ** 2).mean())
    chance = float(chdtrc(stations, (z**2).sum()))
    tau = np.nan
    if stations > 1:
        beyond = stations * winsorised - (stations - 1)
        tau = float(np.sqrt(max(0.0, beyond / (weight.sum() - (weight**2).sum() / weight.sum()))))
    return Dispersion(float((z**2).mean()), winsorised, chance, tau)


def false_discovery_flags(successes: Floats, attempts: Floats, ratio: float | None = None) -> pd.DataFrame:
    """Which stations do worse than the network, with few wrong flags among the flags.

    Args:
        successes: one a station.
        attempts: one a station; without attempts there is no test, and no part in the adjustment.
        ratio: what to test against [0 to 1]; None takes the pooled ratio of these stations.

    Returns:
        One row per station: ``chance`` (exact binomial, of so few successes at the ratio), ``adjusted_chance``
        (Benjamini and Hochberg 1995) and ``flagged`` (adjusted at most ``FALSE_DISCOVERY_RATE``).
    """
    from scipy.special import bdtr
    from scipy.stats import false_discovery_control

    k, n = np.asarray(successes, dtype=float), np.asarray(attempts, dtype="int64")
    used = n > 0
    chance, adjusted = np.full(len(n), np.nan), np.full(len(n), np.nan)
    if used.any():
        against = k[used].sum() / n[used].sum() if ratio is None else ratio
        chance[used] = np.minimum(bdtr(k[used], n[used], against), 1.0)
        adjusted[used] = false_discovery_control(chance[used], method="bh")
    return pd.DataFrame({"chance": chance, "adjusted_chance": adjusted, "flagged": adjusted <= FALSE_DISCOVERY_RATE})


def with_evidence(rated: pd.DataFrame) -> pd.DataFrame:
    """The stations' keys and rates with what chance, the other stations and the unknown sessions make of them.

    Args:
        rated: successes, failures, unknown and attempts, one row per station, beside whatever else it has.

    Returns:
        The same rows in the same order, plus ``jeffreys_low``, ``jeffreys_high``; ``shrunk_ratio`` (empirical Bayes;
        for ranking) and ``shrunk_fallback`` (why it is the pooled ratio, or None); ``funnel_low``, ``funnel_high`` (the
        alarm limits around the pooled ratio at this many attempts; a ratio of 1 from few attempts may lie above the
        upper one by chance, see ``funnel_limits``); ``chance_of_so_few`` (of so few successes at the
        pooled ratio), ``adjusted_chance`` (Benjamini–Hochberg) and ``worse_than_network``; ``if_unknown_failed`` and
        ``if_unknown_succeeded``. All are ratios [0 to 1] or chances, missing without attempts.
    """
    k, failures, unknown = (rated[name].to_numpy(dtype=float) for name in ("successes", "failures", "unknown"))
    attempts = k + failures
    frame = rated.copy()
    frame["jeffreys_low"], frame["jeffreys_high"] = jeffreys_interval(k, attempts)
    shrunk = shrunk_rates(k, attempts)
    frame["shrunk_ratio"], frame["shrunk_fallback"] = shrunk.ratio, shrunk.fallback
    limits = funnel_limits(attempts, _pooled_ratio(k, attempts))
    frame["funnel_low"], frame["funnel_high"] = limits[:, 0], limits[:, -1]
    flags = false_discovery_flags(k, attempts)
    frame["chance_of_so_few"] = flags["chance"].to_numpy()
    frame["adjusted_chance"] = flags["adjusted_chance"].to_numpy()
    frame["worse_than_network"] = flags["flagged"].to_numpy()
    frame["if_unknown_failed"], frame["if_unknown_succeeded"] = bounds(k, failures, unknown)
    return frame


def dispersion_of(rated: pd.DataFrame) -> Dispersion:
    """How much more the stations differ from their pooled ratio than chance makes them.

    Args:
        rated: as in ``with_evidence``.
    """
    k = rated["successes"].to_numpy(dtype=float)
    attempts = k + rated["failures"].to_numpy(dtype=float)
    return dispersion(k, attempts, _pooled_ratio(k, attempts))


def _pooled_ratio(successes: Floats, attempts: Floats) -> float:
    """Of all stations together; NaN without attempts."""
    return float(successes.sum() / attempts.sum()) if attempts.sum() else float("nan")
