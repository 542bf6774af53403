"""What a rulebook makes of a timeline: minutes, low, seen and high, the figure as it reads, and its verdict.

What does not belong here: what was up when (``timeline``), the rulebooks (``rulebooks``), and words for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.arrays import Floats, Integers
from evcharge.metrics.availability.axis import WHOLE_PERIOD
from evcharge.metrics.availability.connectors import of_ports, together
from evcharge.metrics.availability.evidence import EVER_MS, OUT_OF_SCOPE, Evidence, Period
from evcharge.metrics.availability.measured import FIGURES, Measured, averaged, measured
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.timeline import Timeline

MEETS, FALLS_SHORT, CANT_TELL, NO_FIGURE_YET = "meets", "falls short", "can't tell", "no figure yet"
AGE_UNKNOWN = "can't tell: age unknown"
"""Verdicts; the empty text is none, where the rulebook has no limit for such rows or for such a period."""
IDS = ("source", "station_id", "port_id", "operator", "network", "region")
MINUTES = ("minutes", "up_minutes", "down_minutes", "unknown_minutes", "excluded_minutes")
RATIOS = ("low", "seen", "high", "coverage", "uptime")
WHOLE, COUNTED, NO_OUTAGE = "the period", "counted", "no outage, as the rulebook counts"
TOTALS = (WHOLE, COUNTED, NO_OUTAGE)
"""Steps of the waterfall that are what is left so far."""
UNSEEN = "of that, time that nobody saw"
"""Its last step, which is part of the one before."""
GOOD_TIME = 0.99
"""AFIREV's indicator: ports that are available for at least this share."""
MEAN = "mean"
"""The word of ``Rulebook.connectors`` by which a port's minutes are the mean of its connectors'."""
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_YEAR_MS = 365 * _DAY_MS
_UNIT_OF = {"port": ("port",), "network": ("network", "operator")}
"""The rows that the limit of each unit judges."""


@dataclass(frozen=True)
class Figures:
    """The figures of one rulebook.

    Attributes:
        rulebook: which.
        period: of which time.
        own_period: whether that is a period which the rulebook judges; else there is no verdict and nothing to hand in.
        ports: one row per port, in order: ``IDS``, ``MINUTES``, ``RATIOS``, ``handed_in`` [%], ``verdict``.
        network: the same of all ports together, without ids, and counts of ports.
        steps: names and minutes from the minutes of the period down to the figure; see ``waterfall``.
        sums: one row per port with the minutes that the ratios are made of; whoever groups adds these up.
        days: one row per port and day, as of ``port_days``; None where days are not asked for.
    """

    rulebook: Rulebook
    period: Period
    own_period: bool
    ports: pd.DataFrame
    network: dict[str, Any]
    steps: list[tuple[str, float]]
    sums: pd.DataFrame
    days: pd.DataFrame | None = None


def uptime(
    timeline: Timeline, evidence: Evidence, period: Period, rulebook: Rulebook, whole: Integers | None = None
) -> Figures:
    """The figures of a rulebook for each port and all of them.

    ``minutes`` = up + down + unknown, in scope. ``low`` and ``high`` are the rulebook's formula with all unknown
    minutes down and up, ``seen`` with them left out. ``uptime`` is the formula as it reads: where it says nothing of
    unknown minutes, they are no outages in it, and it is missing where nothing was seen. ``excluded_minutes`` are
    those of outages under a claim that is exempt.

    Args:
        timeline: of ports, or of the connectors that make them.
        evidence: of the same.
        period: of which time.
        rulebook: whose figures.
        whole: index of the port that each connector belongs to; None where each row is a port.
    """
    own_period = judges(rulebook, period)
    sums = _of_ports(timeline, evidence, period, rulebook, whole, own_period=own_period)
    evidence = evidence if whole is None else of_ports(evidence, whole)
    ids = pd.DataFrame({name: pd.Series(getattr(evidence.ports, name), dtype=object) for name in IDS})
    frame = _minutes_frame(sums)
    age = _age(evidence, period, rulebook)
    figures = _with_figures(frame, rulebook, judged=own_period and rulebook.unit == "port", age=age)
    if not own_period:
        figures["handed_in"] = np.nan
    ports = pd.concat([ids, figures[[*MINUTES, *RATIOS, "handed_in", "verdict"]]], axis=1)
    empty = Figures(rulebook, period, own_period, ports, {}, [], frame)
    return Figures(rulebook, period, own_period, ports, _network(empty, sums), waterfall(sums), frame)


