"""``python -m benchmarks.uptime``: a year of statements of many ports, through the timeline and all rulebooks.

Everything is made up and held in memory for some ports at a time, as a report does it. What does not belong here:
loading, and reading from a database.
"""

from __future__ import annotations

import argparse
import resource
from time import process_time

import numpy as np

from evcharge.metrics.availability.evidence import (
    DOWN,
    EVENT,
    EVER_MS,
    OWN_MESSAGE,
    UP,
    Charges,
    Contacts,
    Evidence,
    Period,
    Ports,
    Statements,
    Windows,
)
from evcharge.metrics.availability.rulebooks import builtin_rulebooks
from evcharge.metrics.availability.timeline import timeline
from evcharge.metrics.availability.uptime import uptime

YEAR = Period(1_735_689_600_000, 1_767_225_600_000)
"""The year 2025 in UTC."""
PORTS_AT_A_TIME = 100
SHARE_DOWN = 0.02
MOST_CONTACT_MS = 4 * 3_600_000
"""A charger is heard from for so long after a statement, at most."""


def main() -> None:
    """Makes the statements of some ports after the other, and prints what the steps took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uptime", description=__doc__)
    parser.add_argument("--ports", type=int, default=5_000, help="ports, in groups of 100; 5,000")
    parser.add_argument("--statements", type=int, default=4_000, help="statements of each in the year; 4,000")
    given = parser.parse_args()
    random = np.random.default_rng(1)
    timeline_seconds = rulebook_seconds = 0.0
    for _ in range(0, given.ports, PORTS_AT_A_TIME):
        evidence = made_up(random, PORTS_AT_A_TIME, given.statements)
        began = process_time()
        line = timeline(evidence, YEAR)
        after = process_time()
        for rulebook in builtin_rulebooks().values():
            uptime(line, evidence, YEAR, rulebook)
        timeline_seconds += after - began
        rulebook_seconds += process_time() - after

    statements = given.ports * given.statements
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("| step | CPU s | per statement µs |\n| --- | ---: | ---: |")
    for step, seconds in (("timeline", timeline_seconds), ("all rulebooks", rulebook_seconds)):
        print(f"| {step} | {seconds:.1f} | {seconds / statements * 1e6:.2f} |")
    print(f"\n{statements:,} statements of {given.ports:,} ports; peak {peak} MB.")


def made_up(random: np.random.Generator, ports: int, statements: int) -> Evidence:
    """Events of each port at random times of the year, a share of them down, each with some time of contact."""
    count = ports * statements
    port = np.repeat(np.arange(ports), statements)
    from_ms = random.integers(*YEAR, count)
    state = np.where(random.random(count) < SHARE_DOWN, DOWN, UP)
    events, messages = np.full(count, EVENT), np.full(count, OWN_MESSAGE)
    heard_until = from_ms + random.integers(0, MOST_CONTACT_MS, count)
    nothing = np.zeros(0, dtype=np.int64)
    return Evidence(
        _ports(ports),
        Statements(port, from_ms, from_ms, state, events, state, np.zeros(count, dtype=np.int64)),
        Contacts(port, from_ms, heard_until, messages, np.full(count, 300.0)),
        Windows(nothing, nothing, nothing, nothing),
        Windows(nothing, nothing, nothing, nothing),
        Charges(nothing, nothing, nothing),
    )


def _ports(count: int) -> Ports:
    """Ports with a charger of their own, in operation for ever."""
    unknown: list[str | None] = [None] * count
    always = np.full(count, EVER_MS)
    return Ports(
        source=["made up"] * count,
        station_id=[f"P{number:05d}" for number in range(count)],
        port_id=["1"] * count,
        charger=np.arange(count),
        operator=unknown,
        network=unknown,
        region=unknown,
        commissioned_ms=-always,
        decommissioned_ms=always,
        opening_hours=unknown,
        timezone=unknown,
    )


if __name__ == "__main__":
    main()
