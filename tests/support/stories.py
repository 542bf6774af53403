"""Stories for tests, made of days that are stated: no database, no chance, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evcharge.metrics.bounds import Refused, judge_network
from evcharge.metrics.definitions import RECORDED, Definition
from evcharge.metrics.direction import direction
from evcharge.metrics.exposure import calendars, one_source
from evcharge.metrics.holes import find_holes
from evcharge.metrics.loads import ACCOUNT
from evcharge.metrics.outages import find_outages
from evcharge.metrics.rates import BELOW, FAILURES_REMOVED, with_rates
from evcharge.metrics.spells import judge_spells
from evcharge.report.absence import named_outages
from evcharge.report.comparison import Comparison
from evcharge.report.now import PRESENT, SILENT, with_losses
from evcharge.report.page.background import Evidence, listed
from evcharge.report.page.rollup import roll_up
from evcharge.report.rates import STATION_FIGURES, Report, network_figures
from evcharge.report.story import ADVICE, Story, arranged, weeks_of

FIRST_DAY = date(2025, 4, 1)
GOOD, BAD, NEW = (100, 0), (45, 55), (3, 0)
"""Successes and failures of ten weeks: meets the target, is below it, can't be told."""
PERIOD_DAYS = 70


def station(
    successes: int,
    failures: int,
    station_id: str = "A",
    last_day: int = PERIOD_DAYS,
    first_day: int = 0,
    **more: object,
) -> dict[str, Any]:
    """A station whose attempts are spread evenly from ``first_day`` up to ``last_day``, failures in between.

    ``first_step`` is that of the leading reason.
    """
    return {
        "source": "acme",
        "station_id": station_id,
        "name": None,
        "operator": None,
        "network": None,
        "city": None,
        "region": None,
        "ports": 0,
        **dict.fromkeys((*ADVICE, "hour_window")),
        **dict.fromkeys(("reason_share", "worst_port_share"), np.nan),
        "successes": successes,
        "failures": failures,
        "excluded": 0,
        "unknown": 0,
        "without_failures": 0,
        "perhaps_without_failures": 0,
        "first_day": first_day,
        "last_day": last_day,
        **more,
    }


def days_of(stations: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The frame of ``metrics.days.count_days``."""
    frames = []
    for key, one in enumerate(stations, start=1):
        length = one["last_day"] - one["first_day"]
        counts = {name: _spread(one[name], length) for name in ("successes", "failures")}
        unknown = np.zeros(length, dtype="int64")
        unknown[0] = max(one["unknown"], int(not counts["successes"].any() and not counts["failures"].any()))
        day = np.datetime64(FIRST_DAY, "s") + (one["first_day"] + np.arange(length)) * np.timedelta64(1, "D")
        frame = pd.DataFrame({"station_key": key, "day": day.astype("datetime64[s]"), **counts, "excluded": 0})
        frames.append(frame.assign(unknown=unknown))
    days = pd.concat(frames, ignore_index=True)
    return days[days[["successes", "failures", "unknown"]].sum(axis=1) > 0].reset_index(drop=True)


def _spread(count: int, days: int) -> np.ndarray:
    """So many over so many days, as evenly as whole numbers go."""
    edges = np.arange(days + 1) * count // days
    return np.diff(edges).astype("int64")


def story_of(*stations: dict[str, Any], definition: Definition = RECORDED, target: float = 0.95, **more: Any) -> Story:
    """A story of these stations, judged as the real ones are; ``more`` takes the place of what would be read."""
    counts = pd.DataFrame(stations)
    rated = with_rates(counts, target)
    days = days_of(stations)
    last = pd.Series(days["day"].max(), index=range(1, len(stations) + 1))
    said = pd.Series(rated["failures_included"].to_numpy(), index=last.index)
    network = one_source(days, last)
    spells = judge_spells(days, target, network, said)
    spells["verdict"] = np.where(spells["silent"], SILENT, spells["verdict"])

    # Each attempt is a visit, and each charge has 20 kWh.
    visits = {"visits": spells["attempts"], "failed_visits": spells["attempts"] - spells["successes"]}
    below = spells["verdict"] == BELOW
    visits |= {"visits_per_week": spells["attempts_per_week"], "joined_by_chance": spells["attempts"] * 0}
    spells = spells.assign(**{name: counts.astype(float).where(below) for name, counts in visits.items()})
    removed = said.to_numpy() == FAILURES_REMOVED
    spells = with_losses(spells, pd.Series(20.0, index=last.index), removed, target)
    keys = ["source", "station_id", "name"]
    report = Report(
        definition=definition,
        reason="asked for",
        target=target,
        by="station",
        first_day=FIRST_DAY,
        last_day=days["day"].max().date(),
        groups=rated[[*keys, *STATION_FIGURES]],
        network=network_figures(judge_network(counts, Refused(), target)),
    )
    places = rated[["operator", "network", "city", "region", "ports"]]
    table = pd.concat([report.groups, places, counts[[*ADVICE]], spells.rename(columns=PRESENT)], axis=1)
    going = direction(days)
    reasons = pd.DataFrame(columns=["source", "station_id", "kind", "title", "first_step", "sessions", "share"])
    detail = pd.DataFrame(columns=["station_key", "port_id", "day", "hour", "successes", "failures", "unknown"])
    ports = pd.DataFrame(columns=["station_key", "port_id", "day", "sessions", "successes"])
    keyed = table.assign(station_key=last.index)
    parts: dict[str, Any] = {"weeks": weeks_of(days, going), "direction": going, "reasons": reasons, "detail": detail}
    parts["outages"] = named_outages(find_outages(days, ports, network), keyed)
    parts["holes"] = find_holes(network, calendars(network))
    parts |= more
    windows = {key: one["hour_window"] for key, one in enumerate(stations, start=1) if one["hour_window"]}
    return Story(report=report, stations=arranged(table), days=days, windows=windows, **parts)


def evidence_of(story: Story, **more: object) -> Evidence:
    """What stands behind a story, without a load and with no other definition; ``more`` takes its place."""
    definition, target = story.report.definition, story.report.target
    rates = pd.DataFrame(columns=["source", "station_id", "definition", "flips", "failures_included"])
    actions, silent = listed(story.attention)
    whole: dict[str, Any] = {
        "actions": actions,
        "silent": silent,
        "roll_up": roll_up(story.stations, target),
        "comparison": Comparison(definition, target, (), (), rates.astype({"flips": bool}), {}),
        "recorded": frozenset(),
        "out_of_period": 0,
        "loads": pd.DataFrame(columns=["file_name", "file_sha256", "source", "incomplete", *ACCOUNT]).astype(
            {"incomplete": bool}
        ),
        "rejects": pd.DataFrame(columns=["rule", "rows"]),
    }
    return Evidence(**whole | more)