def _of_ports(
    timeline: Timeline,
    evidence: Evidence,
    period: Period,
    rulebook: Rulebook,
    whole: Integers | None,
    *,
    own_period: bool,
    parts: tuple[int, ...] = WHOLE_PERIOD,
) -> Measured:
    """The minutes of ports, whose connectors are together what the rulebook says."""
    if whole is None:
        return measured(timeline, evidence, period, rulebook, own_period=own_period, parts=parts)
    if rulebook.connectors == MEAN:
        of_each = (whole[:, None] * len(parts) + np.arange(len(parts))).ravel()
        return averaged(measured(timeline, evidence, period, rulebook, own_period=own_period, parts=parts), of_each)
    timeline, evidence = together(timeline, whole, rulebook.connectors), of_ports(evidence, whole)
    return measured(timeline, evidence, period, rulebook, own_period=own_period, parts=parts)


def port_days(
    timeline: Timeline, evidence: Evidence, period: Period, rulebook: Rulebook, whole: Integers | None = None
) -> pd.DataFrame:
    """The figures of each port on each day (UTC) of the period, by port and day: ratios are of the day's own minutes.

    Columns: source, ``station_id``, ``port_id``, ``day`` (yyyy-mm-dd), ``MINUTES``, ``RATIOS``, and ``handed_in`` and
    ``verdict``, which no day has. Caps, and limits to unknown time, are those of the whole period, so that the minutes
    of its days add up to its own; a fixed year is not counted.

    Args:
        timeline: of ports, or of the connectors that make them.
        evidence: of the same.
        period: of which time; its first and last day may be parts of days.
        rulebook: whose figures.
        whole: index of the port that each connector belongs to; None where each row is a port.
    """
    midnight = -period.from_ms % _DAY_MS
    parts = tuple(dict.fromkeys((0, *range(midnight, period.until_ms - period.from_ms, _DAY_MS))))
    sums = _of_ports(timeline, evidence, period, rulebook, whole, own_period=False, parts=parts)
    ports = (evidence if whole is None else of_ports(evidence, whole)).ports
    ids = {name: np.repeat(np.array(getattr(ports, name), dtype=object), len(parts)) for name in IDS[:3]}
    begins = (np.array(parts, dtype=np.int64) + period.from_ms).astype("datetime64[ms]")
    days = np.tile(np.datetime_as_string(begins, unit="D").astype(object), len(ports))
    frame = _minutes_frame(sums)
    rows = _with_figures(frame, rulebook, judged=False, age=np.full(len(frame), _OLD)).assign(handed_in=np.nan)
    keys = pd.DataFrame({**ids, "day": days}, dtype=object)
    return pd.concat([keys, rows[[*MINUTES, *RATIOS, "handed_in", "verdict"]]], axis=1)


def judges(rulebook: Rulebook, period: Period) -> bool:
    """Whether a period is of the kind that a rulebook judges, by its length; a calendar year also by where it begins.

    In local time a year may begin up to 14 hours earlier, or 12 later, than in UTC.
    """
    days = (period.until_ms - period.from_ms) / 86_400_000
    if rulebook.period == "any":
        return True
    if rulebook.period == "quarter":
        return 89.9 < days < 92.1
    if not 364.9 < days < 366.1:
        return False
    begin = pd.Timestamp(period.from_ms, unit="ms") + pd.Timedelta(hours=14)
    return rulebook.period == "12 months" or (begin.month == 1 and begin.day <= 2)


