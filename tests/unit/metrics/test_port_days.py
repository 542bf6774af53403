"""The days of ports: minutes of each, which add up to those of the period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evcharge.metrics.availability.evidence import UP, Period
from evcharge.metrics.availability.rulebooks import builtin_rulebooks, find_rulebook
from evcharge.metrics.availability.timeline import Counted, timeline
from evcharge.metrics.availability.uptime import MINUTES, port_days, uptime
from tests.support.availability import (
    YEAR,
    evidence_of,
    integers,
    ms,
    period_of,
    ports_of,
    ups_and_downs,
    year_with_everything,
)

HEARD = Counted(statuses=True, own_messages=True)
STATUSES = Counted(statuses=True)


@pytest.mark.parametrize("rulebook", builtin_rulebooks().values(), ids=lambda book: book.id)
def test_the_days_of_a_year_with_everything_add_up_to_the_year_also_under_caps(rulebook):
    evidence = year_with_everything()
    line = timeline(evidence, YEAR, HEARD)
    days = port_days(line, evidence, YEAR, rulebook)
    assert len(days) == 365
    whole = uptime(line, evidence, YEAR, rulebook).ports.iloc[0]
    for name in MINUTES:
        assert days[name].sum() == pytest.approx(whole[name]), name
    assert (days["minutes"] == days["up_minutes"] + days["down_minutes"] + days["unknown_minutes"]).all()
    assert (days["verdict"] == "").all()
    assert days["handed_in"].isna().all()


def test_a_day_has_the_ratios_of_its_own_minutes():
    evidence = year_with_everything()
    days = port_days(timeline(evidence, YEAR, HEARD), evidence, YEAR, find_rulebook("nevi")).set_index("day")
    fault, gap, claimed = (days.loc[day] for day in ("2025-03-10", "2025-02-03", "2025-11-05"))
    assert (fault["down_minutes"], fault["low"], fault["seen"], fault["high"]) == (960, 1 / 3, 1 / 3, 1 / 3)
    assert (gap["unknown_minutes"], gap["low"], gap["seen"], gap["high"], gap["coverage"]) == (720, 0.5, 1, 1, 0.5)
    assert (claimed["down_minutes"], claimed["excluded_minutes"], claimed["low"]) == (840, 720, 22 / 24)


def test_of_two_ports_each_has_its_days_and_a_period_may_begin_and_end_within_one():
    period = Period(ms("2025-03-01T22:00"), ms("2025-03-03T06:00"))
    spans = ups_and_downs([(ms("2025-03-01T23:00"), ms("2025-03-02T01:00"))], period)
    evidence = evidence_of(ports_of(2), events=[*spans, *ups_and_downs([], period, port=1)])
    days = port_days(timeline(evidence, period, STATUSES), evidence, period, find_rulebook("status-only"))
    assert days["day"].tolist() == ["2025-03-01", "2025-03-02", "2025-03-03"] * 2
    assert days["minutes"].tolist() == [120, 1440, 360] * 2
    assert days["down_minutes"].tolist() == [60, 60, 0, 0, 0, 0]
    assert days["port_id"].tolist() == [evidence.ports.port_id[0]] * 3 + [evidence.ports.port_id[1]] * 3


@pytest.mark.parametrize(("word", "down"), [("all", [60, 0]), ("any", [180, 60]), ("mean", [120, 30])])
def test_the_days_of_a_port_of_two_connectors_are_as_its_rulebook_says(word, down):
    period = period_of("2025-03-01", "2025-03-03")
    first = ups_and_downs([(ms("2025-03-01T10:00"), ms("2025-03-01T12:00"))], period)
    other = [("2025-03-01T11:00", "2025-03-01T13:00"), ("2025-03-02T05:00", "2025-03-02T06:00")]
    second = ups_and_downs([(ms(begin), ms(end)) for begin, end in other], period, port=1)
    evidence = evidence_of(ports_of(2), events=first + second)
    book = replace(find_rulebook("status-only"), connectors=word)
    days = port_days(timeline(evidence, period, STATUSES), evidence, period, book, integers([0, 0]))
    assert days["down_minutes"].tolist() == down


def test_of_a_day_of_which_nothing_was_seen_nothing_was_seen_up():
    period = period_of("2025-03-01", "2025-03-03")
    evidence = evidence_of(ports_of(), events=[(0, ms("2025-03-02"), UP)])
    days = port_days(timeline(evidence, period, STATUSES), evidence, period, find_rulebook("nevi"))
    assert (days.loc[0, "unknown_minutes"], days.loc[0, "low"], days.loc[0, "high"]) == (1440, 0, 1)
    assert np.isnan(days.loc[0, "seen"])
