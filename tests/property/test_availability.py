"""Whatever the evidence: the timeline tiles the period, and is what a definition minute by minute makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.availability.connectors import together
from evcharge.metrics.availability.evidence import (
    BACK_OFFICE,
    CAUSES,
    DOWN,
    EVENT,
    EVER_MS,
    OUT_OF_SCOPE,
    OWN_MESSAGE,
    POLL,
    REFUSED,
    SNAPSHOT,
    UNKNOWN,
    UP,
    Charges,
    Contacts,
    Period,
    Statements,
    Windows,
)
from evcharge.metrics.availability.rulebooks import builtin_rulebooks, find_rulebook
from evcharge.metrics.availability.said import standing
from evcharge.metrics.availability.timeline import ALL_EVIDENCE, Counted, timeline
from evcharge.metrics.availability.uptime import MINUTES, groups, uptime
from tests.support.availability import MINUTE_MS, evidence_of, integers, ms, ports_of
from tests.support.minute_grid import grid, spread
from tests.support.strategies import laws

pytestmark = pytest.mark.thorough

ZERO = ms("2025-03-30T00:00")
LONGEST = 40
PORTS, CHARGERS = 3, 1
COUNTED = [
    ALL_EVIDENCE,
    Counted(statuses=True),
    Counted(statuses=True, own_messages=True),
    Counted(statuses=True, back_office=True),
    Counted(charges=True, outages=True),
]


ALWAYS = {
    "commissioned_ms": integers([-EVER_MS] * PORTS),
    "decommissioned_ms": integers([EVER_MS] * PORTS),
}


def minute(at):
    return ZERO + at * MINUTE_MS


@st.composite
def spans(draw, of=PORTS, ever=False):
    begin = draw(st.integers(-10, LONGEST + 5))
    length = draw(st.integers(0, 25))
    end = EVER_MS if ever and draw(st.booleans()) else minute(begin + length)
    return draw(st.integers(0, of - 1)), minute(begin), end


@st.composite
def statement(draw):
    port, begin, end = draw(spans())
    kind = draw(st.sampled_from([EVENT, EVENT, EVENT, POLL, SNAPSHOT, REFUSED]))
    state = draw(st.sampled_from([UP, UP, UP, DOWN, DOWN, UNKNOWN, OUT_OF_SCOPE]))
    return port, begin, begin if kind in (EVENT, REFUSED) else end, state, kind


@st.composite
def evidences(draw):
    """Evidence of three ports: two of one charger, and one of which nothing tells of contact."""

    def some(rows, most=8, least=0):
        return draw(st.lists(rows, min_size=least, max_size=most))

    dates = st.one_of(st.none(), st.integers(-5, LONGEST))
    begun = [-EVER_MS if at is None else minute(at) for at in draw(st.tuples(*[dates] * PORTS))]
    ended = [EVER_MS if at is None else minute(at) for at in draw(st.tuples(*[st.one_of(st.none(), dates)] * PORTS))]
    ports = replace(
        ports_of(PORTS),
        station_id=["A", "A", "B"],
        charger=integers([0, 0, -1]),
        commissioned_ms=integers(begun),
        decommissioned_ms=integers(ended),
    )
    contacts = [(*row, OWN_MESSAGE) for row in some(spans(CHARGERS))]
    contacts += [(*row, BACK_OFFICE) for row in some(spans(CHARGERS, ever=True), 4)]
    causes = st.sampled_from(CAUSES)
    evidence = evidence_of(
        ports,
        statements=some(statement(), 24, 10),
        contacts=contacts,
        heartbeats=draw(st.sampled_from([np.nan, 60.0, 200.0])),
        outages=some(spans(), 3),
        charges=some(spans(), 3),
        exemptions=[(*row, draw(causes)) for row in some(spans(), 6)],
    )
    said = evidence.statements
    spacing = [draw(st.sampled_from([0, 0, 1, 4])) * MINUTE_MS * (kind in (POLL, SNAPSHOT)) for kind in said.evidence]
    return evidence._replace(statements=replace(said, spacing_ms=integers(spacing)))


up_or_down = st.sampled_from([UP, DOWN])
periods = st.tuples(st.integers(0, 10), st.integers(1, 40)).map(lambda at: Period(minute(at[0]), minute(sum(at))))


def rows_of(line):
    return [column.tolist() for column in vars(line).values()]


def unknown_ms(line):
    return int((line.until_ms - line.from_ms)[line.state == UNKNOWN].sum())


def with_rows(rows, more):
    """Evidence of one kind with rows behind; both of one class."""
    return type(rows)(*(np.concatenate([old, new]) for old, new in zip(vars(rows).values(), more, strict=True)))


@laws(120)
@given(evidences(), periods, st.sampled_from(COUNTED))
def test_a_timeline_is_what_its_definition_gives_minute_by_minute(evidence, period, counted):
    line = timeline(evidence, period, counted)
    assert spread(line, period, PORTS) == grid(evidence, period, counted)


@laws(50)
@given(evidences(), periods, st.sampled_from(COUNTED))
def test_the_spans_of_each_port_tile_the_period_and_neighbours_differ(evidence, period, counted):
    line = timeline(evidence, period, counted)
    assert (line.until_ms > line.from_ms).all()
    assert sorted(set(line.port.tolist())) == list(range(PORTS))
    inside = line.port[1:] == line.port[:-1]
    assert (line.from_ms[1:][inside] == line.until_ms[:-1][inside]).all()
    assert (line.from_ms[np.append(True, ~inside)] == period.from_ms).all()
    assert (line.until_ms[np.append(~inside, True)] == period.until_ms).all()
    same = (line.state[1:] == line.state[:-1]) & (line.seen[1:] == line.seen[:-1])
    assert not (same & inside).any()


@laws(50)
@given(evidences(), periods, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(evidence, period, chance):
    def shuffled(rows, order=None):
        order = order or chance.sample(range(len(rows.from_ms)), len(rows.from_ms))
        return type(rows)(*(column[order] for column in vars(rows).values()))

    # Of those at one instant the last stands, so that their order among each other means something.
    said = evidence.statements
    groups_of = {}
    for row in range(len(said.port)):
        groups_of.setdefault((int(said.port[row]), int(said.from_ms[row]), int(said.evidence[row])), []).append(row)
    blocks = list(groups_of.values())
    chance.shuffle(blocks)
    again = evidence._replace(
        statements=shuffled(said, [row for block in blocks for row in block]) if blocks else said,
        contacts=shuffled(evidence.contacts),
        outages=shuffled(evidence.outages),
        charges=shuffled(evidence.charges),
    )
    assert rows_of(timeline(again, period)) == rows_of(timeline(evidence, period))


def cut(rows, at):
    """Each span that an instant lies in, as two that meet there."""
    inside = (rows.from_ms < at) & (at < rows.until_ms)
    columns = vars(rows)
    begins = {**columns, "until_ms": np.where(inside, at, rows.until_ms)}
    ends = {name: column[inside] for name, column in {**columns, "from_ms": np.full_like(rows.from_ms, at)}.items()}
    return with_rows(type(rows)(**begins), [ends[name] for name in columns])


@laws(50)
@given(evidences(), periods, st.integers(-20, LONGEST))
def test_cutting_the_evidence_anywhere_changes_nothing(evidence, period, at):
    at = minute(at)
    said = evidence.statements
    rows = standing(said)  # a run that another statement took the place of has nothing to be cut
    rows = rows[~np.isin(said.port[rows], said.port[said.from_ms == at])]
    evidence = evidence._replace(statements=Statements(*(column[rows] for column in vars(said).values())))
    whole = timeline(evidence, period)
    for kind in ("statements", "outages", "charges"):
        assert rows_of(timeline(evidence._replace(**{kind: cut(getattr(evidence, kind), at)}), period)) == rows_of(
            whole
        )
    own = evidence.contacts.evidence == OWN_MESSAGE
    only = evidence._replace(contacts=Contacts(*(column[own] for column in vars(evidence.contacts).values())))
    assert rows_of(timeline(only._replace(contacts=cut(only.contacts, at)), period)) == rows_of(timeline(only, period))


@laws(50)
@given(evidences(), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.sampled_from(COUNTED))
def test_two_periods_that_meet_say_what_both_together_say(evidence, begin, first, second, counted):
    bounds = [minute(at) for at in (begin, begin + first, begin + first + second)]
    parts = [
        spread(timeline(evidence, Period(*ends), counted), Period(*ends), PORTS)
        for ends in (bounds[:2], bounds[1:], (bounds[0], bounds[2]))
    ]
    assert [left + right for left, right in zip(*parts[:2], strict=True)] == parts[2]


@laws(50)
@given(evidences(), periods, st.lists(st.tuples(spans(CHARGERS), st.sampled_from([np.nan, 200.0])), max_size=4))
def test_more_own_messages_never_leave_more_unknown(evidence, period, messages):
    rows = [(*row, OWN_MESSAGE, interval) for row, interval in messages]
    more = [np.array([row[place] for row in rows], dtype=float if place == 4 else np.int64) for place in range(5)]
    richer = evidence._replace(contacts=with_rows(evidence.contacts, more))
    assert unknown_ms(timeline(richer, period)) <= unknown_ms(timeline(evidence, period))


@laws(50)
@given(
    evidences(),
    periods,
    st.lists(st.tuples(spans(), st.sampled_from([UP, DOWN])), max_size=4),
    st.sampled_from(COUNTED),
)
def test_more_events_that_say_up_or_down_never_leave_more_unknown(evidence, period, events, counted):
    rows = [(port, begin, begin, state, EVENT, state, 0) for (port, begin, _), state in events]
    more = [integers(row[place] for row in rows) for place in range(7)]
    richer = evidence._replace(statements=with_rows(evidence.statements, more))
    assert unknown_ms(timeline(richer, period, counted)) <= unknown_ms(timeline(evidence, period, counted))


@laws(50)
@given(evidences(), periods, st.lists(spans(), max_size=3), st.lists(spans(), max_size=3))
def test_more_charges_and_reported_outages_never_leave_more_unknown(evidence, period, charges, outages):
    def columns(rows):
        return [integers(row[place] for row in rows) for place in range(3)]

    richer = evidence._replace(
        charges=with_rows(evidence.charges, columns(charges)),
        outages=with_rows(evidence.outages, [*columns(outages), integers([-1] * len(outages))]),
    )
    assert unknown_ms(timeline(richer, period)) <= unknown_ms(timeline(evidence, period))


@laws(50)
@given(evidences(), periods, st.sampled_from(COUNTED), st.sampled_from(["all", "any"]))
def test_a_port_of_connectors_is_in_each_minute_what_its_connectors_make_it(evidence, period, counted, down_if):
    whole = integers([0, 0, 1])
    ports = together(timeline(evidence, period, counted), whole, down_if)
    first, second, alone = ([state for state, _ in one] for one in grid(evidence, period, counted))

    def both(states):
        order = (UP, UNKNOWN, DOWN) if down_if == "all" else (DOWN, UNKNOWN, UP)
        return next((state for state in order if state in states), OUT_OF_SCOPE)

    expected = [[both(pair) for pair in zip(first, second, strict=True)], alone]
    assert [[state for state, _ in one] for one in spread(ports, period, 2)] == expected


@laws(50)
@given(evidences(), periods)
def test_a_port_is_up_no_longer_if_any_connector_counts_than_in_their_mean_nor_than_if_all_do(evidence, period):
    evidence = evidence._replace(ports=replace(evidence.ports, **ALWAYS))
    line, whole = timeline(evidence, period), integers([0, 0, 1])
    books = [replace(find_rulebook("status-only"), connectors=word) for word in ("any", "mean", "all")]
    least, mean, most = (uptime(line, evidence, period, book, whole).ports["up_minutes"] for book in books)
    assert (least <= mean).all()
    assert (mean <= most).all()


@laws(50)
@given(evidences(), periods, st.sampled_from([*builtin_rulebooks().values()]))
def test_minutes_add_up_and_every_figure_lies_between_low_and_high(evidence, period, rulebook):
    figures = uptime(timeline(evidence, period), evidence, period, rulebook)
    ports = figures.ports
    assert (ports["minutes"] == ports["up_minutes"] + ports["down_minutes"] + ports["unknown_minutes"]).all()
    assert (ports["minutes"] <= period.minutes).all()
    told = ports.dropna(subset=["low"])
    assert (told["low"] <= told["high"]).all()
    assert told["coverage"].between(0, 1).all()
    if rulebook.unknown != "out":
        inside = told.dropna(subset=["uptime"])
        assert ((inside["low"] <= inside["uptime"]) & (inside["uptime"] <= inside["high"])).all()
    for by in ("station", "network", "operator", "region"):
        summed = groups(figures, by)[[*MINUTES]].sum()
        assert np.allclose(summed, ports[[*MINUTES]].sum())
    steps = figures.steps
    total = next(place for place, (name, _) in enumerate(steps) if name == "counted")
    assert sum(minutes for _, minutes in steps[:total]) == pytest.approx(steps[total][1])
    assert sum(minutes for _, minutes in steps[total:-2]) == pytest.approx(steps[-2][1])
    assert -1e-6 <= steps[-1][1] <= ports["unknown_minutes"].sum() + 1e-6


@laws(50)
@given(evidences(), periods, st.sampled_from([*builtin_rulebooks().values()]))
def test_what_is_exempt_is_no_more_than_its_outages_its_claims_and_the_sum_of_its_causes(evidence, period, rulebook):
    line = timeline(evidence, period)

    def excluded(claims):
        return uptime(line, evidence._replace(exemptions=claims), period, rulebook).ports["excluded_minutes"].to_numpy()

    def of(chosen):
        return Windows(*(column[chosen] for column in vars(evidence.exemptions).values()))

    every = excluded(evidence.exemptions)
    alone = [excluded(of(evidence.exemptions.cause == cause)) for cause in range(len(CAUSES))]
    down = uptime(line, evidence, period, rulebook).ports["down_minutes"].to_numpy()
    claimed = np.zeros(PORTS)
    for port, begin, end in zip(
        evidence.exemptions.port, evidence.exemptions.from_ms, evidence.exemptions.until_ms, strict=True
    ):
        claimed[port] += max(0, min(end, period.until_ms) - max(begin, period.from_ms)) / MINUTE_MS
    assert (every <= down + 1e-9).all()
    assert (every <= claimed + 1e-9).all()
    assert (every <= np.sum(alone, axis=0) + 1e-9).all()
    assert (every >= np.max(alone, axis=0) - 1e-9).all()


@laws(50)
@given(evidences(), periods)
def test_claims_of_ports_that_were_never_down_exclude_nothing(evidence, period):
    always_up = evidence._replace(
        statements=evidence_of(ports_of(), events=[(port, period.from_ms, UP) for port in range(PORTS)]).statements,
        outages=Windows(*[integers([])] * 4),
        charges=Charges(*[integers([])] * 3),
    )
    line = timeline(always_up, period, Counted(statuses=True))
    for rulebook in builtin_rulebooks().values():
        assert (uptime(line, always_up, period, rulebook).ports["excluded_minutes"] == 0).all()