def groups(figures: Figures, by: str) -> pd.DataFrame:
    """The figures of ports, stations, networks, operators or regions: ratios of summed minutes, never means of ratios.

    Args:
        figures: of all ports.
        by: ``port``, ``station``, ``network``, ``operator`` or ``region``; ``day`` for ``Figures.days``.
    """
    if by == "port":
        return figures.ports
    if by == "day" and figures.days is not None:
        return figures.days
    names = group_keys(by)
    keys = figures.ports[names]
    summed = figures.sums.groupby([keys[name] for name in names], dropna=False, sort=True).sum().reset_index()
    judged = figures.own_period and by in _UNIT_OF[figures.rulebook.unit]
    rows = _with_figures(summed, figures.rulebook, judged=judged, age=np.full(len(summed), _OLD))
    if not figures.own_period:
        rows["handed_in"] = np.nan
    return rows[[*names, *MINUTES, *RATIOS, "handed_in", "verdict"]]


def group_keys(by: str) -> list[str]:
    """The columns of ports by which they are grouped."""
    return ["source", "station_id"] if by == "station" else [by]


def waterfall(sums: Measured) -> list[tuple[str, float]]:
    """Steps of the network, each with its minutes: what is counted, what of it is no outage, and unseen time in that.

    What a rulebook does not count as an outage is not all up: where it passes over unknown time, the last step has it.
    """
    total = {name: float(getattr(sums, name).sum()) / _MINUTE_MS for name in FIGURES}
    exempt = "exempt outages, which leave the period" if sums.leave else "exempt outages, which are no outages"
    counted = [
        (WHOLE, total["whole"]),
        ("not in operation", -total["outside"]),
        ("outside opening hours", -total["closed"]),
        ("a fixed year instead", total["fixed"]),
        ("unknown, left out", -total["out_uptime"]),
        *([(exempt, -total["exempt_uptime"])] if sums.leave else []),
    ]
    lost = [
        ("down", -total["down"]),
        ("unknown, counted as down", -total["unseen_uptime"]),
        (exempt if not sums.leave else "exempt outages, which left", total["exempt_uptime"]),
    ]
    return [
        *counted,
        (COUNTED, sum(minutes for _, minutes in counted)),
        *lost,
        (NO_OUTAGE, sum(minutes for _, minutes in (*counted, *lost))),
        (UNSEEN, total["unknown"] - total["out_uptime"] - total["unseen_uptime"]),
    ]


def _minutes_frame(sums: Measured) -> pd.DataFrame:
    """Minutes of ports: those that are shown, and those that the ratios are made of."""
    ms = {
        "minutes": sums.up + sums.down + sums.unknown,
        "up_minutes": sums.up,
        "down_minutes": sums.down,
        "unknown_minutes": sums.unknown,
        "excluded_minutes": sums.exempt_uptime,
        **{f"good_{name}": getattr(sums, f"good_{name}") for name in ("low", "seen", "high", "uptime")},
        **{f"base_{name}": getattr(sums, f"base_{name}") for name in ("low", "seen", "high", "uptime")},
    }
    return pd.DataFrame({name: values / _MINUTE_MS for name, values in ms.items()})


def _with_figures(sums: pd.DataFrame, rulebook: Rulebook, *, judged: bool, age: Integers) -> pd.DataFrame:
    """Summed minutes with ratios, verdict and the figure to hand in."""
    frame = sums.copy()
    seen = (frame["up_minutes"] + frame["down_minutes"]).to_numpy()
    for name in ("low", "seen", "high", "uptime"):
        frame[name] = _ratio(frame[f"good_{name}"].to_numpy(), frame[f"base_{name}"].to_numpy())
    frame["coverage"] = _ratio(seen, frame["minutes"].to_numpy())
    nowhere = frame["minutes"].to_numpy() == 0
    frame.loc[nowhere, ["low", "seen", "high", "uptime"]] = np.nan
    frame.loc[seen == 0, ["seen", "uptime"] if rulebook.unknown == "unsaid" else ["seen"]] = np.nan
    frame["verdict"] = _verdicts(frame, rulebook, age) if judged and rulebook.limit is not None else ""
    doubtful = frame["verdict"].isin([CANT_TELL, AGE_UNKNOWN, NO_FIGURE_YET]).to_numpy() | (age != _OLD)
    frame["handed_in"] = np.where(doubtful, np.nan, rounded(frame["uptime"].to_numpy(), rulebook))
    return frame


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part of a whole, at least 0; missing where there is no whole."""
    some = whole > 0
    ratio: Floats = np.where(some, np.maximum(part, 0.0) / np.where(some, whole, 1.0), np.nan)
    return ratio


def rounded(ratio: Floats, rulebook: Rulebook) -> Floats:
    """A ratio as the percentage that is handed in."""
    scale = 10.0**rulebook.decimals
    scaled = np.round(ratio * 100 * scale, 6)
    whole: Floats = (np.floor(scaled) if rulebook.rounding == "down" else np.floor(scaled + 0.5)) / scale
    return whole


def _verdicts(frame: pd.DataFrame, rulebook: Rulebook, age: Integers) -> npt.NDArray[np.object_]:
    """The verdict on each row: of the formula if it says what unknown is, else only where low and high agree.

    Of a row of which nothing was seen they agree where all of it is claimed to be exempt; that shows no uptime.
    """
    low, high = (frame[name].to_numpy() for name in ("low", "high"))
    if rulebook.unknown != "unsaid":
        low = high = frame["uptime"].to_numpy()
    limit = rulebook.limit or 0.0
    passes_low, passes_high = (
        (ratio > limit) if rulebook.limit_is == "above" else (ratio >= limit) for ratio in (low, high)
    )
    verdict = np.where(passes_low, MEETS, np.where(passes_high, CANT_TELL, FALLS_SHORT)).astype(object)
    if rulebook.unknown == "unsaid":
        verdict[frame["coverage"].to_numpy() == 0] = CANT_TELL
    verdict[(age == _NOT_KNOWN) & (verdict != CANT_TELL)] = AGE_UNKNOWN
    verdict[(age == _YOUNG) | np.isnan(low)] = NO_FIGURE_YET
    return verdict


_OLD, _YOUNG, _NOT_KNOWN = range(3)
"""Ages of ports, as far as a rulebook asks for them."""


def _age(evidence: Evidence, period: Period, rulebook: Rulebook) -> Integers:
    """Whether each port is young, in operation for less than a year at the end of the period.

    Without a day of commissioning it is old if anything tells of it from before, and else its age is not known. A word
    that it is planned or removed does not tell of it.
    """
    ports = len(evidence.ports)
    if rulebook.young_ports == "count":
        return np.full(ports, _OLD)
    year_before = period.until_ms - _YEAR_MS
    first = np.full(ports, EVER_MS, dtype=np.int64)
    there = evidence.statements.state != OUT_OF_SCOPE
    np.minimum.at(first, evidence.statements.port[there], evidence.statements.from_ms[there])
    for rows in (evidence.charges, evidence.outages):
        np.minimum.at(first, rows.port, rows.from_ms)
    begun = evidence.ports.commissioned_ms
    return np.select([begun > year_before, (begun > -EVER_MS) | (first <= year_before)], [_YOUNG, _OLD], _NOT_KNOWN)


def _network(figures: Figures, sums: Measured) -> dict[str, Any]:
    """The figures of all ports together; those without a figure yet are left out where there are others."""
    rulebook = figures.rulebook
    judged = figures.own_period and rulebook.unit == "network"
    summed = figures.sums.sum().to_frame().T
    row = _with_figures(summed, rulebook, judged=judged, age=np.full(1, _OLD)).iloc[0]
    network: dict[str, Any] = {name: float(row[name]) for name in (*MINUTES, *RATIOS)}
    network["handed_in"] = float(row["handed_in"]) if figures.own_period else float("nan")
    network["verdict"] = str(row["verdict"])
    verdict, ratio = figures.ports["verdict"], figures.ports["uptime"]
    return {
        **network,
        "ports": len(figures.ports),
        "ports_meeting": int((verdict == MEETS).sum()),
        "ports_falling_short": int((verdict == FALLS_SHORT).sum()),
        "ports_not_told": int(verdict.isin([CANT_TELL, AGE_UNKNOWN]).sum()),
        "ports_without_figure": int((verdict == NO_FIGURE_YET).sum()),
        "ports_hours_unreadable": int(sums.unreadable.sum()),
        "ports_available_99": int((ratio >= GOOD_TIME).sum()),
        "ports_down_over_7_days": int((sums.longest_down > 7 * 86_400_000).sum()),
    }
